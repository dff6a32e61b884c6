//! From the first line typed to the game: the login, the menu, and leaving.

use super::*;
use crate::telnet::client_info::WindowSize;

#[test]
fn clients_hear_of_an_option_when_the_time_to_agree_to_it_is_over() {
    const WILL_MXP: &[u8] = b"\xFF\xFB\x5B";
    let (mut rig, client, _) = Rig::playing();
    rig.game(WILL_MXP);
    assert_eq!(rig.read(client).order, ["Offers"]);
    rig.wait(Duration::from_secs(60));
    assert!(rig.core.wants_client(client));
    assert_eq!(rig.read(client).order, ["Offers"]);
}

#[test]
fn a_name_that_the_game_states_late_is_claimed() {
    let (mut rig, client) = Rig::at_login();
    rig.game(b"\xFF\xFB\xC9");
    for _ in 0..20 {
        rig.line(client, "anything");
        rig.game("What?\r\n");
        rig.wait(3 * QUIET);
    }
    assert_eq!((rig.core.state(), rig.core.user()), (State::Playing, None));
    rig.asked();
    rig.game(b"\xFF\xFA\xC9Char.Name {\"name\":\"Alice\"}\xFF\xF0");
    let claim = rig.take(|action| matches!(action, Action::Claim(_)));
    let Some(Action::Claim(claim)) = claim else { panic!("no claim") };
    assert_eq!(claim.user.as_ref().map(|user| &*user.name), Some("Alice"));
    assert_eq!(rig.core.user().map(|user| &*user.name), Some("Alice"));
}

#[test]
fn what_is_typed_before_the_game_is_there_waits_for_it() {
    let mut rig = Rig::new(|_| {});
    let client = rig.open();
    rig.line(client, "alice");
    rig.wait(10 * QUIET);
    rig.core.game_connected(rig.now);
    assert_eq!(rig.sent(), "");
    rig.game("Name: ");
    rig.wait(QUIET);
    assert_eq!(rig.sent(), "alice\r\n");
    rig.game("Password: ");
    rig.line(client, "sesame");
    assert!(rig.take(|action| matches!(action, Action::Log(Event::Suspect))).is_none());
}

#[test]
fn a_game_that_asks_nobody_for_a_name_is_played_when_it_is_there() {
    let mut rig = Rig::of(Preset::none(), Config::default(), crate::clock::now());
    let client = rig.open();
    rig.line(client, "look");
    assert_eq!(rig.core.state(), State::Dialing);
    rig.core.game_connected(rig.now);
    assert_eq!(rig.core.state(), State::Playing);
    assert!(rig.take(|action| matches!(action, Action::CloseGame)).is_none());
    assert_eq!(rig.sent(), "look\r\n");
}

#[test]
fn a_login_goes_on_when_the_client_that_was_sent_away_is_replaced_by_another() {
    let (mut rig, client) = Rig::at_login();
    let grant = rig.read(client).grant();
    rig.line(client, &format!("resume {}", *grant.short()));
    rig.line(client, "alice");
    assert_eq!(rig.sent(), "");
    let client = rig.resume(&grant, None);
    rig.wait(QUIET);
    assert_eq!(rig.sent(), "alice\r\n");
    rig.game("Password: ");
    rig.line(client, "sesame");
    let found = Match { session: rig.core.id(), attached: true, bounced: false, gone: false };
    let outcome = CheckOutcome { matched: Some(found), ..CheckOutcome::default() };
    rig.core.checked(rig.now, outcome);
    assert_eq!(rig.sent(), "");
    rig.resume(&grant, None);
    rig.wait(QUIET);
    assert_eq!(rig.sent(), "sesame\r\n");
}

