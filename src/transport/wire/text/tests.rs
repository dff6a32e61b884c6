//! The translator against telnet as the engine writes it, and against the engine itself.

use std::time::Duration;

use encoding_rs::{BIG5, GBK, UTF_8, WINDOWS_1252};
use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::telnet::toward_client::{ClientTelnet, FromClient, TowardClient};
use crate::test_clock::start;

const GMCP_HELLO: &str = "Core.Hello {\"client\":\"x\"}";

fn text(text: &str) -> Outbound {
    Outbound::Text(text.to_owned())
}

fn message(message: &str) -> Outbound {
    Outbound::Message(message.to_owned())
}

fn gmcp() -> Translator {
    Translator::new(Dialect::Gmcp, UTF_8)
}

fn output(translator: &mut Translator, telnet: &[u8]) -> Vec<Outbound> {
    let mut frames = Vec::new();
    translator.output(telnet, &mut frames);
    frames
}

/// What all frames say, whatever the text was cut into.
fn joined(frames: Vec<Outbound>) -> Vec<Outbound> {
    let mut joined: Vec<Outbound> = Vec::new();
    for frame in frames {
        match (joined.last_mut(), frame) {
            (Some(Outbound::Text(before)), Outbound::Text(more)) => before.push_str(&more),
            (_, frame) => joined.push(frame),
        }
    }
    joined
}

#[test]
fn a_prompt_ends_a_frame_and_so_does_what_was_written_at_once() {
    let mut translator = gmcp();
    for mark in [b"\xff\xf9", b"\xff\xef"] {
        let written = [&b"A bell rings.\r\n> "[..], mark, b"A dog barks.\r\n"].concat();
        assert_eq!(
            output(&mut translator, &written),
            [text("A bell rings.\r\n> "), text("A dog barks.\r\n")]
        );
        assert_eq!(output(&mut translator, mark), []);
    }
    assert_eq!(output(&mut translator, b""), []);
}

#[test]
fn no_character_is_in_two_frames_and_none_is_lost() {
    let mut translator = gmcp();
    let written = "caf\u{e9} \u{20ac} \u{1f600}\r\n".as_bytes();
    let mut all = String::new();
    for byte in written.chunks(1) {
        for frame in output(&mut translator, byte) {
            let Outbound::Text(part) = frame else { panic!("{frame:?}") };
            all.push_str(&part);
        }
    }
    assert_eq!(all.as_bytes(), written);
}

#[test]
fn no_frame_is_longer_than_4000_bytes() {
    let mut translator = gmcp();
    let written = "\u{20ac}".repeat(4000);
    let frames = output(&mut translator, written.as_bytes());
    let lengths = frames.iter().map(|frame| match frame {
        Outbound::Text(text) | Outbound::Message(text) => text.len(),
    });
    assert_eq!(lengths.collect::<Vec<_>>(), [3999, 3999, 3999, 3]);
    assert_eq!(joined(frames), [text(&written)]);
}

#[test]
fn text_is_read_in_the_games_charset_and_what_is_none_is_replaced() {
    for (charset, written, said) in [
        (UTF_8, &b"\xef\xbb\xbfcaf\xc3\xa9"[..], "\u{feff}caf\u{e9}"),
        (UTF_8, b"a\xc3(\xff\xff", "a\u{fffd}(\u{fffd}"),
        (WINDOWS_1252, b"caf\xe9 \xff\xff \x80", "caf\u{e9} \u{ff} \u{20ac}"),
        (GBK, b"\xc4\xe3\xba\xc3", "\u{4f60}\u{597d}"),
        (BIG5, b"\xa7A\xa6n", "\u{4f60}\u{597d}"),
    ] {
        for dialect in [Dialect::Gmcp, Dialect::Json, Dialect::Terminal] {
            let mut translator = Translator::new(dialect, charset);
            assert_eq!(output(&mut translator, written), [text(said)], "{}", charset.name());
        }
    }
}

#[test]
fn a_password_prompt_is_told_by_gmcp_of_mudkeeps_own() {
    let hidden = b"Password: \xff\xfb\x01\xff\xf9";
    let shown = b"\xff\xfc\x01\r\nWelcome.";
    for (dialect, off, on) in [
        (Dialect::Gmcp, "Mudkeep.Echo {\"on\":false}", "Mudkeep.Echo {\"on\":true}"),
        (
            Dialect::Json,
            r#"{"proto":"gmcp","id":"Mudkeep.Echo","data":"{\"on\":false}"}"#,
            r#"{"proto":"gmcp","id":"Mudkeep.Echo","data":"{\"on\":true}"}"#,
        ),
    ] {
        let mut translator = Translator::new(dialect, UTF_8);
        for _ in 0..2 {
            assert_eq!(output(&mut translator, hidden), [text("Password: "), message(off)]);
            assert_eq!(output(&mut translator, b"\xff\xfb\x01"), [], "it is hidden already");
            assert_eq!(output(&mut translator, shown), [message(on), text("\r\nWelcome.")]);
        }
    }
    let mut terminal = Translator::new(Dialect::Terminal, UTF_8);
    assert_eq!(output(&mut terminal, hidden), [text("Password: ")]);
}

