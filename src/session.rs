//! A session: one game socket and all that is known about it. What is here decides and is pure;
//! `task` waits for the game's socket (`game`) and for deadlines and does what `core` says, `link`
//! is what a session and its clients' connections share.

pub mod clients;
pub mod core;
pub mod ending;
pub mod game;
pub mod history;
pub mod input;
pub(crate) mod journal;
pub mod link;
pub mod memory;
pub mod message;
pub mod outgoing;
pub mod output;
pub mod past;
pub mod queue;
pub mod snapshot;
pub(crate) mod task;
pub mod token;
pub(crate) mod turn;
pub mod undelivered;
pub mod verifier;
