//! What a session takes in memory while nobody is attached to it.
//!
//! `HELD=10000 MUDKEEP_PROGRAM=target/release/mudkeep cargo test --release --test promises held -- --nocapture`
//! is the whole promise. It needs 2 files for each session.

use std::net::SocketAddr;

use crate::bare::Bare;
use crate::program::{Program, until};
use crate::support::client::Dial;
use crate::world::{all, letters};

/// Set it to 10000 for the whole promise.
const HELD: &str = "HELD";

/// What the game has printed to each.
const HISTORY_BYTES: usize = 2 << 10;

/// What each session may take with it.
const SESSION_BYTES_MAX: usize = (3 << 10) + HISTORY_BYTES * 11 / 10;

/// What the program may take besides, however many they are: a table that has just grown.
const BESIDES_BYTES_MAX: usize = 512 << 10;

/// So many log in at the same time.
const LANES: usize = 32;

const SETTINGS: &str = "login.preset = \"circle\"\nlimits.failed_logins_total = 10_000\n\
    limits.negotiation_timeout = \"100ms\"\nlimits.sessions_max = 20_000\n\
    limits.connections_max = 20_000\nlimits.events_max = 64";

/// Logs in, plays, and is cut off.
async fn leaves(address: SocketAddr, number: usize) {
    let dial = Dial::default().numbered(u16::try_from(number).expect("few"));
    let client = dial.connect(address).await;
    client.expect("be known? ").await;
    client.line(&letters(number)).await;
    client.expect("Password: ").await;
    client.line("sekrit").await;
    client.expect("Reconnecting.").await;
    client.line(&format!("print {HISTORY_BYTES}")).await;
    client.expect("Printed.").await;
    client.vanish().await;
}

/// Has all of them leave, and says how many KiB the program has when nothing but sessions is left.
async fn resident_kib(program: &Program, game: &Bare, numbers: std::ops::Range<usize>) -> usize {
    let (address, first, last) = (program.address(), numbers.start, numbers.end);
    all((0..LANES).map(|lane| async move {
        for number in (first + lane..last).step_by(LANES) {
            leaves(address, number).await;
        }
    }))
    .await;
    assert_eq!(game.open(), last);
    let few = last + 50;
    let closed = || (program.usage().files < few && program.usage().threads < 8).then_some(());
    until("only the game's sockets are open", closed).await;
    program.usage().resident_kib
}

#[tokio::test]
async fn a_held_session_takes_little_more_than_what_was_printed() {
    let count: usize = std::env::var(HELD).map_or(1_000, |count| count.parse().expect("a number"));
    let game = Bare::start().await;
    let program = Program::before(game.address(), SETTINGS).await;
    // The first ones fill what is kept for those that follow.
    let before = resident_kib(&program, &game, 0..100).await;
    let after = resident_kib(&program, &game, 100..100 + count).await;
    let bytes = (after - before) << 10;
    let each = bytes / count;
    println!("{count} held sessions took {before} to {after} KiB: {each} bytes each");
    assert!(bytes <= count * SESSION_BYTES_MAX + BESIDES_BYTES_MAX, "{each} are too many");
}
