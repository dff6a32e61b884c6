//! A stream of events as the body of an answer. What the session has is asked for only when what came
//! before has been taken, so that the history is the one buffer.

use std::convert::Infallible;
use std::fmt::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame};
use tokio::time::Sleep;

use super::{Channel, REMEMBERED, State};
use crate::clock;
use crate::session::core::Core;
use crate::session::message::DetachReason;
use crate::transport::web::{Told, deadline};
use crate::transport::wire::server::Message;

/// A comment is sent after so long, or what stands between takes the stream for dead.
const COMMENT_TIME: Duration = Duration::from_secs(15);

/// What every stream begins with: bytes at once, so that nothing between waits for the first event,
/// and how long a browser waits before it comes again.
const BEGIN: &str = ": mudkeep\nretry: 2000\n\n";

/// The body of a stream.
pub(in crate::transport) struct EventStream {
    channel: Arc<Channel>,
    /// Which of the connection's streams.
    number: u64,
    begun: bool,
    ended: bool,
    comment: Pin<Box<Sleep>>,
}

impl EventStream {
    pub(super) fn new(channel: Arc<Channel>, number: u64) -> EventStream {
        let comment = Box::pin(tokio::time::sleep(COMMENT_TIME));
        EventStream { channel, number, begun: false, ended: false, comment }
    }

    /// The next events, in one piece; none when the stream is over.
    fn poll_events(&mut self, cx: &mut Context<'_>) -> Poll<Option<String>> {
        let mut state = self.channel.state();
        if state.stream != self.number || self.ended {
            return Poll::Ready(None);
        }
        let mut text = String::new();
        if !std::mem::replace(&mut self.begun, true) {
            text.push_str(BEGIN);
            if let Some(position) = state.begins_at.take() {
                let _ = write!(text, "id: {position}\n\n");
            }
        }
        let waker = self.channel.waiting.stream(cx);
        let told = state.poll_told(&mut Context::from_waker(&waker));
        for message in state.outbox.drain(..) {
            write_event(&message, &mut text);
        }
        state.player.card().went(text.len() as u64, 0);
        if let Poll::Ready(Told::Over(closing)) = told {
            self.ended = true;
            state.end(closing);
        }
        drop(state);
        match text.is_empty() {
            true if self.ended => Poll::Ready(None),
            true => self.poll_comment(cx, told.is_ready()),
            false => Poll::Ready(Some(text)),
        }
    }

    fn poll_comment(&mut self, cx: &mut Context<'_>, more: bool) -> Poll<Option<String>> {
        if more {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.comment.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(Some(":\n\n".to_owned()))
    }
}

impl State {
    fn poll_told(&mut self, cx: &mut Context<'_>) -> Poll<Told> {
        if !self.outbox.is_empty() {
            return Poll::Ready(Told::Messages);
        }
        if let (Some(closing), None) = (self.over, self.player.attachment()) {
            return Poll::Ready(Told::Over(closing));
        }
        let told = self.player.poll_told(cx, clock::now(), &mut self.outbox);
        if let Poll::Ready(Told::Over(closing)) = told
            && self.session_goes_on()
        {
            // Whoever came, or comes, may wait to hear how far this one got.
            self.leave(DetachReason::Told(closing));
        }
        told
    }
}

impl State {
    /// Whether its session is there for others; the last words of one that ended can be told again.
    fn session_goes_on(&self) -> bool {
        self.player.attachment().is_some_and(|attachment| {
            let generation = attachment.generation();
            let goes_on = |core: &mut Core| !core.is_ended() && core.urgent(generation).is_some();
            attachment.session().quietly(goes_on)
        })
    }
}

fn write_event(message: &Message, text: &mut String) {
    if let Some(position) = message.position {
        let _ = writeln!(text, "id: {position}");
    }
    let _ = write!(text, "data: {}\n\n", *message.json);
}

impl Body for EventStream {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut EventStream>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let polled = self.poll_events(cx);
        if let Poll::Ready(Some(_)) = polled {
            let next = tokio::time::Instant::now() + COMMENT_TIME;
            self.comment.as_mut().reset(next);
        }
        polled.map(|text| text.map(|text| Ok(Frame::data(Bytes::from(text)))))
    }
}

impl Drop for EventStream {
    /// The stream is gone; for a while its client counts as attached.
    fn drop(&mut self) {
        let mut state = self.channel.state();
        if state.stream == self.number {
            state.open = false;
            let gone = state.player.attachment().is_none();
            let time = if gone { REMEMBERED } else { state.player.grace() };
            state.until = deadline(clock::now(), time);
        }
        drop(state);
        self.channel.changed.notify_one();
    }
}
