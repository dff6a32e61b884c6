//! The commands of the admin as they are run: the program itself against another one that serves the
//! built-in game, with players in it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_mudkeep");

/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where nobody listens.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address")
}

/// A running mudkeep. It is killed when dropped.
struct Mudkeep {
    child: Child,
    players: SocketAddr,
    folder: TempDir,
}

impl Mudkeep {
    fn start() -> Mudkeep {
        let folder = tempfile::tempdir().expect("a folder");
        // The commands find the listener in the file, so its port has to stand there.
        let admin = free_address();
        let config = format!(
            "game.address = \"demo\"\nlog.format = \"json\"\n\
             listen = [{{ protocol = \"telnet\", address = \"127.0.0.1:0\" }}, \
             {{ protocol = \"admin\", address = \"{admin}\" }}]\n"
        );
        std::fs::write(folder.path().join("proxy.toml"), config).expect("a file");
        let mut command = Command::new(PROGRAM);
        command.current_dir(folder.path()).stdin(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut log = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut players = None;
        loop {
            let mut line = String::new();
            assert!(log.read_line(&mut line).expect("text") > 0, "it does not start");
            let line: Value = serde_json::from_str(&line).expect("JSON");
            if line["protocol"] == "telnet" {
                players = line["address"].as_str().map(|at| at.parse().expect("an address"));
            }
            // It listens by then.
            if line["file"] == "admin.token" {
                break;
            }
        }
        // Or it would have to wait for room.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Mudkeep { child, players: players.expect("it listens"), folder }
    }

    fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.current_dir(self.folder.path()).args(line).stdin(Stdio::null());
        command
    }

    /// What a command comes to: exit code, output, errors.
    fn run(&self, line: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(line).output().expect("it runs");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (status.code().expect("no signal"), text(stdout), text(stderr))
    }

    /// The output of a command that does what it should.
    fn good(&self, line: &[&str]) -> String {
        let (code, out, err) = self.run(line);
        assert_eq!((code, err.as_str()), (0, ""), "{line:?}: {out}");
        out
    }

    fn json(&self, line: &[&str]) -> Value {
        serde_json::from_str(&self.good(&[line, &["--json"]].concat())).expect("JSON")
    }

    /// What a command says that fails with this code.
    fn bad(&self, code: i32, line: &[&str]) -> String {
        let (ended, out, err) = self.run(line);
        assert_eq!((ended, out.as_str()), (code, ""), "{line:?}: {err}");
        err
    }

    /// Asks until it is so.
    fn until(&self, line: &[&str], what: impl Fn(&Value) -> bool) {
        for _ in 0..2_000 {
            if what(&self.json(line)) {
                return;
            }
        }
        panic!("{line:?} stays {}", self.json(line));
    }
}

