//! Players who type nothing for as long as the game's admin allows: their connection is closed, and
//! the session is held like any other that nobody is attached to.

use std::time::Instant;

use super::{Core, Stage};
use crate::session::clients::Client;
use crate::session::message::Closing;

impl Core {
    /// When the first client has typed nothing for too long. Nothing ticks meanwhile: what is typed
    /// moves this time, and the task looks again when it had armed its timer for.
    pub(super) fn idle_deadline(&self) -> Option<Instant> {
        let timeout = self.config.limits.idle_timeout.filter(|_| self.stage == Stage::Playing)?;
        let clients = self.clients.attached().filter(|client| may_be_idle(client));
        clients.filter_map(|client| client.typed.checked_add(timeout)).min()
    }

    pub(super) fn tick_idle(&mut self, now: Instant) {
        if self.idle_deadline().is_none_or(|due| due > now) {
            return;
        }
        let Some(timeout) = self.config.limits.idle_timeout else { return };
        let is_idle =
            |client: &&Client| may_be_idle(client) && now.duration_since(client.typed) >= timeout;
        let idle: Vec<_> =
            self.clients.attached().filter(is_idle).map(|client| client.peer.connection).collect();
        let text = self.config.texts.idle();
        self.disconnect(
            now,
            |peer| idle.contains(&peer.connection),
            Closing::Idle,
            text.as_deref(),
        );
    }
}

/// Who may not type is not put out for it.
fn may_be_idle(client: &Client) -> bool {
    client.permissions.input
}
