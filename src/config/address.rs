//! Addresses as they are written in the file: where the game is, where mudkeep listens.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use super::value::{Written, quoted};

/// An address to listen on.
pub(super) const LISTEN_ADDRESS: Written<SocketAddr> = Written {
    allowed: "an IP address and a port, such as \"127.0.0.1:4000\" (this machine alone), \
              \"0.0.0.0:4000\" (everybody, by IPv4) or \"[::]:4000\" (everybody)",
    read: |text| {
        text.parse().map_err(|_| format!("{} is not an address to listen on", quoted(text)))
    },
};

/// An address of this machine, without a port.
pub(super) const OWN_ADDRESS: Written<IpAddr> = Written {
    allowed: "an IP address of this machine such as \"192.0.2.7\"",
    read: |text| text.parse().map_err(|_| format!("{} is not an IP address", quoted(text))),
};

/// Where something is to be reached: a name or an IP address, and a port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// A host name of letters, digits, dots, hyphens and underscores, or an IP address (an IPv6 one
    /// without its brackets).
    pub host: String,
    /// Never 0.
    pub port: u16,
}

/// Text that is not `host:port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHostPort {
    /// No colon, or nothing behind it.
    #[error("has no port")]
    NoPort,
    /// What follows the last colon is not a number from 1 to 65535.
    #[error("has a port that is not a number from 1 to 65535")]
    BadPort,
    /// Empty, or with characters that no host name has.
    #[error("has a host that is no name and no IP address")]
    BadHost,
    /// An IPv6 address without brackets: its port cannot be told from its end.
    #[error("is an IPv6 address without brackets")]
    NoBrackets,
}

impl FromStr for HostPort {
    type Err = BadHostPort;

    fn from_str(text: &str) -> Result<HostPort, BadHostPort> {
        if Ipv6Addr::from_str(text).is_ok() {
            return Err(BadHostPort::NoBrackets);
        }
        let (host, port) = text.rsplit_once(':').ok_or(BadHostPort::NoPort)?;
        if port.is_empty() || port.ends_with(']') {
            return Err(BadHostPort::NoPort);
        }
        let all_digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port.parse().ok().filter(|port| all_digits && *port != 0);
        let port = port.ok_or(BadHostPort::BadPort)?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(inner) if Ipv6Addr::from_str(inner).is_ok() => inner,
            Some(_) => return Err(BadHostPort::BadHost),
            None if host.contains(':') => return Err(BadHostPort::NoBrackets),
            None => host,
        };
        if !is_host(host) {
            return Err(BadHostPort::BadHost);
        }
        Ok(HostPort { host: host.to_owned(), port })
    }
}

/// Whether this can be a host's name or address. 253 is the longest name that DNS has.
fn is_host(host: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
    !host.is_empty() && host.len() <= 253 && host.bytes().all(allowed)
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, u16), BadHostPort> {
        text.parse().map(|HostPort { host, port }| (host, port))
    }

    #[test]
    fn a_host_and_its_port_are_read_and_written_alike() {
        for text in ["mud.example.org:4000", "127.0.0.1:1", "[::1]:65535", "my_mud-2:23"] {
            assert_eq!(text.parse::<HostPort>().unwrap().to_string(), text);
        }
        assert_eq!(read("[::1]:4000"), Ok(("::1".into(), 4000)));
    }

    #[test]
    fn what_is_no_host_and_port_is_refused_with_the_reason() {
        use BadHostPort::*;
        for (text, reason) in [
            ("", NoPort),
            ("mud", NoPort),
            ("mud:", NoPort),
            ("[::1]", NoPort),
            ("mud:0", BadPort),
            ("mud:65536", BadPort),
            ("mud:+23", BadPort),
            ("mud:http", BadPort),
            (":23", BadHost),
            ("a b:23", BadHost),
            ("mud/:23", BadHost),
            ("[mud]:23", BadHost),
            ("::1", NoBrackets),
            ("::1:g:23", NoBrackets),
        ] {
            assert_eq!(read(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn a_host_name_is_as_long_as_dns_allows() {
        for (length, good) in [(252, true), (253, true), (254, false)] {
            assert_eq!(read(&format!("{}:23", "a".repeat(length))).is_ok(), good, "{length}");
        }
    }
}
