//! How things end: why a client left, why a session is over, and what a client is told of it.

use std::fmt;

/// Why a client is told that it is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Closing {
    /// Its session continues on another connection.
    Replaced,
    /// The game closed the connection.
    GameClosed,
    /// The game cannot be reached.
    GameUnreachable,
    /// Its player logged out.
    LoggedOut,
    /// An admin ended it.
    Kicked,
    /// It is banned.
    Banned,
    /// The session's time ran out.
    Expired,
    /// It may not play: a limit or a policy.
    Refused,
    /// mudkeep is stopping.
    Shutdown,
    /// It read too slowly for too long.
    Slow,
    /// It did not log in in time.
    Idle,
}

impl Closing {
    /// Whether a client may come back by itself. Where it may not and does, two of them evict each
    /// other for ever.
    #[must_use]
    pub fn may_resume(self) -> bool {
        match self {
            Closing::Shutdown | Closing::Slow | Closing::GameUnreachable => true,
            Closing::Replaced
            | Closing::GameClosed
            | Closing::LoggedOut
            | Closing::Kicked
            | Closing::Banned
            | Closing::Expired
            | Closing::Refused
            | Closing::Idle => false,
        }
    }

    /// Its name in the contract (`closing.reason`) and in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Closing::Replaced => "replaced",
            Closing::GameClosed => "game_closed",
            Closing::GameUnreachable => "game_unreachable",
            Closing::LoggedOut => "logged_out",
            Closing::Kicked => "kicked",
            Closing::Banned => "banned",
            Closing::Expired => "expired",
            Closing::Refused => "refused",
            Closing::Shutdown => "shutdown",
            Closing::Slow => "slow",
            Closing::Idle => "idle",
        }
    }
}

/// Why a client is not attached any more, as its connection saw it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum DetachReason {
    /// It closed its side (FIN).
    ClosedByClient,
    /// The connection broke (RST, or the network said so).
    ConnectionLost,
    /// Nothing came back from it for too long.
    TimedOut,
    /// It read too slowly for too long.
    Slow,
    /// It broke the rules of its protocol.
    Abuse,
    /// It went to another session.
    Moved,
    /// It was told that it is over.
    Told(Closing),
}

impl fmt::Display for DetachReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DetachReason::ClosedByClient => "closed_by_client",
            DetachReason::ConnectionLost => "connection_lost",
            DetachReason::TimedOut => "timed_out",
            DetachReason::Slow => "slow",
            DetachReason::Abuse => "abuse",
            DetachReason::Moved => "moved",
            DetachReason::Told(closing) => closing.name(),
        })
    }
}

/// Why a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum EndReason {
    /// Its player logged out, or released it.
    LoggedOut,
    /// The game closed the connection.
    GameClosed,
    /// The game cannot be reached, or its connection died.
    GameLost,
    /// The hold, or the time for last words, ran out.
    Expired,
    /// Nobody had logged in and the client went away.
    Abandoned,
    /// Its client went to the session that the user already had.
    Superseded,
    /// The same user logged in anew and the game took the newcomer.
    Replaced,
    /// An admin ended it.
    Kicked,
    /// Its user is banned.
    Banned,
    /// A limit or a policy.
    Refused,
    /// Nobody was attached, and memory was short (`limits.history_bytes_total`).
    Memory,
    /// Nobody logged in in time.
    LoginTimeout,
    /// mudkeep is stopping.
    Shutdown,
}

impl EndReason {
    /// Its name in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            EndReason::LoggedOut => "logged_out",
            EndReason::GameClosed => "game_closed",
            EndReason::GameLost => "game_lost",
            EndReason::Expired => "expired",
            EndReason::Abandoned => "abandoned",
            EndReason::Superseded => "superseded",
            EndReason::Replaced => "replaced",
            EndReason::Kicked => "kicked",
            EndReason::Banned => "banned",
            EndReason::Refused => "refused",
            EndReason::Memory => "memory",
            EndReason::LoginTimeout => "login_timeout",
            EndReason::Shutdown => "shutdown",
        }
    }

    /// What the clients of a session that ends so are told.
    #[must_use]
    pub fn closing(self) -> Closing {
        match self {
            EndReason::LoggedOut => Closing::LoggedOut,
            EndReason::GameClosed => Closing::GameClosed,
            EndReason::GameLost => Closing::GameUnreachable,
            EndReason::Expired | EndReason::Memory => Closing::Expired,
            EndReason::Superseded | EndReason::Replaced => Closing::Replaced,
            EndReason::Kicked => Closing::Kicked,
            EndReason::Banned => Closing::Banned,
            EndReason::Refused => Closing::Refused,
            EndReason::Abandoned | EndReason::LoginTimeout => Closing::Idle,
            EndReason::Shutdown => Closing::Shutdown,
        }
    }
}
