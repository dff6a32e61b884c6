//! What clients are told, character by character.

use uuid::Uuid;

use super::*;
use crate::ids::{Epoch, SessionId, TokenGeneration, User, UserKey};
use crate::secret::Line;
use crate::session::queue::QueueNumber;
use crate::session::token::Secret;

fn grant() -> Grant {
    Grant {
        session_id: SessionId(Uuid::from_u128(7)),
        secret: Secret::parse(&[b'x'; 32]).unwrap(),
        generation: TokenGeneration(3),
        ttl: Duration::from_secs(60),
    }
}

fn user() -> User {
    User { name: "Ada \"L\"".into(), key: UserKey("ada".into()) }
}

fn at() -> Position {
    Position::new(Epoch(0xfe), Offset(12))
}

fn around() -> Around {
    Around {
        connection: ConnectionId(Uuid::from_u128(9)),
        state: State::Playing,
        echo_hidden: true,
        now: UtcDateTime::from_unix_timestamp(1_893_456_000).unwrap(),
    }
}

fn welcomed(via: Via) -> Welcome {
    Welcome {
        session: SessionId(Uuid::from_u128(7)),
        position: at(),
        grant: Some(grant()),
        user: Some(user()),
        gap: Some((Offset(3), Offset(12))),
        reset: false,
        input_seen: InputSeq(5),
        via,
        tell_token: false,
        queued: Vec::new(),
    }
}

#[test]
fn a_welcome_says_where_the_client_is() {
    let message = welcome(&welcomed(Via::Token), around(), |_| unreachable!());
    let token = grant().token(UtcDateTime::from_unix_timestamp(1_893_456_060).unwrap());
    let expected = format!(
        r#"{{"type":"resumed","session_id":"00000000-0000-0000-0000-000000000007","connection_id":"00000000-0000-0000-0000-000000000009","token":"{}","expires_at":"2030-01-01T00:01:00Z","generation":3,"position":"fe.12","input_seen":5,"state":"playing","echo":false,"user":"Ada \"L\"","gap":{{"from":3,"to":12}}}}"#,
        *token
    );
    assert_eq!(*message.json, expected);
    assert_eq!(message.position, Some(at()));
}

#[test]
fn a_new_session_is_opened_and_has_what_waits() {
    let line =
        Queued { number: QueueNumber(4), line: Line::from("north"), at: crate::clock::now() };
    let new =
        Welcome { queued: vec![line], gap: None, user: None, reset: true, ..welcomed(Via::Opened) };
    let message = welcome(&new, around(), |_| ("north".to_owned(), Duration::from_secs(9)));
    assert!(message.json.starts_with(r#"{"type":"opened","#));
    let end = r#""reset":true,"queued":[{"seq":4,"line":"north","age_s":9}]}"#;
    assert!(message.json.ends_with(end), "{}", *message.json);
}

#[test]
fn the_rest_is_as_the_contract_says() {
    let raw = RawValue::from_string("{\"hp\": 5}".to_owned()).unwrap();
    let some = Some(at());
    for (message, expected) in [
        (
            ServerMessage::Output { position: some, text: "a\u{1b}[0m\r\n" },
            r#"{"type":"output","position":"fe.12","text":"a\u001b[0m\r\n"}"#,
        ),
        (ServerMessage::Output { position: None, text: "a" }, r#"{"type":"output","text":"a"}"#),
        (ServerMessage::Prompt { position: at() }, r#"{"type":"prompt","position":"fe.12"}"#),
        (ServerMessage::Echo { on: false }, r#"{"type":"echo","on":false}"#),
        (
            ServerMessage::Gmcp { position: some, package: "A.B", data: &raw },
            r#"{"type":"gmcp","position":"fe.12","package":"A.B","data":{"hp": 5}}"#,
        ),
        (ServerMessage::Live, r#"{"type":"live"}"#),
        (ServerMessage::Gap((Offset(1), Offset(2)).into()), r#"{"type":"gap","from":1,"to":2}"#),
        (ServerMessage::Pong { id: None }, r#"{"type":"pong"}"#),
        (
            ServerMessage::Session { state: "held", connection_id: None },
            r#"{"type":"session","state":"held"}"#,
        ),
        (
            ServerMessage::Error {
                code: "busy",
                message: "later",
                expected: None,
                seq: Some(7),
                user: None,
            },
            r#"{"type":"error","code":"busy","message":"later","seq":7}"#,
        ),
    ] {
        assert_eq!(*Message::of(&message).json, expected);
    }
    let over = closing(Closing::Shutdown, "bye");
    assert_eq!(
        *over.json,
        r#"{"type":"closing","reason":"shutdown","message":"bye","resume":true}"#
    );
    let in_game = Authenticated {
        user: Some(user()),
        session: SessionId(Uuid::from_u128(7)),
        grant: grant(),
        position: at(),
        tell_token: false,
    };
    let told = authenticated(&in_game, around().now);
    assert!(told.json.contains(r#""generation":3,"position":"fe.12"}"#), "{}", *told.json);
}

#[test]
fn a_message_with_a_token_was_never_moved_for_want_of_room() {
    let message = welcome(&welcomed(Via::Token), around(), |_| unreachable!());
    assert!(message.json.len() < TOKEN_MESSAGE_BYTES / 2);
}
