//! How each kind of value is written in the file, and how it is shown again: sizes, times, counts,
//! words out of a few. A kind reads one TOML value or says what it found and what it allows.

use std::fmt::Display;
use std::ops::RangeInclusive;
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
}

/// One kind of value.
pub(crate) trait Kind {
    /// What it is once read.
    type Value;

    /// Reads it.
    fn read(&self, value: &DeValue<'_>) -> Result<Self::Value, Refusal>;

    /// What may be written, in words.
    fn allowed(&self) -> String;

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

impl<T: Copy + Display + TryFrom<i128> + PartialOrd> Kind for Count<T> {
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
                part: None,
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
            return Err(Refusal { found, allowed: Some(self.allowed()), meant, part: None });
        }
        let DeValue::String(text) = value else { return self.refuse_type(value, "a time") };
        let time = time_of(text).map_err(|meant| Refusal {
            found: format!("{} is not a time", quoted(text)),
            allowed: Some(self.allowed()),
            meant,
            part: None,
        })?;
        if self.0.contains(&time) {
            return Ok(time);
        }
        let which = if time < *self.0.start() { "short" } else { "long" };
        self.refuse(format!("{} is too {which} a time", quoted(text)))
    }

    fn allowed(&self) -> String {
        let (low, high) = (show_time(*self.0.start()), show_time(*self.0.end()));
        format!("a time from \"{low}\" to \"{high}\" (units ms, s, m, h, d)")
    }
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
                part: None,
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
