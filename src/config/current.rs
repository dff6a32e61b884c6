//! The configuration as it is now, and what of another one can take its place while mudkeep runs.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};

use super::section::Keyed;
use super::{AdminConfig, Config, GameConfig, Limits, LogConfig, StoreConfig, WebhookConfig};

/// The configuration that holds now, shared by all who ask for it.
#[derive(Clone, Debug)]
pub struct Current(Arc<ArcSwap<Config>>);

impl Current {
    /// This one, for now.
    #[must_use]
    pub fn new(config: Arc<Config>) -> Current {
        Current(Arc::new(ArcSwap::new(config)))
    }

    /// To be looked at for a moment, not over an await: whoever waits takes [`Current::shared`].
    #[must_use]
    pub fn now(&self) -> Guard<Arc<Config>> {
        self.0.load()
    }

    /// To be kept.
    #[must_use]
    pub fn shared(&self) -> Arc<Config> {
        self.0.load_full()
    }

    /// Whether this is the one that holds.
    #[must_use]
    pub fn is(&self, config: &Arc<Config>) -> bool {
        Arc::ptr_eq(&self.0.load(), config)
    }

    /// Another one holds from now on.
    pub fn replace(&self, config: Arc<Config>) {
        self.0.store(config);
    }
}

/// The names of keys, each in full: `limits.sessions_max`.
pub type Keys = Vec<String>;

impl Config {
    /// This configuration with everything of `new` that can change while mudkeep runs.
    #[must_use]
    pub fn with_changes_of(&self, new: &Config) -> Config {
        Config {
            listen: self.listen.clone(),
            game: GameConfig {
                address: self.game.address.clone(),
                charset: self.game.charset,
                telnet: self.game.telnet,
                iac: self.game.iac,
                ..new.game.clone()
            },
            limits: Limits {
                threads_max: self.limits.threads_max,
                events_max: self.limits.events_max,
                ..new.limits.clone()
            },
            admin: AdminConfig {
                refusals_per_minute: new.admin.refusals_per_minute,
                connections_max: new.admin.connections_max,
                ..self.admin.clone()
            },
            store: StoreConfig {
                path: self.store.path.clone(),
                bans_max: self.store.bans_max,
                ..new.store.clone()
            },
            log: LogConfig {
                format: self.log.format,
                audit: self.log.audit.clone(),
                ..new.log.clone()
            },
            webhook: WebhookConfig {
                url: self.webhook.url.clone(),
                secret_file: self.webhook.secret_file.clone(),
                ca_file: self.webhook.ca_file.clone(),
                ..new.webhook.clone()
            },
            login: new.login.clone(),
            session: new.session.clone(),
            token: new.token.clone(),
            texts: new.texts.clone(),
        }
    }

    /// The keys that another configuration has otherwise, in the order of the sections.
    #[must_use]
    pub fn differing(&self, other: &Config) -> Keys {
        let Config {
            game,
            listen,
            login,
            session,
            token,
            limits,
            texts,
            store,
            admin,
            log,
            webhook,
        } = self;
        let mut keys = Keys::new();
        let mut add = |section: &str, names: Vec<&str>| {
            keys.extend(names.into_iter().map(|name| format!("{section}.{name}")));
        };
        add("game", game.differing(&other.game));
        add("login", login.differing(&other.login));
        add("session", session.differing(&other.session));
        add("token", token.differing(&other.token));
        add("limits", limits.differing(&other.limits));
        add("texts", texts.differing(&other.texts));
        add("admin", admin.differing(&other.admin));
        add("store", store.differing(&other.store));
        add("log", log.differing(&other.log));
        add("webhook", webhook.differing(&other.webhook));
        if *listen != other.listen {
            keys.push("listen".to_owned());
        }
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::GameAddress;

    fn config(text: &str) -> Config {
        Config::parse("f", &format!("game.address = \"a:1\"\n{text}")).unwrap()
    }

    #[test]
    fn each_key_that_is_otherwise_is_named_once() {
        let (old, new) = (
            config(""),
            config(
                "limits = { sessions_max = 5, lines_burst = 7 }\ntexts.slow = \"Slow.\"\n\
                 session.hold = \"1h\"\nlogin = { preset = \"mux\", lines_max = 3 }\n\
                 log = { level = \"debug\", format = \"json\" }\ntoken.ttl = \"2h\"\n\
                 store.path = \"f\"\ngame.charset = \"latin1\"\n[[listen]]\naddress = \"[::]:23\"",
            ),
        );
        let keys = [
            "game.charset",
            "login.preset",
            "login.lines_max",
            "session.hold",
            "token.ttl",
            "limits.sessions_max",
            "limits.lines_burst",
            "texts.slow",
            "store.path",
            "log.format",
            "log.level",
            "listen",
        ];
        assert_eq!(old.differing(&new), keys);
        assert_eq!(new.differing(&old), keys);
        assert!(old.differing(&old.clone()).is_empty());
    }

    #[test]
    fn what_needs_a_restart_stays_and_all_else_is_taken() {
        let old = config("");
        let new = config(
            "game.charset = \"latin1\"\ngame.telnet = \"none\"\ngame.iac = \"raw8\"\n\
             game.on_down = \"stay\"\n\
             limits = { sessions_max = 5, threads_max = 3, events_max = 99 }\n\
             admin = { token_file = \"t\", remote = true, refusals_per_minute = 9 }\n\
             store = { path = \"f\", bans_max = 5, ended_sessions_max = 6 }\n\
             log = { level = \"debug\", format = \"json\", audit = \"a\", audit_keep = \"9d\" }\n\
             webhook = { url = \"http://a/\", secret_file = \"s\", ca_file = \"c\", timeout = \"9s\" }\n\
             listen = [{ address = \"[::]:23\" }]",
        );
        let address = GameAddress::At("b:2".parse().unwrap());
        let new = Config { game: GameConfig { address, ..new.game.clone() }, ..new };
        let taken = old.with_changes_of(&new);
        let changed = [
            "game.on_down",
            "limits.sessions_max",
            "admin.refusals_per_minute",
            "store.ended_sessions_max",
            "log.level",
            "log.audit_keep",
            "webhook.timeout",
        ];
        assert_eq!(old.differing(&taken), changed);
        let needs_restart = [
            "game.address",
            "game.charset",
            "game.telnet",
            "game.iac",
            "limits.events_max",
            "limits.threads_max",
            "admin.token_file",
            "admin.remote",
            "store.path",
            "store.bans_max",
            "log.format",
            "log.audit",
            "webhook.url",
            "webhook.secret_file",
            "webhook.ca_file",
            "listen",
        ];
        assert_eq!(taken.differing(&new), needs_restart);
    }
}
