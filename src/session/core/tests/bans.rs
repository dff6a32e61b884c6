//! Bans: who is put out, and which lines the game never hears.

use super::*;
use crate::ids::UserKey;
use crate::limits::bans::BanKind;

const HERE: [u8; 4] = [127, 0, 0, 1];
const ELSEWHERE: [u8; 4] = [192, 0, 2, 1];

fn barred() -> Barred {
    Barred { text: Some("out".to_owned()) }
}

/// Everybody from `where` is banned.
fn ban(rig: &mut Rig, from: [u8; 4]) {
    rig.core.put_out_from(|address| address == IpAddr::from(from), barred());
}

/// Alice's second client, from elsewhere.
fn second(rig: &mut Rig) -> AttachGeneration {
    let mut request = rig.request(Proof::Password, None);
    request.peer.address = ELSEWHERE.into();
    let second = rig.core.attach(rig.now, request).unwrap();
    rig.wait(QUIET);
    second
}

fn two() -> (Rig, AttachGeneration, AttachGeneration) {
    let (mut rig, first, _) = Rig::playing_with(|config| config.session.clients_max = 2);
    let second = second(&mut rig);
    (rig, first, second)
}

fn is_told(got: &Got) -> bool {
    got.notes.iter().any(|note| matches!(note, Note::Notice(text) if &**text == "out"))
}

fn is_over(core: &Core) -> bool {
    core.state() == State::Ended(EndReason::Banned)
}

#[test]
fn a_session_all_of_whose_clients_are_banned_ends() {
    let (mut rig, client, _) = Rig::playing();
    ban(&mut rig, ELSEWHERE);
    assert_eq!(rig.core.state(), State::Playing);
    ban(&mut rig, HERE);
    assert!(is_over(&rig.core));
    let got = rig.read(client);
    assert!(is_told(&got) && got.closing() == Some(Closing::Banned), "{got:?}");
    let (mut rig, first, second) = two();
    rig.core.put_out_from(|_| true, barred());
    assert!(is_over(&rig.core) && is_told(&rig.read(first)) && is_told(&rig.read(second)));
}

#[test]
fn a_session_that_somebody_from_elsewhere_plays_goes_on_without_who_is_banned() {
    let (mut rig, first, second) = two();
    ban(&mut rig, HERE);
    assert_eq!(rig.core.state(), State::Playing);
    let (out, stays) = (rig.read(first), rig.read(second));
    assert!(is_told(&out) && out.closing() == Some(Closing::Banned), "{out:?}");
    assert!(!is_told(&stays) && stays.closing().is_none(), "{stays:?}");
    rig.line(first, "not heard");
    rig.line(second, "heard");
    assert_eq!(rig.sent(), "heard\r\n");
    // Who was put out is not there any more.
    assert_eq!(rig.core.addresses(), [IpAddr::from(ELSEWHERE)]);
    rig.detach(first, None);
    ban(&mut rig, HERE);
    assert_eq!(rig.core.state(), State::Playing);
}

#[test]
fn a_held_session_ends_with_the_place_of_its_last_client() {
    for (last, first_ends) in [(HERE, true), (ELSEWHERE, false)] {
        let (mut rig, first, second) = two();
        let (early, late) = if last == HERE { (second, first) } else { (first, second) };
        rig.detach(early, None);
        rig.detach(late, None);
        assert_eq!((rig.core.state(), rig.core.addresses()), (State::Held, vec![last.into()]));
        ban(&mut rig, HERE);
        assert_eq!(is_over(&rig.core), first_ends, "{last:?}");
        ban(&mut rig, ELSEWHERE);
        assert!(is_over(&rig.core), "{last:?}");
    }
}

#[test]
fn a_client_that_waits_for_its_place_counts_like_one_that_has_it() {
    let (mut rig, first, _) = Rig::playing();
    let mut request = rig.request(Proof::Password, None);
    request.peer.address = ELSEWHERE.into();
    let newcomer = rig.core.attach(rig.now, request).unwrap();
    assert!(rig.read(newcomer).order.is_empty(), "it waits for the report of the first");
    ban(&mut rig, HERE);
    assert_eq!(rig.core.state(), State::Playing);
    rig.detach(first, None);
    ban(&mut rig, ELSEWHERE);
    assert!(is_over(&rig.core));
    assert_eq!(rig.read(newcomer).closing(), Some(Closing::Banned));
}

#[test]
fn a_session_whose_only_client_is_just_leaving_is_where_that_is() {
    let (mut rig, ..) = Rig::playing();
    assert_eq!(rig.core.disconnect(rig.now, |_| true, Closing::Replaced, None), 1);
    assert_eq!(rig.core.addresses(), [IpAddr::from(HERE)]);
    ban(&mut rig, ELSEWHERE);
    assert!(!is_over(&rig.core));
    ban(&mut rig, HERE);
    assert!(is_over(&rig.core));
}

/// At the first screen of a game of this preset.
fn before(preset: &str, screen: &str) -> (Rig, AttachGeneration) {
    let preset = Preset::named(preset).unwrap();
    let mut rig = Rig::of(preset, Config::default(), crate::clock::now());
    let client = rig.open();
    rig.core.game_connected(rig.now);
    rig.game(screen);
    rig.wait(QUIET);
    rig.sent();
    rig.asked();
    (rig, client)
}

fn vetting(rig: &mut Rig) -> Option<(BanKind, Option<String>, bool)> {
    let taken = rig.take(|action| matches!(action, Action::Vet(_)));
    taken.map(|action| match action {
        Action::Vet(Vetting { kind, user, of_line }) => {
            (kind, user.map(|user| user.0.to_string()), of_line)
        }
        _ => unreachable!(),
    })
}

