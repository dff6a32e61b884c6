//! `health` and `stats`: numbers, one a line.

use std::collections::BTreeMap;

use super::desk::Desk;
use super::shapes::{Health, Stats};
use super::shown::{count, date, rate, seconds, size, span, text};
use super::table::{Column, Table, number, whole};
use super::trouble::Trouble;

const RATES: &[Column] = &[whole("PER SECOND"), number("1 MIN"), number("5 MIN"), number("15 MIN")];

impl Desk<'_> {
    pub(super) async fn health(&mut self) -> Result<(), Trouble> {
        let answer = self.api.ask("health").await?;
        if self.print_json(&answer)? {
            return Ok(());
        }
        let health: Health = self.api.understand(answer)?;
        for (name, value) in health_lines(&health) {
            self.say_so(&format!("{name:<12}  {value}"))?;
        }
        Ok(())
    }

    pub(super) async fn stats(&mut self) -> Result<(), Trouble> {
        let answer = self.api.ask("stats").await?;
        if self.print_json(&answer)? {
            return Ok(());
        }
        let stats: Stats = self.api.understand(answer)?;
        for (name, value) in stats_lines(&stats) {
            self.say_so(&format!("{name:<12}  {value}"))?;
        }
        let mut table = Table::new(RATES);
        for (name, rates) in &stats.rates {
            let all = [rates.per_second_1m, rates.per_second_5m, rates.per_second_15m];
            let shown =
                |value: f64| if name.starts_with("bytes") { size(value) } else { rate(value) };
            table.row([text(&name.replace('_', " "))].into_iter().chain(all.map(shown)));
        }
        self.say_so("")?;
        Ok(table.print(self.width, self.out)?)
    }
}

fn health_lines(health: &Health) -> Vec<(&'static str, String)> {
    let build = &health.build;
    let answers = match health.game.answers {
        Some(true) => "answers",
        Some(false) => "does not answer",
        None => "not tried yet",
    };
    let memory = health.memory_bytes.map_or_else(|| "unknown".to_owned(), |all| size(all as f64));
    vec![
        ("status", text(&health.status)),
        ("version", text(&format!("{} ({}, {})", health.version, build.profile, build.target))),
        (
            "up",
            format!(
                "{}, since {} UTC",
                span(seconds(health.uptime_seconds)),
                date(&health.started_at)
            ),
        ),
        ("game", format!("{} {answers}", text(&health.game.address))),
        ("users", health.users_with_connections.to_string()),
        (
            "connections",
            spread(
                health.active_connections,
                &[&health.connections_by_transport, &health.connections_by_state],
            ),
        ),
        ("sessions", spread(health.sessions, &[&health.sessions_by_state])),
        ("memory", format!("{memory}, of it history {}", size(health.history_bytes as f64))),
    ]
}

fn stats_lines(stats: &Stats) -> Vec<(&'static str, String)> {
    let total = |name: &str| stats.totals.get(name).copied().unwrap_or_default();
    let lived = span(seconds(stats.avg_connection_duration_seconds));
    vec![
        (
            "now",
            format!(
                "{}, {}, {}",
                count(stats.active_users, "user"),
                count(stats.active_connections, "connection"),
                count(stats.sessions, "session")
            ),
        ),
        (
            "since start",
            format!(
                "{}, {}, {}",
                count(stats.total_connections, "connection"),
                count(stats.total_sessions, "session"),
                count(total("logins"), "login")
            ),
        ),
        (
            "of these",
            format!(
                "{}, {}, {} refused",
                count(total("resumes"), "resume"),
                count(total("takeovers"), "takeover"),
                total("refused")
            ),
        ),
        ("typed", flow(total("lines_in"), total("bytes_in"))),
        ("shown", flow(total("lines_out"), total("bytes_out"))),
        ("messages", format!("{} a second", rate(stats.messages_per_second))),
        ("a connection", format!("lasts {lived} on average")),
    ]
}

fn flow(lines: u64, bytes: u64) -> String {
    format!("{}, {}", count(lines, "line"), size(bytes as f64))
}

/// A number, and what it is made of: `3: 2 telnet, 1 websocket; 3 active`.
fn spread(all: u64, parts: &[&BTreeMap<String, u64>]) -> String {
    let part = |part: &&BTreeMap<String, u64>| {
        let some = part.iter().filter(|(_, number)| **number > 0);
        some.map(|(name, number)| format!("{number} {}", text(name))).collect::<Vec<_>>().join(", ")
    };
    let parts: Vec<String> = parts.iter().map(part).filter(|part| !part.is_empty()).collect();
    match parts.is_empty() {
        true => all.to_string(),
        false => format!("{all}: {}", parts.join("; ")),
    }
}
