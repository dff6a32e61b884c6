//! Server-Sent Events (HTML Living Standard, 9.2) with POSTs beside them.
//!
//! A player's connection is more than one request here: a POST begins it, a stream of events brings
//! what the session says, further POSTs what the player says. It is kept in a table by its id. A
//! stream that breaks leaves it attached for a while; what is said later waits in the session.

mod saying;
mod stream;
mod waiting;

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::gate::Gate;
use crate::ids::{ConnectionId, Position};
use crate::mint::OsMint;
use crate::session::clients::FormerPlace;
use crate::session::link::SessionHandle;
use crate::session::message::{Closing, DetachReason};
use crate::session::token::{Mint, Secret};
use crate::transport::http::answer::{self, Answer};
use crate::transport::web::{Newcomer, Told, WebPlayer, deadline};
use crate::transport::wire::client::ClientMessage;
use crate::transport::wire::refusal::Why;
use crate::transport::wire::server::Message;

pub(super) use saying::Said;
pub(super) use stream::EventStream;
use waiting::Waiting;

/// The name of the cookie that goes with a stream of events.
const COOKIE: &str = "mudkeep";

/// How long a connection that is over is remembered, so that its client hears that it is.
const REMEMBERED: Duration = Duration::from_secs(60);

/// How long a player who takes a session over may have to wait for it (`limits.takeovers_per_minute`).
const WELCOME_MAX: Duration = Duration::from_secs(45);

/// How long the stream of a player who is put out has to take that.
const GOODBYE_MAX: Duration = Duration::from_secs(1);

/// Answers that wait for a stream to take them.
const ANSWERS_MAX: usize = 64;

/// The connections of one listener.
pub(super) struct Streams {
    gate: Arc<Gate>,
    shutdown: CancellationToken,
    all: Mutex<HashMap<ConnectionId, Arc<Channel>>>,
}

/// One connection.
struct Channel {
    cookie: Secret,
    state: Mutex<State>,
    /// Something has changed that its keeper waits for.
    changed: Notify,
    /// Who waits for its session.
    waiting: Arc<Waiting>,
}

struct State {
    player: WebPlayer,
    /// Messages that were not sent yet; first of all those that came with the welcome.
    outbox: Vec<Message>,
    /// Which stream is the present one: counted from 1 on. An older one ends.
    stream: u64,
    /// The present stream is open.
    open: bool,
    /// Nothing has been sent since the welcome that the first POST was answered with.
    fresh: bool,
    /// Without a stream: until when it counts as attached, and after that, is remembered.
    until: Instant,
    /// It is over: it has been told, or its next stream is.
    over: Option<Closing>,
    /// Where it was attached, since it is not any more.
    was: Option<(SessionHandle, FormerPlace)>,
    /// Where a first stream begins, to be told before anything else: who loses it at once comes
    /// back to that place.
    begins_at: Option<Position>,
}

impl Streams {
    pub(super) fn new(gate: Arc<Gate>, shutdown: CancellationToken) -> Streams {
        Streams { gate, shutdown, all: Mutex::new(HashMap::new()) }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Channel>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, id: ConnectionId) -> Option<Arc<Channel>> {
        self.all().get(&id).cloned()
    }

    /// Begins a connection by what was posted. Gives the welcome, and the cookie for the stream.
    pub(super) async fn begin(
        self: &Arc<Streams>,
        newcomer: Newcomer,
        body: &[u8],
    ) -> Result<(Message, Secret), Why> {
        let text = std::str::from_utf8(body).unwrap_or_default();
        let message = ClientMessage::parse(text, self.gate.config().game.charset);
        let mut player = match message.map_err(|unreadable| Why::from(&unreadable))? {
            ClientMessage::Open(about) => newcomer.open(&about),
            ClientMessage::Resume(resume) => newcomer.resume(*resume),
            _ => Err(Why::new("malformed", "say open or resume here")),
        }?;
        let welcome = tokio::time::timeout(WELCOME_MAX, welcome(&mut player)).await;
        let (welcome, outbox) = welcome.map_err(|_| Why::busy())??;
        let cookie = OsMint.secret();
        self.keep(player, outbox, cookie.clone());
        Ok((welcome, cookie))
    }

