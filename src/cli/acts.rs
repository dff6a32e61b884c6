//! `kick`, `ban`, `unban`, `tokens revoke`, `say`: what changes something, each with a line that says
//! what it came to.

use hyper::Method;
use serde_json::{Value, json};

use super::arguments;
use super::desk::{Asked, Desk, part};
use super::shapes::{Ban, Session};
use super::shown::{self, count, text};
use super::trouble::Trouble;
use super::who::{self, Who};

impl Desk<'_> {
    pub(super) async fn kick(&mut self, what: &arguments::Kick) -> Result<(), Trouble> {
        let asked = Asked::default().and("reason", what.reason.as_deref());
        match who::id(&what.who) {
            Some(id) if what.connection_only => self.cut_id(&id, &asked).await,
            Some(id) => self.kick_id(&id, &asked).await,
            None => self.kick_user(what, &asked).await,
        }
    }

    async fn kick_user(&mut self, what: &arguments::Kick, asked: &Asked) -> Result<(), Trouble> {
        let name = who::user(&what.who);
        let (things, one) = match what.connection_only {
            true => ("connections", "connection"),
            false => ("sessions", "session"),
        };
        let path = asked.at(&format!("users/{}/{things}", part(name)));
        let nobody = || format!("{} has no {one}", text(name));
        let answer = self.delete(&path).await.map_err(|trouble| trouble.or_not_found(nobody))?;
        let removed = answer["removed"].as_u64().unwrap_or_default();
        if removed == 0 {
            return Err(Trouble::NotFound(nobody()));
        }
        if self.print_json(&answer)? {
            return Ok(());
        }
        let what_then = if what.connection_only { "; the session waits" } else { "" };
        let verb = if what.connection_only { "cut" } else { "ended" };
        self.say_so(&format!("{}: {} {verb}{what_then}.", text(name), count(removed, one)))
    }

    /// A session, or else a connection.
    async fn kick_id(&mut self, id: &str, asked: &Asked) -> Result<(), Trouble> {
        match self.delete(&asked.at(&format!("sessions/{id}"))).await {
            Err(trouble) if trouble.is_not_found() => {}
            done => {
                self.print_json(&done?)?;
                return self.say_to_people(&format!("Session {id} ended."));
            }
        }
        self.cut(id, asked).await.map_err(|trouble| trouble.or_not_found(|| nothing_with(id)))?;
        self.say_to_people(&format!("Connection {id} cut; its session, if any, waits."))
    }

    /// A connection, or else all of a session.
    async fn cut_id(&mut self, id: &str, asked: &Asked) -> Result<(), Trouble> {
        match self.cut(id, asked).await {
            Err(trouble) if trouble.is_not_found() => {}
            done => {
                done?;
                return self.say_to_people(&format!("Connection {id} cut."));
            }
        }
        let session: Result<Session, Trouble> = self.api.read(&format!("sessions/{id}")).await;
        let session = session.map_err(|trouble| trouble.or_not_found(|| nothing_with(id)))?;
        let mut cut = 0;
        for connection in &session.connections {
            match self.cut(&part(connection), asked).await {
                // It has gone by itself.
                Err(trouble) if trouble.is_not_found() => {}
                done => {
                    done?;
                    cut += 1;
                }
            }
        }
        if cut == 0 {
            return Err(Trouble::NotFound(format!("session {id} has no connection")));
        }
        self.say_to_people(&format!("Session {id}: {} cut; it waits.", count(cut, "connection")))
    }

    async fn cut(&mut self, id: &str, asked: &Asked) -> Result<(), Trouble> {
        let answer = self.delete(&asked.at(&format!("connections/{id}"))).await?;
        self.print_json(&answer).map(drop)
    }

    pub(super) async fn ban(&mut self, what: &arguments::Ban) -> Result<(), Trouble> {
        let body = ban_body(what);
        let answer = self.api.send(Method::POST, "bans", Some(&body)).await?;
        if self.print_json(&answer)? {
            return Ok(());
        }
        let ban: Ban = self.api.understand(answer)?;
        let ends = match &ban.until {
            Some(until) => format!("until {} UTC", shown::date(until)),
            None => "for good".to_owned(),
        };
        let kind = ban.kind.as_deref().unwrap_or("all");
        self.say_so(&format!("Banned {} ({}) {ends}.", text(&ban.id), text(kind)))
    }

    pub(super) async fn unban(&mut self, what: &arguments::Unban) -> Result<(), Trouble> {
        let who = Who::read(&what.who);
        let kind = what.kind.map(arguments::BanKind::name);
        let path = format!("bans/{}", part(&who.ban_id()));
        let done = self.delete(&Asked::default().and("kind", kind).at(&path)).await;
        let answer =
            done.map_err(|trouble| trouble.or_not_found(|| format!("{who} is not banned")))?;
        self.print_json(&answer)?;
        self.say_to_people(&format!("{who} is not banned any more."))
    }

    pub(super) async fn revoke(&mut self, what: &arguments::Revoke) -> Result<(), Trouble> {
        let user = who::user(&what.user);
        let none = || format!("{} has no session with tokens", text(user));
        let done = self.delete(&format!("users/{}/tokens", part(user))).await;
        let answer = done.map_err(|trouble| trouble.or_not_found(none))?;
        let revoked = answer["revoked"].as_u64().unwrap_or_default();
        if revoked == 0 {
            return Err(Trouble::NotFound(none()));
        }
        self.print_json(&answer)?;
        let of = count(revoked, "session");
        self.say_to_people(&format!("{}: the tokens of {of} are revoked.", text(user)))
    }

    pub(super) async fn say(&mut self, what: &arguments::Say) -> Result<(), Trouble> {
        let mut body = json!({ "text": what.text });
        match what.to.as_deref().map(|to| (to, who::id(to))) {
            Some((_, Some(id))) => body["connection_id"] = id.into(),
            Some((to, None)) => body["user"] = who::user(to).into(),
            None => {}
        }
        let nobody =
            || format!("{} is not connected", text(what.to.as_deref().unwrap_or_default()));
        let done = self.api.send(Method::POST, "notices", Some(&body)).await;
        let answer = done.map_err(|trouble| trouble.or_not_found(nobody))?;
        let told = answer["told"].as_u64().unwrap_or_default();
        if told == 0 && what.to.is_some() {
            return Err(Trouble::NotFound(nobody()));
        }
        self.print_json(&answer)?;
        self.say_to_people(&format!("Told on {}.", count(told, "connection")))
    }

    async fn delete(&self, path: &str) -> Result<Value, Trouble> {
        self.api.send(Method::DELETE, path, None).await
    }

    /// Prints a line if it is people who read.
    pub(super) fn say_to_people(&mut self, line: &str) -> Result<(), Trouble> {
        if self.json { Ok(()) } else { self.say_so(line) }
    }
}

fn nothing_with(id: &str) -> String {
    format!("no session and no connection has the id {id}")
}

fn ban_body(what: &arguments::Ban) -> Value {
    let mut body = match Who::read(&what.who) {
        Who::User(name) => json!({ "user": name }),
        Who::Network(network) => json!({ "network": network }),
    };
    if let Some(kind) = what.kind {
        body["kind"] = kind.name().into();
    }
    if let Some(length) = what.length {
        body["for_seconds"] = length.as_secs().into();
    }
    if let Some(until) = &what.until {
        body["until"] = until.as_str().into();
    }
    if let Some(reason) = &what.reason {
        body["reason"] = reason.as_str().into();
    }
    body
}
