//! What was found out, before anything is made of it.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::heard::Heard;
use crate::config::{Config, GameAddress, ListenProtocol};

/// Everything that a diagnosis is made of.
pub(super) struct Facts<'c> {
    /// The game that was looked for.
    pub(super) game: GameAddress,
    pub(super) config: &'c Config,
    /// The configuration is for this game.
    pub(super) is_configured: bool,
    pub(super) reach: Reach,
    pub(super) machine: Machine,
}

/// Whether the game could be reached.
pub(super) enum Reach {
    Reached(Box<Visit>),
    Not(Failure),
}

/// A connection to the game, over by now.
pub(super) struct Visit {
    /// Where the game is.
    pub(super) peer: SocketAddr,
    /// Where the connection came from: what the game sees of mudkeep.
    pub(super) local: IpAddr,
    /// How long it took to be connected.
    pub(super) connected: Duration,
    pub(super) heard: Heard,
}

/// Why the game could not be reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    /// The host's name has no address.
    NameUnknown,
    /// Nobody listens there.
    Refused,
    /// Nobody answered for so long.
    TimedOut(Duration),
    /// The network knows no way there.
    NoWay,
    /// `game.bind` is no address of this machine.
    CannotBind(IpAddr),
    /// In the system's words.
    Other(String),
}

/// What this machine has for mudkeep.
pub(super) struct Machine {
    pub(super) listeners: Vec<Listener>,
    /// How many files may be open at most; the system may not tell.
    pub(super) files_allowed: Option<u64>,
    pub(super) files_wanted: u64,
    pub(super) store: StoreFile,
    /// The other files that mudkeep makes or writes, each by its key.
    pub(super) files: Vec<(&'static str, StoreFile)>,
}

/// A listener of the configuration.
pub(super) struct Listener {
    pub(super) protocol: ListenProtocol,
    pub(super) address: SocketAddr,
    pub(super) port: Port,
}

/// Whether an address can be listened on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Port {
    Free,
    Taken,
    /// Only with privileges that this user has not.
    Forbidden,
    /// It is not an address of this machine.
    NotHere,
    /// In the system's words.
    Other(String),
}

/// Whether the store can be written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum StoreFile {
    /// There is to be none.
    None,
    Writable(PathBuf),
    /// In the system's words.
    Not(PathBuf, String),
}