    fn keep(self: &Arc<Streams>, player: WebPlayer, outbox: Vec<Message>, cookie: Secret) {
        let id = player.id();
        let grace = self.gate.config().limits.stream_grace;
        let state = State {
            player,
            outbox,
            stream: 0,
            open: false,
            fresh: true,
            until: deadline(clock::now(), grace),
            over: None,
            was: None,
            begins_at: None,
        };
        let (state, changed) = (Mutex::new(state), Notify::new());
        let channel = Arc::new(Channel { cookie, state, changed, waiting: Arc::default() });
        self.all().insert(id, channel.clone());
        let streams = self.clone();
        self.gate.tracker().spawn(async move {
            streams.look_after(&channel).await;
            streams.all().remove(&id);
        });
    }

    /// Detaches a client whose stream has been away for too long, or who was replaced meanwhile, and
    /// forgets it some time after that.
    async fn look_after(&self, channel: &Channel) {
        let card = channel.state().player.card().clone();
        let mut cut = false;
        while !channel.expire() {
            let away = channel.away_until();
            let timer = async {
                match away {
                    Some(until) => tokio::time::sleep_until(until.into()).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = timer => {}
                () = channel.changed.notified() => {}
                closing = poll_fn(|cx| channel.poll_replaced(cx)) => {
                    channel.state().put_out_untold(closing);
                }
                closing = channel.put_out_and_takes_nothing() => {
                    channel.state().put_out_untold(closing);
                }
                () = self.shutdown.cancelled(), if away.is_some() => return,
                () = card.is_cut(), if away.is_some() && !cut => {
                    // Once: it stays so.
                    cut = true;
                    channel.state().cut();
                }
            }
        }
    }

    /// The stream of a connection, for whoever has its cookie; none if it is over, or not known.
    pub(super) fn stream(
        &self,
        id: ConnectionId,
        cookies: &[&str],
        position: Option<Position>,
    ) -> Option<EventStream> {
        let channel = self.find(id).filter(|channel| channel.is_opened_by(cookies))?;
        let now = clock::now();
        let stream = channel.state().begin_stream(now, position)?;
        // One from before ends.
        channel.waiting.wake_stream();
        channel.changed.notify_one();
        Some(EventStream::new(channel, stream))
    }
}

/// The welcome of a player, and what came with it.
async fn welcome(player: &mut WebPlayer) -> Result<(Message, Vec<Message>), Why> {
    let mut out = Vec::new();
    loop {
        let told = poll_fn(|cx| player.poll_told(cx, clock::now(), &mut out)).await;
        // What is said while one waits has no place in the output.
        if let Some(at) = out.iter().position(|message| message.position.is_some()) {
            return Ok((out.remove(at), out));
        }
        if let Told::Over(closing) = told {
            return Err(match closing {
                Closing::Replaced => Why::replaced(),
                _ => Why::new("session_ended", "this session is over: log in again"),
            });
        }
    }
}

impl Channel {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_opened_by(&self, cookies: &[&str]) -> bool {
        let pairs = cookies.iter().flat_map(|header| header.split(';'));
        let mut values =
            pairs.filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
        values.any(|value| Secret::parse(value.as_bytes()).is_some_and(|said| said == self.cookie))
    }

    /// Until when it may be without a stream, if it is.
    fn away_until(&self) -> Option<Instant> {
        let state = self.state();
        (!state.open).then_some(state.until)
    }

    /// Whether somebody else has come while there is no stream.
    fn poll_replaced(&self, cx: &Context<'_>) -> Poll<Closing> {
        let mut state = self.state();
        if state.open || state.over.is_some() {
            // The stream asks for itself.
            return Poll::Pending;
        }
        let waker = self.waiting.keeper(cx);
        state.player.poll_urgent(&Context::from_waker(&waker))
    }

