//! The project's own files.

use std::fs;
use std::path::{Path, PathBuf};

/// What is made, not written.
const MADE: &[&str] = &[".git", ".test-env", "target", "artifacts", "corpus"];

/// A file of the project that is text.
pub(crate) struct Text {
    /// From the project's folder.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// A file of the project, if it is there and text.
pub(crate) fn read(path: &str) -> Option<String> {
    fs::read_to_string(root().join(path)).ok()
}

/// Every Rust source under a folder that is not only compiled for tests.
pub(crate) fn rust_sources(folder: &str) -> Vec<Text> {
    let all: Vec<Text> =
        texts(&root().join(folder)).into_iter().filter(|file| file.path.ends_with(".rs")).collect();
    let tests: Vec<String> = all.iter().flat_map(test_modules).collect();
    let is_test = |path: &str| {
        tests
            .iter()
            .any(|module| path == format!("{module}.rs") || path.starts_with(&format!("{module}/")))
    };
    all.into_iter().filter(|file| folder == "tests" || !is_test(&file.path)).collect()
}

/// Every text file of the project.
pub(crate) fn project_files() -> Vec<Text> {
    texts(&root())
}

/// The paths, without `.rs`, of modules that a file declares for tests only.
fn test_modules(file: &Text) -> Vec<String> {
    let path = file.path.trim_end_matches(".rs");
    let folder = match path.rsplit_once('/') {
        Some((folder, "mod" | "lib" | "main")) => folder,
        _ => path,
    };
    let lines: Vec<&str> = file.text.lines().map(str::trim).collect();
    lines
        .windows(2)
        .filter(|pair| pair[0] == "#[cfg(test)]")
        .filter_map(|pair| pair[1].strip_suffix(';')?.rsplit_once("mod "))
        .map(|(_, name)| format!("{folder}/{name}"))
        .collect()
}

fn texts(folder: &Path) -> Vec<Text> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            if MADE.iter().any(|made| entry.file_name() == *made) {
                continue;
            }
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else if let Ok(text) = fs::read_to_string(entry.path()) {
                found.push(Text { path: from_root(&entry.path()), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn from_root(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_module_for_tests_only_is_told_from_others() {
    let text = "mod real;\n#[cfg(test)]\nmod tests;\n#[cfg(test)]\npub(crate) mod model;\n";
    let of = |path: &str| test_modules(&Text { path: path.to_owned(), text: text.to_owned() });
    assert_eq!(of("src/a.rs"), ["src/a/tests", "src/a/model"]);
    assert_eq!(of("src/lib.rs"), ["src/tests", "src/model"]);
}

#[test]
fn what_is_made_is_not_looked_at() {
    let files = project_files();
    assert!(files.iter().any(|file| file.path == "Cargo.toml"));
    assert!(files.iter().all(|file| !file.path.starts_with("target/")));
}
