//! The audit log: what is in it, for a dispute over a death or a theft, and what becomes of it when it
//! grows, when the disk is full, and when everything happens at once.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use mudkeep::config::Config;
use mudkeep::server::Server;
use mudkeep::threads::Threads;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;
use tokio_tungstenite::tungstenite::Message;

use crate::bare::{self, Bare};
use crate::program::{Program, until};
use crate::support::client::{Client, Dial};
use crate::support::scripted::Family;
use crate::support::web::{self, Player, Request, Via, http};
use crate::world::{PASSWORD, World, act, log_in, texts};

const CIRCLE: Family = Family::Circle;

fn folder() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let setting = format!("log.audit = \"{}\"\n", folder.path().join("audit").display());
    (folder, setting)
}

/// The lines of one file.
fn lines_of(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// All lines, the oldest first.
fn lines(folder: &Path) -> Vec<Value> {
    let mut files: Vec<_> = fs::read_dir(folder).expect("a folder").flatten().collect();
    files.retain(|file| file.file_name().to_str().is_some_and(|name| name.starts_with("audit")));
    // The one that is written to has the shortest name and comes last.
    files.sort_by_key(|file| (file.file_name().len() == "audit".len(), file.file_name()));
    files.iter().flat_map(|file| lines_of(&file.path())).collect()
}

/// What a line says, as far as it is the same each time.
fn brief(line: &Value) -> String {
    let word = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
    let details = ["how", "cause", "reason", "outcome", "from", "to"].map(word);
    let details: Vec<String> = details.into_iter().filter(|word| word.len() != 36).collect();
    let all = [word("type"), details.join(" "), word("user")].join(" ");
    all.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of_type<'l>(lines: &'l [Value], kind: &str) -> Vec<&'l Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

/// Every event is in it once, or is among those that it says were lost.
fn whole(lines: &[Value]) -> u64 {
    let mut next = 1;
    let mut lost = 0;
    for line in lines {
        if line["type"] == "lost" {
            lost += line["lost"].as_u64().expect("a number");
            next += line["lost"].as_u64().expect("a number");
        } else {
            assert_eq!(line["seq"], json!(next), "{line}");
            next += 1;
        }
    }
    lost
}

#[tokio::test]
async fn the_life_of_a_player_leaves_exactly_these_lines() {
    let (folder, setting) = folder();
    let world = World::new(CIRCLE, &setting).await;
    let (alice, token) = world.player_with_token("Alice").await;
    let address = alice.address().ip().to_string();
    alice.vanish().await;
    world.proxy.until("she is held", |c| (c.connections, c.sessions) == (0, 1)).await;
    let alice = world.back(&token).await;
    act(&alice).await;
    let second = world.client().await;
    log_in(CIRCLE, &second, "Alice", PASSWORD).await;
    second.expect(&texts().taken_here().unwrap()).await;
    act(&second).await;
    alice.expect_end().await;
    alice.close().await;
    second.line("quit").await;
    second.expect("Make your choice: ").await;
    second.line("0").await;
    second.expect_end().await;
    second.close().await;
    world.proxy.until_empty().await;
    assert!(world.proxy.stop().await);
    let lines = lines(folder.path());
    assert_eq!(whole(&lines), 0);
    // Which of those that happen at the same moment comes first is nobody's promise.
    let mut said: Vec<String> = lines.iter().map(brief).collect();
    let all = said.join("\n");
    let expected = include_str!("audit/life.txt").lines().filter(|line| !line.is_empty());
    let mut expected: Vec<&str> = expected.collect();
    said.sort_unstable();
    expected.sort_unstable();
    assert_eq!(said, expected, "{all}");
    for connected in of_type(&lines, "connected") {
        let of_it = |line: &&Value| line["connection_id"] == connected["connection_id"];
        let is_state =
            |line: &&Value| line["type"].as_str().is_some_and(|kind| kind.contains("connect"));
        let states: Vec<&Value> = lines.iter().filter(of_it).filter(is_state).collect();
        assert_eq!(states[0]["type"], "connected");
        assert_eq!(states[states.len() - 1]["type"], "disconnected");
    }
    let taken = of_type(&lines, "taken_over")[0];
    let comes = of_type(&lines, "attached").pop().expect("attached");
    assert_eq!(taken["by"], comes["connection_id"]);
    for kind in ["attached", "detached", "login", "taken_over", "resumed", "disconnected"] {
        for line in of_type(&lines, kind) {
            assert_eq!(
                (&line["address"], &line["transport"]),
                (&json!(address), &json!("telnet")),
                "{line}"
            );
            assert!(line["connection_id"].as_str().is_some_and(|id| id.len() == 36), "{line}");
        }
    }
}

/// The causes of the detaches in an audit log.
fn causes(folder: &Path) -> Vec<Value> {
    of_type(&lines(folder), "detached").into_iter().map(|line| line["cause"].clone()).collect()
}

async fn until_causes(folder: &Path, expected: &[&str]) {
    let seen = || Some(causes(folder)).filter(|causes| causes.len() >= expected.len());
    let causes = until("all detaches are in the audit log", seen).await;
    assert_eq!(causes, expected);
}

/// The least that may be set.
const TIMES: &str = "limits.keepalive_idle = \"10s\"\nlimits.keepalive_interval = \"1s\"\n\
    limits.keepalive_probes = 2\nlimits.user_timeout = \"10s\"\nlimits.heartbeat_time = \"1s\"\n\
    limits.heartbeat_timeout = \"1s\"\nlimits.stream_grace = \"1s\"\nsession.clients_max = 1\n";

#[tokio::test]
async fn a_telnet_client_that_goes_leaves_the_cause_behind() {
    let (folder, setting) = folder();
    let world = World::new(CIRCLE, &format!("{setting}{TIMES}")).await;
    world.player("Alice").await.close().await;
    until_causes(folder.path(), &["fin"]).await;
    world.player("Bob").await.vanish().await;
    until_causes(folder.path(), &["fin", "rst"]).await;
    world.game.account("Carol", PASSWORD);
    let carol = world.player("Carol").await;
    carol.unplug();
    until_causes(folder.path(), &["fin", "rst", "timed_out"]).await;
}

async fn web_player(world: &World, via: Via) -> Player {
    let player = web::Dial::new(via, world.proxy.http_address()).open().await;
    player.expect_text("be known? ").await;
    player
}

#[tokio::test]
async fn a_web_client_that_goes_leaves_the_cause_behind() {
    let (folder, setting) = folder();
    let world = World::new(CIRCLE, &format!("{setting}{TIMES}")).await;
    let player = web_player(&world, Via::WebSocket).await;
    player.socket().frame(Message::Close(None)).await;
    until_causes(folder.path(), &["fin"]).await;
    web_player(&world, Via::WebSocket).await.socket().half_close();
    until_causes(folder.path(), &["fin", "fin"]).await;
    web_player(&world, Via::WebSocket).await.vanish().await;
    until_causes(folder.path(), &["fin", "fin", "rst"]).await;
    let silent = web_player(&world, Via::WebSocket).await;
    silent.socket().unplug();
    until_causes(folder.path(), &["fin", "fin", "rst", "timed_out"]).await;
    // A stream of events that ends may be opened anew: only when it is not has its client gone.
    web_player(&world, Via::Sse).await.vanish().await;
    until_causes(folder.path(), &["fin", "fin", "rst", "timed_out", "timed_out"]).await;
}

#[tokio::test]
async fn what_a_client_missed_is_told_with_its_size() {
    let (folder, setting) = folder();
    let settings = format!(
        "{setting}{}\nsession.history = \"16KiB\"\nsession.replay = \"1KiB\"\nlimits.slow_timeout = \"30s\"",
        bare::SETTINGS
    );
    let game = Bare::start().await;
    let proxy = crate::support::proxy::Proxy::start(&game.address().to_string(), &settings).await;
    let (alice, _) = bare::player(proxy.address(), 1).await;
    alice.stall();
    alice.line("flood 20000000").await;
    game.flooded(1).await;
    alice.unstall();
    alice.expect("Lost here: ").await;
    let gap = until("the gap is told", || {
        of_type(&lines(folder.path()), "gap").first().map(|line| (*line).clone())
    })
    .await;
    assert!(gap["bytes"].as_u64().is_some_and(|bytes| bytes > 10_000), "{gap}");
    assert!(gap["user"].is_string() && gap["connection_id"].is_string(), "{gap}");
}

async fn comes_and_goes(proxy: std::net::SocketAddr, number: usize) {
    bare::dial(proxy, number).await.close().await;
}

#[tokio::test]
async fn a_file_that_is_too_large_is_put_aside_and_the_oldest_are_removed() {
    let (folder, setting) = folder();
    let bounds = "log.audit_file_bytes = \"4KiB\"\nlog.audit_files_max = 3\n";
    let game = Bare::start().await;
    let settings = format!("{setting}{bounds}{}", bare::SETTINGS);
    let proxy = crate::support::proxy::Proxy::start(&game.address().to_string(), &settings).await;
    for number in 0..100 {
        comes_and_goes(proxy.address(), number).await;
        if number % 5 == 0 {
            // Longer than events are gathered for.
            sleep(Duration::from_millis(60)).await;
        }
    }
    proxy.until_empty().await;
    proxy.stop().await;
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 4);
    let lines = lines(folder.path());
    let seqs: Vec<u64> = lines.iter().map(|line| line["seq"].as_u64().expect("a number")).collect();
    let first = seqs[0];
    assert!(first > 1, "the oldest are gone");
    assert_eq!(seqs, (first..first + seqs.len() as u64).collect::<Vec<_>>());
}

