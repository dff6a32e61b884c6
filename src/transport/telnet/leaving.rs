//! How a telnet connection ends: with a goodbye that is not lost, and a session that learns why.

use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::TelnetConnection;
use crate::clock;
use crate::registry::card::ConnectionState;
use crate::session::message::{Closing, DetachReason};
use crate::transport::wire::close::{CloseWith, close_frame};

/// How long a client that was told goodbye has to close its side.
const GOODBYE_MAX: Duration = Duration::from_secs(1);

/// A goodbye that has been said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Goodbye {
    pub(super) closing: Closing,
    /// What it comes to where there is a last frame.
    pub(super) with: CloseWith,
    /// When the client is not waited for any longer.
    pub(super) until: Instant,
    /// mudkeep's side is closed.
    pub(super) shut: bool,
}

impl TelnetConnection {
    /// Everything has been said: mudkeep's side is closed, and the client has a moment to close
    /// its own, so that the goodbye is not lost to a reset.
    /// The session learns at once how far the output got: a newcomer may wait for that.
    pub(super) fn say_goodbye(&mut self, now: Instant, closing: Closing) {
        self.place.card().enter(ConnectionState::Disconnecting);
        if let Some(attachment) = self.attachment.take() {
            attachment.detach(now, DetachReason::Told(closing), self.out.arrived());
        }
        let with = close_frame(closing);
        self.goodbye = Some(Goodbye { closing, with, until: now + GOODBYE_MAX, shut: false });
    }

    /// The same where there was no room: it may come back later.
    pub(super) fn say_busy(&mut self, now: Instant) {
        self.say_goodbye(now, Closing::Refused);
        if let Some(goodbye) = &mut self.goodbye {
            goodbye.with = CloseWith::BUSY;
        }
    }

    pub(super) fn await_close(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
    ) -> Result<bool, DetachReason> {
        let Some(goodbye) = &mut self.goodbye else { return Ok(false) };
        let over = DetachReason::Told(goodbye.closing);
        if now >= goodbye.until {
            return Err(over);
        }
        if self.out.is_empty() && !goodbye.shut {
            goodbye.shut = true;
            self.stream.shut(goodbye.with);
            // A last frame goes on its way now.
            return Ok(true);
        }
        match self.input.poll_discard(cx, &mut self.stream) {
            Poll::Ready(true) => Ok(true),
            Poll::Ready(false) => Err(over),
            Poll::Pending => Ok(false),
        }
    }

    /// The connection is over: the session learns why, and how far the output got.
    pub(super) fn leave(mut self, reason: DetachReason) {
        self.place.card().enter(ConnectionState::Disconnecting);
        self.stream.hang_up(reason);
        let delivered = self.out.arrived();
        tracing::debug!(connection = %self.id, %reason, "connection closed");
        if let Some(attachment) = self.attachment {
            attachment.detach(clock::now(), reason, delivered);
        }
        // A goodbye has been waited for.
        if self.goodbye.is_none()
            && let Some(socket) = self.stream.into_socket()
        {
            let place = self.place;
            self.gate.tracker().spawn(async move {
                socket.gone().await;
                drop(place);
            });
        }
    }
}
