//! A player's client: what it has, what it believes, and what it says next.
//!
//! A browser names its position and numbers its lines; a plain telnet client does neither, and
//! comes back by logging in or by typing its token. Several can share one wallet: tabs of one
//! browser, which hold the same token.

use std::collections::VecDeque;
use std::fmt;

use mudkeep::ids::{Epoch, InputSeq, Position, SessionId, TokenGeneration};
use mudkeep::session::message::{Authenticated, Closing, Note, Via, Welcome};
use mudkeep::session::token::{Grant, Secret};

use crate::chance::Chance;
use crate::oracle::{Journal, Reader, Stream};

/// Bytes that are shown as text.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

/// What the server's side sends to a client.
#[derive(Clone, Debug)]
pub(crate) enum ToClient {
    Output {
        bytes: Bytes,
        to: Position,
    },
    Note {
        note: Box<Note>,
        /// Grows from note to note: which of two is the later one.
        number: u64,
    },
    Refused,
}

/// What a client sends to the server's side.
#[derive(Clone, Debug)]
pub(crate) enum ToServer {
    Open,
    Resume {
        token: Token,
        position: Option<Position>,
    },
    Line {
        line: Bytes,
        seq: Option<InputSeq>,
    },
    TokenAck(TokenGeneration),
    /// It has been welcomed to the stream of this epoch: what it says from here on is for that.
    Ack(Epoch),
    Refresh,
    Logout,
    Message,
    Close,
}

/// A token as a client keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    pub(crate) session: SessionId,
    pub(crate) secret: Secret,
}

impl Token {
    fn granted(grant: &Grant) -> Token {
        Token { session: grant.session_id, secret: grant.secret.clone() }
    }
}

/// Where a device keeps its token.
#[derive(Debug, Default)]
pub(crate) struct Wallet {
    pub(crate) token: Option<Token>,
    /// The note that brought it: an older one that comes late brings nothing.
    number: u64,
    /// Those that it had before.
    pub(crate) old: Vec<Token>,
}

impl Wallet {
    fn put(&mut self, grant: &Grant, number: u64) {
        if number <= self.number {
            return;
        }
        self.number = number;
        let token = Token::granted(grant);
        if self.token.as_ref() != Some(&token) {
            self.old.extend(self.token.replace(token));
        }
    }
}

/// How a client behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Manner {
    Browser,
    Telnet,
}

/// One client.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) name: String,
    pub(crate) manner: Manner,
    pub(crate) wallet: usize,
    pub(crate) user: &'static str,
    pub(crate) password: &'static [u8],
    /// Its connection.
    pub(crate) line: Option<usize>,
    /// The token that it presented on it.
    pub(crate) presented: Option<Token>,
    /// The token that it was told last itself: one that another client of its wallet was told may
    /// be of another family, whose lines have a count of their own.
    told: Option<Token>,
    /// It has been welcomed on it.
    pub(crate) live: bool,
    pub(crate) session: Option<SessionId>,
    /// The session that welcomed it last, as the world counts them.
    said_by: usize,
    pub(crate) reader: Option<Reader>,
    /// The place that it will name: where it was when it last knew all that came before.
    safe: Option<Position>,
    /// It has been told that all is new from here on.
    settled: bool,
    /// It named this place when it came.
    named: Option<Position>,
    /// What it types is numbered from 1 on in each of these.
    series: u32,
    next: u64,
    pub(crate) unacked: VecDeque<(u64, Vec<u8>)>,
    typed: u64,
    tail: Vec<u8>,
    pub(crate) playing: bool,
    pub(crate) hidden: bool,
    pub(crate) vitals: Option<u64>,
    /// Acknowledged lines, by the session that acknowledged them.
    pub(crate) acked: Vec<(SessionId, Vec<u8>)>,
    /// Some may have been acknowledged for lines of another client that shares the count, or were
    /// not for the game.
    pub(crate) acked_elsewhere: bool,
    /// The game asks nobody for a name.
    pub(crate) nameless: bool,
}

