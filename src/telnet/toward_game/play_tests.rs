//! The two engines played against each other, and against games as they really read.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::telnet::canonical;
use crate::telnet::client_info::Label;
use crate::telnet::option::{ATCP, CHARSET, ECHO, EOR, GMCP, MSDP, MXP, NAWS, SGA, TTYPE};
use crate::telnet::toward_client::{ClientTelnet, FromClient, TowardClient};
use crate::test_clock::at;

/// What can happen between the two, at random.
#[derive(Clone, Debug)]
enum Act {
    /// The server's end offers these.
    Offer(Vec<u8>),
    /// It hides or shows the typing.
    Echo(bool),
    /// It speaks of an option on its own account, as no well-behaved server does.
    Demand(Verb, u8),
    /// A client is attached to the other end.
    Attach { columns: u16, settled: bool, agreed: Vec<u8>, hello: bool },
    /// So many bytes arrive at the server's end, at the client's end.
    Deliver(usize, usize),
    /// So many milliseconds pass; never enough for a message to be given up.
    Wait(u64),
}

fn options() -> impl Strategy<Value = u8> {
    prop::sample::select(vec![SGA, EOR, GMCP, MSDP, MXP, ATCP, NAWS, TTYPE, CHARSET, ECHO, 86, 200])
}

/// What a well-behaved server and its client do.
fn fair_act() -> impl Strategy<Value = Act> {
    let several = || prop::collection::vec(options(), 0..4);
    prop_oneof![
        several().prop_map(Act::Offer),
        any::<bool>().prop_map(Act::Echo),
        (20..200u16, any::<bool>(), several(), any::<bool>()).prop_map(
            |(columns, settled, agreed, hello)| Act::Attach { columns, settled, agreed, hello }
        ),
        (0..9usize, 0..9usize).prop_map(|(there, here)| Act::Deliver(there, here)),
        (0..150u64).prop_map(Act::Wait),
    ]
}

fn any_act() -> impl Strategy<Value = Act> {
    let verb = prop::sample::select(vec![Verb::Will, Verb::Wont, Verb::Do, Verb::Dont]);
    let demand = (verb, options()).prop_map(|(verb, option)| Act::Demand(verb, option));
    prop_oneof![4 => fair_act(), 1 => demand]
}

/// The server's engine and the client's engine, and what is under way between them.
struct Pair {
    server: TowardClient,
    client: TowardGame,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
    now: Instant,
    offered: OptionSet,
}

impl Pair {
    fn new() -> Pair {
        let server = ClientTelnet {
            subnegotiation_bytes_max: 4096,
            line_bytes_max: 100,
            negotiation_timeout: Duration::from_secs(1),
            charsets: Arc::new(["UTF-8".into()]),
            are_you_there: "".into(),
        };
        let game = GameTelnet {
            profile: Profile::Full,
            iac: IacMode::Telnet,
            charset_name: "UTF-8",
            utf8: true,
            subnegotiation_bytes_max: 4096,
        };
        Pair {
            server: TowardClient::new(server, None, at(0)),
            client: TowardGame::new(game, at(0)),
            to_server: Vec::new(),
            to_client: Vec::new(),
            now: at(0),
            offered: OptionSet::EMPTY,
        }
    }

