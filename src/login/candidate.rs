//! Who is about to be let in, and what a login in one line says.

use std::ops::Range;

use super::name::Typed;
use super::{Preset, Transparent};
use crate::ids::{User, UserKey};

/// Who is about to be let in, as far as anybody said.
#[derive(Clone)]
pub(super) struct Candidate {
    /// As the player typed it.
    pub(super) typed: Typed,
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
        Candidate { typed, stated: None, proved: false, creating: false, trusted }
    }

    /// Whoever it is whose password was typed after no name that can be one.
    pub(super) fn nameless() -> Candidate {
        Candidate::typed(Typed::nobody(), false)
    }

    /// Whom the typed name means, if it means one.
    pub(super) fn key(&self) -> Option<&UserKey> {
        self.typed.key.as_ref().filter(|_| !self.typed.shared)
    }

    /// Who it is, if that is certain.
    pub(super) fn certain_key(&self) -> Option<UserKey> {
        let stated = self.stated.as_ref().map(|user| &user.key);
        stated.or(self.key().filter(|_| self.trusted)).cloned()
    }

    /// Who was let in, the name of the login, and whether the game stated it.
    pub(super) fn user(self) -> Result<(User, UserKey, bool), Transparent> {
        let login = self.key().filter(|_| self.trusted).cloned();
        if let Some(user) = self.stated {
            let login = login.unwrap_or_else(|| user.key.clone());
            return Ok((user, login, true));
        }
        match login {
            Some(key) if self.proved => {
                Ok((User { name: self.typed.name, key: key.clone() }, key, false))
            }
            Some(_) | None if self.typed.shared => Err(Transparent::SharedName),
            Some(_) | None => Err(Transparent::Unproven),
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
