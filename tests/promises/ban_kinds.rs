//! Bans of new characters and of guests, before every game that has them.

use std::time::Duration;

use mudkeep::limits::bans::BanKind;
use mudkeep::texts::Texts;
use tokio::time::{Instant, timeout_at};

use crate::support::client::{Client, Dial};
use crate::support::proxy::Proxy;
use crate::support::scripted::Family;
use crate::world::{PASSWORD, World, act, door, enter, log_in, texts, token};

/// So soon is whoever is banned gone.
const GONE_MAX: Duration = Duration::from_secs(1);

/// Who is banned is at 127.0.0.7.
const NETWORK: &str = "network:127.0.0.7";

async fn from(world: &World, host: u8) -> Client {
    world.dial(Dial::default().from(host)).await
}

fn told(text: impl Fn(&Texts, &str) -> Option<String>) -> String {
    text(&texts(), "spam").expect("it is said")
}

fn no_new() -> String {
    told(|texts, reason| texts.banned_new(reason))
}

fn no_guests() -> String {
    told(|texts, reason| texts.banned_guest(reason))
}

fn not_that_name() -> String {
    told(|texts, reason| texts.banned_name(reason))
}

/// What the game asks a newcomer called Carol, and what she answers, until mudkeep says what it does;
/// then whether she is still connected.
fn beginnings(family: Family) -> Option<(&'static [(&'static str, &'static str)], bool)> {
    const RIGHT: &str = "Did I get that right, Carol (";
    Some(match family {
        Family::Circle | Family::Tbamud | Family::Diku | Family::Merc => {
            (&[("be known? ", "carol"), (RIGHT, "y")], false)
        }
        Family::Envy => (&[("thy name: ", "carol"), (RIGHT, "y")], false),
        Family::Rom => (&[("(Y/n) ", "y"), ("be known? ", "carol"), (RIGHT, "y")], false),
        Family::Smaug => {
            (&[("type new: ", "new"), ("your character: ", "carol"), (RIGHT, "y")], false)
        }
        Family::Lp => (&[("What is your name: ", "carol"), ("Password: ", PASSWORD)], false),
        Family::DeadSouls => {
            (&[("do you wish? ", "carol"), ("(y/n) \r\n", "y"), ("(y/n) \r\n", "y")], false)
        }
        Family::Penn => (&[("to logout.\r\n", "create carol sekrit")], true),
        Family::Moo => (&[("to log in.\r\n", "create carol sekrit")], true),
        Family::Evennia => (&[("re-show this screen.\r\n", "create carol sekrit")], true),
        Family::Fuzzball => (&[("your character.\r\n", "create carol sekrit")], true),
        // What is said to a newcomer there, no preset knows.
        Family::Discworld | Family::Edited => return None,
    })
}

async fn begins(client: &Client, family: Family) -> bool {
    let (talk, stays) = beginnings(family).expect("one that is known");
    for (question, answer) in talk {
        client.expect(question).await;
        client.line(answer).await;
    }
    stays
}

/// The lines that the game has had on this connection.
fn heard(world: &World, connection: usize) -> Vec<String> {
    world.game.record(connection).lines.into_iter().map(|heard| heard.line).collect()
}

fn known() -> impl Iterator<Item = Family> {
    Family::ALL.into_iter().filter(|family| beginnings(*family).is_some())
}

#[tokio::test]
async fn no_character_is_made_from_a_network_and_who_has_one_plays() {
    for family in known() {
        let world = World::new(family, "").await;
        assert!(world.proxy.ban_from(BanKind::New, NETWORK, None));
        let carol = from(&world, 7).await;
        let stays = begins(&carol, family).await;
        carol.expect(&no_new()).await;
        let lines = heard(&world, 0);
        assert!(!lines.iter().any(|line| line.contains("create")), "{family:?}: {lines:?}");
        if stays {
            // At the same screen as before.
            carol.line(&format!("connect alice {PASSWORD}")).await;
            act(&carol).await;
        } else {
            carol.expect_end().await;
            enter(family, &from(&world, 7).await, "Alice").await;
        }
    }
}

#[tokio::test]
async fn a_name_that_nobody_may_take_is_refused_wherever_they_come_from() {
    for family in known() {
        let world = World::new(family, "").await;
        for name in ["user:Carol", "user:Alice"] {
            assert!(world.proxy.ban_from(BanKind::New, name, None));
        }
        let carol = from(&world, 3).await;
        begins(&carol, family).await;
        carol.expect(&not_that_name()).await;
        enter(family, &from(&world, 3).await, "Alice").await;
    }
}

