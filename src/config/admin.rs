//! `[admin]`: the side that is for the game's staff.

use std::path::PathBuf;

use super::file_name::FileName;
use super::section::section;
use super::value::{Count, Switch};

section! {
    /// `[admin]`: who may use the admin's listener, and how.
    pub struct AdminConfig {
        /// The file with the tokens that open it; made, with one, if it is not there.
        pub token_file: PathBuf = PathBuf::from("admin.token"), FileName;
        /// Listeners for it may be on addresses that other machines reach.
        pub remote: bool = false, Switch;
        /// Wrong tokens in a minute; over it they are answered without being looked at.
        pub refusals_per_minute: u32 = 30, Count(1..=100_000);
        /// Connections to it at the same time.
        pub connections_max: usize = 64, Count(1..=10_000);
    }
}
