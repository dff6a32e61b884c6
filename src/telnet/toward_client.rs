//! mudkeep playing the server towards a telnet client.
//!
//! It asks what the client is, offers it in turn what the game offered, puts its lines together, and
//! writes the history in the way that this client reads. Nothing here waits for a client: some answer
//! only a part of what they are asked, and some answer nothing.

mod negotiation;
mod terminal;
mod typing;
mod writing;

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::terminal::Asking;
use self::typing::Typing;
use self::writing::Writing;
use super::client_info::{ClientInfo, WindowSize};
use super::command::{AYT, EC, EL};
use super::decode::{Decoder, Event, IacMode};
use super::gmcp::AboutClient;
use super::option::{self, OptionSet};
use super::options::{Options, Side};
use super::{SUBNEGOTIATION_TIMEOUT, Undisclosed};
use crate::secret::Line;

/// How many telnet commands a client may send within [`COMMANDS_WINDOW`].
const COMMANDS_MAX: u32 = 4000;
const COMMANDS_WINDOW: Duration = Duration::from_secs(10);

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
#[derive(PartialEq, Eq)]
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

impl fmt::Debug for FromClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FromClient::Line(line) => line.fmt(f),
            FromClient::LineTooLong { bytes, .. } => write!(f, "LineTooLong({bytes} bytes)"),
            FromClient::Info => f.write_str("Info"),
            FromClient::Resize => f.write_str("Resize"),
            FromClient::OutOfBand { option, payload } => {
                write!(f, "OutOfBand({option}, {:?})", Undisclosed(payload))
            }
            FromClient::Abuse(abuse) => write!(f, "Abuse({abuse:?})"),
        }
    }
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
    decoder: Decoder,
    options: Options,
    info: Box<ClientInfo>,
    typing: Typing,
    asking: Asking,
    writing: Writing,
    /// What clients are offered at present; the rest is refused to them.
    offered: OptionSet,
    /// The player's typing is to be hidden, whatever the client made of that.
    hidden: bool,
    /// When the client has had its time to say what it is.
    settle_by: Instant,
    /// Since when a subnegotiation is open.
    open_since: Option<Instant>,
    /// Since when commands are counted, and how many there were.
    commands: Option<(Instant, u32)>,
    /// `info` has changed since that was said.
    info_changed: bool,
    /// Happened outside `next` and is not said yet.
    abuse: Option<Abuse>,
}

impl TowardClient {
    /// The engine of a new connection from `address`. What it asks first waits in `take_replies`.
    #[must_use]
    pub fn new(config: ClientTelnet, address: Option<IpAddr>, now: Instant) -> TowardClient {
        let mut client = TowardClient {
            decoder: Decoder::new(config.subnegotiation_bytes_max, IacMode::Telnet),
            options: Options::new(),
            info: Box::new(ClientInfo { address, ..ClientInfo::default() }),
            typing: Typing::new(config.line_bytes_max),
            asking: Asking::default(),
            writing: Writing::default(),
            offered: OptionSet::EMPTY,
            hidden: false,
            settle_by: now + config.negotiation_timeout,
            open_since: None,
            commands: None,
            info_changed: false,
            abuse: None,
            config,
        };
        for option in [option::TTYPE, option::NAWS, option::NEW_ENVIRON] {
            client.request(Side::Them, option, true);
        }
        client
    }

    /// Takes the next event from the front of `input`; `None` when all of it is used. Also to be
    /// called with nothing after `offers` and `tick`, which may bring events.
    pub fn next(&mut self, now: Instant, input: &mut &[u8]) -> Option<FromClient> {
        loop {
            if let Some(abuse) = self.abuse.take() {
                return Some(FromClient::Abuse(abuse));
            }
            if std::mem::take(&mut self.info_changed) {
                return Some(FromClient::Info);
            }
            let before = *input;
            let Some(event) = self.decoder.next(input) else {
                self.watch_subnegotiation(now);
                return None;
            };
            let said = match event {
                Event::Text(text) => {
                    let (used, said) = self.typing.take(text);
                    let unused = text.len() - used + input.len();
                    *input = &before[before.len() - unused..];
                    said
                }
                event => self.command(now, event),
            };
            if said.is_some() {
                return said;
            }
        }
    }

