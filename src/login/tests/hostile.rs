//! Whatever bytes come: no panic, no memory without a bound, and cutting them changes nothing.

use proptest::prelude::*;

use super::*;

#[test]
fn lines_of_a_mebibyte_and_escapes_without_end_are_read_and_forgotten() {
    let mebibyte = 1 << 20;
    for text in [
        vec![b'x'; mebibyte],
        b"Password: ".repeat(mebibyte / 10),
        b"\x1b[".repeat(mebibyte / 2),
        b"\x1b]".repeat(mebibyte / 2),
        vec![0; mebibyte],
        vec![0xff; mebibyte],
        b"Wrong password.\r\n".repeat(mebibyte / 17),
    ] {
        let mut play = Play::new("circle");
        play.says("Hello\r\n").types("x1").waits(Duration::from_secs(3));
        play.dialogue.game_text(play.now, &text);
        play.look();
        assert!(play.log.len() < 10, "one refusal to a line is enough: {}", play.log.len());
        play.says("\r\nBy what name do you wish to be known? ").types("alice");
        play.waits(Duration::from_secs(3)).says("Password: ").types("sekrit1");
        play.says("\r\nReconnecting.\r\n");
        assert!(play.accepted().is_some(), "{:?}", play.log);
    }
}

#[test]
fn one_byte_at_a_time_costs_no_more_than_a_line_each() {
    let mut play = Play::new("merc");
    for _ in 0..200_000 {
        play.dialogue.game_text(play.now, b"x");
    }
    play.says("\r\nBy what name do you wish to be known? ").waits(QUIET).types("alice");
    assert!(play.has("alice = name alice"));
}

#[test]
fn a_line_of_the_player_may_be_anything() {
    for line in
        [&b"\xff\xfe"[..], b"\x1b[1z<VERSION>", &[b'a'; 4096], b"connect \"", b"connect  \" \" x"]
    {
        for name in ["circle", "mux", "moo", "evennia", "nakedmud"] {
            let mut play = Play::new(name);
            play.says("By what name do you wish to be known? ").waits(QUIET * 2);
            play.dialogue.client_line(play.now, Line::from(line)).unwrap();
            play.waits(Duration::from_secs(5));
            assert_eq!(play.gone.len(), 1);
            assert!(!play.log.iter().any(|entry| entry.starts_with("named")), "{:?}", play.log);
        }
    }
}

#[test]
fn a_login_in_one_line_is_read_as_the_game_reads_it_or_not_at_all() {
    let command = |name: &str, line: &str| {
        let preset = preset(name);
        let found = preset.command(line.as_bytes())?;
        Some((
            line[found.name].to_owned(),
            found.password.map(|password| line[password].to_owned()),
        ))
    };
    let found =
        |name: &str, password: Option<&str>| Some((name.to_owned(), password.map(str::to_owned)));
    for (preset, line, expected) in [
        ("penn", "connect bob x y", found("bob", Some("x y"))),
        ("penn", "  CO bob x", found("bob", Some("x"))),
        ("penn", "connectx bob x", None),
        ("penn", "c bob x", found("bob", Some("x"))),
        ("penn", "connect \"bob x\" y", found("bob x", Some("y"))),
        ("penn", "connect bo\"b x", None),
        ("penn", "connect \"bob x", None),
        ("penn", "connect", None),
        ("mux", "conn bob x", found("bob", Some("x"))),
        ("mux", "cofoo bob x", found("bob", Some("x"))),
        ("mux", "cd bob x", found("bob", Some("x"))),
        ("moo", "connect bob", found("bob", None)),
        ("moo", "connect \"bob\" \"x y\"", found("bob", Some("\"x y\""))),
        ("moo", "connect bo\"b\" x", None),
        ("evennia", "connect bob x", found("bob", Some("x"))),
        ("evennia", "connect \"bob the great\" \"x y\"", found("bob the great", Some("x y"))),
        ("evennia", "connect \"bob\" x", found("bob", Some("x"))),
        ("evennia", "connect mallory bob \"x\"", None),
        ("evennia", "connect mallory \"bob\" x", None),
        ("evennia", "connect bob", None),
        ("evennia", "connect guest", found("guest", None)),
        ("fuzzball", "connect bob x", found("bob", Some("x"))),
        ("fuzzball", "connect \"bob\" x", None),
        ("nakedmud", "load bob x", found("bob", Some("x"))),
    ] {
        assert_eq!(command(preset, line), expected, "{preset}: {line}");
    }
}

#[test]
fn the_built_in_presets_are_small_and_quick_to_compile() {
    for name in Preset::names() {
        let data = PresetData::named(name).unwrap();
        let preset = Preset::build(name, data, &RuleOverrides::default()).unwrap();
        assert!(preset.patterns.memory() < 64 * 1024, "{name}: {}", preset.patterns.memory());
        assert!(preset.rules.len() <= 32, "{name}");
    }
}

/// Bytes that mean something to the recogniser more often than not.
fn game_bytes() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop_oneof![
        Just(b"By what name do you wish to be known? ".to_vec()),
        Just(b"Password: ".to_vec()),
        Just(b"\r\nWrong password.\r\n".to_vec()),
        Just(b"Name: ".to_vec()),
        Just(b"Did I get that right, Alice (Y/N)? ".to_vec()),
        Just(b"\x1b[1m".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"*** PRESS RETURN: ".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..20),
    ];
    proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat())
}

/// The lines go out at the same places of the text, which is what a game does that answers them.
fn replay(name: &str, texts: &[Vec<u8>], cuts: &[usize]) -> Vec<String> {
    let mut play = Play::new(name);
    for (nth, text) in texts.iter().enumerate() {
        let mut from = 0;
        for cut in cuts.iter().map(|cut| cut % (text.len() + 1)).chain([text.len()]) {
            if cut > from {
                play.dialogue.game_text(play.now, &text[from..cut]);
                from = cut;
            }
        }
        play.waits(Duration::from_secs(5)).types(["alice", "sekrit1", "y"][nth % 3]);
        play.waits(Duration::from_secs(5));
    }
    play.log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn cutting_the_text_changes_nothing(
        texts in proptest::collection::vec(game_bytes(), 0..6),
        cuts in proptest::collection::vec(any::<usize>(), 0..40),
        preset in proptest::sample::select(Preset::names()),
    ) {
        let mut cuts = cuts;
        cuts.sort_unstable();
        prop_assert_eq!(replay(preset, &texts, &cuts), replay(preset, &texts, &[]));
    }

    #[test]
    fn nothing_panics(
        texts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 0..6),
        payload in proptest::collection::vec(any::<u8>(), 0..200),
        option: u8,
        preset in proptest::sample::select(Preset::names()),
    ) {
        let mut play = Play::new(preset);
        for text in &texts {
            play.dialogue.game_text(play.now, text);
            play.dialogue.client_line(play.now, Line::from(text.as_slice())).unwrap();
            play.dialogue.game_out_of_band(play.now, option, &payload);
            play.dialogue.client_out_of_band(play.now, 201, text);
            play.look().marks().waits(Duration::from_secs(3));
        }
        let mut watch = LeaveWatch::new(super::preset(preset), None, true);
        for text in &texts {
            watch.client_line(play.now, text);
            watch.game_text(play.now, &payload);
            watch.game_out_of_band(option, text);
        }
    }
}
