//! Cases of the suite, run against an echo on a port of its own.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

use mudkeep::config::{Config, Limits};
use mudkeep::transport::echo;
use tokio::net::TcpListener;
use tokio_util::task::TaskTracker;

/// The longest messages of the suite have as much. What is longer than a player's may be is in
/// tests/broken_frames.rs.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How some cases came out.
pub(crate) struct Results {
    pattern: &'static str,
    cases: BTreeMap<String, Case>,
}

struct Case {
    behavior: String,
    closing: String,
    outcome: String,
}

/// Runs the cases of this pattern, such as `1.*`.
pub(crate) fn run(pattern: &'static str) -> Results {
    let mut limits = Config::default().limits;
    limits.message_bytes_max = MESSAGE_BYTES_MAX;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let report = runtime.expect("a runtime").block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let url = format!("ws://{}/ws", listener.local_addr().expect("an address"));
        let client = tokio::task::spawn_blocking(move || fuzz(&[&url, pattern]));
        tokio::select! {
            report = client => report.expect("a report"),
            () = accept(&listener, &limits) => unreachable!("it accepts for ever"),
        }
    });
    let cases = report.lines().map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
        [id, behavior, closing, outcome] => {
            let [behavior, closing, outcome] = [behavior, closing, outcome].map(str::to_owned);
            (id.to_owned(), Case { behavior, closing, outcome })
        }
        _ => panic!("not a result: {line}"),
    });
    Results { pattern, cases: cases.collect() }
}

/// The numbers of all cases.
pub(crate) fn all_cases() -> Vec<String> {
    fuzz(&[]).lines().map(str::to_owned).collect()
}

async fn accept(listener: &TcpListener, limits: &Limits) {
    let tracker = TaskTracker::new();
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        tracker.spawn(echo::serve(stream, limits.clone(), tracker.clone()));
    }
}

/// What tests/conformance/fuzz.py prints.
fn fuzz(arguments: &[&str]) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let suite = root.join(".test-env/autobahn");
    let output = Command::new(suite.join("bin/python"))
        .args(["-W", "ignore"])
        .arg(root.join("tests/conformance/fuzz.py"))
        .arg(suite.join("translated"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("the suite does not start ({error}): run scripts/set-up"));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).expect("text")
}

impl Results {
    /// So many cases were run, and all of them are OK but `others`, which are as is said.
    pub(crate) fn come_out(&self, count: usize, others: &[(&str, &str)]) {
        let others: BTreeMap<&str, &str> = others.iter().copied().collect();
        let mut wrong = Vec::new();
        for (id, Case { behavior, closing, outcome }) in &self.cases {
            let expected = others.get(&**id).copied().unwrap_or("OK");
            let told = format!("{id}: {behavior}, close {closing}: {outcome}");
            if expected != "OK" {
                println!("{told}");
            }
            let closes = closing == "OK" || closing == "INFORMATIONAL" && closing == expected;
            if behavior != expected || !closes {
                wrong.push(told);
            }
        }
        println!("{}", self.summary());
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        assert_eq!(self.cases.len(), count);
    }

    fn summary(&self) -> String {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for Case { behavior, .. } in self.cases.values() {
            *counts.entry(behavior).or_default() += 1;
        }
        let counts = counts.iter().map(|(behavior, count)| format!("{count} {behavior}"));
        let counts: Vec<String> = counts.collect();
        format!("{} {} cases: {}", self.pattern, self.cases.len(), counts.join(", "))
    }
}
