//! The command line: what was asked for, what it does, and with which exit code.
//!
//! Nothing here waits or prints by itself: output goes to writers, and what runs for long is handed in as
//! [`Programs`], so that every command can be tested.

use std::ffi::OsString;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::config::{Config, ConfigError, LogConfig};
use crate::logging::LogError;

/// The file that is read if none is named.
pub const DEFAULT_FILE: &str = "proxy.toml";

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Success,
    /// It started well and failed later: a port is taken, a file cannot be written.
    Failure,
    /// The arguments or the configuration are wrong.
    Misuse,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => 0,
            Exit::Failure => 1,
            Exit::Misuse => 2,
        }
        .into()
    }
}

/// What acts on the world; the other commands only read and print.
pub struct Programs<'p> {
    /// Starts the log, once, before one of the others runs.
    pub start_log: &'p dyn Fn(&LogConfig) -> Result<(), LogError>,
    /// The proxy, until it is told to stop.
    pub serve: &'p dyn Fn(Arc<Config>) -> io::Result<()>,
    /// The built-in game alone, listening there, until it is told to stop.
    pub demo_game: &'p dyn Fn(SocketAddr) -> io::Result<()>,
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

#[derive(Debug, Clone, Copy, Subcommand)]
enum Command {
    /// Read the configuration, say what it would do or what is wrong with it, and do nothing
    Check,
    /// Run the built-in game alone, without the proxy
    DemoGame {
        /// Where it listens
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4001")]
        listen: SocketAddr,
    },
    /// Print every line that a player can see, as a [texts] section to be changed
    Texts,
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
    match act(&arguments, programs, out, err) {
        Ok(()) => Exit::Success,
        Err(Stop::Config(error)) => {
            let _ = writeln!(err, "{error}");
            Exit::Misuse
        }
        Err(Stop::Failed(error)) => {
            let _ = writeln!(err, "mudkeep: {error}");
            Exit::Failure
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
    match arguments.command {
        None => serve(arguments, programs, err),
        Some(Command::Check) => check(arguments, out, err),
        Some(Command::Texts) => {
            write!(out, "{}", read_config(arguments, err)?.config.texts)?;
            Ok(())
        }
        Some(Command::DemoGame { listen }) => {
            start_log(&LogConfig::default(), programs)?;
            Ok((programs.demo_game)(listen)?)
        }
    }
}

fn serve(arguments: &Arguments, programs: &Programs<'_>, err: &mut dyn Write) -> Result<(), Stop> {
    let config = read_config(arguments, err)?.config;
    start_log(&config.log, programs)?;
    Ok((programs.serve)(Arc::new(config))?)
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

/// The file that was named, or the default one, or the demo game if there is no default one.
fn read_config(arguments: &Arguments, err: &mut dyn Write) -> Result<Read, Stop> {
    let default = PathBuf::from(DEFAULT_FILE);
    let path = arguments.config.as_ref().unwrap_or(&default);
    match Config::load(path) {
        Ok(config) => Ok(Read { file: Some(path.display().to_string()), config }),
        Err(ConfigError::Unreadable { source, .. })
            if arguments.config.is_none() && source.kind() == io::ErrorKind::NotFound =>
        {
            writeln!(
                err,
                "mudkeep: there is no {DEFAULT_FILE} here: using the built-in demo game"
            )?;
            Ok(Read { file: None, config: Config::demo() })
        }
        Err(error) => Err(error.into()),
    }
}
