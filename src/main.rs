//! The `mudkeep` program.

use std::io;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use mudkeep::cli::{self, Programs};
use mudkeep::config::Config;
use mudkeep::logging;

fn main() -> ExitCode {
    let programs = Programs { start_log: &logging::init, serve: &serve, demo_game: &demo_game };
    cli::run(std::env::args_os(), &programs, &mut io::stdout(), &mut io::stderr()).into()
}

fn serve(_config: Arc<Config>) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn demo_game(_listen: SocketAddr) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
