//! A web player that is driven by a test and keeps all it is told, over a WebSocket or over a stream
//! of events with POSTs beside it: one interface for both.
//!
//! It reads all the time, in a task of its own; [`Player::stall`] stops that. `expect` goes forward
//! through the messages, `expect_text` through the text: what they have passed is not looked at again.

pub mod http;
pub mod log;
mod sse;
mod websocket;

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};

pub use http::{Answer, Request};
pub use log::{Closed, Kept};

use super::PATIENCE;
use log::Got;
use sse::Sse;
use websocket::WebSocket;

/// How a player's messages travel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Via {
    WebSocket,
    Sse,
}

/// Both ways.
pub const BOTH: [Via; 2] = [Via::WebSocket, Via::Sse];

/// How to connect; [`Dial::new`] is all defaults.
#[derive(Clone, Debug)]
pub struct Dial {
    pub via: Via,
    pub address: SocketAddr,
    from: Ipv4Addr,
    receive_bytes: Option<u32>,
    headers: Vec<(String, String)>,
}

impl Dial {
    pub fn new(via: Via, address: SocketAddr) -> Dial {
        let (from, receive_bytes, headers) = (Ipv4Addr::LOCALHOST, None, Vec::new());
        Dial { via, address, from, receive_bytes, headers }
    }

    /// From 127.0.0.`host`.
    pub fn from(mut self, host: u8) -> Dial {
        self.from = Ipv4Addr::new(127, 0, 0, host);
        self
    }

    /// With a receive buffer of about so many bytes, so that a stalled player is full soon.
    pub fn receive_bytes(mut self, bytes: u32) -> Dial {
        self.receive_bytes = Some(bytes);
        self
    }

