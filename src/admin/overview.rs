//! `/health`, `/stats` and `/limits`: how it is, as a whole.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use serde::Serialize;

use super::query::Query;
use super::reply::{self, Reply};
use super::{Admin, sessions};
use crate::clock;
use crate::config::GameAddress;
use crate::gate::Gate;
use crate::limits::listing::{Limit, listing};
use crate::registry::card::{Card, Carrier, ConnectionState};
use crate::registry::traffic::Passed;
use crate::times::show_time;

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
    build: Build,
    uptime_seconds: f64,
    started_at: String,
    active_connections: usize,
    users_with_connections: usize,
    sessions: usize,
    memory_bytes: Option<u64>,
    history_bytes: usize,
    connections_by_transport: BTreeMap<&'static str, usize>,
    connections_by_state: BTreeMap<&'static str, usize>,
    sessions_by_state: BTreeMap<&'static str, usize>,
    game: Game,
}

#[derive(Serialize)]
struct Build {
    version: &'static str,
    profile: &'static str,
    target: String,
}

#[derive(Serialize)]
struct Game {
    address: String,
    answers: bool,
}

/// How many there are of each.
fn counted(
    names: impl Iterator<Item = &'static str>,
    seen: impl Iterator<Item = &'static str>,
) -> BTreeMap<&'static str, usize> {
    let mut counts: BTreeMap<_, _> = names.map(|name| (name, 0)).collect();
    seen.for_each(|name| *counts.entry(name).or_default() += 1);
    counts
}

fn transports(cards: &[std::sync::Arc<Card>]) -> BTreeMap<&'static str, usize> {
    let names = Carrier::ALL.iter().map(|carrier| carrier.name());
    counted(names, cards.iter().map(|card| card.carrier().name()))
}

/// How it is now.
pub(super) async fn health(admin: &Admin, query: Option<&str>) -> Reply {
    Query::read(query, &[])?;
    let gate = &admin.gate;
    let answers = gate.game_answers().await;
    let cards = gate.registry().cards();
    let sessions = gate.registry().sessions();
    let states = sessions.iter().map(|session| session.quietly(|core| core.state().name()));
    let status = match (gate.is_draining(), answers) {
        (Some(_), _) => "draining",
        (None, true) => "ok",
        (None, false) => "game_down",
    };
    reply::json(&Health {
        status,
        version: env!("CARGO_PKG_VERSION"),
        build: Build {
            version: env!("CARGO_PKG_VERSION"),
            profile: if cfg!(debug_assertions) { "debug" } else { "release" },
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
        },
        uptime_seconds: clock::now().saturating_duration_since(admin.started).as_secs_f64(),
        started_at: show_time(admin.started_at),
        active_connections: cards.len(),
        users_with_connections: users_with_connections(gate),
        sessions: sessions.len(),
        memory_bytes: resident_bytes(),
        history_bytes: gate.memory().used(),
        connections_by_transport: transports(&cards),
        connections_by_state: counted(
            ConnectionState::PRESENT.iter().map(|state| state.name()),
            cards.iter().map(|card| card.state().name()),
        ),
        sessions_by_state: counted(sessions::STATES.iter().map(|state| state.name()), states),
        game: Game { address: game_address(gate), answers },
    })
}

fn game_address(gate: &Gate) -> String {
    match &gate.config().game.address {
        GameAddress::Demo => "demo".to_owned(),
        GameAddress::At(address) => address.to_string(),
    }
}

fn users_with_connections(gate: &Gate) -> usize {
    let sessions = gate.registry().sessions();
    let users = sessions.iter().filter_map(|session| {
        session.quietly(|core| {
            let attached = core.clients().attached().next().is_some();
            core.user().filter(|_| attached).map(|user| user.key.clone())
        })
    });
    users.collect::<std::collections::HashSet<_>>().len()
}

/// What the process takes of the machine's memory (`VmRSS`), where the system says so.
pub(crate) fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[derive(Serialize)]
struct Stats {
    total_connections: u64,
    active_connections: usize,
    active_users: usize,
    sessions: usize,
    total_sessions: u64,
    messages_per_second: f64,
    avg_connection_duration_seconds: f64,
    rates: RatesRow,
    totals: TotalsRow,
}

#[derive(Serialize)]
struct RatesRow {
    connections: Rate,
    lines_in: Rate,
    lines_out: Rate,
    bytes_in: Rate,
    bytes_out: Rate,
}

#[derive(Serialize)]
struct Rate {
    per_second_1m: f64,
    per_second_5m: f64,
    per_second_15m: f64,
}

impl From<[f64; 3]> for Rate {
    fn from([per_second_1m, per_second_5m, per_second_15m]: [f64; 3]) -> Rate {
        Rate { per_second_1m, per_second_5m, per_second_15m }
    }
}

#[derive(Serialize)]
struct TotalsRow {
    bytes_in: u64,
    bytes_out: u64,
    lines_in: u64,
    lines_out: u64,
    logins: u64,
    resumes: u64,
    takeovers: u64,
    refused: u64,
}

/// How much there was, and how fast it goes.
pub(super) fn stats(admin: &Admin, query: Option<&str>) -> Reply {
    Query::read(query, &[])?;
    let gate = &admin.gate;
    let (totals, counts) = (gate.registry().totals(), gate.registry().counts());
    let rates = admin.rates.lock().unwrap_or_else(PoisonError::into_inner).per_second();
    let [connections, lines_in, lines_out, bytes_in, bytes_out] = rates;
    let happened = gate.events().happened();
    let passed: Passed = totals.passed.into_iter().sum();
    let average = match totals.over {
        0 => 0.0,
        over => totals.over_time.as_secs_f64() / over as f64,
    };
    reply::json(&Stats {
        total_connections: totals.connections,
        active_connections: counts.connections,
        active_users: counts.users,
        sessions: counts.sessions,
        total_sessions: totals.sessions,
        messages_per_second: lines_in[0] + lines_out[0],
        avg_connection_duration_seconds: average,
        rates: RatesRow {
            connections: connections.into(),
            lines_in: lines_in.into(),
            lines_out: lines_out.into(),
            bytes_in: bytes_in.into(),
            bytes_out: bytes_out.into(),
        },
        totals: TotalsRow {
            bytes_in: passed.bytes_in,
            bytes_out: passed.bytes_out,
            lines_in: passed.lines_in,
            lines_out: passed.lines_out,
            logins: happened.logins,
            resumes: happened.resumes,
            takeovers: happened.takeovers,
            refused: totals.denied,
        },
    })
}

#[derive(Serialize)]
struct Limits {
    limits: Vec<Limit>,
}

/// Every limit, and how much of it is in use where that can be said.
pub(super) fn limits(admin: &Admin, query: Option<&str>) -> Reply {
    Query::read(query, &[])?;
    let gate = &admin.gate;
    reply::json(&Limits { limits: listing(&gate.config(), &gate.in_use()) })
}
