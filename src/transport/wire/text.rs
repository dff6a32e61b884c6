//! What gmcp.mudstandards.org, json.mudstandards.org and terminal.mudstandards.org make of telnet.
//!
//! Their clients get UTF-8 text in binary frames and messages beside it in text frames, and know
//! nothing of telnet. For them the translator plays a small telnet client towards mudkeep's own engine:
//! it agrees to what the frames can say, refuses the rest, and turns the game's charset into UTF-8.

use encoding_rs::{Decoder as TextDecoder, EncoderResult, Encoding};
use zeroize::Zeroizing;

use super::oob::{self, FromProgram, Malformed};
use crate::telnet::command::{EOR, GA, Verb};
use crate::telnet::decode::{Decoder, Event, IacMode};
use crate::telnet::encode;
use crate::telnet::option::{self, OptionSet};

/// The most bytes in one frame.
pub(crate) const FRAME_BYTES_MAX: usize = 4000;

/// The most bytes of a client's words about itself that wait for the game's agreement to GMCP.
const WAITING_BYTES_MAX: usize = 4096;

/// What those are about.
const ABOUT_CLIENT: &str = "Core.";

const LINE_END: &[u8] = b"\r\n";

/// Which of the three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Dialect {
    /// Messages are `Package.Name json`.
    Gmcp,
    /// Messages are envelopes.
    Json,
    /// There are no messages.
    Terminal,
}

/// One frame for the client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Outbound {
    /// Text, for a binary frame: whole characters, 1 to [`FRAME_BYTES_MAX`] bytes.
    Text(String),
    /// A message beside it, for a text frame.
    Message(String),
}

/// Stands between the telnet engine and one client.
pub(crate) struct Translator {
    dialect: Dialect,
    charset: &'static Encoding,
    telnet: Decoder,
    /// Keeps the beginning of a character until the rest of it has come.
    decoder: TextDecoder,
    /// Text for the next frame. Empty between two calls.
    text: String,
    /// What the client was told last: what is typed is to be hidden.
    hidden: bool,
    /// What the engine's side does with the client's agreement.
    agreed: OptionSet,
    /// What the client's own side has said something by.
    said_by: OptionSet,
    /// Messages that wait for an agreement to GMCP, as telnet; at most [`WAITING_BYTES_MAX`].
    waiting: Vec<u8>,
    /// Telnet that the engine is owed.
    answers: Vec<u8>,
}

