//! Coming, reading, being put out, and coming back.

use super::*;
use crate::telnet::option::{GMCP, MSDP, OptionSet};

#[test]
fn a_player_plays() {
    let (mut rig, client, _) = Rig::playing();
    rig.line(client, "look");
    assert_eq!(rig.sent(), "look\r\n");
    rig.game("A room.\r\n");
    assert_eq!(rig.read(client).text, "A room.\r\n");
}

#[test]
fn a_client_that_has_read_everything_is_woken_when_its_player_is_in() {
    let (mut rig, client) = Rig::at_login();
    for _ in 0..20 {
        rig.read(client);
        assert!(!rig.core.wants_client(client));
        rig.line(client, "anything");
        if rig.core.state() == State::Playing {
            assert!(rig.core.wants_client(client));
            assert!(rig.read(client).authenticated().user.is_none());
            return;
        }
        rig.game("What?\r\n");
        rig.wait(3 * QUIET);
    }
    panic!("a login that nobody understands comes to its end");
}

#[test]
fn a_client_whose_place_is_gone_is_told_the_gap_and_the_state() {
    let (mut rig, client, grant) = Rig::playing_with(|config| config.session.history = 1024);
    let position = rig.core.output().head();
    rig.detach(client, None);
    rig.game(b"\xFF\xFB\x01");
    rig.game("a line of some thirty bytes.\r\n".repeat(200));
    let client = rig.resume(&grant, Some(position));
    let got = rig.read(client);
    let tail = rig.core.output().current().tail();
    let (from, to) = got.welcome().gap.unwrap();
    assert!(from == position.offset && to >= tail && to == got.welcome().position.offset);
    assert_eq!(got.order[..4], ["Welcome", "Offers", "Echo", "Live"]);
    assert!(got.text.starts_with("a line"), "{}", got.text);
}

#[test]
fn a_token_is_good_for_its_time_after_the_client_is_gone_however_long_it_was_attached() {
    let (mut rig, client, grant) = Rig::playing();
    rig.wait(3 * grant.ttl);
    rig.detach(client, None);
    rig.wait(Duration::from_secs(200));
    assert!(rig.attach(Proof::Token(grant.secret), None).is_ok());
}

fn flap(rig: &mut Rig, times: usize) {
    for _ in 0..times {
        rig.by_password();
        rig.wait(QUIET / 5);
    }
}

#[test]
fn of_several_that_wait_their_turn_the_newest_has_the_last_word() {
    let (mut rig, ..) = Rig::playing();
    flap(&mut rig, 5);
    let waits_one_second = rig.by_password();
    let waits_two_seconds = rig.by_password();
    rig.wait(Duration::from_millis(1500));
    assert!(rig.core.clients().find(waits_one_second).unwrap().is_attached());
    rig.wait(Duration::from_millis(1500));
    assert_eq!(rig.read(waits_one_second).closing(), Some(Closing::Replaced));
    assert!(rig.core.clients().find(waits_two_seconds).unwrap().is_attached());
}

#[test]
fn who_waited_for_its_turn_is_told_the_token_that_is_good_by_then() {
    let (mut rig, ..) = Rig::playing();
    flap(&mut rig, 4);
    let client = rig.by_password();
    rig.wait(QUIET / 5);
    let grant = rig.read(client).grant();
    let waits = rig.resume(&grant, None);
    assert!(!rig.core.clients().find(waits).unwrap().is_attached());
    // Meanwhile another tab of the same browser has a new one, and says so.
    for _ in 0..2 {
        rig.core.client(rig.now, client, ClientEvent::Refresh);
        let told = rig.read(client).grant().generation;
        rig.core.client(rig.now, client, ClientEvent::TokenAck(told));
    }
    rig.wait(Duration::from_secs(2));
    let grant = rig.read(waits).welcome().grant.clone().unwrap();
    assert!(rig.attach(Proof::Token(grant.secret), None).is_ok());
}

#[test]
fn a_token_is_good_while_its_client_is_attached() {
    let (mut rig, _, grant) = Rig::playing();
    rig.wait(3 * grant.ttl);
    assert!(rig.attach(Proof::Token(grant.secret), None).is_ok());
}

#[test]
fn a_loser_that_leaves_late_changes_nothing() {
    let (mut rig, old, grant) = Rig::playing();
    let position = rig.core.output().head();
    let new = rig.resume(&grant, Some(position));
    rig.game("one\r\ntwo\r\n");
    let got = rig.read(new);
    rig.detach(new, got.position);
    rig.wait(Duration::from_secs(290));
    rig.detach(old, None);
    assert_eq!(rig.core.state(), State::Held);
    rig.wait(Duration::from_secs(9));
    let back = rig.by_password();
    let got = rig.read(back);
    assert_eq!(got.text, "");
    rig.detach(back, None);
    rig.wait(Duration::from_secs(299));
    assert_eq!(rig.core.state(), State::Held);
    rig.wait(Duration::from_secs(1));
    assert_eq!(rig.core.state(), State::Ended(EndReason::Expired));
}

