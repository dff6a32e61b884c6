//! Games that refuse a second login at the name: mudkeep asks for the password itself.

use crate::support::client::{Client, Dial};
use crate::support::scripted::Family;
use crate::world::{PASSWORD, World, act, door, pass_screens, texts};

const FAMILIES: [Family; 2] = [Family::Diku, Family::Envy];

/// A second client that has typed Alice's name and was asked for the password.
async fn asked(world: &World) -> Client {
    let client = world.dial(Dial::default().from(2)).await;
    client.expect(door(world.family)).await;
    client.line("alice").await;
    client.expect(&texts().password_prompt().unwrap()).await;
    client
}

#[tokio::test]
async fn the_right_password_leads_into_the_running_session() {
    for family in FAMILIES {
        let world = World::new(family, "").await;
        let first = world.player("Alice").await;
        let second = asked(&world).await;
        second.expect_echo(true).await;
        second.line(PASSWORD).await;
        second.expect(&texts().taken_here().unwrap()).await;
        first.expect_end().await;
        second.expect_echo(false).await;
        act(&second).await;
        let half = world.game.record(1).received;
        assert!(!half.windows(5).any(|w| w == b"alice"), "{family:?}: {}", half.escape_ascii());
        world.proxy.until("one session is left", |counts| counts.sessions == 1).await;
    }
}

#[tokio::test]
async fn with_a_wrong_password_the_game_refuses_in_its_own_words() {
    for family in FAMILIES {
        let world = World::new(family, "").await;
        let first = world.player("Alice").await;
        let second = asked(&world).await;
        second.line("guess").await;
        second.expect("Already playing").await;
        second.expect("Name: ").await;
        second.expect_echo(false).await;
        act(&first).await;
        assert!(!String::from_utf8_lossy(&world.game.record(1).received).contains("guess"));
        // And the dialogue goes on.
        second.line("bob").await;
        second.expect("Password: ").await;
        second.line(PASSWORD).await;
        pass_screens(family, &second).await;
        act(&second).await;
        assert_eq!((world.game.playing("alice"), world.game.playing("bob")), (1, 1));
    }
}

#[tokio::test]
async fn a_name_without_a_session_goes_to_the_game() {
    for family in FAMILIES {
        let world = World::new(family, "").await;
        let _first = world.player("Alice").await;
        let bob = world.player("Bob").await;
        assert!(!bob.text().contains(&texts().password_prompt().unwrap()), "{family:?}");
    }
}

#[tokio::test]
async fn replace_makes_room_and_then_logs_in_with_the_name_and_the_password() {
    for family in FAMILIES {
        let world = World::new(family, "session.on_duplicate = \"replace\"").await;
        let first = world.player("Alice").await;
        let second = asked(&world).await;
        second.line(PASSWORD).await;
        first.expect(&texts().taken_over().unwrap()).await;
        second.expect("Reconnecting.").await;
        act(&second).await;
        assert_eq!(world.game.playing("alice"), 1, "{family:?}");
        world.proxy.until("one session is left", |counts| counts.sessions == 1).await;
    }
}
