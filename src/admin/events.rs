//! `/events`: what happens, as it happens, as Server-Sent Events.

use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use futures_util::stream;
use http_body_util::{BodyExt, StreamBody};
use hyper::StatusCode;
use hyper::body::{Bytes, Frame};
use hyper::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};

use super::Admin;
use super::query::Query;
use super::reply::{Refused, Reply};
use crate::events::{Event, Followed, Follower};
use crate::transport::http::answer;

/// A comment is sent after so long, or what stands between takes the stream for dead.
const COMMENT_TIME: Duration = Duration::from_secs(15);

/// Most that is put together for one write.
const PIECE_BYTES: usize = 16 * 1024;

/// Types that one stream may ask for.
const TYPES_MAX: usize = 64;

struct Following {
    follower: Follower,
    types: Vec<String>,
    shutdown: tokio_util::sync::CancellationToken,
    begun: bool,
}

/// The stream of events, from the one behind that which the client had last.
pub(super) fn follow(admin: &Admin, query: Option<&str>, headers: &HeaderMap) -> Reply {
    let query = Query::read(query, &["types", "after"])?;
    let said = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let after = match said.and_then(|said| said.parse().ok()) {
        Some(after) => Some(after),
        None => query.value("after", "the number of an event")?,
    };
    let types: Vec<String> = query
        .text("types")
        .map(|types| types.split(',').map(|name| name.trim().to_owned()).collect())
        .unwrap_or_default();
    if types.len() > TYPES_MAX {
        return Err(Refused::bad_request(format!("types has more than {TYPES_MAX} names")));
    }
    let events = admin.gate.events();
    let follower = match after {
        Some(after) => events.follow_after(after),
        None => events.follow(),
    };
    let follower = follower.named("stream");
    let following = Following { follower, types, shutdown: admin.shutdown.clone(), begun: false };
    let pieces = stream::unfold(following, |mut following| async move {
        let piece = following.next().await?;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from(piece))), following))
    });
    let body = StreamBody::new(Box::pin(pieces)).boxed_unsync();
    let mut answer = answer::streaming(StatusCode::OK, "text/event-stream", body);
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
    let unbuffered = HeaderName::from_static("x-accel-buffering");
    headers.insert(unbuffered, HeaderValue::from_static("no"));
    Ok(answer)
}

impl Following {
    /// The next piece of the stream; none when mudkeep stops.
    async fn next(&mut self) -> Option<String> {
        if !std::mem::replace(&mut self.begun, true) {
            return Some(": mudkeep\nretry: 2000\n\n".to_owned());
        }
        let mut piece = String::new();
        // By when there is something to be sent, also where all that happens is left out.
        let comment_at = tokio::time::Instant::now() + COMMENT_TIME;
        while piece.is_empty() {
            let followed = tokio::select! {
                followed = self.follower.next() => Some(followed),
                () = tokio::time::sleep_until(comment_at) => None,
                () = self.shutdown.cancelled() => return None,
            };
            match followed {
                Some(followed) => self.write(followed, &mut piece),
                None => piece.push_str(":\n\n"),
            }
        }
        while piece.len() < PIECE_BYTES
            && let Some(followed) = self.follower.try_next()
        {
            self.write(followed, &mut piece);
        }
        Some(piece)
    }

    fn write(&self, followed: Followed, piece: &mut String) {
        match followed {
            Followed::Lost(lost) => {
                let _ = write!(piece, "event: lost\ndata: {{\"lost\":{lost}}}\n\n");
            }
            Followed::Event(event) if self.wants(&event) => {
                let json = serde_json::to_string(&*event).unwrap_or_default();
                let (seq, name) = (event.seq, event.what.name());
                let _ = write!(piece, "id: {seq}\nevent: {name}\ndata: {json}\n\n");
            }
            Followed::Event(_) => {}
        }
    }

    fn wants(&self, event: &Event) -> bool {
        self.types.is_empty() || self.types.iter().any(|name| name == event.what.name())
    }
}
