//! Bans, over sockets.

use std::time::Duration;

use mudkeep::session::message::Refusal;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::client::{Client, Dial};
use crate::support::proxy::Proxy;
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
async fn a_network_that_is_banned_loses_its_connections_and_its_sessions() {
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
    world.proxy.until("Bob is left", |c| (c.connections, c.sessions) == (1, 1)).await;
    world.game.until("Alice is out of the game", |game| game.playing("Alice") == 0).await;
}

#[tokio::test]
async fn a_session_shared_with_somebody_elsewhere_loses_only_who_is_banned() {
    let world = World::new(CIRCLE, "session.clients_max = 2").await;
    let elsewhere = world.player("Alice").await;
    let alice = logs_in(&world, "alice").await;
    act(&alice).await;
    world.proxy.ban("network:127.0.0.7/32", None);
    alice.expect(&told()).await;
    alice.expect_end().await;
    act(&elsewhere).await;
    elsewhere.vanish().await;
    world.proxy.until("she is held", |c| (c.connections, c.sessions) == (0, 1)).await;
    world.proxy.ban("network:127.0.0.7/32", None);
    world.proxy.until("she is still held", |c| (c.connections, c.sessions) == (0, 1)).await;
    world.proxy.ban("network:127.0.0.1/32", None);
    world.proxy.until_empty().await;
}

/// The door looks before it opens, and whoever was on the way then is looked at again behind it.
#[tokio::test]
async fn who_came_through_the_door_while_they_were_banned_is_put_out_behind_it() {
    let world = World::new(CIRCLE, "").await;
    let (alice, token) = world.player_with_token("Alice").await;
    world.proxy.ban("network:192.0.2.0/24", None);
    let _held = world.proxy.open_from([192, 0, 2, 1].into());
    world.proxy.until("only Alice is in", |counts| counts.sessions == 1).await;
    let refused = world.proxy.refusal_from([192, 0, 2, 1].into(), &token);
    assert_eq!(refused, Some(Refusal::Ended));
    act(&alice).await;
    let _held = world.proxy.open_from([192, 0, 3, 1].into());
    world.proxy.until("another is in", |counts| counts.sessions == 2).await;
}

#[tokio::test]
async fn a_ban_that_is_over_keeps_nobody_out() {
    let world = World::new(CIRCLE, "").await;
    assert!(world.proxy.ban("user:alice", Some(Duration::ZERO)));
    assert!(world.proxy.ban("network:127.0.0.0/8", Some(Duration::ZERO)));
    assert_eq!(world.proxy.bans(), [""; 0]);
    act(&world.player("Alice").await).await;
}

#[tokio::test]
async fn a_name_is_one_however_it_is_written() {
    let world = World::new(Family::DeadSouls, "").await;
    let alice = world.player("alice").await;
    assert!(world.proxy.ban("user:AL-ICE", None));
    alice.expect(&told()).await;
    alice.expect_end().await;
    assert_eq!(world.proxy.bans(), ["all user:alice"]);
    assert!(world.proxy.unban("user:Ali'ce"));
    assert_eq!(world.proxy.bans(), [""; 0]);
    assert!(!world.proxy.unban("user:alice"));
}

/// A game that shows what it is, and in which Alice is the only one who ever comes.
async fn dead_souls(listener: TcpListener) {
    let (mut stream, _) = listener.accept().await.unwrap();
    for text in [
        "Mudlib: Dead Souls 3.9\r\nWhat name do you wish? ",
        "Password: ",
        "\r\nReconnected.\r\n> ",
    ] {
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut line = [0; 64];
        while !line.contains(&b'\n') && stream.read(&mut line).await.unwrap() > 0 {}
    }
}

/// What kind of game it is, is known from the first session on.
#[tokio::test]
async fn a_name_is_one_also_where_mudkeep_finds_out_what_the_game_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let game = listener.local_addr().unwrap().to_string();
    let proxy = Proxy::start(&game, "login.preset = \"auto\"").await;
    let plays = async {
        let alice = Client::connect(proxy.address()).await;
        for (question, answer) in [("do you wish? ", "Alice"), ("Password: ", PASSWORD)] {
            alice.expect(question).await;
            alice.line(answer).await;
        }
        alice.expect("Reconnected.").await;
        proxy.until("she is known", |counts| counts.users == 1).await;
        assert!(proxy.ban("user:Al-Ice", None));
        alice.expect(&told()).await;
        alice.expect_end().await;
    };
    tokio::join!(dead_souls(listener), plays);
    assert_eq!(proxy.bans(), ["all user:alice"]);
}

/// It is counted, and does not push all else out of what has happened.
#[tokio::test]
async fn a_flood_from_a_banned_address_is_told_of_a_few_times_only() {
    let world = World::new(CIRCLE, "").await;
    world.proxy.ban("network:127.0.0.0/8", None);
    for _ in 0..200 {
        world.client().await.expect_end().await;
    }
    let told = world.proxy.events_called("ban_refused");
    assert!((1..=60).contains(&told), "{told} of 200");
}
