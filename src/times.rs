//! Points in time as programs read them: RFC 3339 in UTC, with milliseconds.

use std::time::{Duration, Instant};

use serde::Serializer;
use time::UtcDateTime;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use crate::clock;

/// How a time is written: `2026-11-27T23:30:00.123Z`.
#[must_use]
pub fn show_time(time: UtcDateTime) -> String {
    let format =
        format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3]Z");
    time.format(format).unwrap_or_default()
}

/// Writes a time into JSON.
///
/// # Errors
/// The serializer's.
pub fn serialize_time<S: Serializer>(time: &UtcDateTime, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&show_time(*time))
}

/// The time that a text in RFC 3339 says, whatever its offset.
#[must_use]
pub fn parse_time(text: &str) -> Option<UtcDateTime> {
    time::OffsetDateTime::parse(text, &Rfc3339).ok().map(|time| time.to_utc())
}

/// A time since 1970, as the store has them.
#[must_use]
pub fn since_1970(time: Duration) -> UtcDateTime {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    let whole = UtcDateTime::from_unix_timestamp(seconds).unwrap_or(UtcDateTime::MAX);
    whole.checked_add(time::Duration::nanoseconds(time.subsec_nanos().into())).unwrap_or(whole)
}

/// The time since 1970 that a date stands for; none before 1970.
#[must_use]
pub fn to_1970(time: UtcDateTime) -> Option<Duration> {
    (time - UtcDateTime::UNIX_EPOCH).try_into().ok()
}

/// What a moment of the monotonic clock is by the system's, as both are now.
#[must_use]
pub fn shown_at(moment: Instant) -> UtcDateTime {
    let (now, shown) = (clock::now(), clock::shown());
    let ago = time::Duration::try_from(now.saturating_duration_since(moment)).unwrap_or_default();
    let ahead = time::Duration::try_from(moment.saturating_duration_since(now)).unwrap_or_default();
    shown.checked_sub(ago).and_then(|time| time.checked_add(ahead)).unwrap_or(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_as_it_was_written() {
        let text = "2026-11-27T23:30:00.120Z";
        assert_eq!(show_time(parse_time(text).unwrap()), text);
        let elsewhere = parse_time("2026-11-28T01:30:00.12+02:00").unwrap();
        assert_eq!(show_time(elsewhere), text);
        for bad in ["", "tomorrow", "2026-11-27", "2026-13-27T00:00:00Z"] {
            assert_eq!(parse_time(bad), None, "{bad}");
        }
    }

    #[test]
    fn times_since_1970_are_dates_and_back() {
        let time = Duration::from_millis(1_795_822_200_123);
        assert_eq!(to_1970(since_1970(time)), Some(time));
        assert_eq!(to_1970(parse_time("1969-12-31T23:59:59Z").unwrap()), None);
        assert_eq!(since_1970(Duration::MAX), UtcDateTime::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_moment_is_shown_by_the_other_clock() {
        let now = clock::now();
        let (before, after) = (shown_at(now - Duration::from_secs(1)), shown_at(now));
        assert!(after - before >= time::Duration::milliseconds(900));
        let later = shown_at(now + Duration::from_secs(60));
        assert!(later - after >= time::Duration::seconds(59));
    }
}
