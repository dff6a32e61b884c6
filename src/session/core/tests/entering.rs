//! From the first line typed to the game: the login, the menu, and leaving.

use super::*;

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
    assert_eq!(rig.sent(), format!("resume {token}\r\n"), "in play all lines are the game's");
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
