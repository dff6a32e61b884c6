//! WebSocket (RFC 6455): the handshake, the subprotocols, and a player's connection that speaks
//! `mudkeep.v1`.
//!
//! Waiting and acting are apart: `poll` waits for whatever comes, and nothing in it is awaited. What
//! the session has is asked for only when all that came before has gone to the system, so that the
//! history is the one buffer, and a slow client loses its place in it.

mod monitor;
mod protocol;

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_util::{Sink, Stream};
use tokio::time::Sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message as Frame};

use crate::clock;
use crate::gate::Gate;
use crate::session::message::DetachReason;
use crate::transport::frames::BoxedIo;
use crate::transport::web::{Heard, Later, Newcomer, Told, WebPlayer, deadline};
use crate::transport::wire::client::ClientMessage;
use crate::transport::wire::close::{self, CloseWith, close_frame};
use crate::transport::wire::heartbeat::{Beat, Heartbeat};
use crate::transport::wire::refusal::Why;
use crate::transport::wire::server::Message;

pub(super) use monitor::watch;
pub(super) use protocol::{Subprotocol, choose};

/// Answers that a client has not taken; it is not heard while there are more.
const ANSWERS_MAX: usize = 64;

/// What a client that is told that it is over has to answer in.
const CLOSE_MAX: std::time::Duration = std::time::Duration::from_secs(1);

/// Serves a player who speaks `mudkeep.v1`, until the connection is over.
pub(super) async fn play(newcomer: Newcomer, socket: WebSocketStream<BoxedIo>) {
    let mut conversation = Conversation::new(newcomer, socket);
    poll_fn(|cx| conversation.poll(cx)).await;
}

/// One connection that speaks `mudkeep.v1`.
struct Conversation {
    socket: WebSocketStream<BoxedIo>,
    /// Whoever has not said yet what it wants.
    newcomer: Option<Newcomer>,
    /// Until when it has to.
    first_by: Instant,
    player: Option<WebPlayer>,
    gate: Arc<Gate>,
    /// Messages that the socket has not taken; nothing is added while there are any, but answers.
    outbox: VecDeque<Message>,
    /// How many answers have been added since it was empty.
    answers: usize,
    /// The socket has taken something that the system has not.
    unflushed: bool,
    /// Since when the client takes nothing.
    stalled_since: Option<Instant>,
    /// What the client has said and cannot be done yet.
    held: Option<(ClientMessage, Later)>,
    heartbeat: Heartbeat,
    ending: Option<Ending>,
    timer: Pin<Box<Sleep>>,
}

/// It is over.
struct Ending {
    /// What is still to be said of that; the client's own goodbye is answered by the library.
    frame: Option<CloseWith>,
    /// How long the client has to say so too.
    until: Instant,
}

/// The connection is gone, and why.
struct Gone(DetachReason);

impl Conversation {
    fn new(newcomer: Newcomer, socket: WebSocketStream<BoxedIo>) -> Conversation {
        let now = clock::now();
        let gate = newcomer.gate.clone();
        let limits = &gate.config().limits;
        let first_by = deadline(now, limits.request_timeout);
        Conversation {
            heartbeat: Heartbeat::new(now, limits.heartbeat_time, limits.heartbeat_timeout),
            socket,
            newcomer: Some(newcomer),
            first_by,
            player: None,
            outbox: VecDeque::new(),
            answers: 0,
            unflushed: false,
            stalled_since: None,
            held: None,
            ending: None,
            timer: Box::pin(tokio::time::sleep_until(first_by.into())),
            gate,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let now = clock::now();
            match self.turn(cx, now) {
                Ok(true) => {}
                Ok(false) if self.poll_timer(cx, now) => {}
                Ok(false) => return Poll::Pending,
                Err(Gone(reason)) => {
                    if let Some(player) = &mut self.player {
                        player.leave(reason);
                    }
                    return Poll::Ready(());
                }
            }
        }
    }

    /// Does what can be done now; says whether anything was.
    fn turn(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Gone> {
        let sent = self.poll_send(cx, now)?;
        if self.ending.is_some() {
            return self.await_close(cx, now);
        }
        if self.check_deadlines(now)? {
            // What is said of it has to be sent.
            return Ok(true);
        }
        let told = self.poll_told(cx, now);
        let heard = self.poll_heard(cx, now)?;
        Ok(sent | told | heard)
    }

    /// Hands the socket what waits, as far as it takes it.
    fn poll_send(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Gone> {
        let mut moved = false;
        while !self.outbox.is_empty() {
            match Pin::new(&mut self.socket).poll_ready(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Err(Gone(DetachReason::ConnectionLost)),
                Poll::Pending => break,
            }
            let Some(message) = self.outbox.pop_front() else { break };
            self.start_send(Frame::text(message.json.as_str()))?;
            moved = true;
        }
        if self.outbox.is_empty() {
            self.answers = 0;
        }
        if self.unflushed {
            match Pin::new(&mut self.socket).poll_flush(cx) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(_)) => return Err(Gone(DetachReason::ConnectionLost)),
                Poll::Pending => {}
            }
        }
        let waits = self.unflushed || !self.outbox.is_empty();
        self.stalled_since = if waits && !moved { self.stalled_since.or(Some(now)) } else { None };
        Ok(moved)
    }

