//! Real games and real clients as test fixtures: each is a process of its own on the loopback
//! address, in a folder of its own, on a port found free, and ends with its handle. Nothing waits
//! without a limit, and a test that fails shows what its programs said.
//!
//! `scripts/set-up` installs the programs.

mod clients;
mod games;
mod mudkeep;
mod net;
mod password_game;
mod plain;
mod process;
mod terminal;
mod wait;
mod wire;

pub(crate) use clients::{telnet, tintin, tinyfugue};
pub(crate) use games::{Evennia, Game, TinyMux};
pub(crate) use mudkeep::{Mudkeep, Way};
pub(crate) use net::{free_port, peers_of};
pub(crate) use password_game::PasswordGame;
pub(crate) use plain::Plain;
pub(crate) use terminal::Terminal;
pub(crate) use wait::{PATIENCE, never_within, within};
pub(crate) use wire::Wire;
