//! Copies of tokens, and tokens made worthless.

use super::*;
use crate::config::OnTokenReuse;

fn notices(got: &Got) -> Vec<String> {
    let text = |note: &Note| match note {
        Note::Notice(text) => Some(text.to_string()),
        _ => None,
    };
    got.notes.iter().filter_map(text).collect()
}

/// Alice plays with her third token; the second one is retired.
fn with_a_retired_token(change: impl FnOnce(&mut Config)) -> (Rig, AttachGeneration, Grant, Grant) {
    let (mut rig, _, retired) = Rig::playing_with(change);
    let client = rig.resume(&retired, None);
    rig.wait(QUIET);
    let grant = rig.read(client).grant();
    let told = ClientEvent::TokenAck(grant.generation);
    rig.core.client(rig.now, client, told);
    rig.asked();
    (rig, client, retired, grant)
}

fn present(rig: &mut Rig, grant: &Grant) -> AttachResult {
    rig.attach(Proof::Token(grant.secret.clone()), None)
}

#[test]
fn a_copied_token_opens_nothing_and_the_player_is_told_once() {
    let (mut rig, client, retired, _) = with_a_retired_token(|_| {});
    let told = rig.core.config.texts.token_reused().unwrap();
    assert_eq!(present(&mut rig, &retired), Err(Refusal::TokenReused));
    assert_eq!(present(&mut rig, &retired), Err(Refusal::TokenReused));
    assert_eq!(notices(&rig.read(client)), [told]);
    assert!(rig.core.clients().find(client).unwrap().is_attached());
    let is = |action: &Action| matches!(action, Action::Log(Event::TokenReused(_)));
    assert_eq!(rig.asked().iter().filter(|action| is(action)).count(), 2);
}

#[test]
fn after_a_copied_token_a_password_ends_all_of_them_and_the_next_copy_is_told_again() {
    let (mut rig, _, retired, grant) = with_a_retired_token(|_| {});
    assert_eq!(present(&mut rig, &retired), Err(Refusal::TokenReused));
    let client = rig.by_password();
    rig.wait(QUIET);
    let first = rig.read(client).grant();
    assert_eq!(present(&mut rig, &grant), Err(Refusal::TokenInvalid));
    let client = rig.resume(&first, None);
    rig.wait(QUIET);
    let second = rig.read(client).grant();
    rig.core.client(rig.now, client, ClientEvent::TokenAck(second.generation));
    assert_eq!(present(&mut rig, &first), Err(Refusal::TokenReused));
    assert_eq!(notices(&rig.read(client)).len(), 1);
}

#[test]
fn a_copied_token_can_end_all_of_them_and_put_the_player_out() {
    let revoke = |config: &mut Config| config.token.on_token_reuse = OnTokenReuse::Revoke;
    let (mut rig, client, retired, grant) = with_a_retired_token(revoke);
    let told = rig.core.config.texts.tokens_revoked().unwrap();
    assert_eq!(present(&mut rig, &retired), Err(Refusal::TokenReused));
    let got = rig.read(client);
    assert_eq!(notices(&got), [told]);
    assert_eq!(got.closing(), Some(Closing::Refused));
    assert_eq!(rig.core.state(), State::Held);
    assert!(rig.take(|action| matches!(action, Action::DropVerifier)).is_none());
    for token in [&retired, &grant] {
        assert_eq!(present(&mut rig, token), Err(Refusal::TokenInvalid));
    }
    let back = rig.by_password();
    rig.wait(QUIET);
    rig.line(back, "look");
    assert!(rig.sent().ends_with("look\r\n"));
}

#[test]
fn a_session_whose_player_was_put_out_for_a_copied_token_is_held_no_longer_than_any_other() {
    let revoke = |config: &mut Config| config.token.on_token_reuse = OnTokenReuse::Revoke;
    let (mut rig, client, retired, _) = with_a_retired_token(revoke);
    assert_eq!(present(&mut rig, &retired), Err(Refusal::TokenReused));
    rig.detach(client, None);
    rig.wait(Duration::from_secs(299));
    assert_eq!(rig.core.state(), State::Held);
    rig.wait(Duration::from_secs(2));
    assert_eq!(rig.core.state(), State::Ended(EndReason::Expired));
}

#[test]
fn revoked_tokens_open_nothing_and_whoever_plays_goes_on() {
    let (mut rig, client, grant) = Rig::playing();
    rig.core.revoke_tokens();
    assert_eq!(present(&mut rig, &grant), Err(Refusal::TokenInvalid));
    assert!(rig.take(|action| matches!(action, Action::DropVerifier)).is_some());
    rig.line(client, "look");
    assert_eq!(rig.sent(), "look\r\n");
    rig.core.client(rig.now, client, ClientEvent::Refresh);
    assert!(rig.read(client).notes.is_empty(), "its family is gone");
}

#[test]
fn a_program_asks_for_a_new_token_without_coming_anew() {
    let (mut rig, client, old) = Rig::playing();
    let gmcp = |text: &str| ClientEvent::OutOfBand {
        option: crate::telnet::option::GMCP,
        payload: text.into(),
    };
    let ack = |grant: &Grant| {
        gmcp(&format!("Mudkeep.Token.Ack {{\"generation\":{}}}", grant.generation.0))
    };
    rig.core.client(rig.now, client, ack(&old));
    rig.core.client(rig.now, client, gmcp("Mudkeep.Token.Refresh"));
    let new = rig.read(client).grant();
    rig.core.client(rig.now, client, ClientEvent::Refresh);
    assert_eq!(rig.read(client).grant().secret.reveal(), new.secret.reveal());
    assert_ne!(new.secret.reveal(), old.secret.reveal());
    rig.core.client(rig.now, client, ack(&new));
    assert_eq!(rig.sent(), "", "the game hears nothing of it");
    assert_eq!(present(&mut rig, &old), Err(Refusal::TokenReused));
    assert!(present(&mut rig, &new).is_ok());
}

/// The client asks, and what it is answered never arrives: so often, with hours between.
#[test]
fn answers_that_are_lost_up_to_twenty_times_hours_apart_shut_nobody_out() {
    let hours = |hours: u64| Duration::from_secs(60 * 60 * hours);
    for lost in 1..=20 {
        let (mut rig, client, first) = Rig::playing_with(|config| {
            config.session.hold = Hold::For(hours(24));
            config.token.ttl = hours(24);
        });
        rig.detach(client, None);
        let mut successors = Vec::new();
        for _ in 0..lost {
            rig.wait(hours(3));
            let client = rig.resume(&first, None);
            rig.wait(QUIET);
            successors.push(rig.read(client).grant().secret);
            rig.detach(client, None);
        }
        rig.wait(hours(3));
        let client = rig.resume(&first, None);
        rig.wait(QUIET);
        let second = rig.read(client).grant();
        assert!(successors.iter().all(|one| one.reveal() == second.secret.reveal()), "{lost}");
        rig.detach(client, None);
        rig.wait(hours(3));
        rig.resume(&second, None);
        assert_eq!(present(&mut rig, &first), Err(Refusal::TokenReused), "{lost}");
    }
}
