//! The limits for who comes from where and how often, and for who says nothing or too much: each at
//! one less, at it, and at one more; and who is told what.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::support::PATIENCE;
use crate::support::client::{Client, Dial, End};
use crate::support::scripted::Family;
use crate::support::wire;
use crate::world::{PASSWORD, World, act, door, enter, log_in, pass_screens, texts};

const CIRCLE: Family = Family::Circle;

async fn is_let_in(client: &Client) {
    client.expect(door(CIRCLE)).await;
}

async fn is_turned_away(client: &Client, text: Option<String>) {
    client.expect(&text.unwrap()).await;
    client.expect_end().await;
}

async fn from(world: &World, host: u8) -> Client {
    world.dial(Dial::default().from(host)).await
}

/// From another network than 127.0.0.0/24.
async fn from_elsewhere(world: &World, number: u16) -> Client {
    world.dial(Dial::default().numbered(number)).await
}

#[tokio::test]
async fn connections_per_network_max_is_the_last_from_a_network() {
    for max in [1, 3] {
        let settings = format!("limits.connections_per_network_max = {max}");
        let world = World::new(CIRCLE, &settings).await;
        let mut clients = Vec::new();
        for host in 1..=max {
            let client = from(&world, host).await;
            is_let_in(&client).await;
            clients.push(client);
        }
        is_turned_away(&from(&world, 100).await, texts().too_many_from_network()).await;
        is_let_in(&from_elsewhere(&world, 1).await).await;
        clients.pop().unwrap().close().await;
        let left = usize::from(max - 1);
        world.proxy.until("there is room", |counts| counts.connections == left).await;
        is_let_in(&from(&world, 100).await).await;
    }
}

#[tokio::test]
async fn an_exempt_network_has_its_own_number_and_a_reload_counts_who_is_there() {
    let few = "limits.connections_per_address_max = 1\nlimits.connections_per_network_max = 2";
    let world = World::new(CIRCLE, few).await;
    let school = |max: usize| {
        format!(
            "{few}\nlimits.exempt = [{{ network = \"127.0.0.0/24\", connections_max = {max} }}]"
        )
    };
    let (one, two) = (from(&world, 1).await, from(&world, 2).await);
    is_let_in(&one).await;
    is_let_in(&two).await;
    is_turned_away(&from(&world, 1).await, texts().too_many_from_network()).await;
    world.reload(&school(4));
    let (three, four) = (from(&world, 1).await, from(&world, 1).await);
    is_let_in(&three).await;
    is_let_in(&four).await;
    is_turned_away(&from(&world, 9).await, texts().too_many_from_address()).await;
    is_let_in(&from_elsewhere(&world, 1).await).await;
    world.reload(few);
    is_turned_away(&from(&world, 9).await, texts().too_many_from_network()).await;
    for client in [one, two, three] {
        client.close().await;
    }
    world.proxy.until("they are gone", |counts| counts.connections <= 2).await;
    is_let_in(&from(&world, 9).await).await;
    is_turned_away(&from(&world, 10).await, texts().too_many_from_network()).await;
}

#[tokio::test]
async fn connects_per_minute_total_holds_for_all_together() {
    let world = World::new(CIRCLE, "limits.connects_per_minute_total = 4").await;
    for host in 1..=4 {
        is_let_in(&from(&world, host).await).await;
    }
    let over = from(&world, 5).await;
    over.expect("[mudkeep] Too many players are connecting just now. Please try again in ").await;
    over.expect(" seconds.").await;
    over.expect_end().await;
}

/// What the web's listener answers at once.
async fn asked_for(world: &World, host: u8) -> String {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, host], 0).into()).unwrap();
    let mut stream: TcpStream = socket.connect(world.proxy.http_address()).await.unwrap();
    let mut answer = vec![0; 1000];
    let read = tokio::time::timeout(PATIENCE, stream.read(&mut answer)).await;
    answer.truncate(read.expect("it answers").unwrap());
    String::from_utf8(answer).unwrap()
}

async fn stays(world: &World, host: u8) -> TcpStream {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, host], 0).into()).unwrap();
    let mut stream = socket.connect(world.proxy.http_address()).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    stream
}

#[tokio::test]
async fn a_browser_is_told_by_the_status_and_when_to_try_again() {
    for (limit, status, seconds) in [
        ("connections_max = 2", "503 Service Unavailable", 5..=5),
        ("connections_per_address_max = 2", "429 Too Many Requests", 5..=5),
        ("connections_per_network_max = 2", "429 Too Many Requests", 5..=5),
        ("connects_per_minute = 2", "429 Too Many Requests", 20..=31),
        ("connects_per_minute_total = 2", "503 Service Unavailable", 20..=31),
    ] {
        let world = World::new(CIRCLE, &format!("limits.{limit}")).await;
        let _in = (stays(&world, 1).await, stays(&world, 1).await);
        let answer = asked_for(&world, 1).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{limit}: {answer}");
        let (_, rest) = answer.split_once("retry-after: ").unwrap();
        let (retry, _) = rest.split_once("\r\n").unwrap();
        assert!(seconds.contains(&retry.parse::<u32>().unwrap()), "{limit}: {retry}");
    }
}

