//! A player's stream of events, and the POSTs beside it. Each is a connection of its own; the stream
//! is asked for by HTTP/1.0, so that it comes as it is.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::http::{Answer, Request};
use super::log::{Closed, Got, Kept};
use super::{Dial, PATIENCE};

pub(super) struct Sse {
    dial: Dial,
    got: Arc<Got>,
    stream: Mutex<Option<Arc<TcpStream>>>,
    task: Mutex<JoinSet<()>>,
}

impl Sse {
    pub(super) async fn begin(dial: Dial, got: Arc<Got>, first: &Value) -> Sse {
        let request = Request::new("POST", "/api/session").json(first.to_string());
        let answer = dial.ask(request).await;
        got.take(answer.json());
        let (stream, task) = (Mutex::default(), Mutex::default());
        let sse = Sse { dial, got, stream, task };
        if answer.status != 200 {
            sse.got.close(Closed::Answered(answer.status));
            return sse;
        }
        let cookie = answer.header("set-cookie").expect("a cookie");
        let cookie = cookie.split(';').next().expect("a cookie").to_owned();
        sse.got.log().kept.cookie = cookie;
        let status = sse.listen(None).await;
        assert_eq!(status, 200, "the stream of a welcomed connection");
        sse
    }

    /// The next stream of a connection; not a new connection.
    pub(super) async fn reopened(
        dial: Dial,
        got: Arc<Got>,
        kept: &Kept,
        after: Option<&str>,
    ) -> Sse {
        got.log().kept = kept.clone();
        let sse = Sse { dial, got, stream: Mutex::default(), task: Mutex::default() };
        let status = sse.listen(after).await;
        if status != 200 {
            sse.got.close(Closed::Answered(status));
        }
        sse
    }

    /// Asks for the stream; the status it was answered. `after` is what stands before the head's end.
    async fn listen(&self, after: Option<&str>) -> u16 {
        let kept = self.got.log().kept.clone();
        let mut stream = self.dial.stream().await;
        let query = after.and_then(|after| after.strip_prefix('?')).unwrap_or_default();
        let query = if query.is_empty() { String::new() } else { format!("?{query}") };
        let mut head = format!("GET /api/events/{}{query} HTTP/1.0\r\n", kept.connection_id);
        head += &format!("Cookie: a=b; {}\r\n", kept.cookie);
        if let Some(id) = after.filter(|after| !after.starts_with('?')) {
            head += &format!("Last-Event-ID: {id}\r\n");
        }
        for (name, value) in &self.dial.headers {
            head += &format!("{name}: {value}\r\n");
        }
        stream.write_all(format!("{head}\r\n").as_bytes()).await.expect("it is listened to");
        let (status, rest) = read_head(&mut stream).await;
        if status == 200 {
            let stream = Arc::new(stream);
            *self.stream.lock().expect("no panic") = Some(stream.clone());
            let got = self.got.clone();
            self.task.lock().expect("no panic").spawn(read_events(stream, rest, got));
        }
        status
    }

    /// What the next GET is answered; a stream that it opens is dropped.
    pub(super) async fn next_status(&self) -> u16 {
        let kept = self.got.log().kept.clone();
        let path = format!("/api/events/{}", kept.connection_id);
        let mut stream = self.dial.stream().await;
        let host = self.dial.address.to_string();
        let request = Request::new("GET", path).header("Cookie", &kept.cookie).bytes(&host, &[]);
        stream.write_all(&request).await.expect("it is listened to");
        read_head(&mut stream).await.0
    }

    pub(super) async fn post(&self, body: String) -> Answer {
        let kept = self.got.log().kept.clone();
        let path = format!("/api/messages/{}", kept.connection_id);
        let answer = self.dial.ask(Request::new("POST", path).bearer(&kept.token).json(body)).await;
        match answer.status {
            200 => {
                let seen = answer.json()["input_seen"].as_u64().expect("a number");
                self.got.log().kept.input_seen = seen;
            }
            0 => self.got.close(Closed::Lost),
            _ => self.got.take(answer.json()),
        }
        answer
    }

    pub(super) async fn vanish(self) {
        let stream = self.stream.lock().expect("no panic").take();
        if let Some(stream) = &stream {
            stream.set_zero_linger().expect("linger");
        }
        let mut task = std::mem::take(&mut *self.task.lock().expect("no panic"));
        task.shutdown().await;
    }
}

/// Reads the head of an answer: its status, and what has come behind it.
async fn read_head(stream: &mut TcpStream) -> (u16, Vec<u8>) {
    let mut bytes = Vec::new();
    let read = async {
        let mut buffer = [0; 1024];
        loop {
            if let Some(at) = memchr::memmem::find(&bytes, b"\r\n\r\n") {
                return at;
            }
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return bytes.len(),
                Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            }
        }
    };
    let end = timeout(PATIENCE, read).await.expect("an answer comes");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, bytes.get(end + 4..).unwrap_or_default().to_vec())
}

async fn read_events(stream: Arc<TcpStream>, mut bytes: Vec<u8>, got: Arc<Got>) {
    let mut reading = got.reading.subscribe();
    let mut buffer = vec![0; 16 * 1024];
    let closed = loop {
        while let Some(end) = memchr::memmem::find(&bytes, b"\n\n") {
            let event: Vec<u8> = bytes.drain(..end + 2).collect();
            take_event(&String::from_utf8(event).expect("events are UTF-8"), &got);
        }
        reading.wait_for(|reading| *reading).await.expect("the player lives");
        tokio::select! {
            biased;
            _ = reading.changed() => continue,
            ready = stream.readable() => ready.expect("a socket"),
        }
        match stream.try_read(&mut buffer) {
            Ok(0) => break Closed::StreamEnded,
            Ok(count) => bytes.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break Closed::Lost,
        }
    };
    got.close(closed);
}

/// Takes an event; holds that `id:` is the position of what has one, and of nothing else but the
/// place where a first stream begins.
fn take_event(event: &str, got: &Got) {
    let field = |name| event.lines().find_map(|line| line.strip_prefix(name));
    if let Some(data) = field("data: ") {
        let message: Value = serde_json::from_str(data).expect("a message is JSON");
        let position = message.get("position").cloned().unwrap_or(Value::Null);
        assert_eq!(position, json!(field("id: ")), "{event}");
        got.take(message);
    } else {
        let place = field("id: ").map(|id| id.parse::<mudkeep::ids::Position>());
        assert!(event.starts_with(':') || place.is_some_and(|place| place.is_ok()), "{event}");
    }
}
