//! What players say: each line once and in order, and a clear answer to what is no message.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as RawFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::site::{dial, player, site};
use crate::support::web::{Answer, BOTH, Closed, Kept, Player, Request, Via, open};
use crate::world::{World, texts};

fn input(seq: u64, line: &str) -> Value {
    json!({"type": "input", "seq": seq, "line": line})
}

/// The lines after those of the login.
async fn heard(world: &World, alice: &Player) -> Vec<String> {
    alice.act().await;
    let all = world.game.heard("alice");
    all.into_iter().filter(|line| !line.starts_with("web act")).collect()
}

#[tokio::test]
async fn a_line_is_done_once_however_often_it_comes_and_none_is_skipped() {
    for via in BOTH {
        let world = site("").await;
        let alice = player(&world, via, "alice").await;
        let seen = alice.kept().input_seen;
        alice.send(input(seen + 1, "one")).await;
        alice.send_all(vec![input(seen + 1, "one"), input(seen, "zero")]).await;
        let gap = alice.send(input(seen + 3, "three")).await;
        let error = alice.expect_error("input_gap").await;
        assert_eq!(error["expected"], seen + 2);
        if let Some(answer) = gap {
            assert_eq!(answer.status, 409);
        }
        alice.send_all(vec![input(seen + 2, "two"), input(seen + 3, "three")]).await;
        alice.send(input(seen + 4, "")).await;
        alice.send(input(seen + 5, "five")).await;
        alice.expect_text("You do: five").await;
        let acks = alice.all("input_ack");
        assert_eq!(acks.last().unwrap()["seq"], seen + 5);
        let heard = world.game.heard("alice");
        assert_eq!(heard[heard.len() - 5..], ["one", "two", "three", "", "five"], "{via:?}");
    }
}

#[tokio::test]
async fn what_stands_before_a_line_that_is_refused_is_done() {
    let world = site("").await;
    let alice = player(&world, Via::Sse, "alice").await;
    let seen = alice.kept().input_seen;
    let batch = vec![input(seen + 1, "one"), input(seen + 2, "two"), input(seen + 9, "nine")];
    let answer = alice.send_all(batch).await.unwrap();
    assert_eq!(answer.refusal(), (409, "input_gap".to_owned()));
    assert_eq!(answer.json()["expected"], seen + 3);
    let rest = alice.send_all((3..=60).map(|n| input(seen + n, &format!("n{n}"))).collect()).await;
    assert_eq!(rest.unwrap().json()["input_seen"], seen + 60);
    alice.expect_text("You do: n60").await;
    let heard = world.game.heard("alice");
    let numbered: Vec<String> = (3..=60).map(|n| format!("n{n}")).collect();
    assert_eq!(heard[heard.len() - 58..], numbered);
    assert_eq!(heard[heard.len() - 60..heard.len() - 58], ["one", "two"]);
}

/// A POST of this body.
async fn posts(world: &World, kept: &Kept, body: impl Into<Vec<u8>>) -> Answer {
    let path = format!("/api/messages/{}", kept.connection_id);
    dial(world, Via::Sse).ask(Request::new("POST", path).bearer(&kept.token).json(body)).await
}

