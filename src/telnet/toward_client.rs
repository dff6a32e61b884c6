//! mudkeep playing the server towards a telnet client.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::secret::Line;

use super::client_info::ClientInfo;
use super::option::OptionSet;

/// How to talk to telnet clients.
#[derive(Clone, Debug)]
pub struct ClientTelnet {
    /// The longest message beside the text that is taken from a client.
    pub subnegotiation_bytes_max: usize,
    /// The longest line that is taken from a client, without its end.
    pub line_bytes_max: usize,
    /// How long a client has to say what it is.
    pub negotiation_timeout: Duration,
    /// The charsets that the client may choose from, best first. With none, CHARSET is not offered.
    pub charsets: Arc<[Box<str>]>,
    /// What a client that asks "are you there?" is told. Empty: nothing.
    pub are_you_there: Arc<str>,
}

/// What a client says next.
#[derive(Debug, PartialEq, Eq)]
pub enum FromClient {
    /// A whole line.
    Line(Line),
    /// A line longer than the limit.
    LineTooLong {
        /// Its beginning, cut at the limit and not within a UTF-8 character.
        kept: Line,
        /// How long it was.
        bytes: usize,
    },
    /// [`TowardClient::info`] has changed in something else than the window.
    Info,
    /// The window has changed.
    Resize,
    /// A message beside the text, of an option that the client agreed to.
    OutOfBand {
        /// Of this option.
        option: u8,
        /// What it says.
        payload: Vec<u8>,
    },
    /// The client does what no client does. Said each time that it happens.
    Abuse(Abuse),
}

/// What no well-meaning client does.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Abuse {
    /// A subnegotiation longer than the limit.
    SubnegotiationTooLong,
    /// A subnegotiation that did not end within 10 s.
    SubnegotiationUnended,
    /// Thousands of telnet commands within 10 s.
    Commands,
}

/// The telnet engine towards one client.
#[derive(Debug)]
pub struct TowardClient {
    config: ClientTelnet,
    info: Box<ClientInfo>,
}

impl TowardClient {
    /// The engine of a new connection from `address`. What it asks first waits in `take_replies`.
    #[must_use]
    pub fn new(config: ClientTelnet, address: Option<IpAddr>, _now: Instant) -> TowardClient {
        TowardClient { config, info: Box::new(ClientInfo { address, ..ClientInfo::default() }) }
    }

    /// Takes the next event from the front of `input`; `None` when all of it is used. Also to be
    /// called with nothing after `tick`, which may bring events.
    pub fn next(&mut self, _now: Instant, _input: &mut &[u8]) -> Option<FromClient> {
        None
    }

    /// Appends, as this client is to have them, these bytes of a history, cut anywhere.
    pub fn output(&mut self, canonical: &[u8], wire: &mut Vec<u8>) {
        wire.extend_from_slice(canonical);
    }

    /// Whether `output` would leave these bytes as they are. Then they can be written from where
    /// they are, and whatever of them was written is to be told to `passed`.
    #[must_use]
    pub fn passes(&self, _canonical: &[u8]) -> bool {
        false
    }

    /// These bytes, for which `passes` was true, have been written.
    pub fn passed(&mut self, _written: &[u8]) {}

    /// Appends mudkeep's own words: on lines of their own, between two events of the history.
    pub fn notice(&mut self, _text: &str, _wire: &mut Vec<u8>) {}

    /// Appends the request to hide, or again show, what the player types.
    pub fn echo(&mut self, _hidden: bool, _wire: &mut Vec<u8>) {}

    /// Appends a message beside the text. False, and nothing, if the client did not agree to it.
    pub fn out_of_band(&mut self, _option: u8, _payload: &[u8], _wire: &mut Vec<u8>) -> bool {
        false
    }

    /// Offers these options, and withdraws those offered before that are not among them.
    pub fn offers(&mut self, _offers: OptionSet, _wire: &mut Vec<u8>) {}

    /// Appends what the client is owed in answers and questions.
    pub fn take_replies(&mut self, _wire: &mut Vec<u8>) {}

    /// What is known of the client.
    #[must_use]
    pub fn info(&self) -> &ClientInfo {
        &self.info
    }

    /// Whether the client has said what it is, or had its time.
    #[must_use]
    pub fn settled(&self, _now: Instant) -> bool {
        self.config.negotiation_timeout.is_zero()
    }

    /// When `tick` is to be called next, if at all.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        None
    }

    /// Does what is due.
    pub fn tick(&mut self, _now: Instant) {}

    /// Whether the client agreed that mudkeep uses `option`.
    #[must_use]
    pub fn accepts(&self, _option: u8) -> bool {
        false
    }
}
