//! Names: what is one, and which spellings are the same user.
//!
//! A key must never merge two names that the game keeps apart, or one user could put the other out.
//! So folding is timid: ASCII case and what the preset says, no more.

use std::borrow::Cow;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::data::{Fold, NameData};
use super::pattern::Pattern;
use crate::ids::{User, UserKey};

/// Longest name, in bytes.
pub(super) const NAME_BYTES_MAX: usize = 64;

/// A name that a player typed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Typed {
    /// As typed, without what is not of it.
    pub(super) name: Arc<str>,
    /// Folded; `None` where nobody can tell whom it means.
    pub(super) key: Option<UserKey>,
    /// Many share it.
    pub(super) shared: bool,
}

impl Typed {
    /// What was typed is no name that can be one, whatever the game takes it for.
    pub(super) fn nobody() -> Typed {
        Typed { name: "".into(), key: None, shared: false }
    }
}

/// What a name is, compiled.
#[derive(Clone, Debug)]
pub(super) struct Names {
    fold: Fold,
    strip: Vec<u8>,
    strip_prefix: Vec<u8>,
    strip_suffix: Vec<u8>,
    opaque_prefix: Vec<u8>,
    pattern: Option<Pattern>,
    /// In lower case.
    reserved: Vec<String>,
    /// In lower case.
    shared: Vec<String>,
}

impl Names {
    /// The error is about the key `name.pattern`.
    pub(super) fn new(data: NameData) -> Result<Names, String> {
        let bytes = |text: Option<String>| text.unwrap_or_default().into_bytes();
        let lower = |words: Option<Vec<String>>| -> Vec<String> {
            words.unwrap_or_default().iter().map(|word| word.to_ascii_lowercase()).collect()
        };
        Ok(Names {
            fold: data.fold.unwrap_or(Fold::Lower),
            strip: bytes(data.strip),
            strip_prefix: bytes(data.strip_prefix),
            strip_suffix: bytes(data.strip_suffix),
            opaque_prefix: bytes(data.opaque_prefix),
            pattern: data.pattern.as_deref().map(Pattern::new).transpose()?,
            reserved: lower(data.reserved),
            shared: lower(data.shared),
        })
    }

    /// The name that a player typed, if it can be one.
    pub(super) fn typed(&self, typed: &[u8]) -> Option<Typed> {
        let typed = typed.trim_ascii();
        if !self.opaque_prefix.is_empty() && typed.starts_with(&self.opaque_prefix) {
            return Some(Typed { name: readable(typed)?.into(), key: None, shared: false });
        }
        let name = self.bare(typed);
        if self.pattern.as_ref().is_some_and(|pattern| !pattern.is_match(&name)) {
            return None;
        }
        let name = readable(&name)?;
        let lower = name.to_ascii_lowercase();
        if self.reserved.contains(&lower) {
            return None;
        }
        let shared = self.shared.contains(&lower);
        Some(Typed { key: Some(self.key(&name)), name: name.into(), shared })
    }

    /// Whether there are names that many share.
    pub(super) fn any_shared(&self) -> bool {
        !self.shared.is_empty()
    }

    /// Whether this is a name that many share.
    pub(super) fn shares(&self, user: &UserKey) -> bool {
        self.shared.iter().any(|shared| self.key(shared) == *user)
    }

    /// The user that the game states.
    pub(super) fn stated(&self, stated: &[u8]) -> Option<User> {
        let name = readable(stated.trim_ascii())?;
        let bare: Vec<u8> = self.without_stripped(name.as_bytes()).collect();
        let key = self.key(&readable(&bare)?);
        Some(User { name: name.into(), key })
    }

    fn without_stripped<'a>(&'a self, name: &'a [u8]) -> impl Iterator<Item = u8> + 'a {
        name.iter().copied().filter(|byte| !self.strip.contains(byte))
    }

    /// What is typed where a name is asked may be a token or, by mistake, a password.
    fn bare(&self, typed: &[u8]) -> Zeroizing<Vec<u8>> {
        let name = typed.strip_suffix(self.strip_suffix.as_slice()).unwrap_or(typed);
        let name = name.strip_prefix(self.strip_prefix.as_slice()).unwrap_or(name);
        let mut bare = Zeroizing::new(Vec::with_capacity(name.len()));
        bare.extend(self.without_stripped(name));
        bare
    }

    fn key(&self, name: &str) -> UserKey {
        match self.fold {
            Fold::Lower => UserKey(name.to_ascii_lowercase().into()),
            Fold::None => UserKey(name.into()),
        }
    }
}

