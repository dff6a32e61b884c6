//! mudkeep as it is installed: the program itself, in a process of its own, and what that process
//! takes from the system.

#![allow(unreachable_pub, reason = "a module of tests has no outside")]

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::support::PATIENCE;

/// Names another build of the program than the one that belongs to the tests.
const PROGRAM: &str = "MUDKEEP_PROGRAM";

/// How often something that tells nobody of its changes is looked at.
const LOOK_TIME: Duration = Duration::from_millis(5);

/// A running program. It is killed when dropped.
pub struct Program {
    child: Child,
    address: SocketAddr,
    folder: TempDir,
}

/// What a process has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usage {
    pub resident_kib: usize,
    pub files: usize,
    pub threads: usize,
}

impl Program {
    /// In front of the game at this address. `settings` are lines of proxy.toml with dotted keys;
    /// FOLDER in them is one of the program's own.
    pub async fn before(game: SocketAddr, settings: &str) -> Program {
        Program::start(folder_of(game, settings), "true").await
    }

    /// The same, with so many open files at most.
    pub async fn with_files(files_max: usize, game: SocketAddr, settings: &str) -> Program {
        Program::start(folder_of(game, settings), &format!("ulimit -n {files_max}")).await
    }

    /// The same, on a disk that can become full: see [`Program::fill_disk`].
    pub async fn on_small_disk(game: SocketAddr, settings: &str) -> Program {
        Program::start(folder_of(game, settings), "trap '' XFSZ").await
    }

    /// Starts it behind what a shell does first.
    async fn start(folder: TempDir, first: &str) -> Program {
        let log = File::create(folder.path().join("log")).expect("a file");
        let program = std::env::var_os(PROGRAM).unwrap_or(env!("CARGO_BIN_EXE_mudkeep").into());
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{first}; exec \"$0\" --config \"$1\"")).arg(program);
        command.arg(folder.path().join("proxy.toml"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let child = command.spawn().expect("it starts");
        let mut program = Program { child, address: ([0, 0, 0, 0], 0).into(), folder };
        program.address = until("it listens", || program.listens()).await;
        program
    }

    /// Kills it, and starts it again with what it left in its folder.
    pub async fn killed_and_started(self) -> Program {
        self.killed_and_started_with(|_| {}).await
    }

    /// The same, with what is done to that folder in between.
    pub async fn killed_and_started_with(mut self, change: impl FnOnce(&Path)) -> Program {
        self.child.kill().expect("it runs");
        self.child.wait().expect("a child");
        change(self.folder());
        self.again().await
    }

    /// Has it end in order (SIGTERM), and starts it again. Returns how it ended.
    pub async fn stopped_and_started(self) -> (Program, ExitStatus) {
        uapi::kill(self.id(), uapi::c::SIGTERM).expect("it runs");
        let mut program = self;
        let status = loop {
            match program.child.try_wait().expect("a child") {
                Some(status) => break status,
                None => tokio::time::sleep(LOOK_TIME).await,
            }
        };
        (program.again().await, status)
    }

    async fn again(mut self) -> Program {
        self.child.wait().expect("a child");
        let empty = tempfile::tempdir().expect("a folder");
        let folder = std::mem::replace(&mut self.folder, empty);
        drop(self);
        Program::start(folder, "true").await
    }

    /// Nothing of its files can be written beyond their first bytes from now on, which for a program
    /// is as if the disk were full.
    pub fn fill_disk(&self, bytes: u64) {
        self.limit_disk(&bytes.to_string());
    }

    /// There is room again.
    pub fn empty_disk(&self) {
        self.limit_disk("unlimited");
    }

    fn limit_disk(&self, soft: &str) {
        let mut command = Command::new("prlimit");
        command.arg(format!("--pid={}", self.child.id())).arg(format!("--fsize={soft}:"));
        assert!(command.status().expect("util-linux").success());
    }

    /// Writes another proxy.toml, which it does not read before it is told to.
    pub fn configure(&self, game: SocketAddr, settings: &str) {
        write_config(self.folder(), game, settings);
    }

    /// Tells it to read its proxy.toml again (SIGHUP).
    pub fn hang_up(&self) {
        uapi::kill(self.id(), uapi::c::SIGHUP).expect("it runs");
    }

    /// Stops it where it is, as a machine without a processor for it would.
    pub async fn freeze(&self) {
        uapi::kill(self.id(), uapi::c::SIGSTOP).expect("it runs");
        let tasks = format!("/proc/{}/task", self.child.id());
        let stands = |task: fs::DirEntry| {
            let stat = fs::read_to_string(task.path().join("stat")).expect("a thread");
            stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
        };
        let all = || fs::read_dir(&tasks).expect("it runs").flatten().all(stands).then_some(());
        until("every thread of it stands", all).await;
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        uapi::kill(self.id(), uapi::c::SIGCONT).expect("it is there");
    }

    fn id(&self) -> i32 {
        i32::try_from(self.child.id()).expect("a process id")
    }

    /// The folder that it may write to.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where it says that it listens.
    fn listens(&self) -> Option<SocketAddr> {
        let log = self.log();
        let line = log.lines().find(|line| line.contains("listening"))?;
        let rest = &line[line.find("127.0.0.1:")?..];
        rest.split(['"', ' ', '/']).next()?.parse().ok()
    }

    /// Where players connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// How long it has kept a processor busy.
    pub fn cpu_time(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs");
        let (_, fields) = stat.rsplit_once(')').expect("the name is in brackets");
        // Fields 14 and 15 of proc_pid_stat(5): in user and in kernel mode, in ticks of 10 ms.
        let ticks = fields.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks.map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
        Duration::from_millis(10 * ticks)
    }

    /// How many of the files with these numbers are open; what it has inherited may have others.
    pub fn files_below(&self, number: usize) -> usize {
        let files = fs::read_dir(format!("/proc/{}/fd", self.child.id())).expect("it runs");
        let numbers = files.filter_map(|file| file.ok()?.file_name().to_str()?.parse().ok());
        numbers.filter(|file: &usize| *file < number).count()
    }

    /// What it has now.
    pub fn usage(&self) -> Usage {
        let folder = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{folder}/status")).expect("it runs");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|kib| kib.trim().strip_suffix(" kB"));
        let count = |what| fs::read_dir(format!("{folder}/{what}")).expect("it runs").count();
        Usage {
            resident_kib: resident.expect("what is resident").trim().parse().expect("a number"),
            files: count("fd"),
            threads: count("task"),
        }
    }
}

