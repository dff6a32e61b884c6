//! The line that a player is typing, put together from what arrives of it.

use zeroize::{Zeroize, Zeroizing};

use super::FromClient;
use crate::secret::Line;
use crate::telnet::encode::{drop_partial_character, is_continuation};

const NUL: u8 = 0;
const BACKSPACE: u8 = 8;
const LF: u8 = b'\n';
const CR: u8 = b'\r';
const DELETE: u8 = 0x7f;

/// The first bytes of a line reserve this much.
const LINE_BYTES_USUAL: usize = 32;

/// The line being typed. Any line may be a password: no copy of it is left behind.
#[derive(Debug)]
pub(super) struct Typing {
    /// At most `bytes_max` long. Unallocated between lines.
    line: Zeroizing<Vec<u8>>,
    /// How long the line would be if it were all kept.
    bytes: usize,
    bytes_max: usize,
    /// The last byte was a CR: an LF or NUL now belongs to it.
    after_cr: bool,
}

impl Typing {
    pub(super) fn new(bytes_max: usize) -> Typing {
        Typing { line: Zeroizing::default(), bytes: 0, bytes_max, after_cr: false }
    }

    /// Takes what was typed up to the end of a line: how many bytes that is, and the line if it ended.
    /// CR LF, CR NUL, CR and LF all end a line. Other NULs are keep-alives.
    pub(super) fn take(&mut self, typed: &[u8]) -> (usize, Option<FromClient>) {
        for (at, &byte) in typed.iter().enumerate() {
            let after_cr = std::mem::replace(&mut self.after_cr, byte == CR);
            match byte {
                LF if after_cr => {}
                CR | LF => return (at + 1, Some(self.end())),
                NUL => {}
                BACKSPACE | DELETE => self.erase_character(),
                byte => self.push(byte),
            }
        }
        (typed.len(), None)
    }

    /// Takes back the last character. A line that is too long stays so.
    pub(super) fn erase_character(&mut self) {
        if self.is_too_long() {
            return;
        }
        while let Some(byte) = self.line.pop() {
            if !is_continuation(byte) {
                break;
            }
        }
        self.bytes = self.line.len();
    }

    /// Takes back all of the line.
    pub(super) fn erase_line(&mut self) {
        self.line.zeroize();
        self.bytes = 0;
    }

    fn is_too_long(&self) -> bool {
        self.bytes > self.bytes_max
    }

    fn push(&mut self, byte: u8) {
        if self.bytes < self.bytes_max {
            self.grow();
            self.line.push(byte);
        } else if self.bytes == self.bytes_max && is_continuation(byte) {
            drop_partial_character(0, &mut self.line);
        }
        self.bytes = self.bytes.saturating_add(1);
    }

    /// Makes room for a byte, and leaves nothing in the place where the line was.
    fn grow(&mut self) {
        if self.line.len() < self.line.capacity() {
            return;
        }
        let mut larger = Vec::with_capacity(LINE_BYTES_USUAL.max(2 * self.line.len()));
        larger.extend_from_slice(&self.line);
        self.line = Zeroizing::new(larger);
    }

    fn end(&mut self) -> FromClient {
        let line = Line::new(std::mem::take(&mut *self.line));
        match std::mem::take(&mut self.bytes) {
            bytes if bytes > self.bytes_max => FromClient::LineTooLong { kept: line, bytes },
            _ => FromClient::Line(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES_MAX: usize = 40;

    /// The lines typed, with what exceeded the limit after a `+`; the same however it is cut.
    fn lines(typed: &[u8]) -> Vec<String> {
        let whole = typed_in([typed]);
        for at in 0..typed.len() {
            assert_eq!(typed_in([&typed[..at], &typed[at..]]), whole, "cut at {at}");
        }
        assert_eq!(typed_in(typed.chunks(1)), whole);
        whole
    }

    fn typed_in<'t>(pieces: impl IntoIterator<Item = &'t [u8]>) -> Vec<String> {
        let mut typing = Typing::new(BYTES_MAX);
        let mut lines = Vec::new();
        for mut piece in pieces {
            while !piece.is_empty() {
                let (used, line) = typing.take(piece);
                piece = &piece[used..];
                let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
                match line {
                    Some(FromClient::Line(line)) => lines.push(text(&line)),
                    Some(FromClient::LineTooLong { kept, bytes }) => {
                        lines.push(format!("{}+{}", text(&kept), bytes - kept.len()));
                    }
                    None => assert!(piece.is_empty()),
                    other => panic!("{other:?}"),
                }
            }
        }
        lines
    }

    #[test]
    fn every_kind_of_line_end_ends_one_line() {
        assert_eq!(lines(b"a\r\nb\r\0c\nd\re\r\n"), ["a", "b", "c", "d", "e"]);
        assert_eq!(lines(b"\r\n\r\n\r\0\n\r"), ["", "", "", "", ""]);
        assert_eq!(lines(b"a\r\0\nb\r\n\0c\n"), ["a", "", "b", "c"]);
        assert_eq!(lines(b"no end"), [""; 0]);
    }

    #[test]
    fn a_nul_is_no_part_of_a_line() {
        assert_eq!(lines(b"\0lo\0ok\0\r\n"), ["look"]);
    }

    #[test]
    fn what_is_erased_was_not_typed() {
        assert_eq!(lines(b"loop\x08k\r\n"), ["look"]);
        assert_eq!(lines(b"loop\x7f\x7f\x7f\x7f\x7f\x7fx\r\n"), ["x"]);
        assert_eq!(lines("é€😀\x7f\x7f\x08a\n".as_bytes()), ["a"]);
    }

    #[test]
    fn a_line_at_its_limit_is_whole_and_beyond_it_is_cut_and_said() {
        for length in [BYTES_MAX - 1, BYTES_MAX] {
            let line = "x".repeat(length);
            assert_eq!(lines(format!("{line}\r\n").as_bytes()), [line]);
        }
        let kept = "x".repeat(BYTES_MAX);
        assert_eq!(
            lines(format!("{kept}y\r\nok\r\n").as_bytes()),
            [format!("{kept}+1"), "ok".into()]
        );
        let long = "y".repeat(3 * BYTES_MAX);
        assert_eq!(
            lines(format!("{kept}{long}\x7f\r\n").as_bytes()),
            [format!("{kept}+{}", long.len())]
        );
    }

    #[test]
    fn no_character_is_cut() {
        for character in ["é", "€", "😀"] {
            for room in 1..character.len() {
                let kept = "x".repeat(BYTES_MAX - room);
                let over = format!("{kept}+{}", character.len());
                assert_eq!(lines(format!("{kept}{character}\r\n").as_bytes()), [over]);
            }
        }
    }

    #[test]
    fn a_line_without_an_end_costs_no_more_than_its_limit() {
        let mut typing = Typing::new(BYTES_MAX);
        typing.take(&[b'x'; 10_000]);
        assert!(typing.line.capacity() <= 2 * BYTES_MAX);
        typing.erase_line();
        assert_eq!(typing.take(b"ok\n").1, Some(FromClient::Line("ok".into())));
        assert_eq!(typing.line.capacity(), 0);
    }
}
