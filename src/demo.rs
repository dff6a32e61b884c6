//! The built-in game: a lighthouse coast for several players at once, so that mudkeep runs with
//! nothing else installed.
//!
//! The game itself is pure: bytes and the time go in, bytes come out. Only [`serve`] knows
//! sockets; it decides nothing.

mod serve;

pub use serve::serve;
