//! One HTTP/1.1 request and its answer, written and read by hand.

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::PATIENCE;

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    method: &'static str,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub fn new(method: &'static str, path: impl Into<String>) -> Request {
        Request { method, path: path.into(), headers: Vec::new(), body: Vec::new() }
    }

    pub fn header(mut self, name: &str, value: &str) -> Request {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn bearer(self, token: &str) -> Request {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    pub fn json(self, body: impl Into<Vec<u8>>) -> Request {
        self.header("Content-Type", "application/json").body(body)
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Request {
        self.body = body.into();
        self
    }

    /// With what makes it the handshake of a WebSocket.
    pub fn upgrade(self, subprotocol: &str) -> Request {
        let this = self.header("Upgrade", "websocket").header("Sec-WebSocket-Version", "13");
        let this = this.header("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
        this.header("Sec-WebSocket-Protocol", subprotocol)
    }

    /// As it goes over the wire.
    pub fn bytes(&self, host: &str, more: &[(String, String)]) -> Vec<u8> {
        let connection = match self.headers.iter().any(|(name, _)| name == "Upgrade") {
            true => "Upgrade",
            false => "close",
        };
        let mut head = format!("{} {} HTTP/1.1\r\nHost: {host}\r\n", self.method, self.path);
        head += &format!("Connection: {connection}\r\n");
        for (name, value) in self.headers.iter().chain(more) {
            head += &format!("{name}: {value}\r\n");
        }
        if !self.body.is_empty() || self.method == "POST" {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        head += "\r\n";
        [head.as_bytes(), &self.body].concat()
    }
}

/// An answer.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.into_iter().find(|(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The status and the code of an error.
    pub fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["code"].as_str().unwrap_or_default().to_owned())
    }

    fn parse(bytes: &[u8]) -> Answer {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let (status, head, body) = (status.unwrap_or(0), head.to_owned(), body.to_owned());
        Answer { status, head, body }
    }
}

/// Sends a request and reads until the other side has nothing more to say; the status is 0 where it
/// said nothing at all.
pub async fn ask(mut stream: TcpStream, request: Request, more: &[(String, String)]) -> Answer {
    let host = stream.peer_addr().expect("connected").to_string();
    // Who is refused early may find the way closed.
    let _ = stream.write_all(&request.bytes(&host, more)).await;
    read_answer(&mut stream).await
}

/// Whether an answer that says how long it is has come.
fn is_whole(bytes: &[u8]) -> bool {
    let answer = Answer::parse(bytes);
    let length = answer.header("content-length").and_then(|length| length.parse().ok());
    memchr::memmem::find(bytes, b"\r\n\r\n")
        .is_some_and(|head| length == Some(bytes.len() - head - 4))
}

/// Reads an answer, up to the end of the connection where it does not say how long it is.
pub async fn read_answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let read = async {
        let mut buffer = [0; 4096];
        loop {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            }
            let switches = bytes.starts_with(b"HTTP/1.1 101") && bytes.ends_with(b"\r\n\r\n");
            if switches || is_whole(&bytes) {
                return;
            }
        }
    };
    timeout(PATIENCE, read).await.expect("an answer comes");
    Answer::parse(&bytes)
}