impl Translator {
    /// For a client that has just come.
    pub(crate) fn new(dialect: Dialect, charset: &'static Encoding) -> Translator {
        Translator {
            dialect,
            charset,
            // What comes is of mudkeep's own making, and has passed a limit.
            telnet: Decoder::new(usize::MAX, IacMode::Telnet),
            decoder: charset.new_decoder_without_bom_handling(),
            text: String::new(),
            hidden: false,
            agreed: OptionSet::EMPTY,
            said_by: OptionSet::EMPTY,
            waiting: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// Appends the frames that these bytes of the engine's come to, cut anywhere. Nothing waits for
    /// more but a character or a command that is not whole; a prompt ends a frame.
    pub(crate) fn output(&mut self, mut telnet: &[u8], frames: &mut Vec<Outbound>) {
        while let Some(event) = self.telnet.next(&mut telnet) {
            match event {
                Event::Text(text) => self.decode(text),
                Event::Command(GA | EOR) => self.end_frame(frames),
                Event::Negotiation { verb, option } => self.negotiate(verb, option, frames),
                Event::Subnegotiation { option: option::GMCP, payload } => {
                    let message = self.utf8(&payload);
                    self.say(&message, frames);
                }
                Event::Command(_)
                | Event::Subnegotiation { .. }
                | Event::SubnegotiationTooLong { .. } => {}
            }
        }
        self.end_frame(frames);
    }

    /// What the engine is owed since the last time.
    pub(crate) fn take_answers(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.answers)
    }

    /// What a client has typed, as telnet: one input of one or more lines, the last of which need not
    /// be ended.
    pub(crate) fn typed(&self, input: &[u8]) -> Zeroizing<Vec<u8>> {
        let text = Zeroizing::new(String::from_utf8_lossy(input).into_owned());
        let lines = text.strip_suffix('\n').unwrap_or(&text).split('\n');
        // No charset takes more than four bytes for a character, and a 0xFF is doubled.
        let mut telnet = Zeroizing::new(Vec::with_capacity(4 * text.len() + LINE_END.len()));
        for line in lines {
            let line = line.strip_suffix('\r').unwrap_or(line);
            let line = Zeroizing::new(encode_text(self.charset, line));
            encode::text(&line, &mut telnet);
            telnet.extend_from_slice(LINE_END);
        }
        telnet
    }

    /// A message from the client, as telnet. Nothing, if the game has to agree first.
    pub(crate) fn message(&mut self, text: &str) -> Result<Vec<u8>, Malformed> {
        let message = match self.dialect {
            Dialect::Gmcp => oob::read_gmcp(text)?,
            Dialect::Json => oob::read_json(text)?,
            Dialect::Terminal => return Ok(self.typed(text.as_bytes()).to_vec()),
        };
        match message {
            FromProgram::Gmcp(message) => Ok(self.gmcp(&message)),
            FromProgram::Option { option, payload } => Ok(self.said(option, &payload)),
        }
    }

    fn gmcp(&mut self, message: &str) -> Vec<u8> {
        let telnet = encode::whole(option::GMCP, message.as_bytes());
        if self.agreed.contains(option::GMCP) {
            return telnet;
        }
        let fits = self.waiting.len() + telnet.len() <= WAITING_BYTES_MAX;
        if fits && message.starts_with(ABOUT_CLIENT) {
            self.waiting.extend(telnet);
        }
        Vec::new()
    }

    /// The client uses an option of its own side from now on, if it did not yet.
    fn said(&mut self, option: u8, payload: &[u8]) -> Vec<u8> {
        let mut telnet = Vec::new();
        if self.said_by.insert(option) {
            telnet.extend(encode::negotiation(Verb::Will, option));
        }
        encode::subnegotiation(option, payload, &mut telnet);
        telnet
    }

    fn negotiate(&mut self, verb: Verb, option: u8, frames: &mut Vec<Outbound>) {
        match verb {
            Verb::Will | Verb::Wont if option == option::ECHO => {
                self.hide(verb == Verb::Will, frames);
            }
            Verb::Will => self.offered(option),
            Verb::Wont if self.agreed.contains(option) => {
                self.agreed.set(option, false);
                self.answer(Verb::Dont, option);
            }
            Verb::Do if !self.said_by.contains(option) => self.answer(Verb::Wont, option),
            Verb::Wont | Verb::Do | Verb::Dont => {}
        }
    }

    /// The engine does not need an answer to this, and asks anew each time.
    fn hide(&mut self, hidden: bool, frames: &mut Vec<Outbound>) {
        if std::mem::replace(&mut self.hidden, hidden) != hidden {
            let message = format!("Mudkeep.Echo {{\"on\":{}}}", !hidden);
            self.say(&message, frames);
        }
    }

    /// Not SGA: the engine leaves out the prompt marks for whoever agrees to it.
    fn offered(&mut self, option: u8) {
        let understood = match option {
            option::EOR => true,
            option::GMCP => self.dialect != Dialect::Terminal,
            _ => false,
        };
        if !understood {
            return self.answer(Verb::Dont, option);
        }
        if self.agreed.insert(option) {
            self.answer(Verb::Do, option);
            if option == option::GMCP {
                self.answers.append(&mut self.waiting);
            }
        }
    }

    fn answer(&mut self, verb: Verb, option: u8) {
        self.answers.extend(encode::negotiation(verb, option));
    }

    /// A GMCP message for the client, behind the text before it.
    fn say(&mut self, message: &str, frames: &mut Vec<Outbound>) {
        self.end_frame(frames);
        match self.dialect {
            Dialect::Gmcp => frames.push(Outbound::Message(message.to_owned())),
            Dialect::Json => frames.push(Outbound::Message(oob::write_json(message))),
            Dialect::Terminal => {}
        }
    }

    /// GMCP is UTF-8; games whose text is not may forget that.
    fn utf8(&self, payload: &[u8]) -> String {
        match std::str::from_utf8(payload) {
            Ok(text) => text.to_owned(),
            Err(_) => self.charset.decode_without_bom_handling(payload).0.into_owned(),
        }
    }

    fn decode(&mut self, mut text: &[u8]) {
        while !text.is_empty() {
            let room = self.decoder.max_utf8_buffer_length(text.len());
            self.text.reserve(room.unwrap_or(text.len()));
            let (_, read, _) = self.decoder.decode_to_string(text, &mut self.text, false);
            text = &text[read..];
        }
    }

    fn end_frame(&mut self, frames: &mut Vec<Outbound>) {
        let text = std::mem::take(&mut self.text);
        let mut rest = text.as_str();
        while rest.len() > FRAME_BYTES_MAX {
            let (frame, more) = rest.split_at(rest.floor_char_boundary(FRAME_BYTES_MAX));
            frames.push(Outbound::Text(frame.to_owned()));
            rest = more;
        }
        if !rest.is_empty() {
            frames.push(Outbound::Text(rest.to_owned()));
        }
    }
}

/// A line in the game's charset. What that has no letter for is a question mark.
fn encode_text(charset: &'static Encoding, mut line: &str) -> Vec<u8> {
    let mut encoder = charset.new_encoder();
    // It may be a password, of which no part is to be left behind in a place that was too small.
    let mut encoded = Vec::with_capacity(4 * line.len() + 16);
    loop {
        let room = encoder.max_buffer_length_from_utf8_without_replacement(line.len());
        encoded.reserve(room.unwrap_or(line.len()) + 1);
        let (result, read) =
            encoder.encode_from_utf8_to_vec_without_replacement(line, &mut encoded, true);
        line = &line[read..];
        match result {
            EncoderResult::InputEmpty => return encoded,
            EncoderResult::OutputFull => {}
            EncoderResult::Unmappable(_) => encoded.push(b'?'),
        }
    }
}

#[cfg(test)]
mod tests;
