//! The limits, each at one less, at it, and at one more; and who is told what.

use std::time::Duration;

use tokio::time::Instant;

use crate::support::client::{Client, Dial, End};
use crate::support::scripted::Family;
use crate::support::wire;
use crate::world::{World, act, door, numbered, texts};

const CIRCLE: Family = Family::Circle;

async fn is_let_in(client: &Client) {
    client.expect(door(CIRCLE)).await;
}

async fn is_turned_away(client: &Client, text: Option<String>) {
    client.expect(&text.unwrap()).await;
    client.expect_end().await;
}

#[tokio::test]
async fn connections_max_is_the_last_that_is_let_in() {
    let world = World::new(CIRCLE, "limits.connections_max = 3").await;
    let mut clients = Vec::new();
    for host in 1..=3 {
        let client = world.dial(Dial::default().from(host)).await;
        is_let_in(&client).await;
        clients.push(client);
    }
    let over = world.dial(Dial::default().from(4)).await;
    is_turned_away(&over, texts().too_many_connections()).await;
    clients.pop().unwrap().close().await;
    world.proxy.until("there is room", |counts| counts.connections == 2).await;
    is_let_in(&world.client().await).await;
}

#[tokio::test]
async fn connections_per_address_max_is_the_last_from_an_address() {
    let world = World::new(CIRCLE, "limits.connections_per_address_max = 2").await;
    let (one, two) = (world.client().await, world.client().await);
    is_let_in(&one).await;
    is_let_in(&two).await;
    is_turned_away(&world.client().await, texts().too_many_from_address()).await;
    is_let_in(&world.dial(Dial::default().from(2)).await).await;
    one.close().await;
    world.proxy.until("there is room", |counts| counts.connections <= 2).await;
    world.proxy.until("there is room", |counts| counts.sessions <= 2).await;
    is_let_in(&world.client().await).await;
}

#[tokio::test]
async fn sessions_max_counts_those_that_are_held() {
    let world = World::new(CIRCLE, "limits.sessions_max = 2").await;
    let (alice, token) = world.player_with_token("Alice").await;
    alice.vanish().await;
    world.proxy.until("she is held", |c| (c.connections, c.sessions) == (0, 1)).await;
    let bob = world.player("Bob").await;
    is_turned_away(&world.client().await, texts().too_many_sessions()).await;
    act(&bob).await;
    bob.line("quit").await;
    bob.expect("Make your choice: ").await;
    bob.line("0").await;
    bob.expect_end().await;
    world.proxy.until("there is room", |counts| counts.sessions == 1).await;
    act(&world.back(&token).await).await;
}

#[tokio::test]
async fn connects_per_minute_holds_for_each_address() {
    let world = World::new(CIRCLE, "limits.connects_per_minute = 3").await;
    for _ in 0..3 {
        let client = world.client().await;
        is_let_in(&client).await;
        client.close().await;
    }
    let over = world.client().await;
    over.expect("[mudkeep] Too many connections from your address. Please wait ").await;
    let seconds: u64 =
        over.expect(" seconds.").await.trim_end_matches(" seconds.").parse().unwrap();
    assert!((1..=21).contains(&seconds), "{seconds}");
    over.expect_end().await;
    is_let_in(&world.dial(Dial::default().from(2)).await).await;
}

#[tokio::test]
async fn a_line_over_line_bytes_max_is_cut_and_said() {
    let world = World::new(CIRCLE, "limits.line_bytes_max = \"100B\"").await;
    let alice = world.player("Alice").await;
    for length in [99, 100, 101, 1_000, 100_000] {
        let line = "x".repeat(length);
        alice.line(&line).await;
        if length > 100 {
            alice.expect(&texts().line_too_long(100).unwrap()).await;
        }
        alice
            .until("the game's answer", |text| {
                text.ends_with(&format!("You do: {}\r\n20H 100M 82V > ", &line[..length.min(100)]))
            })
            .await;
    }
    let said = alice.text().matches(&texts().line_too_long(100).unwrap()).count();
    assert_eq!(said, 3);
}

#[tokio::test]
async fn over_the_rate_lines_are_delayed_and_none_is_lost() {
    let settings = "limits.lines_burst = 20\nlimits.lines_per_minute = 6_000";
    let world = World::new(CIRCLE, settings).await;
    let alice = world.player("Alice").await;
    let lines: String = (1..=120).map(|n| format!("line {n}\r\n")).collect();
    let start = Instant::now();
    alice.bytes(lines).await;
    alice.expect("You do: line 120\r\n").await;
    // A line each 10 ms, but for the 20 that may go at once.
    let took = start.elapsed();
    assert!(took >= Duration::from_millis(900), "{took:?}");
    assert_eq!(numbered(&alice.text()), (1..=120).collect::<Vec<_>>());
    assert_eq!(world.game.heard("alice").len(), 121);
}

