//! What the small graphs show: the last minutes, a value a second.

use std::collections::VecDeque;
use std::time::Instant;

use super::poll::Snapshot;

/// Values that are remembered: ten minutes of them.
const VALUES_MAX: usize = 600;

/// One graph's values, the newest first.
#[derive(Debug, Default)]
pub(super) struct Values(VecDeque<u64>);

impl Values {
    fn push(&mut self, value: u64) {
        self.0.truncate(VALUES_MAX - 1);
        self.0.push_front(value);
    }

    /// The newest.
    pub(super) fn newest(&self) -> u64 {
        self.0.front().copied().unwrap_or_default()
    }

    /// The newest so many, the newest first.
    pub(super) fn last(&self, many: usize) -> Vec<u64> {
        self.0.iter().take(many).copied().collect()
    }
}

/// The graphs.
#[derive(Debug, Default)]
pub(super) struct Graphs {
    pub(super) connections: Values,
    /// Lines a second, both ways.
    pub(super) lines: Values,
    /// Bytes a second to the players.
    pub(super) bytes_out: Values,
    pub(super) history: Values,
    /// When it was, and what had been counted by then: lines, bytes.
    before: Option<(Instant, u64, u64)>,
}

impl Graphs {
    /// Takes the values of a moment. What is counted since the start has a rate from the second on.
    pub(super) fn see(&mut self, snapshot: &Snapshot) {
        let total = |name: &str| snapshot.stats.totals.get(name).copied().unwrap_or_default();
        let lines = total("lines_in").saturating_add(total("lines_out"));
        let bytes = total("bytes_out");
        self.connections.push(snapshot.health.active_connections);
        self.history.push(snapshot.health.history_bytes);
        if let Some((at, lines_before, bytes_before)) = self.before {
            let seconds = snapshot.at.saturating_duration_since(at).as_secs_f64().max(0.001);
            // Less than before: another mudkeep has begun.
            let rate = |new: u64, old: u64| (new.saturating_sub(old) as f64 / seconds) as u64;
            self.lines.push(rate(lines, lines_before));
            self.bytes_out.push(rate(bytes, bytes_before));
        }
        self.before = Some((snapshot.at, lines, bytes));
    }
}
