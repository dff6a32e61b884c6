//! Bans, as they take effect: at once on whoever is in, and at each way in. A ban is in the store
//! before it is looked for whom it concerns, and whoever comes in is looked at once more when they
//! are in the tables: nobody slips through between the two.

use std::net::IpAddr;
use std::sync::Arc;

use super::Gate;
use crate::events::{About, What};
use crate::ids::UserKey;
use crate::limits::bans::{Ban, BanKind, Banned, NotBanned};
use crate::session::core::{Barred, Core, Vetting};
use crate::session::journal;
use crate::session::link::SessionHandle;
use crate::session::message::Peer;
use crate::settings;
use crate::times::since_1970;

impl Gate {
    /// Bans a user or a network, in place of an earlier ban of the same and of this kind, and puts
    /// out whom it concerns: a user's sessions, held or not; of a network the sessions whose clients
    /// are all there, or whose last client was, and in others the clients that are. Of kind `New` those
    /// are concerned that are making a character, of kind `Guest` guests. Returns the ban as it is
    /// kept: a name is folded.
    ///
    /// # Errors
    /// There are as many bans as may be, or it makes no sense: many share a guest's name.
    pub fn ban(&self, ban: Ban) -> Result<Ban, NotBanned> {
        let ban = Ban { who: self.folded(ban.who), ..ban };
        if let Banned::User(user) = &ban.who
            && self.is_shared(user)
        {
            return Err(NotBanned::GuestByName);
        }
        let ban = self.store.ban(ban)?;
        tracing::warn!(who = %ban.who, kind = %ban.kind, "banned");
        let what = What::Banned {
            who: ban.who.to_string(),
            kind: ban.kind.name(),
            until: ban.until.map(since_1970),
            reason: ban.reason.clone(),
        };
        self.events.emit(About::default(), what);
        match &ban.who {
            Banned::User(user) => self.put_out_user(user, &ban),
            Banned::Network(network) => {
                let is = |address: IpAddr| network.contains(&address.to_canonical());
                let barred = self.barred_there(ban.kind, &ban.reason);
                for session in self.registry.sessions() {
                    put_out(&session, ban.kind, is, &barred);
                }
            }
        }
        Ok(ban)
    }

    fn put_out_user(&self, user: &UserKey, ban: &Ban) {
        let barred = self.barred_by_name(ban.kind, &ban.reason);
        match ban.kind {
            BanKind::All => {
                for session in self.registry.sessions_of(user) {
                    session.with(|core| core.end_banned(barred.clone()));
                }
            }
            BanKind::New => {
                let sessions = self.registry.sessions();
                let making = |s: &&SessionHandle| s.quietly(|core| core.is_making(Some(user)));
                for session in sessions.iter().filter(making) {
                    session.with(|core| core.end_banned(barred.clone()));
                }
            }
            BanKind::Guest => {}
        }
    }

    /// Lifts the ban of this kind, or all bans of somebody; how many of those held.
    pub fn unban(&self, who: &Banned, kind: Option<BanKind>) -> usize {
        let whom = self.banned_as(who);
        let who = self.folded(who.clone());
        let kinds = [BanKind::All, BanKind::New, BanKind::Guest].into_iter();
        let asked = kinds.filter(|one| kind.is_none_or(|kind| kind == *one));
        let lift = |kind: &BanKind| {
            let lifted = whom.iter().filter(|who| self.store.unban(who, *kind));
            lifted.count() > 0
        };
        let lifted: Vec<_> = asked.filter(lift).collect();
        for kind in &lifted {
            tracing::warn!(%who, %kind, "no longer banned");
        }
        if !lifted.is_empty() {
            self.events.emit(About::default(), What::Unbanned { who: who.to_string() });
        }
        lifted.len()
    }

    /// The bans that somebody stands under: also one that is folded otherwise, from before it was known
    /// what the game is.
    fn banned_as(&self, who: &Banned) -> Vec<Banned> {
        let folded = self.folded(who.clone());
        let bans = self.store.bans().into_iter().map(|ban| ban.who);
        let is = |banned: &Banned| *banned == *who || self.folded(banned.clone()) == folded;
        let mut found: Vec<_> = bans.filter(is).collect();
        if let (true, true, Banned::User(user)) = (found.is_empty(), self.finds_preset(), who) {
            found.push(Banned::User(UserKey(user.0.trim().to_lowercase().into())));
        }
        found
    }

    /// Whether what the game is has to be found out.
    fn finds_preset(&self) -> bool {
        !settings::preset_choice(&self.config()).is_known()
    }

    /// Whether many share this name in the game, as far as it is known what the game is.
    fn is_shared(&self, user: &UserKey) -> bool {
        let choice = settings::preset_choice(&self.config());
        let found = self.found.get().filter(|_| !choice.is_known());
        found.cloned().unwrap_or_else(|| choice.preset()).shares(user)
    }

