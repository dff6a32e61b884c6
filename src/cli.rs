//! The command line: what was asked for, what it does, and with which exit code.
//!
//! Nothing here waits or prints by itself: output goes to writers, and what runs for long is handed
//! in as [`Programs`], so that every command can be tested. What is asked of a running mudkeep goes
//! through its admin API (`desk`).

mod acts;
mod api;
mod arguments;
mod desk;
mod drain;
mod events;
mod lists;
#[cfg(test)]
pub(crate) mod mock;
#[cfg(test)]
mod mock_tests;
mod numbers;
pub(crate) mod shapes;
pub(crate) mod shown;
pub(crate) mod table;
mod trouble;
mod who;

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};

pub use api::Api;
pub use trouble::Trouble;

pub(crate) use desk::{Asked, part};
pub(crate) use lists::client_name;

use arguments::{AdminCommand, Reach};
use desk::Desk;

use crate::clock;
use crate::config::{Config, ConfigError, LogConfig};
use crate::doctor;
use crate::logging::LogError;

/// The file that is read if none is named.
pub const DEFAULT_FILE: &str = "proxy.toml";

/// How long a command that follows something waits before it looks again.
const PACE: Duration = Duration::from_secs(1);

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Success,
    /// It started well and failed later: a port is taken, a file cannot be written.
    Failure,
    /// The arguments or the configuration are wrong.
    Misuse,
    /// There is nothing of the name that was given.
    NotFound,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Misuse => 2,
            Exit::NotFound => 3,
        }
        .into()
    }
}

/// What acts on the world; the other commands only read and print.
pub struct Programs<'p> {
    /// Starts the log, once, before one of the others runs.
    pub start_log: &'p dyn Fn(&LogConfig) -> Result<(), LogError>,
    /// The proxy, until it is told to stop.
    /// It reads the file again when it is told to.
    pub serve: &'p dyn Fn(Arc<Config>, &Path) -> io::Result<()>,
    /// The built-in game alone, listening there, until it is told to stop.
    pub demo_game: &'p dyn Fn(SocketAddr) -> io::Result<()>,
    /// The live view, until its user has seen enough.
    pub watch: &'p dyn Fn(Api) -> io::Result<()>,
    /// How many columns the terminal has that is written to; none if it is a file or a program.
    pub width: &'p dyn Fn() -> Option<usize>,
}

