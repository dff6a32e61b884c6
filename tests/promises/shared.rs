//! Several clients on one session.

use crate::support::client::{Client, Dial, End};
use crate::support::scripted::Family;
use crate::world::{PASSWORD, World, act, log_in, numbered};

const TWO: &str = "session.clients_max = 2";

async fn from(world: &World, host: u8) -> Client {
    let client = world.dial(Dial::default().from(host)).await;
    log_in(world.family, &client, "Alice", PASSWORD).await;
    act(&client).await;
    client
}

#[tokio::test]
async fn two_clients_on_one_session_both_get_everything() {
    let world = World::new(Family::Circle, TWO).await;
    let first = world.player("Alice").await;
    let second = from(&world, 2).await;
    world.game.flood("alice", 2_000).await;
    for client in [&first, &second] {
        client.expect("line 2000\r\n").await;
        assert_eq!(numbered(&client.text()), (1..=2_000).collect::<Vec<_>>());
    }
    first.line("wave").await;
    second.line("bow").await;
    for client in [&first, &second] {
        client.until("both are seen", |text| text.contains("wave") && text.contains("bow")).await;
        assert_eq!(client.end(), None);
    }
    assert_eq!(world.game.accepted() - 1, 1, "one login was half made");
    world.proxy.until("one session", |c| c.sessions == 1 && c.connections == 2).await;
}

#[tokio::test]
async fn one_too_many_pushes_out_the_oldest() {
    let world = World::new(Family::Circle, TWO).await;
    let first = world.player("Alice").await;
    let second = from(&world, 2).await;
    let third = from(&world, 3).await;
    let (end, last) = first.expect_end().await;
    assert_eq!(end, End::Eof);
    assert!(last.contains("[mudkeep] ") && last.contains("Goodbye") | last.contains("closed"));
    for client in [&second, &third] {
        act(client).await;
        assert_eq!(client.end(), None);
    }
    world.proxy.until("two are left", |c| c.sessions == 1 && c.connections == 2).await;
}

#[tokio::test]
async fn one_that_leaves_leaves_the_other_alone() {
    let world = World::new(Family::Circle, "session.clients_max = 2\nsession.hold = \"0s\"").await;
    let first = world.player("Alice").await;
    let second = from(&world, 2).await;
    first.vanish().await;
    world.proxy.until("one is left", |counts| counts.connections == 1).await;
    act(&second).await;
    second.vanish().await;
    world.proxy.until_empty().await;
}

#[tokio::test]
async fn a_stalled_one_does_not_hold_up_the_other() {
    let world = World::new(Family::Circle, TWO).await;
    let first = world.player("Alice").await;
    let second = from(&world, 2).await;
    first.stall();
    let range = world.game.flood("alice", 200_000).await;
    second.expect(&format!("line {}\r\n", range.end - 1)).await;
    act(&second).await;
}
