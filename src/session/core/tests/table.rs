//! Every state of a session and everything that can happen in it.

use super::ending::{orphaned, stay};
use super::*;

/// A state, how it is reached, and what it becomes with each event.
const TABLE: &str = "
after     token    password lost      logout    data      closed    reset     day       kicked line      room  replaced
dialing   dialing  dialing  ended     ended     dialing   ended     ended     ended     ended  dialing   ended ended
login     login    login    ended     ended     login     ended     ended     ended     ended  login     ended ended
playing   playing  playing  held      ended     playing   ended     ended     playing   ended  playing   held  ended
nameless  playing  playing  held      ended     playing   ended     ended     playing   ended  playing   held  ended
menu      playing  playing  ended     ended     playing   ended     ended     playing   ended  playing   held  ended
held      playing  playing  held      held      held      lingering lingering ended     ended  held      held  ended
replacing playing  playing  held      held      held      ended     ended     ended     ended  held      held  ended
deciding  orphaned orphaned lingering ended     orphaned  orphaned  orphaned  orphaned   ended  orphaned  ended ended
orphaned  orphaned orphaned lingering ended     orphaned  orphaned  orphaned  orphaned  ended  orphaned  ended ended
lingering ended    ended    lingering lingering lingering lingering lingering ended     ended  lingering ended ended
ended     ended    ended    ended     ended     ended     ended     ended     ended     ended  ended     ended ended
";

/// The rows of the table, in words.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    TABLE.trim().lines().map(|line| line.split_whitespace().collect())
}

fn reach(name: &str) -> (Rig, AttachGeneration, Grant) {
    match name {
        "dialing" => {
            let mut rig = Rig::new(|_| {});
            let client = rig.open();
            let grant = rig.read(client).grant();
            (rig, client, grant)
        }
        "login" => {
            let (mut rig, client) = Rig::at_login();
            let grant = rig.read(client).grant();
            (rig, client, grant)
        }
        "nameless" => nameless(),
        "deciding" => playing_and(stay, |rig, _| rig.core.game_closed(rig.now, GameEnd::Closed)),
        "orphaned" => orphaned(),
        "playing" => Rig::playing(),
        "menu" => playing_and(
            |_| {},
            |rig, client| {
                rig.line(client, "menu");
                rig.game("Make your choice: ");
                assert!(rig.core.menu);
            },
        ),
        "held" => playing_and(|_| {}, |rig, client| rig.detach(client, None)),
        "replacing" => playing_and(|_| {}, |rig, _| rig.core.make_room(rig.now)),
        "lingering" => playing_and(
            |_| {},
            |rig, client| {
                rig.detach(client, None);
                happen(rig, client, None, "closed");
            },
        ),
        _ => playing_and(|_| {}, |rig, _| rig.core.end(EndReason::Shutdown)),
    }
}

fn playing_and(
    change: impl FnOnce(&mut Config),
    act: impl FnOnce(&mut Rig, AttachGeneration),
) -> (Rig, AttachGeneration, Grant) {
    let (mut rig, client, grant) = Rig::playing_with(change);
    act(&mut rig, client);
    (rig, client, grant)
}

fn nameless() -> (Rig, AttachGeneration, Grant) {
    let (mut rig, client) = Rig::at_login();
    while rig.core.state() == State::Login {
        rig.line(client, "anything");
        rig.game("What?\r\n");
        rig.wait(3 * QUIET);
    }
    let grant = rig.read(client).grant();
    (rig, client, grant)
}

