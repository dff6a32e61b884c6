//! How many come from where: from an address, from the network around it, and in a minute from
//! everywhere; and how many users play from one address.
//!
//! A network of `limits.exempt` counts as one address with numbers of its own: a household or a
//! school is behind one address, or a few.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::time::Instant;

use ipnet::IpNet;

use crate::config::{Exempt, Limits};
use crate::few::Few;
use crate::ids::UserKey;
use crate::limits::rate::{Bucket, Rate};

/// Over this many places those at rest are looked for.
const SWEEP_MIN: usize = 1024;

/// An address as limits see it: IPv6 by its /64, which one household has to itself.
#[must_use]
pub fn limited_as(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// Which limit is reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Over {
    /// `limits.connections_per_address_max`, or that of an exempt network.
    Address,
    /// `limits.connections_per_network_max`.
    Network,
    /// `limits.connects_per_minute`, until then.
    ConnectsPerMinute(Instant),
    /// `limits.connects_per_minute_total`, until then.
    ConnectsPerMinuteTotal(Instant),
}

/// What counts as one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Origin {
    Address(IpAddr),
    Exempt(IpNet),
}

/// What is known of one.
#[derive(Debug, Default)]
struct Known {
    open: usize,
    connects: Bucket,
    /// Tokens that opened nothing.
    refused_tokens: Bucket,
    /// Who plays from there, with how many sessions.
    users: Vec<(UserKey, usize)>,
}

impl Known {
    fn is_at_rest(&self, now: Instant) -> bool {
        self.open == 0
            && self.users.is_empty()
            && self.connects.is_full(now)
            && self.refused_tokens.is_full(now)
    }
}

/// What counts as one, as the configuration has it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Rules {
    /// The smallest networks first.
    exempt: Vec<Exempt>,
    ipv4_bits: u8,
    ipv6_bits: u8,
}

impl Rules {
    fn of(limits: &Limits) -> Rules {
        let mut exempt = limits.exempt.clone();
        exempt.sort_by_key(|exempt| std::cmp::Reverse(exempt.network.prefix_len()));
        let (ipv4_bits, ipv6_bits) = (limits.network_ipv4_bits, limits.network_ipv6_bits);
        Rules { exempt, ipv4_bits, ipv6_bits }
    }

    fn exempt(&self, address: IpAddr) -> Option<&Exempt> {
        self.exempt.iter().find(|exempt| exempt.network.contains(&address))
    }

    fn origin(&self, address: IpAddr) -> Origin {
        match self.exempt(address) {
            Some(exempt) => Origin::Exempt(exempt.network),
            None => Origin::Address(limited_as(address)),
        }
    }

    /// The network around an address; none around an exempt one.
    fn network(&self, address: IpAddr) -> Option<IpNet> {
        let bits = if address.is_ipv4() { self.ipv4_bits } else { self.ipv6_bits };
        let network = IpNet::new(address, bits).ok()?.trunc();
        self.exempt(address).is_none().then_some(network)
    }
}

/// All that come.
#[derive(Debug)]
pub struct Origins {
    rules: Rules,
    /// In boxes: a table has room for up to twice as many as are in it.
    known: HashMap<Origin, Box<Known>>,
    /// Over this many those at rest are swept out.
    sweep_at: usize,
    /// Connections that are open; none of these is zero.
    networks: HashMap<IpNet, usize>,
    /// Connections from everywhere.
    connects: Bucket,
}

impl Origins {
    /// Nobody has come yet.
    #[must_use]
    pub fn new(limits: &Limits) -> Origins {
        Origins {
            rules: Rules::of(limits),
            known: HashMap::new(),
            sweep_at: SWEEP_MIN,
            networks: HashMap::new(),
            connects: Bucket::default(),
        }
    }

    /// What counts as one is otherwise now: those who are in are counted again.
    pub fn set_rules<'a>(
        &mut self,
        limits: &Limits,
        connections: impl Iterator<Item = IpAddr>,
        users: impl Iterator<Item = (IpAddr, &'a UserKey)>,
    ) {
        let rules = Rules::of(limits);
        if rules == self.rules {
            return;
        }
        self.rules = rules;
        self.networks.clear();
        for known in self.known.values_mut() {
            known.open = 0;
            known.users.clear();
        }
        connections.for_each(|address| self.open(address.to_canonical()));
        users.for_each(|(address, user)| self.add_user(address, user));
    }

