//! Bans, over sockets.

use std::time::Duration;

use crate::support::client::{Client, Dial};
use crate::support::scripted::Family;
use crate::world::{PASSWORD, World, act, door, texts};

const CIRCLE: Family = Family::Circle;

fn told() -> String {
    texts().banned("spam").unwrap()
}

async fn logs_in(world: &World, name: &str) -> Client {
    let client = world.dial(Dial::default().from(7)).await;
    client.expect(door(CIRCLE)).await;
    client.line(name).await;
    client.line(PASSWORD).await;
    client
}

#[tokio::test]
async fn a_user_who_is_banned_is_put_out_at_once_and_does_not_come_back() {
    let world = World::new(CIRCLE, "").await;
    let (alice, token) = world.player_with_token("Alice").await;
    let bob = world.player("Bob").await;
    world.proxy.ban("user:alice", None);
    alice.expect(&told()).await;
    alice.expect_end().await;
    let thief = world.client().await;
    thief.expect(door(CIRCLE)).await;
    thief.line(&format!("resume {token}")).await;
    thief.expect(&texts().session_over().unwrap()).await;
    let again = logs_in(&world, "alice").await;
    again.expect(&told()).await;
    again.expect_end().await;
    act(&bob).await;
    thief.close().await;
    world.proxy.until("only Bob is in", |counts| counts.sessions == 1).await;
    assert!(world.proxy.unban("user:alice"));
    let alice = logs_in(&world, "alice").await;
    alice.expect("Reconnecting.").await;
    act(&alice).await;
}

#[tokio::test]
async fn a_held_session_of_a_user_who_is_banned_ends() {
    let world = World::new(CIRCLE, "").await;
    world.player("Alice").await.vanish().await;
    world.proxy.until("she is held", |c| (c.connections, c.sessions) == (0, 1)).await;
    world.proxy.ban("user:alice", None);
    world.proxy.until_empty().await;
}

#[tokio::test]
async fn a_network_that_is_banned_loses_its_connections_and_nobody_loses_a_session() {
    let world = World::new(CIRCLE, "").await;
    let alice = logs_in(&world, "alice").await;
    alice.line("").await;
    alice.line("1").await;
    let bob = world.player("Bob").await;
    act(&bob).await;
    world.proxy.until("both play", |counts| counts.users == 2).await;
    world.proxy.ban("network:127.0.0.7/32", None);
    alice.expect(&told()).await;
    alice.expect_end().await;
    let refused = world.dial(Dial::default().from(7)).await;
    refused.expect(&told()).await;
    refused.expect_end().await;
    act(&bob).await;
    world.proxy.until("Alice is held", |c| (c.connections, c.sessions) == (1, 2)).await;
}

#[tokio::test]
async fn a_ban_that_is_over_keeps_nobody_out() {
    let world = World::new(CIRCLE, "").await;
    assert!(world.proxy.ban("user:alice", Some(Duration::ZERO)));
    assert!(world.proxy.ban("network:127.0.0.0/8", Some(Duration::ZERO)));
    act(&world.player("Alice").await).await;
}
