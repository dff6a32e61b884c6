//! What a plain telnet player who comes back is shown: the lines that are not known delivered,
//! as many as fit, the latest ones. Lines are counted at LF; games that end them LF CR count the
//! same.

use memchr::{memchr_iter, memrchr};

use super::canonical::{Event, last_bytes, push_shown};
use super::{History, LF};
use crate::ids::Offset;

/// A place with the number of lines before it, taken while it is held, so that what came after
/// can still be counted when it has fallen off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bookmark {
    /// The place.
    pub offset: Offset,
    /// How many lines end before it, of those that the history counts.
    pub lines: u64,
}

/// What to show again: everything between two places, but only its text and prompts
/// ([`super::text_only`]).
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
    /// How many lines are not known delivered, whether held or not.
    pub lines_missed: u64,
}

/// A line that has ended.
struct Line {
    /// How much text it has, with its end.
    bytes: usize,
    /// Where the next one starts.
    next: Offset,
}

impl History {
    /// Bookmarks a place. One that has fallen off counts from what is still held.
    pub fn bookmark(&mut self, offset: Offset) -> Bookmark {
        self.counts_lines = true;
        Bookmark { offset, lines: self.lines_before(offset) }
    }

    /// What to show of everything after `known_delivered`: at most `bytes_max` bytes of text and
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
            _ => self.safe_point(self.tail()),
        };
        let lines = self.lines_before(to).saturating_sub(self.lines_before(first));
        let (from, lines_shown) = self.last_lines(first, to, bytes_max, lines_max);
        let known = known_delivered.map(|known| known.lines);
        let lines_missed = known.map_or(lines, |known| self.lines_before(to).saturating_sub(known));
        Replay { from, to, lines_shown, lines_held_more: lines - lines_shown, lines_missed }
    }

    /// Appends the last line, which has not ended, to `out`: its text and prompt mark, of which
    /// at most the last `bytes_max` bytes. Returns where that line starts.
    pub fn last_line(&self, bytes_max: usize, out: &mut Vec<u8>) -> Offset {
        let start = self.line_start(self.head());
        let mut line = Vec::new();
        self.events_from(start).for_each(|(_, event)| push_shown(event, &mut line));
        out.extend_from_slice(last_bytes(&line, bytes_max));
        start
    }

    /// Where the last lines of `first..to` start that keep to the limits, and how many they are.
    fn last_lines(
        &self,
        first: Offset,
        to: Offset,
        bytes_max: usize,
        lines_max: Option<usize>,
    ) -> (Offset, u64) {
        let lines_max = lines_max.map_or(u64::MAX, |lines_max| lines_max as u64);
        let near = self.too_early(to, bytes_max, lines_max).max(first);
        let (mut bytes, mut lines) = self.count(near, to);
        let mut from = near.min(to);
        for line in self.lines_between(near, to) {
            if lines <= lines_max && bytes <= bytes_max {
                break;
            }
            lines -= 1;
            bytes -= line.bytes;
            from = line.next.min(to);
        }
        (from, lines)
    }

    /// A place from which on there is too much until `to`, so that what is before it need not be
    /// looked at; the tail if there is none.
    fn too_early(&self, to: Offset, bytes_max: usize, lines_max: u64) -> Offset {
        let (mut bytes, mut lines) = (0, 0);
        for chunk in self.chunks.iter().rev().skip_while(|chunk| chunk.start >= to.0) {
            let end = to.min(Offset(chunk.end()));
            let (more_bytes, more_lines) = self.count(Offset(chunk.start), end);
            bytes += more_bytes;
            lines += more_lines;
            if bytes > bytes_max || lines > lines_max {
                return Offset(chunk.start);
            }
        }
        self.tail()
    }

    /// How much text there is in `from..to` of lines that end there, and how many do.
    fn count(&self, from: Offset, to: Offset) -> (usize, u64) {
        let lines = self.lines_between(from, to);
        lines.fold((0, 0), |(bytes, lines), line| (bytes + line.bytes, lines + 1))
    }

    /// The lines that end in `from..to`, which is where one starts.
    fn lines_between(&self, from: Offset, to: Offset) -> impl Iterator<Item = Line> {
        let mut before = 0;
        self.text_between(from, to).flat_map(move |(offset, text)| {
            let mut done = 0;
            let mut open = before;
            before = open_bytes(open, text);
            memchr_iter(LF, text).map(move |end| {
                let bytes = std::mem::take(&mut open) + end + 1 - done;
                done = end + 1;
                Line { bytes, next: self.skip_return(Offset(offset.0 + done as u64)) }
            })
        })
    }

    /// How many lines of the epoch end before `offset`.
    fn lines_before(&self, offset: Offset) -> u64 {
        let whole = self.chunks.iter().take_while(|chunk| chunk.end() <= offset.0);
        let lines: u64 = whole.map(super::chunk::Chunk::lines).sum();
        let index = self.chunks.partition_point(|chunk| chunk.end() <= offset.0);
        let start = self.chunks.get(index).map_or(offset, |chunk| Offset(chunk.start));
        let rest = self.text_between(start, offset).map(|(_, text)| super::count_lines(text));
        self.lines_evicted + lines + rest.sum::<u64>()
    }

    /// The start of the line that is not over at `before`.
    fn line_start(&self, before: Offset) -> Offset {
        let before = before.min(self.head());
        for chunk in self.chunks.iter().rev().skip_while(|chunk| chunk.start >= before.0) {
            if memrchr(LF, &chunk.bytes).is_none() {
                continue;
            }
            let end = before.min(Offset(chunk.end()));
            let ends = self.text_between(Offset(chunk.start), end).filter_map(|(offset, text)| {
                memrchr(LF, text).map(|at| Offset(offset.0 + at as u64 + 1))
            });
            if let Some(start) = ends.last() {
                return self.skip_return(start).min(before);
            }
        }
        if self.tail_starts_line { self.tail() } else { self.character_start(self.tail()) }
    }

    /// The text in `from..to`, each piece with its offset. `from` lies between two events; of a
    /// text that reaches over `to` the part before it counts.
    pub(super) fn text_between(
        &self,
        from: Offset,
        to: Offset,
    ) -> impl Iterator<Item = (Offset, &[u8])> {
        let events = self.events_from(from).take_while(move |&(offset, _)| offset < to);
        events.filter_map(move |(offset, event)| match event {
            Event::Text(text) => {
                Some((offset, &text[..text.len().min((to.0 - offset.0) as usize)]))
            }
            Event::Prompt | Event::Echo { .. } | Event::OutOfBand { .. } => None,
        })
    }
}

