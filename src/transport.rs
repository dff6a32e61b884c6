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
