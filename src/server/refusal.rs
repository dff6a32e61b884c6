//! Connections that are not taken in: what each is told, and how little it costs. There is no task, no
//! wait and no memory for them: a few bytes go to the system, which has room for them as a rule, and
//! the socket is closed.

use std::net::IpAddr;
use std::time::Instant;

use tokio::net::TcpStream;

use crate::clock;
use crate::config::Config;
use crate::limits::rate::Bucket;
use crate::registry::Denied;
use crate::settings;

/// After how many seconds a browser may try again, where nobody knows when there is room.
const RETRY_SECONDS: u64 = 5;

/// What the log says of them: each one while they are few.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    told: Bucket,
    /// Those that were not told since.
    untold: u64,
}

impl Refusals {
    pub(super) fn log(&mut self, address: IpAddr, denied: Denied) {
        if self.told.take(clock::now(), settings::denials_told()).is_err() {
            self.untold += 1;
            return;
        }
        match std::mem::take(&mut self.untold) {
            0 => tracing::warn!(%address, %denied, "connection denied"),
            others => tracing::warn!(%address, %denied, others, "connections denied"),
        }
    }
}

/// Says why in one line.
pub(super) fn by_telnet(config: &Config, stream: &TcpStream, denied: Denied) {
    let texts = &config.texts;
    let text = match denied {
        Denied::Connections => texts.too_many_connections(),
        Denied::ConnectionsPerAddress => texts.too_many_from_address(),
        Denied::ConnectionsPerNetwork => texts.too_many_from_network(),
        Denied::ConnectsPerMinute(until) => texts.too_many_connects(seconds_until(until)),
        Denied::ConnectsPerMinuteTotal(until) => {
            texts.too_many_connects_of_all(seconds_until(until))
        }
        Denied::Sessions | Denied::Memory => texts.too_many_sessions(),
    };
    say(stream, text);
}

/// Says one line, if the kernel takes it at once.
pub(super) fn say(stream: &TcpStream, text: Option<String>) {
    if let Some(text) = text {
        // A client that is gone or takes nothing misses nothing that matters.
        let _ = stream.try_write(format!("{text}\r\n").as_bytes());
    }
}

/// Says why by the status, and when to try again.
pub(super) fn by_http(stream: &TcpStream, denied: Denied) {
    let (status, seconds) = match denied {
        Denied::ConnectionsPerAddress | Denied::ConnectionsPerNetwork => {
            ("429 Too Many Requests", RETRY_SECONDS)
        }
        Denied::ConnectsPerMinute(until) => ("429 Too Many Requests", seconds_until(until)),
        Denied::ConnectsPerMinuteTotal(until) => ("503 Service Unavailable", seconds_until(until)),
        Denied::Connections | Denied::Sessions | Denied::Memory => {
            ("503 Service Unavailable", RETRY_SECONDS)
        }
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\nretry-after: {seconds}\r\ncontent-length: 0\r\n\
         connection: close\r\n\r\n"
    );
    // A browser that is gone or takes nothing misses nothing that matters.
    let _ = stream.try_write(answer.as_bytes());
}

fn seconds_until(time: Instant) -> u64 {
    time.saturating_duration_since(clock::now()).as_secs() + 1
}