/// Three more are in the game's files.
async fn crowd(settings: &str) -> World {
    let world = World::new(CIRCLE, settings).await;
    ["Carol", "Dave", "Erin"].iter().for_each(|name| world.game.account(name, PASSWORD));
    world
}

async fn logs_in(client: &Client, name: &str) {
    enter(CIRCLE, client, name).await;
}

#[tokio::test]
async fn users_per_address_max_is_the_last_user_whoever_is_held_or_comes_back() {
    let world = crowd("limits.users_per_address_max = 2").await;
    let (alice, token) = world.player_with_token("Alice").await;
    alice.vanish().await;
    let bob = world.player("Bob").await;
    let carol = world.client().await;
    log_in(CIRCLE, &carol, "Carol", PASSWORD).await;
    is_turned_away(&carol, texts().too_many_users(2)).await;
    let elsewhere = from(&world, 2).await;
    logs_in(&elsewhere, "Carol").await;
    // Who is in comes back, by password and by token.
    let again = world.client().await;
    log_in(CIRCLE, &again, "Alice", PASSWORD).await;
    again.expect(&texts().reconnected().unwrap()).await;
    act(&again).await;
    again.vanish().await;
    let again = world.back(&token).await;
    act(&again).await;
    // One who leaves makes room for one.
    bob.line("quit").await;
    bob.expect("Make your choice: ").await;
    bob.line("0").await;
    bob.expect_end().await;
    world.proxy.until("there is room", |counts| counts.sessions == 2).await;
    let dave = world.client().await;
    logs_in(&dave, "Dave").await;
    let erin = world.client().await;
    log_in(CIRCLE, &erin, "Erin", PASSWORD).await;
    is_turned_away(&erin, texts().too_many_users(2)).await;
    world.game.until("only those are in", |game| game.open() == 3).await;
}

#[tokio::test]
async fn a_user_counts_where_the_last_client_is() {
    let world = crowd("limits.users_per_address_max = 1").await;
    let (alice, token) = world.player_with_token("Alice").await;
    alice.close().await;
    world.proxy.until("she is held", |counts| counts.connections == 0).await;
    let moved = from(&world, 2).await;
    is_let_in(&moved).await;
    moved.line(&format!("resume {token}")).await;
    moved.expect(&texts().resumed().unwrap()).await;
    let bob = world.player("Bob").await;
    act(&bob).await;
    let carol = from(&world, 2).await;
    log_in(CIRCLE, &carol, "Carol", PASSWORD).await;
    is_turned_away(&carol, texts().too_many_users(1)).await;
}

#[tokio::test]
async fn of_many_who_log_in_at_the_same_time_exactly_as_many_are_let_in_as_may() {
    let world = crowd("limits.users_per_address_max = 2").await;
    let names = ["Alice", "Bob", "Carol", "Dave", "Erin"];
    let mut clients = Vec::new();
    for name in names {
        let client = world.client().await;
        is_let_in(&client).await;
        client.line(name).await;
        client.expect("Password: ").await;
        clients.push(client);
    }
    for client in &clients {
        client.line(PASSWORD).await;
    }
    let mut players = 0;
    for client in &clients {
        let told = texts().too_many_users(2).unwrap();
        client.until("an answer", |text| text.contains("RETURN") || text.contains(&told)).await;
        if client.text().contains(&told) {
            client.expect_end().await;
        } else {
            pass_screens(CIRCLE, client).await;
            act(client).await;
            players += 1;
        }
    }
    assert_eq!(players, 2);
    world.proxy.until("the others are gone", |counts| counts.sessions == 2).await;
}

#[tokio::test]
async fn a_household_that_is_exempt_has_its_own_number_of_users() {
    let world = crowd(
        "limits.users_per_address_max = 1\n\
         limits.exempt = [{ network = \"127.0.0.0/30\", users_max = 2 }]",
    )
    .await;
    let (one, two) = (from(&world, 1).await, from(&world, 2).await);
    logs_in(&one, "Alice").await;
    logs_in(&two, "Bob").await;
    let three = from(&world, 1).await;
    log_in(CIRCLE, &three, "Carol", PASSWORD).await;
    is_turned_away(&three, texts().too_many_users(2)).await;
    let other = from(&world, 9).await;
    logs_in(&other, "Carol").await;
    let other = from(&world, 9).await;
    log_in(CIRCLE, &other, "Dave", PASSWORD).await;
    is_turned_away(&other, texts().too_many_users(1)).await;
}