/// Stands between players and a MUD, and keeps each player's session while connections come and go.
#[derive(Debug, Parser)]
#[command(name = "mudkeep", version, about)]
struct Arguments {
    /// The configuration [default: proxy.toml; if there is none, the built-in game is run]
    #[arg(long, short, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Clone, Subcommand)]
enum Command {
    /// Read the configuration, say what it would do or what is wrong with it, and do nothing
    Check,
    /// Run the built-in game alone, without the proxy
    DemoGame {
        /// Where it listens
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4001")]
        listen: SocketAddr,
    },
    /// Look at the game and this machine, and say what is not well and what to put into proxy.toml
    Doctor(doctor::Ask),
    /// Print every line that a player can see, as a [texts] section to be changed
    Texts,
    #[command(flatten)]
    Admin(AdminCommand),
}

/// Does what `arguments` ask for; the first of them is the program's own name.
pub fn run<I, A>(
    arguments: I,
    programs: &Programs<'_>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit
where
    I: IntoIterator<Item = A>,
    A: Into<OsString> + Clone,
{
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return explain(&error, out, err),
    };
    let done = act(&arguments, programs, out, err);
    exit_of(done, err)
}

/// What a command came to, which is said if it is not good.
fn exit_of(done: Result<(), Stop>, err: &mut dyn Write) -> Exit {
    match done {
        Ok(()) => Exit::Success,
        // Whoever read the output has enough of it.
        Err(Stop::Failed(error) | Stop::Trouble(Trouble::Output(error)))
            if error.kind() == io::ErrorKind::BrokenPipe =>
        {
            Exit::Success
        }
        Err(Stop::Config(error)) => {
            let _ = writeln!(err, "{error}");
            Exit::Misuse
        }
        Err(Stop::Failed(error)) => {
            let _ = writeln!(err, "mudkeep: {error}");
            Exit::Failure
        }
        Err(Stop::Trouble(trouble)) => {
            let _ = writeln!(err, "mudkeep: {trouble}");
            match trouble {
                Trouble::NotFound(_) => Exit::NotFound,
                Trouble::Misuse(_) | Trouble::BadUrl { .. } => Exit::Misuse,
                _ => Exit::Failure,
            }
        }
    }
}

/// Why a command stopped short.
#[derive(Debug, thiserror::Error)]
enum Stop {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Failed(#[from] io::Error),
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// Help and version are answers, anything else is a mistake.
fn explain(error: &clap::Error, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    let text = error.render();
    if error.use_stderr() {
        let _ = write!(err, "{text}");
        Exit::Misuse
    } else {
        let _ = write!(out, "{text}");
        Exit::Success
    }
}

fn act(
    arguments: &Arguments,
    programs: &Programs<'_>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), Stop> {
    match &arguments.command {
        None => serve(arguments, programs, err),
        Some(Command::Check) => check(arguments, out, err),
        Some(Command::Texts) => {
            write!(out, "{}", read_config(arguments, err)?.config.texts)?;
            Ok(())
        }
        Some(Command::DemoGame { listen }) => {
            start_log(&LogConfig::default(), programs)?;
            Ok((programs.demo_game)(*listen)?)
        }
        Some(Command::Doctor(ask)) => examine(arguments, ask, out, err),
        Some(Command::Admin(command)) => administer(command, arguments, programs, out),
    }
}

fn examine(
    arguments: &Arguments,
    ask: &doctor::Ask,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), Stop> {
    // Who names a game need not have a file yet.
    let mut unsaid = io::sink();
    let told = if ask.address.is_some() { &mut unsaid } else { err };
    Ok(doctor::run(ask, &read_config(arguments, told)?.config, out)?)
}

/// The API of the configuration's mudkeep, as far as the arguments do not say another.
fn find_api(reach: &Reach, arguments: &Arguments) -> Result<Api, Stop> {
    let said = reach.api.as_deref().map(api::read_url).transpose()?;
    if let (Some(at), Some(token_file)) = (&said, &reach.token_file) {
        return Ok(Api::new(at.clone(), token_file)?);
    }
    let Read { file, config } = read_config(arguments, &mut io::sink())?;
    let at = match said {
        Some(at) => at,
        None => api::of_config(&config, file.as_deref())?,
    };
    Ok(Api::new(at, reach.token_file.as_deref().unwrap_or(&config.admin.token_file))?)
}

/// Asks a running mudkeep.
fn administer(
    command: &AdminCommand,
    arguments: &Arguments,
    programs: &Programs<'_>,
    out: &mut dyn Write,
) -> Result<(), Stop> {
    let reach = command.reach();
    let api = find_api(reach, arguments)?;
    if matches!(command, AdminCommand::Watch(_)) && !reach.json {
        return Ok((programs.watch)(api)?);
    }
    let width = (programs.width)();
    let mut desk = Desk { api, json: reach.json, width, now: clock::shown(), pace: PACE, out };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(desk.run(command))?)
}

fn serve(arguments: &Arguments, programs: &Programs<'_>, err: &mut dyn Write) -> Result<(), Stop> {
    let config = read_config(arguments, err)?.config;
    start_log(&config.log, programs)?;
    Ok((programs.serve)(Arc::new(config), file_of(arguments))?)
}

fn check(arguments: &Arguments, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Stop> {
    let Read { file, config } = read_config(arguments, err)?;
    if let Some(file) = file {
        writeln!(out, "{file}: good. It would do this:")?;
    }
    write!(out, "{}", config.summary())?;
    Ok(())
}

fn start_log(log: &LogConfig, programs: &Programs<'_>) -> Result<(), Stop> {
    Ok((programs.start_log)(log).map_err(io::Error::other)?)
}

/// A configuration and where it came from.
struct Read {
    /// None if there was no file and the demo game stands in.
    file: Option<String>,
    config: Config,
}

/// The file that was named, or the one that is read if none is.
fn file_of(arguments: &Arguments) -> &Path {
    arguments.config.as_deref().unwrap_or(Path::new(DEFAULT_FILE))
}

fn read_config(arguments: &Arguments, err: &mut dyn Write) -> Result<Read, Stop> {
    read_config_at(arguments.config.as_deref(), Path::new(DEFAULT_FILE), err)
}

/// The file that was named, or the default one, or the demo game if there is no default one.
fn read_config_at(named: Option<&Path>, default: &Path, err: &mut dyn Write) -> Result<Read, Stop> {
    let path = named.unwrap_or(default);
    let file = path.display().to_string();
    match Config::load(path) {
        Ok(config) => Ok(Read { file: Some(file), config }),
        Err(ConfigError::Unreadable { source, .. })
            if named.is_none() && source.kind() == io::ErrorKind::NotFound =>
        {
            writeln!(err, "mudkeep: there is no {file} here: using the built-in demo game")?;
            Ok(Read { file: None, config: Config::demo() })
        }
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    /// What a command line came to: its exit, its output, its errors, what was started.
    fn run_with(
        arguments: &[&str],
        result: fn() -> io::Result<()>,
    ) -> (Exit, String, String, Vec<String>) {
        let started = RefCell::new(Vec::new());
        let programs = Programs {
            start_log: &|log| {
                started.borrow_mut().push(format!("log {}", log.level));
                Ok(())
            },
            serve: &|config, file| {
                let game = &config.game.address;
                started.borrow_mut().push(format!("serve {game} as in {}", file.display()));
                result()
            },
            demo_game: &|listen| {
                started.borrow_mut().push(format!("demo game {listen}"));
                result()
            },
            watch: &|_| Ok(()),
            width: &|| None,
        };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let arguments = std::iter::once("mudkeep").chain(arguments.iter().copied());
        let exit = run(arguments, &programs, &mut out, &mut err);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (exit, text(out), text(err), started.into_inner())
    }

    fn run_good(arguments: &[&str]) -> (Exit, String, String, Vec<String>) {
        run_with(arguments, || Ok(()))
    }

    fn file(text: &str) -> (tempfile::TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("test.toml");
        std::fs::write(&path, text).unwrap();
        let name = path.to_str().unwrap().to_owned();
        (dir, name)
    }

    #[test]
    fn a_file_is_served_with_its_log() {
        let (_dir, name) = file("game.address = \"a:1\"\nlog.level = \"warn\"");
        let (exit, out, err, started) = run_good(&["--config", &name]);
        assert_eq!((exit, out.as_str(), err.as_str()), (Exit::Success, "", ""));
        assert_eq!(started, ["log warn".to_owned(), format!("serve a:1 as in {name}")]);
    }

    #[test]
    fn what_fails_while_it_runs_is_told_and_exits_with_1() {
        let (_dir, name) = file("game.address = \"a:1\"");
        let taken = || Err(io::Error::other("port taken"));
        let (exit, _, err, _) = run_with(&["-c", &name], taken);
        assert_eq!((exit, err.as_str()), (Exit::Failure, "mudkeep: port taken\n"));
    }

    #[test]
    fn a_bad_file_starts_nothing_and_exits_with_2() {
        let (_dir, name) = file("game.address = \"a\"");
        for command in [&["-c", &name][..], &["check", "-c", &name], &["texts", "-c", &name]] {
            let (exit, out, err, started) = run_good(command);
            assert_eq!((exit, out.as_str(), started.len()), (Exit::Misuse, "", 0));
            assert!(err.contains("test.toml:1:16: game.address: \"a\" has no port\n"), "{err}");
        }
    }

    #[test]
    fn a_file_that_was_named_and_is_not_there_is_an_error() {
        let (exit, _, err, started) = run_good(&["-c", "no/such/file"]);
        assert_eq!((exit, started.len()), (Exit::Misuse, 0));
        assert!(err.starts_with("no/such/file: cannot be read: "), "{err}");
    }

    #[test]
    fn without_the_default_file_the_demo_game_stands_in() {
        let mut err = Vec::new();
        let read = read_config_at(None, std::path::Path::new("no/such/file"), &mut err).unwrap();
        assert_eq!((read.file, read.config), (None, Config::demo()));
        let said = "mudkeep: there is no no/such/file here: using the built-in demo game\n";
        assert_eq!(String::from_utf8(err).unwrap(), said);
    }

    #[test]
    fn check_says_what_a_file_would_do() {
        let (_dir, name) = file(
            "game = { address = \"mud.example.org:4201\", charset = \"latin1\" }\n\
             session = { hold = \"90m\", on_duplicate = \"replace\", history = \"1MiB\" }\n\
             limits.sessions_max = 100\n[[listen]]\naddress = \"[::]:23\"",
        );
        let (exit, out, err, started) = run_good(&["check", "--config", &name]);
        assert_eq!((exit, err.as_str(), started.len()), (Exit::Success, "", 0));
        let expected = "\
game      mud.example.org:4201, windows-1252
listen    telnet on [::]:23
login     told from the game's first screen
second    a second login of one user ends the first one's session
away      a session waits 90m for its player
token     told by GMCP, good for 1h
memory    up to 100MiB of history: 100 sessions, 1MiB each at most
restart   nothing is kept: no store.path
";
        assert_eq!(out, format!("{name}: good. It would do this:\n{expected}"));
    }

    #[test]
    fn texts_are_printed_as_they_are_set() {
        let (_dir, name) = file("game.address = \"demo\"\ntexts.prefix = \"## \"");
        let (exit, out, ..) = run_good(&["texts", "-c", &name]);
        assert_eq!(exit, Exit::Success);
        assert!(out.starts_with("[texts]\n"), "{out}");
        assert!(out.contains("\nprefix = \"## \"\n"), "{out}");
    }

    #[test]
    fn a_doctor_who_finds_something_to_be_done_exits_with_1_and_needs_no_file_for_a_named_game() {
        // A port that nobody listens on.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let (_dir, name) =
            file("game.address = \"demo\"\nlisten = [{ address = \"127.0.0.1:0\" }]");
        let (exit, out, err, started) = run_good(&["doctor", &address, "-c", &name]);
        assert_eq!((exit, started.len()), (Exit::Failure, 0));
        assert!(out.contains("connection refused"), "{out}");
        assert_eq!(err, "mudkeep: the doctor found one thing to be done\n");
        let (exit, out, ..) = run_good(&["doctor", &address, "-c", &name, "--json"]);
        assert_eq!(exit, Exit::Failure);
        assert!(out.contains("\"reached\": false"), "{out}");
        assert_eq!(run_good(&["doctor", "nowhere"]).0, Exit::Misuse);
        let (exit, _, err, _) = run_good(&["doctor", &address]);
        assert_eq!(exit, Exit::Failure);
        assert!(!err.contains("using the built-in demo game"), "{err}");
    }

    #[test]
    fn the_demo_game_listens_where_it_is_told() {
        let (.., started) = run_good(&["demo-game", "--listen", "127.0.0.1:5"]);
        assert_eq!(started, ["log info", "demo game 127.0.0.1:5"]);
        assert_eq!(run_good(&["demo-game"]).3[1], "demo game 127.0.0.1:4001");
        assert_eq!(run_good(&["demo-game", "--listen", "nowhere"]).0, Exit::Misuse);
    }

    #[test]
    fn help_and_version_are_answers_and_nonsense_is_a_mistake() {
        let (exit, out, err, _) = run_good(&["--version"]);
        assert_eq!((exit, err.as_str()), (Exit::Success, ""));
        assert_eq!(out, format!("mudkeep {}\n", env!("CARGO_PKG_VERSION")));
        assert_eq!(run_good(&["--help"]).0, Exit::Success);
        let (exit, out, err, started) = run_good(&["--nonsense"]);
        assert_eq!((exit, out.as_str(), started.len()), (Exit::Misuse, "", 0));
        assert!(err.contains("--nonsense"), "{err}");
    }

    #[test]
    fn output_that_nobody_reads_is_no_failure() {
        struct Closed;
        impl Write for Closed {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (_dir, name) = file("game.address = \"demo\"");
        let never = &|_: SocketAddr| Err(io::ErrorKind::Other.into());
        let programs = Programs {
            start_log: &|_| Ok(()),
            serve: &|_, _| Ok(()),
            demo_game: never,
            watch: &|_| Ok(()),
            width: &|| None,
        };
        let arguments = ["mudkeep", "texts", "-c", &name];
        let exit = run(arguments, &programs, &mut Closed, &mut io::sink());
        assert_eq!(exit, Exit::Success);
    }
}
