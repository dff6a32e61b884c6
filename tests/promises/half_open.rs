//! The network goes and nobody is told: what was sent is not acknowledged, and nothing comes, neither
//! an end nor an error. Packets are dropped in front of the socket, so the kernels know no more than
//! they would.

use std::time::Duration;

use tokio::time::Instant;

use crate::bare::{self, Bare, acts};
use crate::support::client::{Client, End};
use crate::support::proxy::Proxy;
use crate::support::scripted::Family;
use crate::world::{World, act, numbered, texts};

/// The least that may be set. The system probes after 10 s of silence and once more.
const TIMES: &str = "limits.keepalive_idle = \"10s\"\nlimits.keepalive_interval = \"1s\"\n\
    limits.keepalive_probes = 2\nlimits.user_timeout = \"10s\"";

/// What that comes to, for a connection at rest, with a moment for the system.
const NOTICED_MAX: Duration = Duration::from_secs(15);

async fn unplugged(world: &World, name: &str) -> (Client, String) {
    let (client, token) = world.player_with_token(name).await;
    act(&client).await;
    client.unplug();
    (client, token)
}

#[tokio::test]
async fn clients_that_vanish_unnoticed_are_missed_in_time_and_lose_nothing() {
    let world = World::new(Family::Circle, TIMES).await;
    world.game.account("Carol", crate::world::PASSWORD);
    let (_alice, hers) = unplugged(&world, "Alice").await;
    let (_bob, his) = unplugged(&world, "Bob").await;
    let (_carol, carols) = unplugged(&world, "Carol").await;
    let start = Instant::now();
    let lines = world.game.flood("bob", 50).await;
    // Before anything is noticed.
    let carol = world.back(&carols).await;
    act(&carol).await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
    let missed = |c: mudkeep::registry::Counts| (c.connections, c.sessions) == (1, 3);
    world.proxy.until("the other two are missed", missed).await;
    assert!(start.elapsed() < NOTICED_MAX, "{:?}", start.elapsed());
    act(&world.back(&hers).await).await;
    let bob = world.back(&his).await;
    act(&bob).await;
    assert_eq!(numbered(&bob.text()), lines.collect::<Vec<_>>());
    act(&carol).await;
    assert_eq!((world.game.accepted(), world.game.open()), (6, 3), "three more came to the door");
}

#[tokio::test]
async fn a_game_that_vanishes_unnoticed_is_missed_in_time_and_said() {
    let game = Bare::start().await;
    let settings = format!("{}\n{TIMES}", bare::SETTINGS);
    let proxy = Proxy::start(&game.address().to_string(), &settings).await;
    let (alice, _) = bare::player(proxy.address(), 1).await;
    let (bob, _) = bare::player(proxy.address(), 2).await;
    let start = Instant::now();
    alice.line("unplug").await;
    bob.line("unplug").await;
    game.unplugged(2).await;
    alice.line("dance").await;
    for client in [&alice, &bob] {
        client.expect(&texts().game_lost().unwrap()).await;
        assert_eq!(client.expect_end().await.0, End::Eof);
    }
    assert!(start.elapsed() < NOTICED_MAX, "{:?}", start.elapsed());
    acts(&bare::player(proxy.address(), 3).await.0).await;
}