    fn folded(&self, who: Banned) -> Banned {
        match who {
            Banned::User(user) => Banned::User(self.user_key(&user.0)),
            Banned::Network(network) => Banned::network(network),
        }
    }

    /// Ends the session if its user is banned, or made just now who may not be made, or is a guest
    /// where there may be none: nobody comes (back) to it.
    pub(crate) fn end_if_banned(&self, session: &SessionHandle, made: bool) -> bool {
        let (user, guest) =
            session.quietly(|core| (core.user().map(|user| user.key.clone()), core.is_guest()));
        let by_name = |kind| user.as_ref().and_then(|user| self.barred_user(session, user, kind));
        let there = |kind| self.barred_where_it_is(session, kind);
        let new = || by_name(BanKind::New).or_else(|| there(BanKind::New));
        let barred = by_name(BanKind::All)
            .or_else(|| made.then(new).flatten())
            .or_else(|| guest.then(|| there(BanKind::Guest)).flatten());
        let is_barred = barred.is_some();
        if let Some(barred) = barred {
            self.ban_refused(session);
            session.with(|core| core.end_banned(barred));
        }
        is_barred
    }

    /// Whether a player may not do what is vetted.
    pub(crate) fn vet(&self, session: &SessionHandle, vetting: &Vetting) -> Option<Barred> {
        let of_name = vetting.user.as_ref().and_then(|user| {
            let all = self.barred_user(session, user, BanKind::All);
            all.or_else(|| self.barred_user(session, user, vetting.kind))
        });
        let barred = of_name.or_else(|| self.barred_where_it_is(session, vetting.kind));
        if barred.is_some() {
            let (id, kind) = (session.quietly(|core| core.id()), vetting.kind);
            tracing::info!(session = %id, %kind, "a login that is banned was refused");
            self.ban_refused(session);
        }
        barred
    }

    fn ban_refused(&self, session: &SessionHandle) {
        let about = session.quietly(|core| journal::about(core.id(), core));
        self.events.emit(about, What::BanRefused);
    }

    /// Whether nobody may come into this session from where the newcomer is: nobody at all from there,
    /// or no guest.
    pub(crate) fn is_barred_there(&self, session: &SessionHandle, peer: &Peer) -> bool {
        let is = |kind| self.store.banned_address(peer.address, kind).is_some();
        is(BanKind::All) || session.quietly(|core| core.is_guest()) && is(BanKind::Guest)
    }

    /// A client has come into this session: it goes again if it was banned meanwhile.
    pub(crate) fn look_again(&self, session: &SessionHandle, peer: &Peer) {
        for kind in [BanKind::All, BanKind::Guest] {
            if let Some(reason) = self.store.banned_address(peer.address, kind) {
                let is = |address| address == peer.address;
                put_out(session, kind, is, &self.barred_there(kind, &reason));
            }
        }
    }

    fn barred_user(
        &self,
        session: &SessionHandle,
        user: &UserKey,
        kind: BanKind,
    ) -> Option<Barred> {
        let reason = self.store.banned_user(user, kind);
        let reason = reason.or_else(|| self.banned_before_known(session, user, kind))?;
        Some(self.barred_by_name(kind, &reason))
    }

    /// The same for a ban from before it was known what the game is, whose name was folded as no
    /// game's: in lower case, and nothing left out.
    fn banned_before_known(
        &self,
        session: &SessionHandle,
        user: &UserKey,
        kind: BanKind,
    ) -> Option<Arc<str>> {
        if !self.finds_preset() {
            return None;
        }
        let preset = session.quietly(|core| core.preset().clone());
        let lower = user.0.to_lowercase();
        self.store.banned_user_who(kind, |banned| {
            *banned.0 == *lower || preset.user(&banned.0).is_some_and(|banned| banned.key == *user)
        })
    }

    /// Whether all places where the session's player is are banned.
    fn barred_where_it_is(&self, session: &SessionHandle, kind: BanKind) -> Option<Barred> {
        let addresses = session.quietly(|core| core.addresses());
        let mut reasons = addresses.iter().map(|at| self.store.banned_address(*at, kind));
        let reason = reasons.next()??;
        reasons.all(|reason| reason.is_some()).then(|| self.barred_there(kind, &reason))
    }

    fn barred_by_name(&self, kind: BanKind, reason: &Arc<str>) -> Barred {
        let config = self.config();
        let texts = &config.texts;
        let text = match kind {
            BanKind::All | BanKind::Guest => texts.banned(reason),
            BanKind::New => texts.banned_name(reason),
        };
        Barred { text }
    }

    fn barred_there(&self, kind: BanKind, reason: &Arc<str>) -> Barred {
        let config = self.config();
        let texts = &config.texts;
        let text = match kind {
            BanKind::All => texts.banned(reason),
            BanKind::New => texts.banned_new(reason),
            BanKind::Guest => texts.banned_guest(reason),
        };
        Barred { text }
    }
}

