//! `[store]`: what outlives mudkeep.

use std::path::PathBuf;
use std::time::Duration;

use super::file_name::MaybeFileName;
use super::section::section;
use super::value::{Count, DAY, HOUR, Time};

section! {
    /// `[store]`: what outlives mudkeep, so that a token from before a restart gets a clear answer
    /// and what was revoked stays so. Nothing in it lets anybody in.
    pub struct StoreConfig {
        /// The file; `None` (`""`): nothing outlives mudkeep.
        pub path: Option<PathBuf> = None, MaybeFileName;
        /// Sessions that are over and still known.
        pub ended_sessions_max: usize = 10_000, Count(1..=1_000_000);
        /// Bans that there may be, of users and networks.
        pub bans_max: usize = 10_000, Count(1..=1_000_000);
        /// How long they are known.
        pub ended_sessions_keep: Duration = DAY, Time(HOUR..=30 * DAY);
    }
}
