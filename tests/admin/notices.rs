//! What the staff says to players, and cleaning up.

use std::time::Duration;

use serde_json::json;

use crate::desk::{ALL, By, Desk};
use crate::world::PASSWORD;

#[tokio::test]
async fn one_or_all_are_told_and_the_others_are_not() {
    let desk = Desk::new("").await;
    let mut players = Vec::new();
    for (by, name) in ALL.into_iter().zip(["alice", "bob", "carol"]) {
        players.push(desk.player(by, name).await);
    }
    let told = desk.done("POST", "notices", json!({"text": "Hello, all."})).await;
    assert_eq!(told, json!({"told": 3}));
    for player in &players {
        player.told("Hello, all.").await;
    }
    let told = desk.done("POST", "notices", json!({"text": "You, Bob.", "user": "BOB"})).await;
    assert_eq!(told, json!({"told": 1}));
    players[1].told("You, Bob.").await;
    let id = desk.connection_of("carol").await;
    let body = json!({"text": "You, there.", "connection_id": id});
    assert_eq!(desk.done("POST", "notices", body).await, json!({"told": 1}));
    players[2].told("You, there.").await;
    let nobody = json!({"text": "Nobody.", "user": "nobody"});
    assert_eq!(desk.done("POST", "notices", nobody).await, json!({"told": 0}));
    // What was said to others would have come by now.
    for player in &players {
        player.act().await;
    }
    assert!(!players[0].seen().contains("You, "), "{}", players[0].seen());
    let heard = ["alice", "bob", "carol"].map(|name| desk.world.game.heard(name).concat());
    assert!(!heard.concat().contains("Hello"), "the game hears nothing of it");
}

#[tokio::test]
async fn text_that_could_do_something_to_a_terminal_is_refused() {
    let desk = Desk::new("").await;
    for text in ["", "  ", "a\nb", "\u{1b}[2J", "\u{9b}2J", &"x".repeat(201)] {
        let answer = desk.send("POST", "notices", json!({"text": text})).await;
        assert_eq!(answer.status, 400, "{text:?}");
    }
    for body in [json!([]), json!("text"), json!({"text": 5}), json!({"text": "a", "to": "b"})] {
        assert_eq!(desk.send("POST", "notices", body.clone()).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn a_clean_up_counts_what_it_removes() {
    let desk = Desk::new("").await;
    let nothing = json!({"removed": 0, "connections": 0, "sessions": 0, "bans": 0});
    assert_eq!(desk.ask("POST", "cleanup").await.json(), nothing);
    let alice = desk.player(By::Telnet, "alice").await;
    alice.leave().await;
    desk.until("sessions?state=held", |all| all["total"] == 1).await;
    desk.world.game.close("alice");
    desk.until("sessions?state=lingering", |all| all["total"] == 1).await;
    let ban = json!({"network": "192.0.2.0/24", "for_seconds": 1});
    assert_eq!(desk.send("POST", "bans", ban).await.status, 201);
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let cleaned = json!({"removed": 2, "connections": 0, "sessions": 1, "bans": 1});
    assert_eq!(desk.ask("POST", "cleanup").await.json(), cleaned);
    assert_eq!(desk.ask("POST", "cleanup").await.json(), nothing);
    assert_eq!(desk.get("sessions").await["total"], 0);
}

#[tokio::test]
async fn who_is_banned_is_put_out_and_comes_back_when_that_is_lifted() {
    let desk = Desk::new("").await;
    let alice = desk.player(By::WebSocket, "alice").await;
    let answer = desk.send("POST", "bans", json!({"user": "ALICE", "reason": "spam"})).await;
    assert_eq!((answer.status, &answer.json()["id"]), (201, &json!("user:alice")));
    let told = crate::world::texts().banned("spam").unwrap();
    alice.is_out(&told, "banned").await;
    assert_eq!(desk.get("bans").await["bans"].as_array().unwrap().len(), 1);
    assert_eq!(desk.ask("DELETE", "bans/user%3AAlice").await.status, 204);
    assert_eq!(desk.ask("DELETE", "bans/user%3AAlice").await.status, 404);
    // The game has kept her.
    let alice = desk.visitor(By::Telnet).await;
    for (line, answer) in [("alice", "assword: "), (PASSWORD, "Reconnecting.")] {
        alice.line(line).await;
        alice.expect(answer).await;
    }
    alice.act().await;
    let past = json!({"user": "bob", "until": "2020-01-01T00:00:00Z"});
    let answer = desk.send("POST", "bans", past).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (409, &json!("conflict")));
}
