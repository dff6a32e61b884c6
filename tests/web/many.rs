//! Players change between all transports at random, over lines that do what bad lines do. What the
//! game said is what each was told, but for gaps that were announced to the byte; what each typed, the
//! game heard once.
//!
//! `WEB_SWITCHES=10000 WEB_SEED=5 cargo test --test web switches` does more, another way.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::line::{Line, Mode};
use crate::site::{enter, site};
use crate::support::client::Client;
use crate::support::web::log::offset;
use crate::support::web::{Dial, Kept, Player, Via};
use crate::world::{Dice, PASSWORD, World, all, door, numbered, shown, texts, token};

/// So often the transport changes, all players together.
const SWITCHES: usize = 1_000;

/// So many play at the same time.
const STORIES: usize = 25;

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// What a player is connected by.
enum At {
    Web(Player),
    Telnet(Client),
}

/// One player's way through many changes.
struct Story {
    world: Rc<World>,
    name: String,
    dice: Dice,
    web: Line,
    telnet: Line,
    at: Option<At>,
    kept: Kept,
    /// The newest token is of a stream's connection that may be opened again.
    has_stream: bool,
    /// What the web client was told, as bytes of the game's output from `base` on; a gap is filled
    /// with zeros.
    told: Vec<u8>,
    base: u64,
    /// How many bytes the game had said before that.
    said_before: usize,
    typed: u64,
    /// Lines that were typed and not acknowledged.
    unacknowledged: Vec<(u64, String)>,
    gaps: usize,
}

impl Story {
    async fn begin(world: Rc<World>, number: usize, seed: u64) -> Story {
        let letter = |n: usize| char::from(b'a' + u8::try_from(n).unwrap());
        let name = format!("Story{}{}", letter(number / 26), letter(number % 26));
        world.game.account(&name, PASSWORD);
        let web = Line::to(world.proxy.http_address()).await;
        let telnet = Line::to(world.proxy.address()).await;
        let player = Dial::new(Via::WebSocket, web.address()).open().await;
        enter(&player, &name.to_lowercase()).await;
        let kept = player.kept();
        let record = record(&world, &name);
        // All that was said is read: the game waits.
        let said_before = world.game.record(record).sent.len();
        Story {
            typed: kept.input_seen,
            base: kept.offset(),
            at: None,
            has_stream: false,
            told: Vec::new(),
            unacknowledged: Vec::new(),
            gaps: 0,
            dice: Dice::new(seed + number as u64),
            kept: player.vanish().await,
            said_before,
            world,
            name,
            web,
            telnet,
        }
    }

    async fn go_on(&mut self, rounds: usize) {
        for _ in 0..rounds {
            self.come_back().await;
            self.play().await;
            self.leave().await;
        }
        self.web.set(Mode::Pass);
        self.come_back_by_web(Via::WebSocket).await;
        self.finish().await;
    }

    fn mode(&mut self) -> Mode {
        [Mode::Pass, Mode::Slice, Mode::Delay][self.dice.roll(3)]
    }

    async fn come_back(&mut self) {
        let mode = self.mode();
        self.web.set(mode);
        self.telnet.set(mode);
        if self.dice.roll(5) == 0 {
            // The answer is lost on the way.
            let via = [Via::WebSocket, Via::Sse][self.dice.roll(2)];
            let patience = Duration::from_micros(200 * self.dice.roll(30) as u64);
            let line = Line::to(self.world.proxy.http_address()).await;
            line.set(mode);
            let dial = Dial::new(via, line.address());
            if let Ok(lost) = timeout(patience, dial.begin(self.kept.resume())).await {
                lost.vanish().await;
            }
            // What is still on its way is lost, and must not come after what follows.
            drop(line);
            tokio::time::sleep(Duration::from_millis(5)).await;
            // A connection with another id may have the place now.
            self.has_stream = false;
        }
        match self.dice.roll(8) {
            0 => self.come_back_by_telnet().await,
            1..4 => self.come_back_by_web(Via::WebSocket).await,
            _ if self.has_stream && self.dice.roll(2) == 0 => self.open_stream_again().await,
            _ => self.come_back_by_web(Via::Sse).await,
        }
    }

