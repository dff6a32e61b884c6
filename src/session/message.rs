//! What a session and its clients say to each other, whatever the transport.
//!
//! A client's side of it is [`ClientEvent`] and the [`AttachRequest`] it comes with; the session's
//! side is output (bytes of a history) and, in order with it, [`Note`]s. Disconnects are values:
//! [`DetachReason`] is why a client left, [`EndReason`] why a session ended, [`Closing`] what a
//! client is told.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use crate::ids::{
    AttachGeneration, ConnectionId, InputSeq, Offset, Position, SessionId, TokenGeneration, User,
};
use crate::secret::Line;
use crate::session::clients::FormerPlace;
pub use crate::session::ending::{Closing, DetachReason, EndReason};
use crate::session::queue::{QueueAnswer, Queued};
use crate::session::token::{Grant, Secret};
use crate::telnet::client_info::ClientInfo;
use crate::telnet::option::OptionSet;

/// How a client reaches mudkeep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// Telnet over TCP.
    Telnet,
    /// mudkeep's own messages over WebSocket.
    WebSocket,
    /// A telnet stream, or what stands for one, in the frames of a WebSocket.
    TelnetFrames,
    /// mudkeep's own messages over Server-Sent Events and POST.
    Sse,
}

impl Transport {
    /// Its name in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Transport::Telnet => "telnet",
            Transport::WebSocket | Transport::TelnetFrames => "websocket",
            Transport::Sse => "sse",
        }
    }

    /// Whether its clients wait for a game that is gone, unless told otherwise. A telnet client has
    /// ways of its own to come back and log in, which a closed connection sets going.
    #[must_use]
    pub fn awaits_game(self) -> bool {
        match self {
            Transport::Telnet | Transport::TelnetFrames => false,
            Transport::WebSocket | Transport::Sse => true,
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

/// What a connection may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Permissions {
    /// What it types goes to the game.
    pub input: bool,
    /// It is told what the game says.
    pub output: bool,
}

impl Default for Permissions {
    fn default() -> Permissions {
        Permissions { input: true, output: true }
    }
}

/// Why a client may attach.
#[derive(Clone, Debug)]
pub enum Proof {
    /// It is the connection that the session was made for.
    Opened,
    /// It holds a resume token of the session.
    Token(Secret),
    /// The same, but nobody is to lose their place for it: it comes back by itself, and its player
    /// may be playing elsewhere by now.
    TokenIfFree(Secret),
    /// It typed the password that the game had accepted for this session's user.
    Password,
    /// The game's staff leads it here, in place of this connection.
    Led(ConnectionId),
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
    /// Its player plays on another connection, and this one did not want to take the place.
    Taken,
}

impl Refusal {
    /// Its name where it is counted.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Refusal::TokenInvalid => "token_invalid",
            Refusal::TokenExpired => "token_expired",
            Refusal::TokenReused => "token_reused",
            Refusal::TooManyTokens { .. } => "too_many_tokens",
            Refusal::SessionLost { .. } => "session_lost",
            Refusal::Ended => "ended",
            Refusal::Taken => "taken",
        }
    }
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
    /// To this session, in place of another connection: the game's staff leads it there.
    Led {
        /// Which.
        session: SessionId,
        /// The connection that has it now.
        instead_of: ConnectionId,
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
