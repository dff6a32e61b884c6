//! Players who come by WebSocket, before the built-in game.

use std::net::Ipv4Addr;

use tokio::net::TcpStream;

use super::*;
use crate::ids::UserKey;
use crate::limits::bans::{Ban, BanKind};
use crate::registry::card::Carrier;
use crate::server::Server;
use crate::texts::Texts;
use crate::threads::Threads;

const PATIENCE: Duration = Duration::from_secs(20);
const PASSWORD: &str = "sekrit";

async fn server(settings: &str) -> Server {
    server_on(Threads::only_this(), settings).await
}

async fn server_on(threads: Threads, settings: &str) -> Server {
    let listen = "listen = [{ protocol = \"telnet\", address = \"127.0.0.1:0\" }]";
    let text = format!("game.address = \"demo\"\n{listen}\n{settings}\n");
    let config = Arc::new(Config::parse("proxy.toml", &text).unwrap());
    Server::start(config, threads).await.unwrap()
}

/// A player's program, and all that it was told.
struct Player {
    client: Client,
    text: String,
    /// How much of the text was expected already.
    seen: usize,
    messages: Vec<String>,
}

impl Player {
    async fn connect(server: &Server, subprotocol: ByteSubprotocol) -> Player {
        let (ours, theirs) = duplex(PIPE_BYTES);
        let gate = server.gate().clone();
        let address = Ipv4Addr::LOCALHOST.into();
        let id = ConnectionId(uuid::Uuid::new_v4());
        let now = crate::clock::now();
        let place = gate.registry().admit(now, id, Carrier::WebSocket, address).unwrap();
        serve(gate, server_side(ours).await, subprotocol, id, address, place);
        let client = Client::from_raw_socket(theirs, Role::Client, None).await;
        Player { client, text: String::new(), seen: 0, messages: Vec::new() }
    }

    async fn line(&mut self, line: &str) {
        self.client.send(Message::binary(format!("{line}\r\n"))).await.unwrap();
    }

    /// Takes one message; what the close frame says, if it is that.
    async fn take(&mut self) -> Option<(u16, String)> {
        let message = timeout(PATIENCE, self.client.next()).await;
        match message.unwrap_or_else(|_| panic!("after {:?}", self.text)) {
            Some(Ok(Message::Binary(bytes))) => {
                self.text.push_str(&String::from_utf8_lossy(&bytes));
            }
            Some(Ok(Message::Text(text))) => self.messages.push(text.to_string()),
            Some(Ok(Message::Close(Some(frame)))) => {
                return Some((frame.code.into(), frame.reason.to_string()));
            }
            Some(Ok(_)) => {}
            other => panic!("{other:?} after {:?}", self.text),
        }
        None
    }

    async fn expect(&mut self, text: &str) {
        loop {
            if let Some(at) = self.text[self.seen..].find(text) {
                self.seen += at + text.len();
                return;
            }
            assert_eq!(self.take().await, None, "waiting for {text:?} after {:?}", self.text);
        }
    }

    async fn expect_message(&mut self, start: &str) -> String {
        loop {
            if let Some(at) = self.messages.iter().position(|message| message.starts_with(start)) {
                return self.messages.remove(at);
            }
            assert_eq!(self.take().await, None, "waiting for {start:?} in {:?}", self.messages);
        }
    }

    async fn expect_close(&mut self) -> (u16, String) {
        loop {
            if let Some(close) = self.take().await {
                return close;
            }
        }
    }

    async fn answer(&mut self, answers: &[(&str, &str)]) {
        for (question, answer) in answers {
            self.expect(question).await;
            self.line(answer).await;
        }
    }

    async fn make_known(&mut self, name: &str) {
        self.answer(&[
            ("By what name are you known? ", name),
            (" be made known here? (y/n) ", "y"),
            ("Choose a password: ", PASSWORD),
            ("Type it again: ", PASSWORD),
        ])
        .await;
        self.expect(&format!("Welcome, {name}.")).await;
        self.expect("> ").await;
    }

    async fn log_in(&mut self, name: &str) {
        self.answer(&[("By what name are you known? ", name), ("Password: ", PASSWORD)]).await;
    }

