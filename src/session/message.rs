//! What a session and its clients say to each other, whatever the transport.
//!
//! A client's side of it is [`ClientEvent`] and the [`AttachRequest`] it comes with; the session's
//! side is output (bytes of a history) and, in order with it, [`Note`]s. Disconnects are values:
//! [`DetachReason`] is why a client left, [`EndReason`] why a session ended, [`Closing`] what a
//! client is told.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::ids::{
    AttachGeneration, ConnectionId, InputSeq, Offset, Position, SessionId, TokenGeneration, User,
};
use crate::secret::Line;
use crate::session::clients::FormerPlace;
use crate::session::queue::{QueueAnswer, Queued};
use crate::session::token::{Grant, Secret};
use crate::telnet::client_info::ClientInfo;
use crate::telnet::option::OptionSet;

/// How a client reaches mudkeep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// Telnet over TCP.
    Telnet,
    /// WebSocket.
    WebSocket,
    /// Server-Sent Events, and POST.
    Sse,
}

impl Transport {
    /// Its name in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Transport::Telnet => "telnet",
            Transport::WebSocket => "websocket",
            Transport::Sse => "sse",
        }
    }
}

/// Who a connection is, for a session and for the tables.
#[derive(Clone, Debug)]
pub struct Peer {
    /// The connection.
    pub connection: ConnectionId,
    /// How it reaches mudkeep.
    pub transport: Transport,
    /// Its real address.
    pub address: IpAddr,
}

/// Why a client may attach.
#[derive(Clone, Debug)]
pub enum Proof {
    /// It is the connection that the session was made for.
    Opened,
    /// It holds a resume token of the session.
    Token(Secret),
    /// It typed the password that the game had accepted for this session's user.
    Password,
    /// It was attached like this and comes again over the same connection: a stream of events that
    /// broke and was opened anew.
    Again(FormerPlace),
}

/// What a client that names no position wants to see again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReplayWish {
    /// What is not known to have reached it, within the configured bounds.
    Missed,
    /// The last lines, this many at most.
    Lines(usize),
}

/// A client asks a session to be attached to it.
#[derive(Clone, Debug)]
pub struct AttachRequest {
    /// Who asks.
    pub peer: Peer,
    /// What is known of the client so far.
    pub info: ClientInfo,
    /// Why it may.
    pub proof: Proof,
    /// Where it is in the history; none for a plain telnet client.
    pub position: Option<Position>,
    /// What it wants to see again, where it names no position.
    pub replay: ReplayWish,
    /// It asked for its token to be printed.
    pub tell_token: bool,
}

/// A request to attach was not granted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// No such token; unknown sessions, wrong secrets and malformed tokens are all this.
    TokenInvalid,
    /// The token was good once.
    TokenExpired,
    /// The token was replaced by a successor that has been used.
    TokenReused,
    /// Too many that were none came from its address, or for this session: it was not looked at.
    TooManyTokens {
        /// Until when none is.
        until: Instant,
    },
    /// The session was lost with the mudkeep that had it.
    SessionLost {
        /// The name to log in as, if it is known.
        user: Option<Arc<str>>,
    },
    /// The session ended, or does not take clients any more.
    Ended,
}

/// What a client tells its session.
#[derive(Debug)]
pub enum ClientEvent {
    /// A line for the game. Numbered where the transport can (within its token family).
    Line {
        /// What was typed, without its line end.
        line: Line,
        /// Its number; none from telnet.
        seq: Option<InputSeq>,
    },
    /// More is known of the client, or its window changed.
    Info(Box<ClientInfo>),
    /// A message beside the text (GMCP, MSDP, ...).
    OutOfBand {
        /// Which telnet option carries it.
        option: u8,
        /// The message.
        payload: Vec<u8>,
    },
    /// It has the token of this generation.
    TokenAck(TokenGeneration),
    /// It wants a new token.
    Refresh,
    /// What is to become of the lines that waited for it.
    Queue(QueueAnswer),
    /// It wants its session to end.
    Logout,
    /// The session it was sent to (by [`Note::Move`]) did not take it.
    MoveFailed(Refusal),
}

