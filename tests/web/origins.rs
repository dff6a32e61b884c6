//! Whose pages may connect, and where a player comes from who reaches mudkeep through a web server.

use serde_json::json;

use crate::site::{dial, player, player_by, site, site_with};
use crate::support::web::{BOTH, Closed, Dial, Request, Via, open};
use crate::world::{World, texts};

const TRUSTED: &str = ", trusted = [\"127.0.0.1\"]";

/// What is answered to a handshake and to a POST that a page of this site sends.
async fn answers(dial: &Dial, origin: Option<&str>) -> [u16; 2] {
    let with = |request: Request| match origin {
        Some(origin) => request.header("Origin", origin),
        None => request,
    };
    let handshake = with(Request::new("GET", "/ws").upgrade("mudkeep.v1"));
    let post = with(Request::new("POST", "/api/session").json(open().to_string()));
    let handshake = dial.ask(handshake).await;
    let post = dial.ask(post).await;
    if post.status == 403 {
        assert_eq!(post.refusal().1, "origin");
    }
    [handshake.status, post.status]
}

#[tokio::test]
async fn pages_of_other_sites_are_refused_before_anything_else() {
    let world = site_with("", ", origins = [\"https://mud.example.org\"]").await;
    let dial = dial(&world, Via::Sse);
    let own = format!("http://{}", world.proxy.http_address());
    for (origin, expected) in [
        (None, [101, 200]),
        (Some(&*own), [101, 200]),
        (Some("https://mud.example.org"), [101, 200]),
        (Some("http://mud.example.org"), [403, 403]),
        (Some("https://evil.example"), [403, 403]),
        (Some("https://mud.example.org.evil.example"), [403, 403]),
        (Some("http://127.0.0.1"), [403, 403]),
        (Some("null"), [403, 403]),
        (Some(""), [403, 403]),
    ] {
        assert_eq!(answers(&dial, origin).await, expected, "{origin:?}");
    }
    let evil = |request: Request| request.header("Origin", "https://evil.example");
    for request in [
        Request::new("GET", "/api/events/x"),
        Request::new("POST", "/api/messages/x").json("[]"),
        Request::new("DELETE", "/api/session").bearer("x"),
        Request::new("GET", format!("/ws/session/{}", uuid::Uuid::nil())).upgrade("x"),
        Request::new("OPTIONS", "/api/session"),
    ] {
        assert_eq!(dial.ask(evil(request)).await.status, 403);
    }
    let page = dial.ask(evil(Request::new("GET", "/"))).await;
    assert_eq!(page.status, 200, "anybody may look at the page");
    assert!(page.header("content-security-policy").is_some());
}

