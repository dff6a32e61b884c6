//! What must hold whatever happens. Each message begins with the number of the promise that was
//! broken: 1 to 62 are those of the protocol's list, letters are of this simulation.
//!
//! The oracle knows what the game said byte by byte and judges what reaches a client against that,
//! not against what the core believes.

use std::collections::{HashMap, VecDeque};

use mudkeep::ids::{Epoch, Position};

/// Events that are shown when a promise is broken.
const EVENTS_MAX: usize = 100000;

/// What happened, and the first promise that was broken.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    /// Kept only where somebody will read them.
    pub(crate) recording: bool,
    pub(crate) events: VecDeque<String>,
    pub(crate) broken: Option<String>,
}

impl Journal {
    pub(crate) fn note(&mut self, event: impl FnOnce() -> String) {
        if self.recording {
            if self.events.len() == EVENTS_MAX {
                self.events.pop_front();
            }
            self.events.push_back(event());
        }
    }

    /// A promise: if it does not hold, that is remembered.
    pub(crate) fn holds(&mut self, holds: bool, promise: impl FnOnce() -> String) {
        if !holds && self.broken.is_none() {
            self.broken = Some(promise());
        }
    }
}

/// All that one game connection has said, as a history should have it.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    bytes: Vec<u8>,
    /// Of each byte whether it may be shown again.
    shown: Vec<bool>,
    /// Where each epoch began.
    starts: Vec<(Epoch, usize)>,
}

impl Stream {
    pub(crate) fn push(&mut self, bytes: &[u8], shown: bool) {
        self.bytes.extend_from_slice(bytes);
        self.shown.resize(self.bytes.len(), shown);
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn epoch(&self) -> Option<Epoch> {
        self.starts.last().map(|(epoch, _)| *epoch)
    }

    /// A new epoch, of which `head` bytes have been said.
    pub(crate) fn begin(&mut self, epoch: Epoch, head: u64) {
        self.starts.push((epoch, self.len() - head as usize));
    }

    pub(crate) fn knows(&self, epoch: Epoch) -> bool {
        self.place(epoch).is_some()
    }

    fn place(&self, epoch: Epoch) -> Option<usize> {
        self.starts.iter().position(|(of, _)| *of == epoch)
    }

    /// Where an epoch ends, as an offset in it.
    pub(crate) fn end(&self, epoch: Epoch) -> Option<u64> {
        let place = self.place(epoch)?;
        let end = self.starts.get(place + 1).map_or(self.len(), |(_, start)| *start);
        Some((end - self.starts[place].1) as u64)
    }

    pub(crate) fn ends_with(&self, text: &[u8]) -> bool {
        self.bytes.ends_with(text)
    }

    /// Whether nothing was said after this place.
    pub(crate) fn is_at_end(&self, place: Position) -> bool {
        let start = self.place(place.epoch).map(|epoch| self.starts[epoch].1);
        start.is_some_and(|start| start + place.offset.0 as usize == self.len())
    }

    /// Whether the second epoch follows the first: nothing was said in any between them.
    pub(crate) fn follows(&self, epoch: Epoch, next: Epoch) -> bool {
        let (Some(place), Some(then)) = (self.place(epoch), self.place(next)) else { return false };
        place < then && self.starts[place + 1].1 == self.starts[then].1
    }

    /// The next epoch in which something was said.
    fn next(&self, epoch: Epoch) -> Option<Epoch> {
        let later = self.starts[self.place(epoch)? + 1..].iter().map(|(later, _)| *later);
        later.into_iter().find(|later| self.end(*later) != Some(0))
    }

    fn range(&self, epoch: Epoch, from: u64, to: u64) -> Option<std::ops::Range<usize>> {
        let start = self.starts[self.place(epoch)?].1;
        let within = from <= to && to <= self.end(epoch)?;
        within.then(|| start + from as usize..start + to as usize)
    }

    /// What was said between two places.
    pub(crate) fn said(&self, epoch: Epoch, from: u64, to: u64) -> Option<&[u8]> {
        Some(&self.bytes[self.range(epoch, from, to)?])
    }

    /// The part of it that may be shown again.
    pub(crate) fn text(&self, epoch: Epoch, from: u64, to: u64) -> Option<Vec<u8>> {
        let range = self.range(epoch, from, to)?;
        Some(range.filter(|&at| self.shown[at]).map(|at| self.bytes[at]).collect())
    }

    /// How many lines end between two places.
    pub(crate) fn lines(&self, epoch: Epoch, from: u64, to: u64) -> u64 {
        let text = self.text(epoch, from, to).unwrap_or_default();
        text.iter().filter(|&&byte| byte == b'\n').count() as u64
    }
}

/// Where a client is in what the game said, by what it got.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader {
    pub(crate) at: Position,
    /// It is shown what was said before.
    pub(crate) replaying: bool,
}

