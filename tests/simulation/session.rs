//! The session's side of the world: what its task would do, its connection to the game, and the
//! tables that say who is in.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use mudkeep::ids::{Position, SessionId, UserKey};
use mudkeep::secret::Line;
use mudkeep::session::core::{Action, Check, CheckOutcome, Claim, Core, Event, GameEnd, Match};
use mudkeep::session::message::EndReason;

use crate::game::{Asks, GameLine};
use crate::oracle::Stream;
use crate::world::World;

/// A chunk of a history, and the largest event that the game sends.
const CHUNK_BYTES: u64 = 4096 + 256;

/// What a session waits for.
#[derive(Debug)]
pub(crate) enum Job {
    Dial,
    Check(Box<Check>),
    Probe,
    AwaitGame,
    Replaced(usize),
}

/// One session, its game connection, and what is known about it.
pub(crate) struct Session {
    pub(crate) core: Core,
    pub(crate) ids: Vec<SessionId>,
    pub(crate) stream: Stream,
    pub(crate) game: Option<GameLine>,
    pub(crate) jobs: Vec<Job>,
    pub(crate) end: Option<EndReason>,
    /// Who the tables say is in, by which login name and with which password.
    claimed: Option<UserKey>,
    login: Option<UserKey>,
    password: Option<Line>,
    field: Option<Line>,
    /// All that was typed when the last thing said was a question for a password.
    passwords: Vec<Line>,
    naming: Option<UserKey>,
    /// Whom the game has let in here.
    accepted: Vec<UserKey>,
    /// Running sessions that this one's player has proved to own.
    matches: HashSet<SessionId>,
    /// How often all earlier tokens became worthless.
    pub(crate) revocations: u32,
    pub(crate) reuse_seen: bool,
    /// A line has gone to the game before it had answered the one before, or the login was given
    /// up: what is typed may go to the game whatever it says.
    suspect: bool,
    /// The connections in the order in which they were welcomed.
    pub(crate) placed: Vec<usize>,
    /// Since when nobody is attached.
    pub(crate) alone_since: Option<Instant>,
    pub(crate) left_at: Option<Position>,
    /// The client that left last and how far its output is known to have come.
    pub(crate) report: Option<(usize, Position)>,
    pub(crate) down_since: Option<Instant>,
}

impl Session {
    pub(crate) fn new(core: Core) -> Session {
        Session {
            ids: vec![core.id()],
            core,
            stream: Stream::default(),
            game: None,
            jobs: Vec::new(),
            end: None,
            claimed: None,
            login: None,
            password: None,
            field: None,
            passwords: Vec::new(),
            naming: None,
            accepted: Vec::new(),
            matches: HashSet::new(),
            revocations: 0,
            reuse_seen: false,
            suspect: false,
            placed: Vec::new(),
            alone_since: None,
            left_at: None,
            report: None,
            down_since: None,
        }
    }

    /// The id that it has now, or had just before.
    pub(crate) fn is(&self, id: SessionId) -> bool {
        self.end.is_none() && self.ids.iter().rev().take(2).any(|own| *own == id)
    }
}

impl World {
    /// Sees to what an operation on a core has changed: called after each.
    pub(crate) fn after(&mut self, at: usize) {
        self.follow_stream(at);
        self.check_session(at);
        while let Some(action) = self.sessions[at].core.poll_action() {
            self.perform(at, action);
        }
    }

    fn follow_stream(&mut self, at: usize) {
        let Session { core, stream, .. } = &mut self.sessions[at];
        let head = core.output().head();
        if stream.epoch() != Some(head.epoch) {
            // One read of the game may begin two: a login that ends, and the way out behind it.
            let before = core.output().previous_head().filter(|end| !stream.knows(end.epoch));
            if let Some(end) = before {
                stream.begin(end.epoch, end.offset.0 + head.offset.0);
            }
            stream.begin(head.epoch, head.offset.0);
        }
        let whole = stream.end(head.epoch) == Some(head.offset.0);
        self.journal.holds(whole, || format!("12 the history is at {head}, not all that was said"));
    }

