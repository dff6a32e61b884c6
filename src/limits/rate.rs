//! A rate with a burst, as one instant: the time at which a steady sender would be this far. It
//! never refuses for good; it says when the next line may go, and the line waits.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// So many lines a minute, and so many at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rate {
    /// The time one line stands for; never zero.
    interval: Duration,
    /// How far ahead of time a sender may be.
    ahead_max: Duration,
}

impl Rate {
    /// `per_minute` lines a minute, of which `burst` may come at once.
    #[must_use]
    pub fn per_minute(per_minute: NonZeroU32, burst: NonZeroU32) -> Rate {
        let interval = Duration::from_secs(60) / per_minute.get();
        Rate { interval, ahead_max: interval * (burst.get() - 1) }
    }
}

/// What one sender has left of a rate, which it does not keep: many senders share one. Full at first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bucket {
    /// When the lines taken so far would have been due at a steady pace; none: it never sent.
    due: Option<Instant>,
}

impl Bucket {
    /// Whether a full burst may be taken: as if nothing ever was.
    #[must_use]
    pub fn is_full(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    /// Whether one line may be taken, or when. Nobody waits longer for one than a line takes: what
    /// was taken at a slower rate, which held before, is forgiven.
    pub fn allows(&mut self, now: Instant, rate: Rate) -> Result<(), Instant> {
        let due_max = now + rate.ahead_max + rate.interval;
        self.due = self.due.map(|due| due.min(due_max));
        match self.due {
            Some(due) if due > now + rate.ahead_max => Err(due - rate.ahead_max),
            Some(_) | None => Ok(()),
        }
    }

    /// Takes one line, or says when one may be taken.
    pub fn take(&mut self, now: Instant, rate: Rate) -> Result<(), Instant> {
        self.allows(now, rate)?;
        let due = self.due.map_or(now, |due| due.max(now));
        self.due = Some(due + rate.interval);
        Ok(())
    }
}

/// So many bytes a second, and so many at once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ByteRate {
    per_second: u64,
    burst: u64,
    /// Less than that is not asked for: else it would be asked for again and again.
    grain: u64,
}

impl ByteRate {
    /// `per_second` bytes a second, of which `burst` may come at once.
    #[must_use]
    pub fn new(per_second: usize, burst: usize) -> ByteRate {
        let (per_second, burst) = ((per_second as u64).max(1), (burst as u64).max(1));
        ByteRate { per_second, burst, grain: (per_second / 20).max(64).min(burst) }
    }

    fn time_of(self, bytes: u64) -> Duration {
        let nanos = u128::from(bytes) * 1_000_000_000 / u128::from(self.per_second);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn bytes_in(self, time: Duration) -> u64 {
        let bytes = time.as_nanos() * u128::from(self.per_second) / 1_000_000_000;
        u64::try_from(bytes).unwrap_or(u64::MAX)
    }
}

/// How fast one client may send.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Pace {
    /// Its lines.
    pub lines: Rate,
    /// All that it sends.
    pub bytes: ByteRate,
}

/// What one sender has sent of late. Nothing at first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flow {
    /// Bytes that a steady sender would not have sent yet.
    ahead: u64,
    /// When that was so.
    at: Option<Instant>,
}

impl Flow {
    /// How many bytes may be taken now.
    ///
    /// # Errors
    /// When some may.
    pub fn room(&mut self, now: Instant, rate: ByteRate) -> Result<usize, Instant> {
        let at = *self.at.get_or_insert(now);
        let sunk = rate.bytes_in(now.saturating_duration_since(at));
        match self.ahead.checked_sub(sunk) {
            // What is less than a byte is left to the next time.
            Some(ahead) => (self.ahead, self.at) = (ahead, at.checked_add(rate.time_of(sunk))),
            None => *self = Flow::default(),
        }
        match (self.ahead + rate.grain).checked_sub(rate.burst) {
            None | Some(0) => Ok(usize::try_from(rate.burst - self.ahead).unwrap_or(usize::MAX)),
            Some(over) => Err(now + rate.time_of(over) + Duration::from_micros(1)),
        }
    }

