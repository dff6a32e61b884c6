//! Why a command could not do what it was asked for: what, where, and what to do about it.

use std::io;
use std::path::PathBuf;

use super::shown;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The configuration names no admin listener.
    #[error(
        "{0} has no admin listener: add [[listen]] with protocol = \"admin\" and an address, and \
         start mudkeep again (or say --api URL)"
    )]
    NoListener(String),
    /// The admin listener has port 0: the system picks one at each start.
    #[error(
        "the admin listener of the configuration is on port 0, which the system picks: see the log \
         of mudkeep, and say --api http://ADDRESS:PORT"
    )]
    AnyPort,
    /// `--api` is not the address of an API.
    #[error("--api {url}: {what}; expected http://HOST:PORT such as http://127.0.0.1:4090")]
    BadUrl {
        /// What was given, made harmless.
        url: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// There is no such file.
    #[error(
        "there is no token file {}: mudkeep makes it when it starts with an admin listener, in the \
         folder that it runs in; run this there, or say --token-file FILE",
        .0.display()
    )]
    NoToken(PathBuf),
    /// The file is there and is not for us.
    #[error("{0}; it is for the user that mudkeep runs as: be that one, or say --token-file FILE")]
    UnreadableToken(io::Error),
    /// The file holds no token, or others can read it.
    #[error("{0}")]
    BadToken(io::Error),
    /// Nobody is there.
    #[error(
        "nothing listens on {0}: mudkeep does not run, or has no admin listener: add [[listen]] \
         protocol = \"admin\""
    )]
    Refused(String),
    /// It cannot be reached for another reason.
    #[error("{at} cannot be reached: {source}")]
    Unreachable {
        /// Where it should be.
        at: String,
        /// Why not.
        source: io::Error,
    },
    /// It did not answer, or stopped in the middle.
    #[error("{0} does not answer in time: mudkeep is stuck, or something else listens there")]
    Slow(String),
    /// The connection broke.
    #[error("{at} ended the connection: {source}")]
    Broken {
        /// Where.
        at: String,
        /// What hyper says.
        source: hyper::Error,
    },
    /// The answer is not one of mudkeep's.
    #[error("{at} answers {what}: is that mudkeep's admin listener?")]
    Strange {
        /// Where.
        at: String,
        /// What was odd.
        what: String,
    },
    /// 401.
    #[error("{at} does not take the token in {file}: is it the token of another mudkeep?")]
    Unauthorized {
        /// Where.
        at: String,
        /// Which token was shown.
        file: String,
    },
    /// Another answer that says no.
    #[error("mudkeep says no: {} ({code})", shown::text(.message))]
    Denied {
        /// The HTTP status.
        status: u16,
        /// The error's code, made harmless.
        code: String,
        /// What mudkeep says.
        message: String,
    },
    /// There is nothing of that name.
    #[error("{0}")]
    NotFound(String),
    /// The arguments contradict what there is.
    #[error("{0}")]
    Misuse(String),
    /// It cannot be done here.
    #[error("{0}")]
    Cannot(String),
    /// Output could not be written.
    #[error(transparent)]
    Output(#[from] io::Error),
}

impl Trouble {
    /// Whether the thing that was asked for is not there.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Trouble::NotFound(_) | Trouble::Denied { status: 404, .. })
    }

    /// The same, but in other words if it is that something is not there.
    pub(crate) fn or_not_found(self, words: impl FnOnce() -> String) -> Trouble {
        if self.is_not_found() { Trouble::NotFound(words()) } else { self }
    }
}
