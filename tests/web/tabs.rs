//! Two tabs of one player: the proven newcomer wins at once, the other is told and stays away.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use crate::site::{NO_LIMITS, dial, log_in, player, player_by, site};
use crate::support::web::{BOTH, Closed, Player, Request, Via};
use crate::world::{PASSWORD, World};

/// How long the loser may take to be told and gone, and the winner to be in.
const LOSER_MAX: Duration = Duration::from_secs(1);

/// The loser was told and closed as the contract has it, since `start`.
async fn lost(loser: &Player, start: Instant) {
    let closing = loser.expect("closing").await;
    assert_eq!((&closing["reason"], &closing["resume"]), (&json!("replaced"), &json!(false)));
    assert!(!closing["message"].as_str().unwrap().is_empty());
    match loser.closed().await {
        Closed::WebSocket(1000, reason) => assert_eq!(reason, "New connection established"),
        Closed::Answered(204) => posts_are_refused(loser).await,
        other => panic!("ended by {other:?}"),
    }
    assert!(start.elapsed() < LOSER_MAX, "{:?}", start.elapsed());
}

/// Whatever token comes with it.
async fn posts_are_refused(loser: &Player) {
    let answer = loser.send(json!({"type": "input", "seq": 1, "line": "x"})).await.unwrap();
    assert_eq!(answer.refusal(), (409, "replaced".to_owned()));
}

/// A POST for this connection with this token.
async fn says(world: &World, connection: &str, token: &str) -> (u16, String) {
    let body = json!([{"type": "input", "seq": 99, "line": "x"}]).to_string();
    let request = Request::new("POST", format!("/api/messages/{connection}"));
    dial(world, Via::Sse).ask(request.bearer(token).json(body)).await.refusal()
}

#[tokio::test]
async fn a_second_tab_with_the_token_takes_over_and_there_is_no_ping_pong() {
    for first_via in BOTH {
        for second_via in BOTH {
            let world = site("").await;
            let first = player(&world, first_via, "alice").await;
            let start = Instant::now();
            let second = dial(&world, second_via).resume(first.kept().resume()).await;
            second.act().await;
            lost(&first, start).await;
            second.act().await;
            assert_eq!(world.game.accepted(), 1);
            assert!(second.all("closing").is_empty());
            let one = |c: mudkeep::registry::Counts| c.sessions == 1;
            world.proxy.until("one session", one).await;
        }
    }
}

#[tokio::test]
async fn a_login_by_password_takes_over_as_well() {
    for first_via in BOTH {
        for second_via in BOTH {
            let world = site("").await;
            let first = player(&world, first_via, "alice").await;
            let second = dial(&world, second_via).from(2).open().await;
            log_in(&second, "alice", PASSWORD).await;
            let start = Instant::now();
            second.expect("resumed").await;
            lost(&first, start).await;
            second.ack().await;
            second.act().await;
            assert!(world.game.record(0).end.is_none(), "the game heard nothing of it");
        }
    }
}

#[tokio::test]
async fn a_tab_that_reads_nothing_delays_nobody() {
    for first_via in BOTH {
        let settings = "session.history = \"64KiB\"\nlimits.send_buffer_bytes = \"4KiB\"";
        let world = site(settings).await;
        let first = player_by(&dial(&world, first_via).receive_bytes(4096), "alice").await;
        let kept = first.kept();
        first.stall();
        world.game.flood("alice", 100_000).await;
        let start = Instant::now();
        let second = dial(&world, Via::WebSocket).resume(kept.resume()).await;
        second.act().await;
        assert!(start.elapsed() < LOSER_MAX, "{:?}", start.elapsed());
        if first_via == Via::Sse {
            // It cannot be told by its stream, and is told by everything else.
            second.token_ack().await;
            second.act().await;
            for token in [&*kept.token, &*second.kept().token, "nonsense"] {
                let refusal = says(&world, &kept.connection_id, token).await;
                assert_eq!(refusal, (409, "replaced".to_owned()), "{token}");
            }
        }
        let start = Instant::now();
        first.unstall();
        if first_via == Via::Sse {
            lost(&first, start).await;
        } else {
            first.closed().await;
        }
        second.act().await;
    }
}

#[tokio::test]
async fn a_connection_that_lost_its_place_is_refused_whatever_token_comes() {
    let world = site("").await;
    let first = player(&world, Via::Sse, "alice").await;
    let old = first.kept();
    first.stall();
    let second = dial(&world, Via::WebSocket).resume(old.resume()).await;
    second.act().await;
    for token in [&*old.token, &*second.kept().token, "nonsense"] {
        let refusal = says(&world, &old.connection_id, token).await;
        assert_eq!(refusal, (409, "replaced".to_owned()), "{token}");
    }
    second.act().await;
    assert_eq!(world.game.heard("alice").iter().filter(|line| *line == "x").count(), 0);
}

#[tokio::test]
async fn only_the_name_disturbs_nobody_and_neither_does_a_wrong_password() {
    for via in BOTH {
        let world = site("").await;
        let first = player(&world, via, "alice").await;
        let second = dial(&world, via).from(2).open().await;
        log_in(&second, "alice", "guess").await;
        second.expect_text("Wrong password").await;
        first.act().await;
        assert!(first.all("closing").is_empty() && !first.is_closed());
    }
}

#[tokio::test]
async fn where_two_may_share_a_session_both_hear_everything() {
    for via in BOTH {
        let world = site("session.clients_max = 2").await;
        let first = player(&world, via, "alice").await;
        let second = dial(&world, via).from(2).open().await;
        log_in(&second, "alice", PASSWORD).await;
        second.expect("resumed").await;
        second.ack().await;
        second.act().await;
        world.game.say("alice", "For both.\r\n");
        first.expect_text("For both.").await;
        second.expect_text("For both.").await;
        first.act().await;
        assert!(!first.is_closed() && !second.is_closed());
    }
}

#[tokio::test]
async fn takeovers_that_come_too_often_are_delayed_and_the_last_one_wins() {
    let world = site(&format!("limits.takeovers_per_minute = 2\n{NO_LIMITS}")).await;
    let mut tab = player(&world, Via::WebSocket, "alice").await;
    for round in 0..3 {
        let via = BOTH[round % 2];
        let next = dial(&world, via).resume(tab.kept().resume()).await;
        next.act().await;
        tab.is_put_out("replaced").await;
        tab = next;
    }
    let said = tab.messages().iter().filter(|m| m["type"] == "notice").count();
    assert!(said > 0, "the delay was told");
}
