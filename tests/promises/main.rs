//! What mudkeep promises, shown on a whole running proxy over real sockets, with scripted games
//! behind it and scripted clients before it.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed unwrap in a test is a failed test, and what a test prints is its own"
)]

#[path = "../support/mod.rs"]
mod support;

mod alone;
mod asleep;
mod audit;
mod ban_kinds;
mod bans;
mod bare;
mod canary;
mod copyover;
mod crowd;
mod crowded;
mod cuts;
mod cycles;
mod demo;
mod edited;
mod endings;
mod files;
mod flap;
mod flood;
mod full;
mod half_open;
mod held;
mod hold;
mod injection;
mod limits;
mod memory;
mod names;
mod permits;
mod plain;
mod policies;
mod program;
mod races;
mod reload;
mod restart;
mod shared;
mod slow;
mod stop;
mod storm;
mod tokens;
mod twice;
mod unreachable;
mod webhook;
mod words;
mod world;
