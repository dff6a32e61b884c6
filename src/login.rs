//! Who is it? The game decides, in its own login dialogue, which is watched here as it passes.
//!
//! A [`Preset`] is what one family of games says and asks, as data. The recogniser matches the
//! game's text against it. The [`Dialogue`] adds lock-step: while nobody is logged in, one line at a
//! time goes to the game and its answer is awaited, because otherwise a line sent ahead would be
//! taken for the answer to another question and bind somebody else's name. After [`LoginEvent::Accepted`]
//! the [`LeaveWatch`] looks only for the way out: what other players can write is not believed.
//!
//! Whatever is not recognised fails open: the player plays, mudkeep just does not know who it is.
//! Nothing in here knows a socket or a clock.

mod auto;
mod candidate;
mod classify;
mod compile;
mod data;
mod dialogue;
mod leave;
mod lockstep;
mod name;
mod oob;
mod pattern;
mod preset;
mod queue;
mod recogniser;
mod text;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

pub use auto::{Auto, Verdict};
pub use data::{
    ChangedRule, Fold, NameData, OobData, PairData, PresetData, ProbeData, RuleChange, RuleData,
    RuleKind, RuleOverrides, SourceData,
};
pub use dialogue::Dialogue;
pub use leave::LeaveWatch;
pub use preset::{Duplicate, Keepalive, Preset, PresetError, Style};
pub use queue::{DialogueLimits, TypeAheadFull};

use self::recogniser::Recogniser;
use crate::ids::{User, UserKey};
use crate::secret::Line;

/// What the dialogue has come to.
#[derive(Clone, PartialEq, Eq)]
pub enum LoginEvent {
    /// The player gave a name at the game's question for one. A claim, worth nothing yet; it may even
    /// be a password typed at the wrong moment, so it is never logged (its `Debug` hides it).
    Named {
        /// As typed.
        name: Arc<str>,
        /// Folded.
        user: UserKey,
    },
    /// The game let this user in. The only event that claims anything.
    Accepted {
        /// Who it is: the name that the game stated, else the one typed.
        user: User,
        /// The name that was typed to log in, folded: an account is not a character.
        login: UserKey,
        /// The game stated the name itself.
        stated: bool,
    },
    /// The game asks whether to throw out the other copy of this user.
    Asked {
        /// What to type for yes.
        answer: Arc<str>,
    },
    /// The game has the player choose a password: a character or an account is being made.
    Making(Making),
    /// The game refused the name or the password.
    Refused,
    /// The game refused because this user plays already.
    Taken,
    /// The user is at a menu of the game: logged in, but not in the world.
    Menu,
    /// The user went from the menu into the world.
    Entered,
    /// The game says that this connection is another user's now (another character of an account).
    Became {
        /// Who it is now.
        user: User,
    },
    /// Nobody is logged in on this connection any more, and the game asks for a name again.
    Left,
}

/// A character or an account that is being made.
#[derive(Clone, PartialEq, Eq)]
pub struct Making {
    /// Its name, folded, where it is certain.
    pub user: Option<UserKey>,
}

/// What is certain of whoever was let in, besides the name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LetIn {
    /// The character or account was made in this login.
    pub new: bool,
    /// By a name that many share.
    pub guest: bool,
}

/// What a line is to the login, as far as the game's question tells.
#[derive(Clone, PartialEq, Eq)]
pub enum LineRole {
    /// The answer to the question for a name.
    Name {
        /// As typed.
        name: Arc<str>,
        /// Folded.
        user: UserKey,
    },
    /// The answer to the question for a password: the whole line is one.
    Password {
        /// Whose, where the name is one that can be bound.
        user: Option<UserKey>,
        /// The name as typed.
        name: Option<Arc<str>>,
        /// A password being chosen, not one being checked.
        new: bool,
    },
    /// A whole login in one line (`connect NAME PASSWORD`).
    Command {
        /// The name as typed.
        name: Arc<str>,
        /// Folded; `None` where the name binds nobody (a guest, a `#123`).
        user: Option<UserKey>,
        /// Where in the line the password stands.
        password: Option<Range<usize>>,
        /// It makes a new character or account.
        new: bool,
        /// Many share the name.
        guest: bool,
    },
    /// The answer to the question for a name, with one that many share.
    Guest,
    /// The answer to another question that the preset knows.
    Answer,
    /// Anything else.
    Other,
}

/// Why mudkeep stops looking at a login. The game is played on without a known user.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transparent {
    /// The preset is `none`.
    NoPreset,
    /// `auto` was not certain which preset it is.
    Uncertain {
        /// Those that looked possible.
        considered: Vec<&'static str>,
    },
    /// `lines_max` lines were answered and no rule of the preset matched.
    Unrecognised,
    /// The game let somebody in, but who that is, is not certain enough to bind a name.
    Unproven,
    /// The game let somebody in under a name that many share, and stated no other.
    SharedName,
}

impl Transparent {
    /// Its name where it is counted.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Transparent::NoPreset => "no_preset",
            Transparent::Uncertain { .. } => "uncertain",
            Transparent::Unrecognised => "unrecognised",
            Transparent::Unproven => "unproven",
            Transparent::SharedName => "shared_name",
        }
    }
}

/// What the session has to do next for the login.
#[derive(Clone, Debug)]
pub enum Step {
    /// This line is next. It goes to the game (then call `sent`) or it does not (then call `dropped`);
    /// no other comes before that.
    Line {
        /// The line.
        line: Line,
        /// What it is.
        role: LineRole,
    },
    /// Something happened.
    Event(LoginEvent),
    /// Ask the game who this is, out of band. Comes before the step that ends the login.
    Probe {
        /// The telnet option that carries it.
        option: u8,
        /// The message.
        payload: Arc<[u8]>,
    },
    /// `auto` chose this preset from the game's first screen.
    Chosen(Arc<Preset>),
    /// The dialogue is over without a user.
    Transparent(Transparent),
    /// A line had to go without an answer to the one before: from now on only a name that the game
    /// itself states is bound.
    Suspect,
}

impl fmt::Debug for LoginEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoginEvent::Named { .. } => f.write_str("Named"),
            LoginEvent::Accepted { user, stated, .. } => {
                f.debug_struct("Accepted").field("user", user).field("stated", stated).finish()
            }
            LoginEvent::Asked { .. } => f.write_str("Asked"),
            LoginEvent::Making(_) => f.write_str("Making"),
            LoginEvent::Refused => f.write_str("Refused"),
            LoginEvent::Taken => f.write_str("Taken"),
            LoginEvent::Menu => f.write_str("Menu"),
            LoginEvent::Entered => f.write_str("Entered"),
            LoginEvent::Became { user } => f.debug_struct("Became").field("user", user).finish(),
            LoginEvent::Left => f.write_str("Left"),
        }
    }
}

impl fmt::Debug for LineRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LineRole::Name { .. } => "Name",
            LineRole::Password { .. } => "Password",
            LineRole::Command { .. } => "Command",
            LineRole::Guest => "Guest",
            LineRole::Answer => "Answer",
            LineRole::Other => "Other",
        })
    }
}

#[cfg(test)]
mod tests;
