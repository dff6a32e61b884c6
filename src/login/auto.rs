//! Which preset is it? Decided from the game's first screen, and only when that is certain.

use std::sync::Arc;

use super::Preset;

/// Reads a first screen.
#[derive(Default)]
pub struct Auto {}

/// What the first screen says so far.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is this one.
    Certain(Arc<Preset>),
    /// It may be one of these, or something else.
    Uncertain {
        /// Those whose marks or prompts were seen.
        considered: Vec<&'static str>,
    },
}

impl Auto {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Auto {
        Auto::default()
    }

    /// The game's text, telnet removed.
    pub fn game_text(&mut self, text: &[u8]) {
        let _ = text;
    }

    /// What it is, as far as seen.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        Verdict::Uncertain { considered: Vec::new() }
    }
}
