//! `[store]`: what outlives mudkeep.

use std::path::PathBuf;
use std::time::Duration;

use toml::de::DeValue;

use super::section::section;
use super::value::{Count, DAY, HOUR, Kind, Refusal, Time};

section! {
    /// `[store]`: what outlives mudkeep, so that a token from before a restart gets a clear answer
    /// and what was revoked stays so. Nothing in it lets anybody in.
    pub struct StoreConfig {
        /// The file; `None` (`""`): nothing outlives mudkeep.
        pub path: Option<PathBuf> = None, FilePath;
        /// Sessions that are over and still known.
        pub ended_sessions_max: usize = 10_000, Count(1..=1_000_000);
        /// Users and networks that may be banned.
        pub bans_max: usize = 10_000, Count(1..=1_000_000);
        /// How long they are known.
        pub ended_sessions_keep: Duration = DAY, Time(HOUR..=30 * DAY);
    }
}

/// The name of a file, or `""` for none.
struct FilePath;

impl Kind for FilePath {
    type Value = Option<PathBuf>;

    fn read(&self, value: &DeValue<'_>) -> Result<Option<PathBuf>, Refusal> {
        match value {
            DeValue::String(name) if name.is_empty() => Ok(None),
            DeValue::String(name) if name.contains('\0') => {
                self.refuse("a file name with a zero byte".to_owned())
            }
            DeValue::String(name) => Ok(Some(PathBuf::from(name.as_ref()))),
            _ => self.refuse_type(value, "a string"),
        }
    }

    fn allowed(&self) -> String {
        "the name of a file, or \"\" for none".to_owned()
    }
}
