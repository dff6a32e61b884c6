//! What a plain telnet client is known to have: it cannot say so itself, but the kernel knows how
//! many bytes its side acknowledged. Each write leaves a mark (bytes on the wire so far, how far
//! into the history that was); the acknowledged count then gives a history offset. A mark may be
//! forgotten: what is known delivered is then an earlier one, and text is shown twice, never lost.

use crate::ids::Offset;

/// How many marks are kept. They lie the closer together the nearer to the end, where the
/// unacknowledged bytes are.
const MARKS_MAX: usize = 32;

/// One write to the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Mark {
    /// Bytes written to the socket since it was opened; grows from mark to mark.
    wire: u64,
    /// Where in the history the client is once it has them; never decreases.
    offset: Offset,
}

/// The marks of one client on one history.
#[derive(Clone, Debug, Default)]
pub struct Undelivered {
    marks: Vec<Mark>,
}

impl Undelivered {
    /// Notes that with `wire` bytes written in all, the client is given everything before
    /// `offset`. What goes back on an earlier mark is not believed.
    pub fn written(&mut self, wire: u64, offset: Offset) {
        if let Some(last) = self.marks.last_mut() {
            if wire < last.wire || offset < last.offset {
                return;
            }
            if wire == last.wire {
                last.offset = offset;
                return;
            }
        }
        if self.marks.len() == MARKS_MAX {
            self.thin_out();
        }
        self.marks.push(Mark { wire, offset });
    }

    /// The largest offset known delivered when the other side acknowledged `wire` bytes; none
    /// when nothing is known.
    #[must_use]
    pub fn delivered(&self, wire: u64) -> Option<Offset> {
        let known = self.marks.partition_point(|mark| mark.wire <= wire);
        known.checked_sub(1).map(|last| self.marks[last].offset)
    }

    /// Forgets the marks whose neighbours lie close together for their distance from the end. The
    /// first one stays, so that something is always known.
    fn thin_out(&mut self) {
        let Some(end) = self.marks.last().map(|last| last.wire) else { return };
        let mut kept = 0;
        for at in 1..self.marks.len() {
            let before = self.marks[kept].wire;
            let after = self.marks.get(at + 1).map(|after| after.wire - before);
            if after.is_none_or(|gap| gap > (end - before) / 2) {
                kept += 1;
                self.marks[kept] = self.marks[at];
            }
        }
        self.marks.truncate(kept + 1);
        if self.marks.len() == MARKS_MAX {
            self.marks.remove(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_written_is_nothing_known() {
        assert_eq!(Undelivered::default().delivered(u64::MAX), None);
    }

    #[test]
    fn what_is_acknowledged_is_delivered_and_no_more() {
        let mut undelivered = Undelivered::default();
        undelivered.written(10, Offset(100));
        undelivered.written(20, Offset(150));
        for (acknowledged, delivered) in [
            (0, None),
            (9, None),
            (10, Some(100)),
            (19, Some(100)),
            (20, Some(150)),
            (99, Some(150)),
        ] {
            assert_eq!(
                undelivered.delivered(acknowledged),
                delivered.map(Offset),
                "{acknowledged}"
            );
        }
    }

    #[test]
    fn what_takes_no_bytes_is_delivered_with_what_was_before() {
        let mut undelivered = Undelivered::default();
        undelivered.written(10, Offset(100));
        undelivered.written(10, Offset(160));
        assert_eq!(undelivered.delivered(10), Some(Offset(160)));
    }

    #[test]
    fn a_mark_that_goes_back_is_not_believed() {
        let mut undelivered = Undelivered::default();
        undelivered.written(10, Offset(100));
        undelivered.written(9, Offset(200));
        undelivered.written(11, Offset(99));
        undelivered.written(10, Offset(99));
        assert_eq!(undelivered.marks.len(), 1);
        assert_eq!(undelivered.delivered(99), Some(Offset(100)));
    }

    /// However much was written, few marks are kept, and they are close where it matters: what
    /// is shown twice is a small part of what was not acknowledged.
    #[test]
    fn marks_are_few_and_lie_closest_together_near_the_end() {
        let mut undelivered = Undelivered::default();
        for step in 1..=100_000_u64 {
            undelivered.written(step * 100, Offset(step * 70));
            assert!(undelivered.marks.len() <= MARKS_MAX);
        }
        for unacknowledged in [0, 1, 2] {
            let delivered = undelivered.delivered((100_000 - unacknowledged) * 100);
            assert_eq!(delivered, Some(Offset((100_000 - unacknowledged) * 70)));
        }
        for unacknowledged in [8, 64, 256, 1024, 4096, 16_384] {
            let true_steps = 100_000 - unacknowledged;
            let Offset(known) = undelivered.delivered(true_steps * 100).expect("known");
            assert!(known <= true_steps * 70);
            assert!(true_steps - known / 70 <= unacknowledged, "{unacknowledged}: {known}");
        }
    }
}
