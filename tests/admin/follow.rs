//! The stream of events.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::desk::{By, Desk};
use crate::support::PATIENCE;

#[tokio::test]
async fn events_come_in_order_each_once_and_go_on_where_a_reader_was() {
    let desk = Desk::new("").await;
    let mut stream = desk.events("").await;
    let alice = desk.player(By::WebSocket, "alice").await;
    let mut seen = Vec::new();
    while seen.last() != Some(&"login".to_owned()) {
        let event = stream.next().await.unwrap();
        let id = event.id.expect("each has a number");
        assert_eq!(event.data["seq"], id);
        assert_eq!(event.data["type"], event.name);
        assert!(event.data["time"].as_str().unwrap().ends_with('Z'));
        seen.push(event.name);
    }
    let first: Vec<&str> = seen.iter().map(String::as_str).filter(|n| *n != "admin").collect();
    assert_eq!(first[..2], ["connected", "session_started"], "{first:?}");
    let at = |name: &str| first.iter().position(|n| *n == name).unwrap_or(usize::MAX);
    assert!(at("game_dialled") < at("login"), "{first:?}");
    drop(stream);
    alice.leave().await;
    desk.until("connections", |all| all["total"] == 0).await;
    // From the beginning, by either way to say it: no number is missing.
    let mut all = desk.events("?after=0").await;
    let mut names = Vec::new();
    for number in 1.. {
        let event = all.next().await.unwrap();
        assert_eq!(event.id, Some(number));
        names.push(event.name);
        if names.last().unwrap() == "disconnected" {
            break;
        }
    }
    let mut on = desk.events_with("", "Last-Event-ID: 2\r\n").await;
    let event = on.next().await.unwrap();
    assert_eq!((event.id, &event.name), (Some(3), &names[2]));
}

#[tokio::test]
async fn only_the_types_that_are_asked_for_come() {
    let desk = Desk::new("").await;
    let mut stream = desk.events("?types=login,detached,disconnected").await;
    let alice = desk.player(By::Telnet, "alice").await;
    alice.leave().await;
    let mut names = Vec::new();
    for _ in 0..3 {
        let event = stream.next().await.unwrap();
        assert_eq!(event.data["transport"], "telnet");
        assert_eq!(event.data["address"], "127.0.0.1");
        names.push(event.name);
    }
    // The session and the connection end each in its own time.
    names[1..].sort();
    assert_eq!(names, ["login", "detached", "disconnected"]);
}

#[tokio::test]
async fn who_comes_too_late_is_told_how_much_is_lost() {
    let desk = Desk::new("limits.events_max = 100").await;
    let mut first = desk.events("?after=0").await;
    for _ in 0..60 {
        let visitor = desk.visitor(By::Telnet).await;
        visitor.leave().await;
    }
    desk.until("connections", |all| all["total"] == 0).await;
    let mut late = desk.events("?after=0").await;
    let lost = late.next().await.unwrap();
    assert_eq!((&*lost.name, lost.id), ("lost", None));
    let next = late.next().await.unwrap();
    assert_eq!(lost.data, json!({"lost": next.id.unwrap() - 1}));
    // Who has read all along, or as much as came, finds that the numbers add up too.
    let mut expected = 1;
    while expected < next.id.unwrap() {
        let event = first.next().await.unwrap();
        match event.id {
            Some(id) => assert_eq!(id, std::mem::replace(&mut expected, id + 1)),
            None => expected += event.data["lost"].as_u64().unwrap(),
        }
    }
}

#[tokio::test]
async fn a_stream_ends_with_mudkeep_and_does_not_hold_it_up() {
    let desk = Desk::new("").await;
    let mut stream = desk.events("").await;
    let stalled = desk.events("").await;
    let Desk { world, .. } = desk;
    let begun = Instant::now();
    assert!(timeout(PATIENCE, world.proxy.stop()).await.expect("it stops"), "in time");
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    while stream.next().await.is_some() {}
    drop(stalled);
}

#[tokio::test]
async fn a_number_that_is_none_is_refused() {
    let desk = Desk::new("").await;
    for query in ["after=x", "after=-1", "type=login", "types=a&types=b"] {
        assert_eq!(desk.ask("GET", &format!("events?{query}")).await.status, 400, "{query}");
    }
}