#[tokio::test]
async fn ten_thousand_connections_are_all_in_it_or_are_said_to_be_lost() {
    const CONNECTIONS: usize = 10_000;
    let (folder, setting) = folder();
    let game = Bare::start().await;
    let limits = "limits.connections_max = 10_000\nlimits.connects_per_minute_total = 1_000_000\n\
                  limits.sessions_max = 10_000";
    let settings = format!("{setting}{}\n{limits}", bare::SETTINGS);
    let proxy = crate::support::proxy::Proxy::start(&game.address().to_string(), &settings).await;
    let address = proxy.address();
    for round in 0..CONNECTIONS / 100 {
        let dial = |number| async move {
            let [high, low] = u16::try_from(number).expect("it fits").to_be_bytes();
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind(([127, 1, high, low], 0).into()).expect("an address");
            socket.connect(address).await.expect("somebody listens")
        };
        let all: Vec<TcpStream> =
            futures_util::future::join_all((0..100).map(|n| dial(100 * round + n))).await;
        drop(all);
    }
    proxy.until_accepted(CONNECTIONS as u64).await;
    proxy.until_empty().await;
    assert!(proxy.stop().await);
    let lines = lines(folder.path());
    let lost = whole(&lines);
    let came = of_type(&lines, "connected").len();
    let denied: Vec<_> = of_type(&lines, "denied").into_iter().take(2).collect();
    assert!(came == CONNECTIONS || lost > 0, "{came} came, {lost} lost, such as {denied:?}");
    println!("{came} of {CONNECTIONS} are in it, {} lines, {lost} lost", lines.len());
}

