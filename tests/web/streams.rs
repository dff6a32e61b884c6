//! Streams of events: they break and are opened again, and what is said meanwhile waits.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::site::{dial, log_in, player, site};
use crate::support::web::{Answer, Closed, Kept, Player, Request, Via, jump};
use crate::world::{PASSWORD, World};

const SSE: Via = Via::Sse;

/// How long a client counts as attached without a stream.
const GRACE: Duration = Duration::from_secs(30);

async fn alice(world: &World) -> Player {
    player(world, SSE, "alice").await
}

/// Lines from this number on, posted for a connection.
async fn posts(world: &World, kept: &Kept, from: u64, lines: &[&str]) -> Answer {
    let lines = (from..).zip(lines);
    let lines = lines.map(|(seq, line)| json!({"type": "input", "seq": seq, "line": line}));
    let path = format!("/api/messages/{}", kept.connection_id);
    let request = Request::new("POST", path).bearer(&kept.token);
    dial(world, SSE).ask(request.json(Value::from_iter(lines).to_string())).await
}

async fn reopen(world: &World, kept: &Kept) -> Player {
    let player = dial(world, SSE).reopen(kept, Some(&kept.position)).await;
    player.expect("resumed").await;
    player.ack().await;
    player
}

/// Alice lost her stream, and her time without one is over.
async fn held(world: &World) -> Kept {
    let alice = alice(world).await;
    let watch = dial(world, SSE).watch(&alice.kept().session_id, &alice.kept().token).await;
    watch.expect_state("playing").await;
    let kept = alice.vanish().await;
    lost(world, 1).await;
    jump(GRACE).await;
    watch.expect_state("held").await;
    kept
}

/// The server has noticed that her stream is gone: she herself counts, and those who watch.
async fn lost(world: &World, watching: usize) {
    world.proxy.until("it is noticed", |counts| counts.connections == 1 + watching).await;
}

#[tokio::test]
async fn a_lost_stream_leaves_its_client_attached_for_a_while() {
    let world = site("").await;
    let alice = alice(&world).await;
    let watch = dial(&world, SSE).watch(&alice.kept().session_id, &alice.kept().token).await;
    watch.expect_state("playing").await;
    let kept = alice.vanish().await;
    lost(&world, 1).await;
    jump(GRACE - Duration::from_secs(1)).await;
    let said = posts(&world, &kept, kept.input_seen + 1, &["look"]).await;
    assert_eq!((said.status, said.json()["queued"].as_bool()), (200, None), "it is live");
    world.game.until("the game has it", |game| game.heard("alice").contains(&"look".into())).await;
    assert_eq!(watch.all("session").len(), 1, "nothing has changed");
    jump(Duration::from_secs(2)).await;
    watch.expect_state("held").await;
    let back = reopen(&world, &kept).await;
    back.expect_text("The Long Quay").await;
    watch.expect_state("playing").await;
    back.act().await;
}

#[tokio::test]
async fn lines_that_come_while_nobody_is_there_wait_and_are_sent_once_in_order() {
    let world = site("").await;
    let kept = held(&world).await;
    let next = kept.input_seen + 1;
    let said = posts(&world, &kept, next, &["one", "two", "three"]).await;
    assert_eq!(said.json(), json!({"input_seen": next + 2, "queued": true}));
    let again = posts(&world, &kept, next + 2, &["three", "four"]).await;
    assert_eq!(again.json(), json!({"input_seen": next + 3, "queued": true}));
    let gap = posts(&world, &kept, next + 5, &["six"]).await;
    assert_eq!(gap.refusal(), (409, "input_gap".to_owned()));
    assert_eq!(gap.json()["expected"], next + 4);
    let back = dial(&world, SSE).resume(kept.resume()).await;
    let welcome = back.all("resumed").remove(0);
    let queued = welcome["queued"].as_array().unwrap();
    let lines: Vec<&str> = queued.iter().map(|line| line["line"].as_str().unwrap()).collect();
    assert_eq!(lines, ["one", "two", "three", "four"]);
    assert!(queued.iter().all(|line| line["age_s"].is_u64()), "{queued:?}");
    let (first, third) = (&queued[0]["seq"], &queued[2]["seq"]);
    back.send(json!({"type": "queue", "send": [third, first]})).await;
    back.expect_text("You do: three\r\n").await;
    back.send(json!({"type": "queue", "send": "all"})).await;
    back.act().await;
    let heard = world.game.heard("alice");
    let heard: Vec<&str> = heard.iter().map(|line| &**line).skip(1).collect();
    assert_eq!(heard[..2], ["one", "three"], "in the order in which they came");
    assert_eq!(heard.len(), 3, "and the others are gone: {heard:?}");
}

