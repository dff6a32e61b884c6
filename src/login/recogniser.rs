//! Reads the game's text and the player's lines and says what they mean to the login.
//!
//! A name is bound only by a chain without a gap: the name typed at the game's own question (or
//! stated by the game), a password line taken at the question for it, a text that lets the user in.
//! Any line in between that no rule explains breaks the chain, because it may have been the answer
//! to a question that the preset does not know. The newline after a prompt is typed by the player and
//! never sent by the game, so each line that goes out begins a new line here.

use std::collections::VecDeque;
use std::sync::Arc;

use super::candidate::{Account, Candidate};
use super::classify::{Classified, Effect};
use super::data::RuleKind;
use super::oob::{self, Told};
use super::pattern::{Found, Read, Reader, Set};
use super::{LetIn, LoginEvent, Making, Preset, Transparent};
use crate::ids::{User, UserKey};

/// What a piece of the game's output brought.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Heard {
    /// Something that one can read.
    pub(super) text: bool,
    /// A rule matched.
    pub(super) rule: bool,
    /// The question for the name stands there once more, with nothing to say that the last answer was
    /// wrong: it was printed twice, or the game says no more.
    pub(super) again: bool,
}

/// How the login ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// Somebody known is in.
    Accepted,
    /// Somebody is in, or may be, and nobody can say who.
    Transparent(Transparent),
}

/// One connection's reading of the game's login. Its buffers are overwritten when dropped.
pub(super) struct Recogniser {
    pub(super) preset: Arc<Preset>,
    reader: Reader,
    /// Results that this line brought already.
    brought: Set,
    /// Texts of success that the first screen shows to everybody: they prove nothing here.
    void: Set,
    /// The question that waits for an answer, by its rule.
    question: Option<usize>,
    /// The question that the last line answered, until the game has said something else.
    answered: Option<usize>,
    /// That question stands in the line being written: text behind it would take it back.
    question_in_line: bool,
    pub(super) candidate: Option<Candidate>,
    /// The client's `Char.Login.Credentials` that wait for their result. Within: `None` where others
    /// were sent meanwhile, so that nobody can say which ones a result is for.
    credentials: Option<Option<Account>>,
    /// Success was announced, and may still be taken back or be given a better name.
    announced: bool,
    /// A line went to the game.
    any_line: bool,
    /// A line went that no rule explains.
    strayed: bool,
    /// The game's answer to the last line has said so already.
    refused: bool,
    let_in: LetIn,
    heard: Heard,
    events: VecDeque<LoginEvent>,
    end: Option<End>,
}

impl Recogniser {
    /// A recogniser at the start of a connection.
    pub(super) fn new(preset: Arc<Preset>) -> Recogniser {
        Recogniser {
            preset,
            reader: Reader::new(),
            brought: Set::default(),
            void: Set::default(),
            question: None,
            answered: None,
            question_in_line: false,
            candidate: None,
            credentials: None,
            announced: false,
            any_line: false,
            strayed: false,
            refused: false,
            let_in: LetIn::default(),
            heard: Heard::default(),
            events: VecDeque::new(),
            end: None,
        }
    }

    /// The preset in use.
    pub(super) fn preset(&self) -> &Arc<Preset> {
        &self.preset
    }

    /// The next thing that happened.
    pub(super) fn poll(&mut self) -> Option<LoginEvent> {
        self.events.pop_front()
    }

    /// How the login ended, if it has.
    pub(super) fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// The question that waits for an answer.
    pub(super) fn question(&self) -> Option<RuleKind> {
        self.question.map(|rule| self.preset.rules[rule].is)
    }

    /// Success was announced; it waits for a name, or for being taken back.
    pub(super) fn is_announced(&self) -> bool {
        self.announced && self.end.is_none()
    }

    /// A new character or account is being made.
    pub(super) fn is_creating(&self) -> bool {
        self.candidate.as_ref().is_some_and(|candidate| candidate.creating)
    }

    /// A character or account is being made, for certain.
    pub(super) fn making(&self) -> Option<Making> {
        let making = self.is_asked_to_make() || self.standing().new;
        making.then(|| Making { user: self.candidate.as_ref().and_then(Candidate::certain_key) })
    }

    /// The game has the player choose a password, as far as it has said.
    pub(super) fn is_asked_to_make(&self) -> bool {
        let asked = self.question() == Some(RuleKind::NewPassword);
        asked && self.any_line && self.is_at_login()
    }

    /// What is certain of whoever was let in.
    pub(super) fn let_in(&self) -> LetIn {
        self.let_in
    }

    /// The game is certainly at its login, where nobody else can write what looks like a question.
    fn is_at_login(&self) -> bool {
        !self.strayed || self.candidate.as_ref().is_some_and(|candidate| candidate.trusted)
    }

    /// What is certain of whoever would be let in now.
    fn standing(&self) -> LetIn {
        let candidate = self.candidate.as_ref().filter(|_| self.is_at_login());
        candidate.map_or_else(LetIn::default, |candidate| LetIn {
            new: candidate.creating && candidate.proved,
            guest: candidate.typed.shared,
        })
    }

