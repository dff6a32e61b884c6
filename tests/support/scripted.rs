//! Scripted games: on the wire each behaves as its family does, and each remembers everything.
//!
//! One engine plays them all; what differs is data (`families`). A game listens on a port of its
//! own on 127.0.0.1, takes several players, can be made to say things, to flood, to close, to
//! die and to come back, and is asked afterwards what it saw.

pub mod families;
mod hall;
pub mod input;
pub mod script;

use std::net::SocketAddr;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

pub use families::Family;
pub use hall::{End, Record};
pub use input::{Filter, Violation};

use super::PATIENCE;
use hall::{Closing, Hall};

/// What a test may change about a game.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The wait of games that ask the client or a name server first (tbaMUD 1.4 s, PennMUSH 3 s,
    /// Evennia 0.3 s): a time, or until [`Game::proceed`].
    pub wait: Wait,
    /// Writes of at most so many bytes each.
    pub write_bytes_max: Option<usize>,
    /// Another input reader than the family's.
    pub filter: Option<Filter>,
}

#[derive(Clone, Copy, Debug)]
pub enum Wait {
    For(Duration),
    UntilTold,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { wait: Wait::For(Duration::ZERO), write_bytes_max: None, filter: None }
    }
}

/// A running game. Ends when dropped.
pub struct Game {
    shared: Arc<Shared>,
    address: SocketAddr,
    _door: JoinSet<()>,
}

struct Shared {
    hall: Mutex<Hall>,
    /// Counts changes, for those who wait for one.
    changes: watch::Sender<u64>,
    /// Tells the door that it is to open or to shut.
    door: Notify,
    /// One bell per connection.
    bells: Mutex<Vec<Arc<Notify>>>,
    settings: Settings,
}

impl Game {
    /// A game of this family on a port of its own.
    pub async fn start(family: Family) -> Game {
        Game::with(family, Settings::default()).await
    }

