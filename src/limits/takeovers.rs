//! Two devices that take a session from each other in turn are slowed down: after the first few
//! takeovers within a minute each further one waits longer. The newest still wins.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The time in which takeovers are counted.
const WINDOW: Duration = Duration::from_secs(60);
/// The longest delay.
const DELAY_MAX: Duration = Duration::from_secs(30);

/// The takeovers of one session.
#[derive(Clone, Debug)]
pub struct Takeovers {
    per_minute_max: usize,
    /// The latest ones, at most `per_minute_max`, oldest first.
    recent: VecDeque<Instant>,
    /// How many in a row came too soon.
    too_soon: u32,
}

impl Takeovers {
    /// So many a minute are not delayed.
    #[must_use]
    pub fn new(per_minute_max: usize) -> Takeovers {
        Takeovers { per_minute_max, recent: VecDeque::new(), too_soon: 0 }
    }

    /// Counts a takeover and says how long it waits: 0 within the rate, then 1, 2, 4 ... 30 s.
    pub fn delay(&mut self, now: Instant) -> Duration {
        while self.recent.front().is_some_and(|&at| now.saturating_duration_since(at) >= WINDOW) {
            self.recent.pop_front();
        }
        if self.recent.len() < self.per_minute_max {
            self.too_soon = 0;
            self.recent.push_back(now);
            return Duration::ZERO;
        }
        self.recent.pop_front();
        self.recent.push_back(now);
        let seconds = 1_u64.checked_shl(self.too_soon).unwrap_or(u64::MAX);
        self.too_soon = self.too_soon.saturating_add(1);
        Duration::from_secs(seconds).min(DELAY_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_clock::start;

    fn seconds(takeovers: &mut Takeovers, now: Instant, times: usize) -> Vec<u64> {
        (0..times).map(|_| takeovers.delay(now).as_secs()).collect()
    }

    #[test]
    fn the_first_few_within_a_minute_are_not_delayed_and_then_ever_longer() {
        let mut takeovers = Takeovers::new(5);
        let delays = seconds(&mut takeovers, start(), 12);
        assert_eq!(delays, [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(seconds(&mut takeovers, start(), 100), [30; 100]);
        assert!(takeovers.recent.len() <= 5);
    }

    #[test]
    fn a_minute_of_quiet_ends_the_delays() {
        for (quiet, expected) in [(59, 4), (60, 0), (61, 0)] {
            let (mut takeovers, now) = (Takeovers::new(5), start());
            seconds(&mut takeovers, now, 7);
            assert_eq!(takeovers.delay(now + Duration::from_secs(quiet)).as_secs(), expected);
        }
    }

    #[test]
    fn after_a_minute_of_quiet_the_delays_begin_anew() {
        let (mut takeovers, now) = (Takeovers::new(5), start());
        seconds(&mut takeovers, now, 9);
        let later = seconds(&mut takeovers, now + Duration::from_secs(60), 7);
        assert_eq!(later, [0, 0, 0, 0, 0, 1, 2]);
    }

    #[test]
    fn a_pace_within_the_rate_is_never_delayed() {
        let (mut takeovers, now) = (Takeovers::new(5), start());
        for step in 0..100 {
            assert_eq!(takeovers.delay(now + Duration::from_secs(12) * step), Duration::ZERO);
        }
    }

    #[test]
    fn none_allowed_delays_the_first() {
        assert_eq!(seconds(&mut Takeovers::new(0), start(), 3), [1, 2, 4]);
    }
}
