//! Bans over every way in: whoever is banned is gone within a second, wherever they are just then, and
//! does not come back by any way that there is.

use std::fmt;
use std::time::Duration;

use mudkeep::limits::bans::BanKind;
use mudkeep::session::core::State;
use mudkeep::texts::Texts;
use serde_json::json;
use tokio::time::Instant;

use crate::site::{NO_LIMITS, dial, enter, log_in, site};
use crate::support::client::{Client, Dial};
use crate::support::scripted::Family;
use crate::support::web::{Closed, Player, Request, Via, open};
use crate::world::{self, PASSWORD, World, act, texts};

/// So soon is who is banned gone.
const GONE_MAX: Duration = Duration::from_secs(1);

/// Where Alice is, 127.0.0.7; everybody else is elsewhere.
const HOST: u8 = 7;
const NETWORK: &str = "network:127.0.0.0/29";
const ELSEWHERE: u8 = 9;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Telnet,
    Web(Via),
}

const WAYS: [Way; 3] = [Way::Telnet, Way::Web(Via::WebSocket), Way::Web(Via::Sse)];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    Attached,
    Held,
    Connecting,
}

const STAGES: [Stage; 3] = [Stage::Attached, Stage::Held, Stage::Connecting];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    Name,
    Network,
}

impl By {
    fn who(self) -> &'static str {
        match self {
            By::Name => "user:alice",
            By::Network => NETWORK,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Way::Telnet => "telnet",
            Way::Web(Via::WebSocket) => "websocket",
            Way::Web(Via::Sse) => "sse",
        })
    }
}

/// A player, whichever way they came.
enum Someone {
    Telnet(Client),
    Web(Player),
}

impl Someone {
    /// At the door.
    async fn comes(world: &World, way: Way, host: u8) -> Someone {
        match way {
            Way::Telnet => Someone::Telnet(world.dial(Dial::default().from(host)).await),
            Way::Web(via) => Someone::Web(dial(world, via).from(host).open().await),
        }
    }

    async fn enters(&self, world: &World, name: &str) {
        match self {
            Someone::Telnet(client) => world::enter(world.family, client, name).await,
            Someone::Web(player) => enter(player, name).await,
        }
    }

    async fn logs_in(&self, world: &World, name: &str, password: &str) {
        match self {
            Someone::Telnet(client) => world::log_in(world.family, client, name, password).await,
            Someone::Web(player) => log_in(player, name, password).await,
        }
    }

    async fn says(&self, line: &str) {
        match self {
            Someone::Telnet(client) => client.line(line).await,
            Someone::Web(player) => player.line(line).await,
        }
    }

    async fn sees(&self, text: &str) {
        match self {
            Someone::Telnet(client) => drop(client.expect(text).await),
            Someone::Web(player) => drop(player.expect_text(text).await),
        }
    }

    async fn acts(&self) {
        match self {
            Someone::Telnet(client) => act(client).await,
            Someone::Web(player) => player.act().await,
        }
    }

    /// The token, told to telnet as text.
    async fn token(&self) -> String {
        match self {
            Someone::Telnet(client) => world::token(client).await,
            Someone::Web(player) => player.kept().token,
        }
    }

    /// mudkeep says this.
    async fn is_told(&self, text: &str) {
        match self {
            Someone::Telnet(client) => drop(client.expect(text).await),
            Someone::Web(player) => while player.expect("notice").await["text"] != *text {},
        }
    }

    /// mudkeep says this and closes for good.
    async fn is_put_out(&self, text: &str) {
        self.is_told(text).await;
        match self {
            Someone::Telnet(client) => drop(client.expect_end().await),
            Someone::Web(player) => {
                let closing = player.expect("closing").await;
                assert_eq!(closing["reason"], "banned");
                assert_eq!(closing["resume"], json!(false));
                match player.closed().await {
                    Closed::WebSocket(1008, reason) => assert_eq!(reason, "banned"),
                    // The next stream is refused, or is told that it is over.
                    Closed::Answered(403 | 204) => {}
                    other => panic!("closed by {other:?}"),
                }
            }
        }
    }

    async fn vanishes(self) {
        match self {
            Someone::Telnet(client) => client.vanish().await,
            Someone::Web(player) => drop(player.vanish().await),
        }
    }
}

fn said(text: impl Fn(&Texts, &str) -> Option<String>) -> String {
    text(&texts(), "spam").expect("it is said")
}

fn banned() -> String {
    said(|texts, reason| texts.banned(reason))
}

/// Nobody from there may connect, and is told why.
async fn may_not_connect(world: &World, way: Way) {
    let request = match way {
        Way::Telnet => {
            let client = world.dial(Dial::default().from(HOST)).await;
            client.expect(&banned()).await;
            client.expect_end().await;
            return;
        }
        Way::Web(Via::WebSocket) => Request::new("GET", "/ws").upgrade("mudkeep.v1"),
        Way::Web(Via::Sse) => Request::new("POST", "/api/session").json(open().to_string()),
    };
    let Way::Web(via) = way else { return };
    let refused = dial(world, via).from(HOST).ask(request).await;
    assert_eq!((refused.status, refused.json()["message"].as_str()), (403, Some(&*banned())));
}

