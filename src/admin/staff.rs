//! What concerns everybody: something said to players, a restart that is announced, cleaning up.

use std::time::Duration;

use hyper::Request;
use hyper::body::Incoming;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::query::{self, Query};
use super::reply::{self, Refused, Reply};
use crate::gate::Gate;
use crate::gate::staff::{Audience, Removed};
use crate::ids::ConnectionId;
use crate::times::{show_time, shown_at};

/// Longest time until an announced restart.
const DRAIN_SECONDS_MAX: u64 = 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewNotice {
    text: String,
    user: Option<String>,
    connection_id: Option<Uuid>,
}

#[derive(Serialize)]
struct Told {
    told: usize,
}

/// Says something to one or to all.
pub(super) async fn announce(gate: &Gate, request: Request<Incoming>) -> Reply {
    let notice: NewNotice = query::body(request, &gate.shared_config().limits).await?;
    let text = query::plain("text", &notice.text)?;
    if text.is_empty() {
        return Err(Refused::bad_request("text is empty"));
    }
    let user = notice.user.as_deref().map(|name| gate.user_key(name));
    let audience = match (&user, notice.connection_id) {
        (None, None) => Audience::Everybody,
        (Some(user), None) => Audience::User(user),
        (None, Some(id)) => Audience::Connection(ConnectionId(id)),
        (Some(_), Some(_)) => {
            return Err(Refused::bad_request("either a user or a connection_id, not both"));
        }
    };
    reply::json(&Told { told: gate.announce(&text, audience) })
}

#[derive(Serialize)]
struct DrainRow {
    draining: bool,
    at: Option<String>,
    sessions: usize,
}

/// Whether a restart is near.
pub(super) fn show_drain(gate: &Gate, query: Option<&str>) -> Reply {
    Query::read(query, &[])?;
    let drain = gate.is_draining();
    reply::json(&DrainRow {
        draining: drain.is_some(),
        at: drain.map(|drain| show_time(shown_at(drain.at))),
        sessions: gate.registry().counts().sessions,
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewDrain {
    #[serde(deserialize_with = "query::whole")]
    in_seconds: u64,
    text: Option<String>,
}

/// Announces a restart.
pub(super) async fn drain(gate: &Gate, request: Request<Incoming>) -> Reply {
    let NewDrain { in_seconds, text } = query::body(request, &gate.shared_config().limits).await?;
    if in_seconds > DRAIN_SECONDS_MAX {
        let message = format!("in_seconds has to be at most {DRAIN_SECONDS_MAX}");
        return Err(Refused::bad_request(message));
    }
    let text = text.map(|text| query::plain("text", &text)).transpose()?;
    gate.drain(Duration::from_secs(in_seconds), text.filter(|text| !text.is_empty()));
    show_drain(gate, None)
}

/// Calls it off.
pub(super) fn cancel_drain(gate: &Gate, query: Option<&str>) -> Reply {
    Query::read(query, &[])?;
    gate.cancel_drain();
    reply::done()
}

#[derive(Serialize)]
struct Cleaned {
    removed: usize,
    connections: usize,
    sessions: usize,
    bans: usize,
}

/// Removes what is over.
pub(super) fn clean_up(gate: &Gate, query: Option<&str>) -> Reply {
    Query::read(query, &[])?;
    let Removed { connections, sessions, bans } = gate.clean_up();
    reply::json(&Cleaned { removed: connections + sessions + bans, connections, sessions, bans })
}
