//! Whether a WebSocket's client is still there: it is asked by a ping, and a browser answers without
//! its page. The pong also says how far it has read: up to the ping.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::config::Limits;

/// What is due.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Beat {
    /// A ping with this payload is to be sent.
    Ping([u8; 8]),
    /// The client did not answer the last one in time.
    Dead,
}

/// A ping that is not answered yet.
#[derive(Clone, Copy, Debug)]
struct Asked {
    at: Instant,
    /// All that was written before it.
    written: u64,
}

/// Asks one client, again and again.
#[derive(Debug)]
pub(super) struct Heartbeat {
    time: Duration,
    timeout: Duration,
    /// When the next ping is due, or the answer to the last one.
    timer: Pin<Box<Sleep>>,
    /// How many there were; also what the last one says.
    count: u64,
    asked: Option<Asked>,
    /// The client has shown itself since `timer` was set.
    heard: bool,
    /// What was written before the last ping that was answered.
    acknowledged: u64,
    /// How long that answer took.
    round_trip: Option<Duration>,
}

impl Heartbeat {
    pub(super) fn new(limits: &Limits) -> Heartbeat {
        Heartbeat {
            time: limits.heartbeat_time,
            timeout: limits.heartbeat_timeout,
            timer: Box::pin(sleep_until(Instant::now() + limits.heartbeat_time)),
            count: 0,
            asked: None,
            heard: false,
            acknowledged: 0,
            round_trip: None,
        }
    }

    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    pub(super) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// The client has shown that it is there. It need not have been by an answer, which may be on
    /// its way behind much else.
    pub(super) fn heard(&mut self) {
        self.heard = true;
    }

    /// A pong has come. Only the one that answers the last ping counts.
    pub(super) fn answered(&mut self, payload: &[u8]) {
        if payload == self.count.to_be_bytes()
            && let Some(Asked { at, written }) = self.asked.take()
        {
            self.acknowledged = written;
            self.round_trip = Some(at.elapsed());
            self.timer.as_mut().reset(at + self.time);
        }
    }

    /// What is due, if anything, where so much has been written.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, written: u64) -> Poll<Beat> {
        loop {
            ready!(self.timer.as_mut().poll(cx));
            let now = Instant::now();
            let heard = std::mem::take(&mut self.heard);
            if self.asked.is_some() && !heard {
                return Poll::Ready(Beat::Dead);
            }
            self.timer.as_mut().reset(now + self.timeout);
            if self.asked.is_none() {
                self.count += 1;
                self.asked = Some(Asked { at: now, written });
                return Poll::Ready(Beat::Ping(self.count.to_be_bytes()));
            }
        }
    }
}
