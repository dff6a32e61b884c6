//! A restart that is announced: everybody is told how long it is until then, nobody new logs in, and
//! mudkeep stops when nobody is left, or when the time has come.

use std::time::{Duration, Instant};

use super::Gate;
use super::staff::Audience;
use crate::clock;
use crate::events::{About, What};
use crate::times::shown_at;

/// When everybody is told how long it is: so many seconds before.
const TOLD_AT: [u64; 11] = [3600, 1800, 900, 600, 300, 120, 60, 30, 10, 5, 2];

/// How often it is looked whether anybody is left.
const LOOK_TIME: Duration = Duration::from_millis(250);

/// A restart that is near.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drain {
    /// When it is, at the latest.
    pub at: Instant,
    /// What everybody is told besides.
    pub text: Option<String>,
}

impl Gate {
    /// Begins to drain, or changes when that ends.
    pub fn drain(&self, time: Duration, text: Option<String>) -> Drain {
        let now = clock::now();
        let drain = Drain { at: now.checked_add(time).unwrap_or(now), text };
        self.draining.send_replace(Some(drain.clone()));
        self.events.emit(About::default(), What::Draining { at: Some(shown_at(drain.at)) });
        tracing::warn!(seconds = time.as_secs(), "draining: nobody new logs in, and then it stops");
        drain
    }

    /// It does not stop after all; whether it would have.
    pub fn cancel_drain(&self) -> bool {
        let was = self.draining.send_replace(None).is_some();
        if was {
            self.events.emit(About::default(), What::DrainCancelled);
            tracing::warn!("not draining any more");
        }
        was
    }

    /// The restart that is near, if one is.
    #[must_use]
    pub fn is_draining(&self) -> Option<Drain> {
        self.draining.borrow().clone()
    }

    /// Resolves when a restart was announced and has come: everybody is gone, or the time is over.
    /// Tells everybody how long it is until then.
    pub async fn drained(&self) {
        let mut drains = self.draining.subscribe();
        loop {
            let drain = drains.borrow_and_update().clone();
            match drain {
                Some(drain) => {
                    tokio::select! {
                        () = self.count_down(&drain) => return,
                        changed = drains.changed() => if changed.is_err() { return },
                    }
                }
                None => {
                    if drains.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    async fn count_down(&self, drain: &Drain) {
        self.tell_countdown(drain);
        let mut told = drain.at.saturating_duration_since(clock::now());
        loop {
            let left = drain.at.saturating_duration_since(clock::now());
            if left.is_zero() || self.registry.counts().sessions == 0 {
                return;
            }
            let passed = |seconds: &&u64| {
                let mark = Duration::from_secs(**seconds);
                left <= mark && mark < told
            };
            if TOLD_AT.iter().any(|seconds| passed(&seconds)) {
                told = left;
                self.tell_countdown(drain);
            }
            tokio::time::sleep(left.min(LOOK_TIME)).await;
        }
    }

    fn tell_countdown(&self, drain: &Drain) {
        let left = drain.at.saturating_duration_since(clock::now());
        let texts = &self.config().texts;
        let said = drain.text.as_deref().and_then(|text| texts.announcement(text));
        let countdown = texts.drain_countdown(in_words(left));
        for text in said.into_iter().chain(countdown) {
            self.say(&text, Audience::Everybody);
        }
    }
}

/// A time as people say it: `10 minutes`, `1 minute`, `30 seconds`.
fn in_words(time: Duration) -> String {
    // What is a moment short of a minute is said as one.
    let seconds = time.as_millis().div_ceil(1000);
    let (count, unit) = match seconds {
        90.. => ((seconds + 30) / 60, "minute"),
        60 => (1, "minute"),
        _ => (seconds, "second"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_words() {
        for (millis, words) in [
            (0, "0 seconds"),
            (900, "1 second"),
            (29_800, "30 seconds"),
            (60_000, "1 minute"),
            (89_000, "89 seconds"),
            (119_800, "2 minutes"),
            (600_000, "10 minutes"),
            (3_600_000, "60 minutes"),
        ] {
            assert_eq!(in_words(Duration::from_millis(millis)), words);
        }
    }
}
