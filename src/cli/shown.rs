//! Values as people read them: text from outside made harmless, times as "3m ago", sizes, counts.

use std::time::Duration;

use time::UtcDateTime;
use time::format_description::well_known::Rfc3339;

use crate::printable::is_invisible;

/// Longest text from outside that is shown, in characters of the original.
const TEXT_CHARS_MAX: usize = 400;

/// What stands where there is nothing.
pub(crate) const NONE: &str = "-";

/// Text from outside: as it is, but for what a terminal would obey or would not show, which is
/// escaped, and for what is longer than anything should be.
pub(crate) fn text(text: &str) -> String {
    let mut shown = String::new();
    for (at, c) in text.chars().enumerate() {
        match c {
            _ if at == TEXT_CHARS_MAX => {
                shown.push_str("...");
                break;
            }
            '"' | '\'' => shown.push(c),
            _ if is_invisible(c) => shown.extend(c.escape_unicode()),
            // A mark that changes the character before it may stand behind one.
            _ if at > 0 => shown.extend(format!("x{c}").escape_debug().skip(1)),
            _ => shown.extend(c.escape_debug()),
        }
    }
    shown
}

/// Text that may be missing.
pub(crate) fn maybe(value: Option<&str>) -> String {
    value.map_or_else(|| NONE.to_owned(), text)
}

/// A moment as the API writes it.
pub(crate) fn moment(text: &str) -> Option<UtcDateTime> {
    UtcDateTime::parse(text, &Rfc3339).ok()
}

/// A moment for people, to the second: `2026-11-27 20:11:03`.
pub(crate) fn date(at: &str) -> String {
    let Some(at) = moment(at) else { return text(at) };
    let (date, time) = (at.date(), at.time());
    let (hour, minute, second) = time.as_hms();
    format!("{date} {hour:02}:{minute:02}:{second:02}")
}

/// How long ago, or in how long.
pub(crate) fn ago(at: &str, now: UtcDateTime) -> String {
    let Some(at) = moment(at) else { return text(at) };
    match Duration::try_from(now - at) {
        Ok(past) => format!("{} ago", short(past)),
        Err(_) => format!("in {}", short((at - now).unsigned_abs())),
    }
}

/// A length of time in its largest unit: `3m`.
pub(crate) fn short(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A length of time in its two largest units: `3m 20s`.
pub(crate) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    let two = |large: u64, unit: char, small: u64, small_unit: char| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit} {small}{small_unit}"),
    };
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => two(seconds / 60, 'm', seconds % 60, 's'),
        3_600..86_400 => two(seconds / 3_600, 'h', seconds % 3_600 / 60, 'm'),
        _ => two(seconds / 86_400, 'd', seconds % 86_400 / 3_600, 'h'),
    }
}

/// Seconds as the API writes lengths of time; nonsense is nothing.
pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

/// A round trip: `12ms`.
pub(crate) fn round_trip(value: Option<f64>) -> String {
    match value {
        None => NONE.to_owned(),
        Some(value) if value < 0.001 => "<1ms".to_owned(),
        Some(value) => format!("{:.0}ms", value * 1_000.0),
    }
}

/// A size with three digits at most: `512B`, `1.2MiB`.
pub(crate) fn size(bytes: f64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if bytes < 999.5 {
        return format!("{:.0}B", bytes.max(0.0));
    }
    let mut value = bytes / 1_024.0;
    let mut unit = UNITS[0];
    for larger in &UNITS[1..] {
        if value < 999.5 {
            break;
        }
        value /= 1_024.0;
        unit = larger;
    }
    if value < 9.95 { format!("{value:.1}{unit}") } else { format!("{value:.0}{unit}") }
}

/// A number per second: `0.25`, `12`.
pub(crate) fn rate(value: f64) -> String {
    match value {
        _ if value < 0.005 => "0".to_owned(),
        _ if value < 9.995 => format!("{value:.2}"),
        _ => format!("{value:.0}"),
    }
}

/// `1 session`, `2 sessions`.
pub(crate) fn count(number: u64, one: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {one}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_plainly_whatever_its_letters() {
        for name in ["Bob", "O'Neil", "Zoë", "Жанна", "王小明", "a b", "e\u{301}", "नमस्ते"]
        {
            assert_eq!(text(name), name);
        }
    }

    #[test]
    fn what_a_terminal_would_obey_is_escaped() {
        assert_eq!(text("a\u{1b}[31m\r\n\u{7}\u{9b}"), r"a\u{1b}[31m\r\n\u{7}\u{9b}");
        assert_eq!(text("a\u{202e}b\u{200b}\u{2066}"), r"a\u{202e}b\u{200b}\u{2066}");
        assert_eq!(text("a\u{34f}\u{ad}\u{e0041}"), r"a\u{34f}\u{ad}\u{e0041}");
        assert_eq!(text(r"a\u{1b}"), r"a\\u{1b}");
        assert_eq!(text("\u{301}a"), r"\u{301}a");
    }

    #[test]
    fn long_text_is_cut() {
        assert_eq!(text(&"x".repeat(400)), "x".repeat(400));
        assert_eq!(text(&"x".repeat(401)), "x".repeat(400) + "...");
    }

    #[test]
    fn a_moment_is_so_long_ago_or_ahead() {
        let now = moment("2026-11-27T23:30:00Z").unwrap();
        for (at, said) in [
            ("2026-11-27T23:30:00.000Z", "0s ago"),
            ("2026-11-27T23:29:00.500Z", "59s ago"),
            ("2026-11-27T23:29:00.000Z", "1m ago"),
            ("2026-11-27T21:30:01Z", "1h ago"),
            ("2026-11-20T21:30:01Z", "7d ago"),
            ("2026-11-27T23:40:00Z", "in 10m"),
            ("when\u{1b}", r"when\u{1b}"),
        ] {
            assert_eq!(ago(at, now), said);
        }
        assert_eq!(date("2026-11-27T03:05:07.9Z"), "2026-11-27 03:05:07");
    }

    #[test]
    fn lengths_of_time_have_two_units_at_most() {
        let spans = [0, 59, 60, 61, 3_599, 3_600, 3_660, 86_400, 90_000];
        let shown: Vec<String> =
            spans.into_iter().map(|span_seconds| span(Duration::from_secs(span_seconds))).collect();
        let expected = ["0s", "59s", "1m", "1m 1s", "59m 59s", "1h", "1h 1m", "1d", "1d 1h"];
        assert_eq!(shown, expected);
        assert_eq!(seconds(f64::NAN) + seconds(-1.0), Duration::ZERO);
    }

    #[test]
    fn sizes_and_rates_are_short() {
        for (bytes, shown) in [
            (0.0, "0B"),
            (-1.0, "0B"),
            (999.0, "999B"),
            (1_000.0, "1.0KiB"),
            (1_536.0, "1.5KiB"),
            (262_144.0, "256KiB"),
            (1_048_576.0, "1.0MiB"),
            (13.0 * 1_073_741_824.0, "13GiB"),
        ] {
            assert_eq!(size(bytes), shown);
        }
        assert!(size(1e30).ends_with("PiB"));
        assert_eq!([0.0, 0.25, 9.99, 12.3].map(rate), ["0", "0.25", "9.99", "12"]);
        assert_eq!([1, 0, 2].map(|n| count(n, "ban")), ["1 ban", "0 bans", "2 bans"]);
        assert_eq!(round_trip(Some(0.0123)), "12ms");
        assert_eq!([Some(0.000_9), None].map(round_trip), ["<1ms", "-"]);
    }
}