    fn start_send(&mut self, frame: Frame) -> Result<(), Gone> {
        self.unflushed = true;
        let sent = Pin::new(&mut self.socket).start_send(frame);
        sent.map_err(|_| Gone(DetachReason::ConnectionLost))
    }

    /// Does what is due; says whether anything was.
    fn check_deadlines(&mut self, now: Instant) -> Result<bool, Gone> {
        if self.newcomer.is_some() && now >= self.first_by {
            self.end(now, Some(CloseWith::LATE));
            return Ok(true);
        }
        let slow = self.gate.config().limits.slow_timeout;
        if self.stalled_since.is_some_and(|since| now.duration_since(since) >= slow) {
            return Err(Gone(DetachReason::Slow));
        }
        match self.heartbeat.due(now) {
            Beat::Nothing => Ok(false),
            Beat::Ask => {
                self.start_send(Frame::Ping(tungstenite::Bytes::new()))?;
                Ok(true)
            }
            Beat::GiveUp if !self.is_heard() => {
                // The answer may have come.
                self.heartbeat.heard(now);
                Ok(true)
            }
            Beat::GiveUp => {
                if let Some(player) = &mut self.player {
                    player.leave(DetachReason::TimedOut);
                }
                self.end(now, Some(CloseWith::NO_ANSWER));
                Ok(true)
            }
        }
    }

    /// Asks the session for what comes next, once all before it has gone.
    fn poll_told(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let Some(player) = &mut self.player else { return false };
        let mut out = Vec::new();
        let told = if self.outbox.is_empty() && !self.unflushed {
            player.poll_told(cx, now, &mut out)
        } else {
            player.poll_urgent(cx).map(|closing| {
                // What it has not taken yet need not come first; what is begun is sent whole.
                self.outbox.clear();
                player.close(closing, &mut out);
                player.leave(DetachReason::Told(closing));
                Told::Over(closing)
            })
        };
        self.outbox.extend(out);
        match told {
            Poll::Pending => false,
            Poll::Ready(Told::Messages) => true,
            Poll::Ready(Told::Over(closing)) => {
                self.end(now, Some(close_frame(closing)));
                true
            }
        }
    }

