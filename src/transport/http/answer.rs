//! Answers: their headers, and errors as the contract has them.

use std::convert::Infallible;

use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};

use crate::transport::wire::refusal::Why;
use crate::transport::wire::server::Message;

/// A body of any kind.
pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// An answer to a request.
pub(crate) type Answer = Response<Body>;

/// Seconds after which whoever was too much may come again.
const RETRY_SECONDS: u32 = 5;

/// What every answer says: files are what they are called, and nothing of where a player was goes
/// elsewhere.
const ALWAYS: [(&str, &str); 3] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// An answer with a body.
pub(crate) fn with(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = streaming(status, kind, Full::new(body.into()).boxed_unsync());
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// An answer whose body comes bit by bit.
pub(crate) fn streaming(status: StatusCode, kind: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// An answer without a body.
pub(crate) fn empty(status: StatusCode) -> Answer {
    let mut answer = with(status, "text/plain; charset=utf-8", Bytes::new());
    answer.headers_mut().remove(CONTENT_TYPE);
    answer
}

/// A line of text.
pub(super) fn text(status: StatusCode, text: &'static str) -> Answer {
    with(status, "text/plain; charset=utf-8", text)
}

/// A message.
pub(super) fn message(status: StatusCode, message: &Message) -> Answer {
    with(status, "application/json", message.json.as_bytes().to_vec())
}

/// A refusal, with the status that goes with its code.
pub(super) fn refusal(why: &Why) -> Answer {
    let status = match why.code {
        "malformed" | "unknown_type" => StatusCode::BAD_REQUEST,
        "origin" => StatusCode::FORBIDDEN,
        "replaced" | "input_gap" | "not_acknowledged" | "secret" => StatusCode::CONFLICT,
        "ended" | "session_ended" => StatusCode::GONE,
        "too_big" => StatusCode::PAYLOAD_TOO_LARGE,
        "token_limited" | "queue_full" | "too_many" => StatusCode::TOO_MANY_REQUESTS,
        "busy" => StatusCode::SERVICE_UNAVAILABLE,
        "late" => StatusCode::REQUEST_TIMEOUT,
        _ => StatusCode::UNAUTHORIZED,
    };
    let mut answer = message(status, &why.to_message());
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        answer.headers_mut().insert(RETRY_AFTER, RETRY_SECONDS.into());
    }
    answer
}
