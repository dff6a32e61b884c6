//! The states of a connection: the exact row of them, for each way that one can go.

use serde_json::json;

use crate::desk::{By, Desk, Somebody, text};
use crate::support::client::Client;
use crate::support::web::{Dial, Via};
use crate::world::{PASSWORD, log_in};

#[tokio::test]
async fn a_login_over_telnet() {
    let desk = Desk::new("").await;
    let mut events = desk.events("?types=connection_state").await;
    let alice = desk.player(By::Telnet, "alice").await;
    let id = desk.connection_of("alice").await;
    alice.leave().await;
    assert_eq!(
        events.states(&id, "disconnected").await,
        [
            "connecting",
            "authenticating",
            "authenticated",
            "active",
            "disconnecting",
            "disconnected"
        ]
    );
}

#[tokio::test]
async fn a_websocket_that_opens_a_session_and_goes() {
    let desk = Desk::new("").await;
    let mut events = desk.events("?types=connection_state").await;
    let Somebody::Web(player) = desk.visitor(By::WebSocket).await else { unreachable!() };
    let id = player.kept().connection_id;
    assert_eq!(desk.get(&format!("connections/{id}")).await["state"], "authenticating");
    player.vanish().await;
    assert_eq!(
        events.states(&id, "disconnected").await,
        ["connecting", "authenticating", "disconnecting", "disconnected"]
    );
}

#[tokio::test]
async fn a_token_that_leads_back() {
    let desk = Desk::new("").await;
    let Somebody::Web(alice) = desk.player(By::WebSocket, "alice").await else { unreachable!() };
    let kept = alice.vanish().await;
    for via in [Via::WebSocket, Via::Sse] {
        let mut events = desk.events("?types=connection_state").await;
        let dial = Dial::new(via, desk.world.proxy.http_address());
        let alice = dial.resume(kept.resume()).await;
        let id = alice.kept().connection_id;
        alice.act().await;
        assert_eq!(
            events.states(&id, "active").await,
            ["connecting", "authenticating", "authenticated", "active"],
            "{via:?}"
        );
    }
}

#[tokio::test]
async fn a_login_that_the_game_refuses() {
    let desk = Desk::new("").await;
    let mut events = desk.events("?types=connection_state,login_refused").await;
    let client: Client = desk.world.client().await;
    log_in(desk.world.family, &client, "alice", "wrong").await;
    let refused = events.expect("login_refused").await;
    let id = text(&refused["connection_id"]);
    client.vanish().await;
    let mut again = desk.events("?types=connection_state&after=0").await;
    assert_eq!(
        again.states(&id, "disconnected").await,
        ["connecting", "authenticating", "disconnecting", "disconnected"]
    );
}

#[tokio::test]
async fn a_stream_of_events_that_breaks_and_comes_back() {
    let desk = Desk::new("").await;
    let mut events = desk.events("?types=connection_state").await;
    let Somebody::Web(alice) = desk.player(By::Sse, "alice").await else { unreachable!() };
    let id = alice.kept().connection_id;
    let kept = alice.vanish().await;
    let dial = Dial::new(Via::Sse, desk.world.proxy.http_address());
    let again = dial.reopen(&kept, Some(&kept.position)).await;
    again.expect("resumed").await;
    again.ack().await;
    again.act().await;
    assert_eq!(again.kept().connection_id, id, "the same connection");
    again.send(json!({"type": "logout"})).await;
    assert_eq!(
        events.states(&id, "disconnected").await,
        [
            "connecting",
            "authenticating",
            "authenticated",
            "active",
            "disconnecting",
            "disconnected"
        ],
        "that it was away for a moment is no state"
    );
}

#[tokio::test]
async fn a_stream_of_events_that_stays_away() {
    let desk = Desk::new("limits.stream_grace = \"1s\"").await;
    let mut events = desk.events("?types=connection_state").await;
    let Somebody::Web(alice) = desk.player(By::Sse, "alice").await else { unreachable!() };
    let id = alice.kept().connection_id;
    let kept = alice.vanish().await;
    desk.until("sessions?state=held", |all| all["total"] == 1).await;
    let dial = Dial::new(Via::Sse, desk.world.proxy.http_address());
    let again = dial.reopen(&kept, Some(&kept.position)).await;
    again.expect("resumed").await;
    again.ack().await;
    again.act().await;
    let mut rows = events.states(&id, "active").await;
    rows.extend(events.states(&id, "active").await);
    assert_eq!(
        rows,
        [
            "connecting",
            "authenticating",
            "authenticated",
            "active",
            "active",
            "connecting",
            "authenticating",
            "authenticated",
            "active"
        ]
    );
}

#[tokio::test]
async fn a_second_login_puts_the_first_one_out() {
    let desk = Desk::new("").await;
    let mut events = desk.events("?types=connection_state").await;
    let first = desk.player(By::Telnet, "alice").await;
    let id = desk.connection_of("alice").await;
    let second = desk.world.client().await;
    log_in(desk.world.family, &second, "alice", PASSWORD).await;
    first.is_out(&crate::world::texts().taken_over().unwrap(), "replaced").await;
    let rows = events.states(&id, "disconnected").await;
    assert_eq!(rows[rows.len() - 3..], ["active", "disconnecting", "disconnected"]);
}
