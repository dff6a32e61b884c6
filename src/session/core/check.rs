//! One session per user: what happens when a password shows that a newcomer is somebody whose
//! session is running.
//!
//! The game hears nothing of a takeover that mudkeep can decide; everything else goes to the game,
//! and its answer decides.

use std::net::IpAddr;
use std::time::Instant;

use super::Core;
use super::action::{Action, Check, CheckOutcome, Match};
use super::entry::Holding;
use crate::config::OnDuplicate;
use crate::ids::{SessionId, UserKey};
use crate::limits::permits::NoPermit;
use crate::secret::Line;
use crate::session::message::{Destination, EndReason, Note};

impl Core {
    /// What this session does about others of its user.
    fn on_duplicate(&self) -> OnDuplicate {
        match self.config.session.on_duplicate {
            OnDuplicate::Preset if self.preset.allows_both() => OnDuplicate::Allow,
            OnDuplicate::Preset => OnDuplicate::Reattach,
            other => other,
        }
    }

    /// Whether sessions of one user stand side by side.
    pub(super) fn beside_others(&self) -> bool {
        self.on_duplicate() == OnDuplicate::Allow
    }

    /// Where the player is; none while nobody is attached.
    pub(super) fn address(&self) -> Option<IpAddr> {
        let client = self.clients.iter().find(|client| !client.is_leaving());
        client.map(|client| client.peer.address)
    }

    /// A password field is checked before the game gets it.
    pub(super) fn check(
        &mut self,
        login: Option<UserKey>,
        field: Line,
        new: bool,
        holding: Holding,
    ) {
        let Some(address) = self.address() else { return };
        let Some(entry) = &mut self.entry else { return };
        entry.holding = holding;
        entry.login.clone_from(&login);
        self.actions.push_back(Action::Check(Box::new(Check { login, field, address, new })));
    }

    /// Whether a session of the name that the player gave is running; asked only where the game
    /// would refuse the name.
    pub fn found(&mut self, now: Instant, running: bool) {
        let Some(entry) = &mut self.entry else { return };
        let is = |holding: &Holding| matches!(holding, Holding::Finding { .. });
        let Some(Holding::Finding { line }) = entry.take_holding(is) else { return };
        if !running {
            return self.forward(now, &line);
        }
        entry.dialogue.hold_back();
        entry.holding = Holding::OwnPassword { name: line };
        self.ask(self.config.texts.password_prompt(), true);
        self.advance_entry(now);
    }

    /// The password field has been checked.
    pub fn checked(&mut self, now: Instant, outcome: CheckOutcome) {
        let Some(entry) = &mut self.entry else { return };
        let is = |holding: &Holding| matches!(holding, Holding::Checking { .. });
        let Some(Holding::Checking { line, name }) = entry.take_holding(is) else { return };
        if let Some(why) = outcome.refused {
            return self.refused_a_permit(now, why);
        }
        entry.verifier = outcome.verifier;
        if name.is_some() {
            self.clients.post_all(None, &Note::Echo { hidden: false });
        }
        match outcome.matched {
            Some(found) if outcome.only_back => self.lead_back(now, found, line, name),
            Some(found) => self.known(now, found, line, name),
            None => self.unknown(now, &line, name),
        }
    }

    fn refused_a_permit(&mut self, now: Instant, why: NoPermit) {
        let texts = &self.config.texts;
        let text = match why {
            NoPermit::Spent(wait) => {
                let seconds = wait.until.saturating_duration_since(now).as_secs() + 1;
                texts.too_many_failed_logins(seconds)
            }
            NoPermit::Users(most) => texts.too_many_users(most),
            NoPermit::Draining => texts.draining(),
            NoPermit::Busy => texts.too_many_logins(),
        };
        self.notice_all(text);
        self.end(EndReason::Refused);
    }

    /// It is the password of a running session, and nobody logs in anew: a restart is near.
    fn lead_back(&mut self, now: Instant, found: Match, line: Line, name: Option<Line>) {
        let releases = self.entry.as_ref().is_some_and(|entry| entry.wish.release);
        if found.gone || releases {
            return self.refused_a_permit(now, NoPermit::Draining);
        }
        self.actions.push_back(Action::LoginTried { accepted: true });
        if self.on_duplicate() == OnDuplicate::Refuse && found.attached {
            self.notice_all(self.config.texts.refused_elsewhere());
            return self.end(EndReason::Refused);
        }
        self.take_over(now, found, line, name);
    }

