//! The bounded record of a game's output, in canonical telnet: text with 0xFF doubled, prompt
//! marks, echo hidden and shown, out-of-band messages, and no other negotiation. Every client is
//! a cursor over it. A position counts bytes from the beginning of the epoch and is only ever
//! handed out between two events.
//!
//! It is kept in chunks of a few KiB that are allocated as needed and evicted whole, oldest
//! first. An event never lies in two chunks, so each chunk can be read by itself and no index is
//! needed: text is copied in without being looked at, but for one search for 0xFF.

mod canonical;
mod chunk;
#[cfg(test)]
mod model;
mod read;
mod replay;
mod safe;
mod text;

use std::collections::VecDeque;

use memchr::{memchr, memchr_iter};
use zeroize::Zeroize;

use crate::few::Few;
use crate::ids::{Epoch, Offset};
use crate::telnet::canonical::{self as form, PROMPT};
use crate::telnet::command::{IAC, SB, SE};
use chunk::{CHUNK_BYTES, Chunk};

pub use canonical::{Event, Events, events, undoubled};
pub use read::{FellOff, Place};
pub use replay::{Bookmark, Replay};
pub use text::{MxpLock, text_only};

const LF: u8 = b'\n';
const CR: u8 = b'\r';

/// The record of one epoch.
pub struct History {
    epoch: Epoch,
    /// At least so much is kept, and at most one chunk more.
    bytes_max: usize,
    /// Consecutive, none empty; each begins and ends between two events.
    chunks: VecDeque<Chunk>,
    /// Where the oldest byte kept is, or would be; between two events.
    tail: u64,
    /// Where the next byte goes; `tail` plus the length of all chunks.
    head: u64,
    /// How many lines ended before `tail`, of those that were evicted since lines are counted.
    lines_evicted: u64,
    /// Whether lines are counted when they are evicted: from the first bookmark on.
    counts_lines: bool,
    /// Whether a line begins at `tail`.
    tail_starts_line: bool,
    /// Whether what is forgotten is also overwritten.
    secret: bool,
    /// An evicted chunk's memory, for the next one.
    spare: Option<Vec<u8>>,
}

impl History {
    /// An empty history, which owns no memory yet.
    #[must_use]
    pub fn new(epoch: Epoch, bytes_max: usize) -> History {
        History {
            epoch,
            bytes_max: bytes_max.max(1),
            chunks: VecDeque::new(),
            tail: 0,
            head: 0,
            lines_evicted: 0,
            counts_lines: false,
            tail_starts_line: true,
            secret: false,
            spare: None,
        }
    }

    /// An empty history for output that may show a password: its memory is overwritten when it
    /// is evicted, wiped or dropped.
    #[must_use]
    pub fn secret(epoch: Epoch, bytes_max: usize) -> History {
        let mut history = History::new(epoch, bytes_max);
        history.secret = true;
        history
    }

