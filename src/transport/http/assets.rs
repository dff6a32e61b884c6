//! The web client's files: part of the program, compressed once, with tags by which a browser asks
//! whether they have changed.

use std::io::Write;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH,
    VARY,
};
use hyper::{HeaderMap, StatusCode};
use sha2::{Digest, Sha256};

use super::answer::{self, Answer};

/// Nothing but the page's own files runs in it or is loaded by it, and no other page shows it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; media-src 'self' https:; manifest-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of `web/`.
struct File {
    path: &'static str,
    kind: &'static str,
    content: &'static [u8],
}

/// A file as it is sent.
struct Ready {
    file: &'static File,
    tag: HeaderValue,
    compressed: Option<Vec<u8>>,
}

macro_rules! files {
    ($($path:literal: $kind:expr),* $(,)?) => {
        const FILES: &[File] = &[$(File {
            path: $path,
            kind: $kind,
            content: include_bytes!(concat!("../../../web/", $path)),
        }),*];
    };
}

const HTML: &str = "text/html; charset=utf-8";

files! {
    "index.html": HTML,
}

fn ready() -> &'static [Ready] {
    static READY: OnceLock<Vec<Ready>> = OnceLock::new();
    READY.get_or_init(|| FILES.iter().map(Ready::new).collect())
}

impl Ready {
    fn new(file: &'static File) -> Ready {
        let hash = Sha256::digest(file.content);
        let tag: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::try_from(format!("\"{tag}\""));
        let tag = tag.unwrap_or(HeaderValue::from_static("\"\""));
        Ready { file, tag, compressed: compress(file.content) }
    }

    fn answer(&self, headers: &HeaderMap) -> Answer {
        let asks = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let known = asks(IF_NONE_MATCH).is_some_and(|tags| {
            self.tag.to_str().is_ok_and(|tag| tags == "*" || tags.contains(tag))
        });
        let takes_gzip = asks(ACCEPT_ENCODING).is_some_and(|all| all.contains("gzip"));
        let compressed = self.compressed.as_ref().filter(|_| takes_gzip && !known);
        let mut answer = match (known, compressed) {
            (true, _) => answer::empty(StatusCode::NOT_MODIFIED),
            (false, Some(content)) => answer::with(StatusCode::OK, self.file.kind, content.clone()),
            (false, None) => answer::with(StatusCode::OK, self.file.kind, self.file.content),
        };
        let zipped = compressed.is_some();
        let all = answer.headers_mut();
        all.insert(ETAG, self.tag.clone());
        all.insert(VARY, HeaderValue::from_static("accept-encoding"));
        // It may be kept, and is asked for again each time: a new mudkeep has new files.
        all.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        all.insert(
            HeaderName::from_static("content-security-policy"),
            HeaderValue::from_static(POLICY),
        );
        if zipped {
            all.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        answer
    }
}

fn compress(content: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).ok()?;
    let compressed = encoder.finish().ok()?;
    (compressed.len() < content.len()).then_some(compressed)
}

/// The file of this path.
pub(super) fn file(path: &str, headers: &HeaderMap) -> Answer {
    let name = match path.trim_start_matches('/') {
        "" => "index.html",
        name => name,
    };
    match ready().iter().find(|ready| ready.file.path == name) {
        Some(ready) => ready.answer(headers),
        None => answer::text(StatusCode::NOT_FOUND, "there is nothing here\n"),
    }
}
