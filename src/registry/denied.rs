//! Why somebody is not taken in.

use std::time::Instant;

use crate::limits::origins::Over;

/// Why a connection or a session is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Denied {
    /// `limits.connections_max`.
    #[error("limits.connections_max is reached")]
    Connections,
    /// `limits.connections_per_address_max`.
    #[error("limits.connections_per_address_max is reached")]
    ConnectionsPerAddress,
    /// `limits.connections_per_network_max`.
    #[error("limits.connections_per_network_max is reached")]
    ConnectionsPerNetwork,
    /// `limits.connects_per_minute`, until then.
    #[error("limits.connects_per_minute is reached")]
    ConnectsPerMinute(Instant),
    /// `limits.connects_per_minute_total`, until then.
    #[error("limits.connects_per_minute_total is reached")]
    ConnectsPerMinuteTotal(Instant),
    /// `limits.sessions_max`.
    #[error("limits.sessions_max is reached")]
    Sessions,
    /// `limits.history_bytes_total`.
    #[error("limits.history_bytes_total is reached")]
    Memory,
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
