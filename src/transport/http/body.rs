//! Reads what a request brings, within its bounds.

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};

use crate::config::Limits;
use crate::transport::wire::refusal::Why;

/// The whole body of a request that says it is JSON: a form of another site cannot say that.
pub(crate) async fn json(request: Request<Incoming>, limits: &Limits) -> Result<Bytes, Why> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Why::new("malformed", "the content type has to be application/json"));
    }
    let body = Limited::new(request.into_body(), limits.message_bytes_max).collect();
    match tokio::time::timeout(limits.request_timeout, body).await {
        Err(_) => Err(Why::new("late", "the body took too long to come")),
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let bytes = limits.message_bytes_max;
            Err(Why::new("too_big", format!("the body is longer than {bytes} bytes")))
        }
        Ok(Err(_)) => Err(Why::new("malformed", "the body broke off")),
    }
}

/// The token that a request carries (RFC 6750, 2.1).
pub(crate) fn bearer<B>(request: &Request<B>) -> Result<zeroize::Zeroizing<Vec<u8>>, Why> {
    let value = request.headers().get(AUTHORIZATION).map(|value| value.as_bytes());
    let (scheme, token) = value.and_then(|value| value.split_at_checked(7)).unwrap_or_default();
    if !scheme.eq_ignore_ascii_case(b"bearer ") {
        return Err(Why::new("token_invalid", "the header Authorization: Bearer is missing"));
    }
    Ok(zeroize::Zeroizing::new(token.trim_ascii().to_vec()))
}