#[tokio::test]
async fn what_becomes_of_them_can_be_said_with_the_resume_or_not_at_all() {
    for (queued, expected) in [(Some("all"), 2), (Some("none"), 0), (None, 0)] {
        for via in crate::support::web::BOTH {
            let world = site("").await;
            let kept = held(&world).await;
            posts(&world, &kept, kept.input_seen + 1, &["look one", "look two"]).await;
            let mut first = kept.resume();
            if let Some(queued) = queued {
                first["queued"] = json!(queued);
            }
            let back = dial(&world, via).resume(first).await;
            back.act().await;
            let heard = world.game.heard("alice");
            let looks = heard.iter().filter(|line| line.starts_with("look")).count();
            assert_eq!(looks, expected, "{queued:?}: {heard:?}");
            let told = back.messages().iter().any(|m| m["type"] == "notice");
            assert_eq!(told, queued.is_none(), "dropped without a choice is said");
        }
    }
}

#[tokio::test]
async fn a_secret_does_not_wait_and_neither_does_more_than_may() {
    let world = site("session.queue_lines_max = 2").await;
    let alice = alice(&world).await;
    world.game.say("alice", b"New password: \xff\xfb\x01");
    alice.expect_echo(false).await;
    let kept = alice.vanish().await;
    lost(&world, 0).await;
    jump(GRACE).await;
    let next = kept.input_seen + 1;
    let watch = dial(&world, SSE).watch(&kept.session_id, &kept.token).await;
    watch.expect_state("held").await;
    let secret = posts(&world, &kept, next, &["hunter2"]).await;
    assert_eq!(secret.refusal(), (409, "secret".to_owned()));
    world.game.say("alice", b"\xff\xfc\x01\r\nThank you.\r\n");
    let back = reopen(&world, &kept).await;
    back.expect_text("Thank you.\r\n").await;
    back.expect_echo(true).await;
    let kept = back.vanish().await;
    lost(&world, 1).await;
    jump(GRACE).await;
    let watch = dial(&world, SSE).watch(&kept.session_id, &kept.token).await;
    watch.expect_state("held").await;
    assert_eq!(posts(&world, &kept, next, &["one", "two"]).await.status, 200);
    let full = posts(&world, &kept, next + 2, &["three"]).await;
    assert_eq!(full.refusal(), (429, "queue_full".to_owned()));
}

/// Asks for a stream by HTTP/1.1 and reads until `holds`.
async fn raw(world: &World, kept: &Kept, cookie: &str, holds: impl Fn(&str) -> bool) -> String {
    let mut stream = dial(world, SSE).stream().await;
    let path = format!("/api/events/{}?after={}", kept.connection_id, kept.position);
    let request = Request::new("GET", path).header("Cookie", cookie);
    stream.write_all(&request.bytes("here", &[])).await.unwrap();
    let (mut all, mut buffer) = (String::new(), [0; 4096]);
    while !holds(&all) {
        match stream.read(&mut buffer).await.unwrap() {
            0 => break,
            count => all.push_str(&String::from_utf8_lossy(&buffer[..count])),
        }
    }
    all
}

#[tokio::test]
async fn a_stream_begins_with_bytes_at_once_and_says_something_every_15_seconds() {
    let world = site("").await;
    let kept = alice(&world).await.vanish().await;
    let reading = raw(&world, &kept, &kept.cookie, |all| all.contains(":\n\n"));
    let waiting = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        jump(Duration::from_secs(15)).await;
    };
    let (all, ()) = tokio::join!(reading, waiting);
    let (head, body) = all.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    assert!(head.contains("content-type: text/event-stream"), "{head}");
    assert!(head.contains("cache-control: no-cache, no-transform"), "{head}");
    assert!(head.contains("x-accel-buffering: no"), "{head}");
    let (first, rest) = body.split_once("\n\n").unwrap();
    assert!(first.contains(": mudkeep\nretry: "), "{first}");
    let position = &kept.position;
    assert!(rest.contains(&format!("id: {position}\ndata: {{\"type\":\"resumed\"")), "{rest}");
}

