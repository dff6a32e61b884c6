//! How each kind of value is written in the file, and how it is shown again: sizes, times, counts,
//! words out of a few. A kind reads one TOML value or says what it found and what it allows.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml::de::DeValue;

use super::problem::nearest;

/// Sizes, in bytes.
pub(super) const KIB: usize = 1 << 10;
pub(super) const MIB: usize = 1 << 20;

/// Times.
pub(super) const SECOND: Duration = Duration::from_secs(1);
pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(86_400);

/// Longest value that a message repeats, in characters.
const QUOTE_CHARS_MAX: usize = 40;

/// Why a value was not taken.
#[derive(Debug, Default)]
pub(crate) struct Refusal {
    /// What was found, in words.
    pub(crate) found: String,
    /// What would be right.
    pub(crate) allowed: Option<String>,
    /// What was probably meant.
    pub(crate) meant: Option<String>,
    /// The part of the value that is wrong, as it stands in the source.
    pub(crate) part: Option<String>,
    /// Where in the source it stands, if that is known.
    pub(crate) span: Option<Range<usize>>,
}

/// How much something is.
#[derive(Clone, Copy, PartialEq, Debug, serde::Serialize)]
#[serde(untagged)]
pub enum Amount {
    /// So many, or so many bytes.
    Whole(u64),
    /// So many seconds.
    Seconds(f64),
}

/// What is counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unit {
    /// Things.
    Count,
    /// Bytes.
    Bytes,
    /// Seconds.
    Seconds,
}

impl Unit {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Unit::Count => "count",
            Unit::Bytes => "bytes",
            Unit::Seconds => "seconds",
        }
    }
}

/// One kind of value.
pub(crate) trait Kind {
    /// What it is once read.
    type Value;

