//! Ways to do it wrong, each of which some system in the wild has: a layer between the core and the
//! world. The oracle must catch every one of them.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use mudkeep::ids::{Epoch, Offset, Position};
use mudkeep::session::token::{Grant, SECRET_CHARS, Secret};

/// What is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Variant {
    /// Nothing.
    Right,
    /// A replay begins one byte too early.
    InclusiveReplay,
    /// What an old attachment says counts as said by the newest.
    NoFence,
    /// A line that is sent again is applied again.
    NoDedupe,
    /// What is lost is not told.
    SilentGap,
    /// The end of the game's connection overtakes its last words.
    EndAtGameEof,
    /// A client goes on after what was sent to it, not after what it has.
    ReplayFromSent,
    /// A client gets what was said while mudkeep knew that nobody was there.
    BufferWhileDetached,
    /// A token that has a successor is good for five seconds more.
    TimeGrace,
    /// A token that is presented again has another successor each time.
    FreshSuccessor,
    /// The epoch of a position is not looked at.
    NoEpochCheck,
}

impl Variant {
    pub(crate) const WRONG: [Variant; 10] = [
        Variant::InclusiveReplay,
        Variant::NoFence,
        Variant::NoDedupe,
        Variant::SilentGap,
        Variant::EndAtGameEof,
        Variant::ReplayFromSent,
        Variant::BufferWhileDetached,
        Variant::TimeGrace,
        Variant::FreshSuccessor,
        Variant::NoEpochCheck,
    ];
}

/// What a variant knows of the session that a client comes back to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) head: Position,
    /// What was last sent to this client.
    pub(crate) sent: Option<Position>,
    /// The end of the output when the last client was noticed to be gone; none while one is there.
    pub(crate) left_at: Option<Position>,
}

impl Variant {
    /// The position that the core is told.
    pub(crate) fn position(self, named: Option<Position>, facts: Facts) -> Option<Position> {
        let named = named?;
        let here = |place: &Position| place.epoch == named.epoch;
        Some(match self {
            Variant::InclusiveReplay => {
                Position::new(named.epoch, Offset(named.offset.0.saturating_sub(1)))
            }
            Variant::ReplayFromSent => match facts.sent.filter(here) {
                Some(sent) if sent.offset > named.offset => sent,
                _ => named,
            },
            Variant::BufferWhileDetached => facts
                .left_at
                .filter(here)
                .unwrap_or(if here(&facts.head) { facts.head } else { named }),
            Variant::NoEpochCheck => with_epoch(named, facts.head),
            _ => named,
        })
    }
}

fn with_epoch(named: Position, head: Position) -> Position {
    let Epoch(_) = head.epoch;
    Position::new(head.epoch, named.offset.min(head.offset))
}

/// The tokens as a wrong core would give and take them.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    presented: HashMap<String, Instant>,
    /// What clients hold, and what the core knows it by.
    given: HashMap<String, Secret>,
    /// What clients hold of each of the core's.
    newest: HashMap<String, String>,
    burned: HashSet<String>,
}

impl Tokens {
    /// What the core is shown for what a client presents; none if it is refused at once.
    pub(crate) fn take(
        &mut self,
        variant: Variant,
        now: Instant,
        secret: &Secret,
    ) -> Option<Secret> {
        let key = secret.reveal().to_owned();
        match variant {
            Variant::TimeGrace => {
                let first = *self.presented.entry(key).or_insert(now);
                (now.duration_since(first) <= Duration::from_secs(5)).then(|| secret.clone())
            }
            Variant::FreshSuccessor if self.burned.contains(&key) => None,
            Variant::FreshSuccessor => {
                Some(self.given.get(&key).cloned().unwrap_or_else(|| secret.clone()))
            }
            _ => Some(secret.clone()),
        }
    }

    /// What a client is told for what the core gives.
    pub(crate) fn give(&mut self, variant: Variant, grant: &mut Grant) {
        if variant != Variant::FreshSuccessor {
            return;
        }
        let real = grant.secret.clone();
        let made = format!("{:V>SECRET_CHARS$}", self.given.len());
        if let Some(before) = self.newest.insert(real.reveal().to_owned(), made.clone()) {
            self.burned.insert(before);
        }
        self.given.insert(made.clone(), real);
        grant.secret = Secret::parse(made.as_bytes()).expect("letters and digits");
    }
}
