//! How long a session waits for its player, and what it does not wait for.

use crate::support::scripted::{End, Family};
use crate::world::{World, act, door, texts};

async fn ends_at_once(world: &World) {
    world.game.until("the game's connection is closed", |game| game.open() == 0).await;
    assert_eq!(world.game.record(0).end, Some(End::Eof));
    world.proxy.until_empty().await;
}

#[tokio::test]
async fn the_end_of_the_hold_ends_the_session_and_closes_the_games_connection() {
    let world = World::new(Family::Circle, "session.hold = \"1s\"").await;
    let (alice, token) = world.player_with_token("Alice").await;
    alice.vanish().await;
    world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
    assert_eq!((world.proxy.counts().sessions, world.game.open()), (1, 1));
    ends_at_once(&world).await;
    assert!(world.game.link_dead("alice"), "the game's own link death begins");
    let late = world.client().await;
    late.expect(door(Family::Circle)).await;
    late.line(&format!("resume {token}")).await;
    late.expect(&texts().session_over().unwrap()).await;
}

#[tokio::test]
async fn a_player_who_is_back_in_time_is_not_ended() {
    let world = World::new(Family::Circle, "session.hold = \"1s\"").await;
    let (alice, token) = world.player_with_token("Alice").await;
    alice.vanish().await;
    let alice = world.back(&token).await;
    // Bob's hold begins after Alice's would have ended.
    let bob = world.player("Bob").await;
    bob.vanish().await;
    world.game.until("bob is out", |game| game.playing("bob") == 0).await;
    world.proxy.until("bob's session is over", |counts| counts.sessions == 1).await;
    act(&alice).await;
}

#[tokio::test]
async fn without_a_hold_the_session_ends_with_the_connection() {
    for close in [true, false] {
        let world = World::new(Family::Circle, "session.hold = \"0s\"").await;
        let alice = world.player("Alice").await;
        match close {
            true => alice.close().await,
            false => alice.vanish().await,
        }
        ends_at_once(&world).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_during_the_login_takes_the_session_along() {
    for lines in [&[][..], &["alice"], &["alice", "wrong"]] {
        let world = World::new(Family::Circle, "").await;
        let alice = world.client().await;
        alice.expect(door(Family::Circle)).await;
        for line in lines {
            alice.line(line).await;
            alice.expect("Password: ").await;
        }
        alice.vanish().await;
        ends_at_once(&world).await;
    }
}

#[tokio::test]
async fn a_client_that_leaves_from_the_menu_takes_the_session_along() {
    for family in [Family::Circle, Family::Tbamud, Family::Diku] {
        let world = World::new(family, "").await;
        let alice = world.player("Alice").await;
        alice.line("quit").await;
        alice.expect("Make your choice: ").await;
        alice.vanish().await;
        ends_at_once(&world).await;
    }
}

#[tokio::test]
async fn behind_the_menu_the_player_is_held_again() {
    let world = World::new(Family::Circle, "").await;
    let (alice, _) = world.player_with_token("Alice").await;
    alice.line("quit").await;
    alice.expect("Make your choice: ").await;
    alice.line("1").await;
    act(&alice).await;
    let token = crate::world::token(&alice).await;
    alice.vanish().await;
    world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
    let alice = world.back(&token).await;
    act(&alice).await;
    assert_eq!(world.game.record(0).end, None);
}

#[tokio::test]
async fn penn_logs_out_to_its_login_screen_and_another_logs_in_there() {
    let world = World::new(Family::Penn, "session.on_duplicate = \"reattach\"").await;
    let (alice, old) = world.player_with_token("Alice").await;
    alice.line("LOGOUT").await;
    alice.expect("QUIT to logout.\r\n").await;
    world.proxy.until("nobody is known", |counts| counts.users == 0).await;
    alice.line("connect bob sekrit").await;
    act(&alice).await;
    world.proxy.until("bob is known", |counts| counts.users == 1).await;
    let thief = world.client().await;
    thief.expect(door(Family::Penn)).await;
    thief.line(&format!("resume {old}")).await;
    thief.expect(&texts().token_refused().unwrap()).await;
    act(&alice).await;
}

#[tokio::test]
async fn the_last_words_to_a_player_who_was_away_are_readable_by_token() {
    for polite in [true, false] {
        let world = World::new(Family::Circle, "").await;
        let (alice, token) = world.player_with_token("Alice").await;
        alice.vanish().await;
        world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
        world.game.say("alice", "A dragon eats you. You are DEAD!\r\n");
        world.game.until("it is said", |game| game.record(0).sent.ends_with(b"DEAD!\r\n")).await;
        match polite {
            true => world.game.close("alice"),
            false => world.game.crash().await,
        }
        world.game.until("it is closed", |game| game.open() == 0).await;
        world.game.open_door().await;
        let alice = world.client().await;
        alice.expect(door(Family::Circle)).await;
        alice.line(&format!("resume {token}")).await;
        if polite {
            alice.expect("[mudkeep] The game closed your session ").await;
            alice.expect("A dragon eats you. You are DEAD!\r\n").await;
            alice.expect_end().await;
        } else {
            // What a reset overtook is nowhere; the rest is said.
            alice.expect("[mudkeep] The game closed your session ").await;
            alice.expect_end().await;
        }
        world.proxy.until_empty().await;
    }
}

#[tokio::test]
async fn the_last_words_are_not_kept_for_ever() {
    let world = World::new(Family::Circle, "session.linger = \"1s\"").await;
    let (alice, token) = world.player_with_token("Alice").await;
    alice.vanish().await;
    world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
    world.game.close("alice");
    world.proxy.until_empty().await;
    let alice = world.client().await;
    alice.expect(door(Family::Circle)).await;
    alice.line(&format!("resume {token}")).await;
    alice.expect(&texts().session_over().unwrap()).await;
}

#[tokio::test]
async fn a_user_whose_session_lingers_logs_in_afresh() {
    let world = World::new(Family::Circle, "").await;
    let alice = world.player("Alice").await;
    alice.vanish().await;
    world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
    world.game.close("alice");
    world.game.until("it is closed", |game| game.open() == 0).await;
    let alice = world.client().await;
    crate::world::log_in(Family::Circle, &alice, "Alice", crate::world::PASSWORD).await;
    alice.expect("Reconnecting.").await;
    act(&alice).await;
    assert_eq!(world.game.playing("alice"), 1);
}
