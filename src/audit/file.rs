//! The file of the audit log, and those that were put aside.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use time::UtcDateTime;

use crate::clock;
use crate::config::LogConfig;
use crate::times::{parse_time, show_time};

/// The longest first line from which the age of a file is read.
const FIRST_LINE_BYTES_MAX: u64 = 64 << 10;

/// A file is put aside after this part of the time for which it is kept, so that what is in it is
/// not kept for much longer.
const PARTS_OF_KEEP: u32 = 10;

/// What two names are apart at least.
const NEXT_NAME: Duration = Duration::from_millis(1);

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    /// How long.
    pub(super) keep: Duration,
    /// The size over which a file is put aside.
    pub(super) bytes: u64,
    /// Files that were put aside.
    pub(super) files: usize,
}

impl Bounds {
    pub(super) fn of(log: &LogConfig) -> Bounds {
        Bounds {
            keep: log.audit_keep,
            bytes: log.audit_file_bytes as u64,
            files: log.audit_files_max,
        }
    }
}

/// The log: what is to be written, and where.
pub(super) struct Log {
    path: PathBuf,
    open: Option<Open>,
    /// Lines that are to be written.
    waiting: Vec<u8>,
    /// So much of them has been.
    written: usize,
    /// The last write went wrong, and that was said.
    failing: bool,
    /// The same of putting a file aside.
    stuck: bool,
}

/// The file, open.
struct Open {
    file: File,
    bytes: u64,
    /// When the first line of it was written.
    begun: UtcDateTime,
    /// It is a file as others: a device is not put aside.
    is_file: bool,
    /// It ends in the middle of a line, of which the rest is lost.
    cut: bool,
}

impl Log {
    pub(super) fn new(path: PathBuf) -> Log {
        Log { path, open: None, waiting: Vec::new(), written: 0, failing: false, stuck: false }
    }

    /// Whether anything is to be written.
    pub(super) fn waits(&self) -> bool {
        self.written < self.waiting.len()
    }

    /// How much is to be written.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.waiting.len() - self.written
    }

    /// Adds a line.
    pub(super) fn push(&mut self, line: &impl Serialize) {
        let before = self.waiting.len();
        match serde_json::to_writer(&mut self.waiting, line) {
            Ok(()) => self.waiting.push(b'\n'),
            Err(error) => {
                self.waiting.truncate(before);
                tracing::error!(%error, "an event cannot be written as JSON");
            }
        }
    }

    /// Writes what waits; false if not all of it could be written, which is to be tried again.
    pub(super) fn write(&mut self, bounds: &Bounds) -> bool {
        while self.waits() {
            if let Err(error) = self.write_some(bounds) {
                if !std::mem::replace(&mut self.failing, true) {
                    let file = self.path.display();
                    tracing::error!(%file, %error, "the audit log cannot be written, and is tried again");
                }
                return false;
            }
        }
        self.waiting.clear();
        self.written = 0;
        if std::mem::take(&mut self.failing) {
            tracing::info!(file = %self.path.display(), "the audit log is written again");
        }
        true
    }

    fn write_some(&mut self, bounds: &Bounds) -> io::Result<()> {
        let between_lines = self.waiting[..self.written].last().is_none_or(|last| *last == b'\n');
        if between_lines {
            self.put_aside_if_due(bounds);
        }
        let open = match &mut self.open {
            Some(open) => open,
            closed => closed.insert(Open::new(&self.path)?),
        };
        if open.cut {
            open.bytes += write(&mut open.file, b"\n")? as u64;
            open.cut = false;
        }
        let count = write(&mut open.file, &self.waiting[self.written..])?;
        open.bytes += count as u64;
        self.written += count;
        Ok(())
    }

    /// The file is opened anew for the next line. What was cut is written there in whole.
    pub(super) fn reopen(&mut self) {
        self.open = None;
        let lines = self.waiting[..self.written].iter().rposition(|byte| *byte == b'\n');
        self.written = lines.map_or(0, |last| last + 1);
    }

    /// Removes files that were put aside and are too old, or too many, and puts this one aside if it
    /// is old.
    pub(super) fn tidy(&mut self, bounds: &Bounds) {
        if self.open.is_none() && self.path.is_file() {
            // An error is told when there is something to write.
            self.open = Open::new(&self.path).ok();
        }
        self.put_aside_if_due(bounds);
        prune(&self.path, bounds);
    }

    fn put_aside_if_due(&mut self, bounds: &Bounds) {
        if !self.open.as_ref().is_some_and(|open| open.is_due(bounds)) {
            return;
        }
        match put_aside(&self.path) {
            Ok(()) => {
                self.open = None;
                self.stuck = false;
                prune(&self.path, bounds);
            }
            // It was moved away already.
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.open = None,
            Err(error) => {
                if !std::mem::replace(&mut self.stuck, true) {
                    let file = self.path.display();
                    tracing::error!(%file, %error, "the audit log cannot be put aside and grows");
                }
            }
        }
    }
}

