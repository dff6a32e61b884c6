//! Which options the game is granted, and when.

use std::time::{Duration, Instant};

use super::{Profile, TowardGame};
use crate::telnet::command::Verb;
use crate::telnet::option::{self, OptionSet};
use crate::telnet::options::{Change, Policy, Side};
use crate::telnet::{encode, gmcp};

/// How long the game waits to hear that there is a terminal type or a window, while the client is
/// still asked for them. Evennia gives up after 2 s; and for as long as it delays a new connection
/// it drops one that changes its size, so what is told first has to be right.
const TERMINAL_WAIT: Duration = Duration::from_secs(1);
/// How long the game waits to hear whether the client takes an option that changes the text.
const CONSENT_WAIT: Duration = Duration::from_secs(2);

/// After so long without negotiation, who asks for what is agreed is not looping or answering: it has
/// forgotten.
const FORGET_TIME: Duration = Duration::from_secs(10);

/// Options that change the text, so that the attached client has to agree.
pub(super) const CONSENTED: OptionSet = OptionSet::of(&[option::MXP, option::MSP, option::ATCP]);
/// Options that the game can offer.
const OFFERED: OptionSet = OptionSet::of(&[
    option::ECHO,
    option::SGA,
    option::EOR,
    option::CHARSET,
    option::GMCP,
    option::MSDP,
    option::MSSP,
]);
/// Options that the game can ask for at any time, and that say what the client's terminal is.
const TERMINAL: OptionSet = OptionSet::of(&[option::TTYPE, option::NAWS]);
/// Others that the game can ask for.
const ASKED_FOR: OptionSet = OptionSet::of(&[option::SGA, option::NEW_ENVIRON, option::CHARSET]);
/// What is left of the two in [`Profile::Replies`].
const OFFERED_PLAIN: OptionSet = OptionSet::of(&[option::ECHO, option::SGA, option::EOR]);
const ASKED_FOR_PLAIN: OptionSet = OptionSet::of(&[option::SGA]);

/// A request of the game that is not answered yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waiting {
    pub(super) side: Side,
    pub(super) option: u8,
    /// When it is answered whatever the client says: TTYPE and NAWS with yes, the others with no.
    pub(super) until: Instant,
}

/// Notices a game that was restarted and kept its sockets (a copyover): it negotiates anew, long after
/// it had done, and waits for answers like any other.
#[derive(Debug, Default)]
pub(super) struct Anew {
    /// When the game last negotiated.
    last: Option<Instant>,
    /// What it was answered again since it began anew; none: it has not.
    answered: Option<Vec<(Side, u8)>>,
}

impl Anew {
    /// The game negotiates.
    fn note(&mut self, now: Instant) {
        let last = self.last.replace(now);
        if last.is_some_and(|last| now.saturating_duration_since(last) >= FORGET_TIME) {
            self.answered = Some(Vec::new());
        }
    }

    /// Whether what was agreed is to be said once more.
    fn take(&mut self, side: Side, option: u8) -> bool {
        let answered = self.answered.as_mut().filter(|known| !known.contains(&(side, option)));
        answered.map(|known| known.push((side, option))).is_some()
    }
}

