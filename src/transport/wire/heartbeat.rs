//! Whether anybody is there: after some time a client is asked, and has some time to answer. Whatever
//! it says is an answer.

use std::time::{Duration, Instant};

/// When a client was asked, and heard.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Heartbeat {
    every: Duration,
    patience: Duration,
    next: Instant,
    /// Until when an answer is awaited, if one is.
    answer_by: Option<Instant>,
}

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Beat {
    /// Nothing yet.
    Nothing,
    /// The client is to be asked.
    Ask,
    /// It has not answered.
    GiveUp,
}

impl Heartbeat {
    pub(crate) fn new(now: Instant, every: Duration, patience: Duration) -> Heartbeat {
        Heartbeat { every, patience, next: now + every, answer_by: None }
    }

    /// The client said something.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.answer_by = None;
        self.next = now + self.every;
    }

    /// When it was asked, if its answer is awaited.
    pub(crate) fn asked_at(&self) -> Option<Instant> {
        self.answer_by.and_then(|by| by.checked_sub(self.patience))
    }

    /// When something is due.
    pub(crate) fn deadline(&self) -> Instant {
        self.answer_by.unwrap_or(self.next)
    }

    /// What is due now.
    pub(crate) fn due(&mut self, now: Instant) -> Beat {
        if now < self.deadline() {
            return Beat::Nothing;
        }
        if self.answer_by.is_some() {
            return Beat::GiveUp;
        }
        self.answer_by = Some(now + self.patience);
        Beat::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_asked_and_given_up_only_if_it_says_nothing() {
        let start = crate::clock::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut heartbeat = Heartbeat::new(start, Duration::from_secs(20), Duration::from_secs(10));
        assert_eq!(heartbeat.due(at(19)), Beat::Nothing);
        assert_eq!(heartbeat.due(at(20)), Beat::Ask);
        assert_eq!(heartbeat.due(at(29)), Beat::Nothing);
        heartbeat.heard(at(29));
        assert_eq!(heartbeat.due(at(48)), Beat::Nothing);
        assert_eq!(heartbeat.due(at(49)), Beat::Ask);
        assert_eq!(heartbeat.deadline(), at(59));
        assert_eq!(heartbeat.due(at(59)), Beat::GiveUp);
    }
}
