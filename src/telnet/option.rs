//! Telnet options by number, and a set of them.

use std::fmt;

pub use libtelnet_rs::telnet::op_option::{
    BINARY, ECHO, EOR, GMCP, LINEMODE, MCCP2, MCCP3, MSSP, NAWS, NEWENVIRON as NEW_ENVIRON, SGA,
    STATUS, TM as TIMING_MARK, TTYPE, ZMP,
};

/// Which charset the text is in (RFC 2066).
pub const CHARSET: u8 = 42;
/// MUD server data protocol: typed variables.
pub const MSDP: u8 = 69;
/// The first MUD client compression, which no parser survives. Always refused.
pub const MCCP1: u8 = 85;
/// MUD sound protocol.
pub const MSP: u8 = 90;
/// MUD extension protocol: markup in the text.
pub const MXP: u8 = 91;
/// Achaea telnet client protocol, the forerunner of GMCP.
pub const ATCP: u8 = 200;

/// A set of options.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct OptionSet([u64; 4]);

impl OptionSet {
    /// No option.
    pub const EMPTY: OptionSet = OptionSet([0; 4]);

    /// The set of these options.
    #[must_use]
    pub const fn of(options: &[u8]) -> OptionSet {
        let mut words = [0; 4];
        let mut at = 0;
        while at < options.len() {
            words[options[at] as usize / 64] |= 1 << (options[at] % 64);
            at += 1;
        }
        OptionSet(words)
    }

    /// Whether `option` is in the set.
    #[must_use]
    pub const fn contains(&self, option: u8) -> bool {
        self.0[option as usize / 64] & (1 << (option % 64)) != 0
    }

    /// Puts `option` in; true if it was not there.
    pub fn insert(&mut self, option: u8) -> bool {
        let new = !self.contains(option);
        self.0[usize::from(option) / 64] |= 1 << (option % 64);
        new
    }

    /// Takes `option` out; true if it was there.
    pub fn remove(&mut self, option: u8) -> bool {
        let there = self.contains(option);
        self.0[usize::from(option) / 64] &= !(1 << (option % 64));
        there
    }

    /// Puts `option` in or takes it out; true if that changed the set.
    pub fn set(&mut self, option: u8, there: bool) -> bool {
        if there { self.insert(option) } else { self.remove(option) }
    }

    /// Whether no option is in the set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == OptionSet::EMPTY
    }

    /// The options in either set.
    #[must_use]
    pub const fn union(self, other: OptionSet) -> OptionSet {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        OptionSet([a | e, b | f, c | g, d | h])
    }

    /// The options in both sets.
    #[must_use]
    pub const fn intersection(self, other: OptionSet) -> OptionSet {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        OptionSet([a & e, b & f, c & g, d & h])
    }

    /// The options in this set that are not in `other`.
    #[must_use]
    pub const fn without(self, other: OptionSet) -> OptionSet {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        OptionSet([a & !e, b & !f, c & !g, d & !h])
    }

    /// The options in the set, smallest first.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..=u8::MAX).filter(move |&option| self.contains(option))
    }
}

impl FromIterator<u8> for OptionSet {
    fn from_iter<I: IntoIterator<Item = u8>>(options: I) -> OptionSet {
        let mut set = OptionSet::EMPTY;
        for option in options {
            set.insert(option);
        }
        set
    }
}

impl fmt::Debug for OptionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_holds_what_was_put_in_and_not_taken_out() {
        let mut set = OptionSet::of(&[0, 63, 64, 255]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 63, 64, 255]);
        assert!(set.insert(GMCP) && !set.insert(GMCP));
        assert!(set.remove(0) && !set.remove(0));
        assert!(!set.set(GMCP, true) && set.set(GMCP, false));
        assert_eq!(set, OptionSet::of(&[255, 64, 63]));
    }

    #[test]
    fn sets_combine() {
        let (a, b) = (OptionSet::of(&[1, 2, 200]), OptionSet::of(&[2, 3, 200]));
        assert_eq!(a.union(b), OptionSet::of(&[1, 2, 3, 200]));
        assert_eq!(a.intersection(b), OptionSet::of(&[2, 200]));
        assert_eq!(a.without(b), OptionSet::of(&[1]));
        assert!(a.without(a).is_empty());
        assert_eq!(format!("{a:?}"), "{1, 2, 200}");
        assert_eq!([9, 8].into_iter().collect::<OptionSet>(), OptionSet::of(&[8, 9]));
    }
}
