//! Who is in: the tables of connections, sessions and users, and the limits that span them.
//!
//! A plain mutex with short critical sections, never held over an await nor while a session is
//! locked: whoever needs both takes the handle out of here first.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config::{Config, Current};
use crate::few::Few;
use crate::ids::{ConnectionId, SessionId, UserKey};
use crate::limits::rate::Bucket;
use crate::session::core::Claim;
use crate::session::link::SessionHandle;
use crate::session::message::Transport;
use crate::session::verifier::Verifier;
use crate::settings;

/// How long after losing its place an address is asked before it takes one back.
const BOUNCE_TIME: Duration = Duration::from_secs(60);

/// Why a connection or a session is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Denied {
    /// `limits.connections_max`.
    #[error("limits.connections_max is reached")]
    Connections,
    /// `limits.connections_per_address_max`.
    #[error("limits.connections_per_address_max is reached")]
    ConnectionsPerAddress,
    /// `limits.connects_per_minute`, until then.
    #[error("limits.connects_per_minute is reached")]
    ConnectsPerMinute(Instant),
    /// `limits.sessions_max`.
    #[error("limits.sessions_max is reached")]
    Sessions,
    /// `limits.history_bytes_total`.
    #[error("limits.history_bytes_total is reached")]
    Memory,
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

/// The tables.
pub struct Registry {
    tables: Mutex<Tables>,
    config: Current,
}

struct Tables {
    connections: HashMap<ConnectionId, Connection>,
    addresses: HashMap<IpAddr, Address>,
    /// Over this many addresses those at rest are swept out.
    addresses_sweep: usize,
    /// In boxes: a table has room for up to twice as many as are in it.
    sessions: HashMap<SessionId, Box<Session>>,
    /// The id that a session had before the game accepted its player.
    aliases: HashMap<SessionId, SessionId>,
    users: HashMap<UserKey, Vec<SessionId>>,
    logins: HashMap<UserKey, Vec<SessionId>>,
    naming: HashMap<UserKey, Vec<SessionId>>,
    losers: HashMap<IpAddr, Instant>,
}

struct Connection {
    address: IpAddr,
    #[expect(dead_code, reason = "the admin's tables show it")]
    transport: Transport,
}

/// What is known of one address.
#[derive(Default)]
struct Address {
    open: usize,
    connects: Bucket,
    /// Tokens that opened nothing.
    refused_tokens: Bucket,
}

impl Address {
    fn is_at_rest(&self, now: Instant) -> bool {
        self.open == 0 && self.connects.is_full(now) && self.refused_tokens.is_full(now)
    }
}

struct Session {
    handle: SessionHandle,
    user: Option<UserKey>,
    login: Option<UserKey>,
    verifier: Option<(Verifier, Option<Instant>)>,
    alias: Option<SessionId>,
    /// Tokens that named this session and did not open it.
    refused_tokens: Bucket,
}

/// An address as limits see it: IPv6 by its /64, which one household has to itself.
#[must_use]
pub fn limited_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// A connection's place in the tables; given back when dropped.
pub struct Place {
    registry: Arc<Registry>,
    id: ConnectionId,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.leave(self.id);
    }
}

impl Registry {
    /// Empty tables.
    #[must_use]
    pub fn new(config: Current) -> Registry {
        let tables = Tables {
            connections: HashMap::new(),
            addresses: HashMap::new(),
            addresses_sweep: 1024,
            sessions: HashMap::new(),
            aliases: HashMap::new(),
            users: HashMap::new(),
            logins: HashMap::new(),
            naming: HashMap::new(),
            losers: HashMap::new(),
        };
        Registry { tables: Mutex::new(tables), config }
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
        transport: Transport,
        address: IpAddr,
    ) -> Result<Place, Denied> {
        self.tables().admit(now, &self.config.now(), id, Connection { address, transport })?;
        Ok(Place { registry: self.clone(), id })
    }

    fn leave(&self, id: ConnectionId) {
        let mut tables = self.tables();
        let Some(connection) = tables.connections.remove(&id) else { return };
        if let Some(address) = tables.addresses.get_mut(&limited_as(connection.address)) {
            address.open -= 1;
        }
    }

