//! What the game has said: the history of this epoch, the rest of the one before, and the last
//! value of everything that is state and not text.
//!
//! Every byte from the game enters here before anyone is told of it (C2). A login has an epoch of
//! its own, small and never served again; it is wiped when the last cursor has left it.

use std::cmp::Ordering;

use crate::ids::{Epoch, Offset, Position};
use crate::session::history::{Bookmark, FellOff, History};
use crate::session::snapshot::Snapshot;

/// The game's output.
#[derive(Debug)]
pub struct Output {
    current: History,
    /// The epoch before, while a client still reads it.
    previous: Option<Box<History>>,
    snapshot: Snapshot,
}

impl Output {
    /// Nothing yet, of a login's epoch.
    #[must_use]
    pub fn new(epoch: Epoch, bytes_max: usize, snapshot_bytes_max: usize) -> Output {
        let current = History::secret(epoch, bytes_max);
        Output { current, previous: None, snapshot: Snapshot::new(snapshot_bytes_max) }
    }

    /// Text as the game sent it, telnet removed.
    pub fn text(&mut self, text: &[u8]) {
        self.current.text(text);
    }

    /// Text and prompt marks, in canonical form as the game sent them.
    pub fn run(&mut self, canonical: &[u8]) {
        self.current.run(canonical);
    }

    /// The game marked its prompt.
    pub fn prompt(&mut self) {
        self.current.prompt();
    }

    /// The game hides or shows what is typed.
    pub fn echo(&mut self, hidden: bool) {
        self.snapshot.echo(hidden);
        self.current.echo(hidden);
    }

    /// The game sent a message beside the text.
    pub fn out_of_band(&mut self, option: u8, payload: &[u8]) {
        self.snapshot.out_of_band(option, payload);
        self.current.out_of_band(option, payload);
    }

    /// From here on a new history. What cursors have not read of the old one stays for them.
    pub fn begin_epoch(&mut self, epoch: Epoch, bytes_max: usize) -> Position {
        let old = std::mem::replace(&mut self.current, History::new(epoch, bytes_max));
        self.previous = Some(Box::new(old));
        self.head()
    }

    /// The same for a login, whose output may show a password: it is wiped when forgotten.
    pub fn begin_secret_epoch(&mut self, epoch: Epoch, bytes_max: usize) -> Position {
        let old = std::mem::replace(&mut self.current, History::secret(epoch, bytes_max));
        self.previous = Some(Box::new(old));
        self.head()
    }

    /// Nobody reads the epoch before any more.
    pub fn forget_previous(&mut self) {
        self.previous = None;
    }

    /// The end of the epoch before, while it is kept for somebody who reads it.
    #[must_use]
    pub fn previous_head(&self) -> Option<Position> {
        let previous = self.previous.as_deref()?;
        Some(Position::new(previous.epoch(), previous.head()))
    }

    /// The end of the epoch before, if a cursor is in it: what it has not read is gone with the
    /// next epoch.
    #[must_use]
    pub fn previous_end(&self, cursor: Position) -> Option<Position> {
        let end = self.previous_head()?;
        (self.normalised(cursor).epoch == end.epoch).then_some(end)
    }

    /// How many bytes of output are held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.current.bytes() + self.previous.as_deref().map_or(0, History::bytes)
    }

    /// Forgets the oldest output of this epoch until at most about so many bytes are held.
    pub fn shrink_to(&mut self, bytes: usize) {
        self.current.shrink_to(bytes);
    }

    /// Nobody reads it: gives back what it has no use for.
    pub fn fit(&mut self) {
        self.current.fit();
    }

    /// Which epoch this is.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.current.epoch()
    }

    /// The end of what there is.
    #[must_use]
    pub fn head(&self) -> Position {
        Position::new(self.current.epoch(), self.current.head())
    }

    /// Whether it is a login's, which is shown to nobody but whom it was said to.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        self.current.is_secret()
    }

    /// The history of this epoch.
    #[must_use]
    pub fn current(&self) -> &History {
        &self.current
    }

    /// Bookmarks a place in this epoch.
    pub fn bookmark(&mut self, offset: Offset) -> Bookmark {
        self.current.bookmark(offset)
    }

    /// The last values.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The same, to forget some.
    pub fn snapshot_mut(&mut self) -> &mut Snapshot {
        &mut self.snapshot
    }

    /// The history that a cursor is in.
    fn of(&self, epoch: Epoch) -> Option<&History> {
        if epoch == self.current.epoch() {
            return Some(&self.current);
        }
        self.previous.as_deref().filter(|previous| previous.epoch() == epoch)
    }

    /// Moves a cursor that has read all of the epoch before to the start of this one.
    #[must_use]
    pub fn normalised(&self, cursor: Position) -> Position {
        if cursor.epoch == self.current.epoch() {
            return cursor;
        }
        match self.of(cursor.epoch) {
            Some(previous) if cursor.offset < previous.head() => cursor,
            _ => Position::new(self.current.epoch(), Offset(0)),
        }
    }

    /// Whether a cursor has come to a place or beyond. Both must be normalised or of this epoch or
    /// the one before.
    #[must_use]
    pub fn reached(&self, cursor: Position, place: Position) -> bool {
        match (cursor.epoch == self.current.epoch(), place.epoch == self.current.epoch()) {
            (true, false) => true,
            (false, true) => false,
            _ => cursor.offset.cmp(&place.offset) != Ordering::Less,
        }
    }

    /// Whether there is something to read at a cursor.
    #[must_use]
    pub fn has_more(&self, cursor: Position) -> bool {
        let cursor = self.normalised(cursor);
        self.of(cursor.epoch).is_some_and(|history| cursor.offset < history.head())
    }

    /// What comes at a cursor in this epoch, without copying: pieces that begin and end between two
    /// events, about `bytes_max` bytes in all.
    pub fn pieces(&self, cursor: Position, bytes_max: usize) -> impl Iterator<Item = &[u8]> {
        let here = cursor.epoch == self.current.epoch();
        self.current.pieces(cursor.offset, if here { bytes_max } else { 0 })
    }

    /// Reads on from a cursor, to `limit` at most where it is in the same epoch, and returns where
    /// it is then.
    ///
    /// # Errors
    /// The cursor's place is not held any more; reading can go on at the one returned.
    pub fn read(
        &self,
        cursor: Position,
        limit: Option<Position>,
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Result<Position, Position> {
        let Some(history) = self.of(cursor.epoch) else { return Ok(cursor) };
        let room = match limit {
            Some(limit) if limit.epoch == cursor.epoch => {
                usize::try_from(limit.offset.0.saturating_sub(cursor.offset.0)).unwrap_or(bytes_max)
            }
            _ => bytes_max,
        };
        match history.read(cursor.offset, bytes_max.min(room), out) {
            Ok(offset) => Ok(Position::new(cursor.epoch, offset)),
            Err(FellOff { resume_at }) => Err(Position::new(cursor.epoch, resume_at)),
        }
    }
}
