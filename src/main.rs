//! The `mudkeep` program.

use std::io;
use std::process::ExitCode;

use mudkeep::cli::{self, Programs};
use mudkeep::{logging, server, watch};

/// After a burst it gives memory back, which the system's own does not.
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let programs = Programs {
        start_log: &logging::init,
        serve: &server::run,
        demo_game: &server::run_demo_game,
        watch: &watch::run,
        width: &watch::terminal_width,
    };
    cli::run(std::env::args_os(), &programs, &mut io::stdout(), &mut io::stderr()).into()
}
