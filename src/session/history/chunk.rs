//! One chunk of a history.

use memchr::memchr;

use super::canonical::{Event, events, first};
use super::{LF, count_lines};
use crate::telnet::canonical;
use crate::telnet::command::{IAC, SB};

/// The size of a chunk, once a history is larger than that. A larger event has one of its own.
pub(super) const CHUNK_BYTES: usize = 4096;

/// What a chunk costs beside its bytes, about.
const SPLIT_BYTES: usize = 64;

/// How far the sizes are apart that memory of about so many bytes comes in: there are four from each
/// power of two to the next.
fn size_step(bytes: usize) -> usize {
    (bytes.next_power_of_two() / 8).max(16)
}

/// The size that memory of so many bytes has.
pub(super) fn memory_of(bytes: usize) -> usize {
    bytes.next_multiple_of(size_step(bytes))
}

/// Consecutive events, none of them cut.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The offset of its first byte.
    pub(super) start: u64,
    /// Never grows beyond its capacity, so that nothing is copied or left behind.
    pub(super) bytes: Vec<u8>,
    /// How many of its bytes come before the first event that is not plain text: up to there every
    /// place lies between two events.
    plain: usize,
    /// Whether there is a message among them, in which a LF is no line end.
    messages: bool,
    /// Whether its last byte ends a line. Kept here so that nobody needs to look at old memory.
    pub(super) ends_line: bool,
}

impl Chunk {
    pub(super) fn new(start: u64, memory: Vec<u8>) -> Chunk {
        Chunk { start, bytes: memory, plain: 0, messages: false, ends_line: false }
    }

    pub(super) fn end(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }

    pub(super) fn free(&self) -> usize {
        self.bytes.capacity() - self.bytes.len()
    }

    /// Takes over as much of a run of text and prompt marks as there is room for, and says how much.
    pub(super) fn push_run(&mut self, canonical: &[u8]) -> usize {
        let taken = canonical::run_within(canonical, self.free());
        let run = &canonical[..taken];
        if self.plain == self.bytes.len() {
            self.plain += memchr(IAC, run).unwrap_or(taken);
        }
        self.ends_line = run.last() == Some(&LF);
        self.bytes.extend_from_slice(run);
        taken
    }

    /// Takes over an event that is not text; there is room for it.
    pub(super) fn push_event(&mut self, parts: &[&[u8]]) {
        self.ends_line = false;
        self.messages |= parts[0].starts_with(&[IAC, SB]);
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
    }

    /// Nothing more comes: gives back memory if much is left over.
    pub(super) fn close(&mut self) {
        if self.free() > CHUNK_BYTES / 8 {
            self.bytes.shrink_to_fit();
        }
    }

    /// Nothing more comes for long: gives back what is left over. Memory comes in sizes, so what is
    /// much less than a size too long for one is returned, for a chunk of its own.
    pub(super) fn fit(&mut self) -> Option<Chunk> {
        let length = self.bytes.len();
        let at = self.cut(0, length - length % size_step(length));
        let splits = at > 0 && memory_of(length) > length + SPLIT_BYTES;
        let rest = splits.then(|| self.split_off(at));
        if memory_of(self.bytes.capacity()) > memory_of(self.bytes.len()) {
            self.bytes.shrink_to_fit();
        }
        rest
    }

    /// What comes from `at` on, which is between two events.
    fn split_off(&mut self, at: usize) -> Chunk {
        let bytes = self.bytes[at..].to_vec();
        self.bytes.truncate(at);
        let plain = memchr(IAC, &bytes).unwrap_or(bytes.len());
        let rest = Chunk { start: self.end(), plain, bytes, ..*self };
        self.plain = self.plain.min(at);
        self.ends_line = self.bytes.last() == Some(&LF);
        rest
    }

    /// Whether `at` lies between two events.
    pub(super) fn is_boundary(&self, at: usize) -> bool {
        at <= self.bytes.len() && self.cut(0, at) == at
    }

    /// The last place between two events in `from..=at`; `from` is one, `at` lies within.
    pub(super) fn cut(&self, from: usize, at: usize) -> usize {
        if at <= self.plain {
            return at;
        }
        let mut place = from.max(self.plain);
        while let Some((event, length)) = first(&self.bytes[place..]) {
            let next = place + length;
            if next > at {
                let splits = matches!(event, Event::Text(_)) && self.bytes[place] != IAC;
                return if splits { at } else { place };
            }
            place = next;
        }
        place
    }

    /// How many lines end in it.
    pub(super) fn lines(&self) -> u64 {
        if !self.messages {
            return count_lines(&self.bytes);
        }
        events(&self.bytes)
            .map(|event| match event {
                Event::Text(text) => count_lines(text),
                Event::Prompt | Event::Echo { .. } | Event::OutOfBand { .. } => 0,
            })
            .sum()
    }
}
