//! The rows of the two tables: what is in them, in which order, and which are left by a filter.

use std::cmp::Ordering;

use time::UtcDateTime;

use super::poll::Snapshot;
use super::view::Tab;
use crate::cli::client_name;
use crate::cli::shapes::{Connection, Session};
use crate::cli::shown::{self, NONE, maybe, text};
use crate::cli::table::{Column, number, whole, words};

const SESSIONS: &[Column] = &[
    words("USER", 8),
    whole("STATE"),
    words("ADDRESS", 9),
    number("IDLE"),
    number("AWAY"),
    number("AGE"),
    number("CLIENTS"),
    number("HISTORY"),
    number("QUEUED"),
    words("PRESET", 6),
];

const CONNECTIONS: &[Column] = &[
    words("USER", 8),
    words("STATE", 6),
    words("ADDRESS", 9),
    number("IDLE"),
    whole("TRANSPORT"),
    number("AGE"),
    number("LINES/M"),
    number("TRIP"),
    number("IN"),
    number("OUT"),
    words("CLIENT", 8),
];

/// What a column is ordered by.
#[derive(Clone, Debug, PartialEq)]
enum Key {
    Word(String),
    Number(f64),
    /// Comes last in either direction.
    Nothing,
}

/// One cell: what is shown, and what it is ordered by.
struct Cell(String, Key);

/// One row.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Of the session or connection.
    pub(super) id: String,
    pub(super) user: Option<String>,
    pub(super) address: Option<String>,
    pub(super) state: String,
    pub(super) cells: Vec<String>,
    keys: Vec<Key>,
}

impl Row {
    fn new(
        id: &str,
        user: Option<&str>,
        address: Option<&str>,
        state: &str,
        cells: Vec<Cell>,
    ) -> Row {
        let (cells, keys) = cells.into_iter().map(|Cell(text, key)| (text, key)).unzip();
        let own = |value: Option<&str>| value.map(str::to_owned);
        Row {
            id: id.to_owned(),
            user: own(user),
            address: own(address),
            state: state.to_owned(),
            cells,
            keys,
        }
    }

    /// Whether it has this text, in lower case, anywhere.
    fn has(&self, wanted: &str) -> bool {
        self.id.starts_with(wanted)
            || self.cells.iter().any(|cell| cell.to_lowercase().contains(wanted))
    }
}

/// The columns of a table.
pub(super) fn columns(tab: Tab) -> &'static [Column] {
    match tab {
        Tab::Sessions => SESSIONS,
        Tab::Connections => CONNECTIONS,
    }
}

/// The rows of a table, those that the filter leaves, by one column.
pub(super) fn rows(
    snapshot: &Snapshot,
    tab: Tab,
    filter: &str,
    column: usize,
    backwards: bool,
) -> Vec<Row> {
    let mut rows: Vec<Row> = match tab {
        Tab::Sessions => snapshot.sessions.iter().map(|one| session(one, snapshot.now)).collect(),
        Tab::Connections => {
            snapshot.connections.iter().map(|one| connection(one, snapshot.now)).collect()
        }
    };
    let filter = filter.to_lowercase();
    rows.retain(|row| filter.is_empty() || row.has(&filter));
    rows.sort_by(|a, b| {
        let order = compare(&a.keys[column], &b.keys[column], backwards);
        // Always the same order for what is equal, or rows would jump about.
        order.then_with(|| a.id.cmp(&b.id))
    });
    rows
}

fn compare(a: &Key, b: &Key, backwards: bool) -> Ordering {
    let order = match (a, b) {
        (Key::Word(a), Key::Word(b)) => a.cmp(b),
        (Key::Number(a), Key::Number(b)) => a.total_cmp(b),
        (a, b) => return (*a == Key::Nothing).cmp(&(*b == Key::Nothing)),
    };
    if backwards { order.reverse() } else { order }
}

fn word(value: Option<&str>) -> Cell {
    Cell(maybe(value), value.map_or(Key::Nothing, |value| Key::Word(value.to_lowercase())))
}

fn since(at: Option<&str>, now: UtcDateTime) -> Cell {
    let time = at.and_then(shown::moment).map(|at| (now - at).as_seconds_f64().max(0.0));
    let shown = time.map(|time| shown::short(shown::seconds(time)));
    Cell(shown.unwrap_or_else(|| NONE.to_owned()), time.map_or(Key::Nothing, Key::Number))
}

fn size(bytes: u64) -> Cell {
    Cell(shown::size(bytes as f64), Key::Number(bytes as f64))
}

fn plain(number: u64) -> Cell {
    Cell(number.to_string(), Key::Number(number as f64))
}

