use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::telnet::canonical;
use crate::telnet::client_info::{Hello, Label, Mtts};
use crate::telnet::command::{AYT, DO, DONT, IAC, SB, SE, WILL, WONT};
use crate::telnet::gmcp::Module;
use crate::telnet::option::{
    ATCP, CHARSET, ECHO, EOR, GMCP, MCCP1, MCCP2, MCCP3, MSDP, MSP, MSSP, MXP, NAWS, NEW_ENVIRON,
    SGA, TTYPE, ZMP,
};
use crate::test_clock::at;

/// A game's connection, as a test sees it.
struct Game {
    engine: TowardGame,
    now: Instant,
}

/// An event that owns its text.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Said {
    Text(Vec<u8>),
    Prompt,
    Echo(bool),
    OutOfBand(u8, Vec<u8>),
    Offers(OptionSet),
}

impl Game {
    fn new(profile: Profile) -> Game {
        Game::with(GameTelnet { profile, ..config() })
    }

    fn with(config: GameTelnet) -> Game {
        Game { engine: TowardGame::new(config, at(0)), now: at(0) }
    }

    /// A game with which these options are in use.
    fn using(verb: Verb, options: &[u8]) -> Game {
        let mut game = Game::new(Profile::Full);
        game.engine.attach_client(game.now, &nobody());
        for &option in options {
            game.says(&encode::negotiation(verb, option));
        }
        game.sent();
        game
    }

    fn says(&mut self, mut input: &[u8]) -> Vec<Said> {
        let mut said = Vec::new();
        while let Some(event) = self.engine.next(self.now, &mut input) {
            said.push(match event {
                FromGame::Text(text) => Said::Text(text.to_vec()),
                FromGame::Prompt => Said::Prompt,
                FromGame::Echo { hidden } => Said::Echo(hidden),
                FromGame::OutOfBand { option, payload } => Said::OutOfBand(option, payload),
                FromGame::Offers(offers) => Said::Offers(offers),
            });
        }
        assert!(input.is_empty());
        said
    }

    fn attach(&mut self, info: &ClientInfo) -> Vec<Vec<u8>> {
        self.engine.attach_client(self.now, info);
        self.sent()
    }

    fn update(&mut self, info: &ClientInfo) -> Vec<Vec<u8>> {
        self.engine.update_client(self.now, info);
        self.sent()
    }

    /// What the game is sent, each write by itself.
    fn sent(&mut self) -> Vec<Vec<u8>> {
        std::iter::from_fn(|| self.engine.take_command()).collect()
    }

    /// What the game is sent when it says this.
    fn answers(&mut self, input: &[u8]) -> Vec<Vec<u8>> {
        self.says(input);
        self.sent()
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        if self.engine.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.engine.tick(self.now);
        }
    }
}

fn config() -> GameTelnet {
    GameTelnet {
        profile: Profile::Full,
        iac: IacMode::Telnet,
        charset_name: "UTF-8",
        utf8: true,
        subnegotiation_bytes_max: 1024,
    }
}

fn label(text: &str) -> Option<Label> {
    Label::new(text.as_bytes())
}

/// A client that said nothing, and will not.
fn nobody() -> ClientInfo {
    ClientInfo { settled: true, ..ClientInfo::default() }
}

fn mudlet() -> ClientInfo {
    ClientInfo {
        name: label("MUDLET"),
        version: label("4.17"),
        terminal_type: label("ANSI-TRUECOLOR"),
        mtts: Some(Mtts(2349)),
        size: Some(WindowSize { columns: 120, rows: 40 }),
        address: Some("203.0.113.7".parse().unwrap()),
        hello: Some(Box::new(Hello { client: label("Mudlet").unwrap(), version: label("4.17") })),
        modules: ["Char 1", "Room 1"].iter().filter_map(|module| Module::parse(module)).collect(),
        settled: true,
        ..ClientInfo::default()
    }
}

fn negotiation(verb: Verb, option: u8) -> Vec<u8> {
    encode::negotiation(verb, option).to_vec()
}

fn terminal_asked() -> Vec<u8> {
    encode::terminal_send()
}