    /// The game sent text, telnet removed.
    pub(super) fn game_text(&mut self, text: &[u8]) -> Heard {
        self.heard = Heard::default();
        let preset = Arc::clone(&self.preset);
        let mut scan = preset.patterns.scan();
        for &byte in text {
            if self.end.is_some() {
                break;
            }
            match self.reader.step(&mut scan, byte) {
                Read::Nothing => {}
                Read::Byte(byte, found) => self.on_byte(byte, found),
                Read::End(set) => self.on_end(set),
            }
        }
        self.heard
    }

    /// The game marked a prompt: the line ends here, though no newline comes.
    pub(super) fn game_prompt(&mut self) -> Heard {
        self.heard = Heard::default();
        if self.end.is_none() {
            let set = self.reader.matching(&mut self.preset.patterns.scan());
            self.on_end(set);
        }
        self.heard
    }

    fn on_byte(&mut self, byte: u8, found: Found) {
        if !byte.is_ascii_whitespace() {
            self.heard.text = true;
            if std::mem::take(&mut self.question_in_line) {
                self.question = None;
            }
        }
        self.matched(found.open, found.ended);
    }

    fn on_end(&mut self, set: Set) {
        self.matched(set, set);
        if !self.reader.line().trim_ascii().is_empty() {
            self.answered = None;
        }
        self.restart_line();
    }

    fn restart_line(&mut self) {
        self.reader.restart();
        self.brought = Set::default();
        self.question_in_line = false;
    }

    /// A result that ends in `$` waits for the end of the line; a question ends where the text does.
    fn matched(&mut self, open: Set, ended: Set) {
        if ended.is_empty() {
            return;
        }
        let results = open.without(self.preset.questions).without(self.brought).without(self.void);
        if let Some(rule) = results.first() {
            self.heard.rule = true;
            self.brought = self.brought.or(results);
            self.result(rule);
        }
        if let Some(rule) = ended.and(self.preset.questions).first() {
            self.heard.rule = true;
            self.ask(rule);
        }
    }

    /// The name in the line, where the rule has one.
    fn stated_by(&self, rule: usize) -> Option<User> {
        let line = self.reader.line();
        let [name] = self.preset.rules[rule].name.as_ref()?.find(line, ["name"])?;
        self.preset.names.stated(&line[name?])
    }

    fn ask(&mut self, rule: usize) {
        let again = self.question == Some(rule);
        self.heard.again |= self.answered == Some(rule) && self.is_name(rule);
        self.question = Some(rule);
        self.question_in_line = true;
        self.announced = false;
        match self.preset.rules[rule].is {
            RuleKind::Ask if !again => {
                let answer = Arc::clone(&self.preset.rules[rule].yes);
                self.events.push_back(LoginEvent::Asked { answer });
            }
            RuleKind::NewName | RuleKind::NewPassword | RuleKind::Password => self.state(rule),
            _ => {}
        }
    }

    fn is_name(&self, rule: usize) -> bool {
        self.preset.rules[rule].is == RuleKind::Name
    }

    /// A name that the game states takes the place of the one typed. Only of one typed: a text that
    /// names somebody out of the blue may be another player's joke.
    fn state(&mut self, rule: usize) {
        let Some(user) = self.stated_by(rule) else { return };
        if let Some(candidate) = &mut self.candidate {
            candidate.stated = Some(user);
        }
    }

    fn result(&mut self, rule: usize) {
        if !self.any_line {
            self.void = self.void.or(Set::one(rule));
            return;
        }
        match self.preset.rules[rule].is {
            RuleKind::Ok => self.accept_by_text(rule, false),
            RuleKind::Menu => self.accept_by_text(rule, true),
            RuleKind::Soon => {
                self.state(rule);
                self.announced = self.candidate.is_some();
            }
            RuleKind::Named => self.state(rule),
            RuleKind::Fail => self.refuse(LoginEvent::Refused),
            RuleKind::Taken => self.refuse(LoginEvent::Taken),
            RuleKind::Name
            | RuleKind::NewName
            | RuleKind::Password
            | RuleKind::NewPassword
            | RuleKind::Ask
            | RuleKind::Question => {}
        }
    }

    fn refuse(&mut self, event: LoginEvent) {
        self.announced = false;
        if let Some(candidate) = &mut self.candidate {
            candidate.proved = false;
        }
        if !std::mem::replace(&mut self.refused, true) {
            self.events.push_back(event);
        }
    }

    fn accept_by_text(&mut self, rule: usize, menu: bool) {
        self.state(rule);
        self.accept_candidate();
        if menu && self.end == Some(End::Accepted) {
            self.events.push_back(LoginEvent::Menu);
        }
    }

    /// The game lets somebody in: who is it?
    fn accept_candidate(&mut self) {
        self.let_in = self.standing();
        let Some(mut candidate) = self.candidate.take() else { return };
        if self.strayed && !candidate.trusted {
            // Perhaps in the game already, where others can write what they like.
            candidate.stated = None;
        }
        match candidate.user() {
            Ok((user, login, stated)) => self.accept(user, login, stated),
            Err(why) => self.end = Some(End::Transparent(why)),
        }
    }