    fn check_session(&mut self, at: usize) {
        let now = self.now;
        let clients_max = self.config.session.clients_max;
        let history_max = self.config.session.history.max(64 * 1024) as u64;
        let session = &mut self.sessions[at];
        let attached = session.core.clients().attached().count();
        let history = session.core.output().current();
        let held = history.head().0 - history.tail().0;
        self.journal.holds(attached <= clients_max, || {
            format!("1 {attached} clients are attached, {clients_max} may be")
        });
        self.journal.holds(held <= history_max + CHUNK_BYTES, || {
            format!("22 the history holds {held} bytes, {history_max} and a chunk are allowed")
        });
        match session.core.clients().anybody() {
            true => (session.alone_since, session.left_at) = (None, None),
            false if session.alone_since.is_none() => {
                session.alone_since = Some(now);
                session.left_at = Some(session.core.output().head());
            }
            false => {}
        }
    }

    fn perform(&mut self, at: usize, action: Action) {
        self.journal.note(|| format!("session {at} asks: {action:?}"));
        let now = self.now;
        match action {
            Action::Dial => self.sessions[at].jobs.push(Job::Dial),
            Action::Probe => self.sessions[at].jobs.push(Job::Probe),
            Action::AwaitGame => self.sessions[at].jobs.push(Job::AwaitGame),
            Action::Check(check) => {
                let session = &mut self.sessions[at];
                session.field = Some(check.field.clone());
                if session.stream.ends_with(b"Password: ") {
                    session.passwords.push(check.field.clone());
                }
                session.jobs.push(Job::Check(check));
            }
            Action::HalfCloseGame => self.half_close(at),
            Action::CloseGame => self.sessions[at].game = None,
            // Nobody is banned here.
            Action::Vet(vetting) if vetting.of_line => self.sessions[at].core.vetted(now, None),
            Action::Vet(_) => {}
            Action::Find(user) => {
                let running = self.running(&user).is_some();
                self.sessions[at].core.found(now, running);
            }
            Action::LoginTried { .. } => {}
            Action::Naming { user, waiting } => {
                self.sessions[at].naming = waiting.then_some(user);
            }
            Action::AskNaming => {
                let newcomer = self.is_named_by_other(at);
                self.sessions[at].core.decide_end(now, newcomer);
            }
            Action::Claim(claim) => self.claim(at, *claim),
            Action::Unclaim => self.unclaim(at),
            Action::DropVerifier => self.sessions[at].password = None,
            Action::NoteLoser(_) => {}
            Action::Replace(other) => self.replace(at, other),
            Action::Release(other) => self.release(at, other),
            Action::Log(Event::Left) => self.sessions[at].revocations += 1,
            Action::Log(Event::Suspect | Event::Transparent(_)) => self.sessions[at].suspect = true,
            Action::Log(_) => {}
            Action::End(reason) => self.ended(at, reason),
        }
        self.follow_stream(at);
    }

    fn half_close(&mut self, at: usize) {
        if let Some(game) = &mut self.sessions[at].game {
            game.text(b"You vanish.\r\n", false);
            game.asks = Asks::Name;
            game.end = game.end.or(Some(GameEnd::Closed));
        }
    }

    fn unclaim(&mut self, at: usize) {
        let session = &mut self.sessions[at];
        (session.claimed, session.login, session.password) = (None, None, None);
    }

    /// The session that is running for a login name, as the tables know it.
    fn running(&self, login: &UserKey) -> Option<usize> {
        let is = |session: &Session| session.end.is_none() && session.login.as_ref() == Some(login);
        let mut all = (0..self.sessions.len()).filter(|&at| is(&self.sessions[at]));
        let first = all.next()?;
        all.next().is_none().then_some(first)
    }

    fn is_named_by_other(&self, at: usize) -> bool {
        let own = self.sessions[at].claimed.as_ref();
        let names = |session: &Session| own.is_some() && session.naming.as_ref() == own;
        (0..self.sessions.len()).any(|other| other != at && names(&self.sessions[other]))
    }

