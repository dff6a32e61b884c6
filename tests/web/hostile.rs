//! Clients that are slow, silent, broken or many: they lose their own connection in time, and cost
//! nobody else anything.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::Message as Frame;

use crate::site::{dial, player, player_by, site};
use crate::support::PATIENCE;
use crate::support::web::http::read_answer;
use crate::support::web::{BOTH, Closed, Request, Via};
use crate::world::World;

/// Reads until the other side has closed; all that came.
async fn to_the_end(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut buffer = [0; 1024];
    let read = async {
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            all.extend_from_slice(&buffer[..count]);
        }
    };
    timeout(PATIENCE, read).await.expect("it is closed");
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test]
async fn slow_heads_and_bodies_have_a_deadline() {
    let world = site("limits.request_timeout = \"1s\"").await;
    let bob = player(&world, Via::WebSocket, "bob").await;
    let sse = dial(&world, Via::Sse);
    for begun in ["", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: "] {
        let start = Instant::now();
        let mut stream = sse.stream().await;
        stream.write_all(begun.as_bytes()).await.unwrap();
        to_the_end(&mut stream).await;
        assert!(start.elapsed() < Duration::from_secs(3), "{begun:?}");
    }
    let mut stream = sse.stream().await;
    let head = "POST /api/session HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n\
        Content-Length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = read_answer(&mut stream).await;
    assert_eq!(answer.refusal(), (408, "late".to_owned()));
    bob.act().await;
    drop(stream);
    world.proxy.until("only Bob is in", |counts| counts.connections == 1).await;
}

#[tokio::test]
async fn what_is_no_http_is_turned_away() {
    let world = site("").await;
    let sse = dial(&world, Via::Sse);
    for garbage in [
        &b"\xff\xfb\x1f\xff\xfb\x18alice\r\nsekrit\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\r\n\r\n",
        b"GET /ws HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    ] {
        let mut stream = sse.stream().await;
        stream.write_all(garbage).await.unwrap();
        stream.shutdown().await.unwrap();
        let said = to_the_end(&mut stream).await;
        let refused = said.is_empty() || said.starts_with("HTTP/1.1 4");
        assert!(refused, "{} {said}", garbage.escape_ascii());
    }
    let mut stream = sse.stream().await;
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(100_000));
    let _ = stream.write_all(long.as_bytes()).await;
    assert!(!to_the_end(&mut stream).await.starts_with("HTTP/1.1 2"));
    world.proxy.until_empty().await;
    player(&world, Via::Sse, "alice").await.act().await;
}

#[tokio::test]
async fn clients_that_never_read_are_cut_off_and_nobody_else_feels_them() {
    for via in BOTH {
        let settings = "limits.slow_timeout = \"1s\"\nlimits.send_buffer_bytes = \"4KiB\"\n\
            limits.stream_grace = \"1s\"\nsession.history = \"64KiB\"";
        let world = site(settings).await;
        let bob = player(&world, via, "bob").await;
        let alice = player_by(&dial(&world, via).receive_bytes(4096), "alice").await;
        alice.stall();
        let start = Instant::now();
        world.game.flood("alice", 100_000).await;
        let mut longest = Duration::ZERO;
        while start.elapsed() < Duration::from_millis(500) {
            let asked = Instant::now();
            bob.act().await;
            longest = longest.max(asked.elapsed());
        }
        assert!(longest < Duration::from_millis(500), "{longest:?}");
        let bobs = if via == Via::Sse { 2 } else { 1 };
        world.proxy.until("she is cut off", |c| c.connections <= bobs + 1).await;
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        assert_eq!(world.proxy.counts().sessions, 2, "her session is held");
        assert!(world.proxy.memory_used() < 512 * 1024);
        let kept = alice.vanish().await;
        let alice = dial(&world, via).resume(kept.resume()).await;
        alice.act().await;
        bob.act().await;
    }
}

