//! Telnet, as MUD games and MUD clients really speak it.
//!
//! There are two engines per session: [`toward_game::TowardGame`] plays the client towards the game,
//! [`toward_client::TowardClient`] plays the server towards a telnet client. Negotiation is never
//! relayed between them; what it comes to is. Between the two lies [`canonical`] telnet, the form
//! in which a history keeps the game's output.
//!
//! Everything here is pure: bytes and an `Instant` go in, events and bytes come out.

pub mod canonical;
pub mod charset_option;
pub mod client_info;
pub mod command;
pub mod decode;
pub mod encode;
pub mod environ;
pub mod gmcp;
pub mod option;
pub mod options;
pub mod toward_client;
pub mod toward_game;

use std::fmt;
use std::time::Duration;

/// How long a subnegotiation may stay open; one that lost its end would swallow all that follows.
const SUBNEGOTIATION_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes that may be anybody's password, which a log shows by their number only.
struct Undisclosed<'b>(&'b [u8]);

impl fmt::Debug for Undisclosed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}
