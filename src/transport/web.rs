//! A web player's side of a session, whatever carries its messages: a WebSocket, or a stream of
//! events with POSTs beside it. It holds the attachment, turns what the session has for the player
//! into messages, and hands on what the player says.

mod hearing;
mod moving;

use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use crate::clock;
use crate::events::What;
use crate::gate::{Gate, STORE_LOOK_TIME, STORE_MAX};
use crate::ids::{ConnectionId, Offset, Position};
use crate::limits::bans::BanKind;
use crate::limits::rate::{Bucket, Flow};
use crate::registry::Place;
use crate::registry::card::{Card, ConnectionState};
use crate::scratch;
use crate::secret::Line;
use crate::session::link::{Attachment, Next};
use crate::session::message::{
    AttachRequest, ClientEvent, Closing, DetachReason, Note, Peer, Proof, Reading, ReplayWish,
    Transport, Welcome,
};
use crate::session::queue::QueueAnswer;
use crate::telnet::client_info::ClientInfo;
use crate::transport::goodbye::goodbye;
use crate::transport::wire::client::{About, Replay, Resume};
use crate::transport::wire::refusal::Why;
use crate::transport::wire::server::{Around, Message};
use crate::transport::wire::speaker::{Speaker, notice};

pub(super) use hearing::{Heard, Later};

/// Output that is told at once: more is told when this has gone.
const OUTPUT_BYTES: usize = 8 * 1024;

/// Lines of a screen whose size is not known.
const ROWS: usize = 24;

/// One web player.
pub(super) struct WebPlayer {
    gate: Arc<Gate>,
    peer: Peer,
    info: ClientInfo,
    attachment: Option<Attachment>,
    speaker: Speaker,
    rate: Bucket,
    /// What the client has sent of late.
    flow: Flow,
    /// How far the client says that it is.
    acknowledged: Option<Position>,
    /// Where its last welcome let it begin.
    welcomed: Option<Position>,
    /// It was led to another session than the one that it spoke to, and has not said yet that it
    /// knows: what it numbers may be meant for the one before.
    led_on: bool,
    /// What is to become of lines that wait, said before the welcome.
    queued: Option<QueueAnswer>,
    /// Lines that were typed to the session before and go along.
    carried: Vec<Line>,
    /// Lines that were typed to the session before and do not.
    dropped: usize,
    /// A note with a token that the store does not have yet, and how long that is waited for.
    untold: Option<(Note, Instant)>,
    /// The timer for that; made when it is needed.
    timer: Option<std::pin::Pin<Box<tokio::time::Sleep>>>,
    /// What is known of it.
    card: Arc<Card>,
    /// Its place in the tables, until it is over.
    place: Option<Place>,
}

/// Who comes, for a web player that is about to be.
pub(super) struct Newcomer {
    pub(super) gate: Arc<Gate>,
    pub(super) id: ConnectionId,
    pub(super) transport: Transport,
    pub(super) address: IpAddr,
    pub(super) place: Place,
}

/// What came next for a player.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Messages, perhaps none.
    Messages,
    /// The last messages: it is over.
    Over(Closing),
}

impl Newcomer {
    /// Why it may not come, if it may not: what it says may come long after its connection.
    pub(super) fn banned(&self) -> Option<Why> {
        banned(&self.gate, self.address)
    }

    fn may_come(&self) -> Result<(), Why> {
        self.banned().map_or(Ok(()), Err)
    }

    fn player(self, about: &About) -> WebPlayer {
        let Newcomer { gate, id, transport, address, place } = self;
        let info = ClientInfo { address: Some(address), ..about.info() };
        let card = place.card().clone();
        card.informed(&info);
        WebPlayer {
            peer: Peer { connection: id, transport, address },
            info,
            attachment: None,
            speaker: Speaker::new(gate.config().game.charset),
            rate: Bucket::default(),
            flow: Flow::default(),
            acknowledged: None,
            welcomed: None,
            led_on: false,
            queued: None,
            carried: Vec::new(),
            dropped: 0,
            untold: None,
            timer: None,
            card,
            place: Some(place),
            gate,
        }
    }

    /// A new session.
    pub(super) fn open(self, about: &About) -> Result<WebPlayer, Why> {
        self.may_come()?;
        let mut player = self.player(about);
        let request = player.request(Proof::Opened, None, ReplayWish::Missed);
        let opened = player.gate.open(clock::now(), request);
        player.attach(opened.map_err(|denied| {
            tracing::warn!(connection = %player.peer.connection, %denied, "session not opened");
            Why::busy()
        })?);
        Ok(player)
    }

