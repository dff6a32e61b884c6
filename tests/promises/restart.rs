//! mudkeep is stopped, or killed, and started again: a token from before gets a clear answer, and who
//! was banned or revoked stays so.
//!
//! `RESTARTS=50 cargo test --test promises restart` is the whole promise.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use mudkeep::config::StoreConfig;
use mudkeep::limits::bans::{Ban, BanKind};
use mudkeep::store::Store;

use crate::bare::{Bare, SETTINGS, comes_back, dial, door, player};
use crate::program::Program;
use crate::support::client::Client;
use crate::world::{all, letters, texts, token};

/// Set it to 50 for the whole promise.
const RESTARTS: &str = "RESTARTS";

/// So many play when it is killed.
const PLAYERS: usize = 24;

/// Whose tokens are revoked, and who is banned, before it is killed for the first time.
const REVOKED: usize = 100;
const BANNED: usize = 101;

fn settings() -> String {
    format!("{SETTINGS}\nstore.path = \"FOLDER/store.redb\"\ntoken.on_token_reuse = \"revoke\"")
}

async fn log_in(address: SocketAddr, number: usize) -> Client {
    let client = door(address, number).await;
    client.line(&letters(number)).await;
    client.expect("Password: ").await;
    client.line("sekrit").await;
    client.expect("Reconnecting.").await;
    client
}

