//! The command queue: lines that come for a session while nobody is attached to it. They wait for
//! their player, who says which of them still go to the game.

use std::time::{Duration, Instant};

use crate::few::Rare;
use crate::secret::Line;

/// How much waits, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueLimits {
    /// Lines.
    pub lines_max: usize,
    /// Bytes in all of them.
    pub bytes_max: usize,
    /// How old a line may become.
    pub age_max: Duration,
}

/// Which of several lines in a queue: counted from 1, never given twice in a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct QueueNumber(pub u64);

/// A line that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Queued {
    /// Which one it is.
    pub number: QueueNumber,
    /// What is to be sent.
    pub line: Line,
    /// When it came.
    pub at: Instant,
}

/// What a player says of the lines that wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum QueueAnswer {
    /// All of them are to be sent.
    All,
    /// None is.
    None,
    /// Only these are, in the order in which they came.
    Only(Vec<QueueNumber>),
}

/// There is no room for another line.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Full;

/// The lines that wait, oldest first.
#[derive(Debug, Default)]
pub struct Queue {
    lines: Rare<Queued>,
    last: QueueNumber,
}

impl Queue {
    /// Adds a line.
    ///
    /// # Errors
    /// As many lines or bytes wait as may.
    pub fn push(&mut self, now: Instant, line: Line, limits: &QueueLimits) -> Result<(), Full> {
        self.drop_old(now, limits);
        let bytes: usize = self.lines.iter().map(|queued| queued.line.len()).sum();
        if self.lines.len() >= limits.lines_max || bytes + line.len() > limits.bytes_max {
            return Err(Full);
        }
        self.last = QueueNumber(self.last.0 + 1);
        self.lines.push(Queued { number: self.last, line, at: now });
        Ok(())
    }

    /// Drops what has waited for too long, and says how many lines that were.
    pub fn drop_old(&mut self, now: Instant, limits: &QueueLimits) -> usize {
        let before = self.lines.len();
        self.lines.retain(|queued| now.saturating_duration_since(queued.at) < limits.age_max);
        before - self.lines.len()
    }

    /// What waits.
    #[must_use]
    pub fn lines(&self) -> &[Queued] {
        &self.lines
    }

    /// Takes all that waits out of the queue: what the answer names, in order and each once, and how
    /// many lines are dropped.
    pub fn take(&mut self, answer: &QueueAnswer) -> (Vec<Line>, usize) {
        let named = |queued: &Queued| match answer {
            QueueAnswer::All => true,
            QueueAnswer::None => false,
            QueueAnswer::Only(numbers) => numbers.contains(&queued.number),
        };
        let all = self.lines.take();
        let count = all.len();
        let sent: Vec<Line> =
            all.into_iter().filter(|queued| named(queued)).map(|queued| queued.line).collect();
        let dropped = count - sent.len();
        (sent, dropped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_clock::start;

    const LIMITS: QueueLimits =
        QueueLimits { lines_max: 3, bytes_max: 10, age_max: Duration::from_secs(60) };

    fn queue(lines: &[&str]) -> Queue {
        let mut queue = Queue::default();
        for line in lines {
            queue.push(start(), Line::from(*line), &LIMITS).unwrap();
        }
        queue
    }

    fn taken(queue: &mut Queue, answer: &QueueAnswer) -> (Vec<String>, usize) {
        let (lines, dropped) = queue.take(answer);
        let text = |line: &Line| String::from_utf8_lossy(line).into_owned();
        (lines.iter().map(text).collect(), dropped)
    }

    #[test]
    fn lines_and_bytes_are_bounded() {
        let mut queue = queue(&["a", "b"]);
        assert_eq!(queue.push(start(), "123456789".into(), &LIMITS), Err(Full), "11 bytes");
        assert_eq!(queue.push(start(), "12345678".into(), &LIMITS), Ok(()), "10 bytes");
        assert_eq!(queue.push(start(), "".into(), &LIMITS), Err(Full), "a fourth line");
        assert_eq!(queue.lines().len(), 3);
    }

    #[test]
    fn a_line_that_waited_for_too_long_is_dropped_and_makes_room() {
        let mut queue = queue(&["a", "b", "c"]);
        let late = start() + LIMITS.age_max;
        let before = late - Duration::from_nanos(1);
        assert_eq!(queue.drop_old(before, &LIMITS), 0);
        assert_eq!(queue.push(before, "d".into(), &LIMITS), Err(Full));
        assert_eq!(queue.push(late, "d".into(), &LIMITS), Ok(()));
        assert_eq!(queue.lines()[0].number, QueueNumber(4));
        assert_eq!(queue.lines().len(), 1);
    }

    #[test]
    fn what_is_named_is_taken_in_order_and_once() {
        let all = QueueAnswer::All;
        assert_eq!(taken(&mut queue(&["a", "b"]), &all), (vec!["a".into(), "b".into()], 0));
        assert_eq!(taken(&mut queue(&["a", "b"]), &QueueAnswer::None), (vec![], 2));
        let numbers = [3, 1, 1, 9].map(QueueNumber).to_vec();
        let mut queue = queue(&["a", "b", "c"]);
        let only = QueueAnswer::Only(numbers);
        assert_eq!(taken(&mut queue, &only), (vec!["a".into(), "c".into()], 1));
        assert_eq!(taken(&mut queue, &all), (vec![], 0), "nothing is left");
    }
}