#[test]
fn a_game_that_asks_nothing_is_sent_nothing() {
    for profile in [Profile::Full, Profile::Replies, Profile::None] {
        let mut game = Game::new(profile);
        game.says(b"By what name do you wish to be known? \xff\xf9");
        assert_eq!(game.attach(&mudlet()), [[0; 0]; 0]);
        let resized = ClientInfo { size: Some(WindowSize { columns: 99, rows: 9 }), ..mudlet() };
        assert_eq!(game.update(&resized), [[0; 0]; 0]);
        assert!(!game.engine.send_out_of_band(GMCP, b"Core.Ping"));
        game.wait(Duration::from_secs(100));
        assert_eq!(game.attach(&nobody()), [[0; 0]; 0]);
    }
}

/// The options out of all that are answered by `yes`; every other is answered by `no`.
fn granted(profile: Profile, verb: Verb, yes: Verb, no: Verb) -> Vec<u8> {
    let mut granted = Vec::new();
    for option in 0..=u8::MAX {
        let mut game = Game::new(profile);
        game.engine.attach_client(game.now, &nobody());
        let mut answers = game.answers(&encode::negotiation(verb, option));
        game.wait(Duration::from_secs(3));
        answers.extend(game.sent());
        if answers[0] == negotiation(yes, option) {
            granted.push(option);
        } else {
            assert_eq!(answers, [negotiation(no, option)]);
        }
    }
    granted
}

#[test]
fn a_full_game_is_granted_what_any_client_can_be_served_with() {
    let offered = [ECHO, SGA, EOR, CHARSET, MSDP, MSSP, GMCP];
    assert_eq!(granted(Profile::Full, Verb::Will, Verb::Do, Verb::Dont), offered);
    let asked = [SGA, TTYPE, NAWS, NEW_ENVIRON, CHARSET];
    assert_eq!(granted(Profile::Full, Verb::Do, Verb::Will, Verb::Wont), asked);
}

#[test]
fn a_game_of_replies_is_granted_the_plain_ones() {
    assert_eq!(granted(Profile::Replies, Verb::Will, Verb::Do, Verb::Dont), [ECHO, SGA, EOR]);
    assert_eq!(granted(Profile::Replies, Verb::Do, Verb::Will, Verb::Wont), [SGA, TTYPE, NAWS]);
}

#[test]
fn a_game_without_telnet_is_sent_none_and_understood_all_the_same() {
    let mut game = Game::new(Profile::None);
    for verb in [WILL, WONT, DO, DONT] {
        for option in (0..=u8::MAX).filter(|option| *option != ECHO) {
            assert_eq!(game.says(&[IAC, verb, option]), []);
        }
    }
    assert_eq!(game.says(b"\xff\xfb\x01"), [Said::Echo(true)]);
    assert_eq!(game.says(b"\xff\xfa\xc9Core.Ping\xff\xf0"), []);
    let offers = Said::Offers(OptionSet::of(&[EOR]));
    assert_eq!(
        game.says(b"Password:\xff\xf9"),
        [Said::Text(b"Password:".into()), Said::Prompt, offers]
    );
    game.wait(Duration::from_secs(100));
    game.attach(&mudlet());
    assert_eq!(game.sent(), [[0; 0]; 0]);
}

#[test]
fn compression_is_refused_and_what_follows_is_text() {
    let mut game = Game::new(Profile::Full);
    for option in [MCCP1, MCCP2, MCCP3] {
        let answers = game.answers(&encode::negotiation(Verb::Will, option));
        assert_eq!(answers, [negotiation(Verb::Dont, option)]);
    }
    assert_eq!(game.says(b"\xff\xfa\x56\xff\xf0plain"), [Said::Text(b"plain".into())]);
}

#[test]
fn every_answer_is_a_write_of_its_own() {
    let mut game = Game::new(Profile::Full);
    game.engine.attach_client(game.now, &mudlet());
    let kavir =
        b"\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0\xff\xfd\x1f\xff\xfd\x2a\xff\xfb\x45\xff\xfb\x46\
        \xff\xfd\xc8\xff\xfb\x5a\xff\xfd\x5b\xff\xfb\xc9\xff\xfd\x27\xff\xfa\x27\x01\xff\xf0";
    for write in game.answers(kavir) {
        match write.as_slice() {
            [IAC, WILL | WONT | DO | DONT, _] => {}
            [IAC, SB, inner @ .., IAC, SE] => {
                assert!(!inner.windows(2).any(|two| two == [IAC, SE]))
            }
            other => panic!("{other:02x?}"),
        }
    }
}

