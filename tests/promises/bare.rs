//! A game that keeps no record of anything, for tests that look at memory and time. It lets
//! everybody in by a CircleMUD's login; `flood N` has it write N bytes as fast as they are taken,
//! `print N` N bytes at once, `later TEXT` has it say something a little later, `unplug` has the
//! network between it and the player go.

#![allow(unreachable_pub, reason = "a module of tests has no outside")]

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::support::client::{Client, Dial, unplug};
use crate::support::wire::{Reader, Wire};
use crate::world::{all, letters, texts, token};

/// How long it waits before it says something later.
const LATER: Duration = Duration::from_millis(100);

/// What it writes, again and again.
const TEXT: &[u8] = b"The quick brown fox jumps over the lazy dog, again.\r\n";

/// A bare game. It ends when dropped.
pub struct Bare {
    address: SocketAddr,
    told: Arc<Told>,
    _door: JoinSet<()>,
}

/// What it tells about itself.
#[derive(Default)]
struct Told {
    /// Floods that are on the wire in whole.
    floods: watch::Sender<usize>,
    /// Connections whose network is gone.
    unplugged: watch::Sender<usize>,
    open: AtomicUsize,
    accepted: AtomicUsize,
    /// The longest that one write of a flood took.
    wait_us: AtomicU64,
}

impl Bare {
    pub async fn start() -> Bare {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let told = Arc::new(Told::default());
        let mut door = JoinSet::new();
        door.spawn(keep_door(listener, told.clone()));
        Bare { address, told, _door: door }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until so many floods are on the wire.
    pub async fn flooded(&self, count: usize) {
        reaches(&self.told.floods, count).await;
    }

    /// Waits until the network of so many connections is gone.
    pub async fn unplugged(&self, count: usize) {
        reaches(&self.told.unplugged, count).await;
    }

    /// The longest that one write of a flood had to wait.
    pub fn longest_wait(&self) -> Duration {
        Duration::from_micros(self.told.wait_us.load(Ordering::Relaxed))
    }

    /// How many connections were ever made.
    pub fn accepted(&self) -> usize {
        self.told.accepted.load(Ordering::Relaxed)
    }

    pub fn open(&self) -> usize {
        self.told.open.load(Ordering::Relaxed)
    }
}

async fn reaches(counter: &watch::Sender<usize>, count: usize) {
    let mut counter = counter.subscribe();
    let wait = counter.wait_for(|done| *done >= count);
    let waited = tokio::time::timeout(crate::support::PATIENCE, wait).await;
    waited.expect("it comes to that").expect("the game lives");
}

/// How players come to a bare game: a preset, tokens as text, and no time lost at the door.
pub const SETTINGS: &str = "login.preset = \"circle\"\ntoken.tell = \"text\"\n\
    limits.failed_logins_total = 1_000\nlimits.negotiation_timeout = \"100ms\"";

/// A client at the door, from an address of its own.
pub async fn door(address: SocketAddr, number: usize) -> Client {
    let client = dial(address, number).await;
    client.expect("be known? ").await;
    client
}

/// A client that has connected, whether anybody has noticed or not.
pub async fn dial(address: SocketAddr, number: usize) -> Client {
    let number = u16::try_from(number % 60_000).expect("it fits");
    Dial::default().numbered(number).connect(address).await
}

/// A client that has logged in, and the token that it was told.
pub async fn player(address: SocketAddr, number: usize) -> (Client, String) {
    let client = door(address, number).await;
    client.line(&letters(number)).await;
    client.expect("Password: ").await;
    client.line("sekrit").await;
    client.expect("Reconnecting.").await;
    let token = token(&client).await;
    (client, token)
}

/// The same, all at once.
pub async fn players(address: SocketAddr, count: usize) -> Vec<(Client, String)> {
    let places: Vec<_> = (0..count).map(|_| RefCell::new(None)).collect();
    all(places.iter().enumerate().map(|(number, place)| async move {
        let player = player(address, number).await;
        place.replace(Some(player));
    }))
    .await;
    places.into_iter().filter_map(RefCell::into_inner).collect()
}

/// The game hears the player, and the player hears the game.
pub async fn acts(client: &Client) {
    client.line("dance").await;
    client.expect("You do: dance").await;
}

/// A client that says `resume` with this token, and what it is answered.
pub async fn presents(address: SocketAddr, number: usize, token: &str, answer: &str) -> Client {
    let client = door(address, number).await;
    client.line(&format!("resume {token}")).await;
    client.expect(answer).await;
    client
}

/// The same with a token that is good.
pub async fn comes_back(address: SocketAddr, number: usize, token: &str) -> Client {
    presents(address, number, token, &texts().resumed().unwrap()).await
}

async fn keep_door(listener: TcpListener, told: Arc<Told>) {
    let mut players = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.expect("accepting");
                stream.set_nodelay(true).expect("nodelay");
                let told = told.clone();
                players.spawn(async move {
                    told.accepted.fetch_add(1, Ordering::Relaxed);
                    told.open.fetch_add(1, Ordering::Relaxed);
                    // An error is the other side's going.
                    let _ = play(stream, &told).await;
                    told.open.fetch_sub(1, Ordering::Relaxed);
                });
            }
            Some(ended) = players.join_next() => ended.expect("a player's task"),
        }
    }
}

