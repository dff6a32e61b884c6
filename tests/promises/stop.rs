//! A shutdown: nobody is accepted any more, everybody is told, and it ends in time.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::client::{Dial, End};
use crate::support::scripted::Family;
use crate::world::{PASSWORD, World, act, door, log_in, texts};

#[tokio::test]
async fn everybody_is_told_and_gone_well_within_the_grace() {
    let world = World::new(Family::Circle, "limits.shutdown_grace = \"10s\"").await;
    let alice = world.player("Alice").await;
    let bob = world.player("Bob").await;
    bob.vanish().await;
    world.proxy.until("bob is held", |c| c.connections == 1 && c.sessions == 2).await;
    let stranger = world.client().await;
    stranger.expect(door(Family::Circle)).await;
    let start = Instant::now();
    let told = async {
        for client in [&alice, &stranger] {
            client.expect(&texts().shutdown().unwrap()).await;
            assert_eq!(client.expect_end().await.0, End::Eof);
        }
        drop((alice, stranger));
    };
    let World { game, proxy, .. } = world;
    let (in_time, ()) = tokio::join!(proxy.stop(), told);
    assert!(in_time);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    game.until("all are out of the game", |game| game.open() == 0).await;
}

#[tokio::test]
async fn what_the_game_said_before_is_delivered_first() {
    let settings = "session.history = \"4MiB\"\nsession.clients_max = 2";
    let world = World::new(Family::Circle, settings).await;
    let alice = world.player("Alice").await;
    let witness = world.dial(Dial::default().from(2)).await;
    log_in(Family::Circle, &witness, "Alice", PASSWORD).await;
    act(&witness).await;
    alice.stall();
    world.game.flood("alice", 50_000).await;
    witness.expect("line 50000\r\n").await;
    let World { proxy, game, .. } = world;
    let told = async {
        alice.unstall();
        alice.expect("line 50000\r\n").await;
        alice.expect(&texts().shutdown().unwrap()).await;
        alice.expect_end().await;
        drop((alice, witness));
    };
    let (in_time, ()) = tokio::join!(proxy.stop(), told);
    assert!(in_time);
    drop(game);
}

#[tokio::test]
async fn a_client_that_takes_nothing_does_not_delay_it_beyond_the_grace() {
    let world = World::new(Family::Circle, "limits.shutdown_grace = \"1s\"").await;
    let alice = world.player("Alice").await;
    alice.stall();
    world.game.flood("alice", 1_000_000).await;
    let start = Instant::now();
    world.proxy.stop().await;
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}
