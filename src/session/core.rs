//! The session core: everything that a session decides, and nothing that it waits for.
//!
//! Events go in as method calls that carry the time; what is to be done comes out as [`Action`]s,
//! what is to be told as notes to the clients, what is to be sent as [`Outgoing`] bytes. It is
//! plain state: no socket, no clock, no randomness of its own.
//!
//! `core` holds the state and its ends, `core/attach` the clients' side (`core/start`: where they
//! begin), `core/game` the game's, `core/entry` the time before the game has accepted the player,
//! `core/play` the time after, `core/action` what comes out.

pub mod action;
mod again;
mod attach;
pub mod banning;
mod check;
mod entry;
mod game;
mod idle;
mod play;
pub mod queueing;
mod staff;
mod start;
mod timers;
mod tokens;
mod words;

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub use action::{Action, Check, CheckOutcome, Claim, Event, GameEnd, Match, Vetting};
pub use banning::Barred;
pub use entry::PresetChoice;
pub use words::Word;

use crate::config::{Config, Hold};
use crate::few::{Rare, pop_few};
use crate::ids::{AttachGeneration, Epoch, FamilyId, SessionId, User};
use crate::limits::takeovers::Takeovers;
use crate::login::{LeaveWatch, Preset};
use crate::session::clients::{Client, Clients};
use crate::session::history::Bookmark;
use crate::session::input::Input;
use crate::session::message::{Closing, EndReason, Note};
use crate::session::outgoing::Outgoing;
use crate::session::output::Output;
use crate::session::queue::Queue;
use crate::session::token::{Families, Mint};
use crate::settings;
use crate::telnet::toward_game::TowardGame;

use entry::Entry;
use timers::{Timers, take_due};

/// How long the last words of a login are kept: a login's own epoch is small.
const LOGIN_HISTORY_BYTES_MAX: usize = 64 * 1024;

/// How long a newcomer's answer is awaited before a game's closing is taken for what it seems.
const NEWCOMER_ANSWER_MAX: Duration = Duration::from_secs(2);

/// How long a game that is being left for a newcomer has for its last words.
const REPLACED_READ_MAX: Duration = Duration::from_secs(2);

/// One pulse of an old game: after it has noticed that a player is gone.
const PULSE: Duration = Duration::from_millis(250);

/// What the session is about, as far as the game goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// The game is being dialled.
    Dialing,
    /// The player is not in the game yet, or is in its menu.
    Login,
    /// The player is in the game.
    Playing,
    /// The game's connection is gone; why and what follows is being decided.
    Ending(GameEnd),
    /// The game's connection is gone and the session stays for a while.
    Down {
        /// The game's port is tried, and whoever is attached is told when it answers.
        awaited: bool,
    },
    /// Over.
    Ended(EndReason),
}

/// A session's state as people see it (DESIGN: life of a session).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum State {
    /// The game is being dialled.
    Dialing,
    /// Not in the game yet.
    Login,
    /// In the game, a client attached.
    Playing,
    /// In the game, no client.
    Held,
    /// The game is gone, a client waits.
    Orphaned,
    /// The game is gone, nobody is attached; the last words stay readable.
    Lingering,
    /// Over.
    Ended(EndReason),
}

impl State {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            State::Dialing => "dialing",
            State::Login => "login",
            State::Playing => "playing",
            State::Held => "held",
            State::Orphaned => "orphaned",
            State::Lingering => "lingering",
            State::Ended(_) => "ended",
        }
    }
}

/// What the last client left behind.
#[derive(Clone, Copy, Debug)]
struct Left {
    at: Instant,
    /// Where it was.
    address: IpAddr,
    /// How far the output is known to have reached it.
    delivered: Option<Bookmark>,
}

/// Everything that one session decides.
pub struct Core {
    config: Arc<Config>,
    preset: Arc<Preset>,
    id: SessionId,
    stage: Stage,
    mint: Box<dyn Mint + Send>,
    telnet: TowardGame,
    outgoing: Outgoing,
    output: Output,
    clients: Clients,
    tokens: Families,
    /// The input of each token family that has numbered any and can still come back.
    inputs: Rare<(FamilyId, Input)>,
    /// The login in progress; none while playing.
    entry: Option<Box<Entry>>,
    /// Watches for the player's leaving; none before the game accepted anyone.
    leave: Option<LeaveWatch>,
    user: Option<User>,
    /// The player is in by a name that many share.
    guest: bool,
    /// Clients that have proved themselves and have not taken their place yet.
    arrivals: Rare<attach::Arrival>,
    left: Option<Left>,
    /// How far the output was known to have reached anybody when that was last reported, and in
    /// which epoch. The lines behind it are counted for whoever comes, while it is of this epoch.
    reported: Option<(Epoch, Bookmark)>,
    /// The newest client that has taken its place.
    placed: AttachGeneration,
    /// None before the first.
    takeovers: Option<Box<Takeovers>>,
    /// A line has gone to the game since it accepted the player, or the game knows who it is.
    played: bool,
    /// The player is in the game's menu: nothing to hold.
    menu: bool,
    /// The client was sent to the session of the token that it typed first.
    resuming: Option<Box<play::Resuming>>,
    timers: Timers,
    actions: VecDeque<Action>,
    /// The deadline that the task has armed.
    armed: Option<Instant>,
    traced: tokens::Traced,
    /// Lines that came while nobody was attached.
    queue: Queue,
}