impl Open {
    fn new(path: &Path) -> io::Result<Open> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let file = options.open(path)?;
        let metadata = file.metadata()?;
        let (bytes, is_file) = (metadata.len(), metadata.is_file());
        let mut last = [b'\n'];
        if is_file && bytes > 0 {
            file.read_exact_at(&mut last, bytes - 1)?;
        }
        let begun = if is_file { begun(&file) } else { None };
        let begun = begun.unwrap_or_else(clock::shown);
        Ok(Open { file, bytes, begun, is_file, cut: last != [b'\n'] })
    }

    fn is_due(&self, bounds: &Bounds) -> bool {
        let age = Duration::try_from(clock::shown() - self.begun).unwrap_or_default();
        let due = self.bytes >= bounds.bytes || age >= bounds.keep / PARTS_OF_KEEP;
        self.is_file && self.bytes > 0 && due
    }
}

fn write(file: &mut File, bytes: &[u8]) -> io::Result<usize> {
    match file.write(bytes) {
        Ok(0) => Err(io::ErrorKind::WriteZero.into()),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
        written => written,
    }
}

/// When the first line of a file was written, as it says itself.
fn begun(file: &File) -> Option<UtcDateTime> {
    #[derive(Deserialize)]
    struct First<'a> {
        time: &'a str,
    }
    let mut line = Vec::new();
    BufReader::new(file.take(FIRST_LINE_BYTES_MAX)).read_until(b'\n', &mut line).ok()?;
    let first: First<'_> = serde_json::from_slice(&line).ok()?;
    parse_time(first.time)
}

/// A time as it stands in the name of a file.
fn show_in_name(time: UtcDateTime) -> String {
    show_time(time).replace(':', "-")
}

/// The time that such a name says.
fn time_in_name(name: &str) -> Option<UtcDateTime> {
    let (day, hours) = name.split_once('T')?;
    let time = parse_time(&format!("{day}T{}", hours.replace('-', ":")))?;
    (show_in_name(time) == name).then_some(time)
}

/// The name of the file that is put aside at this time.
fn aside(path: &Path, time: UtcDateTime) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(OsString::from(format!(".{}", show_in_name(time))));
    PathBuf::from(name)
}

/// The name is behind all others, also where that was a moment ago or the clock was set back: it is
/// the order of the files.
fn put_aside(path: &Path) -> io::Result<()> {
    let newest = put_aside_before(path)?.pop().map(|(time, _)| time + NEXT_NAME);
    let time = newest.into_iter().fold(clock::shown(), UtcDateTime::max);
    fs::rename(path, aside(path, time))
}

