//! One row of the file: JSON, so that it can be looked at and read by a later mudkeep.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::limits::bans::{Ban, Banned};
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
}

impl BanRecord {
    pub(super) fn of(ban: &Ban) -> BanRecord {
        BanRecord { until: ban.until.map(|until| until.as_secs()), reason: ban.reason.clone() }
    }

    pub(super) fn into_ban(self, who: Banned) -> Ban {
        Ban { who, until: self.until.map(Duration::from_secs), reason: self.reason }
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