    fn collect(&mut self) {
        self.server.take_replies(&mut self.to_client);
        while let Some(command) = self.client.take_command() {
            self.to_server.extend(command);
        }
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Offer(options) => {
                self.offered = options.into_iter().collect();
                self.server.offers(self.offered, &mut self.to_client);
            }
            Act::Echo(hidden) => self.server.echo(hidden, &mut self.to_client),
            Act::Demand(verb, option) => self.to_client.extend(encode::negotiation(verb, option)),
            Act::Attach { columns, settled, agreed, hello } => {
                let hello = hello.then(|| {
                    Box::new(crate::telnet::client_info::Hello {
                        client: Label::new(b"X").unwrap(),
                        version: None,
                    })
                });
                let size = Some(WindowSize::said(columns, 24));
                let agreed = agreed.into_iter().collect();
                let info = ClientInfo { size, settled, agreed, hello, ..ClientInfo::default() };
                self.client.attach_client(self.now, &info);
            }
            Act::Deliver(there, here) => self.deliver(there, here),
            Act::Wait(millis) => {
                self.now += Duration::from_millis(millis);
                self.server.tick(self.now);
                self.client.tick(self.now);
            }
        }
        self.collect();
    }

    fn deliver(&mut self, there: usize, here: usize) {
        let there: Vec<u8> = self.to_server.drain(..there.min(self.to_server.len())).collect();
        let here: Vec<u8> = self.to_client.drain(..here.min(self.to_client.len())).collect();
        let mut input = &there[..];
        while let Some(said) = self.server.next(self.now, &mut input) {
            assert!(!matches!(said, FromClient::Line(_) | FromClient::Abuse(_)), "{said:?}");
        }
        let mut input = &here[..];
        while let Some(said) = self.client.next(self.now, &mut input) {
            assert!(!matches!(said, FromGame::Text(_)), "{said:?}");
        }
    }

    /// Lets everything arrive that is under way and that follows from it.
    fn settle(&mut self) {
        for _ in 0..400 {
            self.collect();
            if self.to_server.is_empty() && self.to_client.is_empty() {
                self.act(Act::Wait(3000));
                self.collect();
                if self.to_server.is_empty() && self.to_client.is_empty() {
                    return;
                }
            }
            self.deliver(usize::MAX, usize::MAX);
        }
        panic!("they go on for ever");
    }

    fn agreed_here(&self) -> OptionSet {
        self.client.options.all_agreed(Side::Us).union(self.client.options.all_agreed(Side::Them))
    }
}

proptest! {
    #[test]
    fn the_two_engines_always_come_to_rest(acts in prop::collection::vec(any_act(), 0..60)) {
        let mut pair = Pair::new();
        pair.act(Act::Deliver(0, 0));
        acts.into_iter().for_each(|act| pair.act(act));
        pair.settle();
    }

    #[test]
    fn the_two_engines_come_to_agree(acts in prop::collection::vec(fair_act(), 0..60)) {
        let mut pair = Pair::new();
        pair.act(Act::Deliver(0, 0));
        acts.into_iter().for_each(|act| pair.act(act));
        pair.settle();
        prop_assert_eq!(pair.server.info().agreed, pair.agreed_here());
        prop_assert_eq!(pair.client.echo_hidden(), pair.server.accepts(ECHO));
    }
}

#[test]
fn the_two_engines_agree_on_all_that_both_know() {
    let mut pair = Pair::new();
    let agreed = vec![MXP, ATCP];
    pair.act(Act::Attach { columns: 100, settled: true, agreed, hello: true });
    pair.act(Act::Offer(vec![SGA, EOR, GMCP, MSDP, MXP, ATCP]));
    pair.settle();
    let all = [SGA, EOR, GMCP, MSDP, MXP, ATCP, NAWS, TTYPE, CHARSET, option::NEW_ENVIRON];
    assert_eq!(pair.server.info().agreed, OptionSet::of(&all));
    let info = pair.server.info();
    assert_eq!(info.name.as_ref().map(Label::as_str), Some("MUDKEEP"));
    assert_eq!(info.charset.as_ref().map(Label::as_str), Some("UTF-8"));
    assert_eq!(info.hello.as_ref().map(|hello| hello.client.as_str()), Some("X"));
    assert_eq!(info.size, Some(WindowSize { columns: 100, rows: 24 }));
    assert!(info.settled);
}

#[test]
fn what_a_client_offers_of_itself_is_not_told_to_the_game() {
    let mut pair = Pair::new();
    pair.client.attach_client(pair.now, pair.server.info());
    let mut input = &b"\xff\xfb\x1f\xff\xfb\x18\xff\xfb\x2a\xff\xfd\xc9\xff\xfd\x56"[..];
    while pair.server.next(pair.now, &mut input).is_some() {}
    pair.client.update_client(pair.now, pair.server.info());
    assert_eq!(pair.client.take_command(), None);
}

/// Merc's way to read: what one read brings is a C string of which the printable ASCII is kept.
#[derive(Default)]
struct Merc {
    line: Vec<u8>,
    commands: Vec<String>,
}

impl Merc {
    fn reads(&mut self, write: &[u8]) {
        let c_string = write.split(|byte| *byte == 0).next().unwrap_or_default();
        for &byte in c_string {
            match byte {
                b'\n' => {
                    let line = std::mem::take(&mut self.line);
                    self.commands.push(String::from_utf8(line).unwrap());
                }
                b' '..=b'~' => self.line.push(byte),
                _ => {}
            }
        }
    }

