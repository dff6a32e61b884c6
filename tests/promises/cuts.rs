//! A client that is cut off in mid-output and comes back has missed nothing, or is told what.

use std::rc::Rc;
use std::time::Duration;

use crate::support::client::{Client, Dial};
use crate::support::scripted::Family;
use crate::world::{Dice, PASSWORD, Shown, World, act, all, door, numbered, shown, texts, token};

const CUTS: usize = 1_000;

/// So many players are cut off at the same time.
const STORIES: usize = 20;

/// Nothing in these tests is about the limits on connecting.
const NO_LIMITS: &str = "limits.connects_per_minute = 1_000_000\n\
    limits.takeovers_per_minute = 60\n";

/// Waits for the end of the replay.
async fn replayed(client: &Client) -> Shown {
    client.until("the replay is over", |text| shown(text).is_some()).await;
    shown(&client.text()).expect("just seen")
}

/// How the client is cut off, and how it comes back.
#[derive(Clone, Copy)]
enum Cut {
    Reset,
    /// Half-open: it stands there and reads no more.
    Stalled,
}

/// One player's way through many cuts, beside others on the same proxy.
struct Story {
    world: Rc<World>,
    name: String,
    dice: Dice,
    /// None while the player is away.
    client: Option<Client>,
    token: String,
    /// Every line up to here was shown in whole.
    seen: u64,
    /// Half-open ones, so that they stay.
    stalled: Vec<Client>,
}

impl Story {
    async fn begin(world: Rc<World>, number: usize) -> Story {
        let name = format!("Story{}", char::from(b'a' + u8::try_from(number).unwrap()));
        world.game.account(&name, PASSWORD);
        let (client, token) = world.player_with_token(&name).await;
        let (client, dice) = (Some(client), Dice::new(7 + number as u64));
        Story { world, name, dice, client, token, seen: 0, stalled: Vec::new() }
    }

    async fn go_on(&mut self, rounds: impl Iterator<Item = usize>) {
        for round in rounds {
            let how = if self.dice.roll(25) == 0 { Cut::Stalled } else { Cut::Reset };
            self.cut(how).await;
            self.come_back(round).await;
        }
        let client = self.client.take().expect("back");
        act(&client).await;
        self.note(&client);
        let next = self.world.game.number(&self.name, 0).start;
        assert_eq!(self.seen + 1, next, "the last line was seen");
    }

    /// The game talks, the client is cut off somewhere in it, the game talks on.
    async fn cut(&mut self, how: Cut) {
        let Some(client) = self.client.take() else { return };
        let before = client.text().len();
        let lines = 1 + self.dice.roll(60) as u64;
        self.world.game.number(&self.name, lines);
        let point = before + self.dice.roll(8 * lines as usize);
        client.until("the point where it is cut", |text| text.len() >= point).await;
        self.world.game.number(&self.name, self.dice.roll(60) as u64);
        client.stall();
        self.note(&client);
        match how {
            Cut::Reset => client.vanish().await,
            Cut::Stalled => self.stalled.push(client),
        }
    }

    /// What this client has seen by now: live lines go on, one by one, where the replay before
    /// them ended.
    fn note(&mut self, client: &Client) {
        let text = client.text();
        let after = shown(&text).map_or(text, |shown| shown.after);
        let lines = numbered(&after);
        for line in &lines {
            assert_eq!(*line, self.seen + 1, "live lines {lines:?}");
            self.seen = *line;
        }
    }

    async fn come_back(&mut self, round: usize) {
        // From elsewhere each time: one that lost its place would be asked first.
        let dial = Dial::default().numbered(u16::try_from(round).unwrap());
        let client = dial.connect(self.world.proxy.address()).await;
        client.expect(door(Family::Circle)).await;
        if self.dice.roll(4) == 0 {
            client.line(&self.name).await;
            client.expect("Password: ").await;
            client.line(PASSWORD).await;
        } else {
            client.line(&format!("resume {}", self.token)).await;
        }
        let shown = replayed(&client).await;
        self.token = token(&client).await;
        self.check(&shown);
        self.client = Some(client);
    }

    /// The replay starts at or before what was seen last, and leaves nothing out.
    fn check(&mut self, shown: &Shown) {
        let lines = shown.block.matches('\n').count() as u64;
        assert_eq!(shown.said.lines, lines, "{}", shown.block);
        let block = numbered(&shown.block);
        if let [first, .., last] | [first @ last] = block[..] {
            assert!(first <= self.seen + 1, "{} to {first} are missing", self.seen + 1);
            assert_eq!(block, (first..=last).collect::<Vec<_>>());
            self.seen = last;
        }
    }
}