    pub async fn with(family: Family, settings: Settings) -> Game {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let mut script = family.script();
        script.filter = settings.filter.unwrap_or(script.filter);
        let shared = Arc::new(Shared {
            hall: Mutex::new(Hall::new(script)),
            changes: watch::Sender::new(0),
            door: Notify::new(),
            bells: Mutex::default(),
            settings,
        });
        let mut door = JoinSet::new();
        door.spawn(keep_door(Arc::clone(&shared), listener, address));
        Game { shared, address, _door: door }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes `name` an account, as if it had been made long ago.
    pub fn account(&self, name: &str, password: &str) {
        self.hall().account(name, password);
    }

    /// Writes to every connection that plays `player`, one segment; to how many.
    pub fn say(&self, player: &str, bytes: impl AsRef<[u8]>) -> usize {
        let mut hall = self.hall();
        let key = hall.fold(player);
        let count = hall.say(&key, bytes.as_ref());
        drop(hall);
        self.shared.ring();
        count
    }

    /// Writes `count` lines `line N`, numbered on per player, and waits until they are on the
    /// wire or the connection is gone. Returns the numbers.
    pub async fn flood(&self, player: &str, count: u64) -> Range<u64> {
        let range = self.number(player, count);
        let key = self.hall().fold(player);
        self.until("the flood is on the wire", |game| {
            game.hall()
                .conns
                .iter()
                .all(|conn| conn.candidate.as_deref() != Some(&*key) || conn.out.is_empty())
        })
        .await;
        range
    }

    /// The same without waiting.
    pub fn number(&self, player: &str, count: u64) -> Range<u64> {
        let mut hall = self.hall();
        let key = hall.fold(player);
        let (range, text) = hall.number(&key, count);
        hall.say(&key, &text);
        drop(hall);
        self.shared.ring();
        range
    }

    /// Ends the wait of every connection that stands in one ([`Wait::UntilTold`]).
    pub fn proceed(&self) {
        let mut hall = self.hall();
        (0..hall.conns.len()).for_each(|id| hall.proceed(id));
        drop(hall);
        self.shared.ring();
    }

    /// Closes the connections of `player` with FIN, after what was still to be said.
    pub fn close(&self, player: &str) {
        self.end(player, Closing::Polite);
    }

    /// Ends the connections of `player` with RST.
    pub fn kill(&self, player: &str) {
        self.end(player, Closing::Kill);
    }

    fn end(&self, player: &str, closing: Closing) {
        let mut hall = self.hall();
        let key = hall.fold(player);
        for conn in hall.conns.iter_mut().filter(|conn| conn.candidate.as_deref() == Some(&*key)) {
            conn.closing = closing;
        }
        drop(hall);
        self.shared.ring();
    }

    /// Leaves what comes in its sockets, as a game does that hangs; or reads again.
    pub fn hang(&self, hanging: bool) {
        self.hall().hanging = hanging;
        self.shared.bells.lock().expect("no panic here").iter().for_each(|bell| bell.notify_one());
    }

    /// Dies: RST on every connection, nobody listens any more.
    pub async fn crash(&self) {
        self.shut_door().await;
        self.hall().conns.iter_mut().for_each(|conn| conn.closing = Closing::Kill);
        self.shared.ring();
        self.until("everybody is out", |game| game.open() == 0).await;
    }

    /// Accepts nobody any more; who is in stays in.
    pub async fn shut_door(&self) {
        self.hall().listening = false;
        self.shared.door.notify_one();
        self.until("nobody listens", |game| game.shared.door_is(false)).await;
    }

    /// Listens again, on the same port.
    pub async fn open_door(&self) {
        self.hall().listening = true;
        self.shared.door.notify_one();
        self.until("somebody listens", |game| game.shared.door_is(true)).await;
    }

    /// How many connections were ever accepted.
    pub fn accepted(&self) -> usize {
        self.hall().conns.len()
    }

    /// How many connections are open.
    pub fn open(&self) -> usize {
        self.hall().conns.iter().filter(|conn| conn.record.end.is_none()).count()
    }

    /// How many connections play `player`.
    pub fn playing(&self, player: &str) -> usize {
        let hall = self.hall();
        hall.playing(&hall.fold(player))
    }

    /// Whether `player` is in play without a connection.
    pub fn link_dead(&self, player: &str) -> bool {
        let hall = self.hall();
        hall.link_dead(&hall.fold(player))
    }

    /// How many bytes the n-th connection's socket has taken.
    pub fn sent_bytes(&self, connection: usize) -> usize {
        self.hall().conns.get(connection).map_or(0, |conn| conn.record.sent.len())
    }

    /// All about the n-th connection, counted from 0; blank while there is none.
    pub fn record(&self, connection: usize) -> Record {
        let hall = self.hall();
        let record = hall.conns.get(connection).map(|conn| conn.record.clone());
        record.unwrap_or_else(|| Record::new(SocketAddr::from(([0, 0, 0, 0], 0))))
    }

    /// The lines that `player` gave in play, over all connections, in order of connection.
    pub fn heard(&self, player: &str) -> Vec<String> {
        let hall = self.hall();
        let lines = hall.conns.iter().flat_map(|conn| &conn.record.lines);
        let theirs = lines.filter(|heard| {
            heard.player.as_deref().is_some_and(|name| hall.fold(name) == hall.fold(player))
        });
        theirs.map(|heard| heard.line.clone()).collect()
    }

    /// What any connection did that a game of this kind cannot bear.
    pub fn violations(&self) -> Vec<Violation> {
        self.hall().conns.iter().flat_map(|conn| conn.record.violations.clone()).collect()
    }

    /// Waits until `holds`; `what` is for the message if it never does.
    ///
    /// # Panics
    /// After [`PATIENCE`].
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&Game) -> bool) {
        let mut changes = self.shared.changes.subscribe();
        let wait = async {
            while !holds(self) {
                changes.changed().await.expect("the game lives");
            }
        };
        if tokio::time::timeout(PATIENCE, wait).await.is_err() {
            let hall = self.hall();
            let records: Vec<_> = hall.conns.iter().map(|conn| &conn.record).map(brief).collect();
            panic!("waited in vain until {what}; connections: {records:#?}");
        }
    }

    fn hall(&self) -> MutexGuard<'_, Hall> {
        self.shared.hall()
    }
}

