//! Who may not play: users and networks, each until a time or for good. Times are counted from 1970,
//! for a ban outlives mudkeep; by which clock is the store's affair.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;

use crate::ids::UserKey;

/// Who is banned.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Banned {
    /// A user, by the folded name.
    User(UserKey),
    /// An address, or a network of them.
    Network(IpNet),
}

impl fmt::Display for Banned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Banned::User(UserKey(name)) => write!(f, "user:{name}"),
            Banned::Network(network) => write!(f, "network:{network}"),
        }
    }
}

impl fmt::Debug for Banned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// It says neither a user nor a network.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("neither user:NAME nor network:ADDRESS/BITS")]
pub struct BadBanned;

impl FromStr for Banned {
    type Err = BadBanned;

    fn from_str(text: &str) -> Result<Banned, BadBanned> {
        match text.split_once(':') {
            Some(("user", name)) if !name.is_empty() => Ok(Banned::User(UserKey(name.into()))),
            Some(("network", network)) => {
                let network: IpNet = network.parse().map_err(|_| BadBanned)?;
                Ok(Banned::Network(network.trunc()))
            }
            _ => Err(BadBanned),
        }
    }
}

/// One ban.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ban {
    /// Who.
    pub who: Banned,
    /// Until when; none: for good.
    pub until: Option<Duration>,
    /// What the player is told.
    pub reason: Arc<str>,
}

impl Ban {
    fn holds(&self, now: Duration) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// As many bans as there may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("limits.bans_max is reached")]
pub struct TooMany;

/// All bans.
#[derive(Debug)]
pub struct Bans {
    list: Vec<Ban>,
    max: usize,
}

impl Bans {
    /// Nobody is banned.
    #[must_use]
    pub fn new(max: usize) -> Bans {
        Bans { list: Vec::new(), max }
    }

    /// Bans, in place of an earlier ban of the same.
    ///
    /// # Errors
    /// There are as many as may be, expired ones not counted.
    pub fn add(&mut self, now: Duration, ban: Ban) -> Result<(), TooMany> {
        self.list.retain(|other| other.holds(now) && other.who != ban.who);
        if self.list.len() >= self.max {
            return Err(TooMany);
        }
        self.list.push(ban);
        Ok(())
    }

    /// Lifts a ban; whether there was one.
    pub fn remove(&mut self, who: &Banned) -> bool {
        let before = self.list.len();
        self.list.retain(|ban| ban.who != *who);
        self.list.len() < before
    }

    /// Those that hold.
    #[must_use]
    pub fn holding(&self, now: Duration) -> Vec<Ban> {
        self.list.iter().filter(|ban| ban.holds(now)).cloned().collect()
    }

    /// Forgets those that are over; how many that were.
    pub fn forget_expired(&mut self, now: Duration) -> usize {
        let before = self.list.len();
        self.list.retain(|ban| ban.holds(now));
        before - self.list.len()
    }

    /// The ban of this user.
    #[must_use]
    pub fn of_user(&self, now: Duration, user: &UserKey) -> Option<&Ban> {
        self.list
            .iter()
            .find(|ban| matches!(&ban.who, Banned::User(u) if u == user) && ban.holds(now))
    }

    /// The ban of this address.
    #[must_use]
    pub fn of_address(&self, now: Duration, address: IpAddr) -> Option<&Ban> {
        let address = address.to_canonical();
        let is = |ban: &&Ban| matches!(&ban.who, Banned::Network(net) if net.contains(&address));
        self.list.iter().filter(is).find(|ban| ban.holds(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ban(who: &str, until: Option<u64>) -> Ban {
        let until = until.map(Duration::from_secs);
        Ban { who: who.parse().unwrap(), until, reason: "spam".into() }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn is_banned(bans: &Bans, now: u64, address: &str) -> bool {
        bans.of_address(at(now), address.parse().unwrap()).is_some()
    }

    #[test]
    fn who_is_written_and_read_alike() {
        for text in ["user:alice", "user:a:b", "network:10.0.0.0/8", "network:2001:db8::/64"] {
            assert_eq!(text.parse::<Banned>().unwrap().to_string(), text);
        }
        assert_eq!(
            "network:10.1.2.3/8".parse::<Banned>().unwrap().to_string(),
            "network:10.0.0.0/8"
        );
        for text in ["", "user:", "alice", "network:x/8", "network:1.2.3.4", "host:a"] {
            assert_eq!(text.parse::<Banned>(), Err(BadBanned), "{text}");
        }
    }

    #[test]
    fn a_ban_holds_until_its_time_and_no_longer() {
        let mut bans = Bans::new(10);
        bans.add(at(0), ban("user:alice", Some(100))).unwrap();
        bans.add(at(0), ban("user:bob", None)).unwrap();
        let is =
            |bans: &Bans, now, user: &str| bans.of_user(at(now), &UserKey(user.into())).is_some();
        assert!(is(&bans, 99, "alice") && !is(&bans, 100, "alice"));
        assert!(is(&bans, u64::MAX, "bob") && !is(&bans, 0, "carol"));
        assert!(bans.remove(&"user:bob".parse().unwrap()) && !is(&bans, 0, "bob"));
        assert!(!bans.remove(&"user:bob".parse().unwrap()));
    }

    #[test]
    fn a_network_is_all_its_addresses_however_they_are_written() {
        let mut bans = Bans::new(10);
        bans.add(at(0), ban("network:192.0.2.0/24", None)).unwrap();
        bans.add(at(0), ban("network:2001:db8:0:1::/64", Some(50))).unwrap();
        assert!(is_banned(&bans, 0, "192.0.2.255") && is_banned(&bans, 0, "::ffff:192.0.2.1"));
        assert!(!is_banned(&bans, 0, "192.0.3.0"));
        assert!(is_banned(&bans, 49, "2001:db8:0:1:ffff::1"));
        assert!(!is_banned(&bans, 50, "2001:db8:0:1:ffff::1"));
        assert!(!is_banned(&bans, 0, "2001:db8:0:2::1"));
    }

    #[test]
    fn there_are_so_many_and_one_of_the_same_takes_the_place_of_the_other() {
        let mut bans = Bans::new(2);
        bans.add(at(0), ban("user:a", Some(10))).unwrap();
        bans.add(at(0), ban("user:b", None)).unwrap();
        bans.add(at(0), ban("user:b", Some(5))).unwrap();
        assert_eq!(bans.add(at(9), ban("user:c", None)), Ok(()), "b's is over");
        assert_eq!(bans.add(at(9), ban("user:d", None)), Err(TooMany));
        assert_eq!(bans.add(at(10), ban("user:d", None)), Ok(()), "a's is over");
    }
}
