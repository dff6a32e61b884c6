//! The game's staff at its desk: a proxy whose admin's listener is asked by hand.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::site::NO_LIMITS;
use crate::support::PATIENCE;
use crate::support::client::{Client, Dial, End};
use crate::support::proxy::Proxy;
use crate::support::scripted::{Family, Filter, Game, Settings};
use crate::support::web::http::{self, Answer, Request};
use crate::support::web::{self, Closed, Player, Via};
use crate::world::{PASSWORD, World, enter, texts};

/// How soon something that is told has to be there.
pub(crate) const SOON: Duration = Duration::from_secs(1);

/// How often what tells nobody of its changes is asked again.
const LOOK_TIME: Duration = Duration::from_millis(10);

/// A receive buffer that is full soon.
const RECEIVE_BYTES: u32 = 4096;

/// The transports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum By {
    Telnet,
    WebSocket,
    Sse,
}

pub(crate) const ALL: [By; 3] = [By::Telnet, By::WebSocket, By::Sse];

impl By {
    pub(crate) fn name(self) -> &'static str {
        match self {
            By::Telnet => "telnet",
            By::WebSocket => "websocket",
            By::Sse => "sse",
        }
    }
}

/// A player over any of them.
pub(crate) enum Somebody {
    Telnet(Client),
    Web(Player),
}

/// A CircleMUD with Alice, Bob and Carol in its files, a proxy before it, and its staff.
pub(crate) struct Desk {
    pub(crate) world: World,
    pub(crate) token: String,
}

impl Desk {
    pub(crate) async fn new(settings: &str) -> Desk {
        let rules = Settings { filter: Some(Filter::Telnet), ..Settings::default() };
        let game = Game::with(Family::Circle, rules).await;
        for name in ["Alice", "Bob", "Carol"] {
            game.account(name, PASSWORD);
        }
        let limits: String = NO_LIMITS
            .lines()
            .filter(|line| !settings.contains(line.split(' ').next().unwrap()))
            .map(|line| format!("{line}\n"))
            .collect();
        let settings =
            format!("login.preset = \"circle\"\ntoken.tell = \"text\"\n{limits}{settings}");
        let proxy = Proxy::staffed(&game.address().to_string(), &settings).await;
        let token = proxy.admin_token();
        Desk { world: World { family: Family::Circle, game, proxy }, token }
    }

    /// One request as it is, on a connection of its own.
    pub(crate) async fn raw(&self, request: Request) -> Answer {
        let stream = TcpStream::connect(self.world.proxy.admin_address()).await.unwrap();
        http::ask(stream, request, &[]).await
    }

    pub(crate) async fn ask(&self, method: &'static str, path: &str) -> Answer {
        let request = Request::new(method, format!("/api/v1/{path}"));
        self.raw(request.bearer(&self.token)).await
    }

