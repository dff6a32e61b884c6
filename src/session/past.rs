//! Sessions that are over, or were lost with the mudkeep that had them: enough is remembered of each
//! to give a token of theirs a clear answer, and nothing with which anybody could come in.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use crate::ids::SessionId;
use crate::session::token::SecretHash;

/// What is left of a session: whose it was, and which tokens were good.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Trace {
    /// The name to log in as, if it is known.
    pub user: Option<Arc<str>>,
    /// The tokens that opened it. None after they were revoked.
    pub tokens: Vec<SecretHash>,
}

/// Why there is no session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// It ended.
    Over,
    /// mudkeep ended without it, or was killed.
    Lost,
}

/// One session that is no more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Gone {
    /// What is left of it.
    pub trace: Trace,
    /// Why it is gone.
    pub fate: Fate,
    /// When that was noticed, since 1970.
    pub at: Duration,
}

/// How many are remembered, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PastLimits {
    /// At most so many; the oldest are forgotten first.
    pub sessions_max: usize,
    /// At most so long.
    pub keep: Duration,
}

/// All that is remembered.
#[derive(Debug)]
pub struct Past {
    limits: PastLimits,
    gone: HashMap<SessionId, Gone>,
    /// Oldest first.
    order: VecDeque<SessionId>,
}

impl Past {
    /// Nothing yet.
    #[must_use]
    pub fn new(limits: PastLimits) -> Past {
        Past { limits, gone: HashMap::new(), order: VecDeque::new() }
    }

    /// Other limits, as soon as another comes.
    pub fn set_limits(&mut self, limits: PastLimits) {
        self.limits = limits;
    }

    /// How many are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.gone.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gone.is_empty()
    }

    /// A session is no more. Returns those that are forgotten for it.
    pub fn add(&mut self, id: SessionId, gone: Gone) -> Vec<SessionId> {
        let now = gone.at;
        if self.gone.insert(id, gone).is_none() {
            self.order.push_back(id);
        }
        let mut forgotten = Vec::new();
        while let Some(oldest) = self.order.front().copied() {
            let at = self.gone.get(&oldest).map(|gone| gone.at);
            let is_old = at.is_none_or(|at| now.saturating_sub(at) > self.limits.keep);
            if !is_old && self.gone.len() <= self.limits.sessions_max {
                break;
            }
            self.order.pop_front();
            self.gone.remove(&oldest);
            forgotten.push(oldest);
        }
        forgotten
    }

    /// What became of the session of this id: told only to who has a token that opened it. It takes
    /// the same time for any token of it.
    #[must_use]
    pub fn judge(&self, id: SessionId, token: &SecretHash) -> Option<(Fate, Option<Arc<str>>)> {
        let gone = self.gone.get(&id)?;
        let mut opened = false;
        for known in &gone.trace.tokens {
            opened |= known == token;
        }
        opened.then(|| (gone.fate, gone.trace.user.clone()))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::session::token::Secret;

    const LIMITS: PastLimits = PastLimits { sessions_max: 3, keep: Duration::from_secs(100) };

    fn id(number: u128) -> SessionId {
        SessionId(Uuid::from_u128(number))
    }

    fn token(number: u64) -> SecretHash {
        Secret::parse(format!("{number:032}").as_bytes()).unwrap().hash()
    }

    fn gone(number: u64, at: u64) -> Gone {
        let trace = Trace { user: Some("Alice".into()), tokens: vec![token(number), token(99)] };
        Gone { trace, fate: Fate::Lost, at: Duration::from_secs(at) }
    }

    #[test]
    fn only_a_token_that_opened_it_is_told() {
        let mut past = Past::new(LIMITS);
        assert!(past.add(id(1), gone(1, 0)).is_empty());
        let told = Some((Fate::Lost, Some("Alice".into())));
        assert_eq!(past.judge(id(1), &token(1)), told);
        assert_eq!(past.judge(id(1), &token(99)), told);
        assert_eq!(past.judge(id(1), &token(2)), None);
        assert_eq!(past.judge(id(2), &token(1)), None);
    }

    #[test]
    fn so_many_are_remembered_and_the_oldest_goes_first() {
        let mut past = Past::new(LIMITS);
        for number in 1..=3 {
            assert!(past.add(id(number), gone(1, 0)).is_empty());
        }
        assert!(past.add(id(3), gone(1, 1)).is_empty(), "it is known already");
        assert_eq!(past.add(id(4), gone(1, 1)), [id(1)]);
        assert_eq!(past.len(), 3);
        assert_eq!(past.judge(id(1), &token(1)), None);
    }

    #[test]
    fn none_is_remembered_longer_than_it_is_to_be_whatever_the_clock_does() {
        let mut past = Past::new(LIMITS);
        past.add(id(1), gone(1, 1000));
        assert!(past.add(id(2), gone(1, 0)).is_empty(), "the clock went back");
        assert!(past.add(id(3), gone(1, 1100)).is_empty());
        assert_eq!(past.add(id(4), gone(1, 1101)), [id(1), id(2)]);
    }
}
