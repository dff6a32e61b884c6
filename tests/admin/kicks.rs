//! Who is put out: by user, by session, by connection; and tokens that are ended.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use crate::desk::{ALL, By, Desk, SOON, Somebody, kicked, text};
use crate::support::web::{Closed, Dial, Via};

#[tokio::test]
async fn a_kick_is_told_with_its_reason_within_a_second_and_ends_the_session() {
    for by in ALL {
        for whose in ["user", "session"] {
            let desk = Desk::new("").await;
            let mut events = desk.events("?types=kicked,session_ended").await;
            let alice = desk.player(by, "alice").await;
            let session = text(&desk.session_of("alice").await["session_id"]);
            let begun = Instant::now();
            match whose {
                "user" => {
                    let path = "users/ALICE/sessions?reason=No%20spam%20here.";
                    let answer = desk.ask("DELETE", path).await;
                    assert_eq!(answer.json(), json!({"removed": 1}));
                }
                _ => {
                    let path = format!("sessions/{session}?reason=No%20spam%20here.");
                    assert_eq!(desk.ask("DELETE", &path).await.status, 204);
                    assert_eq!(desk.ask("GET", &format!("sessions/{session}")).await.status, 404);
                }
            }
            alice.told("No spam here.").await;
            alice.is_out(&kicked(), "kicked").await;
            assert!(begun.elapsed() < SOON, "{by:?}, {whose}: {:?}", begun.elapsed());
            let event = events.expect("kicked").await;
            assert_eq!(event["session_id"], *session);
            desk.until("sessions", |all| all["total"] == 0).await;
            desk.world.game.until("it is told", |game| game.open() == 0).await;
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_leaves_its_session_held() {
    for by in ALL {
        for whose in ["user", "connection"] {
            let desk = Desk::new("").await;
            let mut events = desk.events("?types=kicked").await;
            let alice = desk.player(by, "alice").await;
            let id = desk.connection_of("alice").await;
            match whose {
                "user" => {
                    let answer = desk.ask("DELETE", "users/alice/connections?reason=Wait.").await;
                    assert_eq!(answer.json(), json!({"removed": 1}));
                }
                _ => {
                    // A client that reads closes its side, and so it is gone when that is answered.
                    let cut = desk.ask("DELETE", &format!("connections/{id}?reason=Wait.")).await;
                    assert_eq!(cut.status, 204);
                }
            }
            alice.told("Wait.").await;
            alice.is_out(&kicked(), "kicked").await;
            let event = events.expect("kicked").await;
            assert_eq!((&event["connection_id"], &event["reason"]), (&json!(id), &json!("Wait.")));
            assert_eq!(text(&event["user"]).to_lowercase(), "alice");
            desk.until("connections", |all| all["total"] == 0).await;
            let session = desk.session_of("alice").await;
            assert_eq!(session["state"], "held", "{by:?}, {whose}");
            assert_ne!(session["held_since"], Value::Null);
            assert_ne!(session["expires_at"], Value::Null);
        }
    }
}

/// Has it take nothing any more, and be sent more than all buffers on the way hold.
async fn stall(desk: &Desk, player: &Somebody, path: &str) {
    player.stall();
    let mut before = Value::Null;
    loop {
        desk.world.game.number("alice", 50_000);
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = desk.get(path).await["bytes_out"].clone();
        if now == std::mem::replace(&mut before, now.clone()) {
            return;
        }
    }
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_out_just_as_soon() {
    for by in ALL {
        for whose in ["connection", "session"] {
            let desk = Desk::new("").await;
            let alice = desk.player_who_takes_little(by, "alice").await;
            let connection = format!("connections/{}", desk.connection_of("alice").await);
            let path = match whose {
                "connection" => connection.clone(),
                _ => format!("sessions/{}", text(&desk.session_of("alice").await["session_id"])),
            };
            stall(&desk, &alice, &connection).await;
            let begun = Instant::now();
            assert_eq!(desk.ask("DELETE", &path).await.status, 204);
            let gone = desk.until("users/alice/connections", |all| all["total"] == 0);
            timeout(SOON * 3, gone)
                .await
                .unwrap_or_else(|_| panic!("{by:?}, {whose}: there still"));
            let path = format!("connections?transport={}", by.name());
            let gone = desk.until(&path, |all| all["total"] == 0);
            timeout(SOON * 3, gone)
                .await
                .unwrap_or_else(|_| panic!("{by:?}, {whose}: there still"));
            println!("{by:?}, {whose}: gone after {:?}", begun.elapsed());
            alice.unstall();
        }
    }
}

#[tokio::test]
async fn a_stream_of_events_that_was_put_out_is_not_opened_again_but_its_token_leads_back() {
    for away in [false, true] {
        let desk = Desk::new("").await;
        let Somebody::Web(alice) = desk.player(By::Sse, "alice").await else { unreachable!() };
        let dial = Dial::new(Via::Sse, desk.world.proxy.http_address());
        let kept = alice.kept();
        let path = format!("connections/{}", kept.connection_id);
        let told = match away {
            // It is told when it comes.
            true => {
                alice.vanish().await;
                assert_eq!(desk.ask("DELETE", &path).await.status, 204);
                dial.reopen(&kept, Some(&kept.position)).await
            }
            false => {
                assert_eq!(desk.ask("DELETE", &path).await.status, 204);
                alice
            }
        };
        assert_eq!(told.expect("closing").await["reason"], "kicked");
        assert_eq!(told.closed().await, Closed::Answered(204), "away: {away}");
        assert_eq!(desk.session_of("alice").await["state"], "held");
        let back = dial.resume(kept.resume()).await;
        back.act().await;
    }
}

#[tokio::test]
async fn tokens_that_are_ended_open_nothing() {
    let desk = Desk::new("").await;
    let (client, token) = desk.world.player_with_token("alice").await;
    let tokens = desk.get("users/alice/tokens").await;
    let session = desk.session_of("alice").await;
    assert_eq!(tokens, json!({"tokens": [{"session_id": session["session_id"], "families": 1}]}));
    assert!(!tokens.to_string().contains(&token));
    client.vanish().await;
    desk.until("connections", |all| all["total"] == 0).await;
    let revoked = desk.ask("DELETE", "users/Alice/tokens").await;
    assert_eq!(revoked.json(), json!({"revoked": 1}));
    assert_eq!(desk.get("users/alice/tokens").await["tokens"][0]["families"], 0);
    let back = desk.world.client().await;
    back.expect("known? ").await;
    back.line(&format!("resume {token}")).await;
    back.expect(&crate::world::texts().token_refused().unwrap()).await;
    assert_eq!(desk.ask("DELETE", "users/nobody/tokens").await.json(), json!({"revoked": 0}));
}

#[tokio::test]
async fn a_reason_that_is_no_line_is_refused_and_nobody_is_put_out() {
    let desk = Desk::new("").await;
    let alice = desk.player(By::Telnet, "alice").await;
    let id = desk.connection_of("alice").await;
    for reason in ["a%0Ab", "%1b%5b31m", &"x".repeat(201)] {
        let answer = desk.ask("DELETE", &format!("connections/{id}?reason={reason}")).await;
        assert_eq!(answer.status, 400, "{reason}");
    }
    alice.act().await;
}
