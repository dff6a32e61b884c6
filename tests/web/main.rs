//! What docs/protocol.md promises, shown on a whole running proxy over real sockets, by players who
//! come over WebSocket or over Server-Sent Events and POST.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed unwrap in a test is a failed test, and what a test prints is its own"
)]

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "each test program uses its own part of this")]
#[path = "../promises/world.rs"]
mod world;

mod across;
mod back;
mod bans;
mod hostile;
mod input;
mod led;
mod life;
mod line;
mod many;
mod origins;
mod pressure;
mod site;
mod streams;
mod tabs;
mod watching;