impl Core {
    /// A session that dials the game.
    #[must_use]
    pub fn new(
        config: Arc<Config>,
        preset: &PresetChoice,
        mut mint: Box<dyn Mint + Send>,
        now: Instant,
    ) -> Core {
        let id = SessionId(mint.uuid());
        let limits = &config.limits;
        let output = Output::new(mint.epoch(), LOGIN_HISTORY_BYTES_MAX, limits.snapshot_bytes_max);
        let entry = Entry::new(&config, preset, now);
        Core {
            telnet: TowardGame::new(settings::game_telnet(&config), now),
            tokens: Families::new(id),
            takeovers: None,
            preset: preset.preset(),
            id,
            stage: Stage::Dialing,
            mint,
            outgoing: Outgoing::default(),
            output,
            clients: Clients::default(),
            inputs: Rare::default(),
            entry: Some(Box::new(entry)),
            leave: None,
            user: None,
            guest: false,
            arrivals: Rare::default(),
            left: None,
            reported: None,
            placed: AttachGeneration::default(),
            played: false,
            menu: false,
            resuming: None,
            timers: Timers::default(),
            actions: VecDeque::from([Action::Dial]),
            armed: None,
            traced: tokens::Traced::default(),
            queue: Queue::default(),
            config,
        }
    }

    /// Another configuration holds from now on. What has begun goes on as it began, and the player
    /// who is away is not waited for a shorter time than before.
    pub fn set_config(&mut self, config: Arc<Config>) {
        self.config = config;
        if let (State::Held, Some(left), Some(due)) = (self.state(), self.left, self.timers.hold) {
            self.timers.hold = left.at.checked_add(self.hold()).max(Some(due));
        }
    }

    /// The configuration that it goes by.
    #[must_use]
    pub fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// Its id: a new one when the game has accepted a player.
    #[must_use]
    pub fn id(&self) -> SessionId {
        self.id
    }

    /// Its state.
    #[must_use]
    pub fn state(&self) -> State {
        let anybody = self.clients.anybody();
        match (self.stage, anybody) {
            (Stage::Dialing, _) => State::Dialing,
            (Stage::Login, _) => State::Login,
            (Stage::Playing, true) => State::Playing,
            (Stage::Playing, false) => State::Held,
            (Stage::Ending(_) | Stage::Down { .. }, true) => State::Orphaned,
            (Stage::Ending(_) | Stage::Down { .. }, false) => State::Lingering,
            (Stage::Ended(reason), _) => State::Ended(reason),
        }
    }

    /// Whether the game has ended its side for good.
    #[must_use]
    pub fn has_lost_game(&self) -> bool {
        matches!(self.stage, Stage::Down { .. })
    }

    /// Since when nobody is attached who could be: it is held, or its last words are.
    #[must_use]
    pub fn held_since(&self) -> Option<Instant> {
        let left = self.left.map(|left| left.at);
        left.filter(|_| matches!(self.state(), State::Held | State::Lingering))
    }

    /// Memory is short: nobody is attached, and what is held of the output becomes so little, if it
    /// is more. It is told as a gap, or as lines that are not shown.
    pub fn shrink_history(&mut self, bytes: usize) {
        if self.held_since().is_some() {
            self.output.shrink_to(bytes);
        }
    }

    /// Who the game said the player is.
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// The name of that, for people to read.
    #[must_use]
    pub fn user_name(&self) -> Option<Arc<str>> {
        self.user.as_ref().map(|user| user.name.clone())
    }

    /// What the game has said and a client can read.
    #[must_use]
    pub fn output(&self) -> &Output {
        &self.output
    }

    /// The attachments.
    #[must_use]
    pub fn clients(&self) -> &Clients {
        &self.clients
    }

    /// What is to be done next.
    pub fn poll_action(&mut self) -> Option<Action> {
        pop_few(&mut self.actions)
    }