    /// What is known of the client.
    #[must_use]
    pub fn info(&self) -> &ClientInfo {
        &self.info
    }

    /// Whether the client has said what it is, or had its time.
    #[must_use]
    pub fn settled(&self, now: Instant) -> bool {
        self.info.settled || now >= self.settle_by
    }

    /// When `tick` is to be called next, if at all.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let settle = (!self.info.settled).then_some(self.settle_by);
        let open = self.open_since.map(|since| since + SUBNEGOTIATION_TIMEOUT);
        settle.into_iter().chain(open).min()
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Instant) {
        if self.settled(now) {
            self.settle();
        }
        if self.open_since.is_some_and(|since| now >= since + SUBNEGOTIATION_TIMEOUT) {
            self.decoder.abandon_subnegotiation();
            self.open_since = None;
            self.abuse = Some(Abuse::SubnegotiationUnended);
        }
    }

    /// Whether the client agreed that mudkeep uses `option`.
    #[must_use]
    pub fn accepts(&self, option: u8) -> bool {
        self.options.agreed(Side::Us, option)
    }

    /// Anything but text. IP, AO, BRK and DM mean nothing here: the game would answer them in text.
    fn command(&mut self, now: Instant, event: Event<'_>) -> Option<FromClient> {
        if self.too_many_commands(now) {
            return Some(FromClient::Abuse(Abuse::Commands));
        }
        match event {
            Event::Command(AYT) => self.writing.owe_presence(),
            Event::Command(EC) => self.typing.erase_character(),
            Event::Command(EL) => self.typing.erase_line(),
            Event::Negotiation { verb, option } => self.negotiate(now, verb, option),
            Event::Subnegotiation { option, payload } => {
                return self.subnegotiation(option, payload);
            }
            Event::SubnegotiationTooLong { .. } => {
                return Some(FromClient::Abuse(Abuse::SubnegotiationTooLong));
            }
            Event::Text(_) | Event::Command(_) => {}
        }
        None
    }

    /// Counts a command. True once in each window in which there are too many.
    fn too_many_commands(&mut self, now: Instant) -> bool {
        let over = |since: Instant| now.saturating_duration_since(since) > COMMANDS_WINDOW;
        match &mut self.commands {
            Some((since, count)) if !over(*since) => {
                *count = count.saturating_add(1);
                *count == COMMANDS_MAX + 1
            }
            commands => {
                *commands = Some((now, 1));
                false
            }
        }
    }

    fn watch_subnegotiation(&mut self, now: Instant) {
        if self.decoder.in_subnegotiation() {
            self.open_since.get_or_insert(now);
        } else {
            self.open_since = None;
        }
    }

    fn subnegotiation(&mut self, option: u8, payload: Vec<u8>) -> Option<FromClient> {
        match option {
            option::NAWS if self.options.agreed(Side::Them, option) => self.window(&payload),
            option::TTYPE if self.options.agreed(Side::Them, option) => {
                self.terminal(&payload);
                None
            }
            option::NEW_ENVIRON if self.options.agreed(Side::Them, option) => {
                self.variables(&payload);
                None
            }
            option::CHARSET => {
                self.charset(&payload);
                None
            }
            _ if self.offered.contains(option) && self.accepts(option) => {
                if option == option::GMCP {
                    self.learn(&payload);
                }
                Some(FromClient::OutOfBand { option, payload })
            }
            _ => None,
        }
    }

    fn window(&mut self, payload: &[u8]) -> Option<FromClient> {
        let size = WindowSize::from_naws(payload);
        let changed = size.is_some() && size != self.info.size;
        self.info.size = size.or(self.info.size);
        changed.then_some(FromClient::Resize)
    }

    /// What a GMCP client says of itself.
    fn learn(&mut self, payload: &[u8]) {
        match AboutClient::parse(payload) {
            Some(AboutClient::Hello(hello)) => {
                self.info.name.get_or_insert_with(|| hello.client.clone());
                if self.info.version.is_none() {
                    self.info.version.clone_from(&hello.version);
                }
                self.info.hello = Some(Box::new(hello));
            }
            Some(AboutClient::Supports(supports)) => self.info.modules.apply(supports),
            None => return,
        }
        self.info_changed = true;
    }
}

#[cfg(test)]
mod tests;
