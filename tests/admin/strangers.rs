//! Who is nobody of the staff gets nothing, however often they try, and players do not feel it.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout};

use crate::desk::{By, Desk};
use crate::support::PATIENCE;
use crate::support::web::http::{self, Request};

const GUESSES: usize = 10_000;
const GUESSERS: usize = 50;

/// Many times what a line and its answer take: mudkeep, the guessers, the player and the game share a
/// thread here, and the machine may be busy.
const ECHO_TIME_MAX: Duration = Duration::from_secs(2);

fn stats() -> Request {
    Request::new("GET", "/api/v1/stats")
}

#[tokio::test]
async fn without_the_token_nothing_is_told_or_done() {
    let desk = Desk::new("").await;
    let alice = desk.player(By::Telnet, "alice").await;
    let id = desk.connection_of("alice").await;
    let (short, long) = (desk.token[1..].to_owned(), format!("{}x", desk.token));
    let wrong = format!("{}x", &desk.token[1..]);
    for method in ["GET", "POST", "DELETE", "PATCH"] {
        let answer = desk.raw(Request::new(method, format!("/api/v1/connections/{id}"))).await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (401, Some("Bearer")));
        assert_eq!(answer.json()["error"]["code"], "unauthorized");
        assert!(!answer.body.contains(&id));
    }
    for token in ["", "x", &short, &long, &wrong, &desk.token.to_lowercase()] {
        assert_eq!(desk.raw(stats().bearer(token)).await.status, 401, "{token}");
    }
    for (name, value) in [
        ("Authorization", desk.token.clone()),
        ("Authorization", format!("Basic {}", desk.token)),
        ("Authorization", format!("Token {}", desk.token)),
        ("Cookie", format!("token={}", desk.token)),
        ("X-Api-Key", desk.token.clone()),
    ] {
        assert_eq!(desk.raw(stats().header(name, &value)).await.status, 401, "{name}");
    }
    for query in ["token", "access_token", "authorization"] {
        let path = format!("/api/v1/stats?{query}={}", desk.token);
        assert_eq!(desk.raw(Request::new("GET", path)).await.status, 401, "{query}");
    }
    for path in ["/api/v1/nothing", "/api/v2/health", "/metrics", "/api"] {
        assert_eq!(desk.raw(Request::new("GET", path)).await.status, 401, "{path}");
    }
    alice.act().await;
}

#[tokio::test]
async fn strangers_cannot_push_out_of_the_events_what_has_happened() {
    let desk = Desk::new("limits.events_max = 100").await;
    let _alice = desk.player(By::Telnet, "alice").await;
    for number in 0..150 {
        let request = match number % 2 {
            0 => stats(),
            _ => stats().bearer(&desk.token).header("Origin", "http://evil.example"),
        };
        assert!(matches!(desk.raw(request).await.status, 401 | 403));
    }
    let mut events = desk.events("?after=0").await;
    let first = events.next().await.unwrap();
    assert_eq!((first.id, &*first.name), (Some(1), "connected"), "{first:?}");
    assert_eq!(events.expect("admin").await["status"], 401);
}

/// What one guesser is answered; every other one keeps its connection.
async fn guess(address: std::net::SocketAddr, number: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    let mut kept: Option<TcpStream> = None;
    for guess in 0..GUESSES / GUESSERS {
        let mut stream = match kept.take() {
            Some(stream) => stream,
            None => TcpStream::connect(address).await.unwrap(),
        };
        let keeps = number.is_multiple_of(2);
        let connection = if keeps { "keep-alive" } else { "close" };
        let token = format!("{:043}", number * GUESSES + guess);
        let head = format!(
            "GET /api/v1/stats HTTP/1.1\r\nHost: localhost\r\nConnection: {connection}\r\n\
             Authorization: Bearer {token}\r\n\r\n"
        );
        let _ = stream.write_all(head.as_bytes()).await;
        let answer = http::read_answer(&mut stream).await;
        statuses.push(answer.status);
        if answer.status == 429 {
            assert!(answer.header("retry-after").is_some());
        }
        if keeps && answer.status != 0 && answer.header("connection") != Some("close") {
            kept = Some(stream);
        }
    }
    statuses
}

#[tokio::test]
async fn ten_thousand_guesses_let_nobody_in_and_a_player_does_not_feel_them() {
    let desk = Desk::new("admin.connections_max = 100").await;
    let alice = desk.player(By::Telnet, "alice").await;
    let mut guessers = JoinSet::new();
    for number in 0..GUESSERS {
        guessers.spawn(guess(desk.world.proxy.admin_address(), number));
    }
    let (mut statuses, mut times) = (Vec::new(), Vec::new());
    while !guessers.is_empty() {
        let begun = Instant::now();
        alice.act().await;
        times.push(begun.elapsed());
        // The staff is let in all the while.
        if times.len() % 20 == 1 {
            assert_eq!(desk.raw(stats().bearer(&desk.token)).await.status, 200);
        }
        while let Some(done) = guessers.try_join_next() {
            statuses.extend(done.unwrap());
        }
    }
    let count = |status: u16| statuses.iter().filter(|one| **one == status).count();
    assert_eq!(statuses.len(), GUESSES);
    assert_eq!(count(401) + count(429), GUESSES, "nothing else is answered");
    let refused = count(401);
    assert!((30..=90).contains(&refused), "{refused} guesses were looked at");
    times.sort();
    let p99 = times[times.len() * 99 / 100];
    println!("{} lines meanwhile, p99 {p99:?}; {refused} were looked at", times.len());
    assert!(p99 < ECHO_TIME_MAX, "{p99:?}");
    assert_eq!(desk.raw(stats().bearer(&desk.token)).await.status, 200);
}

