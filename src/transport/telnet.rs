//! A telnet player's connection: its task owns the stream and an attachment, and decides nothing
//! about the session.
//!
//! Output is read from the session only when the kernel has taken what came before: the history is
//! the one buffer, and a slow client loses its place in it, not the game's time.

mod leaving;
mod notes;
mod said;
mod telling;

use std::future::{Future, poll_fn};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use leaving::Goodbye;
use said::Said;
use telling::Untold;
use tokio::net::TcpStream;
use tokio::time::Sleep;
use zeroize::Zeroize;

use crate::clock;
use crate::gate::Gate;
use crate::ids::ConnectionId;
use crate::registry::Place;
use crate::scratch;
use crate::session::link::{Attachment, Next};
use crate::session::message::{
    AttachRequest, ClientEvent, Closing, DetachReason, Peer, Proof, Reading, ReplayWish,
};
use crate::session::turn::Turn;
use crate::settings;
use crate::telnet::option::OptionSet;
use crate::telnet::toward_client::{FromClient, TowardClient};
use crate::threads::{self, ThreadIndex};
use crate::transport::lost;
use crate::transport::stream::ClientStream;
use crate::transport::wire_in::WireIn;
use crate::transport::wire_out::WireOut;

/// How often a client may do what no client does before it is put out.
const ABUSES_MAX: u32 = 16;

/// One telnet player's connection.
pub(crate) struct TelnetConnection {
    id: ConnectionId,
    address: IpAddr,
    gate: Arc<Gate>,
    stream: ClientStream,
    engine: TowardClient,
    out: WireOut,
    input: WireIn,
    attachment: Option<Attachment>,
    timer: Option<Pin<Box<Sleep>>>,
    abuses: u32,
    /// It has been told that it is over; until then its side may still close in order.
    goodbye: Option<Goodbye>,
    /// The user, as a GMCP client is told it with its token.
    account: Option<Arc<str>>,
    /// What the game has agreed to.
    game_offers: OptionSet,
    /// GMCP is offered for the token, whether the game has it or not.
    offers_gmcp: bool,
    /// The token that the client could not be told yet.
    untold: Option<Untold>,
    /// A program asked to resume and wants to know how it went.
    answers_gmcp: bool,
    /// Its session lives on another thread.
    moves_to: Option<ThreadIndex>,
    /// A replay has begun and not ended.
    replaying: bool,
    /// Led to a session by its token and not welcomed yet: what it types until then was typed for
    /// the login, and does not go into play. So many lines of it are gone already.
    arriving: Option<usize>,
    /// Its work, which its session may do.
    turn: Weak<Turn>,
    /// Its place in the tables, given back when it is gone.
    place: Place,
}

impl TelnetConnection {
    /// A connection that has just been accepted.
    pub(crate) fn new(
        gate: Arc<Gate>,
        stream: ClientStream,
        id: ConnectionId,
        address: IpAddr,
        place: Place,
    ) -> TelnetConnection {
        let config = gate.config();
        let engine =
            TowardClient::new(settings::client_telnet(&config), Some(address), clock::now());
        TelnetConnection {
            id,
            address,
            engine,
            out: WireOut::default(),
            input: WireIn::new(settings::pace(&config.limits)),
            attachment: None,
            timer: None,
            abuses: 0,
            goodbye: None,
            account: None,
            game_offers: OptionSet::EMPTY,
            offers_gmcp: false,
            untold: None,
            answers_gmcp: false,
            moves_to: None,
            replaying: false,
            arriving: None,
            turn: Weak::new(),
            place,
            gate,
            stream,
        }
    }

    /// Serves the player on this thread, from now on until the connection is over.
    pub(crate) fn start(self, thread: ThreadIndex) {
        if thread == threads::here() {
            let gate = self.gate.clone();
            let turn = Turn::new(thread, |turn| TelnetConnection { turn, ..self }.run());
            gate.tracker().spawn(turn.run());
        } else if let Err(error) = self.start_there(thread) {
            tracing::warn!(%error, "a connection could not be moved to another thread");
        }
    }