#[test]
fn a_token_typed_ahead_of_a_login_that_succeeds_does_not_reach_the_game() {
    let (mut rig, client) = Rig::at_login();
    let token = rig.read(client).grant().short().to_string();
    rig.line(client, "alice");
    rig.wait(QUIET);
    rig.game("Password: ");
    rig.line(client, "sesame");
    rig.line(client, &format!("resume {token}"));
    rig.line(client, "look");
    rig.core.checked(rig.now, CheckOutcome::default());
    assert_eq!(rig.sent(), "alice\r\nsesame\r\n");
    rig.game("\r\nWelcome, Alice!\r\n");
    assert_eq!(rig.core.state(), State::Playing);
    assert_eq!(rig.sent(), "look\r\n");
    rig.line(client, &format!("resume {token}"));
    rig.line(client, "resume game");
    assert_eq!(rig.sent(), "resume game\r\n", "in play all other lines are the game's");
}

#[test]
fn what_the_game_says_between_being_let_in_and_leaving_reaches_a_client_that_reads_late() {
    let (mut rig, client) = Rig::at_login();
    loop {
        rig.line(client, "anything");
        if rig.core.state() == State::Playing {
            break;
        }
        rig.game("What?\r\n");
        rig.read(client);
        rig.wait(3 * QUIET);
    }
    rig.line(client, "quit");
    rig.game("Come back soon.\r\nName: ");
    assert_eq!(rig.core.state(), State::Login);
    assert_eq!(rig.read(client).text, "Come back soon.\r\nName: ");
}

#[test]
fn whoever_gets_in_under_a_name_that_is_none_plays_on() {
    let (mut rig, client) = Rig::at_login();
    rig.line(client, "al\\ice");
    rig.game("Password: ");
    rig.line(client, "sesame");
    rig.core.checked(rig.now, CheckOutcome::default());
    rig.game("Welcome, Alice!\r\n");
    assert_eq!((rig.core.state(), rig.core.user()), (State::Playing, None));
    rig.wait(Config::default().limits.login_timeout * 2);
    assert_eq!(rig.core.state(), State::Playing);
    let grant = rig.read(client).grant();
    rig.detach(client, None);
    assert_eq!(rig.core.state(), State::Held);
    rig.resume(&grant, None);
    assert_eq!(rig.core.state(), State::Playing);
}

const WILL_GMCP: &[u8] = b"\xFF\xFB\xC9";

/// The users that were claimed since the last time.
fn claimed(rig: &mut Rig) -> Vec<Option<String>> {
    let claim = |action| match action {
        Action::Claim(claim) => Some(claim.user.map(|user| user.name.to_string())),
        _ => None,
    };
    rig.asked().into_iter().filter_map(claim).collect()
}

#[test]
fn a_game_that_let_somebody_in_is_asked_who_it_is_and_its_answer_counts() {
    for (typed, first) in [("alice", Some("alice")), ("al\\ice", None)] {
        let (mut rig, client) = Rig::at_login();
        rig.game(WILL_GMCP);
        rig.line(client, typed);
        rig.game("Password: ");
        rig.line(client, "sesame");
        rig.core.checked(rig.now, CheckOutcome::default());
        rig.sent();
        rig.asked();
        rig.game("Welcome!\r\n");
        assert_eq!(rig.core.state(), State::Playing);
        assert_eq!(claimed(&mut rig), [first.map(str::to_owned)]);
        assert!(rig.sent().contains("Char.Who"), "{typed}");
        rig.game(b"\xFF\xFA\xC9Char.Name {\"name\":\"Alicia\"}\xFF\xF0");
        assert_eq!(claimed(&mut rig), [Some("Alicia".to_owned())]);
        assert_eq!(rig.core.user().map(|user| &*user.name), Some("Alicia"));
        assert_eq!(rig.sent(), "", "it is asked once");
        rig.detach(client, None);
        assert_eq!(rig.core.state(), State::Held);
    }
}

