//! One row of the file: JSON, so that it can be looked at and read by a later mudkeep.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::limits::bans::{Ban, BanKind, Banned};
use crate::session::past::{Fate, Gone, Trace};
use crate::session::token::SecretHash;

/// What a row says of a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    user: Option<Arc<str>>,
    /// SHA-256 of each token that opens (or opened) it, in base64.
    tokens: Vec<String>,
    /// None while it is played.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    fate: Option<FateName>,
    /// When it was found to be gone, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    at: Option<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum FateName {
    Over,
    Lost,
}

impl Record {
    /// Of a session that is played.
    pub(super) fn live(trace: &Trace) -> Record {
        let tokens = trace.tokens.iter().map(|token| STANDARD.encode(token.to_bytes())).collect();
        Record { user: trace.user.clone(), tokens, fate: None, at: None }
    }

    /// Of one that is gone, since `at` by the system's clock.
    pub(super) fn of_gone(gone: &Gone, at: Duration) -> Record {
        let fate = match gone.fate {
            Fate::Over => FateName::Over,
            Fate::Lost => FateName::Lost,
        };
        Record { fate: Some(fate), at: Some(at.as_secs()), ..Record::live(&gone.trace) }
    }

    pub(super) fn is_live(&self) -> bool {
        self.fate.is_none()
    }

    /// When it was found to be gone, if it was.
    pub(super) fn gone_at(&self) -> Option<Duration> {
        self.at.map(Duration::from_secs)
    }

    /// What there is to know when it is read again: one that was played is lost. Nothing is from
    /// later than now, whatever the clock did.
    pub(super) fn into_gone(self, now: Duration) -> Gone {
        let at = self.gone_at().unwrap_or(now).min(now);
        let fate = match self.fate {
            Some(FateName::Over) => Fate::Over,
            Some(FateName::Lost) | None => Fate::Lost,
        };
        let tokens = self.tokens.iter().filter_map(|token| {
            let bytes = STANDARD.decode(token).ok()?;
            Some(SecretHash::from_bytes(bytes.try_into().ok()?))
        });
        Gone { trace: Trace { user: self.user.clone(), tokens: tokens.collect() }, fate, at }
    }
}

/// What a row says of a ban.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct BanRecord {
    /// In seconds since 1970; none: for good.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    until: Option<u64>,
    reason: Arc<str>,
    /// In seconds since 1970; none in rows of the mudkeep that did not write it down.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    created_at: Option<u64>,
}

impl BanRecord {
    pub(super) fn of(ban: &Ban) -> BanRecord {
        BanRecord {
            until: ban.until.map(|until| until.as_secs()),
            reason: ban.reason.clone(),
            created_at: Some(ban.created_at.as_secs()),
        }
    }

    /// Whether it says when it was made.
    pub(super) fn is_dated(&self) -> bool {
        self.created_at.is_some()
    }

    /// One that does not say when it was made was made at `now` at the latest.
    pub(super) fn into_ban(self, of: BanKey, now: Duration) -> Ban {
        let BanKey { who, kind } = of;
        let until = self.until.map(Duration::from_secs);
        let created_at = Duration::from_secs(self.created_at.unwrap_or(now.as_secs()));
        Ban { who, kind, until, reason: self.reason, created_at }
    }
}

/// Which row it is that a ban has: who, and of which kind. A ban of all play stands under the name of
/// whom it bans, as it did when there was no other kind; what stands under another kind's name says
/// nothing to a mudkeep of that time.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct BanKey {
    pub(super) who: Banned,
    pub(super) kind: BanKind,
}

impl BanKey {
    pub(super) fn of(ban: &Ban) -> BanKey {
        BanKey { who: ban.who.clone(), kind: ban.kind }
    }

    /// The key of a row; none: it is one of a later mudkeep.
    pub(super) fn parse(key: &str) -> Option<BanKey> {
        if let Ok(who) = key.parse() {
            return Some(BanKey { who, kind: BanKind::All });
        }
        let (kind, who) = key.split_once(':')?;
        let (kind, who) = (kind.parse().ok()?, who.parse().ok()?);
        Some(BanKey { who, kind }).filter(|key| key.kind != BanKind::All)
    }
}

impl fmt::Display for BanKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            BanKind::All => write!(f, "{}", self.who),
            kind @ (BanKind::New | BanKind::Guest) => write!(f, "{kind}:{}", self.who),
        }
    }
}

/// A row as it is written.
pub(super) fn to_bytes(record: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(record).unwrap_or_default()
}

/// A row as it was written, if it is one that this mudkeep knows.
pub(super) fn from_bytes<'b, R: Deserialize<'b>>(bytes: &'b [u8]) -> Option<R> {
    serde_json::from_slice(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ban_stands_under_whom_it_bans_and_its_kind() {
        for (key, kind) in [
            ("user:alice", BanKind::All),
            ("user:new:user:a", BanKind::All),
            ("new:user:alice", BanKind::New),
            ("guest:network:10.0.0.0/8", BanKind::Guest),
        ] {
            let parsed = BanKey::parse(key).unwrap();
            assert_eq!((parsed.kind, parsed.to_string()), (kind, key.to_owned()));
        }
        for key in ["", "all:user:alice", "new:", "new:alice", "mute:user:alice"] {
            assert_eq!(BanKey::parse(key), None, "{key}");
        }
    }

    #[test]
    fn a_row_of_before_there_were_kinds_is_read() {
        let now = Duration::from_secs(9);
        let key = BanKey::parse("user:alice").unwrap();
        let record: BanRecord = from_bytes(br#"{"until":7,"reason":"spam"}"#).unwrap();
        assert!(!record.is_dated());
        let ban = record.into_ban(key.clone(), now);
        let expected = Ban {
            who: "user:alice".parse().unwrap(),
            kind: BanKind::All,
            until: Some(Duration::from_secs(7)),
            reason: "spam".into(),
            created_at: now,
        };
        assert_eq!(ban, expected);
        let written = to_bytes(&BanRecord::of(&ban));
        assert_eq!(written, br#"{"until":7,"reason":"spam","created_at":9}"#);
        let again: BanRecord = from_bytes(&written).unwrap();
        assert_eq!(again.into_ban(key, Duration::MAX), expected);
    }
}