    /// Which history this is.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Whether its output may show a password.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.secret
    }

    /// The position after the last event.
    #[must_use]
    pub fn head(&self) -> Offset {
        Offset(self.head)
    }

    /// The position of the oldest event kept.
    #[must_use]
    pub fn tail(&self) -> Offset {
        Offset(self.tail)
    }

    /// Appends text as the game sent it, 0xFF not doubled.
    pub fn text(&mut self, text: &[u8]) {
        let mut rest = text;
        while let Some(at) = memchr(IAC, rest) {
            self.run(&rest[..at]);
            self.run(&[IAC, IAC]);
            rest = &rest[at + 1..];
        }
        self.run(rest);
    }

    /// Appends text and prompt marks in canonical form: 0xFF is doubled.
    pub fn run(&mut self, mut canonical: &[u8]) {
        while !canonical.is_empty() {
            // Whatever it begins with, an event of two bytes at most, fits.
            let chunk = self.room_for(2.min(canonical.len()), canonical.len());
            let taken = chunk.push_run(canonical);
            self.grown_by(taken);
            canonical = &canonical[taken..];
        }
    }

    /// Appends a prompt mark: what is unterminated before it is a prompt.
    pub fn prompt(&mut self) {
        self.push_event(&[&PROMPT]);
    }

    /// Appends that the game hides what is typed, or shows it again.
    pub fn echo(&mut self, hidden: bool) {
        self.push_event(&[form::echo(hidden)]);
    }

    /// Appends an out-of-band message, `payload` with 0xFF not doubled. It stays in one piece, so
    /// the caller bounds it.
    pub fn out_of_band(&mut self, option: u8, payload: &[u8]) {
        if option != IAC && memchr(IAC, payload).is_none() {
            self.push_event(&[&[IAC, SB, option], payload, &[IAC, SE]]);
        } else {
            let mut message = Vec::new();
            form::out_of_band(option, payload, &mut message);
            self.push_event(&[&message]);
        }
    }

    /// Forgets the oldest chunks until at most `bytes` are kept. It may grow again.
    pub fn shrink_to(&mut self, bytes: usize) {
        while self.bytes() > bytes {
            self.evict_oldest();
        }
        self.spare = None;
        self.chunks.shrink_to_fit();
    }

    /// Nothing comes for long, as a rule: gives back what it has no use for. It may grow again.
    pub fn fit(&mut self) {
        if self.secret {
            return;
        }
        self.spare = None;
        if let Some(rest) = self.chunks.back_mut().and_then(Chunk::fit) {
            self.chunks.push_back(rest);
        }
        self.chunks.shrink_to_fit();
    }

    /// Overwrites and forgets everything.
    pub fn wipe(&mut self) {
        self.spare.zeroize();
        let secret = std::mem::replace(&mut self.secret, true);
        self.shrink_to(0);
        self.secret = secret;
    }

    /// What it costs in memory.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let held: usize = self.chunks.iter().map(|chunk| chunk.bytes.capacity()).sum();
        let spare = self.spare.as_ref().map_or(0, Vec::capacity);
        held + spare + self.chunks.capacity() * size_of::<Chunk>()
    }

    /// How many bytes are kept.
    #[must_use]
    pub fn bytes(&self) -> usize {
        (self.head - self.tail) as usize
    }

    /// Appends an event that must stay in one piece.
    fn push_event(&mut self, parts: &[&[u8]]) {
        let length = parts.iter().map(|part| part.len()).sum();
        let chunk = self.room_for(length, length);
        chunk.push_event(parts);
        self.grown_by(length);
    }

    /// The last chunk if it has room for `least` bytes, else a new one made for about `wanted`.
    fn room_for(&mut self, least: usize, wanted: usize) -> &mut Chunk {
        if self.chunks.back().is_none_or(|chunk| chunk.free() < least) {
            if !self.secret
                && let Some(full) = self.chunks.back_mut()
            {
                full.close();
            }
            let capacity = wanted.max(self.bytes() / 2).clamp(256, CHUNK_BYTES).max(least);
            let memory = match self.spare.take() {
                Some(spare) if spare.capacity() >= capacity => spare,
                _ => Vec::with_capacity(capacity.next_multiple_of(256)),
            };
            self.chunks.push_few(Chunk::new(self.head, memory));
        }
        self.chunks.back_mut().expect("a chunk was just made sure of")
    }

    fn grown_by(&mut self, bytes: usize) {
        self.head += bytes as u64;
        while let Some(oldest) = self.chunks.front()
            && self.bytes() - oldest.bytes.len() >= self.bytes_max
        {
            self.evict_oldest();
        }
    }

    fn evict_oldest(&mut self) {
        let Some(mut oldest) = self.chunks.pop_front() else { return };
        self.tail = oldest.end();
        self.tail_starts_line = oldest.ends_line;
        if self.counts_lines {
            self.lines_evicted += oldest.lines();
        }
        if self.secret {
            oldest.bytes.zeroize();
        }
        oldest.bytes.clear();
        if oldest.bytes.capacity() == CHUNK_BYTES {
            self.spare = Some(oldest.bytes);
        }
    }
}

/// How many lines end in text without 0xFF.
fn count_lines(text: &[u8]) -> u64 {
    memchr_iter(LF, text).count() as u64
}

impl Drop for History {
    fn drop(&mut self) {
        if self.secret {
            self.wipe();
        }
    }
}

impl std::fmt::Debug for History {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "History({} {}..{})", self.epoch, self.tail, self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::chunk::memory_of;
    use super::*;

    fn history(bytes_max: usize) -> History {
        History::new(Epoch(1), bytes_max)
    }

    fn all(history: &History) -> Vec<u8> {
        let mut out = Vec::new();
        let end = history.read(history.tail(), usize::MAX, &mut out).expect("the tail is held");
        assert_eq!(end, history.head());
        out
    }

    #[test]
    fn an_empty_history_owns_no_memory() {
        assert_eq!(history(1 << 20).heap_bytes(), 0);
        assert!(size_of::<History>() <= 112, "{}", size_of::<History>());
    }

