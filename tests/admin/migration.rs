//! A session goes from one connection to another one, whatever carries them.

use serde_json::json;

use crate::desk::{ALL, By, Desk, Somebody, text};
use crate::world::{numbered, texts};

async fn moves(from: By, to: By) {
    let told = format!("{from:?} to {to:?}");
    let desk = Desk::new("").await;
    let alice = desk.player(from, "alice").await;
    desk.world.game.flood("alice", 20).await;
    alice.expect("line 20\r\n").await;
    if let Somebody::Web(player) = &alice {
        player.ack().await;
    }
    alice.act().await;
    let visitor = desk.visitor(to).await;
    let first = desk.connection_of("alice").await;
    let second = desk.until("connections?state=authenticating", |all| all["total"] == 1).await;
    let second = text(&second["connections"][0]["connection_id"]);
    let session = text(&desk.session_of("alice").await["session_id"]);
    let path = format!("connections/{first}/migrate");
    let moved = desk.done("POST", &path, json!({"to": second})).await;
    assert_eq!(moved, json!({"session_id": session, "from": first, "to": second}), "{told}");
    alice.is_out(&texts().taken_over().unwrap(), "replaced").await;
    if let Somebody::Web(player) = &visitor {
        let resumed = player.expect("resumed").await;
        assert_eq!(resumed["session_id"], *session, "{told}");
        assert_eq!(resumed["connection_id"], *second, "{told}");
        player.ack().await;
    }
    desk.world.game.flood("alice", 20).await;
    visitor.expect("line 40\r\n").await;
    let seen = numbered(&visitor.seen());
    assert!(seen.ends_with(&(21..=40).collect::<Vec<_>>()), "{told}: {seen:?}");
    assert!(seen.windows(2).all(|two| two[1] == two[0] + 1), "{told}: each once: {seen:?}");
    visitor.act().await;
    assert_eq!(desk.connection_of("alice").await, second, "{told}");
    assert_eq!(desk.world.game.playing("alice"), 1, "{told}");
    // The login that it was in is not left behind.
    desk.until("sessions", |all| all["total"] == 1).await;
}

#[tokio::test]
async fn from_telnet_to_each() {
    for to in ALL {
        moves(By::Telnet, to).await;
    }
}

#[tokio::test]
async fn from_a_websocket_to_each() {
    for to in ALL {
        moves(By::WebSocket, to).await;
    }
}

#[tokio::test]
async fn from_a_stream_of_events_to_each() {
    for to in ALL {
        moves(By::Sse, to).await;
    }
}

#[tokio::test]
async fn what_cannot_be_led_is_said() {
    let desk = Desk::new("").await;
    let alice = desk.player(By::Telnet, "alice").await;
    let first = desk.connection_of("alice").await;
    let _visitor = desk.visitor(By::WebSocket).await;
    let all = desk.until("connections?state=authenticating", |all| all["total"] == 1).await;
    let second = text(&all["connections"][0]["connection_id"]);
    let nobody = "00000000-0000-0000-0000-000000000001";
    for (from, to, status) in [
        (&*first, &*first, 409),
        (&*second, &*first, 409),
        (&*first, nobody, 409),
        (nobody, &*second, 404),
    ] {
        let path = format!("connections/{from}/migrate");
        let answer = desk.send("POST", &path, json!({"to": to})).await;
        assert_eq!(answer.status, status, "{from} to {to}: {}", answer.body);
    }
    alice.act().await;
}
