use std::collections::{HashSet, VecDeque};

use super::*;
use crate::test_clock::at;
use Verb::{Do, Dont, Will, Wont};

const OPTION: u8 = 1;

fn agree() -> Policy {
    Policy::Agree
}

fn refuse() -> Policy {
    Policy::Refuse
}

fn never() -> Policy {
    panic!("nothing new was asked for")
}

/// What `verb` brings, said by the peer just now.
fn hear(options: &mut Options, verb: Verb, policy: fn() -> Policy) -> (Option<Verb>, Change) {
    let Received { answer, change } = options.receive(at(0), verb, OPTION, policy);
    (answer, change)
}

#[test]
fn a_request_is_answered_as_the_policy_says() {
    let mut options = Options::new();
    assert_eq!(hear(&mut options, Will, agree), (Some(Do), Change::Agreed));
    assert_eq!(hear(&mut options, Do, refuse), (Some(Wont), Change::None));
    assert!(options.agreed(Side::Them, OPTION) && !options.agreed(Side::Us, OPTION));
    assert_eq!(hear(&mut options, Wont, never), (Some(Dont), Change::Ended));
    assert!(options.all_agreed(Side::Them).is_empty());
}

#[test]
fn what_is_the_case_already_is_not_answered() {
    let mut options = Options::new();
    assert_eq!(hear(&mut options, Wont, never), (None, Change::None));
    assert_eq!(hear(&mut options, Dont, never), (None, Change::None));
    hear(&mut options, Do, agree);
    assert_eq!(hear(&mut options, Do, never), (None, Change::None));
}

#[test]
fn the_answer_to_a_request_is_not_answered() {
    let mut options = Options::new();
    assert_eq!(options.request(Side::Us, OPTION, true), Some(Will));
    assert_eq!(options.request(Side::Us, OPTION, true), None);
    assert!(!options.agreed(Side::Us, OPTION));
    assert_eq!(hear(&mut options, Do, never), (None, Change::Agreed));
    assert_eq!(options.request(Side::Us, OPTION, false), Some(Wont));
    assert_eq!(hear(&mut options, Dont, never), (None, Change::None));
    assert_eq!(options.request(Side::Them, OPTION, true), Some(Do));
    assert_eq!(hear(&mut options, Wont, never), (None, Change::Refused));
    assert_eq!(options.request(Side::Them, OPTION, true), Some(Do));
    assert!(options.unanswered.len() == 1);
}

#[test]
fn an_option_ends_at_once_when_it_is_withdrawn() {
    let mut options = Options::new();
    hear(&mut options, Do, agree);
    assert_eq!(options.request(Side::Us, OPTION, false), Some(Wont));
    assert!(!options.agreed(Side::Us, OPTION));
}

#[test]
fn a_late_answer_answers_the_request_it_belongs_to() {
    let mut options = Options::new();
    for on in [true, false, true] {
        assert!(options.request(Side::Us, OPTION, on).is_some());
    }
    assert_eq!(hear(&mut options, Do, never), (None, Change::None));
    assert_eq!(hear(&mut options, Dont, never), (None, Change::None));
    assert_eq!(hear(&mut options, Do, never), (None, Change::Agreed));
}

#[test]
fn a_peer_that_never_acknowledges_the_end_is_understood() {
    let mut options = Options::new();
    for _ in 0..1000 {
        assert_eq!(options.request(Side::Us, OPTION, true), Some(Will));
        assert_eq!(hear(&mut options, Do, never), (None, Change::Agreed));
        assert_eq!(options.request(Side::Us, OPTION, false), Some(Wont));
    }
}

#[test]
fn a_peer_that_never_answers_is_asked_all_the_same() {
    let mut options = Options::new();
    for _ in 0..1000 {
        assert_eq!(options.request(Side::Us, OPTION, true), Some(Will));
        assert_eq!(options.request(Side::Us, OPTION, false), Some(Wont));
    }
    assert_eq!(options.unanswered.len(), 1);
    assert_eq!(options.request(Side::Us, OPTION, true), Some(Will));
    assert!(!options.agreed(Side::Us, OPTION));
}

