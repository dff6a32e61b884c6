//! Reads the game's text and says what it means.

use std::sync::Arc;

use super::Preset;

/// One connection's reading of the game's login texts.
pub struct Recogniser {
    preset: Arc<Preset>,
}

impl Recogniser {
    /// A recogniser at the start of a connection.
    #[must_use]
    pub fn new(preset: Arc<Preset>) -> Recogniser {
        Recogniser { preset }
    }

    /// The preset in use.
    #[must_use]
    pub fn preset(&self) -> &Arc<Preset> {
        &self.preset
    }
}
