//! The bytes that may follow an IAC, and the four verbs of negotiation.

pub use libtelnet_rs::telnet::op_command::{DO, DONT, EOR, GA, IAC, NOP, SB, SE, WILL, WONT};

/// End of file (RFC 1184).
pub const EOF: u8 = 236;
/// Suspend the process (RFC 1184).
pub const SUSP: u8 = 237;
/// Abort the process (RFC 1184).
pub const ABORT: u8 = 238;
/// Data mark: the end of a SYNCH. Without urgent handling it means nothing.
pub const DM: u8 = 242;
/// Break.
pub const BRK: u8 = 243;
/// Interrupt process: what `^C` sends.
pub const IP: u8 = 244;
/// Abort output.
pub const AO: u8 = 245;
/// Are you there? Answered by text, so never sent by us.
pub const AYT: u8 = 246;
/// Erase the last character of the line being typed.
pub const EC: u8 = 247;
/// Erase the line being typed.
pub const EL: u8 = 248;

/// A negotiation verb.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Verb {
    /// The sender offers to use, or goes on using, an option.
    Will,
    /// The sender does not use, or stops using, an option.
    Wont,
    /// The sender asks the other to use, or agrees that the other uses, an option.
    Do,
    /// The sender asks the other not to use, or to stop using, an option.
    Dont,
}

impl Verb {
    /// The byte after the IAC.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Verb::Will => WILL,
            Verb::Wont => WONT,
            Verb::Do => DO,
            Verb::Dont => DONT,
        }
    }

    /// The verb that a byte after an IAC stands for, if any.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Verb> {
        match byte {
            WILL => Some(Verb::Will),
            WONT => Some(Verb::Wont),
            DO => Some(Verb::Do),
            DONT => Some(Verb::Dont),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_four_bytes_are_verbs() {
        let verbs: Vec<u8> =
            (0..=u8::MAX).filter(|&byte| Verb::from_byte(byte).is_some()).collect();
        assert_eq!(verbs, [251, 252, 253, 254]);
        assert!(verbs.iter().all(|&byte| Verb::from_byte(byte).map(Verb::byte) == Some(byte)));
    }
}
