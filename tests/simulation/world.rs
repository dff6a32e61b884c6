//! A small world: sessions, clients and a game, and what happens to them by chance.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use mudkeep::config::{Config, Hold, OnDown, OnDuplicate};
use mudkeep::ids::Epoch;
use mudkeep::login::{Preset, PresetData, RuleOverrides};
use mudkeep::session::core::{Core, GameEnd, PresetChoice};
use mudkeep::session::message::{DetachReason, EndReason};
use mudkeep::session::token::{Mint, SECRET_CHARS, Secret};
use uuid::Uuid;

use crate::chance::Chance;
use crate::client::{Client, Manner, ToServer, Wallet, numbered};
use crate::connection::{Connection, TokenBook};
use crate::game::Asks;
use crate::oracle::{Journal, Lines};
use crate::session::Session;
use crate::variants::{Tokens, Variant};

const PRESET: &str = r#"
    rules = [
        { id = "name", is = "name", re = '^Name: $' },
        { id = "password", is = "password", re = '^Password: $' },
        { id = "welcome", is = "ok", re = '^Welcome, (?<name>\w+)!$' },
        { id = "wrong", is = "fail", re = '^Wrong password\.$' },
        { id = "nobody", is = "fail", re = '^No such name\.$' },
    ]
    leave = [{ client = '^quit$', game = '^Name: $' }]
"#;

/// Draws from a seed.
struct SeedMint(Chance);

impl Mint for SeedMint {
    fn secret(&mut self) -> Secret {
        let text = format!("{:0SECRET_CHARS$}", self.0.next());
        Secret::parse(text.as_bytes()).expect("digits")
    }

    fn uuid(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.0.next(), self.0.next())
    }

    fn epoch(&mut self) -> Epoch {
        Epoch(self.0.next())
    }
}

/// Everything there is.
pub(crate) struct World {
    pub(crate) chance: Chance,
    pub(crate) now: Instant,
    pub(crate) config: Arc<Config>,
    pub(crate) hold: Duration,
    /// The game asks nobody for a name.
    pub(crate) nameless: bool,
    pub(crate) port_open: bool,
    pub(crate) sessions: Vec<Session>,
    pub(crate) lines_open: Vec<Connection>,
    pub(crate) clients: Vec<Client>,
    pub(crate) wallets: Vec<Wallet>,
    pub(crate) lines: Lines,
    pub(crate) book: TokenBook,
    /// The token that was presented on a connection.
    pub(crate) shown_on: HashMap<usize, String>,
    /// Lines that a replay on this connection must say it does not show.
    pub(crate) replay_from: Option<(usize, u64)>,
    pub(crate) variant: Variant,
    pub(crate) wrong_tokens: Tokens,
    pub(crate) journal: Journal,
    said: u64,
    /// How many notes were sent.
    pub(crate) notes: u64,
}

fn preset() -> Arc<Preset> {
    static COMPILED: OnceLock<Arc<Preset>> = OnceLock::new();
    let compile = || {
        let data: PresetData = toml::from_str(PRESET).expect("a preset");
        Arc::new(Preset::build("simulated", data, &RuleOverrides::default()).expect("a preset"))
    };
    COMPILED.get_or_init(compile).clone()
}

fn config(chance: &mut Chance) -> (Config, Duration) {
    let mut config = Config::default();
    let hold = Duration::from_secs(300);
    config.session.hold = Hold::For(hold);
    config.session.history = chance.pick(&[512, 1024, 2048, 8192]);
    config.session.replay = chance.pick(&[128, 1024, 8192]);
    config.session.clients_max = chance.pick(&[1, 1, 2]);
    config.session.on_duplicate = chance.pick(&[
        OnDuplicate::Preset,
        OnDuplicate::Preset,
        OnDuplicate::Reattach,
        OnDuplicate::Replace,
        OnDuplicate::Refuse,
        OnDuplicate::Allow,
    ]);
    config.game.on_down = chance.pick(&[None, Some(OnDown::Stay), Some(OnDown::Close)]);
    config.limits.game_input_bytes_max = chance.pick(&[64, 4096]);
    config.token.families_max = 64;
    (config, hold)
}

impl World {
    pub(crate) fn new(mut chance: Chance, variant: Variant, recording: bool) -> World {
        let (config, hold) = config(&mut chance);
        let mut world = World {
            now: mudkeep::clock::now(),
            hold,
            config: Arc::new(config),
            nameless: chance.percent(35),
            port_open: true,
            sessions: Vec::new(),
            lines_open: Vec::new(),
            clients: Vec::new(),
            wallets: Vec::new(),
            lines: Lines::default(),
            book: TokenBook::default(),
            shown_on: HashMap::new(),
            replay_from: None,
            variant,
            wrong_tokens: Tokens::default(),
            journal: Journal { recording, ..Journal::default() },
            said: 0,
            notes: 0,
            chance,
        };
        world.add_clients();
        world
    }

