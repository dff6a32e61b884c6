//! Why somebody is not taken in.

use std::time::Instant;

use crate::limits::origins::Over;

/// Why a connection or a session is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("limits.{} is reached", self.limit())]
pub enum Denied {
    /// `limits.connections_max`.
    Connections,
    /// `limits.connections_per_address_max`.
    ConnectionsPerAddress,
    /// `limits.connections_per_network_max`.
    ConnectionsPerNetwork,
    /// `limits.connects_per_minute`, until then.
    ConnectsPerMinute(Instant),
    /// `limits.connects_per_minute_total`, until then.
    ConnectsPerMinuteTotal(Instant),
    /// `limits.sessions_max`.
    Sessions,
    /// `limits.history_bytes_total`.
    Memory,
}

impl Denied {
    /// The key of the limit in `[limits]`.
    #[must_use]
    pub fn limit(self) -> &'static str {
        match self {
            Denied::Connections => "connections_max",
            Denied::ConnectionsPerAddress => "connections_per_address_max",
            Denied::ConnectionsPerNetwork => "connections_per_network_max",
            Denied::ConnectsPerMinute(_) => "connects_per_minute",
            Denied::ConnectsPerMinuteTotal(_) => "connects_per_minute_total",
            Denied::Sessions => "sessions_max",
            Denied::Memory => "history_bytes_total",
        }
    }
}

impl From<Over> for Denied {
    fn from(over: Over) -> Denied {
        match over {
            Over::Address => Denied::ConnectionsPerAddress,
            Over::Network => Denied::ConnectionsPerNetwork,
            Over::ConnectsPerMinute(until) => Denied::ConnectsPerMinute(until),
            Over::ConnectsPerMinuteTotal(until) => Denied::ConnectsPerMinuteTotal(until),
        }
    }
}

/// One address has as many users as may play from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooManyUsers(pub usize);
