//! The words at the login prompt: none of them reaches the game.

use crate::support::client::{Client, Dial};
use crate::support::scripted::Family;
use crate::world::{
    PASSWORD, World, act, door, log_in, numbered, pass_screens, shown, texts, token,
};

/// One family of each kind of login.
const KINDS: [Family; 3] = [Family::Circle, Family::Lp, Family::Moo];

/// A client at the door that has typed a word and seen the answer.
async fn said(world: &World, word: &str, answer: &str) -> Client {
    let client = world.dial(Dial::default().from(2)).await;
    client.expect(door(world.family)).await;
    client.line(word).await;
    client.expect(answer).await;
    client
}

/// The login goes on behind a word.
async fn log_in_behind(world: &World, client: &Client) {
    match world.family {
        Family::Moo => client.line(&format!("connect alice {PASSWORD}")).await,
        _ => {
            client.line("alice").await;
            client.expect("assword:").await;
            client.line(PASSWORD).await;
        }
    }
}

/// Alice is away and the game waits for her.
async fn held(family: Family, settings: &str) -> (World, String) {
    let world = World::new(family, settings).await;
    let (alice, token) = world.player_with_token("Alice").await;
    alice.vanish().await;
    world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
    (world, token)
}

/// What the second connection to the game was told.
fn typed(world: &World) -> String {
    String::from_utf8_lossy(&world.game.record(1).received).into_owned()
}

#[tokio::test]
async fn a_token_leads_back_whatever_the_login() {
    for family in KINDS {
        let (world, token) = held(family, "").await;
        let alice = world.back(&token).await;
        act(&alice).await;
        world.game.until("the half-made login is closed", |game| game.open() == 1).await;
        assert!(!typed(&world).contains("resume"), "{family:?}");
        assert_eq!(world.proxy.counts().sessions, 1);
    }
}

#[tokio::test]
async fn a_token_leads_back_where_the_game_is_not_known() {
    for settings in ["login.preset = \"auto\"", "login.preset = \"none\""] {
        let (world, token) = held(Family::Edited, settings).await;
        let alice = world.back(&token).await;
        act(&alice).await;
        assert!(!typed(&world).contains("resume"), "{settings}");
    }
}

#[tokio::test]
async fn a_token_takes_the_place_of_a_living_client() {
    let world = World::new(Family::Circle, "").await;
    let (first, token) = world.player_with_token("Alice").await;
    let second = world.back(&token).await;
    first.expect(&texts().taken_over().unwrap()).await;
    first.expect_end().await;
    act(&second).await;
}

#[tokio::test]
async fn a_token_that_opens_nothing_is_refused_and_the_login_goes_on() {
    let (_, stranger) = held(Family::Circle, "").await;
    for family in KINDS {
        for bad in [
            "x",
            "00000000-0000-4000-8000-000000000000.abcdefghijklmnopqrstuvwxyz012345",
            "====",
            &stranger,
            &"A".repeat(3000),
        ] {
            let (world, _) = held(family, "").await;
            let refused = texts().token_refused().unwrap();
            let client = said(&world, &format!("resume {bad}"), &refused).await;
            log_in_behind(&world, &client).await;
            client.expect(&texts().reconnected().unwrap()).await;
            act(&client).await;
            assert!(!typed(&world).contains("resume"), "{family:?}");
        }
    }
}

#[tokio::test]
async fn a_retired_token_opens_nothing() {
    let (world, first) = held(Family::Circle, "").await;
    let alice = world.back(&first).await;
    let second = token(&alice).await;
    alice.vanish().await;
    let alice = world.back(&second).await;
    let third = token(&alice).await;
    assert!(first != second && second != third);
    let refused = texts().token_refused().unwrap();
    let thief = said(&world, &format!("resume {first}"), &refused).await;
    act(&alice).await;
    thief.close().await;
    alice.vanish().await;
    let alice = world.back(&third).await;
    act(&alice).await;
}

#[tokio::test]
async fn a_token_whose_successor_never_arrived_is_good_once_more_and_yields_the_same() {
    let (world, first) = held(Family::Circle, "").await;
    let alice = world.back(&first).await;
    let second = token(&alice).await;
    alice.vanish().await;
    let alice = world.back(&first).await;
    assert_eq!(token(&alice).await, second);
    act(&alice).await;
}

#[tokio::test]
async fn replay_says_how_many_lines_are_shown() {
    for lines in [0_u64, 1, 5, 1_000] {
        let (world, _) = held(Family::Circle, "session.history = \"1MiB\"").await;
        world.game.flood("alice", 2_000).await;
        let answer = texts().replay_set(lines).unwrap();
        let client = said(&world, &format!("replay {lines}"), &answer).await;
        log_in_behind(&world, &client).await;
        client.until("the replay is over", |text| shown(text).is_some()).await;
        let shown = shown(&client.text()).unwrap();
        assert_eq!(shown.said.lines, lines);
        assert_eq!(numbered(&shown.block), (2_001 - lines..2_001).collect::<Vec<_>>());
        assert!(shown.said.more >= 2_000 - lines, "{:?}", shown.said);
        act(&client).await;
        assert!(!typed(&world).contains("replay"));
    }
}

