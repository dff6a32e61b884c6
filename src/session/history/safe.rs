//! Safe points: where someone can start to read who does not know what came before.

use super::canonical::{Event, characters_start, first};
use super::{CR, History, LF};
use crate::ids::Offset;

/// How much text is searched for the start of a line.
const SEARCH_BYTES_MAX: usize = 8 * 1024;

/// Where a terminal is between ordinary text and a control sequence.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Terminal {
    Text,
    Escape,
    /// ESC [ ... up to its final byte.
    Control,
    /// ESC ] and nothing yet.
    Command,
    /// ESC ] ... and its like, up to BEL or ESC \.
    String,
    StringEscape,
    /// ESC ] P and the digits of a colour, which nothing ends.
    Palette(u8),
}

impl Terminal {
    fn after(self, byte: u8) -> Terminal {
        match (self, byte) {
            (Terminal::String | Terminal::Command, 0x1B) => Terminal::StringEscape,
            (Terminal::StringEscape, b'\\') | (_, 0x18 | 0x1A) => Terminal::Text,
            (_, 0x1B) => Terminal::Escape,
            (Terminal::Text, _) => Terminal::Text,
            (Terminal::Escape | Terminal::StringEscape, b'[') => Terminal::Control,
            (Terminal::Escape | Terminal::StringEscape, b']') => Terminal::Command,
            (Terminal::Escape | Terminal::StringEscape, b'P' | b'X' | b'^' | b'_') => {
                Terminal::String
            }
            (Terminal::Escape | Terminal::StringEscape, b' '..=b'/') => Terminal::Escape,
            (Terminal::Escape | Terminal::StringEscape, _) => Terminal::Text,
            (Terminal::Control, 0x40..) => Terminal::Text,
            (Terminal::Control, _) => Terminal::Control,
            (Terminal::Command, b'P') => Terminal::Palette(7),
            (Terminal::Command, b'R') => Terminal::Text,
            (Terminal::String | Terminal::Command, 0x07) => Terminal::Text,
            (Terminal::String | Terminal::Command, _) => Terminal::String,
            (Terminal::Palette(1), _) => Terminal::Text,
            (Terminal::Palette(left), _) => Terminal::Palette(left - 1),
        }
    }
}

impl History {
    /// The first safe point at or after `from`, which lies between two events.
    pub(super) fn safe_point(&self, from: Offset) -> Offset {
        if self.starts_line(from) {
            return from;
        }
        let mut terminal = Terminal::Text;
        let mut searched = 0;
        for (offset, event) in self.events_from(from) {
            let Event::Text(text) = event else { continue };
            for (at, &byte) in text.iter().enumerate() {
                terminal = terminal.after(byte);
                if byte == LF && terminal == Terminal::Text {
                    return self.skip_return(Offset(offset.0 + at as u64 + 1));
                }
            }
            searched += text.len();
            if searched >= SEARCH_BYTES_MAX {
                break;
            }
        }
        self.character_start(from)
    }

    /// Whether a line begins at `at`.
    fn starts_line(&self, at: Offset) -> bool {
        if at.0 <= self.tail {
            return self.tail_starts_line;
        }
        self.byte_at(at.0 - 1) == Some(LF)
    }

    /// Some games end lines with LF CR: the CR belongs to the line before.
    pub(super) fn skip_return(&self, at: Offset) -> Offset {
        if self.byte_at(at.0) == Some(CR) { Offset(at.0 + 1) } else { at }
    }

    /// The first offset at or after `from` that does not lie inside a UTF-8 character.
    pub(super) fn character_start(&self, from: Offset) -> Offset {
        let bytes: Vec<u8> =
            (from.0..from.0 + 4).map_while(|offset| self.byte_at(offset)).collect();
        Offset(from.0 + characters_start(&bytes) as u64)
    }

    fn byte_at(&self, offset: u64) -> Option<u8> {
        let index = self.chunks.partition_point(|chunk| chunk.start <= offset).checked_sub(1)?;
        let chunk = &self.chunks[index];
        chunk.bytes.get((offset - chunk.start) as usize).copied()
    }

    /// The events from a place between two events on, each with its offset.
    pub(super) fn events_from(&self, from: Offset) -> impl Iterator<Item = (Offset, Event<'_>)> {
        let index = self.chunks.partition_point(|chunk| chunk.end() <= from.0);
        self.chunks.iter().skip(index).flat_map(move |chunk| {
            let mut at = from.0.saturating_sub(chunk.start) as usize;
            std::iter::from_fn(move || {
                let (event, length) = first(&chunk.bytes[at..])?;
                let offset = Offset(chunk.start + at as u64);
                at += length;
                Some((offset, event))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Epoch;

    /// Where someone can start who is at `from` in `text`, of which the beginning is evicted.
    fn safe(text: &[u8], from: u64) -> u64 {
        let mut history = History::new(Epoch(1), 1 << 20);
        history.text(b"x");
        history.shrink_to(0);
        history.text(text);
        history.safe_point(Offset(from + 1)).0 - 1
    }

    #[test]
    fn the_start_of_a_line_is_safe() {
        assert_eq!(safe(b"abc\ndef\n", 0), 4);
        assert_eq!(safe(b"abc\ndef\n", 4), 4);
        assert_eq!(safe(b"abc\ndef\n", 5), 8);
        assert_eq!(safe(b"abc\n\rdef\n\r", 0), 5);
        assert_eq!(safe(b"abc\r\ndef", 0), 5);
    }

    #[test]
    fn a_line_end_inside_a_control_sequence_is_not_safe() {
        assert_eq!(safe(b"a\x1B[3\n1mb\nc", 0), 9);
        assert_eq!(safe(b"a\x1B]0;title\nmore\x07b\nc", 0), 18);
        assert_eq!(safe(b"a\x1B]0;title\nmore\x1B\\b\nc", 0), 19);
        assert_eq!(safe(b"a\x1BPx\nq\x1B\\\nb", 0), 9);
        assert_eq!(safe(b"a\x1B]P0aabbcc\nb", 0), 12);
        assert_eq!(safe(b"a\x1B]R\nb", 0), 5);
        assert_eq!(safe(b"a\x1B[1\x18\nb", 0), 6);
    }

    #[test]
    fn without_a_line_end_near_it_is_the_start_of_a_character() {
        assert_eq!(safe("äb".as_bytes(), 0), 0);
        assert_eq!(safe("äb".as_bytes(), 1), 2);
        assert_eq!(safe("\u{1F600}b".as_bytes(), 1), 4);
        assert_eq!(safe(&[0x80; 9], 0), 0);
        for (before, start) in [(8190, 8191), (8191, 8192), (8192, 0)] {
            let mut text = vec![b'x'; before];
            text.push(b'\n');
            text.extend_from_slice(b"next");
            assert_eq!(safe(&text, 0), start, "{before}");
        }
    }

    #[test]
    fn the_beginning_of_the_epoch_and_a_line_kept_whole_are_safe() {
        let mut history = History::new(Epoch(1), 1 << 20);
        history.text(b"abc\n");
        assert_eq!(history.safe_point(Offset(0)), Offset(0));
        history.shrink_to(0);
        history.text(b"def\n");
        assert_eq!(history.safe_point(Offset(4)), Offset(4));
    }
}
