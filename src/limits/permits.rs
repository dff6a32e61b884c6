//! Permits for passwords: some games lock out an address after a few failed logins, and to the
//! game every player has mudkeep's address. So a password line needs a permit before it goes to
//! the game; it is returned when the game accepts, and spent for a while when it does not.
//!
//! Permits are limited per real address (IPv6 by /64), per user and in total. Half of the total
//! is kept for addresses from which someone logged in within the last day, so that a guesser
//! cannot lock out the players. A login under way may yet fail, so it takes a place among those
//! that failed; but whoever finds only such in the way is told to wait for them, not to go.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use crate::ids::UserKey;

/// For how long an address counts as known after a successful login.
const KNOWN_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// How many known addresses are remembered; the one that was longest unused is forgotten first.
const KNOWN_MAX: usize = 4096;

/// How many logins may fail within a window of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PermitLimits {
    /// For how long a permit is spent.
    pub window: Duration,
    /// From one address.
    pub per_address_max: NonZeroUsize,
    /// For one user.
    pub per_user_max: NonZeroUsize,
    /// In all; half of it is kept for known addresses.
    pub total_max: NonZeroUsize,
}

/// The right to let one password line go to the game, until it is told what came of it.
#[derive(Debug)]
#[must_use = "a permit takes a place until it is accepted or failed"]
pub struct Permit(Use);

/// Which limit was met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Which {
    /// Too many failures from this address.
    Address,
    /// Too many failures for this user.
    User,
    /// Too many failures in all.
    Total,
}

/// No permit now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoPermit {
    /// Too many have failed.
    Spent(Wait),
    /// With those under way too many could fail: ask again when one of them is through.
    Busy,
    /// Nobody new comes in: a restart is near.
    Draining,
    /// So many users may play from this address, and do.
    Users(usize),
}

/// For how long there is no permit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wait {
    /// When asking again may help.
    pub until: Instant,
    /// Which limit was met.
    pub which: Which,
}

/// What counts as one address: an IPv4 address, or a /64 of IPv6.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
struct Network(u64, bool);

/// Whose login it is.
#[derive(Clone, Debug)]
struct Use {
    network: Network,
    known: bool,
    user: UserKey,
}

/// The logins of one kind.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// When one failed within the window, oldest first.
    failed: VecDeque<Instant>,
    /// Those under way.
    out: usize,
}

/// The same apart for known addresses and for strangers.
#[derive(Clone, Debug, Default)]
struct Split {
    known: Tally,
    strangers: Tally,
}

/// The permits of one game.
#[derive(Clone, Debug)]
pub struct Permits {
    limits: PermitLimits,
    /// Those that failed within the window, oldest first; at most `total_max`, or what that was.
    failures: VecDeque<(Instant, Use)>,
    /// None of these is empty.
    addresses: HashMap<Network, Tally>,
    users: HashMap<UserKey, Split>,
    all: Split,
    /// When someone last logged in from there; at most `KNOWN_MAX`.
    known: HashMap<Network, Instant>,
}

impl Permits {
    /// No permit taken yet.
    #[must_use]
    pub fn new(limits: PermitLimits) -> Permits {
        Permits {
            limits,
            failures: VecDeque::new(),
            addresses: HashMap::new(),
            users: HashMap::new(),
            all: Split::default(),
            known: HashMap::new(),
        }
    }

    /// Other limits hold from now on, also for what has failed already.
    pub fn set_limits(&mut self, limits: PermitLimits) {
        self.limits = limits;
    }

    /// Takes a permit for a password typed from `address` for `user`.
    ///
    /// # Errors
    /// When to ask again.
    pub fn take(
        &mut self,
        now: Instant,
        address: IpAddr,
        user: &UserKey,
    ) -> Result<Permit, NoPermit> {
        self.forget(now);
        let network = Network::of(address);
        let known = self.known.get(&network).is_some_and(|at| age(now, *at) < KNOWN_FOR);
        let used = Use { network, known, user: user.clone() };
        self.check(&used)?;
        self.count(&used, |tally| tally.out += 1);
        Ok(Permit(used))
    }

    /// The game accepted: the permit is returned, and its address is known for a day.
    pub fn accepted(&mut self, now: Instant, permit: Permit) {
        let Permit(used) = permit;
        self.count(&used, |tally| tally.out -= 1);
        if self.known.len() >= KNOWN_MAX && !self.known.contains_key(&used.network) {
            self.forget_longest_unused();
        }
        self.known.insert(used.network, now);
    }

