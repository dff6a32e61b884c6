//! The login of one connection: lock-step and recogniser together. What the session core talks to.
//!
//! Feed it everything that passes (`client_line`, `game_text`, ...), then `poll` until `None`; call
//! `tick` when `deadline` is due and poll again. It never sends: a polled line belongs to the caller,
//! who says what became of it.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::auto::{Auto, Verdict};
use super::classify::Classified;
use super::lockstep::{Lockstep, Next, Pace};
use super::oob;
use super::queue::{DialogueLimits, Queue, TypeAheadFull};
use super::recogniser::{End, Heard};
use super::{LetIn, LineRole, LoginEvent, Making, Preset, Recogniser, Step, Transparent};
use crate::secret::Line;

/// The making of a character has this many times more questions that no rule knows.
const CREATING: usize = 10;

/// What may be taken back by what follows stands when it has stood so many times the quiet.
const STANDS: u32 = 4;

/// The line that the caller has and has not told about.
enum Out {
    /// Nothing is out.
    No,
    /// A line that was classified so, and whether it certainly answers what the game asked.
    Line(Classified, bool),
    /// The name stays here while mudkeep itself asks for the password.
    HeldBack { name: Classified, certain: bool, password: Password },
}

/// Whether the game has the player choose a password.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Choosing {
    No,
    /// It asks, and has asked if it says no more until then: what looks like the question may go on.
    At(Instant),
    Told,
}

/// The password that mudkeep asked for itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Password {
    Awaited,
    Out,
    Seen,
}

/// One connection's login.
pub struct Dialogue {
    limits: DialogueLimits,
    recogniser: Recogniser,
    /// Chooses the preset; until it has, the recogniser knows nothing.
    auto: Option<Auto>,
    lockstep: Lockstep,
    queue: Queue,
    out: Out,
    steps: VecDeque<Step>,
    /// Answered lines without a rule, in a row.
    unexplained: usize,
    /// Some rule of the preset has matched.
    recognised: bool,
    suspect: bool,
    /// The game was asked out of band who this is.
    probed: bool,
    /// When a success that was announced counts.
    settles: Option<Instant>,
    choosing: Choosing,
    over: bool,
    now: Instant,
}

impl Dialogue {
    /// A dialogue that begins now, with a preset that is known.
    #[must_use]
    pub fn new(preset: Arc<Preset>, limits: DialogueLimits, now: Instant) -> Dialogue {
        let pace = Pace { quiet: limits.quiet, answer_max: limits.answer_max };
        let mut dialogue = Dialogue {
            limits,
            lockstep: Lockstep::new(pace, preset.style(), now),
            recogniser: Recogniser::new(preset),
            auto: None,
            queue: Queue::default(),
            out: Out::No,
            steps: VecDeque::new(),
            unexplained: 0,
            recognised: false,
            suspect: false,
            probed: false,
            settles: None,
            choosing: Choosing::No,
            over: false,
            now,
        };
        if dialogue.recogniser.preset().is_blank() {
            dialogue.end(Step::Transparent(Transparent::NoPreset));
        }
        dialogue
    }

    /// A dialogue that begins now and finds out which preset it is: [`Step::Chosen`] or
    /// [`Transparent::Uncertain`] tells.
    #[must_use]
    pub fn auto(limits: DialogueLimits, now: Instant) -> Dialogue {
        let mut dialogue = Dialogue::new(Preset::blank(), limits, now);
        dialogue.steps.clear();
        dialogue.over = false;
        dialogue.auto = Some(Auto::new());
        dialogue
    }

    /// The preset in use; `none` while `auto` has not chosen.
    #[must_use]
    pub fn preset(&self) -> &Arc<Preset> {
        self.recogniser.preset()
    }

    /// Some rule of the preset has matched: the game speaks as the preset says. While it has not, a
    /// player who takes long is not one who fails to log in.
    #[must_use]
    pub fn is_recognised(&self) -> bool {
        self.recognised
    }

