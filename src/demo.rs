//! The built-in game: a lighthouse coast for several players at once, so that mudkeep runs with
//! nothing else installed.
//!
//! The game is pure: bytes and the time go into `world`, bytes come out of it. A `terminal` knows
//! telnet and nothing of the game; `login` knows the dialogue at the door; `rooms` and `sky` are
//! the coast. Only [`serve()`] knows sockets, and decides nothing.

mod command;
mod door;
mod login;
mod outbox;
mod play;
mod register;
mod rooms;
mod serve;
mod sight;
mod sky;
mod terminal;
mod text;
mod turn;
mod world;

pub use serve::serve;
