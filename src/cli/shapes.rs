//! What the admin API answers, as far as it is shown here. What is not known is left out, so that a
//! newer mudkeep can be asked as well.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A client's connection.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Connection {
    pub(crate) connection_id: String,
    pub(crate) state: String,
    pub(crate) transport: String,
    pub(crate) subprotocol: Option<String>,
    pub(crate) address: String,
    pub(crate) tls: bool,
    pub(crate) user: Option<String>,
    pub(crate) session_id: Option<String>,
    pub(crate) client: Client,
    pub(crate) connected_at: String,
    pub(crate) last_activity_at: String,
    pub(crate) permissions: Permissions,
    pub(crate) rate: LineRate,
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) lines_in: u64,
    pub(crate) lines_out: u64,
    pub(crate) round_trip_seconds: Option<f64>,
    pub(crate) expires_at: Option<String>,
}

/// What a client says of itself.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Client {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) terminal: Option<String>,
}

/// What a connection may do.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Permissions {
    pub(crate) input: bool,
    pub(crate) output: bool,
}

/// How fast a connection types.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct LineRate {
    pub(crate) lines_per_minute: u64,
    pub(crate) limit_per_minute: u64,
}

/// A session.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Session {
    pub(crate) session_id: String,
    pub(crate) state: String,
    pub(crate) user: Option<String>,
    pub(crate) preset: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) connections: Vec<String>,
    pub(crate) created_at: String,
    pub(crate) last_activity_at: String,
    pub(crate) held_since: Option<String>,
    pub(crate) expires_at: Option<String>,
    pub(crate) history_bytes: u64,
    pub(crate) queued_lines: u64,
    pub(crate) token_families: u64,
}

/// Whether all is well.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Health {
    pub(crate) status: String,
    pub(crate) version: String,
    pub(crate) build: Build,
    pub(crate) uptime_seconds: f64,
    pub(crate) started_at: String,
    pub(crate) active_connections: u64,
    pub(crate) users_with_connections: u64,
    pub(crate) sessions: u64,
    pub(crate) memory_bytes: Option<u64>,
    pub(crate) history_bytes: u64,
    pub(crate) connections_by_transport: BTreeMap<String, u64>,
    pub(crate) connections_by_state: BTreeMap<String, u64>,
    pub(crate) sessions_by_state: BTreeMap<String, u64>,
    pub(crate) game: GameHealth,
}

/// What mudkeep was built as.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Build {
    pub(crate) profile: String,
    pub(crate) target: String,
}

/// Whether the game answers; null if it has not been tried.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct GameHealth {
    pub(crate) address: String,
    pub(crate) answers: Option<bool>,
}

/// What has come and gone.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Stats {
    pub(crate) total_connections: u64,
    pub(crate) active_connections: u64,
    pub(crate) active_users: u64,
    pub(crate) sessions: u64,
    pub(crate) total_sessions: u64,
    pub(crate) messages_per_second: f64,
    pub(crate) avg_connection_duration_seconds: f64,
    pub(crate) rates: BTreeMap<String, Rates>,
    pub(crate) totals: BTreeMap<String, u64>,
}

/// How fast, over three lengths of time.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Rates {
    pub(crate) per_second_1m: f64,
    pub(crate) per_second_5m: f64,
    pub(crate) per_second_15m: f64,
}

/// Somebody who is kept out.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Ban {
    pub(crate) id: String,
    pub(crate) kind: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) created_at: Option<String>,
}

/// Somebody who logged in.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Login {
    pub(crate) time: String,
    pub(crate) user: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) transport: Option<String>,
    pub(crate) how: Option<String>,
}

/// Whether mudkeep is to end.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Drain {
    pub(crate) draining: bool,
    pub(crate) at: Option<String>,
    pub(crate) sessions: u64,
}
