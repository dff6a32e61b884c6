//! What is remembered of sessions when they are over, and, where there is a file, when mudkeep is.
//!
//! Nothing waits for the file: changes are gathered, newest last, and a thread of its own writes
//! what has come together in one transaction after the other. Who tells a player a token asks first
//! whether that is written, and waits a little for it. Where the file cannot be written, mudkeep goes
//! on in memory, says so in its log, and tries again.

mod file;
mod record;
mod time;

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::config::StoreConfig;
use crate::ids::{SessionId, UserKey};
use crate::limits::bans::{Ban, BanKind, Banned, Bans, NotBanned};
use crate::session::message::Refusal;
use crate::session::past::{Fate, Gone, Past, PastLimits, Trace};
use crate::session::token::SecretHash;

use file::{Content, File, Row};
use record::{BanKey, BanRecord, Record, to_bytes};
use time::Clock;

/// How much is remembered of sessions that are over.
fn past_limits(config: &StoreConfig) -> PastLimits {
    PastLimits { sessions_max: config.ended_sessions_max, keep: config.ended_sessions_keep }
}

/// What is remembered.
pub struct Store {
    past: Mutex<Past>,
    bans: Mutex<Bans>,
    file: Option<File>,
    clock: Clock,
}

impl Store {
    /// Opens the file, if there is to be one. Sessions that it holds were lost.
    ///
    /// # Errors
    /// It is in use, damaged, or cannot be read or written; the message says what to do.
    pub fn open(config: &StoreConfig) -> io::Result<Store> {
        Store::open_by(config, time::system)
    }

    /// The same by another clock than the system's.
    fn open_by(config: &StoreConfig, clock: fn() -> Duration) -> io::Result<Store> {
        let (file, content) = match &config.path {
            Some(path) => File::open(path).map(|(file, content)| (Some(file), content))?,
            None => (None, Content::default()),
        };
        let store = Store {
            past: Mutex::new(Past::new(past_limits(config))),
            bans: Mutex::new(Bans::new(config.bans_max)),
            file,
            clock: Clock::new(clock),
        };
        store.take_over(content);
        Ok(store)
    }

    fn take_over(&self, content: Content) {
        let now = self.clock.now();
        let Content { mut sessions, bans } = content;
        sessions.sort_by_key(|(_, record)| record.gone_at().unwrap_or(now));
        for (id, record) in sessions {
            let lost = record.is_live();
            let gone = record.into_gone(now);
            if lost {
                self.put(id, Some(&Record::of_gone(&gone, now)));
            }
            let forgotten = self.past().add(id, gone);
            forgotten.into_iter().for_each(|old| self.forget(old));
        }
        self.take_over_bans(now, bans);
    }

    /// Those that are over are kept, if there is room: the clock may be wrong, and right at the next
    /// start.
    fn take_over_bans(&self, now: Duration, bans: Vec<(BanKey, BanRecord)>) {
        let mut read = Vec::new();
        for (key, record) in bans {
            let dated = record.is_dated();
            let ban = record.into_ban(key, now);
            if !dated {
                self.put_ban(BanKey::of(&ban), Some(&ban));
            }
            read.push(ban);
        }
        let is_over = |ban: &Ban| ban.until.is_some_and(|until| until <= now);
        read.sort_by_key(|ban| (is_over(ban), ban.created_at));
        for ban in read {
            // There may be fewer now than there were.
            let until = ban.until;
            let _ = self.banned().add(now, ban, until);
        }
    }

    fn put_ban(&self, key: BanKey, ban: Option<&Ban>) -> u64 {
        let bytes = ban.map(|ban| to_bytes(&BanRecord::of(ban)));
        self.file.as_ref().map_or(0, |file| file.put(Row::Ban(key), bytes))
    }

    fn put(&self, id: SessionId, record: Option<&Record>) -> u64 {
        let file = self.file.as_ref();
        file.map_or(0, |file| file.put(Row::Session(id), record.map(to_bytes)))
    }

