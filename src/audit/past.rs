//! What is in the audit log, read from the newest line to the oldest.

use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use super::file::put_aside_before;

/// How much is read at once.
const BLOCK_BYTES: usize = 256 << 10;

/// The longest line; of a longer one nothing is shown.
const LINE_BYTES_MAX: usize = 1 << 20;

/// How a search ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ended {
    /// Whoever looked has seen enough.
    Enough,
    /// There is nothing older.
    AtOldest,
    /// As much was read as may be.
    AtBound,
}

/// Shows each line of the audit log, the newest first, and reads no more than `bytes_max`. It may
/// take a while: it is for a thread that may be held up.
///
/// # Errors
/// A file cannot be read. That there is none is no error.
pub(crate) fn search(
    path: &Path,
    bytes_max: u64,
    see: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> io::Result<Ended> {
    let mut left = bytes_max;
    let newest = opened(path)?;
    let newest_is = newest.as_ref().map(identity).transpose()?;
    if let Some(file) = newest {
        match backwards(&file, &mut left, see)? {
            Ended::AtOldest => {}
            ended => return Ok(ended),
        }
    }
    for (_, path) in put_aside_before(path)?.into_iter().rev() {
        // It may be put aside, or removed, meanwhile.
        let Some(file) = opened(&path)? else { continue };
        if newest_is == Some(identity(&file)?) {
            continue;
        }
        match backwards(&file, &mut left, see)? {
            Ended::AtOldest => {}
            ended => return Ok(ended),
        }
    }
    Ok(Ended::AtOldest)
}

/// The file, if there is one; what is none, such as a device, has nothing to be read.
fn opened(path: &Path) -> io::Result<Option<File>> {
    if !path.is_file() {
        return Ok(None);
    }
    match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => opened.map(Some),
    }
}

fn identity(file: &File) -> io::Result<(u64, u64)> {
    file.metadata().map(|metadata| (metadata.dev(), metadata.ino()))
}

fn backwards(
    file: &File,
    left: &mut u64,
    see: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> io::Result<Ended> {
    let mut at = file.metadata()?.len();
    // The beginning of a line, or all of it, whose start has not been read.
    let mut rest: Vec<u8> = Vec::new();
    while at > 0 {
        let count = at.min(BLOCK_BYTES as u64);
        if *left < count {
            return Ok(Ended::AtBound);
        }
        (*left, at) = (*left - count, at - count);
        let mut block = vec![0; usize::try_from(count).unwrap_or(BLOCK_BYTES)];
        file.read_exact_at(&mut block, at)?;
        block.append(&mut rest);
        let mut lines = block.as_slice();
        while let Some(end) = memchr::memrchr(b'\n', lines) {
            let line = &lines[end + 1..];
            lines = &lines[..end];
            if !line.is_empty() && see(line).is_break() {
                return Ok(Ended::Enough);
            }
        }
        if lines.len() <= LINE_BYTES_MAX {
            rest = lines.to_vec();
        }
    }
    match rest.is_empty() || see(&rest).is_continue() {
        true => Ok(Ended::AtOldest),
        false => Ok(Ended::Enough),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The lines that a search shows, at most so many, and how it ended.
    fn seen(path: &Path, bytes_max: u64, lines_max: usize) -> (Vec<String>, Ended) {
        let mut lines = Vec::new();
        let ended = search(path, bytes_max, &mut |line| {
            lines.push(String::from_utf8_lossy(line).into_owned());
            if lines.len() < lines_max { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        });
        (lines, ended.unwrap())
    }

    #[test]
    fn lines_come_newest_first_over_all_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit");
        assert_eq!(seen(&path, 1000, 9), (vec![], Ended::AtOldest));
        fs::write(folder.path().join("audit.2026-01-01T00-00-00.000Z"), "1\n2\n").unwrap();
        fs::write(folder.path().join("audit.2026-01-02T00-00-00.000Z"), "3\n\n4").unwrap();
        fs::write(folder.path().join("audit.other"), "x\n").unwrap();
        fs::write(&path, "5\n6\n").unwrap();
        let all = ["6", "5", "4", "3", "2", "1"].map(str::to_owned);
        assert_eq!(seen(&path, 1000, 9), (all.to_vec(), Ended::AtOldest));
        assert_eq!(seen(&path, 1000, 3), (all[..3].to_vec(), Ended::Enough));
        assert_eq!(seen(&path, 8, 9), (all[..4].to_vec(), Ended::AtBound));
    }

    #[test]
    fn lines_are_whole_wherever_blocks_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit");
        let lines: Vec<String> =
            (0..2000).map(|n| format!("{n} {}", "x".repeat(n % 700))).collect();
        fs::write(&path, lines.join("\n") + "\n").unwrap();
        let (seen, ended) = seen(&path, u64::MAX, usize::MAX);
        assert_eq!(ended, Ended::AtOldest);
        assert!(seen.iter().rev().eq(&lines));
    }

    #[test]
    fn a_line_without_end_takes_no_memory_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit");
        let long = "x".repeat(3 * LINE_BYTES_MAX);
        fs::write(&path, format!("1\n{long}\n2\n")).unwrap();
        let (lines, ended) = seen(&path, u64::MAX, usize::MAX);
        assert_eq!(
            (lines.first().unwrap(), lines.last().unwrap(), ended),
            (&"2".to_owned(), &"1".to_owned(), Ended::AtOldest)
        );
        assert!(lines.iter().all(|line| line.len() <= LINE_BYTES_MAX + BLOCK_BYTES));
    }
}
