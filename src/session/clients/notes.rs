//! What one client is still to be told, in order, between the output where it belongs there.

use std::collections::VecDeque;

use crate::few::{Few, pop_few};
use crate::ids::{Epoch, Position};
use crate::session::message::Note;

/// Notes that wait for one client, the state of the game not counted, which waits once at most and
/// is bounded by its snapshot. Over it the oldest plain notices are dropped.
pub const NOTES_MAX: usize = 256;

/// A note and the place in the output where it belongs; none: as soon as it can be read.
#[derive(Debug)]
struct Posted {
    at: Option<Position>,
    note: Note,
}

impl Posted {
    /// A value that the game has told, as it is now.
    fn is_state(&self) -> bool {
        self.at.is_none() && matches!(self.note, Note::Echo { .. } | Note::OutOfBand { .. })
    }
}

/// The notes that wait for one client.
#[derive(Debug, Default)]
pub(super) struct Notes {
    queue: VecDeque<Posted>,
}

impl Notes {
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(super) fn clear(&mut self) {
        self.queue = VecDeque::new();
    }

    /// Adds one, at a place in the output or as soon as can be.
    pub(super) fn post(&mut self, at: Option<Position>, note: Note) {
        if let Note::InputAck(_) = note {
            self.queue.retain(|posted| !matches!(posted.note, Note::InputAck(_)));
        }
        if self.queue.len() >= NOTES_MAX {
            self.make_room();
        }
        self.queue.push_few(Posted { at, note });
    }

    fn make_room(&mut self) {
        let counted = |posted: &Posted| !posted.is_state();
        if self.queue.iter().filter(|posted| counted(posted)).count() < NOTES_MAX {
            return;
        }
        let plain = |posted: &Posted| matches!(posted.note, Note::Notice(_));
        let oldest = self.queue.iter().position(plain);
        if let Some(oldest) = oldest.or_else(|| self.queue.iter().position(counted)) {
            self.queue.remove(oldest);
        }
    }

    /// Adds some before what waits for a place in the output.
    pub(super) fn post_before_placed(&mut self, notes: Vec<Note>) {
        let placed = self.queue.iter().position(|posted| posted.at.is_some());
        let later = self.queue.split_off(placed.unwrap_or(self.queue.len()));
        notes.into_iter().for_each(|note| self.post(None, note));
        self.queue.extend(later);
    }

    /// The place of the next one, if it has one.
    pub(super) fn next_place(&self) -> Option<Position> {
        self.queue.front().and_then(|posted| posted.at)
    }

    /// Takes the next one.
    pub(super) fn pop(&mut self) -> Option<Note> {
        pop_few(&mut self.queue).map(|posted| posted.note)
    }

    /// Whether the next one can be told: to a reader that has come to where it belongs, if it
    /// belongs anywhere.
    pub(super) fn is_due(&self, due: impl Fn(Position) -> bool) -> bool {
        self.queue.front().is_some_and(|posted| posted.at.is_none_or(due))
    }

    /// Tells the state as it is now, then `notes`, before all that is not `due` yet. Older state
    /// that waits is out of date.
    pub(super) fn tell_state(
        &mut self,
        due: impl Fn(Position) -> bool,
        state: impl Iterator<Item = Note>,
        notes: impl IntoIterator<Item = Note>,
    ) {
        self.queue.retain(|posted| !posted.is_state());
        let is_due = |posted: &&Posted| posted.at.is_none_or(&due);
        let later = self.queue.split_off(self.queue.iter().take_while(is_due).count());
        let told = state.chain(notes).map(|note| Posted { at: None, note });
        self.queue.extend(told);
        self.queue.extend(later);
    }

    /// The same for some values only: those that `is` finds are out of date.
    pub(super) fn tell_again(&mut self, is: impl Fn(u8) -> bool, values: Vec<(u8, Vec<u8>)>) {
        self.queue.retain(|posted| match &posted.note {
            Note::OutOfBand { option, .. } => !posted.is_state() || !is(*option),
            _ => true,
        });
        for (option, payload) in values {
            self.post(None, Note::OutOfBand { option, payload });
        }
    }

    /// Places outside this epoch cannot be read to any more: what belongs there can be told.
    pub(super) fn forget_places_outside(&mut self, epoch: Epoch) {
        for posted in &mut self.queue {
            posted.at = posted.at.filter(|at| at.epoch == epoch);
        }
    }
}