    /// The character or account that is being made, if one certainly is.
    #[must_use]
    pub fn making(&self) -> Option<Making> {
        self.recogniser.making()
    }

    /// What is certain of whoever was let in.
    #[must_use]
    pub fn let_in(&self) -> LetIn {
        self.recogniser.let_in()
    }

    /// The player typed a line.
    ///
    /// # Errors
    /// If too many wait already; the line is dropped.
    pub fn client_line(&mut self, now: Instant, line: Line) -> Result<(), TypeAheadFull> {
        self.now = now;
        self.queue.push(&self.limits, now, line)
    }

    /// The game sent text, telnet removed.
    pub fn game_text(&mut self, now: Instant, text: &[u8]) {
        self.now = now;
        if self.over {
            return;
        }
        let heard = match &mut self.auto {
            Some(auto) => auto.game_text(text),
            None => self.recogniser.game_text(text),
        };
        self.lockstep.heard(now, heard);
        self.gather(heard);
    }

    /// The game marked a prompt (GA or EOR).
    pub fn game_prompt(&mut self, now: Instant) {
        self.now = now;
        if self.over {
            return;
        }
        let heard =
            if self.auto.is_some() { Heard::default() } else { self.recogniser.game_prompt() };
        self.lockstep.prompt(heard);
        self.gather(heard);
    }

    /// The game took over the echo (`hidden`) or gave it back. Only a hint: many games never do, some
    /// do before the question, some after a wrong password as after a right one.
    pub fn game_echo(&mut self, now: Instant, hidden: bool) {
        self.now = now;
        if hidden {
            self.lockstep.stirred(now);
        }
    }

    /// The game sent a message out of band, by the telnet option that carries it.
    pub fn game_out_of_band(&mut self, now: Instant, option: u8, payload: &[u8]) {
        self.now = now;
        if self.over {
            return;
        }
        if self.recogniser.game_out_of_band(option, payload) {
            self.probe();
        }
        self.gather(Heard::default());
    }

    /// The client sent a message out of band, and it goes to the game.
    pub fn client_out_of_band(&mut self, now: Instant, option: u8, payload: &[u8]) {
        self.now = now;
        if !self.over {
            self.recogniser.client_out_of_band(option, payload);
        }
    }

