//! How a token is written: base64 of a JSON object, or short as `<uuid>.<secret>` for hands that
//! type. Only the id and the secret are read back; the rest of the object is for the client.
//!
//! The JSON is padded to a multiple of three bytes and has no character that would need one of
//! the two that differ between the base64 alphabets, so every variant of base64 decodes it.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use time::UtcDateTime;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{Grant, Secret};
use crate::ids::SessionId;

/// The longest text that is looked at.
pub const TOKEN_CHARS_MAX: usize = 1024;

/// The version of the object; others are refused.
const VERSION: u64 = 1;
/// How long a UUID is with its hyphens.
const UUID_CHARS: usize = 36;

const EITHER_PADDING: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, EITHER_PADDING);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, EITHER_PADDING);

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
        match text.split_once('.') {
            Some((id, secret)) => ResumeToken::of(id, secret),
            None => ResumeToken::decode(text),
        }
    }
}

impl ResumeToken {
    fn of(id: &str, secret: &str) -> Result<ResumeToken, BadToken> {
        if id.len() != UUID_CHARS {
            return Err(BadToken);
        }
        let session_id = SessionId(Uuid::try_parse(id).map_err(|_| BadToken)?);
        let secret = Secret::parse(secret.as_bytes()).ok_or(BadToken)?;
        Ok(ResumeToken { session_id, secret })
    }

    fn decode(text: &str) -> Result<ResumeToken, BadToken> {
        let mut json = Zeroizing::new(Vec::with_capacity(TOKEN_CHARS_MAX));
        if STANDARD.decode_vec(text, &mut json).is_err() {
            json.clear();
            URL_SAFE.decode_vec(text, &mut json).map_err(|_| BadToken)?;
        }
        let object: Object<'_> = serde_json::from_slice(&json).map_err(|_| BadToken)?;
        ResumeToken::of(object.session_id, object.secret)
    }
}

/// The fields that are believed, after all were seen to be of their types. Borrowed: text that
/// is written with escapes is refused, so that the secret is not copied to where it would stay.
struct Object<'a> {
    session_id: &'a str,
    secret: &'a str,
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object<'de>, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a token")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Object<'de>, M::Error> {
        let mut seen: Vec<String> = Vec::new();
        let (mut version, mut session_id, mut secret) = (None, None, None);
        let (mut expires_at, mut generation) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            if seen.contains(&key) {
                return Err(M::Error::custom("a key twice"));
            }
            match key.as_str() {
                "v" => version = Some(map.next_value::<u64>()?),
                "session_id" => session_id = Some(map.next_value::<&str>()?),
                "secret" => secret = Some(map.next_value::<&str>()?),
                "expires_at" => expires_at = Some(map.next_value::<&str>()?),
                "generation" => generation = Some(map.next_value::<u64>()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            seen.push(key);
        }
        match (version, session_id, secret, expires_at, generation) {
            (Some(VERSION), Some(session_id), Some(secret), Some(_), Some(_)) => {
                Ok(Object { session_id, secret })
            }
            _ => Err(M::Error::custom("something is missing")),
        }
    }
}

