//! Who is in: the tables of connections, sessions and users, and the limits that span them.
//!
//! A plain mutex with short critical sections, never held over an await nor while a session is
//! locked: whoever needs both takes the handle out of here first.

pub mod card;
mod denied;
mod tables;
pub mod traffic;

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config::Current;
use crate::events::{About, Events, What};
use crate::few::Few;
use crate::ids::{ConnectionId, SessionId, UserKey};
use crate::limits::origins::Origins;
pub use crate::limits::origins::limited_as;
use crate::limits::rate::Bucket;
use crate::session::core::Claim;
use crate::session::link::SessionHandle;
use crate::session::verifier::Verifier;
use crate::settings;

pub use denied::{Denied, TooManyUsers};

use card::{Card, Carrier, ConnectionState};
use tables::remove;
use traffic::Passed;

/// How long after losing its place an address is asked before it takes one back.
const BOUNCE_TIME: Duration = Duration::from_secs(60);

/// A session in the tables.
#[derive(Clone)]
pub struct Entry {
    /// The session.
    pub handle: SessionHandle,
    /// When it was begun.
    pub created: Instant,
}

/// How many there are of everything; all of them go back to nothing when nobody is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Connections.
    pub connections: usize,
    /// Sessions, held ones too.
    pub sessions: usize,
    /// Users that have a session.
    pub users: usize,
    /// Login names that a session was opened with.
    pub logins: usize,
    /// Users whose login waits for the game's answer.
    pub naming: usize,
    /// Ids that lead to a session that has another one now.
    pub aliases: usize,
}

/// A running session and how its user's password is known.
#[derive(Clone)]
pub struct Running {
    /// Its id.
    pub id: SessionId,
    /// The session.
    pub handle: SessionHandle,
    /// The verifier, if it has one that is still good.
    pub verifier: Option<Verifier>,
}

/// What has been, since the start.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Connections that were taken in.
    pub connections: u64,
    /// Those of them that are over.
    pub over: u64,
    /// How long those were there, together.
    pub over_time: Duration,
    /// What has passed, by what carried it (as in [`Carrier::ALL`]).
    pub passed: [Passed; Carrier::ALL.len()],
    /// Sessions that were begun.
    pub sessions: u64,
    /// Connections and sessions that were not taken.
    pub denied: u64,
}

/// The tables.
pub struct Registry {
    tables: Mutex<Tables>,
    config: Current,
    events: Arc<Events>,
}

struct Tables {
    connections: HashMap<ConnectionId, Arc<Card>>,
    totals: Totals,
    /// How many come from where.
    origins: Origins,
    /// How many of those who were not taken in are told of, one by one.
    denials: Bucket,
    /// In boxes: a table has room for up to twice as many as are in it.
    sessions: HashMap<SessionId, Box<Session>>,
    /// The id that a session had before the game accepted its player.
    aliases: HashMap<SessionId, SessionId>,
    users: HashMap<UserKey, Vec<SessionId>>,
    logins: HashMap<UserKey, Vec<SessionId>>,
    naming: HashMap<UserKey, Vec<SessionId>>,
    losers: HashMap<IpAddr, Instant>,
}

struct Session {
    handle: SessionHandle,
    created: Instant,
    user: Option<UserKey>,
    login: Option<UserKey>,
    verifier: Option<(Verifier, Option<Instant>)>,
    alias: Option<SessionId>,
    /// Where its last client is; its user is counted there.
    seen_at: Option<IpAddr>,
    /// Tokens that named this session and did not open it.
    refused_tokens: Bucket,
}

impl Session {
    fn entry(&self) -> Entry {
        Entry { handle: self.handle.clone(), created: self.created }
    }

    /// Where it is played from, and by whom.
    fn seen(&self) -> Option<(IpAddr, &UserKey)> {
        self.seen_at.zip(self.user.as_ref())
    }
}

