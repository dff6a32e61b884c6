//! `sessions`, `connections`, `bans`, `last`: what there is, as tables.

use super::arguments;
use super::desk::{Asked, Desk};
use super::shapes::{Ban, Client, Connection, Login, Session};
use super::shown::{self, NONE, ago, maybe, text};
use super::table::{Column, Table, number, whole, words};
use super::trouble::Trouble;
use super::who::{self, Who};

const SESSIONS: &[Column] = &[
    words("USER", 16),
    whole("STATE"),
    words("ADDRESS", 15),
    whole("SESSION"),
    number("ACTIVE"),
    number("BEGAN"),
    number("AWAY"),
    number("CLIENTS"),
    number("HISTORY"),
    number("QUEUED"),
    number("TOKENS"),
    words("PRESET", 6),
];

const CONNECTIONS: &[Column] = &[
    words("USER", 16),
    words("ADDRESS", 15),
    whole("CONNECTION"),
    number("ACTIVE"),
    words("STATE", 6),
    whole("TRANSPORT"),
    number("SINCE"),
    number("LINES/MIN"),
    number("TRIP"),
    number("IN"),
    number("OUT"),
    words("CLIENT", 8),
];

const BANS: &[Column] =
    &[words("WHO", 12), whole("KIND"), whole("ENDS"), number("MADE"), words("REASON", 10)];

const LOGINS: &[Column] = &[
    whole("TIME (UTC)"),
    words("USER", 16),
    words("ADDRESS", 15),
    number("WHEN"),
    whole("TRANSPORT"),
    whole("HOW"),
];

impl Desk<'_> {
    pub(super) async fn sessions(&mut self, what: &arguments::Sessions) -> Result<(), Trouble> {
        let same = what.same_address.then_some("true");
        let asked = Asked::default()
            .and("user", what.user.as_deref().map(who::user))
            .and("same_address", same);
        let mut answer = self.all("sessions", "sessions", &asked).await?;
        if self.print_json(&answer)? {
            return Ok(());
        }
        let mut sessions: Vec<Session> = self.rows(&mut answer, "sessions")?;
        // Those of one address stand together already.
        if !what.same_address {
            sessions.sort_by_cached_key(|session| by_user(session.user.as_deref()));
        }
        let mut table = Table::new(SESSIONS);
        for session in &sessions {
            table.row(session_cells(session, self.now));
        }
        self.print_list(&table, sessions.len(), answer["total"].as_u64(), "session")
    }

    pub(super) async fn connections(
        &mut self,
        what: &arguments::Connections,
    ) -> Result<(), Trouble> {
        let asked = Asked::default()
            .and("user", what.user.as_deref().map(who::user))
            .and("address", what.address.as_deref());
        let mut answer = self.all("connections", "connections", &asked).await?;
        if self.print_json(&answer)? {
            return Ok(());
        }
        let mut connections: Vec<Connection> = self.rows(&mut answer, "connections")?;
        connections.sort_by_cached_key(|connection| by_user(connection.user.as_deref()));
        let mut table = Table::new(CONNECTIONS);
        for connection in &connections {
            table.row(connection_cells(connection, self.now));
        }
        self.print_list(&table, connections.len(), answer["total"].as_u64(), "connection")
    }

    pub(super) async fn bans(&mut self) -> Result<(), Trouble> {
        let mut answer = self.api.ask("bans").await?;
        if self.print_json(&answer)? {
            return Ok(());
        }
        let bans: Vec<Ban> = self.rows(&mut answer, "bans")?;
        let mut table = Table::new(BANS);
        for ban in &bans {
            let until = ban.until.as_deref().map(|until| ago(until, self.now));
            let made = ban.created_at.as_deref().map(|made| ago(made, self.now));
            table.row([
                text(&ban.id),
                maybe(ban.kind.as_deref()),
                until.unwrap_or_else(|| "never".to_owned()),
                made.unwrap_or_else(|| NONE.to_owned()),
                maybe(ban.reason.as_deref()),
            ]);
        }
        self.print_list(&table, bans.len(), None, "ban")
    }

    pub(super) async fn last(&mut self, what: &arguments::Last) -> Result<(), Trouble> {
        let who = Who::read(&what.who);
        let limit = what.limit.to_string();
        let asked = match &who {
            Who::User(name) => Asked::default().and("user", Some(name)),
            Who::Network(network) => Asked::default().and("address", Some(network)),
        };
        let path = asked.and("limit", Some(&limit)).at("last");
        let mut answer = self.api.ask(&path).await?;
        let logins: Vec<Login> = self.api.understand(answer["logins"].clone())?;
        if self.print_json(&answer)? && !logins.is_empty() {
            return Ok(());
        }
        if logins.is_empty() {
            return Err(Trouble::NotFound(format!("no login of {who} is remembered")));
        }
        let mut table = Table::new(LOGINS);
        for login in &logins {
            table.row([
                shown::date(&login.time),
                maybe(login.user.as_deref()),
                maybe(login.address.as_deref()),
                ago(&login.time, self.now),
                maybe(login.transport.as_deref()),
                maybe(login.how.as_deref()),
            ]);
        }
        table.print(self.width, self.out)?;
        if answer["complete"].take() == false {
            self.say_so("There may be older ones, which are not shown or not remembered.")?;
        }
        Ok(())
    }

    /// A table and how many rows it has.
    fn print_list(
        &mut self,
        table: &Table<'_>,
        rows: usize,
        total: Option<u64>,
        one: &str,
    ) -> Result<(), Trouble> {
        if rows == 0 {
            return self.say_so(&format!("No {one}s."));
        }
        table.print(self.width, self.out)?;
        let rows = rows as u64;
        match total.filter(|total| *total > rows) {
            Some(total) => self.say_so(&format!("{rows} of {}", shown::count(total, one))),
            None => self.say_so(&shown::count(rows, one)),
        }
    }
}

/// Users by their names, and who is nobody yet behind them.
fn by_user(user: Option<&str>) -> (bool, String) {
    (user.is_none(), user.unwrap_or_default().to_lowercase())
}

fn session_cells(session: &Session, now: time::UtcDateTime) -> [String; 12] {
    [
        maybe(session.user.as_deref()),
        text(&session.state),
        maybe(session.address.as_deref()),
        text(&session.session_id),
        ago(&session.last_activity_at, now),
        ago(&session.created_at, now),
        session.held_since.as_deref().map_or_else(|| NONE.to_owned(), |held| ago(held, now)),
        session.connections.len().to_string(),
        shown::size(session.history_bytes as f64),
        session.queued_lines.to_string(),
        session.token_families.to_string(),
        maybe(session.preset.as_deref()),
    ]
}

fn connection_cells(connection: &Connection, now: time::UtcDateTime) -> [String; 12] {
    [
        maybe(connection.user.as_deref()),
        text(&connection.address),
        text(&connection.connection_id),
        ago(&connection.last_activity_at, now),
        text(&connection.state),
        text(&connection.transport),
        ago(&connection.connected_at, now),
        connection.rate.lines_per_minute.to_string(),
        shown::round_trip(connection.round_trip_seconds),
        shown::size(connection.bytes_in as f64),
        shown::size(connection.bytes_out as f64),
        client_name(&connection.client),
    ]
}

/// What a client calls itself.
pub(crate) fn client_name(client: &Client) -> String {
    match (&client.name, &client.version) {
        (Some(name), Some(version)) => text(&format!("{name} {version}")),
        (Some(name), None) => text(name),
        (None, _) => maybe(client.user_agent.as_deref().or(client.terminal.as_deref())),
    }
}
