//! Reports on facts that are made up.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::config::{Config, GameAddress, ListenProtocol, PresetChoice};
use crate::doctor::facts::{Failure, Listener, Machine, Port, StoreFile, Visit};
use crate::doctor::heard::{End, Listening};
use crate::settings::game_telnet;
use crate::test_clock::start;

const GAME: &str = "127.0.0.1:4001";

fn heard(said: &[u8], end: End) -> Heard {
    let later = |millis| start() + Duration::from_millis(millis);
    let mut listening = Listening::new(later(0), game_telnet(&Config::default()));
    listening.hear(later(20), said);
    while listening.take_command().is_some() {}
    listening.finish(later(2_020), end)
}

fn visit(heard: Heard) -> Reach {
    let (peer, local) = (GAME.parse().unwrap(), IpAddr::V4(Ipv4Addr::LOCALHOST));
    Reach::Reached(Box::new(Visit { peer, local, connected: Duration::from_millis(1), heard }))
}

/// A machine on which all is well.
fn machine() -> Machine {
    let address = "127.0.0.1:4000".parse().unwrap();
    let listener = Listener { protocol: ListenProtocol::Telnet, address, port: Port::Free };
    let path = PathBuf::from("store.redb");
    Machine {
        listeners: vec![listener],
        files_allowed: Some(100_000),
        files_wanted: 20_064,
        store: StoreFile::Writable(path),
        files: Vec::new(),
    }
}

fn report(reach: Reach, machine: Machine, config: Option<&str>) -> Report {
    let game = GameAddress::At(GAME.parse().unwrap());
    let text = format!("game.address = \"{GAME}\"\n{}\n", config.unwrap_or_default());
    let parsed = Config::parse("f", &text).unwrap();
    let is_configured = config.is_some();
    diagnose(&Facts { game, config: &parsed, is_configured, reach, machine })
}

fn said(text: &[u8]) -> Report {
    report(visit(heard(text, End::Quiet)), machine(), None)
}

/// What is to be done, a line each.
fn fixes(report: &Report) -> Vec<String> {
    let fixes = report.findings.iter().filter(|finding| finding.level == Level::Fix);
    fixes.map(|one| format!("{} -> {}", one.text, one.advice.as_deref().unwrap_or("?"))).collect()
}

/// Exactly one thing is to be done, and it says this.
#[track_caller]
fn assert_one_fix(report: &Report, words: &[&str]) {
    let fixes = fixes(report);
    assert_eq!(fixes.len(), 1, "{fixes:#?}");
    assert!(words.iter().all(|word| fixes[0].contains(word)), "{words:?}: {}", fixes[0]);
    assert!(!report.is_well());
}

const CERTAIN: &[u8] = b"Welcome to TinyMUX\r\n";

#[test]
fn a_game_that_is_known_on_a_machine_that_is_ready_is_well() {
    let report = said(CERTAIN);
    assert!(report.is_well() && report.reached, "{report}");
    assert_eq!(report.client_address.as_deref(), Some("127.0.0.1"));
    assert_eq!(
        report.proxy_toml,
        "[game]\naddress = \"127.0.0.1:4001\"\ncharset = \"utf-8\"   # nothing but ASCII was seen\n\
         \n[login]\npreset = \"mux\"\n"
    );
}

