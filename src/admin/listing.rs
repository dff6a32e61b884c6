//! Connections and sessions as the API shows them, and pages of them.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use serde::Serialize;

use super::query::Query;
use super::reply::Refused;
use crate::clock;
use crate::config::Limits;
use crate::gate::Gate;
use crate::ids::{ConnectionId, SessionId};
use crate::registry::card::{Agent, Card};
use crate::registry::{Entry, limited_as};
use crate::session::core::Core;
use crate::session::message::Permissions;
use crate::times::{show_time, shown_at};

/// How many are on a page, if that is not said, and at most.
const PAGE: usize = 100;
const PAGE_MAX: usize = 1000;

/// A connection.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ConnectionRow {
    pub(super) connection_id: ConnectionId,
    pub(super) state: &'static str,
    pub(super) transport: &'static str,
    subprotocol: Option<&'static str>,
    pub(super) address: IpAddr,
    tls: bool,
    pub(super) user: Option<Arc<str>>,
    pub(super) session_id: Option<SessionId>,
    client: AgentRow,
    connected_at: String,
    last_activity_at: String,
    permissions: PermissionsRow,
    rate: RateRow,
    bytes_in: u64,
    bytes_out: u64,
    lines_in: u64,
    lines_out: u64,
    round_trip_seconds: Option<f64>,
    pub(super) expires_at: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
struct AgentRow {
    name: Option<Box<str>>,
    version: Option<Box<str>>,
    user_agent: Option<Box<str>>,
    terminal: Option<Box<str>>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct PermissionsRow {
    input: bool,
    output: bool,
}

#[derive(Clone, Debug, Serialize)]
struct RateRow {
    lines_per_minute: u32,
    limit_per_minute: u32,
    reset_at: String,
}

impl ConnectionRow {
    /// What a card says.
    pub(super) fn of(card: &Card, limits: &Limits) -> ConnectionRow {
        let now = clock::now();
        let session = card.session();
        let seen = session.map(|session| session.quietly(|core| (core.id(), core.user_name())));
        let (session_id, user) = seen.unzip();
        let Agent { name, version, terminal, user_agent } = card.agent();
        let Permissions { input, output } = card.permissions();
        let (lines, reset) = card.minute(now);
        let passed = card.passed();
        ConnectionRow {
            connection_id: card.id(),
            state: card.state().name(),
            transport: card.carrier().name(),
            subprotocol: card.subprotocol(),
            address: card.address(),
            tls: card.is_tls(),
            user: user.flatten(),
            session_id,
            client: AgentRow { name, version, user_agent, terminal },
            connected_at: show_time(card.connected_at()),
            last_activity_at: show_time(shown_at(card.last_activity())),
            permissions: PermissionsRow { input, output },
            rate: RateRow {
                lines_per_minute: lines,
                limit_per_minute: limits.lines_per_minute,
                reset_at: show_time(shown_at(reset)),
            },
            bytes_in: passed.bytes_in,
            bytes_out: passed.bytes_out,
            lines_in: passed.lines_in,
            lines_out: passed.lines_out,
            round_trip_seconds: card.round_trip().map(|time| time.as_secs_f64()),
            expires_at: card.expires().map(|expires| show_time(shown_at(expires))),
        }
    }
}

/// A session.
#[derive(Clone, Debug, Serialize)]
pub(super) struct SessionRow {
    pub(super) session_id: SessionId,
    pub(super) state: &'static str,
    pub(super) user: Option<Arc<str>>,
    preset: String,
    pub(super) address: Option<IpAddr>,
    pub(super) connections: Vec<ConnectionId>,
    created_at: String,
    last_activity_at: String,
    held_since: Option<String>,
    expires_at: Option<String>,
    history_bytes: usize,
    queued_lines: usize,
    token_families: usize,
}

impl SessionRow {
    /// What a session and its clients' cards say.
    pub(super) fn of(gate: &Gate, entry: &Entry) -> SessionRow {
        let mut row = entry.handle.quietly(|core| SessionRow::of_core(core, entry.created));
        let active = row.connections.iter().filter_map(|id| gate.registry().card(*id));
        if let Some(active) = active.map(|card| card.last_activity()).max() {
            row.last_activity_at = show_time(shown_at(active));
        }
        row
    }

