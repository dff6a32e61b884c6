//! What whole-program tests stand on: scripted games and a telnet client that do on the wire what
//! real ones do, and keep a record of every byte, so that a test can ask them what happened.
//!
//! ```ignore
//! mod support;
//! let game = Game::start(Family::Circle).await;
//! game.account("Alice", "sekrit");
//! let mut alice = Client::connect(game.address()).await;
//! alice.expect("known? ").await;
//! alice.line("alice").await;
//! ```
//!
//! Nothing here sleeps: every wait is for an event and gives up after [`PATIENCE`] with a panic
//! that says what was waited for and what came instead.

#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part of this")]

pub mod client;
pub mod proxy;
pub mod scripted;
pub mod web;
pub mod wire;

use std::time::Duration;

/// How long a test waits for anything before it fails.
pub const PATIENCE: Duration = Duration::from_secs(20);