/// What `resume` with this token is answered, and how soon.
async fn presents(address: SocketAddr, number: usize, token: &str, answer: &str) {
    let client = door(address, number).await;
    let start = Instant::now();
    client.line(&format!("resume {token}")).await;
    client.expect(answer).await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

fn lost(number: usize) -> String {
    // The name as it was typed is the one to log in as.
    texts().session_lost_of(letters(number)).unwrap()
}

/// Logs in, comes back some times, and plays on until mudkeep is killed. Gives the last token that
/// it was told.
async fn plays(address: SocketAddr, number: usize, last: &std::cell::RefCell<Option<String>>) {
    let mut client = log_in(address, number).await;
    for _ in 0..number % 4 {
        let told = token(&client).await;
        *last.borrow_mut() = Some(told.clone());
        client.vanish().await;
        client = door(address, number).await;
        client.line(&format!("resume {told}")).await;
        client.expect(&texts().resumed().unwrap()).await;
    }
    let told = token(&client).await;
    *last.borrow_mut() = Some(told);
    client.line("look").await;
    client.expect("You do: look").await;
}

/// Bans the user of this number, and the address of the next one, in the store of a mudkeep that does
/// not run.
fn ban(folder: &Path, number: usize) {
    let path = Some(folder.join("store.redb"));
    let store = Store::open(&StoreConfig { path, ..StoreConfig::default() }).expect("it opens");
    let address = format!("network:127.1.0.{}/32", number + 1);
    let hour = SystemTime::now() + Duration::from_secs(3600);
    let until = hour.duration_since(SystemTime::UNIX_EPOCH).ok();
    for (who, until) in [(format!("user:{}", letters(number)), None), (address, until)] {
        let who = who.parse().expect("somebody");
        store.ban(Ban::new(who, BanKind::All, until, "spam")).expect("there is room");
    }
}

/// Neither the user nor anybody at the address comes in.
async fn is_out(address: SocketAddr, number: usize) {
    let told = texts().banned("spam").unwrap();
    let user = door(address, number).await;
    user.line(&letters(number)).await;
    user.line("sekrit").await;
    user.expect(&told).await;
    dial(address, number + 1).await.expect(&told).await;
}

/// Somebody copies the first token of a player, who loses all for it. Gives the last one.
async fn is_revoked(address: SocketAddr, number: usize) -> String {
    let (client, first) = player(address, number).await;
    client.vanish().await;
    let client = comes_back(address, number, &first).await;
    let second = token(&client).await;
    client.vanish().await;
    let client = comes_back(address, number, &second).await;
    let last = token(&client).await;
    presents(address, number, &first, &texts().token_refused().unwrap()).await;
    client.expect(&texts().tokens_revoked().unwrap()).await;
    // Another's token is told when all that came before is in the store.
    drop(player(address, 0).await);
    last
}

#[tokio::test]
async fn after_a_kill_every_token_that_was_told_is_answered_and_bans_and_revocations_hold() {
    let restarts = std::env::var(RESTARTS).map_or(3, |count| count.parse().expect("a number"));
    let game = Bare::start().await;
    let program = Program::before(game.address(), &settings()).await;
    let revoked = is_revoked(program.address(), REVOKED).await;
    let mut program = program.killed_and_started_with(|folder| ban(folder, BANNED)).await;
    for round in 0..restarts {
        let tokens: Vec<_> = (0..PLAYERS).map(|_| std::cell::RefCell::new(None)).collect();
        let address = program.address();
        let playing = all((0..PLAYERS).map(|player| plays(address, player, &tokens[player])));
        // In the middle of it, each time elsewhere.
        let _ = tokio::time::timeout(Duration::from_millis(400 + 37 * (round % 20)), playing).await;
        program = program.killed_and_started().await;
        let address = program.address();
        let told = tokens.iter().enumerate();
        let told = told.filter_map(|(player, token)| Some((player, token.borrow().clone()?)));
        let told: Vec<_> = told.collect();
        println!("round {round}: {} of {PLAYERS} had been told a token", told.len());
        all(told.iter().map(|(player, token)| async move {
            presents(address, *player, token, &lost(*player)).await;
        }))
        .await;
        presents(address, REVOKED, &revoked, &texts().token_refused().unwrap()).await;
        is_out(address, BANNED).await;
        drop(log_in(address, 0).await);
    }
    assert!(!program.log().contains("store cannot"), "{}", program.log());
}

#[tokio::test]
async fn after_an_orderly_end_tokens_are_answered_by_what_became_of_the_session() {
    let game = Bare::start().await;
    let program = Program::before(game.address(), &settings()).await;
    let address = program.address();
    let (stays, quits) = (log_in(address, 1).await, log_in(address, 2).await);
    let (hers, his) = (token(&stays).await, token(&quits).await);
    quits.line("quit").await;
    quits.expect_end().await;
    presents(address, 3, &his, &texts().session_over().unwrap()).await;
    let (program, status) = program.stopped_and_started().await;
    stays.expect(&texts().shutdown().unwrap()).await;
    stays.expect_end().await;
    assert!(status.success(), "{status}");
    for _ in 0..2 {
        presents(program.address(), 1, &hers, &lost(1)).await;
        presents(program.address(), 2, &his, &texts().session_over().unwrap()).await;
    }
    let mut wrong = hers.clone();
    wrong.replace_range(wrong.len() - 4.., "0000");
    presents(program.address(), 4, &wrong, &texts().token_refused().unwrap()).await;
}

#[tokio::test]
async fn without_a_store_a_token_from_before_opens_nothing() {
    let game = Bare::start().await;
    let program = Program::before(game.address(), SETTINGS).await;
    let told = token(&log_in(program.address(), 1).await).await;
    let program = program.killed_and_started().await;
    presents(program.address(), 1, &told, &texts().token_refused().unwrap()).await;
    let files = std::fs::read_dir(program.folder()).unwrap().count();
    assert_eq!(files, 2, "its configuration and its log");
}

#[tokio::test]
async fn what_is_in_the_store_opens_nothing() {
    let game = Bare::start().await;
    let program = Program::before(game.address(), &settings()).await;
    let told = token(&log_in(program.address(), 1).await).await;
    let program = program.killed_and_started().await;
    let file = std::fs::read(program.folder().join("store.redb")).unwrap();
    let has = |what: &[u8]| file.windows(what.len()).any(|bytes| bytes == what);
    let (session, secret) = told.split_once('.').unwrap();
    assert!(has(letters(1).as_bytes()), "the name is there");
    for secret in [secret, "sekrit", session] {
        assert!(!has(secret.as_bytes()), "{secret}");
    }
    let log = program.log();
    assert!(!log.contains(secret) && !log.contains("sekrit"));
}
