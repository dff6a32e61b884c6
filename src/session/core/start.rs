//! Where a client starts: at the place that it names, where the output goes on without it, or
//! with the text that it is not known to have.

use std::time::{Duration, Instant};

use super::Core;
use super::attach::Arrival;
use crate::ids::{Epoch, Offset, Position};
use crate::session::clients::Phase;
use crate::session::history::{self, Bookmark, FellOff, Place};
use crate::session::message::{ReplaySummary, ReplayWish, Via};
use crate::telnet::client_info::{ClientInfo, Mtts};

/// Lines replayed to a client that says it is a screen reader.
const SCREEN_READER_LINES_MAX: usize = 5;

impl Core {
    /// The text that is not known to have reached its player, for a session that takes this one's
    /// place: as much as would be replayed.
    #[must_use]
    pub fn undelivered(&self) -> Vec<u8> {
        let history = self.output.current();
        let delivered = self.left.and_then(|left| left.delivered);
        let from = history.replay(delivered, self.config.session.replay, None).from;
        let (mut canonical, mut text) = (Vec::new(), Vec::new());
        if history.read(from, usize::MAX, &mut canonical).is_ok() {
            history::text_only(&canonical, None, &mut text);
        }
        text
    }

    /// Where the client starts.
    pub(super) fn start(&self, now: Instant, arrival: &Arrival) -> Start {
        let head = self.output.head();
        if arrival.via == Via::Opened {
            return Start::at(head);
        }
        if self.output.is_secret() {
            return Start { reset: arrival.position.is_some(), state: true, ..Start::at(head) };
        }
        let Some(position) = arrival.position else { return self.replay(now, arrival) };
        let history = self.output.current();
        if position.epoch != head.epoch {
            return Start { reset: true, ..self.replay(now, arrival) };
        }
        match history.place(position.offset) {
            Place::Held => Start::at(position),
            Place::Ahead => Start { reset: true, ..self.replay(now, arrival) },
            Place::FellOff(FellOff { resume_at }) => {
                let gap = Some((position.offset, resume_at));
                Start { gap, state: true, ..Start::at(Position::new(head.epoch, resume_at)) }
            }
        }
    }

    /// The text to show again to a client that does not know where it was.
    fn replay(&self, now: Instant, arrival: &Arrival) -> Start {
        let epoch = self.output.epoch();
        let history = self.output.current();
        let delivered = self.left.and_then(|left| left.delivered);
        let away = self.left.map_or(Duration::ZERO, |left| now.duration_since(left.at));
        let bytes_max = self.config.session.replay;
        let plan = match arrival.replay {
            ReplayWish::Missed => {
                let lines_max = is_screen_reader(&arrival.info).then_some(SCREEN_READER_LINES_MAX);
                history.replay(delivered, bytes_max, lines_max)
            }
            ReplayWish::Lines(lines) => history.replay(None, usize::MAX, Some(lines)),
        };
        let missed = plan.lines_missed.max(self.lines_since_report());
        let summary = ReplaySummary {
            lines: plan.lines_shown,
            away_seconds: away.as_secs(),
            more: missed.saturating_sub(plan.lines_shown),
        };
        Start {
            cursor: Position::new(epoch, plan.from),
            phase: Phase::Replaying { to: plan.to },
            replay: Some(summary),
            gap: None,
            reset: false,
            state: false,
        }
    }

    /// How many lines there are, held or not, since it was last known how far the output got. Of one
    /// who left unheard nothing else is known.
    fn lines_since_report(&self) -> u64 {
        let of_now = |(epoch, _): &(Epoch, Bookmark)| *epoch == self.output.epoch();
        let reported = self.reported.filter(of_now);
        reported.map_or(0, |(_, bookmark)| {
            self.output.current().replay(Some(bookmark), 0, None).lines_missed
        })
    }
}

fn is_screen_reader(info: &ClientInfo) -> bool {
    info.mtts.is_some_and(|mtts| mtts.has(Mtts::SCREEN_READER))
}

/// Where a client starts, and what it is told about it.
pub(super) struct Start {
    pub(super) cursor: Position,
    pub(super) phase: Phase,
    pub(super) replay: Option<ReplaySummary>,
    pub(super) gap: Option<(Offset, Offset)>,
    pub(super) reset: bool,
    /// It cannot know the present state from what it reads.
    pub(super) state: bool,
}

impl Start {
    fn at(cursor: Position) -> Start {
        Start { cursor, phase: Phase::Live, replay: None, gap: None, reset: false, state: false }
    }

    pub(super) fn away_seconds(&self) -> u64 {
        self.replay.map_or(0, |replay| replay.away_seconds)
    }
}