#[tokio::test]
async fn a_full_disk_is_said_once_and_what_was_lost_meanwhile_later() {
    let game = Bare::start().await;
    let settings = "log.audit = \"FOLDER/audit\"\nlimits.events_max = 64\n";
    let settings = format!("{settings}{}", bare::SETTINGS);
    let program = Program::on_small_disk(game.address(), &settings).await;
    let (alice, _) = bare::player(program.address(), 1).await;
    let audit = program.folder().join("audit");
    until("it is written", || Some(()).filter(|()| !lines_of(&audit).is_empty())).await;
    sleep(Duration::from_millis(100)).await;
    // In the middle of the next line. The log is not longer than that.
    program.fill_disk(fs::metadata(&audit).expect("a file").len() + 10);
    for number in 0..100 {
        comes_and_goes(program.address(), number).await;
    }
    let said = || program.log().matches("the audit log cannot be written").count();
    let saw = || Some(()).filter(|()| fs::read(&audit).expect("a file").last() != Some(&b'\n'));
    until("the disk is full", saw).await;
    act(&alice).await;
    program.empty_disk();
    until("it is written again", || {
        let text = fs::read_to_string(&audit).expect("a file");
        Some(()).filter(|()| text.contains("\"type\":\"lost\"") && text.ends_with('\n'))
    })
    .await;
    comes_and_goes(program.address(), 500).await;
    until("the newest is in it", || Some(()).filter(|()| whole(&lines_of(&audit)) > 0)).await;
    assert!(said() <= 1, "{}", program.log());
}

