//! `/last`: who came in from where, newest first: from the events that are still there, and before
//! them from the audit log.

use std::io;
use std::net::IpAddr;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use ipnet::IpNet;
use memchr::memmem;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Admin;
use super::query::Query;
use super::reply::{self, Refused, Reply};
use crate::audit::past::{self, Ended};
use crate::events::{Event, What};
use crate::gate::Gate;
use crate::ids::UserKey;
use crate::times::show_time;

/// How many are told, if that is not said, and at most.
const LOGINS: usize = 100;
const LOGINS_MAX: usize = 1000;

/// How much of the audit log one search reads at most.
const SEARCH_BYTES_MAX: u64 = 256 << 20;

/// What a line of the audit log must have in it to be looked at.
const KINDS: [&[u8]; 2] = [br#""type":"login""#, br#""type":"attached""#];

/// What says that lines are missing.
const LOST: &[u8] = br#""type":"lost""#;

#[derive(Serialize)]
struct Logins {
    logins: Vec<LoginRow>,
    /// Nothing that was asked for is missing.
    complete: bool,
}

#[derive(Serialize)]
struct LoginRow {
    time: String,
    user: String,
    address: Option<IpAddr>,
    transport: Option<String>,
    session_id: Option<Uuid>,
    connection_id: Option<Uuid>,
    how: String,
}

/// A line of the audit log, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    seq: u64,
    time: String,
    #[serde(rename = "type")]
    kind: String,
    user: Option<String>,
    address: Option<IpAddr>,
    transport: Option<String>,
    session_id: Option<Uuid>,
    connection_id: Option<Uuid>,
    how: Option<String>,
}

/// Whose logins are asked for: a user's, or those from a network, or both; or everybody's.
struct Whose {
    user: Option<UserKey>,
    network: Option<IpNet>,
}

impl Whose {
    fn is(&self, gate: &Gate, row: &LoginRow) -> bool {
        let is_user = |key: &UserKey| gate.user_key(&row.user) == *key;
        let is_there = |network: &IpNet| row.address.is_some_and(|at| network.contains(&at));
        self.user.as_ref().is_none_or(is_user) && self.network.as_ref().is_none_or(is_there)
    }
}

impl LoginRow {
    fn of_event(event: &Event) -> Option<LoginRow> {
        let how = match event.what {
            What::Login => "login",
            What::Attached { how: "opened" } => return None,
            What::Attached { how } => how,
            _ => return None,
        };
        let about = &event.about;
        Some(LoginRow {
            time: show_time(event.time),
            user: about.user.as_ref()?.to_string(),
            address: about.address,
            transport: about.transport.map(str::to_owned),
            session_id: about.session_id.map(|id| id.0),
            connection_id: about.connection_id.map(|id| id.0),
            how: how.to_owned(),
        })
    }

    fn of_line(line: Line) -> Option<LoginRow> {
        let how = match (&*line.kind, line.how) {
            ("login", _) => "login".to_owned(),
            ("attached", Some(how)) if how != "opened" => how,
            _ => return None,
        };
        Some(LoginRow {
            time: line.time,
            user: line.user?,
            address: line.address,
            transport: line.transport,
            session_id: line.session_id,
            connection_id: line.connection_id,
            how,
        })
    }
}

/// The logins of a user, or from an address or network.
pub(super) async fn logins(admin: &Admin, query: Option<&str>) -> Reply {
    let query = Query::read(query, &["user", "address", "limit"])?;
    let limit = query.value("limit", "a number")?.unwrap_or(LOGINS);
    if !(1..=LOGINS_MAX).contains(&limit) {
        return Err(Refused::bad_request(format!("limit has to be from 1 to {LOGINS_MAX}")));
    }
    let user = query.text("user").map(|name| admin.gate.user_key(name));
    let whose = Whose { user, network: query.network("address")? };
    // One search at a time, also where whoever asked for it has gone.
    let searching = admin.searching.clone().try_lock_owned();
    let searching = searching.map_err(|_| Refused::busy("another search is under way"))?;
    let gate = admin.gate.clone();
    let search = move || {
        let _searching = searching;
        Search { gate: &gate, whose, limit, events: gate.events().all() }.run()
    };
    match admin.gate.tracker().spawn_blocking(search).await {
        Ok(Ok(logins)) => reply::json(&logins),
        Ok(Err(error)) => {
            tracing::error!(%error, "the audit log cannot be read");
            Err(Refused::busy("the audit log cannot be read"))
        }
        Err(error) => {
            tracing::error!(%error, "a search ended early");
            Err(Refused::busy("the search ended early"))
        }
    }
}

struct Search<'g> {
    gate: &'g Gate,
    whose: Whose,
    limit: usize,
    /// Those that are still there, the oldest first.
    events: Vec<Arc<Event>>,
}

impl Search<'_> {
    fn run(&self) -> io::Result<Logins> {
        let newest = self.events.iter().rev().filter_map(|event| LoginRow::of_event(event));
        let newest = newest.filter(|row| self.whose.is(self.gate, row));
        let mut logins: Vec<LoginRow> = newest.take(self.limit).collect();
        let from_start = self.events.first().is_none_or(|first| first.seq == 1);
        let audit = self.gate.config().log.audit.clone();
        let complete = match audit {
            _ if logins.len() >= self.limit => true,
            Some(audit) => self.search_file(&audit, &mut logins)?,
            None => from_start,
        };
        Ok(Logins { logins, complete })
    }

    /// Adds what is in the audit log before the events; whether nothing is missing there.
    fn search_file(&self, audit: &Path, logins: &mut Vec<LoginRow>) -> io::Result<bool> {
        let kinds = KINDS.map(memmem::Finder::new);
        let lost = memmem::Finder::new(LOST);
        let (mut lines_lost, mut oldest) = (false, Vec::new());
        let ended = past::search(audit, SEARCH_BYTES_MAX, &mut |line| {
            oldest.clear();
            oldest.extend_from_slice(line);
            lines_lost |= lost.find(line).is_some();
            if kinds.iter().any(|kind| kind.find(line).is_some()) {
                logins.extend(self.row(line));
            }
            match logins.len() < self.limit {
                true => ControlFlow::Continue(()),
                false => ControlFlow::Break(()),
            }
        })?;
        Ok(!lines_lost
            && match ended {
                Ended::Enough => true,
                // What came before a start that is there was written too, or there was no log then.
                Ended::AtOldest => oldest.is_empty() || is_first_of_a_start(&oldest),
                Ended::AtBound => false,
            })
    }

    fn row(&self, line: &[u8]) -> Option<LoginRow> {
        let line: Line = serde_json::from_slice(line).ok()?;
        if self.has_event(&line) {
            return None;
        }
        LoginRow::of_line(line).filter(|row| self.whose.is(self.gate, row))
    }

    /// Whether a line is of one of the events, which have been looked through. The numbers of another
    /// start may be the same.
    fn has_event(&self, line: &Line) -> bool {
        let first = self.events.first().map_or(0, |first| first.seq);
        let at = line.seq.checked_sub(first).and_then(|at| usize::try_from(at).ok());
        let event = at.and_then(|at| self.events.get(at));
        event.is_some_and(|event| show_time(event.time) == line.time)
    }
}

/// Whether nothing of the mudkeep that wrote this line came before it.
fn is_first_of_a_start(line: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Numbered {
        seq: u64,
    }
    serde_json::from_slice::<Numbered>(line).is_ok_and(|line| line.seq == 1)
}
