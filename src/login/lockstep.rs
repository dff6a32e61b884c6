//! When may the next line go to the game? One at a time: the next goes when the last one is answered.
//!
//! Without this, `mallory`, a password and `bob` sent in one packet are paired with whatever questions
//! arrive meanwhile, and bind somebody else's name. A question that the preset knows is an answer; so
//! is a prompt mark, and text followed by quiet. Only the last may be wrong (the game may have paused
//! within its answer), so after it the order is in doubt, until the game has said nothing for as long
//! as an answer can take: so long a line at the question for a name waits, and a login in one line is
//! not believed. Pure arithmetic on instants.

use std::time::{Duration, Instant};

use super::Style;
use super::data::RuleKind;
use super::recogniser::Heard;

/// How long an answer may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Text followed by so much quiet is an answer.
    pub(super) quiet: Duration,
    /// An answer takes no longer than this.
    pub(super) answer_max: Duration,
}

/// Whether the next line may go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// At this instant, if nothing else happens.
    At(Instant),
    /// At this instant, if nothing at all comes: then nobody knows what the line answers.
    Unanswered(Instant),
}

/// The state of the exchange.
#[derive(Clone, Debug)]
pub(super) struct Lockstep {
    pace: Pace,
    style: Style,
    /// When the last line went, or the connection began.
    since: Instant,
    /// A line has gone.
    any_line: bool,
    /// The last text since then.
    heard: Option<Instant>,
    /// A prompt mark came after text.
    marked: bool,
    /// A rule matched since then.
    rule: bool,
    /// The last line said a name or a password.
    attempt: bool,
    /// A line went without certainty that the one before was answered.
    doubt: bool,
}

impl Lockstep {
    pub(super) fn new(pace: Pace, style: Style, now: Instant) -> Lockstep {
        Lockstep {
            pace,
            style,
            since: now,
            any_line: false,
            heard: None,
            marked: false,
            rule: false,
            attempt: false,
            doubt: false,
        }
    }

    pub(super) fn set_style(&mut self, style: Style) {
        self.style = style;
    }

    pub(super) fn heard(&mut self, now: Instant, heard: Heard) {
        if heard.text || heard.rule {
            self.heard = Some(now);
            self.marked = false;
        }
        self.rule |= heard.rule;
        self.doubt |= heard.again;
    }

    pub(super) fn prompt(&mut self, heard: Heard) {
        self.marked = self.heard.is_some();
        self.rule |= heard.rule;
    }

    /// Something that is no text, after text: the answer goes on.
    pub(super) fn stirred(&mut self, now: Instant) {
        if self.heard.is_some() && !self.marked {
            self.heard = Some(now);
        }
    }

    /// When text was last heard since the last line.
    pub(super) fn last_heard(&self) -> Option<Instant> {
        self.heard
    }

    /// The instant at which the game has fallen quiet, as far as known now.
    pub(super) fn quiet_at(&self) -> Option<Instant> {
        let quiet = if self.marked { Duration::ZERO } else { self.pace.quiet };
        self.heard.map(|heard| heard + quiet)
    }

    /// When the line that has been the first in the queue since `queued` may go.
    pub(super) fn next(&self, question: Option<RuleKind>, queued: Instant) -> Next {
        match self.heard {
            Some(heard) if self.must_settle(question, queued, heard) => {
                let patience = self.latest(queued) + 2 * self.pace.answer_max;
                Next::At((heard + self.pace.answer_max).min(patience))
            }
            Some(heard) => Next::At(self.answered(question, heard).min(self.latest(queued))),
            None if self.is_greeting_to_come() => {
                Next::Unanswered(self.latest(queued) + self.pace.answer_max)
            }
            None => Next::Unanswered(self.latest(queued)),
        }
    }

    /// In doubt, an answer to the question for a name waits. One typed before the question need not:
    /// it is no answer.
    fn must_settle(&self, question: Option<RuleKind>, queued: Instant, heard: Instant) -> bool {
        self.doubt && question == Some(RuleKind::Name) && queued >= heard
    }

    /// However much the game talks, a line waits no longer than this.
    fn latest(&self, queued: Instant) -> Instant {
        let since = if self.any_line { self.since } else { self.since.max(queued) };
        since + self.pace.answer_max
    }

    fn answered(&self, question: Option<RuleKind>, heard: Instant) -> Instant {
        let quiet = if self.marked { heard } else { heard + self.pace.quiet };
        match question {
            // Some games print the question for the name twice; the others are followed at once.
            Some(RuleKind::Name) => quiet,
            Some(_) => heard,
            None if self.question_to_come() => quiet.max(self.since + self.pace.answer_max),
            None => quiet,
        }
    }

    /// A game that asks throws away what is typed before it asks, or takes it for who knows what.
    fn question_to_come(&self) -> bool {
        !self.any_line && !self.marked && self.style == Style::Prompt
    }

    /// If the line that was typed at `queued` goes now, does it certainly answer what the game asked
    /// last?
    pub(super) fn is_certain(
        &self,
        question: Option<RuleKind>,
        queued: Instant,
        now: Instant,
    ) -> bool {
        let Some(heard) = self.heard else { return false };
        let settled = now >= heard + self.pace.answer_max;
        match (question, self.style) {
            (Some(_), _) => !self.doubt || (settled && queued >= heard),
            (None, Style::Prompt) => false,
            (None, Style::Command | Style::Both) => !self.is_attempt_open() || settled,
        }
    }

    /// A game that takes commands always says how; some look the player's host up first.
    fn is_greeting_to_come(&self) -> bool {
        !self.any_line && self.style != Style::Prompt
    }

    /// The last line was a login or part of one, and what came back does not say what became of it.
    fn is_attempt_open(&self) -> bool {
        self.doubt || (self.attempt && !self.rule && !self.marked)
    }

    /// A line went, which was certainly an answer, or not.
    pub(super) fn sent(&mut self, now: Instant, attempt: bool, certain: bool) {
        self.doubt = !certain;
        self.since = now;
        self.any_line = true;
        self.heard = None;
        self.marked = false;
        self.rule = false;
        self.attempt = attempt;
    }

    /// A line went that the game does not answer, or may not.
    pub(super) fn sent_unanswered(&mut self) {
        self.doubt = true;
    }

    /// A rule has explained the answer to the last line.
    pub(super) fn explained(&self) -> bool {
        self.rule
    }

    /// A line has gone.
    pub(super) fn any_line(&self) -> bool {
        self.any_line
    }
}
