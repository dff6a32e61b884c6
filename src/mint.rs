//! Where randomness comes from: the operating system.

use rand::TryRng;
use rand::rngs::SysRng;
use uuid::Uuid;

use crate::ids::Epoch;
use crate::session::token::{Mint, Secret};

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
    fn secret(&mut self) -> Secret {
        Secret::sample(OsMint::fill)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_minted_twice() {
        let mut mint = OsMint;
        assert_ne!(mint.secret(), mint.secret());
        assert_ne!(mint.uuid(), mint.uuid());
        assert_ne!(mint.epoch(), mint.epoch());
    }

    #[test]
    fn ids_are_random_uuids() {
        assert_eq!(OsMint.uuid().get_version_num(), 4);
    }
}
