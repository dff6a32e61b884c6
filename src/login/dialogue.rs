//! The login of one connection: lock-step and recogniser together. What the session core talks to.
//!
//! Feed it everything that passes (`client_line`, `game_text`, ...), then `poll` until `None`; call
//! `tick` when `deadline` is due and poll again.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{Preset, Step};
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

/// One connection's login.
pub struct Dialogue {
    preset: Arc<Preset>,
    pending: Vec<Line>,
}

impl Dialogue {
    /// A dialogue that begins now, with a preset that is known.
    #[must_use]
    pub fn new(preset: Arc<Preset>, limits: DialogueLimits, now: Instant) -> Dialogue {
        let _ = (limits, now);
        Dialogue { preset, pending: Vec::new() }
    }

    /// A dialogue that begins now and finds out which preset it is: [`Step::Chosen`] or
    /// `Transparent(Uncertain)` tells.
    #[must_use]
    pub fn auto(limits: DialogueLimits, now: Instant) -> Dialogue {
        let _ = (limits, now);
        Dialogue {
            preset: Preset::named("none").unwrap_or_else(|| unreachable!()),
            pending: Vec::new(),
        }
    }

    /// The preset in use; `none` while `auto` has not chosen.
    #[must_use]
    pub fn preset(&self) -> &Arc<Preset> {
        &self.preset
    }

    /// The player typed a line.
    ///
    /// # Errors
    /// If too many wait already; the line is dropped.
    pub fn client_line(&mut self, now: Instant, line: Line) -> Result<(), TypeAheadFull> {
        let _ = now;
        self.pending.push(line);
        Ok(())
    }

    /// The game sent text, telnet removed.
    pub fn game_text(&mut self, now: Instant, text: &[u8]) {
        let _ = (now, text);
    }

    /// The game marked a prompt (GA or EOR).
    pub fn game_prompt(&mut self, now: Instant) {
        let _ = now;
    }

    /// The game took over the echo (`hidden`) or gave it back. A hint, nothing more.
    pub fn game_echo(&mut self, now: Instant, hidden: bool) {
        let _ = (now, hidden);
    }

    /// The game sent a message out of band, by the telnet option that carries it.
    pub fn game_out_of_band(&mut self, now: Instant, option: u8, payload: &[u8]) {
        let _ = (now, option, payload);
    }

    /// The client sent a message out of band, and it goes to the game.
    pub fn client_out_of_band(&mut self, now: Instant, option: u8, payload: &[u8]) {
        let _ = (now, option, payload);
    }

    /// When to call `tick`.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        None
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Instant) {
        let _ = now;
    }

    /// The next thing to do, if any. Poll until `None` after every call above.
    pub fn poll(&mut self) -> Option<Step> {
        None
    }

    /// The polled line went to the game.
    pub fn sent(&mut self, now: Instant) {
        let _ = now;
    }

    /// The polled line did not and will not go to the game.
    pub fn dropped(&mut self, now: Instant) {
        let _ = now;
    }

    /// The polled line is a name and stays here for now: mudkeep itself asks for the password. The
    /// next line is polled as that password (answer it with `dropped`); then [`Dialogue::held_back_sent`]
    /// says that the name went to the game after all.
    pub fn hold_back(&mut self) {}

    /// The name that was held back went to the game.
    pub fn held_back_sent(&mut self, now: Instant) {
        let _ = now;
    }

    /// Everything that the player typed and that was not polled: what is queued when the login ends.
    pub fn take_pending(&mut self) -> Vec<Line> {
        std::mem::take(&mut self.pending)
    }
}