impl Grant {
    /// The token as a program keeps it: base64 of JSON. `expires_at` is for the client to show;
    /// it is never read back.
    #[must_use]
    pub fn token(&self, expires_at: UtcDateTime) -> Zeroizing<String> {
        let mut json = Zeroizing::new(String::with_capacity(256));
        json.push_str(r#"{"v":1,"session_id":""#);
        json.push_str(self.session_id.0.hyphenated().encode_lower(&mut [0; UUID_CHARS]));
        json.push_str(r#"","secret":""#);
        json.push_str(self.secret.reveal());
        json.push_str(r#"","expires_at":""#);
        json.push_str(&timestamp(expires_at));
        json.push_str(r#"","generation":"#);
        json.push_str(&self.generation.0.to_string());
        json.push('}');
        while !json.len().is_multiple_of(3) {
            json.push(' ');
        }
        let mut token = Zeroizing::new(String::with_capacity(json.len() / 3 * 4));
        STANDARD.encode_string(json.as_bytes(), &mut token);
        token
    }

    /// The token as a person types it: `<uuid>.<secret>`.
    #[must_use]
    pub fn short(&self) -> Zeroizing<String> {
        let mut token = Zeroizing::new(String::with_capacity(UUID_CHARS + 1 + super::SECRET_CHARS));
        token.push_str(self.session_id.0.hyphenated().encode_lower(&mut [0; UUID_CHARS]));
        token.push('.');
        token.push_str(self.secret.reveal());
        token
    }
}

/// RFC 3339 in UTC, to the second.
#[must_use]
pub fn timestamp(at: UtcDateTime) -> String {
    let (year, month, day) = at.to_calendar_date();
    let (hour, minute, second) = at.as_hms();
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TokenGeneration;
    use base64::prelude::*;
    use proptest::prelude::*;
    use std::time::Duration;

    const ID: &str = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff";
    const SECRET: &str = "0123456789abcdefghijABCDEFGHIJxy";

    fn expected() -> ResumeToken {
        ResumeToken::of(ID, SECRET).expect("good")
    }

    fn grant(generation: u64) -> Grant {
        let ResumeToken { session_id, secret } = expected();
        let generation = TokenGeneration(generation);
        Grant { session_id, secret, generation, ttl: Duration::from_secs(3600) }
    }

    fn at(unix: i64) -> UtcDateTime {
        UtcDateTime::from_unix_timestamp(unix).expect("a year before 9999")
    }

    fn read(json: &str) -> Result<ResumeToken, BadToken> {
        BASE64_STANDARD.encode(json).parse()
    }

    fn json() -> String {
        let token = grant(7).token(at(1_893_456_000));
        String::from_utf8(BASE64_STANDARD.decode(&**token).expect("base64")).expect("text")
    }

    #[test]
    fn a_token_is_written_as_it_is_documented() {
        assert_eq!(
            json().trim_end(),
            r#"{"v":1,"session_id":"6f9619ff-8b86-4d01-b42d-00cf4fc964ff","secret":"0123456789abcdefghijABCDEFGHIJxy","expires_at":"2030-01-01T00:00:00Z","generation":7}"#
        );
        assert_eq!(*grant(7).short(), format!("{ID}.{SECRET}"));
    }

    #[test]
    fn a_token_reads_back_in_every_variant_of_base64() {
        for generation in [0, 7, 12, 345, u64::MAX] {
            let token = grant(generation).token(at(0));
            assert!(token.bytes().all(|char| char.is_ascii_alphanumeric()), "no + / - _ =");
            assert!(token.len() < 320);
            assert_eq!(token.parse(), Ok(expected()));
        }
        let unlucky = json().replace('}', r#","x":"~~~>>>???"}  "#);
        for end in 0..3 {
            let unlucky = &unlucky[..unlucky.len() - end];
            for text in [
                BASE64_STANDARD.encode(unlucky),
                BASE64_STANDARD_NO_PAD.encode(unlucky),
                BASE64_URL_SAFE.encode(unlucky),
                BASE64_URL_SAFE_NO_PAD.encode(unlucky),
            ] {
                assert_eq!(text.parse(), Ok(expected()), "{text}");
            }
        }
        assert_eq!(grant(7).short().parse(), Ok(expected()));
    }

    #[test]
    fn nothing_but_the_id_and_the_secret_is_believed() {
        for (from, to) in [
            ("2030-01-01T00:00:00Z", "9999-12-31T00:00:00Z"),
            ("2030-01-01T00:00:00Z", "soon"),
            (":7}", ":18446744073709551615}"),
            (":7}", r#":7,"user":"bob","x":{"v":2,"v":3},"y":[null]}"#),
        ] {
            assert_eq!(read(&json().replace(from, to)), Ok(expected()), "{to}");
        }
    }

    #[test]
    fn what_is_not_exactly_a_token_is_refused() {
        for (from, to) in [
            (r#""v":1"#, r#""v":2"#),
            (r#""v":1"#, r#""v":"1""#),
            (r#""v":1,"#, ""),
            (r#""generation":7"#, r#""generation":-7"#),
            (r#""generation":7"#, r#""generation":7.5"#),
            (r#","generation":7"#, ""),
            (r#""2030-01-01T00:00:00Z""#, "5"),
            ("0123456789ab", "0123456789a"),
            ("0123456789ab", "0123456789abc"),
            ("0123456789ab", r"\u0030123456789ab"),
            ("0123456789ab", "012345678-ab"),
            ("6f9619ff-", "6f9619ff"),
            ("6f9619ff-", "gf9619ff-"),
            ("}", r#","secret":"0123456789abcdefghijABCDEFGHIJxy"}"#),
            ("}", r#","\u0076":1}"#),
            ("}", r#","x":1,"x":2}"#),
            ("}", "}}"),
            ("}", ""),
        ] {
            let json = json().replace(from, to);
            assert_eq!(read(&json), Err(BadToken), "{json}");
        }
        for text in ["", ".", "=", "AAAA", "bnVsbA==", "W10=", "IjEi", "{}", " "] {
            assert_eq!(text.parse::<ResumeToken>(), Err(BadToken), "{text}");
        }
        for text in [
            format!("{ID}.{SECRET}."),
            format!("{ID}.{SECRET}0"),
            format!("{{{ID}}}.{SECRET}"),
            format!("{}.{SECRET}", ID.replace('-', "")),
            format!(" {ID}.{SECRET}"),
            format!("{ID}{SECRET}"),
        ] {
            assert_eq!(text.parse::<ResumeToken>(), Err(BadToken), "{text}");
        }
    }

    #[test]
    fn a_text_of_more_than_1024_characters_is_not_looked_at() {
        let padded = |length: usize| {
            let json = json();
            BASE64_STANDARD_NO_PAD
                .encode(json.trim_end().to_owned() + &" ".repeat(length - json.trim_end().len()))
        };
        assert_eq!(padded(768).len(), 1024);
        assert_eq!(padded(768).parse(), Ok(expected()));
        assert_eq!(padded(767).parse(), Ok(expected()));
        assert_eq!(padded(769).parse::<ResumeToken>(), Err(BadToken));
    }

    #[test]
    fn deep_nesting_is_refused_quietly() {
        let deep = "[".repeat(500) + &"]".repeat(200);
        assert_eq!(read(&deep), Err(BadToken));
        let deep = format!(r#"{{"x":{}1{}}}"#, "[".repeat(300), "]".repeat(300));
        assert_eq!(read(&deep), Err(BadToken));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,1100}", bytes in proptest::collection::vec(any::<u8>(), 0..760)) {
            let _ = text.parse::<ResumeToken>();
            let _ = BASE64_STANDARD.encode(&bytes).parse::<ResumeToken>();
        }
    }
}