#[test]
fn the_terminal_is_told_name_type_and_abilities_in_a_round() {
    let mut game = Game::new(Profile::Full);
    game.engine.attach_client(game.now, &mudlet());
    let will = game.answers(b"\xff\xfd\x18");
    assert_eq!(will, [negotiation(Verb::Will, TTYPE)]);
    // 2349 with the PROXY and MNES bits.
    for name in ["MUDLET", "ANSI-TRUECOLOR", "MTTS 2989", "MTTS 2989", "MUDLET"] {
        assert_eq!(game.answers(&terminal_asked()), [encode::terminal_is(name)]);
    }
}

#[test]
fn the_utf_8_bit_is_the_games_not_the_clients() {
    let latin = GameTelnet { charset_name: "ISO-8859-1", utf8: false, ..config() };
    let mut game = Game::with(latin);
    game.engine.attach_client(game.now, &mudlet());
    game.answers(b"\xff\xfd\x18\xff\xfa\x18\x01\xff\xf0\xff\xfa\x18\x01\xff\xf0");
    assert_eq!(game.answers(&terminal_asked()), [encode::terminal_is("MTTS 2985")]);
}

#[test]
fn abilities_that_a_client_does_not_give_are_those_of_its_terminal() {
    for (terminal, told) in [
        (None, ["MUDKEEP", "ANSI", "MTTS 645"]),
        (Some("XTERM-256COLOR"), ["XTERM-256COLOR", "XTERM-256COLOR", "MTTS 655"]),
        (Some("ANSI-TRUECOLOR"), ["ANSI-TRUECOLOR", "ANSI-TRUECOLOR", "MTTS 909"]),
        (Some("dumb"), ["dumb", "dumb", "MTTS 644"]),
    ] {
        let mut game = Game::using(Verb::Do, &[TTYPE]);
        game.attach(&ClientInfo { terminal_type: terminal.and_then(label), ..nobody() });
        for name in told {
            assert_eq!(game.answers(&terminal_asked()), [encode::terminal_is(name)]);
        }
    }
}

#[test]
fn the_question_for_the_terminal_waits_for_the_client_for_a_second() {
    let mut game = Game::new(Profile::Full);
    assert_eq!(game.answers(b"\xff\xfd\x18"), [[0; 0]; 0]);
    assert_eq!(game.answers(b"\xff\xfd\x18"), [[0; 0]; 0], "asking again changes nothing");
    assert_eq!(game.engine.deadline(), Some(at(0) + Duration::from_secs(1)));
    assert_eq!(game.update(&ClientInfo { settled: false, ..mudlet() }), [[0; 0]; 0]);
    assert_eq!(game.update(&mudlet()), [negotiation(Verb::Will, TTYPE)]);
    assert_eq!(game.engine.deadline(), None);

    let mut game = Game::new(Profile::Replies);
    game.says(b"\xff\xfd\x18");
    game.wait(Duration::from_millis(999));
    assert_eq!(game.sent(), [[0; 0]; 0]);
    game.wait(Duration::from_millis(1));
    assert_eq!(game.sent(), [negotiation(Verb::Will, TTYPE)]);
}

#[test]
fn a_question_that_is_taken_back_is_refused() {
    let mut game = Game::new(Profile::Full);
    assert_eq!(game.answers(b"\xff\xfd\x18\xff\xfe\x18"), [negotiation(Verb::Wont, TTYPE)]);
    assert_eq!((game.engine.deadline(), game.update(&mudlet())), (None, vec![]));
}