    /// The game did not: the permit is spent for a while.
    pub fn failed(&mut self, now: Instant, permit: Permit) {
        let Permit(used) = permit;
        self.count(&used, |tally| {
            tally.out -= 1;
            tally.failed.push_back(now);
        });
        self.failures.push_back((now, used));
    }

    /// A limit that failures alone have reached is told before one that those under way have.
    fn check(&self, used: &Use) -> Result<(), NoPermit> {
        let checks = [
            self.check_address(used),
            self.check_user(used),
            self.check_total(),
            self.check_half(used),
        ];
        let spent = checks.iter().find(|check| matches!(check, Err(NoPermit::Spent(_))));
        spent.copied().unwrap_or_else(|| checks.into_iter().collect())
    }

    fn check_address(&self, used: &Use) -> Result<(), NoPermit> {
        let max = self.limits.per_address_max.get();
        self.room(max, Which::Address, self.addresses.get(&used.network).as_slice())
    }

    /// A stranger who guesses at a user's password must not lock that user out: for a known
    /// address only what known addresses spent counts.
    fn check_user(&self, used: &Use) -> Result<(), NoPermit> {
        let max = self.limits.per_user_max.get();
        let Some(Split { known, strangers }) = self.users.get(&used.user) else { return Ok(()) };
        let tallies = [known, strangers];
        self.room(max, Which::User, if used.known { &tallies[..1] } else { &tallies })
    }

    fn check_total(&self) -> Result<(), NoPermit> {
        let max = self.limits.total_max.get();
        self.room(max, Which::Total, &[&self.all.known, &self.all.strangers])
    }

    fn check_half(&self, used: &Use) -> Result<(), NoPermit> {
        if used.known {
            return Ok(());
        }
        let max = self.limits.total_max.get();
        self.room(max - max / 2, Which::Total, &[&self.all.strangers])
    }

    /// Whether there is room for one more among `max`.
    fn room(&self, max: usize, which: Which, tallies: &[&Tally]) -> Result<(), NoPermit> {
        let failed: usize = tallies.iter().map(|tally| tally.failed.len()).sum();
        let out: usize = tallies.iter().map(|tally| tally.out).sum();
        if let Some(over) = failed.checked_sub(max)
            && let Some(at) = nth_failure(tallies, over)
        {
            return Err(NoPermit::Spent(Wait { until: at + self.limits.window, which }));
        }
        if failed + out < max { Ok(()) } else { Err(NoPermit::Busy) }
    }

    /// Changes all tallies that a login counts in.
    fn count(&mut self, used: &Use, change: impl Fn(&mut Tally)) {
        let address = self.addresses.entry(used.network).or_default();
        change(address);
        if address.is_empty() {
            self.addresses.remove(&used.network);
        }
        let user = self.users.entry(used.user.clone()).or_default();
        change(user.of(used.known));
        if user.known.is_empty() && user.strangers.is_empty() {
            self.users.remove(&used.user);
        }
        change(self.all.of(used.known));
    }

    /// Forgets what was too long ago to count.
    fn forget(&mut self, now: Instant) {
        let window = self.limits.window;
        while let Some((_, used)) = self.failures.pop_front_if(|(at, _)| age(now, *at) >= window) {
            self.count(&used, |tally| {
                tally.failed.pop_front();
            });
        }
    }

    fn forget_longest_unused(&mut self) {
        let oldest = self.known.iter().min_by_key(|(_, at)| **at).map(|(network, _)| *network);
        if let Some(network) = oldest {
            self.known.remove(&network);
        }
    }
}

impl Tally {
    fn is_empty(&self) -> bool {
        self.out == 0 && self.failed.is_empty()
    }
}

impl Split {
    fn of(&mut self, known: bool) -> &mut Tally {
        if known { &mut self.known } else { &mut self.strangers }
    }
}

/// When the failure was that has so many before it.
fn nth_failure(tallies: &[&Tally], nth: usize) -> Option<Instant> {
    let first = |tally: &&Tally| tally.failed.iter().copied().take(nth + 1).collect::<Vec<_>>();
    let mut times: Vec<Instant> = tallies.iter().flat_map(first).collect();
    times.sort_unstable();
    times.get(nth).copied()
}

fn age(now: Instant, at: Instant) -> Duration {
    now.saturating_duration_since(at)
}