#[tokio::test]
async fn what_no_preset_knows_is_not_guessed() {
    let world = World::new(Family::Edited, "").await;
    for kind in [BanKind::New, BanKind::Guest] {
        assert!(world.proxy.ban_from(kind, NETWORK, None));
    }
    let carol = from(&world, 7).await;
    for (question, answer) in [("--> ", "carol"), ("--> ", "y"), ("--> ", PASSWORD)] {
        carol.expect(question).await;
        carol.line(answer).await;
    }
    act(&carol).await;
}

/// At the game's question for a new password.
async fn chooses_a_password(world: &World, host: u8) -> Client {
    let client = from(world, host).await;
    begins(&client, Family::Circle).await;
    client.expect("Give me a password for Carol: ").await;
    client
}

#[tokio::test]
async fn who_is_making_a_character_just_then_is_put_out_and_nobody_who_plays_is() {
    for who in [NETWORK, "user:carol"] {
        let world = World::new(Family::Circle, "").await;
        let alice = from(&world, 7).await;
        enter(Family::Circle, &alice, "Alice").await;
        let carol = chooses_a_password(&world, 7).await;
        for question in ["retype password: ", "(M/F)? "] {
            carol.line(PASSWORD).await;
            carol.expect(question).await;
        }
        let start = Instant::now();
        world.proxy.ban_from(BanKind::New, who, None);
        let text = if who == NETWORK { no_new() } else { not_that_name() };
        within_a_second(&format!("making, banned by {who}"), start, async {
            carol.expect(&text).await;
            carol.expect_end().await;
            world.game.until("she is out of the game", |game| game.open() == 1).await;
        })
        .await;
        act(&alice).await;
    }
}

/// A name that is another one in the end than it seemed: only the game says so, when she is in.
#[tokio::test]
async fn who_turns_out_to_have_been_made_goes_when_the_game_lets_them_in() {
    let settings = "login.preset = \"custom\"\n\
        login.custom = { base = \"lp\", name = { strip_suffix = \"ol\" } }";
    let world = World::new(Family::Lp, settings).await;
    world.proxy.ban_from(BanKind::New, "user:carol", None);
    let carol = from(&world, 3).await;
    begins(&carol, Family::Lp).await;
    carol.expect("(again) ").await;
    carol.line(PASSWORD).await;
    carol.expect(&not_that_name()).await;
    carol.expect_end().await;
    world.proxy.until_empty().await;
    // Now she is one that there is; the game has still her body.
    let carol = from(&world, 3).await;
    log_in(Family::Lp, &carol, "carol", PASSWORD).await;
    carol.expect("Throw the other copy out ? ").await;
    carol.line("y").await;
    act(&carol).await;
}

#[tokio::test]
async fn a_ban_of_another_kind_or_network_or_that_is_lifted_lets_everybody_make_one() {
    let world = World::new(Family::Circle, "").await;
    world.proxy.ban_from(BanKind::Guest, NETWORK, None);
    world.proxy.ban_from(BanKind::New, "network:127.0.0.8/29", None);
    world.proxy.ban_from(BanKind::New, "user:caro", None);
    world.proxy.ban_from(BanKind::New, NETWORK, None);
    assert_eq!(world.proxy.bans().len(), 4);
    assert!(world.proxy.unban(NETWORK));
    assert_eq!(world.proxy.bans().len(), 2, "of both kinds");
    let carol = chooses_a_password(&world, 7).await;
    for (answer, question) in [
        (PASSWORD, "retype password: "),
        (PASSWORD, "(M/F)? "),
        ("f", "Class: "),
        ("c", "RETURN: "),
    ] {
        carol.line(answer).await;
        carol.expect(question).await;
    }
    carol.line("").await;
    carol.line("1").await;
    act(&carol).await;
}

/// How a guest comes in.
fn guest(family: Family) -> Option<&'static str> {
    match family {
        Family::Lp | Family::DeadSouls => Some("Guest"),
        Family::Penn | Family::Moo | Family::Evennia => Some("connect guest"),
        Family::Fuzzball => Some("connect guest guest"),
        // Without guests, or with such that nothing tells from others.
        _ => None,
    }
}

#[tokio::test]
async fn no_guest_comes_from_a_network_and_the_game_hears_of_none() {
    for (family, line) in Family::ALL.iter().filter_map(|family| Some((*family, guest(*family)?))) {
        let world = World::new(family, "").await;
        assert!(world.proxy.ban_from(BanKind::Guest, NETWORK, None));
        let guest = from(&world, 7).await;
        guest.expect(door(family)).await;
        for _ in 0..3 {
            guest.line(line).await;
            guest.expect(&no_guests()).await;
        }
        assert_eq!(heard(&world, 0), [""; 0], "{family:?}");
        // The question for the name stands.
        if matches!(family, Family::Lp | Family::DeadSouls) {
            guest.line("alice").await;
            guest.expect("assword: ").await;
            guest.line(PASSWORD).await;
        } else {
            guest.line(&format!("connect alice {PASSWORD}")).await;
        }
        act(&guest).await;
    }
}

