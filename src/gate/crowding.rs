//! Users who have more connections than they may: those that have been theirs for the longest go.

use std::sync::atomic::Ordering;

use super::Gate;
use crate::clock;
use crate::ids::UserKey;
use crate::limits::listing::InUse;
use crate::session::message::{Closing, Peer};

impl Gate {
    /// What is in use of what the limits are for.
    #[must_use]
    pub fn in_use(&self) -> InUse {
        InUse {
            counts: self.registry.counts(),
            history_bytes: self.memory.used(),
            logins_waiting: self.logins.waiting(),
            checks_waiting: self.checks_waiting.load(Ordering::Relaxed),
        }
    }

    /// A connection has become this user's: with one too many, the oldest is told and closed. Its
    /// session stays.
    pub(crate) fn keep_connections(&self, user: &UserKey) {
        let Some(max) = self.config.now().limits.connections_per_user_max else { return };
        let mut all = Vec::new();
        for session in self.registry.sessions_of(user) {
            session.quietly(|core| {
                let clients = core.clients().iter().filter(|client| !client.is_leaving());
                let clients = clients.map(|client| (client.since, client.peer.connection));
                all.extend(clients.map(|(since, id)| (since, id, session.clone())));
            });
        }
        let over = all.len().saturating_sub(max);
        all.sort_by_key(|(since, ..)| *since);
        let text = self.config.now().texts.too_many_clients();
        for (_, id, session) in all.iter().take(over) {
            tracing::info!(connection = %id, "one connection of its user too many");
            let is = |peer: &Peer| peer.connection == *id;
            session
                .with(|core| core.disconnect(clock::now(), is, Closing::Replaced, text.as_deref()));
        }
    }
}