#[tokio::test]
async fn a_handshake_that_is_none_is_told_what_is_missing() {
    let world = site("").await;
    let dial = dial(&world, Via::Sse);
    let upgrade = |protocol: &str| Request::new("GET", "/ws").upgrade(protocol);
    assert_eq!(dial.ask(upgrade("chat")).await.status, 400);
    assert_eq!(dial.ask(upgrade("chat, mudkeep.v1")).await.status, 101);
    let plain = Request::new("GET", "/ws").header("Sec-WebSocket-Protocol", "mudkeep.v1");
    let answer = dial.ask(plain).await;
    assert_eq!((answer.status, answer.header("upgrade")), (426, Some("websocket")));
    let answer = dial.ask(upgrade("mudkeep.v1")).await;
    assert_eq!(answer.header("sec-websocket-protocol"), Some("mudkeep.v1"));
    assert_eq!(answer.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    world.proxy.until("they are gone", |counts| counts.connections == 0).await;
}

/// A player who comes through a web server from this address.
fn through(world: &World, via: Via, address: &str) -> Dial {
    dial(world, via).header("X-Forwarded-For", address)
}

#[tokio::test]
async fn limits_are_those_of_the_real_address() {
    for via in BOTH {
        let settings = "limits.connections_per_address_max = 2";
        let world = site_with(settings, TRUSTED).await;
        let one = through(&world, via, "192.0.2.7").open().await;
        let two = through(&world, via, "8.8.8.8, 192.0.2.7").open().await;
        let request = match via {
            Via::WebSocket => Request::new("GET", "/ws").upgrade("mudkeep.v1"),
            Via::Sse => Request::new("POST", "/api/session").json(open().to_string()),
        };
        let over = through(&world, via, "192.0.2.7").ask(request).await;
        assert_eq!(over.refusal(), (429, "too_many".to_owned()), "{via:?}");
        assert!(over.header("retry-after").is_some());
        let three = through(&world, via, "192.0.2.8").open().await;
        for player in [&one, &two, &three] {
            player.expect_text("known? ").await;
        }
    }
}

#[tokio::test]
async fn a_header_of_somebody_who_is_not_trusted_changes_nothing() {
    for via in BOTH {
        let world = site("").await;
        assert!(world.proxy.ban("network:192.0.2.0/24", None));
        let alice = player_by(&through(&world, via, "192.0.2.7"), "alice").await;
        alice.act().await;
        assert!(world.proxy.ban("network:127.0.0.0/8", None));
        let closing = alice.expect("closing").await;
        assert_eq!((&closing["reason"], &closing["resume"]), (&json!("banned"), &json!(false)));
        match alice.closed().await {
            Closed::WebSocket(1008, reason) => assert_eq!(reason, "banned"),
            other => assert_eq!(other, Closed::Answered(403)),
        }
    }
}

#[tokio::test]
async fn bans_are_of_the_real_address() {
    for via in BOTH {
        let world = site_with("", TRUSTED).await;
        let alice = player_by(&through(&world, via, "192.0.2.7"), "alice").await;
        let bob = player_by(&through(&world, via, "192.0.2.8"), "bob").await;
        assert!(world.proxy.ban("network:192.0.2.7/32", None));
        let notice = alice.expect("notice").await;
        assert_eq!(notice["text"], *texts().banned("spam").unwrap());
        alice.expect("closing").await;
        let request = match via {
            Via::WebSocket => Request::new("GET", "/ws").upgrade("mudkeep.v1"),
            Via::Sse => Request::new("POST", "/api/session").json(open().to_string()),
        };
        let refused = through(&world, via, "192.0.2.7").ask(request).await;
        assert_eq!(refused.status, 403);
        assert_eq!(refused.json()["message"], *texts().banned("spam").unwrap());
        bob.act().await;
    }
}

#[tokio::test]
async fn a_cookie_is_secure_where_the_page_is() {
    let world = site_with("", TRUSTED).await;
    for (proto, secure) in [("https", true), ("http", false)] {
        let request = Request::new("POST", "/api/session").json(open().to_string());
        let answer = through(&world, Via::Sse, "192.0.2.7")
            .header("X-Forwarded-Proto", proto)
            .ask(request)
            .await;
        assert_eq!(answer.header("set-cookie").unwrap().ends_with("; Secure"), secure);
    }
    let world = site("").await;
    let request = Request::new("POST", "/api/session").json(open().to_string());
    let dial = dial(&world, Via::Sse).header("X-Forwarded-Proto", "https");
    assert!(!dial.ask(request).await.header("set-cookie").unwrap().contains("Secure"));
}

/// Addresses end up in logs, histories and the Referer header.
#[tokio::test]
async fn no_request_has_a_place_for_a_token_in_its_address() {
    let world = site("").await;
    let player = player(&world, Via::Sse, "alice").await;
    let (id, token) = (player.kept().connection_id, player.kept().token);
    let dial = dial(&world, Via::Sse);
    for path in
        [format!("/api/events/{id}?token={token}"), format!("/api/events/{id}?mudkeep={token}")]
    {
        let answer = dial.ask(Request::new("GET", path)).await;
        assert_eq!(answer.status, 204, "nobody's stream");
    }
    for (method, path) in [("DELETE", "/api/session"), ("POST", &*format!("/api/messages/{id}"))] {
        let request = Request::new(method, format!("{path}?token={token}")).json("[]");
        assert_eq!(dial.ask(request).await.refusal().0, 401, "{method}");
    }
    player.act().await;
}