/// How long the line is so far that is not over after `text`, `before` bytes of it being before.
fn open_bytes(before: usize, text: &[u8]) -> usize {
    memrchr(LF, text).map_or(before + text.len(), |end| text.len() - end - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Epoch;

    const ALL: usize = usize::MAX;

    fn history(text: &[u8]) -> History {
        let mut history = History::new(Epoch(1), 1 << 20);
        history.text(text);
        history
    }

    fn replay(from: u64, to: u64, shown: u64, more: u64, missed: u64) -> Replay {
        Replay {
            from: Offset(from),
            to: Offset(to),
            lines_shown: shown,
            lines_held_more: more,
            lines_missed: missed,
        }
    }

    #[test]
    fn nothing_said_is_nothing_to_show() {
        assert_eq!(history(b"").replay(None, ALL, None), replay(0, 0, 0, 0, 0));
        assert_eq!(history(b"> ").replay(None, ALL, None), replay(0, 0, 0, 0, 0));
    }

    #[test]
    fn the_latest_lines_that_fit_are_shown() {
        let history = history(b"one\ntwo\nthree\n> ");
        assert_eq!(history.replay(None, ALL, None), replay(0, 14, 3, 0, 3));
        assert_eq!(history.replay(None, 14, None), replay(0, 14, 3, 0, 3));
        assert_eq!(history.replay(None, 13, None), replay(4, 14, 2, 1, 3));
        assert_eq!(history.replay(None, 6, None), replay(8, 14, 1, 2, 3));
        assert_eq!(history.replay(None, 5, None), replay(14, 14, 0, 3, 3));
        assert_eq!(history.replay(None, ALL, Some(2)), replay(4, 14, 2, 1, 3));
        assert_eq!(history.replay(None, ALL, Some(0)), replay(14, 14, 0, 3, 3));
    }

    #[test]
    fn what_is_known_delivered_is_not_shown_but_for_the_rest_of_its_line() {
        let mut history = history(b"one\ntwo\nthree\n> ");
        let mut after = |offset| {
            let known = history.bookmark(Offset(offset));
            history.replay(Some(known), ALL, None)
        };
        assert_eq!(after(4), replay(4, 14, 2, 0, 2));
        assert_eq!(after(5), replay(4, 14, 2, 0, 2));
        assert_eq!(after(8), replay(8, 14, 1, 0, 1));
        assert_eq!(after(14), replay(14, 14, 0, 0, 0));
        assert_eq!(after(16), replay(14, 14, 0, 0, 0));
        assert_eq!(after(99), replay(14, 14, 0, 0, 0));
    }

    #[test]
    fn lines_that_fell_off_while_away_are_counted() {
        let mut history = History::new(Epoch(1), 4096);
        history.text(b"seen\n");
        let known = history.bookmark(history.head());
        for line in 0..10_000 {
            history.text(format!("{line:05}\n").as_bytes());
        }
        let replay = history.replay(Some(known), 600, None);
        assert_eq!(replay.lines_missed, 10_000);
        assert_eq!(replay.lines_shown, 100);
        assert!(replay.lines_held_more > 500 && replay.lines_held_more < 1400);
        assert_eq!(replay.to, history.head());
    }

    #[test]
    fn messages_beside_the_text_take_no_room_and_are_no_lines() {
        let mut history = history(b"one\n");
        history.out_of_band(201, b"Room.Info {\n\n\n}");
        history.text(b"two\n");
        let replay = history.replay(None, 8, None);
        assert_eq!((replay.lines_shown, replay.lines_missed), (2, 2));
        let mut line = Vec::new();
        assert_eq!(history.last_line(10, &mut line), history.head());
        history.out_of_band(201, b"Room.Info {\n\n\n}");
        assert_eq!(history.replay(None, 8, None).to, replay.to);
    }

    #[test]
    fn line_ends_the_other_way_round_count_the_same() {
        let history = history(b"one\n\rtwo\n\r> ");
        assert_eq!(history.replay(None, ALL, None), replay(0, 10, 2, 0, 2));
        assert_eq!(history.replay(None, ALL, Some(1)), replay(5, 10, 1, 1, 2));
    }

    #[test]
    fn the_last_line_is_the_prompt() {
        let mut history = history(b"one\nHP:\xFF 10> ");
        history.prompt();
        history.echo(true);
        let mut line = b"[".to_vec();
        assert_eq!(history.last_line(100, &mut line), Offset(4));
        assert_eq!(line, b"[HP:\xFF\xFF 10> \xFF\xF9");
        line.clear();
        history.last_line(4, &mut line);
        assert_eq!(line, b"> \xFF\xF9");
    }
}
