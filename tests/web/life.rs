//! A player's life from the first message to the last words, the same over both ways.

use serde_json::{Value, json};

use crate::site::{dial, enter, log_in, site, site_with};
use crate::support::scripted::Family;
use crate::support::web::{BOTH, Closed, Dial, Player, Request, Via};
use crate::support::wire;
use crate::world::{PASSWORD, World};

/// The types of the messages, without those that come as often as the game's writes are cut.
fn types(player: &Player) -> Vec<String> {
    let mut types: Vec<String> =
        player.messages().iter().map(|m| m["type"].as_str().unwrap().to_owned()).collect();
    types.dedup();
    types
}

fn is_uuid(value: &Value) -> bool {
    value.as_str().is_some_and(|text| uuid::Uuid::parse_str(text).is_ok())
}

/// What a welcome holds, whatever it is.
fn check_welcome(welcome: &Value) {
    assert!(is_uuid(&welcome["session_id"]) && is_uuid(&welcome["connection_id"]), "{welcome}");
    assert!(welcome["token"].as_str().unwrap().len() > 40);
    assert!(welcome["expires_at"].as_str().unwrap().ends_with('Z'), "{welcome}");
    assert!(welcome["position"].as_str().unwrap().contains('.'));
}

async fn logs_in(player: &Player) {
    let opened = player.expect("opened").await;
    check_welcome(&opened);
    assert_eq!(opened["input_seen"], 0);
    assert_eq!(opened["echo"], true);
    assert!(opened.get("user").is_none() && opened.get("gap").is_none(), "{opened}");
    player.ack().await;
    player.expect_text("known? ").await;
    player.line("alice").await;
    player.expect_text("Password: ").await;
    player.expect_echo(false).await;
    player.line(PASSWORD).await;
    player.expect_echo(true).await;
    let authenticated = player.expect("authenticated").await;
    assert_eq!(authenticated["user"], "alice");
    assert_ne!(authenticated["session_id"], opened["session_id"]);
    assert_ne!(authenticated["token"], opened["token"]);
    let epoch = |message: &Value| {
        message["position"].as_str().unwrap().split('.').next().unwrap().to_owned()
    };
    assert_ne!(epoch(&authenticated), epoch(&opened), "a new stream");
    player.ack().await;
    player.token_ack().await;
    player.expect_text("PRESS RETURN: ").await;
    player.line("").await;
    player.expect_text("Make your choice: ").await;
    player.line("1").await;
    player.act().await;
}