fn session(session: &Session, now: UtcDateTime) -> Row {
    let cells = vec![
        word(session.user.as_deref()),
        word(Some(&session.state)),
        word(session.address.as_deref()),
        since(Some(&session.last_activity_at), now),
        since(session.held_since.as_deref(), now),
        since(Some(&session.created_at), now),
        plain(session.connections.len() as u64),
        size(session.history_bytes),
        plain(session.queued_lines),
        word(session.preset.as_deref()),
    ];
    let (user, address) = (session.user.as_deref(), session.address.as_deref());
    Row::new(&session.session_id, user, address, &session.state, cells)
}

fn connection(connection: &Connection, now: UtcDateTime) -> Row {
    let client = client_name(&connection.client);
    let trip = shown::round_trip(connection.round_trip_seconds);
    let cells = vec![
        word(connection.user.as_deref()),
        word(Some(&connection.state)),
        word(Some(&connection.address)),
        since(Some(&connection.last_activity_at), now),
        word(Some(&connection.transport)),
        since(Some(&connection.connected_at), now),
        plain(connection.rate.lines_per_minute),
        Cell(trip, connection.round_trip_seconds.map_or(Key::Nothing, Key::Number)),
        size(connection.bytes_in),
        size(connection.bytes_out),
        Cell(client.clone(), Key::Word(client.to_lowercase())),
    ];
    let address = Some(connection.address.as_str());
    Row::new(
        &connection.connection_id,
        connection.user.as_deref(),
        address,
        &connection.state,
        cells,
    )
}

/// Everything that is known of a row, a line each.
pub(super) fn details(
    snapshot: &Snapshot,
    tab: Tab,
    id: &str,
) -> Option<Vec<(&'static str, String)>> {
    match tab {
        Tab::Sessions => {
            let found = snapshot.sessions.iter().find(|session| session.session_id == id);
            found.map(|session| session_details(session, snapshot.now))
        }
        Tab::Connections => {
            let found = snapshot.connections.iter().find(|one| one.connection_id == id);
            found.map(|connection| connection_details(connection, snapshot.now))
        }
    }
}

fn when(at: Option<&str>, now: UtcDateTime) -> String {
    at.map_or_else(
        || NONE.to_owned(),
        |at| format!("{} ({})", shown::date(at), shown::ago(at, now)),
    )
}

fn session_details(session: &Session, now: UtcDateTime) -> Vec<(&'static str, String)> {
    let connections: Vec<String> = session.connections.iter().map(|id| text(id)).collect();
    let connections = if connections.is_empty() { NONE.to_owned() } else { connections.join(" ") };
    vec![
        ("session", text(&session.session_id)),
        ("user", maybe(session.user.as_deref())),
        ("state", text(&session.state)),
        ("address", maybe(session.address.as_deref())),
        ("preset", maybe(session.preset.as_deref())),
        ("began", when(Some(&session.created_at), now)),
        ("active", when(Some(&session.last_activity_at), now)),
        ("away since", when(session.held_since.as_deref(), now)),
        ("ends", when(session.expires_at.as_deref(), now)),
        ("history", shown::size(session.history_bytes as f64)),
        ("queued", shown::count(session.queued_lines, "line")),
        ("tokens", format!("for {}", shown::count(session.token_families, "device"))),
        ("connections", connections),
    ]
}

fn connection_details(connection: &Connection, now: UtcDateTime) -> Vec<(&'static str, String)> {
    let Connection { client, rate, permissions, .. } = connection;
    let yes = |yes: bool, word: &str| if yes { word.to_owned() } else { format!("no {word}") };
    vec![
        ("connection", text(&connection.connection_id)),
        ("session", maybe(connection.session_id.as_deref())),
        ("user", maybe(connection.user.as_deref())),
        ("state", text(&connection.state)),
        ("address", text(&connection.address)),
        (
            "transport",
            format!(
                "{} {} {}",
                text(&connection.transport),
                maybe(connection.subprotocol.as_deref()),
                yes(connection.tls, "TLS")
            ),
        ),
        ("client", client_name(client)),
        ("terminal", maybe(client.terminal.as_deref())),
        ("user agent", maybe(client.user_agent.as_deref())),
        ("since", when(Some(&connection.connected_at), now)),
        ("active", when(Some(&connection.last_activity_at), now)),
        ("ends", when(connection.expires_at.as_deref(), now)),
        ("typed", traffic(connection.lines_in, connection.bytes_in)),
        ("shown", traffic(connection.lines_out, connection.bytes_out)),
        ("rate", format!("{} of {} lines a minute", rate.lines_per_minute, rate.limit_per_minute)),
        ("round trip", shown::round_trip(connection.round_trip_seconds)),
        (
            "may",
            format!("{}, {}", yes(permissions.input, "input"), yes(permissions.output, "output")),
        ),
    ]
}

fn traffic(lines: u64, bytes: u64) -> String {
    format!("{}, {}", shown::count(lines, "line"), shown::size(bytes as f64))
}