    /// It is the password of a running session.
    fn known(&mut self, now: Instant, found: Match, line: Line, name: Option<Line>) {
        let policy = self.on_duplicate();
        self.actions.push_back(Action::LoginTried { accepted: true });
        let Some(entry) = &mut self.entry else { return };
        if entry.wish.release {
            self.actions.push_back(Action::Release(found.session));
            self.notice_all(self.config.texts.held_released());
            return self.pass_on(now, &line, name);
        }
        match policy {
            OnDuplicate::Allow => self.pass_on(now, &line, name),
            _ if found.gone => {
                entry.holding = Holding::Replacing { line, name };
                self.actions.push_back(Action::Replace(found.session));
            }
            OnDuplicate::Replace => {
                entry.holding = Holding::Replacing { line, name };
                self.actions.push_back(Action::Replace(found.session));
            }
            OnDuplicate::Refuse if found.attached => {
                self.notice_all(self.config.texts.refused_elsewhere());
                self.end(EndReason::Refused);
            }
            OnDuplicate::Preset | OnDuplicate::Reattach | OnDuplicate::Refuse => {
                self.take_over(now, found, line, name);
            }
        }
    }

    /// It is not: the game decides.
    fn unknown(&mut self, now: Instant, line: &[u8], name: Option<Line>) {
        let released =
            self.entry.as_mut().is_some_and(|entry| std::mem::take(&mut entry.wish.release));
        if released {
            self.notice_all(self.config.texts.release_failed());
        }
        self.pass_on(now, line, name);
    }

    /// The password goes to the game, or, where mudkeep had asked for it, the name that it had
    /// held back: the game refuses that in its own words.
    pub(super) fn pass_on(&mut self, now: Instant, line: &[u8], name: Option<Line>) {
        let Some(entry) = &mut self.entry else { return };
        if let Some(name) = name {
            entry.dialogue.dropped(now);
            self.actions.push_back(Action::LoginTried { accepted: false });
            self.send_line(&name);
            if let Some(entry) = &mut self.entry {
                entry.dialogue.held_back_sent(now);
            }
            return self.advance_entry(now);
        }
        if let Some(user) = entry.login.clone() {
            entry.naming = Some(user.clone());
            self.actions.push_back(Action::Naming { user, waiting: true });
        }
        self.forward(now, line);
    }

    /// The newcomer is sent to the running session; asked first where it seems to be a client
    /// that reconnects by itself after it lost its place.
    fn take_over(&mut self, now: Instant, found: Match, line: Line, name: Option<Line>) {
        let Some(entry) = &mut self.entry else { return };
        if found.bounced && found.attached {
            let until = now + self.config.limits.question_timeout;
            entry.holding = Holding::Asking { found, line, name, until };
            return self.ask(self.config.texts.play_elsewhere_question(), false);
        }
        entry.holding = Holding::Moving { line, name };
        self.send_to(found.session);
    }

    fn send_to(&mut self, id: SessionId) {
        let Some(entry) = &self.entry else { return };
        let (replay, tell_token) = (entry.wish.replay, entry.wish.tell_token);
        let to = Destination::Session { id, replay, tell_token };
        self.clients.post_all(None, &Note::Move(Box::new(to)));
    }

    /// The player has answered whether to take the session over.
    pub(super) fn question_answered(&mut self, answer: &[u8]) {
        let yes = matches!(answer.trim_ascii().to_ascii_lowercase().as_slice(), b"y" | b"yes");
        let Some(entry) = &mut self.entry else { return };
        match std::mem::replace(&mut entry.holding, Holding::Nothing) {
            Holding::Asking { found, line, name, .. } if yes => {
                entry.holding = Holding::Moving { line, name };
                self.send_to(found.session);
            }
            _ => self.stays_elsewhere(),
        }
    }

    /// The player was asked whether to take the session over, and did not say yes.
    pub(super) fn stays_elsewhere(&mut self) {
        self.notice_all(self.config.texts.play_elsewhere_kept());
        self.end(EndReason::Refused);
    }

    /// Asks the player something; the next line is the answer.
    fn ask(&mut self, text: Option<String>, hidden: bool) {
        let text = text.unwrap_or_default().into();
        self.clients.post_all(None, &Note::Ask { text, hidden });
    }

    /// The other session has made room; what it had not delivered is shown here.
    pub fn other_replaced(&mut self, now: Instant, undelivered: Vec<u8>) {
        let Some(entry) = &mut self.entry else { return };
        let is = |holding: &Holding| matches!(holding, Holding::Replacing { .. });
        let Some(Holding::Replacing { line, name }) = entry.take_holding(is) else { return };
        if !undelivered.is_empty() {
            self.notice_all(self.config.texts.undelivered_start());
            self.clients.post_all(Some(self.output.head()), &Note::Undelivered(undelivered));
            self.notice_all(self.config.texts.undelivered_end());
        }
        let own = name.is_some();
        self.pass_on(now, &line, name);
        // The game takes the name now and asks for the password, which the player has typed before
        // anything that waits.
        if let Some(entry) = self.entry.as_mut().filter(|_| own) {
            let waiting = entry.dialogue.take_pending();
            for line in std::iter::once(line).chain(waiting) {
                let _ = entry.dialogue.client_line(now, line);
            }
        }
    }
}
