//! The rules. Each takes text and returns what is wrong with it, nothing if nothing is.

use std::collections::BTreeSet;

use crate::code::{before_tests, code_lines, code_only, functions, without_tests};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const MEDIAN_LINES_BELOW: usize = 10;
const STORY_LINES_MAX: usize = 15;

/// What only the edge may name: it waits, talks to the system, reads the clock or draws lots.
const IMPURE: &[&str] = &[
    "tokio",
    "tokio_util",
    "socket2",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "UnixStream",
    "UnixListener",
    "Instant::now",
    "SystemTime::now",
    "OffsetDateTime::now_utc",
    ".elapsed",
    "rand",
    "Uuid::new_v4",
    "std::fs",
    "std::env",
    "std::thread",
    "std::process",
];

/// A pure module that names what it must not.
pub(crate) fn impure_names(source: &str) -> Vec<String> {
    let code = without_tests(source);
    let named = |name: &&&str| contains_name(&code, name);
    IMPURE.iter().filter(named).map(|name| format!("is pure, and names {name}")).collect()
}

/// A module that does not open with its story, or opens with a long one.
pub(crate) fn story(source: &str) -> Vec<String> {
    let lines = source.lines().take_while(|line| line.starts_with("//!")).count();
    match lines {
        0 => vec!["does not open with `//!`".to_owned()],
        1..=STORY_LINES_MAX => Vec::new(),
        _ => vec![format!("its story has {lines} lines, {STORY_LINES_MAX} are enough")],
    }
}

/// A file that is too long, its tests not counted.
pub(crate) fn length(source: &str) -> Vec<String> {
    let lines = before_tests(source).lines().count();
    let fault = (lines > FILE_LINES_MAX).then(|| format!("has {lines} lines before its tests"));
    fault.into_iter().collect()
}

/// Functions that are too long.
pub(crate) fn long_functions(source: &str) -> Vec<String> {
    functions(source)
        .into_iter()
        .filter(|function| function.lines > FUNCTION_LINES_MAX)
        .map(|function| format!("fn {} has {} lines", function.name, function.lines))
        .collect()
}

/// Whether functions are short on the whole.
pub(crate) fn median(sources: &[&str]) -> Vec<String> {
    let mut lines: Vec<usize> =
        sources.iter().flat_map(|source| functions(source)).map(|f| f.lines).collect();
    lines.sort_unstable();
    let median = lines.get(lines.len() / 2).copied().unwrap_or_default();
    let fault = (median >= MEDIAN_LINES_BELOW).then(|| format!("the median is {median} lines"));
    fault.into_iter().collect()
}

/// Words that mean something else here, or nothing.
pub(crate) fn words(source: &str) -> Vec<String> {
    let text = source.to_lowercase();
    ["upstream", "backend"]
        .into_iter()
        .filter(|word| text.contains(word))
        .map(|word| format!("says {word:?}: it is the game"))
        .collect()
}

/// What is not done yet, or says so.
pub(crate) fn unfinished(source: &str) -> Vec<String> {
    // In pieces, because this file is looked at as well.
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    let macros = [concat!("to", "do!"), concat!("unimplem", "ented!")];
    let in_text = marks.into_iter().filter(|mark| contains_name(source, mark));
    let code = code_only(source);
    let in_code = macros.into_iter().filter(|name| contains_name(&code, name));
    in_text.chain(in_code).map(|what| format!("has {what}")).collect()
}

/// Names that say nothing.
pub(crate) fn names(source: &str) -> Vec<String> {
    let code = code_only(source);
    let mut found = Vec::new();
    for name in code.split(|c: char| !c.is_alphanumeric() && c != '_') {
        if ["Manager", "Helper"].iter().any(|word| name.contains(word)) || name == "utils" {
            found.push(format!("has the name {name}"));
        }
    }
    for function in functions(source) {
        if function.name.starts_with("get_") {
            found.push(format!("has fn {}: leave out the get_", function.name));
        }
    }
    found
}

/// Paths that exist on one machine only.
pub(crate) fn private_paths(text: &str) -> Vec<String> {
    // In pieces, because this file is looked at as well.
    let starts = [
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
        concat!("/Us", "ers/"),
        concat!("/wo", "rk/"),
        concat!("/tm", "p/wt"),
    ];
    let stands_alone =
        |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || "._-}$)".contains(c));
    let found = |start: &&str| text.match_indices(start).any(|(at, _)| stands_alone(at));
    starts.iter().filter(|start| found(start)).map(|start| format!("has {start}")).collect()
}

