//! Permits for passwords: some games lock out an address after a few failed logins, and to the
//! game every player has mudkeep's address. So a password line needs a permit before it goes to
//! the game; it is returned when the game accepts, and spent for a while when it does not.
//!
//! Permits are limited per real address (IPv6 by /64), per user and in total. Half of the total
//! is kept for addresses from which someone logged in within the last day, so that a guesser
//! cannot lock out the players.

use std::collections::VecDeque;
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

/// The right to let one password line go to the game. Dropping it spends it: the login failed.
#[derive(Debug)]
#[must_use = "a permit that is not given back counts as a failed login"]
pub struct Permit {
    id: u64,
    network: Network,
}

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
pub struct Wait {
    /// When asking again may help.
    pub until: Instant,
    /// Which limit was met.
    pub which: Which,
}

/// What counts as one address: an IPv4 address, or a /64 of IPv6.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
struct Network(u64, bool);

/// A permit that is out or spent.
#[derive(Clone, Debug)]
struct Use {
    id: u64,
    at: Instant,
    network: Network,
    known: bool,
    user: UserKey,
}

/// The permits of one game.
#[derive(Clone, Debug)]
pub struct Permits {
    limits: PermitLimits,
    /// Those taken within the window and not returned, oldest first; at most `total_max`.
    uses: VecDeque<Use>,
    next_id: u64,
    /// Who logged in within the last day, the latest last; at most `KNOWN_MAX`.
    known: VecDeque<(Network, Instant)>,
}

impl Permits {
    /// No permit taken yet.
    #[must_use]
    pub fn new(limits: PermitLimits) -> Permits {
        Permits { limits, uses: VecDeque::new(), next_id: 0, known: VecDeque::new() }
    }

    /// Takes a permit for a password typed from `address` for `user`, or says when to ask again.
    pub fn take(&mut self, now: Instant, address: IpAddr, user: &UserKey) -> Result<Permit, Wait> {
        let network = Network::of(address);
        self.forget(now);
        let known = self.known.iter().any(|&(seen, _)| seen == network);
        self.check_address(network)?;
        self.check_user(user, known)?;
        self.check_total(known)?;
        let id = self.next_id;
        self.next_id += 1;
        self.uses.push_back(Use { id, at: now, network, known, user: user.clone() });
        Ok(Permit { id, network })
    }

    /// The game accepted: the permit is returned, and its address is known for a day.
    pub fn accepted(&mut self, now: Instant, permit: Permit) {
        self.uses.retain(|used| used.id != permit.id);
        self.known.retain(|&(network, _)| network != permit.network);
        if self.known.len() == KNOWN_MAX {
            self.known.pop_front();
        }
        self.known.push_back((permit.network, now));
    }

    fn check_address(&self, network: Network) -> Result<(), Wait> {
        let max = self.limits.per_address_max.get();
        self.check(max, Which::Address, |used| used.network == network)
    }

    /// A stranger who guesses at a user's password must not lock that user out: from a known
    /// address only what known addresses spent counts.
    fn check_user(&self, user: &UserKey, known: bool) -> Result<(), Wait> {
        let max = self.limits.per_user_max.get();
        self.check(max, Which::User, |used| used.user == *user && (used.known || !known))
    }

    fn check_total(&self, known: bool) -> Result<(), Wait> {
        let total_max = self.limits.total_max.get();
        self.check(total_max, Which::Total, |_| true)?;
        if known {
            return Ok(());
        }
        self.check(total_max - total_max / 2, Which::Total, |used| !used.known)
    }

    /// Whether fewer than `max` of the permits that count are out or spent.
    fn check(&self, max: usize, which: Which, counts: impl Fn(&Use) -> bool) -> Result<(), Wait> {
        let spent = self.uses.iter().filter(|used| counts(used)).count();
        let over = spent.checked_sub(max);
        match over.and_then(|over| self.uses.iter().filter(|used| counts(used)).nth(over)) {
            None => Ok(()),
            Some(used) => Err(Wait { until: used.at + self.limits.window, which }),
        }
    }

    /// Forgets what was too long ago to count.
    fn forget(&mut self, now: Instant) {
        let age = |at: Instant| now.saturating_duration_since(at);
        while self.uses.front().is_some_and(|used| age(used.at) >= self.limits.window) {
            self.uses.pop_front();
        }
        while self.known.front().is_some_and(|&(_, at)| age(at) >= KNOWN_FOR) {
            self.known.pop_front();
        }
    }
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
        fn take(&mut self, address: &str, user: &str) -> Result<Permit, Which> {
            let address = address.parse().expect("an address");
            let user = UserKey(user.into());
            self.permits.take(self.now, address, &user).map_err(|wait| {
                assert!(wait.until > self.now && wait.until <= self.now + 5 * MINUTE);
                wait.which
            })
        }

        fn fail(&mut self, address: &str, user: &str) -> Option<Which> {
            self.take(address, user).err()
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
            assert!(f.permits.uses.len() <= total);
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
    fn a_permit_that_is_out_counts_until_it_is_back() {
        let mut f = fixture(1, 10, 10);
        let out = f.take("192.0.2.1", "bob").expect("a permit");
        assert_eq!(f.fail("192.0.2.1", "bob"), Some(Which::Address));
        f.permits.accepted(f.now, out);
        assert_eq!(f.fail("192.0.2.1", "bob"), None);
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
        let wait = f.permits.take(f.now, address, &user).expect_err("half is used");
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
        }
        f.succeed("0.0.0.200", "bob");
        assert_eq!(f.permits.known.len(), KNOWN_MAX);
        let known =
            |bits: u64| f.permits.known.iter().any(|&(seen, _)| seen == Network(bits, false));
        assert!(!known(0) && !known(9) && known(10) && known(200));
    }
}
