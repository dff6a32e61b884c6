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
mod read;
mod replay;
mod safe;
mod text;

use std::collections::VecDeque;

use memchr::{memchr, memchr_iter};
use zeroize::Zeroize;

use crate::ids::{Epoch, Offset};
use chunk::{CHUNK_BYTES, Chunk};

pub use canonical::{Event, Events, events, undoubled};
pub use read::{FellOff, Place};
pub use replay::{Bookmark, Replay};
pub use text::{MxpLock, text_only};

/// The telnet bytes that canonical output may contain.
pub(crate) mod byte {
    pub(crate) const IAC: u8 = 0xFF;
    pub(crate) const SB: u8 = 0xFA;
    pub(crate) const WILL: u8 = 0xFB;
    pub(crate) const WONT: u8 = 0xFC;
    pub(crate) const GA: u8 = 0xF9;
    pub(crate) const SE: u8 = 0xF0;
    pub(crate) const ECHO: u8 = 0x01;
    pub(crate) const LF: u8 = b'\n';
    pub(crate) const CR: u8 = b'\r';
}

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
    /// How many lines ended before `tail`.
    lines_evicted: u64,
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
            bytes_max,
            chunks: VecDeque::new(),
            tail: 0,
            head: 0,
            lines_evicted: 0,
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
        while let Some(at) = memchr(byte::IAC, rest) {
            self.push_plain(&rest[..at]);
            self.push_event(&[&[byte::IAC, byte::IAC]]);
            rest = &rest[at + 1..];
        }
        self.push_plain(rest);
    }

    /// Appends a prompt mark: what is unterminated before it is a prompt.
    pub fn prompt(&mut self) {
        self.push_event(&[&[byte::IAC, byte::GA]]);
    }

    /// Appends that the game hides what is typed, or shows it again.
    pub fn echo(&mut self, hidden: bool) {
        let verb = if hidden { byte::WILL } else { byte::WONT };
        self.push_event(&[&[byte::IAC, verb, byte::ECHO]]);
    }

    /// Appends an out-of-band message, `payload` with 0xFF not doubled. It stays in one piece, so
    /// the caller bounds it.
    pub fn out_of_band(&mut self, option: u8, payload: &[u8]) {
        let doubled;
        let payload = if memchr(byte::IAC, payload).is_none() {
            payload
        } else {
            doubled = canonical::doubled(payload);
            &doubled
        };
        self.push_event(&[&[byte::IAC, byte::SB, option], payload, &[byte::IAC, byte::SE]]);
    }

    /// Forgets the oldest chunks until at most `bytes` are kept. It may grow again.
    pub fn shrink_to(&mut self, bytes: usize) {
        while self.len() > bytes {
            self.evict_oldest();
        }
        self.spare = None;
        self.chunks.shrink_to_fit();
    }

    /// Overwrites and forgets everything.
    pub fn wipe(&mut self) {
        self.chunks.iter_mut().for_each(|chunk| chunk.bytes.zeroize());
        self.spare.iter_mut().for_each(Zeroize::zeroize);
        self.shrink_to(0);
    }

    /// What it costs in memory.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        let held: usize = self.chunks.iter().map(|chunk| chunk.bytes.capacity()).sum();
        let spare = self.spare.as_ref().map_or(0, Vec::capacity);
        held + spare + self.chunks.capacity() * size_of::<Chunk>()
    }

    fn len(&self) -> usize {
        (self.head - self.tail) as usize
    }

    /// Appends text that has no 0xFF: it may be cut anywhere.
    fn push_plain(&mut self, mut text: &[u8]) {
        while !text.is_empty() {
            let chunk = self.room_for(1, text.len());
            let (now, later) = text.split_at(text.len().min(chunk.free()));
            chunk.bytes.extend_from_slice(now);
            self.grown_by(now.len());
            text = later;
        }
    }

    /// Appends an event that must stay in one piece.
    fn push_event(&mut self, parts: &[&[u8]]) {
        let length = parts.iter().map(|part| part.len()).sum();
        let chunk = self.room_for(length, length);
        chunk.note_event();
        parts.iter().for_each(|part| chunk.bytes.extend_from_slice(part));
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
            let capacity = wanted.max(self.len()).clamp(256, CHUNK_BYTES).max(least);
            let memory = match self.spare.take() {
                Some(spare) if spare.capacity() >= capacity => spare,
                _ => Vec::with_capacity(capacity.next_multiple_of(256)),
            };
            self.chunks.push_back(Chunk::new(self.head, memory));
        }
        self.chunks.back_mut().expect("a chunk was just made sure of")
    }

    fn grown_by(&mut self, bytes: usize) {
        self.head += bytes as u64;
        while let Some(oldest) = self.chunks.front()
            && self.len() - oldest.bytes.len() >= self.bytes_max
        {
            self.evict_oldest();
        }
    }

    fn evict_oldest(&mut self) {
        let Some(mut oldest) = self.chunks.pop_front() else { return };
        self.tail = oldest.end();
        self.tail_starts_line = oldest.bytes.last() == Some(&byte::LF);
        self.lines_evicted += oldest.lines();
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
    memchr_iter(byte::LF, text).count() as u64
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
