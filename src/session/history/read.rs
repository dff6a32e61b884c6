//! Reading from a position, and what becomes of one that is not there any more or never was.

use super::History;
use super::canonical::first;
use crate::ids::Offset;

/// What a position asked for is not held; reading can go on from here. What lies between is a gap.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("fell off the history; it goes on at {}", .resume_at.0)]
pub struct FellOff {
    /// The first safe point from there on: the start of a line, outside escape sequences and
    /// characters; when there is none near, the start of a character.
    pub resume_at: Offset,
}

/// Where an offset that a client claims to be at lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Reading can go on from exactly there.
    Held,
    /// It was evicted, or lies inside an event, where no client was ever told to be.
    FellOff(FellOff),
    /// It lies ahead of all there is.
    Ahead,
}

impl History {
    /// Judges an offset that comes from outside.
    #[must_use]
    pub fn place(&self, claimed: Offset) -> Place {
        if claimed > self.head() {
            return Place::Ahead;
        }
        match self.piece(claimed, 1) {
            Ok(_) => Place::Held,
            Err(fell_off) => Place::FellOff(fell_off),
        }
    }

    /// Appends canonical bytes from `from` on to `out`, about `bytes_max` of them, and returns
    /// the position after them. They are cut between two events; an event larger than
    /// `bytes_max` is given whole when it comes first. At the head there is nothing to append.
    ///
    /// A `from` that is not held or lies inside an event splits nothing: it has fallen off. So
    /// has one ahead of the head, which goes on at the head ([`History::place`] tells it apart).
    pub fn read(
        &self,
        from: Offset,
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Result<Offset, FellOff> {
        let mut at = from;
        let mut left = bytes_max;
        loop {
            let (piece, next) = self.piece(at, left)?;
            if piece.is_empty() || (at != from && piece.len() > left) {
                return Ok(at);
            }
            out.extend_from_slice(piece);
            left = left.saturating_sub(piece.len());
            at = next;
        }
    }

    /// The bytes from `from` on that lie together, as [`History::read`] would give them, without
    /// copying: for a write that takes several pieces.
    pub fn piece(&self, from: Offset, bytes_max: usize) -> Result<(&[u8], Offset), FellOff> {
        if from.0 == self.head {
            return Ok((&[], from));
        }
        let Some((index, at)) = self.locate(from) else {
            return Err(FellOff { resume_at: self.resume_at(from) });
        };
        let chunk = &self.chunks[index];
        let rest = chunk.bytes.len() - at;
        let end = if rest <= bytes_max { at + rest } else { chunk.cut(at, at + bytes_max) };
        let end = match first(&chunk.bytes[at..]) {
            Some((_, length)) if end == at && bytes_max > 0 => at + length,
            _ => end,
        };
        Ok((&chunk.bytes[at..end], Offset(chunk.start + end as u64)))
    }

    /// In which chunk an offset lies and where, if it is held and between two events.
    pub(super) fn locate(&self, offset: Offset) -> Option<(usize, usize)> {
        if offset.0 < self.tail || offset.0 >= self.head {
            return None;
        }
        let index = self.chunks.partition_point(|chunk| chunk.start <= offset.0) - 1;
        let chunk = &self.chunks[index];
        let at = (offset.0 - chunk.start) as usize;
        chunk.is_boundary(at).then_some((index, at))
    }

    /// Where reading goes on for someone who cannot read at `from`.
    fn resume_at(&self, from: Offset) -> Offset {
        if from.0 >= self.head {
            return self.head();
        }
        self.safe_point(self.next_boundary(from.0.max(self.tail)))
    }

    /// The first place between two events at or after an offset that is held.
    fn next_boundary(&self, offset: u64) -> Offset {
        let index = self.chunks.partition_point(|chunk| chunk.start <= offset);
        let Some(chunk) = index.checked_sub(1).map(|index| &self.chunks[index]) else {
            return self.tail();
        };
        let at = (offset - chunk.start) as usize;
        let before = chunk.cut(0, at);
        let step = if before == at { 0 } else { first(&chunk.bytes[before..]).map_or(0, |e| e.1) };
        Offset(chunk.start + (before + step) as u64)
    }
}
