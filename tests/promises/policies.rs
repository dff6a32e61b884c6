//! The four policies, before games that treat a second login in each of the six known ways.

use crate::support::client::{Client, Dial, End};
use crate::support::scripted::{self, Family};
use crate::world::{PASSWORD, World, act, door, enter, log_in, pass_screens, texts, token};

/// What a game does at a second login, and a family that does it.
const KICKS: Family = Family::Circle;
const ASKS: Family = Family::Rom;
const REFUSES_NAME: Family = Family::Envy;
const REFUSES_PASSWORD: Family = Family::Merc;
const ALLOWS: Family = Family::Penn;
const MOVES: Family = Family::Moo;

const ALL: [Family; 6] = [KICKS, ASKS, REFUSES_NAME, REFUSES_PASSWORD, ALLOWS, MOVES];

fn policy(name: &str) -> String {
    format!("session.on_duplicate = \"{name}\"")
}

/// A second client of Alice's, from another address, that has typed its password.
async fn second(world: &World) -> Client {
    let client = world.dial(Dial::default().from(2)).await;
    log_in(world.family, &client, "Alice", PASSWORD).await;
    client
}

async fn one_session(world: &World) {
    world.proxy.until("one session is left", |c| c.sessions == 1 && c.users == 1).await;
}

#[tokio::test]
async fn reattach_continues_the_running_session_and_the_game_hears_nothing() {
    for family in ALL {
        let world = World::new(family, &policy("reattach")).await;
        let first = world.player("Alice").await;
        let heard = world.game.record(0).received;
        let second = second(&world).await;
        second.expect(&texts().taken_here().unwrap()).await;
        first.expect(&texts().taken_over().unwrap()).await;
        assert_eq!(first.expect_end().await.0, End::Eof, "{family:?}");
        one_session(&world).await;
        assert_eq!(world.game.record(0).received, heard, "{family:?}");
        world.game.until("the half-made login is closed", |game| game.open() == 1).await;
        assert_eq!(world.game.record(1).player, None, "{family:?}");
        let half = String::from_utf8_lossy(&world.game.record(1).received).into_owned();
        assert!(!half.contains(PASSWORD), "{family:?}: the game got {half:?}");
        act(&second).await;
        assert_eq!(world.game.heard("alice").len(), 2, "{family:?}");
    }
}

#[tokio::test]
async fn reattach_finds_a_held_session_too() {
    for family in ALL {
        let world = World::new(family, &policy("reattach")).await;
        world.player("Alice").await.vanish().await;
        world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
        world.game.say("alice", "You hear a distant bell.\r\n");
        let second = second(&world).await;
        second.expect(&texts().reconnected().unwrap()).await;
        second.expect("You hear a distant bell.\r\n").await;
        act(&second).await;
        one_session(&world).await;
        assert!(world.game.record(0).end.is_none(), "{family:?}");
    }
}

#[tokio::test]
async fn replace_ends_the_old_one_before_the_game_hears_of_the_new_one() {
    for family in ALL {
        let world = World::new(family, &policy("replace")).await;
        let first = world.player("Alice").await;
        let second = second(&world).await;
        first.expect(&texts().taken_over().unwrap()).await;
        first.expect_end().await;
        world.game.until("the old one is out", |game| game.record(0).end.is_some()).await;
        assert_eq!(world.game.record(0).end, Some(scripted::End::Eof), "{family:?}");
        // A game that asks about a player without a link is answered by the player.
        if family != ASKS && world.game.playing("alice") == 0 && !world.game.link_dead("alice") {
            pass_screens(family, &second).await;
        }
        act(&second).await;
        one_session(&world).await;
        assert_eq!(world.game.playing("alice"), 1, "{family:?}");
        assert!(world.game.record(1).end.is_none(), "{family:?}");
    }
}

#[tokio::test]
async fn replace_shows_what_the_old_one_had_not_delivered() {
    let world = World::new(KICKS, &policy("replace")).await;
    world.player("Alice").await.vanish().await;
    world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
    world.game.say("alice", "You hear a distant bell.\r\n");
    let second = second(&world).await;
    second.expect(&texts().undelivered_start().unwrap()).await;
    second.expect("You hear a distant bell.\r\n").await;
    second.expect(&texts().undelivered_end().unwrap()).await;
    second.expect("Reconnecting.\r\n").await;
    act(&second).await;
}

#[tokio::test]
async fn refuse_turns_the_second_away_while_the_first_is_there() {
    for family in ALL {
        let world = World::new(family, &policy("refuse")).await;
        let first = world.player("Alice").await;
        let second = second(&world).await;
        second.expect(&texts().refused_elsewhere().unwrap()).await;
        assert_eq!(second.expect_end().await.0, End::Eof, "{family:?}");
        one_session(&world).await;
        act(&first).await;
        assert!(!first.text().contains("[mudkeep] Taken"), "{family:?}");
    }
}

#[tokio::test]
async fn refuse_lets_the_player_back_into_a_held_session() {
    for family in ALL {
        let world = World::new(family, &policy("refuse")).await;
        world.player("Alice").await.vanish().await;
        world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
        let second = second(&world).await;
        second.expect(&texts().reconnected().unwrap()).await;
        act(&second).await;
    }
}

