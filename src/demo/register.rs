//! Who has been made known: names and what their passwords hash to. In memory only, bounded.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;

use sha2::{Digest, Sha256};

/// The shortest and the longest name.
pub(super) const NAME_LETTERS_MIN: usize = 2;
pub(super) const NAME_LETTERS_MAX: usize = 16;
/// The shortest password.
pub(super) const PASSWORD_BYTES_MIN: usize = 3;

/// Words that are typed where a name is asked for, but are meant as something else.
const RESERVED: &[&str] =
    &["quit", "help", "who", "look", "guest", "new", "connect", "create", "binnacle", "nobody"];

/// A player's name: so many letters of ASCII, the first one big, the others small.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Name(Arc<str>);

impl Name {
    /// The name that a player means, whatever letters are big.
    pub(super) fn parse(typed: &str) -> Option<Name> {
        let lower = typed.to_ascii_lowercase();
        let fits = (NAME_LETTERS_MIN..=NAME_LETTERS_MAX).contains(&lower.len())
            && lower.bytes().all(|byte| byte.is_ascii_lowercase())
            && !RESERVED.contains(&&*lower);
        fits.then(|| Name((lower[..1].to_ascii_uppercase() + &lower[1..]).into()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a password comes to. The key is drawn when the program starts and gone when it ends, and
/// so are the hashes: what this protects from is a look at the memory, so it need not be slow.
#[derive(Clone, Copy)]
pub(super) struct PasswordHash([u8; 32]);

impl PartialEq for PasswordHash {
    fn eq(&self, other: &PasswordHash) -> bool {
        constant_time_eq::constant_time_eq_32(&self.0, &other.0)
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

#[derive(Debug)]
struct Account {
    password: PasswordHash,
    last_in: Instant,
}

/// All accounts.
pub(super) struct Register {
    key: [u8; 32],
    accounts: BTreeMap<Name, Account>,
    accounts_max: usize,
}

impl Register {
    pub(super) fn new(key: [u8; 32], accounts_max: usize) -> Register {
        Register { key, accounts: BTreeMap::new(), accounts_max }
    }

    pub(super) fn hash(&self, name: &Name, password: &[u8]) -> PasswordHash {
        let hash = Sha256::new().chain_update(self.key).chain_update(name.as_str());
        PasswordHash(hash.chain_update([0]).chain_update(password).finalize().into())
    }

    pub(super) fn knows(&self, name: &Name) -> bool {
        self.accounts.contains_key(name)
    }

    /// Whether this is the password; if so, `name` was here last at `now`.
    pub(super) fn check(&mut self, name: &Name, password: &[u8], now: Instant) -> bool {
        let hash = self.hash(name, password);
        let Some(account) = self.accounts.get_mut(name) else { return false };
        let right = account.password == hash;
        if right {
            account.last_in = now;
        }
        right
    }

    /// Makes `name` known. If there is no room, whoever is not `kept` and has been away longest
    /// is forgotten; false if there is no such one.
    pub(super) fn add(
        &mut self,
        name: &Name,
        password: PasswordHash,
        now: Instant,
        kept: impl Fn(&Name) -> bool,
    ) -> bool {
        if self.accounts.len() >= self.accounts_max {
            let away = self.accounts.iter().filter(|(name, _)| !kept(name));
            let longest = away.min_by_key(|(_, account)| account.last_in);
            let Some(longest) = longest.map(|(name, _)| name.clone()) else { return false };
            self.accounts.remove(&longest);
        }
        self.accounts.insert(name.clone(), Account { password, last_in: now });
        true
    }

    pub(super) fn change(&mut self, name: &Name, password: PasswordHash) {
        if let Some(account) = self.accounts.get_mut(name) {
            account.password = password;
        }
    }
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Register({} accounts)", self.accounts.len())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "any instant will do to count from")]
    fn now() -> Instant {
        Instant::now()
    }

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    #[test]
    fn a_name_is_letters_and_so_many() {
        assert_eq!(name("aLICE").as_str(), "Alice");
        let long = "x".repeat(NAME_LETTERS_MAX);
        assert!(Name::parse(&long).is_some() && Name::parse(&format!("{long}x")).is_none());
        for bad in ["", "a", "al ice", "al1ce", "\u{e4}lice", "QUIT", "guest", "a\0b", " bob"] {
            assert_eq!(Name::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_password_belongs_to_one_name() {
        let now = now();
        let mut register = Register::new([7; 32], 10);
        let hash = register.hash(&name("alice"), b"sekrit");
        assert!(register.add(&name("alice"), hash, now, |_| false));
        assert!(register.add(&name("bob"), hash, now, |_| false));
        assert!(register.check(&name("alice"), b"sekrit", now));
        assert!(!register.check(&name("alice"), b"Sekrit", now));
        assert!(!register.check(&name("bob"), b"sekrit", now));
        assert!(!register.check(&name("carol"), b"sekrit", now));
    }

    #[test]
    fn who_has_been_away_longest_is_forgotten_for_a_newcomer() {
        let now = now();
        let mut register = Register::new([7; 32], 3);
        let hash = register.hash(&name("any"), b"any");
        for (at, newcomer) in ["alice", "bob", "carol"].into_iter().enumerate() {
            let then = now + Duration::from_secs(at as u64);
            assert!(register.add(&name(newcomer), hash, then, |_| false));
        }
        assert!(register.add(&name("dave"), hash, now, |kept| kept.as_str() == "Alice"));
        assert!(register.knows(&name("alice")) && !register.knows(&name("bob")));
        assert!(!register.add(&name("erin"), hash, now, |_| true));
        assert!(!register.knows(&name("erin")));
    }

    #[test]
    fn nothing_of_a_password_shows() {
        let register = Register::new([7; 32], 3);
        let hash = register.hash(&name("alice"), b"sekrit");
        assert_eq!(format!("{hash:?} {register:?}"), "PasswordHash Register(0 accounts)");
    }
}