    /// What is there.
    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.ask("GET", path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    pub(crate) async fn send(&self, method: &'static str, path: &str, body: Value) -> Answer {
        let request = Request::new(method, format!("/api/v1/{path}")).json(body.to_string());
        self.raw(request.bearer(&self.token)).await
    }

    /// Does it, and it works.
    pub(crate) async fn done(&self, method: &'static str, path: &str, body: Value) -> Value {
        let answer = self.send(method, path, body).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        answer.json()
    }

    /// Waits until this is so of what is there.
    pub(crate) async fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let seen = self.get(path).await;
            if holds(&seen) {
                return seen;
            }
            assert!(begun.elapsed() < PATIENCE, "in vain, {path}: {seen:#}");
            tokio::time::sleep(LOOK_TIME).await;
        }
    }

    /// Somebody in play.
    pub(crate) async fn player(&self, by: By, name: &str) -> Somebody {
        self.player_from(by, name, 1).await
    }

    /// Somebody in play, from 127.0.0.`host`.
    pub(crate) async fn player_from(&self, by: By, name: &str, host: u8) -> Somebody {
        match by {
            By::Telnet => {
                let client = Dial::default().from(host).connect(self.world.proxy.address()).await;
                enter(self.world.family, &client, name).await;
                Somebody::Telnet(client)
            }
            By::WebSocket | By::Sse => {
                let player = crate::site::player_by(&self.dial(by).from(host), name).await;
                Somebody::Web(player)
            }
        }
    }

    /// Somebody in play with a small receive buffer.
    pub(crate) async fn player_who_takes_little(&self, by: By, name: &str) -> Somebody {
        if by == By::Telnet {
            let dial = Dial::default().receive_bytes(RECEIVE_BYTES);
            let client = dial.connect(self.world.proxy.address()).await;
            enter(self.world.family, &client, name).await;
            return Somebody::Telnet(client);
        }
        let dial = self.dial(by).receive_bytes(RECEIVE_BYTES);
        Somebody::Web(crate::site::player_by(&dial, name).await)
    }

    /// Somebody at the door who has said nothing.
    pub(crate) async fn visitor(&self, by: By) -> Somebody {
        match by {
            By::Telnet => {
                let client = self.world.client().await;
                client.expect("known? ").await;
                Somebody::Telnet(client)
            }
            By::WebSocket | By::Sse => {
                let player = self.dial(by).open().await;
                player.expect_text("known? ").await;
                Somebody::Web(player)
            }
        }
    }

    fn dial(&self, by: By) -> web::Dial {
        let via = if by == By::Sse { Via::Sse } else { Via::WebSocket };
        web::Dial::new(via, self.world.proxy.http_address())
    }

    /// The one connection of this user.
    pub(crate) async fn connection_of(&self, user: &str) -> String {
        let seen = self.until(&format!("connections?user={user}"), |seen| seen["total"] == 1).await;
        text(&seen["connections"][0]["connection_id"])
    }

    /// Waits until so many players are connected. What carries a stream of events is a connection too.
    pub(crate) async fn until_players(&self, count: usize) {
        let of = |health: &Value, key: &str| health["connections_by_transport"][key].as_u64();
        let keys = ["telnet", "websocket", "sse"];
        let all = |health: &Value| keys.iter().filter_map(|key| of(health, key)).sum::<u64>();
        self.until("health", |health| all(health) == count as u64).await;
    }

    /// The one session of this user.
    pub(crate) async fn session_of(&self, user: &str) -> Value {
        let seen = self.get(&format!("sessions?user={user}")).await;
        assert_eq!(seen["total"], 1, "{seen:#}");
        seen["sessions"][0].clone()
    }

    /// The stream of events, from here on.
    pub(crate) async fn events(&self, query: &str) -> Stream {
        self.events_with(query, "").await
    }

    pub(crate) async fn events_with(&self, query: &str, headers: &str) -> Stream {
        let mut stream = TcpStream::connect(self.world.proxy.admin_address()).await.unwrap();
        let token = &self.token;
        // By HTTP/1.0, so that it comes as it is.
        let head = format!(
            "GET /api/v1/events{query} HTTP/1.0\r\nAuthorization: Bearer {token}\r\n{headers}\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut stream = Stream { stream, bytes: Vec::new() };
        let head = stream.block(b"\r\n\r\n").await.unwrap();
        assert!(head.contains(" 200 "), "{head}");
        assert!(head.contains("text/event-stream"), "{head}");
        stream.block(b"\n\n").await.unwrap();
        stream
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is a text")).to_owned()
}

/// One event of a stream.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: Option<u64>,
    pub(crate) name: String,
    pub(crate) data: Value,
}

/// A stream of events, read when it is asked.
pub(crate) struct Stream {
    pub(crate) stream: TcpStream,
    bytes: Vec<u8>,
}

