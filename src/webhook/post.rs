//! One POST over a connection of its own.

use std::error::Error;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use uuid::Uuid;

use super::Delivered;
use super::signature::Key;
use crate::clock;

/// The headers of a delivery.
const SIGNATURE: &str = "mudkeep-signature";
const DELIVERY: &str = "mudkeep-delivery";

const AGENT: &str = concat!("mudkeep/", env!("CARGO_PKG_VERSION"));

/// Where it goes.
pub(super) struct Target {
    host: String,
    port: u16,
    /// As the header Host has it.
    authority: HeaderValue,
    path: String,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// Why a delivery did not arrive.
#[derive(Debug)]
pub(super) struct Failure {
    /// In words.
    pub(super) what: String,
    /// It may go better another time.
    pub(super) passes: bool,
    /// The other side asks for so much time.
    pub(super) retry_after: Option<Duration>,
}

impl Failure {
    /// Something went wrong on the way.
    pub(super) fn of_network(what: String) -> Failure {
        Failure { what, passes: true, retry_after: None }
    }
}

impl Target {
    /// An address that the configuration has taken.
    ///
    /// # Errors
    /// The certificates cannot be read, or there are none.
    pub(super) fn new(url: &Uri, ca_file: Option<&Path>) -> io::Result<Target> {
        let wrong = |what: &str| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("webhook.url: {what}"))
        };
        let host = url.host().unwrap_or_default();
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let is_https = url.scheme_str() == Some("https");
        let port = url.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        let authority = url.authority().map_or("", |authority| authority.as_str());
        let authority = authority.parse().map_err(|_| wrong("its host is none"))?;
        let tls = match is_https {
            true => {
                let name = ServerName::try_from(host.clone());
                Some((connector(ca_file)?, name.map_err(|_| wrong("its host is none"))?))
            }
            false => None,
        };
        let path = url.path_and_query().map_or("/", |path| path.as_str()).to_owned();
        Ok(Target { host, port, authority, path, tls })
    }

    /// Sends `body`, signed now. Who calls this bounds the time.
    pub(super) async fn post(&self, key: &Key, id: Uuid, body: Bytes) -> Delivered {
        let answer = self.answer(key, id, body).await;
        judge(answer.map_err(|error| Failure::of_network(in_words(&*error)))?)
    }

    async fn answer(
        &self,
        key: &Key,
        id: Uuid,
        body: Bytes,
    ) -> Result<Response<Incoming>, Box<dyn Error + Send + Sync>> {
        let request = self.request(key, id, body)?;
        let stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        match &self.tls {
            Some((connector, name)) => {
                exchange(connector.connect(name.clone(), stream).await?, request).await
            }
            None => exchange(stream, request).await,
        }
    }

    fn request(
        &self,
        key: &Key,
        id: Uuid,
        body: Bytes,
    ) -> Result<Request<Full<Bytes>>, Box<dyn Error + Send + Sync>> {
        let signature = key.sign(clock::shown().unix_timestamp(), &body);
        let value = |text: &str| text.parse::<HeaderValue>();
        let mut request = Request::post(&self.path).body(Full::new(body))?;
        let headers = request.headers_mut();
        headers.insert(HOST, self.authority.clone());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(SIGNATURE, value(&signature)?);
        headers.insert(DELIVERY, value(&id.to_string())?);
        Ok::<_, Box<dyn Error + Send + Sync>>(request)
    }
}

/// Sends a request and waits for the head of its answer; what it says besides is not read.
async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
) -> Result<Response<Incoming>, Box<dyn Error + Send + Sync>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let mut answer = std::pin::pin!(sender.send_request(request));
    tokio::select! {
        biased;
        answer = answer.as_mut() => Ok(answer?),
        // It may have ended with the answer.
        ended = connection => match ended {
            Ok(()) => Ok(answer.await?),
            Err(error) => Err(error.into()),
        },
    }
}

/// What an answer means.
fn judge(answer: Response<Incoming>) -> Delivered {
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let may_pass = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
    let seconds =
        answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    Err(Failure {
        what: format!("it answered {status}"),
        passes: status.is_server_error() || may_pass.contains(&status),
        retry_after: seconds.map(Duration::from_secs),
    })
}

/// An error with what it comes from, as far as that says more.
fn in_words(error: &(dyn Error + 'static)) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        source = error.source();
    }
    words
}

/// What connects by TLS and trusts these certificates, or the system's.
fn connector(ca_file: Option<&Path>) -> io::Result<TlsConnector> {
    let mut roots = RootCertStore::empty();
    let none = match ca_file {
        Some(file) => {
            let wrong = |error: &dyn Error| {
                let text = format!("webhook.ca_file: {} cannot be read: {error}", file.display());
                io::Error::new(io::ErrorKind::InvalidData, text)
            };
            for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(&error))? {
                let certificate = certificate.map_err(|error| wrong(&error))?;
                roots.add(certificate).map_err(|error| wrong(&error))?;
            }
            format!("webhook.ca_file: no certificate is in {}", file.display())
        }
        None => {
            // One that cannot be read is as if it were not there.
            let system = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(system.certs);
            "webhook.url: the system has no certificates that are trusted: install its \
             ca-certificates, or name some in webhook.ca_file"
                .to_owned()
        }
    };
    if roots.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, none));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