impl TowardGame {
    /// The game said `verb` about `option`.
    pub(super) fn negotiate(&mut self, now: Instant, verb: Verb, option: u8) {
        self.anew.get_or_insert_default().note(now);
        let (side, policy) = match verb {
            Verb::Will | Verb::Wont => (Side::Them, self.policy_if_offered(option)),
            Verb::Do | Verb::Dont => (Side::Us, self.policy_if_asked(option)),
        };
        if let Some(at) = self.waiting_for(side, option) {
            // Asking again changes nothing. Taking it back is answered, or it would be taken for an
            // answer when the game next asks.
            if matches!(verb, Verb::Wont | Verb::Dont) {
                self.waiting.remove(at);
                self.answer_late(side, option, false);
            }
            return;
        }
        let on = matches!(verb, Verb::Will | Verb::Do);
        // A game hides what is typed as often as it likes.
        let matters = on && option != option::ECHO && self.options.agreed(side, option);
        if matters && self.anew.get_or_insert_default().take(side, option) {
            self.greeted &= option != option::GMCP;
            return self.answer_late(side, option, true);
        }
        let mut later = false;
        let received = self.options.receive(now, verb, option, || {
            later = policy == Policy::Later;
            policy
        });
        if let Some(answer) = received.answer {
            self.queue(encode::negotiation(answer, option).to_vec());
        }
        if later {
            let wait = if CONSENTED.contains(option) { CONSENT_WAIT } else { TERMINAL_WAIT };
            self.waiting.push(Waiting { side, option, until: now + wait });
        }
        match received.change {
            Change::Agreed => self.agreed(side, option),
            Change::Ended if option == option::NAWS => self.window_told = None,
            Change::Ended | Change::Refused | Change::None => {}
        }
    }

    fn policy_if_offered(&self, option: u8) -> Policy {
        match self.config.profile {
            Profile::Full if OFFERED.contains(option) => Policy::Agree,
            Profile::Full if CONSENTED.contains(option) => self.consent(option),
            Profile::Replies if OFFERED_PLAIN.contains(option) => Policy::Agree,
            Profile::Full | Profile::Replies | Profile::None => Policy::Refuse,
        }
    }

    fn policy_if_asked(&self, option: u8) -> Policy {
        match self.config.profile {
            Profile::Full | Profile::Replies if TERMINAL.contains(option) => {
                if self.knows(option) {
                    Policy::Agree
                } else {
                    Policy::Later
                }
            }
            Profile::Full if ASKED_FOR.contains(option) => Policy::Agree,
            Profile::Full if CONSENTED.contains(option) => self.consent(option),
            Profile::Replies if ASKED_FOR_PLAIN.contains(option) => Policy::Agree,
            Profile::Full | Profile::Replies | Profile::None => Policy::Refuse,
        }
    }

    /// What the client says of its terminal is known, as far as it will be.
    fn knows(&self, option: u8) -> bool {
        self.client.settled || (option == option::NAWS && self.client.size.is_some())
    }

    fn consent(&self, option: u8) -> Policy {
        if self.client.agreed.contains(option) { Policy::Agree } else { Policy::Later }
    }

    /// Answers what waited for the client, if it has spoken by now or had its time.
    pub(super) fn answer_waiting(&mut self, now: Instant) {
        for waiting in self.waiting.take() {
            let over = now >= waiting.until;
            let agree = match waiting.option {
                option if TERMINAL.contains(option) => self.knows(option) || over,
                option => self.client.agreed.contains(option),
            };
            if !agree && !over {
                self.waiting.push(waiting);
                continue;
            }
            self.answer_late(waiting.side, waiting.option, agree);
        }
    }

    fn waiting_for(&self, side: Side, option: u8) -> Option<usize> {
        self.waiting.iter().position(|waiting| waiting.side == side && waiting.option == option)
    }

    fn answer_late(&mut self, side: Side, option: u8, agree: bool) {
        let verb = self.options.answer_late(side, option, agree);
        self.queue(encode::negotiation(verb, option).to_vec());
        if agree {
            self.agreed(side, option);
        }
    }

    /// An option is in use from now on.
    fn agreed(&mut self, side: Side, option: u8) {
        match (side, option) {
            (Side::Us, option::NAWS) => self.tell_window(),
            (Side::Us, option::TTYPE) => self.terminals_told = 0,
            (Side::Them, option::GMCP) => {
                self.greet();
                if self.greeted && !self.client.modules.is_empty() {
                    self.queue_message(option::GMCP, &gmcp::supports_set(&self.client.modules));
                }
            }
            _ => {}
        }
    }
}
