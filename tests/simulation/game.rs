//! The game: what it says, cut anywhere, and what it makes of the lines that it gets.

use std::collections::VecDeque;

use mudkeep::session::core::GameEnd;

use crate::chance::Chance;
use crate::oracle::Stream;

const IAC: u8 = 0xFF;

/// Something that the game says.
#[derive(Debug)]
struct Unit {
    raw: Vec<u8>,
    /// What a history has of it.
    canonical: Vec<u8>,
    /// It can be cut anywhere, and each part is something said.
    text: bool,
    shown: bool,
    /// What follows comes in another read.
    stop: bool,
}

/// What the game makes of the next line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Asks {
    Name,
    Password(&'static str),
    /// This player is in; `None` in a game that asks for nothing.
    Play(Option<&'static str>),
}

/// One connection to the game, as the game sees it.
#[derive(Debug)]
pub(crate) struct GameLine {
    units: VecDeque<Unit>,
    /// How much of the first unit has been sent.
    sent: usize,
    pub(crate) asks: Asks,
    pub(crate) hidden: bool,
    /// The last value of what it reports beside the text, since somebody is in.
    pub(crate) vitals: Option<u64>,
    /// It ends so when all has been sent.
    pub(crate) end: Option<GameEnd>,
    /// What has come of the next line, and of a command before it.
    input: Vec<u8>,
    command: Vec<u8>,
}

impl GameLine {
    pub(crate) fn new(login: bool) -> GameLine {
        let asks = if login { Asks::Name } else { Asks::Play(None) };
        let mut line = GameLine {
            units: VecDeque::new(),
            sent: 0,
            asks,
            hidden: false,
            vitals: None,
            end: None,
            input: Vec::new(),
            command: Vec::new(),
        };
        line.negotiation(&[IAC, 251, 201]);
        line.text(b"A game.\r\n", false);
        if login {
            line.text(b"Name: ", true);
        }
        line
    }

    pub(crate) fn text(&mut self, text: &[u8], stop: bool) {
        for part in text.split_inclusive(|&byte| byte == IAC) {
            let (plain, marked) = match part.strip_suffix(&[IAC]) {
                Some(plain) => (plain, true),
                None => (part, false),
            };
            if !plain.is_empty() {
                self.unit(plain, plain, true, true);
            }
            if marked {
                self.unit(&[IAC, IAC], &[IAC, IAC], false, true);
            }
        }
        if let Some(last) = self.units.back_mut() {
            last.stop = stop;
        }
    }

    fn unit(&mut self, raw: &[u8], canonical: &[u8], text: bool, shown: bool) {
        let (raw, canonical) = (raw.to_vec(), canonical.to_vec());
        self.units.push_back(Unit { raw, canonical, text, shown, stop: false });
    }

    fn negotiation(&mut self, raw: &[u8]) {
        self.unit(raw, b"", false, false);
    }

    pub(crate) fn echo(&mut self, hidden: bool) {
        let raw = [IAC, if hidden { 251 } else { 252 }, 1];
        let changed = std::mem::replace(&mut self.hidden, hidden) != hidden;
        self.unit(&raw, if changed { &raw } else { b"" }, false, false);
    }

    fn message(&mut self, text: &[u8]) {
        let mut raw = vec![IAC, 250, 201];
        for &byte in text {
            raw.extend_from_slice(if byte == IAC {
                &[IAC, IAC]
            } else {
                std::slice::from_ref(&byte)
            });
        }
        raw.extend_from_slice(&[IAC, 240]);
        self.unit(&raw, &raw, false, false);
    }

    /// Something, once more or less of it.
    pub(crate) fn talk(&mut self, chance: &mut Chance, number: u64) {
        match chance.below(20) {
            0 => {
                self.text(b"> ", false);
                self.unit(&[IAC, 249], &[IAC, 249], false, true);
            }
            1 if self.asks != Asks::Name => {
                self.vitals = Some(number);
                self.message(format!("Char.Vitals {{\"hp\":{number}}}").as_bytes());
            }
            2 => self.message(b"Core.Ping"),
            3 => self.negotiation(&[IAC, 253, 39]),
            4 => self.text(&format!("\x1b[31m{number} caf\u{e9}\x1b[0m\r\n").into_bytes(), false),
            5 => self.text(&[b'x', IAC, b'y', IAC, IAC, b'\r', b'\n'], false),
            6 if matches!(self.asks, Asks::Play(_)) => self.echo(chance.percent(40)),
            7 => self.flood(chance.between(100, 1200), number),
            8 => self.text(&chance.text(40), false),
            9 => self.message(&[b"Room.Any ", &chance.text(40)[..]].concat()),
            _ => self.text(format!("line {number} of the game\r\n").as_bytes(), false),
        }
    }

    fn flood(&mut self, bytes: usize, number: u64) {
        let line = format!("flood {number} is a line of some length that fills the history\r\n");
        for _ in 0..=bytes / line.len() {
            self.text(line.as_bytes(), false);
        }
    }

    /// What it sends next, at most so many bytes. What is complete goes into the stream.
    pub(crate) fn send(&mut self, bytes_max: usize, stream: &mut Stream) -> Vec<u8> {
        let mut sent = Vec::new();
        while sent.len() < bytes_max
            && let Some(unit) = self.units.front()
        {
            let until = unit.raw.len().min(self.sent + bytes_max - sent.len());
            let part = &unit.raw[self.sent..until];
            sent.extend_from_slice(part);
            if unit.text {
                stream.push(part, unit.shown);
            }
            self.sent = until;
            if until < unit.raw.len() {
                break;
            }
            if !unit.text {
                stream.push(&unit.canonical, unit.shown);
            }
            let stop = unit.stop;
            self.units.pop_front();
            self.sent = 0;
            if stop {
                break;
            }
        }
        sent
    }

    /// How much is left of something that must not be left unfinished for long.
    pub(crate) fn unfinished(&self) -> usize {
        let first = self.units.front().filter(|unit| !unit.text && self.sent > 0);
        first.map_or(0, |unit| unit.raw.len() - self.sent)
    }

    pub(crate) fn has_said_all(&self) -> bool {
        self.units.is_empty()
    }

    /// It breaks: what has not been sent never will be.
    pub(crate) fn crash(&mut self) {
        self.units.clear();
        self.sent = 0;
        self.end = Some(GameEnd::Lost);
    }

    /// Bytes from mudkeep; the lines that are complete with them.
    pub(crate) fn hear(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        for &byte in bytes {
            if !self.command.is_empty() || byte == IAC {
                self.hear_command(byte);
            } else if byte == b'\n' {
                let mut line = std::mem::take(&mut self.input);
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                lines.push(line);
            } else {
                self.input.push(byte);
            }
        }
        lines
    }

    fn hear_command(&mut self, byte: u8) {
        self.command.push(byte);
        let done = match self.command[..] {
            [IAC] | [IAC, 250..=254] => false,
            [IAC, IAC] => {
                self.input.push(IAC);
                true
            }
            [IAC, 250, .., IAC, 240] => true,
            [IAC, 250, ..] => false,
            _ => true,
        };
        if done {
            self.command.clear();
        }
    }
}

/// What it says at its door.
impl GameLine {
    pub(crate) fn ask_password(&mut self, name: &'static str) {
        self.echo(true);
        self.text(b"Password: ", true);
        self.asks = Asks::Password(name);
    }

    pub(crate) fn refuse(&mut self) {
        self.echo(false);
        self.text(b"\r\nWrong password.\r\nName: ", true);
        self.asks = Asks::Name;
    }

    pub(crate) fn welcome(&mut self, name: &'static str) {
        let shown = if name == "alice" { "Alice" } else { "Bob" };
        self.echo(false);
        self.text(format!("\r\nWelcome, {shown}!\r\n").as_bytes(), true);
        self.asks = Asks::Play(Some(name));
        self.vitals = None;
    }

    /// Back to the question for a name, on the same connection.
    pub(crate) fn lead_out(&mut self) {
        self.echo(false);
        self.text(b"Goodbye.\r\nName: ", true);
        self.asks = Asks::Name;
        self.vitals = None;
    }

    pub(crate) fn close(&mut self) {
        self.text(b"Goodbye.\r\n", false);
        self.asks = Asks::Name;
        self.end = self.end.or(Some(GameEnd::Closed));
    }

    pub(crate) fn usurp(&mut self) {
        self.text(b"You have been usurped!\r\n", false);
        self.asks = Asks::Name;
        self.end = self.end.or(Some(GameEnd::Closed));
    }
}
