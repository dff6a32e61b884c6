//! What `mudkeep check` says of broken files: tests/configs has each with its message.

use std::io;
use std::path::PathBuf;

use mudkeep::cli::{self, Exit, Programs};

fn check(file: &str) -> (Exit, String, String) {
    let never = || Err(io::ErrorKind::Other.into());
    let programs = Programs {
        start_log: &|_| Ok(()),
        serve: &|_, _| never(),
        demo_game: &|_| never(),
        watch: &|_| never(),
        width: &|| None,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = cli::run(["mudkeep", "check", "--config", file], &programs, &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("what mudkeep says is UTF-8");
    (exit, text(out), text(err))
}

#[test]
fn each_broken_file_is_told_exactly_what_is_wrong() {
    let mut files: Vec<PathBuf> = std::fs::read_dir("tests/configs")
        .expect("the tests run in the project's directory")
        .map(|entry| entry.expect("a directory can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 12);
    for file in files {
        let message = file.with_extension("txt");
        let expected = std::fs::read_to_string(&message).unwrap_or_default();
        let (exit, out, err) = check(file.to_str().expect("a plain name"));
        assert_eq!(err, expected, "{}", message.display());
        assert_eq!((exit, out.as_str()), (Exit::Misuse, ""));
    }
}

#[test]
fn the_documented_example_is_good() {
    let (exit, out, err) = check("proxy.toml");
    assert_eq!((exit, err.as_str()), (Exit::Success, ""));
    assert!(out.starts_with("proxy.toml: good."), "{out}");
}
