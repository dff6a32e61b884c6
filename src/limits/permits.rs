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