impl Drop for Mudkeep {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody at the other end of telnet.
struct Player {
    stream: TcpStream,
    seen: String,
}

impl Player {
    fn connect(mudkeep: &Mudkeep) -> Player {
        let stream = TcpStream::connect(mudkeep.players).expect("it listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
        Player { stream, seen: String::new() }
    }

    /// Makes itself known to the game, and is in it.
    fn newcomer(mudkeep: &Mudkeep, name: &str) -> Player {
        let mut player = Player::connect(mudkeep);
        for (question, answer) in [
            ("By what name are you known? ", name),
            (" be made known here? (y/n) ", "y"),
            ("Choose a password: ", "sekrit"),
            ("Type it again: ", "sekrit"),
        ] {
            player.expect(question);
            player.line(answer);
        }
        player.is_in_the_game();
        player
    }

    fn is_in_the_game(&mut self) {
        self.line("say here");
        self.expect("You say, \"here\"");
    }

    fn line(&mut self, text: &str) {
        write!(self.stream, "{text}\r\n").expect("a connection");
    }

    /// Reads until it is told this.
    fn expect(&mut self, text: &str) {
        loop {
            if let Some(at) = self.seen.find(text) {
                self.seen.drain(..at + text.len());
                return;
            }
            assert!(self.read(), "no {text:?} in {:?}", self.seen);
        }
    }

    /// Reads to the end; what was told until then.
    fn end(mut self) -> String {
        while self.read() {}
        self.seen
    }

    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        match self.stream.read(&mut bytes).expect("in time") {
            0 => false,
            length => {
                self.seen.push_str(&String::from_utf8_lossy(&bytes[..length]));
                true
            }
        }
    }
}

#[test]
fn who_is_there_is_told_to_people_and_programs() {
    let mudkeep = Mudkeep::start();
    assert_eq!(mudkeep.good(&["sessions"]), "No sessions.\n");
    let (_alice, _bob) = (Player::newcomer(&mudkeep, "Alice"), Player::newcomer(&mudkeep, "Bob"));

    let sessions = mudkeep.good(&["sessions"]);
    assert!(sessions.starts_with("USER ") && sessions.ends_with("\n2 sessions\n"), "{sessions}");
    assert!(sessions.contains("\nAlice ") && sessions.contains("\nBob "), "{sessions}");
    assert!(mudkeep.good(&["sessions", "--user", "alice"]).ends_with("\n1 session\n"));
    assert!(mudkeep.good(&["sessions", "--same-address"]).ends_with("\n2 sessions\n"));
    let json = mudkeep.json(&["sessions", "--user", "BOB"]);
    assert_eq!((&json["total"], &json["sessions"][0]["user"]), (&1.into(), &"Bob".into()));

    let connections = mudkeep.good(&["connections", "--address", "127.0.0.0/8"]);
    assert!(connections.ends_with("\n2 connections\n") && connections.contains(" telnet "));
    assert_eq!(mudkeep.good(&["connections", "--address", "10.0.0.0/8"]), "No connections.\n");
    assert!(mudkeep.good(&["connections", "--user", "Bob"]).contains("\n1 connection\n"));

    let health = mudkeep.good(&["health"]);
    assert!(health.starts_with("status        ok\n"), "{health}");
    assert!(health.contains("\nconnections   2: 2 telnet; 2 "), "{health}");
    let stats = mudkeep.good(&["stats"]);
    assert!(stats.contains("since start   2 connections, 2 sessions, 2 logins\n"), "{stats}");
    assert_eq!(mudkeep.json(&["stats"])["total_connections"], 2);

    assert!(mudkeep.good(&["last", "alice"]).contains(" Alice  127.0.0.1 "));
    assert_eq!(mudkeep.json(&["last", "127.0.0.1"])["logins"].as_array().unwrap().len(), 2);
    let nobody = mudkeep.bad(3, &["last", "nobody"]);
    assert_eq!(nobody, "mudkeep: no login of nobody is remembered\n");
}

#[test]
fn players_are_told_cut_and_kicked() {
    let mudkeep = Mudkeep::start();
    let (mut alice, mut bob) =
        (Player::newcomer(&mudkeep, "Alice"), Player::newcomer(&mudkeep, "Bob"));

    assert_eq!(mudkeep.good(&["say", "Hello, all"]), "Told on 2 connections.\n");
    alice.expect("Hello, all");
    bob.expect("Hello, all");
    assert_eq!(mudkeep.good(&["say", "Hello, Bob", "--to", "bob"]), "Told on 1 connection.\n");
    bob.expect("Hello, Bob");
    mudkeep.bad(3, &["say", "Hello", "--to", "Carol"]);

    let mut events = mudkeep.command(&["events", "--types", "kicked,notice"]);
    let mut events = events.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(events.stdout.take().unwrap()).lines();
    // It is there once it tells of something.
    let mut seen = String::new();
    std::thread::scope(|scope| {
        let told = scope.spawn(|| lines.next().unwrap().unwrap());
        while !told.is_finished() {
            mudkeep.good(&["say", "x", "--to", "Bob"]);
        }
        seen = told.join().unwrap();
    });
    assert!(seen.contains(" notice told=1"), "{seen}");

    assert_eq!(mudkeep.good(&["kick", "bob", "--reason", "be nice"]), "bob: 1 session ended.\n");
    assert!(bob.end().contains("be nice"));
    let kicked = lines.map(Result::unwrap).find(|line| line.contains(" kicked "));
    assert!(kicked.unwrap().contains(" kicked Bob "));
    events.kill().unwrap();
    events.wait().unwrap();
    assert_eq!(mudkeep.bad(3, &["kick", "Bob"]), "mudkeep: Bob has no session\n");

    let connection = mudkeep.json(&["connections", "--user", "Alice"])["connections"][0].clone();
    let id = connection["connection_id"].as_str().unwrap();
    let said = format!("Connection {id} cut; its session, if any, waits.\n");
    assert_eq!(mudkeep.good(&["kick", id]), said);
    alice.end();
    mudkeep.until(&["sessions"], |all| all["sessions"][0]["state"] == "held");
    let session = connection["session_id"].as_str().unwrap();
    assert_eq!(
        mudkeep.bad(3, &["kick", session, "--connection-only"]),
        format!("mudkeep: session {session} has no connection\n")
    );
    assert_eq!(mudkeep.good(&["kick", session]), format!("Session {session} ended.\n"));
    assert_eq!(mudkeep.good(&["sessions"]), "No sessions.\n");
}

#[test]
fn who_is_banned_is_out_until_the_ban_is_lifted() {
    let mudkeep = Mudkeep::start();
    let alice = Player::newcomer(&mudkeep, "Alice");
    assert!(mudkeep.good(&["tokens", "revoke", "alice"]).contains("are revoked"));
    let banned = mudkeep.good(&["ban", "Alice", "--for", "1h", "--reason", "spam"]);
    assert!(banned.starts_with("Banned user:alice "), "{banned}");
    assert!(alice.end().contains("spam"));
    let bans = mudkeep.good(&["bans"]);
    assert!(bans.contains("\nuser:alice ") && bans.contains("in 59m") && bans.contains("spam"));
    assert_eq!(mudkeep.good(&["unban", "ALICE"]), "ALICE is not banned any more.\n");
    assert_eq!(mudkeep.bad(3, &["unban", "Alice"]), "mudkeep: Alice is not banned\n");
    mudkeep.good(&["ban", "127.0.0.1"]);
    assert!(!Player::connect(&mudkeep).end().contains("By what name"));
    mudkeep.good(&["unban", "127.0.0.1"]);
    Player::connect(&mudkeep).expect("By what name are you known? ");
    assert_eq!(mudkeep.good(&["bans"]), "No bans.\n");
}

#[test]
fn a_drain_is_announced_called_off_and_followed_to_the_end() {
    let mut mudkeep = Mudkeep::start();
    let mut alice = Player::newcomer(&mudkeep, "Alice");
    assert_eq!(mudkeep.good(&["drain"]), "There is no drain.\n");
    let said = mudkeep.good(&["drain", "--in", "1h", "--say", "Back soon", "--no-wait"]);
    assert_eq!(said, "1 session left; it ends in 1h at the latest.\n");
    alice.expect("Back soon");
    let mut bob = Player::connect(&mudkeep);
    for (question, answer) in [("known? ", "Bob"), ("(y/n) ", "y"), ("password: ", "sekrit")] {
        bob.expect(question);
        bob.line(answer);
    }
    assert!(bob.end().contains("no new logins just now"));
    assert_eq!(mudkeep.good(&["drain", "--cancel"]), "There is no drain any more.\n");
    Player::newcomer(&mudkeep, "Carol").line("quit");
    let said = mudkeep.good(&["drain", "--in", "2s"]);
    assert!(said.ends_with("\nmudkeep has ended.\n"), "{said}");
    alice.end();
    assert!(mudkeep.child.wait().unwrap().success());
    assert!(mudkeep.bad(1, &["health"]).contains("nothing listens on 127.0.0.1:"));
}

#[test]
fn nobody_else_is_answered() {
    let mudkeep = Mudkeep::start();
    let other = mudkeep.folder.path().join("other.token");
    std::fs::write(&other, "not-a-token-of-this-mudkeep-0123456789-abcd\n").unwrap();
    private(&other);
    let other = other.to_str().unwrap();
    let err = mudkeep.bad(1, &["health", "--token-file", other]);
    assert!(err.contains("does not take the token in ") && !err.contains("0123456789"), "{err}");
    let err = mudkeep.bad(1, &["health", "--token-file", "none.token"]);
    assert!(err.contains("there is no token file none.token"), "{err}");
    let err = mudkeep.bad(1, &["watch"]);
    assert!(err.contains("watch needs a terminal"), "{err}");
    let players = format!("http://{}", mudkeep.players);
    let err = mudkeep.bad(1, &["health", "--api", &players]);
    assert!(err.contains("is that mudkeep's admin listener?"), "{err}");
}

fn private(file: &Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(file, PermissionsExt::from_mode(0o600)).expect("our own");
}
