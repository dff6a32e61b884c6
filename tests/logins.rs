//! Logins in front of whole games: who it is, and many at the same time.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed unwrap in a test is a failed test, and what a test prints is its own"
)]

mod support;
#[allow(dead_code, reason = "each test program uses its own part of this")]
#[path = "promises/world.rs"]
mod world;

use support::client::Dial;
use support::scripted::Family;
use support::wire::{DO, MSDP, Wire};
use world::World;

#[tokio::test]
async fn tbamud_is_asked_by_msdp_who_plays_and_its_answer_counts() {
    let nobody = "login.preset = \"custom\"\n\
        login.custom = { base = \"tbamud\", name = { pattern = \"^nobody$\" } }";
    for (settings, users) in [("", 1), (nobody, 0)] {
        let world = World::new(Family::Tbamud, settings).await;
        let alice = world.client().await;
        let agreed = Wire::Option(DO, MSDP);
        world.game.until("MSDP is agreed", |game| game.record(0).telnet.contains(&agreed)).await;
        world::log_in(Family::Tbamud, &alice, "alice", world::PASSWORD).await;
        alice.expect("PRESS RETURN: ").await;
        world.proxy.until("as many are known", |counts| counts.users == users).await;
        let asked = Wire::Sub(MSDP, b"\x01REPORT\x02CHARACTER_NAME".to_vec());
        world.game.until("it is asked", |game| game.record(0).telnet.contains(&asked)).await;
        alice.line("").await;
        alice.expect("Make your choice: ").await;
        alice.line("1").await;
        world.proxy.until("Alice is known", |counts| counts.users == 1).await;
        world::act(&alice).await;
    }
}

#[tokio::test]
async fn sixty_four_who_log_in_at_once_from_as_many_addresses_all_get_in() {
    const PLAYERS: u8 = 64;
    let world = World::new(Family::Moo, "").await;
    let (mut clients, mut names) = (Vec::new(), Vec::new());
    for host in 1..=PLAYERS {
        let name = world::letters(host.into());
        world.game.account(&name, world::PASSWORD);
        let client = world.dial(Dial::default().from(host)).await;
        client.expect(world::door(Family::Moo)).await;
        names.push(name);
        clients.push(client);
    }
    for (client, name) in clients.iter().zip(&names) {
        client.line(&format!("connect {name} {}", world::PASSWORD)).await;
    }
    for client in &clients {
        client.expect("*** Connected ***").await;
    }
    world.proxy.until("all are known", |counts| counts.users == usize::from(PLAYERS)).await;
}
