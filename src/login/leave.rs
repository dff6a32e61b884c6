//! After the login: only the way out is looked for. A client's line arms it, the game's answer fires
//! it; text alone never does, because other players can write any text.

use std::sync::Arc;
use std::time::Instant;

use super::{Dialogue, DialogueLimits, LoginEvent, Preset};
use crate::ids::UserKey;

/// Watches one connection that is logged in (or of which nobody knows who it is).
pub struct LeaveWatch {
    preset: Arc<Preset>,
    user: Option<UserKey>,
}

impl LeaveWatch {
    /// A watch over a connection whose login has just ended, with this user or without one.
    #[must_use]
    pub fn new(preset: Arc<Preset>, user: Option<UserKey>) -> LeaveWatch {
        LeaveWatch { preset, user }
    }

    /// A line of the client goes to the game.
    pub fn client_line(&mut self, now: Instant, line: &[u8]) -> Option<LoginEvent> {
        let _ = (now, line);
        None
    }

    /// Text matters now. While it does not, the game's text need not be shown to the watch.
    #[must_use]
    pub fn wants_text(&self, now: Instant) -> bool {
        let _ = now;
        false
    }

    /// The game sent text, telnet removed. With an event comes how much of the text it took.
    pub fn game_text(&mut self, now: Instant, text: &[u8]) -> Option<(LoginEvent, usize)> {
        let _ = (now, text);
        None
    }

    /// The game sent a message out of band.
    pub fn game_out_of_band(&mut self, option: u8, payload: &[u8]) -> Option<LoginEvent> {
        let _ = (option, payload, &self.user);
        None
    }

    /// This line changes a password: it is secret, and what was known about the old one is void.
    #[must_use]
    pub fn is_password_change(&self, line: &[u8]) -> bool {
        let _ = line;
        false
    }

    /// The user is at a menu of the game, not in the world.
    #[must_use]
    pub fn at_menu(&self) -> bool {
        false
    }

    /// After [`LoginEvent::Left`]: the dialogue of the next login on the same connection. `rest` is
    /// the game's text after what the event took.
    #[must_use]
    pub fn into_dialogue(self, limits: DialogueLimits, now: Instant, rest: &[u8]) -> Dialogue {
        let mut dialogue = Dialogue::new(self.preset, limits, now);
        dialogue.game_text(now, rest);
        dialogue
    }
}
