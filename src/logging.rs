//! The log: one line an event on standard error, as text for people or as JSON for machines.
//!
//! What a player or the game controls goes into a field only as
//! [`Printable`](crate::printable::Printable); input, passwords and tokens go into none.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::reload;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{LogConfig, LogFormat};

/// The log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is not a filter; a configuration that was read has none such.
    #[error("the log level is not a filter: {0}")]
    Level(#[from] tracing_subscriber::filter::ParseError),
    /// The level cannot be changed: the log is gone.
    #[error("the log's level cannot be changed: {0}")]
    Reload(#[from] reload::Error),
    /// There is a log already.
    #[error("the log cannot be started: {0}")]
    Started(#[from] TryInitError),
}

/// Changes which lines a log has: takes another filter.
type SetFilter = Box<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync>;

/// That of this process's log, once it is started.
static SET_FILTER: OnceLock<SetFilter> = OnceLock::new();

/// Starts the log of this process, on standard error.
///
/// # Errors
/// There is one already.
pub fn init(log: &LogConfig) -> Result<(), LogError> {
    let colour = io::stderr().is_terminal();
    let (subscriber, set_filter) = subscriber(log, colour, io::stderr)?;
    subscriber.try_init()?;
    // There is none yet, or there had been a log.
    let _ = SET_FILTER.set(set_filter);
    Ok(())
}

/// Has this process's log, if it has one, log by this level from now on.
///
/// # Errors
/// The level is not a filter.
pub fn set_level(log: &LogConfig) -> Result<(), LogError> {
    let filter = filter(log)?;
    match SET_FILTER.get() {
        Some(set_filter) => Ok(set_filter(filter)?),
        None => Ok(()),
    }
}

fn filter(log: &LogConfig) -> Result<EnvFilter, LogError> {
    Ok(EnvFilter::builder().with_regex(false).parse(&log.level)?)
}

/// What collects the log's lines and writes them to `writer`, and how to give it another filter.
///
/// # Errors
/// The level is not a filter.
fn subscriber<W>(
    log: &LogConfig,
    colour: bool,
    writer: W,
) -> Result<(Box<dyn Subscriber + Send + Sync>, SetFilter), LogError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = filter(log)?;
    // A line that cannot be written is lost. To say so on standard error would be a panic where that
    // is what cannot be written.
    let log_lines = tracing_subscriber::fmt().log_internal_errors(false);
    let log_lines = log_lines.with_env_filter(filter).with_writer(writer);
    Ok(match log.format {
        LogFormat::Text => {
            let log_lines = log_lines.with_ansi(colour).with_filter_reloading();
            let handle = log_lines.reload_handle();
            (Box::new(log_lines.finish()), Box::new(move |filter| handle.reload(filter)))
        }
        LogFormat::Json => {
            let log_lines = log_lines.json().flatten_event(true).with_filter_reloading();
            let handle = log_lines.reload_handle();
            (Box::new(log_lines.finish()), Box::new(move |filter| handle.reload(filter)))
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::printable::Printable;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What the log of `log` says to a few events.
    fn logged(log: &LogConfig) -> String {
        let written = Written::default();
        let writer = written.clone();
        let (subscriber, _) = subscriber(log, false, move || writer.clone()).unwrap();
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(user = %Printable::new("Eve user=Bob\n\x1b[31m"), "attached");
            tracing::debug!("not shown");
        });
        let bytes = written.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn text_is_one_line_an_event_whatever_a_name_holds() {
        let said = logged(&LogConfig::default());
        let rest = r#"attached user="Eve user=Bob\n\x1b[31m""#;
        assert!(said.ends_with(&format!("INFO mudkeep::logging::tests: {rest}\n")), "{said}");
        assert_eq!(said.lines().count(), 1);
    }

    #[test]
    fn json_is_one_object_an_event() {
        let said = logged(&LogConfig { format: LogFormat::Json, ..LogConfig::default() });
        let event: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(event["message"], "attached");
        assert_eq!(event["user"], r#""Eve user=Bob\n\x1b[31m""#);
        assert_eq!(event["level"], "INFO");
    }

    #[test]
    fn the_level_can_be_changed_while_it_is_written() {
        for format in [LogFormat::Text, LogFormat::Json] {
            let written = Written::default();
            let writer = written.clone();
            let log = LogConfig { format, ..LogConfig::default() };
            let (subscriber, set_filter) = subscriber(&log, false, move || writer.clone()).unwrap();
            tracing::subscriber::with_default(subscriber, || {
                for (level, expected) in [("info", 1), ("debug", 3), ("off", 3), ("warn", 3)] {
                    let log = LogConfig { level: level.to_owned(), ..LogConfig::default() };
                    set_filter(filter(&log).unwrap()).unwrap();
                    tracing::info!("attached");
                    tracing::debug!("more");
                    let bytes = written.0.lock().unwrap().clone();
                    assert_eq!(String::from_utf8(bytes).unwrap().lines().count(), expected);
                }
            });
        }
    }

    #[test]
    fn the_level_decides_what_is_logged() {
        let level = |level: &str| LogConfig { level: level.to_owned(), ..LogConfig::default() };
        assert_eq!(logged(&level("warn")), "");
        assert_eq!(logged(&level("off")), "");
        assert_eq!(logged(&level("warn,mudkeep=debug")).lines().count(), 2);
    }
}
