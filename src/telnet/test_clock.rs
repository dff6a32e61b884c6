//! The time in tests, counted from an instant that is the same for all of them.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The instant this many seconds after the first.
#[expect(clippy::disallowed_methods, reason = "any instant will do to count from")]
pub(super) fn at(seconds: u64) -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now) + Duration::from_secs(seconds)
}
