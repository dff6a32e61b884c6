//! What the game's staff sees of a session, and does to it from outside: put clients out, say something,
//! change what they may do, lead them elsewhere.

use std::net::IpAddr;
use std::time::Instant;

use super::Core;
use crate::ids::{AttachGeneration, ConnectionId, SessionId};
use crate::session::message::{
    Closing, Destination, DetachReason, EndReason, Note, Peer, Permissions,
};

impl Core {
    /// The preset that its login is read by.
    #[must_use]
    pub fn preset_name(&self) -> &str {
        self.preset.name()
    }

    /// Until when nobody is waited for any longer, where nobody is attached.
    #[must_use]
    pub fn hold_ends(&self) -> Option<Instant> {
        self.timers.hold
    }

    /// How many lines wait for their player.
    #[must_use]
    pub fn queued_lines(&self) -> usize {
        self.queue.lines().len()
    }

    /// How many devices have a token that opens it.
    #[must_use]
    pub fn token_families(&self) -> usize {
        self.tokens.count()
    }

    /// Where the client is, or was, that came last.
    #[must_use]
    pub fn last_address(&self) -> Option<IpAddr> {
        self.addresses().last().copied()
    }

    /// Puts clients out at once, however much they have not read: they are told `text` and why; the
    /// session is held. How many that were.
    pub(crate) fn disconnect(
        &mut self,
        now: Instant,
        is: impl Fn(&Peer) -> bool,
        closing: Closing,
        text: Option<&str>,
    ) -> usize {
        let anybody = self.clients.anybody();
        let mut out = Vec::new();
        for client in self.clients.iter_mut().filter(|client| !client.is_leaving()) {
            if is(&client.peer) {
                client.leave(closing, None);
                if let Some(text) = text {
                    client.post(None, notice(text));
                }
                out.push(client.generation);
            }
        }
        self.arrivals.retain(|arrival| !out.contains(&arrival.generation));
        if anybody && !self.clients.anybody() {
            self.nobody_attached(now, DetachReason::Told(closing));
        }
        out.len()
    }

    /// The staff ends the session; everybody is told `text` and that they were put out.
    pub(crate) fn kick(&mut self, text: Option<&str>) {
        if self.is_ended() {
            return;
        }
        let told: Vec<AttachGeneration> = self.clients.attached().map(|c| c.generation).collect();
        self.end(EndReason::Kicked);
        let Some(text) = text else { return };
        for generation in told {
            if let Some(client) = self.clients.find_mut(generation) {
                client.post(None, notice(text));
            }
        }
    }

    /// Nobody new comes in, whom the game has let in: a restart is near.
    pub(crate) fn end_draining(&mut self) {
        self.notice_all(self.config.texts.draining());
        self.end(EndReason::Refused);
    }

    /// No more users may play from where the player is, whom the game has let in.
    pub(crate) fn end_crowded(&mut self, most: usize) {
        self.notice_all(self.config.texts.too_many_users(most));
        self.end(EndReason::Refused);
    }

    /// The staff says something to one client, or to all. How many are told.
    pub(crate) fn announce(&mut self, text: &str, to: Option<ConnectionId>) -> usize {
        let mut told = 0;
        for client in self.clients.iter_mut().filter(|client| !client.is_leaving()) {
            if to.is_none_or(|to| client.peer.connection == to) {
                client.post(None, notice(text));
                told += 1;
            }
        }
        told
    }

    /// What this connection may do from now on.
    pub(crate) fn permit(
        &mut self,
        now: Instant,
        connection: ConnectionId,
        permissions: Permissions,
    ) {
        for client in self.clients.iter_mut().filter(|client| client.peer.connection == connection)
        {
            if permissions.input && !client.permissions.input {
                // It was not idle while it might not type.
                client.typed = now;
            }
            client.permissions = permissions;
        }
    }

    /// Sends a client to another session, in place of the connection that has it; whether it is here.
    pub(crate) fn lead(
        &mut self,
        connection: ConnectionId,
        session: SessionId,
        instead_of: ConnectionId,
    ) -> bool {
        let mut led = false;
        for client in self.clients.iter_mut().filter(|client| !client.is_leaving()) {
            if client.peer.connection == connection {
                let to = Destination::Led { session, instead_of };
                client.post(None, Note::Move(Box::new(to)));
                led = true;
            }
        }
        led
    }

    /// Whether what this client types goes to the game; one that may not is told.
    pub(super) fn may_type(&mut self, generation: AttachGeneration) -> bool {
        let may = self.clients.find(generation).is_none_or(|client| client.permissions.input);
        if !may {
            self.notice(generation, self.config.texts.may_not_type());
        }
        may
    }
}

fn notice(text: &str) -> Note {
    Note::Notice(text.into())
}
