//! The clients of one session: who is attached, where each one is in the output, and what each one
//! is still to be told.
//!
//! A client is a cursor over the output; there is no replay mode apart from a bound up to which
//! only text is read. A client that was detached by the session is fenced at once (nothing it says
//! counts any more) and stays here only until it has read its goodbye.

mod losers;
mod notes;

use std::net::IpAddr;
use std::time::Instant;

use crate::few::Few;
use crate::ids::{AttachGeneration, FamilyId, Offset, Position};
use crate::session::history::{self, Place};
use crate::session::message::{Closing, Note, Peer, Permissions, Reading};
use crate::session::output::Output;
use crate::telnet::option::OptionSet;
pub use notes::NOTES_MAX;
use notes::Notes;

/// What a client is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    /// It will be attached at this time, or when the client that it replaces has reported how far
    /// it got. It reads notes but no output.
    Waiting {
        /// When, at the latest.
        until: Instant,
        /// Whose report is awaited; none while a takeover is delayed.
        report_of: Option<AttachGeneration>,
    },
    /// It reads what was said before, up to here.
    Replaying {
        /// The end of the replay.
        to: Offset,
    },
    /// It reads what is said.
    Live,
    /// It is fenced; it is told why once it has read up to `after`.
    Leaving {
        /// What it is told.
        closing: Closing,
        /// Last words that it should still get.
        after: Option<Position>,
        /// It has been told.
        told: bool,
    },
}

/// One attachment.
#[derive(Debug)]
pub struct Client {
    /// Which attachment this is.
    pub generation: AttachGeneration,
    /// Who is attached.
    pub peer: Peer,
    /// The family of its token.
    pub family: Option<FamilyId>,
    /// Where its reading is.
    pub cursor: Position,
    /// What it is about.
    pub phase: Phase,
    /// What it may do.
    pub permissions: Permissions,
    /// Since when it is the user's.
    pub since: Instant,
    /// When its player last typed a line, or came.
    pub typed: Instant,
    /// The options that it has agreed to, as far as it has been told the state of them.
    agreed: OptionSet,
    /// It must leave, but was in the middle of a replay, which ends here.
    replay_ends: Option<Offset>,
    notes: Notes,
}

impl Client {
    /// A client that reads from `cursor` on.
    #[must_use]
    pub fn new(
        now: Instant,
        generation: AttachGeneration,
        peer: Peer,
        cursor: Position,
        phase: Phase,
    ) -> Client {
        let (since, typed) = (now, now);
        let (family, replay_ends, notes) = (None, None, Notes::default());
        let agreed = OptionSet::EMPTY;
        let permissions = Permissions::default();
        Client {
            generation,
            peer,
            family,
            cursor,
            phase,
            permissions,
            since,
            typed,
            agreed,
            replay_ends,
            notes,
        }
    }

    /// It has agreed to these options. What was said by those that are new, before it could have it,
    /// it is told now; a client that is not live yet is told everything when it is.
    pub fn agree(&mut self, options: OptionSet, output: &Output) {
        let known = std::mem::replace(&mut self.agreed, options);
        if self.phase != Phase::Live {
            return;
        }
        let missed = |option| options.contains(option) && !known.contains(option);
        // One that agrees again and again without reading is not told again and again.
        let values = output.snapshot().replay().filter(|(option, _)| missed(*option));
        let values = values.map(|(option, payload)| (option, payload.to_vec())).collect();
        self.notes.tell_again(missed, values);
    }

    /// Tells it something: at a place in the output, or as soon as it reads.
    pub fn post(&mut self, at: Option<Position>, note: Note) {
        self.notes.post(at, note);
    }

    /// It takes its place, and is told this before what waits for a place in the output.
    pub fn take_place(&mut self, cursor: Position, phase: Phase, notes: Vec<Note>) {
        (self.cursor, self.phase) = (cursor, phase);
        self.notes.post_before_placed(notes);
    }

