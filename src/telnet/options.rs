//! Which options are in use with one peer, and what to answer when it speaks of one.
//!
//! RFC 1143 keeps negotiation from looping by one rule, which holds here: a request for what is the
//! case already is not answered, a change always is. Where the RFC makes a second request wait for
//! the answer to the first, this engine sends it at once and counts what is unanswered, because
//! TinTin++ and others never answer WONT ECHO, and a password prompt must not wait for them. Answers
//! come in the order of the requests, and requests for one option alternate, so the count alone says
//! which of them an answer belongs to, and which ones were passed over in silence.
//!
//! A peer that loops all the same is answered no more.

use std::time::{Duration, Instant};

use super::command::Verb;
use super::option::OptionSet;
use crate::few::{Few, Rare};

/// How often one option is answered within [`LOOP_WINDOW`]; who asks more often is in a loop.
const ANSWERS_MAX: u8 = 16;
/// The count of one that is in a loop: it is answered no more.
const MUTED: u8 = ANSWERS_MAX + 1;
const LOOP_WINDOW: Duration = Duration::from_secs(10);

/// Which end of the stream uses an option: WILL and WONT are said by that end, DO and DONT to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Side {
    /// This end.
    Us,
    /// The peer.
    Them,
}

impl Side {
    /// Whose use of an option a received verb speaks of, and whether it is for it.
    const fn of_received(verb: Verb) -> (Side, bool) {
        match verb {
            Verb::Will => (Side::Them, true),
            Verb::Wont => (Side::Them, false),
            Verb::Do => (Side::Us, true),
            Verb::Dont => (Side::Us, false),
        }
    }

    /// The verb by which this end says that `self` is to use an option, or not.
    const fn verb_to_send(self, on: bool) -> Verb {
        match (self, on) {
            (Side::Us, true) => Verb::Will,
            (Side::Us, false) => Verb::Wont,
            (Side::Them, true) => Verb::Do,
            (Side::Them, false) => Verb::Dont,
        }
    }
}

/// What to do when the peer asks for an option that is off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Policy {
    /// Agree to it.
    Agree,
    /// Refuse it.
    Refuse,
    /// Say nothing yet: [`Options::answer_late`] will.
    Later,
}

/// What a received verb has changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    /// Nothing.
    None,
    /// The option is in use from now on.
    Agreed,
    /// The option was in use until now.
    Ended,
    /// What this end asked for is refused.
    Refused,
}

/// What a received verb comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Received {
    /// The verb to answer with, for the same option.
    pub answer: Option<Verb>,
    /// What is different now.
    pub change: Change,
}

/// Requests of this end for one option that the peer has not answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Unanswered {
    side: Side,
    option: u8,
    /// At least 1. They alternate between on and off, and the last asks for what `wanted` says.
    count: u8,
}

/// The state of all options with one peer. At the start none is in use.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The options of this end that it last asked for or agreed to.
    ours: OptionSet,
    /// The options of the peer that this end last asked for or agreed to.
    theirs: OptionSet,
    /// Each side and option at most once.
    unanswered: Rare<Unanswered>,
    guard: LoopGuard,
}

impl Options {
    /// Nothing is in use and nothing was asked for.
    #[must_use]
    pub fn new() -> Options {
        Options::default()
    }

    /// Whether `side` uses `option`, as both ends have agreed.
    #[must_use]
    pub fn agreed(&self, side: Side, option: u8) -> bool {
        self.wanted(side).contains(option) && self.unanswered_at(side, option).is_none()
    }

    /// The options that `side` uses, as both ends have agreed.
    #[must_use]
    pub fn all_agreed(&self, side: Side) -> OptionSet {
        let open = self.unanswered.iter().filter(|open| open.side == side);
        self.wanted(side).without(open.map(|open| open.option).collect())
    }

    /// This end wants `side` to use `option`, or not: the verb to send, unless that was said before.
    #[must_use]
    pub fn request(&mut self, side: Side, option: u8, on: bool) -> Option<Verb> {
        if !self.wanted_mut(side).set(option, on) {
            return None;
        }
        match self.unanswered_at(side, option) {
            // A peer that answers nothing is asked on and on; only odd or even matters.
            Some(at) if self.unanswered[at].count == u8::MAX => {
                self.unanswered[at].count -= 1;
            }
            Some(at) => self.unanswered[at].count += 1,
            None => self.unanswered.push(Unanswered { side, option, count: 1 }),
        }
        Some(side.verb_to_send(on))
    }