#[test]
fn the_window_is_told_once_it_is_known_or_nobody_says_for_a_second() {
    let size = |columns, rows| encode::naws(WindowSize { columns, rows });
    let told = |columns, rows| [negotiation(Verb::Will, NAWS), size(columns, rows)];
    let unsettled = ClientInfo { settled: false, ..mudlet() };
    for profile in [Profile::Full, Profile::Replies] {
        let asked = || {
            let mut game = Game::new(profile);
            assert_eq!(game.answers(b"\xff\xfd\x1f"), [[0; 0]; 0]);
            assert_eq!(game.engine.deadline(), Some(at(0) + Duration::from_secs(1)));
            game
        };
        assert_eq!(asked().attach(&unsettled), told(120, 40));
        assert_eq!(asked().attach(&nobody()), told(80, 24));
        let mut game = asked();
        assert_eq!(game.attach(&ClientInfo::default()), [[0; 0]; 0]);
        game.wait(Duration::from_millis(999));
        assert_eq!(game.sent(), [[0; 0]; 0]);
        game.wait(Duration::from_millis(1));
        assert_eq!(game.sent(), told(80, 24));
        assert_eq!(asked().answers(b"\xff\xfe\x1f"), [negotiation(Verb::Wont, NAWS)]);
    }
}

#[test]
fn the_window_is_told_at_once_and_again_when_it_changes() {
    let mut game = Game::new(Profile::Full);
    game.attach(&nobody());
    let size = |columns, rows| encode::naws(WindowSize { columns, rows });
    assert_eq!(game.answers(b"\xff\xfd\x1f"), [negotiation(Verb::Will, NAWS), size(80, 24)]);
    assert_eq!(game.attach(&mudlet()), [size(120, 40)]);
    assert_eq!(game.attach(&mudlet()), [[0; 0]; 0]);
    assert_eq!(game.attach(&nobody()), [[0; 0]; 0], "its window is not known");
    let odd = ClientInfo { size: Some(WindowSize { columns: 255, rows: 255 }), ..mudlet() };
    assert_eq!(game.update(&odd), [size(254, 254)]);
    assert_eq!(game.answers(b"\xff\xfe\x1f"), [negotiation(Verb::Wont, NAWS)]);
    assert_eq!(game.update(&mudlet()), [[0; 0]; 0]);
    assert_eq!(game.answers(b"\xff\xfd\x1f"), [negotiation(Verb::Will, NAWS), size(120, 40)]);
}

#[test]
fn a_game_of_replies_is_told_the_window_once() {
    let mut game = Game::new(Profile::Replies);
    game.attach(&nobody());
    assert_eq!(game.answers(b"\xff\xfd\x1f").len(), 2);
    assert_eq!(game.attach(&mudlet()), [[0; 0]; 0]);
}

#[test]
fn no_window_needs_a_doubled_byte() {
    for columns in 0..=u16::MAX {
        let size = Some(WindowSize::said(columns, columns));
        assert_eq!(encode::naws(identity::window(size)).len(), 9);
    }
}

#[test]
fn variables_are_told_when_asked_for() {
    let mut game = Game::using(Verb::Do, &[NEW_ENVIRON]);
    game.attach(&mudlet());
    let address = b"\xff\xfa\x27\x00\x00IPADDRESS\x01203.0.113.7\xff\xf0";
    assert_eq!(game.answers(b"\xff\xfa\x27\x01\x00IPADDRESS\xff\xf0"), [address]);
    let all =
        b"\xff\xfa\x27\x00\x00CHARSET\x01UTF-8\x00CLIENT_NAME\x01MUDLET\x00CLIENT_VERSION\x014.17\
        \x00IPADDRESS\x01203.0.113.7\x00MTTS\x012989\x00TERMINAL_TYPE\x01ANSI-TRUECOLOR\xff\xf0";
    assert_eq!(game.answers(b"\xff\xfa\x27\x01\xff\xf0"), [all]);
    assert_eq!(game.answers(b"\xff\xfa\x27\x01\x00\x03\xff\xf0"), [all], "all of either kind");
    let unknown = b"\xff\xfa\x27\x00\x00USER\x03MTTS\x00MTTS\x012989\xff\xf0";
    assert_eq!(game.answers(b"\xff\xfa\x27\x01\x00USER\x03MTTS\x00MTTS\xff\xf0"), [unknown]);
}

