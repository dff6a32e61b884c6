//! Tokens that somebody guesses or has copied.

use mudkeep::session::message::Refusal;

use crate::support::client::{Client, Dial};
use crate::support::scripted::Family;
use crate::world::{Dice, PASSWORD, World, act, door, texts, token};

const CIRCLE: Family = Family::Circle;

/// Somebody at this address of their own says `resume` and is told this.
async fn presents(world: &World, host: u8, token: &str, told: &str) -> Client {
    let client = world.dial(Dial::default().from(host)).await;
    client.expect(door(CIRCLE)).await;
    client.line(&format!("resume {token}")).await;
    client.expect(told).await;
    client
}

/// A token of the same session that opens nothing.
fn wrong(token: &str) -> String {
    let (session, _) = token.split_once('.').expect("the short form");
    format!("{session}.{}", "A".repeat(32))
}

fn refused() -> String {
    texts().token_refused().unwrap()
}

/// What whoever must wait is told, up to the number of seconds.
fn too_many() -> String {
    let text = texts().too_many_tokens(7).unwrap();
    text.split('7').next().unwrap().to_owned()
}

#[tokio::test]
async fn token_refusals_per_address_are_the_last_that_are_looked_at() {
    let world = World::new(CIRCLE, "limits.token_refusals_per_address = 2").await;
    let (alice, token) = world.player_with_token("Alice").await;
    alice.vanish().await;
    presents(&world, 2, "nonsense", &refused()).await;
    presents(&world, 2, &wrong(&token), &refused()).await;
    presents(&world, 2, &token, &too_many()).await;
    presents(&world, 2, "nonsense", &too_many()).await;
    act(&presents(&world, 3, &token, &texts().resumed().unwrap()).await).await;
}

#[tokio::test]
async fn token_refusals_per_session_are_the_last_that_are_looked_at_for_it() {
    let world = World::new(CIRCLE, "limits.token_refusals_per_session = 2").await;
    let (alice, hers) = world.player_with_token("Alice").await;
    let (bob, his) = world.player_with_token("Bob").await;
    alice.vanish().await;
    bob.vanish().await;
    presents(&world, 2, &wrong(&hers), &refused()).await;
    presents(&world, 3, &wrong(&hers), &refused()).await;
    presents(&world, 4, &hers, &too_many()).await;
    act(&presents(&world, 4, &his, &texts().resumed().unwrap()).await).await;
}

/// Alice plays with her third token, and somebody has a copy of the first one.
async fn copied(world: &World) -> (Client, String) {
    let (alice, first) = world.player_with_token("Alice").await;
    alice.vanish().await;
    let alice = world.back(&first).await;
    let second = token(&alice).await;
    alice.vanish().await;
    (world.back(&second).await, first)
}

#[tokio::test]
async fn a_player_is_told_that_an_old_token_was_tried() {
    let world = World::new(CIRCLE, "").await;
    let (alice, first) = copied(&world).await;
    presents(&world, 9, &first, &refused()).await;
    alice.expect(&texts().token_reused().unwrap()).await;
    act(&alice).await;
}

#[tokio::test]
async fn a_copied_token_puts_the_player_out_where_the_admin_wants_that() {
    let world = World::new(CIRCLE, "token.on_token_reuse = \"revoke\"").await;
    let (alice, first) = copied(&world).await;
    let last = token(&alice).await;
    presents(&world, 9, &first, &refused()).await;
    alice.expect(&texts().tokens_revoked().unwrap()).await;
    alice.expect_end().await;
    presents(&world, 1, &last, &refused()).await;
    let alice = by_password(&world).await;
    alice.expect(&texts().reconnected().unwrap()).await;
    act(&alice).await;
}

/// Alice types her name and her password.
async fn by_password(world: &World) -> Client {
    let alice = world.client().await;
    alice.expect(door(CIRCLE)).await;
    alice.line("alice").await;
    alice.line(PASSWORD).await;
    alice
}

#[tokio::test]
async fn tokens_that_an_admin_revokes_open_nothing_and_the_password_asks_the_game() {
    let world = World::new(CIRCLE, "").await;
    let (alice, token) = world.player_with_token("Alice").await;
    assert_eq!(world.proxy.revoke_tokens("alice"), 1);
    assert_eq!(world.proxy.revoke_tokens("nobody"), 0);
    act(&alice).await;
    alice.vanish().await;
    presents(&world, 2, &token, &refused()).await.close().await;
    let alice = by_password(&world).await;
    alice.expect("You take over your own body").await;
    world.proxy.until("the old session is gone", |counts| counts.sessions == 1).await;
}

/// `TOKENS=1000000 cargo test --release --test promises a_million -- --nocapture` is all of them.
#[tokio::test]
async fn a_million_tokens_that_open_nothing_get_one_answer() {
    let count: u64 = std::env::var("TOKENS").map_or(20_000, |count| count.parse().unwrap());
    let world = World::new(CIRCLE, "limits.token_refusals_per_session = 100_000").await;
    let (alice, good) = world.player_with_token("Alice").await;
    alice.vanish().await;
    world.proxy.until("she is held", |c| (c.connections, c.sessions) == (0, 1)).await;
    let mut dice = Dice::new(7);
    let start = tokio::time::Instant::now();
    for number in 0..count {
        let token = bad_token(&mut dice, number, &good);
        assert_eq!(world.proxy.refusal(&token), Some(Refusal::TokenInvalid), "{token:?}");
    }
    println!("{:?} for each of {count}", start.elapsed() / u32::try_from(count).unwrap());
    act(&world.back(&good).await).await;
}

/// Noise, a stranger's token, or the good one with something wrong in it.
fn bad_token(dice: &mut Dice, number: u64, good: &str) -> Vec<u8> {
    let noise = |dice: &mut Dice, length| (0..length).map(|_| dice.roll(256) as u8).collect();
    match number % 20 {
        0 => wrong(good).into_bytes(),
        1..6 => noise(dice, number as usize % 400),
        6..10 => format!("{}.{:032}", uuid::Uuid::from_u128(number.into()), number).into_bytes(),
        _ => {
            let mut bytes = good.as_bytes().to_vec();
            let at = dice.roll(36);
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            bytes.truncate(bytes.len() - (number % 3) as usize);
            bytes
        }
    }
}
