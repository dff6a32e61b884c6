//! All that a web player was told, and how far its test has looked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::{Value, json};
use tokio::sync::watch;

use super::PATIENCE;

/// How a connection, or a stream, ended as the client saw it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Closed {
    /// With a close frame.
    WebSocket(u16, String),
    /// Without one.
    Lost,
    /// A stream of events came to its end.
    StreamEnded,
    /// And what the next one is answered.
    Answered(u16),
}

/// What a client keeps, to come back with.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub token: String,
    pub generation: u64,
    pub position: String,
    pub session_id: String,
    pub connection_id: String,
    pub input_seen: u64,
    /// Goes with the stream of events.
    pub cookie: String,
}

impl Kept {
    /// Back to where it is.
    pub fn resume(&self) -> Value {
        json!({"type": "resume", "token": self.token, "position": self.position,
            "client": "test", "gmcp": ["Char 1"], "columns": 80, "rows": 24})
    }

    /// Back without knowing where.
    pub fn resume_showing(&self, replay: &str) -> Value {
        json!({"type": "resume", "token": self.token, "replay": replay, "columns": 80, "rows": 24})
    }

    /// The offset of its position.
    pub fn offset(&self) -> u64 {
        offset(&self.position)
    }
}

/// The offset in a position.
pub fn offset(position: &str) -> u64 {
    position.split_once('.').and_then(|(_, offset)| offset.parse().ok()).expect("a position")
}

#[derive(Default)]
pub(super) struct Log {
    pub(super) messages: Vec<Value>,
    pub(super) text: String,
    pub(super) kept: Kept,
    pub(super) echo: bool,
    pub(super) closed: Option<Closed>,
    /// The number of the line that was typed last.
    seq: u64,
    seen: usize,
    text_seen: usize,
}

pub(super) struct Got {
    log: Mutex<Log>,
    changes: watch::Sender<u64>,
    pub(super) reading: watch::Sender<bool>,
}

impl Got {
    pub(super) fn new() -> Arc<Got> {
        let log = Mutex::new(Log { echo: true, ..Log::default() });
        Arc::new(Got { log, changes: watch::Sender::new(0), reading: watch::Sender::new(true) })
    }

    pub(super) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("no panic")
    }

    /// A message came.
    pub(super) fn take(&self, message: Value) {
        self.log().note(message);
        self.changes.send_modify(|count| *count += 1);
    }

    /// It is over; what is said of that first counts.
    pub(super) fn close(&self, closed: Closed) {
        self.log().closed.get_or_insert(closed);
        self.changes.send_modify(|count| *count += 1);
    }

    pub(super) async fn expect(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        self.wait(what, |log| {
            let at = log.messages.iter().skip(log.seen).position(&is)?;
            log.seen += at + 1;
            Some(log.messages[log.seen - 1].clone())
        })
        .await
    }

    pub(super) async fn expect_text(&self, text: &str) -> String {
        self.wait(&format!("{text:?}"), |log| {
            let end = log.text[log.text_seen..].find(text)? + text.len();
            let passed = log.text[log.text_seen..log.text_seen + end].to_owned();
            log.text_seen += end;
            Some(passed)
        })
        .await
    }

    pub(super) async fn wait<T>(
        &self,
        what: &str,
        mut look: impl FnMut(&mut Log) -> Option<T>,
    ) -> T {
        let mut changes = self.changes.subscribe();
        let wait = async {
            loop {
                let (found, over) = {
                    let mut log = self.log();
                    (look(&mut log), log.closed.is_some())
                };
                match (found, over) {
                    (Some(found), _) => return Some(found),
                    (None, true) => return None,
                    (None, false) => changes.changed().await.expect("the player lives"),
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, wait).await.ok().flatten();
        found.unwrap_or_else(|| {
            let log = self.log();
            let last: VecDeque<String> =
                log.messages.iter().rev().take(20).map(Value::to_string).collect();
            let last: Vec<String> = last.into_iter().rev().collect();
            panic!("waited in vain for {what}; ended: {:?}; last {last:#?}", log.closed)
        })
    }
}

impl Log {
    /// The number of the next line.
    pub(super) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    fn note(&mut self, message: Value) {
        let text = |key: &str| message[key].as_str().map(str::to_owned);
        let kept = &mut self.kept;
        if let Some(token) = text("token") {
            kept.token = token;
            kept.generation = message["generation"].as_u64().expect("a token has a generation");
        }
        kept.position = text("position").unwrap_or(std::mem::take(&mut kept.position));
        kept.session_id = text("session_id").unwrap_or(std::mem::take(&mut kept.session_id));
        match message["type"].as_str().expect("a message has a type") {
            "opened" | "resumed" => {
                kept.connection_id = text("connection_id").expect("a welcome has it");
                kept.input_seen = message["input_seen"].as_u64().expect("a welcome has it");
                self.seq = kept.input_seen;
                self.echo = message["echo"].as_bool().expect("a welcome has it");
            }
            "echo" => self.echo = message["on"].as_bool().expect("echo is on or off"),
            "output" => self.text += message["text"].as_str().expect("output has a text"),
            "input_ack" => {
                kept.input_seen = message["seq"].as_u64().expect("a number");
                self.seq = self.seq.max(kept.input_seen);
            }
            _ => {}
        }
        self.messages.push(message);
    }
}
