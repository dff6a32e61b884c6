//! What web clients and mudkeep say to each other: the messages of `mudkeep.v1`, which WebSocket and
//! Server-Sent Events share. docs/protocol.md is the agreement.
//!
//! `client` reads what a client says, `server` is what it is told, `speaker` turns a session's output
//! and notes into that, `refusal` says why not, `close` how a WebSocket ends, `heartbeat` when it is asked
//! whether anybody is there. `text` and `oob` are what the text subprotocols make of a telnet stream.

pub(crate) mod client;
pub(crate) mod close;
pub(crate) mod heartbeat;
pub(crate) mod oob;
pub(crate) mod refusal;
pub(crate) mod server;
pub(crate) mod speaker;
pub(crate) mod text;