#[tokio::test]
async fn allow_leaves_it_to_the_game() {
    for family in ALL {
        let world = World::new(family, &policy("allow")).await;
        let first = world.player("Alice").await;
        let second = world.dial(Dial::default().from(2)).await;
        match family {
            REFUSES_NAME => {
                second.expect(door(family)).await;
                second.line("alice").await;
            }
            _ => log_in(family, &second, "Alice", PASSWORD).await,
        }
        match family {
            KICKS => {
                second.expect("You take over your own body, already in use!").await;
                first.expect("This body has been usurped!").await;
                first.expect_end().await;
            }
            ASKS => {
                second.expect("That character is already playing.").await;
                second.line("n").await;
                second.expect("Name: ").await;
            }
            REFUSES_NAME | REFUSES_PASSWORD => {
                second.expect("Already playing.\n\rName: ").await;
            }
            ALLOWS => second.expect("Welcome to PennMUSH!").await.clear(),
            _ => {
                second.expect("*** Redirecting old connection to this port ***").await;
                first.expect("*** Redirecting connection to new port ***").await;
                first.expect_end().await;
            }
        }
        if matches!(family, KICKS | ALLOWS | MOVES) {
            act(&second).await;
        }
        if matches!(family, ALLOWS | ASKS | REFUSES_NAME | REFUSES_PASSWORD) {
            act(&first).await;
        }
        assert!(!second.text().contains("[mudkeep] Taken"), "{family:?}");
    }
}

#[tokio::test]
async fn games_that_allow_both_get_both_by_default() {
    for family in [Family::Penn, Family::Fuzzball] {
        let world = World::new(family, "").await;
        let (first, second) = (world.player("Alice").await, world.player("Alice").await);
        act(&first).await;
        act(&second).await;
        assert_eq!(world.game.playing("alice"), 2, "{family:?}");
        assert_eq!(world.proxy.counts().sessions, 2, "{family:?}");
    }
}

#[tokio::test]
async fn beside_one_another_there_are_as_many_of_one_user_as_allowed() {
    let world = World::new(ALLOWS, "session.per_user_max = 2").await;
    let first = world.player("Alice").await;
    let second = world.player("Alice").await;
    assert_eq!(world.proxy.counts().sessions, 2);
    let third = world.player("Alice").await;
    first.expect(&texts().taken_over().unwrap()).await;
    first.expect_end().await;
    act(&second).await;
    act(&third).await;
    world.proxy.until("two are left", |counts| counts.sessions == 2).await;
    assert_eq!(world.game.playing("alice"), 2);
}

#[tokio::test]
async fn two_guests_are_two_sessions() {
    for (family, lines) in [
        (Family::Penn, &["connect guest guest"][..]),
        (Family::Moo, &["connect guest"]),
        (Family::Discworld, &["g", ""]),
    ] {
        let world = World::new(family, "session.on_duplicate = \"reattach\"").await;
        let mut guests = Vec::new();
        for n in [2, 3] {
            let guest = world.dial(Dial::default().from(n)).await;
            guest.expect(door(family)).await;
            for line in lines {
                guest.line(line).await;
            }
            act(&guest).await;
            guests.push(guest);
        }
        assert_eq!(world.proxy.counts().sessions, 2, "{family:?}");
        assert_eq!(world.game.open(), 2, "{family:?}");
        for guest in &guests {
            act(guest).await;
        }
    }
}

#[tokio::test]
async fn a_thiefs_old_password_opens_nothing_after_a_change() {
    for (family, refusal) in [
        (Family::Penn, "That is not the correct password."),
        (Family::Moo, "has a different password."),
        (Family::Evennia, "password is incorrect."),
    ] {
        let world = World::new(family, &policy("reattach")).await;
        let alice = world.player("Alice").await;
        alice.line(&format!("@password {PASSWORD}=betters")).await;
        alice
            .expect_any(&["ou have changed your password", "ew password set", "assword changed"])
            .await;
        let thief = world.dial(Dial::default().from(66)).await;
        log_in(family, &thief, "Alice", PASSWORD).await;
        thief.expect(refusal).await;
        thief.close().await;
        act(&alice).await;
        // The owner's new one is known to the game alone, and good there.
        let again = world.dial(Dial::default().from(2)).await;
        log_in(family, &again, "Alice", "betters").await;
        act(&again).await;
        alice.expect_end().await;
        one_session(&world).await;
    }
}

#[tokio::test]
async fn a_password_changed_in_the_menu_is_forgotten_too() {
    let world = World::new(KICKS, "").await;
    let alice = world.player("Alice").await;
    alice.line("quit").await;
    alice.expect("Make your choice: ").await;
    for (line, answer) in [
        ("4", "old password: "),
        (PASSWORD, "new password: "),
        ("betters", "retype password: "),
        ("betters", "Make your choice: "),
    ] {
        alice.line(line).await;
        alice.expect(answer).await;
    }
    alice.line("1").await;
    act(&alice).await;
    let thief = world.dial(Dial::default().from(66)).await;
    log_in(KICKS, &thief, "Alice", PASSWORD).await;
    thief.expect("Wrong password.").await;
    act(&alice).await;
}

#[tokio::test]
async fn evennia_says_who_came_in_by_gmcp_and_a_second_login_finds_them() {
    let world = World::new(Family::Evennia, "").await;
    let first = world.like(crate::support::client::Style::Mudlet).await;
    enter(Family::Evennia, &first, "Alice").await;
    token(&first).await;
    let second = second(&world).await;
    second.expect(&texts().taken_here().unwrap()).await;
    first.expect(&texts().taken_over().unwrap()).await;
    act(&second).await;
}
