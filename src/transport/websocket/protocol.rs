//! Which subprotocol a WebSocket speaks.

/// A subprotocol of `/ws`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::transport) enum Subprotocol {
    /// Messages as JSON: mudkeep's own.
    Mudkeep,
}

/// Those that are spoken, best first.
const SPOKEN: &[(Subprotocol, &str)] = &[(Subprotocol::Mudkeep, "mudkeep.v1")];

impl Subprotocol {
    /// Its name.
    pub(in crate::transport) fn name(self) -> &'static str {
        let named = SPOKEN.iter().find(|(spoken, _)| *spoken == self);
        named.map_or("", |(_, name)| name)
    }
}

/// The best of what a client offers in its `Sec-WebSocket-Protocol` headers; none if none of it is
/// spoken.
pub(in crate::transport) fn choose<'a>(
    offered: impl Iterator<Item = &'a str>,
) -> Option<Subprotocol> {
    let offered: Vec<&str> = offered.flat_map(|list| list.split(',')).map(str::trim).collect();
    let best = SPOKEN.iter().find(|(_, name)| offered.contains(name));
    best.map(|(spoken, _)| *spoken)
}
