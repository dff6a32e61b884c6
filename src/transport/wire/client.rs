//! What a client says: one JSON object, read in two steps, so that no copy of a line that may be a
//! password is made on the way.

use std::borrow::Cow;

use encoding_rs::Encoding;
use serde::Deserialize;
use serde_json::value::RawValue;
use zeroize::Zeroize;

use crate::charset;
use crate::ids::{InputSeq, Position, TokenGeneration};
use crate::secret::Line;
use crate::session::queue::{QueueAnswer, QueueNumber};
use crate::telnet::client_info::{ClientInfo, Label, Mtts, WindowSize};
use crate::telnet::gmcp::Module;
use crate::telnet::option::{self, OptionSet};

/// Longest name of a GMCP package.
const PACKAGE_BYTES_MAX: usize = 128;

/// Modules that one client names are looked at up to here.
const MODULES_MAX: usize = 256;

/// Everything that a client can say.
#[derive(Debug)]
pub enum ClientMessage {
    /// A new session.
    Open(Box<About>),
    /// Back into a session.
    Resume(Box<Resume>),
    /// A line for the game, in the game's charset.
    Input {
        /// Its number.
        seq: InputSeq,
        /// The line.
        line: Line,
    },
    /// The window has changed, or whether the player listens to it.
    Resize(Resize),
    /// A GMCP message to the game, as telnet carries it.
    Gmcp(Vec<u8>),
    /// The output up to here has come.
    Ack(Position),
    /// The token of this generation is kept.
    TokenAck(TokenGeneration),
    /// What becomes of the lines that waited.
    Queue(QueueAnswer),
    /// A new token, please.
    Refresh,
    /// The session is to end.
    Logout,
    /// Is anybody there?
    Ping(Option<u64>),
}

/// What a client says of itself.
#[derive(Debug, Default, Deserialize)]
pub struct About {
    client: Option<String>,
    version: Option<String>,
    columns: Option<u16>,
    rows: Option<u16>,
    gmcp: Option<Vec<String>>,
    #[serde(default)]
    msp: bool,
    #[serde(default)]
    screen_reader: bool,
}

/// A client comes back.
#[derive(Debug)]
pub struct Resume {
    /// Its token, in any form.
    pub token: Line,
    /// Where it is.
    pub position: Option<Position>,
    /// What it wants to see again without a position.
    pub replay: Replay,
    /// What becomes of the lines that waited.
    pub queued: Option<QueueAnswer>,
    /// Whether it takes the place of another connection, where its player plays.
    pub takeover: bool,
    /// What it says of itself.
    pub about: About,
}

/// What is shown again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Replay {
    /// What is not known to have arrived.
    #[default]
    Missed,
    /// A screenful.
    Screen,
    /// Nothing.
    None,
}

/// A new window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
pub struct Resize {
    columns: u16,
    rows: u16,
    screen_reader: Option<bool>,
}

/// Why a message was not understood.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not what it should be.
    #[error("{0}")]
    Malformed(String),
    /// There is no such message.
    #[error("there is no message of the type {0}")]
    UnknownType(String),
}

#[derive(Deserialize)]
struct Kind<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct ResumeFields<'a> {
    #[serde(borrow)]
    token: Cow<'a, str>,
    position: Option<&'a str>,
    #[serde(default)]
    replay: Replay,
    queued: Option<Send>,
    #[serde(default = "yes")]
    takeover: bool,
    #[serde(flatten)]
    about: About,
}

fn yes() -> bool {
    true
}

#[derive(Deserialize)]
struct Input<'a> {
    seq: u64,
    #[serde(borrow)]
    line: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Gmcp<'a> {
    #[serde(borrow)]
    package: Cow<'a, str>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Ack<'a> {
    #[serde(borrow)]
    position: Cow<'a, str>,
}

#[derive(Deserialize)]
struct TokenAck {
    generation: u64,
}

#[derive(Deserialize)]
struct Queue {
    send: Send,
}

