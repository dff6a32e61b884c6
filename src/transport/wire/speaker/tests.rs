//! What becomes of a history: the same text whatever the cuts, and a place for every piece.

use encoding_rs::{GBK, UTF_8, WINDOWS_1251};
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::ids::Epoch;
use crate::session::history::History;
use crate::session::message::ReplaySummary;

fn at(offset: u64) -> Position {
    Position::new(Epoch(1), Offset(offset))
}

/// A history with a bit of everything.
fn history(text: &[u8]) -> History {
    let mut history = History::new(Epoch(1), 1 << 20);
    history.text(text);
    history.prompt();
    history.out_of_band(option::GMCP, b"Char.Vitals {\"hp\": 1,\n\"x\":\"\xFF\"}");
    history.echo(true);
    history.text(b"Password: ");
    history.echo(false);
    history.text(text);
    history
}

fn whole(history: &History) -> Vec<u8> {
    let mut out = Vec::new();
    history.read(history.tail(), usize::MAX, &mut out).expect("all is held");
    out
}

/// What a client is told when the history is read in pieces that end at these places.
fn told(charset: &'static Encoding, canonical: &[u8], cuts: &[usize]) -> Vec<Value> {
    let mut speaker = Speaker::new(charset);
    let mut out = Vec::new();
    let mut from = 0;
    for &cut in cuts.iter().chain([&canonical.len()]) {
        if cut > from {
            speaker.output(&canonical[from..cut], at(cut as u64), &mut out);
            from = cut;
        }
    }
    out.iter().map(|message| serde_json::from_str(&message.json).expect("JSON")).collect()
}

fn text_of(messages: &[Value]) -> String {
    messages.iter().filter(|m| m["type"] == "output").map(|m| m["text"].as_str().unwrap()).collect()
}

fn others(messages: &[Value]) -> Vec<&Value> {
    messages.iter().filter(|m| m["type"] != "output").collect()
}

/// The places between two events: only there is output cut.
fn boundaries(canonical: &[u8]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut at = 0;
    for event in history::events(canonical) {
        let length = match event {
            Event::Text([IAC]) => 2,
            Event::Text(text) => {
                places.extend(at + 1..at + text.len());
                text.len()
            }
            Event::Prompt => 2,
            Event::Echo { .. } => 3,
            Event::OutOfBand { payload, .. } => payload.len() + 5,
        };
        at += length;
        places.push(at);
    }
    assert_eq!(at, canonical.len());
    places
}

#[test]
fn a_history_is_told_in_order_with_places() {
    let canonical = whole(&history(b"Hi\xC3\xA9\r\n"));
    let messages = told(UTF_8, &canonical, &[]);
    let expected = [
        r#"{"type":"output","position":"1.6","text":"Hi\u00e9\r\n"}"#,
        r#"{"type":"prompt","position":"1.8"}"#,
        r#"{"type":"gmcp","position":"1.44","package":"Char.Vitals","data":{"hp":1,"x":"\ufffd"}}"#,
        r#"{"type":"echo","on":false}"#,
        r#"{"type":"output","position":"1.57","text":"Password: "}"#,
        r#"{"type":"echo","on":true}"#,
        r#"{"type":"output","position":"1.66","text":"Hi\u00e9\r\n"}"#,
    ];
    let expected: Vec<Value> =
        expected.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    assert_eq!(messages, expected);
    assert_eq!(canonical.len(), 66);
}

#[test]
fn wherever_output_is_cut_the_text_is_the_same_and_every_place_is_where_a_character_begins() {
    for (charset, text) in [
        (UTF_8, "\u{e9}a\u{1f600}\r\n\u{4f60}\r\n".as_bytes()),
        (WINDOWS_1251, b"\xFF\xE4\xFF\r\n\n\r"),
        (GBK, b"\xC4\xE3a\xBA\xC3\r\n"),
    ] {
        let canonical = whole(&history(text));
        let all = told(charset, &canonical, &[]);
        for cut in boundaries(&canonical) {
            let messages = told(charset, &canonical, &[cut]);
            assert_eq!(text_of(&messages), text_of(&all), "cut at {cut}");
            assert_eq!(others(&messages), others(&all), "cut at {cut}");
            for message in &messages {
                let Some(position) = message["position"].as_str() else { continue };
                let position: Position = position.parse().unwrap();
                let from = usize::try_from(position.offset.0).unwrap();
                let rest = told_from(charset, &canonical, from);
                let before = messages.iter().position(|m| m == message).unwrap();
                assert_eq!(
                    text_of(&messages[..=before]) + &text_of(&rest),
                    text_of(&all),
                    "cut at {cut}, back from {from}"
                );
            }
        }
    }
}

