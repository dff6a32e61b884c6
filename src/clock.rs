//! The one place that reads the clock: tokio's, which tests can pause.

use std::time::Instant;

/// Now, by the monotonic clock of the runtime.
#[must_use]
pub fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