    fn of_core(core: &mut Core, created: Instant) -> SessionRow {
        let time = |moment: Instant| show_time(shown_at(moment));
        let connections: Vec<_> = core.clients().attached().map(|c| c.peer.connection).collect();
        SessionRow {
            session_id: core.id(),
            state: core.state().name(),
            user: core.user_name(),
            preset: core.preset_name().to_owned(),
            address: core.last_address(),
            connections,
            created_at: time(created),
            last_activity_at: time(core.held_since().unwrap_or(created)),
            held_since: core.held_since().map(time),
            expires_at: core.hold_ends().map(time),
            history_bytes: core.output().bytes(),
            queued_lines: core.queued_lines(),
            token_families: core.token_families(),
        }
    }

    /// The address, or the household, by which sessions of one player are told together.
    pub(super) fn household(&self) -> Option<IpAddr> {
        self.address.map(limited_as)
    }
}

/// Which page is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<K> {
    limit: usize,
    after: Option<K>,
}

/// A page of a list, how many are in all of it, and where the next one begins.
#[derive(Debug)]
pub(super) struct Paged<T, K> {
    pub(super) rows: Vec<T>,
    pub(super) total: usize,
    pub(super) next: Option<K>,
}

impl<K: std::str::FromStr> Page<K> {
    /// What the query asks for.
    pub(super) fn read(query: &Query, what: &str) -> Result<Page<K>, Refused> {
        let limit = query.value("limit", &format!("a number from 1 to {PAGE_MAX}"))?;
        let limit = limit.unwrap_or(PAGE);
        if !(1..=PAGE_MAX).contains(&limit) {
            return Err(Refused::bad_request(format!("limit has to be from 1 to {PAGE_MAX}")));
        }
        Ok(Page { limit, after: query.value("after", what)? })
    }
}

impl<K: Ord + Clone> Page<K> {
    /// The page out of all, which are put in order by their keys.
    pub(super) fn of<T>(&self, mut all: Vec<T>, key: impl Fn(&T) -> K) -> Paged<T, K> {
        all.sort_by_cached_key(&key);
        let total = all.len();
        let begin = match &self.after {
            Some(after) => all.partition_point(|row| key(row) <= *after),
            None => 0,
        };
        let rows: Vec<T> = all.drain(begin..).take(self.limit).collect();
        let last = rows.last().map(&key);
        let next = last.filter(|_| begin + rows.len() < total);
        Paged { rows, total, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(limit: usize, after: Option<u32>) -> Page<u32> {
        Page { limit, after }
    }

    #[test]
    fn pages_are_all_of_it_each_once_and_in_order() {
        for limit in [1, 3, 7, 10, 11] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let paged = page(limit, after).of((0..10).rev().collect(), |n| *n);
                assert_eq!(paged.total, 10);
                seen.extend(paged.rows);
                after = paged.next;
                if after.is_none() {
                    break;
                }
            }
            assert_eq!(seen, (0..10).collect::<Vec<_>>(), "{limit} at a time");
        }
    }

    #[test]
    fn one_that_is_gone_is_no_harm_to_whoever_goes_on_behind_it() {
        let paged = page(2, Some(3)).of(vec![1, 2, 4, 5, 6], |n| *n);
        assert_eq!((paged.rows, paged.next), (vec![4, 5], Some(5)));
        let paged = page(2, Some(9)).of(vec![1, 2], |n| *n);
        assert_eq!((paged.rows, paged.next, paged.total), (vec![], None, 2));
    }

    #[test]
    fn a_page_has_its_bounds() {
        for (text, good) in [("1", true), ("1000", true), ("0", false), ("1001", false)] {
            let query = format!("limit={text}");
            let query = Query::read(Some(&query), &["limit", "after"]).unwrap();
            assert_eq!(Page::<u32>::read(&query, "a number").is_ok(), good, "{text}");
        }
    }
}