/// What a client must know when it has been attached.
#[derive(Clone, Debug)]
pub struct Welcome {
    /// The session.
    pub session: SessionId,
    /// Where its reading starts.
    pub position: Position,
    /// Its token, if the session has any yet.
    pub grant: Option<Grant>,
    /// Who it is, if the game said so.
    pub user: Option<User>,
    /// What it missed for good, where it named a position that is no longer held.
    pub gap: Option<(Offset, Offset)>,
    /// It named a position of another epoch, or one that is not there yet.
    pub reset: bool,
    /// The last input line of its token family that was applied.
    pub input_seen: InputSeq,
    /// How it came.
    pub via: Via,
    /// It asked for its token to be shown.
    pub tell_token: bool,
    /// Lines that came while nobody was attached, and wait for its answer.
    pub queued: Vec<Queued>,
}

/// How a client came to its session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    /// The session was made for it.
    Opened,
    /// By a resume token.
    Token,
    /// By its password, while nobody was attached.
    Password,
    /// It took the place of another client.
    Takeover,
}

impl Via {
    /// Its name in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Via::Opened => "opened",
            Via::Token => "token",
            Via::Password => "password",
            Via::Takeover => "takeover",
        }
    }
}

/// The game accepted the player.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// Who it is; none where only the session changed hands to a nameless player.
    pub user: Option<User>,
    /// The session's id from now on.
    pub session: SessionId,
    /// The first token of the family of this connection.
    pub grant: Grant,
    /// Where the new history starts.
    pub position: Position,
    /// The player typed `token` at the login prompt.
    pub tell_token: bool,
}

/// What was missed, before a replay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReplaySummary {
    /// Lines that follow.
    pub lines: u64,
    /// Seconds that the player was away.
    pub away_seconds: u64,
    /// Older lines that were missed and are not shown, held or not.
    pub more: u64,
}

/// Where a client is to go.
#[derive(Clone, Debug)]
pub enum Destination {
    /// To this session, which it may attach to as its user.
    Session {
        /// Which.
        id: SessionId,
        /// What it asked to see again.
        replay: ReplayWish,
        /// It asked for its token to be printed.
        tell_token: bool,
    },
    /// To the session of this token.
    Token {
        /// The token, in any of its forms.
        text: Line,
        /// A program sent it (GMCP `Char.Login.Reconnect`) and wants to know how it went.
        by_gmcp: bool,
        /// What it asked to see again.
        replay: ReplayWish,
        /// It asked for its token to be printed.
        tell_token: bool,
    },
    /// To a new session: the game is back.
    NewSession,
}

/// What a session tells a client, in order with the output.
#[derive(Clone, Debug)]
pub enum Note {
    /// It is attached.
    Welcome(Box<Welcome>),
    /// The game accepted its player; a new history starts here.
    Authenticated(Box<Authenticated>),
    /// Output from here to the end of the replay was sent by the game before.
    ReplayStart(ReplaySummary),
    /// The replay is over.
    ReplayEnd,
    /// The game hides (or shows) what is typed.
    Echo {
        /// Typing is hidden.
        hidden: bool,
    },
    /// The present value of something that the game reports beside the text.
    OutOfBand {
        /// Which telnet option carries it.
        option: u8,
        /// The message.
        payload: Vec<u8>,
    },
    /// From here on everything is new.
    Live,
    /// The options that the game has agreed to and that concern its players.
    Offers(OptionSet),
    /// Output of this range is not held any more.
    Gap {
        /// The first byte that is missing.
        from: Offset,
        /// The first that is there again.
        to: Offset,
    },
    /// Input up to this number was applied.
    InputAck(InputSeq),
    /// Input arrived that leaves a hole.
    InputExpected(InputSeq),
    /// A new token.
    Token(Box<Grant>),
    /// A line from mudkeep to the player.
    Notice(Arc<str>),
    /// A question from mudkeep, to be answered with one line.
    Ask {
        /// The question, without a line end.
        text: Arc<str>,
        /// The answer is secret.
        hidden: bool,
    },
    /// Canonical text that a session before this one had not delivered.
    Undelivered(Vec<u8>),
    /// It is to attach somewhere else.
    Move(Box<Destination>),
    /// It is detached; nothing follows.
    Closing(Closing),
}

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

/// What a client gets when it reads.
#[derive(Debug)]
pub enum Reading {
    /// Nothing for now; it will be woken.
    Nothing,
    /// Canonical bytes were appended; its place is now this.
    Output(Position),
    /// A note.
    Note(Note),
    /// This attachment is over and has been told so.
    Over,
}

/// The answer to an [`AttachRequest`].
pub type AttachResult = Result<AttachGeneration, Refusal>;
