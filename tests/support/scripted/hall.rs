//! All that a scripted game knows: accounts, who is in play, each connection's dialogue and
//! record. No sockets: bytes go in, segments come out.

mod acts;
mod rules;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;

use super::input::{Input, Violation};
use super::script::{Act, Script, State};
use crate::support::wire::{self, Wire};

/// How a connection ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// The other side sent FIN.
    Eof,
    /// The other side sent RST, or the socket failed.
    Reset,
    /// The game closed it.
    Closed,
    /// The test had it killed.
    Killed,
}

/// A line that the game took.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heard {
    /// Who was in play on that connection, if anybody.
    pub player: Option<String>,
    pub line: String,
}

/// All that happened on one connection, from the game's side.
#[derive(Clone, Debug)]
pub struct Record {
    pub peer: SocketAddr,
    /// Every byte received, telnet included.
    pub received: Vec<u8>,
    /// Every byte that the socket took.
    pub sent: Vec<u8>,
    pub lines: Vec<Heard>,
    /// Telnet that the game understood.
    pub telnet: Vec<Wire>,
    pub violations: Vec<Violation>,
    /// Who was in play last.
    pub player: Option<String>,
    pub end: Option<End>,
}

struct Account {
    name: String,
    password: String,
}

#[derive(Default)]
struct Body {
    in_play: bool,
    /// The last numbered line that was written to it.
    numbered: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Closing {
    No,
    /// After what is still to be sent.
    Polite,
    Kill,
}

/// What a connection's task has to do next.
pub(super) struct Todo {
    pub(super) next: Option<(Arc<Vec<u8>>, Range<usize>)>,
    pub(super) closing: Closing,
    pub(super) paused: bool,
    /// Whether its lines are to be left in the socket for now.
    pub(super) deaf: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EchoState {
    No,
    AskedOn,
    Yes,
    AskedOff,
}

pub(super) struct Conn {
    pub(super) record: Record,
    /// Segments to be written, each on its own.
    pub(super) out: VecDeque<Arc<Vec<u8>>>,
    front_written: usize,
    pub(super) closing: Closing,
    /// What is left of an act list that stands at [`Act::Pause`].
    pub(super) paused: Option<&'static [Act]>,
    pub(super) playing: bool,
    /// The folded name that is being talked about.
    pub(super) candidate: Option<String>,
    state: State,
    accepted: bool,
    failures: u32,
    remembered: String,
    typed: String,
    password: String,
    input: Input,
    echo: EchoState,
    gmcp: bool,
    msdp: bool,
    asked_ttype: bool,
    answered: bool,
}

pub(super) struct Hall {
    script: Script,
    accounts: BTreeMap<String, Account>,
    bodies: BTreeMap<String, Body>,
    pub(super) conns: Vec<Conn>,
    /// Whether the game is to listen, and whether it does.
    pub(super) listening: bool,
    pub(super) door_open: bool,
    /// Nothing is read from any socket.
    pub(super) hanging: bool,
    guests: usize,
}

impl Hall {
    pub(super) fn new(script: Script) -> Hall {
        Hall {
            script,
            accounts: BTreeMap::new(),
            bodies: BTreeMap::new(),
            conns: Vec::new(),
            listening: true,
            door_open: true,
            hanging: false,
            guests: 0,
        }
    }

    pub(super) fn fold(&self, name: &str) -> String {
        let names = &self.script.names;
        let name = name.trim();
        let name =
            if names.prefix.is_empty() { name } else { name.trim_start_matches(names.prefix) };
        let name = if names.suffix.is_empty() { name } else { name.trim_end_matches(names.suffix) };
        name.chars().filter(|c| !names.strip.contains(*c)).collect::<String>().to_lowercase()
    }

    pub(super) fn account(&mut self, name: &str, password: &str) {
        let account = Account { name: name.to_owned(), password: password.to_owned() };
        self.accounts.insert(self.fold(name), account);
    }

    pub(super) fn connect(&mut self, peer: SocketAddr) -> usize {
        self.conns.push(Conn::new(Record::new(peer), &self.script));
        let id = self.conns.len() - 1;
        self.run(id, self.script.hello);
        id
    }

    pub(super) fn received(&mut self, id: usize, bytes: &[u8]) {
        let conn = &mut self.conns[id];
        conn.record.received.extend(bytes);
        let fed = conn.input.read(bytes);
        conn.record.telnet.extend(fed.telnet.iter().cloned());
        conn.record.violations.extend(fed.violations);
        for wire in fed.telnet {
            self.telnet(id, wire);
        }
        for line in fed.lines {
            if self.conns[id].closing == Closing::No {
                self.line(id, &String::from_utf8_lossy(&line));
            }
        }
    }

    pub(super) fn ended(&mut self, id: usize, end: End) {
        let conn = &mut self.conns[id];
        if conn.record.end.is_some() {
            return;
        }
        conn.record.end = Some(end);
        conn.out.clear();
        let was_playing = std::mem::take(&mut conn.playing);
        conn.accepted = false;
        if let Some(key) = conn.candidate.take()
            && was_playing
            && !self.script.link_death
            && self.playing(&key) == 0
        {
            self.body(&key).in_play = false;
        }
    }

    /// How many connections play `key`.
    pub(super) fn playing(&self, key: &str) -> usize {
        self.conns.iter().filter(|conn| conn.plays(key)).count()
    }

    pub(super) fn link_dead(&self, key: &str) -> bool {
        self.bodies.get(key).is_some_and(|body| body.in_play) && self.playing(key) == 0
    }

