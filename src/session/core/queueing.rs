//! Lines that come for a session while nobody is attached to it: they wait for their player.
//!
//! Each comes with a token, like everything that has no connection of its own, and with a number, so
//! that one that is sent again counts once. Nothing secret waits, and nothing for a game that is not
//! there.

use std::net::IpAddr;
use std::time::Instant;

use super::{Core, Stage, State};
use crate::ids::{AttachGeneration, FamilyId, InputSeq};
use crate::secret::Line;
use crate::session::input::Numbered;
use crate::session::message::Refusal;
use crate::session::queue::{Full, QueueAnswer};
use crate::session::token::{Carried, Secret};
use crate::settings;

/// Why a line does not wait.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NotQueued {
    /// The token that came with it opens nothing.
    Token(Refusal),
    /// The token was replaced less than a minute ago: the line is to come again with the new one.
    TokenOld,
    /// Somebody is attached: it is to come by their connection.
    Attached,
    /// The game hides what is typed: it would be a secret.
    Secret,
    /// A line before it is missing.
    Expected(InputSeq),
    /// As many wait as may (`session.queue_lines_max`, `session.queue_bytes_max`).
    Full,
    /// The game is not there, or its player is in its menu.
    NoGame,
}

impl Core {
    /// A line comes without a connection. Returns the number up to which input is known: that of
    /// this line, or a later one if it had come before.
    ///
    /// # Errors
    /// Why it does not wait; the session is as it was, but for what the token has proved.
    pub fn queue_line(
        &mut self,
        now: Instant,
        address: IpAddr,
        token: &Secret,
        seq: InputSeq,
        line: Line,
    ) -> Result<InputSeq, NotQueued> {
        let family = self.carried(now, address, token)?;
        match self.state() {
            State::Held if !self.menu => {}
            State::Playing => return Err(NotQueued::Attached),
            _ => return Err(NotQueued::NoGame),
        }
        if self.output.snapshot().echo_hidden() {
            return Err(NotQueued::Secret);
        }
        let mut input = *self.input(family);
        match input.accept(seq) {
            Numbered::Expected(expected) => return Err(NotQueued::Expected(expected)),
            Numbered::Duplicate => return Ok(input.seen()),
            Numbered::Apply => {}
        }
        let limits = settings::queue_limits(&self.config);
        self.queue.push(now, line, &limits).map_err(|Full| NotQueued::Full)?;
        *self.input(family) = input;
        Ok(seq)
    }

    /// Something comes for a client beside its stream, with a token: whether that is its own.
    ///
    /// # Errors
    /// What is wrong with the token.
    pub fn may_say(
        &mut self,
        now: Instant,
        address: IpAddr,
        token: &Secret,
        generation: AttachGeneration,
    ) -> Result<(), NotQueued> {
        let family = self.carried(now, address, token)?;
        match self.clients.find(generation) {
            Some(client) if client.is_leaving() => Err(NotQueued::Attached),
            Some(client) if client.family == Some(family) => Ok(()),
            Some(_) => Err(NotQueued::Token(Refusal::TokenInvalid)),
            None => Err(NotQueued::Attached),
        }
    }

    /// Something comes with a token: whose it is.
    ///
    /// # Errors
    /// What is wrong with the token.
    pub fn carried(
        &mut self,
        now: Instant,
        address: IpAddr,
        token: &Secret,
    ) -> Result<FamilyId, NotQueued> {
        self.renew_attached(now);
        let known = self.tokens.reuse_seen();
        match self.tokens.carried(&settings::token_limits(&self.config), now, token) {
            Carried::Accepted { family } => Ok(family),
            Carried::Old { .. } => Err(NotQueued::TokenOld),
            Carried::Reused { .. } => {
                self.token_reused(now, address, known);
                Err(NotQueued::Token(Refusal::TokenReused))
            }
            Carried::Invalid => Err(NotQueued::Token(Refusal::TokenInvalid)),
            Carried::Expired => Err(NotQueued::Token(Refusal::TokenExpired)),
        }
    }

    /// The player says what is to become of what waited.
    pub(super) fn queue_answered(
        &mut self,
        now: Instant,
        from: AttachGeneration,
        answer: &QueueAnswer,
    ) {
        let old = self.queue.drop_old(now, &settings::queue_limits(&self.config));
        let (lines, dropped) = self.queue.take(answer);
        let sendable = self.stage == Stage::Playing && !self.output.snapshot().echo_hidden();
        if !sendable {
            return self.tell_dropped(from, old + dropped + lines.len());
        }
        lines.iter().for_each(|line| self.play_line(now, line));
        // What the player chose to drop need not be told.
        self.tell_dropped(from, old);
    }

    /// The player goes on without a word about what waited.
    pub(super) fn drop_queue(&mut self, from: AttachGeneration) {
        let (_, dropped) = self.queue.take(&QueueAnswer::None);
        self.tell_dropped(from, dropped);
    }

    fn tell_dropped(&mut self, to: AttachGeneration, lines: usize) {
        if lines > 0 {
            self.notice(to, self.config.texts.queue_dropped(lines));
        }
    }
}