    async fn says(&mut self, words: &str) {
        self.line(&format!("say {words}")).await;
        self.expect(&format!("You say, \"{words}\"")).await;
    }
}

fn said(text: impl Fn(&Texts) -> Option<String>) -> String {
    text(&Config::default().texts).expect("it is said")
}

#[tokio::test]
async fn over_binary_a_player_plays_comes_back_is_replaced_and_sees_mudkeep_stop() {
    let server = server("").await;
    let mut alice = Player::connect(&server, ByteSubprotocol::Binary).await;
    alice.make_known("Alice").await;
    alice.says("one").await;
    drop(alice);

    let mut again = Player::connect(&server, ByteSubprotocol::Telnet).await;
    again.log_in("alice").await;
    again.expect(&said(Texts::reconnected)).await;
    again.says("two").await;

    let mut other = Player::connect(&server, ByteSubprotocol::Binary).await;
    other.log_in("alice").await;
    other.expect(&said(Texts::taken_here)).await;
    again.expect(&said(Texts::taken_over)).await;
    let replaced = again.expect_close().await;
    assert_eq!(replaced, (1000, "New connection established".into()));
    other.says("three").await;
    assert!(!other.text.contains("is here already"), "{}", other.text);

    let (stopped, closed) = tokio::join!(server.stop(), other.expect_close());
    assert!(stopped);
    assert_eq!(closed, (1012, "shutdown".into()));
}

#[tokio::test]
async fn over_gmcp_a_player_logs_in_hidden_is_told_a_token_and_comes_back_by_it() {
    let server = server("token.tell = \"gmcp\"").await;
    let mut alice = Player::connect(&server, ByteSubprotocol::Gmcp).await;
    let hello = "Core.Hello {\"client\":\"webby\",\"version\":\"1\"}";
    alice.client.send(Message::text(hello)).await.unwrap();
    alice.make_known("Alice").await;
    assert_eq!(alice.expect_message("Mudkeep.Echo").await, "Mudkeep.Echo {\"on\":false}");
    assert_eq!(alice.expect_message("Mudkeep.Echo").await, "Mudkeep.Echo {\"on\":true}");
    let told = alice.expect_message("Char.Login.Token ").await;
    let told: serde_json::Value = serde_json::from_str(&told[17..]).unwrap();
    alice.says("caf\u{e9}").await;
    alice.client.close(None).await.unwrap();
    drop(alice);

    let mut again = Player::connect(&server, ByteSubprotocol::Json).await;
    again.expect("By what name are you known? ").await;
    let token = serde_json::json!({ "token": told["token"] }).to_string();
    let envelope =
        serde_json::json!({ "proto": "gmcp", "id": "Char.Login.Reconnect", "data": token });
    again.client.send(Message::text(envelope.to_string())).await.unwrap();
    again.expect_message("{\"proto\":\"gmcp\",\"id\":\"Char.Login.Result\"").await;
    again.expect(&said(Texts::resumed)).await;
    again.says("back").await;
    server.stop().await;
}

#[tokio::test]
async fn over_terminal_a_player_plays_in_text_alone() {
    let server = server("").await;
    let mut bob = Player::connect(&server, ByteSubprotocol::Terminal).await;
    bob.make_known("Bob").await;
    bob.client.send(Message::binary("say one\nsay two")).await.unwrap();
    bob.expect("You say, \"one\"").await;
    bob.expect("You say, \"two\"").await;
    assert_eq!(bob.messages, [""; 0]);
    assert!(!bob.text.contains('\u{fffd}'), "no telnet is among the text: {}", bob.text);
    let ban = Ban::new("user:bob".parse().unwrap(), BanKind::All, None, "spam");
    assert!(server.gate().ban(ban).is_ok());
    assert_eq!(bob.expect_close().await, (1008, "banned".into()));
    assert_eq!(server.gate().registry().sessions_of(&UserKey("bob".into())).len(), 0);
    server.stop().await;
}

