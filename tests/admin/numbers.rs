//! What the numbers say is what there is.

use serde_json::{Value, json};

use crate::desk::{ALL, By, Desk, Somebody};

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is a number"))
}

#[tokio::test]
async fn counts_follow_who_comes_and_goes() {
    let desk = Desk::new("limits.stream_grace = \"1s\"").await;
    let mut players = Vec::new();
    for (by, name) in ALL.into_iter().zip(["alice", "bob", "carol"]) {
        players.push(desk.player(by, name).await);
    }
    // What carries the stream of events is a connection too.
    let health = desk.until("health", |health| health["active_connections"] == 4).await;
    assert_eq!(health["status"], "ok");
    assert_eq!(health["users_with_connections"], 3);
    assert_eq!(health["sessions"], 3);
    assert_eq!(
        health["connections_by_transport"],
        json!({"telnet": 1, "websocket": 1, "sse": 1, "http": 1})
    );
    assert_eq!(health["connections_by_state"]["active"], 3);
    assert_eq!(health["sessions_by_state"]["playing"], 3);
    assert_eq!(health["game"]["answers"], true);
    assert!(number(&health["memory_bytes"]) > 1 << 20);
    assert!(number(&health["history_bytes"]) > 0);
    let stats = desk.get("stats").await;
    assert_eq!((&stats["active_connections"], &stats["active_users"]), (&json!(4), &json!(3)));
    assert_eq!((&stats["sessions"], &stats["total_sessions"]), (&json!(3), &json!(3)));
    assert_eq!(stats["totals"]["logins"], 3);
    let limits = desk.get("limits").await;
    let limit = |name: &str| {
        let all = limits["limits"].as_array().unwrap();
        all.iter().find(|limit| limit["name"] == name).unwrap_or_else(|| panic!("{name}")).clone()
    };
    let config = desk.world.proxy.config();
    let value = limit("connections_max")["value"].as_f64();
    assert_eq!(value, Some(config.limits.connections_max as f64));
    assert_eq!(limit("connections_max")["in_use"].as_f64(), Some(4.0));
    assert_eq!(limit("sessions_max")["in_use"].as_f64(), Some(3.0));
    for player in players {
        player.leave().await;
    }
    let gone = |health: &Value| {
        health["sessions_by_state"]["held"] == 3 && health["users_with_connections"] == 0
    };
    let health = desk.until("health", gone).await;
    assert_eq!(health["connections_by_transport"]["telnet"], 0);
    assert_eq!(health["connections_by_transport"]["websocket"], 0);
    assert_eq!(health["users_with_connections"], 0);
    let stats = desk.get("stats").await;
    assert_eq!(stats["sessions"], 3);
    assert!(stats["avg_connection_duration_seconds"].as_f64().unwrap() > 0.0);
    assert!(number(&stats["total_connections"]) >= 3);
}

#[tokio::test]
async fn bytes_and_lines_are_those_that_passed() {
    let desk = Desk::new("").await;
    let Somebody::Telnet(alice) = desk.player(By::Telnet, "alice").await else { unreachable!() };
    let path = format!("connections/{}", desk.connection_of("alice").await);
    let before = desk.get(&path).await;
    for line in ["look here", "look there"] {
        alice.line(line).await;
        alice.expect(&format!("You do: {line}\r\n")).await;
        alice.expect("> ").await;
    }
    let seen = alice.raw().len() as u64;
    let after = desk.until(&path, |row| number(&row["bytes_out"]) == seen).await;
    let grown = |key: &str| number(&after[key]) - number(&before[key]);
    assert_eq!(grown("bytes_in"), "look here\r\nlook there\r\n".len() as u64);
    assert_eq!((grown("lines_in"), grown("lines_out")), (2, 2));
    assert!(number(&after["rate"]["lines_per_minute"]) >= 6, "{after:#}");
    let totals = desk.get("stats").await["totals"].clone();
    for key in ["bytes_in", "bytes_out", "lines_in", "lines_out"] {
        assert_eq!(totals[key], after[key], "{key}: she is the only one");
    }
    alice.close().await;
    desk.until("connections", |all| all["total"] == 0).await;
    let later = desk.get("stats").await["totals"].clone();
    assert_eq!(
        (&later["bytes_in"], &later["lines_in"]),
        (&totals["bytes_in"], &totals["lines_in"])
    );
}

#[tokio::test]
async fn web_players_lines_are_counted_too() {
    for by in [By::WebSocket, By::Sse] {
        let desk = Desk::new("").await;
        let alice = desk.player(by, "alice").await;
        let path = format!("connections/{}", desk.connection_of("alice").await);
        let before = desk.get(&path).await;
        for _ in 0..3 {
            alice.act().await;
        }
        let lines = number(&before["lines_in"]) + 3;
        let after = desk.until(&path, |row| number(&row["lines_in"]) == lines).await;
        for key in ["bytes_in", "bytes_out", "lines_out"] {
            assert!(number(&after[key]) > number(&before[key]), "{by:?} {key}: {after:#}");
        }
        assert_eq!(after["client"]["name"], "test");
    }
}

#[tokio::test]
async fn a_game_that_is_not_there_is_said_to_be_down() {
    let desk = Desk::new("").await;
    assert_eq!(desk.get("health").await["status"], "ok");
    desk.world.game.shut_door().await;
    let health = desk.until("health", |health| health["game"]["answers"] == false).await;
    assert_eq!(health["status"], "game_down");
}