/// A good token of a user who is banned opens nothing any more, from wherever it comes.
async fn token_opens_nothing(world: &World, way: Way, token: &str) {
    match way {
        Way::Telnet => {
            let thief = world.dial(Dial::default().from(ELSEWHERE)).await;
            thief.expect(world::door(world.family)).await;
            thief.line(&format!("resume {token}")).await;
            thief.expect(&texts().session_over().unwrap()).await;
            thief.close().await;
        }
        Way::Web(via) => {
            let resume = json!({"type": "resume", "token": token});
            let thief = dial(world, via).from(ELSEWHERE).begin(resume).await;
            thief.expect_error("session_ended").await;
        }
    }
}

/// Her session is out of the tables, and out of the game.
async fn only_bob_is_left(world: &World) {
    let only = |counts: mudkeep::registry::Counts| (counts.sessions, counts.users) == (1, 1);
    world.proxy.until("only Bob is in the tables", only).await;
    world.game.until("only Bob is in the game", |game| game.open() == 1).await;
}

/// Bans Alice. How long it takes until she is gone.
async fn is_gone_after(world: &World, by: By, stage: Stage, way: Way) -> Duration {
    let alice = Someone::comes(world, way, HOST).await;
    if stage == Stage::Connecting {
        return connects_meanwhile(world, by, alice).await;
    }
    alice.enters(world, "alice").await;
    let token = alice.token().await;
    let mut alice = Some(alice);
    if stage == Stage::Held {
        alice.take().unwrap().vanishes().await;
        world.proxy.until_states("she is held", &[State::Held, State::Playing]).await;
    }
    let start = Instant::now();
    assert!(world.proxy.ban(by.who(), None));
    if let Some(alice) = &alice {
        alice.is_put_out(&banned()).await;
    }
    only_bob_is_left(world).await;
    let time = start.elapsed();
    token_opens_nothing(world, way, &token).await;
    time
}

/// Alice has typed her name when the ban comes. By name nothing happens until the game has accepted
/// her password: whoever types the name may be somebody else.
async fn connects_meanwhile(world: &World, by: By, alice: Someone) -> Duration {
    alice.sees("known? ").await;
    alice.says("alice").await;
    alice.sees("Password: ").await;
    let mut start = Instant::now();
    assert!(world.proxy.ban(by.who(), None));
    if by == By::Name {
        alice.says("wrong").await;
        alice.sees("Wrong password.").await;
        start = Instant::now();
        alice.says(PASSWORD).await;
    }
    alice.is_put_out(&banned()).await;
    only_bob_is_left(world).await;
    start.elapsed()
}

/// After the ban she tries again.
async fn does_not_come_back(world: &World, by: By, way: Way) {
    match by {
        By::Network => {
            may_not_connect(world, way).await;
            let elsewhere = Someone::comes(world, way, ELSEWHERE).await;
            elsewhere.logs_in(world, "alice", PASSWORD).await;
            elsewhere.vanishes().await;
        }
        By::Name => {
            for name in ["alice", "ALICE"] {
                let again = Someone::comes(world, way, ELSEWHERE).await;
                again.logs_in(world, name, PASSWORD).await;
                again.is_put_out(&banned()).await;
            }
            only_bob_is_left(world).await;
        }
    }
}

#[tokio::test]
async fn who_is_banned_is_gone_within_a_second_whatever_they_do_and_by_whatever_way() {
    for by in [By::Name, By::Network] {
        for stage in STAGES {
            for way in WAYS {
                let world = site("limits.stream_grace = \"1s\"").await;
                let bob = Someone::comes(&world, way, ELSEWHERE).await;
                bob.enters(&world, "bob").await;
                let time = is_gone_after(&world, by, stage, way).await;
                println!("by {by:?}, {stage:?}, {way}: {time:?}");
                assert!(time < GONE_MAX, "{by:?} {stage:?} {way}: {time:?}");
                does_not_come_back(&world, by, way).await;
                bob.acts().await;
            }
        }
    }
}

/// What only some may do is refused by every way in the same words.
#[tokio::test]
async fn new_characters_and_guests_are_refused_by_whatever_way_they_come() {
    let no_new = said(|texts, reason| texts.banned_new(reason));
    let no_guests = said(|texts, reason| texts.banned_guest(reason));
    for way in WAYS {
        let world = site("").await;
        assert!(world.proxy.ban_from(BanKind::New, NETWORK, None));
        let carol = Someone::comes(&world, way, HOST).await;
        for (question, answer) in [("known? ", "carol"), ("(Y/N)? ", "y")] {
            carol.sees(question).await;
            carol.says(answer).await;
        }
        carol.is_put_out(&no_new).await;
        let alice = Someone::comes(&world, way, HOST).await;
        alice.enters(&world, "alice").await;

        let world = World::new(Family::Penn, NO_LIMITS).await;
        let guest = Someone::comes(&world, way, HOST).await;
        guest.sees("to logout.\r\n").await;
        guest.says("connect guest").await;
        guest.acts().await;
        assert!(world.proxy.ban_from(BanKind::Guest, NETWORK, None));
        guest.is_put_out(&no_guests).await;
        world.proxy.until("the guest is out", |counts| counts.sessions == 0).await;
        assert!(world.proxy.ban_from(BanKind::New, NETWORK, None));
        let again = Someone::comes(&world, way, HOST).await;
        again.sees("to logout.\r\n").await;
        again.says("connect guest").await;
        again.is_told(&no_guests).await;
        again.says("create carol sekrit").await;
        again.is_told(&no_new).await;
        again.says(&format!("connect bob {PASSWORD}")).await;
        again.acts().await;
    }
}