#[test]
fn each_failure_is_told_in_words_with_what_to_do() {
    let bind = IpAddr::from([192, 0, 2, 1]);
    for (failure, words) in [
        (Failure::NameUnknown, &["name is unknown", "Correct the name"][..]),
        (Failure::Refused, &["connection refused", "Start the game"]),
        (Failure::TimedOut(Duration::from_secs(10)), &["gave up after 10s", "firewall"]),
        (Failure::NoWay, &["no way to 127.0.0.1:4001", "routes"]),
        (Failure::CannotBind(bind), &["game.bind is 192.0.2.1", "leave it out"]),
        (Failure::Other("odd\u{1b}".to_owned()), &[r#""odd\x1b""#]),
    ] {
        let report = report(Reach::Not(failure), machine(), None);
        assert_one_fix(&report, words);
        assert!(!report.reached && report.preset.is_none());
        assert!(Config::parse("f", &report.proxy_toml).is_ok());
    }
}

#[test]
fn what_is_no_game_is_told_by_what_it_is() {
    assert_one_fix(
        &said(b"SSH-2.0-OpenSSH_9.2\r\n"),
        &["not a game but an SSH server: SSH-2.0-OpenSSH_9.2"],
    );
    assert_one_fix(&said(b"220 a b\r\n"), &["a mail or file server: \"220 a b\""]);
}

#[test]
fn a_game_that_is_silent_or_closes_is_told_with_what_it_may_be() {
    let fix = |text: &[u8], end, words: &str| {
        assert_one_fix(&report(visit(heard(text, end)), machine(), None), &[words]);
    };
    fix(b"", End::TimeUp, "It said nothing in 2.0 s");
    fix(b"\xff\xfd\x18", End::TimeUp, "It said nothing but telnet");
    fix(b"", End::Closed, "closed the connection without a word");
    fix(CERTAIN, End::Closed, "closed the connection right after its first words");
    fix(CERTAIN, End::Broken, "broke the connection");
    let full = report(visit(heard(CERTAIN, End::Full)), machine(), None);
    assert!(full.is_well() && full.to_string().contains("without end"));
}

#[test]
fn a_screen_that_is_not_certain_is_told_with_how_to_find_out() {
    let unsure = said(b"Merc 2.1\r\nBy what name do you wish to be known? ");
    assert_one_fix(&unsure, &["may be that of", "merc", "help credits"]);
    let text = unsure.to_string();
    assert!(text.contains("\"merc\" (Merc): the game refuses the newcomer after the password."));
    assert!(unsure.proxy_toml.contains("preset = \"auto\"   # not certain"), "{text}");
    assert_one_fix(&said(b"Who goes there? "), &["like none that is known", "[login.custom]"]);
    let likely = said(b"LPmud\r\nWhat is your name: ");
    assert_one_fix(&likely, &["LPMud on LDMud", "login.preset = \"lp\""]);
    assert!(likely.proxy_toml.contains("preset = \"lp\"   # likely"), "{likely}");
    assert_eq!(likely.preset.unwrap().sure, "likely");
}

#[test]
fn letters_that_are_no_utf8_are_told_with_a_sample() {
    let text = [CERTAIN, b"caf\xe9 d\xe9j\xe0 vu, gar\xe7on\r\n"].concat();
    let new = said(&text);
    assert!(new.is_well(), "{new}");
    assert!(new.to_string().contains(r"caf\xe9 d\xe9j\xe0"), "{new}");
    assert!(new.proxy_toml.contains("charset = \"windows-1252\"   # a guess"), "{new}");
    let set = |charset: &str, text: &[u8]| {
        let config = format!("game.charset = \"{charset}\"");
        report(visit(heard(text, End::Quiet)), machine(), Some(&config))
    };
    assert_one_fix(&set("utf-8", &text), &["no UTF-8", "Set game.charset = \"windows-1252\""]);
    assert!(set("koi8-r", &text).is_well());
    assert_one_fix(&set("koi8-r", "Welcome to TinyMUX \u{e9}".as_bytes()), &["It writes UTF-8"]);
    assert!(set("koi8-r", CERTAIN).is_well());
}

#[test]
fn cyrillic_without_telnet_is_told_of_the_letter_that_may_be_lost() {
    let (text, ..) = encoding_rs::WINDOWS_1251.encode("Добро пожаловать, путник. Как тебя зовут?");
    assert!(said(&text).to_string().contains("game.iac = \"raw8\""));
    assert!(!said(&[&text, &b"\xff\xfd\x18"[..]].concat()).to_string().contains("raw8"));
}

#[test]
fn compression_is_refused_and_values_are_shown_as_they_may_be() {
    let report = said(b"\xff\xfb\x56\xff\xfa\x46\x01NAME\x02A\x1b[31m\xc3\xa9\xff\xf0Hello");
    let text = report.to_string();
    assert!(text.contains("MCCP2 (86; compression): mudkeep refuses"), "{text}");
    assert!(text.contains(r#"NAME="A\x1b[31m\xc3\xa9""#), "{text}");
    assert_eq!(report.mssp["NAME"], [r#""A\x1b[31m\xc3\xa9""#]);
    assert_eq!((report.options[0].name, report.options[0].answer), ("MCCP2", "refused"));
}

#[test]
fn each_family_is_told_where_its_limits_by_address_are() {
    for (screen, words) in [
        (&b"Welcome to Evennia\r\n"[..], "LOGIN_THROTTLE_LIMIT"),
        (b"Welcome to PennMUSH\r\n", "connect_fail_limit"),
        (b"CoffeeMud v5\r\n", "MAXCONNSPERIP"),
        (b"Merc 2.1\r\nBy what name do you wish to be known? ", "src/comm.c"),
        (b"Who goes there? ", "Look in its settings"),
    ] {
        let report = said(screen);
        let found = report.findings.iter().find(|finding| {
            finding.part == Part::Address
                && finding.advice.as_ref().is_some_and(|advice| advice.contains(words))
        });
        assert!(found.is_some(), "{words}\n{report}");
    }
}

#[test]
fn a_port_that_cannot_be_had_is_told_with_what_to_do() {
    let with = |ports: &[(&str, Port)]| {
        let one = |(address, port): &(&str, Port)| Listener {
            protocol: ListenProtocol::Telnet,
            address: address.parse().unwrap(),
            port: port.clone(),
        };
        let listeners = ports.iter().map(one).collect();
        report(visit(heard(CERTAIN, End::Quiet)), Machine { listeners, ..machine() }, None)
    };
    let (own, other) = ("127.0.0.1:4000", "127.0.0.1:4080");
    assert_one_fix(
        &with(&[(own, Port::Taken), (other, Port::Free)]),
        &["another program", "ss -ltnp"],
    );
    let running = with(&[(own, Port::Taken), (other, Port::Taken)]);
    assert!(running.is_well() && running.to_string().contains("mudkeep runs already"));
    for on_game in [GAME, "0.0.0.0:4001"] {
        assert_one_fix(&with(&[(on_game, Port::Taken)]), &["where the game itself listens now"]);
    }
    assert_one_fix(&with(&[(own, Port::Forbidden)]), &["CAP_NET_BIND_SERVICE"]);
    assert_one_fix(&with(&[(own, Port::NotHere)]), &["no address of this machine"]);
    assert_one_fix(&with(&[(own, Port::Other("odd".to_owned()))]), &["cannot be used: odd"]);
}

#[test]
fn too_few_files_are_told_and_a_store_that_cannot_be_written_is_to_be_mended() {
    let with = |machine| report(visit(heard(CERTAIN, End::Quiet)), machine, None);
    for (allowed, enough) in [(20_063, false), (20_064, true), (20_065, true)] {
        let report = with(Machine { files_allowed: Some(allowed), ..machine() });
        assert!(report.is_well());
        assert_eq!(!report.to_string().contains("LimitNOFILE=20064"), enough, "{allowed}");
    }
    assert!(with(Machine { files_allowed: None, ..machine() }).to_string().contains("not known"));
    let store = StoreFile::Not("/var/lib/x".into(), "permission denied".to_owned());
    assert_one_fix(
        &with(Machine { store, ..machine() }),
        &["\"/var/lib/x\" cannot be written: \"permission denied\"", "StateDirectory="],
    );
    assert!(
        with(Machine { store: StoreFile::None, ..machine() }).to_string().contains("No store.path")
    );
    let token = StoreFile::Not("/var/lib/y".into(), "no such folder".to_owned());
    assert_one_fix(
        &with(Machine { files: vec![("admin.token_file", token)], ..machine() }),
        &["admin.token_file: \"/var/lib/y\" cannot be written", "correct admin.token_file"],
    );
}

proptest! {
    #[test]
    fn whatever_a_game_says_the_report_is_printable_and_the_suggestion_is_taken(
        bytes in proptest::collection::vec(
            prop_oneof![Just(0xff_u8), 0xf0_u8..=0xff, Just(70), 1_u8..3, any::<u8>()], 0..120,
        ),
        configured: bool,
    ) {
        let config = configured.then_some("login.preset = \"circle\"");
        let report = report(visit(heard(&bytes, End::Quiet)), machine(), config);
        let text = report.to_string();
        let fits = |c: char| c == '\n' || (' '..='~').contains(&c);
        prop_assert!(text.chars().all(fits), "{:?}", text);
        let json = serde_json::to_string(&report).unwrap();
        prop_assert!(json.chars().all(fits), "{}", json);
        let taken = Config::parse("f", &report.proxy_toml).unwrap();
        let set = match taken.login.preset {
            PresetChoice::Auto => None,
            PresetChoice::Fixed(preset) => Some(preset.name().to_owned()),
        };
        prop_assert_eq!(set.as_deref(), report.preset.unwrap().name);
    }
}
