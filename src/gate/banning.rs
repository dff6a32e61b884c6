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
use crate::times::since_1970;

impl Gate {
    /// Bans a user or a network, in place of an earlier ban of the same and of this kind, and puts
    /// out whom it concerns: a user's sessions, held or not; of a network the sessions whose clients
    /// are all there, or whose last client was, and in others the clients that are. Of kind `New` those
    /// are concerned that are making a character, of kind `Guest` guests. Returns the ban as it is
    /// kept: a name is folded.
    ///
    /// # Errors
    /// There are as many bans as may be, or it makes no sense.
    pub fn ban(&self, ban: Ban) -> Result<Ban, NotBanned> {
        let ban = self.store.ban(Ban { who: self.folded(ban.who), ..ban })?;
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
        let who = self.folded(who.clone());
        let kinds = [BanKind::All, BanKind::New, BanKind::Guest].into_iter();
        let asked = kinds.filter(|one| kind.is_none_or(|kind| kind == *one));
        let lifted: Vec<_> = asked.filter(|kind| self.store.unban(&who, *kind)).collect();
        for kind in &lifted {
            tracing::warn!(%who, %kind, "no longer banned");
        }
        if !lifted.is_empty() {
            self.events.emit(About::default(), What::Unbanned { who: who.to_string() });
        }
        lifted.len()
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
        let by_name = |kind| user.as_ref().and_then(|user| self.barred_user(user, kind));
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
            let all = self.barred_user(user, BanKind::All);
            all.or_else(|| self.barred_user(user, vetting.kind))
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

    fn barred_user(&self, user: &UserKey, kind: BanKind) -> Option<Barred> {
        let reason = self.store.banned_user(user, kind)?;
        Some(self.barred_by_name(kind, &reason))
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
