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
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use tokio::time::Sleep;
use tokio_tungstenite::tungstenite::{Bytes, Message as Frame, Utf8Bytes};
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::gate::Gate;
use crate::session::message::{Closing, DetachReason};
use crate::transport::lost;
use crate::transport::socket::{CLOSE_MAX, Came, Socket, kind_of};
use crate::transport::web::{Heard, Later, Newcomer, Told, WebPlayer, deadline};
use crate::transport::wire::client::ClientMessage;
use crate::transport::wire::close::{self, CloseWith, close_frame};
use crate::transport::wire::heartbeat::{Beat, Heartbeat};
use crate::transport::wire::refusal::Why;
use crate::transport::wire::server::Message;

pub(super) use monitor::watch;
pub(super) use protocol::{Choice, Subprotocol, choose};

/// A client that does not take so many messages is not listened to: most of them are answers.
const ANSWERS_MAX: usize = 256;

/// Serves a player who speaks `mudkeep.v1`, until the connection is over.
pub(super) async fn play(newcomer: Newcomer, socket: Socket, shutdown: CancellationToken) {
    let card = newcomer.place.card().clone();
    let mut conversation = Conversation::new(newcomer, socket);
    let mut stopped = pin!(shutdown.cancelled());
    let mut cut = pin!(card.is_cut());
    poll_fn(|cx| {
        // Whoever has a session is told by that.
        if conversation.newcomer.is_some() && stopped.as_mut().poll(cx).is_ready() {
            conversation.end(clock::now(), Some(close_frame(Closing::Shutdown)));
        }
        if conversation.newcomer.is_some() && cut.as_mut().poll(cx).is_ready() {
            conversation.end(clock::now(), Some(close_frame(Closing::Kicked)));
        }
        conversation.poll(cx)
    })
    .await;
}

