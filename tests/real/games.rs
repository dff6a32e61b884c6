//! Games that people run, unmodified: TinyMUX as Debian ships it and Evennia as PyPI does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::net::{free_port, listening};
use super::plain::Plain;
use super::process::Process;
use super::wait::PATIENCE;

const START_LIMIT: Duration = Duration::from_secs(90);

/// A game with anybody's accounts, logged into with `connect NAME PASSWORD`.
pub(crate) trait Game {
    /// The preset that mudkeep has for it.
    const PRESET: &'static str;
    /// What mudkeep is told of it besides its address.
    const GAME_KEYS: &'static str;
    /// What it shows as soon as somebody connects.
    const BANNER: &'static str;
    /// What it says when it lets somebody in.
    const ACCEPTED: &'static str;

    /// Where it listens.
    fn port(&self) -> u16;

    /// Makes a character for somebody who is then not in the game.
    fn create(&self, name: &str, password: &str);
}

/// TinyMUX. Its keeper is `wizard`, password `potrzebie`; anybody may create a character.
pub(crate) struct TinyMux {
    process: Process,
    port: u16,
    folder: TempDir,
}

impl TinyMux {
    /// A fresh game.
    pub(crate) fn start() -> TinyMux {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let install = Command::new("/usr/games/tinymux-install").current_dir(&folder).output();
        let install = install.unwrap_or_else(|error| panic!("{error}: run scripts/set-up"));
        assert!(install.status.success(), "tinymux-install");
        let settings = folder.path().join("tinymux/game/netmux.conf");
        let lines = fs::read_to_string(&settings).unwrap().replace("port 2860", "");
        let ours = format!("port {port}\nip_address 127.0.0.1\nuse_hostname no\nfork_dump no\n");
        fs::write(&settings, lines + &ours).unwrap();
        let process = TinyMux::run(folder.path(), port);
        TinyMux { process, port, folder }
    }

    fn run(folder: &Path, port: u16) -> Process {
        let game = folder.join("tinymux/game");
        let mut command = Command::new(game.join("bin/netmux"));
        command.args(["-c", "netmux.conf", "-p", "netmux.pid", "-e", "."]);
        command.current_dir(&game).env("LD_LIBRARY_PATH", game.join("bin"));
        let mut process = Process::start("TinyMUX", &command, &folder.join("log"));
        process.wait_until(START_LIMIT, |_| listening(port));
        process
    }

    /// Kills the game without warning, as a crash does. What was not saved is lost.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Starts a killed game again, on the same port.
    pub(crate) fn restart(&mut self) {
        self.process = TinyMux::run(self.folder.path(), self.port);
    }
}

/// Evennia with its default game. Its keeper is `keeper`, password `potrzebie1`; anybody may
/// create an account, and guests are let in.
pub(crate) struct Evennia {
    port: u16,
    _server: Process,
    _portal: Process,
    _folder: TempDir,
}

impl Evennia {
    /// A fresh game, from the one that scripts/set-up made.
    pub(crate) fn start() -> Evennia {
        let folder = tempfile::tempdir().unwrap();
        let game = folder.path().join("game");
        let made = installed("evennia-game");
        let copied = Command::new("cp").arg("-r").arg(&made).arg(&game).status();
        assert!(copied.is_ok_and(|status| status.success()), "no {made:?}: run scripts/set-up");
        let (port, inner_port) = (free_port(), free_port());
        let run = |name, program: &str| {
            let mut command = Command::new(installed("evennia/bin/twistd"));
            command.args(["--nodaemon", "--pidfile="]);
            command.arg(format!("--python={}", evennia_sources().join(program).display()));
            command.current_dir(&game).env("PYTHONPATH", &game);
            command.env("DJANGO_SETTINGS_MODULE", "server.conf.settings");
            command.env("GAME_PORT", port.to_string());
            command.env("GAME_AMP_PORT", inner_port.to_string());
            Process::start(name, &command, &folder.path().join(name))
        };
        let mut portal = run("Evennia's portal", "portal/portal.py");
        let mut server = run("Evennia's server", "server.py");
        portal.wait_until(START_LIMIT, |_| listening(port));
        server.wait_until(START_LIMIT, |said| said.contains("Server successfully started"));
        Evennia { port, _server: server, _portal: portal, _folder: folder }
    }
}

impl Game for TinyMux {
    const PRESET: &'static str = "mux";
    /// Told that its client reads UTF-8, it writes typographic quotes, which TinyFugue cannot show.
    const GAME_KEYS: &'static str = "charset = \"iso-8859-1\"";
    const BANNER: &'static str = "Welcome to TinyMUX";
    const ACCEPTED: &'static str = "Last connect was from";

    fn port(&self) -> u16 {
        self.port
    }

    fn create(&self, name: &str, password: &str) {
        let mut creator = Plain::connect(self.port);
        creator.wait_for(TinyMux::BANNER);
        creator.send(&format!("create {name} {password}"));
        creator.wait_for("Limbo");
        creator.send("QUIT");
        assert!(creator.is_closed_within(PATIENCE));
    }
}

impl Game for Evennia {
    const PRESET: &'static str = "evennia";
    const GAME_KEYS: &'static str = "";
    const BANNER: &'static str = "Welcome to Testville";
    const ACCEPTED: &'static str = "You become ";

    fn port(&self) -> u16 {
        self.port
    }

    fn create(&self, name: &str, password: &str) {
        let mut creator = Plain::connect(self.port);
        creator.wait_for("Welcome to");
        creator.send(&format!("create {name} {password}"));
        creator.wait_for("[Y]/N?");
        creator.send("y");
        creator.wait_for("You can now log");
    }
}

/// A file of what scripts/set-up installs into the clone.
fn installed(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(".test-env").join(path)
}

/// Where Evennia's own programs lie; the folder's name has Python's version in it.
fn evennia_sources() -> PathBuf {
    let libraries = fs::read_dir(installed("evennia/lib")).expect("run scripts/set-up");
    libraries
        .filter_map(|entry| Some(entry.ok()?.path().join("site-packages/evennia/server")))
        .find(|path| path.is_dir())
        .expect("run scripts/set-up")
}