    /// Queues a segment for each connection that plays `key`.
    pub(super) fn say(&mut self, key: &str, bytes: &[u8]) -> usize {
        let conns = self.conns.iter_mut().filter(|conn| conn.plays(key));
        conns.map(|conn| conn.out.push_back(Arc::new(bytes.to_vec()))).count()
    }

    /// The next `count` numbered lines for `key`, as one text; and the numbers.
    pub(super) fn number(&mut self, key: &str, count: u64) -> (Range<u64>, Vec<u8>) {
        let line_end = self.script.line_end;
        let body = self.body(key);
        let first = body.numbered + 1;
        body.numbered += count;
        let range = first..body.numbered + 1;
        let text = range.clone().fold(String::new(), |mut text, n| {
            text.push_str(&format!("line {n}{line_end}"));
            text
        });
        (range, text.into_bytes())
    }

    pub(super) fn proceed(&mut self, id: usize) {
        if let Some(rest) = self.conns[id].paused.take() {
            self.run(id, rest);
        }
    }

    /// Which connections have something to do.
    pub(super) fn busy(&self) -> Vec<usize> {
        let busy = |conn: &Conn| !conn.out.is_empty() || conn.closing != Closing::No;
        let open = self.conns.iter().enumerate().filter(|(_, conn)| conn.record.end.is_none());
        open.filter(|(_, conn)| busy(conn)).map(|(id, _)| id).collect()
    }

    pub(super) fn todo(&self, id: usize, write_bytes_max: Option<usize>) -> Todo {
        let conn = &self.conns[id];
        let next = conn.out.front().map(|segment| {
            let rest = segment.len() - conn.front_written;
            let size = rest.min(write_bytes_max.unwrap_or(rest));
            (Arc::clone(segment), conn.front_written..conn.front_written + size)
        });
        let paused = conn.paused.is_some();
        let deaf = self.hanging || paused && self.script.deaf_while_waiting;
        Todo { next, closing: conn.closing, paused, deaf }
    }

    /// The socket took `count` bytes of the front segment.
    pub(super) fn written(&mut self, id: usize, count: usize) {
        let conn = &mut self.conns[id];
        let Some(front) = conn.out.front() else { return };
        conn.record.sent.extend(&front[conn.front_written..conn.front_written + count]);
        conn.front_written += count;
        if conn.front_written == front.len() {
            conn.out.pop_front();
            conn.front_written = 0;
        }
    }

    fn body(&mut self, key: &str) -> &mut Body {
        self.bodies.entry(key.to_owned()).or_default()
    }

    fn telnet(&mut self, id: usize, wire: Wire) {
        let conn = &mut self.conns[id];
        let mut replies = Vec::new();
        if !std::mem::replace(&mut conn.answered, true) {
            replies.extend(self.script.after_answer);
        }
        match wire {
            Wire::Option(wire::WILL, wire::TTYPE)
                if !std::mem::replace(&mut conn.asked_ttype, true) =>
            {
                replies.extend(self.script.after_ttype);
            }
            Wire::Option(wire::DO, wire::GMCP) => conn.gmcp = true,
            Wire::Option(wire::DONT, wire::GMCP) => conn.gmcp = false,
            Wire::Option(wire::DO, wire::ECHO) if conn.echo == EchoState::AskedOn => {
                conn.echo = EchoState::Yes
            }
            Wire::Option(wire::DONT, wire::ECHO) => conn.echo = EchoState::No,
            Wire::Sub(wire::GMCP, message) => self.gmcp(id, &message, &mut replies),
            Wire::Sub(wire::MSDP, message) => {
                conn.msdp |= message.windows(14).any(|word| word == b"CHARACTER_NAME");
            }
            Wire::Text(_) | Wire::Command(_) | Wire::Option(..) | Wire::Sub(..) => {}
        }
        if !replies.is_empty() {
            self.conns[id].out.push_back(Arc::new(replies));
        }
    }

    fn gmcp(&mut self, id: usize, message: &[u8], replies: &mut Vec<u8>) {
        let message = String::from_utf8_lossy(message);
        let package = message.split(' ').next().unwrap_or_default();
        let asked = self.script.gmcp.iter().find(|(asked, _)| asked.eq_ignore_ascii_case(package));
        if let Some((_, reply)) = asked
            && self.conns[id].playing
        {
            replies.extend(wire::sub(wire::GMCP, self.fill(id, reply).as_bytes()));
        }
    }
}

impl Record {
    pub(super) fn new(peer: SocketAddr) -> Record {
        Record {
            peer,
            received: Vec::new(),
            sent: Vec::new(),
            lines: Vec::new(),
            telnet: Vec::new(),
            violations: Vec::new(),
            player: None,
            end: None,
        }
    }
}

impl Conn {
    fn new(record: Record, script: &Script) -> Conn {
        Conn {
            record,
            out: VecDeque::new(),
            front_written: 0,
            closing: Closing::No,
            paused: None,
            playing: false,
            candidate: None,
            state: script.start,
            accepted: false,
            failures: 0,
            remembered: String::new(),
            typed: String::new(),
            password: String::new(),
            input: Input::new(script.filter),
            echo: EchoState::No,
            gmcp: false,
            msdp: false,
            asked_ttype: false,
            answered: false,
        }
    }

    fn plays(&self, key: &str) -> bool {
        self.playing && self.candidate.as_deref() == Some(key)
    }

    fn push(&mut self, segment: &mut Vec<u8>) {
        if !segment.is_empty() {
            self.out.push_back(Arc::new(std::mem::take(segment)));
        }
    }
}
