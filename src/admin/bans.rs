//! `/bans`: who may not come in.

use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use serde::{Deserialize, Serialize};

use super::query::{self, Query};
use super::reply::{self, Refused, Reply};
use crate::clock;
use crate::gate::Gate;
use crate::limits::bans::{Ban, Banned};
use crate::times::{parse_time, show_time, since_1970, to_1970};

/// What a player is told who is banned without a reason.
const NO_REASON: &str = "the game's staff has decided so";

#[derive(Serialize)]
struct BanRow {
    id: String,
    until: Option<String>,
    reason: String,
}

impl From<&Ban> for BanRow {
    fn from(ban: &Ban) -> BanRow {
        BanRow {
            id: ban.who.to_string(),
            until: ban.until.map(|until| show_time(since_1970(until))),
            reason: ban.reason.to_string(),
        }
    }
}

#[derive(Serialize)]
struct Bans {
    bans: Vec<BanRow>,
}

/// All bans that hold.
pub(super) fn list(gate: &Gate, query: Option<&str>) -> Reply {
    Query::read(query, &[])?;
    let bans = gate.store().all_bans();
    reply::json(&Bans { bans: bans.iter().map(BanRow::from).collect() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBan {
    user: Option<String>,
    network: Option<String>,
    for_seconds: Option<u64>,
    until: Option<String>,
    reason: Option<String>,
}

impl NewBan {
    fn who(&self, gate: &Gate) -> Result<Banned, Refused> {
        match (&self.user, &self.network) {
            (Some(user), None) if !user.trim().is_empty() => Ok(Banned::User(gate.user_key(user))),
            (None, Some(network)) => Ok(Banned::Network(query::network(network)?)),
            _ => Err(Refused::bad_request("a ban has either a user or a network")),
        }
    }

    fn until(&self) -> Result<Option<Duration>, Refused> {
        match (self.for_seconds, &self.until) {
            (None, None) => Ok(None),
            (Some(seconds @ 1..), None) => {
                let now = to_1970(clock::shown()).unwrap_or_default();
                Ok(now.checked_add(Duration::from_secs(seconds)))
            }
            (None, Some(text)) => {
                let until = parse_time(text).filter(|until| *until > clock::shown());
                let until = until.and_then(to_1970);
                let message = "until has to be a time to come, such as 2026-11-27T23:30:00Z";
                until.map(Some).ok_or_else(|| Refused::bad_request(message))
            }
            _ => Err(Refused::bad_request("a ban ends after for_seconds or at until, not both")),
        }
    }
}

/// Bans somebody.
pub(super) async fn add(gate: &Gate, request: Request<Incoming>) -> Reply {
    let new: NewBan = query::body(request, &gate.shared_config().limits).await?;
    let reason = query::plain("reason", new.reason.as_deref().unwrap_or(NO_REASON))?;
    let ban = Ban { who: new.who(gate)?, until: new.until()?, reason: reason.into() };
    gate.ban(ban.clone()).map_err(|too_many| Refused::limit_reached(too_many.to_string()))?;
    reply::with(StatusCode::CREATED, &BanRow::from(&ban))
}

/// Lifts a ban.
pub(super) fn lift(gate: &Gate, id: &str, query: Option<&str>) -> Reply {
    Query::read(query, &[])?;
    let who = match id.parse() {
        Ok(Banned::User(user)) => Ok(Banned::User(gate.user_key(&user.0))),
        Ok(network) => Ok(network),
        Err(_) => Err(Refused::not_found("such ban")),
    }?;
    match gate.unban(&who) {
        true => reply::done(),
        false => Err(Refused::not_found("such ban")),
    }
}