/// Lets one of the events happen.
fn happen(rig: &mut Rig, client: AttachGeneration, grant: Option<&Grant>, event: &str) {
    let now = rig.now;
    match event {
        "token" => {
            let secret = grant.map(|grant| grant.secret.clone());
            let secret = secret.unwrap_or_else(|| Counter(1 << 100).secret());
            let _ = rig.attach(Proof::Token(secret), None);
        }
        "password" => drop(rig.attach(Proof::Password, None)),
        "lost" => rig.detach(client, None),
        "logout" => rig.core.client(now, client, ClientEvent::Logout),
        "data" => rig.game("A bell rings.\r\n"),
        "closed" => rig.core.game_closed(now, GameEnd::Closed),
        "reset" => rig.core.game_closed(now, GameEnd::Lost),
        "day" => rig.wait(Duration::from_secs(24 * 60 * 60)),
        "kicked" => rig.core.end(EndReason::Kicked),
        "line" => rig.line(client, "look"),
        "room" => rig.core.make_room(now),
        "replaced" => rig.core.replaced(),
        "connected" => rig.core.game_connected(now),
        "back" => rig.core.game_is_back(),
        "refused" => rig.core.probed(false),
        "answers" => rig.core.probed(true),
        "checked" => rig.core.checked(now, CheckOutcome::default()),
        "found" => rig.core.found(now, true),
        "made room" => rig.core.other_replaced(now, b"last words".to_vec()),
        "newcomer" => rig.core.decide_end(now, true),
        "moved" => rig.core.detach(now, client, DetachReason::Moved, None),
        "oob" => {
            let event = ClientEvent::OutOfBand { option: 201, payload: b"Core.Ping".to_vec() };
            rig.core.client(now, client, event);
        }
        "quit" => rig.line(client, "quit"),
        "prompt" => rig.game("Name: "),
        "move failed" => {
            rig.core.client(now, client, ClientEvent::MoveFailed(Refusal::Ended));
        }
        other => panic!("no event {other}"),
    }
    if rig.take(|action| matches!(action, Action::AskNaming)).is_some() && event != "deciding" {
        rig.core.decide_end(rig.now, false);
    }
    rig.wait(QUIET / 2);
}

#[test]
fn every_state_becomes_what_the_table_says() {
    let events = rows().next().unwrap();
    for row in rows().skip(1) {
        assert_eq!(row.len(), events.len(), "{}", row[0]);
        for (event, expected) in std::iter::zip(&events, &row).skip(1) {
            let (mut rig, client, grant) = reach(row[0]);
            happen(&mut rig, client, Some(&grant), event);
            assert_eq!(rig.core.state().name(), *expected, "{event} while {}", row[0]);
        }
    }
}

const MORE_EVENTS: [&str; 13] = [
    "connected",
    "back",
    "refused",
    "answers",
    "checked",
    "found",
    "made room",
    "newcomer",
    "moved",
    "oob",
    "quit",
    "prompt",
    "move failed",
];

/// Whatever happens in whatever state, and whatever happens then: nothing breaks, an end stays an
/// end, one client at most has the place, and reading comes to an end.
#[test]
fn nothing_that_happens_breaks_a_session() {
    let known = rows().next().unwrap();
    let events = || known.iter().skip(1).copied().chain(MORE_EVENTS);
    for name in rows().skip(1).map(|row| row[0]) {
        for first in events() {
            for second in events() {
                let (mut rig, client, grant) = reach(name);
                happen(&mut rig, client, Some(&grant), first);
                let ended = rig.core.is_ended();
                happen(&mut rig, client, Some(&grant), second);
                assert!(!ended || rig.core.is_ended(), "{first}, {second} while {name}");
                assert!(rig.core.clients().attached().count() <= 1);
                let all: Vec<_> = rig.core.clients().iter().map(|c| c.generation).collect();
                for client in all {
                    rig.read(client);
                    let told = rig.core.clients().find(client).is_some_and(Client::is_leaving);
                    assert_eq!(rig.core.wants_client(client), told, "{first}, {second}: {name}");
                }
            }
        }
    }
}

/// The machine slept: an hour has passed at once, and no timer was looked at. What happens next finds
/// the session as it was, or at its end where it may not wait for so long.
#[test]
fn an_hour_that_passes_at_once_ends_only_what_was_not_to_last_an_hour() {
    let events = rows().next().unwrap();
    let day = events.iter().position(|event| *event == "day").unwrap();
    for row in rows().skip(1) {
        for (event, expected) in std::iter::zip(&events, &row).skip(1) {
            let (mut rig, client, grant) = reach(row[0]);
            // A token is good for an hour.
            rig.now += Duration::from_secs(60 * 60 - 1);
            happen(&mut rig, client, Some(&grant), event);
            let (state, name) = (rig.core.state().name(), row[0]);
            assert!(state == *expected || state == row[day], "{event} while {name}: {state}");
            let plays = matches!(name, "playing" | "nameless" | "orphaned");
            let comes_back = name == "held" && matches!(*event, "token" | "password");
            assert!(state == *expected || !(plays || comes_back), "{event} while {name}: {state}");
            let attached = rig.core.clients().attached().count();
            assert!(attached <= 1, "{event} while {name}");
        }
    }
}