impl Reader {
    /// Bytes came after which the client is at `to`.
    pub(crate) fn output(
        &mut self,
        stream: &Stream,
        bytes: &[u8],
        to: Position,
    ) -> Result<(), String> {
        if to.epoch != self.at.epoch {
            self.cross(stream, to.epoch)?;
        }
        let (from, until) = (self.at.offset.0, to.offset.0);
        let said = stream.said(to.epoch, from, until);
        let Some(said) = said else {
            return Err(format!("10 output goes back or ahead: from {} to {to}", self.at));
        };
        let as_said = match self.replaying {
            false => said == bytes,
            true => stream.text(to.epoch, from, until).as_deref() == Some(bytes),
        };
        if !as_said {
            let (said, got) = (said.escape_ascii(), bytes.escape_ascii());
            return Err(format!("12 from {} to {to} the game said {said}, came {got}", self.at));
        }
        self.at = to;
        Ok(())
    }

    /// The next epoch begins: all of the one before must have come.
    pub(crate) fn cross(&mut self, stream: &Stream, next: Epoch) -> Result<(), String> {
        if stream.end(self.at.epoch) != Some(self.at.offset.0) {
            return Err(format!("11 the rest of an epoch was skipped in silence at {}", self.at));
        }
        if !stream.follows(self.at.epoch, next) {
            return Err(format!("14 epoch {next} does not follow the one of {}", self.at));
        }
        self.at = Position::new(next, mudkeep::ids::Offset(0));
        Ok(())
    }

    /// What is said to be lost. It must begin where the client is, or with the epoch that follows.
    pub(crate) fn gap(&mut self, stream: &Stream, from: u64, to: u64) -> Result<(), String> {
        let at_end = stream.end(self.at.epoch) == Some(self.at.offset.0);
        if let Some(next) = stream.next(self.at.epoch).filter(|_| at_end && from == 0) {
            self.at = Position::new(next, mudkeep::ids::Offset(0));
        }
        let known = stream.end(self.at.epoch).is_some_and(|end| to <= end);
        if from != self.at.offset.0 || to <= from || !known {
            return Err(format!("11 a gap {from}..{to} is told to a client at {}", self.at));
        }
        self.at.offset.0 = to;
        Ok(())
    }
}

/// The lines that the players typed, by what the game got.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// How often each came.
    came: HashMap<String, usize>,
    /// The last number that came of each series.
    last: HashMap<String, u64>,
    /// Those that a client without a place had handed in.
    forbidden: HashMap<String, &'static str>,
}

impl Lines {
    /// Nothing of this line may reach the game any more.
    pub(crate) fn forbid(&mut self, line: &[u8], why: &'static str) {
        if let Some((series, number)) = parse(line) {
            let key = format!("{series}.{number}");
            if !self.came.contains_key(&key) {
                self.forbidden.insert(key, why);
            }
        }
    }

    pub(crate) fn has(&self, line: &[u8]) -> bool {
        let key = parse(line).map(|(series, number)| format!("{series}.{number}"));
        key.is_some_and(|key| self.came.contains_key(&key))
    }

    /// The game got a line.
    pub(crate) fn came(&mut self, line: &[u8]) -> Result<(), String> {
        let Some((series, number)) = parse(line) else {
            let text = line.escape_ascii();
            return match is_known(line) {
                true => Ok(()),
                false => Err(format!("30 the game got a line that nobody typed: {text}")),
            };
        };
        let key = format!("{series}.{number}");
        if let Some(why) = self.forbidden.get(&key) {
            return Err(format!("{why}: {key}"));
        }
        let times = self.came.entry(key.clone()).or_default();
        *times += 1;
        if *times > 1 {
            return Err(format!("26 line {key} reached the game {times} times"));
        }
        let last = self.last.insert(series.clone(), number).unwrap_or_default();
        if number <= last {
            return Err(format!("25 line {key} came after {series}.{last}"));
        }
        Ok(())
    }
}

/// A line that a client made up: `say <series>.<number> ...`.
fn parse(line: &[u8]) -> Option<(String, u64)> {
    let text =
        std::str::from_utf8(line.strip_prefix(b"say ")?.split(|b| *b == b' ').next()?).ok()?;
    let (series, number) = text.rsplit_once('.')?;
    Some((series.to_owned(), number.parse().ok()?))
}

fn is_known(line: &[u8]) -> bool {
    let known: [&[u8]; 9] =
        [b"alice", b"bob", b"sesame", b"open", b"wrong", b"quit", b"leave", b"", b"look"];
    known.contains(&line)
}