    /// With this header in each request.
    pub fn header(mut self, name: &str, value: &str) -> Dial {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A socket that is connected, to be spoken through by hand.
    pub async fn stream(&self) -> TcpStream {
        let socket = TcpSocket::new_v4().expect("a socket");
        if let Some(bytes) = self.receive_bytes {
            socket.set_recv_buffer_size(bytes).expect("a buffer");
        }
        socket.bind(SocketAddr::new(self.from.into(), 0)).expect("an address of 127.0.0.0/8");
        let stream = socket.connect(self.address).await.expect("somebody listens");
        stream.set_nodelay(true).expect("nodelay");
        stream
    }

    /// Sends one request and reads the answer, on a connection of its own.
    pub async fn ask(&self, request: Request) -> Answer {
        let stream = self.stream().await;
        http::ask(stream, request, &self.headers).await
    }

    /// A player that says this first. Where that is refused, an `error` is among its messages.
    pub async fn begin(&self, first: Value) -> Player {
        let got = Got::new();
        let way = match self.via {
            Via::WebSocket => Way::WebSocket(WebSocket::connect(self, got.clone(), &first).await),
            Via::Sse => Way::Sse(Sse::begin(self.clone(), got.clone(), &first).await),
        };
        Player { via: self.via, got, way }
    }

    /// A player in a new session, welcomed.
    pub async fn open(&self) -> Player {
        let player = self.begin(open()).await;
        player.expect("opened").await;
        player.ack().await;
        player
    }

    /// A player who comes back, welcomed.
    pub async fn resume(&self, first: Value) -> Player {
        let player = self.begin(first).await;
        player.expect("resumed").await;
        player.ack().await;
        player
    }

    /// A WebSocket on which nothing has been said.
    pub async fn shake(&self) -> Player {
        let got = Got::new();
        let socket = WebSocket::shake(self, "/ws", Some(websocket::PLAYER), got.clone()).await;
        Player { via: Via::WebSocket, got, way: Way::WebSocket(socket) }
    }

    /// A page that only watches a session.
    pub async fn watch(&self, session_id: &str, token: &str) -> Player {
        let page = self.watch_silently(session_id).await;
        page.send(json!({"type": "monitor", "token": token})).await;
        page
    }

    /// One that does not say by what right.
    pub async fn watch_silently(&self, session_id: &str) -> Player {
        let got = Got::new();
        let path = format!("/ws/session/{session_id}");
        let socket = WebSocket::shake(self, &path, None, got.clone()).await;
        Player { via: Via::WebSocket, got, way: Way::WebSocket(socket) }
    }

    /// A player at its connection's next stream: [`Via::Sse`] only.
    pub async fn reopen(&self, kept: &Kept, after: Option<&str>) -> Player {
        let got = Got::new();
        let sse = Sse::reopened(self.clone(), got.clone(), kept, after).await;
        Player { via: Via::Sse, got, way: Way::Sse(sse) }
    }
}

/// Has all clocks of this runtime jump ahead.
pub async fn jump(time: std::time::Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// What opens a session.
pub fn open() -> Value {
    json!({"type": "open", "client": "test", "version": "1", "columns": 80, "rows": 24,
        "gmcp": ["Char 1"]})
}

/// One player. Dropping it closes its connection.
pub struct Player {
    pub via: Via,
    got: std::sync::Arc<Got>,
    way: Way,
}

enum Way {
    WebSocket(WebSocket),
    Sse(Sse),
}

impl Player {
    /// Says something. What a POST is answered is given back; where it is an error, it is also among
    /// the messages, as it is on a WebSocket.
    pub async fn send(&self, message: Value) -> Option<Answer> {
        match &self.way {
            Way::WebSocket(socket) => {
                socket.text(message.to_string()).await;
                None
            }
            Way::Sse(sse) => Some(sse.post(json!([message]).to_string()).await),
        }
    }

    /// Says several things in one POST, or one after the other.
    pub async fn send_all(&self, messages: Vec<Value>) -> Option<Answer> {
        match &self.way {
            Way::WebSocket(socket) => {
                for message in messages {
                    socket.text(message.to_string()).await;
                }
                None
            }
            Way::Sse(sse) => Some(sse.post(Value::from(messages).to_string()).await),
        }
    }

    /// The WebSocket, to do as no client does.
    pub fn socket(&self) -> &WebSocket {
        match &self.way {
            Way::WebSocket(socket) => socket,
            Way::Sse(_) => panic!("this player has none"),
        }
    }

    /// Types a line, with the next number.
    pub async fn line(&self, line: &str) {
        let seq = self.got.log().next_seq();
        self.send(json!({"type": "input", "seq": seq, "line": line})).await;
    }

    /// Acknowledges the newest position.
    pub async fn ack(&self) {
        let position = self.kept().position;
        self.send(json!({"type": "ack", "position": position})).await;
    }

    /// Acknowledges the newest token.
    pub async fn token_ack(&self) {
        let generation = self.kept().generation;
        self.send(json!({"type": "token_ack", "generation": generation})).await;
    }

    /// Waits for the next message of this type, whatever comes between.
    ///
    /// # Panics
    /// If it has not come after [`PATIENCE`], or cannot come any more.
    pub async fn expect(&self, kind: &str) -> Value {
        self.got.expect(kind, |message| message["type"] == kind).await
    }

    /// Waits until a watched session is in this state.
    pub async fn expect_state(&self, state: &str) -> Value {
        let what = format!("the state {state}");
        self.got.expect(&what, |m| m["type"] == "session" && m["state"] == state).await
    }

    /// Whether a page is let in to watch: the state comes, or an error.
    pub async fn got_state(&self) -> bool {
        let first = self.got.expect("an answer", |_| true).await;
        first["type"] == "session"
    }

    /// Waits for the next `error` with this code.
    pub async fn expect_error(&self, code: &str) -> Value {
        let what = format!("error {code}");
        self.got.expect(&what, |m| m["type"] == "error" && m["code"] == code).await
    }

    /// Waits for `text` in the output and goes behind it.
    pub async fn expect_text(&self, text: &str) -> String {
        self.got.expect_text(text).await
    }

    /// Waits until `holds` of the whole text.
    pub async fn until_text(&self, what: &str, holds: impl Fn(&str) -> bool) {
        self.got.wait(what, |log| holds(&log.text).then_some(())).await;
    }

    /// Waits until so many questions have been answered.
    pub async fn until_answers(&self, count: usize) {
        let is_answer = |m: &&Value| m["type"] == "pong" || m["type"] == "error";
        let enough = |log: &mut log::Log| {
            (log.messages.iter().filter(is_answer).count() >= count).then_some(())
        };
        self.got.wait("answers", enough).await;
    }

    /// Waits until echo is on, or off.
    pub async fn expect_echo(&self, on: bool) {
        self.got.wait("echo to change", |log| (log.echo == on).then_some(())).await;
    }

    /// Shows that the player is in play: the game hears it, and it hears the game.
    pub async fn act(&self) {
        use std::sync::atomic::{AtomicU64, Ordering};
        static ACTS: AtomicU64 = AtomicU64::new(1);
        let act = ACTS.fetch_add(1, Ordering::Relaxed);
        self.line(&format!("web act {act}")).await;
        self.expect_text(&format!("You do: web act {act}")).await;
    }

    /// All messages so far.
    pub fn messages(&self) -> Vec<Value> {
        self.got.log().messages.clone()
    }

    /// The messages so far in short, for when a test fails.
    pub fn brief(&self) -> Vec<String> {
        let text = |m: &Value| m.to_string().chars().take(300).collect();
        self.messages().iter().map(text).collect()
    }

    /// All messages of a type so far.
    pub fn all(&self, kind: &str) -> Vec<Value> {
        self.messages().into_iter().filter(|message| message["type"] == kind).collect()
    }

    /// The texts of all outputs so far, joined.
    pub fn text(&self) -> String {
        self.got.log().text.clone()
    }

    /// The newest of what a client keeps.
    pub fn kept(&self) -> Kept {
        self.got.log().kept.clone()
    }

    /// How it was closed, once it is: the WebSocket's code and reason; what the next GET is answered
    /// when the stream has ended.
    pub async fn closed(&self) -> Closed {
        let closed = self.got.wait("the end", |log| log.closed.clone()).await;
        match (&self.way, closed) {
            (Way::Sse(sse), Closed::StreamEnded) => Closed::Answered(sse.next_status().await),
            (_, closed) => closed,
        }
    }

    /// Waits until the stream of events has come to its end.
    pub async fn expect_end_of_stream(&self) {
        let closed = self.got.wait("the end", |log| log.closed.clone()).await;
        assert_eq!(closed, Closed::StreamEnded);
    }

    /// Whether the connection, or the stream, is over.
    pub fn is_closed(&self) -> bool {
        self.got.log().closed.is_some()
    }

    /// Holds that it ended for good: told why, and that it is not to come back.
    pub async fn is_put_out(&self, reason: &str) {
        let closing = self.expect("closing").await;
        assert_eq!((&closing["reason"], &closing["resume"]), (&json!(reason), &json!(false)));
        match self.closed().await {
            Closed::WebSocket(1000, _) | Closed::Answered(204) => {}
            other => panic!("ended by {other:?}"),
        }
    }

    /// Reads no more.
    pub fn stall(&self) {
        self.got.reading.send_replace(false);
    }

    /// Reads again.
    pub fn unstall(&self) {
        self.got.reading.send_replace(true);
    }

    /// Its connection ends with RST. All that it knew is given back.
    pub async fn vanish(self) -> Kept {
        let kept = self.kept();
        match self.way {
            Way::WebSocket(socket) => socket.vanish().await,
            Way::Sse(sse) => sse.vanish().await,
        }
        kept
    }
}