    /// Reads it.
    fn read(&self, value: &DeValue<'_>) -> Result<Self::Value, Refusal>;

    /// What may be written, in words.
    fn allowed(&self) -> String;

    /// What it counts, if it counts anything.
    fn unit(&self) -> Option<Unit> {
        None
    }

    /// How much of that.
    fn amount(&self, _value: &Self::Value) -> Option<Amount> {
        None
    }

    /// The refusal that says what is allowed.
    fn refusal(&self, found: String) -> Refusal {
        Refusal { found, allowed: Some(self.allowed()), ..Refusal::default() }
    }

    /// Refuses and says what is allowed.
    fn refuse<T>(&self, found: String) -> Result<T, Refusal> {
        Err(self.refusal(found))
    }

    /// The value is of another TOML type than this kind is written in.
    fn refuse_type<T>(&self, value: &DeValue<'_>, wanted: &str) -> Result<T, Refusal> {
        self.refuse(format!("found {}, not {wanted}", described(value)))
    }
}

/// A value as a message names it.
pub(super) fn described(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("the string {}", quoted(text)),
        DeValue::Integer(number) => format!("the number {}", shortened(&number.to_string())),
        DeValue::Float(number) => format!("the number {}", shortened(number.as_str())),
        DeValue::Boolean(value) => format!("the value {value}"),
        DeValue::Datetime(_) => "a date or time of day".to_owned(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

/// Text in quotes, short and printable.
pub(crate) fn quoted(text: &str) -> String {
    format!("{:?}", shortened(text))
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTE_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push_str("...");
    }
    short
}

fn number_of(value: &DeValue<'_>) -> Option<i128> {
    let DeValue::Integer(number) = value else { return None };
    let read = i128::from_str_radix(number.as_str(), number.radix());
    // Only a number of digits without end is not one: larger than any limit, whatever it is.
    Some(read.unwrap_or(if number.as_str().starts_with('-') { i128::MIN } else { i128::MAX }))
}

/// A plain number within `range`.
pub(super) struct Count<T>(pub(super) RangeInclusive<T>);

impl<T: Copy + Display + TryFrom<i128> + TryInto<u64> + PartialOrd> Kind for Count<T> {
    type Value = T;

    fn read(&self, value: &DeValue<'_>) -> Result<T, Refusal> {
        let Some(number) = number_of(value) else {
            return self.refuse_type(value, "a whole number");
        };
        match T::try_from(number) {
            Ok(count) if self.0.contains(&count) => Ok(count),
            Ok(count) => self.refuse(out_of_range(value, count < *self.0.start(), "number")),
            Err(_) => self.refuse(out_of_range(value, number < 0, "number")),
        }
    }

    fn unit(&self) -> Option<Unit> {
        Some(Unit::Count)
    }

    fn amount(&self, value: &T) -> Option<Amount> {
        (*value).try_into().ok().map(Amount::Whole)
    }

    fn allowed(&self) -> String {
        format!("a number from {} to {}", self.0.start(), self.0.end())
    }
}

fn out_of_range(value: &DeValue<'_>, low: bool, what: &str) -> String {
    let which = if low { "low" } else { "high" };
    match value {
        DeValue::String(text) => format!("{} is too {which} a {what}", quoted(text)),
        _ => format!("{} is too {which}", described(value)),
    }
}

/// A size in bytes: `"256KiB"`, `"1MiB"`, `"512B"`, or a plain number.
pub(super) struct Size(pub(super) RangeInclusive<usize>);

impl Kind for Size {
    type Value = usize;

    fn read(&self, value: &DeValue<'_>) -> Result<usize, Refusal> {
        let bytes = match (value, number_of(value)) {
            (_, Some(number)) => usize::try_from(number).unwrap_or(usize::MAX),
            (DeValue::String(text), _) => size_of(text).map_err(|meant| Refusal {
                found: format!("{} is not a size", quoted(text)),
                allowed: Some(self.allowed()),
                meant,
                ..Refusal::default()
            })?,
            _ => return self.refuse_type(value, "a size"),
        };
        if number_of(value).is_some_and(|number| number < 0) || bytes < *self.0.start() {
            return self.refuse(out_of_range(value, true, "size"));
        }
        if bytes > *self.0.end() {
            return self.refuse(out_of_range(value, false, "size"));
        }
        Ok(bytes)
    }

    fn unit(&self) -> Option<Unit> {
        Some(Unit::Bytes)
    }

    fn amount(&self, value: &usize) -> Option<Amount> {
        Some(Amount::Whole(*value as u64))
    }

    fn allowed(&self) -> String {
        let (low, high) = (show_size(*self.0.start()), show_size(*self.0.end()));
        format!("a size from \"{low}\" to \"{high}\" (units B, KiB, MiB; a plain number is bytes)")
    }
}

/// Digits and the unit after them.
fn digits_and_unit(text: &str) -> (&str, &str) {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at(digits)
}

/// The size that is written, too large a one as the largest; or what it was probably meant to be.
fn size_of(text: &str) -> Result<usize, Option<String>> {
    let (digits, unit) = digits_and_unit(text);
    let times = match unit {
        "B" => 1,
        "KiB" => KIB,
        "MiB" => MIB,
        "" if !digits.is_empty() => return Err(Some(format!("\"{}B\"", shortened(digits)))),
        _ => return Err(meant_size(digits, unit)),
    };
    if digits.is_empty() {
        return Err(None);
    }
    Ok(digits.parse().map_or(usize::MAX, |number: usize| number.saturating_mul(times)))
}

fn meant_size(digits: &str, unit: &str) -> Option<String> {
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "k" | "kb" | "kib" => "KiB",
        "m" | "mb" | "mib" => "MiB",
        "b" | "byte" | "bytes" => "B",
        _ => return None,
    };
    (!digits.is_empty()).then(|| format!("\"{}{unit}\"", shortened(digits)))
}

/// A size as it would be written in the file.
#[must_use]
pub fn show_size(bytes: usize) -> String {
    match bytes {
        0 => "0B".to_owned(),
        _ if bytes.is_multiple_of(MIB) => format!("{}MiB", bytes / MIB),
        _ if bytes.is_multiple_of(KIB) => format!("{}KiB", bytes / KIB),
        _ => format!("{bytes}B"),
    }
}

/// A length of time: `"500ms"`, `"30s"`, `"10m"`, `"1h"`, `"7d"`.
pub(super) struct Time(pub(super) RangeInclusive<Duration>);

impl Kind for Time {
    type Value = Duration;