#[tokio::test]
async fn token_has_the_token_printed_where_it_is_not_otherwise() {
    let world = World::new(Family::Circle, "token.tell = \"off\"").await;
    let shown = texts().token_will_be_shown().unwrap();
    let alice = said(&world, "token", &shown).await;
    log_in_behind(&world, &alice).await;
    pass_screens(Family::Circle, &alice).await;
    let token = token(&alice).await;
    alice.vanish().await;
    let alice = world.back(&token).await;
    act(&alice).await;
    let quiet = World::new(Family::Circle, "token.tell = \"off\"").await;
    let alice = quiet.player("Alice").await;
    assert!(!alice.text().contains("resume"), "{}", alice.text());
}

#[tokio::test]
async fn release_with_the_password_ends_the_held_session() {
    let (world, _) = held(Family::Circle, "").await;
    let asked = texts().release_asked().unwrap();
    let client = said(&world, "release", &asked).await;
    log_in_behind(&world, &client).await;
    client.expect(&texts().held_released().unwrap()).await;
    client.expect_any(&["Reconnecting.", "You take over your own body"]).await;
    world.game.until("the old one is out", |game| game.record(0).end.is_some()).await;
    act(&client).await;
    world.proxy.until("one session is left", |counts| counts.sessions == 1).await;
    assert!(!typed(&world).contains("release"));
}

#[tokio::test]
async fn release_without_the_password_ends_nothing() {
    let (world, token) = held(Family::Circle, "").await;
    let asked = texts().release_asked().unwrap();
    let client = said(&world, "release", &asked).await;
    client.line("alice").await;
    client.expect("Password: ").await;
    client.line("guess").await;
    client.expect(&texts().release_failed().unwrap()).await;
    client.expect("Wrong password.").await;
    assert!(world.game.record(0).end.is_none());
    let alice = world.back(&token).await;
    act(&alice).await;
}

#[tokio::test]
async fn in_play_the_words_are_the_games() {
    let world = World::new(Family::Circle, "").await;
    let alice = world.player("Alice").await;
    for word in ["token", "release", "replay 5", "resume x"] {
        alice.line(word).await;
        alice.expect(&format!("You do: {word}")).await;
    }
}

#[tokio::test]
async fn a_password_that_is_a_word_is_a_password() {
    let world = World::new(Family::Circle, "").await;
    world.game.account("Carol", "release");
    let carol = world.client().await;
    log_in(Family::Circle, &carol, "Carol", "release").await;
    pass_screens(Family::Circle, &carol).await;
    act(&carol).await;
}

#[tokio::test]
async fn what_is_typed_right_behind_a_token_is_not_sent_and_the_player_is_told() {
    for (family, settings) in [
        (Family::Circle, ""),
        (Family::Circle, "login.preset = \"none\""),
        (Family::Circle, "login.preset = \"auto\""),
    ] {
        let (world, token) = held(family, settings).await;
        let alice = world.client().await;
        alice.expect(door(family)).await;
        alice.bytes(format!("resume {token}\r\nalice\r\n{PASSWORD}\r\n")).await;
        alice.expect(&texts().resumed().unwrap()).await;
        alice.expect(&texts().login_lines_not_sent(2).unwrap()).await;
        act(&alice).await;
        world.game.until("the half-made login is closed", |game| game.open() == 1).await;
        assert_eq!(typed(&world), "", "{settings}");
        let played = String::from_utf8_lossy(&world.game.record(0).received).into_owned();
        assert_eq!(played.matches(PASSWORD).count(), 1, "{settings}: {played}");
    }
}

#[tokio::test]
async fn what_is_typed_behind_a_token_while_another_client_loses_its_place_is_not_sent() {
    let world = World::new(Family::Circle, "").await;
    let (_first, token) = world.player_with_token("Alice").await;
    let second = world.client().await;
    second.expect(door(Family::Circle)).await;
    second.bytes(format!("resume {token}\r\nalice\r\n")).await;
    second.line(PASSWORD).await;
    second.expect(&texts().resumed().unwrap()).await;
    act(&second).await;
    assert!(!second.text().contains("You do: alice"), "{}", second.text());
}

#[tokio::test]
async fn what_is_typed_right_behind_a_bad_token_is_for_the_login() {
    let (world, _) = held(Family::Circle, "").await;
    let alice = world.client().await;
    alice.expect(door(Family::Circle)).await;
    alice.bytes(format!("resume nothing\r\nalice\r\n{PASSWORD}\r\n")).await;
    alice.expect(&texts().token_refused().unwrap()).await;
    alice.expect(&texts().reconnected().unwrap()).await;
    act(&alice).await;
}