    /// Moves the socket to another thread's runtime, with everything that is known and unread.
    fn start_there(self, thread: ThreadIndex) -> io::Result<()> {
        let gate = self.gate.clone();
        let stream = self.stream.into_std()?;
        let turn = Turn::new(thread, |turn| async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => {
                    let stream = ClientStream::Tcp(stream);
                    TelnetConnection { stream, turn, timer: None, ..self }.run().await;
                }
                Err(error) => tracing::warn!(%error, "a connection's socket was refused"),
            }
        });
        gate.tracker().spawn_on(turn.run(), gate.threads().handle(thread));
        Ok(())
    }

    /// The connection's work. Not an async fn, which would keep room for the connection twice.
    fn run(self) -> impl Future<Output = ()> + Send {
        let mut running = Some(self);
        let mut begun = false;
        poll_fn(move |cx| {
            let Some(connection) = &mut running else { return Poll::Ready(()) };
            if !std::mem::replace(&mut begun, true) {
                connection.begin();
            }
            let exit = ready!(connection.poll(cx));
            match (running.take(), exit) {
                (Some(connection), Exit::Over(reason)) => connection.leave(reason),
                (Some(connection), Exit::GoTo(thread)) => connection.start(thread),
                (None, _) => {}
            }
            Poll::Ready(())
        })
    }

    fn begin(&mut self) {
        match &mut self.attachment {
            None => self.open(),
            Some(attachment) => attachment.lend(self.turn.clone()),
        }
    }

    fn peer(&self) -> Peer {
        Peer { connection: self.id, transport: self.stream.transport(), address: self.address }
    }

    fn request(&self, proof: Proof, replay: ReplayWish, tell_token: bool) -> AttachRequest {
        AttachRequest {
            peer: self.peer(),
            info: self.engine.info().clone(),
            proof,
            position: None,
            replay,
            tell_token,
        }
    }

    /// Takes a new session.
    fn open(&mut self) {
        let request = self.request(Proof::Opened, ReplayWish::Missed, false);
        match self.gate.open(clock::now(), request) {
            Ok(mut attachment) => {
                attachment.lend(self.turn.clone());
                self.place.card().attached(attachment.session());
                self.attachment = Some(attachment);
            }
            Err(denied) => tracing::warn!(connection = %self.id, %denied, "session not opened"),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Exit> {
        loop {
            if let Some(thread) = self.moves_to.take() {
                return Poll::Ready(Exit::GoTo(thread));
            }
            let now = clock::now();
            let moved = self.turn(cx, now);
            self.count(now);
            let moved = match moved {
                Ok(moved) => moved,
                Err(reason) => return Poll::Ready(Exit::Over(reason)),
            };
            if !moved && !self.poll_timer(cx, now) {
                return Poll::Pending;
            }
        }
    }

    /// What has passed is known to whoever asks for it.
    fn count(&mut self, now: Instant) {
        let card = self.place.card();
        let came = self.input.take_came();
        if came > 0 {
            card.came(now, came);
        }
        let (bytes, lines) = self.out.take_went();
        if bytes > 0 {
            card.went(bytes, lines);
        }
    }

    /// Does what can be done now; says whether anything was.
    fn turn(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, DetachReason> {
        self.stream.keep_alive(cx).map_err(|error| lost(error.kind()))?;
        self.out.flush(cx, &mut self.stream, now).map_err(|error| lost(error.kind()))?;
        if self.goodbye.is_some() {
            return self.await_close(cx, now);
        }
        self.check_stalled(cx, now)?;
        let wrote = self.send_replies(cx, now)? | self.poll_output(cx, now)?;
        // What comes of it for this client wakes its task: it waits for output since just now.
        while self.poll_input(cx, now)? {}
        Ok(self.send_replies(cx, now)? | wrote)
    }

    /// A client that takes nothing for too long loses its connection, never its session; one that
    /// lost its place need not be waited for.
    fn check_stalled(&mut self, cx: &Context<'_>, now: Instant) -> Result<(), DetachReason> {
        let Some(since) = self.out.stalled_since() else { return Ok(()) };
        if now.duration_since(since) >= self.gate.config().limits.slow_timeout {
            return Err(DetachReason::Slow);
        }
        match self.attachment.as_mut().map(|attachment| attachment.poll_urgent(cx)) {
            Some(Poll::Ready(closing)) => Err(DetachReason::Told(closing)),
            Some(Poll::Pending) | None => Ok(()),
        }
    }

    /// Negotiation that the engine owes.
    fn send_replies(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, DetachReason> {
        if !self.out.is_empty() {
            return Ok(false);
        }
        scratch::with_write(|_, wire| {
            self.engine.take_replies(wire);
            if self.untold.is_none() {
                return self.write(cx, now, wire);
            }
            self.tell_untold(now, wire);
            let wrote = self.write(cx, now, wire);
            wire.as_mut_slice().zeroize();
            wrote
        })
    }

    fn write(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        wire: &[u8],
    ) -> Result<bool, DetachReason> {
        if wire.is_empty() {
            return Ok(false);
        }
        let sent = self.out.send(cx, &mut self.stream, now, wire, None);
        self::sent(sent)
    }

    /// The next thing that the session has for this client.
    fn poll_output(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, DetachReason> {
        if !self.out.is_empty() {
            return Ok(false);
        }
        if self.attachment.is_none() {
            return self.refuse(cx, now);
        }
        scratch::with_write(|canonical, wire| match self.poll_next(cx, now, canonical) {
            Poll::Pending | Poll::Ready(Next::Reading(Reading::Nothing)) => Ok(false),
            Poll::Ready(Next::Reading(Reading::Over)) => Err(DetachReason::Told(Closing::Replaced)),
            Poll::Ready(Next::Reading(Reading::Output(position))) => {
                self.engine.output(canonical, wire);
                sent(self.out.send(cx, &mut self.stream, now, wire, Some(position)))
            }
            Poll::Ready(Next::Reading(Reading::Note(note))) => {
                self.note(now, note, wire)?;
                self.write(cx, now, wire)?;
                // It may have been a token.
                wire.as_mut_slice().zeroize();
                Ok(true)
            }
            Poll::Ready(Next::Taken(taken)) => sent(taken),
        })
    }

    /// Asks the session for what comes next. Output that lies in the history as this client is to
    /// have it is sent from there.
    fn poll_next(
        &mut self,
        cx: &Context<'_>,
        now: Instant,
        canonical: &mut Vec<u8>,
    ) -> Poll<Next<io::Result<()>>> {
        let TelnetConnection { attachment, engine, out, stream, .. } = self;
        let Some(attachment) = attachment else { return Poll::Pending };
        let mut writer = Context::from_waker(cx.waker());
        attachment.poll_next(cx, scratch::READ_BYTES, canonical, |from, pieces| {
            let mut wire = Vec::new();
            let mut reached = from;
            for piece in pieces {
                let taken = engine.output_in_place(piece, &mut wire);
                reached.offset.0 += taken as u64;
                if taken < piece.len() {
                    break;
                }
            }
            if reached == from {
                return (from, None);
            }
            (reached, Some(out.send_pieces(&mut writer, stream, now, &wire, reached)))
        })
    }

    /// A line from mudkeep to the player.
    fn say(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        text: Option<String>,
    ) -> Result<(), DetachReason> {
        let Some(text) = text else { return Ok(()) };
        scratch::with_write(|_, wire| {
            self.engine.notice(&text, wire);
            self.write(cx, now, wire)
        })?;
        Ok(())
    }

    /// There is no session for this client: it is told, and closed.
    fn refuse(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, DetachReason> {
        let text = self.gate.config().texts.too_many_sessions();
        self.say(cx, now, text)?;
        self.say_busy(now);
        Ok(true)
    }

    /// Reads from the client, as long as the session takes input.
    fn poll_input(&mut self, cx: &mut Context<'_>, now: Instant) -> Result<bool, DetachReason> {
        let Some(attachment) = &mut self.attachment else { return Ok(false) };
        if self.arriving.is_some() || attachment.poll_room(cx).is_pending() {
            return heard(self.input.poll_ahead(cx, &mut self.stream));
        }
        let mut said = Said::default();
        let take = |event| said.take(now, attachment, event);
        self.input.set_pace(settings::pace(&self.gate.config().limits));
        let polled = self.input.poll(cx, &mut self.stream, &mut self.engine, now, take);
        if said.anything {
            self.out.sign_of_life(now, &self.stream);
            let card = self.place.card();
            (0..said.lines).for_each(|_| card.typed(now));
            self.out.round_trip().into_iter().for_each(|time| card.answered_in(time));
        }
        self.act_on(cx, now, &said)?;
        Ok(heard(polled)? | said.anything)
    }

    fn act_on(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        said: &Said,
    ) -> Result<(), DetachReason> {
        if said.informed {
            self.tell_info(now);
        }
        self.abuses += said.abuses + self.stream.take_abuses();
        if self.abuses > ABUSES_MAX {
            return Err(DetachReason::Abuse);
        }
        let Some(bytes) = said.too_long else { return Ok(()) };
        let text = self.gate.config().texts.line_too_long(bytes);
        self.say(cx, now, text)
    }

    fn tell_info(&mut self, now: Instant) {
        let info = Box::new(self.engine.info().clone());
        self.place.card().informed(&info);
        if let Some(attachment) = &mut self.attachment {
            attachment.send(now, ClientEvent::Info(info));
        }
    }

    fn deadline(&self) -> Option<Instant> {
        if let Some(goodbye) = &self.goodbye {
            return Some(goodbye.until);
        }
        let slow = self.gate.config().limits.slow_timeout;
        let stalled = self.out.stalled_since().and_then(|since| since.checked_add(slow));
        let deadlines =
            [self.engine.deadline(), self.input.deadline(), stalled, self.store_deadline()];
        deadlines.into_iter().flatten().min()
    }

    /// Arms the timer; says whether something was due.
    fn poll_timer(&mut self, cx: &mut Context<'_>, now: Instant) -> bool {
        let Some(due) = self.deadline() else {
            self.timer = None;
            return false;
        };
        let due = tokio::time::Instant::from_std(due);
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if timer.deadline() != due {
            timer.as_mut().reset(due);
        }
        if timer.as_mut().poll(cx).is_pending() {
            return false;
        }
        self.engine.tick(now);
        while let Some(event) = self.engine.next(now, &mut &b""[..]) {
            if matches!(event, FromClient::Info | FromClient::Resize) {
                self.tell_info(now);
            }
        }
        true
    }
}

/// Something was sent, or the connection is gone.
fn sent(result: io::Result<()>) -> Result<bool, DetachReason> {
    result.map(|()| true).map_err(|error| lost(error.kind()))
}

/// Whether a read has brought anything, or the end.
fn heard(read: Poll<io::Result<bool>>) -> Result<bool, DetachReason> {
    match read {
        Poll::Pending => Ok(false),
        Poll::Ready(Ok(true)) => Ok(true),
        Poll::Ready(Ok(false)) => Err(DetachReason::ClosedByClient),
        Poll::Ready(Err(error)) => Err(lost(error.kind())),
    }
}

/// Why a connection's task ends.
enum Exit {
    /// The connection is over.
    Over(DetachReason),
    /// It goes on on another thread.
    GoTo(ThreadIndex),
}
