//! The secret of a token, what is kept of it, and who draws it.

use std::fmt;

use constant_time_eq::{constant_time_eq, constant_time_eq_32};
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::ids::Epoch;

/// How many characters a secret has.
pub const SECRET_CHARS: usize = 32;

/// Where fresh identities and secrets come from. What decides is handed one and draws nothing
/// itself.
pub trait Mint {
    /// A secret: 32 characters out of 62, each equally likely.
    fn secret(&mut self) -> Secret;
    /// An id that nobody can guess and that is never given twice.
    fn uuid(&mut self) -> Uuid;
    /// The identity of a new history.
    fn epoch(&mut self) -> Epoch;
}

/// The characters that a secret is made of.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The secret of a token: 32 ASCII letters and digits. Overwritten when dropped, compared in
/// constant time, shown by nothing. It lies on the heap, so that moving it leaves no copies.
#[derive(Clone)]
pub struct Secret(Zeroizing<Box<[u8]>>);

impl Secret {
    /// Makes a secret of random bytes. A byte that would make one character likelier than
    /// another is thrown away, so more than 32 are asked for.
    #[must_use]
    pub fn sample(mut random: impl FnMut(&mut [u8])) -> Secret {
        let fair = u8::MAX - u8::MAX % 62;
        let mut chars = Zeroizing::new(vec![0; SECRET_CHARS].into_boxed_slice());
        let mut drawn = Zeroizing::new([0; SECRET_CHARS]);
        let mut filled = 0;
        while filled < SECRET_CHARS {
            let missing = &mut drawn[filled..];
            random(missing);
            for byte in missing.iter().filter(|&&byte| byte < fair) {
                chars[filled] = ALPHABET[usize::from(byte % 62)];
                filled += 1;
            }
        }
        Secret(chars)
    }

    /// Reads what a client sent; none unless it is 32 ASCII letters and digits.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Secret> {
        let is_one = text.len() == SECRET_CHARS && text.iter().all(u8::is_ascii_alphanumeric);
        is_one.then(|| Secret(Zeroizing::new(text.into())))
    }

    /// The characters, to be told to the client and to nobody else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(&**self.0).into())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        constant_time_eq(&self.0, &other.0)
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What is kept of a secret: its SHA-256. Compared in constant time.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// The hash, to be stored.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.0
    }

    /// A hash that was stored.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> SecretHash {
        SecretHash(bytes)
    }
}

impl PartialEq for SecretHash {
    fn eq(&self, other: &SecretHash) -> bool {
        constant_time_eq_32(&self.0, &other.0)
    }
}

impl Eq for SecretHash {}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_letters_and_digits_each_equally_likely() {
        let mut next = 0_u8;
        let mut counts = [0; 256];
        // Every byte once per 256: what is thrown away must leave all characters alike.
        for _ in 0..8 * 31 {
            let secret = Secret::sample(|bytes| {
                for byte in bytes {
                    *byte = next;
                    next = next.wrapping_add(1);
                }
            });
            secret.reveal().bytes().for_each(|char| counts[usize::from(char)] += 1);
        }
        for char in 0..=255_u8 {
            let expected = if char.is_ascii_alphanumeric() { 8 * 31 * 32 / 62 } else { 0 };
            assert_eq!(counts[usize::from(char)], expected, "{}", char::from(char));
        }
    }

    #[test]
    fn only_thirty_two_letters_and_digits_are_read() {
        let good = b"0123456789abcdefghijABCDEFGHIJxy";
        assert_eq!(Secret::parse(good).expect("good").reveal().as_bytes(), good);
        assert!(Secret::parse(&good[1..]).is_none());
        assert!(Secret::parse(&[&good[..], b"0"].concat()).is_none());
        for at in 0..32 {
            for bad in [b'-', b' ', b'.', 0, 0xC3, b'@', b'[', b'`', b'{', b'/', b':'] {
                let mut text = *good;
                text[at] = bad;
                assert!(Secret::parse(&text).is_none(), "{bad}");
            }
        }
    }

    #[test]
    fn secrets_and_their_hashes_compare_and_hide() {
        let [one, two] = [b'a', b'b'].map(|char| Secret::parse(&[char; 32]).expect("good"));
        assert!(one == one.clone() && one != two);
        assert!(one.hash() == one.clone().hash() && one.hash() != two.hash());
        assert_eq!(format!("{one:?} {:?}", one.hash()), "Secret(..) SecretHash(..)");
    }
}
