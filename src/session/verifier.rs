//! Proof that a newcomer knows the password that the game accepted for a running session.
//!
//! The password is never stored: a verifier is argon2id over the bytes of the password field, with
//! a salt of its own, a key that lives only in this process's memory, and the user it belongs to
//! (RFC 9106; 8 MiB, one pass: what an interactive login can afford on a small machine).

use std::fmt;

use argon2::{Algorithm, Argon2, AssociatedData, Params, ParamsBuilder, Version};
use constant_time_eq::constant_time_eq_32;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::ids::UserKey;

/// Memory of one computation, in KiB.
const MEMORY_KIB: u32 = 8 * 1024;

/// Passes over that memory.
const PASSES: u32 = 1;

/// The key of this process, without which a stolen verifier cannot be tried against a word list.
#[derive(Clone)]
pub struct ProcessKey(Zeroizing<[u8; 32]>);

impl ProcessKey {
    /// The key made of these random bytes.
    #[must_use]
    pub fn new(random: [u8; 32]) -> ProcessKey {
        ProcessKey(Zeroizing::new(random))
    }
}

impl fmt::Debug for ProcessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProcessKey")
    }
}

/// The salt of one verifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Salt(pub [u8; 16]);

/// What a password field must hash to.
#[derive(Clone)]
pub struct Verifier {
    salt: Salt,
    hash: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

impl Verifier {
    /// Hashes a password field. Takes milliseconds and 8 MiB: never on a thread that serves players.
    ///
    /// # Errors
    /// Only if argon2 refuses its parameters, which are constants, or finds the field over 4 GiB.
    pub fn compute(
        field: &[u8],
        salt: Salt,
        key: &ProcessKey,
        user: &UserKey,
    ) -> Result<Verifier, argon2::Error> {
        let params = Verifier::params(user)?;
        let argon = Argon2::new_with_secret(&*key.0, Algorithm::Argon2id, Version::V0x13, params)?;
        let mut hash = Zeroizing::new([0; 32]);
        argon.hash_password_into(field, &salt.0, &mut *hash)?;
        Ok(Verifier { salt, hash })
    }

    fn params(user: &UserKey) -> Result<Params, argon2::Error> {
        let user = Sha256::digest(user.0.as_bytes());
        let mut params = ParamsBuilder::new();
        params.m_cost(MEMORY_KIB).t_cost(PASSES).p_cost(1).output_len(32);
        params.data(AssociatedData::new(&user)?);
        params.build()
    }

    /// The salt to hash a newcomer's field with.
    #[must_use]
    pub fn salt(&self) -> Salt {
        self.salt
    }

    /// Whether the other was computed from the same field; in constant time.
    #[must_use]
    pub fn matches(&self, other: &Verifier) -> bool {
        constant_time_eq_32(&self.hash, &other.hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(field: &str, salt: u8, key: u8, user: &str) -> Verifier {
        let key = ProcessKey::new([key; 32]);
        Verifier::compute(field.as_bytes(), Salt([salt; 16]), &key, &UserKey(user.into())).unwrap()
    }

    #[test]
    fn only_the_same_field_salt_key_and_user_match() {
        let verifier = of("sesame", 1, 1, "alice");
        assert!(verifier.matches(&of("sesame", 1, 1, "alice")));
        assert!(!verifier.matches(&of("sesamE", 1, 1, "alice")));
        assert!(!verifier.matches(&of("sesame", 2, 1, "alice")));
        assert!(!verifier.matches(&of("sesame", 1, 2, "alice")));
        assert!(!verifier.matches(&of("sesame", 1, 1, "bob")));
    }

    #[test]
    fn an_empty_field_and_a_very_long_name_are_hashed_too() {
        let long = "x".repeat(10_000);
        assert!(of("", 1, 1, &long).matches(&of("", 1, 1, &long)));
    }

    #[test]
    fn nothing_of_it_shows_in_a_log() {
        assert_eq!(format!("{:?}", of("sesame", 1, 1, "alice")), "Verifier");
        assert_eq!(format!("{:?}", ProcessKey::new([7; 32])), "ProcessKey");
    }
}
