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

/// What one sender has left of a rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bucket {
    rate: Rate,
    /// When the lines taken so far would have been due at a steady pace; none: it never sent.
    due: Option<Instant>,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn new(rate: Rate) -> Bucket {
        Bucket { rate, due: None }
    }

    /// Whether a full burst may be taken: as if nothing ever was.
    #[must_use]
    pub fn is_full(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| due <= now)
    }

    /// Takes one line, or says when one may be taken.
    pub fn take(&mut self, now: Instant) -> Result<(), Instant> {
        let due = self.due.map_or(now, |due| due.max(now));
        if due > now + self.rate.ahead_max {
            return Err(due - self.rate.ahead_max);
        }
        self.due = Some(due + self.rate.interval);
        Ok(())
    }
}