    fn claim(&mut self, at: usize, claim: Claim) {
        let session = &mut self.sessions[at];
        let user = claim.user.map(|user| user.key);
        let accepted = user.as_ref().is_none_or(|user| session.accepted.contains(user));
        self.journal
            .holds(accepted, || format!("6 {user:?} is claimed, and the game let nobody in"));
        let fresh = claim.new == claim.old || !session.ids.contains(&claim.new);
        self.journal.holds(fresh, || "42 an id is used again".to_owned());
        session.ids.push(claim.new);
        session.claimed.clone_from(&user);
        session.login = claim.login;
        session.password = session.field.take();
        if claim.beside_others || user.is_none() {
            return;
        }
        let is = |other: &Session| other.end.is_none() && other.claimed == user;
        let losers: Vec<usize> =
            (0..self.sessions.len()).filter(|&o| o != at && is(&self.sessions[o])).collect();
        for loser in losers {
            self.sessions[loser].core.replaced();
            self.after(loser);
        }
    }

    fn replace(&mut self, at: usize, other: SessionId) {
        let proved = self.sessions[at].matches.contains(&other);
        self.journal.holds(proved, || "6 a session is replaced that nobody proved to own".into());
        let Some(other) = self.sessions.iter().position(|session| session.is(other)) else {
            let now = self.now;
            return self.sessions[at].core.other_replaced(now, Vec::new());
        };
        self.sessions[at].jobs.push(Job::Replaced(other));
        let now = self.now;
        self.sessions[other].core.make_room(now);
        self.after(other);
    }

    fn release(&mut self, at: usize, other: SessionId) {
        let proved = self.sessions[at].matches.contains(&other);
        self.journal.holds(proved, || "6 a session is released that nobody proved to own".into());
        if let Some(other) = self.sessions.iter().position(|session| session.is(other)) {
            self.sessions[other].core.end(EndReason::LoggedOut);
            self.after(other);
        }
    }

    fn ended(&mut self, at: usize, reason: EndReason) {
        let (now, hold, linger) = (self.now, self.hold, self.config.session.linger);
        let session = &mut self.sessions[at];
        self.journal.holds(session.end.is_none(), || "46 a session ends twice".to_owned());
        session.end = Some(reason);
        session.jobs.clear();
        session.naming = None;
        if reason == EndReason::Expired {
            // Whether a newcomer is the reason may be awaited first, for 2 s.
            let (since, time, more) = match (session.down_since, session.alone_since) {
                (Some(down), Some(alone)) => (down.max(alone), linger, Duration::from_secs(2)),
                (_, alone) => (alone.unwrap_or(now), hold, Duration::ZERO),
            };
            let was = now.duration_since(since);
            let promise = || format!("44 a session was held for {was:?}, not {time:?}");
            self.journal.holds((time..=time + more).contains(&was), promise);
        }
        self.unclaim(at);
    }

    /// What a session waits for comes.
    pub(crate) fn answer(&mut self, at: usize, job: usize) {
        let now = self.now;
        match self.sessions[at].jobs.get(job) {
            None => return,
            Some(Job::AwaitGame) if !self.port_open => return,
            Some(Job::Replaced(other)) if self.sessions[*other].end.is_none() => return,
            Some(_) => {}
        }
        let job = self.sessions[at].jobs.swap_remove(job);
        self.journal.note(|| format!("session {at} is answered: {job:?}"));
        match job {
            Job::Dial if self.port_open => {
                self.sessions[at].game = Some(GameLine::new(!self.nameless));
                self.sessions[at].core.game_connected(now);
            }
            Job::Dial => self.sessions[at].core.game_closed(now, GameEnd::Unreachable),
            Job::Check(check) => {
                let outcome = self.check(at, &check);
                self.sessions[at].core.checked(now, outcome);
            }
            Job::Probe => {
                let answers = self.port_open;
                self.sessions[at].core.probed(answers);
            }
            Job::AwaitGame => self.sessions[at].core.game_is_back(),
            Job::Replaced(other) => {
                let undelivered = self.sessions[other].core.undelivered();
                self.sessions[at].core.other_replaced(now, undelivered);
            }
        }
        self.after(at);
    }