#[tokio::test]
async fn without_its_cookie_a_stream_is_nobodys() {
    let world = site("").await;
    let alice = alice(&world).await;
    let bob = crate::site::player_by(&dial(&world, SSE).from(2), "bob").await;
    let kept = alice.kept();
    let path = format!("/api/events/{}", kept.connection_id);
    let wrong = format!("mudkeep={}", "x".repeat(32));
    for cookie in ["", "mudkeep=", &wrong, &bob.kept().cookie, &kept.token] {
        let request = Request::new("GET", &path).header("Cookie", cookie);
        assert_eq!(dial(&world, SSE).ask(request).await.status, 204, "{cookie}");
    }
    for id in [uuid::Uuid::nil().to_string(), "nonsense".to_owned(), String::new()] {
        let request = Request::new("GET", format!("/api/events/{id}"));
        let status = dial(&world, SSE).ask(request.header("Cookie", &kept.cookie)).await.status;
        assert_eq!(status, 204, "{id}");
    }
    alice.act().await;
    bob.act().await;
}

#[tokio::test]
async fn two_characters_play_in_one_browser() {
    let world = site("").await;
    let (alice, bob) = (alice(&world).await, player(&world, SSE, "bob").await);
    let both = format!("{}; {}", alice.kept().cookie, bob.kept().cookie);
    let answer = dial(&world, SSE)
        .ask(Request::new("POST", "/api/session").json(crate::support::web::open().to_string()))
        .await;
    let cookie = answer.header("set-cookie").unwrap();
    let id = answer.json()["connection_id"].as_str().unwrap().to_owned();
    let rest = format!("; Path=/api/events/{id}; HttpOnly; SameSite=Strict");
    assert!(cookie.ends_with(&rest) && cookie.starts_with("mudkeep="), "{cookie}");
    for kept in [alice.vanish().await, bob.vanish().await] {
        let kept = Kept { cookie: both.clone(), ..kept };
        reopen(&world, &kept).await.act().await;
    }
}

#[tokio::test]
async fn a_second_stream_of_a_connection_ends_the_first() {
    let world = site("").await;
    let first = alice(&world).await;
    let second = reopen(&world, &first.kept()).await;
    first.expect_end_of_stream().await;
    assert!(first.all("closing").is_empty(), "it is not put out");
    second.act().await;
    assert_eq!(second.kept().connection_id, first.kept().connection_id);
}

#[tokio::test]
async fn a_browser_that_opens_its_stream_by_itself_evicts_nobody() {
    for grace_is_over in [false, true] {
        for via in crate::support::web::BOTH {
            let world = site("").await;
            let tab = alice(&world).await.vanish().await;
            lost(&world, 0).await;
            if grace_is_over {
                jump(GRACE).await;
            }
            let other = dial(&world, via).resume(tab.resume()).await;
            other.act().await;
            let again = dial(&world, SSE).reopen(&tab, Some(&tab.position)).await;
            if !grace_is_over {
                again.expect("closing").await;
            }
            assert_eq!(again.closed().await, Closed::Answered(204));
            assert!(again.all("resumed").is_empty());
            other.act().await;
            assert!(!other.is_closed());
        }
    }
}

#[tokio::test]
async fn last_words_that_a_broken_stream_did_not_bring_are_told_by_the_next_one() {
    // Lost before they were said; and said, but never read.
    for read_by_the_system in [false, true] {
        let world = site("").await;
        let alice = alice(&world).await;
        let kept = alice.kept();
        if read_by_the_system {
            alice.stall();
        } else {
            alice.vanish().await;
            lost(&world, 0).await;
        }
        world.game.say("alice", "The world ends.\r\n");
        world.game.close("alice");
        world.game.until("it is over", |game| game.open() == 0).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let last = dial(&world, SSE).reopen(&kept, Some(&kept.position)).await;
        last.expect_text("The world ends.\r\n").await;
        assert_eq!(last.text().matches("The world ends.").count(), 1);
        last.is_put_out("game_closed").await;
        let done = dial(&world, SSE).reopen(&last.kept(), Some(&last.kept().position)).await;
        assert_eq!(done.closed().await, Closed::Answered(204));
    }
}

#[tokio::test]
async fn a_connection_that_came_back_late_lives_on() {
    let world = site("").await;
    let kept = held(&world).await;
    let back = reopen(&world, &kept).await;
    back.act().await;
    jump(Duration::from_secs(61)).await;
    back.act().await;
    let kept = back.vanish().await;
    lost(&world, 0).await;
    let back = reopen(&world, &kept).await;
    back.act().await;
}

