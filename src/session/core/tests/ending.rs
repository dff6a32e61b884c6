//! How a session ends, and how it does not.

use super::*;

pub(super) fn stay(config: &mut Config) {
    config.game.on_down = Some(crate::config::OnDown::Stay);
}

fn asked_for(rig: &mut Rig, name: &str) -> bool {
    rig.take(|action| format!("{action:?}").starts_with(name)).is_some()
}

/// Alice waits for a game that is down.
pub(super) fn orphaned() -> (Rig, AttachGeneration, Grant) {
    let (mut rig, client, grant) = Rig::playing_with(stay);
    rig.game("The king is dead.\r\n");
    rig.core.game_closed(rig.now, GameEnd::Lost);
    assert!(asked_for(&mut rig, "AskNaming"));
    rig.core.decide_end(rig.now, false);
    assert!(asked_for(&mut rig, "AwaitGame"));
    assert_eq!(rig.core.state(), State::Orphaned);
    (rig, client, grant)
}

#[test]
fn a_client_that_comes_back_while_the_game_is_down_goes_on_waiting() {
    let (mut rig, client, grant) = orphaned();
    assert!(rig.read(client).text.starts_with("The king is dead."));
    let client = rig.resume(&grant, None);
    rig.wait(QUIET);
    assert_eq!(rig.core.state(), State::Orphaned);
    let got = rig.read(client);
    assert_eq!(got.closing(), None);
    assert_eq!(got.order[0], "Welcome");
    assert_eq!(got.order.last().unwrap(), "Notice");
    rig.core.game_is_back();
    assert_eq!(rig.read(client).order, ["Notice", "Move"]);
}

#[test]
fn who_comes_too_late_to_be_sent_to_the_game_that_is_back_gets_the_last_words() {
    let (mut rig, client, _) = orphaned();
    rig.detach(client, None);
    assert_eq!(rig.core.state(), State::Lingering);
    rig.core.game_is_back();
    let client = rig.by_password();
    let got = rig.read(client);
    assert!(got.text.starts_with("The king is dead."));
    assert_eq!(got.closing(), Some(Closing::GameClosed));
    assert_eq!(rig.core.state(), State::Ended(EndReason::GameClosed));
}

#[test]
fn who_waits_for_a_game_that_is_gone_goes_by_how_the_client_came() {
    for (transport, state) in [
        (Transport::Telnet, State::Ended(EndReason::GameLost)),
        (Transport::TelnetFrames, State::Ended(EndReason::GameLost)),
        (Transport::WebSocket, State::Orphaned),
        (Transport::Sse, State::Orphaned),
    ] {
        let (mut rig, _, grant) = Rig::playing();
        rig.transport = transport;
        rig.resume(&grant, None);
        rig.wait(QUIET);
        rig.core.game_closed(rig.now, GameEnd::Lost);
        rig.core.decide_end(rig.now, false);
        assert_eq!(rig.core.state(), state, "{transport:?}");
    }
}

#[test]
fn a_session_that_its_client_left_for_a_new_one_is_over() {
    let (mut rig, client, _) = orphaned();
    rig.core.game_is_back();
    rig.core.detach(rig.now, client, DetachReason::Moved, None);
    assert_eq!(rig.core.state(), State::Ended(EndReason::GameLost));
}

#[test]
fn a_session_that_is_left_while_its_end_is_decided_does_not_stay_for_ever() {
    let (mut rig, client, _) = Rig::playing_with(stay);
    rig.core.game_closed(rig.now, GameEnd::Closed);
    rig.core.decide_end(rig.now, false);
    assert!(asked_for(&mut rig, "Probe"));
    rig.detach(client, None);
    rig.core.probed(false);
    assert!(!asked_for(&mut rig, "AwaitGame"));
    assert_eq!(rig.core.state(), State::Lingering);
    rig.wait(Config::default().session.linger);
    assert_eq!(rig.core.state(), State::Ended(EndReason::Expired));
}

#[test]
fn a_login_that_is_left_while_its_end_is_decided_leaves_nothing_behind() {
    let (mut rig, client) = Rig::at_login_with(stay);
    rig.core.game_closed(rig.now, GameEnd::Closed);
    assert!(asked_for(&mut rig, "Probe"));
    rig.detach(client, None);
    rig.core.probed(false);
    assert_eq!(rig.core.state(), State::Ended(EndReason::Abandoned));
}

#[test]
fn a_client_that_comes_while_the_end_is_decided_is_told_the_decision() {
    let (mut rig, _, grant) = Rig::playing();
    rig.game("You have been usurped!\r\n");
    rig.core.game_closed(rig.now, GameEnd::Closed);
    rig.core.decide_end(rig.now, true);
    let client = rig.resume(&grant, None);
    rig.wait(QUIET);
    let got = rig.read(client);
    assert!(got.text.starts_with("You have been usurped!"), "{:?}", got.order);
    assert_eq!(got.closing(), None);
    rig.core.replaced();
    assert_eq!(rig.read(client).closing(), Some(Closing::Replaced));
}

