//! The house rules, held by a test: what is pure stays pure, files and functions stay small, words
//! are the agreed ones, and each dependency has its reason in ARCHITECTURE.md.
//!
//! The rules are functions over text (house_rules/rules.rs), each with a planted violation that it
//! must catch; here they are applied to the project's own files.

#[cfg(test)]
#[path = "house_rules/code.rs"]
mod code;
#[cfg(test)]
#[path = "house_rules/files.rs"]
mod files;
#[cfg(test)]
#[path = "house_rules/rules.rs"]
mod rules;

#[cfg(test)]
mod tests {
    use crate::files::{Text, project_files, read, rust_sources};
    use crate::rules;

    /// What decides: told the time, handed its bytes. A name ending in `/` is a folder.
    const PURE: &[&str] = &[
        "src/charset.rs",
        "src/charset/",
        "src/cli/shown.rs",
        "src/cli/table.rs",
        "src/cli/who.rs",
        "src/demo/",
        "src/doctor/",
        "src/ids.rs",
        "src/limits.rs",
        "src/limits/",
        "src/login.rs",
        "src/login/",
        "src/printable.rs",
        "src/secret.rs",
        "src/session.rs",
        "src/session/",
        "src/telnet.rs",
        "src/telnet/",
        "src/texts.rs",
        "src/transport/wire.rs",
        "src/transport/wire/",
        "src/watch/",
    ];

    /// Files in those folders that wait, or are at the edge.
    const NOT_PURE: &[&str] = &[
        "src/demo/serve.rs",
        "src/doctor/machine.rs",
        "src/doctor/visit.rs",
        "src/session/game.rs",
        "src/session/task.rs",
        "src/watch/poll.rs",
    ];

    /// Applies a rule to each file and fails with everything that it found.
    fn hold(files: &[Text], rule: impl Fn(&Text) -> Vec<String>) {
        let found: Vec<String> = files
            .iter()
            .flat_map(|file| rule(file).into_iter().map(|what| format!("{}: {what}", file.path)))
            .collect();
        assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    }

    fn is_pure(path: &str) -> bool {
        let listed = |list: &[&str]| {
            list.iter().any(|name| path == *name || name.ends_with('/') && path.starts_with(name))
        };
        listed(PURE) && !listed(NOT_PURE)
    }

    #[test]
    fn what_decides_names_no_runtime_socket_clock_or_chance() {
        let pure: Vec<Text> =
            rust_sources("src").into_iter().filter(|file| is_pure(&file.path)).collect();
        assert!(pure.len() >= 2, "the list of pure modules matches next to nothing");
        hold(&pure, |file| rules::impure_names(&file.text));
    }

    #[test]
    fn every_module_opens_with_its_story() {
        hold(&rust_sources("src"), |file| rules::story(&file.text));
        hold(&rust_sources("tests"), |file| rules::story(&file.text));
    }

    #[test]
    fn no_file_is_longer_than_500_lines_without_its_tests() {
        hold(&rust_sources("src"), |file| rules::length(&file.text));
    }

    #[test]
    fn no_function_is_longer_than_70_lines_and_most_are_shorter_than_10() {
        let sources = rust_sources("src");
        hold(&sources, |file| rules::long_functions(&file.text));
        let all: Vec<&str> = sources.iter().map(|file| file.text.as_str()).collect();
        assert_eq!(rules::median(&all), Vec::<String>::new());
    }

    #[test]
    fn only_the_agreed_words_are_used() {
        hold(&rust_sources("src"), |file| rules::words(&file.text));
    }

    #[test]
    fn nothing_is_left_to_do() {
        for folder in ["src", "tests", "benches", "fuzz"] {
            hold(&rust_sources(folder), |file| rules::unfinished(&file.text));
        }
    }

    #[test]
    fn names_say_what_and_not_that_it_is_got_or_helped_with() {
        hold(&rust_sources("src"), |file| rules::names(&file.text));
    }

    #[test]
    fn no_file_knows_a_path_of_anybodys_machine() {
        hold(&project_files(), |file| rules::private_paths(&file.text));
    }

    #[test]
    fn every_dependency_has_its_reason_and_every_reason_its_dependency() {
        let manifest = read("Cargo.toml").expect("Cargo.toml");
        if let Some(architecture) = read("ARCHITECTURE.md") {
            let found = rules::dependencies(&manifest, &architecture);
            assert!(found.is_empty(), "\n{}\n", found.join("\n"));
        }
    }

    /// A table names in each of its rows tests that there are.
    fn holds_to_tests(table: &str, rows_min: usize) {
        let table = read(table).expect("the table");
        let files = project_files();
        let sources: Vec<&str> = files
            .iter()
            .filter(|file| file.path.ends_with(".rs"))
            .map(|file| file.text.as_str())
            .collect();
        let found = rules::table_of_tests(&table, &sources, rows_min);
        assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    }

    #[test]
    fn each_invariant_is_held_by_a_test_that_there_is() {
        holds_to_tests("tests/invariants.md", 51);
    }

    #[test]
    fn each_fault_is_injected_by_a_test_that_there_is() {
        holds_to_tests("tests/faults.md", 36);
    }

    /// Everything that has a deadline goes by the monotonic clock; the system's may jump by years.
    #[test]
    fn the_systems_clock_decides_nothing_but_what_is_shown_and_how_long_is_remembered() {
        let files = rust_sources("src");
        let names = |file: &&Text| file.text.contains("SystemTime::now");
        let mut found: Vec<&str> = files.iter().filter(names).map(|file| &*file.path).collect();
        found.sort_unstable();
        assert_eq!(found, ["src/clock.rs", "src/store/time.rs"]);
    }
}
