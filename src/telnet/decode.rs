//! The telnet decoder: bytes in, events out, the same events however the bytes are cut.
//!
//! It is pulled: each call of [`Decoder::next`] takes from the front of the input what one event
//! needs. Text is handed out as slices of the input itself, so a chunk without 0xFF costs one
//! search and nothing else. Nothing is held between events but the payload of a subnegotiation
//! that has not ended.
//!
//! What malformed subnegotiations come to is written beside the states that meet them.

use std::fmt;

use memchr::memchr;

use super::Undisclosed;
use super::canonical;
use super::command::{IAC, SB, SE, Verb};
use super::option;

/// Whether 0xFF means anything in a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum IacMode {
    /// 0xFF starts a telnet command; a 0xFF of the text is doubled.
    #[default]
    Telnet,
    /// All bytes are text: some games send the letters that are 0xFF in their charset undoubled.
    Raw8,
}

/// What a stream says next.
#[derive(Clone, PartialEq, Eq)]
pub enum Event<'i> {
    /// Text, with doubled 0xFF undone. A slice holds no 0xFF, or is exactly the one that was meant.
    Text(&'i [u8]),
    /// A command of two bytes: IAC and this one, which is none of those below.
    Command(u8),
    /// A request or an answer about an option.
    Negotiation {
        /// What is said.
        verb: Verb,
        /// About which option.
        option: u8,
    },
    /// A whole subnegotiation.
    Subnegotiation {
        /// About which option.
        option: u8,
        /// What it says, with doubled 0xFF undone; never longer than the decoder's limit.
        payload: Vec<u8>,
    },
    /// A subnegotiation grew beyond the limit. Said once, where it did; the rest of it is dropped.
    SubnegotiationTooLong {
        /// About which option.
        option: u8,
    },
}

/// Where in the grammar the next byte stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// In text.
    Text,
    /// After an IAC in text.
    Iac,
    /// After IAC and a verb: the option follows.
    Negotiation(Verb),
    /// After IAC SB: the option follows.
    Option,
    /// After IAC SB IAC.
    OptionIac,
    /// In a payload.
    Payload,
    /// After an IAC in a payload.
    PayloadIac,
}

/// Decodes one direction of one stream.
#[derive(Clone)]
pub struct Decoder {
    state: State,
    mode: IacMode,
    /// The option of the subnegotiation that is open; of no meaning otherwise.
    option: u8,
    /// The open subnegotiation is longer than the limit: its bytes are not kept.
    too_long: bool,
    payload_bytes_max: usize,
    /// Empty and unallocated unless a subnegotiation is open.
    payload: Vec<u8>,
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Text(text) => write!(f, "Text({:?})", Undisclosed(text)),
            Event::Command(byte) => write!(f, "Command({byte})"),
            Event::Negotiation { verb, option } => write!(f, "Negotiation({verb:?} {option})"),
            Event::Subnegotiation { option, payload } => {
                write!(f, "Subnegotiation({option}, {:?})", Undisclosed(payload))
            }
            Event::SubnegotiationTooLong { option } => write!(f, "SubnegotiationTooLong({option})"),
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("state", &self.state)
            .field("option", &self.option)
            .field("payload", &Undisclosed(&self.payload))
            .finish_non_exhaustive()
    }
}

impl Decoder {
    /// A decoder at the start of a stream, which keeps at most `subnegotiation_bytes_max` bytes.
    #[must_use]
    pub const fn new(subnegotiation_bytes_max: usize, iac: IacMode) -> Decoder {
        Decoder {
            state: State::Text,
            mode: iac,
            option: 0,
            too_long: false,
            payload_bytes_max: subnegotiation_bytes_max,
            payload: Vec::new(),
        }
    }

    /// Whether the bytes so far end within text, not within a command.
    #[must_use]
    pub fn in_text(&self) -> bool {
        self.state == State::Text
    }

    /// Whether a subnegotiation has begun and not ended.
    #[must_use]
    pub fn in_subnegotiation(&self) -> bool {
        use State::{Option, OptionIac, Payload, PayloadIac};
        matches!(self.state, Option | OptionIac | Payload | PayloadIac)
    }

    /// Gives up a subnegotiation that does not end: what follows is text again.
    pub fn abandon_subnegotiation(&mut self) {
        if self.in_subnegotiation() {
            self.leave_subnegotiation(State::Text);
        }
    }

