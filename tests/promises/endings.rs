//! How a session ends from the game's side: a quit is a quit, a crash is met as `on_down` says.

use crate::support::client::End;
use crate::support::scripted::{Family, Settings, Wait};
use crate::world::{PASSWORD, World, act, door, enter, log_in, texts};

const STAY: &str = "game.on_down = \"stay\"";
const CLOSE: &str = "game.on_down = \"close\"";

#[tokio::test]
async fn quit_leads_to_a_closed_connection_and_never_to_a_new_banner() {
    for (family, words) in [
        (Family::Merc, &["quit"][..]),
        (Family::Rom, &["quit"]),
        (Family::Smaug, &["quit"]),
        (Family::Lp, &["quit"]),
        (Family::DeadSouls, &["quit"]),
        (Family::Discworld, &["quit"]),
        (Family::Penn, &["quit"]),
        (Family::Moo, &["@quit"]),
        (Family::Evennia, &["quit"]),
        (Family::Fuzzball, &["quit"]),
        (Family::Edited, &["quit"]),
        (Family::Circle, &["quit", "0"]),
        (Family::Tbamud, &["quit", "0"]),
        (Family::Diku, &["quit", "0"]),
    ] {
        for on_down in [STAY, CLOSE] {
            let world = World::new(family, on_down).await;
            let alice = world.player("Alice").await;
            for word in words {
                alice.line(word).await;
            }
            let goodbye = texts().game_closed().unwrap();
            alice.expect(&goodbye).await;
            let (end, rest) = alice.expect_end().await;
            assert_eq!((end, &*rest), (End::Eof, "\r\n"), "{family:?}");
            // Whether the port answers may be tried; nobody is led there.
            for probe in 1..world.game.accepted() {
                assert_eq!(world.game.record(probe).received, b"", "{family:?}");
            }
            world.proxy.until_empty().await;
        }
    }
}

#[tokio::test]
async fn the_last_words_of_a_game_that_closes_reach_the_player() {
    let world = World::new(Family::Circle, "").await;
    let alice = world.player("Alice").await;
    world.game.say("alice", "A dragon eats you.\r\n");
    world.game.close("alice");
    alice.expect("A dragon eats you.\r\n").await;
    alice.expect(&texts().game_closed().unwrap()).await;
    assert_eq!(alice.expect_end().await.0, End::Eof);
}

#[tokio::test]
async fn a_crash_closes_the_players_connection_by_default() {
    for settings in ["", CLOSE] {
        let world = World::new(Family::Circle, settings).await;
        let alice = world.player("Alice").await;
        world.game.crash().await;
        alice.expect(&texts().game_lost().unwrap()).await;
        assert_eq!(alice.expect_end().await.0, End::Eof);
        world.proxy.until_empty().await;
    }
}

#[tokio::test]
async fn a_player_who_stays_is_led_to_the_game_when_it_is_back_and_nothing_typed_goes_along() {
    let world = World::new(Family::Circle, STAY).await;
    let (alice, bob) = (world.player("Alice").await, world.player("Bob").await);
    world.game.crash().await;
    for player in [&alice, &bob] {
        player.expect(&texts().game_down().unwrap()).await;
        player.line("give all to thief").await;
        player.expect(&texts().not_sent().unwrap()).await;
    }
    assert_eq!(world.proxy.counts().sessions, 2);
    world.game.open_door().await;
    for (player, name) in [(&alice, "Alice"), (&bob, "Bob")] {
        player.expect(&texts().game_back().unwrap()).await;
        log_in(Family::Circle, player, name, PASSWORD).await;
        player.expect("Reconnecting.").await;
        act(player).await;
    }
    for name in ["alice", "bob"] {
        assert_eq!(world.game.heard(name).len(), 2);
    }
    for connection in 2..world.game.accepted() {
        let typed = world.game.record(connection).received;
        assert!(!String::from_utf8_lossy(&typed).contains("thief"));
    }
    world.proxy.until("two sessions", |counts| counts.sessions == 2 && counts.users == 2).await;
}

#[tokio::test]
async fn a_game_that_says_goodbye_and_shuts_its_port_is_down() {
    let world = World::new(Family::Circle, STAY).await;
    let alice = world.player("Alice").await;
    world.game.shut_door().await;
    world.game.close("alice");
    alice.expect(&texts().game_down().unwrap()).await;
    world.game.open_door().await;
    alice.expect(&texts().game_back().unwrap()).await;
    alice.expect(door(Family::Circle)).await;
}

#[tokio::test]
async fn an_orphan_who_hangs_up_leaves_nothing_behind() {
    let world = World::new(Family::Circle, STAY).await;
    let alice = world.player("Alice").await;
    world.game.crash().await;
    alice.expect(&texts().game_down().unwrap()).await;
    alice.close().await;
    world.proxy.until("nobody is connected", |counts| counts.connections == 0).await;
}

#[tokio::test]
async fn a_game_that_cannot_be_reached_is_said_and_the_connection_closed() {
    let world = World::new(Family::Circle, "").await;
    world.game.shut_door().await;
    let alice = world.client().await;
    alice.expect(&texts().game_unreachable().unwrap()).await;
    assert_eq!(alice.expect_end().await.0, End::Eof);
    world.proxy.until_empty().await;
}

#[tokio::test]
async fn a_player_waits_for_a_game_that_is_not_up_yet() {
    let world = World::new(Family::Circle, STAY).await;
    world.game.shut_door().await;
    let alice = world.client().await;
    alice.expect(&texts().game_down().unwrap()).await;
    world.game.open_door().await;
    alice.expect(&texts().game_back().unwrap()).await;
    enter(Family::Circle, &alice, "Alice").await;
}

#[tokio::test]
async fn what_is_typed_while_the_game_is_asking_around_is_not_lost() {
    let rules = Settings { wait: Wait::UntilTold, ..Settings::default() };
    let world = World::with(Family::Penn, rules, "").await;
    let alice = world.client().await;
    alice.line("connect Alice sekrit").await;
    world.game.until("it is there", |game| game.accepted() == 1).await;
    world.game.proceed();
    alice.expect("Welcome to PennMUSH!").await;
}
