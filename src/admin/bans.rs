//! `/bans`: who may not come in.

use std::time::Duration;

use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use serde::{Deserialize, Serialize};

use super::query::{self, Query};
use super::reply::{self, Refused, Reply};
use crate::clock;
use crate::gate::Gate;
use crate::limits::bans::{Ban, BanKind, Banned, NotBanned};
use crate::times::{parse_time, show_time, since_1970, to_1970};

/// What a player is told who is banned without a reason.
const NO_REASON: &str = "the game's staff has decided so";

/// Longest time that a ban is for, and is not for good: a hundred years.
const SECONDS_MAX: u64 = 3_153_600_000;

#[derive(Serialize)]
struct BanRow {
    id: String,
    kind: &'static str,
    until: Option<String>,
    reason: String,
    created_at: String,
}

impl From<&Ban> for BanRow {
    fn from(ban: &Ban) -> BanRow {
        BanRow {
            id: ban.who.to_string(),
            kind: ban.kind.name(),
            until: ban.until.map(|until| show_time(since_1970(until))),
            reason: ban.reason.to_string(),
            created_at: show_time(since_1970(ban.created_at)),
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
    let bans = gate.store().bans();
    reply::json(&Bans { bans: bans.iter().map(BanRow::from).collect() })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBan {
    user: Option<String>,
    network: Option<String>,
    kind: Option<String>,
    #[serde(default, deserialize_with = "query::whole_if_there")]
    for_seconds: Option<u64>,
    until: Option<String>,
    reason: Option<String>,
}

impl NewBan {
    fn who(&self, gate: &Gate) -> Result<Banned, Refused> {
        match (&self.user, &self.network) {
            (Some(user), None) if !user.trim().is_empty() => Ok(Banned::User(gate.user_key(user))),
            (None, Some(text)) => network(text),
            _ => Err(Refused::bad_request("a ban has either a user or a network")),
        }
    }

    fn kind(&self) -> Result<BanKind, Refused> {
        let kind = self.kind.as_deref().map_or(Ok(BanKind::All), str::parse);
        kind.map_err(|bad| Refused::bad_request(format!("kind is {bad}")))
    }

    fn until(&self) -> Result<Option<Duration>, Refused> {
        match (self.for_seconds, &self.until) {
            (None, None) => Ok(None),
            (Some(seconds @ 1..=SECONDS_MAX), None) => {
                let now = to_1970(clock::shown()).unwrap_or_default();
                Ok(now.checked_add(Duration::from_secs(seconds)))
            }
            (None, Some(text)) => {
                let message = "until has to be a time such as 2026-11-27T23:30:00Z";
                let until = parse_time(text).ok_or_else(|| Refused::bad_request(message))?;
                let is_to_come = until > clock::shown();
                let until = to_1970(until).filter(|_| is_to_come);
                until.map(Some).ok_or_else(|| Refused::conflict("until is over already"))
            }
            (Some(_), None) => {
                let message = format!("for_seconds has to be from 1 to {SECONDS_MAX}");
                Err(Refused::bad_request(message))
            }
            (Some(_), Some(_)) => {
                Err(Refused::bad_request("a ban ends after for_seconds or at until, not both"))
            }
        }
    }
}

/// A network; an address is the household that is there.
fn network(text: &str) -> Result<Banned, Refused> {
    match text.parse() {
        Ok(address) => Ok(Banned::address(address)),
        Err(_) => query::network(text).map(Banned::network),
    }
}

/// Bans somebody.
pub(super) async fn add(gate: &Gate, request: Request<Incoming>) -> Reply {
    let new: NewBan = query::body(request, &gate.shared_config().limits).await?;
    let reason = query::plain("reason", new.reason.as_deref().unwrap_or(NO_REASON))?;
    let ban = Ban::new(new.who(gate)?, new.kind()?, new.until()?, &reason);
    let ban = gate.ban(ban).map_err(|not| match not {
        NotBanned::TooMany => Refused::limit_reached(not.to_string()),
        NotBanned::GuestByName => Refused::bad_request(not.to_string()),
    })?;
    reply::with(StatusCode::CREATED, &BanRow::from(&ban))
}

/// Lifts the ban of this kind, or all of whoever it is.
pub(super) fn lift(gate: &Gate, id: &str, query: Option<&str>) -> Reply {
    let kind = Query::read(query, &["kind"])?.value("kind", "all, new or guest")?;
    let who: Banned = id.parse().map_err(|_| Refused::not_found("such ban"))?;
    match gate.unban(&who, kind) {
        0 => Err(Refused::not_found("such ban")),
        1.. => reply::done(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_banned_as_one_household_has_it() {
        for (text, id) in [
            ("192.0.2.1", "network:192.0.2.1/32"),
            ("::ffff:192.0.2.1", "network:192.0.2.1/32"),
            ("2001:db8:0:1:2::3", "network:2001:db8:0:1::/64"),
            ("2001:db8::3/128", "network:2001:db8::3/128"),
            ("10.1.2.3/8", "network:10.0.0.0/8"),
        ] {
            let banned = network(text).ok().unwrap();
            assert_eq!(banned.to_string(), id);
            assert_eq!(format!("network:{text}").parse(), Ok(banned), "it is lifted by the same");
        }
        assert!(network("home").is_err());
    }
}
