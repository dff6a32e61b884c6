//! Where randomness comes from: the operating system.

use rand::TryRng;
use rand::rngs::SysRng;
use uuid::Uuid;

use crate::ids::Epoch;
use crate::session::token::{Mint, SECRET_CHARS, Secret};

/// The characters of a secret.
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Mints from the operating system's generator.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsMint;

impl OsMint {
    /// Random bytes. Without them nothing can be kept apart or secret, so there is no going on.
    fn fill(bytes: &mut [u8]) {
        SysRng.try_fill_bytes(bytes).expect("the operating system gives random bytes");
    }
}

impl Mint for OsMint {
    /// By rejection: a byte maps to a character without bias, or is thrown away.
    fn secret(&mut self) -> Secret {
        let mut chars = [0; SECRET_CHARS];
        let mut filled = 0;
        let mut random = zeroize::Zeroizing::new([0; 48]);
        while filled < SECRET_CHARS {
            OsMint::fill(&mut *random);
            for byte in random.iter().filter(|&&byte| byte < 248) {
                if filled < SECRET_CHARS {
                    chars[filled] = ALPHABET[usize::from(byte % 62)];
                    filled += 1;
                }
            }
        }
        Secret::new(chars)
    }

    fn uuid(&mut self) -> Uuid {
        let mut bytes = [0; 16];
        OsMint::fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    fn epoch(&mut self) -> Epoch {
        let mut bytes = [0; 8];
        OsMint::fill(&mut bytes);
        Epoch(u64::from_ne_bytes(bytes))
    }
}
