//! The part of GMCP that concerns mudkeep itself: who the client is and what it understands.

use super::client_info::{Hello, Label};

/// The most modules kept of a client's list.
pub const MODULES_MAX: usize = 64;

/// One GMCP module, as `Core.Supports` names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// Its name, as the client wrote it.
    pub name: Label,
    /// Its version.
    pub version: u16,
}

/// The modules that a client supports; at most [`MODULES_MAX`], each once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Modules(Vec<Module>);

/// What a client says about itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Core {
    /// `Core.Hello`.
    Hello(Hello),
    /// `Core.Supports.Set`: these and no others.
    Set(Modules),
    /// `Core.Supports.Add`: these too.
    Add(Modules),
    /// `Core.Supports.Remove`: these no longer.
    Remove(Modules),
}

/// A GMCP message's package and its JSON text, which may be empty.
#[must_use]
pub fn split(payload: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', payload) {
        Some(at) => (&payload[..at], &payload[at + 1..]),
        None => (payload, b""),
    }
}
