//! Who may not play: users and networks, each until a time or for good. A ban may be of all play, or
//! only of new characters or of guests. Times are counted from 1970, for a ban outlives mudkeep; by
//! which clock is the store's affair.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net};

use crate::ids::UserKey;
use crate::limits::origins::limited_as;

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
#[error("neither user:NAME nor network:ADDRESS nor network:ADDRESS/BITS")]
pub struct BadBanned;

impl FromStr for Banned {
    type Err = BadBanned;

    fn from_str(text: &str) -> Result<Banned, BadBanned> {
        match text.split_once(':') {
            Some(("user", name)) if !name.is_empty() => Ok(Banned::User(UserKey(name.into()))),
            Some(("network", network)) => match network.parse() {
                Ok(address) => Ok(Banned::address(address)),
                Err(_) => Ok(Banned::network(network.parse().map_err(|_| BadBanned)?)),
            },
            _ => Err(BadBanned),
        }
    }
}

impl Banned {
    /// Who is at an address: IPv6 is banned by its /64, which one household has to itself.
    #[must_use]
    pub fn address(address: IpAddr) -> Banned {
        let bits = if address.to_canonical().is_ipv4() { 32 } else { 64 };
        let address = limited_as(address);
        Banned::Network(IpNet::new(address, bits).unwrap_or_else(|_| address.into()))
    }

    /// A network, however it is written: IPv4 written as IPv6 is IPv4.
    #[must_use]
    pub fn network(network: IpNet) -> Banned {
        let network = match network {
            IpNet::V6(v6) if v6.prefix_len() >= 96 => v6
                .addr()
                .to_ipv4_mapped()
                .and_then(|v4| Ipv4Net::new(v4, v6.prefix_len() - 96).ok())
                .map_or(network, IpNet::V4),
            IpNet::V4(_) | IpNet::V6(_) => network,
        };
        Banned::Network(network.trunc())
    }
}

/// What somebody is banned from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BanKind {
    /// Everything: the user plays no more, nobody plays from the network.
    All,
    /// Making characters: none of that name, or none from the network. Those that there are may play.
    New,
    /// Playing as a guest from the network.
    Guest,
}

impl BanKind {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            BanKind::All => "all",
            BanKind::New => "new",
            BanKind::Guest => "guest",
        }
    }
}

impl fmt::Display for BanKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// There is no such kind of ban.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("neither all nor new nor guest")]
pub struct BadBanKind;

impl FromStr for BanKind {
    type Err = BadBanKind;

    fn from_str(text: &str) -> Result<BanKind, BadBanKind> {
        let kinds = [BanKind::All, BanKind::New, BanKind::Guest];
        kinds.into_iter().find(|kind| kind.name() == text).ok_or(BadBanKind)
    }
}

/// One ban. There is one of each kind at most for whoever is banned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ban {
    /// Who.
    pub who: Banned,
    /// From what.
    pub kind: BanKind,
    /// Until when; none: for good.
    pub until: Option<Duration>,
    /// What the player is told.
    pub reason: Arc<str>,
    /// Since when. The store says it, whatever stands here in a ban that it is given.
    pub created_at: Duration,
}

impl Ban {
    /// A ban that is to be. The store says when it is made.
    #[must_use]
    pub fn new(who: Banned, kind: BanKind, until: Option<Duration>, reason: &str) -> Ban {
        Ban { who, kind, until, reason: reason.into(), created_at: Duration::ZERO }
    }
}

/// Why somebody cannot be banned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotBanned {
    /// There are as many bans as may be.
    #[error("store.bans_max is reached")]
    TooMany,
    /// Many share a guest's name, so it says nothing of who plays.
    #[error("guests are banned by their network, not by a name")]
    GuestByName,
}

/// A ban, and when it is over by the clock that is asked: `until` may be by another.
#[derive(Debug)]
struct Entry {
    ban: Ban,
    ends: Option<Duration>,
}

impl Entry {
    fn holds(&self, now: Duration) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }

    fn is_of(&self, who: &Banned, kind: BanKind) -> bool {
        self.ban.kind == kind && self.ban.who == *who
    }
}

/// All bans. Those that are over stay until they are forgotten, or their room is needed.
#[derive(Debug)]
pub struct Bans {
    list: Vec<Entry>,
    max: usize,
}

impl Bans {
    /// Nobody is banned.
    #[must_use]
    pub fn new(max: usize) -> Bans {
        Bans { list: Vec::new(), max }
    }

