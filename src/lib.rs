//! mudkeep stands in front of a MUD that nobody may change. It keeps one session per player and
//! holds the player's one connection to the game while the player's own comes and goes.
//!
//! What decides is pure (`telnet`, `login`, `session::core` and what they use); what waits is a
//! task that decides nothing. ARCHITECTURE.md has the map.

pub mod ids;
pub mod limits;
pub mod mint;
pub mod secret;
pub mod session;
pub mod telnet;
