//! A game whose texts were all edited plays as if mudkeep were not there.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::client::{Client, Dial};
use crate::support::scripted::{Family, Game};
use crate::world::{World, act};

/// A line that comes in the first two seconds may have to wait for their end: until then a game may
/// still be asking around before it asks for a name, and throw away what is typed.
const FIRST_MAX: Duration = Duration::from_millis(2_400);

/// No line behind that one waits for mudkeep, where the preset is not one that it was told wrongly.
const LATER_MAX: Duration = Duration::from_millis(200);

/// Every preset that could be set, wrongly, for such a game.
const WRONG: [&str; 8] = ["auto", "circle", "merc", "smaug", "lp", "penn", "moo", "none"];

/// How long the first line took, and how long all others.
struct Took {
    first: Duration,
    later: Duration,
}

async fn play(client: &Client) -> Took {
    let start = Instant::now();
    client.expect("wanderer? --> ").await;
    client.line("Alice").await;
    client.expect("word? --> ").await;
    let first = start.elapsed();
    for (line, answer) in [("guess", "properly. --> "), ("sekrit", "swings open.\r\n[20/20] ")] {
        client.line(line).await;
        client.expect(answer).await;
    }
    for n in 0..15 {
        client.line(&format!("dance {n}")).await;
        client.expect(&format!("You do: dance {n}\r\n[20/20] ")).await;
    }
    Took { first, later: start.elapsed() - first }
}

/// What both sides saw of it without mudkeep, and how long it took.
async fn direct() -> (String, Vec<String>, Took) {
    let game = Game::start(Family::Edited).await;
    game.account("Alice", "sekrit");
    let client = Client::connect(game.address()).await;
    let took = play(&client).await;
    (client.text(), game.heard("Alice"), took)
}

#[tokio::test]
async fn the_player_and_the_game_see_what_they_see_without_it() {
    let (text, heard, direct) = direct().await;
    for preset in WRONG {
        let settings = format!("login.preset = \"{preset}\"\ntoken.tell = \"off\"");
        let world = World::new(Family::Edited, &settings).await;
        let alice = world.client().await;
        let took = play(&alice).await;
        assert_eq!(alice.text(), text, "{preset}");
        assert_eq!(world.game.heard("alice"), heard, "{preset}");
        let slower = took.first.saturating_sub(direct.first);
        println!("{preset}: the first line {slower:?} slower, the others {:?}", took.later);
        assert!(slower < FIRST_MAX, "{preset}: {slower:?} slower");
        if matches!(preset, "auto" | "none") {
            let slower = took.later.saturating_sub(direct.later);
            assert!(slower < LATER_MAX, "{preset}: {slower:?} slower");
        }
    }
}

#[tokio::test]
async fn a_character_is_made_as_without_it() {
    for preset in WRONG {
        let settings = format!("login.preset = \"{preset}\"\ntoken.tell = \"off\"");
        let world = World::new(Family::Edited, &settings).await;
        let carol = world.client().await;
        for (prompt, line) in [
            ("wanderer? --> ", "Carol"),
            ("write you down? --> ", "yes"),
            ("Make up a word. --> ", "sekrit"),
        ] {
            carol.expect(prompt).await;
            carol.line(line).await;
        }
        act(&carol).await;
        assert_eq!(world.game.playing("carol"), 1, "{preset}");
    }
}

#[tokio::test]
async fn two_logins_are_the_games_own_affair_and_a_quit_is_a_quit() {
    let world = World::new(Family::Edited, "login.preset = \"auto\"").await;
    let first = world.player("Alice").await;
    let second = world.dial(Dial::default().from(2)).await;
    for (prompt, line) in [("wanderer? --> ", "Alice"), ("word? --> ", "sekrit")] {
        second.expect(prompt).await;
        second.line(line).await;
    }
    second.expect("You slip into yourself.").await;
    first.expect("The world goes dark.").await;
    first.expect_end().await;
    second.line("quit").await;
    second.expect("The gate falls shut behind you.").await;
    second.expect_end().await;
    world.proxy.until_empty().await;
}

#[tokio::test]
async fn a_player_of_an_unknown_game_is_held_and_comes_back_by_token() {
    let world = World::new(Family::Edited, "login.preset = \"auto\"").await;
    let (alice, token) = world.player_with_token("Alice").await;
    alice.vanish().await;
    world.game.say("alice", "You hear a distant bell.\r\n");
    let alice = world.back(&token).await;
    alice.expect("You hear a distant bell.").await;
    act(&alice).await;
}
