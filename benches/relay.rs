//! The whole relay over loopback sockets: a line from a client through mudkeep to a game and the
//! answer back, and a flood of a game's text; beside the same without mudkeep between.
//!
//! The game, mudkeep and the client have a thread each; mudkeep's is one of its own threads.

#![allow(missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::thread;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mudkeep::config::Config;
use mudkeep::server::Server;
use mudkeep::threads::{self, Threads};

const FLOOD_BYTES: usize = 4 << 20;
const PROMPT: &[u8] = b"<112hp 84m 210mv> ";
const FLOOD_END: &[u8] = b"The flood is over.\r\n";

/// A fight and a chat with colours, and the marked prompt behind it.
const TEXT: &[u8] = b"\x1b[1;36mThe Temple Of Midgaard\x1b[0m\r\n\
    You are in the southern end of the temple hall in the Temple of Midgaard. The temple has been\r\n\
    constructed from giant marble blocks, eternal in appearance, and most of the walls are covered\r\n\
    \x1b[0;33mA cityguard stands here, keeping the peace.\x1b[0m\r\n\
    Your slash \x1b[1;31mmauls\x1b[0m the beastly fido! The beastly fido's bite scratches you.\r\n\
    \xff\xf9";

/// Nothing is recognised, nothing is told, nothing is limited, and all of a flood is remembered: what
/// a client has not read yet is not lost.
const SETTINGS: &str = r#"
    listen = [{ protocol = "telnet", address = "127.0.0.1:0" }]
    login.preset = "none"
    session = { hold = "0s", linger = "0s", history = "8MiB" }
    token.tell = "off"
    limits.connects_per_minute = 1_000_000
    limits.lines_per_minute = 1_000_000
    limits.lines_burst = 100_000
    limits.negotiation_timeout = "100ms"
"#;

/// A game that answers every line at once; to `flood` with four MiB.
fn game() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("bound");
    let flood = [&TEXT.repeat(FLOOD_BYTES / TEXT.len()), FLOOD_END].concat();
    let flood: Arc<[u8]> = flood.into();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, flood) = (stream.expect("accepting"), flood.clone());
            thread::spawn(move || play(&stream, &flood));
        }
    });
    address
}

fn play(stream: &TcpStream, flood: &[u8]) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut reader, mut writer) = (BufReader::new(stream), stream);
    writer.write_all(PROMPT)?;
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        match line.as_slice() {
            [.., b'f', b'l', b'o', b'o', b'd', b'\r', b'\n'] => writer.write_all(flood)?,
            _ => writer.write_all(&[&b"You do: "[..], &line, PROMPT].concat())?,
        }
    }
}

/// mudkeep before this game, on a thread of its own.
fn mudkeep(game: SocketAddr) -> SocketAddr {
    let settings = format!("game.address = \"{game}\"\n{SETTINGS}");
    let config = Arc::new(Config::parse("proxy.toml", &settings).expect("a configuration"));
    let (tell, told) = sync_channel(1);
    thread::spawn(move || {
        threads::runtime().expect("a runtime").block_on(async {
            let server = Server::start(config, Threads::only_this()).await.expect("it starts");
            tell.send(server.addresses()[0]).expect("somebody listens");
            std::future::pending::<()>().await;
        });
    });
    told.recv().expect("it starts")
}

/// A client that answers no negotiation.
struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The last of what came, as long as what is waited for.
    last: Vec<u8>,
}

impl Client {
    fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).expect("somebody listens");
        stream.set_nodelay(true).expect("nodelay");
        let mut client = Client { stream, buffer: vec![0; 64 * 1024], last: Vec::new() };
        client.read_until(PROMPT);
        client
    }

    fn say(&mut self, line: &[u8]) {
        self.stream.write_all(line).expect("the relay lives");
    }

    /// Reads until the last that has come is this text.
    fn read_until(&mut self, text: &[u8]) {
        self.last.clear();
        while self.last != text {
            let count = self.stream.read(&mut self.buffer).expect("the relay lives");
            assert!(count > 0, "the connection is closed");
            self.last.extend_from_slice(&self.buffer[count.saturating_sub(text.len())..count]);
            self.last.drain(..self.last.len().saturating_sub(text.len()));
        }
    }
}

fn relay(criterion: &mut Criterion) {
    let game = game();
    let ways = [("through mudkeep", mudkeep(game)), ("without it", game)];
    let mut group = criterion.benchmark_group("relay");
    for (way, address) in ways {
        let mut client = Client::connect(address);
        group.bench_function(BenchmarkId::new("line and answer", way), |bench| {
            bench.iter(|| {
                client.say(b"look at the cityguard\r\n");
                client.read_until(PROMPT);
            });
        });
    }
    group.throughput(Throughput::Bytes(FLOOD_BYTES as u64)).sample_size(20);
    for (way, address) in ways {
        let mut client = Client::connect(address);
        group.bench_function(BenchmarkId::new("flood", way), |bench| {
            bench.iter(|| {
                client.say(b"flood\r\n");
                client.read_until(FLOOD_END);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, relay);
criterion_main!(benches);
