//! What a connection may do is changed while it plays.

use serde_json::json;

use crate::desk::{ALL, Desk};
use crate::world::{numbered, texts};

#[tokio::test]
async fn who_may_not_type_is_told_and_the_game_hears_nothing() {
    for by in ALL {
        let desk = Desk::new("").await;
        let alice = desk.player(by, "alice").await;
        let path = format!("connections/{}", desk.connection_of("alice").await);
        let row = desk.done("PATCH", &path, json!({"permissions": {"input": false}})).await;
        assert_eq!(row["permissions"], json!({"input": false, "output": true}));
        alice.line("dance wildly").await;
        alice.told(&texts().may_not_type().unwrap()).await;
        // What the game says goes on.
        desk.world.game.number("alice", 1);
        alice.expect("line 1\r\n").await;
        let row = desk.done("PATCH", &path, json!({"permissions": {"input": true}})).await;
        assert_eq!(row["permissions"], json!({"input": true, "output": true}));
        alice.act().await;
        let heard = desk.world.game.heard("alice");
        assert!(!heard.contains(&"dance wildly".to_owned()), "{by:?}: {heard:?}");
    }
}

#[tokio::test]
async fn what_is_not_told_meanwhile_is_told_afterwards_and_nothing_is_lost() {
    for by in ALL {
        let desk = Desk::new("").await;
        let alice = desk.player(by, "alice").await;
        let path = format!("connections/{}", desk.connection_of("alice").await);
        desk.world.game.flood("alice", 5).await;
        alice.expect("line 5\r\n").await;
        desk.done("PATCH", &path, json!({"permissions": {"output": false}})).await;
        desk.world.game.flood("alice", 50).await;
        // What mudkeep says still comes, and what the game says does not.
        desk.done("POST", "notices", json!({"text": "Patience."})).await;
        alice.told("Patience.").await;
        assert_eq!(numbered(&alice.seen()).last(), Some(&5), "{by:?}");
        // The player may still type.
        alice.line("look away").await;
        desk.world
            .game
            .until("it is heard", |game| game.heard("alice").contains(&"look away".to_owned()))
            .await;
        desk.done("PATCH", &path, json!({"permissions": {"output": true}})).await;
        alice.expect("line 55\r\n").await;
        assert_eq!(numbered(&alice.seen()), (1..=55).collect::<Vec<_>>(), "{by:?}: each once");
        alice.act().await;
    }
}

#[tokio::test]
async fn what_is_beyond_the_history_is_said_to_be_missing() {
    for by in ALL {
        let desk = Desk::new("session.history = \"16KiB\"").await;
        let alice = desk.player(by, "alice").await;
        let path = format!("connections/{}", desk.connection_of("alice").await);
        desk.done("PATCH", &path, json!({"permissions": {"output": false}})).await;
        for _ in 0..20 {
            desk.world.game.flood("alice", 1000).await;
        }
        alice.line("look away").await;
        desk.world
            .game
            .until("it is heard", |game| game.heard("alice").contains(&"look away".to_owned()))
            .await;
        desk.done("PATCH", &path, json!({"permissions": {"output": true}})).await;
        match &alice {
            crate::desk::Somebody::Telnet(client) => {
                client.until("it is told", |text| text.contains("Lost here: ")).await;
            }
            crate::desk::Somebody::Web(player) => drop(player.expect("gap").await),
        }
        alice.act().await;
        let seen = numbered(&alice.seen());
        assert_eq!(seen.last(), Some(&20_000), "{by:?}");
        assert!(seen.windows(2).all(|two| two[1] == two[0] + 1), "{by:?}: what is there is whole");
    }
}
