//! What goes over the web transports, whatever carries it: how connections are closed, and what the
//! subprotocols make of a telnet stream. All of it is pure.

pub(crate) mod close;
pub(crate) mod oob;
pub(crate) mod text;
