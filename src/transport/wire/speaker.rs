//! Turns what a session has for a client into messages.
//!
//! Text is put together from the events of the history and read in the game's charset. A position
//! is that of the last byte whose character has been told whole: what is only half there waits, and
//! a client that comes back names a place where a character begins.

use std::time::Duration;

use encoding_rs::Encoding;
use memchr::memchr;
use serde_json::value::RawValue;

use crate::charset;
use crate::ids::{Offset, Position};
use crate::session::history::{self, Event};
use crate::session::message::{Closing, Note, Welcome};
use crate::session::queue::Queued;
use crate::telnet::command::IAC;
use crate::telnet::{gmcp, option};
use crate::transport::wire::server::{self, Around, Message, ServerMessage};

/// Text is told in pieces made of so much of the game's output, so that no message is large.
const PIECE_BYTES: usize = 2048;

/// What one client has been told so far.
#[derive(Debug)]
pub struct Speaker {
    charset: &'static Encoding,
    /// How the player is told about things, with the configuration's texts.
    gathered: Gathered,
    /// Between the welcome and `live` of a client that named no position.
    replaying: bool,
    /// `live` is due when the output up to here was told.
    live_at: Option<Position>,
}

/// Text that was not told yet, and where it lies.
#[derive(Debug, Default)]
struct Gathered {
    /// As the game sent it, 0xFF not doubled.
    raw: Vec<u8>,
    /// Where it begins; none before the first output.
    from: Option<Position>,
}

/// What the history takes for these bytes: 0xFF is doubled there.
fn canonical_length(raw: &[u8]) -> u64 {
    (raw.len() + memchr::memchr_iter(IAC, raw).count()) as u64
}

impl Speaker {
    /// For a client that has been told nothing yet, of a game in this charset.
    #[must_use]
    pub fn new(charset: &'static Encoding) -> Speaker {
        Speaker { charset, gathered: Gathered::default(), replaying: false, live_at: None }
    }

    /// Output came, and ends at `to`.
    pub fn output(&mut self, canonical: &[u8], to: Position, out: &mut Vec<Message>) {
        if self.replaying {
            return self.replayed(canonical, to, out);
        }
        let begin = Offset(to.offset.0 - canonical.len() as u64);
        let waited = canonical_length(&self.gathered.raw);
        let begin = Position::new(to.epoch, Offset(begin.0 - waited.min(begin.0)));
        self.gathered.from = Some(begin);
        let mut at = begin.offset.0 + waited;
        for event in history::events(canonical) {
            let length = self.event(event, at, to, out);
            at += length;
        }
        self.tell_text(Finish::MoreMayCome, out);
        self.tell_live(out);
    }

    /// One event that begins at `at`. Returns how long it is in the history.
    fn event(&mut self, event: Event<'_>, at: u64, to: Position, out: &mut Vec<Message>) -> u64 {
        let length = match event {
            Event::Text(text) => {
                self.text(text, out);
                return canonical_length(text);
            }
            Event::Prompt => 2,
            Event::Echo { .. } => 3,
            Event::OutOfBand { option, payload } => {
                payload.len() as u64 + if option == IAC { 6 } else { 5 }
            }
        };
        self.tell_text(Finish::NothingFollows, out);
        let after = Position::new(to.epoch, Offset(at + length));
        match event {
            Event::Prompt => out.push(Message::of(&ServerMessage::Prompt { position: after })),
            Event::Echo { hidden } => out.push(echo(hidden)),
            Event::OutOfBand { option, payload } => {
                out.extend(out_of_band(option, &history::undoubled(payload), Some(after)));
            }
            Event::Text(_) => {}
        }
        self.gathered.from = Some(after);
        length
    }

    fn text(&mut self, mut text: &[u8], out: &mut Vec<Message>) {
        while !text.is_empty() {
            let room = PIECE_BYTES.saturating_sub(self.gathered.raw.len()).max(1);
            let (piece, rest) = text.split_at(room.min(text.len()));
            self.gathered.raw.extend_from_slice(piece);
            text = rest;
            if self.gathered.raw.len() >= PIECE_BYTES {
                self.tell_text(Finish::MoreMayCome, out);
            }
        }
    }

    /// Tells the text that has been gathered, but for what may be half a character or half a line
    /// end.
    fn tell_text(&mut self, finish: Finish, out: &mut Vec<Message>) {
        let Gathered { raw, from: Some(from) } = &mut self.gathered else { return };
        let mut decoded = charset::decode(self.charset, raw);
        if decoded.pending > 0 && finish == Finish::NothingFollows {
            decoded.text.push(char::REPLACEMENT_CHARACTER);
            decoded.pending = 0;
        } else if decoded.pending == 0 && finish == Finish::MoreMayCome && raw.ends_with(b"\r") {
            decoded.text.pop();
            decoded.pending = 1;
        }
        let told = raw.len() - decoded.pending;
        from.offset.0 += canonical_length(&raw[..told]);
        raw.drain(..told);
        if raw.is_empty() {
            self.gathered.raw = Vec::new();
        }
        if !decoded.text.is_empty() {
            let position = self.gathered.from;
            out.push(Message::of(&ServerMessage::Output { position, text: &decoded.text }));
        }
    }

    /// What was said before, as text only: its length is not that in the history, so that only its
    /// end has a place.
    fn replayed(&mut self, canonical: &[u8], to: Position, out: &mut Vec<Message>) {
        let mut raw = Vec::new();
        for event in history::events(canonical) {
            match event {
                Event::Text(text) => raw.extend_from_slice(text),
                Event::Prompt | Event::Echo { .. } | Event::OutOfBand { .. } => {}
            }
        }
        let mut text = charset::decode(self.charset, &raw);
        if text.pending > 0 {
            text.text.push(char::REPLACEMENT_CHARACTER);
        }
        let mut rest = &*text.text;
        while let Some((piece, more)) = cut(rest, PIECE_BYTES) {
            rest = more;
            // Before its end it is nowhere: who comes back then is shown it again.
            let position = rest.is_empty().then_some(to);
            out.push(Message::of(&ServerMessage::Output { position, text: piece }));
        }
    }

