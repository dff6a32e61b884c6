//! How players reach mudkeep. Each transport owns its clients' sockets and turns what a session
//! has for them into what their programs understand.

// Until the HTTP listener hands WebSockets over.
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) mod frames;
#[cfg_attr(not(test), allow(dead_code))]
mod stream;
pub(crate) mod telnet;
#[cfg_attr(not(test), allow(dead_code))]
pub(crate) mod wire;
mod wire_in;
mod wire_out;
