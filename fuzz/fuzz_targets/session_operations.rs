//! The lives of sessions that tests/simulation draws from a seed, from bytes instead: who comes, goes
//! and comes back with which token and place, what the game says and when it closes, how much of what
//! is under way arrives, and how time passes. The same oracle judges them: it knows byte by byte what
//! the game said and line by line what the players typed.
//!
//! Each byte decides one thing. After the last one the network heals, and whoever is honest must get in.

#![no_main]
#![allow(dead_code, reason = "wrong cores and seeds are for the simulation itself")]

#[path = "../../tests/simulation/chance.rs"]
mod chance;
#[path = "../../tests/simulation/client.rs"]
mod client;
#[path = "../../tests/simulation/connection.rs"]
mod connection;
#[path = "../../tests/simulation/game.rs"]
mod game;
#[path = "../../tests/simulation/healing.rs"]
mod healing;
#[path = "../../tests/simulation/life.rs"]
mod life;
#[path = "../../tests/simulation/oracle.rs"]
mod oracle;
#[path = "../../tests/simulation/session.rs"]
mod session;
#[path = "../../tests/simulation/variants.rs"]
mod variants;
#[path = "../../tests/simulation/world.rs"]
mod world;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| life::check(&chance::Chance::of_bytes(bytes), "this life"));
