//! The log: one line an event on standard error, as text for people or as JSON for machines.
//!
//! What a player or the game controls goes into a field only as [`Printable`](crate::printable::Printable);
//! input, passwords and tokens go into none.

use std::io::{self, IsTerminal};

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{LogConfig, LogFormat};

/// The log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is not a filter; a configuration that was read has none such.
    #[error("the log level is not a filter: {0}")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// There is a log already.
    #[error("the log cannot be started: {0}")]
    Started(#[from] TryInitError),
}

/// Starts the log of this process, on standard error.
///
/// # Errors
/// There is one already.
pub fn init(log: &LogConfig) -> Result<(), LogError> {
    let colour = io::stderr().is_terminal();
    subscriber(log, colour, io::stderr)?.try_init()?;
    Ok(())
}

/// What collects the log's lines and writes them to `writer`.
///
/// # Errors
/// The level is not a filter.
pub fn subscriber<W>(
    log: &LogConfig,
    colour: bool,
    writer: W,
) -> Result<Box<dyn Subscriber + Send + Sync>, LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::builder().with_regex(false).parse(&log.level)?;
    let log_lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(match log.format {
        LogFormat::Text => Box::new(log_lines.with_ansi(colour).finish()),
        LogFormat::Json => Box::new(log_lines.json().flatten_event(true).finish()),
    })
}