#[test]
fn the_last_words_reach_a_client_that_was_about_to_take_its_place() {
    let (mut rig, _, _) = Rig::playing();
    rig.game("A bell rings.\r\n");
    let client = rig.by_password();
    rig.game("The end.\r\n");
    rig.core.game_closed(rig.now, GameEnd::Closed);
    rig.core.decide_end(rig.now, false);
    let got = rig.read(client);
    assert_eq!(got.order[0], "Welcome");
    assert!(got.text.contains("The end."), "{:?}", got.order);
    assert_eq!(got.closing(), Some(Closing::GameClosed));
}

#[test]
fn an_answer_that_nobody_waits_for_changes_nothing() {
    let (mut rig, client) = Rig::at_login();
    rig.line(client, "alice");
    rig.game("Password: ");
    rig.line(client, "sesame");
    rig.core.found(rig.now, true);
    rig.core.other_replaced(rig.now, b"x".to_vec());
    assert_eq!(rig.sent(), "alice\r\n");
    rig.core.checked(rig.now, CheckOutcome::default());
    rig.core.checked(rig.now, CheckOutcome::default());
    assert_eq!(rig.sent(), "sesame\r\n");
    rig.game("Welcome, Alice!\r\n");
    assert_eq!(rig.core.state(), State::Playing);
}

#[test]
fn a_hold_that_is_made_longer_is_longer_for_who_is_away_and_none_is_made_shorter() {
    let minutes = |count: u64| Duration::from_secs(60 * count);
    for (hold, ends_after) in [(20, 20), (10, 10), (5, 10)] {
        let change = |config: &mut Config| config.session.hold = Hold::For(minutes(10));
        let (mut rig, client, _) = Rig::playing_with(change);
        rig.detach(client, None);
        rig.wait(minutes(4));
        let mut config = Config::default();
        config.session.hold = Hold::For(minutes(hold));
        rig.core.set_config(Arc::new(config));
        rig.wait(minutes(ends_after - 4) - QUIET);
        assert_eq!(rig.core.state(), State::Held, "{hold}");
        rig.wait(QUIET);
        assert_eq!(rig.core.state(), State::Ended(EndReason::Expired), "{hold}");
    }
}

fn impatient(config: &mut Config) {
    config.limits.idle_timeout = Some(Duration::from_secs(600));
    config.session.hold = Hold::For(Duration::from_secs(60));
}

#[test]
fn a_client_that_types_nothing_for_so_long_is_told_and_the_session_held() {
    const MOMENT: Duration = Duration::from_nanos(1);
    let timeout = Duration::from_secs(600);
    for is_told_more in [false, true] {
        let (mut rig, client, grant) = Rig::playing_with(impatient);
        rig.wait(timeout - MOMENT);
        rig.line(client, "look");
        rig.wait(timeout - MOMENT);
        if is_told_more {
            // What the game says is no sign of a player.
            rig.game("It rains.\r\n");
        }
        assert_eq!(rig.read(client).closing(), None);
        rig.wait(MOMENT);
        let got = rig.read(client);
        assert_eq!(got.closing(), Some(Closing::Idle));
        assert_eq!(rig.core.state(), State::Held);
        let text = rig.core.config.texts.idle().unwrap();
        let is = |note: &Note| matches!(note, Note::Notice(told) if **told == *text);
        assert!(got.notes.iter().any(is));
        rig.resume(&grant, None);
        assert_eq!(rig.core.state(), State::Playing);
    }
}

#[test]
fn whoever_may_not_type_or_is_not_in_the_game_is_not_put_out_for_typing_nothing() {
    let hours = Duration::from_secs(7_200);
    let (mut rig, client, _) = Rig::playing_with(impatient);
    let connection = rig.core.clients().find(client).unwrap().peer.connection;
    let permissions = crate::session::message::Permissions { input: false, output: true };
    rig.core.permit(rig.now, connection, permissions);
    rig.wait(hours);
    assert_eq!(rig.core.state(), State::Playing);
    let (mut rig, client, _) = orphaned();
    let mut config = Config::default();
    stay(&mut config);
    impatient(&mut config);
    rig.core.set_config(Arc::new(config));
    rig.wait(hours);
    assert_eq!((rig.core.state(), rig.read(client).closing()), (State::Orphaned, None));
}

#[test]
fn nothing_ticks_while_somebody_types() {
    let (mut rig, client, _) = Rig::playing_with(impatient);
    rig.core.arm();
    let due = rig.core.deadline();
    for _ in 0..100 {
        rig.now += Duration::from_secs(1);
        rig.line(client, "look");
        rig.sent();
        rig.asked();
        assert!(!rig.core.wants_task(), "the timer is left where it is");
    }
    assert!(rig.core.deadline() > due);
}