    #[test]
    fn each_event_is_written_as_telnet_knows_it() {
        let mut history = history(1000);
        history.text(b"a\xFFb");
        history.prompt();
        history.echo(true);
        history.echo(false);
        history.out_of_band(201, b"X \xFF\xF0");
        assert_eq!(
            all(&history),
            b"a\xFF\xFFb\xFF\xF9\xFF\xFB\x01\xFF\xFC\x01\xFF\xFA\xC9X \xFF\xFF\xF0\xFF\xF0"
        );
        assert_eq!(history.head(), Offset(22));
    }

    #[test]
    fn a_small_history_costs_about_what_it_holds() {
        for (printed, cost_max) in [(1, 256), (200, 256), (256, 256), (257, 768), (500, 1024)] {
            let mut history = history(1 << 20);
            (0..printed).for_each(|_| history.text(b"x"));
            let index = history.chunks.capacity() * size_of::<Chunk>();
            assert!(
                history.heap_bytes() - index <= cost_max,
                "{printed}: {}",
                history.heap_bytes()
            );
        }
    }

    #[test]
    fn a_history_that_fits_takes_little_more_than_what_is_in_it_and_grows_on() {
        for printed in [1, 20, 300, 1025, 2048, 2144, 2560, 3000, 5000, 9999] {
            let mut history = history(1 << 20);
            history.text(b"> ");
            history.text(&vec![b'x'; printed - 1]);
            history.fit();
            let index = memory_of(history.chunks.capacity() * size_of::<Chunk>());
            let chunks = history.chunks.iter().map(|chunk| memory_of(chunk.bytes.capacity()));
            let taken = chunks.sum::<usize>() + index;
            assert!(taken <= printed + printed / 20 + 192, "{printed}: {taken}");
            history.text(b"more");
            assert_eq!(all(&history).len(), 2 + printed - 1 + 4);
        }
    }

    #[test]
    fn a_full_history_keeps_what_it_may_and_at_most_a_chunk_more() {
        for bytes_max in [1, 4095, 4096, 4097, 60_000] {
            let mut history = history(bytes_max);
            for step in 0..300 {
                history.text(&vec![b'x'; step * 7]);
                assert!(history.bytes() <= bytes_max + CHUNK_BYTES);
                assert!(history.bytes() >= bytes_max.min(history.head().0 as usize));
            }
            assert!(history.heap_bytes() <= bytes_max + bytes_max / 50 + 3 * CHUNK_BYTES);
        }
    }

    #[test]
    fn messages_that_just_do_not_fit_waste_little() {
        let mut history = history(100_000);
        for _ in 0..1000 {
            history.text(b"ten bytes!");
            history.out_of_band(201, &[b'x'; 2100]);
        }
        assert!(history.heap_bytes() < 125_000, "{}", history.heap_bytes());
    }

    #[test]
    fn a_message_larger_than_the_history_is_held_whole() {
        let mut history = history(1000);
        history.text(b"before");
        history.out_of_band(69, &[0xFF; 50_000]);
        assert_eq!(history.bytes(), 100_005);
        history.text(b"after");
        assert_eq!(history.bytes(), 5 + 100_005);
        history.text(&[b'x'; 2000]);
        assert!(history.bytes() <= 4096, "{}", history.bytes());
    }

    #[test]
    fn shrinking_forgets_the_oldest_and_keeps_the_positions() {
        let mut history = history(100_000);
        history.text(&[b'x'; 50_000]);
        history.shrink_to(10_000);
        assert_eq!(history.head(), Offset(50_000));
        assert!(history.bytes() <= 10_000 && history.bytes() > 10_000 - CHUNK_BYTES);
        assert!(history.heap_bytes() <= 3 * CHUNK_BYTES + 256, "{}", history.heap_bytes());
        history.shrink_to(0);
        assert_eq!((history.tail(), history.head()), (Offset(50_000), Offset(50_000)));
        history.text(b"more");
        assert_eq!(all(&history), b"more");
    }

    #[test]
    fn wiping_forgets_everything() {
        let mut history = History::secret(Epoch(7), 10_000);
        history.text(&[b'p'; 20_000]);
        history.wipe();
        assert_eq!(history.tail(), history.head());
        assert_eq!(history.heap_bytes(), 0);
    }

    #[test]
    fn a_history_shows_nothing_of_what_was_said() {
        let mut history = history(100);
        history.text(b"secret");
        assert_eq!(format!("{history:?}"), "History(1 0..6)");
    }
}
