//! Which subprotocol a WebSocket speaks.

use crate::transport::frames::ByteSubprotocol;

/// A subprotocol of `/ws`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::transport) enum Subprotocol {
    /// Messages as JSON: mudkeep's own.
    Mudkeep,
    /// A telnet stream, or what stands for one.
    Bytes(ByteSubprotocol),
}

/// Those that are spoken, best first.
const SPOKEN: [Subprotocol; 6] = [
    Subprotocol::Mudkeep,
    Subprotocol::Bytes(ByteSubprotocol::Telnet),
    Subprotocol::Bytes(ByteSubprotocol::Gmcp),
    Subprotocol::Bytes(ByteSubprotocol::Json),
    Subprotocol::Bytes(ByteSubprotocol::Terminal),
    Subprotocol::Bytes(ByteSubprotocol::Binary),
];

impl Subprotocol {
    /// Its name in `Sec-WebSocket-Protocol`.
    pub(in crate::transport) fn name(self) -> &'static str {
        match self {
            Subprotocol::Mudkeep => "mudkeep.v1",
            Subprotocol::Bytes(bytes) => bytes.name(),
        }
    }
}

/// What a client's handshake comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::transport) struct Choice {
    /// What is spoken.
    pub(in crate::transport) spoken: Subprotocol,
    /// It was offered, and has to be named in the answer. Browsers give up otherwise, and also where
    /// something is named that they did not offer.
    pub(in crate::transport) named: bool,
}

/// The best of what a client offers in its `Sec-WebSocket-Protocol` headers: a telnet stream where it
/// offers nothing, and none where nothing of it is spoken here.
pub(in crate::transport) fn choose<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Choice> {
    let offered = headers.flat_map(|list| list.split(',')).map(str::trim);
    let offered: Vec<&str> = offered.filter(|name| !name.is_empty()).collect();
    if offered.is_empty() {
        let spoken = Subprotocol::Bytes(ByteSubprotocol::Binary);
        return Some(Choice { spoken, named: false });
    }
    let best = SPOKEN.into_iter().find(|spoken| offered.contains(&spoken.name()));
    best.map(|spoken| Choice { spoken, named: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(headers: &[&str]) -> Option<(&'static str, bool)> {
        let choice = choose(headers.iter().copied())?;
        Some((choice.spoken.name(), choice.named))
    }

    #[test]
    fn the_best_of_what_is_offered_is_spoken() {
        for (headers, expected) in [
            (&[][..], Some(("binary", false))),
            (&[""], Some(("binary", false))),
            (&["binary"], Some(("binary", true))),
            (&["binary, mudkeep.v1"], Some(("mudkeep.v1", true))),
            (
                &["json.mudstandards.org", "gmcp.mudstandards.org"],
                Some(("gmcp.mudstandards.org", true)),
            ),
            (&["x, terminal.mudstandards.org ,y"], Some(("terminal.mudstandards.org", true))),
            (&["telnet.mudstandards.org"], Some(("telnet.mudstandards.org", true))),
            (&["soap"], None),
            (&["Binary"], None),
        ] {
            assert_eq!(name(headers), expected, "{headers:?}");
        }
    }
}
