//! How much has passed over one connection. Its transport counts, whoever asks reads; each number has
//! one writer.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// The window in which lines are counted for people to see.
const MINUTE: Duration = Duration::from_secs(60);

/// How much has passed. Each number has one writer.
#[derive(Debug, Default)]
pub(super) struct Traffic {
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
    lines_in: AtomicU64,
    lines_out: AtomicU64,
    /// When something came last, in milliseconds since the client connected.
    last_came: AtomicU64,
    /// Lines typed in the minute that ends so many milliseconds after that.
    minute_lines: AtomicU32,
    minute_ends: AtomicU64,
}

/// The same at one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Passed {
    /// Bytes from the client.
    pub bytes_in: u64,
    /// Bytes to the client.
    pub bytes_out: u64,
    /// Lines that the player typed.
    pub lines_in: u64,
    /// Lines of the game, and of mudkeep, that were sent.
    pub lines_out: u64,
}

impl std::ops::AddAssign for Passed {
    fn add_assign(&mut self, more: Passed) {
        self.bytes_in += more.bytes_in;
        self.bytes_out += more.bytes_out;
        self.lines_in += more.lines_in;
        self.lines_out += more.lines_out;
    }
}

impl std::iter::Sum for Passed {
    fn sum<I: Iterator<Item = Passed>>(parts: I) -> Passed {
        parts.fold(Passed::default(), |mut sum, part| {
            sum += part;
            sum
        })
    }
}

impl Traffic {
    pub(super) fn passed(&self) -> Passed {
        Passed {
            bytes_in: self.bytes_in.load(Relaxed),
            bytes_out: self.bytes_out.load(Relaxed),
            lines_in: self.lines_in.load(Relaxed),
            lines_out: self.lines_out.load(Relaxed),
        }
    }

    /// So much came from the client, this long after it had connected.
    pub(super) fn came(&self, at: Duration, bytes: usize) {
        add(&self.bytes_in, bytes as u64);
        self.last_came.store(millis(at), Relaxed);
    }

    /// A line was typed.
    pub(super) fn typed(&self, at: Duration) {
        add(&self.lines_in, 1);
        let now = millis(at);
        if now >= self.minute_ends.load(Relaxed) {
            self.minute_ends.store(now + millis(MINUTE), Relaxed);
            self.minute_lines.store(0, Relaxed);
        }
        let lines = self.minute_lines.load(Relaxed);
        self.minute_lines.store(lines.saturating_add(1), Relaxed);
    }

    /// So much was sent to the client.
    pub(super) fn went(&self, bytes: u64, lines: u64) {
        add(&self.bytes_out, bytes);
        add(&self.lines_out, lines);
    }

    /// When something came last.
    pub(super) fn last_came(&self) -> Duration {
        Duration::from_millis(self.last_came.load(Relaxed))
    }

    /// The lines typed in the present minute, and when the next one begins.
    pub(super) fn minute(&self, at: Duration) -> (u32, Duration) {
        let ends = self.minute_ends.load(Relaxed);
        if millis(at) >= ends {
            return (0, at);
        }
        (self.minute_lines.load(Relaxed), Duration::from_millis(ends))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Adds without a locked instruction: there is one writer.
fn add(number: &AtomicU64, more: u64) {
    number.store(number.load(Relaxed).wrapping_add(more), Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_by_the_minute() {
        let traffic = Traffic::default();
        let start = Duration::from_secs(5);
        (0..3).for_each(|_| traffic.typed(start));
        let end = start + MINUTE;
        assert_eq!(traffic.minute(start), (3, end));
        assert_eq!(traffic.minute(end - Duration::from_millis(1)), (3, end));
        assert_eq!(traffic.minute(end), (0, end));
        traffic.typed(end);
        assert_eq!(traffic.minute(end), (1, end + MINUTE));
        assert_eq!(traffic.passed().lines_in, 4);
    }

    #[test]
    fn what_passes_adds_up() {
        let traffic = Traffic::default();
        traffic.came(Duration::from_secs(1), 10);
        traffic.came(Duration::from_secs(2), 5);
        traffic.went(100, 2);
        let mut sum = traffic.passed();
        assert_eq!(traffic.last_came(), Duration::from_secs(2));
        sum += traffic.passed();
        assert_eq!(sum, Passed { bytes_in: 30, bytes_out: 200, lines_in: 0, lines_out: 4 });
    }
}
