//! Coming back: to the byte where a position is named, with what was missed where none is, and with a
//! clear word where it cannot be.

use serde_json::{Value, json};

use crate::site::{NO_LIMITS, dial, player, player_by, site};
use crate::support::web::log::offset;
use crate::support::web::{BOTH, Closed, Dial, Kept, Player, Via};
use crate::world::{Dice, World};

/// Every player is cut off so often.
const CUTS: usize = 50;

/// Nothing here is about takeovers that come too often.
const OFTEN: &str = "limits.takeovers_per_minute = 60";

/// Text with a bit of everything that can be cut in two.
fn some_text(dice: &mut Dice) -> String {
    let pieces = ["a", "line\r\n", "\u{e9}", "\u{1f600}", "\x1b[1;31m", "\u{4f60}\u{597d}", " "];
    (0..1 + dice.roll(200)).map(|_| pieces[dice.roll(pieces.len())]).collect()
}

/// All that the game has said in this epoch, which began behind `before`.
fn said(world: &World, before: usize) -> String {
    String::from_utf8(world.game.record(0).sent[before..].to_vec()).unwrap()
}

/// How a player comes back that names its position.
#[derive(Clone, Copy, Debug)]
enum How {
    Resume(Via),
    LastEventId,
    After,
}

async fn comes_back(world: &World, kept: &Kept, how: How) -> Player {
    let sse = dial(world, Via::Sse);
    let player = match how {
        // A WebSocket has no stream that could be opened again.
        How::LastEventId | How::After if kept.cookie.is_empty() => {
            return sse.resume(kept.resume()).await;
        }
        How::Resume(via) => return dial(world, via).resume(kept.resume()).await,
        How::LastEventId => sse.reopen(kept, Some(&kept.position)).await,
        How::After => sse.reopen(kept, Some(&format!("?x=1&after={}", kept.position))).await,
    };
    player.expect("resumed").await;
    player.ack().await;
    player
}

/// Cut off in the midst of output again and again, the texts are one text.
async fn is_cut(world: &World, seed: u64, hows: &[How]) {
    let mut dice = Dice::new(seed);
    let via = match hows[0] {
        How::Resume(via) => via,
        How::LastEventId | How::After => Via::Sse,
    };
    let mut player = player(world, via, "alice").await;
    player.ack().await;
    let all = world.game.record(0).sent.len();
    let mut told = String::new();
    let mut from = player.text().len();
    for round in 0..CUTS {
        let text = some_text(&mut dice);
        let point = from + dice.roll(text.len());
        world.game.say("alice", &text);
        player.until_text("the point where it is cut", |told| told.len() >= point).await;
        player.stall();
        if dice.roll(2) == 0 {
            world.game.say("alice", some_text(&mut dice));
        }
        told += &player.text()[from..];
        let kept = player.vanish().await;
        world.game.say("alice", some_text(&mut dice));
        player = comes_back(world, &kept, hows[round % hows.len()]).await;
        let welcome = player.all("resumed").remove(0);
        assert_eq!(welcome["position"], *kept.position, "seed {seed}, round {round}");
        assert!(welcome.get("gap").is_none() && welcome.get("reset").is_none(), "{welcome}");
        assert!(player.all("replay").is_empty(), "a position says what was missed");
        from = 0;
    }
    player.act().await;
    let all = said(world, all);
    let rest = all.len() - told.len();
    player.until_text("all", |text| text.len() >= rest).await;
    told += &player.text();
    assert_eq!(told, all, "seed {seed}");
    assert_eq!(world.game.accepted(), 1);
}

#[tokio::test]
async fn with_a_position_over_websocket_nothing_comes_twice_and_nothing_is_lost() {
    is_cut(&site(OFTEN).await, 11, &[How::Resume(Via::WebSocket)]).await;
}

#[tokio::test]
async fn with_a_position_over_sse_nothing_comes_twice_and_nothing_is_lost() {
    is_cut(&site(OFTEN).await, 12, &[How::Resume(Via::Sse)]).await;
}

#[tokio::test]
async fn a_browsers_own_way_back_is_exact_to_the_byte() {
    is_cut(&site(OFTEN).await, 13, &[How::LastEventId, How::After]).await;
}

#[tokio::test]
async fn all_ways_back_lead_to_the_same_place() {
    let (sse, websocket) = (How::Resume(Via::Sse), How::Resume(Via::WebSocket));
    let hows = [sse, How::LastEventId, websocket, sse, How::After, websocket, websocket];
    is_cut(&site(OFTEN).await, 14, &hows).await;
}

