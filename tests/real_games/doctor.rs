//! `mudkeep doctor` before real games: it names the preset of each, and leaves without a trace.

use std::fs;
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::real::{Evennia, Game, Mudkeep, TinyMux, free_port};

/// Runs it with a configuration whose listener is free.
fn doctor(folder: &TempDir, arguments: &[&str]) -> Output {
    let config = folder.path().join("proxy.toml");
    let listen = format!("[[listen]]\naddress = \"127.0.0.1:{}\"\n", free_port());
    fs::write(&config, format!("[game]\naddress = \"demo\"\n\n{listen}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mudkeep"));
    command.arg("doctor").args(arguments).arg("--config").arg(&config);
    command.output().unwrap()
}

fn is_named<G: Game>(game: &G) {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("127.0.0.1:{}", game.port());
    let people = doctor(&folder, &[&address]);
    let said = String::from_utf8(people.stdout).unwrap();
    assert_eq!(people.status.code(), Some(0), "{said}");
    assert!(said.contains(&format!("preset \"{}\"", G::PRESET)), "{said}");
    assert!(said.contains("every player now comes from 127.0.0.1"), "{said}");
    println!("{said}");

    let programs = doctor(&folder, &[&address, "--json"]);
    let report: serde_json::Value = serde_json::from_slice(&programs.stdout).unwrap();
    assert_eq!(report["preset"]["name"], G::PRESET);
    assert_eq!(report["preset"]["sure"], "certain");

    // What it suggests is a whole configuration, but for where to listen.
    let suggested = folder.path().join("suggested.toml");
    fs::write(&suggested, report["proxy_toml"].as_str().unwrap()).unwrap();
    let mut check = Command::new(env!("CARGO_BIN_EXE_mudkeep"));
    let checked = check.args(["check", "--config"]).arg(&suggested).output().unwrap();
    let said = String::from_utf8(checked.stdout).unwrap();
    assert_eq!(checked.status.code(), Some(0), "{said}");
    assert!(said.contains(&format!("recognised by preset {}", G::PRESET)), "{said}");
}

#[test]
fn tinymux_is_named() {
    is_named(&TinyMux::start());
}

#[test]
fn evennia_is_named() {
    is_named(&Evennia::start());
}

#[test]
fn the_built_in_game_is_named_also_while_mudkeep_runs() {
    let folder = tempfile::tempdir().unwrap();
    let output = doctor(&folder, &[]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("preset \"demo\""), "{said}");

    // Through mudkeep the game looks as it is.
    let mudkeep = Mudkeep::demo("");
    let output = doctor(&folder, &[&format!("127.0.0.1:{}", mudkeep.port())]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("preset \"demo\""), "{said}");
}
