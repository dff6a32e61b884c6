//! What is known of one connection, for whoever asks from outside. Its transport writes here what
//! happens, without waiting; what only one of them writes is atomic, the rest behind a small lock that
//! is held together with no other.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use time::UtcDateTime;
use tokio::sync::Notify;

use crate::clock;
use crate::events::{About, Events, What};
use crate::ids::ConnectionId;
use crate::registry::traffic::{Passed, Traffic};
use crate::session::link::SessionHandle;
use crate::session::message::{Closing, Peer, Permissions, Via};
use crate::telnet::client_info::ClientInfo;

/// Longest name of a web client or a browser that is remembered, in bytes.
const AGENT_BYTES_MAX: usize = 200;

/// How a connection stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum ConnectionState {
    /// It has said nothing that leads to a session.
    Connecting,
    /// It has a session whose player is not in the game.
    Authenticating,
    /// Its player is in the game.
    Authenticated,
    /// The same, and it is told what is new, or has typed.
    Active,
    /// It has been told that it is over.
    Disconnecting,
    /// It is gone.
    Disconnected,
}

impl ConnectionState {
    /// All that a connection in the tables can be in.
    pub const PRESENT: [ConnectionState; 5] = [
        ConnectionState::Connecting,
        ConnectionState::Authenticating,
        ConnectionState::Authenticated,
        ConnectionState::Active,
        ConnectionState::Disconnecting,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ConnectionState::Connecting => "connecting",
            ConnectionState::Authenticating => "authenticating",
            ConnectionState::Authenticated => "authenticated",
            ConnectionState::Active => "active",
            ConnectionState::Disconnecting => "disconnecting",
            ConnectionState::Disconnected => "disconnected",
        }
    }

    fn from_number(number: u8) -> ConnectionState {
        let present = ConnectionState::PRESENT.into_iter().find(|state| *state as u8 == number);
        present.unwrap_or(ConnectionState::Disconnected)
    }
}

/// What carries a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Carrier {
    /// Telnet over TCP.
    Telnet,
    /// HTTP, and not (yet) a player's.
    Http,
    /// A WebSocket.
    WebSocket,
    /// Server-Sent Events and POSTs.
    Sse,
}

impl Carrier {
    /// All there are.
    pub const ALL: [Carrier; 4] =
        [Carrier::Telnet, Carrier::Http, Carrier::WebSocket, Carrier::Sse];

    fn from_number(number: u8) -> Carrier {
        let carrier = Carrier::ALL.into_iter().find(|carrier| *carrier as u8 == number);
        carrier.unwrap_or(Carrier::Telnet)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Carrier::Telnet => "telnet",
            Carrier::Http => "http",
            Carrier::WebSocket => "websocket",
            Carrier::Sse => "sse",
        }
    }
}

/// What a client says that it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    /// Its name.
    pub name: Option<Box<str>>,
    /// Its version.
    pub version: Option<Box<str>>,
    /// Its terminal.
    pub terminal: Option<Box<str>>,
    /// The browser's name for itself.
    pub user_agent: Option<Box<str>>,
}

/// What changes seldom.
struct Details {
    subprotocol: Option<&'static str>,
    session: Option<SessionHandle>,
    agent: Option<Box<Agent>>,
    permissions: Permissions,
    expires: Option<Instant>,
}

/// One connection.
pub struct Card {
    id: ConnectionId,
    address: IpAddr,
    tls: bool,
    connected: Instant,
    connected_at: UtcDateTime,
    state: AtomicU8,
    carrier: AtomicU8,
    traffic: Traffic,
    /// Microseconds, plus one; 0 is none.
    round_trip: AtomicU32,
    details: Mutex<Details>,
    cut: AtomicBool,
    cutting: Notify,
    events: Arc<Events>,
}

impl Card {
    /// A client has just connected.
    #[must_use]
    pub(crate) fn new(
        id: ConnectionId,
        address: IpAddr,
        carrier: Carrier,
        events: Arc<Events>,
    ) -> Card {
        let details = Details {
            subprotocol: None,
            session: None,
            agent: None,
            permissions: Permissions::default(),
            expires: None,
        };
        Card {
            id,
            address,
            tls: false,
            connected: clock::now(),
            connected_at: clock::shown(),
            state: AtomicU8::new(ConnectionState::Connecting as u8),
            carrier: AtomicU8::new(carrier as u8),
            traffic: Traffic::default(),
            round_trip: AtomicU32::new(0),
            details: Mutex::new(details),
            cut: AtomicBool::new(false),
            cutting: Notify::new(),
            events,
        }
    }

    fn details(&self) -> MutexGuard<'_, Details> {
        self.details.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// Where its client is.
    #[must_use]
    pub fn address(&self) -> IpAddr {
        self.address
    }

