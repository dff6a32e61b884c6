//! The time by which is remembered: the system's clock as it was when mudkeep began, and from there on
//! the one that nobody sets. A jump of the system's clock ends nothing early or late; what it says is
//! believed again at the next start.

use std::time::{Duration, Instant, SystemTime};

use crate::clock;

/// Tells the time since 1970.
pub(super) struct Clock {
    system: fn() -> Duration,
    /// What the system's clock said at the beginning.
    began: Duration,
    since: Instant,
}

impl Clock {
    /// Begins with what this says.
    pub(super) fn new(system: fn() -> Duration) -> Clock {
        Clock { system, began: system(), since: clock::now() }
    }

    /// Now, as if nobody had set the clock since the beginning.
    pub(super) fn now(&self) -> Duration {
        self.began.saturating_add(clock::now().saturating_duration_since(self.since))
    }

    /// Now, as the system's clock has it: for what is read at another start.
    pub(super) fn system(&self) -> Duration {
        (self.system)()
    }

    /// When that is which the system's clock calls `at`.
    pub(super) fn of_system(&self, at: Duration) -> Duration {
        let (now, system) = (self.now(), self.system());
        now.saturating_add(at).saturating_sub(system)
    }
}

/// The system's clock.
pub(super) fn system() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
