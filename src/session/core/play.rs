//! The time after the game has accepted the player: lines pass, and only the way out is watched.

use std::time::Instant;

use super::action::{Action, Claim, Event};
use super::entry::Entry;
use super::words::Word;
use super::{Core, LOGIN_HISTORY_BYTES_MAX, Stage};
use crate::ids::User;
use crate::login::LoginEvent;
use crate::secret::Line;
use crate::session::message::{Closing, Destination, EndReason, Note, ReplayWish};
use crate::settings;

/// A client that was sent to another session and has not gone there yet.
#[derive(Debug, Default)]
pub(super) struct Resuming {
    /// What it types meanwhile, bounded like what is typed ahead of a login.
    pub(super) lines: Vec<Line>,
}

impl Core {
    /// A line of a player who is in the game.
    pub(super) fn play_line(&mut self, now: Instant, line: &[u8]) {
        if self.resuming.is_some() {
            return self.wait_for_resume(line);
        }
        let first = !std::mem::replace(&mut self.played, true);
        match (Word::resume_with_token(line), first) {
            (Some(text), true) => return self.resume_elsewhere(text),
            // It would be in the game's log.
            (Some(_), false) => return self.notice_all(self.config.texts.login_lines_not_sent(1)),
            (None, _) => {}
        }
        let Some(leave) = &mut self.leave else { return self.send_line(line) };
        let hidden = self.output.snapshot().echo_hidden();
        if self.user.is_some() && (hidden || leave.is_password_change(line)) {
            self.actions.push_back(Action::DropVerifier);
        }
        let event = leave.client_line(now, line);
        self.send_line(line);
        if let Some(event) = event {
            self.leave_event(now, event, b"");
        }
    }

    fn resume_elsewhere(&mut self, text: Line) {
        let (replay, tell_token) = (ReplayWish::Missed, false);
        let to = Destination::Token { text, by_gmcp: false, replay, tell_token };
        self.resuming = Some(Box::default());
        self.clients.post_all(None, &Note::Move(Box::new(to)));
    }

    /// A line behind a token: it is for the game only if the token opens nothing.
    fn wait_for_resume(&mut self, line: &[u8]) {
        let limits = &self.config.limits;
        let Some(Resuming { lines: waiting }) = self.resuming.as_deref_mut() else { return };
        let bytes = waiting.iter().map(|line| line.len()).sum::<usize>() + line.len();
        let full = waiting.len() >= limits.type_ahead_lines_max;
        if full || bytes > limits.type_ahead_bytes_max {
            return self.notice_all(self.config.texts.type_ahead_full());
        }
        waiting.push(Line::from(line));
    }

    /// Whoever was sent away by a token stays: what was typed behind it is for this game.
    pub(super) fn not_resumed(&mut self, now: Instant) {
        for line in self.resuming.take().unwrap_or_default().lines {
            self.play_line(now, &line);
        }
    }

    /// Whether somebody wants to know what text and prompts the game sends.
    pub(super) fn watches_text(&self, now: Instant) -> bool {
        self.entry.is_some() || self.leave.as_ref().is_some_and(|leave| leave.wants_text(now))
    }

    /// Text of the game, while somebody wants to know.
    pub(super) fn watch_text(&mut self, now: Instant, text: &[u8]) {
        if let Some(entry) = &mut self.entry {
            entry.dialogue.game_text(now, text);
            self.advance_entry(now);
        } else if let Some(leave) = self.leave.as_mut().filter(|leave| leave.wants_text(now))
            && let Some((event, taken)) = leave.game_text(now, text)
        {
            let rest = text.get(taken..).unwrap_or_default().to_vec();
            self.leave_event(now, event, &rest);
        }
    }

    pub(super) fn watch_prompt(&mut self, now: Instant) {
        if let Some(entry) = &mut self.entry {
            entry.dialogue.game_prompt(now);
            self.advance_entry(now);
        }
    }

    pub(super) fn watch_echo(&mut self, now: Instant, hidden: bool) {
        if let Some(entry) = &mut self.entry {
            entry.dialogue.game_echo(now, hidden);
            self.advance_entry(now);
        }
    }

    pub(super) fn watch_out_of_band(&mut self, now: Instant, option: u8, payload: &[u8]) {
        if let Some(entry) = &mut self.entry {
            entry.dialogue.game_out_of_band(now, option, payload);
            self.advance_entry(now);
        } else if let Some(event) =
            self.leave.as_mut().and_then(|leave| leave.game_out_of_band(option, payload))
        {
            self.leave_event(now, event, b"");
        }
    }

    fn leave_event(&mut self, now: Instant, event: LoginEvent, rest: &[u8]) {
        match event {
            LoginEvent::Left => self.left_game(now, rest),
            LoginEvent::Menu => self.menu = true,
            LoginEvent::Entered => self.menu = false,
            // Accepted: the game states a name at last.
            LoginEvent::Became { user } | LoginEvent::Accepted { user, .. } => self.became(user),
            LoginEvent::Named { .. }
            | LoginEvent::Asked { .. }
            | LoginEvent::Making(_)
            | LoginEvent::Refused
            | LoginEvent::Taken => {}
        }
    }

    /// The player is out of the game and at its login again, on the same connection: what was
    /// theirs is not the next one's.
    fn left_game(&mut self, now: Instant, rest: &[u8]) {
        let Some(leave) = self.leave.take() else { return };
        self.menu = false;
        self.stage = Stage::Login;
        self.user = None;
        self.guest = false;
        self.log(Event::Left);
        self.actions.push_back(Action::Unclaim);
        self.fence_all_but_one(now);
        self.clients.leave_previous_epoch(&self.output);
        self.output.begin_secret_epoch(self.mint.epoch(), LOGIN_HISTORY_BYTES_MAX);
        self.output.snapshot_mut().clear();
        let dialogue = leave.into_dialogue(settings::dialogue_limits(&self.config), now, rest);
        self.entry = Some(Box::new(Entry::with(&self.config, dialogue, now)));
        if self.clients.anybody() {
            self.advance_entry(now);
        } else {
            self.end(EndReason::LoggedOut);
        }
    }

    /// The newest attachment stays, with a new token; no other token opens anything any more.
    fn fence_all_but_one(&mut self, now: Instant) {
        let newest = self.clients.attached().last().map(|client| client.generation);
        for client in self.clients.iter_mut().filter(|c| Some(c.generation) != newest) {
            client.leave(Closing::LoggedOut, None);
        }
        let Some(client) = newest.and_then(|newest| self.clients.find_mut(newest)) else {
            return self.tokens.revoke_all();
        };
        let Some(family) = client.family else { return };
        self.tokens.revoke_others(family);
        if let Some(grant) =
            self.tokens.rotate(&settings::token_limits(&self.config), now, family, &mut *self.mint)
        {
            client.post(None, Note::Token(Box::new(grant)));
        }
    }

    /// The game says that this connection is another of the player's characters now.
    fn became(&mut self, user: User) {
        if self.user.as_ref().is_some_and(|known| known.key == user.key) {
            return;
        }
        self.user = Some(user.clone());
        self.log(Event::Accepted(Some(user.clone())));
        self.actions.push_back(Action::Claim(Box::new(Claim {
            old: self.id,
            new: self.id,
            user: Some(user),
            login: None,
            verifier: None,
            address: self.address(),
            beside_others: self.beside_others(),
            made: false,
        })));
    }
}
