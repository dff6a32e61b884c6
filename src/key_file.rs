//! Files that hold a secret for mudkeep alone: made with one if they are not there, and not taken if
//! others than their owner can read them.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::Rng;
use zeroize::Zeroizing;

/// Bytes of chance in a secret that is made here.
const SECRET_BYTES: usize = 32;

/// Longest file that is read.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Reads such a file; `key` of the configuration names it. Makes it if it is not there.
///
/// # Errors
/// It cannot be read or made, is not text, or others than its owner can read it.
pub(crate) fn read_or_make(key: &str, path: &Path) -> io::Result<Zeroizing<String>> {
    match read(key, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(path).map_err(|error| told(key, path, "cannot be made", &error))?;
            tracing::info!(file = %path.display(), "made, with a new secret for {key}");
            read(key, path)
        }
        read => read,
    }
}

/// Reads such a file.
///
/// # Errors
/// It is not there (`NotFound`), cannot be read, is not text, or others can read it.
pub(crate) fn read(key: &str, path: &Path) -> io::Result<Zeroizing<String>> {
    let cannot = |error| told(key, path, "cannot be read", &error);
    let file = File::open(path).map_err(cannot)?;
    let mode = file.metadata().map_err(cannot)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(wrong(key, path, "others than its owner can read or write it: chmod 600 it"));
    }
    let mut text = Zeroizing::new(String::new());
    file.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(cannot)?;
    Ok(text)
}

fn make(path: &Path) -> io::Result<()> {
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    rand::rng().fill_bytes(&mut *secret);
    let text = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*secret));
    // Under its name only when all of it is there: another one may be looking for it.
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{:016x}", rand::rng().next_u64()));
    let beside = Path::new(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    let mut file = options.open(beside)?;
    let made = file
        .write_all(text.as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .and_then(|()| file.sync_all())
        .and_then(|()| std::fs::hard_link(beside, path));
    let _ = std::fs::remove_file(beside);
    match made {
        // Whoever was first has made it.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

fn told(key: &str, path: &Path, what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{key}: {} {what}: {error}", path.display()))
}

/// What is in the file is not what it should be.
pub(crate) fn wrong(key: &str, path: &Path, what: &str) -> io::Error {
    let text = format!("{key}: {}: {what}", path.display());
    io::Error::new(io::ErrorKind::InvalidData, text)
}
