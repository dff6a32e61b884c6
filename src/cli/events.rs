//! `events`: what happens, a line for each thing, while it happens.

use std::io::Write;

use serde_json::{Map, Value};

use super::arguments;
use super::desk::{Asked, Desk};
use super::shown::{date, text};
use super::trouble::Trouble;

/// Longest line of the stream.
const LINE_BYTES_MAX: usize = 256 << 10;

/// What stands at the beginning of a line for people, and not again among the rest.
const FIRST: [&str; 4] = ["seq", "time", "type", "user"];

impl Desk<'_> {
    pub(super) async fn events(&mut self, what: &arguments::Events) -> Result<(), Trouble> {
        let types = (!what.types.is_empty()).then(|| what.types.join(","));
        let path = Asked::default().and("types", types.as_deref()).at("events");
        let (json, out) = (self.json, &mut *self.out);
        let mut stream = Stream::default();
        self.api
            .stream(&path, |piece| {
                stream.take(piece, |event| print(event, json, out))?;
                Ok(out.flush()?)
            })
            .await?;
        Err(Trouble::Cannot("mudkeep has ended, and its events with it".to_owned()))
    }
}

fn print(event: &Event, json: bool, out: &mut dyn Write) -> Result<(), Trouble> {
    match json {
        true => writeln!(out, "{}", event.data)?,
        false => writeln!(out, "{}", line(event))?,
    }
    Ok(())
}

/// One event, as JSON in one line.
#[derive(Debug, PartialEq)]
struct Event {
    name: String,
    data: Value,
}

/// What has come of a stream and is not a whole event yet.
#[derive(Default)]
struct Stream {
    rest: Vec<u8>,
    name: String,
    data: String,
}

impl Stream {
    /// Hands on the events that this piece completes.
    fn take(
        &mut self,
        piece: &[u8],
        mut each: impl FnMut(&Event) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            let [line @ .., b'\n'] = part else {
                self.keep(part)?;
                continue;
            };
            self.keep(line)?;
            let line = std::mem::take(&mut self.rest);
            let line = line.strip_suffix(b"\r").unwrap_or(&line);
            if let Some(event) = self.line(&String::from_utf8_lossy(line))? {
                each(&event)?;
            }
        }
        Ok(())
    }

    fn keep(&mut self, part: &[u8]) -> Result<(), Trouble> {
        if self.rest.len() + part.len() + self.data.len() > LINE_BYTES_MAX {
            return Err(Trouble::Cannot("an event is longer than 256KiB".to_owned()));
        }
        self.rest.extend_from_slice(part);
        Ok(())
    }

    /// The event that this line ends.
    fn line(&mut self, line: &str) -> Result<Option<Event>, Trouble> {
        if let Some(name) = line.strip_prefix("event:") {
            self.name = name.trim_start().to_owned();
        } else if let Some(data) = line.strip_prefix("data:") {
            self.data.push_str(data);
        }
        if !line.is_empty() || self.data.is_empty() {
            return Ok(None);
        }
        let (name, data) = (std::mem::take(&mut self.name), std::mem::take(&mut self.data));
        let data = serde_json::from_str(&data)
            .map_err(|_| Trouble::Cannot("an event is not JSON".to_owned()))?;
        Ok(Some(Event { name, data }))
    }
}

/// An event for people: `2026-11-27 23:30:00 login Alice how=password`.
fn line(event: &Event) -> String {
    let nothing = Map::new();
    let fields = event.data.as_object().unwrap_or(&nothing);
    if event.name == "lost" {
        let lost = fields.get("lost").map(Value::to_string).unwrap_or_default();
        return format!("({} events came too fast to be told)", text(&lost));
    }
    let of = |name: &str| fields.get(name).and_then(Value::as_str);
    let mut line = match of("time") {
        Some(time) => format!("{} {}", date(time), text(&event.name)),
        None => text(&event.name),
    };
    if let Some(user) = of("user") {
        line.push(' ');
        line.push_str(&text(user));
    }
    for (name, value) in fields.iter().filter(|(name, _)| !FIRST.contains(&name.as_str())) {
        if !value.is_null() {
            line.push_str(&format!(" {}={}", text(name), field(value)));
        }
    }
    line
}

/// A word plainly, other text in quotes.
fn field(value: &Value) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_.:/@".contains(c);
    match value.as_str() {
        Some(word) if !word.is_empty() && word.chars().all(plain) => text(word),
        Some(words) => format!("\"{}\"", text(words).replace('"', "\\\"")),
        None => text(&value.to_string()),
    }
}
