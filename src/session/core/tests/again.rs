//! A stream of events that breaks and is opened again by the same connection.

use super::*;
use crate::session::core::queueing::NotQueued;
use crate::session::message::Via;

fn again(rig: &mut Rig, of: AttachGeneration, position: Option<Position>) -> AttachResult {
    let family = rig.core.family_of(of).expect("it is attached");
    rig.attach(Proof::Again(family), position)
}

#[test]
fn a_stream_that_is_opened_again_goes_on_where_the_client_is() {
    let (mut rig, old, first) = Rig::playing();
    let head = rig.core.output().head();
    rig.game("A bell rings.\r\n");
    let new = again(&mut rig, old, Some(head)).expect("it is let in");
    let got = rig.read(new);
    assert_eq!(got.text, "A bell rings.\r\n");
    assert_eq!((got.welcome().via, got.welcome().position), (Via::Token, head));
    assert_eq!(got.grant().secret, first.secret, "it may not have had it");
    rig.detach(old, None);
    assert_eq!(rig.core.state(), State::Playing, "the old stream is nobody's any more");
    let noted = |action: &Action| matches!(action, Action::NoteLoser(_));
    assert!(!rig.asked().iter().any(noted), "nobody lost a place");
}

#[test]
fn it_can_be_opened_again_during_a_login_and_as_often_as_it_breaks() {
    let (mut rig, mut client) = Rig::at_login();
    for _ in 0..20 {
        let head = rig.core.output().head();
        client = again(&mut rig, client, Some(head)).expect("it is let in");
        assert_eq!(rig.read(client).welcome().position, head, "and waits for nothing");
    }
    assert_eq!(rig.core.state(), State::Login);
    rig.log_in(client);
}

#[test]
fn it_is_let_in_while_the_session_is_held() {
    let (mut rig, client, _) = Rig::playing();
    let family = rig.core.family_of(client).unwrap();
    rig.detach(client, None);
    rig.wait(Duration::from_secs(100));
    assert!(rig.attach(Proof::Again(family), None).is_ok());
    rig.wait(Duration::from_secs(300));
    assert_eq!(rig.core.state(), State::Playing, "the hold is over");
}

#[test]
fn where_somebody_else_has_come_it_stays_out() {
    let (mut rig, client, _) = Rig::playing();
    let family = rig.core.family_of(client).unwrap();
    rig.detach(client, None);
    let other = rig.by_password();
    assert_eq!(rig.attach(Proof::Again(family), None), Err(Refusal::Ended));
    assert!(rig.core.clients().find(other).unwrap().is_attached());
}

#[test]
fn one_that_was_put_out_does_not_come_again() {
    let (mut rig, client, _) = Rig::playing();
    let family = rig.core.family_of(client).unwrap();
    let other = rig.by_password();
    rig.detach(other, None);
    assert_eq!(rig.attach(Proof::Again(family), None), Err(Refusal::Ended));
}

#[test]
fn after_its_tokens_were_revoked_it_stays_out() {
    let (mut rig, client, _) = Rig::playing();
    let family = rig.core.family_of(client).unwrap();
    rig.core.revoke_tokens();
    assert_eq!(rig.attach(Proof::Again(family), None), Err(Refusal::Ended));
}

#[test]
fn what_is_said_beside_a_stream_comes_with_the_tokens_of_its_own_family() {
    let (mut rig, client, grant) = Rig::playing();
    let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let say = |rig: &mut Rig, secret: &Secret| {
        let now = rig.now;
        rig.core.may_say(now, address, secret, client)
    };
    assert_eq!(say(&mut rig, &grant.secret), Ok(()));
    let wrong = Secret::parse(&[b'w'; SECRET_CHARS]).unwrap();
    assert_eq!(say(&mut rig, &wrong), Err(NotQueued::Token(Refusal::TokenInvalid)));
    let other = rig.by_password();
    rig.wait(QUIET);
    let theirs = rig.read(other).grant();
    assert_eq!(say(&mut rig, &theirs.secret), Err(NotQueued::Attached));
    assert_eq!(say(&mut rig, &grant.secret), Err(NotQueued::Attached));
}

#[test]
fn a_client_that_wants_nobodys_place_is_let_in_only_where_there_is_one() {
    let (mut rig, first, grant) = Rig::playing();
    let polite = |rig: &mut Rig| rig.attach(Proof::TokenIfFree(grant.secret.clone()), None);
    let other = rig.by_password();
    rig.wait(QUIET);
    let before = rig.core.tokens.version();
    assert_eq!(polite(&mut rig), Err(Refusal::Taken));
    assert_eq!(rig.core.tokens.version(), before, "its token is as good as before");
    assert!(rig.core.clients().find(other).unwrap().is_attached());
    rig.detach(other, None);
    assert!(polite(&mut rig).is_ok(), "nobody plays");
    rig.detach(first, None);
    assert!(polite(&mut rig).is_ok(), "whoever is there is of the same device");
    let wrong = Secret::parse(&[b'w'; SECRET_CHARS]).unwrap();
    let refused = rig.attach(Proof::TokenIfFree(wrong), None);
    assert_eq!(refused, Err(Refusal::TokenInvalid), "who has no token learns nothing");
}
