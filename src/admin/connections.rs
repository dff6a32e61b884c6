//! `/connections`: who is connected, and what may be done with a connection.

use std::sync::Arc;
use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::listing::{ConnectionRow, Page};
use super::query::{self, Query};
use super::reply::{self, Refused, Reply};
use crate::clock;
use crate::gate::Gate;
use crate::ids::{ConnectionId, SessionId};
use crate::registry::card::{Card, Carrier, ConnectionState};
use crate::session::message::Permissions;
use crate::times::parse_time;

/// Longest time by which a connection is extended.
const EXTEND_SECONDS_MAX: u64 = 31_536_000;

#[derive(Serialize)]
pub(super) struct Connections {
    pub(super) connections: Vec<ConnectionRow>,
    pub(super) total: usize,
    pub(super) next: Option<ConnectionId>,
}

/// The connections that a query asks for.
pub(super) fn list(gate: &Gate, query: Option<&str>) -> Reply {
    let names = ["user", "address", "transport", "state", "session_id", "limit", "after"];
    let query = Query::read(query, &names)?;
    let user = query.text("user").map(|name| gate.user_key(name));
    let address = query.network("address")?;
    let transport = query.word("transport", Carrier::ALL.iter().map(|c| (c.name(), *c)))?;
    let state = query.word("state", ConnectionState::PRESENT.iter().map(|s| (s.name(), *s)))?;
    let session: Option<Uuid> = query.value("session_id", "a UUID")?;
    let page = Page::<Uuid>::read(&query, "a connection's id")?;
    let cards = match &user {
        Some(user) => gate.cards_of(user),
        None => gate.registry().cards(),
    };
    let session = session
        .and_then(|id| gate.registry().find(SessionId(id)).or(None))
        .map_or_else(|| session.map(|_| None), |handle| Some(Some(handle)));
    let fits = |card: &Arc<Card>| {
        address.is_none_or(|network| network.contains(&card.address()))
            && transport.is_none_or(|carrier| card.carrier() == carrier)
            && state.is_none_or(|state| card.state() == state)
            && session.as_ref().is_none_or(|wanted| {
                wanted.as_ref().zip(card.session()).is_some_and(|(wanted, has)| wanted.is(&has))
            })
    };
    let cards = cards.into_iter().filter(fits).collect();
    shown(gate, cards, page)
}

/// A page of connections.
pub(super) fn shown(gate: &Gate, cards: Vec<Arc<Card>>, page: Page<Uuid>) -> Reply {
    let config = gate.config();
    let paged = page.of(cards, |card| card.id().0);
    let rows = paged.rows.iter().map(|card| ConnectionRow::of(card, &config.limits));
    reply::json(&Connections {
        connections: rows.collect(),
        total: paged.total,
        next: paged.next.map(ConnectionId),
    })
}

fn find(gate: &Gate, id: ConnectionId) -> Result<Arc<Card>, Refused> {
    gate.registry().card(id).ok_or_else(|| Refused::not_found("such connection"))
}

/// One connection.
pub(super) fn show(gate: &Gate, id: ConnectionId) -> Reply {
    let card = find(gate, id)?;
    reply::json(&ConnectionRow::of(&card, &gate.config().limits))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    #[serde(default, deserialize_with = "query::object")]
    permissions: Option<PermissionsChange>,
    #[serde(default, deserialize_with = "present")]
    expires_at: Option<Option<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PermissionsChange {
    input: Option<bool>,
    output: Option<bool>,
}

/// A value that is there, be it null.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Changes what a connection may do, and until when it may stay.
pub(super) async fn change(gate: &Gate, id: ConnectionId, request: Request<Incoming>) -> Reply {
    let change: Change = query::body(request, &gate.shared_config().limits).await?;
    let card = find(gate, id)?;
    let expires =
        change.expires_at.map(|at| at.map(|text| moment(&text)).transpose()).transpose()?;
    if let Some(permissions) = change.permissions {
        let now = card.permissions();
        gate.permit(
            &card,
            Permissions {
                input: permissions.input.unwrap_or(now.input),
                output: permissions.output.unwrap_or(now.output),
            },
        );
    }
    if let Some(expires) = expires {
        gate.expire_at(&card, expires);
    }
    show(gate, id)
}

/// A time of the system's clock, as a moment of the other one.
fn moment(text: &str) -> Result<std::time::Instant, Refused> {
    let wrong = || Refused::bad_request("expires_at has to be a time such as 2026-11-27T23:30:00Z");
    let time = parse_time(text).ok_or_else(wrong)?;
    let ahead = Duration::try_from(time - clock::shown()).unwrap_or_default();
    clock::now().checked_add(ahead).ok_or_else(wrong)
}

/// Puts a connection out; its session is held.
pub(super) async fn disconnect(gate: &Gate, id: ConnectionId, query: Option<&str>) -> Reply {
    let reason = Query::read(query, &["reason"])?.reason()?;
    if !gate.disconnect(id, reason.as_deref()) {
        return Err(Refused::not_found("such connection"));
    }
    reply::until_gone(|| gate.registry().card(id).is_none()).await;
    reply::done()
}

#[derive(Serialize)]
struct Validity {
    connection_id: ConnectionId,
    valid: bool,
    state: Option<&'static str>,
    user: Option<Arc<str>>,
    expires_at: Option<String>,
}

/// Whether there is such a connection, and it is not about to be gone.
pub(super) fn validate(gate: &Gate, id: ConnectionId) -> Reply {
    let card = gate.registry().card(id);
    let row = card.as_ref().map(|card| ConnectionRow::of(card, &gate.config().limits));
    let valid = card.is_some_and(|card| card.state() < ConnectionState::Disconnecting);
    reply::json(&Validity {
        connection_id: id,
        valid,
        state: row.as_ref().map(|row| row.state),
        user: row.as_ref().and_then(|row| row.user.clone()),
        expires_at: row.and_then(|row| row.expires_at),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Extend {
    #[serde(deserialize_with = "query::whole")]
    seconds: u64,
}

/// A connection may stay longer.
pub(super) async fn extend(gate: &Gate, id: ConnectionId, request: Request<Incoming>) -> Reply {
    let Extend { seconds } = query::body(request, &gate.shared_config().limits).await?;
    if !(1..=EXTEND_SECONDS_MAX).contains(&seconds) {
        let message = format!("seconds has to be from 1 to {EXTEND_SECONDS_MAX}");
        return Err(Refused::bad_request(message));
    }
    let card = find(gate, id)?;
    gate.extend(&card, Duration::from_secs(seconds));
    show(gate, id)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Migrate {
    to: Uuid,
}

#[derive(Serialize)]
struct Migrated {
    session_id: SessionId,
    from: ConnectionId,
    to: ConnectionId,
}

/// Another connection gets the session that this one is attached to.
pub(super) async fn migrate(gate: &Gate, from: ConnectionId, request: Request<Incoming>) -> Reply {
    let Migrate { to } = query::body(request, &gate.shared_config().limits).await?;
    let to = ConnectionId(to);
    find(gate, from)?;
    let session_id =
        gate.migrate(from, to).map_err(|not_led| Refused::conflict(not_led.to_string()))?;
    reply::json(&Migrated { session_id, from, to })
}