#[tokio::test]
async fn a_device_that_takes_nothing_keeps_nobody_from_playing_or_stopping() {
    let game = Bare::start().await;
    let settings = format!("log.audit = \"/dev/full\"\n{}", bare::SETTINGS);
    let program = Program::before(game.address(), &settings).await;
    let (alice, _) = bare::player(program.address(), 1).await;
    act(&alice).await;
    sleep(Duration::from_millis(2500)).await;
    act(&alice).await;
    let log = program.log();
    assert_eq!(log.matches("the audit log cannot be written").count(), 1, "{log}");
    alice.close().await;
    let (program, status) = program.stopped_and_started().await;
    assert!(status.success(), "{status}");
    act(&bare::player(program.address(), 1).await.0).await;
}

#[tokio::test]
async fn after_a_hangup_it_is_written_where_its_name_is() {
    let game = Bare::start().await;
    let settings = format!("log.audit = \"FOLDER/audit\"\n{}", bare::SETTINGS);
    let program = Program::before(game.address(), &settings).await;
    let (audit, moved) = (program.folder().join("audit"), program.folder().join("old"));
    comes_and_goes(program.address(), 1).await;
    until("it is there", || Some(()).filter(|()| !lines_of(&audit).is_empty())).await;
    fs::rename(&audit, &moved).expect("a file");
    program.hang_up();
    let reloaded = until("it is there again", || {
        of_type(&lines_of(&audit), "reloaded").first().map(|line| (*line).clone())
    })
    .await;
    assert_eq!(reloaded["ok"], json!(true));
    fs::write(program.folder().join("proxy.toml"), "game.address = 5").expect("a file");
    program.hang_up();
    until("the mistake is told", || {
        let lines = lines_of(&audit);
        let bad = |line: &&&Value| line["ok"] == json!(false);
        of_type(&lines, "reloaded").iter().find(bad).map(|_| ())
    })
    .await;
    whole(&[lines_of(&moved), lines_of(&audit)].concat());
}

/// A server with a listener for the staff; its addresses.
async fn with_staff(game: &Bare, folder: &Path, more: &str) -> Server {
    let settings = format!(
        "game.address = \"{}\"\nlisten = [{{ protocol = \"telnet\", address = \"127.0.0.1:0\" }}, \
         {{ protocol = \"admin\", address = \"127.0.0.1:0\" }}]\n\
         log.audit = \"{folder}/audit\"\nadmin.token_file = \"{folder}/token\"\n{more}\n{}",
        game.address(),
        bare::SETTINGS,
        folder = folder.display(),
    );
    let config = Config::parse("f", &settings).unwrap_or_else(|wrong| panic!("{wrong}"));
    Server::start(Arc::new(config), Threads::only_this()).await.expect("it starts")
}

