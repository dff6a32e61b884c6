//! Metrics for Prometheus and whatever else reads OpenMetrics (docs/admin/metrics.md).
//!
//! What happens is counted as it happens, where events are emitted: atomics, without a lock or an
//! allocation. What is the case is looked up when somebody asks. No label has a value that comes from
//! outside: no name, no address, no id.

mod counts;
mod family;
mod lag;
mod machine;
mod scrape;

use counts::{Count, Counts, Times};
use family::{Family, Sample};

use crate::events::{About, Cause, What};

pub use family::Format;
pub use scrape::Scraper;

/// How long it takes to reach the game, in seconds.
const DIAL_BOUNDS: [f64; 10] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// How long connections last: a second to a day.
const CONNECTION_BOUNDS: [f64; 10] =
    [1.0, 10.0, 60.0, 300.0, 900.0, 3600.0, 7200.0, 14_400.0, 43_200.0, 86_400.0];

/// What the network did when a client went, and what that is called. mudkeep's own reasons, which it
/// told the client, are others.
const LEFT: [(&str, &str); 7] = [
    ("fin", "closed_by_client"),
    ("rst", "connection_lost"),
    ("timed_out", "timed_out"),
    ("slow", "slow"),
    ("abuse", "abuse"),
    ("moved", "moved"),
    ("other", "other"),
];

/// What `limit` is called where a limit was reached.
const LIMITS: [&str; 8] = [
    "connections_max",
    "connections_per_address_max",
    "connections_per_network_max",
    "connects_per_minute",
    "connects_per_minute_total",
    "sessions_max",
    "history_bytes_total",
    "other",
];

/// What is counted.
#[derive(Debug)]
pub struct Metrics {
    connections: Counts<5>,
    connection_times: Times<10>,
    denied: Counts<8>,
    attaches: Counts<6>,
    left: Counts<7>,
    told: Counts<12>,
    takeovers: Count,
    sessions: Count,
    session_ends: Counts<14>,
    logins: Counts<3>,
    suspects: Count,
    unrecognised: Counts<6>,
    leaves: Count,
    resumes: Counts<9>,
    reuses: Count,
    revocations: Count,
    dials: Counts<2>,
    dial_times: Times<10>,
    probes: Counts<2>,
    game_losses: Counts<4>,
    gaps: Count,
    gap_bytes: Count,
    ban_refusals: Count,
    staff: Counts<10>,
    reloads: Counts<2>,
    admin_refusals: Counts<4>,
    events: Count,
    lost: Counts<4>,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            connections: Counts::new("transport", ["telnet", "http", "websocket", "sse", "other"]),
            connection_times: Times::new(CONNECTION_BOUNDS),
            denied: Counts::new("limit", LIMITS),
            attaches: Counts::new(
                "how",
                ["opened", "token", "password", "takeover", "again", "other"],
            ),
            left: Counts::new("reason", LEFT.map(|(_, reason)| reason)),
            told: Counts::new("reason", TOLD),
            takeovers: Count::default(),
            sessions: Count::default(),
            session_ends: Counts::new("reason", SESSION_ENDS),
            logins: Counts::new("outcome", ["accepted", "refused", "unrecognised"]),
            suspects: Count::default(),
            unrecognised: Counts::new("why", UNRECOGNISED),
            leaves: Count::default(),
            resumes: Counts::new("outcome", RESUMES),
            reuses: Count::default(),
            revocations: Count::default(),
            dials: Counts::new("outcome", ["ok", "failed"]),
            dial_times: Times::new(DIAL_BOUNDS),
            probes: Counts::new("outcome", ["ok", "failed"]),
            game_losses: Counts::new("how", ["closed", "lost", "unreachable", "other"]),
            gaps: Count::default(),
            gap_bytes: Count::default(),
            ban_refusals: Count::default(),
            staff: Counts::new("act", STAFF_ACTS),
            reloads: Counts::new("outcome", ["ok", "refused"]),
            admin_refusals: Counts::new("status", ["401", "403", "429", "other"]),
            events: Count::default(),
            lost: Counts::new("follower", ["audit", "webhook", "stream", "other"]),
        }
    }
}

/// What mudkeep tells a client that it ends.
const TOLD: [&str; 12] = [
    "replaced",
    "game_closed",
    "game_unreachable",
    "logged_out",
    "kicked",
    "banned",
    "expired",
    "refused",
    "shutdown",
    "slow",
    "idle",
    "other",
];

/// Why sessions end.
const SESSION_ENDS: [&str; 14] = [
    "logged_out",
    "game_closed",
    "game_lost",
    "expired",
    "abandoned",
    "superseded",
    "replaced",
    "kicked",
    "banned",
    "refused",
    "memory",
    "login_timeout",
    "shutdown",
    "other",
];

