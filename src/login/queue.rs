//! What the player typed ahead, and the numbers that bound a dialogue.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::secret::Line;

/// The numbers of a dialogue.
#[derive(Clone, Copy, Debug)]
pub struct DialogueLimits {
    /// So many answered lines without a rule that matches, and it fails open.
    pub lines_max: usize,
    /// Lines typed ahead, at most.
    pub type_ahead_lines_max: usize,
    /// Bytes typed ahead, at most.
    pub type_ahead_bytes_max: usize,
    /// Text followed by so much quiet is an answer.
    pub quiet: Duration,
    /// An answer takes no longer than this.
    pub answer_max: Duration,
}

impl Default for DialogueLimits {
    fn default() -> DialogueLimits {
        DialogueLimits {
            lines_max: 10,
            type_ahead_lines_max: 100,
            type_ahead_bytes_max: 16 * 1024,
            quiet: Duration::from_millis(150),
            answer_max: Duration::from_secs(2),
        }
    }
}

/// The line was not taken: too much is waiting already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many lines are waiting for the game's login")]
pub struct TypeAheadFull;

/// Lines that wait for their turn, with the instant at which each was typed.
#[derive(Default)]
pub(super) struct Queue {
    lines: VecDeque<(Instant, Line)>,
    /// The sum of their lengths.
    bytes: usize,
}

impl Queue {
    pub(super) fn push(
        &mut self,
        limits: &DialogueLimits,
        now: Instant,
        line: Line,
    ) -> Result<(), TypeAheadFull> {
        let bytes = self.bytes + line.len();
        let full = self.lines.len() >= limits.type_ahead_lines_max;
        if full || bytes > limits.type_ahead_bytes_max {
            return Err(TypeAheadFull);
        }
        self.bytes = bytes;
        self.lines.push_back((now, line));
        Ok(())
    }

    pub(super) fn first(&self) -> Option<(Instant, &Line)> {
        self.lines.front().map(|(typed, line)| (*typed, line))
    }

    pub(super) fn pop(&mut self) -> Option<Line> {
        let (_, line) = self.lines.pop_front()?;
        self.bytes -= line.len();
        Some(line)
    }

    pub(super) fn take(&mut self) -> Vec<Line> {
        self.bytes = 0;
        self.lines.drain(..).map(|(_, line)| line).collect()
    }
}
