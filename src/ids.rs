//! Identities and counters as types of their own, so that one cannot be passed for another.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use uuid::Uuid;

/// One client's connection to mudkeep.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct ConnectionId(pub Uuid);

/// One session: one game socket and all that is known about it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct SessionId(pub Uuid);

/// The identity of one history. Never used twice, not even after a restart: it is drawn at random.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Epoch(pub u64);

/// A byte offset in a history, counted from 0 within its epoch; always on an event boundary.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Default)]
pub struct Offset(pub u64);

/// A place in one history, written `<epoch>.<offset>` wherever a client sees it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Position {
    /// Which history.
    pub epoch: Epoch,
    /// How far into it.
    pub offset: Offset,
}

/// Which attachment of a session: grows with each attach; work tagged with a fenced one is dropped.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Default)]
pub struct AttachGeneration(pub u64);

/// How often the token of one family has been rotated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Default)]
pub struct TokenGeneration(pub u64);

/// Which device's tokens: one family per device, at most one attachment per family.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Default)]
pub struct FamilyId(pub u64);

/// The number of an input line within its token family; the first is 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Default)]
pub struct InputSeq(pub u64);

/// A user's name folded for comparison (a preset's folding): the key of the user table.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserKey(pub Arc<str>);

/// The user that the game accepted: as the game or the player wrote it, and folded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// For people to read.
    pub name: Arc<str>,
    /// For tables.
    pub key: UserKey,
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for ConnectionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl fmt::Debug for UserKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:x}", self.0)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.offset.0)
    }
}

/// A position that is not written as `<epoch>.<offset>`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a position is written <epoch>.<offset>: hexadecimal digits, a dot, decimal digits")]
pub struct BadPosition;

impl std::str::FromStr for Position {
    type Err = BadPosition;

    fn from_str(text: &str) -> Result<Position, BadPosition> {
        let (epoch, offset) = text.split_once('.').ok_or(BadPosition)?;
        let plain = |digits: &str| !digits.is_empty() && !digits.starts_with('+');
        if !plain(epoch) || !plain(offset) {
            return Err(BadPosition);
        }
        let epoch = u64::from_str_radix(epoch, 16).map_err(|_| BadPosition)?;
        let offset = offset.parse().map_err(|_| BadPosition)?;
        Ok(Position { epoch: Epoch(epoch), offset: Offset(offset) })
    }
}

impl Position {
    /// The position `offset` of the history `epoch`.
    #[must_use]
    pub fn new(epoch: Epoch, offset: Offset) -> Position {
        Position { epoch, offset }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_what_it_wrote() {
        let position = Position::new(Epoch(0xfeed), Offset(42));
        assert_eq!(position.to_string(), "feed.42");
        assert_eq!("feed.42".parse(), Ok(position));
    }

    #[test]
    fn a_position_that_is_not_one_is_refused() {
        for bad in [
            "",
            ".",
            "1",
            "1.",
            ".1",
            "g.1",
            "+1.1",
            "1.+1",
            "1.-1",
            "1.1.1",
            "fffffffffffffffff.1",
        ] {
            assert_eq!(bad.parse::<Position>(), Err(BadPosition), "{bad}");
        }
    }
}
