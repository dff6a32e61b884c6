//! Why a WebSocket is closed, as its client is told: a code (RFC 6455, 7.4) and a reason in words.
//! Codes of 4000 and above are mudkeep's own; docs/protocol.md says what a client makes of each.

use crate::session::message::{Closing, DetachReason};

/// It is over.
const NORMAL: u16 = 1000;
/// Something was said that the protocol does not know.
const PROTOCOL: u16 = 1002;
/// A text frame that is not UTF-8.
const NOT_TEXT: u16 = 1007;
/// The client may not be here, or does what it may not.
const POLICY: u16 = 1008;
/// A message was too long.
const TOO_BIG: u16 = 1009;
/// mudkeep is stopping.
const RESTART: u16 = 1012;
/// Later.
const TRY_LATER: u16 = 1013;
/// The token that it showed opens nothing: it has to log in.
const LOG_IN: u16 = 4401;
/// The client did not answer, or took nothing.
const TIMED_OUT: u16 = 4408;

/// What a client is told with the last frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct CloseWith {
    /// What its program is to make of it.
    pub(crate) code: u16,
    /// At most 123 bytes, which is what a close frame holds.
    pub(crate) reason: &'static str,
}

impl CloseWith {
    /// There is no room for another session.
    pub(crate) const BUSY: CloseWith = with(TRY_LATER, "busy");
    /// A message was longer than `limits.message_bytes_max`.
    pub(crate) const MESSAGE_TOO_BIG: CloseWith = with(TOO_BIG, "message too big");
    /// A text frame was not UTF-8.
    pub(crate) const NOT_UTF_8: CloseWith = with(NOT_TEXT, "not UTF-8");
    /// What came was not WebSocket.
    pub(crate) const NOT_WEBSOCKET: CloseWith = with(PROTOCOL, "protocol error");
    /// It did not say in time what it wants.
    pub(crate) const LATE: CloseWith = with(POLICY, "nothing was said in time");
    /// A ping was not answered.
    pub(crate) const NO_ANSWER: CloseWith = with(TIMED_OUT, "no answer");
}

const fn with(code: u16, reason: &'static str) -> CloseWith {
    CloseWith { code, reason }
}

/// How a client is closed that is told this.
pub(crate) fn close_frame(closing: Closing) -> CloseWith {
    match closing {
        Closing::Replaced => with(NORMAL, "New connection established"),
        Closing::GameClosed
        | Closing::LoggedOut
        | Closing::Kicked
        | Closing::Expired
        | Closing::Refused
        | Closing::Idle => with(NORMAL, closing.name()),
        Closing::Banned => with(POLICY, closing.name()),
        Closing::Shutdown => with(RESTART, closing.name()),
        Closing::GameUnreachable => with(TRY_LATER, closing.name()),
        Closing::Slow => with(TIMED_OUT, closing.name()),
    }
}

/// How a client is closed that leaves without having been told; none where it is not there to hear.
pub(crate) fn close_frame_of(reason: DetachReason) -> Option<CloseWith> {
    match reason {
        DetachReason::Told(closing) => Some(close_frame(closing)),
        DetachReason::Slow => Some(close_frame(Closing::Slow)),
        DetachReason::TimedOut => Some(CloseWith::NO_ANSWER),
        DetachReason::Abuse => Some(with(POLICY, "abuse")),
        DetachReason::ClosedByClient | DetachReason::ConnectionLost | DetachReason::Moved => None,
    }
}

/// How a client is closed that was told an `error` with this code.
pub(crate) fn refused(code: &'static str) -> CloseWith {
    match code {
        "malformed" | "unknown_type" | "origin" => with(POLICY, code),
        "replaced" => close_frame(Closing::Replaced),
        "busy" | "token_limited" => with(TRY_LATER, code),
        _ => with(LOG_IN, code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_may_come_back_is_told_so() {
        for closing in [Closing::Replaced, Closing::Kicked, Closing::Banned, Closing::GameClosed] {
            assert!(!closing.may_resume() && close_frame(closing).code < 1009);
        }
        for closing in [Closing::Shutdown, Closing::Slow, Closing::GameUnreachable] {
            assert!(closing.may_resume() && close_frame(closing).code > 1009);
        }
    }

    #[test]
    fn a_refusal_says_whether_to_log_in_or_to_wait() {
        for (code, expected) in [
            ("malformed", 1008),
            ("origin", 1008),
            ("replaced", 1000),
            ("busy", 1013),
            ("token_limited", 1013),
            ("token_invalid", 4401),
            ("session_lost", 4401),
            ("session_ended", 4401),
        ] {
            assert_eq!(refused(code).code, expected);
        }
    }

    #[test]
    fn each_end_has_the_code_that_the_contract_says() {
        for (closing, code, reason) in [
            (Closing::Replaced, 1000, "New connection established"),
            (Closing::GameClosed, 1000, "game_closed"),
            (Closing::LoggedOut, 1000, "logged_out"),
            (Closing::Kicked, 1000, "kicked"),
            (Closing::Expired, 1000, "expired"),
            (Closing::Refused, 1000, "refused"),
            (Closing::Idle, 1000, "idle"),
            (Closing::Banned, 1008, "banned"),
            (Closing::Shutdown, 1012, "shutdown"),
            (Closing::GameUnreachable, 1013, "game_unreachable"),
            (Closing::Slow, 4408, "slow"),
        ] {
            assert_eq!(close_frame(closing), CloseWith { code, reason });
            assert_eq!(close_frame_of(DetachReason::Told(closing)), Some(close_frame(closing)));
            assert!(reason.len() <= 123);
        }
    }

    #[test]
    fn who_is_put_out_is_told_and_who_has_gone_is_not() {
        let code = |reason| close_frame_of(reason).map(|with| with.code);
        assert_eq!(code(DetachReason::Slow), Some(4408));
        assert_eq!(code(DetachReason::TimedOut), Some(4408));
        assert_eq!(code(DetachReason::Abuse), Some(1008));
        for gone in [DetachReason::ClosedByClient, DetachReason::ConnectionLost] {
            assert_eq!(code(gone), None);
        }
    }
}
