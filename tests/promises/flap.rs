//! Clients that come back by themselves, again and again.

use crate::support::client::{Client, Dial, End};
use crate::support::scripted::Family;
use crate::world::{PASSWORD, World, act, log_in, texts};

const FAMILY: Family = Family::Circle;

async fn from(world: &World, host: u8) -> Client {
    let client = world.dial(Dial::default().from(host)).await;
    log_in(FAMILY, &client, "Alice", PASSWORD).await;
    client
}

/// A world in which host 2 took Alice's session from host 1.
async fn replaced(settings: &str) -> (World, Client) {
    let world = World::new(FAMILY, settings).await;
    let loser = from(&world, 1).await;
    crate::world::pass_screens(FAMILY, &loser).await;
    act(&loser).await;
    let winner = from(&world, 2).await;
    winner.expect(&texts().taken_here().unwrap()).await;
    loser.expect(&texts().taken_over().unwrap()).await;
    loser.expect_end().await;
    (world, winner)
}

#[tokio::test]
async fn a_loser_that_reconnects_is_asked_and_silence_closes_it() {
    let (world, winner) = replaced("limits.question_timeout = \"5s\"").await;
    let loser = from(&world, 1).await;
    loser.expect(&texts().play_elsewhere_question().unwrap()).await;
    act(&winner).await;
    loser.expect(&texts().play_elsewhere_kept().unwrap()).await;
    assert_eq!(loser.expect_end().await.0, End::Eof);
    act(&winner).await;
    world.proxy.until("one session is left", |counts| counts.sessions == 1).await;
}

#[tokio::test]
async fn a_loser_that_says_yes_takes_it() {
    for yes in ["y", "Y", "yes", " y "] {
        let (_world, winner) = replaced("").await;
        let loser = from(&_world, 1).await;
        loser.expect(&texts().play_elsewhere_question().unwrap()).await;
        loser.line(yes).await;
        loser.expect(&texts().taken_here().unwrap()).await;
        winner.expect(&texts().taken_over().unwrap()).await;
        winner.expect_end().await;
        act(&loser).await;
    }
}

#[tokio::test]
async fn any_other_answer_leaves_it_where_it_is() {
    for no in ["n", "", "look", PASSWORD] {
        let (world, winner) = replaced("").await;
        let loser = from(&world, 1).await;
        loser.expect(&texts().play_elsewhere_question().unwrap()).await;
        loser.line(no).await;
        loser.expect(&texts().play_elsewhere_kept().unwrap()).await;
        assert_eq!(loser.expect_end().await.0, End::Eof);
        act(&winner).await;
        assert_eq!(world.game.heard("alice").len(), 2, "the answer went nowhere");
    }
}

#[tokio::test]
async fn two_clients_that_reconnect_by_themselves_do_not_evict_each_other_for_ever() {
    let (world, winner) = replaced("").await;
    // The loser comes again and again and never answers; the winner plays.
    for _ in 0..4 {
        let loser = from(&world, 1).await;
        loser.expect(&texts().play_elsewhere_question().unwrap()).await;
        loser.close().await;
        act(&winner).await;
    }
    world.proxy.until("one session is left", |counts| counts.sessions == 1).await;
}

#[tokio::test]
async fn a_loser_whose_winner_has_gone_is_not_asked() {
    let (world, winner) = replaced("").await;
    winner.vanish().await;
    world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
    let loser = from(&world, 1).await;
    loser.expect(&texts().reconnected().unwrap()).await;
    act(&loser).await;
}

#[tokio::test]
async fn takeovers_over_the_limit_are_delayed_and_said() {
    let world = World::new(FAMILY, "limits.takeovers_per_minute = 2").await;
    let mut holder = from(&world, 1).await;
    crate::world::pass_screens(FAMILY, &holder).await;
    act(&holder).await;
    for host in 2..=3 {
        let next = from(&world, host).await;
        next.expect(&texts().taken_here().unwrap()).await;
        assert!(!next.text().contains("again and again"), "host {host} waits");
        holder.expect_end().await;
        holder = next;
    }
    let third = from(&world, 4).await;
    third.expect(&texts().flap_delay(1).unwrap()).await;
    act(&holder).await;
    third.expect(&texts().taken_here().unwrap()).await;
    holder.expect(&texts().taken_over().unwrap()).await;
    act(&third).await;
}

#[tokio::test]
async fn a_newcomer_that_hangs_up_while_it_waits_takes_nothing() {
    let world = World::new(FAMILY, "limits.takeovers_per_minute = 1").await;
    let first = from(&world, 1).await;
    crate::world::pass_screens(FAMILY, &first).await;
    act(&first).await;
    let holder = from(&world, 2).await;
    holder.expect(&texts().taken_here().unwrap()).await;
    let gone = from(&world, 3).await;
    gone.expect(&texts().flap_delay(1).unwrap()).await;
    gone.close().await;
    world.proxy.until("it is noticed", |counts| counts.connections == 1).await;
    act(&holder).await;
    assert_eq!(holder.end(), None);
}

#[tokio::test]
async fn what_is_typed_while_the_place_changes_hands_is_not_lost() {
    let world = World::new(FAMILY, "limits.takeovers_per_minute = 1").await;
    let first = from(&world, 1).await;
    crate::world::pass_screens(FAMILY, &first).await;
    act(&first).await;
    let second = from(&world, 2).await;
    act(&second).await;
    let third = from(&world, 3).await;
    third.expect(&texts().flap_delay(1).unwrap()).await;
    third.line("dance").await;
    act(&third).await;
    let heard = world.game.heard("alice");
    assert_eq!(heard.iter().filter(|line| *line == "dance").count(), 1, "{heard:?}");
}