#[tokio::test]
async fn who_asks_and_never_reads_the_answers_is_not_listened_to_without_end() {
    let world = site("limits.send_buffer_bytes = \"4KiB\"").await;
    let bob = player(&world, Via::WebSocket, "bob").await;
    let dial = dial(&world, Via::WebSocket).receive_bytes(4096);
    for flood in [Frame::text("{\"type\":\"ping\"}"), Frame::text("{\"type\":\"x\"}")] {
        let alice = dial.open().await;
        alice.stall();
        // What the systems between take, and then no more: it would all become answers.
        let mut asked = 0;
        while timeout(Duration::from_secs(1), alice.socket().frame(flood.clone())).await.is_ok() {
            asked += 1;
            assert!(asked < 1_000_000, "all of it was taken in");
        }
        bob.act().await;
        alice.unstall();
        alice.until_answers(100).await;
    }
}

#[tokio::test]
async fn a_flood_of_pings_is_answered_and_disturbs_nobody() {
    let world = site("").await;
    let bob = player(&world, Via::WebSocket, "bob").await;
    let alice = player(&world, Via::WebSocket, "alice").await;
    for _ in 0..5_000 {
        alice.socket().frame(Frame::Ping(b"x".to_vec().into())).await;
    }
    let asked = Instant::now();
    bob.act().await;
    assert!(asked.elapsed() < Duration::from_secs(2));
    alice.act().await;
}

#[tokio::test]
async fn connections_that_say_nothing_are_gone_in_time() {
    let world = site("limits.request_timeout = \"2s\"").await;
    let bob = player(&world, Via::WebSocket, "bob").await;
    let tasks = world.proxy.tasks();
    let sse = dial(&world, Via::Sse);
    let mut silent = Vec::new();
    for number in 0..1_000 {
        let mut stream = sse.stream().await;
        if number % 2 == 0 {
            let shake = Request::new("GET", "/ws").upgrade("mudkeep.v1").bytes("a", &[]);
            stream.write_all(&shake).await.unwrap();
        }
        silent.push(stream);
    }
    bob.act().await;
    world.proxy.until("they are gone", |counts| counts.connections == 1).await;
    world.proxy.until("their tasks too", |_| world.proxy.tasks() == tasks).await;
    bob.act().await;
}

#[tokio::test]
async fn the_limits_on_connections_are_exact() {
    let world = site("limits.connections_max = 3").await;
    let dial = dial(&world, Via::WebSocket);
    let one = dial.open().await;
    let (_two, _three) = (dial.open().await, dial.open().await);
    let over = read_answer(&mut dial.stream().await).await;
    assert_eq!((over.status, over.header("retry-after")), (503, Some("5")));
    one.vanish().await;
    world.proxy.until("there is room", |counts| counts.connections == 2).await;
    dial.open().await.expect_text("known? ").await;

    let world = site("limits.connections_per_address_max = 2").await;
    let dial = crate::site::dial(&world, Via::WebSocket);
    let (_one, _two) = (dial.open().await, dial.open().await);
    let over = read_answer(&mut dial.stream().await).await;
    assert_eq!((over.status, over.header("retry-after")), (429, Some("5")));
    dial.from(2).open().await.expect_text("known? ").await;
}

#[tokio::test]
async fn a_shutdown_tells_everybody_and_ends_in_time() {
    let world = site("").await;
    let alice = player(&world, Via::WebSocket, "alice").await;
    let bob = player(&world, Via::Sse, "bob").await;
    let lost = dial(&world, Via::Sse).from(2).open().await;
    lost.vanish().await;
    let watch = dial(&world, Via::Sse).watch(&bob.kept().session_id, &bob.kept().token).await;
    watch.expect_state("playing").await;
    let silent = dial(&world, Via::WebSocket).shake().await;
    let unproven = dial(&world, Via::Sse).watch_silently(&bob.kept().session_id).await;
    let World { proxy, game, .. } = world;
    let start = Instant::now();
    let told = async {
        for player in [&alice, &bob, &watch] {
            let closing = player.expect("closing").await;
            assert_eq!(closing["reason"], "shutdown");
            assert_eq!(closing["resume"], true);
        }
        for player in [&alice, &watch, &silent, &unproven] {
            assert_eq!(player.closed().await, Closed::WebSocket(1012, "shutdown".to_owned()));
        }
        bob.expect_end_of_stream().await;
    };
    let (in_time, ()) = tokio::join!(proxy.stop(), told);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(in_time);
    game.until("all are out of the game", |game| game.open() == 0).await;
}