/// The games whose guests get in.
const HOSTS: [Family; 3] = [Family::DeadSouls, Family::Penn, Family::Moo];

async fn guest_from(world: &World, host: u8) -> Client {
    let client = from(world, host).await;
    client.expect(door(world.family)).await;
    client.line(guest(world.family).expect("one that has guests")).await;
    act(&client).await;
    client
}

async fn within_a_second(what: &str, start: Instant, wait: impl Future<Output = ()>) {
    let gone = timeout_at(start + GONE_MAX, wait).await;
    assert!(gone.is_ok(), "{what}: not within a second");
    println!("{what}: {:?}", start.elapsed());
}

#[tokio::test]
async fn guests_who_are_in_are_gone_within_a_second_and_others_stay() {
    for family in HOSTS {
        let world = World::new(family, "").await;
        let alice = from(&world, 7).await;
        enter(family, &alice, "Alice").await;
        // One that is held, and one that plays: some games have but one guest.
        for held in [true, false] {
            let guest = guest_from(&world, 7).await;
            let mut guest = Some(guest);
            if held {
                guest.take().unwrap().vanish().await;
                world.proxy.until("it is held", |c| (c.connections, c.sessions) == (1, 2)).await;
            }
            let start = Instant::now();
            assert!(world.proxy.ban_from(BanKind::Guest, NETWORK, None));
            within_a_second(&format!("a guest of {family:?}, held: {held}"), start, async {
                if let Some(guest) = &guest {
                    guest.expect(&no_guests()).await;
                    guest.expect_end().await;
                }
                world.proxy.until("Alice is left", |counts| counts.sessions == 1).await;
                world.game.until("the guest is out", |game| game.open() == 1).await;
            })
            .await;
            act(&alice).await;
            assert!(world.proxy.unban(NETWORK));
        }
    }
}

#[tokio::test]
async fn a_guest_from_elsewhere_stays_and_is_not_to_be_had_from_the_network() {
    for family in HOSTS {
        let world = World::new(family, "").await;
        let guest = guest_from(&world, 3).await;
        let token = token(&guest).await;
        assert!(world.proxy.ban_from(BanKind::Guest, NETWORK, None));
        let thief = from(&world, 7).await;
        thief.expect(door(family)).await;
        thief.line(&format!("resume {token}")).await;
        thief.expect(&texts().session_over().unwrap()).await;
        act(&guest).await;
        guest.vanish().await;
        let back = from(&world, 3).await;
        back.expect(door(family)).await;
        back.line(&format!("resume {token}")).await;
        back.expect(&texts().resumed().unwrap()).await;
        act(&back).await;
    }
}

/// The built-in game, by its own words.
async fn on_the_coast(proxy: &Proxy, host: u8, name: &str) -> Client {
    let client = Dial::default().from(host).connect(proxy.address()).await;
    for (question, answer) in
        [("By what name are you known? ", name), (" be made known here? (y/n) ", "y")]
    {
        client.expect(question).await;
        client.line(answer).await;
    }
    client
}

async fn is_made(client: &Client) {
    for question in ["Choose a password: ", "Type it again: "] {
        client.expect(question).await;
        client.line(PASSWORD).await;
    }
    client.expect("Welcome, ").await;
}

#[tokio::test]
async fn before_the_built_in_game_it_is_the_same() {
    let proxy = Proxy::start("demo", "").await;
    is_made(&on_the_coast(&proxy, 7, "Alice").await).await;
    proxy.ban_from(BanKind::New, NETWORK, None);
    proxy.ban_from(BanKind::Guest, NETWORK, None);
    let carol = on_the_coast(&proxy, 7, "Carol").await;
    carol.expect(&no_new()).await;
    carol.expect_end().await;
    let alice = Dial::default().from(7).connect(proxy.address()).await;
    alice.expect("By what name are you known? ").await;
    alice.line("alice").await;
    alice.expect("Password: ").await;
    alice.line(PASSWORD).await;
    alice.expect(&texts().reconnected().unwrap()).await;
    proxy.ban_from(BanKind::New, "user:DAVE", None);
    let dave = on_the_coast(&proxy, 3, "dave").await;
    dave.expect(&not_that_name()).await;
    dave.expect_end().await;
    is_made(&on_the_coast(&proxy, 3, "Carol").await).await;
    alice.line("look").await;
    alice.expect("> ").await;
}