#[tokio::test]
async fn names_of_other_machines_and_pages_of_other_sites_are_refused() {
    let desk = Desk::new("").await;
    let address = desk.world.proxy.admin_address();
    let ask = async |headers: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let token = &desk.token;
        let head = format!(
            "GET /api/v1/stats HTTP/1.1\r\nConnection: close\r\n\
             Authorization: Bearer {token}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        http::read_answer(&mut stream).await.status
    };
    for host in ["localhost", "127.0.0.1", "[::1]:4090", "LOCALHOST:1"] {
        assert_eq!(ask(&format!("Host: {host}\r\n")).await, 200, "{host}");
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", ""] {
        assert_eq!(ask(&format!("Host: {host}\r\n")).await, 403, "{host}");
    }
    let own = format!("Host: {address}\r\nOrigin: http://{address}\r\n");
    assert_eq!(ask(&own).await, 200);
    for origin in ["http://evil.example", "null", "https://localhost", "http://127.0.0.1:1"] {
        let headers = format!("Host: {address}\r\nOrigin: {origin}\r\n");
        assert_eq!(ask(&headers).await, 403, "{origin}");
    }
}

#[tokio::test]
async fn requests_that_are_too_much_or_too_slow_are_ended() {
    let desk =
        Desk::new("limits.request_timeout = \"1s\"\nlimits.message_bytes_max = \"4KiB\"").await;
    let long = json!({"text": "x".repeat(5000)});
    let answer = desk.send("POST", "notices", long).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (413, &json!("too_large")));
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
        let request = Request::new("POST", "/api/v1/notices").header("Content-Type", kind);
        let answer = desk.raw(request.body("{\"text\": \"a\"}").bearer(&desk.token)).await;
        assert_eq!(answer.status, 415, "{kind}");
    }
    let slow = async |begin: String| {
        let mut stream = TcpStream::connect(desk.world.proxy.admin_address()).await.unwrap();
        stream.write_all(begin.as_bytes()).await.unwrap();
        let mut bytes = Vec::new();
        let ends = stream.read_to_end(&mut bytes);
        let _ = timeout(PATIENCE, ends).await.expect("it is ended");
        String::from_utf8_lossy(&bytes).into_owned()
    };
    slow("GET /api/v1/stats HTTP/1.1\r\nHost: loc".to_owned()).await;
    let body = format!(
        "POST /api/v1/notices HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Authorization: Bearer {}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{",
        desk.token
    );
    let answer = slow(body).await;
    assert!(answer.starts_with("HTTP/1.1 400") || answer.is_empty(), "{answer}");
    // A head that has no end.
    let huge = format!("GET /api/v1/stats HTTP/1.1\r\nX: {}\r\n", "x".repeat(1 << 20));
    let mut stream = TcpStream::connect(desk.world.proxy.admin_address()).await.unwrap();
    let _ = timeout(PATIENCE, stream.write_all(huge.as_bytes())).await.expect("it is ended");
    let answer = http::read_answer(&mut stream).await;
    assert!(matches!(answer.status, 0 | 400 | 431), "{}", answer.head);
    assert_eq!(desk.get("health").await["status"], "ok");
}

#[tokio::test]
async fn so_many_connections_are_served_and_no_more() {
    let desk = Desk::new("admin.connections_max = 3").await;
    let address = desk.world.proxy.admin_address();
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(desk.events("").await);
    }
    assert_eq!(desk.ask("GET", "stats").await.status, 200, "the third");
    held.push(desk.events("").await);
    let mut fourth = TcpStream::connect(address).await.unwrap();
    let answer = http::read_answer(&mut fourth).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")));
    // Players are none of them.
    let alice = desk.player(By::WebSocket, "alice").await;
    held.pop();
    let begun = Instant::now();
    while desk.ask("GET", "stats").await.status != 200 {
        assert!(begun.elapsed() < PATIENCE, "there is room again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    alice.act().await;
}

#[tokio::test]
async fn other_methods_are_refused_with_those_that_there_are() {
    let desk = Desk::new("").await;
    for (method, path, allow) in [
        ("POST", "health", "GET"),
        ("PUT", "bans", "GET, POST"),
        ("GET", "notices", "POST"),
        ("DELETE", "connections", "GET"),
        ("PATCH", "sessions/00000000-0000-0000-0000-000000000001", "GET, DELETE"),
    ] {
        let answer = desk.ask(method, path).await;
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{method} {path}");
    }
}
