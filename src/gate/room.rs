//! Who is told that there is no room, and how many are on their way to the game.

use super::Gate;
use crate::events::{About, What};
use crate::registry::Denied;
use crate::session::message::AttachRequest;

impl Gate {
    /// For how many sessions the game is being dialled.
    #[must_use]
    pub fn dials(&self) -> usize {
        self.dials.taken()
    }

    /// Tells that a session was not begun.
    pub(super) fn denied(&self, request: &AttachRequest, denied: Denied) -> Denied {
        self.events.emit(who_asks(request), What::Denied { limit: denied.to_string() });
        denied
    }
}

/// Whom it concerns what becomes of a request.
pub(super) fn who_asks(request: &AttachRequest) -> About {
    About {
        connection_id: Some(request.peer.connection),
        address: Some(request.peer.address),
        transport: Some(request.peer.transport.name()),
        ..About::default()
    }
}
