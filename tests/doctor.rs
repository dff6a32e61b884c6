//! `mudkeep doctor` before the built-in game and before games of every family.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed unwrap in a test is a failed test, and what a test prints is its own"
)]

mod support;

use std::process::{Command, Output};
use std::time::Duration;

use mudkeep::config::{Config, HostPort, PresetChoice};
use mudkeep::doctor;
use serde_json::{Value, json};
use support::scripted::{End, Family, Game, Settings, Wait};

/// What the doctor reports, for programs and for people.
struct Examined {
    report: Value,
    text: String,
}

/// With this configuration; about the game at `address`, or the configuration's own.
async fn examine(address: Option<HostPort>, config: &str) -> Examined {
    let config = Config::parse("proxy.toml", config).unwrap_or_else(|wrong| panic!("{wrong}"));
    let report = doctor::examine(address.as_ref(), &config).await.unwrap();
    Examined { report: serde_json::to_value(&report).unwrap(), text: report.to_string() }
}

impl Examined {
    /// What of the findings about `part` has to be done.
    fn fixes(&self, part: &str) -> Vec<&str> {
        let findings = self.report["findings"].as_array().unwrap().iter();
        let theirs = findings.filter(|one| one["part"] == part && one["level"] == "fix");
        theirs.map(|one| one["text"].as_str().unwrap()).collect()
    }
}

/// Lines of proxy.toml: this game, listeners that are free, and more.
fn config(game: &str, more: &str) -> String {
    format!("game.address = \"{game}\"\nlisten = [{{ address = \"127.0.0.1:0\" }}]\n{more}\n")
}

/// How long the games of a family look up the client first.
fn settings(family: Family) -> Settings {
    let wait = match family {
        Family::Tbamud => 1_400,
        Family::Penn => 3_000,
        Family::Evennia => 300,
        _ => 0,
    };
    Settings { wait: Wait::For(Duration::from_millis(wait)), ..Settings::default() }
}

/// Looks at a game for which there is no configuration yet.
async fn look(family: Family) -> (Family, Examined) {
    let game = Game::with(family, settings(family)).await;
    let address = game.address().to_string().parse().unwrap();
    let examined = examine(Some(address), &config("demo", "")).await;
    game.until("the doctor has left", |game| game.record(0).end.is_some()).await;
    let record = game.record(0);
    assert_eq!((game.accepted(), record.end), (1, Some(End::Eof)), "{family:?}");
    assert!(record.lines.is_empty(), "{family:?} was told {:?}", record.lines);
    assert_eq!(game.violations(), [], "{family:?}");
    (family, examined)
}

/// What is to be found: how sure, which preset, and which others among those that are near.
fn expected(family: Family) -> (&'static str, Option<&'static str>, &'static [&'static str]) {
    match family {
        Family::Circle => ("certain", Some("circle"), &["diku"]),
        Family::Tbamud => ("certain", Some("tbamud"), &["circle"]),
        Family::Diku => ("unsure", None, &["diku", "circle", "merc"]),
        Family::Merc => ("unsure", None, &["merc", "diku", "rom"]),
        Family::Envy => ("certain", Some("envy"), &[]),
        Family::Rom => ("certain", Some("rom"), &[]),
        Family::Smaug => ("certain", Some("smaug"), &[]),
        Family::Lp => ("likely", Some("lp"), &[]),
        Family::DeadSouls => ("unsure", None, &["deadsouls", "lp"]),
        Family::Discworld => ("likely", Some("discworld"), &[]),
        Family::Penn => ("certain", Some("penn"), &["mux"]),
        Family::Moo => ("certain", Some("moo"), &["fuzzball"]),
        Family::Evennia => ("certain", Some("evennia"), &[]),
        Family::Fuzzball => ("certain", Some("fuzzball"), &["moo"]),
        Family::Edited => ("unknown", None, &[]),
    }
}

