//! A preset, compiled: what one family of games says and asks at its door.

use std::sync::Arc;
use std::time::Duration;

use super::data::{PresetData, RuleOverrides};
use crate::ids::User;

/// How one logs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Style {
    /// The game asks for the name, then for the password.
    Prompt,
    /// One line has it all.
    Command,
    /// One line may have it all; what is missing is asked for.
    Both,
}

/// What the game does when a user logs in twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Duplicate {
    /// The older connection is closed.
    Kick,
    /// The newcomer is asked.
    Ask,
    /// The newcomer is refused as soon as the name is given.
    RefuseName,
    /// The newcomer is refused after the password.
    RefusePassword,
    /// Both play.
    Allow,
    /// The older connection's character moves to the newcomer.
    Move,
}

/// What keeps the game's idle timer from running out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keepalive {
    /// IAC NOP.
    Nop,
    /// An empty line.
    Line,
    /// Nothing is known to.
    None,
}

/// What is wrong with a preset: which key or rule, and what about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {what}")]
pub struct PresetError {
    /// The key, or the rule as `rules.<id>`.
    pub key: String,
    /// What is wrong; for a pattern, with the place in it.
    pub what: String,
}

/// A compiled preset. Shared by all sessions.
#[derive(Debug)]
pub struct Preset {
    name: Arc<str>,
}

impl Preset {
    /// The built-in preset of that name, compiled when first asked for. `auto` is none of them.
    #[must_use]
    pub fn named(name: &str) -> Option<Arc<Preset>> {
        Some(Arc::new(Preset { name: name.into() }))
    }

    /// The names of all built-in presets.
    #[must_use]
    pub fn names() -> &'static [&'static str] {
        &["none"]
    }

    /// Compiles data into a preset called `name`, after changing single rules.
    ///
    /// # Errors
    /// Says which key or rule is wrong and why.
    pub fn build(
        name: &str,
        data: PresetData,
        rules: &RuleOverrides,
    ) -> Result<Preset, PresetError> {
        let _ = (data, rules);
        Ok(Preset { name: name.into() })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How one logs in.
    #[must_use]
    pub fn style(&self) -> Style {
        Style::Prompt
    }

    /// What the game does when a user logs in twice.
    #[must_use]
    pub fn duplicate(&self) -> Duplicate {
        Duplicate::Kick
    }

    /// The game lets one user play on several connections.
    #[must_use]
    pub fn allows_both(&self) -> bool {
        self.duplicate() == Duplicate::Allow
    }

    /// How long to keep a session without a client, if nobody says otherwise.
    #[must_use]
    pub fn hold(&self) -> Duration {
        Duration::from_secs(300)
    }

    /// The longest line that the game takes, in bytes without the line end.
    #[must_use]
    pub fn line_bytes_max(&self) -> usize {
        250
    }

    /// What keeps the game's idle timer from running out.
    #[must_use]
    pub fn keepalive(&self) -> Keepalive {
        Keepalive::None
    }

    /// The user that goes by this name, as an administrator would write it; `None` if no user can.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<User> {
        let _ = name;
        None
    }
}
