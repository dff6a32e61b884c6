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
mod bans;
mod bare;
mod canary;
mod cuts;
mod cycles;
mod demo;
mod edited;
mod endings;
mod flap;
mod flood;
mod held;
mod hold;
mod limits;
mod memory;
mod names;
mod permits;
mod plain;
mod policies;
mod program;
mod restart;
mod shared;
mod slow;
mod stop;
mod storm;
mod tokens;
mod twice;
mod words;
mod world;