/// What stands between the welcome and `live`, and the texts of it.
fn before_live(player: &Player) -> (Vec<Value>, String) {
    let all = player.messages();
    let live = all.iter().position(|m| m["type"] == "live").expect("it is live");
    let before = all[..live].to_vec();
    let text = before.iter().filter_map(|m| m["text"].as_str()).collect();
    (before, text)
}

#[tokio::test]
async fn without_a_position_what_was_missed_is_shown_as_such() {
    for via in BOTH {
        let world = site("").await;
        let alice = player(&world, via, "alice").await;
        alice.ack().await;
        alice.act().await;
        alice.ack().await;
        alice.send(json!({"type": "ping"})).await;
        alice.expect("pong").await;
        let kept = alice.vanish().await;
        world.proxy.until("it is noticed", |c| via == Via::Sse || c.connections == 0).await;
        world.game.say("alice", "one\r\ntwo\r\nthree\r\n");
        let alice = dial(&world, via).resume(kept.resume_showing("missed")).await;
        alice.expect("live").await;
        let (before, text) = before_live(&alice);
        assert!(text.ends_with("one\r\ntwo\r\nthree\r\n"), "{text:?}");
        let replay = before.iter().find(|m| m["type"] == "replay").expect("it is said");
        assert_eq!(replay["missed"], 0, "{replay}");
        if via == Via::WebSocket {
            assert_eq!(text.matches('\n').count(), 3, "what was acknowledged is not missed");
            assert_eq!(replay["lines"], 3);
        }
        alice.act().await;
    }
}

#[tokio::test]
async fn a_screenful_is_shown_to_whoever_wants_one_and_nothing_to_whoever_does_not() {
    for via in BOTH {
        let world = site("").await;
        let mut kept = player(&world, via, "alice").await.vanish().await;
        world.game.flood("alice", 100).await;
        for (replay, lines) in [("screen", 24), ("none", 0), ("screen", 24)] {
            let alice = dial(&world, via).resume(kept.resume_showing(replay)).await;
            alice.expect("live").await;
            let (before, text) = before_live(&alice);
            assert_eq!(text.matches('\n').count(), lines, "{replay}: {text:?}");
            if lines > 0 {
                assert!(text.ends_with("line 100\r\n"));
                assert_eq!(before.iter().find(|m| m["type"] == "replay").unwrap()["lines"], lines);
            }
            let head = alice.kept();
            kept = alice.vanish().await;
            assert_eq!(kept.position, head.position);
        }
        // Its place is where a client may go on from.
        world.game.say("alice", "And on.\r\n");
        let alice = dial(&world, via).resume(kept.resume()).await;
        alice.expect_text("And on.\r\n").await;
        assert_eq!(alice.text(), "And on.\r\n");
    }
}

#[tokio::test]
async fn what_is_not_held_any_more_is_said_exactly() {
    for via in BOTH {
        let world = site("session.history = \"8KiB\"").await;
        let alice = player(&world, via, "alice").await;
        alice.act().await;
        // From here on the game's bytes are the history's.
        let (sent, kept) = (world.game.record(0).sent.len(), alice.vanish().await);
        let at = kept.offset();
        world.game.flood("alice", 5_000).await;
        let all = said(&world, sent);
        let alice = dial(&world, via).resume(kept.resume()).await;
        alice.expect_text("line 5000\r\n").await;
        let welcome = alice.all("resumed").remove(0);
        let (from, to) = (&welcome["gap"]["from"], welcome["gap"]["to"].as_u64().unwrap());
        assert_eq!(from.as_u64(), Some(at), "{welcome}");
        assert_eq!(offset(welcome["position"].as_str().unwrap()), to);
        let rest = &all[usize::try_from(to - at).unwrap()..];
        assert_eq!(alice.text(), rest, "{via:?}");
        assert!(rest.starts_with("line ") && rest.len() > 4096, "{}", rest.len());
    }
}