    fn accept(&mut self, user: User, login: UserKey, stated: bool) {
        self.events.push_back(LoginEvent::Accepted { user, login, stated });
        self.end = Some(End::Accepted);
    }

    /// Nothing took the announced success back, and no better name came.
    pub(super) fn settle(&mut self) {
        if std::mem::take(&mut self.announced) {
            self.accept_candidate();
        }
    }

    /// The game sent a message out of band. `true`: it is the time to ask who this is.
    pub(super) fn game_out_of_band(&mut self, option: u8, payload: &[u8]) -> bool {
        if self.end.is_some() {
            return false;
        }
        match self.preset.messages.told(option, payload) {
            Some(Told::Name(name)) => {
                if let Some(user) = self.preset.names.stated(&name) {
                    self.let_in = self.standing();
                    let login = self.login().unwrap_or_else(|| user.key.clone());
                    self.accept(user, login, true);
                }
                false
            }
            Some(Told::Success) => {
                self.announced = self.candidate.is_some();
                true
            }
            Some(Told::Result { success }) => {
                self.result_of_credentials(success);
                false
            }
            Some(Told::Left) | None => false,
        }
    }

    /// The name typed to log in, if it is certain.
    fn login(&self) -> Option<UserKey> {
        self.candidate.as_ref().filter(|candidate| candidate.trusted)?.key().cloned()
    }

    fn result_of_credentials(&mut self, success: bool) {
        let Some(credentials) = self.credentials.take() else { return };
        if !success {
            self.events.push_back(LoginEvent::Refused);
            return;
        }
        match credentials.map(Account::user) {
            Some(Ok((user, login))) => self.accept(user, login, false),
            Some(Err(why)) => {
                self.let_in.guest = why == Transparent::SharedName;
                self.end = Some(End::Transparent(why));
            }
            None => self.end = Some(End::Transparent(Transparent::Unproven)),
        }
    }

    /// The client sent a message out of band, and it goes to the game.
    pub(super) fn client_out_of_band(&mut self, option: u8, payload: &[u8]) {
        let Some(Some(written)) = oob::credentials_account(option, payload) else { return };
        let (account, character) = written.split_once(':').unwrap_or((&written, &written));
        let typed = |name: &str| self.preset.names.typed(name.as_bytes());
        let account = typed(account).zip(typed(character));
        let account = account.map(|(account, character)| Account { account, character });
        self.any_line = true;
        self.credentials = Some(account.filter(|_| self.credentials.is_none()));
    }

    /// The classified line went to the game. `trusted`: it is certainly the answer to what was asked.
    pub(super) fn sent(&mut self, line: Classified, trusted: bool) {
        if line.is_machine() {
            return;
        }
        let at_name = self.question() == Some(RuleKind::Name);
        self.any_line = true;
        self.refused = false;
        self.announced = false;
        self.answered = self.question.take();
        self.restart_line();
        if at_name {
            self.candidate = None;
        }
        self.apply(line.effect, trusted);
    }

    fn apply(&mut self, effect: Effect, trusted: bool) {
        match effect {
            Effect::Name(typed) => self.claim(Candidate::typed(typed, trusted)),
            Effect::Command { typed, proved, new } => {
                let mut candidate = Candidate::typed(typed, trusted);
                candidate.proved = proved;
                candidate.creating = new;
                self.claim(candidate);
            }
            Effect::Password { new } => self.password(new),
            Effect::Answer | Effect::Machine | Effect::Other { blank: true } => {}
            Effect::Other { blank: false } => self.unexplained(),
        }
    }

    /// A game may take for a name what the preset does not: whoever that is may get in, too, and no
    /// name that the game writes meanwhile is believed to be theirs.
    fn password(&mut self, new: bool) {
        self.strayed |= self.candidate.is_none();
        let candidate = self.candidate.get_or_insert_with(Candidate::nameless);
        candidate.proved = true;
        candidate.creating |= new;
    }

    fn claim(&mut self, candidate: Candidate) {
        if let Some(user) = candidate.key().cloned() {
            let name = Arc::clone(&candidate.typed.name);
            self.events.push_back(LoginEvent::Named { name, user });
        }
        self.candidate = Some(candidate);
    }

    /// A line that no rule explains breaks the chain. If it comes after a password, the game may have
    /// let the user in with words that the preset does not know, and what follows is no login.
    fn unexplained(&mut self) {
        self.strayed = true;
        match &self.candidate {
            Some(candidate) if candidate.creating => {}
            Some(candidate) if candidate.proved => {
                self.candidate = None;
                self.end = Some(End::Transparent(Transparent::Unproven));
            }
            Some(_) | None => self.candidate = None,
        }
    }

    /// A line had to go without an answer to the one before: the typed name is not to be trusted.
    pub(super) fn suspect(&mut self) {
        if let Some(candidate) = &mut self.candidate {
            candidate.trusted = false;
        }
    }
}