#[tokio::test]
async fn a_post_that_is_no_message_is_refused_and_says_why() {
    let world = site("").await;
    let alice = player(&world, Via::Sse, "alice").await;
    let kept = alice.kept();
    let long = |bytes: usize| format!("[{}{}]", r#"{"type":"ping"}"#, " ".repeat(bytes - 17));
    let many = |count: usize| Value::from(vec![json!({"type": "ping"}); count]).to_string();
    for (body, status, code) in [
        (long(16 * 1024), 200, ""),
        (long(16 * 1024 + 1), 413, "too_big"),
        (long(100 * 1024), 413, "too_big"),
        (many(64), 200, ""),
        (many(65), 413, "too_big"),
        ("[]".to_owned(), 200, ""),
        (String::new(), 400, "malformed"),
        ("[{]".to_owned(), 400, "malformed"),
        ("{\"type\":\"ping\"}".to_owned(), 400, "malformed"),
        ("[1]".to_owned(), 400, "malformed"),
        ("[{\"type\":\"ping\"}] x".to_owned(), 400, "malformed"),
        ("[{\"type\":\"input\",\"seq\":-1,\"line\":\"x\"}]".to_owned(), 400, "malformed"),
        ("[{\"type\":\"input\",\"seq\":1}]".to_owned(), 400, "malformed"),
        ("[{\"type\":\"dance\"}]".to_owned(), 400, "unknown_type"),
        ("[{\"type\":\"open\"}]".to_owned(), 400, "malformed"),
        ("[{\"type\":\"ack\",\"position\":\"x\"}]".to_owned(), 400, "malformed"),
        ("[{\"type\":\"ping\",\"more\":{\"a\":[1]}}]".to_owned(), 200, ""),
    ] {
        let answer = posts(&world, &kept, &*body).await;
        let shown: String = body.chars().take(60).collect();
        assert_eq!(answer.refusal(), (status, code.to_owned()), "{shown} {}", answer.body);
    }
    let answer = posts(&world, &kept, b"[\"\xff\"]".to_vec()).await;
    assert_eq!(answer.refusal(), (400, "malformed".to_owned()));
    alice.act().await;
}

#[tokio::test]
async fn a_post_needs_its_content_type_and_its_token() {
    let world = site("").await;
    let alice = player(&world, Via::Sse, "alice").await;
    let kept = alice.kept();
    let dial = dial(&world, Via::Sse);
    let path = format!("/api/messages/{}", kept.connection_id);
    let post = || Request::new("POST", &path);
    let ping = "[{\"type\":\"ping\"}]";
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let request = post().bearer(&kept.token).header("Content-Type", kind).body(ping);
        assert_eq!(dial.ask(request).await.refusal(), (400, "malformed".to_owned()), "{kind}");
    }
    let kind = "Application/JSON; charset=utf-8";
    let request = post().bearer(&kept.token).header("Content-Type", kind).body(ping);
    assert_eq!(dial.ask(request).await.status, 200);
    let invalid = (401, "token_invalid".to_owned());
    assert_eq!(dial.ask(post().json(ping)).await.refusal(), invalid);
    let basic = post().header("Authorization", &format!("Basic {}", kept.token));
    assert_eq!(dial.ask(basic.json(ping)).await.refusal(), invalid);
    let bob = player(&world, Via::Sse, "bob").await.kept().token;
    assert_eq!(dial.ask(post().bearer(&bob).json(ping)).await.refusal(), invalid);
    let get = Request::new("GET", &path);
    assert_eq!(dial.ask(get).await.status, 404);
    let put = Request::new("PUT", &path).body("x");
    assert_eq!(dial.ask(put).await.status, 405);
    alice.act().await;
}

#[tokio::test]
async fn a_token_that_was_just_replaced_is_called_old() {
    let world = site("").await;
    let alice = player(&world, Via::Sse, "alice").await;
    let old = alice.kept();
    alice.send(json!({"type": "refresh"})).await;
    let token = alice.expect("token").await;
    assert_ne!(token["token"], *old.token);
    let ping = "[{\"type\":\"ping\"}]";
    assert_eq!(posts(&world, &old, ping).await.status, 200, "it may not have come yet");
    alice.token_ack().await;
    let answer = posts(&world, &old, ping).await;
    assert_eq!(answer.refusal(), (401, "token_old".to_owned()));
    alice.act().await;
    assert!(alice.all("notice").is_empty(), "nobody has a copy");
    crate::support::web::jump(Duration::from_secs(61)).await;
    let answer = posts(&world, &old, ping).await;
    assert_eq!(answer.refusal(), (401, "token_reused".to_owned()));
}

/// What ends a connection that says this, and with which code.
async fn ends(world: &World, first: Option<Value>, frames: Vec<Frame>) -> Closed {
    let dial = dial(world, Via::WebSocket);
    let player = dial.begin(first.unwrap_or_else(open)).await;
    for frame in frames {
        player.socket().frame(frame).await;
    }
    player.closed().await
}

