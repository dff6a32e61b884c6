//! A web player that its session sends somewhere else: to the session that it proved to own, or to a
//! new one because the game is back; and one whose stream of events is opened again.

use std::time::Instant;

use super::WebPlayer;
use crate::ids::Position;
use crate::session::clients::FormerPlace;
use crate::session::link::SessionHandle;
use crate::session::message::{ClientEvent, Destination, DetachReason, Proof, Refusal, ReplayWish};

impl WebPlayer {
    /// Attaches elsewhere; the session here is left only when that has worked. What was typed behind
    /// a password goes along, for it was typed for the game; what was typed behind a token does not,
    /// for it may be a name and a password.
    pub(super) fn move_to(&mut self, now: Instant, to: Destination) {
        let goes_along = matches!(to, Destination::Session { .. });
        let behind_token = matches!(to, Destination::Token { .. } | Destination::Led { .. });
        let moved = match to {
            Destination::Session { id, replay, .. } => {
                // Its window shows nothing of that session yet, whoever has seen what.
                let replay = match replay {
                    ReplayWish::Missed => self.screenful(),
                    ReplayWish::Lines(_) => replay,
                };
                self.gate.attach(now, id, self.request(Proof::Password, None, replay))
            }
            Destination::Token { text, replay, .. } => {
                let request = |secret| self.request(Proof::Token(secret), None, replay);
                self.gate.resume(now, self.peer.address, &text, request)
            }
            Destination::Led { session, instead_of } => {
                let request = self.request(Proof::Led(instead_of), None, self.screenful());
                self.gate.attach(now, session, request)
            }
            Destination::NewSession => {
                let request = self.request(Proof::Opened, None, ReplayWish::Missed);
                self.gate.open(now, request).map_err(|_| Refusal::Ended)
            }
        };
        let attachment = match moved {
            Ok(attachment) => attachment,
            Err(refusal) => return self.stays(now, refusal),
        };
        self.led_on = true;
        self.acknowledged = None;
        let Some(mut old) = self.attach(attachment) else { return };
        if goes_along {
            self.carried = old.take_typed_ahead();
        } else if behind_token {
            self.dropped = old.take_typed_ahead().len();
        }
        old.detach(now, DetachReason::Moved, None);
    }

    fn stays(&mut self, now: Instant, refusal: Refusal) {
        if let Some(attachment) = &mut self.attachment {
            attachment.send(now, ClientEvent::MoveFailed(refusal));
        }
    }

    /// Attaches again over the same connection, where the client says that it is.
    pub(in crate::transport) fn again(
        &mut self,
        now: Instant,
        session: &SessionHandle,
        place: FormerPlace,
        position: Option<Position>,
    ) -> Result<(), Refusal> {
        let request = self.request(Proof::Again(place), position, ReplayWish::Missed);
        let attachment = session.attach(now, request)?;
        self.untold = None;
        self.acknowledged = position;
        // The one before is nobody's any more: letting go of it changes nothing.
        drop(self.attach(attachment));
        Ok(())
    }
}
