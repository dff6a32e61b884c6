//! Bans, as they take effect: at once on whoever is in, and at each way in.

use std::net::IpAddr;
use std::sync::Arc;

use super::Gate;
use crate::limits::bans::{Ban, Banned, TooMany};
use crate::session::core::Core;
use crate::session::link::SessionHandle;

impl Gate {
    /// Bans a user or a network, and puts out whoever is in: a user's sessions end, held or not; a
    /// network's clients lose their connection and their sessions are held.
    ///
    /// # Errors
    /// There are as many bans as may be.
    pub fn ban(&self, ban: Ban) -> Result<(), TooMany> {
        let (who, reason) = (ban.who.clone(), ban.reason.clone());
        self.store.ban(ban)?;
        tracing::warn!(%who, "banned");
        match who {
            Banned::User(user) => {
                for session in self.registry.sessions_of(&user) {
                    session.with(|core| core.end_banned(&reason));
                }
            }
            Banned::Network(network) => {
                let now = crate::clock::now();
                let is = |address: IpAddr| network.contains(&address.to_canonical());
                for session in self.registry.sessions() {
                    session.with(|core| core.put_out_from(now, is, &reason));
                }
            }
        }
        Ok(())
    }

    /// Lifts a ban; whether there was one.
    pub fn unban(&self, who: &Banned) -> bool {
        let lifted = self.store.unban(who);
        if lifted {
            tracing::warn!(%who, "no longer banned");
        }
        lifted
    }

    /// Ends the session if its user is banned: nobody comes (back) to it.
    pub(crate) fn end_if_banned(&self, session: &SessionHandle) -> bool {
        let reason = self.ban_of(session);
        if let Some(reason) = &reason {
            session.with(|core| core.end_banned(reason));
        }
        reason.is_some()
    }

    fn ban_of(&self, session: &SessionHandle) -> Option<Arc<str>> {
        let user = |core: &mut Core| core.user().map(|user| user.key.clone());
        session.quietly(user).and_then(|user| self.store.banned_user(&user))
    }
}