#[tokio::test]
async fn each_family_is_named_or_is_said_not_to_be_certain() {
    for (family, examined) in futures_util::future::join_all(Family::ALL.map(look)).await {
        let Examined { report, text } = &examined;
        let (sure, name, near) = expected(family);
        let preset = &report["preset"];
        assert_eq!((&preset["sure"], &preset["name"]), (&json!(sure), &json!(name)), "{family:?}");
        let told: Vec<&str> =
            preset["near"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
        assert!(near.iter().all(|one| told.contains(one)), "{family:?}: {told:?}");
        // Whoever is not certain is told what to do.
        assert_eq!(examined.fixes("login").is_empty(), sure == "certain", "{family:?}\n{text}");
        assert_eq!(report["client_address"], "127.0.0.1");
        suggestion_is_taken(report, name.unwrap_or("auto"));
        assert!(text.is_ascii(), "{text}");
    }
}

/// `mudkeep check` takes what is suggested, and it is what was found.
fn suggestion_is_taken(report: &Value, preset: &str) {
    let toml = report["proxy_toml"].as_str().unwrap();
    let config = Config::parse("proxy.toml", toml).unwrap_or_else(|wrong| panic!("{wrong}"));
    assert_eq!(config.game.address.to_string(), report["address"]);
    let set = match &config.login.preset {
        PresetChoice::Auto => "auto",
        PresetChoice::Fixed(preset) => preset.name(),
    };
    assert_eq!(
        (set, json!(config.game.charset.name().to_lowercase())),
        (preset, report["charset"].clone())
    );
}

#[tokio::test]
async fn the_built_in_game_is_named_and_nothing_has_to_be_done() {
    let examined = examine(None, &config("demo", "")).await;
    let Examined { report, text } = &examined;
    assert_eq!(report["preset"], json!({"name": "demo", "sure": "certain", "near": []}));
    assert_eq!((&report["well"], &report["reached"]), (&json!(true), &json!(true)), "{text}");
    suggestion_is_taken(report, "demo");
    assert!(text.ends_with("All is well.\n"), "{text}");
    let gmcp = json!({"option": 201, "name": "GMCP", "wish": "offered", "answer": "agreed"});
    assert!(report["options"].as_array().unwrap().contains(&gmcp), "{text}");
}

#[tokio::test]
async fn a_preset_that_is_set_is_held_against_the_screen() {
    let look = async |family, preset: &str| {
        let game = Game::start(family).await;
        let address = game.address().to_string();
        let set = format!("login.preset = \"{preset}\"");
        examine(None, &config(&address, &set)).await
    };
    for (family, preset, fixes) in [
        (Family::Merc, "merc", 0),
        (Family::Lp, "lp", 0),
        (Family::Edited, "none", 0),
        (Family::Circle, "tbamud", 1),
        (Family::Edited, "circle", 1),
        (Family::Edited, "mux", 0),
        (Family::Merc, "auto", 1),
    ] {
        let examined = look(family, preset).await;
        assert_eq!(examined.fixes("login").len(), fixes, "{preset}\n{}", examined.text);
    }
}

#[tokio::test]
async fn a_charset_that_is_set_is_held_against_the_screen() {
    // Its screen has one letter that is not ASCII, in UTF-8.
    let game = Game::start(Family::Smaug).await;
    for (charset, fixes) in [("utf-8", 0), ("windows-1251", 1)] {
        let set = format!("game.charset = \"{charset}\"");
        let examined = examine(None, &config(&game.address().to_string(), &set)).await;
        assert_eq!(examined.fixes("letters").len(), fixes, "{charset}\n{}", examined.text);
    }
}

#[tokio::test]
async fn what_is_set_for_one_game_is_not_held_against_another() {
    let (own, other) = (Game::start(Family::Circle).await, Game::start(Family::Smaug).await);
    let set = "login.preset = \"circle\"\ngame.charset = \"windows-1251\"\ngame.telnet = \"none\"";
    let config = config(&own.address().to_string(), set);
    let address = other.address().to_string().parse().unwrap();
    let examined = examine(Some(address), &config).await;
    assert_eq!(examined.report["well"], true, "{}", examined.text);
    assert_eq!(examined.report["options"][0]["answer"], "refused", "{}", examined.text);
    assert_eq!((own.accepted(), other.accepted()), (0, 1));
    // Named or not, what is set counts for the game that it is set for.
    let address = own.address().to_string().parse().unwrap();
    let examined = examine(Some(address), &config).await;
    assert!(examined.text.contains("fits login.preset = \"circle\""), "{}", examined.text);
}

/// Runs the program itself.
async fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mudkeep"));
    command.arg("doctor").args(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

#[tokio::test]
async fn the_program_exits_with_what_it_found() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proxy.toml");
    std::fs::write(&file, config("demo", "")).unwrap();
    let file = file.to_str().unwrap();
    let good = run(&["--config", file]).await;
    let said = String::from_utf8(good.stdout).unwrap();
    assert_eq!((good.status.code(), good.stderr.as_slice()), (Some(0), &b""[..]), "{said}");
    assert!(said.contains("preset \"demo\""), "{said}");

    let game = Game::start(Family::Circle).await;
    let address = game.address().to_string();
    let good = run(&[&address, "--json", "--config", file]).await;
    let report: Value = serde_json::from_slice(&good.stdout).unwrap();
    assert_eq!((good.status.code(), &report["preset"]["name"]), (Some(0), &json!("circle")));

    game.crash().await;
    let gone = run(&[&address, "--config", file]).await;
    let said = String::from_utf8(gone.stdout).unwrap();
    assert_eq!(gone.status.code(), Some(1), "{said}");
    assert!(said.contains("connection refused") && said.contains("Start the game"), "{said}");

    for misuse in [&["mud"][..], &["--config", "no/such/file"], &["--nonsense"]] {
        assert_eq!(run(misuse).await.status.code(), Some(2), "{misuse:?}");
    }
}