    /// Takes a session in.
    ///
    /// # Errors
    /// `limits.sessions_max` is reached.
    pub fn add_session(&self, id: SessionId, handle: SessionHandle) -> Result<(), Denied> {
        let mut tables = self.tables();
        if tables.sessions.len() >= self.config.now().limits.sessions_max {
            return Err(Denied::Sessions);
        }
        let session = Session {
            handle,
            user: None,
            login: None,
            verifier: None,
            alias: None,
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
        if let Some(address) = tables.addresses.get_mut(&limited_as(address)) {
            address.refused_tokens.allows(now, settings::token_refusals_per_address(limits))?;
        }
        let Some(session) = session.and_then(|id| tables.session(id)) else { return Ok(()) };
        session.refused_tokens.allows(now, settings::token_refusals_per_session(limits))
    }

    /// A token from this address, for this session if it named one, opened nothing.
    pub fn note_refused(&self, now: Instant, address: IpAddr, session: Option<SessionId>) {
        let config = self.config.now();
        let limits = &config.limits;
        let mut tables = self.tables();
        tables.sweep_addresses(now);
        let address = tables.addresses.entry(limited_as(address)).or_default();
        let _ = address.refused_tokens.take(now, settings::token_refusals_per_address(limits));
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

    /// Every session.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionHandle> {
        self.tables().sessions.values().map(|session| session.handle.clone()).collect()
    }

    /// The game accepted a player: their session takes its new id and its user. Returns the
    /// sessions that must end for it.
    #[must_use]
    pub fn claim(&self, claim: Claim, handle: &SessionHandle) -> Vec<SessionHandle> {
        let expires = self.verifier_expiry();
        self.tables().claim(claim, handle, expires, self.config.now().session.per_user_max)
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

impl Tables {
    fn admit(
        &mut self,
        now: Instant,
        config: &Config,
        id: ConnectionId,
        connection: Connection,
    ) -> Result<(), Denied> {
        let limits = &config.limits;
        if self.connections.len() >= limits.connections_max {
            return Err(Denied::Connections);
        }
        self.sweep_addresses(now);
        let address = self.addresses.entry(limited_as(connection.address)).or_default();
        if address.open >= limits.connections_per_address_max {
            return Err(Denied::ConnectionsPerAddress);
        }
        let taken = address.connects.take(now, settings::connect_rate(limits));
        taken.map_err(Denied::ConnectsPerMinute)?;
        address.open += 1;
        self.connections.insert(id, connection);
        Ok(())
    }

    fn sweep_addresses(&mut self, now: Instant) {
        if self.addresses.len() >= self.addresses_sweep {
            self.addresses.retain(|_, address| !address.is_at_rest(now));
            self.addresses_sweep = (2 * self.addresses.len()).max(1024);
        }
    }

    fn claim(
        &mut self,
        claim: Claim,
        handle: &SessionHandle,
        verifier_expires: Option<Instant>,
        per_user_max: usize,
    ) -> Vec<SessionHandle> {
        if claim.old == claim.new {
            return self.claim_anew(claim, per_user_max);
        }
        self.unclaim(claim.old);
        let Some(before) = self.sessions.remove(&claim.old) else { return Vec::new() };
        if let Some(alias) = before.alias {
            self.aliases.remove(&alias);
        }
        self.aliases.insert(claim.old, claim.new);
        let user = claim.user.map(|user| user.key);
        let losers = user
            .as_ref()
            .map_or_else(Vec::new, |user| self.losers_of(user, claim.beside_others, per_user_max));
        let session = Session {
            handle: handle.clone(),
            user: user.clone(),
            login: claim.login.clone(),
            verifier: claim.verifier.map(|verifier| (verifier, verifier_expires)),
            alias: Some(claim.old),
            refused_tokens: before.refused_tokens,
        };
        self.sessions.insert(claim.new, Box::new(session));
        if let Some(user) = user {
            self.users.entry(user).or_default().push_few(claim.new);
        }
        if let Some(login) = claim.login {
            self.logins.entry(login).or_default().push_few(claim.new);
        }
        losers
    }

    /// The player of a session is another of their characters now; how it was logged into stays.
    fn claim_anew(&mut self, claim: Claim, per_user_max: usize) -> Vec<SessionHandle> {
        let (id, Some(user)) = (claim.new, claim.user) else { return Vec::new() };
        let Some(session) = self.sessions.get_mut(&id) else { return Vec::new() };
        if let Some(before) = session.user.replace(user.key.clone()) {
            remove(&mut self.users, &before, id);
        }
        let losers = self.losers_of(&user.key, claim.beside_others, per_user_max);
        self.users.entry(user.key).or_default().push_few(id);
        losers
    }

    /// The sessions of a user that go when another comes: all, or the oldest over the limit.
    fn losers_of(&mut self, user: &UserKey, beside: bool, max: usize) -> Vec<SessionHandle> {
        let ids = self.users.get(user).cloned().unwrap_or_default();
        let stay = if beside { max.saturating_sub(1) } else { 0 };
        let go = ids.len().saturating_sub(stay);
        let losers = ids.iter().take(go).filter_map(|id| self.sessions.get(id));
        let losers = losers.map(|session| session.handle.clone()).collect();
        for id in ids.iter().take(go) {
            self.unclaim(*id);
        }
        losers
    }

    /// The session of this id, or the one that had it once.
    fn session(&mut self, id: SessionId) -> Option<&mut Session> {
        let id = self.aliases.get(&id).copied().unwrap_or(id);
        self.sessions.get_mut(&id).map(Box::as_mut)
    }

    /// Takes a session out of the tables of users.
    fn unclaim(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.verifier = None;
        let (user, login) = (session.user.take(), session.login.take());
        if let Some(user) = user {
            remove(&mut self.users, &user, id);
        }
        if let Some(login) = login {
            remove(&mut self.logins, &login, id);
        }
    }
}

fn remove(table: &mut HashMap<UserKey, Vec<SessionId>>, key: &UserKey, id: SessionId) {
    let Some(ids) = table.get_mut(key) else { return };
    if let Some(at) = ids.iter().position(|other| *other == id) {
        ids.remove(at);
    }
    if ids.is_empty() {
        table.remove(key);
    }
}
