//! What the game's staff does from outside, with connections, sessions and users: the functions behind
//! the admin's listener.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Gate;
use crate::clock;
use crate::events::{About, What};
use crate::ids::{ConnectionId, SessionId, UserKey};
use crate::login::Preset;
use crate::registry::card::Card;
use crate::session::core::{Core, State};
use crate::session::link::SessionHandle;
use crate::session::message::{Closing, EndReason, Peer, Permissions};
use crate::settings;

/// Why a connection cannot be led to where another one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotLed {
    /// There is no such connection.
    #[error("there is no connection {0}")]
    NoConnection(ConnectionId),
    /// It is attached to no session.
    #[error("connection {0} has no session")]
    NoSession(ConnectionId),
    /// Its player is not in the game.
    #[error("the player of connection {0} is not in the game yet")]
    NotPlaying(ConnectionId),
    /// Both have the same.
    #[error("both connections have this session")]
    Same,
}

/// What a clean-up has removed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Removed {
    /// Connections whose time was over.
    pub connections: usize,
    /// Sessions whose game is gone and whom nobody waits for.
    pub sessions: usize,
    /// Bans that were over.
    pub bans: usize,
}

impl Gate {
    /// Puts a connection out; its session is held. Whether there was one.
    pub fn disconnect(&self, id: ConnectionId, reason: Option<&str>) -> bool {
        let Some(card) = self.registry.card(id) else { return false };
        let text = self.reason_text(reason);
        // It has no session afterwards.
        let about = card.about();
        self.put_out(&card, Closing::Kicked, text.as_deref());
        self.events.emit(about, kicked(reason));
        true
    }

    fn put_out(&self, card: &Card, closing: Closing, text: Option<&str>) {
        // First, so that one who is coming to a session just now is told there.
        card.cut();
        if let Some(session) = card.session() {
            let is = |peer: &Peer| peer.connection == card.id();
            session.with(|core| core.disconnect(clock::now(), is, closing, text));
        }
    }

    /// Puts a user's connections out; the sessions are held. How many that were.
    pub fn disconnect_user(&self, user: &UserKey, reason: Option<&str>) -> usize {
        let cards = self.cards_of(user);
        cards.iter().filter(|card| self.disconnect(card.id(), reason)).count()
    }

    /// Ends a session; whether there was one.
    pub fn kick_session(&self, id: SessionId, reason: Option<&str>) -> bool {
        let Some(session) = self.registry.find(id) else { return false };
        self.kick(&session, reason);
        true
    }

    /// Ends a user's sessions; how many that were.
    pub fn kick_user(&self, user: &UserKey, reason: Option<&str>) -> usize {
        let sessions = self.registry.sessions_of(user);
        sessions.iter().for_each(|session| self.kick(session, reason));
        sessions.len()
    }

    fn kick(&self, session: &SessionHandle, reason: Option<&str>) {
        let text = self.reason_text(reason);
        let about = about(session);
        session.with(|core| core.kick(text.as_deref()));
        self.events.emit(about, kicked(reason));
    }

    fn reason_text(&self, reason: Option<&str>) -> Option<String> {
        reason.and_then(|reason| self.config().texts.announcement(reason))
    }

    /// The connections of a user.
    #[must_use]
    pub fn cards_of(&self, user: &UserKey) -> Vec<Arc<Card>> {
        let sessions = self.registry.sessions_of(user);
        let attached = sessions.iter().flat_map(|session| {
            session.quietly(|core| {
                let clients = core.clients().iter().filter(|client| !client.is_leaving());
                clients.map(|client| client.peer.connection).collect::<Vec<_>>()
            })
        });
        attached.filter_map(|id| self.registry.card(id)).collect()
    }

    /// Says something to one connection, to a user, or to everybody; how many connections are told.
    pub fn announce(&self, text: &str, to: Audience<'_>) -> usize {
        let Some(text) = self.config().texts.announcement(text) else { return 0 };
        self.say(&text, to)
    }

    pub(super) fn say(&self, text: &str, to: Audience<'_>) -> usize {
        let (sessions, connection) = match to {
            Audience::Everybody => (self.registry.sessions(), None),
            Audience::User(user) => (self.registry.sessions_of(user), None),
            Audience::Connection(id) => {
                let session = self.registry.card(id).and_then(|card| card.session());
                (session.into_iter().collect(), Some(id))
            }
        };
        let told =
            sessions.iter().map(|session| session.with(|core| core.announce(text, connection)));
        let told = told.sum();
        self.events.emit(About::default(), What::Notice { told });
        told
    }

    /// Changes what a connection may do.
    pub fn permit(&self, card: &Card, permissions: Permissions) {
        card.permit(permissions);
    }