    /// A browser first; then others, some of which share its token.
    fn add_clients(&mut self) {
        let others = self.chance.pick(&[0, 1, 1, 2, 3]);
        self.wallets.push(Wallet::default());
        self.clients.push(Client::new("c0".to_owned(), Manner::Browser, 0, "alice"));
        for number in 1..=others {
            let manner = self.chance.pick(&[Manner::Browser, Manner::Telnet, Manner::Telnet]);
            let shares = manner == Manner::Browser && self.chance.percent(75);
            let wallet = if shares { 0 } else { self.wallets.len() };
            if !shares {
                self.wallets.push(Wallet::default());
            }
            let user = self.chance.pick(&["alice", "alice", "alice", "bob"]);
            self.clients.push(Client::new(format!("c{number}"), manner, wallet, user));
        }
        for client in &mut self.clients {
            client.nameless = self.nameless;
        }
    }

    pub(crate) fn new_session(&mut self) -> usize {
        let choice = PresetChoice::Known(if self.nameless { Preset::none() } else { preset() });
        let mint = Box::new(SeedMint(Chance::new(self.chance.next())));
        let core = Core::new(self.config.clone(), &choice, mint, self.now);
        self.sessions.push(Session::new(core));
        let at = self.sessions.len() - 1;
        self.after(at);
        at
    }

    /// Something happens.
    pub(crate) fn step(&mut self) {
        match self.chance.below(100) {
            0..14 => self.game_talks(),
            14..22 => self.with_session(|world, at| {
                let bytes = world.chance.pick(&[1, 3, 30, 300, 60_000]);
                world.game_speaks(at, bytes);
            }),
            22..28 => self.server_reads(),
            28..33 => self.something_reaches_a_client(),
            33..38 => self.something_arrives(),
            38..62 => self.traffic(),
            62..72 => self.client_types(),
            72..75 => self.client_says_something_else(),
            75..80 => self.client_goes(),
            80..87 => self.client_comes(),
            87..90 => self.server_notices(),
            90..94 => self.job_is_done(),
            94..98 => self.time_passes_by_chance(),
            _ => self.accident(),
        }
    }

    /// Everything on one connection moves on a little.
    fn traffic(&mut self) {
        let open = |line: &Connection| line.open && line.up;
        let Some(line) = self.chance.place(&self.lines_open, open) else { return };
        for _ in 0..self.chance.between(1, 4) {
            self.arrives(line);
        }
        if let Some((at, _)) = self.lines_open[line].at {
            for job in (0..self.sessions[at].jobs.len()).rev() {
                self.answer(at, job);
            }
            let bytes = self.chance.pick(&[10, 100, 60_000]);
            self.game_hears(at, bytes);
            self.game_speaks(at, bytes);
        }
        for _ in 0..self.chance.between(1, 12) {
            self.read(line);
        }
        for _ in 0..self.chance.between(1, 12) {
            self.reaches(line);
        }
    }

    fn with_session(&mut self, act: impl FnOnce(&mut World, usize)) {
        let alive = |session: &Session| session.end.is_none() || session.game.is_some();
        if let Some(at) = self.chance.place(&self.sessions, alive) {
            act(self, at);
        }
    }

    fn game_talks(&mut self) {
        let plays = |session: &Session| {
            let talks = |game: &crate::game::GameLine| {
                matches!(game.asks, Asks::Play(_)) && game.end.is_none()
            };
            session.game.as_ref().is_some_and(talks)
        };
        if let Some(at) = self.chance.place(&self.sessions, plays) {
            self.said += 1;
            if let Some(game) = &mut self.sessions[at].game {
                game.talk(&mut self.chance, self.said);
            }
        }
    }

    fn server_reads(&mut self) {
        let reads = |line: &Connection| line.open && line.at.is_some();
        if let Some(line) = self.chance.place(&self.lines_open, reads) {
            if self.chance.percent(3) {
                self.lines_open[line].room = self.chance.pick(&[0, 1, 8, 8, 30]);
            }
            for _ in 0..self.chance.between(1, 6) {
                self.read(line);
            }
        }
    }

    fn something_reaches_a_client(&mut self) {
        let waits = |line: &Connection| line.up && !line.to_client.is_empty();
        if let Some(line) = self.chance.place(&self.lines_open, waits) {
            for _ in 0..self.chance.between(1, 4) {
                self.reaches(line);
            }
        }
    }

    fn something_arrives(&mut self) {
        let waits = |line: &Connection| !line.to_server.is_empty();
        if let Some(line) = self.chance.place(&self.lines_open, waits) {
            // What was under way when the client went may still arrive.
            if self.lines_open[line].up || self.chance.percent(50) {
                self.arrives(line);
            }
        }
    }

    fn client_types(&mut self) {
        let live = |client: &Client| client.live && client.line.is_some();
        let Some(who) = self.chance.place(&self.clients, live) else { return };
        let client = &mut self.clients[who];
        let said = client.types(&mut self.chance, &self.wallets[client.wallet]);
        if let Some(line) = client.line {
            self.lines_open[line].to_server.push_back(said);
        }
    }

