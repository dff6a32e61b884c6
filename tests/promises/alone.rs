//! Tests that look at their own process run in one of their own: there everything that is open or
//! allocated is theirs.

#![allow(unreachable_pub, reason = "a module of tests has no outside")]

use std::process::{Command, Stdio};

const MARK: &str = "MUDKEEP_TEST_ALONE";

/// Whether this process runs that one test; if not, one is started that does, and must succeed.
pub fn alone(test: &str) -> bool {
    if std::env::var_os(MARK).is_some() {
        return true;
    }
    let this = std::env::current_exe().expect("the test program");
    let mut child = Command::new(this);
    child.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(MARK, "1");
    let output = child.stdin(Stdio::null()).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    println!("{said}");
    false
}

/// Bytes of this process that are in memory.
pub fn resident_bytes() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    let pages: usize = pages.split(' ').nth(1).expect("resident").parse().expect("a number");
    pages * 4096
}

/// Open file descriptors of this process.
pub fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("Linux").count()
}