    /// When to call `tick`.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        if self.over {
            return None;
        }
        let line = self.next_line_at().filter(|_| !self.recogniser.is_announced());
        let quiet = self.auto.as_ref().and_then(|_| self.lockstep.quiet_at());
        let choice = quiet.filter(|quiet| *quiet > self.now);
        let choosing = match self.choosing {
            Choosing::At(at) => Some(at),
            Choosing::No | Choosing::Told => None,
        };
        [self.settles, line, choice, choosing].into_iter().flatten().min()
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) {
        self.now = now;
        if self.settles.is_some_and(|settles| settles <= now) {
            self.recogniser.settle();
            self.gather(Heard::default());
        }
    }

    /// The next thing to do, if any. Poll until `None` after every call above.
    pub fn poll(&mut self) -> Option<Step> {
        if self.auto.is_some() {
            self.choose();
        }
        self.tell_making();
        if self.steps.is_empty() && !self.over {
            self.release();
        }
        self.steps.pop_front()
    }

    /// The polled line went to the game.
    pub fn sent(&mut self, now: Instant) {
        self.now = now;
        match std::mem::replace(&mut self.out, Out::No) {
            Out::Line(line, certain) => self.went(line, certain),
            held @ Out::HeldBack { .. } => self.out = held,
            Out::No => {}
        }
    }

    /// The polled line did not and will not go to the game.
    pub fn dropped(&mut self, now: Instant) {
        self.now = now;
        match &mut self.out {
            Out::HeldBack { password, .. } => *password = Password::Seen,
            out => *out = Out::No,
        }
    }

    /// The polled line is a name and stays here for now: mudkeep itself asks for the password. The
    /// next line is polled as that password (answer it with `dropped`); then [`Dialogue::held_back_sent`]
    /// says that the name went to the game after all.
    pub fn hold_back(&mut self) {
        self.out = match std::mem::replace(&mut self.out, Out::No) {
            Out::Line(name, certain) => {
                Out::HeldBack { name, certain, password: Password::Awaited }
            }
            other => other,
        };
    }

    /// The name that was held back went to the game.
    pub fn held_back_sent(&mut self, now: Instant) {
        self.now = now;
        match std::mem::replace(&mut self.out, Out::No) {
            Out::HeldBack { name, certain, .. } => self.went(name, certain),
            other => self.out = other,
        }
    }

    /// Everything that the player typed and that was not polled: what is queued when the login ends.
    pub fn take_pending(&mut self) -> Vec<Line> {
        self.queue.take()
    }

    fn next_line_at(&self) -> Option<Instant> {
        let (queued, _) = self.queue.first()?;
        match &self.out {
            Out::No => {
                let (Next::At(at) | Next::Unanswered(at)) =
                    self.lockstep.next(self.recogniser.question(), queued);
                Some(self.question_stands_at().map_or(at, |stands| at.min(stands)))
            }
            Out::HeldBack { password: Password::Awaited, .. } => Some(queued),
            Out::Line(..) | Out::HeldBack { .. } => None,
        }
    }

    /// A game that is not known may still show who it is until it has asked something and is quiet.
    fn question_stands_at(&self) -> Option<Instant> {
        self.auto.as_ref().filter(|auto| auto.is_asking())?;
        Some(self.lockstep.last_heard()? + self.limits.quiet * STANDS)
    }

    /// Hands out the next line, if it may go.
    fn release(&mut self) {
        if self.recogniser.is_announced() {
            return;
        }
        if self.next_line_at().is_none_or(|at| at > self.now) {
            return;
        }
        if let Out::HeldBack { name, password, .. } = &mut self.out {
            *password = Password::Out;
            let role = password_for(&name.role);
            self.hand_out(role);
            return;
        }
        if self.auto.is_some() {
            self.give_up_choosing();
        } else if self.is_lost() {
            self.end(Step::Transparent(Transparent::Unrecognised));
        } else {
            self.release_line();
        }
    }

    fn release_line(&mut self) {
        let Some((queued, line)) = self.queue.first() else { return };
        let question = self.recogniser.question();
        let next = self.lockstep.next(question, queued);
        let certain = self.lockstep.is_certain(question, queued, self.now);
        let line = self.recogniser.classify(line, certain);
        if matches!(next, Next::Unanswered(_)) && !line.is_machine() && !self.suspect {
            self.suspect = true;
            self.recogniser.suspect();
            self.steps.push_back(Step::Suspect);
        }
        let role = line.role.clone();
        self.out = Out::Line(line, certain);
        self.hand_out(role);
    }

    fn hand_out(&mut self, role: LineRole) {
        if let Some(line) = self.queue.pop() {
            self.steps.push_back(Step::Line { line, role });
        }
    }

    /// So many answers made no sense that the game is not one that the preset knows.
    fn is_lost(&self) -> bool {
        let factor = if self.recogniser.is_creating() { CREATING } else { 1 };
        let this = usize::from(self.lockstep.any_line() && !self.lockstep.explained());
        self.unexplained + this >= self.limits.lines_max.saturating_mul(factor).max(1)
    }

    fn went(&mut self, line: Classified, certain: bool) {
        if line.is_machine() {
            self.lockstep.sent_unanswered();
            return;
        }
        self.unexplained = match (self.lockstep.any_line(), self.lockstep.explained()) {
            (true, false) => self.unexplained + 1,
            (true, true) | (false, _) => 0,
        };
        self.lockstep.sent(self.now, line.is_attempt(), certain);
        self.recogniser.sent(line, certain && !self.suspect);
        self.gather(Heard::default());
    }

    /// The question for a new password stands, or it does not.
    fn look_whether_made(&mut self, heard: Heard) {
        self.choosing = match (self.recogniser.is_asked_to_make(), self.choosing) {
            (false, _) => Choosing::No,
            (true, Choosing::At(_)) if heard.text => Choosing::At(self.now + self.limits.quiet),
            (true, Choosing::No) => Choosing::At(self.now + self.limits.quiet),
            (true, choosing) => choosing,
        };
    }

    fn tell_making(&mut self) {
        if matches!(self.choosing, Choosing::At(at) if at <= self.now) && !self.over {
            self.choosing = Choosing::Told;
            let making = self.recogniser.making();
            self.steps.extend(making.map(|making| Step::Event(LoginEvent::Making(making))));
        }
    }

    /// Takes over what the recogniser found.
    fn gather(&mut self, heard: Heard) {
        self.recognised |= heard.rule;
        self.look_whether_made(heard);
        while let Some(event) = self.recogniser.poll() {
            if matches!(event, LoginEvent::Accepted { .. }) {
                self.probe();
            }
            self.steps.push_back(Step::Event(event));
        }
        match self.recogniser.end().cloned() {
            Some(End::Accepted) => self.over = true,
            Some(End::Transparent(why)) => {
                self.probe();
                self.end(Step::Transparent(why));
            }
            None => {}
        }
        self.settles = match (self.recogniser.is_announced(), self.settles) {
            (true, None) => Some(self.now + self.limits.quiet * STANDS),
            (true, settles) => settles,
            (false, _) => None,
        };
    }

    /// Asks the game once who this is: it can say so where nobody else knows, and some say so again
    /// whenever it is another. Before the step that ends the login: whoever polls that is then done
    /// with the dialogue.
    fn probe(&mut self) {
        if std::mem::replace(&mut self.probed, true) {
            return;
        }
        for oob::Probe { option, payload } in self.recogniser.preset().messages.probes.clone() {
            self.steps.push_back(Step::Probe { option, payload });
        }
    }

    fn end(&mut self, step: Step) {
        if !self.over {
            self.over = true;
            self.steps.push_back(step);
        }
    }

    /// Chooses the preset, once the game has shown its first screen.
    fn choose(&mut self) {
        if self.lockstep.quiet_at().is_none_or(|quiet| quiet > self.now) {
            return;
        }
        let Some(auto) = &self.auto else { return };
        if let Verdict::Certain(preset) = auto.verdict() {
            self.chosen(preset);
        }
    }

    fn chosen(&mut self, preset: Arc<Preset>) {
        let Some(auto) = self.auto.take() else { return };
        self.lockstep.set_style(preset.style());
        self.recogniser = Recogniser::new(Arc::clone(&preset));
        self.steps.push_back(Step::Chosen(preset));
        let heard = self.recogniser.game_text(auto.screen());
        self.lockstep.heard(self.lockstep.last_heard().unwrap_or(self.now), heard);
        self.gather(heard);
    }

    fn give_up_choosing(&mut self) {
        let considered = match self.auto.as_ref().map(Auto::verdict) {
            Some(Verdict::Uncertain { considered }) => considered,
            Some(Verdict::Certain(_)) | None => Vec::new(),
        };
        self.end(Step::Transparent(Transparent::Uncertain { considered }));
    }
}

fn password_for(name: &LineRole) -> LineRole {
    match name {
        LineRole::Name { name, user } => LineRole::Password {
            user: Some(user.clone()),
            name: Some(Arc::clone(name)),
            new: false,
        },
        LineRole::Password { .. }
        | LineRole::Command { .. }
        | LineRole::Guest
        | LineRole::Answer
        | LineRole::Other => LineRole::Password { user: None, name: None, new: false },
    }
}
