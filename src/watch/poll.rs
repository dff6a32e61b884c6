//! What the view asks the API for: all that it shows, and what its user wants done.

use std::time::Instant;

use hyper::Method;
use serde_json::{Value, json};
use time::UtcDateTime;

use crate::cli::shapes::{Connection, Health, Session, Stats};
use crate::cli::shown::{count, text};
use crate::cli::{Api, Asked, Trouble, part};
use crate::clock;

use super::view::{Act, Target};

/// Rows of each table that are asked for.
const ROWS: &str = "1000";

/// Everything at one moment.
pub(super) struct Snapshot {
    pub(super) at: Instant,
    pub(super) now: UtcDateTime,
    pub(super) health: Health,
    pub(super) stats: Stats,
    pub(super) sessions: Vec<Session>,
    /// How many there are, shown or not.
    pub(super) sessions_total: u64,
    pub(super) connections: Vec<Connection>,
    pub(super) connections_total: u64,
}

/// Asks for everything.
pub(super) async fn snapshot(api: &Api) -> Result<Snapshot, Trouble> {
    let health = api.read("health").await?;
    let stats = api.read("stats").await?;
    let rows = Asked::default().and("limit", Some(ROWS));
    let mut sessions = api.ask(&rows.at("sessions")).await?;
    let mut connections = api.ask(&rows.at("connections")).await?;
    Ok(Snapshot {
        at: clock::now(),
        now: clock::shown(),
        health,
        stats,
        sessions_total: sessions["total"].as_u64().unwrap_or_default(),
        sessions: api.understand(sessions["sessions"].take())?,
        connections_total: connections["total"].as_u64().unwrap_or_default(),
        connections: api.understand(connections["connections"].take())?,
    })
}

/// Has it done, and says what it came to.
pub(super) async fn act(api: &Api, act: &Act) -> Result<String, Trouble> {
    match act {
        Act::Kick { target, reason } => kick(api, target, reason).await,
        Act::Ban { who, network, reason } => ban(api, who, *network, reason).await,
        Act::Say { text, to } => say(api, text, to.as_deref()).await,
    }
}

async fn kick(api: &Api, target: &Target, reason: &str) -> Result<String, Trouble> {
    let asked = Asked::default().and("reason", some(reason));
    let things = if target.is_session { "sessions" } else { "connections" };
    let path = asked.at(&format!("{things}/{}", part(&target.id)));
    let gone = || format!("{} has gone already", text(&target.name));
    let done = api.send(Method::DELETE, &path, None).await;
    done.map_err(|trouble| trouble.or_not_found(gone))?;
    let what = if target.is_session { "session ended" } else { "connection cut" };
    Ok(format!("{}: {what}", text(&target.name)))
}

async fn ban(api: &Api, who: &str, network: bool, reason: &str) -> Result<String, Trouble> {
    let key = if network { "network" } else { "user" };
    let mut body = json!({ key: who });
    if let Some(reason) = some(reason) {
        body["reason"] = reason.into();
    }
    api.send(Method::POST, "bans", Some(&body)).await?;
    Ok(format!("{} is banned for good", text(who)))
}

async fn say(api: &Api, words: &str, to: Option<&str>) -> Result<String, Trouble> {
    let mut body = json!({ "text": words });
    if let Some(user) = to {
        body["user"] = user.into();
    }
    let answer: Value = api.send(Method::POST, "notices", Some(&body)).await?;
    let told = answer["told"].as_u64().unwrap_or_default();
    Ok(format!("told on {}", count(told, "connection")))
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}
