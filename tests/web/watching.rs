//! A page that only watches a session: it sees what becomes of it, and changes nothing.

use std::time::Duration;

use serde_json::json;

use crate::site::{dial, player, site};
use crate::support::web::{BOTH, Closed, Via, jump};

#[tokio::test]
async fn it_sees_who_plays_and_how_it_ends() {
    for via in BOTH {
        let world = site("").await;
        let alice = player(&world, via, "alice").await;
        let kept = alice.kept();
        let watch = dial(&world, via).watch(&kept.session_id, &kept.token).await;
        let seen = watch.expect_state("playing").await;
        assert_eq!(seen["connection_id"], *kept.connection_id);
        let second = dial(&world, Via::WebSocket).resume(kept.resume()).await;
        let seen = watch.expect_state("playing").await;
        assert_eq!(seen["connection_id"], *second.kept().connection_id);
        let kept = second.vanish().await;
        let seen = watch.expect_state("held").await;
        assert!(seen.get("connection_id").is_none(), "{seen}");
        let third = dial(&world, via).resume(kept.resume()).await;
        watch.expect_state("playing").await;
        third.send(json!({"type": "logout"})).await;
        let closing = watch.expect("closing").await;
        assert_eq!((&closing["reason"], &closing["resume"]), (&json!("logged_out"), &json!(false)));
        assert_eq!(watch.closed().await, Closed::WebSocket(1000, "logged_out".to_owned()));
        let kinds = ["session", "closing"];
        assert!(watch.messages().iter().all(|m| kinds.contains(&m["type"].as_str().unwrap())));
    }
}

#[tokio::test]
async fn it_neither_uses_up_nor_proves_a_token_and_a_wrong_one_sees_nothing() {
    let world = site("").await;
    let alice = player(&world, Via::WebSocket, "alice").await;
    let bob = player(&world, Via::WebSocket, "bob").await;
    let first = alice.vanish().await;
    let alice = dial(&world, Via::WebSocket).begin(first.resume()).await;
    alice.expect("resumed").await;
    let second = alice.kept();
    let watch = async |session: &str, token: &str| {
        let watch = dial(&world, Via::WebSocket).from(9).watch(session, token).await;
        if watch.got_state().await { None } else { Some(watch.closed().await) }
    };
    let id = &second.session_id;
    // The successor is not proven by that: the one before opens the session still.
    assert_eq!(watch(id, &second.token).await, None);
    assert_eq!(watch(id, &first.token).await, None);
    let refused = Some(Closed::WebSocket(4401, "token_invalid".to_owned()));
    for token in ["nonsense", "", &bob.kept().token] {
        assert_eq!(watch(id, token).await, refused, "{token}");
    }
    let elsewhere = uuid::Uuid::from_u128(7).to_string();
    assert_eq!(watch(&elsewhere, &second.token).await, refused);
    alice.vanish().await;
    let alice = dial(&world, Via::WebSocket).begin(first.resume()).await;
    let again = alice.expect("resumed").await;
    // The same secret; only the time in it may differ.
    assert_eq!(again["generation"], second.generation);
    assert_eq!(again["token"].as_str().unwrap()[..100], second.token[..100]);
    alice.ack().await;
    alice.act().await;
    assert!(alice.all("notice").is_empty() && bob.all("notice").is_empty());
}

#[tokio::test]
async fn many_that_come_and_go_leave_nothing_behind() {
    let world = site("").await;
    let alice = player(&world, Via::WebSocket, "alice").await;
    let kept = alice.kept();
    let tasks = world.proxy.tasks();
    for round in 0..20 {
        let mut watching = Vec::new();
        for _ in 0..10 {
            let watch = dial(&world, Via::WebSocket).watch(&kept.session_id, &kept.token).await;
            watch.expect_state("playing").await;
            watching.push(watch);
        }
        for (number, watch) in watching.into_iter().enumerate() {
            if (number + round) % 2 == 0 {
                watch.vanish().await;
            }
        }
        world.proxy.until("they are gone", |counts| counts.connections == 1).await;
    }
    world.proxy.until("their tasks are over", |_| world.proxy.tasks() == tasks).await;
    alice.act().await;
    alice.send(json!({"type": "logout"})).await;
    alice.is_put_out("logged_out").await;
    world.proxy.until_empty().await;
}

#[tokio::test]
async fn one_that_answers_stays_and_one_that_does_not_is_given_up() {
    let world = site("").await;
    let alice = player(&world, Via::WebSocket, "alice").await;
    let kept = alice.kept();
    let dial = dial(&world, Via::WebSocket);
    let good = dial.watch(&kept.session_id, &kept.token).await;
    let bad = dial.watch(&kept.session_id, &kept.token).await;
    let silent = dial.watch_silently(&kept.session_id).await;
    good.expect_state("playing").await;
    bad.expect_state("playing").await;
    bad.stall();
    jump(Duration::from_secs(16)).await;
    assert_eq!(
        silent.closed().await,
        Closed::WebSocket(1008, "nothing was said in time".to_owned())
    );
    for time in [5, 11] {
        jump(Duration::from_secs(time)).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    world.proxy.until("the other is gone", |counts| counts.connections == 2).await;
    assert!(!good.is_closed());
    let kept = alice.vanish().await;
    good.expect_state("held").await;
    drop((bad, kept));
}