    fn read(&self, value: &DeValue<'_>) -> Result<Duration, Refusal> {
        if let (Some(number), DeValue::Integer(_)) = (number_of(value), value) {
            let found = format!("found {}, a time without its unit", described(value));
            let meant = (number >= 0).then(|| format!("\"{}s\"", shortened(&number.to_string())));
            return Err(Refusal {
                found,
                allowed: Some(self.allowed()),
                meant,
                ..Refusal::default()
            });
        }
        let DeValue::String(text) = value else { return self.refuse_type(value, "a time") };
        let time = time_of(text).map_err(|meant| Refusal {
            found: format!("{} is not a time", quoted(text)),
            allowed: Some(self.allowed()),
            meant,
            ..Refusal::default()
        })?;
        if self.0.contains(&time) {
            return Ok(time);
        }
        let which = if time < *self.0.start() { "short" } else { "long" };
        self.refuse(format!("{} is too {which} a time", quoted(text)))
    }

    fn unit(&self) -> Option<Unit> {
        Some(Unit::Seconds)
    }

    fn amount(&self, value: &Duration) -> Option<Amount> {
        Some(Amount::Seconds(value.as_secs_f64()))
    }

    fn allowed(&self) -> String {
        let (low, high) = (show_time(*self.0.start()), show_time(*self.0.end()));
        format!("a time from \"{low}\" to \"{high}\" (units ms, s, m, h, d)")
    }
}

/// Reads a time that is written as in the file, but in another place.
///
/// # Errors
/// What is wrong with it, and what is allowed.
pub fn read_time(text: &str, range: RangeInclusive<Duration>) -> Result<Duration, String> {
    Time(range).read(&DeValue::String(text.into())).map_err(|refusal| {
        let meant = refusal.meant.map(|meant| format!("; did you mean {meant}?"));
        let allowed = refusal.allowed.unwrap_or_default();
        format!("{}: expected {allowed}{}", refusal.found, meant.unwrap_or_default())
    })
}

/// The time that is written, too long a one as the longest; or what it was probably meant to be.
fn time_of(text: &str) -> Result<Duration, Option<String>> {
    let (digits, unit) = digits_and_unit(text);
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(meant_time(digits, unit)),
    };
    if digits.is_empty() {
        return Err(None);
    }
    let number = digits.parse().unwrap_or(u64::MAX);
    Ok(Duration::from_millis(number.saturating_mul(millis)))
}

fn meant_time(digits: &str, unit: &str) -> Option<String> {
    let unit = match unit.trim().to_ascii_lowercase().as_str() {
        "ms" | "msec" | "millisecond" | "milliseconds" => "ms",
        "" | "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hr" | "hour" | "hours" => "h",
        "d" | "day" | "days" => "d",
        _ => return None,
    };
    (!digits.is_empty()).then(|| format!("\"{}{unit}\"", shortened(digits)))
}

/// A time as it would be written in the file; parts of a millisecond are dropped.
#[must_use]
pub fn show_time(time: Duration) -> String {
    let millis = time.as_millis();
    for (unit, length) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if millis >= length && millis.is_multiple_of(length) {
            return format!("{}{unit}", millis / length);
        }
    }
    if millis == 0 { "0s".to_owned() } else { format!("{millis}ms") }
}

/// `true` or `false`.
pub(super) struct Switch;

impl Kind for Switch {
    type Value = bool;

