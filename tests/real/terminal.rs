//! A client in a real terminal: a tmux server of its own, typed into and read as a person would.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::process::signal;
use super::wait::{PATIENCE, never_within, within};

/// One program in one terminal.
pub(crate) struct Terminal {
    name: &'static str,
    /// Holds tmux's socket and the program's home.
    folder: TempDir,
}

impl Terminal {
    /// Runs `command` (for a shell, after `exec`) in a terminal of that size. Files of the
    /// program's own can be put into its home by `prepare` first.
    pub(crate) fn start(
        name: &'static str,
        (columns, rows): (u16, u16),
        command: &str,
        prepare: impl FnOnce(&Path),
    ) -> Terminal {
        let folder = tempfile::tempdir().unwrap();
        prepare(folder.path());
        let terminal = Terminal { name, folder };
        let home = terminal.folder.path().display();
        let script = format!("cd {home} && exec env HOME={home} TERM=xterm-256color {command}");
        let (columns, rows) = (columns.to_string(), rows.to_string());
        terminal.tmux(&["new-session", "-d", "-x", &columns, "-y", &rows, &script]);
        terminal
    }

    /// Types a line and presses Enter.
    pub(crate) fn type_line(&self, line: &str) {
        self.type_text(line);
        self.enter();
    }

    /// Types without pressing Enter.
    pub(crate) fn type_text(&self, text: &str) {
        // tmux takes a last semicolon as the end of its own command.
        let text = text.strip_suffix(';').map_or(text.to_owned(), |rest| format!("{rest}\\;"));
        self.tmux(&["send-keys", "-l", "--", &text]);
    }

    /// Presses Enter.
    pub(crate) fn enter(&self) {
        self.tmux(&["send-keys", "Enter"]);
    }

    /// Everything on the screen and scrolled off it, wrapped lines joined.
    pub(crate) fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-J", "-S", "-"])
    }

    /// Waits until the screen shows `text`, and returns the screen.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait_for_all(&[text])
    }

    /// Waits until the screen shows each of `texts`, and returns the screen.
    pub(crate) fn wait_for_all(&self, texts: &[&str]) -> String {
        within(PATIENCE, || {
            Some(self.screen()).filter(|screen| texts.iter().all(|text| screen.contains(text)))
        })
        .unwrap_or_else(|| panic!("{} never shows {texts:?}", self.name))
    }

    /// Fails if `text` is shown at any moment of the whole time.
    pub(crate) fn never_shows(&self, text: &str, limit: Duration) {
        let seen = never_within(limit, || self.screen().contains(text).then_some(()));
        assert!(seen.is_ok(), "{} shows {text:?}", self.name);
    }

    /// Gives the terminal another size, as somebody who drags a window's corner.
    pub(crate) fn resize(&self, columns: u16, rows: u16) {
        self.tmux(&["resize-window", "-x", &columns.to_string(), "-y", &rows.to_string()]);
    }

    /// Stops the program where it is: it reads and writes nothing, its connection stays open.
    pub(crate) fn freeze(&self) {
        signal(self.pid(), "STOP");
    }

    /// Lets a frozen program go on.
    pub(crate) fn thaw(&self) {
        signal(self.pid(), "CONT");
    }

    /// Kills the program without warning. The kernel then closes its connection.
    pub(crate) fn kill(&self) {
        signal(self.pid(), "KILL");
    }

    fn pid(&self) -> u32 {
        let pid = self.tmux(&["display-message", "-p", "#{pane_pid}"]);
        pid.trim().parse().unwrap()
    }

    /// Runs one tmux command against this terminal's own server, and returns what it prints.
    fn tmux(&self, arguments: &[&str]) -> String {
        self.try_tmux(arguments).unwrap_or_else(|error| panic!("tmux {arguments:?}: {error}"))
    }

    fn try_tmux(&self, arguments: &[&str]) -> Result<String, String> {
        let done = Command::new("tmux")
            .arg("-S")
            .arg(self.folder.path().join("tmux"))
            .args(["-u", "-f"])
            .arg(self.settings())
            .args(arguments)
            .env_remove("TMUX")
            .env("LC_ALL", "C.UTF-8")
            .output()
            .map_err(|error| format!("{error}: run scripts/set-up"))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if done.status.success() { Ok(text(&done.stdout)) } else { Err(text(&done.stderr)) }
    }

    /// tmux's settings: what a program that ended left on the screen stays readable.
    fn settings(&self) -> std::path::PathBuf {
        let path = self.folder.path().join("tmux.conf");
        if !path.exists() {
            let lines = "set -g remain-on-exit on\nset -g history-limit 50000\nset -g status off\n";
            std::fs::write(&path, lines).unwrap();
        }
        path
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let screen = self.try_tmux(&["capture-pane", "-p", "-J", "-S", "-"]);
            let screen = screen.unwrap_or_else(|error| error);
            eprintln!("--- {} showed:\n{}\n---", self.name, screen.trim());
        }
        let _ = self.try_tmux(&["kill-server"]);
    }
}
