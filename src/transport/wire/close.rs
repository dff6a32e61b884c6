//! How a WebSocket ends: the codes of RFC 6455, 7.4, and what they say to a client that is about to
//! come back by itself.

use crate::session::message::Closing;

/// A code and a reason, as a close frame has them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Close {
    /// The code.
    pub(crate) code: u16,
    /// The reason; at most 123 bytes.
    pub(crate) reason: &'static str,
}

const fn close(code: u16, reason: &'static str) -> Close {
    Close { code, reason }
}

/// It did not say what it wants.
pub(crate) const LATE: Close = close(1008, "nothing was said in time");
/// It did not answer a ping.
pub(crate) const NO_ANSWER: Close = close(4408, "no answer");
/// A message was too long.
pub(crate) const TOO_BIG: Close = close(1009, "a message was too big");
/// A text was no UTF-8.
pub(crate) const NOT_UTF_8: Close = close(1007, "a text was not UTF-8");
/// It does not speak WebSocket as it should.
pub(crate) const PROTOCOL: Close = close(1002, "not the WebSocket protocol");

/// The end of a connection whose session says why. All that may not come back is final, 1000, but
/// for a ban.
pub(crate) fn close_frame(closing: Closing) -> Close {
    match closing {
        Closing::Replaced => close(1000, "New connection established"),
        Closing::GameClosed
        | Closing::LoggedOut
        | Closing::Kicked
        | Closing::Idle
        | Closing::Expired
        | Closing::Refused => close(1000, closing.name()),
        Closing::Banned => close(1008, closing.name()),
        Closing::Shutdown => close(1012, closing.name()),
        Closing::GameUnreachable => close(1013, closing.name()),
        Closing::Slow => close(4408, closing.name()),
    }
}

/// The end of a connection that an `error` with this code was told first.
pub(crate) fn refused(code: &'static str) -> Close {
    match code {
        "malformed" | "unknown_type" => close(1008, code),
        "replaced" => close_frame(Closing::Replaced),
        "busy" | "token_limited" => close(1013, code),
        _ => close(4401, code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_may_come_back_is_told_so() {
        for (closing, code) in [
            (Closing::Replaced, 1000),
            (Closing::GameClosed, 1000),
            (Closing::LoggedOut, 1000),
            (Closing::Kicked, 1000),
            (Closing::Idle, 1000),
            (Closing::Expired, 1000),
            (Closing::Refused, 1000),
            (Closing::Banned, 1008),
            (Closing::Shutdown, 1012),
            (Closing::GameUnreachable, 1013),
            (Closing::Slow, 4408),
        ] {
            let Close { code: told, reason } = close_frame(closing);
            assert_eq!(told, code, "{}", closing.name());
            assert_eq!(closing.may_resume(), !matches!(code, 1000 | 1008));
            assert!(!reason.is_empty() && reason.len() <= 123);
        }
        assert_eq!(close_frame(Closing::Replaced).reason, "New connection established");
    }

    #[test]
    fn a_refusal_says_whether_to_log_in_or_to_wait() {
        for (code, expected) in [
            ("malformed", 1008),
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
}
