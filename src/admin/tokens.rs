//! The tokens that open the admin's listener, and the file that they are in.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use constant_time_eq::constant_time_eq;
use rand::Rng;
use zeroize::Zeroizing;

/// Bytes of chance in a token that is made here.
const SECRET_BYTES: usize = 32;

/// Longest file that is read.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Shortest token that is taken: nobody is to guess it.
const TOKEN_BYTES_MIN: usize = 20;

/// Who a token is of where its line does not say.
const NAMELESS: &str = "admin";

/// The tokens, each with the name of whose it is.
pub struct Tokens(Vec<(String, Zeroizing<String>)>);

impl Tokens {
    /// Reads the file; makes it, with one token, if it is not there.
    ///
    /// # Errors
    /// It cannot be read or made, is no such file, or others than its owner can read it.
    pub fn load_or_make(path: &Path) -> io::Result<Tokens> {
        match Tokens::load(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make(path).map_err(|error| told(path, "cannot be made", &error))?;
                tracing::info!(file = %path.display(), "made, with a token for the admin's listener");
                Tokens::load(path)
            }
            loaded => loaded,
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// It is not there (`NotFound`), cannot be read, is no such file, or others can read it.
    pub fn load(path: &Path) -> io::Result<Tokens> {
        let file = File::open(path).map_err(|error| told(path, "cannot be read", &error))?;
        check_private(path, &file)?;
        let mut text = Zeroizing::new(String::new());
        file.take(FILE_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(|error| told(path, "cannot be read", &error))?;
        Tokens::parse(&text).map_err(|what| wrong(path, &what))
    }

    fn parse(text: &str) -> Result<Tokens, String> {
        let mut tokens = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (name, token) = match words[..] {
                [] => continue,
                [first, ..] if first.starts_with('#') => continue,
                [token] => (NAMELESS, token),
                [name, token] => (name, token),
                _ => return Err(format!("line {}: not a token, or a name and a token", at + 1)),
            };
            if token.len() < TOKEN_BYTES_MIN {
                let least = format!("a token has {TOKEN_BYTES_MIN} characters at least");
                return Err(format!("line {}: {least}", at + 1));
            }
            tokens.push((name.to_owned(), Zeroizing::new(token.to_owned())));
        }
        match tokens.is_empty() {
            true => Err("no token is in it: remove it, and one with a token is made".to_owned()),
            false => Ok(Tokens(tokens)),
        }
    }

    /// Whose token this is; none if it is nobody's. Every one is compared, each in constant time.
    #[must_use]
    pub fn owner_of(&self, token: &[u8]) -> Option<&str> {
        let mut owner = None;
        for (name, known) in &self.0 {
            if constant_time_eq(known.as_bytes(), token) {
                owner = Some(name.as_str());
            }
        }
        owner
    }

    /// The first one, for a program of the same machine that may read the file.
    #[must_use]
    pub fn first(&self) -> &str {
        self.0.first().map_or("", |(_, token)| token)
    }
}

fn make(path: &Path) -> io::Result<()> {
    let mut secret = Zeroizing::new([0; SECRET_BYTES]);
    rand::rng().fill_bytes(&mut *secret);
    let token = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*secret));
    // Under its name only when all of it is there: another one may be looking for it.
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{:016x}", rand::rng().next_u64()));
    let beside = Path::new(&beside);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(beside)?;
    let made = file
        .write_all(token.as_bytes())
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

/// A file that everybody can read is no secret.
fn check_private(path: &Path, file: &File) -> io::Result<()> {
    let metadata = file.metadata().map_err(|error| told(path, "cannot be looked at", &error))?;
    let mode = std::os::unix::fs::PermissionsExt::mode(&metadata.permissions());
    match mode & 0o077 {
        0 => Ok(()),
        _ => Err(wrong(path, "others than its owner can read or write it: chmod 600 it")),
    }
}

fn told(path: &Path, what: &str, error: &io::Error) -> io::Error {
    let text = format!("admin.token_file: {} {what}: {error}", path.display());
    io::Error::new(error.kind(), text)
}

fn wrong(path: &Path, what: &str) -> io::Error {
    let text = format!("admin.token_file: {}: {what}", path.display());
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_that_is_not_there_is_made_for_its_owner_alone_and_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("admin.token");
        let made = Tokens::load_or_make(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.trim().len(), 43);
        let again = Tokens::load_or_make(&path).unwrap();
        assert_eq!(again.first(), made.first());
        assert_eq!(again.owner_of(text.trim().as_bytes()), Some("admin"));
        assert_eq!(again.owner_of(b""), None);
        assert_eq!(again.owner_of(text.as_bytes()), None, "the line end is not of it");
    }

    #[test]
    fn many_that_make_it_at_once_have_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("admin.token");
        let made = std::thread::scope(|scope| {
            let makers: Vec<_> =
                (0..8).map(|_| scope.spawn(|| Tokens::load_or_make(&path))).collect();
            let made = makers.into_iter().map(|maker| maker.join().unwrap().unwrap());
            made.map(|tokens| tokens.first().to_owned()).collect::<Vec<_>>()
        });
        assert!(made.iter().all(|token| *token == made[0] && token.len() == 43));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("admin.token");
        Tokens::load_or_make(&path).unwrap();
        for mode in [0o640, 0o604, 0o620] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            let error = Tokens::load_or_make(&path).err().unwrap().to_string();
            assert!(error.contains("chmod 600"), "{error}");
        }
    }

    #[test]
    fn each_line_is_somebodys_token() {
        let tokens = Tokens::parse(
            "# staff\n\nalice  aaaaaaaaaaaaaaaaaaaaaaaaa\nbbbbbbbbbbbbbbbbbbbbbbbbb\n",
        );
        let tokens = tokens.unwrap();
        assert_eq!(tokens.owner_of(b"aaaaaaaaaaaaaaaaaaaaaaaaa"), Some("alice"));
        assert_eq!(tokens.owner_of(b"bbbbbbbbbbbbbbbbbbbbbbbbb"), Some("admin"));
        assert_eq!(tokens.owner_of(b"alice"), None);
        for bad in ["", "#\n", "short", "a b c", "alice nineteen-characters"] {
            assert!(Tokens::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_made_is_told_with_the_key() {
        let error = Tokens::load_or_make(Path::new("no/such/folder/token")).err().unwrap();
        assert!(
            error.to_string().starts_with("admin.token_file: no/such/folder/token cannot be made")
        );
    }
}