#[tokio::test]
async fn a_websocket_that_breaks_the_protocol_is_closed_with_its_code() {
    let world = site("").await;
    let code = |closed: Closed| match closed {
        Closed::WebSocket(code, _) => code,
        other => panic!("{other:?}"),
    };
    let line = |bytes: usize| format!("{{\"type\":\"ping\",\"x\":\"{}\"}}", "y".repeat(bytes - 22));
    let big = vec![Frame::text(line(16 * 1024 + 1))];
    assert_eq!(code(ends(&world, None, big).await), 1009);
    let text = |bytes: &'static [u8]| {
        vec![Frame::Frame(RawFrame::message(bytes, OpCode::Data(Data::Text), true))]
    };
    assert_eq!(code(ends(&world, None, text(b"{\"type\":\"\xff\"}")).await), 1007);
    for first in [json!({"type": "ping"}), json!({"type": "input", "seq": 1, "line": "x"})] {
        assert_eq!(code(ends(&world, Some(first), vec![]).await), 1008);
    }
    assert_eq!(code(ends(&world, Some(json!({"type": "dance"})), vec![]).await), 1008);
    assert_eq!(code(ends(&world, Some(json!([1])), vec![]).await), 1008);
    let player = dial(&world, Via::WebSocket).open().await;
    player.socket().frame(Frame::text(line(16 * 1024))).await;
    player.expect("pong").await;
    player.socket().raw(b"\xff\x80\0\0\0\0").await;
    assert_eq!(code(player.closed().await), 1002);
}