    /// The next bytes for the game: one write, as far as the kernel takes it.
    #[must_use]
    pub fn game_output(&self) -> Option<&[u8]> {
        self.outgoing.front()
    }

    /// The kernel took some of them.
    pub fn game_wrote(&mut self, bytes: usize) {
        self.outgoing.wrote(bytes);
    }

    /// Whether the task has something to do.
    #[must_use]
    pub fn wants_task(&self) -> bool {
        !self.actions.is_empty()
            || self.outgoing.front().is_some()
            || self.is_untraced()
            || match (self.deadline(), self.armed) {
                (Some(due), Some(armed)) => due < armed,
                (due, None) => due.is_some(),
                (None, Some(_)) => false,
            }
    }

    /// Whether a client has something to read.
    #[must_use]
    pub fn wants_client(&self, generation: AttachGeneration) -> bool {
        self.clients.find(generation).is_none_or(|client| client.ready(&self.output))
    }

    /// When [`Core::tick`] is due.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let dialogue = self.entry.as_ref().filter(|_| self.stage != Stage::Dialing);
        [
            self.entry.as_ref().and_then(|entry| entry.times_out),
            self.timers.earliest(),
            self.telnet.deadline(),
            self.clients.deadline(),
            self.idle_deadline(),
            dialogue.and_then(|entry| entry.deadline()),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// The task has armed its timer for this.
    pub fn arm(&mut self) -> Option<Instant> {
        self.armed = self.deadline();
        self.armed
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) {
        self.armed = None;
        self.telnet.tick(now);
        self.telnet_moved(now);
        self.tick_clients(now);
        self.tick_entry(now);
        self.tick_idle(now);
        if self.entry.as_mut().is_some_and(|entry| take_due(&mut entry.times_out, now)) {
            self.login_timed_out(now);
        }
        if take_due(&mut self.timers.hold, now) {
            self.end(EndReason::Expired);
        }
        if self.timers.leaving.as_mut().is_some_and(|leaving| take_due(&mut leaving.decide, now)) {
            self.decide_end(now, false);
        }
        if self.timers.leaving.as_mut().is_some_and(|leaving| take_due(&mut leaving.replace, now)) {
            self.end(EndReason::Replaced);
        }
    }

    fn login_timed_out(&mut self, now: Instant) {
        let Some(entry) = &mut self.entry else { return };
        match entry.may_time_out() {
            true => {
                self.notice_all(self.config.texts.login_timeout());
                self.end(EndReason::LoginTimeout);
            }
            false => entry.times_out = now.checked_add(self.config.limits.login_timeout),
        }
    }

    /// How long this session stays without a client.
    fn hold(&self) -> Duration {
        match self.config.session.hold {
            Hold::Preset => self.preset.hold(),
            Hold::For(time) => time,
            Hold::Off => Duration::ZERO,
        }
    }

    /// The session is over: whoever is attached gets what has been said, and is told why.
    pub fn end(&mut self, reason: EndReason) {
        if let Stage::Ended(_) = self.stage {
            return;
        }
        let urgent = matches!(reason, EndReason::Replaced | EndReason::Kicked);
        let after = if urgent { None } else { Some(self.output.head()) };
        self.clients.leave_all(reason.closing(), after);
        self.stage = Stage::Ended(reason);
        self.timers = Timers::default();
        self.outgoing.clear();
        self.entry = None;
        self.leave = None;
        self.actions.push_back(Action::CloseGame);
        self.actions.push_back(Action::End(reason));
    }

    fn log(&mut self, event: Event) {
        self.actions.push_back(Action::Log(event));
    }

    /// Another session of the same user took over after a login of its own.
    pub fn replaced(&mut self) {
        self.end(EndReason::Replaced);
    }

    /// Tells every client a line from mudkeep, in order with the output.
    fn notice_all(&mut self, text: Option<String>) {
        if let Some(text) = text {
            let at = Some(self.output.head());
            self.clients.post_all(at, &Note::Notice(text.into()));
        }
    }

    /// Tells one client a line from mudkeep.
    fn notice(&mut self, generation: AttachGeneration, text: Option<String>) {
        if let (Some(text), Some(client)) = (text, self.clients.find_mut(generation)) {
            client.post(None, Note::Notice(text.into()));
        }
    }

    /// Forgets what has not been sent to the game.
    pub(crate) fn forget_game_output(&mut self) {
        self.outgoing.clear();
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self.stage, Stage::Ended(_))
    }

    /// What a client that was put out need not read first.
    #[must_use]
    pub fn urgent(&self, generation: AttachGeneration) -> Option<Closing> {
        self.clients.find(generation).and_then(Client::urgent)
    }
}

#[cfg(test)]
mod tests;
