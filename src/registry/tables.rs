//! What is done to the tables while they are locked.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::card::Card;
use super::{Denied, Session, Tables};
use crate::config::{Config, Limits};
use crate::few::Few;
use crate::ids::{ConnectionId, SessionId, UserKey};
use crate::session::core::Claim;
use crate::session::link::SessionHandle;
use crate::settings;

impl Tables {
    pub(super) fn admit(
        &mut self,
        now: Instant,
        config: &Config,
        id: ConnectionId,
        address: IpAddr,
        card: impl FnOnce() -> Arc<Card>,
    ) -> Result<Arc<Card>, (Denied, bool)> {
        let allowed = self.allow(now, config, address);
        if let Err(denied) = allowed {
            self.totals.denied += 1;
            // A flood of them is counted, and does not push all else out of the events.
            return Err((denied, self.denials.take(now, settings::denials_told()).is_ok()));
        }
        let card = card();
        self.totals.connections += 1;
        self.connections.insert(id, card.clone());
        Ok(card)
    }

    pub(super) fn allow(
        &mut self,
        now: Instant,
        config: &Config,
        address: IpAddr,
    ) -> Result<(), Denied> {
        let limits = &config.limits;
        if self.connections.len() >= limits.connections_max {
            return Err(Denied::Connections);
        }
        Ok(self.origins.admit(now, limits, address)?)
    }

    /// A client at this address has come to a session, whose user plays from there now.
    pub(super) fn seen_at(&mut self, id: SessionId, address: IpAddr) {
        let id = self.aliases.get(&id).copied().unwrap_or(id);
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if let Some((before, user)) = session.seen() {
            self.origins.remove_user(before, user);
        }
        session.seen_at = Some(address);
        if let Some((address, user)) = session.seen() {
            self.origins.add_user(address, user);
        }
    }

    /// Whether there is room for the claim's user where the player is. A session that has a user
    /// already changes from the one to the other: the one makes room.
    ///
    /// # Errors
    /// How many may.
    pub(super) fn may_claim(&mut self, limits: &Limits, claim: &Claim) -> Result<(), usize> {
        let (Some(user), Some(address)) = (&claim.user, claim.address) else { return Ok(()) };
        let session = self.sessions.get(&claim.old).filter(|_| claim.old == claim.new);
        let before = session.and_then(|session| session.seen());
        if let Some((at, before)) = before {
            self.origins.remove_user(at, before);
        }
        let may = self.origins.may_play(limits, address, &user.key);
        if let Some((at, before)) = before {
            self.origins.add_user(at, before);
        }
        may
    }

    pub(super) fn claim(
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
            created: before.created,
            user: user.clone(),
            login: claim.login.clone(),
            verifier: claim.verifier.map(|verifier| (verifier, verifier_expires)),
            alias: Some(claim.old),
            seen_at: claim.address.or(before.seen_at),
            refused_tokens: before.refused_tokens,
        };
        if let Some((address, user)) = session.seen() {
            self.origins.add_user(address, user);
        }
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
    pub(super) fn claim_anew(&mut self, claim: Claim, per_user_max: usize) -> Vec<SessionHandle> {
        let (id, Some(user)) = (claim.new, claim.user) else { return Vec::new() };
        let Some(session) = self.sessions.get_mut(&id) else { return Vec::new() };
        if let Some((address, before)) = session.seen() {
            self.origins.remove_user(address, before);
        }
        if let Some(before) = session.user.replace(user.key.clone()) {
            remove(&mut self.users, &before, id);
        }
        if let Some((address, user)) = session.seen() {
            self.origins.add_user(address, user);
        }
        let losers = self.losers_of(&user.key, claim.beside_others, per_user_max);
        self.users.entry(user.key).or_default().push_few(id);
        losers
    }

    /// The sessions of a user that go when another comes: all, or the oldest over the limit.
    pub(super) fn losers_of(
        &mut self,
        user: &UserKey,
        beside: bool,
        max: usize,
    ) -> Vec<SessionHandle> {
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
    pub(super) fn session(&mut self, id: SessionId) -> Option<&mut Session> {
        let id = self.aliases.get(&id).copied().unwrap_or(id);
        self.sessions.get_mut(&id).map(Box::as_mut)
    }

    /// Takes a session out of the tables of users.
    pub(super) fn unclaim(&mut self, id: SessionId) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        session.verifier = None;
        if let Some((address, user)) = session.seen() {
            self.origins.remove_user(address, user);
        }
        let (user, login) = (session.user.take(), session.login.take());
        if let Some(user) = user {
            remove(&mut self.users, &user, id);
        }
        if let Some(login) = login {
            remove(&mut self.logins, &login, id);
        }
    }
}

