//! What the admin's API promises, shown on a whole running proxy over real sockets, with players over
//! telnet, WebSocket and Server-Sent Events.

#![allow(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]

#[path = "../support/mod.rs"]
mod support;

#[allow(dead_code, reason = "each test program uses its own part of this")]
#[path = "../promises/world.rs"]
mod world;

#[allow(dead_code, reason = "each test program uses its own part of this")]
#[path = "../web/site.rs"]
mod site;

mod desk;
mod draining;
mod follow;
mod kicks;
mod lists;
mod migration;
mod notices;
mod numbers;
mod permissions;
mod states;
mod strangers;
mod times;
