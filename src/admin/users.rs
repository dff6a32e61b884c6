//! `/users`: what belongs to a user.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use uuid::Uuid;

use super::connections;
use super::listing::Page;
use super::query::Query;
use super::reply::{self, Reply};
use crate::gate::Gate;
use crate::ids::SessionId;

#[derive(Serialize)]
struct Users {
    users: Vec<UserRow>,
    total: usize,
    next: Option<String>,
}

#[derive(Serialize)]
struct UserRow {
    user: Arc<str>,
    sessions: usize,
    connections: usize,
}

/// Everybody who is in the game, held or not.
pub(super) fn list(gate: &Gate, query: Option<&str>) -> Reply {
    let query = Query::read(query, &["limit", "after"])?;
    let page = Page::<String>::read(&query, "a user")?;
    let mut users: BTreeMap<Arc<str>, UserRow> = BTreeMap::new();
    for session in gate.registry().sessions() {
        let seen = session.quietly(|core| {
            let user = core.user().cloned()?;
            Some((user, core.clients().attached().count()))
        });
        let Some((user, connections)) = seen else { continue };
        let row = users.entry(user.key.0.clone()).or_insert_with(|| UserRow {
            user: user.name.clone(),
            sessions: 0,
            connections: 0,
        });
        row.sessions += 1;
        row.connections += connections;
    }
    let paged = page.of(users.into_iter().collect(), |(key, _)| key.to_string());
    let users = paged.rows.into_iter().map(|(_, row)| row).collect();
    reply::json(&Users { users, total: paged.total, next: paged.next })
}

/// A user's connections.
pub(super) fn show_connections(gate: &Gate, name: &str, query: Option<&str>) -> Reply {
    let query = Query::read(query, &["limit", "after"])?;
    let page = Page::<Uuid>::read(&query, "a connection's id")?;
    connections::shown(gate, gate.cards_of(&gate.user_key(name)), page)
}

#[derive(Serialize)]
struct Removed {
    removed: usize,
}

/// Puts a user's connections out; the sessions are held.
pub(super) fn disconnect(gate: &Gate, name: &str, query: Option<&str>) -> Reply {
    let reason = Query::read(query, &["reason"])?.reason()?;
    let removed = gate.disconnect_user(&gate.user_key(name), reason.as_deref());
    reply::json(&Removed { removed })
}

/// Ends a user's sessions.
pub(super) fn kick(gate: &Gate, name: &str, query: Option<&str>) -> Reply {
    let reason = Query::read(query, &["reason"])?.reason()?;
    let removed = gate.kick_user(&gate.user_key(name), reason.as_deref());
    reply::json(&Removed { removed })
}

#[derive(Serialize)]
struct TokensOf {
    tokens: Vec<TokenRow>,
}

#[derive(Serialize)]
struct TokenRow {
    session_id: SessionId,
    families: usize,
}

/// How many devices could come back to a user's sessions by a token; never a token.
pub(super) fn show_tokens(gate: &Gate, name: &str, query: Option<&str>) -> Reply {
    Query::read(query, &[])?;
    let sessions = gate.registry().sessions_of(&gate.user_key(name));
    let row = |core: &mut crate::session::core::Core| TokenRow {
        session_id: core.id(),
        families: core.token_families(),
    };
    let tokens = sessions.iter().map(|session| session.quietly(row)).collect();
    reply::json(&TokensOf { tokens })
}

#[derive(Serialize)]
struct Revoked {
    revoked: usize,
}

/// Makes all tokens of a user's sessions worthless.
pub(super) fn revoke_tokens(gate: &Gate, name: &str, query: Option<&str>) -> Reply {
    Query::read(query, &[])?;
    reply::json(&Revoked { revoked: gate.revoke_tokens(&gate.user_key(name)) })
}
