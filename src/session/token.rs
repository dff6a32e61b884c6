//! Resume tokens: what lets a client come back. A token names a session and carries a secret;
//! nothing else in it is believed. The server keeps hashes only, and the plaintext of the one
//! successor that is not yet known to have arrived.

mod families;
mod family;
#[cfg(test)]
mod model;
mod secret;
mod text;

pub use families::{Carried, Families, Grant, Presented, TokenLimits};
pub use secret::{Mint, SECRET_CHARS, Secret, SecretHash};
pub use text::{BadToken, ResumeToken, TOKEN_CHARS_MAX, timestamp};