impl Stream {
    /// Up to this; none at the end.
    async fn block(&mut self, end: &[u8]) -> Option<String> {
        loop {
            if let Some(at) = memchr::memmem::find(&self.bytes, end) {
                let block: Vec<u8> = self.bytes.drain(..at + end.len()).collect();
                return Some(String::from_utf8(block).unwrap());
            }
            let read = self.stream.read_buf(&mut self.bytes);
            match timeout(PATIENCE, read).await.expect("something comes") {
                Ok(0) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next event; none at the end of the stream.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            let block = self.block(b"\n\n").await?;
            let field = |name: &str| {
                let line = block.lines().find_map(|line| line.strip_prefix(name));
                line.map(|line| line.trim_start_matches(": ").to_owned())
            };
            let Some(name) = field("event") else { continue };
            let id = field("id").map(|id| id.parse().unwrap());
            let data = serde_json::from_str(&field("data").unwrap()).unwrap();
            return Some(Event { id, name, data });
        }
    }

    /// The next one of this type.
    pub(crate) async fn expect(&mut self, name: &str) -> Value {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("no {name} has come"));
            if event.name == name {
                return event.data;
            }
        }
    }

    /// The states of a connection, up to this one.
    pub(crate) async fn states(&mut self, connection: &str, last: &str) -> Vec<String> {
        let mut states = Vec::new();
        loop {
            let data = self.expect("connection_state").await;
            if data["connection_id"] != connection {
                continue;
            }
            if states.is_empty() {
                states.push(text(&data["from"]));
            }
            assert_eq!(data["from"], *states.last().unwrap(), "nothing is left out: {states:?}");
            states.push(text(&data["to"]));
            if data["to"] == last {
                return states;
            }
        }
    }
}

impl Somebody {
    pub(crate) async fn line(&self, line: &str) {
        match self {
            Somebody::Telnet(client) => client.line(line).await,
            Somebody::Web(player) => player.line(line).await,
        }
    }

    /// Waits for this in the game's text.
    pub(crate) async fn expect(&self, wanted: &str) {
        match self {
            Somebody::Telnet(client) => drop(client.expect(wanted).await),
            Somebody::Web(player) => drop(player.expect_text(wanted).await),
        }
    }

    /// Waits until mudkeep has said this.
    pub(crate) async fn told(&self, wanted: &str) {
        match self {
            Somebody::Telnet(client) => {
                client.until(wanted, |text| text.contains(wanted)).await;
            }
            Somebody::Web(player) => loop {
                let notice = player.expect("notice").await;
                if notice["text"].as_str().unwrap().contains(wanted) {
                    return;
                }
            },
        }
    }

    /// All text of the game so far.
    pub(crate) fn seen(&self) -> String {
        match self {
            Somebody::Telnet(client) => client.text(),
            Somebody::Web(player) => player.text(),
        }
    }

    pub(crate) async fn act(&self) {
        match self {
            Somebody::Telnet(client) => crate::world::act(client).await,
            Somebody::Web(player) => player.act().await,
        }
    }

    /// Holds that it is put out, and told why; and that it may come back, or not.
    pub(crate) async fn is_out(&self, goodbye: &str, reason: &str) {
        match self {
            Somebody::Telnet(client) => {
                client.until(goodbye, |text| text.contains(goodbye)).await;
                assert_eq!(client.expect_end().await.0, End::Eof);
            }
            Somebody::Web(player) => {
                let closing = player.expect("closing").await;
                assert_eq!(closing["reason"], json!(reason), "{closing}");
                match player.closed().await {
                    Closed::WebSocket(1000 | 1008, _) | Closed::Answered(204) => {}
                    other => panic!("ended by {other:?}"),
                }
            }
        }
    }

    pub(crate) fn stall(&self) {
        match self {
            Somebody::Telnet(client) => client.stall(),
            Somebody::Web(player) => player.stall(),
        }
    }

    pub(crate) fn unstall(&self) {
        match self {
            Somebody::Telnet(client) => client.unstall(),
            Somebody::Web(player) => player.unstall(),
        }
    }

    pub(crate) async fn leave(self) {
        match self {
            Somebody::Telnet(client) => client.vanish().await,
            Somebody::Web(player) => drop(player.vanish().await),
        }
    }
}

/// What whoever is put out by the staff is told.
pub(crate) fn kicked() -> String {
    texts().kicked().unwrap()
}
