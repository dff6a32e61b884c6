//! The log: one line an event on standard error, as text for people or as JSON for machines.
//!
//! What a player or the game controls goes into a field only as
//! [`Printable`](crate::printable::Printable); input, passwords and tokens go into none.

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
    // A line that cannot be written is lost. To say so on standard error would be a panic where that
    // is what cannot be written.
    let log_lines = tracing_subscriber::fmt().log_internal_errors(false);
    let log_lines = log_lines.with_env_filter(filter).with_writer(writer);
    Ok(match log.format {
        LogFormat::Text => Box::new(log_lines.with_ansi(colour).finish()),
        LogFormat::Json => Box::new(log_lines.json().flatten_event(true).finish()),
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
        let subscriber = subscriber(log, false, move || writer.clone()).unwrap();
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
    fn the_level_decides_what_is_logged() {
        let level = |level: &str| LogConfig { level: level.to_owned(), ..LogConfig::default() };
        assert_eq!(logged(&level("warn")), "");
        assert_eq!(logged(&level("off")), "");
        assert_eq!(logged(&level("warn,mudkeep=debug")).lines().count(), 2);
    }
}