    fn read(&self, value: &DeValue<'_>) -> Result<bool, Refusal> {
        match value {
            DeValue::Boolean(on) => Ok(*on),
            _ => self.refuse_type(value, "true or false"),
        }
    }

    fn allowed(&self) -> String {
        "true or false, without quotes".to_owned()
    }
}

/// One word out of a few, each standing for a value.
pub(super) struct Choice<T: 'static>(pub(super) &'static [(&'static str, T)]);

impl<T: Copy> Kind for Choice<T> {
    type Value = T;

    fn read(&self, value: &DeValue<'_>) -> Result<T, Refusal> {
        let DeValue::String(text) = value else { return self.refuse_type(value, "a string") };
        let words = || self.0.iter().map(|(word, _)| *word);
        match self.0.iter().find(|(word, _)| word == text) {
            Some((_, chosen)) => Ok(*chosen),
            None => Err(Refusal {
                found: format!("{} is not one of the words allowed", quoted(text)),
                allowed: Some(self.allowed()),
                meant: nearest(text, words()).map(quoted),
                ..Refusal::default()
            }),
        }
    }

    fn allowed(&self) -> String {
        one_of(self.0.iter().map(|(word, _)| *word))
    }
}

/// Words in quotes, with commas.
pub(super) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// Another kind, or a word that says where the value comes from instead.
pub(super) struct Or<K>(pub(super) &'static str, pub(super) K);

impl<K: Kind> Kind for Or<K> {
    type Value = Option<K::Value>;

    fn read(&self, value: &DeValue<'_>) -> Result<Self::Value, Refusal> {
        match value {
            DeValue::String(text) if text == self.0 => Ok(None),
            _ => self
                .1
                .read(value)
                .map(Some)
                .map_err(|refusal| Refusal { allowed: Some(self.allowed()), ..refusal }),
        }
    }

    fn unit(&self) -> Option<Unit> {
        self.1.unit()
    }

    fn amount(&self, value: &Self::Value) -> Option<Amount> {
        value.as_ref().and_then(|value| self.1.amount(value))
    }

    fn allowed(&self) -> String {
        format!("{}, or {}", quoted(self.0), self.1.allowed())
    }
}

/// A string that a function reads.
pub(super) struct Written<T> {
    pub(super) allowed: &'static str,
    pub(super) read: fn(&str) -> Result<T, String>,
}

impl<T> Kind for Written<T> {
    type Value = T;

    fn read(&self, value: &DeValue<'_>) -> Result<T, Refusal> {
        let DeValue::String(text) = value else { return self.refuse_type(value, "a string") };
        (self.read)(text).or_else(|found| self.refuse(found))
    }

    fn allowed(&self) -> String {
        self.allowed.to_owned()
    }
}

/// A list of things of one kind, at most so many.
pub(super) struct Many<K>(pub(super) usize, pub(super) K);

impl<K: Kind> Kind for Many<K> {
    type Value = Vec<K::Value>;

    fn read(&self, value: &DeValue<'_>) -> Result<Vec<K::Value>, Refusal> {
        let DeValue::Array(all) = value else { return self.refuse_type(value, "a list") };
        if all.len() > self.0 {
            return self.refuse(format!("more than {} in one list", self.0));
        }
        all.iter().map(|one| self.1.read(one.get_ref())).collect()
    }

    fn allowed(&self) -> String {
        format!("a list in square brackets, each {}", self.1.allowed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `kind` makes of `value`, written as in a file; an error as found, allowed, meant.
    fn read<K: Kind>(kind: &K, value: &str) -> Result<K::Value, (String, String, Option<String>)> {
        let value = DeValue::parse(value).unwrap();
        let said =
            |refusal: Refusal| (refusal.found, refusal.allowed.unwrap_or_default(), refusal.meant);
        kind.read(value.get_ref()).map_err(said)
    }

    #[test]
    fn a_size_is_a_number_with_its_unit_or_of_bytes() {
        let size = Size(0..=usize::MAX);
        for (text, bytes) in [
            ("\"0B\"", 0),
            ("\"512B\"", 512),
            ("\"256KiB\"", 256 * KIB),
            ("\"1MiB\"", MIB),
            ("\"007KiB\"", 7 * KIB),
            ("65536", 65_536),
            ("0x10", 16),
        ] {
            assert_eq!(read(&size, text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused_with_what_was_meant() {
        let size = Size(0..=MIB);
        for (text, meant) in [
            ("\"\"", None),
            ("\"KiB\"", None),
            ("\"12\"", Some("\"12B\"")),
            ("\"256KB\"", Some("\"256KiB\"")),
            ("\"256 kib\"", Some("\"256KiB\"")),
            ("\"1m\"", Some("\"1MiB\"")),
            ("\"1GiB\"", None),
            ("\"1.5KiB\"", None),
            ("\"-1B\"", None),
            ("\"\u{661}B\"", None),
        ] {
            let (found, allowed, said) = read(&size, text).unwrap_err();
            assert!(found.ends_with("is not a size"), "{found}");
            assert!(allowed.starts_with("a size from \"0B\" to \"1MiB\""), "{allowed}");
            assert_eq!(said.as_deref(), meant, "{text}");
        }
    }

    #[test]
    fn a_size_is_within_its_range() {
        let size = Size(KIB..=2 * KIB);
        for (text, good) in [
            ("1023", Err("the number 1023 is too low")),
            ("1024", Ok(1024)),
            ("\"1025B\"", Ok(1025)),
            ("\"2047B\"", Ok(2047)),
            ("\"2KiB\"", Ok(2048)),
            ("\"2049B\"", Err("\"2049B\" is too high a size")),
            ("-1", Err("the number -1 is too low")),
            (
                "\"99999999999999999999999KiB\"",
                Err("\"99999999999999999999999KiB\" is too high a size"),
            ),
            ("\"18446744073709551615MiB\"", Err("\"18446744073709551615MiB\" is too high a size")),
            (
                // 1 KiB in 64 bits, were it not for the bits that are lost.
                "\"18014398509481985KiB\"",
                Err("\"18014398509481985KiB\" is too high a size"),
            ),
            ("9223372036854775807", Err("the number 9223372036854775807 is too high")),
        ] {
            let said = read(&size, text).map_err(|(found, ..)| found);
            assert_eq!(said, good.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn a_time_is_a_number_with_its_unit() {
        let time = Time(Duration::ZERO..=Duration::MAX);
        for (text, expected) in [
            ("\"0s\"", Duration::ZERO),
            ("\"500ms\"", SECOND / 2),
            ("\"90s\"", 90 * SECOND),
            ("\"30m\"", 30 * MINUTE),
            ("\"1h\"", HOUR),
            ("\"7d\"", 7 * DAY),
            ("\"18446744073709551616d\"", Duration::from_millis(u64::MAX)),
        ] {
            assert_eq!(read(&time, text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_what_was_meant() {
        let time = Time(Duration::ZERO..=DAY);
        for (text, meant) in [
            ("\"\"", None),
            ("\"m\"", None),
            ("\"30\"", Some("\"30s\"")),
            ("30", Some("\"30s\"")),
            ("-30", None),
            ("\"30 minutes\"", Some("\"30m\"")),
            ("\"10 Sec\"", Some("\"10s\"")),
            ("\"1.5h\"", None),
            ("\"1h30m\"", None),
            ("\"30 parsecs\"", None),
        ] {
            let (_, allowed, said) = read(&time, text).unwrap_err();
            assert!(allowed.starts_with("a time from \"0s\" to \"1d\""), "{allowed}");
            assert_eq!(said.as_deref(), meant, "{text}");
        }
    }

    #[test]
    fn a_time_is_within_its_range() {
        let time = Time(SECOND..=2 * SECOND);
        for (text, good) in [
            ("\"999ms\"", false),
            ("\"1000ms\"", true),
            ("\"1001ms\"", true),
            ("\"1999ms\"", true),
            ("\"2s\"", true),
            ("\"2001ms\"", false),
            ("\"1d\"", false),
        ] {
            assert_eq!(read(&time, text).is_ok(), good, "{text}");
        }
        assert_eq!(read(&time, "\"0s\"").unwrap_err().0, "\"0s\" is too short a time");
        assert_eq!(read(&time, "\"1d\"").unwrap_err().0, "\"1d\" is too long a time");
    }

    #[test]
    fn a_count_is_within_its_range() {
        let count = Count(5u32..=10);
        for (text, good) in [
            ("4", Err("the number 4 is too low")),
            ("5", Ok(5)),
            ("6", Ok(6)),
            ("9", Ok(9)),
            ("10", Ok(10)),
            ("11", Err("the number 11 is too high")),
            ("-1", Err("the number -1 is too low")),
            ("4294967296", Err("the number 4294967296 is too high")),
            ("5.0", Err("found the number 5.0, not a whole number")),
            ("\"5\"", Err("found the string \"5\", not a whole number")),
        ] {
            let said = read(&count, text).map_err(|(found, ..)| found);
            assert_eq!(said, good.map_err(str::to_owned), "{text}");
        }
    }

    #[test]
    fn a_word_is_one_of_those_allowed_or_near_one() {
        let choice = Choice(&[("stay", 1), ("close", 2)]);
        assert_eq!(read(&choice, "\"close\""), Ok(2));
        let (found, allowed, meant) = read(&choice, "\"Clsoe\"").unwrap_err();
        assert_eq!(found, "\"Clsoe\" is not one of the words allowed");
        assert_eq!(
            (allowed.as_str(), meant.as_deref()),
            ("\"stay\", \"close\"", Some("\"close\""))
        );
        assert_eq!(read(&choice, "\"banana\"").unwrap_err().2, None);
    }

    #[test]
    fn a_word_can_stand_for_another_source_of_the_value() {
        let kind = Or("preset", Count(1..=9));
        assert_eq!(read(&kind, "\"preset\""), Ok(None));
        assert_eq!(read(&kind, "9"), Ok(Some(9)));
        assert_eq!(read(&kind, "10").unwrap_err().1, "\"preset\", or a number from 1 to 9");
    }

    #[test]
    fn every_type_of_value_is_named() {
        for (value, name) in [
            ("'x'", "the string \"x\""),
            ("1", "the number 1"),
            ("1.5", "the number 1.5"),
            ("true", "the value true"),
            ("1979-05-27", "a date or time of day"),
            ("[]", "a list"),
            ("{}", "a table"),
        ] {
            assert_eq!(described(DeValue::parse(value).unwrap().get_ref()), name);
        }
        assert_eq!(read(&Switch, "1").unwrap_err().0, "found the number 1, not true or false");
    }

    #[test]
    fn a_long_value_is_not_repeated_whole() {
        assert_eq!(quoted(&"x".repeat(40)), format!("{:?}", "x".repeat(40)));
        assert_eq!(quoted(&"x".repeat(41)), format!("{:?}", "x".repeat(40) + "..."));
    }

    #[test]
    fn sizes_and_times_are_shown_as_they_are_written() {
        for bytes in [0, 1, 1023, KIB, 1025, 256 * KIB, MIB, MIB + 1, 2500 * MIB] {
            assert_eq!(size_of(&show_size(bytes)), Ok(bytes));
        }
        for millis in [0, 1, 999, 1_000, 1_500, 60_000, 90_000, 3_600_000, 86_400_000, 90_000_000] {
            let time = Duration::from_millis(millis);
            assert_eq!(time_of(&show_time(time)), Ok(time));
        }
    }
}