    async fn come_back_by_telnet(&mut self) {
        let client = Client::connect(self.telnet.address()).await;
        client.expect(door(self.world.family)).await;
        client.line(&format!("resume {}", self.kept.token)).await;
        client.expect(&texts().resumed().unwrap()).await;
        client.until("the replay is over", |text| shown(text).is_some()).await;
        self.kept.token = token(&client).await;
        self.has_stream = false;
        self.at = Some(At::Telnet(client));
    }

    async fn come_back_by_web(&mut self, via: Via) {
        let dial = Dial::new(via, self.web.address());
        let player = dial.begin(self.kept.resume()).await;
        player.expect("resumed").await;
        self.has_stream = via == Via::Sse;
        self.welcomed(player).await;
    }

    async fn open_stream_again(&mut self) {
        let after = match self.dice.roll(2) {
            0 => self.kept.position.clone(),
            _ => format!("?after={}", self.kept.position),
        };
        let dial = Dial::new(Via::Sse, self.web.address());
        let player = dial.reopen(&self.kept, Some(&after)).await;
        player.expect("resumed").await;
        self.welcomed(player).await;
    }

    /// Acknowledges, and sends again what was not acknowledged.
    async fn welcomed(&mut self, player: Player) {
        let welcome = player.kept();
        self.unacknowledged.retain(|(seq, _)| *seq > welcome.input_seen);
        if self.dice.roll(2) == 0 {
            player.token_ack().await;
        }
        player.ack().await;
        player.send_all(self.unacknowledged.iter().map(input).collect()).await;
        self.at = Some(At::Web(player));
    }

    /// The game talks, the player types, and perhaps the line stands still.
    async fn play(&mut self) {
        let lines = match self.dice.roll(30) {
            0 => 2_000,
            _ => self.dice.roll(40) as u64,
        };
        self.world.game.number(&self.name, lines);
        let typed: Vec<(u64, String)> = (0..self.dice.roll(4) as u64)
            .map(|n| (self.typed + 1 + n, format!("in {}", self.typed + 1 + n)))
            .collect();
        if self.dice.roll(4) == 0 {
            self.web.set(Mode::Stall);
        }
        match &self.at {
            Some(At::Web(player)) => {
                self.typed += typed.len() as u64;
                self.unacknowledged.extend(typed.iter().cloned());
                let messages = typed.iter().map(input).collect();
                // Where the line stands still, nobody waits for the answer for ever.
                let _ = timeout(Duration::from_millis(20), player.send_all(messages)).await;
                let point = self.dice.roll(400);
                let wait = player.until_text("a point", |text| text.len() >= point);
                let _ = timeout(Duration::from_millis(10), wait).await;
            }
            Some(At::Telnet(client)) => crate::world::act(client).await,
            None => {}
        }
    }

    async fn leave(&mut self) {
        if self.dice.roll(3) == 0 {
            self.web.cut();
            self.telnet.cut();
        }
        match self.at.take() {
            Some(At::Telnet(client)) => {
                let replay = shown(&client.text()).expect("it was awaited").block;
                let block = numbered(&replay);
                assert!(block.windows(2).all(|pair| pair[1] == pair[0] + 1), "{block:?}");
                client.vanish().await;
            }
            Some(At::Web(player)) => {
                player.stall();
                self.note(&player);
                player.vanish().await;
            }
            None => {}
        }
        self.world.game.number(&self.name, self.dice.roll(20) as u64);
    }