    fn check(&mut self, at: usize, check: &Check) -> CheckOutcome {
        let running = check.login.as_ref().and_then(|login| self.running(login));
        let right = running.filter(|&other| {
            other != at && self.sessions[other].password.as_ref() == Some(&check.field)
        });
        let matched = right.map(|other| {
            let other = &self.sessions[other];
            let session = other.core.id();
            let bounced = self.chance.percent(10);
            let gone = other.core.has_lost_game();
            Match { session, attached: other.core.clients().anybody(), bounced, gone }
        });
        self.sessions[at].matches.extend(matched.map(|matched| matched.session));
        CheckOutcome { matched, ..CheckOutcome::default() }
    }

    /// Whether a player has proved to own the session that it is sent to.
    pub(crate) fn may_move(&self, from: usize, to: SessionId) -> bool {
        self.sessions[from].matches.contains(&to)
    }

    /// The game's bytes come, so many of them.
    pub(crate) fn game_speaks(&mut self, at: usize, bytes_max: usize) {
        let now = self.now;
        let Session { game, stream, core, .. } = &mut self.sessions[at];
        let Some(line) = game else { return };
        let bytes = line.send(bytes_max, stream);
        if !bytes.is_empty() {
            self.journal.note(|| format!("the game says to {at}: {}", bytes.escape_ascii()));
            core.game_bytes(now, &bytes);
        } else if let Some(end) = line.end.filter(|_| line.has_said_all()) {
            self.journal.note(|| format!("the game's connection to {at} ends: {end:?}"));
            *game = None;
            self.sessions[at].down_since = Some(now);
            self.sessions[at].core.game_closed(now, end);
        }
        self.after(at);
    }

    /// The game takes so many bytes of what mudkeep sends.
    pub(crate) fn game_hears(&mut self, at: usize, mut bytes_max: usize) {
        let Session { game, core, .. } = &mut self.sessions[at];
        let Some(line) = game else { return };
        let mut lines = Vec::new();
        while bytes_max > 0
            && let Some(unit) = core.game_output()
        {
            let bytes = unit.len().min(bytes_max);
            lines.extend(line.hear(&unit[..bytes]));
            core.game_wrote(bytes);
            bytes_max -= bytes;
        }
        // A game that has closed, or is dead, reads nothing any more.
        lines.retain(|_| line.end.is_none());
        for line in lines {
            self.journal.note(|| format!("the game gets from {at}: {}", line.escape_ascii()));
            self.judge_line(at, &line);
            self.game_answers(at, &line);
        }
        self.after(at);
    }

    fn judge_line(&mut self, at: usize, line: &[u8]) {
        let Session { game, suspect, passwords, .. } = &self.sessions[at];
        let asks = game.as_ref().is_some_and(|game| matches!(game.asks, Asks::Password(_)));
        // Whatever is typed at the question for a password is one, also if the game has taken more
        // lines for answers than it has asked questions.
        let password = asks || passwords.iter().any(|password| **password == *line);
        if line.starts_with(b"resume ") && (password || *suspect) {
            return;
        }
        if let Err(promise) = self.lines.came(line) {
            self.journal.holds(false, || promise);
        }
    }

    fn game_answers(&mut self, at: usize, line: &[u8]) {
        let Some(game) = &mut self.sessions[at].game else { return };
        match game.asks.clone() {
            Asks::Name => match line {
                b"alice" => game.ask_password("alice"),
                b"bob" => game.ask_password("bob"),
                _ => game.text(b"No such name.\r\nName: ", true),
            },
            Asks::Password(name) => {
                let right = if name == "alice" { &b"sesame"[..] } else { b"open" };
                match line == right {
                    true => self.let_in(at, name),
                    false => game.refuse(),
                }
            }
            Asks::Play(_) => match line {
                b"quit" if !self.nameless => game.lead_out(),
                b"quit" | b"leave" => game.close(),
                _ => game.text(b"You do that.\r\n", false),
            },
        }
    }

    /// The game lets a player in, and throws out the other copy.
    fn let_in(&mut self, at: usize, name: &'static str) {
        for other in 0..self.sessions.len() {
            if let Some(game) = self.sessions[other].game.as_mut().filter(|_| other != at)
                && game.asks == Asks::Play(Some(name))
            {
                game.usurp();
            }
        }
        let session = &mut self.sessions[at];
        session.accepted.push(UserKey(name.into()));
        if let Some(game) = &mut session.game {
            game.welcome(name);
        }
    }
}
