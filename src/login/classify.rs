//! What a line of the player is, by what the game asked last.

use std::sync::Arc;

use super::candidate::{Candidate, Command};
use super::data::RuleKind;
use super::name::Typed;
use super::{LineRole, Recogniser};

/// What the next line would do, once it has gone to the game.
#[derive(Clone)]
pub(super) enum Effect {
    /// A name.
    Name(Typed),
    /// A password.
    Password { new: bool },
    /// A whole login.
    Command { typed: Typed, proved: bool, new: bool },
    /// The answer to a question that is known.
    Answer,
    /// A program's line: no answer to anything.
    Machine,
    /// A line without content, or one that no rule explains.
    Other { blank: bool },
}

/// What the next line is; made by [`Recogniser::classify`], told back when it went out.
#[derive(Clone)]
pub(super) struct Classified {
    pub(super) role: LineRole,
    pub(super) effect: Effect,
}

impl Classified {
    /// A program's line, which the game does not answer.
    pub(super) fn is_machine(&self) -> bool {
        matches!(self.effect, Effect::Machine)
    }

    /// The line says who wants to log in, or proves it.
    pub(super) fn is_attempt(&self) -> bool {
        match self.effect {
            Effect::Name(_) | Effect::Password { .. } | Effect::Command { .. } => true,
            Effect::Answer | Effect::Machine | Effect::Other { .. } => false,
        }
    }
}

impl Recogniser {
    /// What a line would be, if it went to the game now. `certain`: it answers what the game asked last.
    pub(super) fn classify(&self, line: &[u8], certain: bool) -> Classified {
        if self.preset.machine.iter().any(|machine| machine.is_match(line)) {
            return Classified { role: LineRole::Other, effect: Effect::Machine };
        }
        match self.question() {
            Some(RuleKind::Password) => return self.classify_password(false),
            Some(RuleKind::NewPassword) => return self.classify_password(true),
            Some(_) | None => {}
        }
        if let Some(command) = self.classify_command(line) {
            return command;
        }
        match self.question() {
            Some(RuleKind::Name) if certain => self.classify_name(line),
            // Who knows what it is: perhaps a password.
            Some(RuleKind::Name) => other(line),
            Some(_) => Classified { role: LineRole::Answer, effect: Effect::Answer },
            None => other(line),
        }
    }

    fn classify_name(&self, line: &[u8]) -> Classified {
        let Some(typed) = self.preset.names.typed(line) else { return other(line) };
        let role = match (&typed.key, typed.shared) {
            (Some(user), false) => {
                LineRole::Name { name: Arc::clone(&typed.name), user: user.clone() }
            }
            (Some(_), true) => LineRole::Guest,
            (None, _) => LineRole::Other,
        };
        Classified { role, effect: Effect::Name(typed) }
    }

    /// What a line is at a question for the password, whether the game or mudkeep asks.
    pub(super) fn classify_password(&self, new: bool) -> Classified {
        let candidate = self.candidate.as_ref();
        let user = candidate.and_then(Candidate::key).cloned();
        let name = candidate.map(|candidate| Arc::clone(&candidate.typed.name));
        Classified {
            role: LineRole::Password { user, name, new },
            effect: Effect::Password { new },
        }
    }

    fn classify_command(&self, line: &[u8]) -> Option<Classified> {
        let Command { name, password, new } = self.preset.command(line)?;
        // The game may take for a name what the preset does not.
        let typed = self.preset.names.typed(&line[name]).unwrap_or_else(Typed::nobody);
        let user = typed.key.clone().filter(|_| !typed.shared);
        let role = LineRole::Command {
            name: Arc::clone(&typed.name),
            user,
            password: password.clone(),
            new,
            guest: typed.shared,
        };
        Some(Classified {
            role,
            effect: Effect::Command { typed, proved: password.is_some(), new },
        })
    }
}

fn other(line: &[u8]) -> Classified {
    let blank = line.trim_ascii().is_empty();
    Classified { role: LineRole::Other, effect: Effect::Other { blank } }
}
