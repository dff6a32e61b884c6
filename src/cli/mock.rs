//! An admin API with canned answers, and a command line that is run against it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use super::{Exit, Programs};

/// The token that the mock's file holds.
pub(crate) const TOKEN: &str = "0123456789abcdefghijABCDEFGHIJ0123456789-_x";

/// What was asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    /// `GET health`, without what all paths begin with.
    pub(crate) what: String,
    /// In lower case, a line each.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// What is answered.
pub(crate) enum Reply {
    /// A status and a body.
    Whole(u16, String),
    /// These bytes, and the end of the connection.
    Raw(Vec<u8>),
    /// No answer and no end, until the mock is gone.
    Nothing,
}

/// A 200.
pub(crate) fn good(body: impl ToString) -> Reply {
    Reply::Whole(200, body.to_string())
}

/// An error as mudkeep writes them.
pub(crate) fn bad(status: u16, code: &str, message: &str) -> Reply {
    let error = serde_json::json!({ "error": { "code": code, "message": message } });
    Reply::Whole(status, error.to_string())
}

/// A running one. It ends when it is dropped.
pub(crate) struct Mock {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Asked>>>,
    over: Arc<Mutex<bool>>,
    thread: Option<JoinHandle<()>>,
    folder: tempfile::TempDir,
}

impl Mock {
    /// Answers what the closure says, one connection after the other.
    pub(crate) fn new(answer: impl Fn(&Asked) -> Reply + Send + 'static) -> Mock {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(false)));
        let folder = tempfile::tempdir().unwrap();
        write_token(&folder.path().join("token"), &format!("{TOKEN}\n"));
        let (all, end) = (seen.clone(), over.clone());
        let thread = std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                if *end.lock().unwrap() {
                    break;
                }
                let mut stream = stream.unwrap();
                let Some(asked) = read(&stream) else { continue };
                all.lock().unwrap().push(asked.clone());
                match answer(&asked) {
                    Reply::Whole(status, body) => {
                        let length = body.len();
                        let _ = write!(
                            stream,
                            "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}"
                        );
                    }
                    Reply::Raw(bytes) => {
                        let _ = stream.write_all(&bytes);
                    }
                    Reply::Nothing => silent.push(stream),
                }
            }
        });
        Mock { address, seen, over, thread: Some(thread), folder }
    }

    /// Always the same.
    pub(crate) fn always(status: u16, body: impl ToString) -> Mock {
        let body = body.to_string();
        Mock::new(move |_| Reply::Whole(status, body.clone()))
    }

    /// What was asked, in order: `GET health`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|asked| asked.what.clone()).collect()
    }

    /// All of the last question.
    pub(crate) fn last(&self) -> Asked {
        self.seen.lock().unwrap().last().cloned().unwrap()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// An API as the view asks it.
    pub(crate) fn api(&self) -> super::Api {
        let at = self.address.to_string().parse().unwrap();
        super::Api::new(at, &self.folder.path().join("token")).unwrap()
    }

    /// What this command line comes to: exit, output, errors.
    pub(crate) fn run(&self, line: &[&str]) -> (Exit, String, String) {
        self.run_in(None, line)
    }

    /// The same in a terminal so wide.
    pub(crate) fn run_in(&self, width: Option<usize>, line: &[&str]) -> (Exit, String, String) {
        let (api, token) = (format!("http://{}/", self.address), self.folder.path().join("token"));
        let reach = ["--api", &api, "--token-file", token.to_str().unwrap()];
        run_line(width, &[line, &reach].concat())
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        *self.over.lock().unwrap() = true;
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Writes a file that its owner alone can read.
pub(crate) fn write_token(file: &std::path::Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(file, text).unwrap();
    std::fs::set_permissions(file, PermissionsExt::from_mode(0o600)).unwrap();
}

/// What a command line comes to that starts nothing.
pub(crate) fn run_line(width: Option<usize>, line: &[&str]) -> (Exit, String, String) {
    let programs = Programs {
        start_log: &|_| Ok(()),
        serve: &|_, _| Ok(()),
        demo_game: &|_| Ok(()),
        watch: &|_| Err(std::io::Error::other("watched")),
        width: &move || width,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = super::run([&["mudkeep"], line].concat(), &programs, &mut out, &mut err);
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
        if head == "\r\n" {
            break;
        }
    }
    let lower: String = head.lines().map(lower_name).collect();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    reader.read_exact(&mut body).ok()?;
    let what = first.strip_suffix(" HTTP/1.1\r\n")?.replace("/api/v1/", "");
    Some(Asked { what, head: lower, body: String::from_utf8(body).unwrap() })
}

fn lower_name(line: &str) -> String {
    match line.split_once(':') {
        Some((name, value)) => format!("{}:{value}\n", name.to_lowercase()),
        None => String::new(),
    }
}
