//! Which options the client is asked for, offered and granted, and what it says by them.

use std::time::Instant;

use super::TowardClient;
use super::terminal::{Next, mtts};
use crate::telnet::client_info::Label;
use crate::telnet::command::Verb;
use crate::telnet::environ::{self, Variable};
use crate::telnet::option::{self, OptionSet};
use crate::telnet::options::{Change, Policy, Side};
use crate::telnet::{charset_option, encode};

/// Options that the client is offered if the game offered them.
const MIRRORED: OptionSet = OptionSet::of(&[
    option::SGA,
    option::EOR,
    option::MSDP,
    option::MSSP,
    option::MSP,
    option::MXP,
    option::ATCP,
    option::GMCP,
]);
/// Options that the client may use.
const ASKED_FOR: OptionSet = OptionSet::of(&[option::TTYPE, option::NAWS, option::NEW_ENVIRON]);

/// The variables that the client is asked for. Not for all it has: that may be a user's name, and an
/// address that it gives is not believed.
const VARIABLES: [&str; 5] = ["CLIENT_NAME", "CLIENT_VERSION", "TERMINAL_TYPE", "MTTS", "CHARSET"];

impl TowardClient {
    /// Offers these options, and withdraws those offered before that are not among them.
    pub fn offers(&mut self, offers: OptionSet, wire: &mut Vec<u8>) {
        for option in MIRRORED.iter() {
            let on = offers.contains(option);
            self.offered.set(option, on);
            if let Some(verb) = self.options.request(Side::Us, option, on) {
                wire.extend(encode::negotiation(verb, option));
            }
        }
        self.note_agreed();
    }

    /// Appends the request to hide, or again show, what the player types. It waits for nothing: a
    /// client that never answered the last one hides the next password all the same. And it takes
    /// nothing for granted: one that refused to hide may have hidden, so it is told to show.
    pub fn echo(&mut self, hidden: bool, wire: &mut Vec<u8>) {
        if std::mem::replace(&mut self.hidden, hidden) == hidden {
            return;
        }
        let verb = self.options.request(Side::Us, option::ECHO, hidden);
        let said = if hidden { Verb::Will } else { Verb::Wont };
        wire.extend(encode::negotiation(verb.unwrap_or(said), option::ECHO));
    }

    /// Asks for something in the next replies.
    pub(super) fn request(&mut self, side: Side, option: u8, on: bool) {
        if let Some(verb) = self.options.request(side, option, on) {
            self.writing.reply(&encode::negotiation(verb, option));
        }
    }

    /// The client said `verb` about `option`.
    pub(super) fn negotiate(&mut self, now: Instant, verb: Verb, option: u8) {
        let (side, agree) = match verb {
            Verb::Will | Verb::Wont => (Side::Them, self.may_use(option)),
            Verb::Do | Verb::Dont => (Side::Us, self.is_offered(option)),
        };
        let policy = if agree { Policy::Agree } else { Policy::Refuse };
        let received = self.options.receive(now, verb, option, || policy);
        if let Some(answer) = received.answer {
            self.writing.reply(&encode::negotiation(answer, option));
        }
        self.note_agreed();
        match received.change {
            Change::Agreed => self.agreed(side, option),
            Change::Refused | Change::Ended if option == option::TTYPE => self.settle(),
            Change::Refused | Change::Ended | Change::None => {}
        }
    }

    fn may_use(&self, option: u8) -> bool {
        ASKED_FOR.contains(option) || (option == option::CHARSET && self.has_charsets())
    }

    fn is_offered(&self, option: u8) -> bool {
        match option {
            option::ECHO => self.hidden,
            option::CHARSET => self.has_charsets(),
            option => self.offered.contains(option),
        }
    }

    fn has_charsets(&self) -> bool {
        !self.config.charsets.is_empty()
    }

    fn note_agreed(&mut self) {
        let us = self.options.all_agreed(Side::Us);
        let agreed = us.union(self.options.all_agreed(Side::Them));
        // Password prompts come and go; nobody has to be told.
        let lasting = |set: OptionSet| set.without(OptionSet::of(&[option::ECHO]));
        self.info_changed |= lasting(agreed) != lasting(self.info.agreed);
        self.info.agreed = agreed;
    }

    /// An option is in use from now on.
    fn agreed(&mut self, side: Side, option: u8) {
        match (side, option) {
            (Side::Them, option::TTYPE) => {
                self.asking.start();
                self.writing.reply(&encode::terminal_send());
            }
            (Side::Them, option::NEW_ENVIRON) => {
                let asked = VARIABLES.map(|name| Variable::var(name, None));
                self.writing.reply(&encode::environ(environ::SEND, &asked));
            }
            (Side::Us, option::CHARSET) => {
                let names = self.config.charsets.iter().map(AsRef::as_ref);
                let request = charset_option::request(names);
                self.writing.reply(&encode::whole(option, &request));
            }
            _ => {}
        }
    }

    /// The client has said what it is, or will not.
    pub(super) fn settle(&mut self) {
        if self.info.settled {
            return;
        }
        self.info.settled = true;
        self.info_changed = true;
        if self.has_charsets() {
            self.request(Side::Us, option::CHARSET, true);
        }
    }

    pub(super) fn terminal(&mut self, payload: &[u8]) {
        let next = self.asking.answer(payload, &mut self.info);
        self.info_changed |= next != Next::Nothing;
        match next {
            Next::Ask => self.writing.reply(&encode::terminal_send()),
            Next::Done => self.settle(),
            Next::Nothing => {}
        }
    }

    pub(super) fn variables(&mut self, payload: &[u8]) {
        let Some((environ::IS | environ::INFO, variables)) = environ::parse(payload) else {
            return;
        };
        for variable in variables.iter().filter(|variable| !variable.user) {
            let Some(label) = variable.label() else { continue };
            match variable.name.as_slice() {
                b"CLIENT_NAME" => self.info.name = Some(label),
                b"CLIENT_VERSION" => self.info.version = Some(label),
                b"TERMINAL_TYPE" => self.info.terminal_type = Some(label),
                b"CHARSET" if self.info.charset.is_none() => self.info.charset = Some(label),
                b"MTTS" => {
                    let said = mtts(&[b"MTTS ", label.as_str().as_bytes()].concat());
                    self.info.mtts = said.or(self.info.mtts);
                }
                _ => continue,
            }
            self.info_changed = true;
        }
    }

    /// The client chooses a charset, or asks in its turn.
    pub(super) fn charset(&mut self, payload: &[u8]) {
        let ours = self.accepts(option::CHARSET);
        if !ours && !self.options.agreed(Side::Them, option::CHARSET) {
            return;
        }
        let known = |name: &[u8]| {
            self.config.charsets.iter().any(|ours| charset_option::same(ours.as_bytes(), name))
        };
        if let (&charset_option::ACCEPTED, name) = payload.split_first().unwrap_or((&0, b"")) {
            if ours && known(name) {
                self.choose_charset(name);
            }
            return;
        }
        // Where both ends ask, the answer to the server counts, and that is this end.
        let answer = charset_option::answer(payload, |name| !ours && known(name));
        if let Some(answer) = answer {
            self.writing.reply(&encode::whole(option::CHARSET, &answer));
            if let (&charset_option::ACCEPTED, name) = answer.split_first().unwrap_or((&0, b"")) {
                self.choose_charset(name);
            }
        }
    }

    fn choose_charset(&mut self, name: &[u8]) {
        self.info.charset = Label::new(name);
        self.info_changed = true;
    }
}
