//! Lines that come while nobody is attached.

use super::*;
use crate::session::core::queueing::NotQueued;
use crate::session::queue::{QueueAnswer, QueueNumber};

type Posted = Result<InputSeq, NotQueued>;

fn post(rig: &mut Rig, grant: &Grant, seq: u64, line: &str) -> Posted {
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    rig.core.queue_line(rig.now, address, &grant.secret, InputSeq(seq), line.into())
}

fn held_with(change: impl FnOnce(&mut Config)) -> (Rig, Grant) {
    let (mut rig, client, grant) = Rig::playing_with(change);
    rig.core.client(rig.now, client, ClientEvent::TokenAck(grant.generation));
    rig.detach(client, None);
    (rig, grant)
}

/// Alice is away, and three lines wait for her.
fn waiting() -> (Rig, Grant) {
    let (mut rig, grant) = held_with(|_| {});
    for (seq, line) in [(1, "north"), (2, "get lamp"), (3, "south")] {
        assert_eq!(post(&mut rig, &grant, seq, line), Ok(InputSeq(seq)));
    }
    (rig, grant)
}

fn listed(got: &Got) -> Vec<(u64, String)> {
    let text = |line: &Line| String::from_utf8_lossy(line).into_owned();
    got.welcome().queued.iter().map(|queued| (queued.number.0, text(&queued.line))).collect()
}

fn answer(rig: &mut Rig, client: AttachGeneration, answer: QueueAnswer) {
    rig.core.client(rig.now, client, ClientEvent::Queue(answer));
}

fn dropped(rig: &Rig, lines: usize) -> Note {
    Note::Notice(rig.core.config.texts.queue_dropped(lines).unwrap().into())
}

fn is_told(got: &Got, note: &Note) -> bool {
    got.notes.iter().any(|told| format!("{told:?}") == format!("{note:?}"))
}

#[test]
fn what_waits_is_listed_and_sent_in_order_and_once() {
    let (mut rig, grant) = waiting();
    assert_eq!(rig.sent(), "", "nothing goes to the game by itself");
    let client = rig.resume(&grant, None);
    let got = rig.read(client);
    let all = [(1, "north".into()), (2, "get lamp".into()), (3, "south".into())];
    assert_eq!(listed(&got), all);
    assert_eq!(got.welcome().input_seen, InputSeq(3));
    answer(&mut rig, client, QueueAnswer::All);
    assert_eq!(rig.sent(), "north\r\nget lamp\r\nsouth\r\n");
    answer(&mut rig, client, QueueAnswer::All);
    assert_eq!(rig.sent(), "");
    rig.numbered(client, 4, "look");
    assert_eq!(rig.sent(), "look\r\n");
}

#[test]
fn a_selection_is_sent_and_the_rest_is_dropped_without_a_word() {
    let (mut rig, grant) = waiting();
    let client = rig.resume(&grant, None);
    rig.read(client);
    answer(&mut rig, client, QueueAnswer::Only(vec![QueueNumber(3), QueueNumber(1)]));
    assert_eq!(rig.sent(), "north\r\nsouth\r\n");
    assert!(rig.read(client).notes.is_empty());
}

#[test]
fn none_is_sent_where_the_player_says_so() {
    let (mut rig, grant) = waiting();
    let client = rig.resume(&grant, None);
    rig.read(client);
    answer(&mut rig, client, QueueAnswer::None);
    assert_eq!(rig.sent(), "");
    assert!(rig.read(client).notes.is_empty());
}

#[test]
fn a_player_who_goes_on_without_an_answer_is_told_that_they_are_dropped() {
    let (mut rig, grant) = waiting();
    let client = rig.resume(&grant, None);
    rig.read(client);
    rig.line(client, "look");
    assert_eq!(rig.sent(), "look\r\n");
    assert!(is_told(&rig.read(client), &dropped(&rig, 3)));
    answer(&mut rig, client, QueueAnswer::All);
    assert_eq!(rig.sent(), "");
}

