//! A crowd tries to exceed each limit while somebody plays: the limit holds exactly, and the player
//! feels nothing of it.
//!
//! `CROWD=2000 MUDKEEP_PROGRAM=target/release/mudkeep cargo test --test promises crowd:: -- --nocapture
//! --test-threads=1` is the whole promise, and tells the numbers of the program as it is installed.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use mudkeep::clock;
use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::bare::{self, Bare};
use crate::program::{Program, until};
use crate::support::PATIENCE;
use crate::support::client::{Client, Dial};
use crate::support::proxy::Proxy;
use crate::world::{all, letters, texts};

/// Set it to 2000 for the whole promise.
const CROWD: &str = "CROWD";

/// For so long the player is watched without the crowd, and the crowd takes its time.
const TIME: Duration = Duration::from_secs(3);

/// How much longer 99 of 100 answers may take beside the crowd. The promise is 1.2 times as long on a
/// machine that does nothing else; where other tests run too it is held to less than it takes when a
/// crowd is in the player's way.
const P99_MAX: Duration = Duration::from_millis(150);

/// So many of the crowd come at the same time.
const LANES: usize = 8;

const USUAL: &str = "login.preset = \"none\"\ntoken.tell = \"off\"\n\
    limits.negotiation_timeout = \"100ms\"\nlimits.connects_per_minute = 1_000_000\n\
    limits.connections_per_address_max = 100_000\n";

fn count() -> usize {
    std::env::var(CROWD).map_or(200, |count| count.parse().expect("a number"))
}

/// The lines that each of a game's players has typed.
type Heard = Arc<Mutex<HashMap<SocketAddr, usize>>>;

/// A game that answers each line, on a thread of its own.
struct Game {
    address: SocketAddr,
    heard: Heard,
}

impl Game {
    fn start() -> Game {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound");
        listener.set_nonblocking(true).expect("a socket");
        let heard = Heard::default();
        let told = heard.clone();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(serve(listener, told));
        });
        Game { address, heard }
    }
}

async fn serve(listener: std::net::TcpListener, heard: Heard) {
    let listener = TcpListener::from_std(listener).expect("a socket");
    let mut players = JoinSet::new();
    loop {
        let (stream, address) = listener.accept().await.expect("accepting");
        stream.set_nodelay(true).expect("a socket");
        let heard = heard.clone();
        players.spawn(async move {
            let mut stream = BufReader::with_capacity(1024, stream);
            let mut line = String::new();
            stream.write_all(b"Go on.\r\n").await?;
            while stream.read_line(&mut line).await? > 0 {
                *heard.lock().expect("whole").entry(address).or_default() += 1;
                let answer = format!("You do: {}\r\n", line.trim_end());
                stream.write_all(answer.as_bytes()).await?;
                line.clear();
            }
            std::io::Result::Ok(())
        });
    }
}

fn connect(to: SocketAddr, from: Ipv4Addr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((from, 0)).into()).expect("an address of 127.0.0.0/8");
    socket.connect(&to.into()).expect("somebody listens");
    let stream = TcpStream::from(socket);
    stream.set_nodelay(true).expect("a socket");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    stream
}

/// Reads until one of these has come; which.
fn read_until(stream: &mut TcpStream, wanted: &[&str]) -> usize {
    let (mut all, mut buffer) = (Vec::new(), [0; 1024]);
    loop {
        let found = |text: &&str| memchr::memmem::find(&all, text.as_bytes()).is_some();
        if let Some(which) = wanted.iter().position(found) {
            return which;
        }
        let read = stream.read(&mut buffer).unwrap_or(0);
        assert!(read > 0, "{wanted:?} in vain, but {}", String::from_utf8_lossy(&all));
        all.extend_from_slice(&buffer[..read]);
    }
}

/// A player who types and is answered, until told to stop.
struct Watched {
    stop: Arc<AtomicBool>,
    took: thread::JoinHandle<Vec<Duration>>,
}

impl Watched {
    fn begin(mut stream: TcpStream) -> Watched {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let took = thread::spawn(move || {
            let mut took = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let (start, line) = (clock::now(), format!("dance {}.", took.len()));
                stream.write_all(format!("{line}\r\n").as_bytes()).expect("it is connected");
                read_until(&mut stream, &[&line]);
                took.push(start.elapsed());
                thread::park_timeout(Duration::from_millis(1));
            }
            took
        });
        Watched { stop, took }
    }

    /// How long half of the answers and 99 of 100 took.
    fn end(self) -> (Duration, Duration) {
        self.stop.store(true, Ordering::Relaxed);
        let mut took = self.took.join().expect("it was answered");
        took.sort();
        (took[took.len() / 2], took[(took.len() - 1) * 99 / 100])
    }
}

/// What came of a crowd.
struct Came {
    /// Those who are let in, still connected.
    inside: Vec<TcpStream>,
    refused: usize,
    took: Duration,
}