impl Client {
    pub(crate) fn new(name: String, manner: Manner, wallet: usize, user: &'static str) -> Client {
        Client {
            name,
            manner,
            wallet,
            user,
            password: if user == "alice" { b"sesame" } else { b"open" },
            line: None,
            presented: None,
            told: None,
            live: false,
            session: None,
            said_by: 0,
            reader: None,
            safe: None,
            settled: false,
            named: None,
            series: 0,
            next: 1,
            unacked: VecDeque::new(),
            typed: 0,
            tail: Vec::new(),
            playing: false,
            hidden: false,
            vitals: None,
            acked: Vec::new(),
            acked_elsewhere: false,
            nameless: false,
        }
    }

    /// What it says first on a new connection.
    pub(crate) fn hello(&mut self, wallet: &Wallet, chance: &mut Chance) -> ToServer {
        self.live = false;
        self.playing = false;
        self.tail.clear();
        self.presented = match self.manner {
            Manner::Browser => wallet.token.clone(),
            Manner::Telnet => wallet.token.clone().filter(|_| chance.percent(25)),
        };
        self.named = match (self.manner, &self.presented) {
            (Manner::Browser, Some(_)) if !chance.percent(5) => self.safe,
            _ => None,
        };
        match self.presented.clone() {
            Some(token) => ToServer::Resume { token, position: self.named },
            None => ToServer::Open,
        }
    }

    /// Something comes. What it answers at once.
    pub(crate) fn receive(
        &mut self,
        message: ToClient,
        at: usize,
        stream: &Stream,
        wallet: &mut Wallet,
        journal: &mut Journal,
    ) -> Vec<ToServer> {
        // What a session says before it has welcomed the client says nothing of its output.
        let welcomes = match &message {
            ToClient::Note { note, number } => {
                grant_in(note).map(|grant| wallet.put(grant, *number))
            }
            ToClient::Output { .. } | ToClient::Refused => None,
        };
        self.said_by = if welcomes.is_some() { at } else { self.said_by };
        let judged = match message {
            ToClient::Output { bytes, to } => {
                self.output(stream, &bytes.0, to).map(|()| Vec::new())
            }
            ToClient::Note { note, .. } => self.note(*note, at, stream),
            ToClient::Refused => {
                self.refused(wallet);
                Ok(Vec::new())
            }
        };
        judged.unwrap_or_else(|promise| {
            journal.holds(false, || format!("{promise} (client {})", self.name));
            Vec::new()
        })
    }

    fn refused(&mut self, wallet: &mut Wallet) {
        self.line = None;
        self.live = false;
        if wallet.token == self.presented {
            wallet.token = None;
        }
    }

    fn output(&mut self, stream: &Stream, bytes: &[u8], to: Position) -> Result<(), String> {
        let reader = self.reader.as_mut().filter(|_| self.live);
        let Some(reader) = reader else {
            return Err("15 output came before the welcome".to_owned());
        };
        reader.output(stream, bytes, to)?;
        self.safe = if self.settled { Some(to) } else { self.safe };
        let replaying = reader.replaying;
        self.tail.extend_from_slice(bytes);
        let cut = self.tail.len().saturating_sub(32);
        self.tail.drain(..cut);
        if !replaying {
            self.learn(bytes);
        }
        Ok(())
    }

    /// The state that is told between the text.
    fn learn(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(at) = memchr::memchr(0xFF, rest) {
            match rest[at..] {
                [0xFF, 251, 1, ..] => self.hidden = true,
                [0xFF, 252, 1, ..] => self.hidden = false,
                [0xFF, 250, 201, ..] => self.learn_message(&rest[at + 3..]),
                _ => {}
            }
            // Also past the second of a doubled one, which begins nothing.
            rest = rest.get(at + 2..).unwrap_or_default();
        }
    }

    fn learn_message(&mut self, message: &[u8]) {
        if let Some(rest) = message.strip_prefix(b"Char.Vitals {\"hp\":") {
            let digits: Vec<u8> = rest.iter().copied().take_while(u8::is_ascii_digit).collect();
            self.vitals = String::from_utf8_lossy(&digits).parse().ok();
        }
    }

