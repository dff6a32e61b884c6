//! One session over all ways in, one after the other: one connection to the game, and no line lost.

use serde_json::json;

use crate::site::{dial, site};
use crate::support::client::Client;
use crate::support::web::{Player, Via};
use crate::support::wire::{Reader, Wire};
use crate::world::{World, act, door, numbered, shown, texts, token};

/// Plays on for a while, and is sent a few numbered lines.
async fn goes_on(world: &World, player: &Player) {
    player.act().await;
    let lines = world.game.number("alice", 20);
    player.expect_text(&format!("line {}\r\n", lines.end - 1)).await;
    player.ack().await;
    player.token_ack().await;
    player.act().await;
}

/// All that the game has said so far, without telnet.
fn said(world: &World) -> String {
    let all = Reader::default().read(&world.game.record(0).sent).into_iter();
    let text = all.filter_map(|wire| match wire {
        Wire::Text(text) => Some(text),
        _ => None,
    });
    String::from_utf8(text.flatten().collect()).unwrap()
}

#[tokio::test]
async fn telnet_websocket_sse_and_telnet_again_are_one_session() {
    let world = site("").await;
    let telnet = world.client().await;
    crate::world::enter(world.family, &telnet, "alice").await;
    let first = token(&telnet).await;
    world.game.flood("alice", 20).await;
    telnet.expect("line 20\r\n").await;
    telnet.vanish().await;
    world.game.flood("alice", 20).await;

    let resume = json!({"type": "resume", "token": first, "replay": "screen", "rows": 50,
        "columns": 80});
    let websocket = dial(&world, Via::WebSocket).resume(resume).await;
    websocket.expect("live").await;
    let shown_lines = numbered(&websocket.text());
    assert_eq!(shown_lines.last(), Some(&40), "{shown_lines:?}");
    assert!(shown_lines.first().unwrap() <= &21);
    goes_on(&world, &websocket).await;
    let before = said(&world);
    world.game.flood("alice", 20).await;
    let kept = websocket.vanish().await;

    let sse = dial(&world, Via::Sse).resume(kept.resume()).await;
    sse.expect_text("line 80\r\n").await;
    goes_on(&world, &sse).await;
    let read = sse.text();
    let all = said(&world);
    assert!(all.ends_with(&read), "to the byte");
    assert_eq!(read.len() as u64, sse.kept().offset() - kept.offset(), "and nothing twice");
    assert!(read.len() + before.len() >= all.len(), "and nothing is left out");
    let kept = sse.vanish().await;
    world.game.flood("alice", 20).await;

    let telnet = world.client().await;
    telnet.expect(door(world.family)).await;
    telnet.line(&format!("resume {}", kept.token)).await;
    telnet.expect(&texts().resumed().unwrap()).await;
    telnet.until("the replay is over", |text| shown(text).is_some()).await;
    let replay = shown(&telnet.text()).unwrap();
    assert_eq!(numbered(&replay.block), (101..=120).collect::<Vec<_>>(), "what was acknowledged");
    act(&telnet).await;
    world.game.until("the half-made login is closed", |game| game.open() == 1).await;
    let heard = world.game.heard("alice");
    assert_eq!(heard.iter().filter(|line| line.starts_with("web act")).count(), 4);
    assert!(world.game.record(0).end.is_none());
    assert_eq!(world.game.accepted(), 2, "the session's, and that of the last prompt");
}

/// A telnet player and a web player take the session from each other.
#[tokio::test]
async fn they_take_over_from_each_other_and_each_is_told_in_its_way() {
    for via in crate::support::web::BOTH {
        let world = site("").await;
        let telnet = world.client().await;
        crate::world::enter(world.family, &telnet, "alice").await;
        let web = dial(&world, via).from(2).open().await;
        crate::site::log_in(&web, "alice", crate::world::PASSWORD).await;
        web.expect("resumed").await;
        web.ack().await;
        telnet.expect(&texts().taken_over().unwrap()).await;
        telnet.expect_end().await;
        web.act().await;
        let back = Client::connect(world.proxy.address()).await;
        back.expect(door(world.family)).await;
        back.line(&format!("resume {}", web.kept().token)).await;
        back.expect(&texts().resumed().unwrap()).await;
        web.is_put_out("replaced").await;
        act(&back).await;
        assert_eq!(world.game.playing("alice"), 1);
    }
}