    /// The peer said `verb` about `option`. `policy` is asked for only when it wants something new.
    pub fn receive(
        &mut self,
        now: Instant,
        verb: Verb,
        option: u8,
        policy: impl FnOnce() -> Policy,
    ) -> Received {
        let (side, on) = Side::of_received(verb);
        let before = self.agreed(side, option);
        let mut answer = None;
        let mut refused = false;
        match self.match_answer(side, option, on) {
            Match::Answer => {}
            Match::Refusal => refused = true,
            Match::Request => answer = self.answer(now, side, option, on, policy),
        }
        let change = match (before, self.agreed(side, option)) {
            (false, true) => Change::Agreed,
            (true, false) => Change::Ended,
            _ if refused => Change::Refused,
            _ => Change::None,
        };
        Received { answer, change }
    }

    /// Answers a request that was met with [`Policy::Later`] and not taken back since.
    #[must_use]
    pub fn answer_late(&mut self, side: Side, option: u8, agree: bool) -> Verb {
        self.wanted_mut(side).set(option, agree);
        side.verb_to_send(agree)
    }

    /// Finds what a received verb answers, and strikes that out.
    fn match_answer(&mut self, side: Side, option: u8, on: bool) -> Match {
        let Some(at) = self.unanswered_at(side, option) else { return Match::Request };
        let wanted = self.wanted(side).contains(option);
        let count = self.unanswered[at].count;
        let oldest = if count % 2 == 1 { wanted } else { !wanted };
        let (left, found) = match (oldest, on) {
            (true, true) | (false, false) => (count - 1, Match::Answer),
            // The request to stop was passed over in silence; this answers the one after it.
            (false, true) if count >= 2 => (count - 2, Match::Answer),
            (false, true) => (0, Match::Request),
            // Refused; the request to stop that follows changes nothing for the peer.
            (true, false) if count >= 2 => (count - 2, Match::Answer),
            (true, false) => (0, Match::Refusal),
        };
        if left == 0 {
            self.unanswered.remove(at);
        } else {
            self.unanswered[at].count = left;
        }
        if found == Match::Refusal {
            self.wanted_mut(side).remove(option);
        }
        found
    }

    /// The answer to a request of the peer's own.
    fn answer(
        &mut self,
        now: Instant,
        side: Side,
        option: u8,
        on: bool,
        policy: impl FnOnce() -> Policy,
    ) -> Option<Verb> {
        if self.wanted(side).contains(option) == on {
            return None;
        }
        let agreed = match (on, on.then(policy)) {
            (true, Some(Policy::Later)) => return None,
            (true, policy) => policy == Some(Policy::Agree),
            (false, _) => false,
        };
        let heard = self.guard.may_answer(now, option);
        self.wanted_mut(side).set(option, agreed && heard);
        heard.then(|| side.verb_to_send(agreed))
    }

    fn unanswered_at(&self, side: Side, option: u8) -> Option<usize> {
        self.unanswered.iter().position(|open| open.side == side && open.option == option)
    }

    fn wanted(&self, side: Side) -> &OptionSet {
        match side {
            Side::Us => &self.ours,
            Side::Them => &self.theirs,
        }
    }

    fn wanted_mut(&mut self, side: Side) -> &mut OptionSet {
        match side {
            Side::Us => &mut self.ours,
            Side::Them => &mut self.theirs,
        }
    }
}

/// How a received verb relates to what this end asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    /// It answers a request, or shows that one was passed over.
    Answer,
    /// It refuses the last request.
    Refusal,
    /// It is a request of the peer's own.
    Request,
}

/// Counts answers per option, and tells when a peer is in a loop.
#[derive(Clone, Debug, Default)]
struct LoopGuard {
    /// When the counting of `answers` began.
    since: Option<Instant>,
    /// The options answered since, and how often; for good those that are answered no more, at
    /// [`MUTED`]. At most 256.
    answers: Vec<(u8, u8)>,
}

impl LoopGuard {
    fn may_answer(&mut self, now: Instant, option: u8) -> bool {
        let over = |since| now.saturating_duration_since(since) > LOOP_WINDOW;
        if self.since.is_none_or(over) {
            self.since = Some(now);
            self.answers.retain(|(_, count)| *count == MUTED);
            self.answers.shrink_to_fit();
        }
        let known = self.answers.iter_mut().find(|(answered, _)| *answered == option);
        match known {
            Some((_, count)) => {
                *count = MUTED.min(*count + 1);
                *count < MUTED
            }
            None => {
                self.answers.push_few((option, 1));
                true
            }
        }
    }
}

#[cfg(test)]
mod tests;