/// The files that were put aside, the oldest first.
pub(super) fn put_aside_before(path: &Path) -> io::Result<Vec<(UtcDateTime, PathBuf)>> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let other = entry.file_name();
        let rest = other.to_str().and_then(|other| other.strip_prefix(name)?.strip_prefix('.'));
        if let Some(time) = rest.and_then(time_in_name) {
            files.push((time, entry.path()));
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn prune(path: &Path, bounds: &Bounds) {
    // Where the folder cannot be read, no file can be made there either, and that is said.
    let files = put_aside_before(path).unwrap_or_default();
    let now = clock::shown();
    let too_many = files.len().saturating_sub(bounds.files);
    for (at, (time, file)) in files.iter().enumerate() {
        let age = Duration::try_from(now - *time).unwrap_or_default();
        if at >= too_many && age <= bounds.keep {
            continue;
        }
        match fs::remove_file(file) {
            Ok(()) => tracing::info!(file = %file.display(), "an old audit log was removed"),
            Err(error) => {
                tracing::warn!(file = %file.display(), %error, "an old audit log cannot be removed");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use serde_json::json;

    use super::*;

    const BOUNDS: Bounds = Bounds { keep: Duration::from_secs(86_400), bytes: 4 << 10, files: 3 };

    fn log(folder: &tempfile::TempDir) -> Log {
        Log::new(folder.path().join("audit"))
    }

    fn lines(path: &Path) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.ends_with('\n'), "{text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap_or(json!(line))).collect()
    }

    fn names(folder: &tempfile::TempDir) -> Vec<String> {
        let files = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_file_is_for_its_owner_alone_and_gone_on_with() {
        let folder = tempfile::tempdir().unwrap();
        for number in 0..2 {
            let mut log = log(&folder);
            log.push(&json!({ "n": number }));
            assert!(log.waits() && log.write(&BOUNDS) && !log.waits());
        }
        let file = folder.path().join("audit");
        assert_eq!(lines(&file), [json!({ "n": 0 }), json!({ "n": 1 })]);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_line_that_was_cut_by_a_crash_spoils_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit");
        fs::write(&file, "{\"n\":0}\n{\"n\":").unwrap();
        let mut log = log(&folder);
        log.push(&json!({ "n": 1 }));
        assert!(log.write(&BOUNDS));
        assert_eq!(lines(&file), [json!({ "n": 0 }), json!("{\"n\":"), json!({ "n": 1 })]);
    }

    #[test]
    fn what_was_half_written_is_written_in_whole_into_a_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = log(&folder);
        log.push(&json!({ "n": 0 }));
        log.push(&json!({ "n": 1 }));
        // As a disk does that is full after one line and a half.
        log.written = 12;
        log.reopen();
        assert!(log.write(&BOUNDS));
        assert_eq!(lines(&folder.path().join("audit")), [json!({ "n": 1 })]);
    }

    #[test]
    fn a_file_that_is_too_large_is_put_aside_and_only_so_many_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = log(&folder);
        for number in 0..60 {
            log.push(&json!({ "n": number, "text": "x".repeat(500) }));
            assert!(log.write(&BOUNDS));
        }
        let names = names(&folder);
        assert_eq!(names.len(), 4, "{names:?}");
        let mut all = Vec::new();
        for name in names[1..].iter().chain([&names[0]]) {
            let file = folder.path().join(name);
            assert!(fs::metadata(&file).unwrap().len() < 4096 + 600);
            all.extend(lines(&file).into_iter().map(|line| line["n"].as_u64().unwrap()));
        }
        let first = all[0];
        assert_eq!(all, (first..60).collect::<Vec<_>>(), "nothing between is missing");
    }

    #[test]
    fn what_is_older_than_it_may_be_is_removed_and_other_files_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let now = clock::shown();
        let hours = |hours: u64| Duration::from_secs(3600 * hours);
        let file = folder.path().join("audit");
        let (old, young) = (aside(&file, now - hours(25)), aside(&file, now - hours(23)));
        for file in [&old, &young, &folder.path().join("audit.notes")] {
            fs::write(file, "").unwrap();
        }
        log(&folder).tidy(&BOUNDS);
        let young = young.file_name().unwrap().to_str().unwrap();
        assert_eq!(names(&folder), [young, "audit.notes"]);
    }

    #[test]
    fn a_file_that_has_become_old_is_put_aside() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit");
        let now = clock::shown();
        for (hours, count) in [(2, 1), (3, 2)] {
            let time = show_time(now - Duration::from_secs(3600 * hours));
            fs::write(&file, format!("{{\"time\":\"{time}\"}}\n")).unwrap();
            let mut log = log(&folder);
            log.tidy(&BOUNDS);
            log.push(&json!({}));
            assert!(log.write(&BOUNDS));
            assert_eq!(names(&folder).len(), count, "{hours} h");
        }
    }

    #[test]
    fn what_cannot_be_written_waits_until_it_can() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("audit");
        std::os::unix::fs::symlink("/dev/full", &file).unwrap();
        let mut log = log(&folder);
        log.push(&json!({ "n": 0 }));
        assert!(!log.write(&BOUNDS) && log.waits() && !log.write(&BOUNDS));
        assert_eq!(names(&folder), ["audit"], "a device is not put aside");
        fs::remove_file(&file).unwrap();
        log.reopen();
        assert!(log.write(&BOUNDS));
        assert_eq!(lines(&file), [json!({ "n": 0 })]);
    }

    #[test]
    fn a_name_says_when_its_file_was_put_aside() {
        let name = "2026-11-28T00-00-00.000Z";
        assert_eq!(show_in_name(time_in_name(name).unwrap()), name);
        for bad in ["", "1", "2026-11-28", "2026-11-28T00:00:00.000Z", "2026-11-28T00-00-00Z.gz"] {
            assert_eq!(time_in_name(bad), None, "{bad}");
        }
    }
}