#[tokio::test]
async fn within_the_burst_lines_go_at_once() {
    let settings = "limits.lines_burst = 50\nlimits.lines_per_minute = 60";
    let world = World::new(CIRCLE, settings).await;
    let alice = world.player("Alice").await;
    let lines: String = (1..=40).map(|n| format!("line {n}\r\n")).collect();
    let start = Instant::now();
    alice.bytes(lines).await;
    alice.expect("You do: line 40\r\n").await;
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn what_is_typed_ahead_of_the_login_is_bounded_and_said() {
    for over in [false, true] {
        let world = World::new(CIRCLE, "limits.type_ahead_lines_max = 4").await;
        world.game.account("Carol", "carols");
        let carol = world.client().await;
        let lines = ["carol", "carols", "", "1", "look"];
        let lines = if over { &lines[..] } else { &lines[..4] };
        carol.bytes(lines.join("\r\n") + "\r\n").await;
        if over {
            carol.expect(&texts().type_ahead_full().unwrap()).await;
        }
        carol.expect("Welcome to the land of CircleMUD!").await;
        carol.expect("20H 100M 82V > ").await;
        carol.line("dance").await;
        carol.expect("You do: dance").await;
        assert_eq!(world.game.heard("carol"), ["dance"]);
        let told = carol.text().contains(&texts().type_ahead_full().unwrap());
        assert_eq!(told, over);
    }
}

#[tokio::test]
async fn a_client_that_goes_on_abusing_telnet_is_put_out_and_its_session_held() {
    let world = World::new(CIRCLE, "limits.subnegotiation_bytes_max = \"1KiB\"").await;
    let (alice, token) = world.player_with_token("Alice").await;
    let long = |bytes: usize| wire::sub(wire::GMCP, &vec![b'x'; bytes]);
    for _ in 0..100 {
        alice.bytes(long(1_000)).await;
    }
    for _ in 0..16 {
        alice.bytes(long(5_000)).await;
    }
    act(&alice).await;
    alice.bytes(long(5_000)).await;
    alice.expect_end().await;
    world.proxy.until("she is held", |c| (c.connections, c.sessions) == (0, 1)).await;
    act(&world.back(&token).await).await;
    assert_eq!(world.game.violations(), []);
}

#[tokio::test]
async fn a_subnegotiation_without_end_is_bounded() {
    let world = World::new(CIRCLE, "").await;
    let alice = world.player("Alice").await;
    alice.bytes([&[wire::IAC, wire::SB, wire::GMCP], &vec![b'x'; 4 << 20][..]].concat()).await;
    alice.bytes([wire::IAC, wire::SE]).await;
    act(&alice).await;
}

#[tokio::test]
async fn a_client_that_takes_nothing_loses_its_connection_and_not_its_session() {
    let world = World::new(CIRCLE, "limits.slow_timeout = \"1s\"").await;
    let (alice, token) = world.player_with_token("Alice").await;
    alice.stall();
    world.game.flood("alice", 1_000_000).await;
    world.proxy.until("it is put out", |c| (c.connections, c.sessions) == (0, 1)).await;
    let again = world.back(&token).await;
    act(&again).await;
}

#[tokio::test]
async fn a_slow_client_that_takes_something_is_not_put_out() {
    let settings = "limits.slow_timeout = \"1s\"\nlimits.send_buffer_bytes = \"4KiB\"";
    let world = World::new(CIRCLE, settings).await;
    let alice = world.player("Alice").await;
    let start = Instant::now();
    let mut said = 0;
    while start.elapsed() < Duration::from_millis(2_500) {
        said = world.game.flood("alice", 500).await.end - 1;
        alice.stall();
        alice.unstall();
        alice.expect(&format!("line {said}\r\n")).await;
    }
    assert_eq!(numbered(&alice.text()), (1..=said).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_login_that_takes_too_long_is_ended_where_it_is_known_to_be_one() {
    let timeout = "limits.login_timeout = \"10s\"";
    let known = World::new(CIRCLE, timeout).await;
    let silent = known.client().await;
    is_let_in(&silent).await;
    let slow = known.dial(Dial::default().from(2)).await;
    is_let_in(&slow).await;
    slow.line("alice").await;
    slow.expect("Password: ").await;
    let in_play = known.player("Bob").await;
    let unknown =
        World::new(Family::Edited, &format!("{timeout}\nlogin.preset = \"circle\"")).await;
    let stranger = unknown.client().await;
    stranger.expect("wanderer? --> ").await;
    stranger.line("alice").await;
    stranger.expect("word? --> ").await;
    for client in [&silent, &slow] {
        client.expect(&texts().login_timeout().unwrap()).await;
        assert_eq!(client.expect_end().await.0, End::Eof);
    }
    known.game.until("their game connections are closed", |game| game.open() == 1).await;
    act(&in_play).await;
    stranger.line("sekrit").await;
    act(&stranger).await;
}
