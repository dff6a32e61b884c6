//! The game's text as a person reads it: line by line, without escape sequences, bells and the rest.
//!
//! Byte in, character or line end out, with five states and nothing kept: so the way in which the
//! network cut the text cannot matter. A sequence that never ends is given up after a bound.

/// What one byte came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Clean {
    /// Nothing to read.
    Nothing,
    /// A character of the line (a byte of it: the charset is the game's).
    Byte(u8),
    /// The line is over. Also where the game moves the cursor: what comes next stands elsewhere.
    End,
}

/// Longest escape sequence that is believed; MUDs send none near it but title and MXP strings.
const ESCAPE_BYTES_MAX: u16 = 1024;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum State {
    #[default]
    Ground,
    /// After ESC.
    Escape,
    /// In `ESC [`, until its final byte.
    Control,
    /// In OSC, DCS and the like, until BEL or ST.
    Text,
    /// ESC within `Text`: an ST, or the begin of something else.
    TextEscape,
}

/// Reads one stream of text.
#[derive(Clone, Debug, Default)]
pub(super) struct Cleaner {
    state: State,
    /// Bytes taken by the sequence being read.
    taken: u16,
}

impl Cleaner {
    /// Takes the next byte.
    pub(super) fn step(&mut self, byte: u8) -> Clean {
        if matches!(byte, b'\r' | b'\n') {
            self.state = State::Ground;
            return Clean::End;
        }
        if self.state == State::Ground {
            return self.ground(byte);
        }
        self.taken += 1;
        if self.taken > ESCAPE_BYTES_MAX {
            self.state = State::Ground;
            return self.ground(byte);
        }
        self.within(byte)
    }

    fn ground(&mut self, byte: u8) -> Clean {
        match byte {
            ESCAPE => self.begin(),
            b'\t' => Clean::Byte(byte),
            0..0x20 | 0x7f => Clean::Nothing,
            _ => Clean::Byte(byte),
        }
    }

    fn begin(&mut self) -> Clean {
        self.state = State::Escape;
        self.taken = 0;
        Clean::Nothing
    }

    fn within(&mut self, byte: u8) -> Clean {
        let (next, clean) = match (self.state, byte) {
            (State::Text, ESCAPE) => (State::TextEscape, Clean::Nothing),
            (State::Text, BELL) => (State::Ground, Clean::Nothing),
            (State::Text, _) => (State::Text, Clean::Nothing),
            (State::TextEscape, b'\\') => (State::Ground, Clean::Nothing),
            (_, ESCAPE) => return self.begin(),
            (State::Escape | State::TextEscape, b'[') => (State::Control, Clean::Nothing),
            (State::Escape | State::TextEscape, b']' | b'P' | b'X' | b'^' | b'_') => {
                (State::Text, Clean::Nothing)
            }
            (State::Escape | State::TextEscape, 0x20..=0x2f) => (State::Escape, Clean::Nothing),
            (State::Control, 0x20..=0x3f) => (State::Control, Clean::Nothing),
            (State::Control, b'E' | b'F' | b'H' | b'J' | b'f') => (State::Ground, Clean::End),
            (State::Ground | State::Escape | State::Control | State::TextEscape, _) => {
                (State::Ground, Clean::Nothing)
            }
        };
        self.state = next;
        clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> String {
        let mut cleaner = Cleaner::default();
        let mut out = Vec::new();
        for &byte in text {
            match cleaner.step(byte) {
                Clean::Nothing => {}
                Clean::Byte(byte) => out.push(byte),
                Clean::End => out.push(b'|'),
            }
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_nobody_reads_is_gone() {
        assert_eq!(read(b"a\x07b\x00c\x0cd\x08e\x7ff"), "abcdef");
        assert_eq!(read(b"\x1b[1;31mYou become \x1b[1mbob\x1b[0m.\r\n"), "You become bob.||");
        assert_eq!(read(b"\x1b(Ba\x1b[1zb\x1b7c\x1b#8d"), "abcd");
        assert_eq!(read(b"\x1b]0;a title\x07x\x1b]68;1;SEND;cmd\x1b\\y\x1bPq#0\x1b\\z"), "xyz");
    }

    #[test]
    fn all_three_line_ends_and_a_moved_cursor_end_the_line() {
        assert_eq!(read(b"a\r\nb\n\rc\nd\re"), "a||b||c|d|e");
        assert_eq!(read(b"a\x1b[H\x1b[2Jb\x1b[3;1fc"), "a||b|c");
    }

    #[test]
    fn escapes_in_escapes_do_not_swallow_the_text() {
        assert_eq!(read(b"\x1b\x1b[1\x1b[2mab"), "ab");
        assert_eq!(read(b"\x1b]0;x\x1b[1mab"), "ab");
        assert_eq!(read(b"\x1b[1;2\nab"), "|ab");
    }

    #[test]
    fn a_sequence_that_never_ends_is_given_up() {
        let mut text = b"\x1b]".to_vec();
        text.extend(vec![b'x'; usize::from(ESCAPE_BYTES_MAX) - 1]);
        assert_eq!(read(&text), "");
        text.push(b'y');
        assert_eq!(read(&text), "y");
        text.push(b'z');
        assert_eq!(read(&text), "yz");
    }
}
