//! mudkeep stands in front of a MUD that nobody may change. It keeps one session per player and
//! holds the player's one connection to the game while the player's own comes and goes.
//!
//! What decides is pure (`telnet`, `login`, `session::core` and what they use); what waits is a
//! task that decides nothing. ARCHITECTURE.md has the map.

pub mod admin;
pub mod charset;
pub mod cli;
pub mod clock;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod events;
pub mod few;
pub mod gate;
pub mod ids;
pub mod limits;
pub mod logging;
pub mod login;
pub mod metrics;
pub mod mint;
pub mod open_files;
pub mod printable;
pub mod rates;
pub mod registry;
pub mod scratch;
pub mod secret;
pub mod server;
pub mod session;
pub mod settings;
pub mod store;
pub mod telnet;
pub mod texts;
pub mod threads;
pub mod times;
pub mod transport;
pub mod watch;

#[cfg(test)]
mod test_clock;
