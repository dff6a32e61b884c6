//! When something is due for a session. What is rarely there takes no room.

use std::time::Instant;

/// When something is due, if anything is.
#[derive(Debug, Default)]
pub(super) struct Timers {
    /// The hold, or the time for last words, ends.
    pub(super) hold: Option<Instant>,
    /// Those of a session whose game is leaving; rarely there.
    pub(super) leaving: Option<Box<Leaving>>,
}

#[derive(Debug, Default)]
pub(super) struct Leaving {
    /// A newcomer's answer was awaited long enough.
    pub(super) decide: Option<Instant>,
    /// The last pulse after the game has closed for a replacement.
    pub(super) replace: Option<Instant>,
}

impl Timers {
    pub(super) fn leaving(&mut self) -> &mut Leaving {
        self.leaving.get_or_insert_default()
    }

    pub(super) fn is_replacing(&self) -> bool {
        self.leaving.as_ref().is_some_and(|leaving| leaving.replace.is_some())
    }

    pub(super) fn earliest(&self) -> Option<Instant> {
        let leaving = self.leaving.as_ref();
        let leaving = leaving.map(|leaving| [leaving.decide, leaving.replace]);
        leaving.into_iter().flatten().chain([self.hold]).flatten().min()
    }
}

/// Whether a timer is due; it is then taken.
pub(super) fn take_due(timer: &mut Option<Instant>, now: Instant) -> bool {
    timer.take_if(|due| *due <= now).is_some()
}