/// One connection that speaks `mudkeep.v1`.
struct Conversation {
    socket: Socket,
    /// Whoever has not said yet what it wants.
    newcomer: Option<Newcomer>,
    /// Until when it has to.
    first_by: Instant,
    player: Option<WebPlayer>,
    gate: Arc<Gate>,
    /// Messages that the socket has not taken; nothing is added while there are any, but answers.
    outbox: VecDeque<Message>,
    /// A ping waits to be sent.
    asks: bool,
    /// Since when the client takes nothing.
    stalled_since: Option<Instant>,
    /// What the client has said and cannot be done yet.
    held: Option<(ClientMessage, Later)>,
    /// When more of what it says is read.
    reads_at: Option<Instant>,
    heartbeat: Heartbeat,
    /// Until when the client may say that it is over too, since it is.
    ending: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

/// The connection is gone, and why.
struct Gone(DetachReason);

impl Conversation {
    fn new(newcomer: Newcomer, socket: Socket) -> Conversation {
        let now = clock::now();
        let gate = newcomer.gate.clone();
        let config = gate.config();
        let limits = &config.limits;
        let first_by = deadline(now, limits.request_timeout);
        Conversation {
            heartbeat: Heartbeat::new(now, limits.heartbeat_time, limits.heartbeat_timeout),
            socket,
            newcomer: Some(newcomer),
            first_by,
            player: None,
            outbox: VecDeque::new(),
            asks: false,
            stalled_since: None,
            held: None,
            reads_at: None,
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
        if let Some(until) = self.ending {
            return self.await_close(cx, now, until);
        }
        if self.check_deadlines(now)? {
            // What is said of it has to be sent.
            return Ok(true);
        }
        let told = self.poll_told(cx, now);
        let heard = self.poll_heard(cx, now)?;
        Ok(sent | told | heard)
    }

    /// Hands the socket what waits, as far as it takes it; says whether it took anything.
    fn poll_send(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, Gone> {
        let Conversation { socket, outbox, asks, .. } = self;
        let (mut moved, mut bytes) = (false, 0);
        let sent = socket.poll_send(cx, || {
            let asked = std::mem::take(asks).then(|| Frame::Ping(Bytes::new()));
            let message = || outbox.pop_front().map(|message| Frame::text(message.json.as_str()));
            let next = asked.or_else(message);
            moved |= next.is_some();
            bytes += next.as_ref().map_or(0, Frame::len);
            next
        });
        if let Some(player) = &self.player {
            player.card().went(bytes as u64, 0);
        }
        if let Poll::Ready(Err(error)) = &sent {
            return Err(Gone(lost(kind_of(error))));
        }
        let waits = sent.is_pending() && !moved;
        self.stalled_since = if waits { self.stalled_since.or(Some(now)) } else { None };
        Ok(moved)
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
                self.asks = true;
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
        let told = if self.outbox.is_empty() && self.socket.is_flushed() {
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
        self.reads_at = self.player.as_mut().and_then(|player| player.may_send(now).err());
        if !self.is_heard() {
            return Ok(false);
        }
        match self.socket.poll_next(cx) {
            Poll::Pending => Ok(false),
            Poll::Ready(came) => self.came(now, came).map(|()| true),
        }
    }

    /// Whether what it says is read: not while something waits that it has said, nor while it does not
    /// take its answers, nor while it has said too much.
    fn is_heard(&self) -> bool {
        self.held.is_none() && self.reads_at.is_none() && self.outbox.len() < ANSWERS_MAX
    }

    fn came(&mut self, now: Instant, came: Came) -> Result<(), Gone> {
        if let (Came::Pong(_), Some(asked), Some(player)) =
            (&came, self.heartbeat.asked_at(), &self.player)
        {
            player.card().answered_in(now.saturating_duration_since(asked));
        }
        self.heartbeat.heard(now);
        match came {
            Came::Text(text) => self.text(now, &text),
            Came::Binary(_) => {
                let why = Why::new("malformed", "mudkeep.v1 has text frames only");
                self.not_understood(now, &why);
            }
            Came::Ping | Came::Pong(_) => {}
            Came::Closed => self.over(now, DetachReason::ClosedByClient),
            Came::Unreadable(_) => self.over(now, DetachReason::Abuse),
            Came::Gone(kind) => return Err(Gone(lost(kind))),
        }
        Ok(())
    }

    fn text(&mut self, now: Instant, text: &Utf8Bytes) {
        if let Some(player) = &mut self.player {
            player.sent(now, text.len());
        }
        match ClientMessage::parse(text, self.gate.config().game.charset) {
            Ok(message) => self.hear(now, message),
            Err(unreadable) => self.not_understood(now, &Why::from(&unreadable)),
        }
    }

    /// Nothing more is heard, and only the last frame is sent.
    fn over(&mut self, now: Instant, reason: DetachReason) {
        if let Some(player) = &mut self.player {
            player.leave(reason);
        }
        self.outbox.clear();
        self.end(now, None);
    }

    fn hear(&mut self, now: Instant, message: ClientMessage) {
        let Some(player) = &mut self.player else { return self.begin(now, message) };
        match player.hear(now, message) {
            Heard::Done => {}
            Heard::Answer(answer) => self.outbox.push_back(answer),
            Heard::Refused(why) => self.outbox.push_back(why.to_message()),
            Heard::Later(message, later) => self.held = Some((message, later)),
        }
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
        self.outbox.push_back(why.to_message());
        if self.player.is_none() {
            self.newcomer = None;
            self.end(now, Some(close::refused(why.code)));
        }
    }

    /// It is over as soon as what waits has gone; a client that has said so itself, or nothing that
    /// could be read, is answered by the socket.
    fn end(&mut self, now: Instant, with: Option<CloseWith>) {
        if self.ending.is_none() {
            self.ending = Some(now + CLOSE_MAX);
            self.newcomer = None;
            if let Some(with) = with {
                self.socket.close(with);
            }
        }
    }

    /// Waits a moment for the client to say that it is over too.
    fn await_close(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        until: Instant,
    ) -> Result<bool, Gone> {
        if now >= until || self.outbox.is_empty() && self.socket.poll_gone(cx).is_ready() {
            return Err(Gone(DetachReason::ConnectionLost));
        }
        Ok(false)
    }

    fn deadline(&self) -> Instant {
        if let Some(until) = self.ending {
            return until;
        }
        let slow = self.gate.config().limits.slow_timeout;
        let stalled = self.stalled_since.map(|since| deadline(since, slow));
        let first = self.newcomer.as_ref().map(|_| self.first_by);
        let turn = match self.held {
            Some((_, Later::At(when))) => Some(when),
            _ => None,
        };
        let all = [Some(self.heartbeat.deadline()), stalled, first, turn, self.reads_at];
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