#[test]
fn the_output_of_a_login_is_never_shown_again() {
    let (mut rig, client) = Rig::at_login();
    let got = rig.read(client);
    let grant = got.grant();
    for position in [None, got.position, Some(Position::new(Epoch(0), Offset(0)))] {
        rig.line(client, "sesame");
        rig.game(b"You typed sesame.\r\n\xFF\xFB\x01");
        let client = rig.resume(&grant, position);
        rig.wait(QUIET);
        let got = rig.read(client);
        assert_eq!(got.order, ["Welcome", "Offers", "Echo", "Live"]);
        assert_eq!(got.welcome().reset, position.is_some());
        rig.game("Name: ");
        assert_eq!(rig.read(client).text, "Name: ");
    }
}

#[test]
fn a_password_opens_only_a_session_that_its_player_is_in() {
    let (mut rig, client) = Rig::at_login();
    assert_eq!(rig.attach(Proof::Password, None), Err(Refusal::Ended));
    rig.log_in(client);
    rig.line(client, "quit");
    rig.game("Name: ");
    assert_eq!(rig.core.state(), State::Login);
    assert_eq!(rig.attach(Proof::Password, None), Err(Refusal::Ended));
    assert_eq!(rig.read(client).closing(), None);
}

#[test]
fn a_client_that_waits_its_turn_while_the_game_accepts_the_player_gets_the_new_token() {
    let (mut rig, mut client) = Rig::at_login();
    let grant = rig.read(client).grant();
    for _ in 0..5 {
        client = rig.resume(&grant, None);
        rig.wait(QUIET);
    }
    let waiting = rig.resume(&grant, None);
    rig.log_in(client);
    rig.wait(Duration::from_secs(2));
    let got = rig.read(waiting);
    assert_eq!(got.order[0], "Notice");
    assert_eq!(got.order[1], "Welcome");
    let grant = got.welcome().grant.clone().unwrap();
    assert_eq!(grant.session_id, rig.core.id());
    rig.detach(waiting, None);
    assert!(rig.attach(Proof::Token(grant.secret), None).is_ok());
}

#[test]
fn input_is_remembered_only_of_devices_that_have_a_token() {
    let (mut rig, mut client, _) = Rig::playing();
    for _ in 0..50 {
        rig.numbered(client, 1, "look");
        rig.detach(client, None);
        client = rig.by_password();
    }
    assert!(rig.core.inputs.len() <= Config::default().token.families_max);
}

#[test]
fn what_a_stalled_client_lost_with_an_old_login_is_told() {
    let (mut rig, client, _) = Rig::playing();
    let read = rig.core.output().head().offset;
    rig.game("unread\r\n");
    rig.line(client, "quit");
    rig.game("Name: ");
    let end = Offset(read.0 + b"unread\r\nName: ".len() as u64);
    rig.wait(QUIET);
    rig.log_in(client);
    rig.game("A room.\r\n");
    let got = rig.read(client);
    assert_eq!(got.order[..3], ["Token", "Echo", "Gap"]);
    assert!(matches!(got.notes[2], Note::Gap { from, to } if (from, to) == (read, end)));
    assert_eq!(got.text, "Password: Welcome, Alice!\r\nA room.\r\n");
    let last = got.order.len() - 1;
    assert_eq!(got.order[last - 1..], ["Authenticated", "A room.\r\n"]);
}

fn replay_summary(got: &Got) -> ReplaySummary {
    let found = got.notes.iter().find_map(|note| match note {
        Note::ReplayStart(summary) => Some(*summary),
        _ => None,
    });
    found.expect("a replay")
}

#[test]
fn a_returning_player_is_told_how_much_is_not_shown_even_of_what_is_gone() {
    let (mut rig, client, _) = Rig::playing_with(|config| {
        config.session.history = 4096;
        config.session.replay = 300;
    });
    rig.detach(client, Some(rig.core.output().head()));
    for line in 0..1000 {
        rig.game(format!("this is line number {line:8}\r\n"));
    }
    rig.wait(Duration::from_secs(100));
    let client = rig.by_password();
    let got = rig.read(client);
    let summary = replay_summary(&got);
    assert_eq!(summary, ReplaySummary { lines: 10, more: 990, away_seconds: 100 });
    assert!(got.text.starts_with("this is line number      990\r\n"), "{}", got.text);
    assert!(got.text.ends_with("this is line number      999\r\n"), "{}", got.text);
}

