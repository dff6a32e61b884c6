//! The time in tests of what is told the time, counted from an instant that is the same for all.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Some instant to count from.
#[expect(clippy::disallowed_methods, reason = "any instant will do to count from")]
pub(crate) fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

/// The instant this many seconds after the first.
pub(crate) fn at(seconds: u64) -> Instant {
    start() + Duration::from_secs(seconds)
}