#[test]
fn changed_variables_are_told_to_a_game_that_asked() {
    let moved = ClientInfo { address: Some("::ffff:198.51.100.9".parse().unwrap()), ..mudlet() };
    let mut game = Game::using(Verb::Do, &[NEW_ENVIRON]);
    game.attach(&mudlet());
    assert_eq!(game.attach(&moved), [[0; 0]; 0], "it has not asked");
    game.attach(&mudlet());
    game.answers(b"\xff\xfa\x27\x01\x00MTTS\xff\xf0");
    assert_eq!(game.attach(&mudlet()), [[0; 0]; 0]);
    let info = b"\xff\xfa\x27\x02\x00IPADDRESS\x01198.51.100.9\xff\xf0";
    assert_eq!(game.attach(&moved), [info]);
}

#[test]
fn only_the_games_own_charset_is_taken() {
    for verb in [Verb::Will, Verb::Do] {
        let mut game = Game::using(verb, &[CHARSET]);
        let taken = b"\xff\xfa\x2a\x02UTF-8\xff\xf0";
        assert_eq!(game.answers(b"\xff\xfa\x2a\x01;ISO-8859-1;UTF-8\xff\xf0"), [taken]);
        assert_eq!(game.answers(b"\xff\xfa\x2a\x01 KOI8-R\xff\xf0"), [b"\xff\xfa\x2a\x03\xff\xf0"]);
        assert_eq!(game.answers(b"\xff\xfa\x2a\x04\x01\xff\xf0"), [b"\xff\xfa\x2a\x05\xff\xf0"]);
    }
}

