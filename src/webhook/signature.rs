//! The signature of a delivery: HMAC-SHA256 (RFC 2104) over the time and the body (pure).

use std::io;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The key that signs; it is wiped when dropped with what the library keeps of it.
pub(super) struct Key(Hmac<Sha256>);

impl Key {
    /// # Errors
    /// The library takes no such key; it takes any.
    pub(super) fn new(secret: &[u8]) -> io::Result<Key> {
        Hmac::new_from_slice(secret).map(Key).map_err(io::Error::other)
    }

    /// What goes into the header: `t=TIME,v1=HEX`, where HEX is of `TIME.BODY`. The time is in it so
    /// that who has seen a delivery cannot send it again later.
    pub(super) fn sign(&self, unix_time: i64, body: &[u8]) -> String {
        let mut mac = self.0.clone();
        mac.update(format!("{unix_time}.").as_bytes());
        mac.update(body);
        let code = mac.finalize().into_bytes();
        let hex: String = code.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("t={unix_time},v1={hex}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_other_programs_compute() {
        // python3: hmac.new(b"secret", b'1795824000.{"events":[]}', "sha256").hexdigest()
        let signature = Key::new(b"secret").unwrap().sign(1_795_824_000, b"{\"events\":[]}");
        assert_eq!(
            signature,
            "t=1795824000,v1=d0bd8cfa31f7297630de310549380e48e94d7eb975151b5c187e99e6da4ddac4"
        );
    }
}