pub(super) fn remove(table: &mut HashMap<UserKey, Vec<SessionId>>, key: &UserKey, id: SessionId) {
    let Some(ids) = table.get_mut(key) else { return };
    if let Some(at) = ids.iter().position(|other| *other == id) {
        ids.remove(at);
    }
    if ids.is_empty() {
        table.remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Current;
    use crate::events::Events;
    use crate::ids::User;
    use crate::registry::{Registry, TooManyUsers};
    use crate::session::core::Core;
    use crate::session::memory::Budget;

    const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    fn registry(users_per_address_max: usize) -> Registry {
        let limits =
            Limits { users_per_address_max: Some(users_per_address_max), ..Limits::default() };
        let config = Current::new(Arc::new(Config { limits, ..Config::default() }));
        Registry::new(config, Arc::new(Events::new(16)))
    }

    fn begin(registry: &Registry, id: u128) -> (SessionId, SessionHandle) {
        let config = Config::parse("test", "game.address = \"demo\"").unwrap();
        let preset = settings::preset_choice(&config);
        let mint = Box::new(crate::mint::OsMint);
        let core = Core::new(Arc::new(config), &preset, mint, crate::test_clock::start());
        let handle = SessionHandle::new(core, &Budget::new(1 << 20));
        let id = SessionId(uuid::Uuid::from_u128(id));
        registry.add_session(id, handle.clone()).unwrap();
        (id, handle)
    }

    fn key(name: &str) -> UserKey {
        UserKey(name.into())
    }

    fn claim(old: SessionId, new: SessionId, name: &str) -> Claim {
        Claim {
            old,
            new,
            user: Some(User { name: name.into(), key: key(name) }),
            login: None,
            verifier: None,
            address: Some(HOME),
            beside_others: false,
            made: false,
        }
    }

    #[test]
    fn who_becomes_another_character_makes_room_for_it_at_their_address() {
        let registry = registry(1);
        let (first, handle) = begin(&registry, 1);
        let id = SessionId(uuid::Uuid::from_u128(2));
        assert!(registry.claim(claim(first, id, "alice"), &handle).is_ok());
        assert!(registry.claim(claim(id, id, "bob"), &handle).is_ok());
        assert_eq!(registry.sessions_of(&key("bob")).len(), 1);
        assert!(registry.sessions_of(&key("alice")).is_empty());
        assert!(registry.may_log_in(HOME, &key("bob")).is_ok());
        assert_eq!(registry.may_log_in(HOME, &key("alice")), Err(TooManyUsers(1)));
        // Who comes beside them is one too many, and takes nobody's place.
        let (other, other_handle) = begin(&registry, 3);
        let new = SessionId(uuid::Uuid::from_u128(4));
        let came = registry.claim(claim(other, new, "carol"), &other_handle);
        assert_eq!(came.err(), Some(TooManyUsers(1)));
        assert_eq!(registry.sessions_of(&key("bob")).len(), 1);
    }

    #[test]
    fn who_plays_from_a_full_address_with_two_sessions_stays_counted_when_one_changes() {
        let registry = registry(1);
        let ids: Vec<_> = (1..=2)
            .map(|number| {
                let (old, handle) = begin(&registry, number);
                let new = SessionId(uuid::Uuid::from_u128(number + 10));
                let claim = Claim { beside_others: true, ..claim(old, new, "alice") };
                assert!(registry.claim(claim, &handle).is_ok());
                (new, handle)
            })
            .collect();
        let (id, handle) = &ids[0];
        let became = registry.claim(claim(*id, *id, "bob"), handle);
        assert_eq!(became.err(), Some(TooManyUsers(1)), "alice plays there in the other");
        assert_eq!(registry.may_log_in(HOME, &key("bob")), Err(TooManyUsers(1)));
        assert!(registry.may_log_in(HOME, &key("alice")).is_ok());
    }
}
