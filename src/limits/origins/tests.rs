use std::time::Duration;

use super::*;
use crate::test_clock::start;

const SECOND: Duration = Duration::from_secs(1);

struct Fixture {
    origins: Origins,
    limits: Limits,
    now: Instant,
}

fn fixture(change: impl FnOnce(&mut Limits)) -> Fixture {
    let mut limits = Limits::default();
    change(&mut limits);
    Fixture { origins: Origins::new(&limits), limits, now: start() }
}

fn exempt(network: &str, connections_max: Option<usize>, users_max: Option<usize>) -> Exempt {
    Exempt { network: network.parse().unwrap(), connections_max, users_max }
}

fn ip(address: &str) -> IpAddr {
    address.parse().unwrap()
}

fn user(name: &str) -> UserKey {
    UserKey(name.into())
}

impl Fixture {
    fn admit(&mut self, address: &str) -> Result<(), Over> {
        self.origins.admit(self.now, &self.limits, ip(address))
    }

    /// How many of these come in before one does not, and why it does not.
    fn all(&mut self, addresses: impl Iterator<Item = String>) -> (usize, Option<Over>) {
        let mut count = 0;
        for address in addresses {
            if let Err(over) = self.admit(&address) {
                return (count, Some(over));
            }
            count += 1;
        }
        (count, None)
    }

    fn plays(&mut self, address: &str, name: &str) -> bool {
        let may = self.origins.may_play(&self.limits, ip(address), &user(name));
        if may.is_ok() {
            self.origins.add_user(ip(address), &user(name));
        }
        may.is_ok()
    }

    fn change(
        &mut self,
        change: impl FnOnce(&mut Limits),
        connections: &[&str],
        users: &[(&str, &UserKey)],
    ) {
        change(&mut self.limits);
        let connections = connections.iter().map(|address| ip(address));
        let users = users.iter().map(|(address, user)| (ip(address), *user));
        self.origins.set_rules(&self.limits, connections, users);
    }
}

#[test]
fn an_address_has_so_many_and_whoever_leaves_makes_room_for_one() {
    for max in [1, 2, 50] {
        let mut f = fixture(|limits| limits.connections_per_address_max = max);
        let same = || std::iter::repeat("192.0.2.1".to_owned());
        assert_eq!(f.all(same()), (max, Some(Over::Address)));
        assert_eq!(f.admit("::ffff:192.0.2.1"), Err(Over::Address));
        assert_eq!(f.admit("192.0.2.2"), Ok(()));
        f.origins.leave(ip("192.0.2.1"));
        assert_eq!(f.all(same()), (1, Some(Over::Address)));
    }
}

#[test]
fn a_network_has_so_many_whatever_its_addresses() {
    for (max, network, other) in [(3, "192.0.2.", "192.0.3.1"), (4, "2001:db8:1:", "2001:db8:2::1")]
    {
        let mut f = fixture(|limits| limits.connections_per_network_max = Some(max));
        let rest = if network.contains(':') { "::1" } else { "" };
        let hosts = |from: usize| (from..from + 9).map(move |n| format!("{network}{n}{rest}"));
        assert_eq!(f.all(hosts(1)), (max, Some(Over::Network)), "{network}");
        assert_eq!(f.admit(other), Ok(()));
        f.origins.leave(ip(&format!("{network}1{rest}")));
        assert_eq!(f.all(hosts(50)), (1, Some(Over::Network)));
    }
    let mut f = fixture(|limits| {
        limits.connections_per_network_max = Some(1);
        (limits.network_ipv4_bits, limits.network_ipv6_bits) = (32, 64);
    });
    for address in ["192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0:1::1"] {
        assert_eq!(f.admit(address), Ok(()), "{address}");
        assert_eq!(f.admit(address), Err(Over::Network), "{address}");
    }
}

#[test]
fn a_network_has_as_many_as_twenty_addresses_if_nobody_says_otherwise() {
    let mut f = fixture(|limits| limits.connections_per_address_max = 2);
    let two_each = (0..99).map(|n| format!("192.0.2.{}", n / 2));
    assert_eq!(f.all(two_each), (40, Some(Over::Network)));
}

#[test]
fn an_exempt_network_is_one_address_with_its_own_number() {
    let mut f = fixture(|limits| {
        limits.connections_per_address_max = 1;
        limits.connections_per_network_max = Some(2);
        limits.exempt =
            vec![exempt("192.0.2.0/24", Some(5), None), exempt("192.0.2.128/25", Some(3), None)];
    });
    let hosts = |from: usize| (from..from + 9).map(|n| format!("192.0.2.{n}"));
    assert_eq!(f.all(hosts(1)), (5, Some(Over::Address)));
    assert_eq!(f.all(hosts(200)), (3, Some(Over::Address)), "the smaller network goes first");
    let others = (1..9).map(|n| format!("192.0.3.{n}"));
    assert_eq!(f.all(others), (2, Some(Over::Network)));
}

#[test]
fn an_exempt_network_without_a_number_has_room_for_all() {
    let mut f = fixture(|limits| {
        limits.connections_per_address_max = 1;
        limits.connects_per_minute = 1;
        limits.connections_max = 300;
        limits.users_per_address_max = Some(1);
        limits.exempt = vec![exempt("2001:db8::/32", None, None)];
    });
    let same = std::iter::repeat_n("2001:db8::1".to_owned(), 300);
    assert_eq!(f.all(same), (300, None));
    assert!((0..300).all(|n| f.plays("2001:db8::1", &n.to_string())));
}