/// All of them connect, spread over some time, each from its own place.
fn come(
    to: SocketAddr,
    count: usize,
    time: Duration,
    told: &str,
    from: fn(usize) -> Ipv4Addr,
) -> Came {
    let start = clock::now();
    let lane = |lane: usize| {
        let told = told.to_owned();
        thread::spawn(move || {
            let mut inside = Vec::new();
            for number in (lane..count).step_by(LANES) {
                let due = time * u32::try_from(number).unwrap() / u32::try_from(count).unwrap();
                thread::park_timeout(due.saturating_sub(start.elapsed()));
                let mut stream = connect(to, from(number));
                if read_until(&mut stream, &["Go on.", &told]) == 0 {
                    inside.push(stream);
                }
            }
            inside
        })
    };
    let lanes: Vec<_> = (0..LANES).map(lane).collect();
    let inside: Vec<_> = lanes.into_iter().flat_map(|lane| lane.join().unwrap()).collect();
    Came { refused: count - inside.len(), inside, took: start.elapsed() }
}

/// 127.2.0.0/16, 200 in each network.
fn anywhere(number: usize) -> Ipv4Addr {
    let part = |n: usize| u8::try_from(n + 1).unwrap();
    Ipv4Addr::new(127, 2, part(number / 200 % 200), part(number % 200))
}

fn one_network(number: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 3, 1, u8::try_from(number % 200 + 1).unwrap())
}

fn one_address(_: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 4, 1, 1)
}

/// The player is measured alone and beside a crowd that runs against this limit.
async fn against(
    limits: &str,
    told: Option<String>,
    from: fn(usize) -> Ipv4Addr,
    may: impl Fn(Duration) -> std::ops::RangeInclusive<usize>,
) {
    let game = Game::start();
    let (key, _) = limits.split_once(" =").expect("a key and its value");
    let other = |line: &&str| !line.starts_with(&format!("{key} "));
    let usual: Vec<_> = USUAL.lines().filter(other).collect();
    // The player may type as fast as answers come.
    let fast = "limits.lines_per_minute = 1_000_000";
    let settings = format!("{}\n{fast}\n{limits}", usual.join("\n"));
    let program = Program::before(game.address, &settings).await;
    let told = told.unwrap();
    // Up to the first thing that is filled in.
    let told = told.split_once('~').map_or(&*told, |(first, _)| first);
    let to = program.address();
    let player = connect(to, Ipv4Addr::LOCALHOST);
    let mut reader = player.try_clone().unwrap();
    read_until(&mut reader, &["Go on."]);
    let watched = Watched::begin(player.try_clone().unwrap());
    tokio::time::sleep(TIME).await;
    let (alone_p50, alone_p99) = watched.end();
    let watched = Watched::begin(player);
    let came = come(to, count(), TIME, told, from);
    let (p50, p99) = watched.end();
    let cpu = program.cpu_time();
    let more = come(to, 5 * count(), Duration::ZERO, told, from);
    let cost = (program.cpu_time() - cpu) / u32::try_from(more.refused.max(1)).unwrap();
    println!(
        "{limits}: {} in, {} refused in {:?}, {cost:?} of processor each; answers p50 {alone_p50:?}, \
         p99 {alone_p99:?} alone, p50 {p50:?}, p99 {p99:?} beside them",
        came.inside.len(),
        came.refused,
        came.took,
    );
    assert!(may(came.took).contains(&came.inside.len()), "{limits}: {}", came.inside.len());
    assert!(p99 < 10 * alone_p99 + P99_MAX, "{limits}: p99 {p99:?}, {alone_p99:?} alone");
}

fn exactly(count: usize) -> impl Fn(Duration) -> std::ops::RangeInclusive<usize> {
    move |_| count..=count
}

/// So many at once, and as many in a minute.
fn a_minute(count: usize, more: usize) -> impl Fn(Duration) -> std::ops::RangeInclusive<usize> {
    move |time| {
        let refilled = usize::try_from(time.as_millis()).unwrap() * count / 60_000;
        count - more..=count - more + refilled + 1
    }
}

#[tokio::test]
async fn all_connections_together() {
    let told = texts().too_many_connections();
    against("limits.connections_max = 50", told, anywhere, exactly(49)).await;
}

#[tokio::test]
async fn connections_from_one_address() {
    let told = texts().too_many_from_address();
    against("limits.connections_per_address_max = 20", told, one_address, exactly(20)).await;
}

#[tokio::test]
async fn connections_from_one_network() {
    let told = texts().too_many_from_network();
    against("limits.connections_per_network_max = 30", told, one_network, exactly(30)).await;
}

#[tokio::test]
async fn connects_of_one_address() {
    let told = texts().too_many_connects("~");
    against("limits.connects_per_minute = 30", told, one_address, a_minute(30, 0)).await;
}

#[tokio::test]
async fn connects_of_all_together() {
    let told = texts().too_many_connects_of_all("~");
    // The player has come before.
    against("limits.connects_per_minute_total = 40", told, anywhere, a_minute(40, 1)).await;
}

#[tokio::test]
async fn all_sessions_together() {
    let told = texts().too_many_sessions();
    against("limits.sessions_max = 40", told, anywhere, exactly(39)).await;
}

