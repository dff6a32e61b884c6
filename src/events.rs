//! What has happened, for whoever wants to know it from outside: the audit log, the admin's listener,
//! a webhook.
//!
//! Events are put into a ring of bounded size and never waited for. Whoever follows them is a cursor
//! over the ring, as clients are over a history: one that is too slow loses the oldest, and is told
//! how many. No event holds what a player typed, a password or a token.

mod event;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use time::UtcDateTime;
use tokio::sync::Notify;

pub use event::{About, Cause, What};

use crate::clock;
use crate::metrics::Metrics;
use crate::times::serialize_time;

/// One event.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// Its number: one more than the one before it; the first since the start is 1.
    pub seq: u64,
    /// When, by the system's clock.
    #[serde(serialize_with = "serialize_time")]
    pub time: UtcDateTime,
    /// Whom it concerns.
    #[serde(flatten)]
    pub about: About,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// The events of this mudkeep, the newest of them.
pub struct Events {
    ring: Mutex<Ring>,
    /// There is one more.
    news: Notify,
    metrics: Metrics,
}

struct Ring {
    events: VecDeque<Arc<Event>>,
    /// The number of the next one.
    next: u64,
    max: usize,
    happened: Happened,
}

/// How often some things have happened since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Happened {
    /// The game accepted a player.
    pub logins: u64,
    /// A client came back by a token.
    pub resumes: u64,
    /// A client lost its place to another.
    pub takeovers: u64,
}

impl Happened {
    fn count(&mut self, what: &What) {
        match what {
            What::Login => self.logins += 1,
            What::Resumed { outcome: "ok" } => self.resumes += 1,
            What::TakenOver { .. } => self.takeovers += 1,
            _ => {}
        }
    }
}

/// One who follows the events.
pub struct Follower {
    events: Arc<Events>,
    next: u64,
    name: &'static str,
}

/// What comes next for a follower.
#[derive(Debug)]
pub enum Followed {
    /// An event.
    Event(Arc<Event>),
    /// So many are not there any more.
    Lost(u64),
}

impl Events {
    /// A ring for so many.
    #[must_use]
    pub fn new(max: usize) -> Events {
        let happened = Happened::default();
        let ring = Ring { events: VecDeque::new(), next: 1, max: max.max(1), happened };
        Events { ring: Mutex::new(ring), news: Notify::new(), metrics: Metrics::default() }
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is counted of it.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Something has happened.
    pub fn emit(&self, about: About, what: What) {
        self.metrics.observe(&about, &what);
        let mut ring = self.ring();
        let event = Event { seq: ring.next, time: clock::shown(), about, what };
        ring.next += 1;
        ring.happened.count(&event.what);
        if ring.events.len() >= ring.max {
            ring.events.pop_front();
        }
        ring.events.push_back(Arc::new(event));
        drop(ring);
        self.news.notify_waiters();
    }

    /// Follows them from now on.
    #[must_use]
    pub fn follow(self: &Arc<Events>) -> Follower {
        let next = self.ring().next;
        Follower { events: self.clone(), next, name: "" }
    }

    /// Follows them from behind this number on, as far as they are there. One that has not been given
    /// out yet is of a mudkeep before this one: then from the oldest on.
    #[must_use]
    pub fn follow_after(self: &Arc<Events>, seq: u64) -> Follower {
        let ring = self.ring();
        let next = if seq >= ring.next { ring.oldest() } else { seq + 1 };
        drop(ring);
        Follower { events: self.clone(), next, name: "" }
    }

    /// How often some things have happened since the start.
    #[must_use]
    pub fn happened(&self) -> Happened {
        self.ring().happened
    }

    /// All that are there, the oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Event>> {
        self.ring().events.iter().cloned().collect()
    }
}

impl Ring {
    /// The number of the oldest one that is there, or will be.
    fn oldest(&self) -> u64 {
        self.next - self.events.len() as u64
    }
}