/// A folder with its proxy.toml.
fn folder_of(game: SocketAddr, settings: &str) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    write_config(folder.path(), game, settings);
    folder
}

fn write_config(folder: &Path, game: SocketAddr, settings: &str) {
    let listen = "listen = [{ protocol = \"telnet\", address = \"127.0.0.1:0\" }]";
    let listen = if settings.contains("listen =") { "" } else { listen };
    let level = "log.level = \"warn,mudkeep::server=info\"";
    let level = if settings.contains("log.level") { "" } else { level };
    let format = "log.format = \"json\"";
    let format = if settings.contains("log.format") { "" } else { format };
    let settings = settings.replace("FOLDER", &folder.display().to_string());
    let text = format!("game.address = \"{game}\"\n{listen}\n{format}\n{level}\n{settings}\n");
    fs::write(folder.join("proxy.toml"), text).expect("a file");
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until there is an answer; `what` is for the message if there never is.
pub async fn until<T>(what: &str, ask: impl Fn() -> Option<T>) -> T {
    let look = async {
        loop {
            if let Some(answer) = ask() {
                return answer;
            }
            tokio::time::sleep(LOOK_TIME).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("in vain until {what}"))
}

/// Where these bytes are in a process's memory, as far as it can be written to, and behind what.
pub fn found_in_memory(program: &Program, bytes: &[u8]) -> Vec<String> {
    use std::os::unix::fs::FileExt;
    let folder = format!("/proc/{}", program.child.id());
    let maps = fs::read_to_string(format!("{folder}/maps")).expect("it runs");
    let memory = File::open(format!("{folder}/mem")).expect("a child's memory can be read");
    let mut found = Vec::new();
    for map in maps.lines().filter(|map| map.contains(" rw")) {
        let (range, name) = map.split_once(' ').expect("a mapping");
        let (from, to) = range.split_once('-').expect("a range");
        let at = |hex| u64::from_str_radix(hex, 16).expect("an address");
        let mut held = vec![0; usize::try_from(at(to) - at(from)).expect("it fits")];
        // A guard page, or one that is gone by now, holds nothing.
        let _ = memory.read_exact_at(&mut held, at(from));
        for place in memchr::memmem::find_iter(&held, bytes) {
            let before = &held[place.saturating_sub(160)..(place + 64).min(held.len())];
            found.push(format!("{} behind {}", name.trim(), before.escape_ascii()));
        }
    }
    found
}
