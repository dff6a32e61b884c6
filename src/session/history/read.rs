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
        let mut end = if rest <= bytes_max { at + rest } else { chunk.cut(at, at + bytes_max) };
        if end == at && bytes_max > 0 {
            end = at + first(&chunk.bytes[at..]).map_or(0, |(_, length)| length);
        }
        Ok((&chunk.bytes[at..end], Offset(chunk.start + end as u64)))
    }

    /// The same piece by piece, about `bytes_max` in all; none where `from` has fallen off.
    pub fn pieces(&self, from: Offset, bytes_max: usize) -> impl Iterator<Item = &[u8]> {
        let (mut at, mut left) = (from, bytes_max);
        std::iter::from_fn(move || {
            let (piece, next) = self.piece(at, left).ok()?;
            let fits = at == from || piece.len() <= left;
            (at, left) = (next, left.saturating_sub(piece.len()));
            (fits && !piece.is_empty()).then_some(piece)
        })
    }

    /// In which chunk an offset lies and where, if it is held and between two events.
    pub(super) fn locate(&self, offset: Offset) -> Option<(usize, usize)> {
        if offset.0 < self.tail || offset.0 >= self.head {
            return None;
        }
        // Whoever follows the output reads in the last one.
        let index = match self.chunks.back() {
            Some(last) if last.start <= offset.0 => self.chunks.len() - 1,
            _ => self.chunks.partition_point(|chunk| chunk.start <= offset.0) - 1,
        };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Epoch;

    fn read(history: &History, from: u64, bytes_max: usize) -> (Vec<u8>, u64) {
        let mut out = Vec::new();
        let end = history.read(Offset(from), bytes_max, &mut out).expect("held");
        (out, end.0)
    }

    #[test]
    fn reading_cuts_between_events_only() {
        let mut history = History::new(Epoch(1), 1000);
        history.text(b"ab\xFFcd");
        history.prompt();
        assert_eq!(read(&history, 0, 0), (b"".to_vec(), 0));
        assert_eq!(read(&history, 0, 1), (b"a".to_vec(), 1));
        assert_eq!(read(&history, 0, 3), (b"ab".to_vec(), 2));
        assert_eq!(read(&history, 0, 4), (b"ab\xFF\xFF".to_vec(), 4));
        assert_eq!(read(&history, 4, 3), (b"cd".to_vec(), 6));
        assert_eq!(read(&history, 4, 4), (b"cd\xFF\xF9".to_vec(), 8));
        assert_eq!(read(&history, 8, 4), (b"".to_vec(), 8));
    }

    #[test]
    fn an_event_larger_than_asked_for_is_given_whole_and_alone() {
        let mut history = History::new(Epoch(1), 1000);
        history.out_of_band(201, b"0123456789");
        history.out_of_band(201, b"0123456789");
        assert_eq!(read(&history, 0, 1).1, 15);
        assert_eq!(read(&history, 0, 15).1, 15);
        assert_eq!(read(&history, 0, 29).1, 15);
        assert_eq!(read(&history, 0, 30).1, 30);
    }

    #[test]
    fn a_client_that_received_nothing_can_resume() {
        let mut history = History::new(Epoch(1), 1000);
        assert_eq!(history.place(Offset(0)), Place::Held);
        assert_eq!(read(&history, 0, 10), (b"".to_vec(), 0));
        history.text(b"hello");
        assert_eq!(read(&history, 0, 10), (b"hello".to_vec(), 5));
    }

    #[test]
    fn an_offset_ahead_or_inside_an_event_is_never_served() {
        let mut history = History::new(Epoch(1), 1000);
        history.text(b"a\xFF\nb\n");
        let fell_off = |at| FellOff { resume_at: Offset(at) };
        assert_eq!(history.place(Offset(2)), Place::FellOff(fell_off(4)));
        assert_eq!(history.place(Offset(7)), Place::Ahead);
        assert_eq!(history.place(Offset(u64::MAX)), Place::Ahead);
        let mut out = Vec::new();
        assert_eq!(history.read(Offset(2), 10, &mut out), Err(fell_off(4)));
        assert_eq!(history.read(Offset(u64::MAX), 10, &mut out), Err(fell_off(6)));
        assert_eq!(out, b"");
    }

    #[test]
    fn who_fell_off_goes_on_at_the_start_of_a_line() {
        let mut history = History::new(Epoch(1), 4096);
        for line in 0..2000 {
            history.text(format!("{line:06}\n").as_bytes());
        }
        let Err(FellOff { resume_at }) = history.read(Offset(0), 10, &mut Vec::new()) else {
            panic!("the first line is gone");
        };
        assert!(resume_at >= history.tail() && resume_at.0 % 7 == 0);
        assert_eq!(
            read(&history, resume_at.0, 7).0,
            format!("{:06}\n", resume_at.0 / 7).as_bytes()
        );
    }
}
