//! What is the case when somebody asks: looked up in the tables, and told with what is counted.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use time::UtcDateTime;

use super::Format;
use super::family::{Family, Sample};
use super::lag::Lag;
use super::machine;
use crate::admin::SESSION_STATES;
use crate::gate::Gate;
use crate::registry::card::{Carrier, ConnectionState};
use crate::registry::traffic::Passed;

/// What carries players' bytes. A web client's connection is another thing before it is one of these.
const CARRIERS: [Carrier; 3] = [Carrier::Telnet, Carrier::WebSocket, Carrier::Sse];

/// Who answers scrapes.
pub struct Scraper {
    gate: Arc<Gate>,
    started_at: UtcDateTime,
    lag: Lag,
}

impl Scraper {
    /// For this mudkeep, which has run since then.
    #[must_use]
    pub fn new(gate: Arc<Gate>, started_at: UtcDateTime) -> Scraper {
        Scraper { lag: Lag::new(gate.threads()), gate, started_at }
    }

    /// All metrics as they are now.
    ///
    /// # Errors
    /// They cannot be written, which does not happen.
    pub async fn scrape(&self, format: Format) -> Result<String, fmt::Error> {
        let lags = self.lag.measure(self.gate.threads(), self.gate.tracker()).await;
        let mut families = vec![build(), self.start_time(), of_threads(&lags)];
        families.extend(self.of_players());
        families.push(self.connections());
        families.push(self.sessions());
        families.extend(self.traffic());
        families.extend(self.queues());
        families.extend(self.resources());
        families.extend(self.gate.events().metrics().families());
        format.write(families)
    }

    fn start_time(&self) -> Family {
        let since_1970 = (self.started_at - UtcDateTime::UNIX_EPOCH).as_seconds_f64();
        Family::level("start_time", "When mudkeep was started, since 1970.", since_1970).seconds()
    }

    fn of_players(&self) -> Vec<Family> {
        let (counts, config) = (self.gate.registry().counts(), self.gate.config());
        let limits = &config.limits;
        let bans = self.gate.store().bans().len();
        vec![
            level("users", "Users who have a session.", counts.users),
            level("connections_max", "limits.connections_max.", limits.connections_max),
            level("sessions_max", "limits.sessions_max.", limits.sessions_max),
            level("bans", "Bans that hold.", bans),
            level(
                "draining",
                "1 while a restart is near.",
                self.gate.is_draining().is_some().into(),
            ),
        ]
    }

    fn connections(&self) -> Family {
        let mut counts = [[0_usize; Carrier::ALL.len()]; ConnectionState::PRESENT.len()];
        for card in self.gate.registry().cards() {
            let state = card.state();
            if let Some(at) = ConnectionState::PRESENT.iter().position(|one| *one == state) {
                counts[at][card.carrier() as usize] += 1;
            }
        }
        let mut samples = Vec::new();
        for (state, counts) in ConnectionState::PRESENT.iter().zip(counts) {
            for (carrier, count) in Carrier::ALL.iter().zip(counts) {
                let sample = Sample::level(count as f64).with("state", state.name());
                samples.push(sample.with("transport", carrier.name()));
            }
        }
        Family::new("connections_open", "Connections, by how they stand.", samples)
    }

    fn sessions(&self) -> Family {
        let mut counts = [0_usize; SESSION_STATES.len()];
        for session in self.gate.registry().sessions() {
            let state = session.quietly(|core| core.state());
            if let Some(at) = SESSION_STATES.iter().position(|one| *one == state) {
                counts[at] += 1;
            }
        }
        let samples = SESSION_STATES.iter().zip(counts);
        let samples =
            samples.map(|(state, count)| Sample::level(count as f64).with("state", state.name()));
        Family::new("sessions_open", "Sessions, by how they stand.", samples.collect())
    }

    fn traffic(&self) -> Vec<Family> {
        let passed = self.gate.registry().totals().passed;
        let by_carrier = |name, help, of: fn(&Passed) -> u64| {
            let sample = |carrier: Carrier| {
                let count = of(&passed[carrier as usize]);
                Sample::count(count).with("transport", carrier.name())
            };
            Family::new(name, help, CARRIERS.map(sample).into())
        };
        vec![
            by_carrier("received", "What came from clients.", |passed| passed.bytes_in).bytes(),
            by_carrier("sent", "What was sent to clients.", |passed| passed.bytes_out).bytes(),
            by_carrier("received_lines", "Lines that players typed.", |passed| passed.lines_in),
            by_carrier("sent_lines", "Lines that clients were sent.", |passed| passed.lines_out),
        ]
    }

    fn queues(&self) -> Vec<Family> {
        let (in_use, config) = (self.gate.in_use(), self.gate.config());
        let limits = &config.limits;
        let (checks_max, logins_max) = (limits.password_checks_queue_max, limits.logins_queue_max);
        let dials_max = limits.dials_parallel_max;
        vec![
            level(
                "password_checks",
                "Passwords that are hashed or wait for it.",
                in_use.checks_waiting,
            ),
            level("password_checks_max", "limits.password_checks_queue_max.", checks_max),
            level("logins_waiting", "Logins that wait for others.", in_use.logins_waiting),
            level("logins_waiting_max", "limits.logins_queue_max.", logins_max),
            level(
                "game_dials_open",
                "Sessions that the game is being dialled for.",
                self.gate.dials(),
            ),
            level("game_dials_max", "limits.dials_parallel_max.", dials_max),
        ]
    }

    fn resources(&self) -> Vec<Family> {
        let (memory, failing) = (self.gate.memory(), self.gate.store().is_failing());
        let mut families = vec![
            level("history", "What all sessions remember.", memory.used()).bytes(),
            level("history_max", "limits.history_bytes_total.", memory.max()).bytes(),
            level("store_failing", "1 while the store cannot be written.", failing.into()),
        ];
        let told = |name, help, value: Option<u64>| {
            value.map(|value| Family::level(name, help, value as f64))
        };
        let resident = told("resident_memory", RESIDENT, machine::resident_bytes());
        let memory_max = told("memory_max", MEMORY_MAX, machine::memory_max_bytes());
        families.extend([resident, memory_max].into_iter().flatten().map(Family::bytes));
        families.extend(told("open_files", "Files and sockets open.", machine::open_files()));
        families.extend(told("open_files_max", FILES_MAX, machine::open_files_max()));
        families
    }
}

const RESIDENT: &str = "What mudkeep takes of the machine's memory.";
const MEMORY_MAX: &str =
    "What it may take: the machine's memory, or its unit's or container's limit.";
const FILES_MAX: &str = "Files and sockets that the system lets it have open.";

fn level(name: &'static str, help: &'static str, value: usize) -> Family {
    Family::level(name, help, value as f64)
}

fn build() -> Family {
    let sample = Sample::info().with("version", env!("CARGO_PKG_VERSION"));
    Family::new("build", "Which mudkeep this is.", vec![sample])
}

fn of_threads(lags: &[Duration]) -> Family {
    let samples = lags
        .iter()
        .enumerate()
        .map(|(thread, lag)| Sample::level(lag.as_secs_f64()).with("thread", thread.to_string()));
    let help = "How long a thread took to come to a task; nobody waits longer than 1 s.";
    Family::new("event_loop_lag", help, samples.collect()).seconds()
}
