//! The core by itself: a clock that is set by hand, a game that says what a test writes, clients
//! that read.

mod again;
mod attaching;
mod bans;
mod ending;
mod entering;
mod queueing;
mod table;
mod tokens;

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::*;
use crate::ids::{ConnectionId, Epoch, InputSeq, Offset, Position};
use crate::login::{PresetData, RuleOverrides};
use crate::secret::Line;
use crate::session::message::{
    AttachRequest, AttachResult, ClientEvent, DetachReason, Peer, Proof, Reading, Refusal,
    ReplaySummary, ReplayWish, Transport, Welcome,
};
use crate::session::token::{Grant, SECRET_CHARS, Secret};
use crate::telnet::client_info::ClientInfo;

const PRESET: &str = r#"
    rules = [
        { id = "name", is = "name", re = '^Name: $' },
        { id = "password", is = "password", re = '^Password: $' },
        { id = "welcome", is = "ok", re = '^Welcome(, (?<name>\w+))?!$' },
        { id = "wrong", is = "fail", re = '^Wrong password\.$' },
    ]
    leave = [{ client = '^quit$', game = '^Name: $' }]
    menu = [{ client = '^menu$', game = '^Make your choice: $' }]
    enter = ['^1$']
    password_change = ['^@password']
    oob = { name = [{ gmcp = "Char.Name", key = "name" }], probe = [{ gmcp = "Char.Who" }] }
"#;

/// After so much quiet a game has finished what it was saying.
const QUIET: Duration = Duration::from_secs(1);

/// Counts.
struct Counter(u128);

impl Mint for Counter {
    fn secret(&mut self) -> Secret {
        self.0 += 1;
        Secret::parse(format!("{:0SECRET_CHARS$}", self.0).as_bytes()).unwrap()
    }

    fn uuid(&mut self) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(self.0)
    }

    fn epoch(&mut self) -> Epoch {
        self.0 += 1;
        Epoch(self.0 as u64)
    }
}

fn preset() -> Arc<Preset> {
    static COMPILED: OnceLock<Arc<Preset>> = OnceLock::new();
    let compile = || {
        let data: PresetData = toml::from_str(PRESET).unwrap();
        Arc::new(Preset::build("test", data, &RuleOverrides::default()).unwrap())
    };
    COMPILED.get_or_init(compile).clone()
}

/// A core and the time.
struct Rig {
    core: Core,
    now: Instant,
    connections: u128,
    /// How the next client comes.
    transport: Transport,
    /// What the core asked for and no test has looked at.
    asked: VecDeque<Action>,
}

/// What one client got, in order.
#[derive(Debug, Default)]
struct Got {
    text: String,
    notes: Vec<Note>,
    /// The text and the names of the notes, as they came.
    order: Vec<String>,
    position: Option<Position>,
    over: bool,
}

impl Got {
    fn closing(&self) -> Option<Closing> {
        self.notes.iter().find_map(|note| match note {
            Note::Closing(closing) => Some(*closing),
            _ => None,
        })
    }

    fn welcome(&self) -> &Welcome {
        let found = self.notes.iter().find_map(|note| match note {
            Note::Welcome(welcome) => Some(welcome),
            _ => None,
        });
        found.expect("a welcome")
    }

    fn authenticated(&self) -> &crate::session::message::Authenticated {
        let found = self.notes.iter().find_map(|note| match note {
            Note::Authenticated(told) => Some(told),
            _ => None,
        });
        found.expect("told that the game accepted")
    }

    /// The token that it was told last.
    fn grant(&self) -> Grant {
        let found = self.notes.iter().rev().find_map(|note| match note {
            Note::Welcome(welcome) => welcome.grant.clone(),
            Note::Authenticated(told) => Some(told.grant.clone()),
            Note::Token(grant) => Some(*grant.clone()),
            _ => None,
        });
        found.expect("a token")
    }
}

fn name_of(note: &Note) -> String {
    let debug = format!("{note:?}");
    debug.split(['(', ' ', '{']).next().unwrap_or_default().to_owned()
}

impl Rig {
    fn new(change: impl FnOnce(&mut Config)) -> Rig {
        let mut config = Config::default();
        change(&mut config);
        let now = crate::clock::now();
        Rig::of(preset(), config, now)
    }

    fn of(preset: Arc<Preset>, config: Config, now: Instant) -> Rig {
        let choice = PresetChoice::Known(preset);
        let core = Core::new(Arc::new(config), &choice, Box::new(Counter(0)), now);
        let transport = Transport::Telnet;
        Rig { core, now, connections: 0, transport, asked: VecDeque::new() }
    }