    /// Resolves when it was put out and its stream, which is open, has not taken that in time.
    async fn put_out_and_takes_nothing(&self) -> Closing {
        let put_out = poll_fn(|cx| {
            let mut state = self.state();
            if !state.open || state.over.is_some() {
                return Poll::Pending;
            }
            let waker = self.waiting.keeper(cx);
            state.player.poll_urgent(&Context::from_waker(&waker))
        });
        let closing = put_out.await;
        tokio::time::sleep(GOODBYE_MAX).await;
        closing
    }

    /// Does what its time without a stream has come to; says whether it is to be forgotten.
    fn expire(&self) -> bool {
        let mut state = self.state();
        if state.open || clock::now() < state.until {
            return false;
        }
        if state.player.attachment().is_none() {
            return true;
        }
        state.leave(DetachReason::TimedOut);
        false
    }
}

impl State {
    /// Lets go of the session; whoever comes back to this connection finds it where it was.
    fn leave(&mut self, reason: DetachReason) {
        if let Some(attachment) = self.player.attachment() {
            let session = attachment.session().clone();
            let place = session.quietly(|core| core.place_of(attachment.generation()));
            self.was = place.map(|place| (session, place));
        }
        self.player.leave(reason);
        self.until = deadline(clock::now(), REMEMBERED);
    }

    /// It is over; the next stream says so, or the present one if it takes anything again.
    fn put_out_untold(&mut self, closing: Closing) {
        if self.over.is_some() {
            return;
        }
        self.outbox.clear();
        self.player.close(closing, &mut self.outbox);
        self.leave(DetachReason::Told(closing));
        self.end(closing);
    }

    /// It was put out while it had no stream: it does not come back by one.
    fn cut(&mut self) {
        self.was = None;
        self.put_out_untold(Closing::Kicked);
    }

    /// It is over, and somebody else may have its place.
    fn end(&mut self, closing: Closing) {
        self.over = Some(closing);
        self.player.vacate();
    }

    /// Opens a stream for a client that is at `position`, if it says.
    fn begin_stream(&mut self, now: Instant, position: Option<Position>) -> Option<u64> {
        let fresh = std::mem::take(&mut self.fresh);
        if fresh && (self.over.is_some() || self.player.attachment().is_some()) {
            self.begins_at = self.player.position();
        } else {
            // One that comes too late for the first time was told nothing but its welcome.
            let begin = self.player.position().filter(|_| fresh);
            self.again(now, position.or(begin))?;
        }
        self.stream += 1;
        self.open = true;
        Some(self.stream)
    }

    /// A client whose stream broke comes again.
    fn again(&mut self, now: Instant, position: Option<Position>) -> Option<()> {
        if self.over.is_some() && self.player.attachment().is_none() {
            // It has no place any more. A session that is held is come back to by its token.
            return (!self.outbox.is_empty()).then_some(());
        }
        let attached = self.player.attachment().map(|attachment| {
            let (session, generation) = (attachment.session().clone(), attachment.generation());
            let place = session.quietly(|core| core.place_of(generation));
            (session, generation, place)
        });
        if let Some((session, generation, _)) = &attached
            && session.with(|core| core.tell_end_again(*generation, position))
        {
            self.over = None;
            self.player.begin_again();
            return Some(());
        }
        let place = attached.and_then(|(session, _, place)| Some((session, place?)));
        let (session, place) = place.or(self.was.clone())?;
        self.player.again(now, &session, place, position).ok()?;
        self.outbox.clear();
        Some(())
    }
}

/// The header that sets the cookie of a connection's stream.
pub(super) fn cookie_header(id: ConnectionId, cookie: &Secret, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    let value = cookie.reveal();
    format!("{COOKIE}={value}; Path=/api/events/{id}; HttpOnly; SameSite=Strict{secure}")
}

/// A stream of events, as an answer.
pub(super) fn answer(stream: EventStream) -> Answer {
    use http_body_util::BodyExt;
    let mut answer =
        answer::streaming(StatusCode::OK, "text/event-stream", BodyExt::boxed_unsync(stream));
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    headers.insert(unbuffered, HeaderValue::from_static("no"));
    answer
}