    /// Whether it takes part: it is not waiting to, and not leaving.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        matches!(self.phase, Phase::Replaying { .. } | Phase::Live)
    }

    /// Whether it reads what is said, or was said last.
    fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live) || self.is_leaving() && self.replay_ends.is_none()
    }

    /// Whether it has been detached by the session.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        matches!(self.phase, Phase::Leaving { .. })
    }

    /// Fences it. It is told why after what it may still read; one that has not taken its place
    /// may not read anything.
    pub fn leave(&mut self, closing: Closing, after: Option<Position>) {
        let after = match self.phase {
            Phase::Leaving { .. } => return,
            Phase::Waiting { .. } => None,
            Phase::Replaying { .. } | Phase::Live => after.filter(|_| self.permissions.output),
        };
        if after.is_none() {
            self.notes.clear();
        } else if let Phase::Replaying { to } = self.phase {
            self.replay_ends = Some(to);
        }
        self.phase = Phase::Leaving { closing, after, told: false };
    }

    /// It is over, and may not have come to its client: it is told again, from `position` on where
    /// that is held. False where the client has had all of it, or it is not over.
    pub fn tell_end_again(&mut self, output: &Output, position: Option<Position>) -> bool {
        let Phase::Leaving { closing, after, told } = self.phase else { return false };
        let held = position.filter(|at| {
            at.epoch == output.epoch() && output.current().place(at.offset) == Place::Held
        });
        let missing = held.filter(|at| after.is_some_and(|after| !output.reached(*at, after)));
        if told && missing.is_none() {
            return false;
        }
        self.cursor = missing.unwrap_or(self.cursor);
        self.phase = Phase::Leaving { closing, after, told: false };
        true
    }

    fn note_due(&self, output: &Output) -> bool {
        let cursor = output.normalised(self.cursor);
        self.notes.is_due(|at| self.has_come_to(output, cursor, at))
    }

    /// Whether a note that belongs at a place is told to who reads at `cursor`.
    fn has_come_to(&self, output: &Output, cursor: Position, at: Position) -> bool {
        output.reached(cursor, at) && !self.is_behind_replay(output, at)
    }

    /// Whether a place comes after the replay that is being read: also the place where it ends.
    fn is_behind_replay(&self, output: &Output, place: Position) -> bool {
        let to = match self.phase {
            Phase::Replaying { to } => Some(to),
            _ => self.replay_ends,
        };
        to.is_some_and(|to| output.reached(place, Position::new(self.cursor.epoch, to)))
    }

    /// Why it was put out, where it need not read first what came before.
    #[must_use]
    pub fn urgent(&self) -> Option<Closing> {
        match self.phase {
            Phase::Leaving { closing, after: None, .. } => Some(closing),
            _ => None,
        }
    }

    /// Whether reading would give it anything.
    #[must_use]
    pub fn ready(&self, output: &Output) -> bool {
        if self.note_due(output) {
            return true;
        }
        match self.phase {
            Phase::Waiting { .. } => false,
            Phase::Replaying { .. } => self.permissions.output,
            Phase::Live => self.permissions.output && output.has_more(self.cursor),
            Phase::Leaving { .. } => true,
        }
    }

    /// Whether output is the next thing for it, and all that there is.
    #[must_use]
    pub fn only_reads_on(&self) -> bool {
        self.phase == Phase::Live && self.notes.is_empty() && self.permissions.output
    }

    /// The next thing for it.
    pub fn read(&mut self, output: &Output, bytes_max: usize, out: &mut Vec<u8>) -> Reading {
        self.cursor = output.normalised(self.cursor);
        if self.note_due(output)
            && let Some(note) = self.notes.pop()
        {
            return Reading::Note(note);
        }
        match self.phase {
            Phase::Waiting { .. } => Reading::Nothing,
            Phase::Replaying { .. } | Phase::Live if !self.permissions.output => Reading::Nothing,
            Phase::Replaying { to } => self.read_replay(output, to, bytes_max, out),
            Phase::Live => self.read_on(output, None, bytes_max, out),
            Phase::Leaving { told: true, .. } => Reading::Over,
            Phase::Leaving { closing, after, told: false } => {
                if let Some(to) = self.replay_ends {
                    return self.read_replay(output, to, bytes_max, out);
                }
                let rest = after.map(|after| self.read_on(output, Some(after), bytes_max, out));
                match rest {
                    None | Some(Reading::Nothing) => {
                        self.phase = Phase::Leaving { closing, after, told: true };
                        Reading::Note(Note::Closing(closing))
                    }
                    Some(reading) => reading,
                }
            }
        }
    }

    fn read_on(
        &mut self,
        output: &Output,
        limit: Option<Position>,
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Reading {
        if !output.has_more(self.cursor)
            || limit.is_some_and(|limit| output.reached(self.cursor, limit))
        {
            return Reading::Nothing;
        }
        let next_note = self.notes.next_place();
        let end = match (next_note, limit) {
            (Some(note), Some(limit)) if output.reached(note, limit) => Some(limit),
            (note, limit) => note.or(limit),
        };
        match output.read(self.cursor, end, bytes_max, out) {
            Ok(cursor) if cursor == self.cursor => Reading::Nothing,
            Ok(cursor) => {
                self.cursor = cursor;
                Reading::Output(cursor)
            }
            Err(resume_at) => {
                let gap = Note::Gap { from: self.cursor.offset, to: resume_at.offset };
                self.cursor = resume_at;
                let state = self.is_live().then(|| state(output)).into_iter().flatten();
                self.notes.tell_state(|_| false, state, [gap]);
                self.notes.pop().map_or(Reading::Nothing, Reading::Note)
            }
        }
    }

    /// Text only, up to the end of the replay; then its end, the present state, and on with it.
    fn read_replay(
        &mut self,
        output: &Output,
        to: Offset,
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Reading {
        let limit = Position::new(self.cursor.epoch, to);
        while !output.reached(self.cursor, limit) {
            let mut events = Vec::new();
            match self.read_on(output, Some(limit), bytes_max, &mut events) {
                Reading::Output(cursor) => {
                    let before = out.len();
                    history::text_only(&events, None, out);
                    if out.len() > before {
                        return Reading::Output(cursor);
                    }
                }
                Reading::Nothing => break,
                reading => return reading,
            }
        }
        self.replay_ends = None;
        if let Phase::Replaying { .. } = self.phase {
            self.phase = Phase::Live;
            self.notes.tell_state(|_| false, state(output), [Note::Live]);
        }
        Reading::Note(Note::ReplayEnd)
    }

    /// The epoch before the present one is about to be forgotten: a client that still reads it is
    /// told what it misses, and goes on in the present one.
    fn leave_previous_epoch(&mut self, output: &Output) {
        // One that has read all of it is in the present one, also if it has not come to read there.
        self.cursor = output.normalised(self.cursor);
        let end = output.previous_end(self.cursor).filter(|_| self.is_attached());
        let Some(end) = end else { return };
        let mut told = vec![Note::Gap { from: self.cursor.offset, to: end.offset }];
        if let Phase::Replaying { .. } = self.phase {
            told.extend([Note::ReplayEnd, Note::Live]);
        }
        let mut notes = std::mem::take(&mut self.notes);
        notes.tell_state(|at| self.has_come_to(output, self.cursor, at), state(output), told);
        notes.forget_places_outside(output.epoch());
        self.notes = notes;
        self.phase = Phase::Live;
        self.cursor = Position::new(output.epoch(), Offset(0));
    }
}

/// What the game would tell a client that logged in now, and will not tell again.
pub fn state(output: &Output) -> impl Iterator<Item = Note> {
    let snapshot = output.snapshot();
    let message = |(option, payload): (u8, &[u8])| {
        let payload = payload.to_vec();
        Note::OutOfBand { option, payload }
    };
    let echo = Note::Echo { hidden: snapshot.echo_hidden() };
    std::iter::once(echo).chain(snapshot.replay().map(message))
}

/// How a client was attached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FormerPlace {
    /// By the token of this family.
    pub family: FamilyId,
    /// As which attachment.
    pub generation: AttachGeneration,
}