#[tokio::test]
async fn after_the_end_the_tables_are_empty_at_once() {
    let world = site("").await;
    let tasks = world.proxy.tasks();
    let alice = alice(&world).await;
    alice.send(json!({"type": "logout"})).await;
    alice.is_put_out("logged_out").await;
    world.proxy.until_empty().await;
    jump(GRACE).await;
    // Its keeper sees that its time is over.
    tokio::time::sleep(Duration::from_millis(100)).await;
    jump(Duration::from_secs(61)).await;
    world.proxy.until("its keeper is gone", |_| world.proxy.tasks() == tasks).await;
}

#[tokio::test]
async fn a_stream_that_is_never_opened_holds_nothing_for_ever() {
    let world = site("").await;
    let tasks = world.proxy.tasks();
    let request = || Request::new("POST", "/api/session");
    let open = crate::support::web::open().to_string();
    for _ in 0..10 {
        assert_eq!(dial(&world, SSE).ask(request().json(&*open)).await.status, 200);
    }
    jump(GRACE).await;
    world.proxy.until("no session is left", |counts| counts.sessions == 0).await;
    jump(Duration::from_secs(61)).await;
    world.proxy.until_empty().await;
    world.proxy.until("nothing is kept", |_| world.proxy.tasks() == tasks).await;
}

#[tokio::test]
async fn a_login_goes_on_over_a_stream_that_breaks() {
    let world = site("").await;
    let alice = dial(&world, SSE).open().await;
    alice.expect_text("known? ").await;
    let alice = reopen(&world, &alice.vanish().await).await;
    alice.line("alice").await;
    alice.expect_text("Password: ").await;
    let alice = reopen(&world, &alice.vanish().await).await;
    alice.expect_echo(false).await;
    alice.line(PASSWORD).await;
    alice.expect("authenticated").await;
    let alice = reopen(&world, &alice.vanish().await).await;
    alice.line("").await;
    alice.expect_text("Make your choice: ").await;
    alice.line("1").await;
    alice.act().await;
    assert_eq!(world.game.accepted(), 1);
    let other = dial(&world, SSE).from(2).open().await;
    log_in(&other, "alice", PASSWORD).await;
    other.expect("resumed").await;
}

#[tokio::test]
async fn a_stream_that_is_opened_late_for_the_first_time_is_one_all_the_same() {
    for late in [GRACE - Duration::from_secs(1), GRACE + Duration::from_secs(1)] {
        let world = site("").await;
        let kept = alice(&world).await.vanish().await;
        lost(&world, 0).await;
        let request = Request::new("POST", "/api/session").json(kept.resume().to_string());
        let answer = dial(&world, SSE).ask(request).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let welcome = answer.json();
        let text = |name: &str| welcome[name].as_str().unwrap().to_owned();
        let kept = Kept {
            cookie,
            connection_id: text("connection_id"),
            position: text("position"),
            token: text("token"),
            ..kept
        };
        let next = welcome["input_seen"].as_u64().unwrap() + 1;
        jump(late).await;
        world.game.say("alice", "Meanwhile.\r\n");
        let alice = dial(&world, SSE).reopen(&kept, None).await;
        alice.expect_text("Meanwhile.\r\n").await;
        alice.send(json!({"type": "input", "seq": next, "line": "dance"})).await;
        alice.expect_text("You do: dance").await;
    }
}

#[tokio::test]
async fn a_post_that_waits_for_the_game_does_not_hold_up_the_stream() {
    let world = site("limits.request_timeout = \"60s\"").await;
    let alice = alice(&world).await;
    world.game.say("alice", b"\xff\xfb\xc9Hello.\r\n");
    alice.expect_text("Hello.\r\n").await;
    world.game.hang(true);
    let kept = alice.kept();
    let message = json!([{"type": "gmcp", "package": "A.B", "data": "x".repeat(16_000)}]);
    let path = format!("/api/messages/{}", kept.connection_id);
    let dial = dial(&world, SSE);
    let post = || {
        let request = Request::new("POST", &path).bearer(&kept.token);
        dial.ask(request.json(message.to_string()))
    };
    while tokio::time::timeout(Duration::from_secs(1), post()).await.is_ok() {}
    let waiting = tokio::join!(post(), post(), async {
        for n in 0..20 {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let line = format!("Line {n}.\r\n");
            world.game.say("alice", &line);
            let told = alice.expect_text(&line);
            tokio::time::timeout(Duration::from_secs(5), told).await.expect("at once");
        }
        world.game.hang(false);
    });
    assert_eq!((waiting.0.status, waiting.1.status), (200, 200));
    alice.act().await;
}
