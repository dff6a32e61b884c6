//! A player's WebSocket.

use std::sync::Arc;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};

use super::log::{Closed, Got};
use super::{Dial, PATIENCE};

type Socket = WebSocketStream<TcpStream>;

/// The subprotocol of players.
pub const PLAYER: &str = "mudkeep.v1";

pub struct WebSocket {
    writing: tokio::sync::Mutex<SplitSink<Socket, Message>>,
    /// The same socket once more.
    twin: std::net::TcpStream,
    task: JoinSet<()>,
}

impl WebSocket {
    pub(super) async fn connect(dial: &Dial, got: Arc<Got>, first: &Value) -> WebSocket {
        let this = WebSocket::shake(dial, "/ws", Some(PLAYER), got).await;
        this.text(first.to_string()).await;
        this
    }

    /// The handshake alone.
    pub(super) async fn shake(
        dial: &Dial,
        path: &str,
        subprotocol: Option<&str>,
        got: Arc<Got>,
    ) -> WebSocket {
        let stream = dial.stream().await.into_std().expect("a socket");
        let twin = stream.try_clone().expect("a file descriptor");
        let stream = TcpStream::from_std(stream).expect("a socket");
        let url = format!("ws://{}{path}", dial.address);
        let mut request = url.into_client_request().expect("an address");
        if let Some(name) = subprotocol {
            let name = HeaderValue::from_str(name).expect("a name");
            request.headers_mut().insert("sec-websocket-protocol", name);
        }
        for (name, value) in &dial.headers {
            let name: tungstenite::http::HeaderName = name.parse().expect("a name");
            request.headers_mut().append(name, HeaderValue::from_str(value).expect("a value"));
        }
        let shaken = timeout(PATIENCE, tokio_tungstenite::client_async(request, stream));
        let (socket, _) = shaken.await.expect("in time").expect("a WebSocket");
        let (writing, reading) = socket.split();
        let mut task = JoinSet::new();
        task.spawn(listen(reading, got));
        WebSocket { writing: tokio::sync::Mutex::new(writing), twin, task }
    }

    pub async fn text(&self, text: String) {
        self.frame(Message::text(text)).await;
    }

    /// Sends a frame, or as much of it as a closed socket takes.
    pub async fn frame(&self, frame: Message) {
        let _ = self.writing.lock().await.send(frame).await;
    }

    /// Sends bytes that no library would write.
    pub async fn raw(&self, bytes: &[u8]) {
        let twin = self.twin.try_clone().expect("a file descriptor");
        let mut twin = TcpStream::from_std(twin).expect("a socket");
        let _ = tokio::io::AsyncWriteExt::write_all(&mut twin, bytes).await;
    }

    /// Its network is gone: nothing that is sent to it arrives any more, and nobody is told.
    pub fn unplug(&self) {
        let drop_all = socket2::SockFilter::new(0x06, 0, 0, 0);
        socket2::SockRef::from(&self.twin).attach_filter(&[drop_all]).expect("Linux");
    }

    /// Sends FIN, without a frame that says so.
    pub fn half_close(&self) {
        self.twin.shutdown(std::net::Shutdown::Write).expect("open");
    }

    pub(super) async fn vanish(self) {
        let WebSocket { writing, twin, mut task } = self;
        socket2::SockRef::from(&twin).set_linger(Some(std::time::Duration::ZERO)).expect("linger");
        task.shutdown().await;
        drop((writing, twin));
    }
}

async fn listen(mut socket: SplitStream<Socket>, got: Arc<Got>) {
    let mut reading = got.reading.subscribe();
    let closed = loop {
        reading.wait_for(|reading| *reading).await.expect("the player lives");
        let frame = tokio::select! {
            biased;
            _ = reading.changed() => continue,
            frame = socket.next() => frame,
        };
        match frame {
            Some(Ok(Message::Text(text))) => {
                got.take(serde_json::from_str(&text).expect("a message is JSON"));
            }
            Some(Ok(Message::Close(Some(frame)))) => {
                got.close(Closed::WebSocket(frame.code.into(), frame.reason.to_string()));
            }
            Some(Ok(_)) => {}
            Some(Err(_)) | None => break Closed::Lost,
        }
    };
    got.close(closed);
}
