//! What is remembered of sessions when they are over, and, where there is a file, when mudkeep is.
//!
//! Nothing waits for the file: changes are gathered, newest last, and a thread of its own writes
//! what has come together in one transaction after the other. Who tells a player a token asks first
//! whether that is written, and waits a little for it. Where the file cannot be written, mudkeep goes
//! on in memory, says so in its log, and tries again.

mod file;
mod record;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::config::StoreConfig;
use crate::ids::SessionId;
use crate::session::message::Refusal;
use crate::session::past::{Fate, Gone, Past, PastLimits, Trace};
use crate::session::token::SecretHash;

use file::File;
use record::Record;

/// What is remembered.
pub struct Store {
    past: Mutex<Past>,
    file: Option<File>,
}

impl Store {
    /// Opens the file, if there is to be one. Sessions that it holds were lost.
    ///
    /// # Errors
    /// It is in use, damaged, or cannot be read or written; the message says what to do.
    pub fn open(config: &StoreConfig) -> io::Result<Store> {
        let limits = PastLimits {
            sessions_max: config.ended_sessions_max,
            keep: config.ended_sessions_keep,
        };
        let mut past = Past::new(limits);
        let Some(path) = &config.path else {
            return Ok(Store { past: Mutex::new(past), file: None });
        };
        let (file, records) = File::open(path)?;
        let mut records: Vec<_> = records.into_iter().collect();
        let now = now();
        records.sort_by_key(|(_, record)| record.gone_at().unwrap_or(now));
        for (id, record) in records {
            let lost = record.is_live();
            let gone = record.into_gone(now);
            if lost {
                file.put(id, Some(Record::of_gone(&gone)));
            }
            past.add(id, gone).into_iter().for_each(|old| {
                file.put(old, None);
            });
        }
        tracing::info!(path = %path.display(), sessions = past.len(), "store opened");
        Ok(Store { past: Mutex::new(past), file: Some(file) })
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session is played with these tokens. Returns a number for [`Store::is_written`].
    pub fn live(&self, id: SessionId, trace: Trace) -> u64 {
        self.file.as_ref().map_or(0, |file| file.put(id, Some(Record::live(&trace))))
    }

    /// There is no such session any more, and nothing to be known of it: it has another id.
    pub fn forget(&self, id: SessionId) {
        if let Some(file) = &self.file {
            file.put(id, None);
        }
    }

    /// A session has ended, or ends with mudkeep.
    pub fn gone(&self, id: SessionId, trace: Trace, fate: Fate) {
        let gone = Gone { trace, fate, at: now() };
        let record = Record::of_gone(&gone);
        let forgotten = self.past().add(id, gone);
        if let Some(file) = &self.file {
            file.put(id, Some(record));
            forgotten.into_iter().for_each(|old| {
                file.put(old, None);
            });
        }
    }

    /// What to answer to a token of a session that is not there.
    #[must_use]
    pub fn judge(&self, id: SessionId, token: &SecretHash) -> Refusal {
        match self.past().judge(id, token) {
            Some((Fate::Over, _)) => Refusal::Ended,
            Some((Fate::Lost, user)) => Refusal::SessionLost { user },
            None => Refusal::TokenInvalid,
        }
    }

    /// Whether anything outlives mudkeep.
    #[must_use]
    pub fn outlives(&self) -> bool {
        self.file.is_some()
    }

    /// Whether what was given with this number is in the file, or nothing can be written there now.
    #[must_use]
    pub fn is_written(&self, number: u64) -> bool {
        self.file.as_ref().is_none_or(|file| file.is_written(number))
    }

    /// Writes what is left to be written and closes the file. It is an error to use it afterwards;
    /// what comes is not written.
    pub fn close(&self) {
        if let Some(file) = &self.file {
            file.close();
        }
    }
}

/// The system's clock, since 1970. Only how long something is remembered hangs on it.
fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// A store that remembers nothing after the process, for tests and tools.
#[must_use]
pub fn in_memory() -> Arc<Store> {
    let store = Store::open(&StoreConfig { path: None, ..StoreConfig::default() });
    Arc::new(store.expect("nothing is opened"))
}

#[cfg(test)]
mod tests;