    /// Takes what a web client was told: each position is the one before and the text between them.
    fn note(&mut self, player: &Player) {
        for message in player.messages() {
            let gap = match message["type"].as_str().unwrap() {
                "resumed" => message.get("gap").cloned(),
                "gap" => Some(message.clone()),
                "output" => {
                    self.told.extend(message["text"].as_str().unwrap().as_bytes());
                    None
                }
                _ => None,
            };
            if let Some(gap) = gap {
                let place = |key: &str| gap[key].as_u64().expect("a place");
                assert_eq!(place("from"), self.place(), "{:?} {message}", player.brief());
                self.told.resize(usize::try_from(place("to") - self.base).unwrap(), 0);
                self.gaps += 1;
            }
            assert!(message.get("reset").is_none(), "{message}");
            assert_ne!(message["type"], "replay", "{message}");
            if let Some(position) = message["position"].as_str() {
                assert_eq!(offset(position), self.place(), "{message}");
            }
        }
        let cookie = std::mem::take(&mut self.kept.cookie);
        self.kept = player.kept();
        if self.kept.cookie.is_empty() {
            self.kept.cookie = cookie;
        }
        self.unacknowledged.retain(|(seq, _)| *seq > self.kept.input_seen);
        // A gap that nothing came after is told again: the client's position lies before it.
        self.told.truncate(usize::try_from(self.kept.offset() - self.base).unwrap());
    }

    fn place(&self) -> u64 {
        self.base + self.told.len() as u64
    }

    async fn finish(&mut self) {
        let Some(At::Web(player)) = self.at.take() else { panic!("it came back") };
        let last = self.typed + 1;
        player.send(input(&(last, format!("in {last}")))).await;
        player.expect_text(&format!("You do: in {last}\r\n20H 100M 82V > ")).await;
        self.note(&player);
        let sent = self.world.game.record(record(&self.world, &self.name)).sent;
        let said = &sent[self.said_before..];
        assert_eq!(self.told.len(), said.len(), "{}", self.name);
        let differs =
            self.told.iter().zip(said).position(|(told, said)| told != said && *told != 0);
        assert_eq!(differs, None, "{}", self.name);
        let heard = self.world.game.heard(&self.name);
        let heard: Vec<&String> = heard.iter().filter(|line| line.starts_with("in ")).collect();
        let first = last + 1 - heard.len() as u64;
        let expected: Vec<String> = (first..=last).map(|n| format!("in {n}")).collect();
        assert_eq!(heard, expected.iter().collect::<Vec<_>>(), "{}", self.name);
        assert_eq!(first, 6, "five lines are the login's");
    }
}

fn input((seq, line): &(u64, String)) -> Value {
    json!({"type": "input", "seq": seq, "line": line})
}

/// Which connection of the game is the player's.
fn record(world: &World, name: &str) -> usize {
    let is = |at: &usize| {
        let player = world.game.record(*at).player;
        player.is_some_and(|player| player.eq_ignore_ascii_case(name))
    };
    (0..world.game.accepted()).find(is).expect("the player is in the game")
}

#[tokio::test]
async fn over_a_thousand_switches_all_is_told_and_every_line_is_heard_once() {
    let (switches, seed) = (number("WEB_SWITCHES", SWITCHES), number("WEB_SEED", 1));
    println!("WEB_SWITCHES={switches} WEB_SEED={seed}");
    let settings = "limits.takeovers_per_minute = 60\nsession.history = \"16KiB\"\n\
        session.replay = \"16KiB\"\nlimits.send_buffer_bytes = \"4KiB\"\n\
        limits.failed_logins_total = 1_000";
    let world = Rc::new(site(settings).await);
    let mut stories = Vec::new();
    for number in 0..STORIES {
        stories.push(Story::begin(world.clone(), number, 1 + 1_000 * seed as u64).await);
    }
    all(stories.iter_mut().map(|story| story.go_on(switches.div_ceil(STORIES)))).await;
    let gaps: usize = stories.iter().map(|story| story.gaps).sum();
    println!("{gaps} gaps");
    drop(stories);
    assert_eq!(world.proxy.counts().sessions, STORIES);
    assert!(world.game.violations().is_empty());
}
