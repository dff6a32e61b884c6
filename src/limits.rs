//! What slows people down: rates, permits and delays. All of it is told the time and bounded in
//! memory; nothing here closes a connection or drops a line.

pub mod permits;
pub mod rate;
pub mod takeovers;

/// Time for tests of what is told the time.
#[cfg(test)]
pub(crate) mod clock {
    use std::time::Instant;

    /// Some instant to count from.
    #[allow(
        clippy::disallowed_methods,
        reason = "tests of pure code need an instant to start from"
    )]
    pub(crate) fn start() -> Instant {
        Instant::now()
    }
}
