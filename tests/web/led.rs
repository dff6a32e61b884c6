//! A player who logs in where the session runs already is led to it on the same connection; what was
//! numbered for the session before is not done in this one.

use serde_json::{Value, json};

use crate::site::{dial, log_in, player, site};
use crate::support::web::{BOTH, Player, Via};
use crate::world::{PASSWORD, World};

fn input(seq: u64, line: &str) -> Value {
    json!({"type": "input", "seq": seq, "line": line})
}

/// The session is held, and its player logs in anew: led there, nothing acknowledged yet.
async fn led(world: &World, via: Via) -> Player {
    player(world, Via::WebSocket, "alice").await.vanish().await;
    world.proxy.until("she is held", |c| (c.connections, c.sessions) == (0, 1)).await;
    let alice = dial(world, via).open().await;
    log_in(&alice, "alice", PASSWORD).await;
    let opened = alice.kept();
    let resumed = alice.expect("resumed").await;
    assert_ne!(resumed["session_id"], alice.all("opened")[0]["session_id"]);
    assert_eq!(resumed["connection_id"], *opened.connection_id, "the same connection");
    assert_eq!(resumed["input_seen"], 0, "a family of its own");
    alice
}

#[tokio::test]
async fn numbered_lines_are_refused_until_the_new_welcome_is_acknowledged() {
    for via in BOTH {
        let world = site("").await;
        let alice = led(&world, via).await;
        let generation = alice.kept().generation;
        // Meant for the session before, whose next number this was; and for this one, too early.
        for early in [input(3, "north"), input(1, "north")] {
            let answer = alice.send(early).await;
            alice.expect_error("not_acknowledged").await;
            if let Some(answer) = answer {
                assert_eq!(answer.status, 409);
            }
        }
        alice.send(json!({"type": "token_ack", "generation": generation + 5})).await;
        alice.expect_error("not_acknowledged").await;
        // A position of the session before is none of this one's.
        let before = alice.all("output")[0]["position"].clone();
        alice.send(json!({"type": "ack", "position": before})).await;
        alice.send(input(1, "north")).await;
        alice.expect_error("not_acknowledged").await;
        alice.ack().await;
        alice.send(input(1, "look up")).await;
        alice.expect_text("You do: look up").await;
        alice.token_ack().await;
        alice.act().await;
        assert!(!world.game.heard("alice").contains(&"north".to_owned()));
        world.game.until("the half-made login is closed", |game| game.open() == 1).await;
    }
}

#[tokio::test]
async fn what_was_typed_behind_the_password_goes_along() {
    for via in BOTH {
        let world = site("").await;
        player(&world, Via::WebSocket, "alice").await.vanish().await;
        world.proxy.until("she is held", |c| (c.connections, c.sessions) == (0, 1)).await;
        let alice = dial(&world, via).open().await;
        alice.expect_text("known? ").await;
        let lines = ["alice", PASSWORD, "look at me", "smile"];
        alice.send_all((1..).zip(lines).map(|(seq, line)| input(seq, line)).collect()).await;
        alice.expect("resumed").await;
        alice.ack().await;
        alice.expect_text("You do: look at me\r\n").await;
        alice.expect_text("You do: smile\r\n").await;
        alice.act().await;
        let heard = world.game.heard("alice");
        let theirs: Vec<&String> = heard.iter().filter(|line| !line.starts_with("web")).collect();
        assert_eq!(theirs, ["look at me", "smile"], "each once");
    }
}

#[tokio::test]
async fn the_token_of_the_session_that_it_was_led_to_opens_that() {
    for via in BOTH {
        let world = site("").await;
        let alice = led(&world, via).await;
        alice.ack().await;
        alice.act().await;
        let kept = alice.vanish().await;
        for via in BOTH {
            let again = dial(&world, via).resume(kept.resume()).await;
            again.act().await;
            again.vanish().await;
        }
        assert_eq!(world.game.accepted(), 2);
    }
}

#[tokio::test]
async fn a_token_at_the_prompt_leads_there_as_well() {
    for via in BOTH {
        let world = site("").await;
        let kept = player(&world, Via::WebSocket, "alice").await.vanish().await;
        let alice = dial(&world, via).open().await;
        alice.expect_text("known? ").await;
        alice.line(&format!("resume {}", kept.token)).await;
        alice.expect("resumed").await;
        alice.ack().await;
        alice.act().await;
    }
}

#[tokio::test]
async fn a_stream_that_breaks_after_the_move_is_opened_again_in_the_new_session() {
    let world = site("").await;
    let alice = led(&world, Via::Sse).await;
    alice.ack().await;
    let kept = alice.vanish().await;
    let again = dial(&world, Via::Sse).reopen(&kept, Some(&kept.position)).await;
    let welcome = again.expect("resumed").await;
    assert_eq!(welcome["session_id"], *kept.session_id);
    again.act().await;
}

#[tokio::test]
async fn a_stream_that_breaks_before_the_player_knows_of_the_move_keeps_old_lines_out() {
    let world = site("").await;
    player(&world, Via::WebSocket, "alice").await.vanish().await;
    world.proxy.until("she is held", |c| (c.connections, c.sessions) == (0, 1)).await;
    let alice = dial(&world, Via::Sse).open().await;
    alice.expect_text("known? ").await;
    alice.line("alice").await;
    alice.expect_text("Password: ").await;
    alice.stall();
    let before = alice.kept();
    alice.line(PASSWORD).await;
    world.game.until("the half-made login is closed", |game| game.open() == 1).await;
    alice.vanish().await;
    let again = dial(&world, Via::Sse).reopen(&before, Some(&before.position)).await;
    let welcome = again.expect("resumed").await;
    assert_ne!(welcome["session_id"], *before.session_id);
    assert_eq!(welcome["reset"], true);
    // The client sends again what was not acknowledged: it was for the session before.
    again.send(input(1, "alice")).await;
    again.expect_error("not_acknowledged").await;
    again.ack().await;
    again.act().await;
    assert!(!world.game.heard("alice").contains(&"alice".to_owned()));
}