#[test]
fn a_refusal_also_answers_the_withdrawal_after_it() {
    let mut options = Options::new();
    for on in [true, false, true] {
        let _ = options.request(Side::Us, OPTION, on);
    }
    // The first offer is refused, its withdrawal changes nothing, the second offer is refused.
    assert_eq!(hear(&mut options, Dont, never), (None, Change::None));
    assert_eq!(hear(&mut options, Dont, never), (None, Change::Refused));
    assert!(options.unanswered.is_empty());
}

#[test]
fn a_request_can_be_answered_later() {
    let mut options = Options::new();
    assert_eq!(hear(&mut options, Do, || Policy::Later), (None, Change::None));
    assert_eq!(options.answer_late(Side::Us, OPTION, true), Will);
    assert!(options.agreed(Side::Us, OPTION));
    assert_eq!(hear(&mut options, Will, || Policy::Later), (None, Change::None));
    assert_eq!(options.answer_late(Side::Them, OPTION, false), Dont);
    assert!(!options.agreed(Side::Them, OPTION));
}

#[test]
fn a_peer_in_a_loop_is_answered_no_more() {
    let mut options = Options::new();
    let mut say =
        |seconds, verb, option| options.receive(at(seconds), verb, option, agree).answer.is_some();
    let answered = |n: u8| if n.is_multiple_of(2) { Will } else { Wont };
    for n in 0..ANSWERS_MAX {
        assert!(say(u64::from(n / 2), answered(n), OPTION));
    }
    assert!(!say(9, Will, OPTION));
    assert!(!say(9000, Will, OPTION), "it is for good");
    assert!(say(9, Will, OPTION + 1), "other options go on");
}

#[test]
fn many_changes_over_a_long_time_are_no_loop() {
    let mut options = Options::new();
    for n in 0..100 {
        let verb = if n % 2 == 0 { Will } else { Wont };
        assert!(options.receive(at(n), verb, OPTION, agree).answer.is_some());
    }
}

#[test]
fn refusals_count_as_answers_too() {
    let mut options = Options::new();
    let answers = (0..100).filter(|_| hear(&mut options, Do, refuse).0.is_some()).count();
    assert_eq!(answers, usize::from(ANSWERS_MAX));
}

/// A peer: what this end plays against.
trait Peer: Clone + std::fmt::Debug {
    fn request(&mut self, side: Side, on: bool) -> Option<Verb>;
    fn receive(&mut self, verb: Verb, agree: bool) -> Option<Verb>;
    fn agreed(&self, side: Side) -> bool;
}

impl Peer for Options {
    fn request(&mut self, side: Side, on: bool) -> Option<Verb> {
        Options::request(self, side, OPTION, on)
    }

    fn receive(&mut self, verb: Verb, agree: bool) -> Option<Verb> {
        let policy = if agree { Policy::Agree } else { Policy::Refuse };
        Options::receive(self, at(0), verb, OPTION, || policy).answer
    }

    fn agreed(&self, side: Side) -> bool {
        assert!(self.unanswered.is_empty());
        Options::agreed(self, side, OPTION)
    }
}

/// One side of an option as RFC 1143 has it, with its queue bit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Q {
    No,
    Yes,
    WantNo { opposite: bool },
    WantYes { opposite: bool },
}

/// RFC 1143 to the letter.
#[derive(Clone, Debug)]
struct Rfc1143 {
    us: Q,
    them: Q,
}

impl Rfc1143 {
    fn at(&mut self, side: Side) -> &mut Q {
        match side {
            Side::Us => &mut self.us,
            Side::Them => &mut self.them,
        }
    }
}

impl Peer for Rfc1143 {
    fn request(&mut self, side: Side, on: bool) -> Option<Verb> {
        let q = self.at(side);
        let (next, says) = match (*q, on) {
            (Q::No, true) => (Q::WantYes { opposite: false }, true),
            (Q::Yes, false) => (Q::WantNo { opposite: false }, true),
            (Q::WantNo { .. }, on) => (Q::WantNo { opposite: on }, false),
            (Q::WantYes { .. }, on) => (Q::WantYes { opposite: !on }, false),
            (same, _) => (same, false),
        };
        *q = next;
        says.then(|| side.verb_to_send(on))
    }