    /// Hears the client, as long as what it said can be done.
    fn poll_heard(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Gone> {
        if let Some((message, later)) = self.held.take() {
            let may = match (later, &mut self.player) {
                (Later::At(when), _) => now >= when,
                (Later::Room, Some(player)) => player.poll_room(cx).is_ready(),
                (Later::Room, None) => true,
            };
            if !may {
                self.held = Some((message, later));
                return Ok(false);
            }
            self.hear(now, message);
            return Ok(true);
        }
        if !self.is_heard() {
            return Ok(false);
        }
        match Pin::new(&mut self.socket).poll_next(cx) {
            Poll::Pending => Ok(false),
            Poll::Ready(None) => Err(Gone(DetachReason::ConnectionLost)),
            Poll::Ready(Some(Ok(frame))) => self.frame(now, &frame).map(|()| true),
            Poll::Ready(Some(Err(error))) => self.unreadable(now, &error).map(|()| true),
        }
    }

    /// Whether what it says is read: not while something waits that it has said, nor while it does not
    /// take its answers.
    fn is_heard(&self) -> bool {
        self.held.is_none() && self.answers < ANSWERS_MAX
    }

    fn frame(&mut self, now: Instant, frame: &Frame) -> Result<(), Gone> {
        self.heartbeat.heard(now);
        match frame {
            Frame::Text(text) => {
                let charset = self.gate.config().game.charset;
                match ClientMessage::parse(text, charset) {
                    Ok(message) => self.hear(now, message),
                    Err(unreadable) => self.not_understood(now, &Why::from(&unreadable)),
                }
                Ok(())
            }
            Frame::Binary(_) => {
                let why = Why::new("malformed", "mudkeep.v1 has text frames only");
                self.not_understood(now, &why);
                Ok(())
            }
            // An answer to a ping waits in the socket until something is written.
            Frame::Ping(_) => {
                self.unflushed = true;
                Ok(())
            }
            Frame::Pong(_) | Frame::Frame(_) => Ok(()),
            Frame::Close(_) => {
                if let Some(player) = &mut self.player {
                    player.leave(DetachReason::ClosedByClient);
                }
                self.outbox.clear();
                self.end(now, None);
                Ok(())
            }
        }
    }

    fn hear(&mut self, now: Instant, message: ClientMessage) {
        let Some(player) = &mut self.player else { return self.begin(now, message) };
        match player.hear(now, message) {
            Heard::Done => {}
            Heard::Answer(answer) => self.answer(answer),
            Heard::Refused(why) => self.answer(why.to_message()),
            Heard::Later(message, later) => self.held = Some((message, later)),
        }
    }

    fn answer(&mut self, answer: Message) {
        self.answers += 1;
        self.outbox.push_back(answer);
    }

    /// The first thing that a client says.
    fn begin(&mut self, now: Instant, message: ClientMessage) {
        let Some(newcomer) = self.newcomer.take() else { return };
        let began = match message {
            ClientMessage::Open(about) => newcomer.open(&about),
            ClientMessage::Resume(resume) => newcomer.resume(*resume),
            _ => Err(Why::new("malformed", "say open or resume first")),
        };
        match began {
            Ok(player) => self.player = Some(player),
            Err(why) => {
                self.outbox.push_back(why.to_message());
                self.end(now, Some(close::refused(why.code)));
            }
        }
    }

    fn not_understood(&mut self, now: Instant, why: &Why) {
        self.answer(why.to_message());
        if self.player.is_none() {
            self.newcomer = None;
            self.end(now, Some(close::refused(why.code)));
        }
    }

    /// Something that is no message came.
    fn unreadable(&mut self, now: Instant, error: &tungstenite::Error) -> Result<(), Gone> {
        let Some(frame) = why_unreadable(error) else {
            return Err(Gone(DetachReason::ConnectionLost));
        };
        if let Some(player) = &mut self.player {
            player.leave(DetachReason::Abuse);
        }
        self.outbox.clear();
        self.end(now, Some(frame));
        Ok(())
    }

    /// It is over as soon as what waits has gone.
    fn end(&mut self, now: Instant, frame: Option<CloseWith>) {
        if self.ending.is_none() {
            self.ending = Some(Ending { frame, until: now + CLOSE_MAX });
            self.newcomer = None;
            self.unflushed = true;
        }
    }

    /// Says that it is over, and waits a moment for the client to say so too.
    fn await_close(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Gone> {
        let Some(ending) = &mut self.ending else { return Ok(false) };
        if now >= ending.until {
            return Err(Gone(DetachReason::ConnectionLost));
        }
        if self.outbox.is_empty()
            && let Some(CloseWith { code, reason }) = ending.frame.take()
        {
            let frame = CloseFrame { code: code.into(), reason: reason.into() };
            self.start_send(Frame::Close(Some(frame)))?;
            return Ok(true);
        }
        match Pin::new(&mut self.socket).poll_next(cx) {
            Poll::Ready(Some(Ok(_))) => Ok(true),
            Poll::Ready(Some(Err(_)) | None) => Err(Gone(DetachReason::ConnectionLost)),
            Poll::Pending => Ok(false),
        }
    }

    fn deadline(&self) -> Instant {
        if let Some(ending) = &self.ending {
            return ending.until;
        }
        let slow = self.gate.config().limits.slow_timeout;
        let stalled = self.stalled_since.map(|since| deadline(since, slow));
        let first = self.newcomer.as_ref().map(|_| self.first_by);
        let turn = match self.held {
            Some((_, Later::At(when))) => Some(when),
            _ => None,
        };
        let all = [Some(self.heartbeat.deadline()), stalled, first, turn];
        all.into_iter().flatten().min().unwrap_or(self.first_by)
    }

    /// Arms the timer; says whether something was due.
    fn poll_timer(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let due = tokio::time::Instant::from_std(self.deadline());
        if self.timer.deadline() != due {
            self.timer.as_mut().reset(due);
        }
        self.timer.as_mut().poll(cx).is_ready() && due.into_std() <= now.max(clock::now())
    }
}

/// What a client is told that breaks the protocol; none where the connection is gone.
fn why_unreadable(error: &tungstenite::Error) -> Option<CloseWith> {
    match error {
        tungstenite::Error::Capacity(_) => Some(CloseWith::MESSAGE_TOO_BIG),
        tungstenite::Error::Utf8(_) => Some(CloseWith::NOT_UTF_8),
        tungstenite::Error::Protocol(
            tungstenite::error::ProtocolError::ResetWithoutClosingHandshake,
        ) => None,
        tungstenite::Error::Protocol(_) => Some(CloseWith::NOT_WEBSOCKET),
        _ => None,
    }
}