#[test]
fn a_client_is_welcomed_first_whatever_happened_while_it_waited() {
    let (mut rig, old, _) = Rig::playing();
    rig.game("A room.\r\n");
    let client = rig.by_password();
    rig.game(b"> \xFF\xF9");
    rig.detach(old, None);
    let got = rig.read(client);
    assert_eq!(got.order[..3], ["Welcome", "Offers", "ReplayStart"]);
    assert_eq!(got.text, "A room.\r\n> \u{FFFD}\u{FFFD}");
}

#[test]
fn a_client_that_agrees_late_is_told_what_was_said_before() {
    let (mut rig, client, _) = Rig::playing();
    rig.game(b"\xFF\xFB\xC9");
    rig.game(
        b"\xFF\xFA\xC9Char.Vitals {\"hp\":7}\xFF\xF0\xFF\xFA\xC9Room.Info {\"num\":1}\xFF\xF0",
    );
    rig.read(client);
    let told = |rig: &mut Rig, agreed: &[u8]| {
        let info = ClientInfo { agreed: OptionSet::of(agreed), ..ClientInfo::default() };
        rig.core.client(rig.now, client, ClientEvent::Info(Box::new(info)));
        let told = rig.read(client).notes.into_iter().filter_map(|note| match note {
            Note::OutOfBand { option, payload } => {
                Some((option, String::from_utf8(payload).unwrap()))
            }
            _ => None,
        });
        told.collect::<Vec<_>>()
    };
    assert_eq!(told(&mut rig, &[MSDP]), []);
    let said =
        ["Char.Vitals {\"hp\":7}", "Room.Info {\"num\":1}"].map(|said| (GMCP, said.to_owned()));
    assert_eq!(told(&mut rig, &[MSDP, GMCP]), said);
    assert_eq!(told(&mut rig, &[MSDP, GMCP]), [], "once");
    assert_eq!(told(&mut rig, &[MSDP]), []);
    assert_eq!(told(&mut rig, &[MSDP, GMCP]), said, "it has agreed anew");
}

#[test]
fn lines_that_nobody_is_known_to_have_are_counted_for_each_who_comes() {
    let (mut rig, client, _) = Rig::playing_with(|config| {
        config.session.history = 1024;
        config.session.clients_max = 2;
    });
    let head = rig.core.output().head();
    rig.detach(client, Some(head));
    rig.game("a line of some thirty bytes.\r\n".repeat(500));
    for _ in 0..2 {
        let newcomer = rig.by_password();
        let notes = rig.read(newcomer).notes;
        let told = notes.iter().find_map(|note| match note {
            Note::ReplayStart(summary) => Some(summary.lines + summary.more),
            _ => None,
        });
        assert_eq!(told, Some(500));
    }
}

#[test]
fn a_token_that_is_typed_in_the_game_is_kept_from_it() {
    let (mut rig, client, grant) = Rig::playing();
    rig.line(client, "look");
    rig.line(client, &format!("resume {}", *grant.short()));
    rig.line(client, "resume game");
    assert_eq!(rig.sent(), "look\r\nresume game\r\n");
    let said = rig.read(client).order.into_iter().filter(|said| said == "Notice").count();
    assert_eq!(said, 1);
}

#[test]
fn a_client_that_agrees_again_and_again_without_reading_is_told_once() {
    let (mut rig, client, _) = Rig::playing();
    rig.game(b"\xFF\xFB\xC9");
    rig.game(
        b"\xFF\xFA\xC9Char.Vitals {\"hp\":7}\xFF\xF0\xFF\xFA\xC9Room.Info {\"num\":1}\xFF\xF0",
    );
    rig.read(client);
    for agreed in [&[GMCP][..], &[]].repeat(100) {
        let info = ClientInfo { agreed: OptionSet::of(agreed), ..ClientInfo::default() };
        rig.core.client(rig.now, client, ClientEvent::Info(Box::new(info)));
    }
    let is_value = |note: &&Note| matches!(note, Note::OutOfBand { .. });
    assert_eq!(rig.read(client).notes.iter().filter(is_value).count(), 2);
}

#[test]
fn who_is_led_here_takes_the_place_of_one_and_of_nobody_else() {
    let (mut rig, older, _) = Rig::playing_with(|config| config.session.clients_max = 2);
    let mut request = rig.request(Proof::Password, None);
    request.peer.connection = ConnectionId(uuid::Uuid::from_u128(77));
    let newer = rig.core.attach(rig.now, request).unwrap();
    rig.wait(QUIET);
    let led = rig.attach(Proof::Led(ConnectionId(uuid::Uuid::from_u128(77))), None).unwrap();
    rig.wait(QUIET);
    assert_eq!(rig.read(newer).closing(), Some(Closing::Replaced));
    let attached: Vec<_> = rig.core.clients().attached().map(|client| client.generation).collect();
    assert_eq!(attached, [older, led]);
}