/// All clients of a session, by age of their attachment.
#[derive(Debug, Default)]
pub struct Clients {
    all: Vec<Client>,
    /// The newest generation given out.
    newest: AttachGeneration,
}

impl Clients {
    /// The generation of the next attachment.
    pub fn next_generation(&mut self) -> AttachGeneration {
        self.newest = AttachGeneration(self.newest.0 + 1);
        self.newest
    }

    /// Adds a client.
    pub fn add(&mut self, client: Client) {
        self.all.push_few(client);
    }

    /// Takes one out for good.
    pub fn remove(&mut self, generation: AttachGeneration) -> Option<Client> {
        let at = self.all.iter().position(|client| client.generation == generation)?;
        let client = self.all.remove(at);
        if self.all.is_empty() {
            // Nobody may come for long.
            self.all = Vec::new();
        }
        Some(client)
    }

    /// One client.
    #[must_use]
    pub fn find(&self, generation: AttachGeneration) -> Option<&Client> {
        self.all.iter().find(|client| client.generation == generation)
    }

    /// One client, to change it.
    pub fn find_mut(&mut self, generation: AttachGeneration) -> Option<&mut Client> {
        self.all.iter_mut().find(|client| client.generation == generation)
    }

    /// All, fenced ones too.
    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.all.iter()
    }

    /// All, fenced ones too, to change them.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Client> {
        self.all.iter_mut()
    }

    /// Those that take part.
    pub fn attached(&self) -> impl Iterator<Item = &Client> {
        self.all.iter().filter(|client| client.is_attached())
    }

    /// Whether anybody takes part or is about to.
    #[must_use]
    pub fn anybody(&self) -> bool {
        self.all.iter().any(|client| !client.is_leaving())
    }

    /// Whether anybody came by a transport whose clients wait for a game that is gone.
    #[must_use]
    pub fn any_awaits_game(&self) -> bool {
        self.all.iter().any(|client| !client.is_leaving() && client.peer.transport.awaits_game())
    }

    /// Tells everybody who is not leaving.
    pub fn post_all(&mut self, at: Option<Position>, note: &Note) {
        for client in self.all.iter_mut().filter(|client| !client.is_leaving()) {
            client.post(at, note.clone());
        }
    }

    /// The epoch before the present one is about to be forgotten.
    pub fn leave_previous_epoch(&mut self, output: &Output) {
        self.all.iter_mut().for_each(|client| client.leave_previous_epoch(output));
    }

    /// Fences everybody.
    pub fn leave_all(&mut self, closing: Closing, after: Option<Position>) {
        for client in &mut self.all {
            client.leave(closing, after);
        }
    }

    /// The addresses of some clients.
    #[must_use]
    pub fn address(&self, generation: AttachGeneration) -> Option<IpAddr> {
        self.find(generation).map(|client| client.peer.address)
    }

    /// Whether a cursor is in an epoch before this one.
    #[must_use]
    pub fn anybody_before(&self, output: &Output) -> bool {
        let reads = |client: &&Client| match client.phase {
            Phase::Replaying { .. } | Phase::Live | Phase::Leaving { after: Some(_), .. } => true,
            Phase::Waiting { .. } | Phase::Leaving { after: None, .. } => false,
        };
        let before = |client: &Client| output.normalised(client.cursor).epoch != output.epoch();
        self.all.iter().filter(reads).any(before)
    }

    /// Whether somebody takes the output: is not so far behind that what comes next is gone.
    #[must_use]
    pub fn anybody_follows(&self, output: &Output) -> bool {
        let tail = output.current().tail();
        let follows = |client: &Client| {
            let cursor = output.normalised(client.cursor);
            cursor.epoch == output.epoch() && cursor.offset >= tail
        };
        self.all.iter().any(|client| client.is_attached() && follows(client))
    }

    /// The earliest time at which a waiting client takes its place.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let until = |client: &Client| match client.phase {
            Phase::Waiting { until, .. } => Some(until),
            _ => None,
        };
        self.all.iter().filter_map(until).min()
    }
}

#[cfg(test)]
mod tests;
