//! `mudkeep doctor`: visits the game as mudkeep would for a player, without logging in, looks at the
//! machine and the configuration, and says what is well, what is not, and what to put into
//! proxy.toml. What is made of the facts is pure (`diagnosis`); what finds them is `visit` and
//! `machine`.

mod charset;
mod diagnosis;
mod facts;
mod family;
mod heard;
mod machine;
mod options;
mod report;
mod suggestion;
mod visit;

use std::io::{self, Write};
use std::net::{Ipv4Addr, SocketAddr};

use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::{Config, GameAddress, HostPort};
use crate::session::game::Dialer;
use crate::{demo, threads};

use facts::{Facts, Reach};
pub use report::Report;

/// What is asked of the doctor.
#[derive(Args, Clone, Debug)]
pub struct Ask {
    /// The game to look at [default: the one of the configuration]
    #[arg(value_name = "HOST:PORT")]
    pub address: Option<HostPort>,
    /// Report as JSON, for programs
    #[arg(long)]
    pub json: bool,
}

/// Looks at everything and reports to `out`.
///
/// # Errors
/// Something has to be done, or the report cannot be written.
pub fn run(ask: &Ask, config: &Config, out: &mut dyn Write) -> io::Result<()> {
    let runtime = threads::runtime()?;
    let report = runtime.block_on(examine(ask.address.as_ref(), config))?;
    // A question for the address of a name may still be open; nobody waits for its answer.
    runtime.shutdown_background();
    if ask.json {
        let json = serde_json::to_string_pretty(&report)?;
        writeln!(out, "{json}")?;
    } else {
        write!(out, "{report}")?;
    }
    match report.fixes() {
        0 => Ok(()),
        1 => Err(io::Error::other("the doctor found one thing to be done")),
        count => Err(io::Error::other(format!("the doctor found {count} things to be done"))),
    }
}

/// Looks at the game at `address`, or at the one of the configuration.
///
/// # Errors
/// The built-in game, if it is that, finds no port.
pub async fn examine(address: Option<&HostPort>, config: &Config) -> io::Result<Report> {
    let game =
        address.map_or_else(|| config.game.address.clone(), |at| GameAddress::At(at.clone()));
    let is_configured = game == config.game.address;
    let unset = Config::default();
    let reach = reach(&game, if is_configured { config } else { &unset }).await?;
    let machine = machine::look(config);
    Ok(diagnosis::diagnose(&Facts { game, config, is_configured, reach, machine }))
}

/// Visits the game as `config` says that it is to be spoken with.
async fn reach(game: &GameAddress, config: &Config) -> io::Result<Reach> {
    let built_in = match game {
        GameAddress::Demo => Some(BuiltIn::start().await?),
        GameAddress::At(_) => None,
    };
    let address = built_in.as_ref().map_or_else(|| game.to_string(), |demo| demo.0.to_string());
    let reach = visit::visit(&Dialer { address }, config).await;
    if let Some(demo) = built_in {
        demo.stop().await;
    }
    Ok(reach)
}

/// The built-in game, for as long as it is visited.
struct BuiltIn(SocketAddr, CancellationToken, TaskTracker);

impl BuiltIn {
    async fn start() -> io::Result<BuiltIn> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (shutdown, tracker) = (CancellationToken::new(), TaskTracker::new());
        tracker.spawn(demo::serve(listener, shutdown.clone(), tracker.clone()));
        Ok(BuiltIn(address, shutdown, tracker))
    }

    async fn stop(self) {
        let BuiltIn(_, shutdown, tracker) = self;
        shutdown.cancel();
        tracker.close();
        tracker.wait().await;
    }
}