    /// Takes a connection in, if the limits allow it.
    ///
    /// # Errors
    /// The limit that is reached.
    pub fn admit(&mut self, now: Instant, limits: &Limits, address: IpAddr) -> Result<(), Over> {
        self.sweep(now);
        let address = address.to_canonical();
        let exempt = self.rules.exempt(address);
        let (connections_max, connects) = match exempt {
            Some(exempt) => {
                let most = exempt.connections_max.unwrap_or(limits.connections_max);
                let connects = u32::try_from(most).unwrap_or(u32::MAX);
                (most, connects.max(limits.connects_per_minute))
            }
            None => (limits.connections_per_address_max, limits.connects_per_minute),
        };
        let network = self.rules.network(address).and_then(|network| self.networks.get(&network));
        if network.is_some_and(|open| *open >= limits.connections_per_network()) {
            return Err(Over::Network);
        }
        let known = self.known.entry(self.rules.origin(address)).or_default();
        if known.open >= connections_max {
            return Err(Over::Address);
        }
        let (rate, total) = (per_minute(connects), per_minute(limits.connects_per_minute_total));
        known.connects.allows(now, rate).map_err(Over::ConnectsPerMinute)?;
        // Who comes too often takes nothing from the others.
        self.connects.take(now, total).map_err(Over::ConnectsPerMinuteTotal)?;
        known.connects.take(now, rate).map_err(Over::ConnectsPerMinute)?;
        self.open(address);
        Ok(())
    }

    fn open(&mut self, address: IpAddr) {
        self.known.entry(self.rules.origin(address)).or_default().open += 1;
        if let Some(network) = self.rules.network(address) {
            *self.networks.entry(network).or_default() += 1;
        }
    }

    /// A connection is over.
    pub fn leave(&mut self, address: IpAddr) {
        let address = address.to_canonical();
        if let Some(known) = self.known.get_mut(&self.rules.origin(address)) {
            known.open = known.open.saturating_sub(1);
        }
        let Some(network) = self.rules.network(address) else { return };
        if let Some(open) = self.networks.get_mut(&network) {
            *open -= 1;
            if *open == 0 {
                self.networks.remove(&network);
            }
        }
    }

    /// Whether this user may play from there: one does already, or there is room for one more.
    ///
    /// # Errors
    /// How many may.
    pub fn may_play(&self, limits: &Limits, address: IpAddr, user: &UserKey) -> Result<(), usize> {
        let address = address.to_canonical();
        let max = match self.rules.exempt(address) {
            Some(exempt) => exempt.users_max,
            None => limits.users_per_address_max,
        };
        let (Some(max), Some(known)) = (max, self.known.get(&self.rules.origin(address))) else {
            return Ok(());
        };
        let fits = known.users.len() < max || known.users.iter().any(|(known, _)| known == user);
        if fits { Ok(()) } else { Err(max) }
    }

    /// A session of this user is played from there.
    pub fn add_user(&mut self, address: IpAddr, user: &UserKey) {
        let origin = self.rules.origin(address.to_canonical());
        let users = &mut self.known.entry(origin).or_default().users;
        match users.iter_mut().find(|(known, _)| known == user) {
            Some((_, sessions)) => *sessions += 1,
            None => users.push_few((user.clone(), 1)),
        }
    }

    /// It is no longer.
    pub fn remove_user(&mut self, address: IpAddr, user: &UserKey) {
        let origin = self.rules.origin(address.to_canonical());
        let Some(known) = self.known.get_mut(&origin) else { return };
        let Some(at) = known.users.iter().position(|(known, _)| known == user) else { return };
        known.users[at].1 -= 1;
        if known.users[at].1 == 0 {
            known.users.swap_remove(at);
            known.users.shrink_to_fit();
        }
    }

    /// Whether a token from there may be looked at.
    ///
    /// # Errors
    /// When one may.
    pub fn may_present(&mut self, now: Instant, rate: Rate, from: IpAddr) -> Result<(), Instant> {
        let known = self.known.get_mut(&self.rules.origin(from.to_canonical()));
        known.map_or(Ok(()), |known| known.refused_tokens.allows(now, rate))
    }

    /// A token from there opened nothing.
    pub fn note_refused(&mut self, now: Instant, rate: Rate, from: IpAddr) {
        self.sweep(now);
        let known = self.known.entry(self.rules.origin(from.to_canonical())).or_default();
        let _ = known.refused_tokens.take(now, rate);
    }

    fn sweep(&mut self, now: Instant) {
        if self.known.len() >= self.sweep_at {
            self.known.retain(|_, known| !known.is_at_rest(now));
            self.sweep_at = (2 * self.known.len()).max(SWEEP_MIN);
        }
    }
}

/// So many a minute, all of them at once if they like.
fn per_minute(connects: u32) -> Rate {
    let connects = NonZeroU32::new(connects).unwrap_or(NonZeroU32::MIN);
    Rate::per_minute(connects, connects)
}

#[cfg(test)]
mod tests;