#[test]
fn a_game_that_asks_for_the_window_gets_it_with_the_answer_and_not_a_wrong_one_before() {
    const DO_NAWS: &[u8] = b"\xFF\xFD\x1F";
    let mut rig = Rig::new(|_| {});
    let client = rig.open();
    rig.core.game_connected(rig.now);
    rig.game(DO_NAWS);
    assert_eq!(rig.core.game_output(), None, "the client is still asked for it");
    let tell = |rig: &mut Rig, size| {
        let info = ClientInfo { size: Some(size), ..ClientInfo::default() };
        rig.core.client(rig.now, client, ClientEvent::Info(Box::new(info)));
    };
    tell(&mut rig, WindowSize::said(99, 33));
    let told = b"\xFF\xFB\x1F\xFF\xFA\x1F\x00\x63\x00\x21\xFF\xF0";
    assert_eq!(rig.core.game_output(), Some(&told[..]));
    rig.sent();
    tell(&mut rig, WindowSize::said(98, 33));
    assert_eq!(rig.core.game_output(), Some(&b"\xFF\xFA\x1F\x00\x62\x00\x21\xFF\xF0"[..]));
}

/// A player at a game whose login is not known, with a token of the right form, and two lines behind.
fn resuming_where_nothing_is_known() -> (Rig, AttachGeneration) {
    let mut rig = Rig::of(Preset::none(), Config::default(), crate::clock::now());
    let client = rig.open();
    rig.core.game_connected(rig.now);
    let grant = rig.read(client).grant();
    rig.line(client, &format!("resume {}", *grant.short()));
    rig.line(client, "alice");
    rig.line(client, "sesame");
    assert_eq!(rig.sent(), "");
    (rig, client)
}

#[test]
fn what_is_typed_behind_a_good_token_does_not_go_to_a_game_that_is_not_known() {
    let (mut rig, client) = resuming_where_nothing_is_known();
    assert_eq!(rig.core.take_typed_ahead().len(), 2);
    rig.core.detach(rig.now, client, DetachReason::Moved, None);
    assert_eq!(rig.sent(), "");
    assert_eq!(rig.core.state(), State::Ended(EndReason::Superseded));
}

#[test]
fn what_is_typed_behind_a_bad_token_goes_to_a_game_that_is_not_known() {
    let (mut rig, client) = resuming_where_nothing_is_known();
    let refused = ClientEvent::MoveFailed(Refusal::TokenInvalid);
    rig.core.client(rig.now, client, refused);
    rig.line(client, "look");
    assert_eq!(rig.sent(), "alice\r\nsesame\r\nlook\r\n");
}

#[test]
fn what_waits_behind_a_token_is_bounded() {
    let (mut rig, client) = resuming_where_nothing_is_known();
    let max = Config::default().limits.type_ahead_lines_max;
    (2..max + 5).for_each(|_| rig.line(client, "x"));
    assert_eq!(rig.core.take_typed_ahead().len(), max);
    rig.line(client, &"x".repeat(Config::default().limits.type_ahead_bytes_max + 1));
    assert_eq!(rig.core.take_typed_ahead().len(), 0);
}

#[test]
fn a_token_that_comes_before_the_game_is_there_does_not_wait_for_it() {
    let token = format!("{}.{}", Uuid::nil(), "a".repeat(SECRET_CHARS));
    for connected in [false, true] {
        let mut rig = Rig::new(|_| {});
        let client = rig.open();
        if connected {
            rig.core.game_connected(rig.now);
        }
        rig.line(client, &format!("resume {token}"));
        rig.line(client, "alice");
        let moves = rig.read(client).notes.into_iter().any(|note| matches!(note, Note::Move(_)));
        assert_eq!(moves, !connected, "a game that is there may be asking something");
        if moves {
            let refused = ClientEvent::MoveFailed(Refusal::TokenInvalid);
            rig.core.client(rig.now, client, refused);
            rig.core.game_connected(rig.now);
            rig.game("Name: ");
            rig.wait(QUIET);
            assert_eq!(rig.sent(), "alice\r\n", "the login goes on, without the token");
        }
    }
}