/// What a client is told that comes back at a place.
fn told_from(charset: &'static Encoding, canonical: &[u8], from: usize) -> Vec<Value> {
    let mut speaker = Speaker::new(charset);
    let mut out = Vec::new();
    if from < canonical.len() {
        speaker.output(&canonical[from..], at(canonical.len() as u64), &mut out);
    }
    out.iter().map(|message| serde_json::from_str(&message.json).expect("JSON")).collect()
}

#[test]
fn half_a_character_before_a_prompt_is_told_as_what_it_is() {
    let mut history = History::new(Epoch(1), 1000);
    history.text(b"caf\xC3");
    history.prompt();
    let messages = told(UTF_8, &whole(&history), &[4]);
    assert_eq!(text_of(&messages), "caf\u{fffd}");
    assert_eq!(messages.last().unwrap()["type"], "prompt");
}

#[test]
fn long_output_is_told_in_pieces() {
    let mut history = History::new(Epoch(1), 1 << 20);
    history.text("\u{4f60}".repeat(5000).as_bytes());
    let mut speaker = Speaker::new(UTF_8);
    let mut out = Vec::new();
    speaker.output(&whole(&history), at(15_000), &mut out);
    assert_eq!(out.len(), 8);
    assert!(out.iter().all(|message| message.json.len() < PIECE_BYTES + 100));
    assert_eq!(out.last().unwrap().position, Some(at(15_000)));
}

#[test]
fn what_is_said_again_has_a_place_only_at_its_end() {
    let mut speaker = Speaker::new(UTF_8);
    let mut out = Vec::new();
    let now = time::UtcDateTime::UNIX_EPOCH;
    let summary = ReplaySummary { lines: 2, away_seconds: 9, more: 1 };
    speaker.note(&Note::ReplayStart(summary), now, &mut out);
    speaker.output("x".repeat(3000).as_bytes(), at(9000), &mut out);
    speaker.note(&Note::ReplayEnd, now, &mut out);
    speaker.note(&Note::Live, now, &mut out);
    assert_eq!(*out[0].json, r#"{"type":"replay","lines":2,"missed":1,"away_s":9}"#);
    assert_eq!((out[1].position, out[2].position), (None, Some(at(9000))));
    assert_eq!(*out[3].json, r#"{"type":"live"}"#);
    assert_eq!(out.len(), 4);
}

#[test]
fn everything_is_new_where_a_gap_ends_behind_what_was_missed() {
    let mut speaker = Speaker::new(UTF_8);
    let mut out = Vec::new();
    speaker.gathered.from = Some(at(10));
    speaker.live_at = Some(at(500));
    let now = time::UtcDateTime::UNIX_EPOCH;
    speaker.note(&Note::Live, now, &mut out);
    assert!(out.is_empty(), "some of it is still to come");
    speaker.note(&Note::Gap { from: Offset(10), to: Offset(600) }, now, &mut out);
    let told: Vec<&str> = out.iter().map(|message| message.json.as_str()).collect();
    assert_eq!(told, [r#"{"type":"gap","from":10,"to":600}"#, r#"{"type":"live"}"#]);
}

#[test]
fn messages_that_are_no_json_are_told_as_text_and_those_of_other_options_not_at_all() {
    let told = |payload: &[u8]| out_of_band(option::GMCP, payload, None).unwrap().json;
    assert_eq!(*told(b"A.B"), r#"{"type":"gmcp","package":"A.B","data":null}"#);
    assert_eq!(*told(b"A.B {oops"), r#"{"type":"gmcp","package":"A.B","data":"{oops"}"#);
    assert_eq!(*told(b"A.B [1,\r\n2]"), r#"{"type":"gmcp","package":"A.B","data":[1,  2]}"#);
    assert!(out_of_band(option::MSDP, b"A", None).is_none());
}

proptest! {
    #[test]
    fn any_output_is_told_and_no_message_breaks_a_line(
        text in proptest::collection::vec(any::<u8>(), 0..300), cut in 0_usize..300,
    ) {
        let canonical = whole(&history(&text));
        let places = boundaries(&canonical);
        let cut = places[cut % places.len()];
        let all = told(UTF_8, &canonical, &[]);
        prop_assert_eq!(text_of(&told(UTF_8, &canonical, &[cut])), text_of(&all));
    }
}