async fn last(server: &Server, folder: &Path, query: &str) -> Value {
    let token = fs::read_to_string(folder.join("token")).expect("a token");
    let request = Request::new("GET", format!("/api/v1/last?{query}")).bearer(token.trim());
    let stream = TcpStream::connect(server.addresses()[1]).await.expect("it listens");
    let answer = http::ask(stream, request, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn users(answer: &Value) -> Vec<&str> {
    let logins = answer["logins"].as_array().expect("a list");
    logins.iter().map(|login| login["user"].as_str().expect("a name")).collect()
}

#[tokio::test]
async fn who_played_from_where_is_known_over_restarts() {
    let folder = tempfile::tempdir().expect("a folder");
    let game = Bare::start().await;
    let player = async |server: &Server, from: u8, name: &str| {
        let client: Client = Dial::default().from(from).connect(server.addresses()[0]).await;
        client.expect("be known? ").await;
        client.line(name).await;
        client.expect("Password: ").await;
        client.line("sekrit").await;
        client.expect_any(&["Reconnecting.", &texts().reconnected().unwrap()]).await;
        client.close().await;
    };
    // Small files, and a ring that has forgotten the first ones.
    let more = "log.audit_file_bytes = \"4KiB\"\nlimits.events_max = 64";
    let server = with_staff(&game, folder.path(), more).await;
    for from in [7, 8] {
        player(&server, from, "alice").await;
        sleep(Duration::from_millis(50)).await;
    }
    assert!(server.stop().await);
    let server = with_staff(&game, folder.path(), more).await;
    let empty = last(&server, folder.path(), "user=nobody").await;
    assert_eq!(empty, json!({ "logins": [], "complete": true }));
    for (from, name) in [(9, "bob"), (7, "bob"), (9, "carol"), (9, "dora"), (9, "alice")] {
        player(&server, from, name).await;
        sleep(Duration::from_millis(50)).await;
    }
    let alices = last(&server, folder.path(), "user=ALICE").await;
    assert_eq!((users(&alices).len(), &alices["complete"]), (3, &json!(true)), "{alices}");
    let times: Vec<&str> = alices["logins"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|login| login["time"].as_str().expect("a time"))
        .collect();
    assert!(times.is_sorted_by(|a, b| a > b), "newest first: {times:?}");
    let there = last(&server, folder.path(), "address=127.0.0.7").await;
    assert_eq!(users(&there), ["bob", "alice"]);
    let newest = last(&server, folder.path(), "user=alice&limit=1").await;
    assert_eq!((users(&newest).len(), &newest["logins"][0]["address"]), (1, &json!("127.0.0.9")));
    // What is lost of it is not passed over.
    let oldest = fs::read_dir(folder.path())
        .expect("a folder")
        .flatten()
        .map(|file| file.path())
        .filter(|path| path.display().to_string().contains("audit."))
        .min()
        .expect("a file");
    fs::remove_file(oldest).expect("a file");
    let rest = last(&server, folder.path(), "user=nobody").await;
    assert_eq!(rest["complete"], json!(false));
    assert!(server.stop().await);
}

#[tokio::test]
async fn a_token_of_another_session_and_a_wrong_password_name_nobody() {
    let (folder, setting) = folder();
    let world = World::new(CIRCLE, &setting).await;
    let client = world.client().await;
    client.expect(crate::world::door(CIRCLE)).await;
    client.line("Alice").await;
    client.expect("Password: ").await;
    client.line("CanaryWrong-77").await;
    client.expect("Wrong password").await;
    client.line("CanaryPasswordAsName").await;
    client.close().await;
    world.proxy.until_empty().await;
    let banned = world.proxy.ban("network:127.0.0.9/32", None);
    assert!(banned);
    let refused = world.dial(Dial::default().from(9)).await;
    refused.expect(&texts().banned("spam").unwrap()).await;
    assert!(world.proxy.unban("network:127.0.0.9/32"));
    world.proxy.stop().await;
    let text = fs::read_to_string(folder.path().join("audit")).expect("a file");
    for secret in ["Canary", "Alice", "alice"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    let lines = lines(folder.path());
    assert_eq!(of_type(&lines, "login_refused").len(), 1, "{text}");
    assert_eq!(of_type(&lines, "ban_refused")[0]["address"], json!("127.0.0.9"));
    assert_eq!(of_type(&lines, "banned")[0]["reason"], json!("spam"));
    assert_eq!(of_type(&lines, "unbanned").len(), 1);
}
