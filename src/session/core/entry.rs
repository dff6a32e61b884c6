//! The time before the game has accepted the player: the lines of the login go to the game one by
//! one, and the core looks at each before it goes.

use std::sync::Arc;
use std::time::Instant;

use super::action::{Action, Claim, Event, Match};
use super::words::Word;
use super::{Core, Stage};
use crate::config::Config;
use crate::ids::{AttachGeneration, FamilyId, Position, SessionId, User, UserKey};
use crate::login::{
    Dialogue, Duplicate, LeaveWatch, LineRole, LoginEvent, Preset, Step, Transparent,
};
use crate::secret::Line;
use crate::session::message::{Authenticated, Destination, Note, Refusal, ReplayWish};
use crate::session::token::Grant;
use crate::session::verifier::Verifier;
use crate::settings;

/// Which preset a session starts with.
#[derive(Clone, Debug)]
pub enum PresetChoice {
    /// This one.
    Known(Arc<Preset>),
    /// The one that the game's first screen shows; until then this, which recognises nothing.
    Auto(Arc<Preset>),
}

impl PresetChoice {
    /// It is known before the game has shown anything.
    pub(crate) fn is_known(&self) -> bool {
        matches!(self, PresetChoice::Known(_))
    }

    pub(crate) fn preset(&self) -> Arc<Preset> {
        match self {
            PresetChoice::Known(preset) | PresetChoice::Auto(preset) => preset.clone(),
        }
    }
}

/// What the player asked for at the login prompt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    pub(super) replay: ReplayWish,
    pub(super) tell_token: bool,
    /// With the right password, the running session ends and this login goes on.
    pub(super) release: bool,
}

/// A line of the login that has not gone to the game yet.
#[derive(Debug)]
pub(super) enum Holding {
    /// None.
    Nothing,
    /// Whether the player may do what the line does is being looked up.
    Vetting { line: Line, role: LineRole },
    /// Whether that user is in is being looked up.
    Finding { line: Line },
    /// A name that the game would refuse; mudkeep has asked for the password itself.
    OwnPassword { name: Line },
    /// The password is being checked; `name` where mudkeep had asked for it.
    Checking { line: Line, name: Option<Line> },
    /// The player was asked whether to take the session over.
    Asking { found: Match, line: Line, name: Option<Line>, until: Instant },
    /// The client was sent to the session of the token that it typed.
    Resuming,
    /// The client was sent to another session.
    Moving { line: Line, name: Option<Line> },
    /// The other session makes room.
    Replacing { line: Line, name: Option<Line> },
}

/// A login in progress.
pub(super) struct Entry {
    pub(super) dialogue: Dialogue,
    pub(super) holding: Holding,
    /// The login name of the password that was typed last.
    pub(super) login: Option<UserKey>,
    /// The login name of the password that the game has and has not answered.
    pub(super) naming: Option<UserKey>,
    pub(super) verifier: Option<Verifier>,
    pub(super) wish: Wish,
    /// When the player must have logged in.
    pub(super) times_out: Option<Instant>,
    /// The player has typed something.
    typed: bool,
}

impl Entry {
    pub(super) fn new(config: &Config, preset: &PresetChoice, now: Instant) -> Entry {
        let limits = settings::dialogue_limits(config);
        let dialogue = match preset {
            PresetChoice::Known(preset) => Dialogue::new(preset.clone(), limits, now),
            PresetChoice::Auto(_) => Dialogue::auto(limits, now),
        };
        Entry::with(config, dialogue, now)
    }

    pub(super) fn with(config: &Config, dialogue: Dialogue, now: Instant) -> Entry {
        Entry {
            dialogue,
            holding: Holding::Nothing,
            login: None,
            naming: None,
            verifier: None,
            wish: Wish { replay: ReplayWish::Missed, tell_token: false, release: false },
            times_out: now.checked_add(config.limits.login_timeout),
            typed: false,
        }
    }

    /// Takes the line that is held, if it is held for that.
    pub(super) fn take_holding(&mut self, is: impl Fn(&Holding) -> bool) -> Option<Holding> {
        is(&self.holding).then(|| std::mem::replace(&mut self.holding, Holding::Nothing))
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let asking = match self.holding {
            Holding::Asking { until, .. } => Some(until),
            _ => None,
        };
        [asking, self.dialogue.deadline()].into_iter().flatten().min()
    }