#[tokio::test]
async fn over_a_thousand_cuts_no_line_is_lost_and_none_comes_twice_outside_the_fixed_lines() {
    let settings = format!("session.replay = \"16KiB\"\nsession.history = \"16KiB\"\n{NO_LIMITS}");
    let world = Rc::new(World::new(Family::Circle, &settings).await);
    let mut stories = Vec::new();
    for number in 0..STORIES {
        stories.push(Story::begin(world.clone(), number).await);
    }
    let told = stories
        .iter_mut()
        .enumerate()
        .map(|(number, story)| story.go_on((number..CUTS).step_by(STORIES)));
    all(told).await;
    drop(stories);
    let half_made = "only the players are left in the game";
    world.game.until(half_made, |game| game.open() == STORIES).await;
    assert_eq!(world.game.accepted(), STORIES + CUTS);
    assert_eq!(world.proxy.counts().sessions, STORIES);
}

#[tokio::test]
async fn with_the_default_the_first_fixed_line_says_exactly_what_is_not_shown() {
    let world = World::new(Family::Circle, NO_LIMITS).await;
    let (alice, token) = world.player_with_token("Alice").await;
    let said_before = world.game.record(0).sent.len();
    alice.vanish().await;
    world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
    world.game.flood("alice", 3_000).await;
    let alice = world.back(&token).await;
    let Shown { said, block, after } = replayed(&alice).await;
    assert_eq!(said.lines, block.matches('\n').count() as u64);
    assert!(block.len() <= 8 * 1024 && block.len() > 8 * 1024 - 16, "{} bytes", block.len());
    let lines = numbered(&block);
    assert_eq!(lines.last(), Some(&3_000));
    assert_eq!(lines.len() as u64, said.lines);
    // Held, not known to have arrived, and not shown: the rest of the flood, and a few lines of
    // the game before it.
    let sent = world.game.record(0).sent;
    let all = sent.iter().filter(|byte| **byte == b'\n').count() as u64;
    let before = sent[..said_before].iter().filter(|byte| **byte == b'\n').count() as u64;
    let rest = said.lines + said.more;
    assert!((3_000..=all).contains(&rest) && rest <= 3_000 + before, "{said:?}, {all}, {before}");
    assert_eq!(numbered(&after), Vec::<u64>::new());
}

/// Signs of life count when they are a second apart.
async fn a_while_later_it_acts(client: &Client) {
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    act(client).await;
}

#[tokio::test]
async fn what_a_living_client_has_acknowledged_is_not_shown_again() {
    let world = World::new(Family::Circle, NO_LIMITS).await;
    let (alice, token) = world.player_with_token("Alice").await;
    world.game.flood("alice", 100).await;
    alice.expect("line 100\r\n").await;
    a_while_later_it_acts(&alice).await;
    world.game.flood("alice", 50).await;
    alice.expect("line 150\r\n").await;
    a_while_later_it_acts(&alice).await;
    alice.vanish().await;
    world.proxy.until("it is noticed", |counts| counts.connections == 0).await;
    world.game.flood("alice", 20).await;
    let alice = world.back(&token).await;
    let Shown { said, block, .. } = replayed(&alice).await;
    let lines = numbered(&block);
    assert!(lines.first().is_some_and(|first| *first <= 101), "{lines:?}");
    assert!(lines.first().is_some_and(|first| *first > 90), "{lines:?}");
    assert_eq!(lines.last(), Some(&170));
    assert_eq!(said.more, 0);
    assert_eq!(said.lines, block.matches('\n').count() as u64);
}

#[tokio::test]
async fn what_fell_off_the_history_of_a_slow_client_is_said() {
    let settings = "session.history = \"64KiB\"\nlimits.send_buffer_bytes = \"4KiB\"";
    let world = World::new(Family::Circle, settings).await;
    let alice = world.player("Alice").await;
    alice.stall();
    world.game.flood("alice", 500_000).await;
    alice.unstall();
    let said = texts().gap("{}").unwrap();
    let (before, behind) = said.split_once("{}").unwrap();
    alice.expect(before).await;
    let lost: usize = alice.expect(behind).await.trim_end_matches(behind).parse().unwrap();
    alice.expect("line 500000\r\n").await;
    let text = alice.text();
    let lines = numbered(&text);
    assert!(lost > 0);
    assert!(lines.is_sorted(), "in order");
    let shown: usize = lines.len();
    assert!(shown < 500_000);
}