#[tokio::test]
async fn of_a_users_connections_the_oldest_goes() {
    let settings = "session.clients_max = 9\nlimits.connections_per_user_max = 2";
    let world = World::new(CIRCLE, settings).await;
    let (one, _) = world.player_with_token("Alice").await;
    let back = async || {
        let client = world.client().await;
        log_in(CIRCLE, &client, "Alice", PASSWORD).await;
        client.expect(&texts().taken_here().unwrap()).await;
        client
    };
    let two = back().await;
    act(&one).await;
    act(&two).await;
    let three = back().await;
    one.expect(&texts().too_many_clients().unwrap()).await;
    assert_eq!(one.expect_end().await.0, End::Eof);
    act(&two).await;
    act(&three).await;
    let four = back().await;
    two.expect_end().await;
    act(&three).await;
    act(&four).await;
    world.proxy.until("two are left", |counts| counts.connections == 2).await;
    assert_eq!(world.proxy.counts().sessions, 1);
}

#[tokio::test]
async fn the_oldest_goes_over_all_sessions_of_a_user_and_its_session_is_held() {
    let settings = "session.on_duplicate = \"allow\"\nlimits.connections_per_user_max = 2";
    let world = World::new(Family::Penn, settings).await;
    // It has stood at the door for the longest, and is the user's only since it has logged in.
    let late = world.client().await;
    late.expect(door(Family::Penn)).await;
    let (one, token) = world.player_with_token("Alice").await;
    let two = world.player("Alice").await;
    act(&one).await;
    late.line(&format!("connect Alice {PASSWORD}")).await;
    one.expect(&texts().too_many_clients().unwrap()).await;
    one.expect_end().await;
    act(&late).await;
    act(&two).await;
    world.proxy.until("its session is held", |c| (c.connections, c.sessions) == (2, 3)).await;
    let again = world.back(&token).await;
    two.expect_end().await;
    act(&again).await;
    act(&late).await;
}

#[tokio::test]
async fn who_types_nothing_for_too_long_is_told_and_held_and_who_types_stays() {
    let world = World::new(CIRCLE, "").await;
    let (alice, token) = world.player_with_token("Alice").await;
    let bob = world.player("Bob").await;
    // Whom nobody has let in yet has another limit.
    let stranger = world.client().await;
    is_let_in(&stranger).await;
    world.reload("limits.idle_timeout = \"1s\"");
    let start = Instant::now();
    let types = async {
        while start.elapsed() < Duration::from_millis(2_500) {
            act(&bob).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let idles = async {
        // What is no line is no sign of a player.
        while !alice.text().contains(&texts().idle().unwrap()) {
            alice.bytes([wire::IAC, wire::NOP]).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        assert_eq!(alice.expect_end().await.0, End::Eof);
    };
    tokio::join!(types, idles);
    world.proxy.until("she is held", |c| (c.connections, c.sessions) == (2, 3)).await;
    act(&bob).await;
    stranger.line("carol").await;
    world.reload("");
    act(&world.back(&token).await).await;
}

#[tokio::test]
async fn over_bytes_per_second_what_is_sent_is_delayed_and_nothing_is_lost() {
    let settings = "limits.bytes_per_second = 8_000\nlimits.bytes_burst = 2_000";
    let world = World::new(CIRCLE, settings).await;
    let alice = world.player("Alice").await;
    let line = |n: usize| format!("line {n}{}\r\n", " ".repeat(89));
    let lines: String = (1..=100).map(line).collect();
    let start = Instant::now();
    alice.bytes(&lines).await;
    alice.expect("You do: line 100").await;
    let took = start.elapsed();
    let least = Duration::from_millis((lines.len() as u64 - 2_000) / 8);
    assert!(took >= least, "{took:?} for {}", lines.len());
    assert!(took < 3 * least, "{took:?}");
    let heard = world.game.heard("alice").into_iter().map(|line| line.trim_end().to_owned());
    let heard: Vec<_> = heard.filter(|line| line.starts_with("line")).collect();
    assert_eq!(heard, (1..=100).map(|n| format!("line {n}")).collect::<Vec<_>>());
    // Within the burst nobody waits.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let start = Instant::now();
    let lines: String = (101..=118).map(line).collect();
    alice.bytes(&lines).await;
    alice.expect("You do: line 118").await;
    assert!(start.elapsed() < Duration::from_millis(200), "{:?}", start.elapsed());
    // Whatever it is that is sent.
    let start = Instant::now();
    alice.bytes(wire::sub(wire::GMCP, &vec![b'x'; 6_000])).await;
    act(&alice).await;
    assert!(start.elapsed() >= Duration::from_millis(450), "{:?}", start.elapsed());
}
