//! Who is told that there is no room, and how many are on their way to the game.

use std::net::IpAddr;
use std::sync::PoisonError;

use super::Gate;
use crate::clock;
use crate::events::{About, What};
use crate::registry::Denied;
use crate::session::message::AttachRequest;
use crate::settings;

impl Gate {
    /// For how many sessions the game is being dialled.
    #[must_use]
    pub fn dials(&self) -> usize {
        self.dials.taken()
    }

    /// Tells that a session was not begun.
    pub(super) fn denied(&self, request: &AttachRequest, denied: Denied) -> Denied {
        self.tell_refused(who_asks(request), What::Denied { limit: denied.to_string() });
        denied
    }

    /// Tells that somebody came from a banned address.
    pub(crate) fn refused_banned(&self, address: IpAddr) {
        let about = About { address: Some(address), ..About::default() };
        if self.tell_refused(about, What::BanRefused) {
            tracing::info!(%address, "a banned address was refused");
        }
    }

    /// A flood of those who are refused is counted, and does not push all else out of the events.
    /// Whether this one is told of.
    fn tell_refused(&self, about: About, what: What) -> bool {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        let told = refusals.take(clock::now(), settings::denials_told()).is_ok();
        drop(refusals);
        match told {
            true => self.events.emit(about, what),
            false => self.events.metrics().observe(&about, &what),
        }
        told
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
