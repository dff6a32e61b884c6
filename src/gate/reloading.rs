//! Another configuration while mudkeep runs. Nobody is disconnected by it.

use std::sync::{Arc, PoisonError};

use super::Gate;
use crate::config::{Config, Current, Keys};
use crate::events::{About, What};
use crate::{logging, settings};

/// What came of another configuration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reloaded {
    /// The keys that have other values now.
    pub changed: Keys,
    /// The keys that would have, and need a restart.
    pub needs_restart: Keys,
}

impl Gate {
    /// Whatever configuration holds, now and later.
    #[must_use]
    pub fn current_config(&self) -> Current {
        self.config.clone()
    }

    /// Puts another configuration in force, but for what needs a restart. Limits, rates and texts
    /// hold for everybody at once. What has begun goes on as it began: a dialogue, a connection's
    /// heartbeat and longest line, a session's history and preset; and whoever is away is not waited
    /// for a shorter time than was promised.
    pub fn reload(&self, new: &Config) -> Reloaded {
        let _one = self.reloading.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.config.shared();
        let config = Arc::new(old.with_changes_of(new));
        let reloaded =
            Reloaded { changed: old.differing(&config), needs_restart: config.differing(new) };
        if !reloaded.changed.is_empty() {
            self.put_in_force(&config);
        }
        tracing::info!(changed = %list(&reloaded.changed), "the configuration was read again");
        if !reloaded.needs_restart.is_empty() {
            let keys = list(&reloaded.needs_restart);
            tracing::warn!(%keys, "what was changed here needs a restart and is as it was");
        }
        self.events.emit(About::default(), What::Reloaded { ok: true });
        reloaded
    }

    fn put_in_force(&self, config: &Arc<Config>) {
        let limits = &config.limits;
        self.config.replace(config.clone());
        if let Err(error) = logging::set_level(&config.log) {
            tracing::warn!(%error, "log.level is as it was");
        }
        self.dials.set_max(limits.dials_parallel_max);
        self.checks.set_max(limits.password_checks_parallel_max);
        self.logins.set_limits(settings::permit_limits(limits));
        self.memory.set_max(limits.history_bytes_total);
        self.store.set_limits(&config.store);
        self.registry.set_rules();
        for session in self.registry.sessions() {
            session.with(|core| core.set_config(config.clone()));
        }
    }
}

fn list(keys: &Keys) -> String {
    if keys.is_empty() { "nothing".to_owned() } else { keys.join(", ") }
}