/// A connection's place in the tables; given back when dropped.
pub struct Place {
    registry: Arc<Registry>,
    card: Arc<Card>,
}

impl Place {
    /// What is known of the connection.
    #[must_use]
    pub fn card(&self) -> &Arc<Card> {
        &self.card
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.leave(&self.card);
    }
}

impl Registry {
    /// Empty tables.
    #[must_use]
    pub fn new(config: Current, events: Arc<Events>) -> Registry {
        let tables = Tables {
            connections: HashMap::new(),
            totals: Totals::default(),
            origins: Origins::new(&config.now().limits),
            denials: Bucket::default(),
            sessions: HashMap::new(),
            aliases: HashMap::new(),
            users: HashMap::new(),
            logins: HashMap::new(),
            naming: HashMap::new(),
            losers: HashMap::new(),
        };
        Registry { tables: Mutex::new(tables), config, events }
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection in, if the limits allow it.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn admit(
        self: &Arc<Registry>,
        now: Instant,
        id: ConnectionId,
        carrier: Carrier,
        address: IpAddr,
    ) -> Result<Place, Denied> {
        let admitted = self.tables().admit(now, &self.config.now(), id, address, || {
            Arc::new(Card::new(id, address, carrier, self.events.clone()))
        });
        match admitted {
            Ok(card) => {
                self.events.emit(card.about(), What::Connected);
                Ok(Place { registry: self.clone(), card })
            }
            Err((denied, is_told)) => {
                if is_told {
                    let (address, transport) = (Some(address), Some(carrier.name()));
                    let about = About { address, transport, ..About::default() };
                    self.events.emit(about, What::Denied { limit: denied.to_string() });
                } else {
                    self.events.metrics().denied(denied.limit());
                }
                Err(denied)
            }
        }
    }

    fn leave(&self, card: &Card) {
        card.enter(ConnectionState::Disconnected);
        let passed = card.passed();
        let time = crate::clock::now().saturating_duration_since(card.connected());
        let what = What::Disconnected {
            duration_seconds: time.as_secs_f64(),
            bytes_in: passed.bytes_in,
            bytes_out: passed.bytes_out,
        };
        self.events.emit(card.about(), what);
        card.detached();
        let mut tables = self.tables();
        if tables.connections.remove(&card.id()).is_none() {
            return;
        }
        tables.totals.over += 1;
        tables.totals.over_time += time;
        // Looked at again: what passed meanwhile would be missed for good.
        tables.totals.passed[card.carrier() as usize] += card.passed();
        tables.origins.leave(card.address());
    }

    /// What is known of a connection.
    #[must_use]
    pub fn card(&self, id: ConnectionId) -> Option<Arc<Card>> {
        self.tables().connections.get(&id).cloned()
    }

    /// What is known of every connection.
    #[must_use]
    pub fn cards(&self) -> Vec<Arc<Card>> {
        self.tables().connections.values().cloned().collect()
    }

    /// What has been since the start, with what is under way.
    #[must_use]
    pub fn totals(&self) -> Totals {
        let tables = self.tables();
        let mut totals = tables.totals;
        for card in tables.connections.values() {
            totals.passed[card.carrier() as usize] += card.passed();
        }
        totals
    }

    /// Takes a session in.
    ///
    /// # Errors
    /// `limits.sessions_max` is reached.
    pub fn add_session(&self, id: SessionId, handle: SessionHandle) -> Result<(), Denied> {
        let mut tables = self.tables();
        if tables.sessions.len() >= self.config.now().limits.sessions_max {
            tables.totals.denied += 1;
            return Err(Denied::Sessions);
        }
        tables.totals.sessions += 1;
        let session = Session {
            handle,
            created: crate::clock::now(),
            user: None,
            login: None,
            verifier: None,
            alias: None,
            seen_at: None,
            refused_tokens: Bucket::default(),
        };
        tables.sessions.insert(id, Box::new(session));
        Ok(())
    }

    /// The session of this id, or the one that had it once.
    #[must_use]
    pub fn find(&self, id: SessionId) -> Option<SessionHandle> {
        let tables = self.tables();
        let id = tables.aliases.get(&id).copied().unwrap_or(id);
        tables.sessions.get(&id).map(|session| session.handle.clone())
    }

    /// Whether a token from this address, for this session if it names one, may be looked at, or when.
    ///
    /// # Errors
    /// When one may.
    pub fn may_present(
        &self,
        now: Instant,
        address: IpAddr,
        session: Option<SessionId>,
    ) -> Result<(), Instant> {
        let config = self.config.now();
        let limits = &config.limits;
        let mut tables = self.tables();
        let rate = settings::token_refusals_per_address(limits);
        tables.origins.may_present(now, rate, address)?;
        let Some(session) = session.and_then(|id| tables.session(id)) else { return Ok(()) };
        session.refused_tokens.allows(now, settings::token_refusals_per_session(limits))
    }

    /// A token from this address, for this session if it named one, opened nothing.
    pub fn note_refused(&self, now: Instant, address: IpAddr, session: Option<SessionId>) {
        let config = self.config.now();
        let limits = &config.limits;
        let mut tables = self.tables();
        tables.origins.note_refused(now, settings::token_refusals_per_address(limits), address);
        if let Some(session) = session.and_then(|id| tables.session(id)) {
            let _ = session.refused_tokens.take(now, settings::token_refusals_per_session(limits));
        }
    }

    /// The sessions of a user.
    #[must_use]
    pub fn sessions_of(&self, user: &UserKey) -> Vec<SessionHandle> {
        let tables = self.tables();
        let ids = tables.users.get(user).into_iter().flatten();
        let sessions = ids.filter_map(|id| tables.sessions.get(id));
        sessions.map(|session| session.handle.clone()).collect()
    }

    /// The same with when they were begun.
    #[must_use]
    pub fn entries_of(&self, user: &UserKey) -> Vec<Entry> {
        let tables = self.tables();
        let ids = tables.users.get(user).into_iter().flatten();
        ids.filter_map(|id| tables.sessions.get(id)).map(|session| session.entry()).collect()
    }

    /// Every session, with when it was begun.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.tables().sessions.values().map(|session| session.entry()).collect()
    }