fn put_out(session: &SessionHandle, kind: BanKind, is: impl Fn(IpAddr) -> bool, barred: &Barred) {
    let concerned =
        |core: &mut Core| core.is_about(kind) && core.addresses().iter().any(|a| is(*a));
    if session.quietly(concerned) {
        session.with(|core| core.put_out_from(is, barred.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, StoreConfig};
    use crate::login::Preset;
    use crate::session::core::PresetChoice;
    use crate::store::Store;
    use crate::threads::Threads;

    fn gate(preset: &str) -> Gate {
        let config = format!("game.address = \"127.0.0.1:9\"\nlogin.preset = \"{preset}\"");
        let config = Config::parse("test", &config).unwrap();
        let store = Store::open(&StoreConfig { path: None, ..StoreConfig::default() }).unwrap();
        let dialer = crate::session::game::Dialer { address: "127.0.0.1:9".to_owned() };
        let tracker = tokio_util::task::TaskTracker::new();
        Gate::new(Arc::new(config), dialer, store, tracker, Threads::only_this())
    }

    /// A session that plays a game of this preset.
    fn session(gate: &Gate, preset: &str) -> SessionHandle {
        let preset = PresetChoice::Known(Preset::named(preset).unwrap());
        let mint = Box::new(crate::mint::OsMint);
        let core = Core::new(gate.shared_config(), &preset, mint, crate::clock::now());
        let id = core.id();
        let session = SessionHandle::new(core, gate.memory());
        gate.registry().add_session(id, session.clone()).unwrap();
        session
    }

    fn ban(gate: &Gate, who: &str, kind: BanKind) -> Result<String, NotBanned> {
        let made = gate.ban(Ban::new(who.parse().unwrap(), kind, None, "spam"));
        made.map(|ban| ban.who.to_string())
    }

    fn is_barred(gate: &Gate, session: &SessionHandle, user: &str) -> bool {
        let user = Some(UserKey(user.into()));
        gate.vet(session, &Vetting { kind: BanKind::New, user, of_line: true }).is_some()
    }

    fn unban(gate: &Gate, who: &str) -> usize {
        gate.unban(&who.parse().unwrap(), None)
    }

    #[tokio::test]
    async fn a_name_that_many_share_is_not_banned() {
        let gate = gate("lp");
        for kind in [BanKind::All, BanKind::New, BanKind::Guest] {
            assert_eq!(ban(&gate, "user:Guest", kind), Err(NotBanned::GuestByName));
        }
        assert_eq!(gate.store().bans(), []);
        assert_eq!(ban(&gate, "user:Guestbook", BanKind::All).as_deref(), Ok("user:guestbook"));
    }

    #[tokio::test]
    async fn a_name_that_many_share_is_not_banned_where_mudkeep_has_found_the_game() {
        let gate = gate("auto");
        session(&gate, "lp");
        assert_eq!(ban(&gate, "user:guest", BanKind::All), Err(NotBanned::GuestByName));
    }

    #[tokio::test]
    async fn a_ban_from_before_the_game_was_known_holds_and_is_lifted() {
        for unbanned in ["user:Al-Ice", "user:al-ice", "user:ALICE"] {
            let gate = gate("auto");
            assert_eq!(ban(&gate, "user:Al-Ice", BanKind::All).as_deref(), Ok("user:al-ice"));
            let session = session(&gate, "deadsouls");
            assert!(is_barred(&gate, &session, "alice"));
            assert!(!is_barred(&gate, &session, "bob"));
            assert_eq!(unban(&gate, unbanned), 1, "{unbanned}");
            assert!(!is_barred(&gate, &session, "alice") && gate.store().bans().is_empty());
            assert_eq!(unban(&gate, unbanned), 0);
        }
    }

    #[tokio::test]
    async fn the_case_of_a_name_counts_only_where_it_was_known_that_it_does() {
        let known = gate("kalevala");
        assert_eq!(ban(&known, "user:alice", BanKind::All).as_deref(), Ok("user:alice"));
        let session_known = session(&known, "kalevala");
        assert!(is_barred(&known, &session_known, "alice"));
        assert!(!is_barred(&known, &session_known, "Alice"));
        assert_eq!(unban(&known, "user:Alice"), 0, "that is somebody else");
        let auto = gate("auto");
        assert_eq!(ban(&auto, "user:Alice", BanKind::All).as_deref(), Ok("user:alice"));
        let session_auto = session(&auto, "kalevala");
        assert!(is_barred(&auto, &session_auto, "Alice"));
        assert_eq!(unban(&auto, "user:Alice"), 1);
        assert!(!is_barred(&auto, &session_auto, "Alice"));
    }
}
