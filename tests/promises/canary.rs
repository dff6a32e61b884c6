//! Secrets that would be known again anywhere: a password and a token are found in no log, no file,
//! and not in memory for longer than they are needed.

use std::time::Duration;

use crate::bare::Bare;
use crate::program::{Program, found_in_memory};
use crate::support::client::Client;
use crate::support::web::{BOTH, Dial};
use crate::world::{texts, token};

const SETTINGS: &str = "login.preset = \"circle\"\ntoken.tell = \"text\"\n\
    limits.negotiation_timeout = \"100ms\"\nlog.level = \"trace\"\nstore.path = \"FOLDER/store.redb\"\n\
    log.audit = \"FOLDER/audit\"";

const PASSWORD: &str = "CanaryPassword-8f3b1c";
const WRONG: &str = "CanaryWrong-5d20aa";

async fn door(program: &Program) -> Client {
    let client = Client::connect(program.address()).await;
    client.expect("be known? ").await;
    client
}

async fn log_in(program: &Program, password: &str) -> Client {
    let client = door(program).await;
    client.line("alice").await;
    client.expect("Password: ").await;
    client.line(password).await;
    client
}

/// What the program has written: its log, and its files.
fn written(program: &Program) -> Vec<u8> {
    let audit = std::fs::read_to_string(program.folder().join("audit")).expect("an audit log");
    assert!(audit.contains("\"type\":\"attached\""), "{audit}");
    let files = std::fs::read_dir(program.folder()).expect("a folder");
    files.flat_map(|file| std::fs::read(file.expect("a file").path()).expect("a file")).collect()
}

#[tokio::test]
async fn a_password_is_nowhere_a_second_after_it_was_sent() {
    let game = Bare::start().await;
    let program = Program::before(game.address(), SETTINGS).await;
    let alice = log_in(&program, PASSWORD).await;
    alice.expect("Reconnecting.").await;
    // One that is compared with it, and one that names somebody who is not there.
    let second = log_in(&program, WRONG).await;
    second.expect("Reconnecting.").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for secret in [PASSWORD, WRONG] {
        let found = found_in_memory(&program, secret.as_bytes());
        assert!(found.is_empty(), "{secret} is in {found:?}");
        assert!(memchr::memmem::find(&written(&program), secret.as_bytes()).is_none());
    }
}

#[tokio::test]
async fn a_token_that_was_used_is_nowhere_and_one_that_was_told_is_in_no_file() {
    let game = Bare::start().await;
    let program = Program::before(game.address(), SETTINGS).await;
    let alice = log_in(&program, PASSWORD).await;
    alice.expect("Reconnecting.").await;
    let first = token(&alice).await;
    alice.vanish().await;
    let alice = door(&program).await;
    alice.line(&format!("resume {first}")).await;
    alice.expect(&texts().resumed().unwrap()).await;
    let second = token(&alice).await;
    // It opens nothing, so it is refused and logged.
    let thief = door(&program).await;
    let guess = format!("{}{}", &second[..second.len() - 8], "CanaryXX");
    thief.line(&format!("resume {guess}")).await;
    thief.expect(&texts().token_refused().unwrap()).await;
    alice.line("look").await;
    alice.expect("You do: look").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    for told in [&first, &second, &guess] {
        let (_, secret) = told.split_once('.').expect("the short form");
        assert!(memchr::memmem::find(&written(&program), secret.as_bytes()).is_none(), "{secret}");
    }
    let (_, used) = first.split_once('.').expect("the short form");
    let found = found_in_memory(&program, used.as_bytes());
    assert!(found.is_empty(), "the token that was used is in {found:?}");
}

#[tokio::test]
async fn what_a_web_player_says_and_its_tokens_are_in_no_log() {
    let game = Bare::start().await;
    let listen = "listen = [{ protocol = \"http\", address = \"127.0.0.1:0\" }]";
    let program = Program::before(game.address(), &format!("{listen}\n{SETTINGS}")).await;
    for via in BOTH {
        let alice = Dial::new(via, program.address()).open().await;
        alice.expect_text("be known? ").await;
        alice.line("alice").await;
        alice.expect_text("Password: ").await;
        alice.line(PASSWORD).await;
        alice.expect("authenticated").await;
        alice.ack().await;
        let told = alice.kept();
        let back = Dial::new(via, program.address()).resume(told.resume()).await;
        let written = written(&program);
        for secret in [PASSWORD, &told.token, &back.kept().token] {
            let found = memchr::memmem::find(&written, secret.as_bytes());
            assert!(found.is_none(), "{via:?}: {secret}");
        }
        back.send(serde_json::json!({"type": "logout"})).await;
        back.expect("closing").await;
    }
}
