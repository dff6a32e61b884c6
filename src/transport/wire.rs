//! What web clients and mudkeep say to each other: the messages of `mudkeep.v1`, which WebSocket and
//! Server-Sent Events share. docs/protocol.md is the agreement.
//!
//! `client` reads what a client says, `server` is what it is told, `speaker` turns a session's output
//! and notes into that, `refusal` says why not.

pub(crate) mod client;
pub(crate) mod refusal;
pub(crate) mod server;
pub(crate) mod speaker;