    /// A connection may stay so much longer than it might; from now on, if it had no such time.
    pub fn extend(&self, card: &Card, by: Duration) {
        let from = card.expires().unwrap_or_else(clock::now);
        self.expire_at(card, from.checked_add(by));
    }

    /// A user's name as the tables have it: folded as the names of the game are. With the preset `auto`
    /// they are folded as by the one that a session has found.
    #[must_use]
    pub fn user_key(&self, name: &str) -> UserKey {
        let choice = settings::preset_choice(&self.config());
        let preset = if choice.is_known() { None } else { self.found_preset(&choice.preset()) };
        let user = preset.unwrap_or_else(|| choice.preset()).user(name);
        user.map_or_else(|| UserKey(name.trim().to_lowercase().into()), |user| user.key)
    }

    fn found_preset(&self, unknown: &Preset) -> Option<Arc<Preset>> {
        if let Some(found) = self.found.get() {
            return Some(found.clone());
        }
        let sessions = self.registry.sessions();
        let mut presets = sessions.iter().map(|one| one.quietly(|core| core.preset().clone()));
        let found = presets.find(|preset| preset.name() != unknown.name())?;
        Some(self.found.get_or_init(|| found).clone())
    }

    /// A connection may stay until then, or for good.
    pub fn expire_at(&self, card: &Card, expires: Option<Instant>) {
        card.expire_at(expires);
        self.expiry.notify_one();
    }

    /// Leads a connection to the session that another one is attached to, which loses it.
    ///
    /// # Errors
    /// Why that cannot be.
    pub fn migrate(&self, from: ConnectionId, to: ConnectionId) -> Result<SessionId, NotLed> {
        let [from_card, to_card] = [from, to].map(|id| self.registry.card(id).ok_or(id));
        let from_card = from_card.map_err(NotLed::NoConnection)?;
        let to_card = to_card.map_err(NotLed::NoConnection)?;
        let session = from_card.session().ok_or(NotLed::NoSession(from))?;
        let other = to_card.session().ok_or(NotLed::NoSession(to))?;
        if session.is(&other) {
            return Err(NotLed::Same);
        }
        let (id, accepted) = session.quietly(|core| (core.id(), core.has_been_accepted()));
        if !accepted {
            return Err(NotLed::NotPlaying(from));
        }
        if !other.with(|core| core.lead(to, id, from)) {
            return Err(NotLed::NoSession(to));
        }
        self.events.emit(from_card.about(), What::Migrated { to });
        Ok(id)
    }

    /// Removes what is over and only has not been noticed to be.
    pub fn clean_up(&self) -> Removed {
        let lingering = self.registry.sessions().into_iter().filter(|session| {
            let lingers = session.quietly(|core| core.state() == State::Lingering);
            lingers && session.with(end_lingering)
        });
        let sessions = lingering.count();
        Removed {
            connections: self.expire(clock::now()),
            sessions,
            bans: self.store.forget_expired_bans(),
        }
    }

    /// Puts out the connections whose time is over; how many that were.
    pub(crate) fn expire(&self, now: Instant) -> usize {
        let text = self.config().texts.time_over();
        let over = |card: &&Arc<Card>| card.expires().is_some_and(|expires| expires <= now);
        let cards = self.registry.cards();
        let over: Vec<_> = cards.iter().filter(over).collect();
        for card in &over {
            card.forget_expiry();
            self.put_out(card, Closing::Idle, text.as_deref());
        }
        over.len()
    }

    /// Puts connections out when their time is over, for ever. Sleeps until the first of them.
    pub(crate) async fn keep_times(&self) {
        loop {
            let changed = self.expiry.notified();
            let first = self.registry.cards().iter().filter_map(|card| card.expires()).min();
            match first {
                Some(first) if first <= clock::now() => {
                    self.expire(clock::now());
                }
                Some(first) => {
                    tokio::select! {
                        () = tokio::time::sleep_until(first.into()) => {}
                        () = changed => {}
                    }
                }
                None => changed.await,
            }
        }
    }
}

/// Whom something is said to.
#[derive(Clone, Copy, Debug)]
pub enum Audience<'a> {
    /// Everybody.
    Everybody,
    /// One user, on all connections.
    User(&'a UserKey),
    /// One connection.
    Connection(ConnectionId),
}

fn end_lingering(core: &mut Core) -> bool {
    let lingers = core.state() == State::Lingering;
    if lingers {
        core.end(EndReason::Expired);
    }
    lingers
}

fn kicked(reason: Option<&str>) -> What {
    What::Kicked { reason: reason.unwrap_or_default().to_owned() }
}

/// Whom something concerns that is done to a session.
fn about(session: &SessionHandle) -> About {
    session.quietly(|core| crate::session::journal::about(core.id(), core))
}