#[test]
fn messages_of_the_game_come_in_their_place_between_the_text() {
    let telnet =
        b"a\xff\xfa\xc9Char.Vitals {\"hp\":\"\xc3\xa9\"}\xff\xf0b\xff\xfa\x45MSDP\xff\xf0c";
    assert_eq!(
        output(&mut gmcp(), telnet),
        [text("a"), message("Char.Vitals {\"hp\":\"\u{e9}\"}"), text("bc")]
    );
    assert_eq!(
        output(&mut Translator::new(Dialect::Json, UTF_8), telnet),
        [
            text("a"),
            message(r#"{"proto":"gmcp","id":"Char.Vitals","data":"{\"hp\":\"é\"}"}"#),
            text("bc")
        ]
    );
    let terminal = output(&mut Translator::new(Dialect::Terminal, UTF_8), telnet);
    assert_eq!(joined(terminal), [text("abc")]);
    let mut latin = Translator::new(Dialect::Gmcp, WINDOWS_1252);
    assert_eq!(
        output(&mut latin, b"\xff\xfa\xc9A.B \"\xe9\"\xff\xf0"),
        [message("A.B \"\u{e9}\"")]
    );
}

#[test]
fn an_input_is_one_or_more_lines_each_ended_by_cr_lf() {
    for (typed, telnet) in [
        ("look", &b"look\r\n"[..]),
        ("look\n", b"look\r\n"),
        ("look\r\n", b"look\r\n"),
        ("look\r", b"look\r\n"),
        ("", b"\r\n"),
        ("\n", b"\r\n"),
        ("a\nb\r\n\nc", b"a\r\nb\r\n\r\nc\r\n"),
        ("  say hi ", b"  say hi \r\n"),
    ] {
        assert_eq!(&**gmcp().typed(typed.as_bytes()), telnet, "{typed:?}");
    }
}

#[test]
fn what_is_typed_is_written_in_the_games_charset() {
    let typed = "\u{ff}\u{e9}\u{4f60}\u{1f600}".as_bytes();
    for (charset, telnet) in [
        (UTF_8, [typed, b"\r\n"].concat()),
        (WINDOWS_1252, b"\xff\xff\xe9??\r\n".to_vec()),
        (GBK, b"?\xa8\xa6\xc4\xe3?\r\n".to_vec()),
    ] {
        let translator = Translator::new(Dialect::Terminal, charset);
        assert_eq!(**translator.typed(typed), telnet, "{}", charset.name());
    }
    assert_eq!(&**gmcp().typed(b"a\xffb"), "a\u{fffd}b\r\n".as_bytes());
    let latin = Translator::new(Dialect::Gmcp, WINDOWS_1252);
    assert_eq!(&**latin.typed(b"a\xffb"), b"a?b\r\n");
}

#[test]
fn a_client_without_messages_may_type_in_text_frames() {
    let mut terminal = Translator::new(Dialect::Terminal, UTF_8);
    assert_eq!(terminal.message("look"), Ok(b"look\r\n".to_vec()));
}

#[test]
fn what_a_client_says_of_itself_waits_for_the_games_agreement_and_no_more_than_that() {
    let mut translator = gmcp();
    for early in [GMCP_HELLO, "Char.Skills.Get", "Core.Supports.Set [\"Char 1\"]"] {
        assert_eq!(translator.message(early), Ok(Vec::new()));
    }
    for _ in 0..100 {
        let long = format!("Core.Hello \"{}\"", "x".repeat(1000));
        translator.message(&long).unwrap();
    }
    assert!(translator.waiting.len() <= WAITING_BYTES_MAX);
    assert_eq!(output(&mut translator, b"\xff\xfb\xc9"), []);
    let answer = translator.take_answers();
    let hello = encode::whole(option::GMCP, GMCP_HELLO.as_bytes());
    assert!(answer.starts_with(&[&b"\xff\xfd\xc9"[..], &hello].concat()));
    assert!(!String::from_utf8_lossy(&answer).contains("Skills"));
    let ping = encode::whole(option::GMCP, b"Core.Ping");
    assert_eq!(translator.message("Core.Ping"), Ok(ping));
    output(&mut translator, b"\xff\xfc\xc9");
    assert_eq!(translator.take_answers(), b"\xff\xfe\xc9");
    assert_eq!(translator.message("Core.Ping"), Ok(Vec::new()));
}

#[test]
fn what_means_nothing_is_refused_and_changes_nothing() {
    let mut translator = gmcp();
    assert_eq!(translator.message(""), Err(Malformed));
    let mut json = Translator::new(Dialect::Json, UTF_8);
    assert_eq!(json.message("Core.Ping"), Err(Malformed));
    assert_eq!(output(&mut json, b"still here"), [text("still here")]);
}

#[test]
fn each_offer_and_each_question_gets_one_answer() {
    for (dialect, asked, answers) in [
        (Dialect::Gmcp, &b"\xff\xfb\x19\xff\xfb\x19"[..], &b"\xff\xfd\x19"[..]),
        (Dialect::Terminal, b"\xff\xfb\xc9", b"\xff\xfe\xc9"),
        (Dialect::Json, b"\xff\xfb\xc9", b"\xff\xfd\xc9"),
        (Dialect::Gmcp, b"\xff\xfb\x03\xff\xfb\x45", b"\xff\xfe\x03\xff\xfe\x45"),
        (Dialect::Json, b"\xff\xfd\x18\xff\xfd\x1f", b"\xff\xfc\x18\xff\xfc\x1f"),
        (Dialect::Gmcp, b"\xff\xfe\x18\xff\xfc\x19", b""),
    ] {
        let mut translator = Translator::new(dialect, UTF_8);
        assert_eq!(output(&mut translator, asked), []);
        assert_eq!(translator.take_answers(), answers, "{asked:?}");
        assert_eq!(translator.take_answers(), b"");
    }
}

/// The engine of mudkeep's own and the translator, until neither has anything to say.
struct Pair {
    engine: TowardClient,
    translator: Translator,
    heard: Vec<FromClient>,
}

impl Pair {
    fn new(dialect: Dialect) -> Pair {
        let config = ClientTelnet {
            subnegotiation_bytes_max: 1000,
            line_bytes_max: 100,
            negotiation_timeout: Duration::from_secs(1),
            charsets: [].into(),
            are_you_there: "".into(),
        };
        let engine = TowardClient::new(config, None, start());
        let translator = Translator::new(dialect, WINDOWS_1252);
        let mut pair = Pair { engine, translator, heard: Vec::new() };
        assert_eq!(pair.settle(Vec::new()), []);
        pair
    }

    fn settle(&mut self, mut wire: Vec<u8>) -> Vec<Outbound> {
        let mut frames = Vec::new();
        loop {
            self.engine.take_replies(&mut wire);
            self.translator.output(&wire, &mut frames);
            let answers = self.translator.take_answers();
            if answers.is_empty() {
                return frames;
            }
            self.hear(&answers);
            wire.clear();
        }
    }

    fn hear(&mut self, mut telnet: &[u8]) {
        while let Some(event) = self.engine.next(start(), &mut telnet) {
            self.heard.push(event);
        }
    }

    fn say(&mut self, text: &str) {
        let telnet = self.translator.message(text).unwrap();
        self.hear(&telnet);
        assert_eq!(self.settle(Vec::new()), []);
    }

    fn offer(&mut self, options: &[u8]) {
        let mut wire = Vec::new();
        self.engine.offers(OptionSet::of(options), &mut wire);
        assert_eq!(self.settle(wire), []);
    }
}

#[test]
fn nobody_waits_for_these_clients_to_say_what_they_are() {
    for dialect in [Dialect::Gmcp, Dialect::Json, Dialect::Terminal] {
        assert!(Pair::new(dialect).engine.settled(start()), "{dialect:?}");
    }
}

#[test]
fn the_engine_knows_the_window_and_the_terminal_that_a_json_client_tells() {
    let mut pair = Pair::new(Dialect::Json);
    for (text, columns, rows) in [
        (r#"{"proto":"telnet_31","id":"NAWS","data":"AGQAKA=="}"#, 100, 40),
        (r#"{"proto":"telnet_31","id":"NAWS","data":"AFoAHg=="}"#, 90, 30),
    ] {
        pair.say(text);
        let size = pair.engine.info().size.unwrap();
        assert_eq!((size.columns, size.rows), (columns, rows));
    }
    pair.say(r#"{"proto":"telnet_24","id":"TTYPE","data":"AFhURVJN"}"#);
    let terminal = pair.engine.info().terminal_type.as_ref().unwrap();
    assert_eq!(terminal.as_str(), "XTERM");
}

#[test]
fn the_engine_tells_prompts_and_messages_and_hears_them() {
    let mut pair = Pair::new(Dialect::Gmcp);
    pair.say(GMCP_HELLO);
    pair.offer(&[option::GMCP, option::EOR, option::SGA, option::MXP]);
    assert_eq!(pair.engine.info().name.as_ref().unwrap().as_str(), "x");
    let mut wire = Vec::new();
    pair.engine.output(b"> \xff\xf9\xff\xfb\x01more\xff\xfa\xc9A.B 1\xff\xf0", &mut wire);
    assert_eq!(
        pair.settle(wire),
        [text("> "), message("Mudkeep.Echo {\"on\":false}"), text("more"), message("A.B 1")]
    );
    pair.heard.clear();
    pair.say("Char.Items.Inv \"\"");
    let payload = b"Char.Items.Inv \"\"".to_vec();
    assert_eq!(pair.heard, [FromClient::OutOfBand { option: option::GMCP, payload }]);
    // Two who come one after the other are offered it anew.
    pair.offer(&[]);
    pair.offer(&[option::GMCP]);
    assert!(pair.engine.accepts(option::GMCP));
}

#[test]
fn what_is_typed_comes_as_the_lines_it_was() {
    let mut pair = Pair::new(Dialect::Terminal);
    let telnet = pair.translator.typed("caf\u{ff}\nsay \u{20ac}".as_bytes());
    pair.hear(&telnet);
    let lines = [&b"caf\xff"[..], b"say \x80"];
    assert_eq!(pair.heard.len(), 2 + usize::from(pair.heard[0] == FromClient::Info));
    for (event, line) in pair.heard.iter().rev().zip(lines.iter().rev()) {
        assert_eq!(*event, FromClient::Line(crate::secret::Line::new(line.to_vec())));
    }
}

/// Telnet as an engine writes it, with text of every charset and of none.
fn telnet() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => vec(any::<u8>(), 0..12).prop_map(|text| {
            let mut telnet = Vec::new();
            encode::text(&text, &mut telnet);
            telnet
        }),
        2 => "\\PC{0,8}".prop_map(|text| text.into_bytes()),
        1 => Just(b"\xff\xf9".to_vec()),
        1 => Just(b"\xff\xef".to_vec()),
        1 => any::<bool>().prop_map(|on| vec![0xff, if on { 0xfb } else { 0xfc }, 1]),
        1 => any::<bool>().prop_map(|on| vec![0xff, if on { 0xfb } else { 0xfc }, 0xc9]),
        1 => vec(any::<u8>(), 0..12).prop_map(|payload| encode::whole(option::GMCP, &payload)),
    ];
    vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn however_the_telnet_is_cut_the_frames_say_the_same(
        telnet in telnet(),
        cuts in vec(any::<prop::sample::Index>(), 0..6),
        charset in prop::sample::select(vec![UTF_8, WINDOWS_1252, GBK, BIG5]),
        dialect in prop::sample::select(vec![Dialect::Gmcp, Dialect::Json, Dialect::Terminal]),
    ) {
        let mut whole = Translator::new(dialect, charset);
        let expected = joined(output(&mut whole, &telnet));
        let mut cut = Translator::new(dialect, charset);
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(telnet.len() + 1)).collect();
        places.extend([0, telnet.len()]);
        places.sort_unstable();
        let mut frames = Vec::new();
        for place in places.windows(2) {
            cut.output(&telnet[place[0]..place[1]], &mut frames);
        }
        for frame in &frames {
            let (Outbound::Text(text) | Outbound::Message(text)) = frame;
            prop_assert!(matches!(frame, Outbound::Message(_)) || !text.is_empty());
        }
        prop_assert_eq!(joined(frames), expected);
        prop_assert_eq!(cut.take_answers(), whole.take_answers());
    }

    #[test]
    fn whatever_is_typed_no_telnet_command_comes_of_it(
        typed in vec(any::<u8>(), 0..40),
        charset in prop::sample::select(vec![UTF_8, WINDOWS_1252, GBK, BIG5]),
    ) {
        let telnet = Translator::new(Dialect::Gmcp, charset).typed(&typed);
        prop_assert!(telnet.ends_with(LINE_END));
        let mut decoder = Decoder::new(100, IacMode::Telnet);
        let mut rest = &telnet[..];
        while let Some(event) = decoder.next(&mut rest) {
            prop_assert!(matches!(event, Event::Text(_)), "{:?}", event);
        }
        prop_assert!(decoder.in_text());
    }
}
