//! Numbered input: a client numbers the lines it sends, so that a line sent again after a lost
//! answer is applied once. Each token family counts for itself, from 1, without holes.

use crate::ids::InputSeq;

/// What to do with a numbered line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Numbered {
    /// It is the next one: apply it and acknowledge it.
    Apply,
    /// It was applied before: acknowledge it again, nothing else.
    Duplicate,
    /// A line before it is missing: refuse it and name the number that is expected.
    Expected(InputSeq),
}

/// The lines of one token family that were applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Input {
    /// The last one applied, 0 before the first. Never decreases.
    seen: InputSeq,
}

impl Input {
    /// The last line applied; what a client is told as `input_seen`.
    #[must_use]
    pub fn seen(&self) -> InputSeq {
        self.seen
    }

    /// Judges a line by its number, and counts it when it is the next one. No number is special:
    /// 0 was never new, and after the last possible one there is no next.
    pub fn accept(&mut self, seq: InputSeq) -> Numbered {
        if seq <= self.seen {
            return Numbered::Duplicate;
        }
        let next = InputSeq(self.seen.0 + 1);
        if seq == next {
            self.seen = next;
            Numbered::Apply
        } else {
            Numbered::Expected(next)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_applied_once_and_acknowledged_every_time() {
        let mut input = Input::default();
        assert_eq!(input.accept(InputSeq(1)), Numbered::Apply);
        assert_eq!(input.accept(InputSeq(1)), Numbered::Duplicate);
        assert_eq!(input.accept(InputSeq(2)), Numbered::Apply);
        assert_eq!(input.accept(InputSeq(1)), Numbered::Duplicate);
        assert_eq!(input.seen(), InputSeq(2));
    }

    #[test]
    fn a_hole_is_answered_with_the_number_that_is_missing() {
        let mut input = Input::default();
        assert_eq!(input.accept(InputSeq(2)), Numbered::Expected(InputSeq(1)));
        assert_eq!(input.accept(InputSeq(u64::MAX)), Numbered::Expected(InputSeq(1)));
        assert_eq!(input.seen(), InputSeq(0));
    }

    #[test]
    fn numbers_at_the_ends_of_the_range_do_no_harm() {
        let mut input = Input::default();
        assert_eq!(input.accept(InputSeq(0)), Numbered::Duplicate);
        let mut input = Input { seen: InputSeq(u64::MAX - 1) };
        assert_eq!(input.accept(InputSeq(u64::MAX)), Numbered::Apply);
        assert_eq!(input.accept(InputSeq(u64::MAX)), Numbered::Duplicate);
        assert_eq!(input.accept(InputSeq(0)), Numbered::Duplicate);
    }

    /// Every way to send five numbers out of 0..=4: what is applied is 1, 2, 3, ... in order.
    #[test]
    fn whatever_the_order_lines_are_applied_in_order_and_once() {
        for code in 0..5_u32.pow(5) {
            let mut input = Input::default();
            let mut applied = Vec::new();
            for place in 0..5 {
                let seq = InputSeq(u64::from(code / 5_u32.pow(place) % 5));
                if input.accept(seq) == Numbered::Apply {
                    applied.push(seq.0);
                }
            }
            let in_order: Vec<u64> = (1..=applied.len() as u64).collect();
            assert_eq!(applied, in_order);
        }
    }
}
