//! How fast things go: counts that only grow, as rates over the last 1, 5 and 15 minutes. Each is an
//! exponentially weighted mean, as a system's load is; what is counted is sampled every few seconds.

use std::time::{Duration, Instant};

/// How often the counts are to be sampled.
pub const SAMPLE_TIME: Duration = Duration::from_secs(5);

/// Over how long.
const WINDOWS: [Duration; 3] =
    [Duration::from_secs(60), Duration::from_secs(300), Duration::from_secs(900)];

/// Per second, over 1, 5 and 15 minutes.
pub type PerSecond = [f64; 3];

/// The rates of several counts.
#[derive(Clone, Debug)]
pub struct Rates<const COUNTS: usize> {
    last: Option<(Instant, [u64; COUNTS])>,
    means: [PerSecond; COUNTS],
}

impl<const COUNTS: usize> Default for Rates<COUNTS> {
    fn default() -> Self {
        Rates { last: None, means: [[0.0; 3]; COUNTS] }
    }
}

impl<const COUNTS: usize> Rates<COUNTS> {
    /// The counts are this now.
    pub fn sample(&mut self, now: Instant, counts: [u64; COUNTS]) {
        let Some((then, before)) = self.last.replace((now, counts)) else { return };
        let time = now.saturating_duration_since(then).as_secs_f64();
        if time <= 0.0 {
            return;
        }
        for ((mean, now), before) in self.means.iter_mut().zip(counts).zip(before) {
            let rate = now.saturating_sub(before) as f64 / time;
            for (mean, window) in mean.iter_mut().zip(WINDOWS) {
                let weight = 1.0 - (-time / window.as_secs_f64()).exp();
                *mean += weight * (rate - *mean);
            }
        }
    }

    /// The rates, in the order of the counts.
    #[must_use]
    pub fn per_second(&self) -> [PerSecond; COUNTS] {
        self.means
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_clock::start;

    #[test]
    fn a_steady_pace_is_what_all_windows_come_to() {
        let mut rates = Rates::<2>::default();
        for sample in 0..2_000_u32 {
            rates.sample(start() + SAMPLE_TIME * sample, [u64::from(sample) * 50, 7]);
        }
        let [steady, none] = rates.per_second();
        assert!(steady.iter().all(|rate| (rate - 10.0).abs() < 0.01), "{steady:?}");
        assert_eq!(none, [0.0; 3]);
    }

    #[test]
    fn a_burst_fades_from_the_short_window_first() {
        let mut rates = Rates::<1>::default();
        rates.sample(start(), [0]);
        for sample in 1..=60_u32 {
            rates.sample(start() + SAMPLE_TIME * sample, [1_000]);
        }
        let [[one, five, fifteen]] = rates.per_second();
        assert!(10.0 * one < five && one < fifteen, "{one} {five} {fifteen}");
    }

    #[test]
    fn a_count_that_begins_anew_and_a_clock_that_stands_do_no_harm() {
        let mut rates = Rates::<1>::default();
        rates.sample(start(), [100]);
        rates.sample(start(), [200]);
        rates.sample(start() + SAMPLE_TIME, [0]);
        assert_eq!(rates.per_second(), [[0.0; 3]]);
    }
}
