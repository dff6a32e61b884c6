//! `/last`: who came in from where, newest first.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use serde::Serialize;

use super::Admin;
use super::query::Query;
use super::reply::{self, Refused, Reply};
use crate::events::{Event, What};
use crate::gate::Gate;
use crate::ids::{ConnectionId, SessionId, UserKey};
use crate::times::show_time;

/// How many are told, if that is not said, and at most.
const LOGINS: usize = 100;
const LOGINS_MAX: usize = 1000;

#[derive(Serialize)]
struct Logins {
    logins: Vec<LoginRow>,
    /// Nothing that was asked for is missing.
    complete: bool,
}

#[derive(Serialize)]
struct LoginRow {
    time: String,
    user: Arc<str>,
    address: Option<IpAddr>,
    transport: Option<&'static str>,
    session_id: Option<SessionId>,
    connection_id: Option<ConnectionId>,
    how: &'static str,
}

/// Whose logins are asked for.
enum Whose {
    User(UserKey),
    Network(IpNet),
}

impl Whose {
    fn is(&self, gate: &Gate, event: &Event) -> bool {
        match self {
            Whose::User(key) => {
                event.about.user.as_ref().is_some_and(|user| gate.user_key(user) == *key)
            }
            Whose::Network(network) => {
                event.about.address.is_some_and(|address| network.contains(&address))
            }
        }
    }
}

fn row(event: &Event) -> Option<LoginRow> {
    let how = match event.what {
        What::Login => "login",
        What::Attached { how: "opened" } => return None,
        What::Attached { how } => how,
        _ => return None,
    };
    Some(LoginRow {
        time: show_time(event.time),
        user: event.about.user.clone()?,
        address: event.about.address,
        transport: event.about.transport,
        session_id: event.about.session_id,
        connection_id: event.about.connection_id,
        how,
    })
}

/// The logins of a user, or from an address or network.
pub(super) fn logins(admin: &Admin, query: Option<&str>) -> Reply {
    let query = Query::read(query, &["user", "address", "limit"])?;
    let limit = query.value("limit", "a number")?.unwrap_or(LOGINS);
    if !(1..=LOGINS_MAX).contains(&limit) {
        return Err(Refused::bad_request(format!("limit has to be from 1 to {LOGINS_MAX}")));
    }
    let whose = match (query.text("user"), query.network("address")?) {
        (Some(user), None) => Whose::User(admin.gate.user_key(user)),
        (None, Some(network)) => Whose::Network(network),
        _ => return Err(Refused::bad_request("either a user or an address is asked for")),
    };
    let events = admin.gate.events().all();
    let complete = events.first().is_none_or(|first| first.seq == 1);
    let newest = events.iter().rev().filter(|event| whose.is(&admin.gate, event));
    let logins = newest.filter_map(|event| row(event)).take(limit).collect();
    reply::json(&Logins { logins, complete })
}