#[tokio::test]
async fn who_finds_no_room_is_told_to_come_later() {
    let server = server("limits.sessions_max = 1").await;
    let mut first = Player::connect(&server, ByteSubprotocol::Binary).await;
    first.expect("By what name are you known? ").await;
    let mut second = Player::connect(&server, ByteSubprotocol::Gmcp).await;
    second.expect(&said(Texts::too_many_sessions)).await;
    assert_eq!(second.expect_close().await, (1013, "busy".into()));
    server.stop().await;
}

#[tokio::test]
async fn who_says_what_nobody_understands_too_often_is_put_out() {
    let server = server("").await;
    let mut mallory = Player::connect(&server, ByteSubprotocol::Json).await;
    for _ in 0..100 {
        mallory.client.feed(Message::text("{")).await.unwrap();
    }
    mallory.client.flush().await.unwrap();
    assert_eq!(mallory.expect_close().await, (1008, "abuse".into()));
    server.stop().await;
}

/// What somebody gets who comes by telnet and types this.
async fn telnet(stream: &mut TcpStream, answers: &[(&str, &str)]) {
    let mut got = Vec::new();
    for (question, answer) in answers {
        while !String::from_utf8_lossy(&got).contains(question) {
            let read = timeout(PATIENCE, stream.read_buf(&mut got)).await;
            assert!(read.expect("it comes").unwrap() > 0, "closed");
        }
        got.clear();
        stream.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
    }
}

#[tokio::test]
async fn a_session_of_another_thread_is_played_from_this_one() {
    let (threads, others) = Threads::start(2).unwrap();
    let server = server_on(threads, "").await;
    let address = server.addresses()[0];
    // Connections are dealt out in turn: the second lives on the other thread.
    let _first = TcpStream::connect(address).await.unwrap();
    let mut second = TcpStream::connect(address).await.unwrap();
    let answers = [
        ("known? ", "Alice"),
        (" (y/n) ", "y"),
        ("Choose a password: ", PASSWORD),
        ("Type it again: ", PASSWORD),
        ("Welcome, Alice.", "say hello"),
        ("You say, \"hello\"", "look"),
    ];
    telnet(&mut second, &answers).await;
    let mut alice = Player::connect(&server, ByteSubprotocol::Gmcp).await;
    alice.log_in("alice").await;
    alice.expect(&said(Texts::taken_here)).await;
    for words in ["one", "two", "three"] {
        alice.says(words).await;
    }
    let sessions = server.registry().sessions_of(&UserKey("alice".into()));
    assert_ne!(sessions[0].home(), threads::here());
    server.stop().await;
    others.stop();
}

#[tokio::test]
async fn who_answers_no_ping_loses_the_connection_and_not_the_session() {
    let server = server("limits = { heartbeat_time = \"1s\", heartbeat_timeout = \"1s\" }").await;
    let mut alice = Player::connect(&server, ByteSubprotocol::Binary).await;
    alice.make_known("Alice").await;
    // It reads no frame any more, so it answers none; its system still takes the bytes.
    let mut rest = Vec::new();
    let pipe = alice.client.get_mut();
    timeout(PATIENCE, pipe.read_to_end(&mut rest)).await.expect("it ends").unwrap();
    let frame = [&[0x88, 11, 0x11, 0x38][..], b"no answer"].concat();
    assert!(rest.ends_with(&frame), "{rest:?}");
    let mut again = Player::connect(&server, ByteSubprotocol::Binary).await;
    again.log_in("alice").await;
    again.expect(&said(Texts::reconnected)).await;
    server.stop().await;
}

#[tokio::test]
async fn who_types_faster_than_may_be_is_not_given_up_meanwhile() {
    let limits = "lines_per_minute = 600, lines_burst = 10";
    let beat = "heartbeat_time = \"1s\", heartbeat_timeout = \"1s\"";
    let server = server(&format!("limits = {{ {limits}, {beat} }}")).await;
    let mut alice = Player::connect(&server, ByteSubprotocol::Binary).await;
    alice.make_known("Alice").await;
    let lines: String = (0..50).map(|n| format!("say {n}\r\n")).collect();
    alice.client.send(Message::binary(lines)).await.unwrap();
    alice.expect("You say, \"49\"").await;
    server.stop().await;
}
