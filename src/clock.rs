//! The one place that reads the clock: tokio's, which tests can pause.

use std::time::{Instant, SystemTime};

use time::UtcDateTime;

/// Now, by the monotonic clock of the runtime.
#[must_use]
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// What the system's clock says, for people to read. Nothing is decided by it: it may jump.
#[must_use]
pub fn shown() -> UtcDateTime {
    SystemTime::now().into()
}
