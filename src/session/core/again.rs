//! A client whose stream of events broke opens another one, as browsers do by themselves. It is the
//! same connection: nobody is put out for it, and where somebody else has come meanwhile it stays out.

use std::time::Instant;

use super::Core;
use crate::ids::{AttachGeneration, FamilyId, Position};
use crate::session::clients::{Client, FormerPlace, Phase};
use crate::session::message::{Closing, Refusal};
use crate::session::token::Secret;

impl Core {
    /// How a client is attached.
    #[must_use]
    pub fn place_of(&self, generation: AttachGeneration) -> Option<FormerPlace> {
        let family = self.clients.find(generation)?.family?;
        Some(FormerPlace { family, generation })
    }

    /// Whether a token is good now. It is neither used up nor renewed by that.
    #[must_use]
    pub fn is_opened_by(&self, now: Instant, secret: &Secret) -> bool {
        self.tokens.family_opened_by(now, secret).is_some()
    }

    /// Whether all places are taken by others than the device of this token. Only whoever has a good
    /// token is told that.
    pub(super) fn is_taken(&self, now: Instant, secret: &Secret) -> bool {
        let Some(family) = self.tokens.family_opened_by(now, secret) else { return false };
        self.others_than(family) >= self.config.session.clients_max
    }

    fn others_than(&self, family: FamilyId) -> usize {
        let other = |client: &&Client| !client.is_leaving() && client.family != Some(family);
        self.clients.iter().filter(other).count()
    }

    /// Why a client was put out, whether it has been told yet or not.
    #[must_use]
    pub fn put_out(&self, generation: AttachGeneration) -> Option<Closing> {
        match self.clients.find(generation)?.phase {
            Phase::Leaving { closing, .. } => Some(closing),
            Phase::Waiting { .. } | Phase::Replaying { .. } | Phase::Live => None,
        }
    }

    /// A client whose session is over may not have had the last words: it is told them again from
    /// where it is. False where it is not over, or the client has had all of it.
    pub fn tell_end_again(
        &mut self,
        generation: AttachGeneration,
        position: Option<Position>,
    ) -> bool {
        let output = &self.output;
        let client = self.clients.find_mut(generation).filter(|client| client.is_leaving());
        client.is_some_and(|client| client.tell_end_again(output, position))
    }

    /// Takes the connection's old attachment away, for the new one that is about to be made. Another
    /// connection may have come with a token of the same family.
    pub(super) fn again(&mut self, place: FormerPlace) -> Result<FamilyId, Refusal> {
        let FormerPlace { family, generation } = place;
        let other = |c: &&Client| c.generation != generation && !c.is_leaving();
        let others = || self.clients.iter().filter(other);
        let of_family = others().any(|client| client.family == Some(family));
        let full = others().count() >= self.config.session.clients_max;
        let fenced = self.put_out(generation).is_some();
        if full || of_family || fenced || !self.tokens.contains(family) {
            return Err(Refusal::Ended);
        }
        self.clients.remove(generation);
        self.arrivals.retain(|arrival| arrival.generation != generation);
        Ok(family)
    }
}