    /// Bans, in place of an earlier ban of the same and of this kind. It ends at `ends`. Returns the
    /// bans that were over and made room.
    ///
    /// # Errors
    /// There are as many as may be, expired ones not counted; or it makes no sense.
    pub fn add(
        &mut self,
        now: Duration,
        ban: Ban,
        ends: Option<Duration>,
    ) -> Result<Vec<Ban>, NotBanned> {
        if let (Banned::User(_), BanKind::Guest) = (&ban.who, ban.kind) {
            return Err(NotBanned::GuestByName);
        }
        self.list.retain(|entry| !entry.is_of(&ban.who, ban.kind));
        let mut forgotten = Vec::new();
        if self.list.len() >= self.max {
            forgotten = self.forget_expired(now);
        }
        if self.list.len() >= self.max {
            return Err(NotBanned::TooMany);
        }
        self.list.push(Entry { ban, ends });
        Ok(forgotten)
    }

    /// Lifts the ban of this kind; whether there was one that holds.
    pub fn remove(&mut self, now: Duration, who: &Banned, kind: BanKind) -> bool {
        let Some(at) = self.list.iter().position(|entry| entry.is_of(who, kind)) else {
            return false;
        };
        self.list.remove(at).holds(now)
    }

    /// Forgets the bans that are over, and says which.
    pub fn forget_expired(&mut self, now: Duration) -> Vec<Ban> {
        let over = self.list.extract_if(.., |entry| !entry.holds(now));
        over.map(|entry| entry.ban).collect()
    }

    /// The bans that hold, the oldest first.
    pub fn valid(&self, now: Duration) -> impl Iterator<Item = &Ban> {
        self.list.iter().filter(move |entry| entry.holds(now)).map(|entry| &entry.ban)
    }

    /// The ban of this user, of this kind.
    #[must_use]
    pub fn of_user(&self, now: Duration, user: &UserKey, kind: BanKind) -> Option<&Ban> {
        self.of_user_who(now, kind, |banned| banned == user)
    }

    /// The ban of a user who is the one that is asked for, of this kind.
    #[must_use]
    pub fn of_user_who(
        &self,
        now: Duration,
        kind: BanKind,
        is: impl Fn(&UserKey) -> bool,
    ) -> Option<&Ban> {
        self.valid(now)
            .find(|ban| ban.kind == kind && matches!(&ban.who, Banned::User(user) if is(user)))
    }

