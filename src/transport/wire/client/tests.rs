//! Messages of clients, as they should be and as they should not.

use encoding_rs::{UTF_8, WINDOWS_1251};
use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<ClientMessage, Unreadable> {
    ClientMessage::parse(text, UTF_8)
}

fn malformed(text: &str) -> String {
    match parse(text) {
        Err(Unreadable::Malformed(why)) => why,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn a_line_has_a_number_and_comes_in_the_games_charset() {
    let text = r#"{"type":"input","seq":7,"line":"say \u044f \"x\"","later":{"type":"x"}}"#;
    let message = ClientMessage::parse(text, WINDOWS_1251);
    let Ok(ClientMessage::Input { seq: InputSeq(7), line }) = message else {
        panic!("{message:?}");
    };
    assert_eq!(&*line, b"say \xFF \"x\"");
}

#[test]
fn a_client_says_what_it_is() {
    let text = r#"{"type":"open","client":"Pocket\nMUD","version":"2","columns":100,"rows":30,
        "gmcp":["Char 1","Room 2","\u0000"],"screen_reader":true}"#;
    let Ok(ClientMessage::Open(about)) = parse(text) else { panic!("it opens") };
    let info = about.info();
    assert_eq!(info.name.unwrap().as_str(), "PocketMUD");
    assert_eq!(info.size, Some(WindowSize { columns: 100, rows: 30 }));
    assert_eq!(info.modules.iter().count(), 2);
    assert!(info.agreed.contains(option::GMCP) && !info.agreed.contains(option::MSP));
    assert!(info.mtts.unwrap().has(Mtts::SCREEN_READER.with(Mtts::UTF_8, true)));
    assert!(info.settled);
}

#[test]
fn a_client_that_says_nothing_of_itself_is_taken_too() {
    let Ok(ClientMessage::Open(about)) = parse(r#"{"type":"open"}"#) else { panic!("it opens") };
    let info = about.info();
    assert!(!info.agreed.contains(option::GMCP) && info.size.is_none());
}

#[test]
fn a_client_comes_back() {
    let text = r#"{"type":"resume","token":"abc","position":"feed.42","replay":"screen",
        "queued":[1,3],"columns":80,"rows":24}"#;
    let Ok(ClientMessage::Resume(resume)) = parse(text) else { panic!("it resumes") };
    assert_eq!(&*resume.token, b"abc");
    assert_eq!(resume.position.unwrap().to_string(), "feed.42");
    assert_eq!(resume.replay, Replay::Screen);
    let only = QueueAnswer::Only(vec![QueueNumber(1), QueueNumber(3)]);
    assert_eq!(resume.queued, Some(only));
    assert_eq!(resume.about.info().size, Some(WindowSize::default()));
}

#[test]
fn a_message_for_the_game_is_written_as_telnet_carries_it() {
    for (text, expected) in [
        (r#"{"type":"gmcp","package":"Core.Ping"}"#, "Core.Ping"),
        (
            r#"{"type":"gmcp","package":"X.Y","data":{"a":[1,null,"\""]}}"#,
            r#"X.Y {"a":[1,null,"\""]}"#,
        ),
    ] {
        let Ok(ClientMessage::Gmcp(message)) = parse(text) else { panic!("{text}") };
        assert_eq!(message, expected.as_bytes());
    }
    for package in ["", "a b", "a\\n", "\u{e9}", &"x".repeat(129)] {
        malformed(&format!(r#"{{"type":"gmcp","package":"{package}"}}"#));
    }
}

#[test]
fn the_rest_is_read() {
    assert!(matches!(parse(r#"{"type":"refresh"}"#), Ok(ClientMessage::Refresh)));
    assert!(matches!(parse(r#"{"type":"logout"}"#), Ok(ClientMessage::Logout)));
    assert!(matches!(parse(r#"{"type":"ping","id":3}"#), Ok(ClientMessage::Ping(Some(3)))));
    assert!(matches!(parse(r#"{"type":"ping"}"#), Ok(ClientMessage::Ping(None))));
    let queue = |send: &str| parse(&format!(r#"{{"type":"queue","send":{send}}}"#));
    assert!(matches!(queue(r#""all""#), Ok(ClientMessage::Queue(QueueAnswer::All))));
    assert!(matches!(queue(r#""none""#), Ok(ClientMessage::Queue(QueueAnswer::None))));
    assert!(queue(r#""some""#).is_err() && queue("[-1]").is_err());
    let generation = parse(r#"{"type":"token_ack","generation":9}"#);
    assert!(matches!(generation, Ok(ClientMessage::TokenAck(TokenGeneration(9)))));
    let resized = parse(r#"{"type":"resize","columns":132,"rows":50,"screen_reader":false}"#);
    let Ok(ClientMessage::Resize(resize)) = resized else { panic!("{resized:?}") };
    let mut info = ClientInfo { mtts: Some(Mtts::SCREEN_READER), ..ClientInfo::default() };
    resize.apply(&mut info);
    assert_eq!(info.mtts, Some(Mtts(0)));
    assert_eq!(info.size, Some(WindowSize { columns: 132, rows: 50 }));
}

#[test]
fn what_is_wrong_is_said_without_what_was_typed() {
    for (text, expected) in [
        ("", "no JSON object (line 1, column 0)"),
        ("[1]", "a field has the wrong type or value (line 1, column 2)"),
        (r#"{"type":"input","line":"hunter2"}"#, "missing field seq"),
        (
            r#"{"type":"input","seq":1,"line":7}"#,
            "a field has the wrong type or value (line 1, column 32)",
        ),
        (r#"{"type":"input","seq":1,"line":"a","line":"hunter2"}"#, "duplicate field line"),
        (
            r#"{"type":"input","seq":-1,"line":"hunter2"}"#,
            "a field has the wrong type or value (line 1, column 24)",
        ),
        (
            r#"{"type":"ack","position":"nowhere"}"#,
            "a position is written <epoch>.<offset>: hexadecimal digits, a dot, decimal digits",
        ),
    ] {
        let why = malformed(text);
        assert_eq!(why, expected, "{text}");
        assert!(!why.contains("hunter2"));
    }
    let unknown = parse(r#"{"type":"dance\n"}"#);
    assert_eq!(unknown.unwrap_err(), Unreadable::UnknownType("dance\\n".to_owned()));
}

proptest! {
    #[test]
    fn no_text_does_harm(text in ".{0,200}", kind in "input|resume|open|gmcp|ack|queue|resize") {
        let _ = parse(&text);
        let _ = parse(&format!(r#"{{"type":"{kind}",{text}}}"#));
    }
}
