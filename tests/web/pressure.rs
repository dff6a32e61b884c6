//! Players who say much and take little: what waits for them is bounded, and costs nobody else anything.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use crate::site::{dial, player, player_by, site};
use crate::support::web::{BOTH, Player, Via, jump};

/// More than all sockets between a player and a game hold.
const FLOOD_BYTES: usize = 48 * 1024 * 1024;

/// Text frames as a client sends them, all alike, in one piece of about 64 KiB.
fn frames(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u8::try_from(text.len()) {
        Ok(length) if length < 126 => frame.push(0x80 | length),
        _ => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
        }
    }
    // Masked by nothing.
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame.repeat((64 * 1024 / frame.len()).max(1))
}

/// Whether mudkeep does not hear all of a flood.
async fn is_held_up(player: &Player, text: &str) -> bool {
    let frames = frames(text);
    let mut sent = 0;
    while sent < FLOOD_BYTES {
        if timeout(Duration::from_secs(3), player.socket().raw(&frames)).await.is_err() {
            return true;
        }
        sent += frames.len();
    }
    false
}

#[tokio::test]
async fn answers_that_are_not_taken_do_not_pile_up() {
    for said in [r#"{"type":"ping"}"#, r#"{"type":"dance"}"#, "{", r#"{"type":"open"}"#] {
        let world = site("").await;
        let alice = dial(&world, Via::WebSocket).receive_bytes(4096).open().await;
        let bob = player(&world, Via::WebSocket, "bob").await;
        alice.stall();
        assert!(is_held_up(&alice, said).await, "{said}");
        bob.act().await;
    }
}

#[tokio::test]
async fn what_a_game_does_not_take_does_not_pile_up() {
    let world = site("").await;
    let alice = player(&world, Via::WebSocket, "alice").await;
    let bob = player(&world, Via::WebSocket, "bob").await;
    // The game has GMCP.
    world.game.say("alice", b"\xff\xfb\xc9Hello.\r\n");
    alice.expect_text("Hello.\r\n").await;
    world.game.hang(true);
    let message = json!({"type": "gmcp", "package": "A.B", "data": "x".repeat(8000)}).to_string();
    assert!(is_held_up(&alice, &message).await);
    // That it is not heard is not its fault.
    for _ in 0..4 {
        jump(Duration::from_secs(11)).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(!alice.is_closed(), "{:?}", alice.closed().await);
    world.game.hang(false);
    bob.act().await;
}

/// What this thread, which is the proxy's too, has used of the processor, in hundredths of a second.
fn used() -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}

#[tokio::test]
async fn who_takes_nothing_costs_nothing() {
    for via in BOTH {
        let world = site("").await;
        let alice = player_by(&dial(&world, via).receive_bytes(4096), "alice").await;
        alice.stall();
        for _ in 0..100 {
            world.game.flood("alice", 200).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        let before = used();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let used = used() - before;
        assert!(used < 50, "{via:?}: {used}");
    }
}
