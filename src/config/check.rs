//! What holds between keys: each alone may be right and two of them together not.

use std::fmt::Display;
use std::net::{IpAddr, SocketAddr};

use super::raw::Section;
use super::value::{Refusal, show_size, show_time};
use super::{Config, GameAddress, IacMode, ListenProtocol, TelnetProfile};

/// The sections that the checks point into.
pub(super) struct Sections<'s, 't> {
    pub(super) game: Section<'s, 't>,
    pub(super) listen: Vec<Section<'s, 't>>,
    pub(super) session: Section<'s, 't>,
    pub(super) token: Section<'s, 't>,
    pub(super) limits: Section<'s, 't>,
}

impl<'s, 't> Sections<'s, 't> {
    /// All of them, to be finished.
    pub(super) fn into_vec(self) -> Vec<Section<'s, 't>> {
        let Sections { game, listen, session, token, limits } = self;
        [game, session, token, limits].into_iter().chain(listen).collect()
    }
}

/// Reports everything that does not fit together.
pub(super) fn check(config: &Config, sections: &Sections<'_, '_>) {
    check_orders(config, sections);
    check_listeners(config, sections);
    check_game(config, sections);
}

/// A value that may not be above another of its section.
struct Order<'c, T> {
    section: &'c str,
    low: (&'c str, T),
    high: (&'c str, T),
}

fn check_orders(config: &Config, sections: &Sections<'_, '_>) {
    let Config { session, token, limits, .. } = config;
    let order = Order {
        section: "session",
        low: ("replay", session.replay),
        high: ("history", session.history),
    };
    order.check(&sections.session, |size| show_size(*size));
    let order =
        Order { section: "token", low: ("ttl", token.ttl), high: ("lifetime", token.lifetime) };
    order.check(&sections.token, |time| show_time(*time));
    let order = Order {
        section: "limits",
        low: ("line_bytes_max", limits.line_bytes_max),
        high: ("type_ahead_bytes_max", limits.type_ahead_bytes_max),
    };
    order.check(&sections.limits, |size| show_size(*size));
    for (key, count) in [
        ("failed_logins_per_address", limits.failed_logins_per_address),
        ("failed_logins_per_user", limits.failed_logins_per_user),
    ] {
        let high = ("failed_logins_total", limits.failed_logins_total);
        Order { section: "limits", low: (key, count), high }
            .check(&sections.limits, ToString::to_string);
    }
}

impl<T: PartialOrd> Order<'_, T> {
    /// Points at the low one if the file has it, else at the high one.
    fn check(&self, section: &Section<'_, '_>, show: impl Fn(&T) -> String) {
        let (low, high) = (&self.low, &self.high);
        if low.1 <= high.1 || section.refused(low.0) || section.refused(high.0) {
            return;
        }
        let name = |key: &str| format!("{}.{key}", self.section);
        let more = fits(
            format!("{} is more than {} ({})", show(&low.1), name(high.0), show(&high.1)),
            format!("at most {}", show(&high.1)),
        );
        if !section.report(low.0, more) {
            let less = fits(
                format!("{} is less than {} ({})", show(&high.1), name(low.0), show(&low.1)),
                format!("at least {}", show(&low.1)),
            );
            section.report(high.0, less);
        }
    }
}

fn fits(found: String, allowed: impl Display) -> Refusal {
    Refusal { found, allowed: Some(allowed.to_string()), ..Refusal::default() }
}

fn check_listeners(config: &Config, sections: &Sections<'_, '_>) {
    let addresses = own_addresses(config, sections);
    for (index, section) in sections.listen.iter().enumerate() {
        let Some(address) = addresses[index] else { continue };
        let earlier = addresses[..index].iter().flatten();
        if let Some(taken) = earlier.copied().find(|other| collide(*other, address)) {
            let found = format!("another listener is on {taken} already");
            let allowed = "an address and port that no other listener has";
            section.report_or_here("address", fits(found, allowed));
        }
        let protocol = config.listen.0[index].protocol;
        for key in ["origins", "trusted"] {
            if section.has(key) && protocol != ListenProtocol::Http && !section.refused("protocol")
            {
                let found = format!("this listener is for {}", protocol.name());
                section.report(key, fits(found, "protocol = \"http\", or no such line"));
            }
        }
        if protocol == ListenProtocol::Admin && !config.admin.remote && !address.ip().is_loopback()
        {
            let found =
                format!("the admin's listener would be open to other machines on {address}");
            let allowed = "an address of this machine alone, such as \"127.0.0.1:4090\", or \
                           admin.remote = true";
            section.report_or_here("address", fits(found, allowed));
        }
    }
}