    fn request(&mut self, proof: Proof, position: Option<Position>) -> AttachRequest {
        self.connections += 1;
        AttachRequest {
            peer: Peer {
                connection: ConnectionId(Uuid::from_u128(self.connections)),
                transport: self.transport,
                address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            },
            info: ClientInfo::default(),
            proof,
            position,
            replay: ReplayWish::Missed,
            tell_token: false,
        }
    }

    fn attach(&mut self, proof: Proof, position: Option<Position>) -> AttachResult {
        let request = self.request(proof, position);
        self.core.attach(self.now, request)
    }

    fn open(&mut self) -> AttachGeneration {
        self.attach(Proof::Opened, None).unwrap()
    }

    fn resume(&mut self, grant: &Grant, position: Option<Position>) -> AttachGeneration {
        self.attach(Proof::Token(grant.secret.clone()), position).unwrap()
    }

    fn by_password(&mut self) -> AttachGeneration {
        self.attach(Proof::Password, None).unwrap()
    }

    fn game(&mut self, bytes: impl AsRef<[u8]>) {
        self.core.game_bytes(self.now, bytes.as_ref());
    }

    fn line(&mut self, from: AttachGeneration, line: &str) {
        let event = ClientEvent::Line { line: Line::from(line), seq: None };
        self.core.client(self.now, from, event);
    }

    fn numbered(&mut self, from: AttachGeneration, seq: u64, line: &str) {
        let event = ClientEvent::Line { line: Line::from(line), seq: Some(InputSeq(seq)) };
        self.core.client(self.now, from, event);
    }

    fn detach(&mut self, who: AttachGeneration, delivered: Option<Position>) {
        self.core.detach(self.now, who, DetachReason::ConnectionLost, delivered);
    }

    fn wait(&mut self, time: Duration) {
        let until = self.now + time;
        while let Some(due) = self.core.deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.core.tick(self.now);
        }
        self.now = until;
    }

    /// Everything that a client can read now.
    fn read(&mut self, who: AttachGeneration) -> Got {
        let mut got = Got::default();
        loop {
            assert!(got.order.len() < 10_000, "reading comes to an end");
            let mut out = Vec::new();
            match self.core.read(who, 4096, &mut out) {
                Reading::Nothing => return got,
                Reading::Output(position) => {
                    let text = String::from_utf8_lossy(&out).into_owned();
                    got.text.push_str(&text);
                    got.order.push(text);
                    got.position = Some(position);
                }
                Reading::Note(note) => {
                    got.order.push(name_of(&note));
                    got.notes.push(note);
                }
                Reading::Over => {
                    got.over = true;
                    return got;
                }
            }
        }
    }

    /// What the game has been sent since the last time.
    fn sent(&mut self) -> String {
        let mut sent = Vec::new();
        while let Some(unit) = self.core.game_output() {
            let length = unit.len();
            sent.extend_from_slice(unit);
            self.core.game_wrote(length);
        }
        String::from_utf8_lossy(&sent).into_owned()
    }

    fn asked(&mut self) -> Vec<Action> {
        self.asked.extend(std::iter::from_fn(|| self.core.poll_action()));
        self.asked.drain(..).collect()
    }

    /// Takes the first action that `is` one, of those that nobody has looked at.
    fn take(&mut self, is: impl Fn(&Action) -> bool) -> Option<Action> {
        self.asked.extend(std::iter::from_fn(|| self.core.poll_action()));
        let at = self.asked.iter().position(is)?;
        self.asked.remove(at)
    }

    /// The session dialled, its first client reading.
    fn at_login() -> (Rig, AttachGeneration) {
        Rig::at_login_with(|_| {})
    }

    fn at_login_with(change: impl FnOnce(&mut Config)) -> (Rig, AttachGeneration) {
        let mut rig = Rig::new(change);
        let client = rig.open();
        rig.core.game_connected(rig.now);
        rig.game("Name: ");
        rig.wait(QUIET);
        (rig, client)
    }

    fn log_in(&mut self, client: AttachGeneration) {
        self.line(client, "alice");
        self.game("Password: ");
        self.line(client, "sesame");
        assert!(self.take(|action| matches!(action, Action::Check(_))).is_some());
        self.core.checked(self.now, CheckOutcome::default());
        self.game("Welcome, Alice!\r\n");
        assert_eq!(self.core.state(), State::Playing);
    }

    /// Alice plays, and her client has read everything.
    fn playing() -> (Rig, AttachGeneration, Grant) {
        Rig::playing_with(|_| {})
    }

    fn playing_with(change: impl FnOnce(&mut Config)) -> (Rig, AttachGeneration, Grant) {
        let (mut rig, client) = Rig::at_login_with(change);
        rig.log_in(client);
        let grant = rig.read(client).grant();
        rig.sent();
        rig.asked();
        (rig, client, grant)
    }
}
