//! Which pages may connect, and where a player comes from who reaches mudkeep through a web server.

use std::net::{IpAddr, SocketAddr};

use crate::config::Origin;

/// Whether a page of `origin` may connect to the site that is called `host`.
pub(crate) fn may_come(origin: &str, host: Option<&str>, others: &[Origin]) -> bool {
    let origin = origin.to_ascii_lowercase();
    let own = origin.split_once("://").map(|(_, authority)| authority);
    let is_own = own.zip(host).is_some_and(|(own, host)| own.eq_ignore_ascii_case(host));
    is_own || others.iter().any(|Origin(other)| *other == origin)
}

/// The last address in `X-Forwarded-For` that no trusted web server added: what stands before it,
/// anybody can have written. That may be no text at all.
pub(super) fn forwarded_for(
    headers: &[&[u8]],
    is_trusted: impl Fn(IpAddr) -> bool,
) -> Option<IpAddr> {
    let said = headers.iter().rev().flat_map(|header| header.rsplit(|byte| *byte == b','));
    let mut last = None;
    for said in said {
        let address = address(std::str::from_utf8(said.trim_ascii()).ok()?)?;
        last = Some(address);
        if !is_trusted(address) {
            break;
        }
    }
    last
}

/// An address, with or without a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').trim_end_matches(']').parse().ok();
    let address = bare.or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_pages_and_named_ones_may_come() {
        let others = [Origin("https://mud.example.org".to_owned())];
        for (origin, host, expected) in [
            ("http://localhost:4080", Some("localhost:4080"), true),
            ("HTTP://LocalHost:4080", Some("localhost:4080"), true),
            ("http://localhost:4081", Some("localhost:4080"), false),
            ("https://mud.example.org", Some("localhost:4080"), true),
            ("http://mud.example.org", Some("localhost:4080"), false),
            ("https://evil.example", Some("localhost:4080"), false),
            ("null", Some("null"), false),
            ("http://localhost:4080", None, false),
            ("", Some(""), false),
        ] {
            assert_eq!(may_come(origin, host, &others), expected, "{origin:?}");
        }
    }

    #[test]
    fn what_a_player_writes_into_the_header_is_not_believed() {
        let trusted = |address: IpAddr| address.is_loopback();
        for (headers, expected) in [
            (&[&b"192.0.2.7"[..]][..], Some("192.0.2.7")),
            (&[b"8.8.8.8, 192.0.2.7"], Some("192.0.2.7")),
            (&[b"8.8.8.8", b"192.0.2.7, 127.0.0.1"], Some("192.0.2.7")),
            (&[b"\xff, 192.0.2.7"], Some("192.0.2.7")),
            (&[b"\xff", b"192.0.2.7"], Some("192.0.2.7")),
            (&[b"192.0.2.7:4711"], Some("192.0.2.7")),
            (&[b"[2001:db8::1]:4711"], Some("2001:db8::1")),
            (&[b"2001:db8::1"], Some("2001:db8::1")),
            (&[b"::ffff:192.0.2.7"], Some("192.0.2.7")),
            (&[b"127.0.0.1"], Some("127.0.0.1")),
            (&[b"192.0.2.7, nonsense"], None),
            (&[b"192.0.2.7, \xff"], None),
            (&[b""], None),
            (&[], None),
        ] {
            let expected = expected.map(|text| text.parse().unwrap());
            assert_eq!(forwarded_for(headers, trusted), expected, "{headers:?}");
        }
    }
}
