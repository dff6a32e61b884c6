//! Bans, as far as a session is concerned: whoever is in and may not be is told and put out; and what
//! only some may do, make a character or play as a guest, is asked about before the game hears of it.
//!
//! A line that would do so is held until it is known that it may go; otherwise it never goes and
//! the player may log in by another. Where the game itself has a new character's password chosen, there
//! is no way back to its question for the name: the session ends.

use std::net::IpAddr;
use std::time::Instant;

use super::Core;
use super::action::{Action, Vetting};
use super::entry::Holding;
use crate::ids::UserKey;
use crate::limits::bans::BanKind;
use crate::login::{LineRole, Making};
use crate::secret::Line;
use crate::session::message::{Closing, EndReason, Note};

/// Somebody may not play, or not so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Barred {
    /// What the player is told; none where the admin made it silent.
    pub text: Option<String>,
}

impl Core {
    /// Where its player is, or was last: the addresses of all clients, or, of a session without any,
    /// that of the last.
    #[must_use]
    pub fn addresses(&self) -> Vec<IpAddr> {
        let there = self.clients.iter().filter(|client| !client.is_leaving());
        let mut addresses: Vec<_> = there.map(|client| client.peer.address).collect();
        if addresses.is_empty() {
            addresses.extend(self.left.map(|left| left.address));
        }
        if addresses.is_empty() {
            // The last one has been told to go and has not gone.
            addresses.extend(self.clients.iter().map(|client| client.peer.address));
        }
        addresses
    }

    /// Its player is in by a name that many share.
    #[must_use]
    pub fn is_guest(&self) -> bool {
        self.guest
    }

    /// Whether its player is making a character (or an account), and of this name, if one is given.
    #[must_use]
    pub fn is_making(&self, user: Option<&UserKey>) -> bool {
        let making = self.entry.as_ref().and_then(|entry| entry.dialogue.making());
        making.is_some_and(|making| user.is_none() || making.user.as_ref() == user)
    }

    /// Whether a ban of this kind is about what its player does.
    #[must_use]
    pub fn is_about(&self, kind: BanKind) -> bool {
        match kind {
            BanKind::All => true,
            BanKind::New => self.is_making(None),
            BanKind::Guest => self.is_guest(),
        }
    }

    /// Its player is banned: everybody is told, and it is over.
    pub(crate) fn end_banned(&mut self, barred: Barred) {
        self.notice_all(barred.text);
        self.end(EndReason::Banned);
    }

    /// Clients at certain addresses are banned: they are told and go. The session goes with them, if
    /// nobody from elsewhere is attached; it goes, too, if the last who was attached was at one of them.
    pub(crate) fn put_out_from(&mut self, is: impl Fn(IpAddr) -> bool, barred: Barred) {
        let addresses = self.addresses();
        let concerned = addresses.iter().filter(|address| is(**address)).count();
        if concerned > 0 && concerned == addresses.len() {
            return self.end_banned(barred);
        }
        let head = Some(self.output.head());
        let mut put_out = Vec::new();
        for client in self.clients.iter_mut().filter(|client| is(client.peer.address)) {
            if let Some(text) = barred.text.clone().filter(|_| !client.is_leaving()) {
                client.post(head, Note::Notice(text.into()));
            }
            client.leave(Closing::Banned, head);
            put_out.push(client.generation);
        }
        self.arrivals.retain(|arrival| !put_out.contains(&arrival.generation));
    }

    /// Asks whether a line may go, where only some may do what it does. Gives back a line of which
    /// that need not be asked.
    pub(super) fn vet_line(&mut self, line: Line, role: LineRole) -> Option<(Line, LineRole)> {
        let (kind, user) = match &role {
            LineRole::Guest | LineRole::Command { guest: true, .. } => (BanKind::Guest, None),
            LineRole::Command { new: true, user, .. } => (BanKind::New, user.clone()),
            LineRole::Password { new: true, user, .. } => (BanKind::New, user.clone()),
            LineRole::Name { .. }
            | LineRole::Password { .. }
            | LineRole::Command { .. }
            | LineRole::Answer
            | LineRole::Other => return Some((line, role)),
        };
        self.actions.push_back(Action::Vet(Vetting { kind, user, of_line: true }));
        self.hold_line(Holding::Vetting { line, role });
        None
    }

    /// Asks whether the player may make what the game has just begun to make.
    pub(super) fn vet_making(&mut self, making: Making) {
        let user = making.user;
        self.actions.push_back(Action::Vet(Vetting { kind: BanKind::New, user, of_line: false }));
    }

    /// Whether a line may go to the game that waits for that.
    pub fn vetted(&mut self, now: Instant, barred: Option<Barred>) {
        let Some(entry) = &mut self.entry else { return };
        let is = |holding: &Holding| matches!(holding, Holding::Vetting { .. });
        let Some(Holding::Vetting { line, role }) = entry.take_holding(is) else { return };
        match barred {
            None => self.let_line_on(now, line, role),
            // The game waits for that and nothing else.
            Some(barred) if matches!(role, LineRole::Password { .. }) => self.end_banned(barred),
            Some(barred) => {
                self.notice_all(barred.text);
                self.swallow(now);
            }
        }
    }
}
