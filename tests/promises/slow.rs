//! Clients that never read: the game does not feel them, memory does not, and others play on.

use std::time::Duration;

use crate::alone::{alone, resident_bytes};
use crate::bare::Bare;
use crate::support::client::{Client, Dial};
use crate::support::proxy::Proxy;
use crate::world::{letters, token};

const CLIENTS: usize = 64;
const FLOOD_BYTES: usize = 3 << 20;

/// What one session may keep: its history twice over (a chunk more, a read in flight), what waits
/// for its client, and what it is itself.
const SESSION_BYTES_MAX: usize = (256 + 64 + 64) << 10;
/// What the test itself needs meanwhile: buffers, and text that the other player keeps.
const TEST_BYTES_MAX: usize = 16 << 20;

async fn enter(proxy: &Proxy, number: usize) -> Client {
    let dial = Dial::default().numbered(u16::try_from(number).unwrap());
    let client = dial.connect(proxy.address()).await;
    client.expect("be known? ").await;
    client.line(&letters(number)).await;
    client.expect("Password: ").await;
    client.line("sekrit").await;
    client.expect("Reconnecting.\r\n").await;
    token(&client).await;
    client.expect("> ").await;
    client
}

async fn still_plays(client: &Client) {
    client.line("dance").await;
    client.expect("You do: dance\r\n> ").await;
}

#[tokio::test]
async fn sixty_four_that_never_read_cost_the_game_no_time_and_mudkeep_no_memory() {
    if !alone("slow::sixty_four_that_never_read_cost_the_game_no_time_and_mudkeep_no_memory") {
        return;
    }
    let game = Bare::start().await;
    let settings = "login.preset = \"circle\"\nlimits.failed_logins_total = 1_000\n\
        token.tell = \"text\"";
    let proxy = Proxy::start(&game.address().to_string(), settings).await;
    let other = enter(&proxy, CLIENTS + 1).await;
    let mut stalled = Vec::new();
    for number in 0..CLIENTS {
        stalled.push(enter(&proxy, number).await);
    }
    let before = resident_bytes();
    for client in &stalled {
        client.stall();
        client.line(&format!("flood {FLOOD_BYTES}")).await;
    }
    game.flooded(CLIENTS).await;
    let grown = resident_bytes().saturating_sub(before);
    println!("longest write {:?}, {} KiB more", game.longest_wait(), grown >> 10);
    assert!(game.longest_wait() < Duration::from_secs(2), "{:?}", game.longest_wait());
    still_plays(&other).await;
    let bound = CLIENTS * SESSION_BYTES_MAX + TEST_BYTES_MAX;
    assert!(grown < bound, "{grown} bytes more, {bound} are allowed");
    assert_eq!(proxy.counts().connections, CLIENTS + 1, "nobody was put out for being slow yet");
}
