//! The configuration is read again while people play: nobody is disconnected, and what it says holds
//! for everybody from then on.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use mudkeep::gate::Reloaded;
use tokio::time::Instant;

use crate::program::{Program, until};
use crate::support::client::{Client, Dial};
use crate::support::scripted::{Family, Game};
use crate::world::{PASSWORD, World, act, door, enter, numbered, texts};

const CIRCLE: Family = Family::Circle;

/// So many times in a row.
const RELOADS: usize = 100;

/// What the program may need more after the last of them than after the first tenth.
const GROWTH_KIB_MAX: usize = 1 << 10;

async fn types_lines(client: &Client, lines: std::ops::RangeInclusive<usize>) -> Duration {
    let start = Instant::now();
    let all: String = lines.clone().map(|n| format!("line {n}\r\n")).collect();
    client.bytes(all).await;
    client.expect(&format!("You do: line {}\r\n", lines.end())).await;
    start.elapsed()
}

#[tokio::test]
async fn nobody_is_disconnected_and_a_line_on_its_way_arrives() {
    let world = World::new(CIRCLE, "").await;
    let (bob, token) = world.player_with_token("Bob").await;
    bob.vanish().await;
    let (alice, stranger) = (world.player("Alice").await, world.client().await);
    stranger.expect(door(CIRCLE)).await;
    world.proxy.until("all are in", |c| (c.connections, c.sessions) == (2, 3)).await;
    for round in 0..10 {
        let lines: String = (1..=50).map(|n| format!("line {}\r\n", 50 * round + n)).collect();
        alice.bytes(lines).await;
        let burst = 1_000 + round;
        let reloaded = world.reload(&format!("limits.lines_burst = {burst}\nsession.replay = 500"));
        let changed = &reloaded.changed[..];
        match round {
            0 => assert_eq!(changed, ["session.replay", "limits.lines_burst"]),
            _ => assert_eq!(changed, ["limits.lines_burst"]),
        }
        alice.expect(&format!("You do: line {}\r\n", 50 * round + 50)).await;
    }
    assert_eq!(numbered(&alice.text()), (1..=500).collect::<Vec<_>>());
    let counts = world.proxy.counts();
    assert_eq!((counts.connections, counts.sessions), (2, 3));
    world.game.account("Carol", PASSWORD);
    stranger.line("carol").await;
    stranger.expect("Password: ").await;
    act(&alice).await;
    act(&world.back(&token).await).await;
}