#[tokio::test]
async fn what_is_not_understood_is_answered_and_ends_nothing() {
    for via in BOTH {
        let world = site("").await;
        let alice = player(&world, via, "alice").await;
        for (message, code) in [
            (json!({"type": "dance"}), "unknown_type"),
            (json!({"type": "input", "line": "hunter2"}), "malformed"),
            (json!({"type": "gmcp", "package": "a b"}), "malformed"),
            (open(), "malformed"),
        ] {
            alice.send(message).await;
            let error = alice.expect_error(code).await;
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        if via == Via::WebSocket {
            alice.socket().frame(Frame::binary(b"north".to_vec())).await;
            alice.expect_error("malformed").await;
            alice.socket().text("{".to_owned()).await;
            alice.expect_error("malformed").await;
        }
        alice.send(json!({"type": "ping", "new": [1, {}], "id": 3})).await;
        assert_eq!(alice.expect("pong").await["id"], 3);
        alice.act().await;
    }
}

#[tokio::test]
async fn who_says_nothing_is_closed_in_time() {
    let world = site("limits.request_timeout = \"1s\"").await;
    let start = Instant::now();
    let silent = dial(&world, Via::WebSocket).shake().await;
    let closed = silent.closed().await;
    assert_eq!(closed, Closed::WebSocket(1008, "nothing was said in time".to_owned()));
    assert!(start.elapsed() < Duration::from_secs(3));
    world.proxy.until_empty().await;
}

#[tokio::test]
async fn a_player_who_is_there_and_says_nothing_stays() {
    for via in BOTH {
        let world = site("").await;
        let alice = player(&world, via, "alice").await;
        for _ in 0..3 {
            for _ in 0..2 {
                crate::support::web::jump(Duration::from_secs(20)).await;
                // Whatever was asked has been answered when this has made its way.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            crate::support::web::jump(Duration::from_secs(9)).await;
            world.game.say("alice", "A bell.\r\n");
            alice.expect_text("A bell.\r\n").await;
        }
        assert!(!alice.is_closed());
        alice.act().await;
    }
}

#[tokio::test]
async fn a_websocket_that_answers_no_ping_is_given_up_and_told_so() {
    let world = site("").await;
    let alice = player(&world, Via::WebSocket, "alice").await;
    alice.stall();
    crate::support::web::jump(Duration::from_secs(20)).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    crate::support::web::jump(Duration::from_secs(10)).await;
    let start = Instant::now();
    world.proxy.until("she is held", |c| (c.connections, c.sessions) == (0, 1)).await;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    alice.unstall();
    assert_eq!(alice.closed().await, Closed::WebSocket(4408, "no answer".to_owned()));
}

#[tokio::test]
async fn a_line_that_is_too_long_is_cut_and_that_is_said() {
    for via in BOTH {
        let world = site("limits.line_bytes_max = \"100B\"").await;
        let alice = player(&world, via, "alice").await;
        for length in [99, 100, 101, 10_000] {
            alice.line(&"x".repeat(length)).await;
            alice.expect_text(&format!("You do: {}\r\n", "x".repeat(length.min(100)))).await;
            if length > 100 {
                let notice = alice.expect("notice").await;
                assert_eq!(notice["text"], *texts().line_too_long(100).unwrap());
            }
        }
        alice.line(&"\u{e9}".repeat(51)).await;
        alice.expect_text(&format!("You do: {}\r\n", "\u{e9}".repeat(50))).await;
        assert_eq!(alice.all("notice").len(), 3);
    }
}

#[tokio::test]
async fn over_the_rate_lines_are_delayed_and_none_is_lost() {
    for via in BOTH {
        let settings = "limits.lines_burst = 20\nlimits.lines_per_minute = 6_000";
        let world = site(settings).await;
        let alice = player(&world, via, "alice").await;
        let seen = alice.kept().input_seen;
        let start = Instant::now();
        for batch in [1..=60, 61..=120] {
            let lines = batch.map(|n| input(seen + n, &format!("n{n}"))).collect();
            if let Some(answer) = alice.send_all(lines).await {
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
        }
        alice.expect_text("You do: n120\r\n").await;
        // A line each 10 ms, but for the 20 that may go at once.
        assert!(start.elapsed() >= Duration::from_millis(900), "{:?}", start.elapsed());
        let expected: Vec<String> = (1..=120).map(|n| format!("n{n}")).collect();
        assert_eq!(heard(&world, &alice).await, expected, "{via:?}");
    }
}

#[tokio::test]
async fn over_bytes_per_second_messages_are_delayed_and_none_is_lost() {
    for via in BOTH {
        let settings = "limits.bytes_per_second = 8_000\nlimits.bytes_burst = 2_000";
        let world = site(settings).await;
        let alice = player(&world, via, "alice").await;
        let seen = alice.kept().input_seen;
        let (start, mut sent) = (Instant::now(), 0);
        for n in 1..=10 {
            let line = format!("n{n}{}", "x".repeat(900));
            let messages = vec![input(seen + n, &line)];
            sent += messages[0].to_string().len();
            if let Some(answer) = alice.send_all(messages).await {
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
        }
        alice.expect_text("You do: n10x").await;
        // The last one need not have gone before it is heard.
        let least = Duration::from_millis((sent as u64 - 2_000 - 2_000) / 8);
        assert!(start.elapsed() >= least, "{via:?} {:?} {sent}", start.elapsed());
        assert!(start.elapsed() < 3 * least, "{via:?} {:?} {sent}", start.elapsed());
        assert_eq!(heard(&world, &alice).await.len(), 10, "{via:?}");
    }
}

#[tokio::test]
async fn no_line_end_and_no_telnet_in_a_line_reaches_the_game_as_such() {
    for via in BOTH {
        let world = site("").await;
        let alice = player(&world, via, "alice").await;
        alice.line("one\r\nquit\nthree\u{0}").await;
        alice.line("\u{ff}\u{fffd}caf\u{e9}").await;
        alice.expect_text("caf\u{e9}\r\n").await;
        let heard = heard(&world, &alice).await;
        assert!(heard.iter().all(|line| line != "quit"), "{heard:?}");
        assert!(world.game.violations().is_empty(), "{:?}", world.game.violations());
        assert_eq!(world.game.open(), 1);
    }
}