impl Follower {
    /// The same, whose losses are counted under this name: audit, webhook, stream.
    #[must_use]
    pub fn named(self, name: &'static str) -> Follower {
        Follower { name, ..self }
    }

    /// What comes next, if it is there.
    pub fn try_next(&mut self) -> Option<Followed> {
        let ring = self.events.ring();
        let oldest = ring.oldest();
        if self.next < oldest {
            let lost = oldest - self.next;
            self.next = oldest;
            self.events.metrics.events_lost(self.name, lost);
            return Some(Followed::Lost(lost));
        }
        let at = usize::try_from(self.next - oldest).unwrap_or(usize::MAX);
        let event = ring.events.get(at)?.clone();
        self.next += 1;
        Some(Followed::Event(event))
    }

    /// What comes next. Nothing is lost to whoever stops waiting.
    pub async fn next(&mut self) -> Followed {
        loop {
            let events = self.events.clone();
            // Before the look, or what comes in between would not be noticed.
            let mut news = std::pin::pin!(events.news.notified());
            news.as_mut().enable();
            if let Some(followed) = self.try_next() {
                return followed;
            }
            news.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn emit(events: &Events, times: usize) {
        (0..times).for_each(|_| events.emit(About::default(), What::DrainCancelled));
    }

    fn seq(followed: Option<Followed>) -> Option<u64> {
        match followed {
            Some(Followed::Event(event)) => Some(event.seq),
            Some(Followed::Lost(_)) | None => None,
        }
    }

    #[test]
    fn a_follower_has_every_event_in_order() {
        let events = Arc::new(Events::new(8));
        emit(&events, 2);
        let mut follower = events.follow();
        assert_eq!(seq(follower.try_next()), None);
        emit(&events, 3);
        let seen: Vec<_> = (0..4).map(|_| seq(follower.try_next())).collect();
        assert_eq!(seen, [Some(3), Some(4), Some(5), None]);
    }

    #[test]
    fn one_that_is_too_slow_is_told_how_many_it_lost() {
        for (emitted, lost) in [(8, None), (9, Some(1)), (20, Some(12))] {
            let events = Arc::new(Events::new(8));
            let mut follower = events.follow();
            emit(&events, emitted);
            assert_eq!(events.all().len(), 8);
            match (follower.try_next(), lost) {
                (Some(Followed::Lost(count)), Some(lost)) => assert_eq!(count, lost),
                (Some(Followed::Event(event)), None) => assert_eq!(event.seq, 1),
                (other, _) => panic!("{other:?} after {emitted}"),
            }
        }
    }

    #[test]
    fn who_comes_back_goes_on_behind_what_it_had() {
        let events = Arc::new(Events::new(8));
        emit(&events, 5);
        assert_eq!(seq(events.follow_after(3).try_next()), Some(4));
        assert_eq!(seq(events.follow_after(5).try_next()), None);
        assert_eq!(seq(events.follow_after(77).try_next()), Some(1), "of another mudkeep");
    }

    #[tokio::test]
    async fn a_follower_that_waits_is_woken() {
        let events = Arc::new(Events::new(8));
        let mut follower = events.follow();
        let waiting = async {
            match follower.next().await {
                Followed::Event(event) => event.seq,
                Followed::Lost(count) => panic!("{count} lost"),
            }
        };
        let emitting = async { emit(&events, 1) };
        let (seq, ()) = tokio::join!(waiting, emitting);
        assert_eq!(seq, 1);
    }

    #[test]
    fn an_event_is_one_flat_object() {
        let events = Events::new(8);
        let about = About { user: Some("Alice".into()), ..About::default() };
        events.emit(about, What::Kicked { reason: "spam".into() });
        let json = serde_json::to_value(&*events.all()[0]).unwrap();
        assert_eq!(json["seq"], 1);
        assert_eq!(json["type"], "kicked");
        assert_eq!(json["user"], "Alice");
        assert_eq!(json["reason"], "spam");
        let time = json["time"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    }
}
