//! `[[listen]]`: the ways in for players.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::Listeners;
use super::address::LISTEN_ADDRESS;
use super::raw::Section;
use super::section::section;
use super::value::{Choice, Many, Refusal, Written, quoted};

/// Listeners that one file may name.
const LISTENERS_MAX: usize = 64;

/// Origins, and networks, that one listener may name.
const MANY_MAX: usize = 256;

/// What is spoken on a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListenProtocol {
    /// Telnet, unencrypted.
    Telnet,
    /// The web client, WebSocket, and Server-Sent Events, unencrypted.
    Http,
    /// The game's staff: an API, metrics and a page, over HTTP.
    Admin,
}

impl ListenProtocol {
    /// Its name in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ListenProtocol::Telnet => "telnet",
            ListenProtocol::Http => "http",
            ListenProtocol::Admin => "admin",
        }
    }
}

/// A site whose pages may play here: `https://mud.example.org`, in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin(pub String);

section! {
    /// `[[listen]]`: one way in for players.
    pub struct ListenConfig {
        /// What is spoken there.
        pub protocol: ListenProtocol = ListenProtocol::Telnet,
            Choice(&[
                ("telnet", ListenProtocol::Telnet),
                ("http", ListenProtocol::Http),
                ("admin", ListenProtocol::Admin),
            ]);
        /// Where. Port 0 lets the system pick one.
        pub address: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 4000)), LISTEN_ADDRESS;
        /// Other sites whose pages may connect here; those of this one always may.
        pub origins: Vec<Origin> = Vec::new(), Many(MANY_MAX, ORIGIN);
        /// Web servers in front of this listener, which are believed when they say where a player
        /// comes from.
        pub trusted: Vec<IpNet> = Vec::new(), Many(MANY_MAX, NETWORK);
    }
}

impl ListenConfig {
    /// For browsers, on this machine alone.
    pub(super) fn for_browsers() -> ListenConfig {
        let address = SocketAddr::from(([127, 0, 0, 1], 4080));
        ListenConfig { protocol: ListenProtocol::Http, address, ..ListenConfig::default() }
    }

    /// For the staff, on this machine alone.
    pub(super) fn for_staff() -> ListenConfig {
        let address = SocketAddr::from(([127, 0, 0, 1], 4090));
        ListenConfig { protocol: ListenProtocol::Admin, address, ..ListenConfig::default() }
    }
}

const ORIGIN: Written<Origin> = Written {
    allowed: "a site as browsers write it, such as \"https://mud.example.org\" or \
              \"http://localhost:8080\"",
    read: |text| {
        let text = text.to_ascii_lowercase();
        let host = text.strip_prefix("https://").or(text.strip_prefix("http://"));
        let fits = |c: char| c.is_ascii_alphanumeric() || ".-:[]_".contains(c);
        match host {
            Some(host) if !host.is_empty() && host.chars().all(fits) => Ok(Origin(text)),
            _ => Err(format!("{} is not the address of a site", quoted(&text))),
        }
    },
};

pub(super) const NETWORK: Written<IpNet> = Written {
    allowed: "an IP address such as \"127.0.0.1\", or a network such as \"10.0.0.0/8\"",
    read: |text| {
        let network = text.parse::<IpNet>().ok();
        let network = network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
        network.ok_or_else(|| format!("{} is not a network", quoted(text)))
    },
};

/// Reads the listeners; a file that names none has the default one.
pub(super) fn read_listeners<'s, 't>(
    mut sections: Vec<Section<'s, 't>>,
) -> (Listeners, Vec<Section<'s, 't>>) {
    if let Some(section) = sections.get(LISTENERS_MAX) {
        section.report_all(Refusal {
            found: format!("more than {LISTENERS_MAX} listeners"),
            ..Refusal::default()
        });
    }
    sections.truncate(LISTENERS_MAX);
    if sections.is_empty() {
        return (Listeners::default(), sections);
    }
    (Listeners(sections.iter_mut().map(ListenConfig::read).collect()), sections)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_written_as_browsers_write_it() {
        for good in ["https://Mud.Example.org", "http://localhost:8080", "http://[::1]:80"] {
            assert_eq!((ORIGIN.read)(good), Ok(Origin(good.to_ascii_lowercase())));
        }
        for bad in ["", "mud.example.org", "https://", "https://a/b", "*", "ftp://a", "https://a b"]
        {
            assert!((ORIGIN.read)(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_network_may_be_one_address() {
        for (text, network) in
            [("127.0.0.1", "127.0.0.1/32"), ("::1", "::1/128"), ("10.0.0.0/8", "10.0.0.0/8")]
        {
            assert_eq!((NETWORK.read)(text), Ok(network.parse().unwrap()));
        }
        assert!((NETWORK.read)("10.0.0.0/40").is_err() && (NETWORK.read)("home").is_err());
    }
}
