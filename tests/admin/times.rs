//! Until when a connection may stay.

use std::time::Duration;

use serde_json::{Value, json};

use crate::desk::{ALL, By, Desk};
use crate::support::web::jump;
use crate::world::texts;

#[tokio::test]
async fn who_may_stay_a_while_is_put_out_then_and_the_session_is_held() {
    for by in ALL {
        let desk = Desk::new("").await;
        let alice = desk.player(by, "alice").await;
        let id = desk.connection_of("alice").await;
        let path = format!("connections/{id}/extend");
        let row = desk.done("POST", &path, json!({"seconds": 1})).await;
        let first = row["expires_at"].as_str().unwrap().to_owned();
        // It had a time: it is that much later, not from now.
        let row = desk.done("POST", &path, json!({"seconds": 60})).await;
        assert!(row["expires_at"].as_str().unwrap() > &*first);
        alice.act().await;
        let change = json!({"expires_at": first});
        desk.done("PATCH", &format!("connections/{id}"), change).await;
        alice.is_out(&texts().time_over().unwrap(), "idle").await;
        desk.until("connections", |all| all["total"] == 0).await;
        assert_eq!(desk.session_of("alice").await["state"], "held", "{by:?}");
        let valid = desk.get(&format!("connections/{id}/validate")).await;
        assert_eq!(valid["valid"], false);
        assert_eq!(desk.world.game.playing("alice"), 1);
    }
}

#[tokio::test]
async fn null_takes_the_time_away() {
    let desk = Desk::new("").await;
    let alice = desk.player(By::WebSocket, "alice").await;
    let path = format!("connections/{}", desk.connection_of("alice").await);
    desk.done("POST", &format!("{path}/extend"), json!({"seconds": 2})).await;
    let row = desk.done("PATCH", &path, json!({"expires_at": null})).await;
    assert_eq!(row["expires_at"], Value::Null);
    jump(Duration::from_secs(5)).await;
    alice.act().await;
}

#[tokio::test]
async fn times_that_are_none_are_refused() {
    let desk = Desk::new("").await;
    let _alice = desk.player(By::Telnet, "alice").await;
    let path = format!("connections/{}", desk.connection_of("alice").await);
    for seconds in [json!(0), json!(-1), json!(31_536_001), json!("60"), json!(1.5), json!(null)] {
        let body = json!({"seconds": seconds});
        let answer = desk.send("POST", &format!("{path}/extend"), body).await;
        assert_eq!(answer.status, 400, "{seconds}");
    }
    for time in [json!("tomorrow"), json!(5), json!("")] {
        let answer = desk.send("PATCH", &path, json!({"expires_at": time})).await;
        assert_eq!(answer.status, 400, "{time}");
    }
}
