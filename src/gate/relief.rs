//! What is done when all histories together are too large: sessions that nobody is attached to give
//! theirs back, those that were left first before the others. Attached players lose nothing.

use std::time::Instant;

use super::Gate;
use crate::session::core::Core;
use crate::session::link::SessionHandle;
use crate::session::message::EndReason;

impl Gate {
    /// Has memory given back until no more is used than there is, or nothing is left to be given.
    /// Returns by how much too much is used then.
    pub(crate) fn relieve(&self) -> usize {
        let keep = self.config.now().session.replay;
        let shrunk = self.give_back(|core| core.shrink_history(keep));
        let ended = self.give_back(|core| {
            core.shrink_history(0);
            core.end(EndReason::Memory);
        });
        let excess = self.memory.excess();
        if shrunk > 0 {
            tracing::warn!(shrunk, ended, excess, "limits.history_bytes_total was exceeded");
        }
        excess
    }

    /// Does this to one held session after the other while too much is used; how many that were.
    fn give_back(&self, act: impl Fn(&mut Core)) -> usize {
        let mut given = 0;
        for (_, session) in self.held() {
            if self.memory.excess() == 0 {
                break;
            }
            given += usize::from(session.with(|core| {
                // Somebody may have come meanwhile, and what gives nothing is left alone.
                let gives = core.held_since().is_some() && core.output().bytes() > 0;
                if gives {
                    act(core);
                }
                gives
            }));
        }
        given
    }

    /// The sessions that nobody is attached to, those that were left first before the others.
    fn held(&self) -> Vec<(Instant, SessionHandle)> {
        let sessions = self.registry.sessions().into_iter();
        let held = sessions.filter_map(|session| {
            let since = session.quietly(|core| core.held_since());
            since.map(|since| (since, session))
        });
        let mut held: Vec<_> = held.collect();
        held.sort_by_key(|(since, _)| *since);
        held
    }
}
