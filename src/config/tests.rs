//! The file as a whole: the documented example, what several mistakes look like together, and that
//! no content at all makes a reader panic.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

const EXAMPLE: &str = include_str!("../../proxy.toml");

/// The example with every key in force.
static UNCOMMENTED: LazyLock<String> =
    LazyLock::new(|| EXAMPLE.lines().map(|line| uncommented(line).to_owned() + "\n").collect());

fn uncommented(line: &str) -> &str {
    match line.strip_prefix('#') {
        Some(key) if key.starts_with(char::is_alphabetic) => key,
        _ => line,
    }
}

fn problems(text: &str) -> Vec<Problem> {
    Config::parse("f", text).err().map(|Problems(problems)| problems).unwrap_or_default()
}

/// What is wrong with a file that names the game and has `text` besides: place, key and what was
/// found.
fn said(text: &str) -> Vec<String> {
    let problems = problems(&format!("game.address = \"demo\"\n{text}"));
    let one = |p: Problem| format!("{}:{} {}: {}", p.place.line, p.place.column, p.key, p.found);
    problems.into_iter().map(one).collect()
}

#[test]
fn the_example_is_the_demo_game() {
    assert_eq!(Config::parse("proxy.toml", EXAMPLE).unwrap(), Config::demo());
}

#[test]
fn the_example_shows_every_default() {
    match Config::parse("proxy.toml", &UNCOMMENTED) {
        Ok(config) => assert_eq!(config, Config::demo()),
        Err(wrong) => panic!("{wrong}"),
    }
}

#[test]
fn the_example_has_every_key() {
    let example: toml::Table = UNCOMMENTED.parse().unwrap();
    let texts: Vec<&str> = Texts::INFOS.iter().map(|info| info.name).collect();
    for (section, keys) in [
        ("game", GameConfig::KEYS),
        ("listen", ListenConfig::KEYS),
        ("login", login::LoginKeys::KEYS),
        ("session", SessionConfig::KEYS),
        ("token", TokenConfig::KEYS),
        ("limits", Limits::KEYS),
        ("texts", &texts),
        ("admin", AdminConfig::KEYS),
        ("store", StoreConfig::KEYS),
        ("log", LogConfig::KEYS),
        ("webhook", WebhookConfig::KEYS),
    ] {
        let tables = match &example[section] {
            toml::Value::Array(listeners) => listeners.as_slice(),
            other => std::slice::from_ref(other),
        };
        let tables = tables.iter().filter_map(toml::Value::as_table);
        let shown: BTreeSet<&str> = tables.flat_map(|t| t.keys()).map(String::as_str).collect();
        assert_eq!(shown, keys.iter().copied().collect(), "{section}");
    }
}

#[test]
fn the_example_says_of_each_text_what_the_program_says() {
    let start = UNCOMMENTED.find("\n[texts]").unwrap() + 1;
    assert_eq!(UNCOMMENTED[start..], Texts::default().to_string());
}

#[test]
fn the_smallest_file_names_the_game() {
    let config = Config::parse("f", "game.address = \"[::1]:4201\"").unwrap();
    let address = HostPort { host: "::1".to_owned(), port: 4201 };
    assert_eq!(config.game.address, GameAddress::At(address));
    assert_eq!(config, Config { game: config.game.clone(), ..Config::default() });
}

#[test]
fn several_mistakes_are_all_told_in_the_order_of_the_file() {
    let text = "\
[sesion]
[session]
hold = \"2 hours\"
per_user_max = 0
colour = true
[[listen]]
address = \"localhost:4000\"
[limits]
threads_max = 0
[texts]
gap = \"{seconds}\"
nonsense = \"\"
";
    assert_eq!(
        said(text),
        [
            "2:2 sesion: no such section",
            "4:8 session.hold: \"2 hours\" is not a time",
            "5:16 session.per_user_max: the number 0 is too low",
            "6:1 session.colour: no such key",
            "8:11 listen.address: \"localhost:4000\" is not an address to listen on",
            "10:15 limits.threads_max: the number 0 is too low",
            "12:8 texts.gap: \"{seconds}\" is not a placeholder of this text",
            "13:1 texts.nonsense: no such key",
        ]
    );
}

