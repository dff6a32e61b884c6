//! A client of the admin API: one question, one connection. Every wait ends, and an answer that is
//! too long is none.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::shown;
use super::trouble::Trouble;
use crate::admin::Tokens;
use crate::config::{Config, HostPort, ListenProtocol};

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long an answer may take, with all of its body.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a stream of events may be silent: mudkeep writes a comment every 15 s.
const SILENCE_MAX: Duration = Duration::from_secs(60);

/// Longest answer.
const ANSWER_BYTES_MAX: usize = 8 << 20;

/// The admin API of one mudkeep.
pub struct Api {
    at: HostPort,
    tokens: Tokens,
    token_file: PathBuf,
    patience: Duration,
}

impl Api {
    /// At this place, with the token in this file.
    ///
    /// # Errors
    /// The file is not there, cannot be read, or holds no token.
    pub fn new(at: HostPort, token_file: &Path) -> Result<Api, Trouble> {
        let tokens = Tokens::load(token_file).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Trouble::NoToken(token_file.to_owned()),
            io::ErrorKind::PermissionDenied => Trouble::UnreadableToken(error),
            _ => Trouble::BadToken(error),
        })?;
        let token_file = token_file.to_owned();
        Ok(Api { at, tokens, token_file, patience: ANSWER_TIMEOUT })
    }

    /// Where it is.
    pub(crate) fn place(&self) -> String {
        self.at.to_string()
    }

    /// The same, waiting only so long for an answer.
    pub(crate) fn with_patience(self, patience: Duration) -> Api {
        Api { patience, ..self }
    }

    /// Asks for what is at `path`.
    pub(crate) async fn ask(&self, path: &str) -> Result<Value, Trouble> {
        self.send(Method::GET, path, None).await
    }

    /// Asks for what is at `path`, as the thing that it should be.
    pub(crate) async fn read<T: for<'de> Deserialize<'de>>(
        &self,
        path: &str,
    ) -> Result<T, Trouble> {
        let value = self.ask(path).await?;
        self.understand(value)
    }

    /// Reads an answer as the thing that it should be.
    pub(crate) fn understand<T: for<'de> Deserialize<'de>>(
        &self,
        value: Value,
    ) -> Result<T, Trouble> {
        serde_json::from_value(value)
            .map_err(|error| self.strange(format!("something unexpected ({error})")))
    }

    /// Has something done. The answer is null if there is none.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Trouble> {
        let bytes = self.exchange(method, path, body).await?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|_| self.strange("no JSON".to_owned()))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Vec<u8>, Trouble> {
        let stream = self.connect().await?;
        let request = self.request(&stream, method, path, body)?;
        let stream = TokioIo::new(stream);
        let talk = async {
            let (mut sender, connection) = self.whole(http1::handshake(stream).await)?;
            let answer = async {
                let response = self.whole(sender.send_request(request).await)?;
                self.read_answer(response).await
            };
            let (mut answer, connection) = (pin!(answer), pin!(connection));
            tokio::select! {
                answer = &mut answer => answer,
                // It has been read to its end; what was read is still to be taken.
                _ = connection => answer.await,
            }
        };
        let answer = timeout(self.patience, talk).await;
        answer.unwrap_or_else(|_| Err(Trouble::Slow(self.place())))
    }

    /// Hands each piece of an endless answer to `each`, until it is over or `each` fails.
    pub(crate) async fn stream(
        &self,
        path: &str,
        mut each: impl FnMut(&[u8]) -> Result<(), Trouble>,
    ) -> Result<(), Trouble> {
        let stream = self.connect().await?;
        let request = self.request(&stream, Method::GET, path, None)?;
        let stream = TokioIo::new(stream);
        let (mut sender, connection) = self.whole(http1::handshake(stream).await)?;
        let pieces = async {
            let response = timeout(self.patience, sender.send_request(request)).await;
            let response = response.map_err(|_| Trouble::Slow(self.place()))?;
            let response = self.whole(response)?;
            if !response.status().is_success() {
                return self.read_answer(response).await.map(drop);
            }
            let mut body = response.into_body();
            loop {
                let frame = timeout(SILENCE_MAX, body.frame()).await;
                let Some(frame) = frame.map_err(|_| Trouble::Slow(self.place()))? else {
                    return Ok(());
                };
                if let Ok(piece) = self.whole(frame)?.into_data() {
                    each(&piece)?;
                }
            }
        };
        let (mut pieces, connection) = (pin!(pieces), pin!(connection));
        tokio::select! {
            done = &mut pieces => done,
            _ = connection => pieces.await,
        }
    }

    /// Host is the address and not its name: mudkeep takes no name there but localhost, which keeps
    /// the pages of sites out that give themselves its address.
    fn request(
        &self,
        stream: &TcpStream,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Request<Full<Bytes>>, Trouble> {
        let mut bearer = Zeroizing::new(String::from("Bearer "));
        bearer.push_str(self.tokens.first());
        let host = stream.peer_addr().map(|address| address.to_string());
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/api/v1/{path}"))
            .header(HOST, host.unwrap_or_else(|_| self.place()))
            .header(ACCEPT, "application/json, text/event-stream")
            .header(AUTHORIZATION, bearer.as_str());
        if body.is_some() {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        // Not its own words: they might repeat the token.
        let bad = |_| Trouble::Misuse(format!("{} cannot be asked for", shown::text(path)));
        request.body(Full::new(Bytes::from(body))).map_err(bad)
    }

    async fn connect(&self) -> Result<TcpStream, Trouble> {
        let connecting = TcpStream::connect((self.at.host.as_str(), self.at.port));
        match timeout(CONNECT_TIMEOUT, connecting).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) if error.kind() == io::ErrorKind::ConnectionRefused => {
                Err(Trouble::Refused(self.place()))
            }
            Ok(Err(source)) => Err(Trouble::Unreachable { at: self.place(), source }),
            Err(_) => Err(Trouble::Slow(self.place())),
        }
    }

    /// The body of a good answer, or what a bad one says.
    async fn read_answer(&self, response: Response<Incoming>) -> Result<Vec<u8>, Trouble> {
        let status = response.status();
        let mut body = response.into_body();
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let Ok(piece) = self.whole(frame)?.into_data() else { continue };
            if bytes.len() + piece.len() > ANSWER_BYTES_MAX {
                return Err(self.strange("more than 8MiB".to_owned()));
            }
            bytes.extend_from_slice(&piece);
        }
        if status.is_success() { Ok(bytes) } else { Err(self.refused(status, &bytes)) }
    }

    fn refused(&self, status: StatusCode, body: &[u8]) -> Trouble {
        if status == StatusCode::UNAUTHORIZED {
            let file = self.token_file.display().to_string();
            return Trouble::Unauthorized { at: self.place(), file };
        }
        match serde_json::from_slice::<ErrorAnswer>(body) {
            Ok(ErrorAnswer { error: ErrorBody { code, message } }) => {
                Trouble::Denied { status: status.as_u16(), code: shown::text(&code), message }
            }
            Err(_) => self.strange(format!("with HTTP status {status}")),
        }
    }

    fn whole<T>(&self, result: Result<T, hyper::Error>) -> Result<T, Trouble> {
        result.map_err(|source| match source.is_parse() {
            true => self.strange("no HTTP".to_owned()),
            false => Trouble::Broken { at: self.place(), source },
        })
    }

    /// What it answers is not what it should.
    pub(crate) fn strange(&self, what: String) -> Trouble {
        Trouble::Strange { at: self.place(), what }
    }
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: ErrorBody,
}

