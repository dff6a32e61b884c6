//! `/sessions`: who plays, is held, or is logging in.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::net::IpAddr;

use serde::Serialize;
use uuid::Uuid;

use super::listing::{Page, Paged, SessionRow};
use super::query::Query;
use super::reply::{self, Refused, Reply};
use crate::gate::Gate;
use crate::ids::SessionId;
use crate::session::core::State;

/// The states of sessions that are in the tables.
pub(crate) const STATES: [State; 6] =
    [State::Dialing, State::Login, State::Playing, State::Held, State::Orphaned, State::Lingering];

#[derive(Serialize)]
struct Sessions {
    sessions: Vec<SessionRow>,
    total: usize,
    next: Option<SessionId>,
}

/// The sessions that a query asks for.
pub(super) fn list(gate: &Gate, query: Option<&str>) -> Reply {
    let names = ["user", "address", "state", "same_address", "limit", "after"];
    let query = Query::read(query, &names)?;
    let user = query.text("user").map(|name| gate.user_key(name));
    let address = query.network("address")?;
    let state = query.word("state", STATES.iter().map(|state| (state.name(), *state)))?;
    let same = query.value::<bool>("same_address", "true or false")?.unwrap_or_default();
    let page = Page::<Uuid>::read(&query, "a session's id")?;
    let entries = match &user {
        Some(user) => gate.registry().entries_of(user),
        None => gate.registry().entries(),
    };
    let rows = entries.iter().map(|entry| SessionRow::of(gate, entry));
    let fits = |row: &SessionRow| {
        address.is_none_or(|network| row.address.is_some_and(|at| network.contains(&at)))
            && state.is_none_or(|state| row.state == state.name())
    };
    let rows: Vec<SessionRow> = rows.filter(fits).collect();
    match same {
        true => {
            let rows = of_shared_addresses(rows);
            let total = rows.len();
            shown(Paged { rows, total, next: None })
        }
        false => shown(page.of(rows, |row| row.session_id.0)),
    }
}

fn shown(paged: Paged<SessionRow, Uuid>) -> Reply {
    let Paged { rows: sessions, total, next } = paged;
    reply::json(&Sessions { sessions, total, next: next.map(SessionId) })
}

/// Those whose address, or household, another user's session has too, by address.
fn of_shared_addresses(rows: Vec<SessionRow>) -> Vec<SessionRow> {
    let mut users: HashMap<IpAddr, Option<&str>> = HashMap::new();
    let mut shared = Vec::new();
    for row in &rows {
        let (Some(household), Some(user)) = (row.household(), &row.user) else { continue };
        match users.entry(household) {
            Slot::Vacant(slot) => {
                slot.insert(Some(user));
            }
            Slot::Occupied(first) if first.get().is_some_and(|first| first != &**user) => {
                shared.push(household);
            }
            Slot::Occupied(_) => {}
        }
    }
    let is_shared = |row: &SessionRow| row.household().is_some_and(|at| shared.contains(&at));
    let mut rows: Vec<SessionRow> = rows.iter().filter(|row| is_shared(row)).cloned().collect();
    rows.sort_by_key(|row| (row.household(), row.user.clone()));
    rows
}

/// One session.
pub(super) fn show(gate: &Gate, id: SessionId) -> Reply {
    let entry = gate.registry().entry(id).ok_or_else(|| Refused::not_found("such session"))?;
    reply::json(&SessionRow::of(gate, &entry))
}

/// Ends a session.
pub(super) async fn end(gate: &Gate, id: SessionId, query: Option<&str>) -> Reply {
    let reason = Query::read(query, &["reason"])?.reason()?;
    if !gate.kick_session(id, reason.as_deref()) {
        return Err(Refused::not_found("such session"));
    }
    reply::until_gone(|| gate.registry().entry(id).is_none()).await;
    reply::done()
}

/// The sessions of a user.
pub(super) fn of_user(gate: &Gate, name: &str, query: Option<&str>) -> Reply {
    let query = Query::read(query, &["limit", "after"])?;
    let page = Page::<Uuid>::read(&query, "a session's id")?;
    let entries = gate.registry().entries_of(&gate.user_key(name));
    let rows: Vec<SessionRow> = entries.iter().map(|entry| SessionRow::of(gate, entry)).collect();
    shown(page.of(rows, |row| row.session_id.0))
}