    /// Back into the session of a token.
    pub(super) fn resume(self, resume: Resume) -> Result<WebPlayer, Why> {
        self.may_come()?;
        let mut player = self.player(&resume.about);
        let replay = match resume.replay {
            Replay::Missed => ReplayWish::Missed,
            Replay::Screen => player.screenful(),
            Replay::None => ReplayWish::Lines(0),
        };
        let proof = if resume.takeover { Proof::Token } else { Proof::TokenIfFree };
        let request = |secret| player.request(proof(secret), resume.position, replay);
        let (now, address) = (clock::now(), player.peer.address);
        let resumed = player.gate.resume(now, address, &resume.token, request);
        player.attach(resumed.map_err(|refusal| Why::from(&refusal))?);
        player.queued = resume.queued;
        player.acknowledged = resume.position;
        Ok(player)
    }
}

impl WebPlayer {
    /// Its connection.
    pub(super) fn id(&self) -> ConnectionId {
        self.peer.connection
    }

    /// Where its last welcome let it begin.
    pub(super) fn position(&self) -> Option<Position> {
        self.welcomed
    }

    /// Takes hold of a session; what it had before.
    fn attach(&mut self, attachment: Attachment) -> Option<Attachment> {
        self.card.attached(attachment.session());
        self.attachment.replace(attachment)
    }

    /// What is known of its connection.
    pub(super) fn card(&self) -> &Arc<Card> {
        &self.card
    }

    /// Its hold on a session, while it has one.
    pub(super) fn attachment(&self) -> Option<&Attachment> {
        self.attachment.as_ref()
    }

    /// As many lines as its window has.
    fn screenful(&self) -> ReplayWish {
        ReplayWish::Lines(self.info.size.map_or(ROWS, |size| usize::from(size.rows)))
    }

    fn request(&self, proof: Proof, at: Option<Position>, replay: ReplayWish) -> AttachRequest {
        AttachRequest {
            peer: self.peer.clone(),
            info: self.info.clone(),
            proof,
            position: at,
            replay,
            tell_token: false,
        }
    }

