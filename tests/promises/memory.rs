//! What all histories take together, and who pays when that is too much.

use crate::support::client::Client;
use crate::support::scripted::Family;
use crate::world::{World, act, door, numbered, texts};

const MIB: usize = 1 << 20;

/// About 1 MiB of numbered lines.
const LINES: u64 = 95_000;

/// Alice is held with half a MiB and Bob plays, where 1 MiB is all there is.
async fn half_full() -> (World, String, Client) {
    let settings = "limits.history_bytes_total = \"1MiB\"\nsession.history = \"1MiB\"";
    let world = World::new(Family::Circle, settings).await;
    let (alice, token) = world.player_with_token("Alice").await;
    alice.vanish().await;
    world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
    world.game.flood("alice", LINES / 2).await;
    let bob = world.player("Bob").await;
    (world, token, bob)
}

fn owned((before, after): (&str, &str)) -> (String, String) {
    (before.to_owned(), after.to_owned())
}

async fn has_heard(client: &Client, last: u64) {
    client.expect(&format!("line {last}\r\n")).await;
}

#[tokio::test]
async fn what_a_held_session_remembers_gives_way_to_what_is_said_to_others() {
    let (world, token, bob) = half_full().await;
    assert!(world.proxy.memory_used() > MIB / 3, "{}", world.proxy.memory_used());
    let lines = world.game.flood("bob", LINES / 2 + LINES / 4).await;
    has_heard(&bob, lines.end - 1).await;
    world.proxy.until("it is given back", |_| world.proxy.memory_used() <= MIB).await;
    assert_eq!(numbered(&bob.text()), lines.collect::<Vec<_>>());
    assert_eq!(world.proxy.counts().sessions, 2);
    let alice = world.back(&token).await;
    alice.expect(&texts().replay_end().unwrap()).await;
    let shown = numbered(&alice.text());
    assert_eq!(shown.last(), Some(&(LINES / 2)));
    // The lines of the room that she entered count too.
    let (_, told) = alice.text().rsplit_once("Older ones not shown: ").map(owned).unwrap();
    let told: u64 = told.split('.').next().unwrap().parse().unwrap();
    let more = LINES / 2 - shown.len() as u64;
    assert!((more..more + 40).contains(&told), "{more} are not shown, {told} are told");
    act(&alice).await;
}

#[tokio::test]
async fn a_held_session_ends_before_anybody_who_plays_is_touched_and_no_new_one_is_taken() {
    let (world, token, bob) = half_full().await;
    let lines = world.game.flood("bob", LINES * 2).await;
    has_heard(&bob, lines.end - 1).await;
    world.proxy.until("Alice's has ended", |counts| counts.sessions == 1).await;
    act(&bob).await;
    let newcomer = world.client().await;
    newcomer.expect(&texts().too_many_sessions().unwrap()).await;
    newcomer.expect_end().await;
    bob.close().await;
    world.proxy.until("Bob is held, and gives way", |_| world.proxy.memory_used() <= MIB).await;
    let alice = world.client().await;
    alice.expect(door(Family::Circle)).await;
    alice.line(&format!("resume {token}")).await;
    alice.expect(&texts().session_over().unwrap()).await;
}