/// Why a login is none that is known.
const UNRECOGNISED: [&str; 6] =
    ["no_preset", "uncertain", "unrecognised", "unproven", "shared_name", "other"];

/// What comes of a token.
const RESUMES: [&str; 9] = [
    "ok",
    "token_invalid",
    "token_expired",
    "token_reused",
    "too_many_tokens",
    "session_lost",
    "ended",
    "taken",
    "other",
];

/// What the game's staff did.
const STAFF_ACTS: [&str; 10] = [
    "kicked",
    "banned",
    "unbanned",
    "notice",
    "permissions",
    "extended",
    "migrated",
    "draining",
    "drain_cancelled",
    "other",
];

fn ok_or(ok: bool, otherwise: &'static str) -> &'static str {
    if ok { "ok" } else { otherwise }
}

/// The limit in a sentence like "limits.sessions_max is reached".
fn limit_of(sentence: &str) -> &str {
    let name = sentence.split(' ').next().unwrap_or_default();
    name.strip_prefix("limits.").unwrap_or(name)
}

impl Metrics {
    /// Something has happened.
    pub fn observe(&self, about: &About, what: &What) {
        self.events.one();
        match what {
            What::Connected => self.connections.one(about.transport.unwrap_or_default()),
            What::Disconnected { duration_seconds, .. } => {
                self.connection_times.took(*duration_seconds);
            }
            What::Denied { limit } => self.denied.one(limit_of(limit)),
            What::Attached { how } => self.attaches.one(how),
            What::Detached { cause: Cause::Told, reason } => self.told.one(reason),
            What::Detached { reason, .. } => self.left.one(reason),
            What::TakenOver { .. } => self.takeovers.one(),
            What::SessionStarted => self.sessions.one(),
            What::SessionEnded { reason } => self.session_ends.one(reason),
            What::Resumed { outcome } => self.resumes.one(outcome),
            What::TokenReused => self.reuses.one(),
            What::TokensRevoked => self.revocations.one(),
            What::Gap { bytes } => {
                self.gaps.one();
                self.gap_bytes.more(*bytes);
            }
            What::BanRefused => self.ban_refusals.one(),
            What::Reloaded { ok } => self.reloads.one(ok_or(*ok, "refused")),
            // Each has its states, its outcome and its refusals counted elsewhere.
            What::ConnectionState { .. } | What::TokenRefused | What::Admin { .. } => {}
            What::Login
            | What::LoginRefused
            | What::LoginSuspect
            | What::LoginUnrecognised { .. }
            | What::Left
            | What::GameDialled { .. }
            | What::GameLost { .. } => self.observe_game(what),
            What::Banned { .. }
            | What::Unbanned { .. }
            | What::Kicked { .. }
            | What::Notice { .. }
            | What::Permissions { .. }
            | What::Extended { .. }
            | What::Migrated { .. }
            | What::Draining { .. }
            | What::DrainCancelled => self.staff.one(what.name()),
        }
    }

    /// Something has happened between a session and the game.
    fn observe_game(&self, what: &What) {
        match what {
            What::Login => self.logins.one("accepted"),
            What::LoginRefused => self.logins.one("refused"),
            What::LoginUnrecognised { why } => {
                self.logins.one("unrecognised");
                self.unrecognised.one(why);
            }
            What::LoginSuspect => self.suspects.one(),
            What::Left => self.leaves.one(),
            What::GameDialled { ok, seconds } => {
                self.dials.one(ok_or(*ok, "failed"));
                if *ok {
                    self.dial_times.took(*seconds);
                }
            }
            What::GameLost { how } => self.game_losses.one(how),
            _ => {}
        }
    }

    /// A token was not looked at: too many were none. That is no event, or whoever sends them would
    /// push all others out of the ring.
    pub(crate) fn too_many_tokens(&self) {
        self.resumes.one("too_many_tokens");
    }

    /// The game's port was tried.
    pub(crate) fn probed(&self, answered: bool) {
        self.probes.one(ok_or(answered, "failed"));
    }

    /// The admin's listener refused to answer.
    pub(crate) fn admin_refused(&self, status: u16) {
        let status = match status {
            401 => "401",
            403 => "403",
            429 => "429",
            _ => "other",
        };
        self.admin_refusals.one(status);
    }

    /// One who follows events was too slow for so many.
    pub(crate) fn events_lost(&self, follower: &str, times: u64) {
        self.lost.more(follower, times);
    }

    /// All that is counted here.
    fn families(&self) -> Vec<Family> {
        let mut families = self.of_connections();
        families.extend(self.of_sessions());
        families.extend(self.of_the_game());
        families.extend(self.of_mudkeep());
        families
    }

    fn of_connections(&self) -> Vec<Family> {
        let left = LEFT.iter().zip(self.left.values()).map(|((cause, _), (reason, count))| {
            Sample::count(count).with("cause", *cause).with("reason", reason)
        });
        let told = self.told.values().map(|(reason, count)| {
            Sample::count(count).with("cause", "told").with("reason", reason)
        });
        vec![
            Family::new("connections", CONNECTIONS, self.connections.samples()),
            Family::new(
                "connection_duration",
                CONNECTION_TIMES,
                vec![self.connection_times.sample()],
            )
            .seconds(),
            Family::new("denied", DENIED, self.denied.samples()),
            Family::new("attaches", ATTACHES, self.attaches.samples()),
            Family::new("detaches", DETACHES, left.chain(told).collect()),
            Family::count("takeovers", TAKEOVERS, self.takeovers.now()),
            Family::count("gaps", GAPS, self.gaps.now()),
            Family::count("gap", GAP_BYTES, self.gap_bytes.now()).bytes(),
            Family::count("ban_refusals", BAN_REFUSALS, self.ban_refusals.now()),
        ]
    }

    fn of_sessions(&self) -> Vec<Family> {
        vec![
            Family::count("sessions", SESSIONS, self.sessions.now()),
            Family::new("session_ends", ENDS, self.session_ends.samples()),
            Family::new("logins", LOGINS, self.logins.samples()),
            Family::new("logins_unrecognised", WHY_UNRECOGNISED, self.unrecognised.samples()),
            Family::count("login_suspects", SUSPECTS, self.suspects.now()),
            Family::count("leaves", LEAVES, self.leaves.now()),
            Family::new("resumes", OUTCOMES, self.resumes.samples()),
            Family::count("token_reuses", REUSES, self.reuses.now()),
            Family::count("token_revocations", REVOCATIONS, self.revocations.now()),
        ]
    }

    fn of_the_game(&self) -> Vec<Family> {
        vec![
            Family::new("game_dials", DIALS, self.dials.samples()),
            Family::new("game_dial_duration", DIAL_TIMES, vec![self.dial_times.sample()]).seconds(),
            Family::new("game_probes", PROBES, self.probes.samples()),
            Family::new("game_losses", GAME_LOSSES, self.game_losses.samples()),
        ]
    }

    fn of_mudkeep(&self) -> Vec<Family> {
        vec![
            Family::new("staff_acts", ACTS, self.staff.samples()),
            Family::new("config_reloads", RELOADS, self.reloads.samples()),
            Family::new("admin_refusals", ADMIN_REFUSALS, self.admin_refusals.samples()),
            Family::count("events", EVENTS, self.events.now()),
            Family::new("events_lost", LOST, self.lost.samples()),
        ]
    }
}

const CONNECTIONS: &str = "Connections taken in, by what they began as.";
const CONNECTION_TIMES: &str = "How long connections that are over lasted.";
const DENIED: &str = "Connections and sessions that were not taken, by the limit that was reached.";
const ATTACHES: &str = "Clients that were attached to a session, by how they came.";
const DETACHES: &str = "Clients that left a session, by what the network did and why.";
const TAKEOVERS: &str = "Clients that lost their place to another.";
const GAPS: &str = "Times that a client missed output for good.";
const GAP_BYTES: &str = "Output that clients missed for good.";
const BAN_REFUSALS: &str = "Times that somebody who is banned tried to come in.";
const SESSIONS: &str = "Sessions begun.";
const ENDS: &str = "Sessions that ended, by why.";
const LOGINS: &str = "Logins, by what the game said to them.";
const WHY_UNRECOGNISED: &str = "Logins that were none that is known, by why.";
const SUSPECTS: &str = "Lines of a login that the game did not answer in time.";
const LEAVES: &str = "Players who left the game and are at its login or menu again.";
const OUTCOMES: &str = "Tokens presented, by what came of it.";
const REUSES: &str = "Tokens that came back after they had been replaced.";
const REVOCATIONS: &str = "Times that all tokens of a session were made worthless.";
const DIALS: &str = "Connections to the game that sessions tried to make.";
const DIAL_TIMES: &str = "How long it took to connect to the game, where it answered.";
const PROBES: &str = "Times that the game's port was tried, to see whether it answers.";
const GAME_LOSSES: &str = "Connections to the game that ended from its side, by how.";
const ACTS: &str = "What the game's staff did.";
const RELOADS: &str = "Times that the configuration was read again.";
const ADMIN_REFUSALS: &str = "Requests that the admin's listener refused, by HTTP status.";
const EVENTS: &str = "Events.";
const LOST: &str = "Events that one who follows them was too slow for.";

#[cfg(test)]
mod tests;