    /// What comes next for the player. To be asked when all that came before has gone.
    pub(super) fn poll_told(
        &mut self,
        cx: &mut Context<'_>,
        now: Instant,
        out: &mut Vec<Message>,
    ) -> Poll<Told> {
        if let Some((note, until)) = self.untold.take() {
            if now < until && !self.is_stored() {
                self.untold = Some((note, until));
                return self.poll_store(cx, now);
            }
            return Poll::Ready(self.note(now, note, out));
        }
        let read = scratch::with_write(|canonical, _| {
            let read = self.poll_read(cx, canonical);
            if let Poll::Ready(Reading::Output(to)) = read {
                self.card.went(0, memchr::memchr_iter(b'\n', canonical).count() as u64);
                self.speaker.output(canonical, to, out);
            }
            read
        });
        match read {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Reading::Note(note)) => Poll::Ready(self.tell(now, note, out)),
            Poll::Ready(Reading::Over) => Poll::Ready(Told::Over(Closing::Replaced)),
            Poll::Ready(Reading::Output(_) | Reading::Nothing) => Poll::Ready(Told::Messages),
        }
    }

    fn poll_read(&mut self, cx: &Context<'_>, canonical: &mut Vec<u8>) -> Poll<Reading> {
        let Some(attachment) = &mut self.attachment else { return Poll::Pending };
        let leave = |from, _: &mut dyn Iterator<Item = &[u8]>| (from, None::<()>);
        match attachment.poll_next(cx, OUTPUT_BYTES, canonical, leave) {
            Poll::Ready(Next::Reading(reading)) => Poll::Ready(reading),
            Poll::Ready(Next::Taken(())) | Poll::Pending => Poll::Pending,
        }
    }

    /// Whether the player has lost its place and need not take first what came before.
    pub(super) fn poll_urgent(&mut self, cx: &Context<'_>) -> Poll<Closing> {
        match &mut self.attachment {
            Some(attachment) => attachment.poll_urgent(cx),
            None => Poll::Pending,
        }
    }

    fn is_stored(&self) -> bool {
        self.attachment.as_ref().is_none_or(|attachment| self.gate.has_stored(attachment.session()))
    }

    /// Looks at the store again in a moment.
    fn poll_store(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<Told> {
        let due = tokio::time::Instant::from_std(now + STORE_LOOK_TIME);
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if timer.deadline().into_std() <= now {
            timer.as_mut().reset(due);
        }
        match timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Told::Messages),
            Poll::Pending => Poll::Pending,
        }
    }

    /// A token is told when the store has it, or after a second: a mudkeep that was killed a moment
    /// later could not say what became of the session.
    fn tell(&mut self, now: Instant, note: Note, out: &mut Vec<Message>) -> Told {
        let has_token = matches!(note, Note::Welcome(_) | Note::Authenticated(_) | Note::Token(_));
        if has_token && !self.is_stored() {
            self.untold = Some((note, now + STORE_MAX));
            return Told::Messages;
        }
        self.note(now, note, out)
    }

    fn note(&mut self, now: Instant, note: Note, out: &mut Vec<Message>) -> Told {
        match note {
            Note::Welcome(welcome) => self.welcome(now, &welcome, out),
            Note::Move(to) => self.move_to(now, *to),
            Note::InputExpected(seq) if self.peer.transport != Transport::Sse => {
                out.push(Why::input_gap(seq).to_message());
            }
            Note::Closing(closing) => {
                self.close(closing, out);
                // A stream of events may break before its client has this: it is told again then.
                if self.peer.transport != Transport::Sse {
                    self.leave(DetachReason::Told(closing));
                }
                return Told::Over(closing);
            }
            other => {
                match other {
                    Note::Authenticated(_) => self.card.enter(ConnectionState::Authenticated),
                    Note::Live => self.card.enter_active(),
                    Note::Gap { from, to } => self.tell_gap(from, to),
                    _ => {}
                }
                self.speaker.note(&other, clock::shown(), out);
            }
        }
        Told::Messages
    }

    fn welcome(&mut self, now: Instant, welcome: &Welcome, out: &mut Vec<Message>) {
        let Some(attachment) = &mut self.attachment else { return };
        let (state, echo_hidden, head) = attachment.session().quietly(|core| {
            let output = core.output();
            (core.state(), output.snapshot().echo_hidden(), output.head())
        });
        let connection = self.peer.connection;
        let around = Around { connection, state, echo_hidden, now: clock::shown() };
        let age = |queued: &crate::session::queue::Queued| now.saturating_duration_since(queued.at);
        self.welcomed = Some(welcome.position);
        self.card.welcomed(welcome.via);
        self.speaker.welcome(welcome, around, head, age, out);
        if let Some(answer) = self.queued.take() {
            attachment.send(now, ClientEvent::Queue(answer));
        }
        for line in self.carried.drain(..) {
            attachment.send(now, ClientEvent::Line { line, seq: None });
        }
        let dropped = std::mem::take(&mut self.dropped);
        let text = self.gate.config().texts.login_lines_not_sent(dropped);
        out.extend(text.filter(|_| dropped > 0).map(|text| notice(&text)));
        if let Some((from, to)) = welcome.gap {
            self.tell_gap(from, to);
        }
    }

    /// It has missed output for good.
    fn tell_gap(&self, from: Offset, to: Offset) {
        let bytes = to.0.saturating_sub(from.0);
        self.gate.events().emit(self.card.about(), What::Gap { bytes });
    }

    /// The last message to a player who is put out.
    pub(super) fn close(&mut self, closing: Closing, out: &mut Vec<Message>) {
        self.card.enter(ConnectionState::Disconnecting);
        let text = goodbye(&self.gate.config().texts, closing).unwrap_or_default();
        self.speaker.closing(closing, &text, out);
    }

    /// How long it counts as attached without a stream.
    pub(super) fn grace(&self) -> Duration {
        self.gate.config().limits.stream_grace
    }

    /// Gives its place in the tables to others: it is over.
    pub(super) fn vacate(&mut self) {
        self.place = None;
    }

    /// What is told next does not go on from what was told before.
    pub(super) fn begin_again(&mut self) {
        self.speaker = Speaker::new(self.gate.config().game.charset);
        self.untold = None;
    }

    /// Lets go of the session, which learns why and how far the output got.
    pub(super) fn leave(&mut self, reason: DetachReason) {
        if let Some(attachment) = self.attachment.take() {
            tracing::debug!(connection = %self.peer.connection, %reason, "detached");
            attachment.detach(clock::now(), reason, self.acknowledged);
            match (self.peer.transport, reason) {
                // Its stream may come back.
                (Transport::Sse, DetachReason::TimedOut) => {
                    self.card.detached();
                    self.card.enter(ConnectionState::Connecting);
                }
                _ => self.card.enter(ConnectionState::Disconnecting),
            }
        }
    }
}

/// Why nobody from this address may come, if it is banned.
pub(super) fn banned(gate: &Gate, address: IpAddr) -> Option<Why> {
    let reason = gate.store().banned_address(address, BanKind::All)?;
    gate.refused_banned(address);
    Some(Why::new("origin", gate.config().texts.banned(reason).unwrap_or_default()))
}

/// How long something may take by these limits: a deadline from now.
pub(super) fn deadline(now: Instant, time: Duration) -> Instant {
    now.checked_add(time).unwrap_or(now)
}
