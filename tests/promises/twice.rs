//! Two logins of one user: the proven newcomer wins at once, and nobody else disturbs anyone.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::support::client::{Client, Dial, End};
use crate::support::scripted::Family;
use crate::world::{PASSWORD, World, act, door, enter, log_in, texts};

/// How long the loser may take to be told and gone.
const LOSER_MAX: Duration = Duration::from_secs(1);

/// The families that ask for a name and then for a password.
const ASKING: [Family; 7] = [
    Family::Circle,
    Family::Tbamud,
    Family::Merc,
    Family::Rom,
    Family::Lp,
    Family::DeadSouls,
    Family::Discworld,
];

#[tokio::test]
async fn the_first_is_told_and_closed_within_a_second() {
    for family in ASKING {
        let world = World::new(family, "").await;
        let first = world.player("Alice").await;
        let second = world.dial(Dial::default().from(2)).await;
        log_in(family, &second, "Alice", PASSWORD).await;
        let start = Instant::now();
        second.expect(&texts().taken_here().unwrap()).await;
        first.expect(&texts().taken_over().unwrap()).await;
        assert_eq!(first.expect_end().await.0, End::Eof, "{family:?}");
        assert!(start.elapsed() < LOSER_MAX, "{family:?}: {:?}", start.elapsed());
        act(&second).await;
        first.close().await;
        let one =
            |counts: mudkeep::registry::Counts| counts.sessions == 1 && counts.connections == 1;
        world.proxy.until("one session is left", one).await;
        assert_eq!(world.game.playing("alice"), 1);
        assert!(world.game.record(0).end.is_none(), "{family:?}: the game noticed");
    }
}

#[tokio::test]
async fn a_first_that_is_stalled_is_out_within_a_second() {
    let world = World::new(Family::Circle, "").await;
    let first = world.player("Alice").await;
    first.stall();
    world.game.flood("alice", 1_000_000).await;
    let second = world.dial(Dial::default().from(2)).await;
    log_in(Family::Circle, &second, "Alice", PASSWORD).await;
    let start = Instant::now();
    second.expect(&texts().taken_here().unwrap()).await;
    world.proxy.until("the first is out", |counts| counts.connections == 1).await;
    assert!(start.elapsed() < LOSER_MAX, "{:?}", start.elapsed());
    assert_eq!(world.proxy.counts().sessions, 1);
    first.unstall();
    first.expect_end().await;
    act(&second).await;
}

#[tokio::test]
async fn a_client_that_vanished_unnoticed_is_replaced_the_same() {
    let world = World::new(Family::Circle, "").await;
    let first = world.player("Alice").await;
    first.stall();
    let second = world.dial(Dial::default().from(2)).await;
    log_in(Family::Circle, &second, "Alice", PASSWORD).await;
    second.expect(&texts().taken_here().unwrap()).await;
    act(&second).await;
}

/// The first is in no way disturbed.
async fn plays_on(world: &World, first: &Client) {
    act(first).await;
    assert!(!first.text().contains("[mudkeep] Taken"), "{}", first.text());
    assert_eq!(world.game.playing("alice"), 1);
    assert!(world.game.record(0).end.is_none());
}

#[tokio::test]
async fn typing_only_the_name_disturbs_nobody() {
    for family in ASKING {
        let world = World::new(family, "").await;
        let first = world.player("Alice").await;
        let second = world.client().await;
        second.expect(door(family)).await;
        if family == Family::Rom {
            second.line("y").await;
            second.expect("be known? ").await;
        }
        second.line("alice").await;
        second.expect("assword:").await;
        plays_on(&world, &first).await;
        second.close().await;
        world.proxy.until("it is gone", |counts| counts.connections == 1).await;
        plays_on(&world, &first).await;
        assert_eq!(world.proxy.counts().sessions, 1, "{family:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_disturbs_nobody() {
    for family in ASKING {
        let world = World::new(family, "").await;
        let first = world.player("Alice").await;
        let second = world.client().await;
        log_in(family, &second, "Alice", "guess").await;
        second.expect_any(&["rong password", "nvalid password", "ncorrect password"]).await;
        plays_on(&world, &first).await;
        second.close().await;
        world.proxy.until("it is gone", |counts| counts.connections == 1).await;
        plays_on(&world, &first).await;
    }
}

#[tokio::test]
async fn a_pipelined_login_binds_its_own_name_or_nobodys() {
    for family in ASKING {
        let world = World::new(family, "").await;
        world.game.account("Mallory", PASSWORD);
        let mallory = world.client().await;
        mallory.expect(door(family)).await;
        let ansi = if family == Family::Rom { "y\r\n" } else { "" };
        mallory.bytes(format!("{ansi}mallory\r\n{PASSWORD}\r\nbob\r\n{PASSWORD}\r\nbob\r\n")).await;
        world
            .game
            .until("mallory has got somewhere", |game| {
                String::from_utf8_lossy(&game.record(0).received).matches("bob\r\n").count() == 2
            })
            .await;
        // Had bob's name been bound, bob's password would lead into mallory's session.
        let bob = world.dial(Dial::default().from(3)).await;
        enter(family, &bob, "Bob").await;
        assert_eq!(world.game.playing("bob"), 1, "{family:?}");
        assert!(!bob.text().contains("[mudkeep] Taken"), "{family:?}: {}", bob.text());
        assert!(mallory.end().is_none() || family != Family::Circle, "{family:?}");
    }
}

#[tokio::test]
async fn a_login_that_the_game_accepts_without_a_verifier_replaces_the_first() {
    let world = World::new(Family::Circle, "session.verifier = false").await;
    let first = world.player("Alice").await;
    let second = world.dial(Dial::default().from(2)).await;
    log_in(Family::Circle, &second, "Alice", PASSWORD).await;
    second.expect("You take over your own body").await;
    assert_eq!(timeout(LOSER_MAX * 3, first.expect_end()).await.unwrap().0, End::Eof);
    act(&second).await;
    world.proxy.until("one session is left", |counts| counts.sessions == 1).await;
    assert!(!first.text().contains("By what name do you wish to be known? By what name"));
}