#[test]
fn connects_per_minute_hold_for_one_and_for_all_and_who_is_over_takes_from_nobody() {
    let mut f = fixture(|limits| {
        (limits.connects_per_minute, limits.connects_per_minute_total) = (3, 6);
    });
    let same = |host: u8| std::iter::repeat(format!("192.0.2.{host}"));
    let over = Over::ConnectsPerMinute(f.now + 20 * SECOND);
    for _ in 0..3 {
        let (count, why) = f.all(same(1));
        assert!(matches!((count, why), (3 | 0, Some(why)) if why == over), "{count} {why:?}");
    }
    let total = Over::ConnectsPerMinuteTotal(f.now + 10 * SECOND);
    let others = (2..9).map(|n| format!("192.0.2.{n}"));
    assert_eq!(f.all(others), (3, Some(total)));
    f.now += 10 * SECOND;
    assert_eq!(f.admit("192.0.2.9"), Ok(()));
    assert_eq!(f.admit("192.0.2.10"), Err(Over::ConnectsPerMinuteTotal(f.now + 10 * SECOND)));
}

#[test]
fn so_many_users_play_from_one_address_and_one_who_does_may_again() {
    for max in [1, 2, 9] {
        let mut f = fixture(|limits| limits.users_per_address_max = Some(max));
        let played = (0..20).filter(|n| f.plays("192.0.2.1", &format!("user {n}"))).count();
        assert_eq!(played, max);
        assert!(f.plays("192.0.2.1", "user 0"), "a second session");
        assert!(f.plays("192.0.2.2", "user 19"));
        f.origins.remove_user(ip("192.0.2.1"), &user("user 0"));
        assert!(!f.plays("192.0.2.1", "user 19"), "one of two sessions is left");
        f.origins.remove_user(ip("192.0.2.1"), &user("user 0"));
        assert!(f.plays("192.0.2.1", "user 19"));
    }
}

#[test]
fn an_exempt_network_has_its_own_number_of_users() {
    let mut f = fixture(|limits| {
        limits.users_per_address_max = Some(1);
        limits.exempt = vec![exempt("192.0.2.0/24", None, Some(3))];
    });
    let played = (0..9).filter(|n| f.plays(&format!("192.0.2.{n}"), &format!("user {n}"))).count();
    assert_eq!(played, 3);
    assert!(f.plays("192.0.3.1", "user 7") && !f.plays("192.0.3.1", "user 8"));
}

#[test]
fn who_is_in_is_counted_again_when_the_rules_change() {
    let mut f = fixture(|limits| {
        limits.connections_per_address_max = 2;
        limits.users_per_address_max = Some(2);
    });
    let alice = user("alice");
    let open = ["192.0.2.1", "192.0.2.1", "192.0.2.2"];
    open.iter().for_each(|address| f.admit(address).unwrap());
    assert!(f.plays("192.0.2.1", "alice"));
    let school = |limits: &mut Limits| {
        limits.exempt = vec![exempt("192.0.2.0/24", Some(4), Some(2))];
    };
    f.change(school, &open, &[("192.0.2.1", &alice)]);
    assert_eq!(f.admit("192.0.2.3"), Ok(()));
    assert_eq!(f.admit("192.0.2.3"), Err(Over::Address));
    assert!(f.plays("192.0.2.9", "bob") && !f.plays("192.0.2.9", "carol"));
    let open = ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"];
    let bob = user("bob");
    let users = [("192.0.2.1", &alice), ("192.0.2.9", &bob)];
    f.change(|limits| limits.exempt.clear(), &open, &users);
    assert_eq!(f.admit("192.0.2.1"), Err(Over::Address));
    assert_eq!(f.admit("192.0.2.3"), Ok(()));
    assert!(f.plays("192.0.2.9", "carol") && !f.plays("192.0.2.9", "dave"));
    for address in open.into_iter().chain(["192.0.2.3"]) {
        f.origins.leave(ip(address));
    }
    assert!(f.origins.networks.is_empty());
    assert!(f.origins.known.values().all(|known| known.open == 0));
}

#[test]
fn a_number_that_changes_alone_counts_what_is_there() {
    let mut f = fixture(|limits| limits.connections_per_address_max = 5);
    (0..3).for_each(|_| f.admit("192.0.2.1").unwrap());
    f.change(|limits| limits.connections_per_address_max = 3, &[], &[]);
    assert_eq!(f.admit("192.0.2.1"), Err(Over::Address));
}

#[test]
fn places_at_rest_are_forgotten_and_others_are_not() {
    let mut f = fixture(|limits| limits.connects_per_minute_total = 1_000_000);
    f.admit("192.0.2.1").unwrap();
    assert!(f.plays("192.0.2.2", "alice"));
    for n in 0..10_000_u32 {
        let address = format!("10.0.{}.{}", n / 250, n % 250);
        f.admit(&address).unwrap();
        f.origins.leave(ip(&address));
        f.now += SECOND;
    }
    assert!(f.origins.known.len() <= SWEEP_MIN, "{}", f.origins.known.len());
    assert!(f.origins.known.contains_key(&Origin::Address(ip("192.0.2.1"))));
    assert!(f.origins.known.contains_key(&Origin::Address(ip("192.0.2.2"))));
    assert_eq!(f.origins.networks.len(), 1);
}