    fn reads_from(&mut self, engine: &mut TowardGame) {
        while let Some(write) = engine.take_command() {
            self.reads(&write);
        }
    }
}

#[test]
fn an_old_game_sees_what_was_typed_and_no_stray_glyph() {
    let mut pair = Pair::new();
    let mut merc = Merc::default();
    let typed = ["bilbo", "hunter2", "look", "", "say #$?*'\"", "quit"];
    for (columns, line) in (80..).zip(typed) {
        let client = ClientInfo {
            size: Some(WindowSize::said(columns, 24)),
            settled: true,
            agreed: OptionSet::of(&[GMCP, MXP]),
            address: Some("203.0.113.7".parse().unwrap()),
            ..ClientInfo::default()
        };
        let mut said = &b"\n\rPassword: \xff\xfb\x01 \xff\xfc\x01\n\r> \xff\xf9"[..];
        while pair.client.next(pair.now, &mut said).is_some() {}
        merc.reads_from(&mut pair.client);
        pair.client.attach_client(pair.now, &client);
        pair.client.send_out_of_band(GMCP, b"Core.Ping");
        merc.reads_from(&mut pair.client);
        let mut wire = Vec::new();
        assert!(pair.client.encode_line(line.as_bytes(), 250, &mut wire));
        merc.reads(&wire);
    }
    assert_eq!(merc.commands, typed);
}

/// The KaVir snippet, found in many games: it knows a telnet command only if one read brings all of
/// it, and goes on only once it was answered about the terminal.
#[test]
fn a_game_that_reads_commands_whole_is_answered_in_whole_commands() {
    let mut pair = Pair::new();
    let mut decoder = Decoder::new(1024, IacMode::Telnet);
    let mut hear = |client: &mut TowardGame, said: &[u8]| {
        let mut said = said;
        while client.next(at(0), &mut said).is_some() {}
        let mut heard = 0;
        while let Some(write) = client.take_command() {
            let mut input = &write[..];
            assert!(decoder.next(&mut input).is_some() && decoder.in_text());
            assert_eq!(decoder.next(&mut input), None, "one command a write");
            heard += 1;
        }
        heard
    };
    let client = ClientInfo { settled: true, ..ClientInfo::default() };
    pair.client.attach_client(at(0), &client);
    assert_eq!(hear(&mut pair.client, b"\xff\xfd\x18"), 1);
    let rest =
        b"\xff\xfa\x18\x01\xff\xf0\xff\xfd\x1f\xff\xfd\x2a\xff\xfb\x45\xff\xfb\x46\xff\xfb\xc9";
    assert_eq!(hear(&mut pair.client, rest), 7);
    let resized = ClientInfo { size: Some(WindowSize::said(100, 40)), ..client };
    pair.client.update_client(at(0), &resized);
    assert_eq!(hear(&mut pair.client, b""), 1);
}

#[test]
fn a_history_of_what_a_game_said_is_shown_as_the_game_said_it() {
    let mut pair = Pair::new();
    let mut history = Vec::new();
    let said = b"\xff\xfb\x03\xff\xfd\x18caf\xff\xff \xff\xfb\x01pw:\xff\xf9\xff\xfc\x01\n\r\xff\xfb\xc9\xff\xfa\xc9A.B\xff\xf0ok";
    let mut input = &said[..];
    while let Some(event) = pair.client.next(pair.now, &mut input) {
        match event {
            FromGame::Text(text) => history.extend_from_slice(canonical::text(text)),
            FromGame::Prompt => history.extend_from_slice(&canonical::PROMPT),
            FromGame::Echo { hidden } => history.extend_from_slice(canonical::echo(hidden)),
            FromGame::OutOfBand { option, payload } => {
                canonical::out_of_band(option, &payload, &mut history);
            }
            FromGame::Offers(_) => {}
        }
    }
    assert_eq!(
        history,
        b"caf\xff\xff \xff\xfb\x01pw:\xff\xf9\xff\xfc\x01\n\r\xff\xfa\xc9A.B\xff\xf0ok"
    );
    let mut wire = Vec::new();
    pair.server.output(&history, &mut wire);
    assert_eq!(wire, b"caf\xff\xff \xff\xfb\x01pw:\xff\xf9\xff\xfc\x01\n\rok");
}
