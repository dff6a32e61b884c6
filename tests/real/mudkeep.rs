//! mudkeep itself, the program as built, with a configuration of the test's own.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::net::{free_port, listening};
use super::process::Process;

const START_LIMIT: Duration = Duration::from_secs(20);

/// A running mudkeep with one telnet listener.
pub(crate) struct Mudkeep {
    process: Process,
    port: u16,
    _folder: TempDir,
}

impl Mudkeep {
    /// In front of a game on this machine. `more` is further TOML.
    pub(crate) fn before(game_port: u16, more: &str) -> Mudkeep {
        Mudkeep::with_game(game_port, "", more)
    }

    /// The same, with more of `[game]`.
    pub(crate) fn with_game(game_port: u16, game: &str, more: &str) -> Mudkeep {
        Mudkeep::start(&format!("address = \"127.0.0.1:{game_port}\"\n{game}"), more)
    }

    /// With the game that is built in.
    pub(crate) fn demo(more: &str) -> Mudkeep {
        Mudkeep::start("address = \"demo\"", more)
    }

    fn start(game: &str, more: &str) -> Mudkeep {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let config = folder.path().join("proxy.toml");
        let listen = format!("protocol = \"telnet\"\naddress = \"127.0.0.1:{port}\"");
        let text = format!("[game]\n{game}\n\n[[listen]]\n{listen}\n\n{more}\n");
        fs::write(&config, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mudkeep"));
        command.arg("--config").arg(&config).current_dir(&folder);
        let mut process = Process::start("mudkeep", &command, &log(&folder));
        process.wait_until(START_LIMIT, |_| listening(port));
        Mudkeep { process, port, _folder: folder }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        self.process.output()
    }

    /// Asks it to stop, as an admin does, and waits: whether it ended well in time.
    pub(crate) fn stop(mut self, limit: Duration) -> bool {
        self.process.signal("TERM");
        self.process.wait_for_end(limit).is_some_and(|status| status.success())
    }
}

fn log(folder: &TempDir) -> PathBuf {
    folder.path().join("log")
}

/// What stands between client and game: mudkeep, or nothing at all with `MUDKEEP_TEST_DIRECT=1`.
/// The latter tells whether game, client and script are sound when a test fails.
pub(crate) struct Way {
    port: u16,
    mudkeep: Option<Mudkeep>,
}

impl Way {
    /// The way to a game on this machine. `more` is further TOML for mudkeep.
    pub(crate) fn to(game_port: u16, more: &str) -> Way {
        if Way::is_direct() {
            return Way { port: game_port, mudkeep: None };
        }
        let mudkeep = Mudkeep::before(game_port, more);
        Way { port: mudkeep.port(), mudkeep: Some(mudkeep) }
    }

    /// Whether tests are to go to the games themselves.
    pub(crate) fn is_direct() -> bool {
        std::env::var_os("MUDKEEP_TEST_DIRECT").is_some()
    }

    /// Where clients connect.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Fails if mudkeep's log has one of these words in it.
    pub(crate) fn keeps_secret(&self, words: &[&str]) {
        let log = self.mudkeep.as_ref().map(Mudkeep::log).unwrap_or_default();
        for word in words {
            assert!(!log.contains(word), "the log has {word:?} in it:\n{log}");
        }
    }
}