    /// The session of this id, or the one that had it once, with when it was begun.
    #[must_use]
    pub fn entry(&self, id: SessionId) -> Option<Entry> {
        self.tables().session(id).map(|session| session.entry())
    }

    /// Every session.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionHandle> {
        self.tables().sessions.values().map(|session| session.handle.clone()).collect()
    }

    /// The game accepted a player: their session takes its new id and its user. Returns the
    /// sessions that must end for it.
    ///
    /// # Errors
    /// There is no room for this user where the player is. Nothing is changed.
    pub fn claim(
        &self,
        claim: Claim,
        handle: &SessionHandle,
    ) -> Result<Vec<SessionHandle>, TooManyUsers> {
        let expires = self.verifier_expiry();
        let config = self.config.now();
        let mut tables = self.tables();
        tables.may_claim(&config.limits, &claim).map_err(TooManyUsers)?;
        Ok(tables.claim(claim, handle, expires, config.session.per_user_max))
    }

    /// Whether there is room for whoever gives this name, at that address.
    ///
    /// # Errors
    /// There is not.
    pub fn may_log_in(&self, address: IpAddr, login: &UserKey) -> Result<(), TooManyUsers> {
        let config = self.config.now();
        let tables = self.tables();
        let may = |user: &UserKey| tables.origins.may_play(&config.limits, address, user);
        let Err(max) = may(login) else { return Ok(()) };
        // Who has logged in by this name may be called otherwise in the game.
        let sessions = tables.logins.get(login).into_iter().flatten();
        let mut users = sessions.filter_map(|id| tables.sessions.get(id)?.user.as_ref());
        if users.any(|user| may(user).is_ok()) { Ok(()) } else { Err(TooManyUsers(max)) }
    }

    /// A client at this address has come to a session.
    pub fn seen_at(&self, id: SessionId, address: IpAddr) {
        self.tables().seen_at(id, address);
    }

    /// The rules for where connections come from are others now.
    pub fn set_rules(&self) {
        let config = self.config.now();
        let mut tables = self.tables();
        let Tables { connections, sessions, origins, .. } = &mut *tables;
        let connections = connections.values().map(|card| card.address());
        let users = sessions.values().filter_map(|session| session.seen());
        origins.set_rules(&config.limits, connections, users);
    }

    fn verifier_expiry(&self) -> Option<Instant> {
        let ttl = self.config.now().session.verifier_ttl?;
        crate::clock::now().checked_add(ttl)
    }

    /// The player left, the session stays: it has no user any more.
    pub fn unclaim(&self, id: SessionId) {
        self.tables().unclaim(id);
    }

    /// The password that the game accepted may not be the right one any more.
    pub fn drop_verifier(&self, id: SessionId) {
        if let Some(session) = self.tables().sessions.get_mut(&id) {
            session.verifier = None;
        }
    }

    /// The one running session that was opened with this login name; none if there are several.
    #[must_use]
    pub fn running(&self, login: &UserKey) -> Option<Running> {
        let now = crate::clock::now();
        let tables = self.tables();
        let [id] = tables.logins.get(login)?[..] else { return None };
        let session = tables.sessions.get(&id)?;
        let good = |(_, until): &&(Verifier, Option<Instant>)| until.is_none_or(|u| now < u);
        let verifier = session.verifier.as_ref().filter(good).map(|(v, _)| v.clone());
        Some(Running { id, handle: session.handle.clone(), verifier })
    }

    /// A session has ended.
    pub fn remove_session(&self, id: SessionId) {
        let mut tables = self.tables();
        tables.unclaim(id);
        if let Some(alias) = tables.sessions.remove(&id).and_then(|session| session.alias) {
            tables.aliases.remove(&alias);
        }
    }

    /// A login of this user goes to the game.
    pub fn start_naming(&self, user: UserKey, by: SessionId) {
        self.tables().naming.entry(user).or_default().push_few(by);
    }

    /// The game has answered it.
    pub fn stop_naming(&self, user: &UserKey, by: SessionId) {
        remove(&mut self.tables().naming, user, by);
    }

    /// Whether another session's login of this one's user waits for the game's answer.
    #[must_use]
    pub fn is_named_by_other(&self, id: SessionId) -> bool {
        let tables = self.tables();
        let Some(session) = tables.sessions.get(&id) else { return false };
        let keys = [&session.user, &session.login].into_iter().flatten();
        let mut named = keys.filter_map(|key| tables.naming.get(key)).flatten();
        named.any(|by| *by != id)
    }

    /// A client at this address lost its place to another.
    pub fn note_loser(&self, now: Instant, address: IpAddr) {
        let mut tables = self.tables();
        let max = self.config.now().limits.connections_max;
        if tables.losers.len() >= max {
            tables.losers.retain(|_, at| now.duration_since(*at) < BOUNCE_TIME);
        }
        if tables.losers.len() < max {
            tables.losers.insert(address, now);
        }
    }

    /// Whether a client at this address lost its place a moment ago.
    #[must_use]
    pub fn lost_lately(&self, now: Instant, address: IpAddr) -> bool {
        let lost = self.tables().losers.get(&address).copied();
        lost.is_some_and(|at| now.duration_since(at) < BOUNCE_TIME)
    }

    /// How many there are of everything.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let tables = self.tables();
        Counts {
            connections: tables.connections.len(),
            sessions: tables.sessions.len(),
            users: tables.users.len(),
            logins: tables.logins.len(),
            naming: tables.naming.len(),
            aliases: tables.aliases.len(),
        }
    }
}
