//! A restart that is announced.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, timeout};

use crate::desk::{ALL, By, Desk, Somebody};
use crate::support::PATIENCE;
use crate::world::{PASSWORD, log_in, texts};

/// Does this while the proxy waits for a restart that does not come meanwhile.
async fn meanwhile(desk: &Desk, does: impl Future<Output = ()>) {
    tokio::select! {
        () = desk.world.proxy.drained() => panic!("it is not to end now"),
        () = does => {}
    }
}

fn no_logins() -> String {
    texts().draining().unwrap()
}

#[tokio::test]
async fn everybody_is_told_how_long_it_is_and_it_can_be_called_off() {
    let desk = Desk::new("").await;
    let mut players = Vec::new();
    for (by, name) in ALL.into_iter().zip(["alice", "bob", "carol"]) {
        players.push(desk.player(by, name).await);
    }
    let mut events = desk.events("?types=draining,drain_cancelled").await;
    assert_eq!(desk.get("drain").await["draining"], false);
    meanwhile(&desk, async {
        let body = json!({"in_seconds": 61, "text": "A new version."});
        let drain = desk.done("POST", "drain", body).await;
        assert_eq!((&drain["draining"], &drain["sessions"]), (&json!(true), &json!(3)));
        assert_eq!(events.expect("draining").await["at"], drain["at"]);
        for player in &players {
            player.told("A new version.").await;
            player.told(&texts().drain_countdown("61 seconds").unwrap()).await;
            player.told(&texts().drain_countdown("1 minute").unwrap()).await;
        }
        assert_eq!(desk.get("health").await["status"], "draining");
        assert_eq!(desk.ask("DELETE", "drain").await.status, 204);
        events.expect("drain_cancelled").await;
        assert_eq!(desk.get("drain").await, json!({"draining": false, "at": null, "sessions": 3}));
        assert_eq!(desk.get("health").await["status"], "ok");
        players.pop().unwrap().leave().await;
        for player in &players {
            player.act().await;
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_new_comes_in_and_who_was_in_comes_back() {
    let desk = Desk::new("").await;
    let (client, token) = desk.world.player_with_token("alice").await;
    let _carol = desk.player(By::Telnet, "carol").await;
    desk.done("POST", "drain", json!({"in_seconds": 3600})).await;
    meanwhile(&desk, async {
        for by in ALL {
            // With a password, and as a new character.
            let bob = desk.visitor(by).await;
            bob.line("bob").await;
            bob.expect("assword: ").await;
            bob.line(PASSWORD).await;
            bob.told(&no_logins()).await;
            bob.leave().await;
            let dave = desk.visitor(by).await;
            for (line, question) in [("dave", "(Y/N)? "), ("y", "assword for ")] {
                dave.line(line).await;
                dave.expect(question).await;
            }
            dave.line(PASSWORD).await;
            dave.told(&no_logins()).await;
        }
        assert_eq!(desk.world.game.playing("bob"), 0);
        client.vanish().await;
        desk.until("sessions?state=held", |all| all["total"] == 1).await;
        let alice = desk.world.client().await;
        log_in(desk.world.family, &alice, "alice", PASSWORD).await;
        alice.expect(&texts().reconnected().unwrap()).await;
        crate::world::act(&alice).await;
        alice.vanish().await;
        desk.until("sessions?state=held", |all| all["total"] == 1).await;
        let alice = desk.world.back(&token).await;
        crate::world::act(&alice).await;
        assert_eq!(desk.world.game.playing("alice"), 1);
        assert_eq!(desk.ask("DELETE", "drain").await.status, 204);
        let bob = desk.player(By::WebSocket, "bob").await;
        bob.act().await;
    })
    .await;
}

#[tokio::test]
async fn it_stops_when_nobody_is_left() {
    let desk = Desk::new("").await;
    let _alice = desk.player(By::Telnet, "alice").await;
    desk.done("POST", "drain", json!({"in_seconds": 3600})).await;
    meanwhile(&desk, tokio::time::sleep(Duration::from_millis(600))).await;
    let ends = async {
        assert_eq!(desk.ask("DELETE", "users/alice/sessions").await.json()["removed"], 1);
        desk.world.proxy.drained().await;
    };
    timeout(PATIENCE, ends).await.expect("it stops");
}

#[tokio::test]
async fn it_stops_when_the_time_has_come() {
    let desk = Desk::new("").await;
    let alice = desk.player(By::Sse, "alice").await;
    let begun = Instant::now();
    desk.done("POST", "drain", json!({"in_seconds": 2})).await;
    timeout(PATIENCE, desk.world.proxy.drained()).await.expect("it stops");
    let took = begun.elapsed();
    assert!(took >= Duration::from_millis(1900) && took < Duration::from_secs(5), "{took:?}");
    alice.told(&texts().drain_countdown("2 seconds").unwrap()).await;
    let Desk { world, .. } = desk;
    assert!(world.proxy.stop().await, "and everybody is gone in time");
    let Somebody::Web(alice) = alice else { unreachable!() };
    alice.expect("closing").await;
}

#[tokio::test]
async fn a_later_time_takes_the_place_of_the_first() {
    let desk = Desk::new("").await;
    let alice = desk.player(By::Telnet, "alice").await;
    desk.done("POST", "drain", json!({"in_seconds": 1})).await;
    meanwhile(&desk, async {
        desk.done("POST", "drain", json!({"in_seconds": 600})).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        alice.told(&texts().drain_countdown("10 minutes").unwrap()).await;
    })
    .await;
    for seconds in [json!(-1), json!(86_401), json!("5"), json!(null)] {
        let answer = desk.send("POST", "drain", json!({"in_seconds": seconds})).await;
        assert_eq!(answer.status, 400, "{seconds}");
    }
}

#[tokio::test]
async fn who_logs_in_again_comes_back_whatever_a_second_login_does_otherwise() {
    for on_duplicate in ["replace", "allow", "reattach"] {
        let desk = Desk::new(&format!("session.on_duplicate = \"{on_duplicate}\"")).await;
        let _alice = desk.player(By::Telnet, "alice").await;
        desk.done("POST", "drain", json!({"in_seconds": 3600})).await;
        meanwhile(&desk, async {
            let again = desk.world.client().await;
            log_in(desk.world.family, &again, "alice", PASSWORD).await;
            again.expect(&texts().taken_here().unwrap()).await;
            crate::world::act(&again).await;
            assert_eq!(desk.world.game.playing("alice"), 1, "{on_duplicate}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_login_that_is_refused_for_it_is_no_failed_one() {
    let desk = Desk::new("limits.failed_logins_per_user = 2").await;
    let _carol = desk.player(By::Telnet, "carol").await;
    desk.done("POST", "drain", json!({"in_seconds": 3600})).await;
    meanwhile(&desk, async {
        for _ in 0..5 {
            let bob = desk.visitor(By::Telnet).await;
            bob.line("bob").await;
            bob.expect("assword: ").await;
            bob.line(PASSWORD).await;
            bob.told(&no_logins()).await;
            bob.leave().await;
        }
        assert_eq!(desk.ask("DELETE", "drain").await.status, 204);
        let bob = desk.player(By::Telnet, "bob").await;
        bob.act().await;
    })
    .await;
}