#[test]
fn a_gmcp_game_is_greeted_once_for_all_clients() {
    let hello = encode::gmcp("Core.Hello", r#"{"client":"Mudlet","version":"4.17"}"#);
    let set = encode::gmcp("Core.Supports.Set", r#"["Char 1","Room 1"]"#);
    let mut game = Game::new(Profile::Full);
    game.attach(&mudlet());
    let answers = game.answers(b"\xff\xfb\xc9");
    assert_eq!(answers, [negotiation(Verb::Do, GMCP), hello.clone(), set.clone()]);
    assert_eq!(game.attach(&nobody()), [[0; 0]; 0]);
    assert_eq!(game.attach(&mudlet()), [set], "each attached client's modules are told");
    assert!(game.engine.send_out_of_band(GMCP, b"Core.Hello {\"client\":\"x\"}"));
    assert_eq!(game.sent(), [[0; 0]; 0]);

    let mut game = Game::using(Verb::Will, &[GMCP]);
    assert!(
        game.engine.send_out_of_band(GMCP, br#"Core.Hello {"client":"Mudlet","version":"4.17"}"#)
    );
    assert!(game.engine.send_out_of_band(GMCP, b"Core.Ping"));
    assert_eq!(game.sent(), [hello, encode::gmcp("Core.Ping", "")]);
    assert_eq!(game.update(&mudlet()), [[0; 0]; 0], "the client has said so itself");
}

#[test]
fn what_clients_are_to_be_offered_is_what_the_game_offered() {
    let mut game = Game::new(Profile::Full);
    let offers = |options: &[u8]| vec![Said::Offers(OptionSet::of(options))];
    assert_eq!(game.says(b"\xff\xfb\xc9"), offers(&[GMCP]));
    assert_eq!(game.says(b"\xff\xfb\xc9\xff\xfb\x01\xff\xfd\x1f\xff\xfb\x2a"), [Said::Echo(true)]);
    let both = [offers(&[GMCP, SGA]), offers(&[GMCP, SGA, EOR])].concat();
    assert_eq!(game.says(b"\xff\xfb\x03\xff\xfb\x19"), both);
    assert_eq!(game.says(b"\xff\xfc\xc9"), offers(&[SGA, EOR]));
    assert_eq!(game.engine.offers(), OptionSet::of(&[SGA, EOR]));
}

#[test]
fn a_game_that_marks_prompts_in_any_way_lets_clients_choose_theirs() {
    for mark in [b"\xff\xf9", b"\xff\xef"] {
        let mut game = Game::new(Profile::Full);
        assert_eq!(game.says(mark), [Said::Prompt, Said::Offers(OptionSet::of(&[EOR]))]);
        assert_eq!(game.says(mark), [Said::Prompt]);
    }
}

#[test]
fn markup_waits_for_the_client_and_is_refused_after_two_seconds() {
    for (verb, yes, no) in [(Verb::Will, Verb::Do, Verb::Dont), (Verb::Do, Verb::Will, Verb::Wont)]
    {
        let mut game = Game::new(Profile::Full);
        game.attach(&nobody());
        let said = game.says(&encode::negotiation(verb, MXP));
        assert_eq!(said, [Said::Offers(OptionSet::of(&[MXP]))]);
        game.wait(Duration::from_millis(1999));
        assert_eq!(game.sent(), [[0; 0]; 0]);
        game.wait(Duration::from_millis(1));
        assert_eq!(game.sent(), [negotiation(no, MXP)]);
        assert_eq!(game.says(b""), [Said::Offers(OptionSet::EMPTY)]);

        let willing = ClientInfo { agreed: OptionSet::of(&[MXP]), ..nobody() };
        assert_eq!(game.update(&willing), [[0; 0]; 0], "too late, until the game asks again");
        assert_eq!(game.answers(&encode::negotiation(verb, MXP)), [negotiation(yes, MXP)]);
        let start = encode::whole(MXP, b"");
        assert_eq!(game.says(&start), [Said::OutOfBand(MXP, vec![])]);
        assert_eq!(game.answers(&encode::negotiation(verb, MXP)), [[0; 0]; 0]);
        game.attach(&nobody());
        assert_eq!(game.answers(&encode::negotiation(verb, MXP)), [[0; 0]; 0], "it is on");
        game.wait(Duration::from_secs(9));
        assert_eq!(game.sent(), [[0; 0]; 0]);
    }
}

#[test]
fn markup_is_agreed_to_as_soon_as_the_client_agrees() {
    let mut game = Game::new(Profile::Full);
    game.attach(&nobody());
    game.says(b"\xff\xfb\x5b");
    let willing = ClientInfo { agreed: OptionSet::of(&[MXP]), ..nobody() };
    assert_eq!(game.update(&willing), [negotiation(Verb::Do, MXP)]);
    assert_eq!((game.says(b""), game.engine.offers()), (vec![], OptionSet::of(&[MXP])));
}

#[test]
fn an_answer_to_markup_keeps_its_escape_only_where_markup_is_used() {
    let mut line = Vec::new();
    Game::new(Profile::Full).engine.encode_line(b"\x1b[1z<V>", 99, &mut line);
    let mut game = Game::new(Profile::Full);
    game.attach(&ClientInfo { agreed: OptionSet::of(&[MXP]), ..nobody() });
    game.says(b"\xff\xfb\x5b");
    game.engine.encode_line(b"\x1b[1z<V>", 99, &mut line);
    assert_eq!(line, b"[1z<V>\r\n\x1b[1z<V>\r\n");
}

#[test]
fn messages_pass_only_where_the_option_is_in_use() {
    let mut game = Game::new(Profile::Full);
    for option in [GMCP, MSDP, MSSP, ATCP, MXP, MSP, 102, ZMP] {
        let message = encode::whole(option, b"x");
        assert_eq!(game.says(&message), []);
        assert!(!game.engine.send_out_of_band(option, b"x"));
    }
    let mut game = Game::using(Verb::Will, &[GMCP, MSDP, MSSP]);
    for option in [GMCP, MSDP, MSSP] {
        let message = encode::whole(option, b"x");
        assert_eq!(game.says(&message), [Said::OutOfBand(option, b"x".into())]);
        assert!(game.engine.send_out_of_band(option, b"x"));
        assert_eq!(game.sent(), [message]);
    }
    for option in [ECHO, TTYPE, NAWS, CHARSET] {
        assert!(!game.engine.send_out_of_band(option, b"x"));
    }
}

#[test]
fn hidden_echo_is_followed_even_through_a_loop() {
    let mut game = Game::new(Profile::Full);
    for _ in 0..100 {
        assert_eq!(game.says(b"\xff\xfb\x01\xff\xfb\x01"), [Said::Echo(true)]);
        assert!(game.engine.echo_hidden());
        assert_eq!(game.says(b"\xff\xfc\x01\xff\xfc\x01"), [Said::Echo(false)]);
        assert!(!game.engine.echo_hidden());
    }
    assert_eq!(game.sent().len(), 16, "and answered no more");
}

#[test]
fn are_you_there_and_other_commands_are_not_answered() {
    let mut game = Game::new(Profile::Full);
    for byte in (0..SB).filter(|byte| ![GA, EOR_MARK].contains(byte)) {
        assert_eq!(game.says(&[IAC, byte]), []);
    }
    assert_eq!(game.says(&[IAC, AYT]), []);
    assert_eq!(game.sent(), [[0; 0]; 0]);
}

const EOR_MARK: u8 = crate::telnet::command::EOR;

#[test]
fn a_message_that_does_not_end_is_given_up_after_ten_seconds() {
    let mut game = Game::using(Verb::Will, &[GMCP]);
    assert_eq!(game.says(b"\xff\xfa\xc9lost"), []);
    game.wait(Duration::from_millis(9_999));
    assert_eq!(game.says(b" still "), []);
    assert_eq!(game.engine.deadline(), Some(at(0) + Duration::from_secs(10)));
    game.wait(Duration::from_millis(1));
    assert_eq!(game.says(b"text"), [Said::Text(b"text".into())]);
    assert_eq!(game.engine.deadline(), None);
}

#[test]
fn a_message_beyond_the_limit_is_dropped_and_nothing_else() {
    let mut game = Game::using(Verb::Will, &[GMCP]);
    for (length, passes) in [(1023, true), (1024, true), (1025, false)] {
        let said = game.says(&encode::whole(GMCP, &vec![b'x'; length]));
        assert_eq!(!said.is_empty(), passes);
    }
    assert_eq!(game.says(b"text"), [Said::Text(b"text".into())]);
}

#[test]
fn a_game_that_does_not_read_is_not_answered_for_ever() {
    let mut game = Game::using(Verb::Do, &[TTYPE]);
    for _ in 0..COMMANDS_MAX + 10 {
        game.says(&terminal_asked());
    }
    assert!(!game.engine.send_out_of_band(GMCP, b"x"));
    assert_eq!(game.sent().len(), COMMANDS_MAX);
    assert_eq!(game.answers(&terminal_asked()).len(), 1);
}

#[test]
fn a_raw_game_is_all_text() {
    let mut game = Game::with(GameTelnet { iac: IacMode::Raw8, utf8: false, ..config() });
    let said = game.says(b"\xff\xfb\x01a");
    assert_eq!(said, [Said::Text(vec![0xff]), Said::Text(b"\xfb\x01a".into())]);
    let mut line = Vec::new();
    assert!(game.engine.encode_line(b"\xff\xff", 2, &mut line));
    assert_eq!((line, game.sent()), (b"\xff\xff\r\n".to_vec(), vec![]));
}

#[test]
fn what_passes_does_not_show_itself() {
    let mut game = Game::using(Verb::Will, &[GMCP]);
    assert!(game.engine.send_out_of_band(GMCP, b"hunter2"));
    let shown = format!("{:?} {:?}", game.engine, FromGame::Text(b"hunter2"));
    let message = FromGame::OutOfBand { option: GMCP, payload: b"hunter2".to_vec() };
    let shown = format!("{shown} {message:?}");
    let numbers = format!("{:?}", b"hunter2");
    assert!(!shown.contains("hunter2") && !shown.contains(&numbers[1..20]));
}

/// A copyover: the same socket, and a game that knows nothing.
#[test]
fn a_game_that_asks_anew_after_a_while_is_answered_once_more_and_told_everything() {
    let mut game = Game::new(Profile::Full);
    game.attach(&mudlet());
    let asks = [
        negotiation(Verb::Will, GMCP),
        negotiation(Verb::Will, EOR),
        negotiation(Verb::Do, NAWS),
        negotiation(Verb::Do, TTYPE),
        terminal_asked(),
    ];
    let all = asks.concat();
    let answers = game.answers(&all);
    assert!(answers.len() >= asks.len() + 2, "{answers:?}");
    let terminal = |answers: &[Vec<u8>]| answers.contains(&encode::terminal_is("MUDLET"));
    assert!(terminal(&answers), "{answers:?}");
    for _ in 0..3 {
        game.wait(Duration::from_secs(9));
        assert!(game.answers(&all[..all.len() - 6]).is_empty(), "that is a loop");
    }
    for _ in 0..3 {
        game.wait(Duration::from_secs(10));
        assert_eq!(game.answers(&all), answers);
        assert!(game.answers(&all[..all.len() - 6]).is_empty(), "once");
    }
    assert_eq!(game.answers(&negotiation(Verb::Will, ECHO)), [negotiation(Verb::Do, ECHO)]);
    game.wait(Duration::from_secs(10));
    assert!(game.answers(&negotiation(Verb::Will, ECHO)).is_empty(), "nobody waits for that");
}

#[test]
fn an_engine_at_rest_is_small() {
    assert!(size_of::<TowardGame>() <= 512, "{}", size_of::<TowardGame>());
}

fn telnet_like() -> impl Strategy<Value = Vec<u8>> {
    let options = prop::sample::select(vec![
        ECHO,
        SGA,
        EOR,
        TTYPE,
        NAWS,
        NEW_ENVIRON,
        CHARSET,
        MXP,
        GMCP,
        99,
    ]);
    let verbs = prop::sample::select(vec![WILL, WONT, DO, DONT]);
    let payload = prop::collection::vec(prop_oneof![0..8u8, any::<u8>()], 0..8);
    prop_oneof![
        (verbs, options.clone()).prop_map(|(verb, option)| vec![IAC, verb, option]),
        (options, payload).prop_map(|(option, payload)| encode::whole(option, &payload)),
        prop::collection::vec(any::<u8>(), 1..6),
        Just(vec![IAC, GA]),
    ]
}

proptest! {
    #[test]
    fn a_game_means_the_same_however_its_bytes_are_cut(
        pieces in prop::collection::vec(telnet_like(), 0..30),
        cut in any::<prop::sample::Index>(),
    ) {
        let input = pieces.concat();
        let joined = |said: Vec<Said>| {
            let mut all: Vec<Said> = Vec::new();
            for said in said {
                match (all.last_mut(), said) {
                    (Some(Said::Text(before)), Said::Text(text)) => before.extend(text),
                    (_, said) => all.push(said),
                }
            }
            all
        };
        let mut whole = Game::new(Profile::Full);
        let said = joined(whole.says(&input));
        let sent = whole.sent();
        let mut two = Game::new(Profile::Full);
        let (front, rest) = input.split_at(cut.index(input.len() + 1));
        let said_in_two = [two.says(front), two.says(rest)].concat();
        prop_assert_eq!(joined(said_in_two), said);
        prop_assert_eq!(two.sent(), sent);
        let mut bytes = Game::new(Profile::Full);
        let said_in_bytes = input.chunks(1).flat_map(|byte| bytes.says(byte)).collect();
        let mut whole = Game::new(Profile::Full);
        prop_assert_eq!(joined(said_in_bytes), joined(whole.says(&input)));
    }
}

/// All that is said, in the form in which a history keeps it; in runs where there are any.
fn kept(inputs: &[&[u8]], in_runs: bool) -> Vec<u8> {
    let mut engine = Game::using(Verb::Will, &[GMCP, EOR]).engine;
    let mut kept = Vec::new();
    for mut input in inputs.iter().copied() {
        loop {
            if in_runs {
                kept.extend_from_slice(engine.take_run(&mut input));
            }
            match engine.next(at(0), &mut input) {
                Some(FromGame::Text(text)) => kept.extend_from_slice(canonical::text(text)),
                Some(FromGame::Prompt) => kept.extend_from_slice(&canonical::PROMPT),
                Some(FromGame::Echo { hidden }) => kept.extend_from_slice(canonical::echo(hidden)),
                Some(FromGame::OutOfBand { option, payload }) => {
                    canonical::out_of_band(option, &payload, &mut kept);
                }
                Some(FromGame::Offers(_)) => {}
                None => break,
            }
        }
    }
    kept
}

proptest! {
    #[test]
    fn in_runs_the_same_is_said(
        bytes in prop::collection::vec(
            prop::sample::select(&[b'x', b'\n', IAC, GA, EOR_MARK, SB, SE, WILL, ECHO, GMCP][..]), 0..60),
        cut in 0_usize..60,
    ) {
        let (front, back) = bytes.split_at(cut.min(bytes.len()));
        prop_assert_eq!(kept(&[front, back], true), kept(&[&bytes[..]], false));
    }
}
