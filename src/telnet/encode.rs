//! The telnet encoder: whole sequences, never a part of one.

use memchr::memchr_iter;

use super::command::{IAC, SB, SE, Verb};

/// Appends text with each 0xFF doubled.
pub fn text(bytes: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    for at in memchr_iter(IAC, bytes) {
        out.extend_from_slice(&bytes[from..=at]);
        from = at;
    }
    out.extend_from_slice(&bytes[from..]);
}

/// A request or an answer about an option.
#[must_use]
pub const fn negotiation(verb: Verb, option: u8) -> [u8; 3] {
    [IAC, verb.byte(), option]
}

/// Appends a whole subnegotiation.
pub fn subnegotiation(option: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(&[IAC, SB]);
    text(&[option], out);
    text(payload, out);
    out.extend_from_slice(&[IAC, SE]);
}