    /// A time-out is for those who do not log in, not for players of a game that mudkeep does not
    /// know.
    pub(super) fn may_time_out(&self) -> bool {
        self.dialogue.is_recognised() || !self.typed
    }

    pub(super) fn client_out_of_band(&mut self, now: Instant, option: u8, payload: &[u8]) {
        self.dialogue.client_out_of_band(now, option, payload);
    }
}

/// Whether the game has led the player it accepted to a menu.
fn came_to_menu(dialogue: &mut Dialogue) -> bool {
    let mut menu = false;
    while let Some(step) = dialogue.poll() {
        match step {
            Step::Event(LoginEvent::Menu) => menu = true,
            Step::Event(LoginEvent::Entered) => menu = false,
            Step::Event(_)
            | Step::Line { .. }
            | Step::Probe { .. }
            | Step::Chosen(_)
            | Step::Transparent(_)
            | Step::Suspect => {}
        }
    }
    menu
}

impl Core {
    /// What its game's login looks like, as far as is known.
    #[must_use]
    pub fn preset(&self) -> &Arc<Preset> {
        &self.preset
    }

    /// A line arrives from an attached client.
    pub(super) fn accept_line(&mut self, now: Instant, from: AttachGeneration, line: Line) {
        match self.stage {
            Stage::Dialing | Stage::Login => self.login_line_typed(now, from, line),
            Stage::Playing => {
                self.drop_queue(from);
                self.play_line(now, &line);
            }
            Stage::Ending(_) | Stage::Down { .. } => {
                self.notice(from, self.config.texts.not_sent());
            }
            Stage::Ended(_) => {}
        }
    }

    /// A token comes before the game is there: nobody need wait for it. What is typed behind the token
    /// waits until the game asks for it, and is gone with a client that goes.
    fn resume_at_once(&mut self, from: AttachGeneration, text: Line) {
        let (replay, tell_token) = (ReplayWish::Missed, false);
        let to = Destination::Token { text, by_gmcp: false, replay, tell_token };
        if let Some(client) = self.clients.find_mut(from) {
            client.post(None, Note::Move(Box::new(to)));
        }
    }

    fn login_line_typed(&mut self, now: Instant, from: AttachGeneration, line: Line) {
        let Some(entry) = &mut self.entry else { return };
        let first = !std::mem::replace(&mut entry.typed, true);
        if self.stage == Stage::Dialing
            && first
            && let Some(text) = Word::resume_with_token(&line)
        {
            return self.resume_at_once(from, text);
        }
        if let Holding::Asking { .. } = entry.holding {
            return self.question_answered(&line);
        }
        if entry.dialogue.client_line(now, line).is_err() {
            self.notice(from, self.config.texts.type_ahead_full());
        }
        self.advance_entry(now);
    }

    /// Does what the dialogue has come to. While the game is being dialled there is none yet.
    pub(super) fn advance_entry(&mut self, now: Instant) {
        if self.stage == Stage::Dialing {
            return;
        }
        while let Some(step) = self.entry.as_mut().and_then(|entry| entry.dialogue.poll()) {
            match step {
                Step::Line { line, role } => self.look_at_line(now, line, role),
                Step::Event(event) => self.login_event(now, event),
                Step::Probe { option, payload } => {
                    self.telnet.send_out_of_band(option, &payload);
                    self.queue_commands();
                }
                Step::Chosen(preset) => self.preset = preset,
                Step::Transparent(why) => self.transparent(now, &why),
                Step::Suspect => self.log(Event::Suspect),
            }
        }
    }

    pub(super) fn tick_entry(&mut self, now: Instant) {
        let dialing = self.stage == Stage::Dialing;
        let Some(entry) = self.entry.as_mut().filter(|_| !dialing) else { return };
        if matches!(entry.holding, Holding::Asking { until, .. } if until <= now) {
            return self.stays_elsewhere();
        }
        entry.dialogue.tick(now);
        self.advance_entry(now);
    }

    pub(super) fn hold_line(&mut self, holding: Holding) {
        if let Some(entry) = &mut self.entry {
            entry.holding = holding;
        }
    }

    /// A line of the login is next.
    fn look_at_line(&mut self, now: Instant, line: Line, role: LineRole) {
        if let Some(word) = Word::parse(&line, &role) {
            return self.word(now, word);
        }
        if let Some((line, role)) = self.vet_line(line, role) {
            self.let_line_on(now, line, role);
        }
    }

