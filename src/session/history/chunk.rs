//! One chunk of a history.

use memchr::memchr;

use super::canonical::{Event, events, first};
use super::{LF, count_lines};
use crate::telnet::canonical;
use crate::telnet::command::{IAC, SB};

/// The size of a chunk, once a history is larger than that. A larger event has one of its own.
pub(super) const CHUNK_BYTES: usize = 4096;

/// Consecutive events, none of them cut.
#[derive(Debug)]
pub(super) struct Chunk {
    /// The offset of its first byte.
    pub(super) start: u64,
    /// Never grows beyond its capacity, so that nothing is copied or left behind.
    pub(super) bytes: Vec<u8>,
    /// Where the first event is that is not plain text: up to there every place lies between
    /// two events.
    plain: Option<usize>,
    /// Whether there is a message among them, in which a LF is no line end.
    messages: bool,
    /// Whether its last byte ends a line. Kept here so that nobody needs to look at old memory.
    pub(super) ends_line: bool,
}

impl Chunk {
    pub(super) fn new(start: u64, memory: Vec<u8>) -> Chunk {
        Chunk { start, bytes: memory, plain: None, messages: false, ends_line: false }
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
        if self.plain.is_none() {
            self.plain = memchr(IAC, run).map(|at| self.bytes.len() + at);
        }
        self.ends_line = run.last() == Some(&LF);
        self.bytes.extend_from_slice(run);
        taken
    }

    /// Takes over an event that is not text; there is room for it.
    pub(super) fn push_event(&mut self, parts: &[&[u8]]) {
        self.plain.get_or_insert(self.bytes.len());
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

    /// Whether `at` lies between two events.
    pub(super) fn is_boundary(&self, at: usize) -> bool {
        at <= self.bytes.len() && self.cut(0, at) == at
    }

    /// The last place between two events in `from..=at`; `from` is one, `at` lies within.
    pub(super) fn cut(&self, from: usize, at: usize) -> usize {
        let plain = self.plain.unwrap_or(self.bytes.len());
        if at <= plain {
            return at;
        }
        let mut place = from.max(plain.min(at));
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