async fn play(stream: TcpStream, told: &Told) -> io::Result<()> {
    let mut stream = BufReader::with_capacity(1024, stream);
    stream.write_all(b"\r\nBy what name do you wish to be known? ").await?;
    let _name = line(&mut stream).await?;
    stream.write_all(b"Password: \xff\xfb\x01").await?;
    let _password = line(&mut stream).await?;
    stream.write_all(b"\xff\xfc\x01\r\nReconnecting.\r\n\r\n> ").await?;
    loop {
        let line = line(&mut stream).await?;
        match line.split_once(' ') {
            _ if line == "quit" => return stream.write_all(b"Goodbye.\r\n").await,
            _ if line == "unplug" => {
                // Until what it has said before is acknowledged.
                tokio::time::sleep(LATER).await;
                unplug(stream.get_ref());
                told.unplugged.send_modify(|count| *count += 1);
            }
            Some(("later", text)) => {
                stream.write_all(b"Soon.\r\n").await?;
                tokio::time::sleep(LATER).await;
                stream.write_all(format!("You hear: {text}\r\n> ").as_bytes()).await?;
            }
            Some(("print", bytes)) => print(&mut stream, bytes.parse().expect("a number")).await?,
            Some(("flood", bytes)) => {
                flood(&mut stream, told, bytes.parse().expect("a number")).await?;
            }
            _ => stream.write_all(format!("You do: {line}\r\n> ").as_bytes()).await?,
        }
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    match stream.read_until(b'\n', &mut line).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(String::from_utf8_lossy(&without_telnet(&line)).trim().to_owned()),
    }
}

fn without_telnet(line: &[u8]) -> Vec<u8> {
    let text = Reader::default().read(line).into_iter().filter_map(|wire| match wire {
        Wire::Text(text) => Some(text),
        _ => None,
    });
    text.flatten().collect()
}

async fn print(stream: &mut BufReader<TcpStream>, bytes: usize) -> io::Result<()> {
    const LAST: &str = "Printed.\r\n";
    let mut text = TEXT.repeat(bytes / TEXT.len() + 1);
    text.truncate(bytes - LAST.len());
    text.extend_from_slice(LAST.as_bytes());
    stream.write_all(&text).await
}

async fn flood(stream: &mut BufReader<TcpStream>, told: &Told, bytes: usize) -> io::Result<()> {
    let text = TEXT.repeat(300);
    let mut sent = 0;
    while sent < bytes {
        let start = Instant::now();
        stream.write_all(&text).await?;
        let waited = u64::try_from(start.elapsed().as_micros()).expect("not for ever");
        told.wait_us.fetch_max(waited, Ordering::Relaxed);
        sent += text.len();
    }
    told.floods.send_modify(|done| *done += 1);
    Ok(())
}
