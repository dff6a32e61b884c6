//! The tokens of one session, one family per device. Using a token to resume rotates it; the old
//! one stays good until its successor is proven received, one generation back, and always yields
//! the same successor. After that it is refused: somebody has a copy.

use std::time::{Duration, Instant};

use super::{Mint, Secret, SecretHash};
use crate::ids::{FamilyId, SessionId, TokenGeneration};

/// For how long and for how many devices tokens are good.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TokenLimits {
    /// Counted from the last use.
    pub ttl: Duration,
    /// Counted from the family's birth: after that a login is needed.
    pub lifetime: Duration,
    /// Devices per session; at least 1. One more drops the one that was longest unused.
    pub families_max: usize,
}

/// A token given to a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// Which session it resumes.
    pub session_id: SessionId,
    /// What proves it.
    pub secret: Secret,
    /// How often the family rotated.
    pub generation: TokenGeneration,
    /// For how long it is good from now.
    pub ttl: Duration,
}

/// The answer to a token that was presented to resume.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Presented {
    /// It is good: attach, and tell the client its successor.
    Attached {
        /// Whose it is.
        family: FamilyId,
        /// The successor; the same one again when it was not proven received.
        grant: Grant,
        /// It was the current token, not the predecessor of an unproven one.
        was_current: bool,
    },
    /// It was good once and its successor is in use: somebody has a copy. Count it, audit it.
    Reused {
        /// Whose it was.
        family: FamilyId,
    },
    /// Not a token of this session.
    Invalid,
    /// It was good until its time ran out.
    Expired,
}

/// The answer to a token that came with a request (Bearer). Nothing rotates.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carried {
    /// It is good. A current one is thereby proven received.
    Accepted {
        /// Whose it is.
        family: FamilyId,
    },
    /// Retired less than a minute ago: the request was under way. Send it again with the new one.
    Old {
        /// Whose it was.
        family: FamilyId,
    },
    /// Retired longer ago: somebody has a copy.
    Reused {
        /// Whose it was.
        family: FamilyId,
    },
    /// Not a token of this session.
    Invalid,
    /// It was good until its time ran out.
    Expired,
}

#[derive(Clone, Debug)]
struct Family {
    id: FamilyId,
    current: SecretHash,
    generation: TokenGeneration,
    pending: Option<Secret>,
    expires: Instant,
}

/// The tokens of one session.
#[derive(Clone, Debug)]
pub struct Families {
    session_id: SessionId,
    limits: TokenLimits,
    next: FamilyId,
    list: Vec<Family>,
    reuse_seen: bool,
}

impl Families {
    /// A session without tokens.
    #[must_use]
    pub fn new(session_id: SessionId, limits: TokenLimits) -> Families {
        Families { session_id, limits, next: FamilyId(1), list: Vec::new(), reuse_seen: false }
    }

    /// The session these tokens resume.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// A token for a new device. Over `families_max` the device longest unused loses its own.
    pub fn issue(&mut self, now: Instant, mint: &mut dyn Mint) -> (FamilyId, Grant) {
        let secret = mint.secret();
        let id = self.next;
        self.next = FamilyId(id.0 + 1);
        let generation = TokenGeneration(1);
        let expires = now + self.limits.ttl;
        self.list.push(Family { id, current: secret.hash(), generation, pending: None, expires });
        let grant = Grant { session_id: self.session_id, secret, generation, ttl: self.limits.ttl };
        (id, grant)
    }

    /// The game accepted a login: the session gets a new id, and `family` a new token. The other
    /// families are gone. Until the new token is proven received, the one from before the login
    /// is good for it.
    pub fn login(
        &mut self,
        now: Instant,
        session_id: SessionId,
        family: FamilyId,
        mint: &mut dyn Mint,
    ) -> Option<Grant> {
        self.session_id = session_id;
        self.rotate(now, family, mint)
    }

    /// Judges a token presented to resume.
    pub fn present(&mut self, now: Instant, secret: &Secret, mint: &mut dyn Mint) -> Presented {
        let hash = secret.hash();
        let Some(found) = self.list.iter().find(|family| family.current == hash) else {
            return Presented::Invalid;
        };
        let family = found.id;
        match self.refresh(now, family, mint) {
            Some(grant) => Presented::Attached { family, grant, was_current: true },
            None => Presented::Invalid,
        }
    }

    /// Judges a token carried by a request.
    pub fn carried(&mut self, now: Instant, secret: &Secret) -> Carried {
        let hash = secret.hash();
        match self.list.iter().find(|family| family.current == hash) {
            Some(family) if family.expires <= now => Carried::Expired,
            Some(family) => Carried::Accepted { family: family.id },
            None => Carried::Invalid,
        }
    }

    /// The client says that it has the token of `generation`: if that is the current one, its
    /// predecessor is retired. Anything else changes nothing.
    pub fn prove(&mut self, now: Instant, family: FamilyId, generation: TokenGeneration) {
        let _ = now;
        if let Some(family) = self.list.iter_mut().find(|known| known.id == family)
            && family.generation == generation
        {
            family.pending = None;
        }
    }

    /// A new token for an attached client that asks for one, or the same again while it is not
    /// proven received. None: no such family.
    pub fn refresh(
        &mut self,
        now: Instant,
        family: FamilyId,
        mint: &mut dyn Mint,
    ) -> Option<Grant> {
        self.rotate(now, family, mint)
    }

    /// A new token at once, every earlier one of the family retired. For a change of who is
    /// playing: what was good before opens nothing any more. None: no such family.
    pub fn rotate(&mut self, now: Instant, family: FamilyId, mint: &mut dyn Mint) -> Option<Grant> {
        let found = self.list.iter_mut().find(|known| known.id == family)?;
        let secret = mint.secret();
        found.current = secret.hash();
        found.generation = TokenGeneration(found.generation.0 + 1);
        found.pending = Some(secret.clone());
        found.expires = now + self.limits.ttl;
        Some(Grant {
            session_id: self.session_id,
            secret,
            generation: found.generation,
            ttl: self.limits.ttl,
        })
    }

    /// The family's client is or was attached until now: its time counts from here.
    pub fn renew(&mut self, now: Instant, family: FamilyId) {
        if let Some(found) = self.list.iter_mut().find(|known| known.id == family) {
            found.expires = now + self.limits.ttl;
        }
    }

    /// Whether the family has a token that can still be used.
    #[must_use]
    pub fn contains(&self, family: FamilyId) -> bool {
        self.list.iter().any(|known| known.id == family)
    }

    /// No token of this session is good any more.
    pub fn revoke_all(&mut self) {
        self.list.clear();
    }

    /// Only `family`'s token stays good.
    pub fn revoke_others(&mut self, family: FamilyId) {
        self.list.retain(|known| known.id == family);
    }

    /// A retired token was presented: a password login should now revoke all.
    #[must_use]
    pub fn reuse_seen(&self) -> bool {
        self.reuse_seen
    }
}
