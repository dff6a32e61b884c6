//! Any text as a web client's message, as a position, and as what a game says: never a panic; what a
//! refusal says is one short line; what a game says is told the same however it is cut, from places
//! that can be come back to.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use mudkeep::config::Config;
use mudkeep::ids::{Epoch, Position};
use mudkeep::session::history::History;
use mudkeep::telnet::option;
use mudkeep::transport::wire::client::ClientMessage;
use mudkeep::transport::wire::server::Message;
use mudkeep::transport::wire::speaker::Speaker;

static CONFIGS: LazyLock<Vec<Config>> = LazyLock::new(|| {
    let charsets = ["utf-8", "gbk", "windows-1251", "shift_jis"];
    let texts = charsets.map(|name| format!("game.address = \"demo\"\ngame.charset = \"{name}\""));
    texts.iter().map(|text| Config::parse("fuzz", text).expect("a good one")).collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let config = &CONFIGS[usize::from(first) % CONFIGS.len()];
    if let Ok(text) = std::str::from_utf8(rest) {
        understand(text, config);
    }
    tell(usize::from(first >> 2) + 1, rest, config);
});

fn understand(text: &str, config: &Config) {
    if let Err(why) = ClientMessage::parse(text, config.game.charset) {
        let why = why.to_string();
        assert!(why.len() < 300 && !why.contains(char::is_control), "{why}");
    }
    if let Ok(position) = text.parse::<Position>() {
        assert_eq!(position.to_string().parse(), Ok(position));
    }
}

/// What the game says: text, with prompts, echo changes and messages where some bytes stand.
fn history(said: &[u8]) -> History {
    let mut history = History::new(Epoch(1), 1 << 20);
    for piece in said.split_inclusive(|byte| *byte < 8) {
        let (text, event) = match piece.split_last() {
            Some((&event, text)) if event < 8 => (text, event),
            _ => (piece, 0),
        };
        history.text(text);
        match event {
            1 => history.prompt(),
            2 | 3 => history.echo(event == 2),
            4 => history.out_of_band(option::GMCP, text),
            5 => history.out_of_band(option::MSDP, text),
            _ => {}
        }
    }
    history
}

fn tell(step: usize, said: &[u8], config: &Config) {
    let history = history(said);
    let whole = told(&history, history.tail().0, usize::MAX, config);
    let cut = told(&history, history.tail().0, step, config);
    assert_eq!(text(&cut), text(&whole));
    for message in whole.iter().chain(&cut) {
        assert!(!message.json.contains(['\n', '\r']), "a message is one line");
    }
    let places = cut.iter().enumerate().filter_map(|(at, m)| Some((at, m.position?)));
    for (at, place) in places.step_by(1 + cut.len() / 8) {
        let rest = told(&history, place.offset.0, usize::MAX, config);
        assert_eq!(text(&cut[..=at]) + &text(&rest), text(&whole), "back from {place}");
    }
}

fn told(history: &History, from: u64, step: usize, config: &Config) -> Vec<Message> {
    let mut speaker = Speaker::new(config.game.charset);
    let mut out = Vec::new();
    let mut at = mudkeep::ids::Offset(from);
    while at < history.head() {
        let mut canonical = Vec::new();
        at = history.read(at, step, &mut canonical).expect("a place where an event begins");
        speaker.output(&canonical, Position::new(Epoch(1), at), &mut out);
    }
    out
}

fn text(messages: &[Message]) -> String {
    let texts = messages.iter().map(|message| {
        let message: serde_json::Value = serde_json::from_str(&message.json).expect("JSON");
        message["text"].as_str().unwrap_or_default().to_owned()
    });
    texts.collect()
}
