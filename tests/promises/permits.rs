//! Failed logins are limited before the game locks out the one address that it sees.

use crate::support::client::{Client, Dial, End};
use crate::support::scripted::Family;
use crate::world::{PASSWORD, World, act, door, enter, log_in};

const FAMILY: Family = Family::Moo;

/// How a try to log in went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Try {
    In,
    RefusedByGame,
    /// Told to wait, and closed.
    RefusedByMudkeep,
}

const WAIT: &str = "[mudkeep] Too many wrong passwords.";

async fn one_try(world: &World, host: u8, name: &str, password: &str) -> Try {
    let client = world.dial(Dial::default().from(host)).await;
    log_in(FAMILY, &client, name, password).await;
    match client.expect_any(&["*** Connected ***", "has a different password.", WAIT]).await.0 {
        0 => {
            client.line("@quit").await;
            client.expect_end().await;
            Try::In
        }
        1 => {
            client.close().await;
            Try::RefusedByGame
        }
        _ => {
            assert_eq!(client.expect_end().await.0, End::Eof);
            Try::RefusedByMudkeep
        }
    }
}

#[tokio::test]
async fn an_address_is_told_to_wait_after_the_limit_and_others_play_on() {
    let world = World::new(FAMILY, "limits.failed_logins_per_address = 3").await;
    let bob = world.player("Bob").await;
    for name in ["alice", "bob", "nobody"] {
        assert_eq!(one_try(&world, 2, name, "guess").await, Try::RefusedByGame);
    }
    let heard = world.game.accepted();
    assert_eq!(one_try(&world, 2, "alice", "guess").await, Try::RefusedByMudkeep);
    assert_eq!(one_try(&world, 2, "alice", PASSWORD).await, Try::RefusedByMudkeep);
    let typed = (heard..world.game.accepted()).map(|n| world.game.record(n).received);
    assert!(typed.into_iter().all(|bytes| !bytes.windows(5).any(|w| w == b"alice")));
    act(&bob).await;
    assert_eq!(one_try(&world, 3, "alice", PASSWORD).await, Try::In);
}

#[tokio::test]
async fn the_limit_counts_on_one_connection_too() {
    let world = World::new(FAMILY, "limits.failed_logins_per_address = 3").await;
    let thief = world.client().await;
    thief.expect(door(FAMILY)).await;
    for _ in 0..3 {
        thief.line("connect alice guess").await;
        thief.expect("has a different password.").await;
    }
    thief.line("connect alice guess").await;
    thief.expect(WAIT).await;
    assert_eq!(thief.expect_end().await.0, End::Eof);
}

#[tokio::test]
async fn a_login_that_works_costs_nothing() {
    let world = World::new(FAMILY, "limits.failed_logins_per_address = 2").await;
    for _ in 0..6 {
        assert_eq!(one_try(&world, 2, "alice", PASSWORD).await, Try::In);
    }
    assert_eq!(one_try(&world, 2, "alice", "guess").await, Try::RefusedByGame);
}

#[tokio::test]
async fn a_guesser_does_not_lock_out_the_user() {
    let settings = "limits.failed_logins_per_user = 3\nlimits.failed_logins_per_address = 3";
    let world = World::new(FAMILY, settings).await;
    assert_eq!(one_try(&world, 2, "alice", PASSWORD).await, Try::In);
    for host in [66, 67, 68] {
        assert_eq!(one_try(&world, host, "alice", "guess").await, Try::RefusedByGame);
    }
    assert_eq!(one_try(&world, 69, "alice", "guess").await, Try::RefusedByMudkeep);
    assert_eq!(one_try(&world, 69, "bob", PASSWORD).await, Try::In);
    assert_eq!(one_try(&world, 2, "alice", PASSWORD).await, Try::In);
}

#[tokio::test]
async fn half_of_all_failures_are_kept_for_known_addresses() {
    let settings = "limits.failed_logins_total = 6\nlimits.failed_logins_per_user = 6\n\
        limits.failed_logins_per_address = 6";
    let world = World::new(FAMILY, settings).await;
    assert_eq!(one_try(&world, 2, "alice", PASSWORD).await, Try::In);
    for (host, name) in [(66, "a"), (67, "b"), (68, "c")] {
        assert_eq!(one_try(&world, host, name, "guess").await, Try::RefusedByGame);
    }
    assert_eq!(one_try(&world, 69, "bob", PASSWORD).await, Try::RefusedByMudkeep);
    for name in ["d", "e", "f"] {
        assert_eq!(one_try(&world, 2, name, "guess").await, Try::RefusedByGame);
    }
    assert_eq!(one_try(&world, 2, "alice", PASSWORD).await, Try::RefusedByMudkeep);
}

#[tokio::test]
async fn coming_back_to_a_running_session_costs_nothing() {
    let world = World::new(FAMILY, "limits.failed_logins_per_address = 1").await;
    let alice = world.player("Alice").await;
    alice.vanish().await;
    let back = |client: Client| async move {
        enter(FAMILY, &client, "Alice").await;
        client.vanish().await;
    };
    for _ in 0..3 {
        back(world.client().await).await;
    }
    let last = world.client().await;
    enter(FAMILY, &last, "Alice").await;
}