/// Dependencies without a row in the architecture's table, and rows without a dependency.
pub(crate) fn dependencies(manifest: &str, architecture: &str) -> Vec<String> {
    let wanted = manifest_dependencies(manifest);
    let rows = dependency_rows(architecture);
    let missing = wanted.difference(&rows).map(|name| format!("no row says why {name} is here"));
    let aliased = manifest_aliases(manifest);
    let known = wanted.union(&aliased).cloned().collect();
    let stale = rows.difference(&known).map(|name| format!("a row for {name}, which is not here"));
    missing.chain(stale).collect()
}

fn manifest_dependencies(manifest: &str) -> BTreeSet<String> {
    manifest_entries(manifest).into_iter().map(|(name, _)| name).collect()
}

/// The packages' own names where the manifest gives them another.
fn manifest_aliases(manifest: &str) -> BTreeSet<String> {
    let entries = manifest_entries(manifest);
    let package = |value: &toml::Value| Some(value.get("package")?.as_str()?.to_owned());
    entries.iter().filter_map(|(_, value)| package(value)).collect()
}

fn manifest_entries(manifest: &str) -> Vec<(String, toml::Value)> {
    let manifest: toml::Table = manifest.parse().expect("Cargo.toml");
    let mut tables = vec![&manifest];
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    tables.extend(targets.into_iter().flat_map(toml::Table::values).filter_map(|t| t.as_table()));
    let sections = ["dependencies", "dev-dependencies", "build-dependencies"];
    tables
        .into_iter()
        .flat_map(|table| sections.iter().filter_map(|section| table.get(*section)?.as_table()))
        .flat_map(|dependencies| dependencies.clone())
        .collect()
}

/// The names in backticks in the first cells of the tables under the heading "Dependencies", of
/// rows that go on to say something.
fn dependency_rows(architecture: &str) -> BTreeSet<String> {
    let lines = architecture.lines().skip_while(|line| !is_heading(line, "Dependencies"));
    lines
        .skip(1)
        .take_while(|line| !line.starts_with("## "))
        .filter_map(|line| {
            let (first, reason) = line.strip_prefix('|')?.split_once('|')?;
            reason.chars().any(char::is_alphanumeric).then_some(first)
        })
        .flat_map(|cell| cell.split('`').skip(1).step_by(2).map(str::to_owned))
        .collect()
}

/// Rows of a table that name no test, or one that there is not; `S` stands for the simulation.
pub(crate) fn table_of_tests(table: &str, sources: &[&str], rows_min: usize) -> Vec<String> {
    let rows: Vec<&str> = table.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    let too_few = rows.len() < rows_min;
    let mut found: Vec<String> =
        too_few.then(|| format!("has {} rows", rows.len())).into_iter().collect();
    for row in rows {
        let named: Vec<&str> = row.split('`').skip(1).step_by(2).collect();
        if named.is_empty() && !row.contains(" S") {
            found.push(format!("no test: {row}"));
        }
        let is_there = |test: &str| {
            let function = format!("fn {test}(");
            sources.iter().any(|source| source.contains(&function))
        };
        let missing = named.into_iter().filter(|test| !is_there(test));
        found.extend(missing.map(|test| format!("there is no test {test}")));
    }
    found
}

fn is_heading(line: &str, text: &str) -> bool {
    line.starts_with('#') && line.trim_start_matches('#').trim() == text
}

/// Whether a name stands in code as itself, not as a part of another.
fn contains_name(code: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(at, _)| {
        let own_start = name.starts_with(|c: char| !part(c)) || !code[..at].ends_with(part);
        let own_end =
            name.ends_with(|c: char| !part(c)) || !code[at + name.len()..].starts_with(part);
        own_start && own_end
    })
}

#[test]
fn a_planted_impurity_is_caught() {
    for bad in [
        "use tokio::sync::mpsc;",
        "fn f() { let t = Instant::now(); }",
        "fn f(t: Instant) { t.elapsed() }",
        "fn f(s: std::net::TcpStream) {}",
        "fn f() -> u8 { rand::random() }",
    ] {
        assert_eq!(impure_names(bad).len(), 1, "{bad}");
    }
    let good = "use std::net::IpAddr; // tokio\nfn f(operand: u8, now: Instant) { \"rand\"; }\n\
                #[cfg(test)]\nmod tests { use tokio; }\nfn g() {}";
    assert_eq!(impure_names(good), Vec::<String>::new());
}

#[test]
fn a_planted_missing_or_long_story_is_caught() {
    assert_eq!(story("use std;\n//! late").len(), 1);
    assert_eq!(story(&"//! line\n".repeat(STORY_LINES_MAX)).len(), 0);
    assert_eq!(story(&"//! line\n".repeat(STORY_LINES_MAX + 1)).len(), 1);
}

