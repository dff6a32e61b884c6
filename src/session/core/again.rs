//! A client whose stream of events broke opens another one, as browsers do by themselves. It is the
//! same connection: nobody is put out for it, and where somebody else has come meanwhile it stays out.

use std::time::Instant;

use super::Core;
use crate::ids::{AttachGeneration, FamilyId, Position};
use crate::session::clients::Client;
use crate::session::message::Refusal;
use crate::session::token::Secret;

impl Core {
    /// The family by which a client is attached.
    #[must_use]
    pub fn family_of(&self, generation: AttachGeneration) -> Option<FamilyId> {
        self.clients.find(generation)?.family
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

    /// Takes the family's old attachment away, for the new one that is about to be made.
    pub(super) fn again(&mut self, family: FamilyId) -> Result<FamilyId, Refusal> {
        let own = |of: Option<FamilyId>| of == Some(family);
        let fenced = self.clients.iter().any(|client| client.is_leaving() && own(client.family));
        let full = self.others_than(family) >= self.config.session.clients_max;
        if full || fenced || !self.tokens.contains(family) {
            return Err(Refusal::Ended);
        }
        let old: Vec<AttachGeneration> =
            self.clients.iter().filter(|c| own(c.family)).map(|c| c.generation).collect();
        for generation in old {
            self.clients.remove(generation);
            self.arrivals.retain(|arrival| arrival.generation != generation);
        }
        Ok(family)
    }
}