    /// Whether it came encrypted to mudkeep itself.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    /// Since when.
    #[must_use]
    pub fn connected(&self) -> Instant {
        self.connected
    }

    /// The same by the system's clock as it was then.
    #[must_use]
    pub fn connected_at(&self) -> UtcDateTime {
        self.connected_at
    }

    /// How it stands.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        ConnectionState::from_number(self.state.load(Relaxed))
    }

    /// It stands otherwise now, or as before: then nothing has happened. What is over stays over.
    pub(crate) fn enter(&self, state: ConnectionState) {
        let before = ConnectionState::from_number(self.state.swap(state as u8, Relaxed));
        if before >= ConnectionState::Disconnecting && before > state {
            self.state.store(before as u8, Relaxed);
        } else if before != state {
            let what = What::ConnectionState { from: before.name(), to: state.name() };
            self.events.emit(self.about(), what);
        }
    }

    /// It has come to a session like this.
    pub(crate) fn welcomed(&self, via: Via) {
        match via {
            Via::Opened => self.enter(ConnectionState::Authenticating),
            // A stream of events that breaks and is opened again is no step back.
            Via::Token | Via::Password | Via::Takeover
                if self.state() < ConnectionState::Authenticated =>
            {
                self.enter(ConnectionState::Authenticated);
            }
            Via::Token | Via::Password | Via::Takeover => {}
        }
    }

    /// The player is in the game and takes part.
    pub(crate) fn enter_active(&self) {
        if self.state() == ConnectionState::Authenticated {
            self.enter(ConnectionState::Active);
        }
    }

    /// What carries it.
    #[must_use]
    pub fn carrier(&self) -> Carrier {
        Carrier::from_number(self.carrier.load(Relaxed))
    }

    /// The subprotocol of its WebSocket.
    #[must_use]
    pub fn subprotocol(&self) -> Option<&'static str> {
        self.details().subprotocol
    }

    /// It has become a WebSocket.
    pub(crate) fn upgraded(&self, subprotocol: Option<&'static str>) {
        self.carrier.store(Carrier::WebSocket as u8, Relaxed);
        self.details().subprotocol = subprotocol;
    }

    /// The session that it is attached to.
    #[must_use]
    pub fn session(&self) -> Option<SessionHandle> {
        self.details().session.clone()
    }

    /// It is attached to this session.
    pub(crate) fn attached(&self, session: &SessionHandle) {
        let permissions = {
            let mut details = self.details();
            details.session = Some(session.clone());
            details.permissions
        };
        if permissions != Permissions::default() {
            session.with(|core| core.permit(clock::now(), self.id, permissions));
        }
        if self.cut.load(Relaxed) {
            let is = |peer: &Peer| peer.connection == self.id;
            session.with(|core| core.disconnect(clock::now(), is, Closing::Kicked, None));
        }
        if self.state() < ConnectionState::Authenticating {
            self.enter(ConnectionState::Authenticating);
        }
    }

    /// It is attached to none.
    pub(crate) fn detached(&self) {
        let session = self.details().session.take();
        // The last handle may free the whole session: not under the lock.
        drop(session);
    }

    /// What its client says that it is.
    #[must_use]
    pub fn agent(&self) -> Agent {
        self.details().agent.as_deref().cloned().unwrap_or_default()
    }

    /// A client said what it is.
    pub(crate) fn informed(&self, info: &ClientInfo) {
        let text = |label: Option<&crate::telnet::client_info::Label>| {
            label.map(|label| Box::from(label.as_str()))
        };
        let hello = info.hello.as_deref();
        let name = info.name.as_ref().or(hello.map(|hello| &hello.client));
        let version = info.version.as_ref().or(hello.and_then(|hello| hello.version.as_ref()));
        let (name, version) = (text(name), text(version));
        let terminal = text(info.terminal_type.as_ref());
        if name.is_none() && version.is_none() && terminal.is_none() {
            return;
        }
        let mut details = self.details();
        let agent = details.agent.get_or_insert_default();
        (agent.name, agent.version, agent.terminal) = (name, version, terminal);
    }

    /// A browser said what it is.
    pub(crate) fn came_by(&self, user_agent: &str) {
        let printable = user_agent.chars().filter(|c| matches!(c, ' '..='~'));
        let text: String = printable.take(AGENT_BYTES_MAX).collect();
        self.details().agent.get_or_insert_default().user_agent = Some(text.into());
    }

    /// What it may do.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        self.details().permissions
    }

    /// It may do this from now on.
    pub(crate) fn permit(&self, permissions: Permissions) {
        let session = {
            let mut details = self.details();
            details.permissions = permissions;
            details.session.clone()
        };
        session.into_iter().for_each(|session| {
            session.with(|core| core.permit(clock::now(), self.id, permissions));
        });
        let Permissions { input, output } = permissions;
        self.events.emit(self.about(), What::Permissions { input, output });
    }

    /// Until when it may stay, if that is set.
    #[must_use]
    pub fn expires(&self) -> Option<Instant> {
        self.details().expires
    }

    /// It may stay until then.
    pub(crate) fn expire_at(&self, expires: Option<Instant>) {
        self.details().expires = expires;
        let expires_at = expires.map(crate::times::shown_at);
        self.events.emit(self.about(), What::Extended { expires_at });
    }

    /// Its time is over, and it is put out for it.
    pub(crate) fn forget_expiry(&self) {
        self.details().expires = None;
    }

    /// How much has passed.
    #[must_use]
    pub fn passed(&self) -> Passed {
        self.traffic.passed()
    }

    /// The client has sent so much.
    pub(crate) fn came(&self, now: Instant, bytes: usize) {
        self.traffic.came(self.since(now), bytes);
    }

    /// The player has typed a line.
    pub(crate) fn typed(&self, now: Instant) {
        self.traffic.typed(self.since(now));
        self.enter_active();
    }

    /// So much was sent to the client.
    pub(crate) fn went(&self, bytes: u64, lines: u64) {
        self.traffic.went(bytes, lines);
    }

    fn since(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.connected)
    }

    /// When something came last from the client.
    #[must_use]
    pub fn last_activity(&self) -> Instant {
        self.connected + self.traffic.last_came()
    }

    /// The lines typed in the present minute, and when the next one begins.
    #[must_use]
    pub fn minute(&self, now: Instant) -> (u32, Instant) {
        let (lines, ends) = self.traffic.minute(self.since(now));
        (lines, self.connected + ends)
    }

    /// How long an answer takes to come, where the transport can tell.
    #[must_use]
    pub fn round_trip(&self) -> Option<Duration> {
        let micros = self.round_trip.load(Relaxed).checked_sub(1)?;
        Some(Duration::from_micros(micros.into()))
    }

    /// An answer took so long.
    pub(crate) fn answered_in(&self, time: Duration) {
        let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX - 1);
        self.round_trip.store(micros.saturating_add(1), Relaxed);
    }

    /// It is to be cut, whatever it is about.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Relaxed);
        self.cutting.notify_waiters();
    }

    /// Resolves when it is to be cut.
    pub(crate) async fn is_cut(&self) {
        let cutting = self.cutting.notified();
        if !self.cut.load(Relaxed) {
            cutting.await;
        }
    }

    /// Whom what happens to it concerns.
    #[must_use]
    pub fn about(&self) -> About {
        let session = self.session();
        let seen = session.map(|session| session.quietly(|core| (core.id(), core.user_name())));
        let (session_id, user) = seen.unzip();
        About {
            connection_id: Some(self.id),
            session_id,
            user: user.flatten(),
            address: Some(self.address),
            transport: Some(self.carrier().name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> (Card, Arc<Events>) {
        let events = Arc::new(Events::new(16));
        let id = ConnectionId(uuid::Uuid::nil());
        (Card::new(id, [192, 0, 2, 1].into(), Carrier::Telnet, events.clone()), events)
    }

    #[test]
    fn each_step_of_its_life_is_an_event_and_what_is_over_stays_over() {
        let (card, events) = card();
        for state in [
            ConnectionState::Authenticating,
            ConnectionState::Authenticating,
            ConnectionState::Authenticated,
        ] {
            card.enter(state);
        }
        card.typed(card.connected());
        card.enter(ConnectionState::Disconnecting);
        card.enter(ConnectionState::Active);
        card.enter(ConnectionState::Disconnected);
        let steps: Vec<String> = events
            .all()
            .iter()
            .map(|event| match &event.what {
                What::ConnectionState { from, to } => format!("{from} {to}"),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            steps,
            [
                "connecting authenticating",
                "authenticating authenticated",
                "authenticated active",
                "active disconnecting",
                "disconnecting disconnected",
            ]
        );
    }

    #[test]
    fn what_a_browser_calls_itself_is_cut_and_cleaned() {
        let (card, _) = card();
        card.came_by(&format!("Mozilla\u{1b}[31m\u{202e}{}", "x".repeat(1000)));
        let agent = card.agent().user_agent.unwrap();
        assert!(agent.starts_with("Mozilla[31mxx") && agent.len() == AGENT_BYTES_MAX, "{agent}");
    }

    #[tokio::test]
    async fn who_is_cut_learns_of_it_before_and_after() {
        let (card, _) = card();
        let waiting = card.is_cut();
        let cutting = async { card.cut() };
        tokio::join!(waiting, cutting);
        card.is_cut().await;
    }
}
