//! The kinds of events, and whom they concern: the vocabulary of the audit log (docs/admin/events.md).

use std::net::IpAddr;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use time::UtcDateTime;

use crate::ids::{ConnectionId, SessionId};
use crate::session::message::DetachReason;
use crate::times::show_time;

/// Whom an event concerns, as far as that is known.
#[derive(Clone, Debug, Default, Serialize)]
pub struct About {
    /// The connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<ConnectionId>,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// The user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Arc<str>>,
    /// Where the client is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<IpAddr>,
    /// How it reaches mudkeep.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<&'static str>,
}

/// What the network did when a client went: evidence, where somebody says that their character died
/// of a lost link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It closed its side in order.
    Fin,
    /// Its connection broke: a reset, or the network said so.
    Rst,
    /// Nothing came back from it for too long.
    TimedOut,
    /// It took nothing for too long.
    Slow,
    /// It broke the rules of its protocol.
    Abuse,
    /// It went to another session.
    Moved,
    /// mudkeep told it that it is over.
    Told,
}

impl From<DetachReason> for Cause {
    fn from(reason: DetachReason) -> Cause {
        match reason {
            DetachReason::ClosedByClient => Cause::Fin,
            DetachReason::ConnectionLost => Cause::Rst,
            DetachReason::TimedOut => Cause::TimedOut,
            DetachReason::Slow => Cause::Slow,
            DetachReason::Abuse => Cause::Abuse,
            DetachReason::Moved => Cause::Moved,
            DetachReason::Told(_) => Cause::Told,
        }
    }
}

/// What happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum What {
    /// A client is connected.
    Connected,
    /// Its connection goes from one state to the next.
    ConnectionState {
        /// The state before.
        from: &'static str,
        /// The state now.
        to: &'static str,
    },
    /// A connection is over.
    Disconnected {
        /// How long it was there.
        duration_seconds: f64,
        /// What came from the client.
        bytes_in: u64,
        /// What was sent to it.
        bytes_out: u64,
    },
    /// A limit was reached: a connection, or a session, was not taken.
    Denied {
        /// Which limit.
        limit: String,
    },
    /// A client was attached to a session.
    Attached {
        /// How it came: opened, token, password, takeover.
        how: &'static str,
    },
    /// A client left a session.
    Detached {
        /// What the network did.
        cause: Cause,
        /// Why, in one word.
        reason: String,
    },
    /// A client lost its place to another one.
    TakenOver {
        /// To whom, where that is known.
        #[serde(skip_serializing_if = "Option::is_none")]
        by: Option<ConnectionId>,
    },
    /// The game is dialled for a client.
    SessionStarted,
    /// A session is over.
    SessionEnded {
        /// Why.
        reason: &'static str,
    },
    /// The game accepted a player.
    Login,
    /// The game refused a login.
    LoginRefused,
    /// A line of a login was not answered in time.
    LoginSuspect,
    /// The login is none that is known.
    LoginUnrecognised {
        /// Why.
        why: String,
    },
    /// A player left the game and is at its login or menu again.
    Left,
    /// A client came back by a token, or a token opened nothing.
    Resumed {
        /// "ok", or what was wrong with the token.
        outcome: &'static str,
    },
    /// A token that was replaced came back.
    TokenReused,
    /// A token opened nothing.
    TokenRefused,
    /// No token of a session is good any more.
    TokensRevoked,
    /// The game was dialled.
    GameDialled {
        /// It answered.
        ok: bool,
        /// After so long.
        seconds: f64,
    },
    /// The game's side of a session ended.
    GameLost {
        /// How: closed, lost, unreachable.
        how: &'static str,
    },
    /// A client missed output for good.
    Gap {
        /// So much.
        bytes: u64,
    },
    /// Somebody is banned from now on.
    Banned {
        /// Who: `user:NAME` or `network:ADDRESS/BITS`.
        who: String,
        /// What from: all, new, guest.
        kind: &'static str,
        /// Until when; none: for good.
        #[serde(serialize_with = "time_or_null")]
        until: Option<UtcDateTime>,
        /// Why.
        reason: Arc<str>,
    },
    /// A ban was lifted.
    Unbanned {
        /// Whose.
        who: String,
    },
    /// Somebody who is banned tried to come in.
    BanRefused,
    /// The game's staff ended a session or a connection.
    Kicked {
        /// What the player was told.
        reason: String,
    },
    /// The game's staff said something to players.
    Notice {
        /// To how many connections.
        told: usize,
    },
    /// The game's staff changed what a connection may do.
    Permissions {
        /// What it types goes to the game.
        input: bool,
        /// It is told what the game says.
        output: bool,
    },
    /// The game's staff changed until when a connection may stay.
    Extended {
        /// Until then.
        #[serde(serialize_with = "time_or_null")]
        expires_at: Option<UtcDateTime>,
    },
    /// The game's staff led another connection to a session.
    Migrated {
        /// Which.
        to: ConnectionId,
    },
    /// mudkeep is going to stop.
    Draining {
        /// At the latest then.
        #[serde(serialize_with = "time_or_null")]
        at: Option<UtcDateTime>,
    },
    /// It is not, any more.
    DrainCancelled,
    /// The configuration was read anew.
    Reloaded {
        /// It was good, and holds now.
        ok: bool,
    },
    /// The admin's listener was asked to do something, or refused to.
    Admin {
        /// By whom, as their token's line says; none: by nobody who may.
        by: Option<String>,
        /// The request's method.
        method: String,
        /// Its path, without the query.
        path: String,
        /// What it was answered with.
        status: u16,
    },
}

