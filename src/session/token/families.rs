//! The tokens of one session, one family per device. Using a token to resume rotates it; the old
//! one stays good until its successor is proven received, one generation back, and always yields
//! the same successor. After that it is refused: somebody has a copy.

use std::time::{Duration, Instant};

use super::family::{Family, Match};
use super::{Mint, Secret, SecretHash};
use crate::few::Few;
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

/// For how long a request that carries a retired token is taken for one that was under way.
const UNDER_WAY: Duration = Duration::from_secs(60);

/// The tokens of one session.
#[derive(Clone, Debug)]
pub struct Families {
    session_id: SessionId,
    /// The id of the next family; ids are never used again.
    next: FamilyId,
    /// At most `families_max`.
    list: Vec<Family>,
    reuse_seen: bool,
    /// Grows with every change of what would open the session.
    version: u64,
}

impl Families {
    /// A session without tokens.
    #[must_use]
    pub fn new(session_id: SessionId) -> Families {
        Families { session_id, next: FamilyId(1), list: Vec::new(), reuse_seen: false, version: 0 }
    }

    /// The session these tokens resume.
    #[must_use]
    pub fn session_id(&self) -> SessionId {
        self.session_id
    }

    /// A token for a new device. When there are `families_max` already, the one that was longest
    /// unused is gone: [`Families::renew`] those that are attached first.
    pub fn issue(
        &mut self,
        limits: &TokenLimits,
        now: Instant,
        mint: &mut dyn Mint,
    ) -> (FamilyId, Grant) {
        while self.list.len() >= limits.families_max.max(1) {
            self.drop_longest_unused();
        }
        let id = self.next;
        self.next = FamilyId(id.0 + 1);
        let secret = mint.secret();
        self.version += 1;
        self.list.push_few(Family::new(id, now, limits, &secret));
        let generation = TokenGeneration(1);
        let ttl = limits.ttl.min(limits.lifetime);
        (id, Grant { session_id: self.session_id, secret, generation, ttl })
    }

    /// The game accepted a login: the session has a new id, `family` a new token and its life
    /// before it; the other families are gone. Until the new token is proven received, the one
    /// from before the login opens this session too. None: no such family.
    pub fn login(
        &mut self,
        limits: &TokenLimits,
        now: Instant,
        session_id: SessionId,
        family: FamilyId,
        mint: &mut dyn Mint,
    ) -> Option<Grant> {
        self.session_id = session_id;
        self.reuse_seen = false;
        self.revoke_others(family);
        self.find(family)?.live_again(now, limits);
        self.grant(limits, now, family, |family| family.login(now, mint))
    }

    /// Judges a token presented to resume. A current one is thereby proven received and followed
    /// by a new one; the predecessor of an unproven one is answered with that one again.
    ///
    /// A client that is attached is not out of time: [`Families::renew`] its family first.
    pub fn present(
        &mut self,
        limits: &TokenLimits,
        now: Instant,
        secret: &Secret,
        mint: &mut dyn Mint,
    ) -> Presented {
        let Some((index, found)) = self.recognise(secret) else { return Presented::Invalid };
        self.version += 1;
        let family = &mut self.list[index];
        let id = family.id;
        match found {
            Match::Retired(_) => return self.reused(id),
            Match::Current | Match::Predecessor if family.is_expired(now) => {
                return Presented::Expired;
            }
            Match::Predecessor if !family.count_use(now) => return self.reused(id),
            Match::Current => family.prove(now),
            Match::Predecessor => {}
        }
        let was_current = found == Match::Current;
        match self.refresh(limits, now, id, mint) {
            Some(grant) => Presented::Attached { family: id, grant, was_current },
            None => Presented::Expired,
        }
    }