#[test]
fn what_does_not_fit_together_is_told_at_the_key_that_was_set() {
    for (text, expected) in [
        (
            "session = { history = \"16KiB\", replay = \"17KiB\" }",
            "2:41 session.replay: 17KiB is more than session.history (16KiB)",
        ),
        (
            "session.history = \"4KiB\"",
            "2:19 session.history: 4KiB is less than session.replay (8KiB)",
        ),
        (
            "[[listen]]\nprotocol = \"admin\"\naddress = \"0.0.0.0:4090\"",
            "4:11 listen.address: the admin's listener would be open to other machines on 0.0.0.0:4090",
        ),
        (
            "[[listen]]\nprotocol = \"admin\"\norigins = []",
            "4:11 listen.origins: this listener is for admin",
        ),
        ("token.ttl = \"8d\"", "2:13 token.ttl: 8d is more than token.lifetime (7d)"),
        (
            "limits.type_ahead_bytes_max = \"1KiB\"",
            "2:31 limits.type_ahead_bytes_max: 1KiB is less than limits.line_bytes_max (4KiB)",
        ),
        (
            "limits.failed_logins_per_user = 51",
            "2:33 limits.failed_logins_per_user: 51 is more than limits.failed_logins_total (50)",
        ),
    ] {
        assert_eq!(said(text), [expected]);
    }
    assert_eq!(said("session = { history = \"16KiB\", replay = \"16KiB\" }"), [""; 0]);
}

#[test]
fn what_was_refused_alone_is_not_compared_with_others() {
    for text in [
        "session = { history = \"1MB\", replay = \"1MiB\" }",
        "session = { history = \"4KiB\", replay = \"4KB\" }",
        "listen = [{}, { address = \"here\" }]",
        "listen = [{ address = \"here\" }, {}]",
    ] {
        assert_eq!(said(text).len(), 1, "{text}");
    }
    let game = "game = { address = \"127.0.0.1:4000\", iac = \"raw8\", telnet = \"fully\" }\n\
                listen = [{ address = \"here\" }]";
    assert_eq!(problems(game).len(), 2);
}

#[test]
fn two_listeners_on_one_address_are_told_at_the_second() {
    let text =
        "[[listen]]\naddress = \"0.0.0.0:4000\"\n[[listen]]\n[[listen]]\naddress = \"127.0.0.1:1\"";
    assert_eq!(said(text), ["4:1 listen.address: another listener is on 0.0.0.0:4000 already"]);
}

#[test]
fn a_game_that_is_mudkeep_itself_is_refused() {
    let text = "[game]\naddress = \"localhost:4000\"";
    assert_eq!(
        problems(text)[0].found,
        "mudkeep itself listens on 127.0.0.1:4000: it would dial itself"
    );
}

#[test]
fn raw_bytes_and_telnet_exclude_each_other() {
    let file = |telnet| format!("[game]\naddress = \"demo\"\niac = \"raw8\"\n{telnet}");
    assert!(problems(&file("")).is_empty());
    assert!(problems(&file("telnet = \"none\"")).is_empty());
    let refused = &problems(&file("telnet = \"replies\""))[0];
    assert_eq!(refused.found, "iac = \"raw8\" leaves no telnet commands to speak");
}

#[test]
fn listeners_are_written_as_several() {
    assert_eq!(said("[listen]"), ["2:1 listen: written [listen], there can be several"]);
    assert_eq!(said("listen = 4000"), ["2:10 listen: written [listen], there can be several"]);
    let many = |count: usize| -> String {
        (0..count)
            .map(|port| format!("[[listen]]\naddress = \"127.0.0.1:{}\"\n", port + 5_000))
            .collect()
    };
    assert_eq!(said(&many(64)), [""; 0]);
    assert_eq!(said(&many(65)), ["130:1 listen: more than 64 listeners"]);
}