    /// A line goes its way, as nobody is banned from what it does.
    pub(super) fn let_line_on(&mut self, now: Instant, line: Line, role: LineRole) {
        let own_name = self.take_own_name();
        match role {
            LineRole::Name { user, .. } if self.asks_itself() => {
                self.actions.push_back(Action::Find(user));
                self.hold_line(Holding::Finding { line });
            }
            LineRole::Password { user, new, .. } => {
                let field = line.clone();
                self.check(user, field, new, Holding::Checking { line, name: own_name });
            }
            LineRole::Command { user, password: Some(range), new, .. } => {
                let field = Line::from(line.get(range).unwrap_or_default());
                self.check(user, field, new, Holding::Checking { line, name: None });
            }
            LineRole::Name { .. }
            | LineRole::Command { .. }
            | LineRole::Guest
            | LineRole::Answer
            | LineRole::Other => self.forward(now, &line),
        }
    }

    /// The game is there: what was typed before counts as typed now.
    pub(super) fn dialled(&mut self, now: Instant) {
        let Some(entry) = &mut self.entry else { return };
        for line in entry.dialogue.take_pending() {
            // They have been within the bounds before.
            let _ = entry.dialogue.client_line(now, line);
        }
        self.advance_entry(now);
    }

    /// Whether mudkeep asks for the password of a user that the game would refuse at the name.
    fn asks_itself(&self) -> bool {
        self.preset.duplicate() == Duplicate::RefuseName && !self.beside_others()
    }

    fn take_own_name(&mut self) -> Option<Line> {
        let entry = self.entry.as_mut()?;
        match std::mem::replace(&mut entry.holding, Holding::Nothing) {
            Holding::OwnPassword { name } => Some(name),
            other => {
                entry.holding = other;
                None
            }
        }
    }

    /// The line goes to the game.
    pub(super) fn forward(&mut self, now: Instant, line: &[u8]) {
        self.send_line(line);
        if let Some(entry) = &mut self.entry {
            entry.dialogue.sent(now);
        }
    }

    /// The line does not go to the game.
    pub(super) fn swallow(&mut self, now: Instant) {
        if let Some(entry) = &mut self.entry {
            entry.dialogue.dropped(now);
        }
        self.advance_entry(now);
    }

    fn word(&mut self, now: Instant, word: Word) {
        let config = self.config.clone();
        let texts = &config.texts;
        let Some(entry) = &mut self.entry else { return };
        let said = match word {
            Word::Resume(text) => {
                let Wish { replay, tell_token, .. } = entry.wish;
                // What is typed behind it is for wherever the client is then.
                entry.holding = Holding::Resuming;
                let to = Destination::Token { text, by_gmcp: false, replay, tell_token };
                return self.clients.post_all(None, &Note::Move(Box::new(to)));
            }
            Word::Replay(lines) => {
                entry.wish.replay = ReplayWish::Lines(lines);
                texts.replay_set(lines)
            }
            Word::Token => {
                entry.wish.tell_token = true;
                texts.token_will_be_shown()
            }
            Word::Release => {
                entry.wish.release = true;
                texts.release_asked()
            }
        };
        self.notice_all(said);
        self.swallow(now);
    }

    fn login_event(&mut self, now: Instant, event: LoginEvent) {
        match event {
            LoginEvent::Accepted { user, login, .. } => self.accepted(now, Some(user), Some(login)),
            LoginEvent::Refused | LoginEvent::Taken => self.refused_by_game(),
            LoginEvent::Making(making) => self.vet_making(making),
            LoginEvent::Left => self.actions.push_back(Action::Log(Event::Left)),
            LoginEvent::Named { .. }
            | LoginEvent::Asked { .. }
            | LoginEvent::Menu
            | LoginEvent::Entered
            | LoginEvent::Became { .. } => {}
        }
    }

    /// The game refused the name or the password: the permit is spent.
    fn refused_by_game(&mut self) {
        let Some(entry) = &mut self.entry else { return };
        entry.verifier = None;
        self.actions.push_back(Action::LoginTried { accepted: false });
        self.stop_naming();
        self.log(Event::LoginRefused);
    }

    pub(super) fn stop_naming(&mut self) {
        if let Some(user) = self.entry.as_mut().and_then(|entry| entry.naming.take()) {
            self.actions.push_back(Action::Naming { user, waiting: false });
        }
    }

    /// The dialogue is not one that mudkeep knows: the player plays, without a name.
    fn transparent(&mut self, now: Instant, why: &Transparent) {
        self.log(Event::Transparent(why.clone()));
        self.accepted(now, None, None);
    }