    /// So many were taken.
    pub fn take(&mut self, bytes: usize) {
        self.ahead = self.ahead.saturating_add(bytes as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_clock::start;

    /// What one sender has of a rate.
    struct Sender(Bucket, Rate);

    impl Sender {
        fn take(&mut self, now: Instant) -> Result<(), Instant> {
            self.0.take(now, self.1)
        }
    }

    fn bucket(per_minute: u32, burst: u32) -> Sender {
        let number = |number| NonZeroU32::new(number).expect("not zero");
        Sender(Bucket::default(), Rate::per_minute(number(per_minute), number(burst)))
    }

    #[test]
    fn a_burst_passes_and_the_next_line_waits_its_turn() {
        for burst in [1, 2, 500] {
            let (mut bucket, now) = (bucket(60, burst), start());
            for _ in 0..burst {
                assert_eq!(bucket.take(now), Ok(()));
            }
            let turn = now + Duration::from_secs(1);
            assert_eq!(bucket.take(now), Err(turn));
            assert_eq!(bucket.take(turn - Duration::from_nanos(1)), Err(turn));
            assert_eq!(bucket.take(turn), Ok(()));
            assert_eq!(bucket.take(turn), Err(turn + Duration::from_secs(1)));
        }
    }

    #[test]
    fn waiting_refills_the_burst_and_not_more() {
        let (mut bucket, now) = (bucket(60, 3), start());
        (0..3).for_each(|_| bucket.take(now).expect("within the burst"));
        let later = now + Duration::from_secs(1_000_000);
        (0..3).for_each(|_| bucket.take(later).expect("within the burst"));
        assert!(bucket.take(later).is_err());
    }

    #[test]
    fn a_steady_sender_at_the_rate_never_waits() {
        let (mut bucket, now) = (bucket(7, 1), start());
        for line in 0..10_000 {
            assert_eq!(bucket.take(now + Duration::from_secs(60) / 7 * line), Ok(()));
        }
    }

    /// Whoever waits as long as told is let in at the rate, whatever the pattern.
    #[test]
    fn over_any_time_no_more_lines_pass_than_rate_and_burst_allow() {
        let (mut bucket, now) = (bucket(600, 20), start());
        let mut passed = 0_u32;
        for millisecond in 0..60_000 {
            passed += u32::from(bucket.take(now + Duration::from_millis(millisecond)).is_ok());
        }
        assert_eq!(passed, 599 + 20);
    }

    /// How much of what is sent at once passes within this time, by whoever takes what it may.
    fn passes(flow: &mut Flow, rate: ByteRate, from: Instant, time: Duration) -> usize {
        let (mut now, mut passed) = (from, 0);
        while now <= from + time {
            match flow.room(now, rate) {
                Ok(bytes) => {
                    flow.take(bytes);
                    passed += bytes;
                }
                Err(turn) => {
                    assert!(turn > now, "it gets on");
                    now = turn;
                }
            }
        }
        passed
    }

    #[test]
    fn over_any_time_no_more_bytes_pass_than_rate_and_burst_allow() {
        for (per_second, burst) in
            [(64, 1024), (1000, 1000), (256 << 10, 4 << 20), (1 << 30, 1 << 30)]
        {
            let rate = ByteRate::new(per_second, burst);
            let mut flow = Flow::default();
            let passed = passes(&mut flow, rate, start(), Duration::from_secs(100));
            let most = burst + 100 * per_second;
            let grain = usize::try_from(rate.grain).unwrap();
            assert!(passed <= most && passed >= most - 2 * grain, "{per_second}: {passed} {most}");
        }
    }

    #[test]
    fn a_burst_passes_at_once_and_waiting_refills_it() {
        let (mut flow, rate, now) = (Flow::default(), ByteRate::new(100, 1000), start());
        assert_eq!(flow.room(now, rate), Ok(1000));
        flow.take(936);
        assert_eq!(flow.room(now, rate), Ok(64));
        flow.take(1);
        let turn = flow.room(now, rate).unwrap_err();
        assert!(turn > now && turn <= now + Duration::from_millis(11), "{:?}", turn - now);
        assert_eq!(flow.room(turn, rate), Ok(64));
        assert_eq!(flow.room(now + Duration::from_secs(60), rate), Ok(1000));
    }

    #[test]
    fn whoever_took_more_than_there_was_waits_for_all_of_it() {
        let (mut flow, rate, now) = (Flow::default(), ByteRate::new(1000, 1000), start());
        flow.take(16_000);
        let turn = flow.room(now, rate).unwrap_err();
        assert_eq!((turn - now).as_millis(), 15_064);
        let faster = ByteRate::new(100_000, 1000);
        assert!(flow.room(now, faster).unwrap_err() < now + Duration::from_millis(210));
    }

    #[test]
    fn another_rate_holds_at_once_whatever_was_taken_at_the_one_before() {
        let now = start();
        let mut slow = bucket(1, 500);
        (0..500).for_each(|_| slow.take(now).expect("within the burst"));
        assert_eq!(slow.take(now), Err(now + Duration::from_secs(60)));
        let mut faster = Sender(slow.0, bucket(60, 5).1);
        assert_eq!(faster.take(now), Err(now + Duration::from_secs(1)));
        assert_eq!(faster.take(now + Duration::from_secs(1)), Ok(()));
        assert!(faster.take(now + Duration::from_secs(1)).is_err());
        let mut fresh = bucket(60, 500);
        (0..10).for_each(|_| fresh.take(now).expect("within the burst"));
        let mut slower = Sender(fresh.0, bucket(1, 2).1);
        assert_eq!(slower.take(now), Ok(()), "ten at one a second are well within two minutes");
        assert_eq!(slower.take(now), Err(now + Duration::from_secs(10)));
    }

    #[test]
    fn the_largest_numbers_do_no_harm() {
        let (mut bucket, now) = (bucket(u32::MAX, u32::MAX), start());
        (0..1000).for_each(|_| bucket.take(now).expect("within the burst"));
        let mut slow = self::bucket(1, u32::MAX);
        assert_eq!(slow.take(now), Ok(()));
    }
}
