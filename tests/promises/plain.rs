//! Playing through mudkeep is like playing without it.

use crate::support::client::{Dial, End, Style};
use crate::support::scripted::{Family, Violation};
use crate::support::wire::{self, Wire};
use crate::world::{World, act};

const NONE: &str = "login.preset = \"none\"";

#[tokio::test]
async fn a_line_goes_to_the_game_and_its_answer_comes_back() {
    let world = World::new(Family::Edited, NONE).await;
    let alice = world.player("Alice").await;
    alice.line("wave").await;
    alice.expect("You do: wave\r\n[20/20] ").await;
    assert_eq!(world.game.heard("alice").last().unwrap(), "wave");
    // The game takes over the echo for the password, and gives it back.
    let (on, off) = (&[wire::IAC, wire::DO, wire::ECHO], &[wire::IAC, wire::DONT, wire::ECHO]);
    let mut received = world.game.record(0).received;
    for answer in [on, off] {
        let at = received.windows(3).position(|bytes| bytes == answer).expect("it was answered");
        received.drain(at..at + 3);
    }
    let received = String::from_utf8(received).unwrap();
    assert!(received.starts_with("Alice\r\nsekrit\r\nact "), "{received:?}");
    assert!(received.ends_with("\r\nwave\r\n"), "{received:?}");
}

#[tokio::test]
async fn what_the_game_sends_arrives_byte_for_byte_at_a_client_that_negotiates_nothing() {
    let world = World::new(Family::Edited, "login.preset = \"none\"\ntoken.tell = \"off\"").await;
    let alice = world.player("Alice").await;
    let all: Vec<u8> = (0..=254).collect();
    world.game.say("alice", [&all[..], b"\r\nend of bytes\r\n"].concat());
    alice.expect("end of bytes\r\n").await;
    let raw = alice.raw();
    assert!(raw.windows(all.len()).any(|window| window == all), "{}", raw.escape_ascii());
}

#[tokio::test]
async fn a_prompt_mark_reaches_the_client() {
    let world = World::new(Family::Rom, NONE).await;
    let alice = world.player("Alice").await;
    let prompt = alice.expect_prompt().await;
    assert!(prompt.ends_with("<20hp 100m 100mv> \x1b[0m"), "{prompt:?}");
}

#[tokio::test]
async fn gmcp_passes_both_ways() {
    let world = World::new(Family::Evennia, NONE).await;
    let alice = world.like(Style::Mudlet).await;
    crate::world::enter(world.family, &alice, "Alice").await;
    assert_eq!(alice.expect_gmcp("Logged.In").await, serde_json::json!({}));
    alice.gmcp("Get.Value \"name\"").await;
    let value = alice.expect_gmcp("Char.Value.Get").await;
    assert_eq!(value, serde_json::json!({ "name": "name", "value": "Alice" }));
}

#[tokio::test]
async fn echo_goes_off_for_the_password_and_comes_back_behind_it() {
    for style in [Style::Mudlet, Style::Tintin, Style::Mushclient, Style::Silent] {
        let world = World::new(Family::Circle, NONE).await;
        let alice = world.like(style).await;
        alice.expect("be known? ").await;
        assert!(!alice.echo_off(), "{style:?}");
        alice.line("alice").await;
        alice.expect("Password: ").await;
        alice.expect_echo(true).await;
        alice.line("sekrit").await;
        alice.expect("PRESS RETURN: ").await;
        alice.expect_echo(false).await;
    }
}

#[tokio::test]
async fn a_resize_reaches_the_game() {
    let world = World::new(Family::Evennia, NONE).await;
    let alice = world.dial(Dial::like(Style::Mudlet).size(100, 40)).await;
    crate::world::enter(world.family, &alice, "Alice").await;
    let size = |columns, rows| Wire::Sub(wire::NAWS, vec![0, columns, 0, rows]);
    let saw =
        |size: Wire| world.game.until("size", move |game| game.record(0).telnet.contains(&size));
    saw(size(100, 40)).await;
    alice.resize(132, 50).await;
    saw(size(132, 50)).await;
}

#[tokio::test]
async fn no_stray_glyph_reaches_a_game_without_telnet_over_a_whole_session() {
    for style in [Style::Mudlet, Style::Tintin, Style::Mushclient] {
        let world = World::new(Family::Merc, "").await;
        let alice = world.like(style).await;
        crate::world::enter(world.family, &alice, "Alice").await;
        let token = crate::world::token(&alice).await;
        alice.resize(120, 50).await;
        alice.gmcp("Core.Ping").await;
        alice.line("wave").await;
        alice.expect("You do: wave").await;
        alice.vanish().await;
        let again = world.like(Style::Mudlet).await;
        again.expect("be known? ").await;
        again.line(&format!("resume {token}")).await;
        again.expect(&crate::world::texts().resumed().unwrap()).await;
        act(&again).await;
        again.line("quit").await;
        assert_eq!(again.expect_end().await.0, End::Eof);
        assert_eq!(world.game.violations(), [], "{style:?}");
        assert_eq!(world.game.heard("alice").len(), 4);
    }
}

#[tokio::test]
async fn a_game_that_needs_each_telnet_sequence_in_one_read_gets_it() {
    for style in [Style::Mudlet, Style::Tintin, Style::Mushclient] {
        let world = World::new(Family::Tbamud, "").await;
        let alice = world.like(style).await;
        crate::world::enter(world.family, &alice, "Alice").await;
        for n in 0..50 {
            // The client's own sequence comes in pieces.
            let naws = wire::sub(wire::NAWS, &[0, 100 + n, 0, 50]);
            let (one, two) = naws.split_at(usize::from(n) % naws.len());
            alice.bytes(one).await;
            tokio::task::yield_now().await;
            alice.bytes([two, format!("dance {n}\r\n").as_bytes()].concat()).await;
        }
        alice.expect("You do: dance 49").await;
        assert_eq!(world.game.violations(), [], "{style:?}");
        assert_eq!(world.game.heard("alice").len(), 51);
    }
}

#[tokio::test]
async fn a_line_is_cut_at_what_the_game_takes() {
    let world = World::new(Family::Merc, "game.line_bytes_max = \"250B\"").await;
    let alice = world.player("Alice").await;
    for length in [249, 250, 251, 400] {
        let line = "x".repeat(length);
        alice.line(&line).await;
        alice.expect(&format!("You do: {}\n\r", &line[..length.min(250)])).await;
    }
    assert_eq!(world.game.violations(), Vec::<Violation>::new());
}
