//! mudkeep itself, as a test starts it: in this process, on this thread, on a port of its own.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use mudkeep::config::Config;
use mudkeep::gate::Reloaded;
use mudkeep::ids::{ConnectionId, UserKey};
use mudkeep::limits::bans::{Ban, BanKind};
use mudkeep::registry::Counts;
use mudkeep::server::Server;
use mudkeep::session::core::State;
use mudkeep::session::link::Attachment;
use mudkeep::session::message::{AttachRequest, Peer, Proof, Refusal, ReplayWish, Transport};
use mudkeep::telnet::client_info::ClientInfo;
use mudkeep::threads::Threads;

use tempfile::TempDir;

use super::PATIENCE;
use super::scripted::Game;

/// How often the tables are looked at: they tell nobody that they have changed.
const LOOK_TIME: Duration = Duration::from_millis(2);

/// How often a token was presented without a connection.
static ASKED: AtomicU32 = AtomicU32::new(0);

fn parsed(base: &str, settings: &str) -> Config {
    let text = format!("{base}{settings}\n");
    Config::parse("proxy.toml", &text).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// A running proxy. It ends with the test's runtime.
pub struct Proxy {
    server: Server,
    address: SocketAddr,
    http_address: SocketAddr,
    config: Arc<Config>,
    /// What every configuration of it has.
    base: String,
    /// Where the tokens of the game's staff are, if it listens for them.
    staff: Option<TempDir>,
}

impl Proxy {
    /// In front of this game. `settings` are lines of proxy.toml with dotted keys:
    /// `login.preset = "circle"`.
    pub async fn before(game: &Game, settings: &str) -> Proxy {
        Proxy::start(&game.address().to_string(), settings).await
    }

    /// In front of the game at this address, or `demo`.
    pub async fn start(game: &str, settings: &str) -> Proxy {
        Proxy::listening(game, settings, "").await
    }

    /// The same, with more keys for the web's listener: `, origins = [...]`.
    pub async fn listening(game: &str, settings: &str, http: &str) -> Proxy {
        Proxy::with(game, settings, http, None).await
    }

    /// With a listener for the game's staff.
    pub async fn staffed(game: &str, settings: &str) -> Proxy {
        let folder = tempfile::tempdir().expect("a folder");
        Proxy::with(game, settings, "", Some(folder)).await
    }

    async fn with(game: &str, settings: &str, http: &str, staff: Option<TempDir>) -> Proxy {
        let (admin, file) = match &staff {
            Some(folder) => (
                ", { protocol = \"admin\", address = \"127.0.0.1:0\" }",
                format!("admin.token_file = \"{}/admin.token\"\n", folder.path().display()),
            ),
            None => ("", String::new()),
        };
        let listen = format!(
            "listen = [{{ protocol = \"telnet\", address = \"127.0.0.1:0\" }}, \
             {{ protocol = \"http\", address = \"127.0.0.1:0\"{http} }}{admin}]"
        );
        let base = format!("game.address = \"{game}\"\n{listen}\n{file}");
        let config = Arc::new(parsed(&base, settings));
        let server = Server::start(config.clone(), Threads::only_this()).await.expect("it starts");
        let (address, http_address) = (server.addresses()[0], server.addresses()[1]);
        Proxy { server, address, http_address, config, base, staff }
    }

    /// Where the game's staff asks.
    pub fn admin_address(&self) -> SocketAddr {
        *self.server.addresses().last().expect("a listener")
    }

    /// What the game's staff is let in by.
    pub fn admin_token(&self) -> String {
        let folder = self.staff.as_ref().expect("it listens for them");
        let text = std::fs::read_to_string(folder.path().join("admin.token")).expect("it was made");
        text.trim().to_owned()
    }

    /// Resolves when an announced restart has come.
    pub async fn drained(&self) {
        self.server.gate().drained().await;
    }

    /// Where players connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where web players connect.
    pub fn http_address(&self) -> SocketAddr {
        self.http_address
    }

    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Has it go by other settings from now on.
    pub fn reload(&self, settings: &str) -> Reloaded {
        self.server.gate().reload(&parsed(&self.base, settings))
    }

    /// The configuration that holds now.
    pub fn config_now(&self) -> Arc<Config> {
        self.server.gate().shared_config()
    }

    /// What the tables hold.
    pub fn counts(&self) -> Counts {
        self.server.registry().counts()
    }

    /// Makes all tokens of a user worthless; how many sessions that were.
    pub fn revoke_tokens(&self, user: &str) -> usize {
        self.server.gate().revoke_tokens(&UserKey(user.into()))
    }

    /// A session that is opened without a connection, as if from this address.
    pub fn open_from(&self, address: IpAddr) -> Attachment {
        let request = request_from(address, Proof::Opened);
        self.server.gate().open(mudkeep::clock::now(), request).expect("there is room")
    }

    /// What a token that comes without a connection is answered, as if from this address.
    pub fn refusal_from(&self, address: IpAddr, token: &str) -> Option<Refusal> {
        let request = |secret| request_from(address, Proof::Token(secret));
        self.server.gate().resume(mudkeep::clock::now(), address, token.as_bytes(), request).err()
    }

    /// What a token that comes without a connection is answered.
    pub fn refusal(&self, token: &[u8]) -> Option<Refusal> {
        // From elsewhere every now and then: a refusal too many from one place is another answer.
        let [_, a, b, c] = (ASKED.fetch_add(1, Ordering::Relaxed) / 10).to_be_bytes();
        let address = [127, a | 0x80, b, c].into();
        let request = |secret| request_from(address, Proof::Token(secret));
        self.server.gate().resume(mudkeep::clock::now(), address, token, request).err()
    }

    /// Bans for "spam", for so long from now on.
    pub fn ban(&self, who: &str, time: Option<Duration>) -> bool {
        self.ban_from(BanKind::All, who, time)
    }

    /// The same, of this kind.
    pub fn ban_from(&self, kind: BanKind, who: &str, time: Option<Duration>) -> bool {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let until = time.map(|time| now.expect("after 1970") + time);
        let who = who.parse().expect("somebody");
        self.server.gate().ban(Ban::new(who, kind, until, "spam")).is_ok()
    }

    pub fn unban(&self, who: &str) -> bool {
        self.server.gate().unban(&who.parse().expect("somebody"), None) > 0
    }

    /// The bans that hold: kind and who.
    pub fn bans(&self) -> Vec<String> {
        let bans = self.server.gate().store().bans();
        bans.iter().map(|ban| format!("{} {}", ban.kind, ban.who)).collect()
    }

    /// What the histories of all sessions take together.
    pub fn memory_used(&self) -> usize {
        self.server.gate().memory().used()
    }

    /// How many tasks run.
    pub fn tasks(&self) -> usize {
        self.server.tasks()
    }

    /// Waits until `holds` of the tables; `what` is for the message if it never does.
    pub async fn until(&self, what: &str, holds: impl Fn(Counts) -> bool) {
        let look = async {
            while !holds(self.counts()) {
                tokio::time::sleep(LOOK_TIME).await;
            }
        };
        if tokio::time::timeout(PATIENCE, look).await.is_err() {
            panic!("waited in vain until {what}; the tables hold {:?}", self.counts());
        }
    }

    /// Waits until the sessions are in these states, in whatever order.
    pub async fn until_states(&self, what: &str, states: &[State]) {
        let names = |states: &mut dyn Iterator<Item = State>| {
            let mut names: Vec<_> = states.map(State::name).collect();
            names.sort_unstable();
            names
        };
        let wanted = names(&mut states.iter().copied());
        let look = async {
            let now = || {
                let sessions = self.server.registry().sessions();
                names(&mut sessions.iter().map(|session| session.with(|core| core.state())))
            };
            while now() != wanted {
                tokio::time::sleep(LOOK_TIME).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, look).await.is_ok(), "waited in vain until {what}");
    }

    /// How many of the events that are kept are called so.
    pub fn events_called(&self, name: &str) -> usize {
        let events = self.server.gate().events().all();
        events.iter().filter(|event| event.what.name() == name).count()
    }

    /// Waits until so many connections have been accepted, all in all.
    pub async fn until_accepted(&self, connections: u64) {
        let accepted = || self.server.registry().totals().connections;
        self.until("all are accepted", |_| accepted() >= connections).await;
    }

    /// Waits until nobody is in any more and only the accepting runs.
    pub async fn until_empty(&self) {
        self.until("nobody is in", |counts| counts == Counts::default()).await;
    }

    /// Stops; whether everybody was gone in time.
    pub async fn stop(self) -> bool {
        self.server.stop().await
    }
}

fn request_from(address: IpAddr, proof: Proof) -> AttachRequest {
    let (connection, transport) = (ConnectionId(uuid::Uuid::nil()), Transport::Telnet);
    AttachRequest {
        peer: Peer { connection, transport, address },
        info: ClientInfo::default(),
        proof,
        position: None,
        replay: ReplayWish::Missed,
        tell_token: false,
    }
}