    /// The ban of this address, of this kind.
    #[must_use]
    pub fn of_address(&self, now: Duration, address: IpAddr, kind: BanKind) -> Option<&Ban> {
        let address = address.to_canonical();
        let is = |who: &Banned| matches!(who, Banned::Network(net) if net.contains(&address));
        self.valid(now).find(|ban| ban.kind == kind && is(&ban.who))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BanKind::{All, Guest, New};

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn ban(who: &str, kind: BanKind) -> Ban {
        Ban::new(who.parse().unwrap(), kind, None, "spam")
    }

    fn add(bans: &mut Bans, now: u64, who: &str, until: Option<u64>) -> Result<usize, NotBanned> {
        let added = bans.add(at(now), ban(who, All), until.map(at));
        added.map(|forgotten| forgotten.len())
    }

    fn is_banned(bans: &Bans, now: u64, address: &str) -> bool {
        bans.of_address(at(now), address.parse().unwrap(), All).is_some()
    }

    fn is_user_banned(bans: &Bans, now: u64, user: &str) -> bool {
        bans.of_user(at(now), &UserKey(user.into()), All).is_some()
    }

    #[test]
    fn who_is_written_and_read_alike() {
        for text in ["user:alice", "user:a:b", "network:10.0.0.0/8", "network:2001:db8::/64"] {
            assert_eq!(text.parse::<Banned>().unwrap().to_string(), text);
        }
        for (text, shown) in [
            ("network:10.1.2.3/8", "network:10.0.0.0/8"),
            ("network:1.2.3.4", "network:1.2.3.4/32"),
            ("network:2001:db8:0:1:ffff::1", "network:2001:db8:0:1::/64"),
            ("network:2001:db8::1/128", "network:2001:db8::1/128"),
            ("network:::ffff:1.2.3.4", "network:1.2.3.4/32"),
            ("network:::ffff:10.1.2.3/104", "network:10.0.0.0/8"),
            ("network:::/0", "network:::/0"),
        ] {
            assert_eq!(text.parse::<Banned>().unwrap().to_string(), shown);
        }
        for text in ["", "user:", "alice", "network:x/8", "network:1.2.3", "host:a", "network:"] {
            assert_eq!(text.parse::<Banned>(), Err(BadBanned), "{text}");
        }
        for kind in [All, New, Guest] {
            assert_eq!(kind.to_string().parse(), Ok(kind));
        }
        assert_eq!("ALL".parse::<BanKind>(), Err(BadBanKind));
    }

    #[test]
    fn a_ban_holds_until_its_time_and_no_longer() {
        let mut bans = Bans::new(10);
        add(&mut bans, 0, "user:alice", Some(100)).unwrap();
        add(&mut bans, 0, "user:bob", None).unwrap();
        assert!(is_user_banned(&bans, 99, "alice") && !is_user_banned(&bans, 100, "alice"));
        assert!(is_user_banned(&bans, u64::MAX, "bob") && !is_user_banned(&bans, 0, "carol"));
        let bob = "user:bob".parse().unwrap();
        assert!(bans.remove(at(0), &bob, All) && !is_user_banned(&bans, 0, "bob"));
        assert!(!bans.remove(at(0), &bob, All));
        assert!(!bans.remove(at(100), &"user:alice".parse().unwrap(), All), "it was over");
    }

    #[test]
    fn a_network_is_all_its_addresses_however_they_are_written() {
        let mut bans = Bans::new(10);
        add(&mut bans, 0, "network:192.0.2.0/24", None).unwrap();
        add(&mut bans, 0, "network:2001:db8:0:1::/64", Some(50)).unwrap();
        assert!(is_banned(&bans, 0, "192.0.2.255") && is_banned(&bans, 0, "::ffff:192.0.2.1"));
        assert!(!is_banned(&bans, 0, "192.0.3.0"));
        assert!(is_banned(&bans, 49, "2001:db8:0:1:ffff::1"));
        assert!(!is_banned(&bans, 50, "2001:db8:0:1:ffff::1"));
        assert!(!is_banned(&bans, 0, "2001:db8:0:2::1"));
    }

    #[test]
    fn there_are_so_many_and_one_of_the_same_takes_the_place_of_the_other() {
        let mut bans = Bans::new(2);
        assert_eq!(add(&mut bans, 0, "user:a", Some(10)), Ok(0));
        assert_eq!(add(&mut bans, 0, "user:b", None), Ok(0));
        assert_eq!(add(&mut bans, 0, "user:b", Some(5)), Ok(0));
        assert_eq!(add(&mut bans, 9, "user:c", None), Ok(1), "b's is over");
        assert_eq!(add(&mut bans, 9, "user:d", None), Err(NotBanned::TooMany));
        assert_eq!(add(&mut bans, 9, "user:a", Some(10)), Ok(0), "that is one that there is");
        assert_eq!(add(&mut bans, 10, "user:d", None), Ok(1), "a's is over");
    }

    #[test]
    fn bans_of_several_kinds_stand_side_by_side() {
        let mut bans = Bans::new(10);
        let who = "network:192.0.2.0/24";
        for kind in [New, Guest] {
            bans.add(at(0), ban(who, kind), None).unwrap();
        }
        let address = IpAddr::from([192, 0, 2, 1]);
        let kinds = |bans: &Bans| {
            [All, New, Guest].map(|kind| bans.of_address(at(0), address, kind).is_some())
        };
        assert_eq!(kinds(&bans), [false, true, true]);
        assert!(bans.remove(at(0), &who.parse().unwrap(), New));
        assert_eq!(kinds(&bans), [false, false, true]);
        bans.add(at(0), ban("user:alice", New), None).unwrap();
        let alice = UserKey("alice".into());
        assert!(bans.of_user(at(0), &alice, New).is_some() && !is_user_banned(&bans, 0, "alice"));
        let guest = bans.add(at(0), ban("user:guest", Guest), None);
        assert_eq!(guest, Err(NotBanned::GuestByName));
    }

    #[test]
    fn what_is_over_is_not_listed_and_can_be_forgotten() {
        let mut bans = Bans::new(10);
        add(&mut bans, 0, "user:a", Some(10)).unwrap();
        add(&mut bans, 0, "user:b", Some(20)).unwrap();
        add(&mut bans, 0, "user:c", None).unwrap();
        let listed = |bans: &Bans| bans.valid(at(10)).map(|ban| ban.who.to_string()).collect();
        let left: Vec<String> = listed(&bans);
        assert_eq!(left, ["user:b", "user:c"]);
        assert_eq!(bans.forget_expired(at(10)), [ban("user:a", All)]);
        assert_eq!(bans.forget_expired(at(10)), []);
        let left: Vec<String> = listed(&bans);
        assert_eq!(left, ["user:b", "user:c"]);
    }
}
