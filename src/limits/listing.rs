//! Every limit by name, with what there is of what it limits: for whoever administers.

use serde::Serialize;

use crate::config::{Amount, Config, Limits, Unit};
use crate::registry::Counts;

/// One limit.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// Its key in `[limits]`.
    pub name: &'static str,
    /// What it is set to; none where there is no limit.
    pub value: Option<Amount>,
    /// How much there is now, where that is counted for all together.
    pub in_use: Option<u64>,
    /// `count`, `bytes` or `seconds`.
    pub unit: &'static str,
    /// Whether it can be changed while mudkeep runs.
    pub reloadable: bool,
}

/// What is in use.
#[derive(Clone, Copy, Debug, Default)]
pub struct InUse {
    /// Connections and sessions.
    pub counts: Counts,
    /// Bytes of all histories.
    pub history_bytes: usize,
    /// Logins that wait for their turn.
    pub logins_waiting: usize,
    /// Password checks that wait for theirs.
    pub checks_waiting: usize,
}

impl InUse {
    fn of(&self, name: &str) -> Option<u64> {
        let count = match name {
            "connections_max" => self.counts.connections,
            "sessions_max" => self.counts.sessions,
            "history_bytes_total" => self.history_bytes,
            "logins_queue_max" => self.logins_waiting,
            "password_checks_queue_max" => self.checks_waiting,
            _ => return None,
        };
        u64::try_from(count).ok()
    }
}

/// All limits, in the order of proxy.toml.
#[must_use]
pub fn listing(config: &Config, in_use: &InUse) -> Vec<Limit> {
    let limit = |(name, unit, value): (&'static str, Unit, Option<Amount>)| Limit {
        name,
        value,
        in_use: in_use.of(name),
        unit: unit.name(),
        reloadable: !Limits::NEED_RESTART.contains(&name),
    };
    config.limits.amounts().into_iter().map(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(config: &Config, in_use: &InUse, name: &str) -> String {
        let all = listing(config, in_use);
        let found = all.iter().find(|limit| limit.name == name);
        serde_json::to_string(found.expect(name)).unwrap()
    }

    #[test]
    fn each_limit_is_told_with_its_unit_and_what_is_in_use() {
        let config = Config::default();
        let counts = Counts { connections: 12, sessions: 7, ..Counts::default() };
        let in_use = InUse { counts, history_bytes: 4096, ..InUse::default() };
        for (name, value, in_use_now, unit, reloadable) in [
            ("connections_max", "10000", "12", "count", true),
            ("sessions_max", "10000", "7", "count", true),
            ("history_bytes_total", "1073741824", "4096", "bytes", true),
            ("logins_queue_max", "256", "0", "count", true),
            ("users_per_address_max", "null", "null", "count", true),
            ("negotiation_timeout", "1.0", "null", "seconds", true),
            ("idle_timeout", "null", "null", "seconds", true),
            ("threads_max", "null", "null", "count", false),
            ("events_max", "4096", "null", "count", false),
        ] {
            let expected = format!(
                "{{\"name\":\"{name}\",\"value\":{value},\"in_use\":{in_use_now},\
                 \"unit\":\"{unit}\",\"reloadable\":{reloadable}}}"
            );
            assert_eq!(find(&config, &in_use, name), expected);
        }
    }

    #[test]
    fn every_key_that_counts_something_is_there_once() {
        let all = listing(&Config::default(), &InUse::default());
        let names: Vec<&str> = all.iter().map(|limit| limit.name).collect();
        let expected: Vec<&str> =
            Limits::KEYS.iter().copied().filter(|name| *name != "exempt").collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn what_is_said_to_need_a_restart_does_and_nothing_else() {
        let old = Config::default();
        let new = Limits {
            threads_max: Some(3),
            events_max: 64,
            connections_max: 5,
            idle_timeout: Some(std::time::Duration::from_secs(9)),
            ..Limits::default()
        };
        let new = Config { limits: new, ..Config::default() };
        let kept = old.with_changes_of(&new).differing(&new);
        let names = Limits::NEED_RESTART.map(|name| format!("limits.{name}"));
        assert_eq!(kept, names);
    }
}
