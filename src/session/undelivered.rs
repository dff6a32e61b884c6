//! What a plain telnet client is known to have: it cannot say so itself, but the kernel knows how
//! many bytes its side acknowledged. Each write leaves a mark (bytes on the wire so far, how far
//! into the history that was); the acknowledged count then gives a history offset. A mark may be
//! forgotten: what is known delivered is then an earlier one, and text is shown twice, never lost.

use std::collections::VecDeque;

use crate::ids::Offset;

/// How many marks are kept. Old ones are thinned out first, so that they lie closest together
/// near the end, where the unacknowledged bytes are.
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
    marks: VecDeque<Mark>,
}

impl Undelivered {
    /// Notes that with `wire` bytes written in all, the client is given everything before
    /// `offset`. What goes back on an earlier mark is not believed.
    pub fn written(&mut self, wire: u64, offset: Offset) {
        if let Some(last) = self.marks.back_mut() {
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
        self.marks.push_back(Mark { wire, offset });
    }

    /// The largest offset known delivered when the other side acknowledged `wire` bytes; none
    /// when nothing is known.
    #[must_use]
    pub fn delivered(&self, wire: u64) -> Option<Offset> {
        let known = self.marks.partition_point(|mark| mark.wire <= wire);
        known.checked_sub(1).map(|last| self.marks[last].offset)
    }

    /// Forgets every second mark of the older half.
    fn thin_out(&mut self) {
        let mut place = 0;
        self.marks.retain(|_| {
            place += 1;
            place > MARKS_MAX / 2 || place % 2 == 1
        });
    }
}