    /// Other limits for sessions that are over.
    pub fn set_limits(&self, config: &StoreConfig) {
        self.past().set_limits(past_limits(config));
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn banned(&self) -> MutexGuard<'_, Bans> {
        self.bans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A session is played with these tokens. Returns a number for [`Store::is_written`].
    pub fn live(&self, id: SessionId, trace: &Trace) -> u64 {
        self.put(id, Some(&Record::live(trace)))
    }

    /// There is no such session any more, and nothing to be known of it: it has another id.
    pub fn forget(&self, id: SessionId) {
        self.put(id, None);
    }

    /// A session has ended, or ends with mudkeep.
    pub fn gone(&self, id: SessionId, trace: Trace, fate: Fate) {
        let gone = Gone { trace, fate, at: self.clock.now() };
        self.put(id, Some(&Record::of_gone(&gone, self.clock.system())));
        let forgotten = self.past().add(id, gone);
        forgotten.into_iter().for_each(|old| self.forget(old));
    }

    /// Bans somebody, until a time by the system's clock as it is now, in place of an earlier ban of
    /// the same and of this kind. Returns the ban as it is kept.
    ///
    /// # Errors
    /// There are as many bans as may be, or it makes no sense.
    pub fn ban(&self, ban: Ban) -> Result<Ban, NotBanned> {
        let ban = Ban { created_at: Duration::from_secs(self.clock.system().as_secs()), ..ban };
        let ends = ban.until.map(|until| self.clock.of_system(until));
        let mut bans = self.banned();
        let forgotten = bans.add(self.clock.now(), ban.clone(), ends)?;
        // Under the lock: the file has the last word of two that ban the same.
        for over in forgotten {
            self.put_ban(BanKey::of(&over), None);
        }
        self.put_ban(BanKey::of(&ban), Some(&ban));
        Ok(ban)
    }

    /// Lifts a ban of this kind; whether there was one that held.
    pub fn unban(&self, who: &Banned, kind: BanKind) -> bool {
        let mut bans = self.banned();
        self.put_ban(BanKey { who: who.clone(), kind }, None);
        bans.remove(self.clock.now(), who, kind)
    }

    /// The bans that hold, as they were given.
    #[must_use]
    pub fn bans(&self) -> Vec<Ban> {
        self.banned().valid(self.clock.now()).cloned().collect()
    }

    /// Forgets the bans that are over; how many those were.
    pub fn forget_expired_bans(&self) -> usize {
        let mut bans = self.banned();
        let over = bans.forget_expired(self.clock.now());
        for ban in &over {
            self.put_ban(BanKey::of(ban), None);
        }
        over.len()
    }

    /// Why this user may not play, or not begin to, if so.
    #[must_use]
    pub fn banned_user(&self, user: &UserKey, kind: BanKind) -> Option<Arc<str>> {
        self.banned().of_user(self.clock.now(), user, kind).map(|ban| ban.reason.clone())
    }

    /// The same for whatever banned name is this user's.
    #[must_use]
    pub fn banned_user_who(
        &self,
        kind: BanKind,
        is: impl Fn(&UserKey) -> bool,
    ) -> Option<Arc<str>> {
        self.banned().of_user_who(self.clock.now(), kind, is).map(|ban| ban.reason.clone())
    }

    /// Why nobody at this address may play, or not so, if so.
    #[must_use]
    pub fn banned_address(&self, address: IpAddr, kind: BanKind) -> Option<Arc<str>> {
        self.banned().of_address(self.clock.now(), address, kind).map(|ban| ban.reason.clone())
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

    /// Whether the last write went wrong.
    #[must_use]
    pub fn is_failing(&self) -> bool {
        self.file.as_ref().is_some_and(File::is_failing)
    }

    /// Writes what is left to be written and closes the file. It is an error to use it afterwards;
    /// what comes is not written.
    pub fn close(&self) {
        if let Some(file) = &self.file {
            file.close();
        }
    }
}

/// A store that remembers nothing after the process, for tests and tools.
#[must_use]
pub fn in_memory() -> Arc<Store> {
    let store = Store::open(&StoreConfig { path: None, ..StoreConfig::default() });
    Arc::new(store.expect("nothing is opened"))
}

#[cfg(test)]
mod tests;
