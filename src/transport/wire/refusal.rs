//! Why a client does not get what it wants, in the contract's words.

use crate::ids::InputSeq;
use crate::session::core::queueing::NotQueued;
use crate::session::message::Refusal;
use crate::transport::wire::client::Unreadable;
use crate::transport::wire::server::{Message, ServerMessage};

/// A reason, with what belongs to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Why {
    /// Its name in the contract.
    pub(crate) code: &'static str,
    /// For people: what is wrong and what to do.
    pub(crate) message: String,
    /// The number of the line that comes next.
    pub(crate) expected: Option<InputSeq>,
    /// The number of the line that this is about.
    pub(crate) seq: Option<InputSeq>,
    /// The name to log in as.
    pub(crate) user: Option<String>,
}

impl Why {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Why {
        Why { code, message: message.into(), expected: None, seq: None, user: None }
    }

    /// No room for another session.
    pub(crate) fn busy() -> Why {
        Why::new("busy", "there is no room for another session now: try again later")
    }

    /// A line before this one is missing.
    pub(crate) fn input_gap(expected: InputSeq) -> Why {
        let message = format!("a line is missing: the next one is number {}", expected.0);
        Why { expected: Some(expected), ..Why::new("input_gap", message) }
    }

    /// A line, or an acknowledgement of a token, may have been meant for the session before.
    pub(crate) fn not_acknowledged(seq: Option<InputSeq>) -> Why {
        let what = "acknowledge a position of this session first, then send it again";
        Why { seq, ..Why::new("not_acknowledged", what) }
    }

    /// Another connection took the place.
    pub(crate) fn replaced() -> Why {
        Why::new("replaced", "this session continues on another connection")
    }

    /// The message, as clients get it.
    pub(crate) fn to_message(&self) -> Message {
        Message::of(&ServerMessage::Error {
            code: self.code,
            message: &self.message,
            expected: self.expected.map(|seq| seq.0),
            seq: self.seq.map(|seq| seq.0),
            user: self.user.as_deref(),
        })
    }
}

impl From<&Unreadable> for Why {
    fn from(unreadable: &Unreadable) -> Why {
        let code = match unreadable {
            Unreadable::Malformed(_) => "malformed",
            Unreadable::UnknownType(_) => "unknown_type",
        };
        Why::new(code, unreadable.to_string())
    }
}

impl From<&Refusal> for Why {
    fn from(refusal: &Refusal) -> Why {
        match refusal {
            Refusal::TokenInvalid => Why::new("token_invalid", "this token opens nothing: log in"),
            Refusal::TokenExpired => Why::new("token_expired", "this token is too old: log in"),
            Refusal::TokenReused => {
                Why::new("token_reused", "this token was replaced by another one: log in")
            }
            Refusal::TooManyTokens { .. } => {
                Why::new("token_limited", "too many tokens were not good: try again in a minute")
            }
            Refusal::SessionLost { user } => Why {
                user: user.as_ref().map(|user| user.to_string()),
                ..Why::new("session_lost", "mudkeep was restarted: log in again")
            },
            Refusal::Taken => Why::replaced(),
            Refusal::Ended => Why::new("session_ended", "this session is over: log in again"),
        }
    }
}

impl From<&NotQueued> for Why {
    fn from(not: &NotQueued) -> Why {
        match not {
            NotQueued::Token(refusal) => Why::from(refusal),
            NotQueued::TokenOld => {
                Why::new("token_old", "there is a newer token: send this again with that")
            }
            NotQueued::Attached => Why::replaced(),
            NotQueued::Secret => {
                Why::new("secret", "the game hides what is typed: it is not kept for later")
            }
            NotQueued::Expected(seq) => Why::input_gap(*seq),
            NotQueued::Full => Why::new("queue_full", "as many lines wait as may"),
            NotQueued::NoGame => Why::new("ended", "the game is not there: nothing waits for it"),
        }
    }
}