/// Where mudkeep listens; none for a listener whose address was refused.
fn own_addresses(config: &Config, sections: &Sections<'_, '_>) -> Vec<Option<SocketAddr>> {
    let refused =
        |index: usize| sections.listen.get(index).is_some_and(|listen| listen.refused("address"));
    let addresses = config.listen.0.iter().map(|listen| listen.address).enumerate();
    addresses.map(|(index, address)| (!refused(index)).then_some(address)).collect()
}

/// Whether the system would refuse the second of two listeners.
fn collide(a: SocketAddr, b: SocketAddr) -> bool {
    let same_family = a.is_ipv4() == b.is_ipv4();
    let overlap = a.ip() == b.ip() || a.ip().is_unspecified() || b.ip().is_unspecified();
    a.port() == b.port() && a.port() != 0 && same_family && overlap
}

fn check_game(config: &Config, sections: &Sections<'_, '_>) {
    if let GameAddress::At(game) = &config.game.address {
        let mut own = own_addresses(config, sections).into_iter().flatten();
        if let Some(own) = own.find(|own| reaches(&game.host, game.port, *own)) {
            let found = format!("mudkeep itself listens on {own}: it would dial itself");
            sections.game.report("address", fits(found, "the address of the game"));
        }
    }
    if config.game.iac == IacMode::Raw8
        && sections.game.has("telnet")
        && !sections.game.refused("telnet")
    {
        let profile = config.game.telnet;
        if profile != TelnetProfile::None {
            let found = "iac = \"raw8\" leaves no telnet commands to speak".to_owned();
            sections.game.report("telnet", fits(found, "\"none\", or no such line"));
        }
    }
}

/// Whether dialling `host` and `port` ends at a listener on `own`, as far as can be told without
/// asking anyone.
fn reaches(host: &str, port: u16, own: SocketAddr) -> bool {
    let ip = match host {
        "localhost" => Some(own.ip()).filter(|ip| ip.is_loopback() || ip.is_unspecified()),
        _ => host.parse().ok(),
    };
    let own_machine = |ip: IpAddr| ip.is_loopback() || ip.is_unspecified();
    port == own.port()
        && ip.is_some_and(|ip| ip == own.ip() || (own.ip().is_unspecified() && own_machine(ip)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_collide_where_the_system_would_refuse_the_second() {
        for (a, b, expected) in [
            ("127.0.0.1:4000", "127.0.0.1:4000", true),
            ("127.0.0.1:4000", "127.0.0.1:4001", false),
            ("127.0.0.1:4000", "127.0.0.2:4000", false),
            ("0.0.0.0:4000", "127.0.0.1:4000", true),
            ("127.0.0.1:0", "127.0.0.1:0", false),
            ("[::]:4000", "[::1]:4000", true),
            ("[::]:4000", "0.0.0.0:4000", false),
        ] {
            assert_eq!(collide(a.parse().unwrap(), b.parse().unwrap()), expected, "{a} {b}");
        }
    }

    #[test]
    fn a_game_that_is_mudkeep_itself_is_seen() {
        for (host, port, own, expected) in [
            ("127.0.0.1", 4000, "127.0.0.1:4000", true),
            ("127.0.0.1", 4001, "127.0.0.1:4000", false),
            ("localhost", 4000, "127.0.0.1:4000", true),
            ("localhost", 4000, "192.0.2.1:4000", false),
            ("127.0.0.1", 4000, "0.0.0.0:4000", true),
            ("192.0.2.1", 4000, "0.0.0.0:4000", false),
            ("mud.example.org", 4000, "0.0.0.0:4000", false),
        ] {
            assert_eq!(reaches(host, port, own.parse().unwrap()), expected, "{host} {own}");
        }
    }
}