/// The bytes of a name as text; different bytes give different texts. `None`: it cannot be a name.
fn readable(name: &[u8]) -> Option<String> {
    let fits = (1..=NAME_BYTES_MAX).contains(&name.len());
    if !fits || name.iter().any(|byte| byte.is_ascii_control() || *byte == b'\\') {
        return None;
    }
    let chunks = name.utf8_chunks().flat_map(|chunk| {
        let wrong = chunk.invalid().iter().map(|byte| Cow::Owned(format!("\\x{byte:02x}")));
        std::iter::once(Cow::Borrowed(chunk.valid())).chain(wrong)
    });
    Some(chunks.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(data: &str) -> Names {
        Names::new(toml::from_str(data).unwrap()).unwrap()
    }

    fn key(names: &Names, typed: &str) -> Option<String> {
        names.typed(typed.as_bytes())?.key.map(|key| key.0.to_string())
    }

    #[test]
    fn case_and_blanks_around_do_not_make_another_name() {
        let names = names("pattern = '^[A-Za-z]{2,20}$'");
        for typed in ["alice", "Alice", "ALICE", "  alice\t"] {
            assert_eq!(key(&names, typed).as_deref(), Some("alice"), "{typed}");
        }
        assert_eq!(names.typed(b" Alice ").unwrap().name.as_ref(), "Alice");
    }

    #[test]
    fn what_the_pattern_does_not_know_is_no_name() {
        let names = names("pattern = '^[A-Za-z]{2,4}$'");
        for (typed, good) in
            [("a", false), ("ab", true), ("abcd", true), ("abcde", false), ("a b", false)]
        {
            assert_eq!(key(&names, typed).is_some(), good, "{typed}");
        }
        assert_eq!(key(&names, ""), None);
    }

    #[test]
    fn only_ascii_is_folded() {
        let names = names("");
        assert_ne!(key(&names, "\u{c9}va"), key(&names, "\u{e9}va"));
        assert_ne!(key(&names, "\u{212a}ate"), key(&names, "kate"));
        let fold_none = self::names("fold = 'none'");
        assert_ne!(key(&fold_none, "Kate"), key(&fold_none, "kate"));
    }

    #[test]
    fn bytes_that_are_no_utf8_make_names_of_their_own() {
        let names = names("");
        let user = |typed: &[u8]| names.typed(typed).map(|typed| typed.key);
        assert!(user(b"\xe9va").is_some());
        assert_ne!(user(b"\xe9va"), user("\u{e9}va".as_bytes()));
        assert_ne!(user(b"\xe9va"), user(b"\xe8va"));
        assert_eq!(user(b"\\xe9va"), None);
    }

    #[test]
    fn what_the_game_leaves_out_of_a_name_is_left_out() {
        let names = names("strip = \" '-\"\nstrip_suffix = '_rescue'\nstrip_prefix = '*'");
        for typed in ["alice", "Al-ice", "Al ice", "alice_rescue", "*alice", "a'lice"] {
            assert_eq!(key(&names, typed).as_deref(), Some("alice"), "{typed}");
        }
        assert_eq!(names.stated(b"Al-ice").unwrap().key, UserKey("alice".into()));
        assert_eq!(names.stated(b"Al-ice").unwrap().name.as_ref(), "Al-ice");
    }

    #[test]
    fn reserved_words_shared_names_and_numbers_bind_nobody_or_say_so() {
        let names = names("reserved = ['New']\nshared = ['guest']\nopaque_prefix = '#'");
        assert_eq!(key(&names, "NEW"), None);
        assert!(names.typed(b"Guest").unwrap().shared);
        assert!(!names.typed(b"guests").unwrap().shared);
        assert_eq!(names.typed(b"#1").unwrap().key, None);
    }

    #[test]
    fn a_name_is_short_and_has_no_control_characters() {
        let names = names("");
        for (length, good) in
            [(NAME_BYTES_MAX - 1, true), (NAME_BYTES_MAX, true), (NAME_BYTES_MAX + 1, false)]
        {
            assert_eq!(key(&names, &"x".repeat(length)).is_some(), good, "{length}");
            assert_eq!(names.stated("x".repeat(length).as_bytes()).is_some(), good, "{length}");
        }
        assert_eq!(key(&names, "bo\x08b"), None);
        assert_eq!(names.stated(b"bo\x1b[1mb"), None);
    }
}
