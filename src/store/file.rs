//! The file itself, and the thread that writes it.

use std::collections::HashMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use uuid::Uuid;

use super::record::{BanKey, BanRecord, Record, from_bytes};
use crate::ids::SessionId;

/// Sessions by their id.
const SESSIONS: TableDefinition<'_, &[u8; 16], &[u8]> = TableDefinition::new("sessions");
/// Bans by who is banned, and from what.
const BANS: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("bans");

/// What of the file is kept in memory while it is written.
const CACHE_BYTES: usize = 4 << 20;

/// How long after a write that failed the next one is tried.
const RETRY_TIME: Duration = Duration::from_secs(1);

/// Which row.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum Row {
    Session(SessionId),
    Ban(BanKey),
}

/// What is to be written; none: the row is to go.
type Rows = HashMap<Row, Option<Vec<u8>>>;

/// What was in the file.
#[derive(Default)]
pub(super) struct Content {
    pub(super) sessions: Vec<(SessionId, Record)>,
    pub(super) bans: Vec<(BanKey, BanRecord)>,
}

/// The file, open.
pub(super) struct File {
    shared: Arc<Shared>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

/// What is to be written: of each row only the newest, so it is bounded by how many there are.
#[derive(Default)]
struct Queue {
    rows: Rows,
    /// Counts what was given.
    given: u64,
    /// How much of that is in the file.
    written: u64,
    /// The last write went wrong.
    failing: bool,
    closing: bool,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl File {
    /// Opens or makes the file, and reads what is in it.
    pub(super) fn open(path: &Path) -> io::Result<(File, Content)> {
        // A damaged file may break what the library takes for granted.
        let opened = catch_unwind(AssertUnwindSafe(|| open(path)));
        let (database, rows) =
            opened.unwrap_or_else(|_| Err(damaged(path, &"it cannot be read")))?;
        let shared = Arc::new(Shared::default());
        let writing = {
            let (shared, path) = (shared.clone(), path.to_owned());
            move || write_all(Disk { path, database: Some(database) }, &shared)
        };
        let writer = std::thread::Builder::new().name("mudkeep-store".to_owned()).spawn(writing)?;
        Ok((File { shared, writer: Mutex::new(Some(writer)) }, rows))
    }

    /// Has a row written (or deleted); a number for [`File::is_written`].
    pub(super) fn put(&self, row: Row, bytes: Option<Vec<u8>>) -> u64 {
        let mut queue = self.shared.queue();
        queue.rows.insert(row, bytes);
        queue.given += 1;
        self.shared.changed.notify_one();
        queue.given
    }

    /// Whether all that was given up to this number is in the file, or nothing can be written now.
    pub(super) fn is_written(&self, number: u64) -> bool {
        let queue = self.shared.queue();
        queue.written >= number || queue.failing || queue.closing
    }

    /// Whether the last write went wrong.
    pub(super) fn is_failing(&self) -> bool {
        self.shared.queue().failing
    }

    /// Writes the rest, once, and ends the thread.
    pub(super) fn close(&self) {
        self.shared.queue().closing = true;
        self.shared.changed.notify_one();
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            // It ends by itself; if it panicked, that has been said.
            let _ = writer.join();
        }
    }
}

impl Drop for File {
    fn drop(&mut self) {
        self.close();
    }
}

fn open(path: &Path) -> io::Result<(Database, Content)> {
    let mut database = database(path).map_err(|error| not_opened(path, error))?;
    let rows = read(&database).map_err(|error| damaged(path, &error))?;
    // What was deleted gives its room back.
    database.compact().map_err(|error| damaged(path, &error))?;
    Ok((database, rows))
}

fn database(path: &Path) -> Result<Database, DatabaseError> {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder.create(path)
}

fn not_opened(path: &Path, error: DatabaseError) -> io::Error {
    use io::ErrorKind::{InvalidData, ResourceBusy, UnexpectedEof};
    let shown = path.display();
    match error {
        DatabaseError::DatabaseAlreadyOpen => {
            let text = format!("the store {shown} is in use: does another mudkeep run with it?");
            io::Error::new(ResourceBusy, text)
        }
        DatabaseError::Storage(redb::StorageError::Io(error))
            if !matches!(error.kind(), InvalidData | UnexpectedEof) =>
        {
            let text = format!("the store {shown} cannot be opened: {error}");
            io::Error::new(error.kind(), text)
        }
        other => damaged(path, &other),
    }
}

fn damaged(path: &Path, why: &dyn std::fmt::Display) -> io::Error {
    let text = format!(
        "the store {} is damaged, or no store of mudkeep ({why}). Move it away; players with a \
         token from before then have to log in",
        path.display()
    );
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Rows that a later mudkeep writes otherwise are left alone.
fn read(database: &Database) -> Result<Content, redb::Error> {
    let mut content = Content::default();
    // So that both tables are there.
    let making = database.begin_write()?;
    making.open_table(SESSIONS)?;
    making.open_table(BANS)?;
    making.commit()?;
    let reading = database.begin_read()?;
    for row in reading.open_table(SESSIONS)?.iter()? {
        let (id, bytes) = row?;
        if let Some(record) = from_bytes(bytes.value()) {
            content.sessions.push((SessionId(Uuid::from_bytes(*id.value())), record));
        }
    }
    for row in reading.open_table(BANS)?.iter()? {
        let (key, bytes) = row?;
        if let (Some(key), Some(record)) = (BanKey::parse(key.value()), from_bytes(bytes.value())) {
            content.bans.push((key, record));
        }
    }
    Ok(content)
}

/// What is written to. After a write that failed the library wants the file to be opened anew.
struct Disk {
    path: PathBuf,
    database: Option<Database>,
}

impl Disk {
    fn write(&mut self, rows: &Rows) -> Result<(), redb::Error> {
        let database = match self.database.take() {
            Some(database) => database,
            None => database(&self.path)?,
        };
        write(&database, rows)?;
        self.database = Some(database);
        Ok(())
    }
}

/// Writes what comes until the file is closed.
fn write_all(mut disk: Disk, shared: &Shared) {
    loop {
        let (rows, given, closing) = next_rows(shared);
        if rows.is_empty() && closing {
            return;
        }
        // A file that is damaged meanwhile may break what the library takes for granted.
        let written = catch_unwind(AssertUnwindSafe(|| disk.write(&rows)));
        let result = written.unwrap_or_else(|_| Err(redb::Error::Corrupted("it broke".to_owned())));
        let failed = result.is_err();
        settle(&mut shared.queue(), rows, given, result);
        if failed && closing {
            return;
        }
        if failed {
            let open = |queue: &mut Queue| !queue.closing;
            drop(shared.changed.wait_timeout_while(shared.queue(), RETRY_TIME, open));
        }
    }
}

/// Waits until there is something to write, or the file is to be closed.
fn next_rows(shared: &Shared) -> (Rows, u64, bool) {
    let idle = |queue: &mut Queue| queue.rows.is_empty() && !queue.closing;
    let waited = shared.changed.wait_while(shared.queue(), idle);
    let mut queue = waited.unwrap_or_else(PoisonError::into_inner);
    (std::mem::take(&mut queue.rows), queue.given, queue.closing)
}

fn write(database: &Database, rows: &Rows) -> Result<(), redb::Error> {
    let writing = database.begin_write()?;
    {
        let mut sessions = writing.open_table(SESSIONS)?;
        let mut bans = writing.open_table(BANS)?;
        for (row, bytes) in rows {
            match (row, bytes.as_deref()) {
                (Row::Session(id), Some(bytes)) => drop(sessions.insert(id.0.as_bytes(), bytes)?),
                (Row::Session(id), None) => drop(sessions.remove(id.0.as_bytes())?),
                (Row::Ban(key), Some(bytes)) => drop(bans.insert(&*key.to_string(), bytes)?),
                (Row::Ban(key), None) => drop(bans.remove(&*key.to_string())?),
            }
        }
    }
    writing.commit()?;
    Ok(())
}

/// What could not be written is kept for the next time, unless it has changed meanwhile.
fn settle(queue: &mut Queue, rows: Rows, given: u64, result: Result<(), redb::Error>) {
    let failed_before = std::mem::replace(&mut queue.failing, result.is_err());
    match result {
        Ok(()) => {
            queue.written = given;
            if failed_before {
                tracing::info!("the store is written again");
            }
        }
        Err(error) => {
            for (row, bytes) in rows {
                queue.rows.entry(row).or_insert(bytes);
            }
            if !failed_before {
                tracing::error!(%error, "the store cannot be written: what is new does not outlive mudkeep");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row::Session(SessionId(Uuid::from_u128(1)))
    }

    #[test]
    fn what_could_not_be_written_is_kept_and_nobody_waits_for_it() {
        let shared = Arc::new(Shared::default());
        let file = File { shared: shared.clone(), writer: Mutex::new(None) };
        let given = file.put(row(), None);
        assert!(!file.is_written(given));
        let (taken, number, closing) = next_rows(&shared);
        assert_eq!((taken.len(), number, closing), (1, given, false));
        let full = redb::Error::Io(io::Error::from(io::ErrorKind::StorageFull));
        settle(&mut shared.queue(), taken, number, Err(full));
        assert!(file.is_written(given), "nobody waits for a disk that is full");
        assert!(file.is_failing());
        let (taken, number, _) = next_rows(&shared);
        assert_eq!(taken, Rows::from([(row(), None)]));
        settle(&mut shared.queue(), taken, number, Ok(()));
        assert!(!file.is_failing() && shared.queue().rows.is_empty());
        assert!(file.is_written(number));
    }
}
