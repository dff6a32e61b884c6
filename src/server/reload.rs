//! SIGHUP: the configuration is read again. A file that is not good changes nothing.

use std::path::Path;

use super::Server;
use crate::config::{Config, ConfigError};
use crate::events::{About, What};
use crate::open_files;

impl Server {
    /// Reads the file again and puts it in force, if all of it is good; else what is wrong with it
    /// is logged.
    pub async fn reload(&self, file: &Path) {
        self.followers.reopen();
        let path = file.to_owned();
        // Reading may take a while, which players need not feel.
        let load = self.tracker.spawn_blocking(move || Config::load(&path));
        match load.await {
            Ok(Ok(config)) => {
                let changed = self.gate.reload(&config).changed;
                let needs_files = |key: &String| {
                    ["limits.connections_max", "limits.sessions_max"].contains(&&**key)
                };
                if changed.iter().any(needs_files) {
                    open_files::raise(&config.limits);
                }
            }
            Ok(Err(error)) => {
                refuse(&error);
                self.tell(false);
            }
            Err(error) => {
                tracing::error!(%error, "the configuration was not read");
                self.tell(false);
            }
        }
    }

    fn tell(&self, ok: bool) {
        self.gate.events().emit(About::default(), What::Reloaded { ok });
    }
}

fn refuse(error: &ConfigError) {
    match error {
        ConfigError::Unreadable { .. } => tracing::error!("{error}"),
        ConfigError::Problems(problems) => {
            problems.0.iter().for_each(|problem| tracing::error!("{}", problem.on_one_line()));
        }
    }
    tracing::error!("the configuration was not good and nothing is changed");
}
