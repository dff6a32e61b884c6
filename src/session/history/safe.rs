//! Safe points: where someone can start to read who does not know what came before.

use super::canonical::{Event, first};
use super::{History, byte};
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
                if byte == byte::LF && terminal == Terminal::Text {
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
        self.byte_at(at.0 - 1) == Some(byte::LF)
    }

    /// Some games end lines with LF CR: the CR belongs to the line before.
    pub(super) fn skip_return(&self, at: Offset) -> Offset {
        if self.byte_at(at.0) == Some(byte::CR) { Offset(at.0 + 1) } else { at }
    }

    /// The first offset at or after `from` that does not lie inside a UTF-8 character.
    pub(super) fn character_start(&self, from: Offset) -> Offset {
        let inside = |offset: u64| self.byte_at(offset).is_some_and(|byte| byte & 0xC0 == 0x80);
        let skipped = (0..4).take_while(|&step| inside(from.0 + step)).count() as u64;
        if skipped < 4 { Offset(from.0 + skipped) } else { from }
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