    fn receive(&mut self, verb: Verb, agree: bool) -> Option<Verb> {
        let (side, on) = Side::of_received(verb);
        let q = self.at(side);
        let (next, says) = match (*q, on) {
            (Q::No, true) if agree => (Q::Yes, Some(true)),
            (Q::No, true) => (Q::No, Some(false)),
            (Q::Yes, false) => (Q::No, Some(false)),
            (Q::WantNo { opposite: false }, _) => (Q::No, None),
            (Q::WantNo { opposite: true }, true) => (Q::Yes, None),
            (Q::WantNo { opposite: true }, false) => (Q::WantYes { opposite: false }, Some(true)),
            (Q::WantYes { opposite: false }, true) => (Q::Yes, None),
            (Q::WantYes { opposite: true }, true) => (Q::WantNo { opposite: false }, Some(false)),
            (Q::WantYes { .. }, false) => (Q::No, None),
            (same, _) => (same, None),
        };
        *q = next;
        says.map(|on| side.verb_to_send(on))
    }

    fn agreed(&self, side: Side) -> bool {
        match if side == Side::Us { self.us } else { self.them } {
            Q::No => false,
            Q::Yes => true,
            open => panic!("{open:?} at rest"),
        }
    }
}

/// Two ends, what is under way between them, and how many requests each may still make.
#[derive(Clone, Debug)]
struct Table<P> {
    ends: (Options, P),
    to_peer: VecDeque<Verb>,
    to_us: VecDeque<Verb>,
    requests: (u8, u8),
}

/// One thing that can happen next.
#[derive(Clone, Copy, Debug)]
enum Step {
    WeRequest(bool),
    PeerRequests(bool),
    WeHear,
    PeerHears,
}

impl<P: Peer> Table<P> {
    /// The table after `step`, if it can happen. Only the use of the option by this end is played;
    /// that by the other is the same in a mirror.
    fn after(&self, step: Step, agree: (bool, bool)) -> Option<Table<P>> {
        let mut next = self.clone();
        match step {
            Step::WeRequest(on) => {
                next.requests.0 = next.requests.0.checked_sub(1)?;
                next.to_peer.extend(next.ends.0.request(Side::Us, OPTION, on));
            }
            Step::PeerRequests(on) => {
                next.requests.1 = next.requests.1.checked_sub(1)?;
                next.to_us.extend(next.ends.1.request(Side::Them, on));
            }
            Step::WeHear => {
                let verb = next.to_us.pop_front()?;
                next.to_peer.extend(Peer::receive(&mut next.ends.0, verb, agree.0));
            }
            Step::PeerHears => {
                let verb = next.to_peer.pop_front()?;
                next.to_us.extend(next.ends.1.receive(verb, agree.1));
            }
        }
        assert!(next.to_peer.len() + next.to_us.len() < 12, "they loop: {next:?}");
        Some(next)
    }
}

/// Plays every order in which up to `requests` requests and their answers can cross, from both the
/// off and the on state; at rest both ends must think the same.
fn play_all<P: Peer>(peer: P, requests: (u8, u8)) {
    const STEPS: [Step; 6] = [
        Step::WeRequest(true),
        Step::WeRequest(false),
        Step::PeerRequests(true),
        Step::PeerRequests(false),
        Step::WeHear,
        Step::PeerHears,
    ];
    let mut rests = 0;
    for agree in [(true, true), (true, false), (false, true), (false, false)] {
        let start = Table {
            ends: (Options::new(), peer.clone()),
            to_peer: VecDeque::new(),
            to_us: VecDeque::new(),
            requests,
        };
        let mut seen = HashSet::new();
        let mut open = vec![start];
        while let Some(table) = open.pop() {
            if table.to_us.is_empty() && table.to_peer.is_empty() {
                rests += 1;
                let ours = Peer::agreed(&table.ends.0, Side::Us);
                assert_eq!(ours, table.ends.1.agreed(Side::Them), "{table:?}");
            }
            let mut next =
                STEPS.iter().filter_map(|step| table.after(*step, agree)).collect::<Vec<_>>();
            // The loop guard counts, which makes equal tables look different; it does not act here.
            next.retain(|table| {
                let mut plain = table.clone();
                plain.ends.0.guard = LoopGuard::default();
                seen.insert(format!("{plain:?}"))
            });
            open.append(&mut next);
        }
    }
    assert!(rests > 100);
}

#[test]
fn two_such_ends_always_come_to_agree() {
    play_all(Options::new(), (3, 3));
}

#[test]
fn an_end_that_follows_rfc_1143_to_the_letter_comes_to_agree_too() {
    play_all(Rfc1143 { us: Q::No, them: Q::No }, (3, 3));
}