    fn tell_live(&mut self, out: &mut Vec<Message>) {
        let reached = |live: Position| {
            self.gathered.from.is_none_or(|at| at.epoch != live.epoch || at.offset >= live.offset)
        };
        if self.live_at.take_if(|live| reached(*live)).is_some() {
            out.push(Message::of(&ServerMessage::Live));
        }
    }

    /// The client was attached: what it is told next begins at its position. `head` is where all
    /// that was said so far ends.
    pub(crate) fn welcome(
        &mut self,
        welcome: &Welcome,
        around: Around,
        head: Position,
        age: impl Fn(&Queued) -> Duration,
        out: &mut Vec<Message>,
    ) {
        self.gathered = Gathered { raw: Vec::new(), from: Some(welcome.position) };
        self.replaying = false;
        self.live_at = Some(head);
        let line =
            |queued: &Queued| (charset::decode(self.charset, &queued.line).text, age(queued));
        out.push(server::welcome(welcome, around, line));
    }

    /// A note that says something to the client.
    pub(crate) fn note(&mut self, note: &Note, now: time::UtcDateTime, out: &mut Vec<Message>) {
        match note {
            Note::Authenticated(told) => {
                self.tell_text(Finish::NothingFollows, out);
                self.gathered.from = Some(told.position);
                out.push(server::authenticated(told, now));
            }
            Note::ReplayStart(summary) => {
                self.replaying = true;
                self.live_at = None;
                out.push(server::replay(*summary));
            }
            Note::ReplayEnd => self.replaying = false,
            Note::Live => self.live(out),
            Note::Echo { hidden } => out.push(echo(*hidden)),
            Note::OutOfBand { option, payload } => out.extend(out_of_band(*option, payload, None)),
            Note::Gap { from, to } => {
                self.gathered.raw = Vec::new();
                out.push(Message::of(&ServerMessage::Gap((*from, *to).into())));
                // What was to come before everything is new may be what is missing.
                if let Some(at) = &mut self.gathered.from {
                    at.offset = *to;
                }
                self.tell_live(out);
            }
            Note::InputAck(seq) => out.push(server::input_ack(*seq)),
            Note::Token(grant) => {
                let token = server::TokenFields::new(grant, now);
                out.push(Message::of(&ServerMessage::Token(token)));
            }
            Note::Notice(text) => out.push(notice(text)),
            // The game may just have hidden what is typed, and the answer need not be.
            Note::Ask { text, hidden } => out.extend([echo(*hidden), notice(text)]),
            Note::Undelivered(canonical) => self.undelivered(canonical, out),
            Note::Welcome(_)
            | Note::Offers(_)
            | Note::InputExpected(_)
            | Note::Move(_)
            | Note::Closing(_) => {}
        }
    }

    /// Where the client named its position, what it missed comes before everything is new.
    fn live(&mut self, out: &mut Vec<Message>) {
        if self.live_at.is_none() {
            return out.push(Message::of(&ServerMessage::Live));
        }
        self.tell_live(out);
    }

    fn undelivered(&mut self, canonical: &[u8], out: &mut Vec<Message>) {
        let mut raw = Vec::new();
        history::text_only(canonical, None, &mut raw);
        let text = charset::decode(self.charset, &history::undoubled(&raw)).text;
        let mut rest = &*text;
        while let Some((piece, more)) = cut(rest, PIECE_BYTES) {
            rest = more;
            out.push(Message::of(&ServerMessage::Output { position: None, text: piece }));
        }
    }

    /// It is over; what is left of the text comes before that.
    pub(crate) fn closing(&mut self, closing: Closing, text: &str, out: &mut Vec<Message>) {
        self.tell_text(Finish::NothingFollows, out);
        out.push(server::closing(closing, text));
    }
}

/// Whether what is gathered may go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Finish {
    MoreMayCome,
    NothingFollows,
}

/// The first piece of a text, and the rest; none of an empty one.
fn cut(text: &str, bytes_max: usize) -> Option<(&str, &str)> {
    let at = (1..=bytes_max.min(text.len())).rev().find(|&at| text.is_char_boundary(at))?;
    Some(text.split_at(at))
}

fn echo(hidden: bool) -> Message {
    Message::of(&ServerMessage::Echo { on: !hidden })
}

pub(crate) fn notice(text: &str) -> Message {
    Message::of(&ServerMessage::Notice { text })
}

/// A GMCP message; others mean nothing to a web client. Data that is no JSON is told as text.
fn out_of_band(option: u8, payload: &[u8], position: Option<Position>) -> Option<Message> {
    if option != option::GMCP {
        return None;
    }
    let (package, data) = gmcp::split(payload);
    let package = String::from_utf8_lossy(package);
    let data = String::from_utf8_lossy(data);
    let read =
        || serde_json::from_str::<Box<RawValue>>(if data.is_empty() { "null" } else { &data });
    let as_text = |_| serde_json::value::to_raw_value(&*data);
    let data = read().or_else(as_text).ok()?;
    // A message is one line, also where the game's JSON is several.
    let data = match memchr(b'\n', data.get().as_bytes()).or(memchr(b'\r', data.get().as_bytes())) {
        None => data,
        Some(_) => RawValue::from_string(data.get().replace(['\n', '\r'], " ")).ok()?,
    };
    Some(Message::of(&ServerMessage::Gmcp { position, package: &package, data: &data }))
}

#[cfg(test)]
mod tests;