    /// The game accepted a player. From here on a new history, a new id, a new token.
    fn accepted(&mut self, now: Instant, user: Option<User>, login: Option<UserKey>) {
        self.stop_naming();
        let Some(mut entry) = self.entry.take() else { return };
        self.actions.push_back(Action::LoginTried { accepted: true });
        self.stage = Stage::Playing;
        self.menu = came_to_menu(&mut entry.dialogue);
        let let_in = entry.dialogue.let_in();
        self.guest = let_in.guest;
        let old = self.id;
        self.id = SessionId(self.mint.uuid());
        let bytes_max = self.config.session.history;
        self.clients.leave_previous_epoch(&self.output);
        let position = self.output.begin_epoch(self.mint.epoch(), bytes_max);
        self.user = user.clone();
        for client in self.clients.iter_mut() {
            (client.since, client.typed) = (now, now);
        }
        self.actions.push_back(Action::Claim(Box::new(Claim {
            old,
            new: self.id,
            user: user.clone(),
            login: login.filter(|_| user.is_some()),
            verifier: entry.verifier.take(),
            address: self.address(),
            beside_others: self.beside_others(),
            made: let_in.new,
        })));
        self.log(Event::Accepted(user.clone()));
        self.played = user.is_some();
        let key = user.map(|user| user.key);
        self.leave = Some(LeaveWatch::new(self.preset.clone(), key, self.menu));
        self.tell_accepted(now, position, entry.wish.tell_token);
        self.forget_read_epoch();
        for line in entry.dialogue.take_pending() {
            self.play_line(now, &line);
        }
    }

    /// A client that waits for its turn is not told: it will be welcomed, with the new token.
    fn tell_accepted(&mut self, now: Instant, position: Position, tell_token: bool) {
        let (user, session) = (self.user.clone(), self.id);
        let mut granted: Option<(FamilyId, Grant)> = None;
        for client in self.clients.iter_mut().filter(|client| !client.is_leaving()) {
            let Some(family) = client.family else { continue };
            let known = granted.take_if(|(of, _)| *of == family).map(|(_, grant)| grant);
            let fresh = || {
                self.tokens.login(
                    &settings::token_limits(&self.config),
                    now,
                    session,
                    family,
                    &mut *self.mint,
                )
            };
            let Some(grant) = known.or_else(fresh) else { continue };
            granted = Some((family, grant.clone()));
            let generation = client.generation;
            if !self.arrivals.iter().any(|arrival| arrival.generation == generation) {
                let user = user.clone();
                let note = Authenticated { user, session, grant, position, tell_token };
                client.post(Some(position), Note::Authenticated(Box::new(note)));
            }
        }
    }

    /// The client could not be attached where it was sent.
    pub(super) fn move_failed(&mut self, now: Instant, from: AttachGeneration, refusal: Refusal) {
        let Some(entry) = &mut self.entry else {
            self.notice(from, self.refused_words(now, refusal));
            return self.not_resumed(now);
        };
        if !matches!(entry.holding, Holding::Moving { .. }) {
            self.notice(from, self.refused_words(now, refusal));
        }
        self.nobody_moved(now);
    }

    fn refused_words(&self, now: Instant, refusal: Refusal) -> Option<String> {
        match refusal {
            Refusal::TokenExpired | Refusal::TokenInvalid | Refusal::TokenReused => {
                self.config.texts.token_refused()
            }
            Refusal::Ended | Refusal::Taken => self.config.texts.session_over(),
            Refusal::SessionLost { user: Some(user) } => self.config.texts.session_lost_of(user),
            Refusal::SessionLost { user: None } => self.config.texts.session_lost(),
            Refusal::TooManyTokens { until } => {
                let wait = until.saturating_duration_since(now).as_secs() + 1;
                self.config.texts.too_many_tokens(wait)
            }
        }
    }

    /// Whoever was sent to another session did not go, or is another client now: the login goes on.
    pub(super) fn nobody_moved(&mut self, now: Instant) {
        let Some(entry) = &mut self.entry else { return self.not_resumed(now) };
        let is = |holding: &Holding| matches!(holding, Holding::Moving { .. } | Holding::Resuming);
        match entry.take_holding(is) {
            Some(Holding::Moving { line, name }) => self.pass_on(now, &line, name),
            Some(_) => self.swallow(now),
            None => {}
        }
    }
}