    /// Judges a token carried by a request. As for [`Families::present`], renew first the family
    /// of a client that is attached.
    pub fn carried(&mut self, limits: &TokenLimits, now: Instant, secret: &Secret) -> Carried {
        let Some((index, found)) = self.recognise(secret) else { return Carried::Invalid };
        self.version += 1;
        let family = &mut self.list[index];
        let id = family.id;
        match found {
            Match::Retired(at) if now.saturating_duration_since(at) < UNDER_WAY => {
                return Carried::Old { family: id };
            }
            Match::Retired(_) => {
                self.reuse_seen = true;
                return Carried::Reused { family: id };
            }
            Match::Current | Match::Predecessor if family.is_expired(now) => {
                return Carried::Expired;
            }
            Match::Current => family.prove(now),
            Match::Predecessor => {}
        }
        family.renew(now, limits);
        Carried::Accepted { family: id }
    }

    /// The family of a token that would open the session; looked at only.
    #[must_use]
    pub fn family_opened_by(&self, now: Instant, secret: &Secret) -> Option<FamilyId> {
        match self.recognise(secret)? {
            (_, Match::Retired(_)) => None,
            (index, Match::Current | Match::Predecessor) => {
                Some(&self.list[index]).filter(|family| !family.is_expired(now)).map(|f| f.id)
            }
        }
    }

    /// The client says that it has the token of `generation`: if that is the current one, its
    /// predecessor is retired. Anything else changes nothing.
    pub fn prove(&mut self, now: Instant, family: FamilyId, generation: TokenGeneration) {
        if let Some(family) = self.find(family)
            && family.generation == generation
        {
            family.prove(now);
            self.version += 1;
        }
    }

    /// Whether the family's client is known to have the current token.
    #[must_use]
    pub fn is_proven(&self, family: FamilyId) -> bool {
        self.list.iter().any(|known| known.id == family && known.is_proven())
    }

    /// A new token for an attached client that asks for one, or the same again while it is not
    /// proven received. None: no such family, or its lifetime is over.
    pub fn refresh(
        &mut self,
        limits: &TokenLimits,
        now: Instant,
        family: FamilyId,
        mint: &mut dyn Mint,
    ) -> Option<Grant> {
        self.grant(limits, now, family, |family| family.successor(mint))
    }

    /// A new token at once, every earlier one of the family retired: for a change of who is
    /// playing. None: no such family, or its lifetime is over.
    pub fn rotate(
        &mut self,
        limits: &TokenLimits,
        now: Instant,
        family: FamilyId,
        mint: &mut dyn Mint,
    ) -> Option<Grant> {
        self.grant(limits, now, family, |family| family.replace(now, mint))
    }

    /// The family's client is attached, or was until now: its time counts from here.
    pub fn renew(&mut self, limits: &TokenLimits, now: Instant, family: FamilyId) {
        if let Some(family) = self.find(family) {
            family.renew(now, limits);
        }
    }

    /// Grows with every change of what would open the session.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// What would open the session now, of all devices.
    #[must_use]
    pub fn good(&self) -> Vec<SecretHash> {
        self.list.iter().flat_map(Family::good).collect()
    }

    /// How many devices have a token.
    #[must_use]
    pub fn count(&self) -> usize {
        self.list.len()
    }

    /// Whether the family still has a token.
    #[must_use]
    pub fn contains(&self, family: FamilyId) -> bool {
        self.list.iter().any(|known| known.id == family)
    }

    /// No token of this session is good any more, so none is that somebody has a copy of.
    pub fn revoke_all(&mut self) {
        self.version += 1;
        self.list.clear();
        self.reuse_seen = false;
    }

    /// Only `family` keeps its token.
    pub fn revoke_others(&mut self, family: FamilyId) {
        self.version += 1;
        self.list.retain(|known| known.id == family);
    }

    /// A retired token was presented since the last login: the next login should revoke all.
    #[must_use]
    pub fn reuse_seen(&self) -> bool {
        self.reuse_seen
    }

    fn reused(&mut self, family: FamilyId) -> Presented {
        self.reuse_seen = true;
        Presented::Reused { family }
    }

    fn find(&mut self, family: FamilyId) -> Option<&mut Family> {
        self.list.iter_mut().find(|known| known.id == family)
    }

    /// Compares a secret with all that is known; takes the same time whatever the outcome.
    fn recognise(&self, secret: &Secret) -> Option<(usize, Match)> {
        let hash = secret.hash();
        let mut found = None;
        for (index, family) in self.list.iter().enumerate() {
            found = family.recognise(&hash).map(|as_what| (index, as_what)).or(found);
        }
        found
    }

