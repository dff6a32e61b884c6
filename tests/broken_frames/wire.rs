//! The program, and a client of it that writes what it is told to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use mudkeep::config::Config;
use mudkeep::registry::Counts;
use mudkeep::server::Server;
use mudkeep::threads::Threads;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::frames::{FIN, TEXT, frame};

const PATIENCE: Duration = Duration::from_secs(20);

/// How often the tables are looked at: they tell nobody that they have changed.
const LOOK_TIME: Duration = Duration::from_millis(2);

/// The first message of a player.
pub(crate) const HELLO: &[u8] =
    br#"{"type":"open","client":"test","version":"1","columns":80,"rows":24}"#;

/// mudkeep before its own game, where nobody is limited or waited for.
pub(crate) struct Program {
    server: Server,
    address: SocketAddr,
}

impl Program {
    pub(crate) async fn start() -> Program {
        let text = "game.address = \"demo\"\n\
                    listen = [{ protocol = \"http\", address = \"127.0.0.1:0\" }]\n\
                    limits.connects_per_minute = 1000000\n";
        let config = Config::parse("proxy.toml", text).unwrap_or_else(|wrong| panic!("{wrong}"));
        let server = Server::start(Arc::new(config), Threads::only_this()).await.expect("a start");
        let address = server.addresses()[0];
        Program { server, address }
    }

    /// A WebSocket at this path.
    pub(crate) async fn shake(&self, path: &str, subprotocol: &str) -> Wire {
        let offer = match subprotocol {
            "" => String::new(),
            name => format!("Sec-WebSocket-Protocol: {name}\r\n"),
        };
        let (wire, head) = self.offer(path, &offer).await;
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        wire
    }

    /// The same with these headers; also what it is answered.
    pub(crate) async fn offer(&self, path: &str, headers: &str) -> (Wire, String) {
        let mut stream = TcpStream::connect(self.address).await.expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n{headers}\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).await.expect("it is taken");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer"));
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        (Wire { stream }, head)
    }

    /// A player of `mudkeep.v1` whose session has begun.
    pub(crate) async fn player(&self) -> Wire {
        let mut wire = self.shake("/ws", "mudkeep.v1").await;
        wire.say(&frame(FIN | TEXT, HELLO)).await;
        wire.hears("\"type\":\"opened\"").await;
        wire
    }

    /// Waits until nobody is in any more.
    pub(crate) async fn until_empty(&self) {
        let counts = || self.server.registry().counts();
        let look = async {
            while counts() != Counts::default() {
                tokio::time::sleep(LOOK_TIME).await;
            }
        };
        let empty = timeout(PATIENCE, look).await;
        assert!(empty.is_ok(), "the tables still hold {:?}", counts());
    }
}

/// How a connection ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With a last frame that has this code.
    Told(u16),
    /// Without, or with one that has none.
    Silently,
    /// By a reset.
    Reset,
}

/// One connection.
pub(crate) struct Wire {
    stream: TcpStream,
}

impl Wire {
    /// Writes as much of it as is taken.
    pub(crate) async fn say(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Says nothing any more, and no goodbye.
    pub(crate) async fn hang_up(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// The next frame from mudkeep.
    async fn frame(&mut self) -> std::io::Result<(u8, Vec<u8>)> {
        let opcode = self.stream.read_u8().await? & 0x0f;
        let length = match self.stream.read_u8().await? {
            126 => usize::from(self.stream.read_u16().await?),
            127 => usize::try_from(self.stream.read_u64().await?).expect("it fits"),
            length => usize::from(length),
        };
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await?;
        Ok((opcode, payload))
    }

    /// Waits for a text frame that has this in it.
    pub(crate) async fn hears(&mut self, what: &str) {
        let hearing = async {
            loop {
                let (_, payload) = self.frame().await.expect("it goes on");
                if String::from_utf8_lossy(&payload).contains(what) {
                    return;
                }
            }
        };
        timeout(PATIENCE, hearing).await.unwrap_or_else(|_| panic!("{what} was not heard"));
    }

    /// What the next pong says.
    pub(crate) async fn pong(&mut self) -> Vec<u8> {
        let answer = async {
            loop {
                if let (10, payload) = self.frame().await.expect("it goes on") {
                    return payload;
                }
            }
        };
        timeout(PATIENCE, answer).await.expect("an answer")
    }

    /// Reads up to the last frame and the end behind it.
    pub(crate) async fn end(&mut self) -> Ended {
        let reading = async {
            let mut told = Ended::Silently;
            loop {
                match self.frame().await {
                    Ok((8, payload)) => {
                        if let [high, low, ..] = payload[..] {
                            told = Ended::Told(u16::from_be_bytes([high, low]));
                        }
                    }
                    Ok(_) => {}
                    Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return told,
                    Err(_) => return Ended::Reset,
                }
            }
        };
        timeout(PATIENCE, reading).await.expect("it ends")
    }
}
