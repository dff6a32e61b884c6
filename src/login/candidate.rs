//! Who is about to be let in, and what a login in one line says.

use std::ops::Range;
use std::sync::Arc;

use super::name::Typed;
use super::{Preset, Transparent};
use crate::ids::{User, UserKey};

/// Who is about to be let in, as far as anybody said.
#[derive(Clone)]
pub(super) struct Candidate {
    /// As the player typed it; `None` where only the game stated it.
    pub(super) typed: Option<Typed>,
    /// As the game stated it.
    pub(super) stated: Option<User>,
    /// A password line was taken for it.
    pub(super) proved: bool,
    /// It is being made: questions that no rule knows are to be expected.
    pub(super) creating: bool,
    /// The name was certainly the answer to the question for it.
    pub(super) trusted: bool,
}

/// Whom a client's credentials are for.
#[derive(Clone)]
pub(super) struct Account {
    pub(super) account: Typed,
    /// The same, unless written `account:character`.
    pub(super) character: Typed,
}

impl Candidate {
    pub(super) fn typed(typed: Typed, trusted: bool) -> Candidate {
        Candidate { typed: Some(typed), stated: None, proved: false, creating: false, trusted }
    }

    pub(super) fn stated(user: User) -> Candidate {
        Candidate { typed: None, stated: Some(user), proved: false, creating: false, trusted: true }
    }

    pub(super) fn key(&self) -> Option<UserKey> {
        let typed = || self.typed.as_ref().filter(|typed| !typed.shared)?.key.clone();
        typed().or_else(|| self.stated.as_ref().map(|user| user.key.clone()))
    }

    pub(super) fn name(&self) -> Option<Arc<str>> {
        let typed = self.typed.as_ref().map(|typed| Arc::clone(&typed.name));
        typed.or_else(|| self.stated.as_ref().map(|user| Arc::clone(&user.name)))
    }

    /// Who was let in, the name of the login, and whether the game stated it.
    pub(super) fn user(self) -> Result<(User, UserKey, bool), Transparent> {
        let typed = self.typed.as_ref();
        let shared = typed.is_some_and(|typed| typed.shared);
        let bound = typed.filter(|typed| !typed.shared && self.trusted);
        let login = bound.and_then(|typed| typed.key.clone());
        if let Some(user) = self.stated {
            let login = login.unwrap_or_else(|| user.key.clone());
            return Ok((user, login, true));
        }
        match (typed, login) {
            (Some(typed), Some(key)) if self.proved => {
                Ok((User { name: Arc::clone(&typed.name), key: key.clone() }, key, false))
            }
            _ if shared => Err(Transparent::SharedName),
            _ => Err(Transparent::Unproven),
        }
    }
}

impl Account {
    pub(super) fn user(self) -> Result<(User, UserKey), Transparent> {
        if self.account.shared || self.character.shared {
            return Err(Transparent::SharedName);
        }
        let keys = self.character.key.zip(self.account.key);
        let (key, login) = keys.ok_or(Transparent::Unproven)?;
        Ok((User { name: self.character.name, key }, login))
    }
}

/// A login in one line: where its parts stand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Command {
    pub(super) name: Range<usize>,
    pub(super) password: Option<Range<usize>>,
    /// It makes a character or an account.
    pub(super) new: bool,
}

impl Preset {
    /// Takes a line apart, where it is a whole login.
    pub(super) fn command(&self, line: &[u8]) -> Option<Command> {
        self.commands.iter().find_map(|command| {
            let part = |prefix: &str| {
                let mut groups = command.groups().filter(|group| group.starts_with(prefix));
                groups.find_map(|group| command.find(line, [group])?[0].clone())
            };
            let name = part("name")?;
            Some(Command { name, password: part("password"), new: part("new").is_some() })
        })
    }
}
