//! What a client is told, as JSON.

use std::time::Duration;

use serde::Serialize;
use serde_json::value::RawValue;
use time::UtcDateTime;
use zeroize::Zeroizing;

use crate::ids::{ConnectionId, InputSeq, Offset, Position};
use crate::session::core::State;
use crate::session::message::{Authenticated, Closing, ReplaySummary, Via, Welcome};
use crate::session::queue::Queued;
use crate::session::token::Grant;

/// Room for the messages that hold a token, so that none of it is left behind where they grew.
const TOKEN_MESSAGE_BYTES: usize = 2048;

/// A message for a client, with its place in the history if it has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Where the client is when it has it.
    pub(crate) position: Option<Position>,
    /// One line of JSON.
    pub(crate) json: Zeroizing<String>,
}

impl Message {
    pub(crate) fn of(message: &ServerMessage<'_>) -> Message {
        let mut json =
            Vec::with_capacity(if message.is_secret() { TOKEN_MESSAGE_BYTES } else { 64 });
        // Writing to memory fails only for what has no JSON form, and all of this has.
        let written = serde_json::to_writer(&mut json, message);
        debug_assert!(written.is_ok());
        let json = Zeroizing::new(String::from_utf8(json).unwrap_or_default());
        Message { position: message.position(), json }
    }
}

/// Everything that a client can be told. Names are the contract's.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum ServerMessage<'a> {
    Opened(WelcomeFields<'a>),
    Resumed(WelcomeFields<'a>),
    Authenticated {
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<&'a str>,
        session_id: String,
        #[serde(flatten)]
        token: TokenFields,
        #[serde(serialize_with = "as_text")]
        position: Position,
    },
    Replay {
        lines: u64,
        missed: u64,
        away_s: u64,
    },
    Output {
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text_if_any")]
        position: Option<Position>,
        text: &'a str,
    },
    Prompt {
        #[serde(serialize_with = "as_text")]
        position: Position,
    },
    Echo {
        on: bool,
    },
    Gmcp {
        #[serde(skip_serializing_if = "Option::is_none", serialize_with = "as_text_if_any")]
        position: Option<Position>,
        package: &'a str,
        data: &'a RawValue,
    },
    Live,
    Gap(GapFields),
    InputAck {
        seq: u64,
    },
    Token(TokenFields),
    Notice {
        text: &'a str,
    },
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<u64>,
    },
    Session {
        state: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        connection_id: Option<String>,
    },
    Closing {
        reason: &'a str,
        message: &'a str,
        resume: bool,
    },
    Error {
        code: &'a str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        expected: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        seq: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<&'a str>,
    },
}

impl ServerMessage<'_> {
    fn position(&self) -> Option<Position> {
        match self {
            ServerMessage::Output { position, .. } | ServerMessage::Gmcp { position, .. } => {
                *position
            }
            ServerMessage::Prompt { position } | ServerMessage::Authenticated { position, .. } => {
                Some(*position)
            }
            ServerMessage::Opened(fields) | ServerMessage::Resumed(fields) => Some(fields.position),
            _ => None,
        }
    }

    fn is_secret(&self) -> bool {
        matches!(
            self,
            ServerMessage::Opened(_)
                | ServerMessage::Resumed(_)
                | ServerMessage::Authenticated { .. }
                | ServerMessage::Token(_)
        )
    }
}

/// What a welcome says.
#[derive(Serialize)]
pub(crate) struct WelcomeFields<'a> {
    session_id: String,
    connection_id: String,
    #[serde(flatten)]
    token: Option<TokenFields>,
    #[serde(serialize_with = "as_text")]
    position: Position,
    input_seen: u64,
    state: &'static str,
    echo: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gap: Option<GapFields>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    reset: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    queued: Vec<QueuedFields>,
}

/// A token and what is known of it.
#[derive(Serialize)]
pub(crate) struct TokenFields {
    token: Zeroizing<String>,
    expires_at: String,
    generation: u64,
}

/// Output that is not held any more, in offsets of the present epoch.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct GapFields {
    from: u64,
    to: u64,
}

#[derive(Serialize)]
struct QueuedFields {
    seq: u64,
    line: String,
    age_s: u64,
}

fn as_text<S: serde::Serializer>(position: &Position, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(position)
}

fn as_text_if_any<S: serde::Serializer>(at: &Option<Position>, to: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(position) => to.collect_str(position),
        None => to.serialize_none(),
    }
}

impl TokenFields {
    /// The token, good until a time that is shown to whoever asks.
    pub(crate) fn new(grant: &Grant, now: UtcDateTime) -> TokenFields {
        let expires =
            now.saturating_add(time::Duration::try_from(grant.ttl).unwrap_or(time::Duration::ZERO));
        TokenFields {
            token: grant.token(expires),
            expires_at: crate::session::token::timestamp(expires),
            generation: grant.generation.0,
        }
    }
}

impl From<(Offset, Offset)> for GapFields {
    fn from((from, to): (Offset, Offset)) -> GapFields {
        GapFields { from: from.0, to: to.0 }
    }
}

/// What stands around a welcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Around {
    /// The connection.
    pub(crate) connection: ConnectionId,
    /// The session's state.
    pub(crate) state: State,
    /// The game hides what is typed.
    pub(crate) echo_hidden: bool,
    /// The time, for people.
    pub(crate) now: UtcDateTime,
}

/// A welcome; `text` reads a line that waits.
pub(crate) fn welcome(
    welcome: &Welcome,
    around: Around,
    text: impl Fn(&Queued) -> (String, Duration),
) -> Message {
    let queued = welcome.queued.iter().map(|queued| {
        let (line, age) = text(queued);
        QueuedFields { seq: queued.number.0, line, age_s: age.as_secs() }
    });
    let fields = WelcomeFields {
        session_id: welcome.session.to_string(),
        connection_id: around.connection.to_string(),
        token: welcome.grant.as_ref().map(|grant| TokenFields::new(grant, around.now)),
        position: welcome.position,
        input_seen: welcome.input_seen.0,
        state: around.state.name(),
        echo: !around.echo_hidden,
        user: welcome.user.as_ref().map(|user| &*user.name),
        gap: welcome.gap.map(GapFields::from),
        reset: welcome.reset,
        queued: queued.collect(),
    };
    Message::of(&match welcome.via {
        Via::Opened => ServerMessage::Opened(fields),
        Via::Token | Via::Password | Via::Takeover => ServerMessage::Resumed(fields),
    })
}

/// The game has let the player in.
pub(crate) fn authenticated(told: &Authenticated, now: UtcDateTime) -> Message {
    Message::of(&ServerMessage::Authenticated {
        user: told.user.as_ref().map(|user| &*user.name),
        session_id: told.session.to_string(),
        token: TokenFields::new(&told.grant, now),
        position: told.position,
    })
}

/// What was missed.
pub(crate) fn replay(summary: ReplaySummary) -> Message {
    let ReplaySummary { lines, away_seconds, more } = summary;
    Message::of(&ServerMessage::Replay { lines, missed: more, away_s: away_seconds })
}

/// A line is done.
pub(crate) fn input_ack(InputSeq(seq): InputSeq) -> Message {
    Message::of(&ServerMessage::InputAck { seq })
}

/// It is over.
pub(crate) fn closing(closing: Closing, message: &str) -> Message {
    let (reason, resume) = (closing.name(), closing.may_resume());
    Message::of(&ServerMessage::Closing { reason, message, resume })
}

#[cfg(test)]
mod tests;