#[tokio::test]
async fn a_line_rate_holds_for_those_who_play() {
    let slow = "limits.lines_per_minute = 60\nlimits.lines_burst = 1";
    let fast = "limits.lines_per_minute = 60_000\nlimits.lines_burst = 500";
    let world = World::new(CIRCLE, fast).await;
    let alice = world.player("Alice").await;
    assert!(types_lines(&alice, 1..=40).await < Duration::from_secs(1));
    world.reload(slow);
    act(&alice).await;
    let took = types_lines(&alice, 41..=43).await;
    assert!(took >= Duration::from_millis(2_900), "{took:?}");
    // What waits by the slow rate is not waited for as long as that.
    let lines: String = (44..=60).map(|n| format!("line {n}\r\n")).collect();
    alice.bytes(lines).await;
    world.reload(fast);
    let start = Instant::now();
    alice.expect("You do: line 60\r\n").await;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert_eq!(numbered(&alice.text()), (1..=60).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_limit_of_connections_holds_for_the_next_and_cuts_nobody_off() {
    let world = World::new(CIRCLE, "limits.connections_max = 2").await;
    let one = world.player("Alice").await;
    let two = world.dial(Dial::default().from(2)).await;
    two.expect(door(CIRCLE)).await;
    let turned_away = async |text: Option<String>| {
        let over = world.dial(Dial::default().from(9)).await;
        over.expect(&text.unwrap()).await;
        over.expect_end().await;
    };
    turned_away(texts().too_many_connections()).await;
    world.reload("limits.connections_max = 3");
    let three = world.dial(Dial::default().from(3)).await;
    three.expect(door(CIRCLE)).await;
    turned_away(texts().too_many_connections()).await;
    world.reload("limits.connections_max = 1\ntexts.too_many_connections = \"Full.\"");
    turned_away(Some("[mudkeep] Full.".to_owned())).await;
    act(&one).await;
    assert_eq!(world.proxy.counts().connections, 3);
    world.reload("limits.connections_per_address_max = 1");
    let own = world.client().await;
    own.expect(&texts().too_many_from_address().unwrap()).await;
}

#[tokio::test]
async fn a_limit_of_sessions_and_of_memory_holds_at_once() {
    let world = World::new(CIRCLE, "").await;
    let alice = world.player("Alice").await;
    world.reload("limits.sessions_max = 1");
    world.client().await.expect(&texts().too_many_sessions().unwrap()).await;
    world.reload("limits.history_bytes_total = \"1MiB\"\nsession.history = \"8MiB\"");
    let bob = world.player("Bob").await;
    world.game.flood("bob", 200_000).await;
    bob.expect("line 200000\r\n").await;
    assert!(world.proxy.memory_used() > 1 << 20);
    world.client().await.expect(&texts().too_many_sessions().unwrap()).await;
    world.reload("");
    world.client().await.expect(door(CIRCLE)).await;
    act(&alice).await;
}

#[tokio::test]
async fn what_needs_a_restart_is_said_and_stays() {
    let world = World::new(CIRCLE, "").await;
    let alice = world.player("Alice").await;
    let settings = "game.charset = \"latin1\"\nstore.path = \"no/such\"\nlimits.threads_max = 7\n\
                    log.format = \"json\"\nlimits.lines_burst = 9";
    let expected = Reloaded {
        changed: vec!["limits.lines_burst".to_owned()],
        needs_restart: ["game.charset", "limits.threads_max", "store.path", "log.format"]
            .map(str::to_owned)
            .into(),
    };
    assert_eq!(world.reload(settings), expected);
    let again = world.reload(settings);
    assert_eq!(again, Reloaded { changed: Vec::new(), ..expected });
    act(&alice).await;
}

#[tokio::test]
async fn of_a_hundred_reloads_nothing_is_left() {
    let world = World::new(CIRCLE, "").await;
    // The one that it was started with is kept by the test.
    world.reload("limits.lines_burst = 99");
    let (held, _) = world.player_with_token("Bob").await;
    held.vanish().await;
    let (alice, stranger) = (world.player("Alice").await, world.client().await);
    stranger.expect(door(CIRCLE)).await;
    let tasks = world.proxy.tasks();
    let mut before = Vec::new();
    for round in 0..RELOADS {
        before.push(Arc::downgrade(&world.proxy.config_now()));
        world.reload(&format!("limits.lines_burst = {}", 100 + round));
        act(&alice).await;
    }
    let left = before.iter().filter(|config| config.strong_count() > 0).count();
    assert_eq!(left, 0);
    assert_eq!(world.proxy.tasks(), tasks);
    let counts = world.proxy.counts();
    assert_eq!((counts.connections, counts.sessions), (2, 3));
}

/// Waits until the program has logged so many lines with this text.
async fn logs(program: &Program, text: &str, count: usize) {
    let says = || (program.log().matches(text).count() >= count).then_some(());
    until(&format!("{count} times {text:?} in {}", program.log()), says).await;
}

const SETTINGS: &str = "login.preset = \"circle\"\nlog.level = \"info\"";
const REREAD: &str = "the configuration was read again";
const NOT_GOOD: &str = "the configuration was not good and nothing is changed";

async fn program_and_player() -> (Game, Program, Client) {
    let game = Game::start(CIRCLE).await;
    game.account("Alice", PASSWORD);
    let program = Program::before(game.address(), SETTINGS).await;
    let alice = Client::connect(program.address()).await;
    enter(CIRCLE, &alice, "Alice").await;
    (game, program, alice)
}

#[tokio::test]
async fn sighup_has_the_program_read_its_file_again() {
    let (game, program, alice) = program_and_player().await;
    let slow = format!("{SETTINGS}\nlimits.lines_per_minute = 60\nlimits.lines_burst = 1");
    program.configure(game.address(), &format!("{slow}\nlimits.connections_per_address_max = 1"));
    let lines: String = (1..=3).map(|n| format!("line {n}\r\n")).collect();
    program.hang_up();
    logs(&program, REREAD, 1).await;
    let start = Instant::now();
    alice.bytes(lines).await;
    alice.expect("You do: line 3\r\n").await;
    assert!(start.elapsed() > Duration::from_millis(1_900), "{:?}", start.elapsed());
    let over = Client::connect(program.address()).await;
    over.expect(&texts().too_many_from_address().unwrap()).await;
    let log = program.log();
    let changed = "limits.connections_per_address_max, limits.lines_per_minute, limits.lines_burst";
    assert!(log.contains(changed), "{log}");
    assert!(!log.contains("needs a restart"), "{log}");
}

#[tokio::test]
async fn a_file_that_is_not_good_changes_nothing_and_is_told_with_its_place() {
    let (game, program, alice) = program_and_player().await;
    let file = program.folder().join("proxy.toml");
    let at = |line: &str, column| {
        let text = fs::read_to_string(&file).unwrap();
        let number = text.lines().position(|l| l == line).unwrap() + 1;
        format!("proxy.toml:{number}:{column}: ")
    };
    let (one, two) = ("limits.connections_per_address_max = 0", "limits.lines_brust = 1");
    program.configure(game.address(), &format!("{SETTINGS}\n{one}\n{two}"));
    program.hang_up();
    logs(&program, NOT_GOOD, 1).await;
    let log = program.log();
    assert!(log.contains(&(at(one, 38) + "limits.connections_per_address_max: ")), "{log}");
    assert!(log.contains("; allowed: "), "{log}");
    assert!(log.contains(&(at(two, 8) + "limits.lines_brust: no such key")), "{log}");
    assert!(log.contains("; did you mean lines_burst"), "{log}");
    fs::write(&file, "game.address = \"demo\nlimits").unwrap();
    program.hang_up();
    logs(&program, NOT_GOOD, 2).await;
    assert!(program.log().contains("proxy.toml:1:"), "{}", program.log());
    fs::remove_file(&file).unwrap();
    program.hang_up();
    logs(&program, NOT_GOOD, 3).await;
    assert!(program.log().contains("proxy.toml: cannot be read"), "{}", program.log());
    assert!(!program.log().contains(REREAD));
    act(&alice).await;
    Client::connect(program.address()).await.expect(door(CIRCLE)).await;
}

#[tokio::test]
async fn what_needs_a_restart_is_one_warning_and_the_level_of_the_log_does_not() {
    let (game, program, alice) = program_and_player().await;
    let settings = "login.preset = \"circle\"\nlog.level = \"warn\"\nlog.format = \"text\"\n\
                    listen = [{ address = \"127.0.0.1:1\" }]\nlimits.threads_max = 9";
    program.configure(game.address(), settings);
    program.hang_up();
    logs(&program, "needs a restart", 1).await;
    let log = program.log();
    assert!(log.contains("limits.threads_max, log.format, listen"), "{log}");
    let lines = log.lines().count();
    let next = Client::connect(program.address()).await;
    next.expect(door(CIRCLE)).await;
    act(&alice).await;
    next.close().await;
    program.configure(game.address(), SETTINGS);
    program.hang_up();
    logs(&program, REREAD, 1).await;
    assert_eq!(program.log().lines().count(), lines + 1, "{}", program.log());
}

#[tokio::test]
async fn a_hundred_signals_leave_no_file_no_thread_and_no_memory() {
    let (game, program, alice) = program_and_player().await;
    let mut at_first = None;
    for round in 1..=RELOADS {
        let lines = 100 + round;
        program.configure(game.address(), &format!("{SETTINGS}\nlimits.lines_burst = {lines}"));
        program.hang_up();
        logs(&program, REREAD, round).await;
        act(&alice).await;
        if round == RELOADS / 10 {
            at_first = Some(program.usage());
        }
    }
    let (before, after) = (at_first.unwrap(), program.usage());
    println!("after {}: {before:?}, after {RELOADS}: {after:?}", RELOADS / 10);
    assert_eq!(after.files, before.files);
    assert!(after.threads <= before.threads, "{before:?} {after:?}");
    assert!(after.resident_kib < before.resident_kib + GROWTH_KIB_MAX, "{before:?} {after:?}");
}