#[derive(Deserialize)]
struct Ping {
    id: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Send {
    Word(SendWord),
    Only(Vec<u64>),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum SendWord {
    All,
    None,
}

impl From<Send> for QueueAnswer {
    fn from(send: Send) -> QueueAnswer {
        match send {
            Send::Word(SendWord::All) => QueueAnswer::All,
            Send::Word(SendWord::None) => QueueAnswer::None,
            Send::Only(numbers) => {
                QueueAnswer::Only(numbers.into_iter().map(QueueNumber).collect())
            }
        }
    }
}

fn fields<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unreadable> {
    // Only what is wrong and where: never a piece of the message, which may be a password.
    serde_json::from_str(text).map_err(|error| Unreadable::Malformed(plain(&error)))
}

/// What serde says, without the value that it found.
fn plain(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let what = match error.classify() {
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof => "no JSON object",
        _ => {
            let text = error.to_string();
            return match text.split_once(" `") {
                Some((what @ ("missing field" | "duplicate field"), rest)) => {
                    let name = rest.split('`').next().unwrap_or_default();
                    format!("{what} {name}")
                }
                _ => format!("a field has the wrong type or value (line {line}, column {column})"),
            };
        }
    };
    format!("{what} (line {line}, column {column})")
}

impl ClientMessage {
    /// Whether the game may be told something for it, and has to have room for that. A line waits for
    /// more than room.
    pub(crate) fn is_for_the_game(&self) -> bool {
        match self {
            ClientMessage::Resize(_) | ClientMessage::Gmcp(_) | ClientMessage::Queue(_) => true,
            ClientMessage::Open(_)
            | ClientMessage::Resume(_)
            | ClientMessage::Input { .. }
            | ClientMessage::Ack(_)
            | ClientMessage::TokenAck(_)
            | ClientMessage::Refresh
            | ClientMessage::Logout
            | ClientMessage::Ping(_) => false,
        }
    }

    /// Reads one message; lines are written in the game's charset.
    ///
    /// # Errors
    /// Why it was not understood. Nothing of what the player typed is in it.
    pub fn parse(text: &str, charset: &'static Encoding) -> Result<ClientMessage, Unreadable> {
        let Kind { kind } = fields(text)?;
        match &*kind {
            "open" => Ok(ClientMessage::Open(Box::new(fields(text)?))),
            "resume" => resume(fields(text)?),
            "input" => {
                let Input { seq, line } = fields(text)?;
                let encoded = charset::encode(charset, &line);
                wipe(line);
                Ok(ClientMessage::Input { seq: InputSeq(seq), line: encoded })
            }
            "resize" => fields(text).map(ClientMessage::Resize),
            "gmcp" => gmcp(&fields(text)?),
            "ack" => {
                let Ack { position: text } = fields(text)?;
                position(&text).map(ClientMessage::Ack)
            }
            "token_ack" => {
                let TokenAck { generation } = fields(text)?;
                Ok(ClientMessage::TokenAck(TokenGeneration(generation)))
            }
            "queue" => fields(text).map(|Queue { send }| ClientMessage::Queue(send.into())),
            "refresh" => Ok(ClientMessage::Refresh),
            "logout" => Ok(ClientMessage::Logout),
            "ping" => fields(text).map(|Ping { id }| ClientMessage::Ping(id)),
            other => Err(Unreadable::UnknownType(other.escape_default().take(32).collect())),
        }
    }
}

/// What was written with escapes had to be copied to be read.
fn wipe(text: Cow<'_, str>) {
    if let Cow::Owned(mut text) = text {
        text.zeroize();
    }
}

fn resume(fields: ResumeFields<'_>) -> Result<ClientMessage, Unreadable> {
    let token = Line::from(&*fields.token);
    wipe(fields.token);
    Ok(ClientMessage::Resume(Box::new(Resume {
        token,
        position: fields.position.map(position).transpose()?,
        replay: fields.replay,
        queued: fields.queued.map(QueueAnswer::from),
        takeover: fields.takeover,
        about: fields.about,
    })))
}

fn position(text: &str) -> Result<Position, Unreadable> {
    text.parse().map_err(|bad: crate::ids::BadPosition| Unreadable::Malformed(bad.to_string()))
}

fn gmcp(Gmcp { package, data }: &Gmcp<'_>) -> Result<ClientMessage, Unreadable> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if package.is_empty() || package.len() > PACKAGE_BYTES_MAX || !package.chars().all(fits) {
        let what = "a package has letters, digits, dots, dashes and underscores, 128 at most";
        return Err(Unreadable::Malformed(what.to_owned()));
    }
    let mut message = package.as_bytes().to_vec();
    if let Some(data) = data {
        message.push(b' ');
        message.extend_from_slice(data.get().as_bytes());
    }
    Ok(ClientMessage::Gmcp(message))
}

impl About {
    /// What the session is told of the client.
    pub fn info(&self) -> ClientInfo {
        let label = |text: &Option<String>| Label::new(text.as_deref()?.as_bytes());
        let mut agreed = OptionSet::of(&[option::SGA, option::EOR]);
        let mut options = |option, has: bool| {
            if has {
                agreed = agreed.union(OptionSet::of(&[option]));
            }
        };
        options(option::GMCP, self.gmcp.is_some());
        options(option::MSP, self.msp);
        let can = Mtts::ANSI.with(Mtts::UTF_8, true).with(Mtts::COLORS_256, true);
        let can = can.with(Mtts::TRUECOLOR, true);
        let modules = self.gmcp.iter().flatten().take(MODULES_MAX);
        ClientInfo {
            name: label(&self.client).or_else(|| Label::new(b"mudkeep-web")),
            version: label(&self.version),
            terminal_type: Label::new(b"XTERM-TRUECOLOR"),
            mtts: Some(can.with(Mtts::SCREEN_READER, self.screen_reader)),
            size: self.columns.zip(self.rows).map(|(c, r)| WindowSize::said(c, r)),
            charset: Label::new(b"UTF-8"),
            modules: modules.filter_map(|module| Module::parse(module)).collect(),
            agreed,
            settled: true,
            ..ClientInfo::default()
        }
    }
}

impl Resize {
    /// Changes what is known of the client.
    pub fn apply(self, info: &mut ClientInfo) {
        info.size = Some(WindowSize::said(self.columns, self.rows));
        if let (Some(reader), Some(can)) = (self.screen_reader, info.mtts) {
            info.mtts = Some(can.with(Mtts::SCREEN_READER, reader));
        }
    }
}

#[cfg(test)]
mod tests;