/// What is typed as fast as it is taken goes to the game at the rate, for each of the crowd.
#[tokio::test]
async fn lines_and_bytes_of_each() {
    for (limits, per_second, burst) in [
        ("limits.lines_per_minute = 120\nlimits.lines_burst = 5", 2, 5),
        // A line is 64 bytes.
        ("limits.bytes_per_second = 64\nlimits.bytes_burst = 1024", 1, 16),
    ] {
        let game = Game::start();
        let program = Program::before(game.address, &format!("{USUAL}{limits}")).await;
        let to = program.address();
        let mut player = connect(to, Ipv4Addr::LOCALHOST);
        read_until(&mut player, &["Go on."]);
        let start = clock::now();
        let came = come(to, count(), TIME, "unused", anywhere);
        for stream in &came.inside {
            stream.set_nonblocking(true).unwrap();
        }
        let cpu = program.cpu_time();
        while start.elapsed() < came.took + TIME {
            for mut stream in &came.inside {
                // What is not taken now is not typed.
                let _ = stream.write(format!("{:62}\r\n", "dance").repeat(8).as_bytes());
                let _ = stream.read(&mut [0; 16 * 1024]);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        // The game may be slower than the program.
        let all_are_heard = || {
            let heard = game.heard.lock().unwrap();
            let enough = heard.values().filter(|lines| **lines >= burst).count();
            (enough == count()).then_some(())
        };
        until("nobody gets less than the burst", all_are_heard).await;
        let took = usize::try_from(start.elapsed().as_millis()).unwrap();
        let cpu = program.cpu_time() - cpu;
        let heard: Vec<usize> = game.heard.lock().unwrap().values().copied().collect();
        let most = heard.iter().copied().max().unwrap();
        println!(
            "{limits}: {} clients, {most} lines of one at most in {took} ms, {cpu:?}",
            heard.len()
        );
        assert!(most <= burst + per_second * took / 1000 + 1, "{limits}: {most} in {took} ms");
    }
}

/// Each logs in with a name of its own, all from one address.
#[tokio::test]
async fn users_from_one_address() {
    const MAX: usize = 25;
    let game = Bare::start().await;
    let settings = format!(
        "{}\nlimits.users_per_address_max = {MAX}\nlimits.connections_per_address_max = 100_000\n\
         limits.connects_per_minute = 100_000\nlimits.failed_logins_per_address = 1_000\n\
         session.verifier = false",
        bare::SETTINGS
    );
    let proxy = Proxy::start(&game.address().to_string(), &settings).await;
    let inside = std::cell::RefCell::new(Vec::new());
    all((0..4 * LANES).map(|lane| {
        let (address, inside) = (proxy.address(), &inside);
        async move {
            for number in (lane..count()).step_by(4 * LANES) {
                let client = Dial::default().connect(address).await;
                client.expect("be known? ").await;
                client.line(&letters(number)).await;
                client.expect("Password: ").await;
                client.line("sekrit").await;
                let refused = texts().too_many_users(MAX).unwrap();
                client
                    .until("an answer", |text| {
                        text.contains(&refused) || text.contains("Reconnecting.")
                    })
                    .await;
                if !client.text().contains(&refused) {
                    inside.borrow_mut().push(client);
                }
            }
        }
    }))
    .await;
    proxy.until("those who may are in", |counts| counts.users == MAX).await;
    let inside = inside.into_inner();
    let mut playing = 0;
    for client in &inside {
        playing += usize::from(!client.text().contains(&texts().too_many_users(MAX).unwrap()));
    }
    assert_eq!(playing, MAX, "{} were let in by the game", inside.len());
}

/// All log in as one user, each beside the others.
#[tokio::test]
async fn connections_of_one_user() {
    const MAX: usize = 15;
    let game = Bare::start().await;
    let settings = format!(
        "{}\nlimits.connections_per_user_max = {MAX}\nlimits.connections_per_address_max = 100_000\n\
         limits.connects_per_minute = 100_000\nsession.verifier = false\n\
         session.on_duplicate = \"allow\"\nsession.per_user_max = 40\n\
         limits.failed_logins_per_user = 1_000",
        bare::SETTINGS
    );
    let proxy = Proxy::start(&game.address().to_string(), &settings).await;
    let mut clients: Vec<Client> = Vec::new();
    for number in 0..count() {
        let client = bare::door(proxy.address(), number).await;
        client.line("alice").await;
        client.expect("Password: ").await;
        client.line("sekrit").await;
        client.expect("Reconnecting.").await;
        clients.push(client);
        let most = MAX.min(clients.len());
        proxy.until("no more are in", |counts| counts.connections <= most).await;
    }
    proxy.until("as many as may are in", |counts| counts.connections == MAX).await;
    for client in &clients[..count() - MAX] {
        client.expect(&texts().too_many_clients().unwrap()).await;
        client.expect_end().await;
    }
    for client in &clients[count() - MAX..] {
        bare::acts(client).await;
    }
    until("the game has no more than may be held", || (game.open() == 40).then_some(())).await;
}