#[tokio::test]
async fn a_player_who_reads_too_slowly_is_told_what_it_lost() {
    for via in BOTH {
        let settings = "session.history = \"16KiB\"\nlimits.send_buffer_bytes = \"4KiB\"";
        let world = site(settings).await;
        let alice = player_by(&dial(&world, via).receive_bytes(4096), "alice").await;
        alice.act().await;
        let (sent, at, before) =
            (world.game.record(0).sent.len(), alice.kept().offset(), alice.text().len());
        alice.stall();
        world.game.flood("alice", 50_000).await;
        alice.unstall();
        alice.expect_text("line 50000\r\n").await;
        let all = said(&world, sent);
        let mut place = at;
        let mut text = String::new();
        for message in alice.messages() {
            match message["type"].as_str().unwrap() {
                "gap" => {
                    let (from, to) = (&message["from"], message["to"].as_u64().unwrap());
                    assert_eq!(from.as_u64(), Some(place), "{via:?}");
                    text += &all
                        [usize::try_from(place - at).unwrap()..usize::try_from(to - at).unwrap()];
                    place = to;
                }
                "output" if offset(message["position"].as_str().unwrap()) > at => {
                    place = offset(message["position"].as_str().unwrap());
                }
                _ => {}
            }
        }
        assert!(!alice.all("gap").is_empty(), "{via:?}");
        let shown = &alice.text()[before..];
        assert_eq!(shown.len() + text.len(), all.len(), "all is shown or said to be lost");
    }
}

#[tokio::test]
async fn a_position_of_another_stream_or_of_the_future_is_reset() {
    for via in BOTH {
        let world = site("").await;
        let mut kept = player(&world, via, "alice").await.vanish().await;
        let (epoch, here) = kept.position.split_once('.').unwrap();
        for position in ["1.5".to_owned(), format!("{epoch}.{}", 1_000_000), format!("{here}.1")] {
            kept.position = position;
            let alice = dial(&world, via).begin(kept.resume()).await;
            let welcome = alice.expect("resumed").await;
            assert_eq!(welcome["reset"], true, "{}", kept.position);
            alice.expect("live").await;
            alice.act().await;
            kept = alice.vanish().await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_lost_is_given_again_and_a_token_that_was_replaced_opens_nothing() {
    for via in BOTH {
        let world = site(OFTEN).await;
        let first = player(&world, via, "alice").await.vanish().await;
        let mut successors = Vec::new();
        let mut last = first.clone();
        for _ in 0..5 {
            let alice = dial(&world, via).begin(first.resume()).await;
            alice.expect("resumed").await;
            last = alice.vanish().await;
            successors.push(last.token.split_at(100).0.to_owned());
        }
        successors.dedup();
        assert_eq!(successors.len(), 1, "{via:?}");
        let alice = dial(&world, via).resume(last.resume()).await;
        alice.token_ack().await;
        alice.act().await;
        let thief = dial(&world, via).from(9).begin(first.resume()).await;
        thief.expect_error("token_reused").await;
        let closed = match via {
            Via::WebSocket => Closed::WebSocket(4401, "token_reused".to_owned()),
            Via::Sse => Closed::Answered(401),
        };
        assert_eq!(thief.closed().await, closed);
        alice.act().await;
        let told = crate::world::texts().token_reused().unwrap();
        assert_eq!(alice.expect("notice").await["text"], *told);
    }
}

#[tokio::test]
async fn a_token_that_opens_nothing_and_too_many_of_them() {
    for via in BOTH {
        let world = site("limits.token_refusals_per_address = 2").await;
        let kept = player(&world, via, "alice").await.vanish().await;
        let dial = |host| dial(&world, via).from(host);
        for (code, closes, status) in [
            ("token_invalid", 4401, 401),
            ("token_invalid", 4401, 401),
            ("token_limited", 1013, 429),
        ] {
            let nobody = dial(3).begin(json!({"type": "resume", "token": "nonsense"})).await;
            nobody.expect_error(code).await;
            match nobody.closed().await {
                Closed::WebSocket(code, _) => assert_eq!(code, closes),
                other => assert_eq!(other, Closed::Answered(status)),
            }
        }
        dial(4).resume(kept.resume()).await.act().await;
    }
}

#[tokio::test]
async fn after_a_restart_the_player_is_told_whom_to_log_in_as() {
    for via in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store.redb");
        let settings = format!("store.path = {:?}\n{NO_LIMITS}", store.to_str().unwrap());
        let world = site(&settings).await;
        let alice = player(&world, via, "alice").await;
        let kept = alice.kept();
        assert!(world.proxy.stop().await);
        let usual = "login.preset = \"circle\"\n";
        let address = world.game.address().to_string();
        let proxy =
            crate::support::proxy::Proxy::start(&address, &format!("{usual}{settings}")).await;
        let late = Dial::new(via, proxy.http_address()).begin(kept.resume()).await;
        let error = late.expect_error("session_lost").await;
        assert_eq!(error["user"], "alice");
        match late.closed().await {
            Closed::WebSocket(code, _) => assert_eq!(code, 4401),
            other => assert_eq!(other, Closed::Answered(401)),
        }
    }
}
