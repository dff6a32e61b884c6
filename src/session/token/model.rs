//! Token families beside the rules of a reference model, on a network that loses answers: an
//! honest client always gets in again, a retired token never does, and a theft is noticed. Known
//! bad designs must each be caught, or the check is worth nothing.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use uuid::Uuid;

use super::{Families, Mint, Presented, SECRET_CHARS, Secret, TokenLimits};
use crate::ids::{Epoch, FamilyId, SessionId, TokenGeneration};
use crate::test_clock::start;

/// Longer than anything here takes.
const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

const LIMITS: TokenLimits = TokenLimits { ttl: WEEK, lifetime: WEEK, families_max: 4 };

/// Numbers instead of random secrets.
#[derive(Default)]
pub(super) struct Counter(u128);

impl Mint for Counter {
    fn secret(&mut self) -> Secret {
        self.0 += 1;
        Secret::parse(format!("{:0SECRET_CHARS$}", self.0).as_bytes()).expect("32 digits")
    }

    fn uuid(&mut self) -> Uuid {
        self.0 += 1;
        Uuid::from_u128(self.0)
    }

    fn epoch(&mut self) -> Epoch {
        self.0 += 1;
        Epoch(self.0 as u64)
    }
}

/// A token as a client keeps it.
#[derive(Clone, PartialEq, Debug)]
struct Token {
    secret: Secret,
    generation: TokenGeneration,
}

/// What the simulation asks of a design.
trait Design {
    fn first(&mut self) -> Token;
    fn resume(&mut self, now: Instant, token: &Token) -> Option<Token>;
    fn ack(&mut self, now: Instant, token: &Token);
    fn reuses(&self) -> usize;
}

struct Ours {
    families: Families,
    family: FamilyId,
    first: Token,
    mint: Counter,
    reuses: usize,
}

impl Ours {
    fn new(now: Instant) -> Ours {
        let mut mint = Counter::default();
        let mut families = Families::new(SessionId(mint.uuid()));
        let (family, grant) = families.issue(&LIMITS, now, &mut mint);
        let first = Token { secret: grant.secret, generation: grant.generation };
        Ours { families, family, first, mint, reuses: 0 }
    }
}

impl Design for Ours {
    fn first(&mut self) -> Token {
        self.first.clone()
    }

    fn resume(&mut self, now: Instant, token: &Token) -> Option<Token> {
        match self.families.present(&LIMITS, now, &token.secret, &mut self.mint) {
            Presented::Attached { grant, .. } => {
                Some(Token { secret: grant.secret, generation: grant.generation })
            }
            Presented::Reused { .. } => {
                self.reuses += 1;
                None
            }
            Presented::Invalid | Presented::Expired => None,
        }
    }

    fn ack(&mut self, now: Instant, token: &Token) {
        self.families.prove(now, self.family, token.generation);
    }

    fn reuses(&self) -> usize {
        self.reuses
    }
}

#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    None,
    /// The old token is good for five seconds only.
    TimeGrace,
    /// Each use of the old token draws another successor.
    FreshSuccessor,
    /// Tokens never change.
    NoRotation,
}

/// The rules, written down plainly, with or without a fault.
struct Reference {
    fault: Fault,
    mint: Counter,
    current: Token,
    previous: Option<Token>,
    retired: Vec<Token>,
    rotated: Instant,
    reuses: usize,
}

impl Reference {
    fn new(now: Instant, fault: Fault) -> Reference {
        let mut mint = Counter::default();
        let current = Token { secret: mint.secret(), generation: TokenGeneration(1) };
        let (previous, retired) = (None, Vec::new());
        Reference { fault, mint, current, previous, retired, rotated: now, reuses: 0 }
    }

    fn next(&mut self) -> Token {
        let generation = TokenGeneration(self.current.generation.0 + 1);
        Token { secret: self.mint.secret(), generation }
    }
}

impl Design for Reference {
    fn first(&mut self) -> Token {
        self.current.clone()
    }

    fn resume(&mut self, now: Instant, token: &Token) -> Option<Token> {
        if *token == self.current {
            self.ack(now, token);
            if self.fault != Fault::NoRotation {
                let next = self.next();
                self.previous = Some(std::mem::replace(&mut self.current, next));
                self.rotated = now;
            }
        } else if self.previous.as_ref() == Some(token) {
            let late = now.duration_since(self.rotated) > Duration::from_secs(5);
            if self.fault == Fault::TimeGrace && late {
                self.reuses += 1;
                return None;
            }
            if self.fault == Fault::FreshSuccessor {
                let next = self.next();
                self.retired.push(std::mem::replace(&mut self.current, next));
            }
        } else {
            self.reuses += usize::from(self.retired.contains(token));
            return None;
        }
        Some(self.current.clone())
    }

    fn ack(&mut self, _: Instant, token: &Token) {
        if *token == self.current {
            self.retired.extend(self.previous.take());
        }
    }

    fn reuses(&self) -> usize {
        self.reuses
    }
}

enum Sent {
    Resume(Token),
    Ack(Token),
}

/// One transport: what is under way in both directions. Bytes under way arrive after a cut.
#[derive(Default)]
struct Connection {
    to_server: VecDeque<Sent>,
    to_client: VecDeque<Option<Token>>,
}

struct Client {
    token: Token,
    connection: Option<usize>,
    live: bool,
    refused: usize,
}

struct World<'a> {
    design: &'a mut dyn Design,
    connections: Vec<Connection>,
    client: Client,
    now: Instant,
}

