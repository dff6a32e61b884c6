//! A program that ends with its handle, together with the processes that it started.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::wait::within;

/// A running program, its output in a file.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command` with its output in `log` (appended). The program leads a process group
    /// of its own, so that its children can be ended with it, and is killed by the kernel should
    /// the test die without running destructors.
    pub(crate) fn start(name: &'static str, command: &Command, log: &Path) -> Process {
        let out = File::options().create(true).append(true).open(log).unwrap();
        let child = with_parents_death(command)
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start ({error}): run scripts/set-up"));
        Process { name, child, log: log.to_owned() }
    }

    /// Everything that it has printed so far.
    pub(crate) fn output(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits until `ready` holds. Fails at once if the program ends before, and after `limit`.
    pub(crate) fn wait_until(&mut self, limit: Duration, mut ready: impl FnMut(&str) -> bool) {
        let verdict = within(limit, || {
            if let Some(status) = self.child.try_wait().unwrap() {
                return Some(Err(status));
            }
            ready(&self.output()).then_some(Ok(()))
        });
        match verdict {
            Some(Ok(())) => {}
            Some(Err(status)) => panic!("{} ended ({status}) before it was ready", self.name),
            None => panic!("{} is not ready after {limit:?}", self.name),
        }
    }

    /// Waits for the program to end by itself: its exit status, or `None` after `limit`.
    pub(crate) fn wait_for_end(&mut self, limit: Duration) -> Option<std::process::ExitStatus> {
        within(limit, || self.child.try_wait().unwrap())
    }

    /// Sends a signal by name, as `kill` spells it.
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Ends it and its group at once, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        if self.child.try_wait().ok().flatten().is_none() {
            let group = format!("-{}", self.child.id());
            let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
            let _ = self.child.wait();
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("--- {} said:\n{}\n---", self.name, self.output());
        }
    }
}

/// The same command, run by `setpriv` so that it does not outlive the thread that starts it.
fn with_parents_death(command: &Command) -> Command {
    use std::os::unix::process::CommandExt;
    let mut wrapped = Command::new("setpriv");
    wrapped.args(["--pdeathsig", "KILL"]).arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => wrapped.env(key, value),
            None => wrapped.env_remove(key),
        };
    }
    if let Some(folder) = command.get_current_dir() {
        wrapped.current_dir(folder);
    }
    wrapped.process_group(0);
    wrapped
}

/// Sends a signal by name to one process.
pub(crate) fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").args(["-s", name, "--", &pid.to_string()]).status();
    assert!(sent.is_ok_and(|status| status.success()), "kill -s {name} {pid}");
}