/// The numbers of the numbered lines in a text, in order: what became of [`Game::flood`].
pub fn numbers(text: &str) -> Vec<u64> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix("line "));
    lines.filter_map(|number| number.parse().ok()).collect()
}

fn brief(record: &Record) -> String {
    let lines: Vec<_> = record.lines.iter().map(|heard| &heard.line).collect();
    format!(
        "{} {:?} {:?} took {lines:?}, sent {} bytes",
        record.peer,
        record.player,
        record.end,
        record.sent.len()
    )
}

impl Shared {
    fn hall(&self) -> MutexGuard<'_, Hall> {
        self.hall.lock().expect("a connection of the scripted game panicked")
    }

    /// Wakes every connection that has something to do and everybody who waits for a change.
    fn ring(&self) {
        let busy = self.hall().busy();
        let bells = self.bells.lock().expect("no panic here");
        busy.into_iter().for_each(|id| bells[id].notify_one());
        self.changed();
    }

    fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    fn door_is(&self, open: bool) -> bool {
        self.hall().door_open == open
    }
}

async fn keep_door(shared: Arc<Shared>, listener: TcpListener, address: SocketAddr) {
    let mut listener = Some(listener);
    let mut conns = JoinSet::new();
    loop {
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            accepted = accepted => {
                let (stream, peer) = accepted.expect("accepting");
                let bell = Arc::new(Notify::new());
                shared.bells.lock().expect("no panic here").push(Arc::clone(&bell));
                let id = shared.hall().connect(peer);
                shared.ring();
                conns.spawn(converse(Arc::clone(&shared), stream, id, bell));
            }
            () = shared.door.notified() => {
                let open = shared.hall().listening;
                if !open {
                    listener = None;
                } else if listener.is_none() {
                    listener = Some(TcpListener::bind(address).await.expect("the port again"));
                }
                shared.hall().door_open = open;
                shared.ring();
            }
            Some(ended) = conns.join_next() => ended.expect("a connection's task"),
        }
    }
}

/// One connection: moves bytes, decides nothing.
async fn converse(shared: Arc<Shared>, mut stream: TcpStream, id: usize, bell: Arc<Notify>) {
    stream.set_nodelay(true).expect("nodelay");
    let end = exchange(&shared, &mut stream, id, &bell).await;
    match end {
        End::Killed => stream.set_zero_linger().expect("linger"),
        End::Closed => {
            let _ = stream.shutdown().await;
            let mut last = [0; 4096];
            while let Ok(1..) = stream.try_read(&mut last) {}
        }
        End::Eof | End::Reset => {}
    }
    drop(stream);
    shared.hall().ended(id, end);
    shared.ring();
}

async fn exchange(shared: &Shared, stream: &mut TcpStream, id: usize, bell: &Notify) -> End {
    let (mut reader, mut writer) = stream.split();
    let mut buffer = vec![0; 16 * 1024];
    let mut release = None;
    loop {
        let todo = shared.hall().todo(id, shared.settings.write_bytes_max);
        match (todo.closing, &todo.next) {
            (Closing::Kill, _) => return End::Killed,
            (Closing::Polite, None) => return End::Closed,
            _ => {}
        }
        release = match (shared.settings.wait, todo.paused) {
            (Wait::For(wait), true) => release.or_else(|| Some(Instant::now() + wait)),
            _ => None,
        };
        let write = async {
            match &todo.next {
                Some((segment, range)) => writer.write(&segment[range.clone()]).await,
                None => std::future::pending().await,
            }
        };
        let wait = async {
            match release {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = bell.notified() => {}
            written = write => match written {
                Ok(count) => {
                    shared.hall().written(id, count);
                    shared.changed();
                }
                Err(_) => return End::Reset,
            },
            () = wait => {
                shared.hall().proceed(id);
                shared.ring();
            }
            read = reader.read(&mut buffer), if !todo.deaf => match read {
                Ok(0) => return End::Eof,
                Ok(count) => {
                    shared.hall().received(id, &buffer[..count]);
                    shared.ring();
                }
                Err(_) => return End::Reset,
            },
        }
    }
}
