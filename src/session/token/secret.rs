//! The secret of a token, what is kept of it, and who draws it.

use std::fmt;

use constant_time_eq::constant_time_eq_32;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::{Zeroize, Zeroizing};

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

/// The secret of a token: 32 ASCII letters and digits. Overwritten when dropped, compared in
/// constant time, shown by nothing.
#[derive(Clone)]
pub struct Secret(Zeroizing<[u8; SECRET_CHARS]>);

impl Secret {
    /// Takes over what a [`Mint`] drew; the characters are letters and digits.
    #[must_use]
    pub fn new(mut chars: [u8; SECRET_CHARS]) -> Secret {
        debug_assert!(chars.iter().all(u8::is_ascii_alphanumeric));
        let secret = Secret(Zeroizing::new(chars));
        chars.zeroize();
        secret
    }

    /// Reads what a client sent; none unless it is 32 ASCII letters and digits.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Secret> {
        let chars: &[u8; SECRET_CHARS] = text.try_into().ok()?;
        chars.iter().all(u8::is_ascii_alphanumeric).then(|| Secret(Zeroizing::new(*chars)))
    }

    /// The characters, to be told to the client and to nobody else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        std::str::from_utf8(&*self.0).unwrap_or_default()
    }

    /// What is kept of it.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0.as_slice()).into())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        constant_time_eq_32(&self.0, &other.0)
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// What is kept of a secret: its SHA-256. Compared in constant time.
#[derive(Clone, Copy, Debug)]
pub struct SecretHash([u8; 32]);

impl PartialEq for SecretHash {
    fn eq(&self, other: &SecretHash) -> bool {
        constant_time_eq_32(&self.0, &other.0)
    }
}

impl Eq for SecretHash {}
