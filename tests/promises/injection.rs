//! Names and lines that would write to the log what did not happen, turn its lines round or fill it.

use crate::bare::{Bare, SETTINGS, acts, door, player};
use crate::program::Program;
use crate::support::client::Client;
use crate::support::scripted::{Family, Game};
use crate::support::wire;
use crate::world::{PASSWORD, enter};

/// The longest line that an event may make, whatever is in it.
const LINE_BYTES_MAX: usize = 1024;

/// Line ends, escapes, a bell, direction marks, C1 controls, what looks like fields, and a lot.
const BAD: [&str; 8] = [
    "Eve\r INFO forged=1",
    "Eve\u{1b}[2J\u{1b}]0;forged\u{7}",
    "Eve\u{202e}\u{2066}forged\u{200f}",
    "Eve\u{85}\u{9b}31m\u{2028}forged",
    "Eve\" user=root forged=\"1",
    "Eve\\n{\"level\":\"ERROR\",\"message\":\"forged\"}",
    "Eve\0forged\u{8}\u{8}\u{7f}",
    "",
];

fn bad_names() -> impl Iterator<Item = String> {
    BAD.iter().map(|name| match *name {
        "" => "forged ".repeat((1 << 20) / 7),
        name => name.to_owned(),
    })
}

/// Every event is one short line of printable ASCII, in a form that begins with its time.
fn holds(log: &str, starts: &str) {
    assert!(!log.is_empty());
    for line in log.lines() {
        assert!(line.starts_with(starts), "{line:?}");
        assert!(line.len() <= LINE_BYTES_MAX, "{} bytes: {line:?}", line.len());
        assert!(line.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{line:?}");
    }
}

fn settings(format: &str) -> String {
    let format = format!("log.format = \"{format}\"\nlog.level = \"trace\"");
    format!("{SETTINGS}\n{format}")
}

/// Tries it as a name, as a password and as a token.
async fn tries(program: &Program, number: usize, bad: &str) {
    let client = door(program.address(), number).await;
    client.line(&format!("resume {bad}")).await;
    client.line(bad).await;
    client.line(bad).await;
    client.line("dance").await;
    client.close().await;
}

#[tokio::test]
async fn no_name_password_or_token_writes_to_the_log_what_did_not_happen() {
    for (format, starts) in [("json", "{\"timestamp\":\""), ("text", "20")] {
        let game = Bare::start().await;
        let program = Program::before(game.address(), &settings(format)).await;
        for (number, bad) in bad_names().enumerate() {
            tries(&program, number, &bad).await;
        }
        acts(&player(program.address(), 100).await.0).await;
        holds(&program.log(), starts);
    }
}

#[tokio::test]
async fn no_name_that_the_game_states_writes_to_the_log_what_did_not_happen() {
    let game = Game::start(Family::Lp).await;
    game.account("Alice", PASSWORD);
    let settings = settings("text").replace("circle", "lp");
    let program = Program::before(game.address(), &settings).await;
    let alice = Client::connect(program.address()).await;
    enter(Family::Lp, &alice, "Alice").await;
    game.say("alice", [wire::IAC, wire::WILL, wire::GMCP]);
    for bad in bad_names() {
        let name = serde_json::json!({ "name": bad }).to_string();
        game.say("alice", wire::sub(wire::GMCP, format!("Char.Name {name}").as_bytes()));
        crate::world::act(&alice).await;
    }
    game.close("alice");
    alice.expect_end().await;
    assert!(program.log().contains("Eve"), "they are in the log: {}", program.log());
    holds(&program.log(), "20");
}