    fn note(&mut self, note: Note, at: usize, stream: &Stream) -> Result<Vec<ToServer>, String> {
        match note {
            Note::Welcome(welcome) => return self.welcome(&welcome, stream),
            Note::Authenticated(told) => return self.authenticated(&told, stream),
            Note::Token(grant) => {
                self.told = Some(Token::granted(&grant));
                return Ok(vec![ToServer::TokenAck(grant.generation)]);
            }
            Note::ReplayEnd => self.replay(false),
            Note::Live => self.settle(),
            Note::Echo { hidden } => self.hidden = hidden,
            Note::OutOfBand { payload, .. } => self.learn_message(&payload),
            Note::Gap { from, to } => {
                let reader = self.reader.as_mut().ok_or("11 a gap before the welcome")?;
                reader.gap(stream, from.0, to.0)?;
                if self.settled {
                    self.settle();
                }
            }
            Note::InputAck(seq) => self.acknowledged(seq.0)?,
            Note::InputExpected(seq) => return self.expected(seq.0),
            // Something typed may not have gone to the game.
            Note::Notice(_) => self.acked_elsewhere = true,
            Note::Closing(closing) => self.closed(closing, stream, at)?,
            Note::ReplayStart(_) | Note::Offers(_) | Note::Ask { .. } | Note::Undelivered(_) => {}
            Note::Move(_) => return Err("A a client is told to move by itself".to_owned()),
        }
        Ok(Vec::new())
    }

    /// All is new from here on.
    fn settle(&mut self) {
        self.replay(false);
        self.settled = true;
        self.safe = self.reader.map(|reader| reader.at);
    }

    fn replay(&mut self, replaying: bool) {
        if let Some(reader) = &mut self.reader {
            reader.replaying = replaying;
        }
    }

    fn welcome(&mut self, welcome: &Welcome, stream: &Stream) -> Result<Vec<ToServer>, String> {
        let at = welcome.position;
        let named = self.named.take();
        if let (Some(named), Via::Token, false) = (named, welcome.via, welcome.reset) {
            let mut reader = Reader { at: named, replaying: false };
            if let Some((from, to)) = welcome.gap {
                reader.gap(stream, from.0, to.0)?;
            }
            if reader.at != at {
                return Err(format!("10 resume begins at {at}, the client is at {}", reader.at));
            }
        }
        let own = self.told.is_some() && self.presented == self.told;
        let same = self.session == Some(welcome.session) && welcome.via == Via::Token && own;
        if welcome.via == Via::Opened {
            (self.hidden, self.vitals) = (false, None);
        }
        self.live = true;
        self.session = Some(welcome.session);
        self.playing = welcome.user.is_some();
        let replaying = named.is_none() || welcome.reset;
        self.settled = welcome.via == Via::Opened;
        self.reader = Some(Reader { at, replaying: replaying && !self.settled });
        let mut answers = vec![ToServer::Ack(at.epoch)];
        if let Some(grant) = &welcome.grant {
            self.told = Some(Token::granted(grant));
            answers.push(ToServer::TokenAck(grant.generation));
        }
        answers.extend(self.go_on_typing(same, welcome.input_seen.0));
        Ok(answers)
    }

    /// On the same device's count the lines that were not applied are sent again; on another one
    /// nobody knows what became of them.
    fn go_on_typing(&mut self, same: bool, seen: u64) -> Vec<ToServer> {
        if !same {
            self.series += 1;
            self.unacked.clear();
        }
        self.unacked.retain(|(seq, _)| *seq > seen);
        self.next = if same { self.next.max(seen + 1) } else { seen + 1 };
        self.unacked.iter().map(|(seq, line)| numbered(*seq, line)).collect()
    }

