//! What the documentation tells an admin to write is what mudkeep reads: each `toml` block of the
//! pages, and each configuration in contrib/, is a whole file that it takes without a complaint.
//! What a page links to is there.

#![allow(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use mudkeep::config::Config;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page: README.md and what is under docs/, from the project's folder.
fn pages() -> Vec<(String, String)> {
    let mut paths = vec![root().join("README.md")];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension().and_then(|extension| extension.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("md") => paths.push(path),
                _ => {}
            }
        }
    }
    let name = |path: &PathBuf| path.strip_prefix(root()).unwrap().display().to_string();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// The blocks of a page in a language: the line where each begins, and its text.
fn blocks(page: &str, language: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, line) in page.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        open = match (open, fence) {
            (None, Some(of)) => Some((at + 2, of.trim().to_owned() + "\n")),
            (None, None) => None,
            (Some((from, text)), None) => Some((from, text + line + "\n")),
            (Some((from, text)), Some(_)) => {
                let (of, text) = text.split_once('\n').unwrap();
                found.extend((of == language).then(|| (from, text.to_owned())));
                None
            }
        };
    }
    found
}

/// What is said of a part of a file: it needs the one key that has no default.
fn whole(part: &str) -> String {
    match part.contains("[game]") || part.contains("game.address") {
        true => part.to_owned(),
        false => format!("game.address = \"127.0.0.1:4001\"\n{part}"),
    }
}

/// The lines of a comment that are a configuration: what is indented by more than one blank.
fn commented(text: &str) -> String {
    let lines = text.lines().filter_map(|line| line.strip_prefix("#   "));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn every_configuration_on_a_page_is_read_without_a_complaint() {
    let mut read = 0;
    let mut wrong = Vec::new();
    for (name, page) in pages() {
        for (line, text) in blocks(&page, "toml") {
            read += 1;
            if let Err(problems) =
                Config::parse(&format!("{name}, block at line {line}"), &whole(&text))
            {
                wrong.push(problems.to_string());
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(read >= 10, "only {read} blocks were found");
}

#[test]
fn every_configuration_that_a_web_servers_file_asks_for_is_read_without_a_complaint() {
    for name in ["nginx.conf", "haproxy.cfg", "Caddyfile"] {
        let text = commented(&fs::read_to_string(root().join("contrib").join(name)).unwrap());
        assert!(text.contains("trusted = [\"127.0.0.1\"]"), "{name} says {text:?}");
        let config = Config::parse(name, &whole(&text)).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(config.listen.0.len(), 1, "{name}");
    }
}

#[test]
fn what_a_page_links_to_is_there() {
    let mut missing = Vec::new();
    let all: Vec<(String, String)> = pages();
    for (name, page) in &all {
        let folder = root().join(name);
        let folder = folder.parent().unwrap();
        for link in links(page) {
            let (path, heading) = link.split_once('#').unwrap_or((&link, ""));
            let target = if path.is_empty() { root().join(name) } else { folder.join(path) };
            let headings = || headings(&fs::read_to_string(&target).unwrap());
            if !target.exists() || !heading.is_empty() && !headings().contains(heading) {
                missing.push(format!("{name}: {link}"));
            }
        }
    }
    assert!(missing.is_empty(), "\n{}", missing.join("\n"));
}

/// Where a page's links lead that stay in the project.
fn links(page: &str) -> Vec<String> {
    let ends = page.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let own = ends.map(|(link, _)| link).filter(|link| !link.contains("://"));
    own.map(str::to_owned).collect()
}

/// The headings of a page, as links name them.
fn headings(page: &str) -> BTreeSet<String> {
    let titles = page.lines().filter(|line| line.starts_with('#'));
    let name = |title: &str| {
        let kept = title.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    titles.map(name).collect()
}

#[test]
fn every_page_for_admins_is_in_their_index() {
    let folder = root().join("docs/admin");
    let index = fs::read_to_string(folder.join("README.md")).unwrap();
    let linked = links(&index);
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(name == "README.md" || linked.contains(&name), "{name} is not in the index");
    }
}

#[test]
fn every_preset_is_described_with_its_own_hold() {
    let page = fs::read_to_string(root().join("docs/admin/which-preset.md")).unwrap();
    let mut missing = Vec::new();
    for entry in fs::read_dir(root().join("src/login/presets")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let file = format!("game.address = \"a:1\"\nlogin.preset = \"{name}\"\n");
        let summary = Config::parse(name, &file).unwrap().summary();
        let hold = summary.lines().find_map(|line| line.strip_prefix("away      a session waits "));
        let hold = hold.unwrap().split('m').next().unwrap();
        let row =
            page.lines().find(|line| line.starts_with('|') && line.contains(&format!("`{name}`")));
        if name != "demo" && !row.is_some_and(|row| row.contains(&format!("| {hold} min |"))) {
            missing.push(format!("{name}, {hold} min"));
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_service_waits_for_mudkeep_to_end_in_its_own_time() {
    let unit = fs::read_to_string(root().join("contrib/mudkeep.service")).unwrap();
    let line = unit.lines().find_map(|line| line.strip_prefix("TimeoutStopSec="));
    let waits: u64 = line.unwrap().parse().unwrap();
    assert!(waits > Config::default().limits.shutdown_grace.as_secs());
}

#[test]
fn every_command_on_a_page_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    fs::write(&token, "A".repeat(43)).unwrap();
    let mut asked = 0;
    for (name, page) in pages() {
        for line in blocks(&page, "sh").iter().flat_map(|(_, text)| text.lines()) {
            let Some(arguments) = arguments(line) else { continue };
            asked += 1;
            let mut command = Command::new(env!("CARGO_BIN_EXE_mudkeep"));
            command.args(&arguments).current_dir(&folder).stdin(Stdio::null());
            // Nobody listens there: a good command fails, a bad one is misuse.
            command.args(["--api", "http://127.0.0.1:9", "--token-file"]).arg(&token);
            let output = command.output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{name}: {line}\n{said}");
        }
    }
    assert!(asked >= 30, "only {asked} commands were found");
}

/// What stands behind `mudkeep` in a line that speaks to a running one.
fn arguments(line: &str) -> Option<Vec<String>> {
    const BY_THEMSELVES: &[&str] = &["check", "demo-game", "doctor", "texts"];
    let command = line.strip_prefix("mudkeep ")?;
    let mut words = Vec::new();
    for (n, part) in command.split('"').enumerate() {
        match n % 2 {
            1 => words.push(part.to_owned()),
            _ => words.extend(part.split_whitespace().map(str::to_owned)),
        }
    }
    let end = words.iter().position(|word| ["#", "|", "||"].contains(&&**word));
    words.truncate(end.unwrap_or(words.len()));
    let first = words.first()?;
    (!first.starts_with('-') && !BY_THEMSELVES.contains(&&**first)).then_some(words)
}
