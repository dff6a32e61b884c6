//! `[log]`: what is logged, and how, and the audit log.

use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::file_name::MaybeFileName;
use super::problem::nearest;
use super::section::section;
use super::value::{Choice, Count, DAY, HOUR, KIB, Kind, MIB, Refusal, Size, Time, one_of, quoted};

/// Longest level string.
const LEVEL_BYTES_MAX: usize = 1_000;

const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// How a log line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

section! {
    /// `[log]`: what is logged, and how. It goes to standard error.
    pub struct LogConfig {
        /// How a line is written.
        pub format: LogFormat = LogFormat::Text,
            Choice(&[("text", LogFormat::Text), ("json", LogFormat::Json)]);
        /// What is logged: a level, or levels by module; always a filter that can be built.
        pub level: String = "info".to_owned(), LevelKind;
        /// The audit log; `None` (`""`): there is none.
        pub audit: Option<PathBuf> = None, MaybeFileName;
        /// How long its files are kept.
        pub audit_keep: Duration = 90 * DAY, Time(HOUR..=10_000 * DAY);
        /// Over which size it is put aside and another is begun.
        pub audit_file_bytes: usize = 64 * MIB, Size(4 * KIB..=1024 * MIB);
        /// Files that were put aside and are kept; over it the oldest are removed.
        pub audit_files_max: usize = 100, Count(1..=10_000);
    }
}

/// A level, or `module=level` pairs with commas.
struct LevelKind;

impl Kind for LevelKind {
    type Value = String;

    fn read(&self, value: &toml::de::DeValue<'_>) -> Result<String, Refusal> {
        let toml::de::DeValue::String(text) = value else {
            return self.refuse_type(value, "a string");
        };
        let text: String = text.chars().filter(|c| *c != ' ').collect();
        let parts = || text.split(',').map(|part| part.rsplit('=').next().unwrap_or_default());
        let wrong = parts().find(|level| !LEVELS.contains(&level.to_ascii_lowercase().as_str()));
        let good = wrong.is_none() && text.len() <= LEVEL_BYTES_MAX;
        if good && EnvFilter::builder().with_regex(false).parse(&text).is_ok() {
            return Ok(text);
        }
        Err(Refusal {
            found: format!("{} is not a log level", quoted(wrong.unwrap_or(&text))),
            allowed: Some(self.allowed()),
            meant: wrong.and_then(|wrong| nearest(wrong, LEVELS)).map(quoted),
            part: wrong.filter(|wrong| !wrong.is_empty()).map(str::to_owned),
            ..Refusal::default()
        })
    }

    fn allowed(&self) -> String {
        let levels = one_of(LEVELS);
        format!("{levels}, also by module such as \"info,mudkeep::login=debug\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(level: &str) -> Result<String, Refusal> {
        LevelKind.read(&toml::de::DeValue::String(level.into()))
    }

    #[test]
    fn levels_are_words_alone_or_by_module() {
        for level in ["info", "OFF", "info,mudkeep=debug", "warn,mudkeep::login=trace"] {
            assert_eq!(read(level).unwrap(), level);
        }
        assert_eq!(read(" warn, mudkeep = debug").unwrap(), "warn,mudkeep=debug");
    }

    #[test]
    fn a_word_that_is_no_level_is_refused_though_the_filter_would_take_it_for_a_module() {
        for (level, meant) in [("debg", Some("\"debug\"")), ("info,mudkeep=inof", Some("\"info\""))]
        {
            assert_eq!(read(level).unwrap_err().meant.as_deref(), meant);
        }
        for level in ["", ",", "=", "info,", "mudkeep=", "a=b=c"] {
            assert!(read(level).is_err(), "{level}");
        }
        assert!(read(&format!("{}=info", "m".repeat(LEVEL_BYTES_MAX))).is_err());
    }
}
