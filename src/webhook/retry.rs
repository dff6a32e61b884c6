//! How long a delivery that failed rests before it is tried again (pure).

use std::time::Duration;

/// After the first attempt; it doubles with each.
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(5 * 60);

/// The longest that the other side can have it wait.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(15 * 60);

/// The pause after so many attempts before this one. `chance` is from 0 to 1: those who failed at the
/// same moment do not come back at the same moment.
pub(super) fn pause(attempts: u32, retry_after: Option<Duration>, chance: f64) -> Duration {
    let doubled = PAUSE_MIN.saturating_mul(1_u32.checked_shl(attempts).unwrap_or(u32::MAX));
    let own = doubled.min(PAUSE_MAX).mul_f64(0.5 + chance.clamp(0.0, 1.0) / 2.0);
    own.max(retry_after.unwrap_or_default().min(RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_grow_up_to_a_bound_and_differ() {
        for (attempts, longest) in [(1, 1), (2, 2), (3, 4), (9, 256), (10, 300), (40, 300)] {
            let longest = longest * SECOND;
            assert_eq!(pause(attempts, None, 1.0), longest);
            assert_eq!(pause(attempts, None, 0.0), longest / 2);
        }
    }

    #[test]
    fn the_other_side_can_have_it_wait_longer_but_not_for_ever() {
        assert_eq!(pause(0, Some(30 * SECOND), 0.5), 30 * SECOND);
        assert_eq!(pause(6, Some(SECOND), 1.0), 32 * SECOND, "never shorter");
        assert_eq!(pause(0, Some(Duration::MAX), 0.5), RETRY_AFTER_MAX);
    }
}
