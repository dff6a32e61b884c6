//! The tokens of one device: which one is good, which one is its unproven successor, and which
//! ones are retired.

use std::time::{Duration, Instant};

use super::{Mint, Secret, SecretHash, TokenLimits};
use crate::few::{Few, Rare};
use crate::ids::{FamilyId, TokenGeneration};

/// How many retired secrets are remembered, to notice that somebody has a copy.
const RETIRED_MAX: usize = 16;
/// How often the predecessor of one unproven successor may resume within [`USES_WINDOW`]: more
/// often than that, two holders are fighting over it.
const USES_MAX: usize = 10;
const USES_WINDOW: Duration = Duration::from_secs(60);

/// What a secret is to a family.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Match {
    /// The one that is good.
    Current,
    /// Good while its successor is not proven received.
    Predecessor,
    /// Was good until then.
    Retired(Instant),
}

/// A successor that is not yet known to have arrived.
#[derive(Clone, Debug)]
struct Unproven {
    /// What it follows: one secret, two only if a login came between. Good until it is proven.
    predecessors: Vec<SecretHash>,
    /// The successor itself, to be told again to whoever presents a predecessor.
    secret: Secret,
    /// When a predecessor resumed, the latest, at most `USES_MAX`.
    uses: Rare<Instant>,
}

/// The tokens of one device.
#[derive(Clone, Debug)]
pub(super) struct Family {
    pub(super) id: FamilyId,
    pub(super) generation: TokenGeneration,
    /// When it ends whatever happens.
    ends: Instant,
    /// When it ends unless it is used; never after `ends`.
    pub(super) expires: Instant,
    /// When it was last used.
    pub(super) used: Instant,
    current: SecretHash,
    /// Present exactly while `current` is not proven received.
    unproven: Option<Unproven>,
    /// The latest, at most `RETIRED_MAX`.
    retired: Rare<(SecretHash, Instant)>,
}

impl Family {
    /// A family whose first secret is handed over now.
    pub(super) fn new(id: FamilyId, now: Instant, limits: &TokenLimits, secret: &Secret) -> Family {
        let mut family = Family {
            id,
            generation: TokenGeneration(1),
            ends: now + limits.lifetime,
            expires: now,
            used: now,
            current: secret.hash(),
            unproven: None,
            retired: Rare::default(),
        };
        family.renew(now, limits);
        family
    }

    /// Compares with everything the family knows; takes the same time whatever the outcome.
    pub(super) fn recognise(&self, hash: &SecretHash) -> Option<Match> {
        let mut found = None;
        for (retired, at) in self.retired.iter() {
            if retired == hash {
                found = Some(Match::Retired(*at));
            }
        }
        for predecessor in self.unproven.iter().flat_map(|unproven| &unproven.predecessors) {
            if predecessor == hash {
                found = Some(Match::Predecessor);
            }
        }
        if self.current == *hash {
            found = Some(Match::Current);
        }
        found
    }

    /// The device is there: its time counts from now.
    pub(super) fn renew(&mut self, now: Instant, limits: &TokenLimits) {
        self.used = now;
        self.expires = (now + limits.ttl).min(self.ends);
    }

    pub(super) fn is_expired(&self, now: Instant) -> bool {
        self.expires <= now
    }

    /// Whether the family can be used at all, even by a client that is attached.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.ends <= now
    }

    /// What would open the session now.
    pub(super) fn good(&self) -> impl Iterator<Item = SecretHash> {
        let before = self.unproven.iter().flat_map(|unproven| &unproven.predecessors);
        before.copied().chain([self.current])
    }

    pub(super) fn is_proven(&self) -> bool {
        self.unproven.is_none()
    }

    /// The current secret has arrived: what came before it is retired.
    pub(super) fn prove(&mut self, now: Instant) {
        for predecessor in self.unproven.take().into_iter().flat_map(|known| known.predecessors) {
            self.retire(now, predecessor);
        }
    }

    /// The successor of the current secret, or the same again while that is not proven.
    pub(super) fn successor(&mut self, mint: &mut dyn Mint) -> Secret {
        if let Some(unproven) = &self.unproven {
            return unproven.secret.clone();
        }
        let predecessors = vec![self.current];
        self.succeed(predecessors, mint)
    }

    /// Its life begins again.
    pub(super) fn live_again(&mut self, now: Instant, limits: &TokenLimits) {
        self.ends = now + limits.lifetime;
    }

    /// A successor for a login: what was good before it is good until it is proven.
    pub(super) fn login(&mut self, now: Instant, mint: &mut dyn Mint) -> Secret {
        let mut predecessors = self.unproven.take().map_or(Vec::new(), |known| known.predecessors);
        // A login that follows another unproven one: only the latest two stay good.
        while predecessors.len() > 1 {
            let oldest = predecessors.remove(0);
            self.retire(now, oldest);
        }
        predecessors.push_few(self.current);
        self.succeed(predecessors, mint)
    }

    /// A new secret at once; nothing from before is good any more.
    pub(super) fn replace(&mut self, now: Instant, mint: &mut dyn Mint) -> Secret {
        self.prove(now);
        self.retire(now, self.current);
        let secret = mint.secret();
        self.current = secret.hash();
        self.generation = TokenGeneration(self.generation.0 + 1);
        secret
    }

    /// Counts a use of the predecessor; false when there were too many.
    pub(super) fn count_use(&mut self, now: Instant) -> bool {
        let Some(unproven) = &mut self.unproven else { return false };
        let uses = &mut unproven.uses;
        while uses.first().is_some_and(|&at| now.saturating_duration_since(at) >= USES_WINDOW) {
            uses.remove(0);
        }
        if uses.len() == USES_MAX {
            uses.remove(0);
        }
        uses.push(now);
        uses.len() < USES_MAX
    }

    fn succeed(&mut self, predecessors: Vec<SecretHash>, mint: &mut dyn Mint) -> Secret {
        let secret = mint.secret();
        self.current = secret.hash();
        self.generation = TokenGeneration(self.generation.0 + 1);
        let uses = Rare::default();
        self.unproven = Some(Unproven { predecessors, secret: secret.clone(), uses });
        secret
    }

    fn retire(&mut self, now: Instant, secret: SecretHash) {
        if self.retired.len() == RETIRED_MAX {
            self.retired.remove(0);
        }
        self.retired.push((secret, now));
    }
}
