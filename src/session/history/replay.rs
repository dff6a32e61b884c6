//! What a plain telnet player who comes back is shown: the lines that are not known delivered,
//! as many as fit, the latest ones.

use super::canonical::{Event, first};
use super::{History, byte};
use crate::ids::Offset;
use std::collections::VecDeque;

/// A place with the number of lines before it, taken while it is held, so that what came after
/// can still be counted when it has fallen off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bookmark {
    /// The place.
    pub offset: Offset,
    /// How many lines of this epoch end before it.
    pub lines: u64,
}

/// What to show again. Only text and prompts of it are shown ([`super::text_only`]).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Replay {
    /// The start of the first line to show.
    pub from: Offset,
    /// The start of the last line, which has not ended: reading goes on here.
    pub to: Offset,
    /// How many lines are between the two.
    pub lines_shown: u64,
    /// How many older lines are held, not known delivered, and not shown.
    pub lines_held_more: u64,
    /// How many lines are not known delivered, held or not.
    pub lines_missed: u64,
}

impl History {
    /// Bookmarks a place. One that has fallen off counts from what is still held.
    #[must_use]
    pub fn bookmark(&self, offset: Offset) -> Bookmark {
        Bookmark { offset, lines: self.lines_before(offset) }
    }

    /// What to show of everything after `known_delivered`, at most `bytes_max` bytes of text and
    /// `lines_max` lines. With nothing known, of everything held.
    #[must_use]
    pub fn replay(
        &self,
        known_delivered: Option<Bookmark>,
        bytes_max: usize,
        lines_max: Option<usize>,
    ) -> Replay {
        let to = self.line_start(self.head());
        let first = match known_delivered {
            Some(known) if known.offset >= self.tail() => self.line_start(known.offset),
            _ => self.safe_point(self.tail()).min(to),
        };
        let lines_max = lines_max.unwrap_or(usize::MAX);
        let mut shown: VecDeque<(Offset, usize)> = VecDeque::new();
        let (mut lines, mut bytes) = (0, 0);
        for (start, length) in self.lines_between(first.min(to), to) {
            lines += 1;
            bytes += length;
            shown.push_back((start, length));
            while shown.len() > lines_max || bytes > bytes_max {
                let Some((_, dropped)) = shown.pop_front() else { break };
                bytes -= dropped;
            }
        }
        let lines_shown = shown.len() as u64;
        let before = known_delivered.map(|known| known.lines);
        let total = self.lines_before(to);
        Replay {
            from: shown.front().map_or(to, |&(start, _)| start),
            to,
            lines_shown,
            lines_held_more: lines - lines_shown,
            lines_missed: before.map_or(lines, |before| total.saturating_sub(before)),
        }
    }

    /// Appends the text and prompt mark of the last line, which has not ended, to `out`, at most
    /// about its last `bytes_max` bytes; returns where that line starts.
    pub fn last_line(&self, bytes_max: usize, out: &mut Vec<u8>) -> Offset {
        let start = self.line_start(self.head());
        let mut line = Vec::new();
        for (_, event) in self.events_from(start) {
            match event {
                Event::Text([byte::IAC]) => line.extend_from_slice(&[byte::IAC, byte::IAC]),
                Event::Text(text) => line.extend_from_slice(text),
                Event::Prompt => line.extend_from_slice(&[byte::IAC, byte::GA]),
                Event::Echo { .. } | Event::OutOfBand { .. } => {}
            }
        }
        let mut skip = 0;
        while line.len() - skip > bytes_max {
            skip += first(&line[skip..])
                .map_or(1, |(_, length)| length.min(line.len() - skip - bytes_max).max(1));
        }
        out.extend_from_slice(&line[skip..]);
        start
    }

    /// How many lines of the epoch end before `offset`.
    fn lines_before(&self, offset: Offset) -> u64 {
        let mut lines = self.lines_evicted;
        for (at, event) in self.events_from(self.tail()) {
            if at >= offset {
                break;
            }
            if let Event::Text(text) = event {
                let inside = text.len().min((offset.0 - at.0) as usize);
                lines += super::count_lines(&text[..inside]);
            }
        }
        lines
    }

    /// The start of the line that is not over at `before`.
    fn line_start(&self, before: Offset) -> Offset {
        let mut found = None;
        for (at, event) in self.events_from(self.tail()) {
            if at >= before {
                break;
            }
            if let Event::Text(text) = event {
                let inside = text.len().min((before.0 - at.0) as usize);
                if let Some(end) = memchr::memrchr(byte::LF, &text[..inside]) {
                    found = Some(Offset(at.0 + end as u64 + 1));
                }
            }
        }
        match found {
            Some(start) => self.skip_return(start).min(before),
            None if self.tail_starts_line => self.tail(),
            None => self.character_start(self.tail()),
        }
    }

    /// The lines that start and end in `from..to`: where each starts, and how much text it has.
    fn lines_between(&self, from: Offset, to: Offset) -> impl Iterator<Item = (Offset, usize)> {
        let mut lines = Vec::new();
        let (mut start, mut length) = (from, 0);
        for (at, event) in self.events_from(from) {
            if at >= to {
                break;
            }
            let Event::Text(text) = event else { continue };
            let text = &text[..text.len().min((to.0 - at.0) as usize)];
            let mut done = 0;
            for end in memchr::memchr_iter(byte::LF, text) {
                lines.push((start, length + end + 1 - done));
                (start, length, done) = (Offset(at.0 + end as u64 + 1), 0, end + 1);
            }
            length += text.len() - done;
        }
        lines.into_iter()
    }
}
