//! Bytes that must not outlive their use: a player's line, a password, a token's secret.

use std::fmt;
use std::ops::Deref;

use zeroize::Zeroizing;

/// A line that a player typed, without its line end. Any line may be a password, so each one is
/// overwritten when dropped and none shows its bytes in a log.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Line(Zeroizing<Vec<u8>>);

impl Line {
    /// Takes the bytes over; the caller keeps no copy.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Line {
        Line(Zeroizing::new(bytes))
    }
}

impl From<&[u8]> for Line {
    fn from(bytes: &[u8]) -> Line {
        Line::new(bytes.to_vec())
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Line {
        Line::from(text.as_bytes())
    }
}

impl Deref for Line {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Line({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_does_not_show_itself() {
        assert_eq!(format!("{:?}", Line::from("hunter2")), "Line(7 bytes)");
    }
}
