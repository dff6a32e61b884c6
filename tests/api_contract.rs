//! The admin's API against what it says of itself: Schemathesis reads `/api/v1/openapi.json` from a
//! running mudkeep and has all of it tried, with what is allowed and with what is not, while players
//! play. tests/contract/hooks.py says what it is told beside that.
//!
//! It needs what scripts/set-up installs, so a bare `cargo test` leaves it out; scripts/test runs it.

#![allow(clippy::print_stdout, reason = "what a test prints is its report")]

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::net::SocketAddr;
    use std::path::{Path, PathBuf};
    use std::process::{Child, Command, Output, Stdio};
    use std::time::Duration;

    use tempfile::TempDir;
    use tokio::task::JoinSet;

    use crate::support::PATIENCE;
    use crate::support::client::{Client, Dial};
    use crate::support::web::{self, Player, Via};

    /// The same requests each time.
    const SEED: &str = "1";

    /// How many are made up for each operation and phase, besides those that are always tried.
    const EXAMPLES: &str = "50";

    const PASSWORD: &str = "sekrit";

    /// mudkeep before the built-in game. It is killed when dropped.
    struct Program {
        child: Child,
        folder: TempDir,
    }

    impl Drop for Program {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    impl Program {
        fn start() -> Program {
            let folder = tempfile::tempdir().expect("a folder");
            let listen = ["telnet", "http", "admin"].map(|protocol| {
                format!("[[listen]]\nprotocol = \"{protocol}\"\naddress = \"127.0.0.1:0\"\n")
            });
            // Who is put out comes back at once, and again.
            let config = format!(
                "limits.connects_per_minute = 100_000\ngame.address = \"demo\"\n{}",
                listen.concat()
            );
            fs::write(folder.path().join("proxy.toml"), config).expect("a file");
            let log = File::create(folder.path().join("log")).expect("a file");
            let mut command = Command::new(env!("CARGO_BIN_EXE_mudkeep"));
            command.current_dir(folder.path()).stdin(Stdio::null()).stderr(log);
            let child = command.stdout(Stdio::null()).spawn().expect("it starts");
            Program { child, folder }
        }

        /// Where it listens: telnet, HTTP, the admin's.
        async fn addresses(&self) -> [SocketAddr; 3] {
            let read = async {
                loop {
                    let addresses = self.listens();
                    if let [telnet, http, admin] = addresses[..]
                        && self.folder.path().join("admin.token").exists()
                    {
                        return [telnet, http, admin];
                    }
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            };
            tokio::time::timeout(PATIENCE, read).await.expect("it listens")
        }

        fn listens(&self) -> Vec<SocketAddr> {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            let lines = log.lines().filter(|line| line.contains("listening"));
            let address = |line: &str| {
                let (_, rest) = line.rsplit_once("address=")?;
                rest.split(' ').next()?.parse().ok()
            };
            lines.filter_map(address).collect()
        }
    }

    /// A name that nobody has had.
    fn name(number: usize) -> String {
        format!("{number:05}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect()
    }

    /// What is asked of whoever is new, and answered.
    fn questions(name: &str) -> [(&str, &str); 4] {
        [
            ("known? ", name),
            ("(y/n) ", "y"),
            ("Choose a password: ", PASSWORD),
            ("Type it again: ", PASSWORD),
        ]
    }

    /// Plays until it is put out.
    async fn plays_telnet(address: SocketAddr, number: usize) {
        let host = u8::try_from(number % 200).expect("small") + 2;
        let client: Client = Dial::default().from(host).connect(address).await;
        for (question, answer) in questions(&name(number)) {
            client.expect(question).await;
            client.line(answer).await;
        }
        client.expect_end().await;
    }

    async fn plays_web(via: Via, address: SocketAddr, number: usize) {
        let host = u8::try_from(number % 200).expect("small") + 2;
        let player: Player = web::Dial::new(via, address).from(host).open().await;
        for (question, answer) in questions(&name(number)) {
            player.expect_text(question).await;
            player.line(answer).await;
        }
        player.closed().await;
    }

    /// Somebody is always in, over each transport.
    async fn play(telnet: SocketAddr, http: SocketAddr) {
        let mut players = JoinSet::new();
        for number in 0.. {
            match number % 3 {
                0 => players.spawn(plays_telnet(telnet, number)),
                1 => players.spawn(plays_web(Via::WebSocket, http, number)),
                _ => players.spawn(plays_web(Via::Sse, http, number)),
            };
            if players.len() >= 6 {
                // However it ended: who is put out at the door has waited in vain for a question.
                let _ = players.join_next().await;
            }
        }
    }

    fn schemathesis(folder: &Path, admin: SocketAddr) -> Output {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let token = fs::read_to_string(folder.join("admin.token")).expect("it was made");
        let authorization = format!("Bearer {}", token.trim());
        fs::write(folder.join("authorization"), &authorization).expect("a file");
        fs::write(folder.join("address"), admin.to_string()).expect("a file");
        fs::copy(root.join("tests/contract/hooks.py"), folder.join("hooks.py")).expect("a file");
        let program: PathBuf = root.join(".test-env/schemathesis/bin/schemathesis");
        Command::new(program)
            .current_dir(folder)
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .args(["run", &format!("http://{admin}/api/v1/openapi.json")])
            .args(["--url", &format!("http://{admin}"), "--checks", "all"])
            .args(["--header", &format!("Authorization: {authorization}")])
            .args(["--seed", SEED, "--max-examples", EXAMPLES, "--continue-on-failure"])
            .args(["--suppress-health-check", "all", "--generation-database", "none"])
            .args(["--no-color", "--no-shrink", "--max-response-time", "5"])
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("it does not start ({error}): run scripts/set-up"))
    }

    #[tokio::test]
    async fn the_api_is_what_its_description_says_and_refuses_all_else() {
        let program = Program::start();
        let [telnet, http, admin] = program.addresses().await;
        let folder = program.folder.path().to_owned();
        let run = tokio::task::spawn_blocking(move || schemathesis(&folder, admin));
        let output = tokio::select! {
            output = run => output.expect("it ran"),
            () = play(telnet, http) => unreachable!("they play for ever"),
        };
        let said = String::from_utf8_lossy(&output.stdout);
        let summary = said.split_once("= SUMMARY =").map_or(&*said, |(_, summary)| summary);
        println!("{summary}");
        assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
        for phase in ["Examples", "Coverage", "Fuzzing", "Stateful"] {
            assert!(summary.contains(&format!("✅ {phase}")), "{phase} was run");
        }
        assert!(!said.contains("Missing test data"), "each operation found something to act on");
    }
}
