//! The tokens that open the admin's listener, and the file that they are in.

use std::io;
use std::path::Path;

use constant_time_eq::constant_time_eq;
use zeroize::Zeroizing;

use crate::key_file;

/// The key of the configuration that names the file.
const KEY: &str = "admin.token_file";

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
        Tokens::read(path, &key_file::read_or_make(KEY, path)?)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// It is not there (`NotFound`), cannot be read, is no such file, or others can read it.
    pub fn load(path: &Path) -> io::Result<Tokens> {
        Tokens::read(path, &key_file::read(KEY, path)?)
    }

    fn read(path: &Path, text: &str) -> io::Result<Tokens> {
        Tokens::parse(text).map_err(|what| key_file::wrong(KEY, path, &what))
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