    fn authenticated(
        &mut self,
        told: &Authenticated,
        stream: &Stream,
    ) -> Result<Vec<ToServer>, String> {
        let reader = self.reader.as_mut().ok_or("42 accepted before the welcome")?;
        reader.cross(stream, told.position.epoch)?;
        reader.at = told.position;
        self.safe = if self.settled { Some(told.position) } else { self.safe };
        self.session = Some(told.session);
        self.told = Some(Token::granted(&told.grant));
        self.playing = true;
        Ok(vec![ToServer::TokenAck(told.grant.generation)])
    }

    fn acknowledged(&mut self, seq: u64) -> Result<(), String> {
        if seq >= self.next {
            return Err(format!("26 line {seq} is acknowledged, {} is the next", self.next));
        }
        while self.unacked.front().is_some_and(|(first, _)| *first <= seq) {
            if let (Some((_, line)), Some(session)) = (self.unacked.pop_front(), self.session) {
                self.acked.push((session, line));
            }
        }
        Ok(())
    }

    fn expected(&mut self, seq: u64) -> Result<Vec<ToServer>, String> {
        if seq > self.next {
            return Err(format!("26 line {seq} is expected, {} is the next", self.next));
        }
        Ok(self.unacked.iter().map(|(seq, line)| numbered(*seq, line)).collect())
    }

    fn closed(&mut self, closing: Closing, stream: &Stream, at: usize) -> Result<(), String> {
        let (live, reader) = (self.live && at == self.said_by, self.reader);
        self.line = None;
        self.live = false;
        self.playing = false;
        if let (Closing::GameClosed, true, Some(reader)) = (closing, live, reader) {
            if !stream.is_at_end(reader.at) {
                let at = reader.at;
                return Err(format!("47 told at {at} that the game closed, before its last words"));
            }
        }
        Ok(())
    }

    /// What it types next.
    pub(crate) fn types(&mut self, chance: &mut Chance, wallet: &Wallet) -> ToServer {
        let line = match self.tail.as_slice() {
            [.., b'N', b'a', b'm', b'e', b':', b' '] => match &wallet.token {
                Some(token) if self.manner == Manner::Telnet && chance.percent(30) => {
                    format!("resume {}.{}", token.session, token.secret.reveal()).into_bytes()
                }
                _ => self.user.into(),
            },
            [.., b'o', b'r', b'd', b':', b' '] if chance.percent(8) => b"wrong".to_vec(),
            [.., b'o', b'r', b'd', b':', b' '] => self.password.to_vec(),
            _ if self.playing || self.nameless => self.command(chance),
            _ => self.user.into(),
        };
        self.tail.clear();
        self.line(line)
    }

    fn command(&mut self, chance: &mut Chance) -> Vec<u8> {
        match chance.below(30) {
            0 => return b"quit".to_vec(),
            1 => return b"leave".to_vec(),
            2 => return b"look".to_vec(),
            _ => {}
        }
        self.typed += 1;
        let ends: [&[u8]; 6] = [b"", b"\r\nleave", b"\0\x07", b"\xFF\xFB\x01", b"\xFF", b"caf\xE9"];
        let end = if chance.percent(80) { &b""[..] } else { chance.pick(&ends) };
        let start = format!("say {}.{}.{} ", self.name, self.series, self.typed);
        [start.as_bytes(), end].concat()
    }

    fn line(&mut self, line: Vec<u8>) -> ToServer {
        if self.manner == Manner::Telnet {
            return ToServer::Line { line: Bytes(line), seq: None };
        }
        let seq = self.next;
        self.next += 1;
        self.unacked.push_back((seq, line.clone()));
        numbered(seq, &line)
    }
}

fn grant_in(note: &Note) -> Option<&Grant> {
    match note {
        Note::Welcome(welcome) => welcome.grant.as_ref(),
        Note::Authenticated(told) => Some(&told.grant),
        Note::Token(grant) => Some(grant),
        _ => None,
    }
}

pub(crate) fn numbered(seq: u64, line: &[u8]) -> ToServer {
    ToServer::Line { line: Bytes(line.to_vec()), seq: Some(InputSeq(seq)) }
}
