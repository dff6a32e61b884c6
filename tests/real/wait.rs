//! Waiting for other programs, which keep their own time: there is no clock here to pause.

#![allow(clippy::disallowed_methods, reason = "other programs run by the real clock")]

use std::thread;
use std::time::{Duration, Instant};

/// How long anything that a person would wait for may take, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Asks every few milliseconds until there is an answer; `None` when the time is up.
pub(crate) fn within<T>(limit: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + limit;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() >= end {
            return None;
        }
        thread::sleep(Duration::from_millis(20));
    }
}

/// Watches for the whole time that something does not happen; `Err` with what did.
pub(crate) fn never_within<T>(limit: Duration, ask: impl FnMut() -> Option<T>) -> Result<(), T> {
    within(limit, ask).map_or(Ok(()), Err)
}