#[test]
fn a_planted_long_file_is_caught() {
    let tests = "\n#[cfg(test)]\nmod tests {\n".to_owned() + &"\n".repeat(1000);
    for (lines, faults) in [(FILE_LINES_MAX, 0), (FILE_LINES_MAX + 1, 1)] {
        assert_eq!(length(&("x\n".repeat(lines))).len(), faults);
        assert_eq!(length(&("x\n".repeat(lines) + tests.trim_start())).len(), faults);
    }
}

#[test]
fn a_planted_long_function_is_caught() {
    for (lines, faults) in [(FUNCTION_LINES_MAX, 0), (FUNCTION_LINES_MAX + 1, 1)] {
        let source = format!("fn f() {{\n{}}}", "x;\n".repeat(lines));
        assert_eq!(code_lines(&source), lines + 2);
        assert_eq!(long_functions(&source).len(), faults);
    }
}

#[test]
fn a_planted_median_is_caught() {
    let of = |lines: usize| format!("fn f() {{\n{}}}\n", "x;\n".repeat(lines));
    assert_eq!(median(&[&of(1), &of(9), &of(60)]).len(), 0);
    assert_eq!(median(&[&of(1), &of(10), &of(60)]).len(), 1);
    assert_eq!(median(&[]).len(), 0);
}

#[test]
fn a_planted_word_is_caught() {
    assert_eq!(words("struct BackendPool; // the Upstream").len(), 2);
    assert_eq!(words("struct GamePool; // the game").len(), 0);
}

#[test]
fn a_planted_piece_of_unfinished_work_is_caught() {
    for mark in [concat!("TO", "DO"), concat!("FIX", "ME")] {
        assert_eq!(unfinished(&format!("// {mark}: later")).len(), 1);
    }
    assert_eq!(unfinished(concat!("fn f() { to", "do!() }")).len(), 1);
    assert_eq!(unfinished(concat!("fn f() { unimplem", "ented!() }")).len(), 1);
    assert_eq!(unfinished("// what is to do").len(), 0);
}

#[test]
fn a_planted_name_is_caught() {
    assert_eq!(names("struct SessionManager; mod utils; fn get_it() {}").len(), 3);
    assert_eq!(names("struct Manage; fn target_it() {} fn widget() { map.get(1); }").len(), 0);
}

#[test]
fn a_planted_path_is_caught() {
    for bad in
        [concat!("cd /ho", "me/me/mud"), concat!("\"/ro", "ot/.cargo\""), concat!("/wo", "rk/x")]
    {
        assert_eq!(private_paths(bad).len(), 1, "{bad}");
    }
    assert_eq!(private_paths(concat!("frame/wo", "rk/x $dir/ho", "me/")).len(), 0);
}

#[test]
fn a_planted_row_without_a_test_is_caught() {
    let sources = ["fn there() {}", "async fn there_too() {}"];
    let table = |rows: &str| format!("Some words.\n| | what | by |\n|---|---|---|\n{rows}");
    let of = |rows: &str| table_of_tests(&table(rows), &sources, 2).len();
    assert_eq!(of("| 1 | x | `there`, S |\n| 2 | x | `there_too` |\n| 3 | x | S |"), 0);
    assert_eq!(of("| 1 | x | `there` |"), 1);
    assert_eq!(of("| 1 | x | `there` |\n| 2 | x | |"), 1);
    assert_eq!(of("| 1 | x | `the` |\n| 2 | x | `there`, `gone` |"), 2);
}

#[test]
fn a_planted_dependency_without_a_reason_is_caught() {
    let manifest = "[dependencies]\na = \"1\"\n[dev-dependencies]\nb = \"1\"\n\
                    [target.'cfg(unix)'.dependencies]\nc = \"1\"";
    let table = |rows: &str| {
        format!(
            "# All\n| `z` | no |\n## Dependencies\n\n| a | b |\n|--|--|\n{rows}\n## More\n| `y` | no |"
        )
    };
    assert_eq!(dependencies(manifest, &table("| `a`, `b` | why | x |\n| `c` | why |")).len(), 0);
    assert_eq!(dependencies(manifest, &table("| `a` | why |\n| `c` | |")).len(), 2);
    assert_eq!(dependencies(manifest, &table("| `a`, `b`, `c`, `d` | why |")).len(), 1);
    let aliased = "[dependencies]\na = { package = \"b\", version = \"1\" }";
    assert_eq!(dependencies(aliased, &table("| `a` (`b`) | why |")).len(), 0);
}
