//! The web client's files: part of the program, compressed once, with tags by which a browser asks
//! whether they have changed.

use std::io::Write;
use std::sync::OnceLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH,
    VARY,
};
use hyper::{HeaderMap, StatusCode};
use rust_embed::{Embed, EmbeddedFile};

use super::answer::{self, Answer};

/// Nothing but the page's own files runs in it or is loaded by it, and no other page shows it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; media-src 'self' https:; manifest-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The files of `web/`, but for what belongs to those who work on them.
#[derive(Embed)]
#[folder = "web/"]
#[exclude = "test/*"]
#[exclude = "package.json"]
#[exclude = "README.md"]
struct Files;

/// A file as it is sent.
struct Ready {
    path: String,
    kind: &'static str,
    content: Bytes,
    compressed: Option<Bytes>,
    tag: HeaderValue,
}

/// What a file is, by the end of its name.
fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, end)| end) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webmanifest" => "application/manifest+json",
        "json" => "application/json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn ready() -> &'static [Ready] {
    static READY: OnceLock<Vec<Ready>> = OnceLock::new();
    READY.get_or_init(|| {
        let all = Files::iter().filter_map(|path| Some((Files::get(&path)?, path)));
        all.map(|(file, path)| Ready::new(&path, &file)).collect()
    })
}

impl Ready {
    fn new(path: &str, file: &EmbeddedFile) -> Ready {
        let hash = file.metadata.sha256_hash();
        let tag: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        let tag = HeaderValue::try_from(format!("\"{tag}\""));
        Ready {
            path: path.to_owned(),
            kind: kind(path),
            content: Bytes::copy_from_slice(&file.data),
            compressed: compress(&file.data).map(Bytes::from),
            tag: tag.unwrap_or(HeaderValue::from_static("\"\"")),
        }
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
            (false, Some(content)) => answer::with(StatusCode::OK, self.kind, content.clone()),
            (false, None) => answer::with(StatusCode::OK, self.kind, self.content.clone()),
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

/// Whose pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Of {
    /// The players'.
    Players,
    /// The staff's, which are in a folder of their own.
    Staff,
}

/// Where the staff's are.
const STAFF: &str = "admin/";

/// The file of this path.
pub(crate) fn file(of: Of, path: &str, headers: &HeaderMap) -> Answer {
    let name = match path.strip_prefix('/').unwrap_or(path) {
        "" => "index.html",
        name => name,
    };
    let found = ready().iter().find(|ready| match of {
        Of::Players => ready.path == name && !name.starts_with(STAFF),
        Of::Staff => ready.path.strip_prefix(STAFF) == Some(name),
    });
    match found {
        Some(ready) => ready.answer(headers),
        None => answer::text(StatusCode::NOT_FOUND, "there is nothing here\n"),
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[test]
    fn every_file_of_the_client_is_there_with_its_kind_and_nothing_else() {
        let paths: Vec<&str> = ready().iter().map(|ready| &*ready.path).collect();
        for path in ["index.html", "mudkeep.js", "style.css", "app/main.js", "manifest.webmanifest"]
        {
            assert!(paths.contains(&path), "{path}");
        }
        for ready in ready() {
            assert_ne!(ready.kind, "application/octet-stream", "{}", ready.path);
            assert!(!ready.path.starts_with("test/"), "{}", ready.path);
        }
    }

    #[tokio::test]
    async fn a_file_that_has_not_changed_is_not_sent_again() {
        let first = file(Of::Players, "/", &HeaderMap::new());
        assert_eq!(first.status(), StatusCode::OK);
        let mut headers = HeaderMap::new();
        headers.insert(IF_NONE_MATCH, first.headers()[ETAG].clone());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("br, gzip"));
        assert_eq!(file(Of::Players, "/index.html", &headers).status(), StatusCode::NOT_MODIFIED);
        headers.insert(IF_NONE_MATCH, HeaderValue::from_static("\"older\""));
        let zipped = file(Of::Players, "/", &headers);
        assert_eq!(zipped.headers()[CONTENT_ENCODING], "gzip");
        let whole = first.into_body().collect().await.unwrap().to_bytes();
        let bytes = zipped.into_body().collect().await.unwrap().to_bytes();
        assert!(bytes.len() < whole.len());
        let mut unzipped = Vec::new();
        let mut reader = flate2::read::GzDecoder::new(&*bytes);
        std::io::Read::read_to_end(&mut reader, &mut unzipped).unwrap();
        assert_eq!(unzipped, whole);
    }

    #[test]
    fn no_other_file_is_to_be_had() {
        for path in [
            "/Cargo.toml",
            "/../Cargo.toml",
            "/test/world.js",
            "//",
            "/package.json",
            "/admin/index.html",
        ] {
            assert_eq!(
                file(Of::Players, path, &HeaderMap::new()).status(),
                StatusCode::NOT_FOUND,
                "{path}"
            );
        }
    }
}
