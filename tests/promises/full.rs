//! A disk that is full, for the log and for the store: nobody notices, and when there is room again
//! it is as if nothing had been.

use std::fs;
use std::net::SocketAddr;

use crate::bare::{Bare, SETTINGS, acts, comes_back, player, presents};
use crate::program::{Program, until};
use crate::support::client::Client;
use crate::world::{letters, texts};

/// What everybody can do at any time: play, come in, come back, go.
async fn all_is_well(address: SocketAddr, known: &Client, number: usize) {
    acts(known).await;
    let (client, token) = player(address, number).await;
    client.vanish().await;
    let back = comes_back(address, number, &token).await;
    acts(&back).await;
    back.line("quit").await;
    back.expect_end().await;
}

fn log_bytes(program: &Program) -> u64 {
    fs::metadata(program.folder().join("log")).unwrap().len()
}

#[tokio::test]
async fn a_log_that_cannot_be_written_holds_up_nobody() {
    let game = Bare::start().await;
    let settings = format!("{SETTINGS}\nlog.level = \"trace\"");
    let program = Program::on_small_disk(game.address(), &settings).await;
    let (alice, _) = player(program.address(), 1).await;
    program.fill_disk(1);
    let full = log_bytes(&program);
    for number in 2..6 {
        all_is_well(program.address(), &alice, number).await;
    }
    assert_eq!(log_bytes(&program), full);
    program.empty_disk();
    all_is_well(program.address(), &alice, 7).await;
    until("it is written again", || (log_bytes(&program) > full).then_some(())).await;
}

#[tokio::test]
async fn a_store_that_cannot_be_written_holds_up_nobody_and_is_written_again_when_there_is_room() {
    let game = Bare::start().await;
    let level = "log.level = \"warn,mudkeep::server=info,mudkeep::store=info\"";
    let settings = format!("{SETTINGS}\n{level}\nstore.path = \"FOLDER/store.redb\"");
    let mut program = Program::on_small_disk(game.address(), &settings).await;
    let logged = |program: &Program, text: &str| program.log().contains(text).then_some(());
    let (alice, hers) = player(program.address(), 1).await;
    // The log has its room; the store has its first page, and nothing can be in that alone.
    program.fill_disk(4 << 10);
    let (bob, his) = player(program.address(), 2).await;
    until("the log says so", || logged(&program, "the store cannot be written")).await;
    for number in 3..6 {
        all_is_well(program.address(), &alice, number).await;
    }
    acts(&bob).await;
    program.empty_disk();
    until("it is written again", || logged(&program, "the store is written again")).await;
    assert_eq!(program.log().matches("the store").count(), 2, "{}", program.log());
    program = program.killed_and_started().await;
    let lost = |number| texts().session_lost_of(letters(number)).unwrap();
    presents(program.address(), 1, &hers, &lost(1)).await;
    presents(program.address(), 2, &his, &lost(2)).await;
}
