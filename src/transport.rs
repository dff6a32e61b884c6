//! How players reach mudkeep. Each transport owns its clients' sockets and turns what a session
//! has for them into what their programs understand.

#[doc(hidden)]
pub mod echo;
mod frames;
mod goodbye;
pub(crate) mod http;
mod socket;
mod sse;
mod stream;
pub(crate) mod telnet;
mod web;
mod websocket;
pub mod wire;
mod wire_in;
mod wire_out;

use std::io;

use crate::session::message::DetachReason;

/// Why a connection that gave this error is over.
fn lost(error: io::ErrorKind) -> DetachReason {
    match error {
        // The system has given up, and says what it heard last where that was something.
        io::ErrorKind::TimedOut
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkUnreachable => DetachReason::TimedOut,
        // It ended in order, if not as its protocol has it.
        io::ErrorKind::UnexpectedEof => DetachReason::ClosedByClient,
        // What came was not what goes over this stream.
        io::ErrorKind::InvalidData => DetachReason::Abuse,
        _ => DetachReason::ConnectionLost,
    }
}