    /// Hands over what `draw` makes of a family's tokens, and renews it.
    fn grant(
        &mut self,
        limits: &TokenLimits,
        now: Instant,
        family: FamilyId,
        draw: impl FnOnce(&mut Family) -> Secret,
    ) -> Option<Grant> {
        let session_id = self.session_id;
        self.version += 1;
        let family = self.find(family).filter(|family| !family.is_over(now))?;
        let secret = draw(family);
        family.renew(now, limits);
        let ttl = family.expires.saturating_duration_since(now);
        Some(Grant { session_id, secret, generation: family.generation, ttl })
    }

    fn drop_longest_unused(&mut self) {
        let used = |(_, family): &(usize, &Family)| (family.used, family.id);
        if let Some((index, _)) = self.list.iter().enumerate().min_by_key(used) {
            self.list.remove(index);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::Counter;
    use super::*;
    use crate::test_clock::start;
    use uuid::Uuid;

    const HOUR: Duration = Duration::from_secs(3600);
    const LIMITS: TokenLimits =
        TokenLimits { ttl: HOUR, lifetime: Duration::from_secs(24 * 3600), families_max: 3 };

    struct Fixture {
        families: Families,
        mint: Counter,
        now: Instant,
    }

    impl Fixture {
        fn new() -> Fixture {
            let families = Families::new(SessionId(Uuid::nil()));
            Fixture { families, mint: Counter::default(), now: start() }
        }

        fn pass(&mut self, seconds: u64) {
            self.now += Duration::from_secs(seconds);
        }

        fn issue(&mut self) -> (FamilyId, Secret) {
            let (family, grant) = self.families.issue(&LIMITS, self.now, &mut self.mint);
            (family, grant.secret)
        }

        fn present(&mut self, secret: &Secret) -> Presented {
            self.families.present(&LIMITS, self.now, secret, &mut self.mint)
        }

        /// Presents what must be good, and gives its successor.
        fn resume(&mut self, secret: &Secret) -> Grant {
            match self.present(secret) {
                Presented::Attached { grant, .. } => grant,
                other => panic!("refused: {other:?}"),
            }
        }

        fn carried(&mut self, secret: &Secret) -> Carried {
            self.families.carried(&LIMITS, self.now, secret)
        }
    }

    #[test]
    fn a_token_is_followed_by_one_successor_until_that_is_proven() {
        let mut f = Fixture::new();
        let (family, first) = f.issue();
        let second = f.resume(&first);
        assert_eq!(second.generation, TokenGeneration(2));
        f.pass(100);
        assert_eq!(
            f.present(&first),
            Presented::Attached { family, grant: second.clone(), was_current: false }
        );
        assert!(!f.families.is_proven(family));
        let third = f.resume(&second.secret);
        assert_eq!(third.generation, TokenGeneration(3));
        assert_eq!(f.present(&first), Presented::Reused { family });
        assert!(f.families.reuse_seen());
        assert_eq!(f.resume(&second.secret), third);
        f.families.revoke_all();
        assert!(!f.families.reuse_seen(), "tokens of later logins are not to go for it");
    }

    #[test]
    fn an_acknowledged_token_retires_the_one_before_it() {
        let mut f = Fixture::new();
        let (family, first) = f.issue();
        let second = f.resume(&first);
        for no_proof in [0, 1, 3, u64::MAX] {
            f.families.prove(f.now, family, TokenGeneration(no_proof));
            f.families.prove(f.now, FamilyId(9), second.generation);
            assert!(!f.families.is_proven(family));
        }
        f.families.prove(f.now, family, second.generation);
        assert!(f.families.is_proven(family));
        assert_eq!(f.present(&first), Presented::Reused { family });
    }

    #[test]
    fn a_request_proves_the_token_it_carries_and_rotates_nothing() {
        let mut f = Fixture::new();
        let (family, first) = f.issue();
        let second = f.resume(&first).secret;
        assert_eq!(f.carried(&first), Carried::Accepted { family });
        assert!(!f.families.is_proven(family));
        assert_eq!(f.carried(&second), Carried::Accepted { family });
        assert!(f.families.is_proven(family));
        assert_eq!(f.carried(&second), Carried::Accepted { family });
        assert_eq!(f.resume(&second).generation, TokenGeneration(3));
    }

    #[test]
    fn a_retired_token_under_way_is_old_for_a_minute_and_then_reused() {
        for (seconds, expected) in [
            (0, Carried::Old { family: FamilyId(1) }),
            (59, Carried::Old { family: FamilyId(1) }),
            (60, Carried::Reused { family: FamilyId(1) }),
            (61, Carried::Reused { family: FamilyId(1) }),
        ] {
            let mut f = Fixture::new();
            let (_, first) = f.issue();
            let second = f.resume(&first).secret;
            f.carried(&second);
            f.pass(seconds);
            assert_eq!(f.carried(&first), expected, "{seconds}");
            assert_eq!(f.families.reuse_seen(), seconds >= 60);
        }
    }

    #[test]
    fn two_holders_fighting_over_an_unproven_token_are_noticed() {
        let mut f = Fixture::new();
        let (family, first) = f.issue();
        f.resume(&first);
        for _ in 0..9 {
            f.pass(6);
            f.resume(&first);
        }
        f.pass(5);
        assert_eq!(f.present(&first), Presented::Reused { family });
        f.pass(60);
        f.resume(&first);
    }

    #[test]
    fn an_honest_client_that_tries_seldom_tries_for_ever() {
        let mut f = Fixture::new();
        let (_, first) = f.issue();
        let second = f.resume(&first);
        for _ in 0..1000 {
            f.pass(7);
            let again = f.resume(&first);
            assert_eq!(again.secret, second.secret);
        }
    }

    #[test]
    fn a_token_is_good_for_an_hour_after_its_last_use() {
        for (seconds, good) in [(3599, true), (3600, false), (3601, false)] {
            let mut f = Fixture::new();
            let (family, first) = f.issue();
            f.pass(3599);
            f.families.renew(&LIMITS, f.now, family);
            f.pass(seconds);
            let carried = if good { Carried::Accepted { family } } else { Carried::Expired };
            assert_eq!(f.families.clone().carried(&LIMITS, f.now, &first), carried);
            assert_eq!(f.present(&first) != Presented::Expired, good, "{seconds}");
            assert_eq!(f.present(&first) != Presented::Expired, good, "{seconds}");
        }
    }

    #[test]
    fn no_use_makes_a_token_outlive_its_lifetime() {
        let mut f = Fixture::new();
        let (family, first) = f.issue();
        let mut secret = first;
        for _ in 0..24 {
            f.pass(3595);
            secret = f.resume(&secret).secret;
        }
        f.pass(119);
        let last = f.resume(&secret);
        assert_eq!(last.ttl, Duration::from_secs(1));
        f.pass(1);
        assert_eq!(f.present(&last.secret), Presented::Expired);
        assert_eq!(f.families.refresh(&LIMITS, f.now, family, &mut f.mint), None);
        assert_eq!(f.families.rotate(&LIMITS, f.now, family, &mut f.mint), None);
    }

    #[test]
    fn one_device_too_many_costs_the_longest_unused_its_token() {
        let mut f = Fixture::new();
        let devices: Vec<_> = (0..3)
            .map(|_| {
                f.pass(1);
                f.issue()
            })
            .collect();
        f.pass(1);
        f.families.renew(&LIMITS, f.now, devices[0].0);
        f.pass(1);
        f.issue();
        assert_eq!(f.present(&devices[1].1), Presented::Invalid);
        assert!(!f.families.contains(devices[1].0));
        f.resume(&devices[0].1);
        f.resume(&devices[2].1);
    }

    #[test]
    fn devices_do_not_share_tokens() {
        let mut f = Fixture::new();
        let ((one, first), (two, second)) = (f.issue(), f.issue());
        assert_ne!(one, two);
        f.resume(&first);
        f.resume(&first);
        assert!(f.families.is_proven(two));
        assert!(matches!(f.present(&second), Presented::Attached { family, .. } if family == two));
    }

    #[test]
    fn sixteen_retired_tokens_are_remembered() {
        let mut f = Fixture::new();
        let (family, mut secret) = f.issue();
        let mut secrets = Vec::new();
        for _ in 0..17 {
            secrets.push(secret.clone());
            secret = f.resume(&secret).secret;
            f.carried(&secret);
        }
        assert_eq!(f.present(&secrets[0]), Presented::Invalid);
        for retired in &secrets[1..] {
            assert_eq!(f.present(retired), Presented::Reused { family });
        }
        f.resume(&secret);
    }

    #[test]
    fn a_refresh_is_the_same_until_it_is_proven() {
        let mut f = Fixture::new();
        let (family, first) = f.issue();
        let second = f.families.refresh(&LIMITS, f.now, family, &mut f.mint).expect("known");
        assert_eq!(f.families.refresh(&LIMITS, f.now, family, &mut f.mint), Some(second.clone()));
        assert_eq!(f.resume(&first), second);
        f.families.prove(f.now, family, second.generation);
        let third = f.families.refresh(&LIMITS, f.now, family, &mut f.mint).expect("known");
        assert_ne!(third, second);
        assert_eq!(f.families.refresh(&LIMITS, f.now, FamilyId(9), &mut f.mint), None);
    }

    #[test]
    fn rotating_leaves_nothing_good_from_before() {
        let mut f = Fixture::new();
        let (family, first) = f.issue();
        let second = f.resume(&first).secret;
        let third = f.families.rotate(&LIMITS, f.now, family, &mut f.mint).expect("known").secret;
        assert_eq!(f.present(&first), Presented::Reused { family });
        assert_eq!(f.present(&second), Presented::Reused { family });
        f.resume(&third);
    }

    #[test]
    fn revoking_leaves_only_what_it_says() {
        let mut f = Fixture::new();
        let ((_, first), (two, second)) = (f.issue(), f.issue());
        f.families.revoke_others(two);
        assert_eq!(f.present(&first), Presented::Invalid);
        let next = f.resume(&second);
        f.families.revoke_all();
        assert_eq!(f.present(&next.secret), Presented::Invalid);
        assert_eq!(f.carried(&next.secret), Carried::Invalid);
        let (three, _) = f.issue();
        assert_eq!(three, FamilyId(3), "ids are never used again");
    }

    #[test]
    fn after_a_login_the_earlier_token_opens_the_session_until_the_new_one_is_proven() {
        let mut f = Fixture::new();
        let ((other, others), (family, first)) = (f.issue(), f.issue());
        let id = SessionId(Uuid::from_u128(5));
        let grant = f.families.login(&LIMITS, f.now, id, family, &mut f.mint).expect("known");
        assert_eq!((grant.session_id, f.families.session_id()), (id, id));
        assert_eq!(f.present(&others), Presented::Invalid);
        assert!(!f.families.contains(other));
        assert_eq!(f.resume(&first), grant);
        f.families.prove(f.now, family, grant.generation);
        assert_eq!(f.present(&first), Presented::Reused { family });
        assert_eq!(f.families.login(&LIMITS, f.now, id, other, &mut f.mint), None);
    }

    #[test]
    fn a_login_between_loses_nobody_whatever_arrived() {
        let mut f = Fixture::new();
        let (family, first) = f.issue();
        let second = f.resume(&first).secret;
        let id = SessionId(Uuid::from_u128(5));
        let third = f.families.login(&LIMITS, f.now, id, family, &mut f.mint).expect("known");
        for arrived in [&first, &second] {
            assert_eq!(f.resume(arrived), third);
        }
        let fourth = f.families.login(&LIMITS, f.now, id, family, &mut f.mint).expect("known");
        assert_eq!(f.present(&first), Presented::Reused { family });
        for arrived in [&second, &third.secret] {
            assert_eq!(f.resume(arrived), fourth);
        }
    }

    #[test]
    fn nothing_shows_a_secret() {
        let mut f = Fixture::new();
        let (_, first) = f.issue();
        let grant = f.resume(&first);
        let shown = format!("{:?} {grant:?} {first:?}", f.families);
        assert!(!shown.contains(first.reveal()) && !shown.contains(grant.secret.reveal()));
    }
}