#[derive(Deserialize)]
struct ErrorBody {
    code: String,
    message: String,
}

/// Where `--api` says that it is.
pub(super) fn read_url(url: &str) -> Result<HostPort, Trouble> {
    let bad = |what| Trouble::BadUrl { url: shown::text(url), what };
    let uri: Uri = url.parse().map_err(|_| bad("is no URL"))?;
    match uri.scheme_str() {
        None | Some("http") => {}
        Some("https") => return Err(bad("is https, which the admin listener does not speak")),
        Some(_) => return Err(bad("is not http")),
    }
    if !matches!(uri.path_and_query().map(|path| path.as_str()), None | Some("/" | "")) {
        return Err(bad("has a path"));
    }
    let authority = uri.authority().ok_or_else(|| bad("names no host"))?;
    authority.as_str().parse().map_err(|_| bad("does not say which host and port"))
}

/// The address of the first admin listener; one on all addresses is reached on this machine's own.
pub(super) fn of_config(config: &Config, file: Option<&str>) -> Result<HostPort, Trouble> {
    let listen = config.listen.0.iter().find(|listen| listen.protocol == ListenProtocol::Admin);
    let Some(address) = listen.map(|listen| listen.address) else {
        return Err(Trouble::NoListener(file.unwrap_or("the built-in configuration").to_owned()));
    };
    let host = match address.ip() {
        IpAddr::V4(all) if all.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(all) if all.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        host => host,
    };
    match address.port() {
        0 => Err(Trouble::AnyPort),
        port => Ok(HostPort { host: host.to_string(), port }),
    }
}