impl World<'_> {
    fn connect(&mut self) {
        // Slowly enough not to look like two holders fighting.
        self.now += Duration::from_secs(7);
        let to_server = VecDeque::from([Sent::Resume(self.client.token.clone())]);
        self.connections.push(Connection { to_server, ..Connection::default() });
        self.client.connection = Some(self.connections.len() - 1);
        self.client.live = false;
    }

    fn server_reads(&mut self, at: usize) {
        match self.connections[at].to_server.pop_front() {
            Some(Sent::Resume(token)) => {
                let answer = self.design.resume(self.now, &token);
                self.connections[at].to_client.push_back(answer);
            }
            Some(Sent::Ack(token)) => self.design.ack(self.now, &token),
            None => {}
        }
    }

    fn client_reads(&mut self) {
        let Some(at) = self.client.connection else { return };
        match self.connections[at].to_client.pop_front() {
            Some(Some(token)) => {
                self.client.live = true;
                self.client.token = token.clone();
                self.connections[at].to_server.push_back(Sent::Ack(token));
            }
            Some(None) => {
                self.client.refused += 1;
                self.client.connection = None;
            }
            None => {}
        }
    }

    fn step(&mut self, choice: u8, which: u8) {
        match choice % 8 {
            0 | 1 => self.client_reads(),
            2..=4 => {
                let full: Vec<usize> = (0..self.connections.len())
                    .filter(|&at| !self.connections[at].to_server.is_empty())
                    .collect();
                if !full.is_empty() {
                    self.server_reads(full[usize::from(which) % full.len()]);
                }
            }
            5 if self.client.connection.is_none() => self.connect(),
            6 => self.client.connection = None,
            _ => self.now += Duration::from_secs(u64::from(which % 20)),
        }
    }
}

/// An honest client on a bad network: it is never refused, and gets in when the network is good.
fn honest(design: &mut dyn Design, now: Instant, steps: &[(u8, u8)]) -> bool {
    let client = Client { token: design.first(), connection: None, live: false, refused: 0 };
    let mut world = World { design, connections: Vec::new(), client, now };
    steps.iter().for_each(|&(choice, which)| world.step(choice, which));
    for _ in 0..20 {
        world.connect();
        (0..world.connections.len()).for_each(|at| {
            while !world.connections[at].to_server.is_empty() {
                world.server_reads(at);
            }
        });
        world.client_reads();
    }
    world.client.refused == 0 && world.client.live
}

/// A stolen token does not go unnoticed, however it is used.
fn theft_is_noticed(make: &dyn Fn() -> Box<dyn Design>, now: Instant) -> bool {
    let proven = |design: &mut dyn Design, token: &Token| {
        let next = design.resume(now, token);
        next.iter().for_each(|next| design.ack(now, next));
        next
    };
    // The owner was first and has proven the successor: the thief is refused.
    let mut a = make();
    let stolen = a.first();
    let refused = proven(&mut *a, &stolen).is_some() && a.resume(now, &stolen).is_none();
    // The thief was first: the owner's next try is noticed.
    let mut b = make();
    let stolen = b.first();
    let _ = (proven(&mut *b, &stolen), b.resume(now, &stolen));
    // The owner's answer was lost, the thief uses the same token: so is the owner's next try.
    let mut c = make();
    let stolen = c.first();
    let _ = (c.resume(now, &stolen), proven(&mut *c, &stolen), c.resume(now, &stolen));
    refused && a.reuses() == 1 && b.reuses() == 1 && c.reuses() == 1
}

/// Pseudo-random steps, the same in every run.
fn steps(seed: u64) -> Vec<(u8, u8)> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    (0..160).map(|_| (next(), next())).collect()
}

fn caught(fault: Fault) -> bool {
    let now = start();
    let in_a_history =
        (0..1000).any(|seed| !honest(&mut Reference::new(now, fault), now, &steps(seed)));
    in_a_history || !theft_is_noticed(&|| Box::new(Reference::new(now, fault)), now)
}

#[test]
fn an_honest_client_gets_in_and_a_theft_is_noticed() {
    let now = start();
    for seed in 0..1000 {
        assert!(honest(&mut Ours::new(now), now, &steps(seed)), "seed {seed}");
    }
    assert!(theft_is_noticed(&|| Box::new(Ours::new(now)), now));
}

#[test]
fn known_bad_designs_are_caught_and_the_rules_are_not() {
    assert!(!caught(Fault::None));
    for fault in [Fault::TimeGrace, Fault::FreshSuccessor, Fault::NoRotation] {
        assert!(caught(fault), "{fault:?}");
    }
}

proptest! {
    #[test]
    fn any_lossy_history_lets_an_honest_client_in(steps in vec(any::<(u8, u8)>(), 0..200)) {
        let now = start();
        prop_assert!(honest(&mut Ours::new(now), now, &steps));
    }

    /// Tokens presented and acknowledged in any order, by anyone who ever had one, are answered
    /// as the plain rules answer them.
    #[test]
    fn tokens_are_judged_as_the_rules_say(ops in vec((any::<bool>(), any::<u8>()), 0..60)) {
        let mut now = start();
        let (mut ours, mut rules) = (Ours::new(now), Reference::new(now, Fault::None));
        let mut known = vec![(ours.first(), rules.first())];
        for (resume, which) in ops {
            now += Duration::from_secs(10);
            let (ours_token, rules_token) = known[usize::from(which) % known.len()].clone();
            if resume {
                let answers = (ours.resume(now, &ours_token), rules.resume(now, &rules_token));
                prop_assert_eq!(answers.0.is_some(), answers.1.is_some());
                if let (Some(ours), Some(rules)) = answers {
                    prop_assert_eq!(ours.generation, rules.generation);
                    let again = known.iter().find(|(known, _)| *known == ours);
                    prop_assert!(again.is_none_or(|(_, known)| *known == rules));
                    known.push((ours, rules));
                }
            } else {
                ours.ack(now, &ours_token);
                rules.ack(now, &rules_token);
            }
        }
    }
}