    fn client_says_something_else(&mut self) {
        let live = |client: &Client| client.live && client.line.is_some();
        let Some(who) = self.chance.place(&self.clients, live) else { return };
        let client = &self.clients[who];
        let said = match (self.chance.below(20), client.unacked.front()) {
            (0, _) => ToServer::Logout,
            (1..6, _) => ToServer::Refresh,
            (6..10, _) => ToServer::Message,
            (_, Some((seq, line))) => numbered(*seq, line),
            (_, None) => return,
        };
        if let Some(line) = client.line {
            self.lines_open[line].to_server.push_back(said);
        }
    }

    /// A client goes: in order, or without a word.
    fn client_goes(&mut self) {
        let there = |client: &Client| client.line.is_some();
        let Some(who) = self.chance.place(&self.clients, there) else { return };
        let Some(line) = self.clients[who].line.take() else { return };
        self.journal.note(|| format!("client {who} goes from connection {line}"));
        self.clients[who].live = false;
        self.lines_open[line].up = false;
        if self.chance.percent(30) {
            self.lines_open[line].to_server.push_back(ToServer::Close);
        }
    }

    fn client_comes(&mut self) {
        let gone = |client: &Client| client.line.is_none();
        if let Some(who) = self.chance.place(&self.clients, gone) {
            self.connect(who);
        }
    }

    pub(crate) fn connect(&mut self, who: usize) {
        let client = &mut self.clients[who];
        let hello = client.hello(&self.wallets[client.wallet], &mut self.chance);
        let line = self.lines_open.len();
        client.line = Some(line);
        self.journal.note(|| format!("client {who} comes on connection {line}: {hello:?}"));
        self.lines_open.push(Connection::new(who, hello));
    }

    fn server_notices(&mut self) {
        let dead = |line: &Connection| !line.up && line.open;
        if let Some(line) = self.chance.place(&self.lines_open, dead) {
            self.close(line, DetachReason::ConnectionLost);
        }
    }

    fn job_is_done(&mut self) {
        let waits = |session: &Session| !session.jobs.is_empty();
        if let Some(at) = self.chance.place(&self.sessions, waits) {
            let job = self.chance.below(self.sessions[at].jobs.len());
            self.answer(at, job);
        }
    }

    fn time_passes_by_chance(&mut self) {
        let seconds = match self.chance.below(40) {
            0 => 400,
            1..3 => self.chance.between(20, 200),
            _ => self.chance.between(0, 3),
        };
        let millis = self.chance.below(1000) as u64;
        self.pass(Duration::from_millis(seconds as u64 * 1000 + millis));
    }

    /// Time passes; what is due is done when it is due.
    pub(crate) fn pass(&mut self, time: Duration) {
        for at in 0..self.sessions.len() {
            let rest = self.sessions[at].game.as_ref().map_or(0, |game| game.unfinished());
            if rest > 0 {
                self.game_speaks(at, rest);
            }
        }
        let until = self.now + time;
        let due = |world: &World| {
            let all = world.sessions.iter().enumerate().filter(|(_, s)| s.end.is_none());
            let due = all.filter_map(|(at, s)| Some((s.core.deadline()?, at)));
            due.min().filter(|(due, _)| *due <= until)
        };
        for _ in 0..10_000 {
            let Some((when, at)) = due(self) else {
                self.now = until;
                return;
            };
            self.now = self.now.max(when);
            let now = self.now;
            self.sessions[at].core.tick(now);
            self.after(at);
        }
        self.journal.holds(false, || "C a deadline does not go away".to_owned());
    }

    /// Something out of the ordinary.
    fn accident(&mut self) {
        match self.chance.below(20) {
            0 => self.port_open = !self.port_open,
            1 => self.game_crashes(),
            2..5 => self.with_session(|world, at| {
                let how = world.chance.pick(&[GameEnd::Closed, GameEnd::Lost]);
                if let Some(game) = &mut world.sessions[at].game {
                    game.asks = Asks::Name;
                    game.end = game.end.or(Some(how));
                }
            }),
            5 => self.with_session(|world, at| {
                world.sessions[at].core.end(EndReason::Kicked);
                world.after(at);
            }),
            6..12 => self.port_open = true,
            _ => self.old_token_is_shown(),
        }
    }

    fn game_crashes(&mut self) {
        self.journal.note(|| "the game crashes".to_owned());
        self.port_open = false;
        for game in self.sessions.iter_mut().filter_map(|session| session.game.as_mut()) {
            game.asks = Asks::Name;
            game.crash();
        }
    }

    /// Somebody has a token that was good once.
    fn old_token_is_shown(&mut self) {
        let book = &self.book;
        let retired = self.wallets.iter().flat_map(|wallet| &wallet.old);
        let retired: Vec<_> =
            retired.filter(|token| book.is_retired(&token.secret)).cloned().collect();
        if !retired.is_empty() {
            let token = self.chance.pick(&retired);
            let line = self.lines_open.len();
            let hello = ToServer::Resume { token, position: None };
            self.journal.note(|| format!("a thief comes on connection {line}"));
            let mut connection = Connection::new(0, hello);
            connection.up = false;
            self.lines_open.push(connection);
            self.arrives(line);
        }
    }
}