    /// Takes from the front of `input` what is text, with its 0xFF still doubled, and, where those
    /// are wanted, prompt marks (IAC GA): nothing in it needs to be decoded to be passed on. Empty
    /// where something else comes next.
    pub fn take_run<'i>(&mut self, input: &mut &'i [u8], prompts: bool) -> &'i [u8] {
        if self.state != State::Text || self.mode == IacMode::Raw8 {
            return &[];
        }
        take(input, canonical::run(input, prompts).len())
    }

    /// Takes the next event from the front of `input`; `None` when all of it is used.
    #[inline]
    pub fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Event<'i>> {
        while !input.is_empty() {
            if let Some(event) = self.step(input) {
                return Some(event);
            }
        }
        None
    }

    #[inline]
    fn step<'i>(&mut self, input: &mut &'i [u8]) -> Option<Event<'i>> {
        match self.state {
            State::Text => self.text(input),
            State::Payload => self.payload(input),
            State::Iac => self.command(take(input, 1)),
            State::Negotiation(verb) => {
                self.state = State::Text;
                Some(Event::Negotiation { verb, option: take(input, 1)[0] })
            }
            State::Option => self.option(take(input, 1)[0]),
            State::OptionIac => self.option_iac(take(input, 1)[0]),
            State::PayloadIac => self.payload_iac(take(input, 1)[0]),
        }
    }

    /// In text: a run without 0xFF, or the 0xFF itself.
    #[inline]
    fn text<'i>(&mut self, input: &mut &'i [u8]) -> Option<Event<'i>> {
        match memchr(IAC, input) {
            None => Some(Event::Text(std::mem::take(input))),
            Some(0) => {
                let iac = take(input, 1);
                match self.mode {
                    IacMode::Raw8 => Some(Event::Text(iac)),
                    IacMode::Telnet => {
                        self.state = State::Iac;
                        None
                    }
                }
            }
            Some(at) => Some(Event::Text(take(input, at))),
        }
    }

    /// After an IAC in text.
    fn command<'i>(&mut self, byte: &'i [u8]) -> Option<Event<'i>> {
        self.state = State::Text;
        match byte[0] {
            IAC => return Some(Event::Text(byte)),
            SB => self.state = State::Option,
            other => match Verb::from_byte(other) {
                Some(verb) => self.state = State::Negotiation(verb),
                None => return Some(Event::Command(other)),
            },
        }
        None
    }

    /// After IAC SB.
    fn option(&mut self, option: u8) -> Option<Event<'static>> {
        if option == IAC {
            self.state = State::OptionIac;
        } else {
            self.enter(option);
        }
        None
    }

    /// After IAC SB IAC: option 255, doubled; or a subnegotiation of nothing, which says nothing.
    fn option_iac(&mut self, byte: u8) -> Option<Event<'static>> {
        match byte {
            IAC => self.enter(IAC),
            SE => self.state = State::Text,
            other => self.broken(other, State::Option),
        }
        None
    }

    fn enter(&mut self, option: u8) {
        self.option = option;
        self.too_long = false;
        self.state = State::Payload;
    }

    /// In a payload: a run without 0xFF, or the 0xFF itself.
    fn payload(&mut self, input: &mut &[u8]) -> Option<Event<'static>> {
        if self.is_whole_naws() && input[0] == SE {
            take(input, 1);
            return self.end();
        }
        // A window size is looked at byte by byte, for the question just asked.
        let window = if self.option == option::NAWS { &input[..1] } else { *input };
        match memchr(IAC, window) {
            Some(0) => {
                take(input, 1);
                self.state = State::PayloadIac;
                None
            }
            at => self.keep(take(input, at.unwrap_or(window.len()))),
        }
    }

    /// Whether the open subnegotiation is a window size whose last byte is a 0xFF. MUSHclient does
    /// not double: the second 0xFF may have been an IAC, and an SE now shows that it was.
    fn is_whole_naws(&self) -> bool {
        self.option == option::NAWS && self.payload.len() == 4 && self.payload[3] == IAC
    }

    /// After an IAC in a payload.
    fn payload_iac(&mut self, byte: u8) -> Option<Event<'static>> {
        self.state = State::Payload;
        match byte {
            IAC => self.keep(&[IAC]),
            SE => self.end(),
            // As above: within a window size, an IAC that is followed by neither was a size's byte.
            size if self.option == option::NAWS && self.payload.len() <= 2 => {
                self.keep(&[IAC, size])
            }
            other => {
                self.broken(other, State::Payload);
                None
            }
        }
    }

    /// IAC and a byte that has no place in a subnegotiation. If it starts a negotiation or another
    /// subnegotiation, the end of this one got lost: it is dropped. Anything else is skipped.
    fn broken(&mut self, byte: u8, stay: State) {
        match (byte, Verb::from_byte(byte)) {
            (_, Some(verb)) => self.leave_subnegotiation(State::Negotiation(verb)),
            (SB, None) => self.leave_subnegotiation(State::Option),
            (_, None) => self.state = stay,
        }
    }

    fn leave_subnegotiation(&mut self, state: State) {
        self.payload = Vec::new();
        self.too_long = false;
        self.state = state;
    }

    fn keep(&mut self, bytes: &[u8]) -> Option<Event<'static>> {
        if self.too_long {
            return None;
        }
        if bytes.len() > self.payload_bytes_max - self.payload.len() {
            self.too_long = true;
            self.payload = Vec::new();
            return Some(Event::SubnegotiationTooLong { option: self.option });
        }
        self.payload.extend_from_slice(bytes);
        None
    }

    fn end(&mut self) -> Option<Event<'static>> {
        let payload = std::mem::take(&mut self.payload);
        let whole = !self.too_long;
        self.leave_subnegotiation(State::Text);
        whole.then_some(Event::Subnegotiation { option: self.option, payload })
    }
}

/// Cuts the first `length` bytes off.
fn take<'i>(input: &mut &'i [u8], length: usize) -> &'i [u8] {
    let (front, rest) = input.split_at(length);
    *input = rest;
    front
}

#[cfg(test)]
mod tests;
