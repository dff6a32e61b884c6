//! What only grows: atomics, with their label's values laid down from the start. What has a value that
//! is not among them is counted as the last, so nothing that comes from outside makes a series more.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::family::{Sample, Spread};

/// How often something happened.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicU64);

impl Count {
    pub(super) fn one(&self) {
        self.more(1);
    }

    pub(super) fn more(&self, times: u64) {
        self.0.fetch_add(times, Relaxed);
    }

    pub(super) fn now(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// How often something happened, by one label. The last of its values stands for all others.
#[derive(Debug)]
pub(super) struct Counts<const N: usize> {
    label: &'static str,
    values: [&'static str; N],
    counts: [Count; N],
}

impl<const N: usize> Counts<N> {
    pub(super) fn new(label: &'static str, values: [&'static str; N]) -> Counts<N> {
        Counts { label, values, counts: std::array::from_fn(|_| Count::default()) }
    }

    pub(super) fn one(&self, value: &str) {
        self.more(value, 1);
    }

    pub(super) fn more(&self, value: &str, times: u64) {
        let at = self.values.iter().position(|known| *known == value).unwrap_or(N - 1);
        self.counts[at].more(times);
    }

    pub(super) fn values(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        self.values.iter().zip(&self.counts).map(|(value, count)| (*value, count.now()))
    }

    pub(super) fn samples(&self) -> Vec<Sample> {
        self.values().map(|(value, count)| Sample::count(count).with(self.label, value)).collect()
    }
}

/// How long something took, as a histogram.
#[derive(Debug)]
pub(super) struct Times<const N: usize> {
    bounds: [f64; N],
    /// One more than there are bounds: what is over the last.
    within: [Count; N],
    over: Count,
    micros: Count,
}

impl<const N: usize> Times<N> {
    /// Upper bounds in seconds, the lowest first.
    pub(super) fn new(bounds: [f64; N]) -> Times<N> {
        Times {
            bounds,
            within: std::array::from_fn(|_| Count::default()),
            over: Count::default(),
            micros: Count::default(),
        }
    }

    pub(super) fn took(&self, seconds: f64) {
        let at = self.bounds.iter().position(|bound| seconds <= *bound);
        at.map_or(&self.over, |at| &self.within[at]).one();
        // What is negative or no number at all counts as nothing.
        self.micros.more((seconds * 1e6) as u64);
    }

    pub(super) fn sample(&self) -> Sample {
        let within =
            self.bounds.iter().zip(&self.within).map(|(bound, count)| (*bound, count.now()));
        let buckets: Vec<(f64, u64)> = within.chain([(f64::INFINITY, self.over.now())]).collect();
        // Of the buckets and not of a count of its own: they have to agree while others count.
        let count = buckets.iter().map(|(_, count)| count).sum();
        Sample::spread(Spread { sum: self.micros.now() as f64 / 1e6, count, buckets })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_counted_as_the_last() {
        let counts = Counts::new("how", ["well", "other"]);
        ["well", "badly", "alice", "well"].into_iter().for_each(|how| counts.one(how));
        counts.more("badly", 3);
        assert_eq!(counts.values().collect::<Vec<_>>(), [("well", 2), ("other", 5)]);
    }

    #[test]
    fn a_time_is_within_the_first_bound_that_is_not_under_it() {
        let times = Times::new([0.1, 1.0]);
        [0.05, 0.1, 0.5, 2.0, f64::NAN, -1.0].into_iter().for_each(|time| times.took(time));
        let spread = times.sample();
        let buckets = vec![(0.1, 3), (1.0, 1), (f64::INFINITY, 2)];
        assert_eq!(spread, Sample::spread(Spread { sum: 2.65, count: 6, buckets }));
    }
}