impl Network {
    fn of(address: IpAddr) -> Network {
        match address.to_canonical() {
            IpAddr::V4(v4) => Network(u64::from(v4.to_bits()), false),
            IpAddr::V6(v6) => Network((v6.to_bits() >> 64) as u64, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_clock::start;

    const MINUTE: Duration = Duration::from_secs(60);

    struct Fixture {
        permits: Permits,
        now: Instant,
    }

    fn fixture(per_address: usize, per_user: usize, total: usize) -> Fixture {
        let number = |number| NonZeroUsize::new(number).expect("not zero");
        let permits = Permits::new(PermitLimits {
            window: 5 * MINUTE,
            per_address_max: number(per_address),
            per_user_max: number(per_user),
            total_max: number(total),
        });
        Fixture { permits, now: start() }
    }

    impl Fixture {
        fn take(&mut self, address: &str, user: &str) -> Result<Permit, NoPermit> {
            let address = address.parse().expect("an address");
            self.permits.take(self.now, address, &UserKey(user.into()))
        }

        /// Fails to log in, if that is allowed; else the limit.
        fn fail(&mut self, address: &str, user: &str) -> Option<Which> {
            match self.take(address, user) {
                Ok(permit) => self.permits.failed(self.now, permit),
                Err(NoPermit::Spent(wait)) => {
                    assert!(wait.until > self.now && wait.until <= self.now + 5 * MINUTE);
                    return Some(wait.which);
                }
                Err(other) => panic!("nobody is logging in: {other:?}"),
            }
            None
        }

        fn succeed(&mut self, address: &str, user: &str) {
            let permit = self.take(address, user).expect("a permit");
            self.permits.accepted(self.now, permit);
        }
    }

    #[test]
    fn an_address_may_fail_so_often_and_not_more() {
        let mut f = fixture(3, 100, 100);
        for user in ["a", "b", "c"] {
            assert_eq!(f.fail("192.0.2.1", user), None);
        }
        assert_eq!(f.fail("192.0.2.1", "d"), Some(Which::Address));
        assert_eq!(f.fail("::ffff:192.0.2.1", "d"), Some(Which::Address));
        assert_eq!(f.fail("192.0.2.2", "d"), None);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let mut f = fixture(1, 100, 100);
        assert_eq!(f.fail("2001:db8:0:1::1", "a"), None);
        assert_eq!(f.fail("2001:db8:0:1:ffff::2", "b"), Some(Which::Address));
        assert_eq!(f.fail("2001:db8:0:2::1", "c"), None);
        assert_eq!(f.fail("0.0.0.0", "d"), None);
        assert_eq!(f.fail("::", "e"), None);
    }

    #[test]
    fn a_user_may_be_guessed_at_so_often_from_anywhere() {
        let mut f = fixture(100, 2, 100);
        assert_eq!(f.fail("192.0.2.1", "bob"), None);
        assert_eq!(f.fail("192.0.2.2", "bob"), None);
        assert_eq!(f.fail("192.0.2.3", "bob"), Some(Which::User));
        assert_eq!(f.fail("192.0.2.3", "eve"), None);
    }

    #[test]
    fn a_guesser_does_not_lock_a_user_out_of_a_known_address() {
        let mut f = fixture(100, 2, 100);
        f.succeed("198.51.100.7", "bob");
        while f.fail("192.0.2.1", "bob").is_none() {}
        assert_eq!(f.fail("198.51.100.7", "bob"), None);
        assert_eq!(f.fail("198.51.100.7", "bob"), None);
        assert_eq!(f.fail("198.51.100.7", "bob"), Some(Which::User));
    }

    #[test]
    fn half_of_all_is_kept_for_known_addresses() {
        for (total, strangers_max, known_max) in [(1, 1, 0), (2, 1, 1), (5, 3, 2), (8, 4, 4)] {
            let mut f = fixture(100, 100, total);
            f.succeed("198.51.100.7", "bob");
            for at in 0..strangers_max {
                assert_eq!(f.fail(&format!("192.0.2.{at}"), "x"), None, "{at} of {total}");
            }
            assert_eq!(f.fail("192.0.2.99", "x"), Some(Which::Total), "{total}");
            for at in 0..known_max {
                assert_eq!(f.fail("198.51.100.7", "y"), None, "{at} of {total}");
            }
            assert_eq!(f.fail("198.51.100.7", "y"), Some(Which::Total), "{total}");
            assert!(f.permits.failures.len() <= total);
        }
    }

    #[test]
    fn a_success_returns_the_permit_a_failure_spends_it_for_a_while() {
        let mut f = fixture(1, 10, 10);
        for _ in 0..10 {
            f.succeed("192.0.2.1", "bob");
        }
        assert_eq!(f.fail("192.0.2.1", "bob"), None);
        for (passed, expected) in
            [(5 * MINUTE - Duration::from_nanos(1), Some(Which::Address)), (5 * MINUTE, None)]
        {
            let (permits, now) = (f.permits.clone(), f.now + passed);
            assert_eq!(Fixture { permits, now }.fail("192.0.2.1", "bob"), expected);
        }
    }

    #[test]
    fn whoever_finds_only_logins_under_way_waits_for_them() {
        for (per_address, per_user, total) in [(3, 9, 18), (9, 3, 18), (9, 9, 5), (9, 9, 6)] {
            let mut f = fixture(per_address, per_user, total);
            let mut out: Vec<Permit> =
                (0..3).map(|_| f.take("192.0.2.1", "bob").expect("a permit")).collect();
            for next in ["accepted", "failed"] {
                assert_eq!(f.take("192.0.2.1", "bob").err(), Some(NoPermit::Busy), "{next}");
                let done = out.pop().expect("three are out");
                match next {
                    "accepted" => f.permits.accepted(f.now, done),
                    _ => f.permits.failed(f.now, done),
                }
                if next == "accepted" {
                    // As strangers: what known addresses may do is another matter.
                    f.permits.known.clear();
                    out.push(f.take("192.0.2.1", "bob").expect("a place is free"));
                }
            }
        }
    }

    #[test]
    fn logins_under_way_take_the_places_that_failures_leave() {
        let mut f = fixture(3, 9, 9);
        assert_eq!(f.fail("192.0.2.1", "a"), None);
        let (one, two) = (f.take("192.0.2.1", "b"), f.take("192.0.2.1", "c"));
        assert_eq!(f.take("192.0.2.1", "d").err(), Some(NoPermit::Busy));
        f.permits.failed(f.now, one.expect("a permit"));
        assert_eq!(f.take("192.0.2.1", "d").err(), Some(NoPermit::Busy));
        f.permits.failed(f.now, two.expect("a permit"));
        assert_eq!(f.fail("192.0.2.1", "d"), Some(Which::Address));
    }

    #[test]
    fn a_limit_that_has_been_reached_is_told_before_one_that_may_be() {
        let mut f = fixture(2, 1, 9);
        let out = [f.take("192.0.2.1", "a"), f.take("192.0.2.1", "b")];
        assert_eq!(f.fail("192.0.2.2", "c"), None);
        assert_eq!(f.fail("192.0.2.1", "c"), Some(Which::User));
        assert!(out.iter().all(Result::is_ok));
    }

    #[test]
    fn nothing_is_kept_of_logins_that_are_through() {
        let mut f = fixture(9, 9, 9);
        f.succeed("192.0.2.1", "a");
        assert_eq!(f.fail("192.0.2.2", "b"), None);
        assert_eq!((f.permits.addresses.len(), f.permits.users.len()), (1, 1));
        f.now += 5 * MINUTE;
        f.succeed("192.0.2.1", "a");
        assert!(f.permits.addresses.is_empty() && f.permits.users.is_empty());
        assert!(f.permits.failures.is_empty() && f.permits.all.strangers.is_empty());
    }

    #[test]
    fn asking_again_when_told_helps() {
        let mut f = fixture(100, 100, 4);
        for _ in 0..2 {
            assert_eq!(f.fail("192.0.2.1", "x"), None);
            f.now += MINUTE;
        }
        let address = "192.0.2.9".parse().expect("an address");
        let user = UserKey("y".into());
        let refused = f.permits.take(f.now, address, &user);
        let Err(NoPermit::Spent(wait)) = refused else { panic!("half is used") };
        assert_eq!(wait.until, f.now + 3 * MINUTE);
        f.now = wait.until;
        assert_eq!(f.fail("192.0.2.9", "y"), None);
        assert_eq!(f.fail("192.0.2.9", "y"), Some(Which::Total));
    }

    #[test]
    fn an_address_is_known_for_a_day() {
        for (passed, expected) in
            [(KNOWN_FOR - Duration::from_nanos(1), None), (KNOWN_FOR, Some(Which::Total))]
        {
            let mut f = fixture(100, 100, 2);
            f.succeed("198.51.100.7", "bob");
            f.now += passed;
            assert_eq!(f.fail("192.0.2.1", "x"), None);
            assert_eq!(f.fail("198.51.100.7", "bob"), expected);
        }
    }

    #[test]
    fn only_so_many_addresses_are_remembered() {
        let mut f = fixture(1, 1, 1);
        for address in 0..KNOWN_MAX as u32 + 10 {
            let address = std::net::Ipv4Addr::from_bits(address).to_string();
            f.succeed(&address, "bob");
            f.now += Duration::from_millis(1);
        }
        f.succeed("0.0.0.200", "bob");
        assert_eq!(f.permits.known.len(), KNOWN_MAX);
        let known = |bits: u64| f.permits.known.contains_key(&Network(bits, false));
        assert!(!known(0) && !known(9) && known(10) && known(200));
    }
}