const MUSH: &str = "Use connect <name> <password>\r\n";

#[test]
fn a_line_that_makes_a_character_or_a_guest_waits_until_it_may_go() {
    let alice = || Some("alice".to_owned());
    for (preset, screen, line, asked) in [
        ("penn", MUSH, "create Alice sekrit", (BanKind::New, alice())),
        ("penn", MUSH, "create Alice", (BanKind::New, alice())),
        ("penn", MUSH, "connect guest", (BanKind::Guest, None)),
        ("penn", MUSH, "connect guest guest", (BanKind::Guest, None)),
        ("lp", "What is your name: ", "Guest", (BanKind::Guest, None)),
    ] {
        for may in [true, false] {
            let (mut rig, client) = before(preset, screen);
            rig.line(client, line);
            assert_eq!(rig.sent(), "", "{line}");
            assert_eq!(vetting(&mut rig), Some((asked.0, asked.1.clone(), true)), "{line}");
            rig.read(client);
            rig.core.vetted(rig.now, (!may).then(barred));
            if rig.take(|action| matches!(action, Action::Check(_))).is_some() {
                assert!(may, "{line}: its password was looked at");
                rig.core.checked(rig.now, CheckOutcome::default());
            }
            assert_eq!(rig.sent(), if may { format!("{line}\r\n") } else { String::new() });
            assert_eq!(is_told(&rig.read(client)), !may);
            assert_eq!(rig.core.state(), State::Login, "{line}");
        }
    }
}

#[test]
fn who_was_refused_logs_in_by_another_line_that_was_typed_ahead_or_not() {
    let (mut rig, client) = before("penn", MUSH);
    rig.line(client, "create alice sekrit");
    rig.line(client, "connect bob sekrit");
    assert!(vetting(&mut rig).is_some());
    rig.core.vetted(rig.now, Some(barred()));
    rig.wait(QUIET);
    assert!(vetting(&mut rig).is_none());
    assert!(rig.take(|action| matches!(action, Action::Check(_))).is_some());
    rig.core.checked(rig.now, CheckOutcome::default());
    assert_eq!(rig.sent(), "connect bob sekrit\r\n");
    rig.game("Last connect was from x\r\n");
    let claim = rig.take(|action| matches!(action, Action::Claim(_)));
    assert!(matches!(claim, Some(Action::Claim(claim)) if !claim.made));
    // An answer that nobody waits for.
    rig.core.vetted(rig.now, Some(barred()));
    assert_eq!((rig.core.state(), rig.sent()), (State::Playing, String::new()));
}

#[test]
fn a_character_that_the_game_makes_is_asked_about_before_its_password_is_typed() {
    let (mut rig, client) = before("circle", "By what name do you wish to be known? ");
    rig.line(client, "alice");
    rig.game("Did I get that right, Alice (Y/N)? ");
    rig.wait(QUIET);
    assert!(vetting(&mut rig).is_none() && !rig.core.is_making(None));
    rig.line(client, "y");
    rig.game("Give me a password for Alice: ");
    rig.wait(QUIET);
    assert_eq!(vetting(&mut rig), Some((BanKind::New, Some("alice".to_owned()), false)));
    let (alice, bob) = (UserKey("alice".into()), UserKey("bob".into()));
    assert!(rig.core.is_about(BanKind::New) && rig.core.is_making(Some(&alice)));
    assert!(!rig.core.is_making(Some(&bob)) && !rig.core.is_about(BanKind::Guest));
    rig.sent();
    rig.line(client, "sekrit");
    assert_eq!(vetting(&mut rig), Some((BanKind::New, Some("alice".to_owned()), true)));
    rig.core.vetted(rig.now, None);
    assert!(rig.take(|action| matches!(action, Action::Check(_))).is_some());
    rig.core.checked(rig.now, CheckOutcome::default());
    rig.game("\r\n*** PRESS RETURN: ");
    let claim = rig.take(|action| matches!(action, Action::Claim(_)));
    assert!(matches!(claim, Some(Action::Claim(claim)) if claim.made));
    assert!(!rig.core.is_making(None), "it is made");
}

/// Typed at once, before it is certain that the game says no more.
#[test]
fn a_password_for_a_character_that_may_not_be_made_ends_the_session_and_goes_nowhere() {
    let (mut rig, client) = before("circle", "By what name do you wish to be known? ");
    for (line, answer) in
        [("alice", "Did I get that right, Alice (Y/N)? "), ("y", "Give me a password for Alice: ")]
    {
        rig.line(client, line);
        rig.game(answer);
    }
    rig.sent();
    rig.line(client, "sekrit");
    assert!(vetting(&mut rig).is_some());
    rig.core.vetted(rig.now, Some(barred()));
    assert!(is_over(&rig.core) && is_told(&rig.read(client)) && rig.sent().is_empty());
}

#[test]
fn a_guest_is_one_until_the_session_is_anothers() {
    let (mut rig, client) = before("penn", MUSH);
    rig.line(client, "connect guest");
    rig.core.vetted(rig.now, None);
    rig.game("Welcome to PennMUSH!\r\n");
    assert!(rig.core.is_guest() && rig.core.is_about(BanKind::Guest));
    rig.line(client, "LOGOUT");
    rig.game(MUSH);
    assert!(!rig.core.is_guest() && rig.core.state() == State::Login);
    let (rig, ..) = Rig::playing();
    assert!(!rig.core.is_guest() && rig.core.is_about(BanKind::All));
}