#[test]
fn what_waited_too_long_is_not_listed() {
    let (mut rig, grant) = held_with(|config| config.session.hold = Hold::For(QUIET * 3600));
    assert_eq!(post(&mut rig, &grant, 1, "old"), Ok(InputSeq(1)));
    rig.wait(rig.core.config.session.queue_age_max - QUIET);
    assert_eq!(post(&mut rig, &grant, 2, "new"), Ok(InputSeq(2)));
    rig.wait(QUIET);
    let client = rig.resume(&grant, None);
    assert_eq!(listed(&rig.read(client)), [(2, "new".into())]);
}

#[test]
fn a_line_that_is_sent_again_waits_once_and_a_hole_is_named() {
    let (mut rig, grant) = waiting();
    assert_eq!(post(&mut rig, &grant, 2, "get lamp"), Ok(InputSeq(3)));
    assert_eq!(post(&mut rig, &grant, 5, "east"), Err(NotQueued::Expected(InputSeq(4))));
    let client = rig.resume(&grant, None);
    assert_eq!(listed(&rig.read(client)).len(), 3);
}

#[test]
fn over_the_limit_a_line_is_refused_and_can_be_sent_again_later() {
    let (mut rig, grant) = held_with(|config| config.session.queue_lines_max = 2);
    assert_eq!(post(&mut rig, &grant, 1, "a"), Ok(InputSeq(1)));
    assert_eq!(post(&mut rig, &grant, 2, "b"), Ok(InputSeq(2)));
    assert_eq!(post(&mut rig, &grant, 3, "c"), Err(NotQueued::Full));
    let client = rig.resume(&grant, None);
    assert_eq!(rig.read(client).welcome().input_seen, InputSeq(2));
    answer(&mut rig, client, QueueAnswer::None);
    rig.numbered(client, 3, "c");
    assert_eq!(rig.sent(), "c\r\n");
}

#[test]
fn nothing_waits_for_a_player_who_is_there() {
    let (mut rig, client, grant) = Rig::playing();
    assert_eq!(post(&mut rig, &grant, 1, "look"), Err(NotQueued::Attached));
    rig.line(client, "look");
    assert_eq!(rig.sent(), "look\r\n");
}

#[test]
fn nothing_secret_waits_and_nothing_is_typed_into_a_password() {
    let (mut rig, grant) = waiting();
    rig.core.game_bytes(rig.now, b"\xff\xfb\x01New password: ");
    assert_eq!(post(&mut rig, &grant, 4, "sesame"), Err(NotQueued::Secret));
    let client = rig.resume(&grant, None);
    rig.read(client);
    answer(&mut rig, client, QueueAnswer::All);
    assert!(!rig.sent().contains("north"));
    assert!(is_told(&rig.read(client), &dropped(&rig, 3)));
}

#[test]
fn nothing_waits_for_a_game_that_is_gone() {
    let (mut rig, grant) = waiting();
    rig.core.game_closed(rig.now, GameEnd::Lost);
    rig.core.decide_end(rig.now, false);
    assert_eq!(post(&mut rig, &grant, 4, "look"), Err(NotQueued::NoGame));
    let client = rig.resume(&grant, None);
    assert_eq!(listed(&rig.read(client)), []);
}

#[test]
fn a_token_that_opens_nothing_has_nothing_wait() {
    let (mut rig, old) = waiting();
    let client = rig.resume(&old, None);
    let new = rig.read(client).grant();
    rig.detach(client, None);
    // The new one is not proven, so the one before it is good; carrying the new one proves it.
    assert_eq!(post(&mut rig, &old, 4, "a"), Ok(InputSeq(4)));
    assert_eq!(post(&mut rig, &new, 5, "b"), Ok(InputSeq(5)));
    assert_eq!(post(&mut rig, &old, 6, "c"), Err(NotQueued::TokenOld));
    rig.wait(QUIET * 61);
    let reused = Err(NotQueued::Token(Refusal::TokenReused));
    assert_eq!(post(&mut rig, &old, 6, "c"), reused);
    let stranger = Grant { secret: Secret::parse(&[b'Z'; SECRET_CHARS]).unwrap(), ..new };
    let invalid = Err(NotQueued::Token(Refusal::TokenInvalid));
    assert_eq!(post(&mut rig, &stranger, 6, "c"), invalid);
}
