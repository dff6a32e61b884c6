//! Any text as a resume token: no panic, and what is read is written back to itself.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use mudkeep::ids::TokenGeneration;
use mudkeep::session::token::{Grant, ResumeToken};
use time::UtcDateTime;

fuzz_target!(|text: &str| {
    let Ok(token) = text.parse::<ResumeToken>() else { return };
    let grant = Grant {
        session_id: token.session_id,
        secret: token.secret.clone(),
        generation: TokenGeneration(1),
        ttl: Duration::from_secs(1),
    };
    assert_eq!(grant.short().parse().as_ref(), Ok(&token));
    assert_eq!(grant.token(UtcDateTime::UNIX_EPOCH).parse().as_ref(), Ok(&token));
});