fn time_or_null<S: Serializer>(
    time: &Option<UtcDateTime>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_str(&show_time(*time)),
        None => serializer.serialize_none(),
    }
}

impl What {
    /// The names of all kinds.
    pub const NAMES: &[&str] = &[
        "connected",
        "connection_state",
        "disconnected",
        "denied",
        "attached",
        "detached",
        "taken_over",
        "session_started",
        "session_ended",
        "login",
        "login_refused",
        "login_suspect",
        "login_unrecognised",
        "left",
        "resumed",
        "token_reused",
        "token_refused",
        "tokens_revoked",
        "game_dialled",
        "game_lost",
        "gap",
        "banned",
        "unbanned",
        "ban_refused",
        "kicked",
        "notice",
        "permissions",
        "extended",
        "migrated",
        "draining",
        "drain_cancelled",
        "reloaded",
        "admin",
    ];

    /// The name of its kind, as `type` has it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            What::Connected => "connected",
            What::ConnectionState { .. } => "connection_state",
            What::Disconnected { .. } => "disconnected",
            What::Denied { .. } => "denied",
            What::Attached { .. } => "attached",
            What::Detached { .. } => "detached",
            What::TakenOver { .. } => "taken_over",
            What::SessionStarted => "session_started",
            What::SessionEnded { .. } => "session_ended",
            What::Login => "login",
            What::LoginRefused => "login_refused",
            What::LoginSuspect => "login_suspect",
            What::LoginUnrecognised { .. } => "login_unrecognised",
            What::Left => "left",
            What::Resumed { .. } => "resumed",
            What::TokenReused => "token_reused",
            What::TokenRefused => "token_refused",
            What::TokensRevoked => "tokens_revoked",
            What::GameDialled { .. } => "game_dialled",
            What::GameLost { .. } => "game_lost",
            What::Gap { .. } => "gap",
            What::Banned { .. } => "banned",
            What::Unbanned { .. } => "unbanned",
            What::BanRefused => "ban_refused",
            What::Kicked { .. } => "kicked",
            What::Notice { .. } => "notice",
            What::Permissions { .. } => "permissions",
            What::Extended { .. } => "extended",
            What::Migrated { .. } => "migrated",
            What::Draining { .. } => "draining",
            What::DrainCancelled => "drain_cancelled",
            What::Reloaded { .. } => "reloaded",
            What::Admin { .. } => "admin",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One of each kind.
    fn one_of_each() -> Vec<What> {
        let text = || "x".to_owned();
        let id = ConnectionId(uuid::Uuid::nil());
        vec![
            What::Connected,
            What::ConnectionState { from: "connecting", to: "authenticating" },
            What::Disconnected { duration_seconds: 1.0, bytes_in: 1, bytes_out: 1 },
            What::Denied { limit: text() },
            What::Attached { how: "opened" },
            What::Detached { cause: Cause::Fin, reason: text() },
            What::TakenOver { by: Some(id) },
            What::SessionStarted,
            What::SessionEnded { reason: "expired" },
            What::Login,
            What::LoginRefused,
            What::LoginSuspect,
            What::LoginUnrecognised { why: text() },
            What::Left,
            What::Resumed { outcome: "ok" },
            What::TokenReused,
            What::TokenRefused,
            What::TokensRevoked,
            What::GameDialled { ok: true, seconds: 0.5 },
            What::GameLost { how: "closed" },
            What::Gap { bytes: 1 },
            What::Banned { who: text(), kind: "all", until: None, reason: "".into() },
            What::Unbanned { who: text() },
            What::BanRefused,
            What::Kicked { reason: text() },
            What::Notice { told: 1 },
            What::Permissions { input: true, output: true },
            What::Extended { expires_at: None },
            What::Migrated { to: id },
            What::Draining { at: None },
            What::DrainCancelled,
            What::Reloaded { ok: true },
            What::Admin { by: None, method: text(), path: text(), status: 200 },
        ]
    }

    #[test]
    fn a_kind_is_called_in_json_what_it_is_called_here() {
        let all = one_of_each();
        assert_eq!(all.iter().map(What::name).collect::<Vec<_>>(), What::NAMES);
        for what in all {
            let json = serde_json::to_value(&what).unwrap();
            assert_eq!(json["type"], what.name());
        }
        let arms = include_str!("event.rs").lines().map(str::trim_start);
        let kinds = arms.filter(|arm| arm.starts_with("What::") && arm.contains(" => \""));
        assert_eq!(kinds.count(), What::NAMES.len(), "a kind is not among the names");
    }

    #[test]
    fn the_document_has_each_kind_its_fields_and_a_line_of_it() {
        let document = include_str!("../../docs/admin/events.md");
        let sections: Vec<&str> = document.split("\n### ").skip(1).collect();
        let kinds: Vec<&str> =
            sections.iter().filter_map(|section| section.lines().next()).collect();
        assert_eq!(kinds, What::NAMES);
        for (what, section) in one_of_each().iter().zip(sections) {
            let line = section.lines().find(|line| line.starts_with('{')).unwrap();
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            assert_eq!(line["type"], what.name());
            for (field, _) in serde_json::to_value(what).unwrap().as_object().unwrap() {
                assert!(line.get(field).is_some(), "{} {field}", what.name());
                let row = format!("| `{field}` |");
                assert!(field == "type" || section.contains(&row), "{} {field}", what.name());
            }
            let index = format!("| [`{0}`](#{0}) |", what.name());
            assert!(document.contains(&index), "{index}");
        }
    }
}