#[test]
fn a_section_that_is_no_table_is_refused() {
    assert_eq!(said("limits = 3"), ["2:10 limits: found the number 3, not a table"]);
    assert_eq!(said("listen = [1]"), ["2:11 listen: found the number 1, not a table"]);
}

#[test]
fn a_hold_of_no_time_is_off() {
    for (hold, expected) in [
        ("preset", Hold::Preset),
        ("0s", Hold::Off),
        ("0ms", Hold::Off),
        ("1ms", Hold::For(std::time::Duration::from_millis(1))),
        ("7d", Hold::For(std::time::Duration::from_secs(7 * 86_400))),
    ] {
        let text = format!("game.address = \"demo\"\nsession.hold = \"{hold}\"");
        assert_eq!(Config::parse("f", &text).unwrap().session.hold, expected);
    }
    assert_eq!(said("session.hold = \"8d\"").len(), 1);
}

#[test]
fn a_file_that_is_too_long_or_not_text_is_refused() {
    let of_length = |length: usize| {
        let key = "game.address = \"demo\"\n";
        key.to_owned() + &"\n".repeat(length - key.len())
    };
    for (length, good) in [((1 << 20) - 1, true), (1 << 20, true), ((1 << 20) + 1, false)] {
        assert_eq!(Config::parse("f", &of_length(length)).is_ok(), good, "{length}");
    }
    let Problems(wrong) = Config::from_bytes("f", b"a = 1\nb = '\xff'").unwrap_err();
    assert_eq!((wrong[0].place.line, wrong[0].place.column), (2, 6));
    assert_eq!(wrong[0].found, "found bytes that are not UTF-8");
}

#[test]
fn a_file_full_of_mistakes_is_told_in_part() {
    let text: String = (0..1_000).map(|n| format!("key{n} = 1\n")).collect();
    assert_eq!(problems(&text).len(), 100);
}

#[test]
fn a_line_that_is_not_toml_is_told_once_and_the_next_one_too() {
    let found = problems("= = = =\n= =\n\ngame.address = \"demo\"\n=");
    let lines: Vec<usize> = found.iter().map(|problem| problem.place.line).collect();
    assert_eq!(lines, [1, 2, 5]);
    assert_eq!(problems(&"=".repeat(FILE_BYTES_MAX)).len(), 1);
    assert_eq!(problems(&"=\n".repeat(1_000)).len(), 100);
}

#[test]
fn a_file_that_cannot_be_read_says_why() {
    let error = Config::load(Path::new("no/such/file.toml")).unwrap_err();
    assert!(error.to_string().starts_with("no/such/file.toml: cannot be read: "), "{error}");
}

/// Reads `text` and, if it is wrong, tells it.
fn read_and_tell(text: &[u8]) {
    match Config::from_bytes("f", text) {
        Ok(config) => assert!(!config.summary().is_empty()),
        Err(wrong) => assert!(!wrong.0.is_empty() && !wrong.to_string().is_empty()),
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic(bytes: Vec<u8>) {
        read_and_tell(&bytes);
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "([a-z_.\\[\\]{}=\"'#\\\\\n 0-9]|\\PC){0,200}") {
        read_and_tell(text.as_bytes());
    }

    #[test]
    fn no_change_to_a_good_file_makes_the_reader_panic(
        at in 0..UNCOMMENTED.len(), gone in 0..40usize, new in "\\PC{0,8}",
    ) {
        let mut bytes = UNCOMMENTED.clone().into_bytes();
        let end = (at + gone).min(bytes.len());
        bytes.splice(at..end, new.into_bytes());
        read_and_tell(&bytes);
    }
}