async fn plays(world: &World, player: &Player) {
    let hello = [&b"A bell\r\n> \xff\xf9"[..], b"\xff\xfb\xc9"].concat();
    world.game.say("alice", hello);
    player.expect_text("A bell\r\n> ").await;
    let prompt = player.expect("prompt").await;
    assert_eq!(prompt["position"], player.all("prompt").last().unwrap()["position"]);
    world.game.say("alice", wire::sub(wire::GMCP, br#"Char.Vitals {"hp": 7}"#));
    let gmcp = player.expect("gmcp").await;
    assert_eq!((&gmcp["package"], &gmcp["data"]), (&json!("Char.Vitals"), &json!({"hp": 7})));
    assert!(gmcp["position"].is_string());
    player.send(json!({"type": "gmcp", "package": "Char.Items.Inv", "data": [1]})).await;
    world
        .game
        .until("the game has it", |game| {
            let sub = wire::sub(wire::GMCP, b"Char.Items.Inv [1]");
            memchr::memmem::find(&game.record(0).received, &sub).is_some()
        })
        .await;
    player.send(json!({"type": "ping", "id": 7})).await;
    assert_eq!(player.expect("pong").await["id"], 7);
    player.send(json!({"type": "ping"})).await;
    assert!(player.expect("pong").await.get("id").is_none());
}

async fn leaves(player: &Player) {
    player.line("quit").await;
    player.expect_text("Come back soon!").await;
    player.expect_text("Make your choice: ").await;
    player.line("0").await;
    player.expect_text("Goodbye.\r\n").await;
    let closing = player.expect("closing").await;
    assert_eq!((&closing["reason"], &closing["resume"]), (&json!("game_closed"), &json!(false)));
    assert_eq!(types(player).last().unwrap(), "closing", "the last words come before it");
}

#[tokio::test]
async fn a_players_life_is_the_same_over_both_ways() {
    for via in BOTH {
        let world = site("").await;
        let player = dial(&world, via).begin(crate::support::web::open()).await;
        logs_in(&player).await;
        plays(&world, &player).await;
        let acks: Vec<u64> =
            player.all("input_ack").iter().map(|ack| ack["seq"].as_u64().unwrap()).collect();
        assert_eq!(acks, (1..=5).collect::<Vec<_>>(), "{via:?}");
        leaves(&player).await;
        let kept = player.kept();
        match (via, player.closed().await) {
            (Via::WebSocket, closed) => {
                assert_eq!(closed, Closed::WebSocket(1000, "game_closed".to_owned()));
            }
            (Via::Sse, closed) => {
                assert_eq!(closed, Closed::Answered(204));
                let late = player.send(json!({"type": "input", "seq": 8, "line": "x"})).await;
                assert_eq!(late.unwrap().refusal(), (410, "ended".to_owned()));
            }
        }
        // When it had closed, its port was tried once: a game that is there was left, not lost.
        assert_eq!(world.game.accepted(), 2);
        assert_eq!(world.game.heard("alice").last().unwrap(), "quit");
        let late = dial(&world, via).begin(kept.resume()).await;
        late.expect_error("session_ended").await;
    }
}

#[tokio::test]
async fn no_word_and_no_password_is_lost_or_told_twice_over_a_login() {
    for via in BOTH {
        let world = site("").await;
        let player = crate::site::player(&world, via, "alice").await;
        let sent = world.game.record(0).sent;
        let all = wire::Reader::default().read(&sent).into_iter().filter_map(|w| match w {
            wire::Wire::Text(text) => Some(text),
            _ => None,
        });
        let all = String::from_utf8(all.flatten().collect()).unwrap();
        player.until_text("all that the game has said", |text| text.len() >= all.len()).await;
        assert_eq!(player.text(), all, "{via:?}");
        assert!(player.messages().iter().all(|m| !m.to_string().contains(PASSWORD)));
    }
}

#[tokio::test]
async fn a_logout_ends_the_session_and_says_so() {
    for via in BOTH {
        let world = site("").await;
        let player = crate::site::player(&world, via, "alice").await;
        player.send(json!({"type": "logout"})).await;
        player.is_put_out("logged_out").await;
        world.game.until("she is out", |game| game.open() == 0).await;
        world.proxy.until("no session is left", |counts| counts.sessions == 0).await;
    }
}

#[tokio::test]
async fn a_delete_logs_out() {
    let world = site("").await;
    let player = crate::site::player(&world, Via::Sse, "alice").await;
    let dial = dial(&world, Via::Sse);
    let delete = || Request::new("DELETE", "/api/session");
    assert_eq!(dial.ask(delete()).await.refusal(), (401, "token_invalid".to_owned()));
    assert_eq!(dial.ask(delete().bearer("x")).await.refusal(), (401, "token_invalid".to_owned()));
    player.act().await;
    assert_eq!(dial.ask(delete().bearer(&player.kept().token)).await.status, 204);
    player.is_put_out("logged_out").await;
    world.proxy.until("no session is left", |counts| counts.sessions == 0).await;
}

#[tokio::test]
async fn a_game_that_nobody_answers_for_is_said_and_the_player_may_come_later() {
    for via in BOTH {
        let world = site("game.on_down = \"close\"").await;
        world.game.shut_door().await;
        let player = dial(&world, via).begin(crate::support::web::open()).await;
        let closing = player.expect("closing").await;
        assert_eq!(closing["reason"], "game_unreachable");
        if via == Via::WebSocket {
            let closed = player.closed().await;
            assert_eq!(closed, Closed::WebSocket(1013, "game_unreachable".to_owned()));
        }
    }
}

#[tokio::test]
async fn a_player_waits_for_a_game_that_is_gone_and_is_led_to_it_when_it_is_back() {
    for via in BOTH {
        let world = site("").await;
        let player = crate::site::player(&world, via, "alice").await;
        world.game.crash().await;
        let told = player.expect("notice").await;
        assert_eq!(told["text"], crate::world::texts().game_down().unwrap());
        world.game.open_door().await;
        let back = player.expect("notice").await;
        assert_eq!(back["text"], crate::world::texts().game_back().unwrap());
        player.expect("opened").await;
        player.ack().await;
        log_in(&player, "alice", PASSWORD).await;
        player.expect_text("Reconnecting.").await;
        player.ack().await;
        player.act().await;
    }
}

#[tokio::test]
async fn who_comes_back_by_itself_takes_nobodys_place() {
    for via in BOTH {
        let world = site("").await;
        let phone = crate::site::player(&world, via, "alice").await;
        let mut polite = phone.kept().resume();
        polite["takeover"] = json!(false);
        phone.vanish().await;
        let desk = dial(&world, Via::WebSocket).open().await;
        log_in(&desk, "alice", PASSWORD).await;
        desk.expect("resumed").await;
        desk.ack().await;
        let refused = dial(&world, via).begin(polite.clone()).await;
        refused.expect_error("replaced").await;
        if via == Via::WebSocket {
            let end = Closed::WebSocket(1000, "New connection established".to_owned());
            assert_eq!(refused.closed().await, end);
        }
        desk.act().await;
        desk.vanish().await;
        world.proxy.until("nobody plays", |counts| counts.connections <= 1).await;
        let back = dial(&world, via).begin(polite).await;
        back.expect("resumed").await;
        back.act().await;
    }
}

#[tokio::test]
async fn a_resize_reaches_a_game_that_asks_for_sizes() {
    for via in BOTH {
        let world = site("").await;
        let player = crate::site::player(&world, via, "alice").await;
        world.game.say("alice", b"\xff\xfd\x1f");
        let sized = |columns: u8, rows: u8| wire::sub(wire::NAWS, &[0, columns, 0, rows]);
        let has = |game: &crate::support::scripted::Game, sub: &[u8]| {
            memchr::memmem::find(&game.record(0).received, sub).is_some()
        };
        world.game.until("the first size", |game| has(game, &sized(80, 24))).await;
        player.send(json!({"type": "resize", "columns": 132, "rows": 43})).await;
        world.game.until("the new size", |game| has(game, &sized(132, 43))).await;
    }
}

#[tokio::test]
async fn both_ways_lead_into_the_built_in_game() {
    for via in BOTH {
        let proxy = crate::support::proxy::Proxy::start("demo", "").await;
        let player = Dial::new(via, proxy.http_address()).open().await;
        player.until_text("it greets", |text| text.len() > 100).await;
        assert!(proxy.stop().await);
    }
}

/// Enough of a family that marks its prompts.
#[tokio::test]
async fn a_game_that_ends_its_prompts_with_a_mark_has_them_told() {
    for via in BOTH {
        let world = World::new(Family::Rom, crate::site::NO_LIMITS).await;
        let player = dial(&world, via).open().await;
        player.expect_text("(Y/n) ").await;
        player.line("y").await;
        player.expect_text("be known? ").await;
        player.line("alice").await;
        player.expect_text("assword:").await;
        player.line(PASSWORD).await;
        player.expect_text("message of the day.").await;
        player.line("").await;
        player.act().await;
        player.expect("authenticated").await;
        player.expect("prompt").await;
    }
}

#[tokio::test]
async fn two_players_do_not_hear_each_other() {
    for via in BOTH {
        let world = site("").await;
        let alice = dial(&world, via).open().await;
        enter(&alice, "alice").await;
        let bob = dial(&world, via).from(2).open().await;
        enter(&bob, "bob").await;
        alice.line("say hush").await;
        bob.expect_text("hush").await;
        world.game.say("alice", "A secret.\r\n");
        alice.expect_text("A secret.").await;
        bob.act().await;
        assert!(!bob.text().contains("A secret."));
    }
}

#[tokio::test]
async fn who_is_banned_stays_so_whatever_is_written_into_a_header() {
    let world = site_with("", ", trusted = [\"127.0.0.0/8\"]").await;
    assert!(world.proxy.ban("network:192.0.2.7/32", None));
    // What the player wrote, and what the web server in front put behind it.
    for written in ["", "198.51.100.1, ", "nonsense, ", "\u{e9}, "] {
        let request = Request::new("POST", "/api/session").json("{}");
        let dial = dial(&world, Via::Sse).header("X-Forwarded-For", &format!("{written}192.0.2.7"));
        let answer = dial.ask(request).await;
        assert_eq!(answer.refusal(), (403, "origin".to_owned()), "{written:?}");
    }
}

#[tokio::test]
async fn who_is_banned_before_it_says_what_it_wants_does_not_get_it() {
    let world = site("").await;
    let alice = dial(&world, Via::WebSocket).open().await;
    let kept = alice.kept();
    let from = dial(&world, Via::WebSocket).from(9);
    let (opens, resumes) = (from.shake().await, from.shake().await);
    let watches = from.watch_silently(&kept.session_id).await;
    assert!(world.proxy.ban("network:127.0.0.9/32", None));
    opens.send(crate::support::web::open()).await;
    resumes.send(kept.resume()).await;
    watches.send(json!({"type": "monitor", "token": kept.token})).await;
    for player in [opens, resumes, watches] {
        match player.closed().await {
            Closed::WebSocket(1008, _) => {}
            other => panic!("{other:?}"),
        }
        assert!(player.all("opened").is_empty() && player.all("resumed").is_empty());
        assert!(player.all("session").is_empty());
    }
    assert!(!alice.is_closed());
}

#[tokio::test]
async fn who_has_not_said_what_it_wants_does_not_hold_up_the_end() {
    let world = site("").await;
    let alice = dial(&world, Via::WebSocket).open().await;
    let silent = dial(&world, Via::WebSocket).shake().await;
    let watches = dial(&world, Via::WebSocket).watch_silently(&alice.kept().session_id).await;
    let mut slow = dial(&world, Via::Sse).stream().await;
    let head = "Host: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n";
    let request = format!("POST /api/session HTTP/1.1\r\n{head}\r\n{{");
    tokio::io::AsyncWriteExt::write_all(&mut slow, request.as_bytes()).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let start = tokio::time::Instant::now();
    assert!(world.proxy.stop().await);
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
    for player in [alice, silent, watches] {
        assert_eq!(player.closed().await, Closed::WebSocket(1012, "shutdown".to_owned()));
    }
}

#[tokio::test]
async fn a_handshake_has_no_body_and_one_origin() {
    let world = site("limits.request_timeout = \"1s\"").await;
    let here = format!("http://{}", world.proxy.http_address());
    for (headers, status, code) in [
        (&[][..], 101, ""),
        (&[("Content-Length", "0")], 101, ""),
        (&[("Content-Length", "5")], 400, "malformed"),
        (&[("Transfer-Encoding", "chunked")], 400, "malformed"),
        (&[("Origin", &*here)], 101, ""),
        (&[("Origin", "http://evil.example")], 403, "origin"),
        (&[("Origin", "http://\u{e9}vil.example")], 403, "origin"),
        (&[("Origin", &*here), ("Origin", "http://evil.example")], 403, "origin"),
        (&[("Origin", "http://evil.example"), ("Origin", &*here)], 403, "origin"),
    ] {
        let handshake = Request::new("GET", "/ws").upgrade("mudkeep.v1");
        let with = |request: Request, (name, value): &(&str, &str)| request.header(name, value);
        let answer = dial(&world, Via::WebSocket).ask(headers.iter().fold(handshake, with)).await;
        assert_eq!(answer.refusal(), (status, code.to_owned()), "{headers:?}");
    }
}

#[tokio::test]
async fn whoever_asks_for_heads_only_is_told_of_health_too() {
    let world = site("").await;
    for path in ["/", "/healthz", "/readyz"] {
        let answer = dial(&world, Via::Sse).ask(Request::new("HEAD", path)).await;
        assert_eq!((answer.status, &*answer.body), (200, ""), "{path}");
    }
}
