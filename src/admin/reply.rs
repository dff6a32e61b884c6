//! Answers of the API, and its errors: `{"error":{"code","message"}}`.

use std::time::Duration;

use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;

use crate::clock;
use crate::transport::http::answer::{self, Answer};
use crate::transport::wire::refusal::Why;

/// Seconds after which whoever was too much may come again.
const RETRY_SECONDS: u32 = 60;

/// Longest time that is waited for something that was put out, and how often it is looked at.
const GONE_TIME_MAX: Duration = Duration::from_secs(2);
const LOOK_TIME: Duration = Duration::from_millis(5);

/// Why something is not done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
    allow: Option<&'static str>,
}

/// What a request comes to.
pub(super) type Reply = Result<Answer, Refused>;

impl Refused {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Refused {
        Refused { status, code, message: message.into(), allow: None }
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::BAD_REQUEST, "bad_request", message)
    }

    pub(super) fn not_found(what: &str) -> Refused {
        Refused::new(StatusCode::NOT_FOUND, "not_found", format!("there is no {what}"))
    }

    pub(super) fn conflict(message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::CONFLICT, "conflict", message)
    }

    pub(super) fn limit_reached(message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::CONFLICT, "limit_reached", message)
    }

    pub(super) fn forbidden(message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::FORBIDDEN, "forbidden", message)
    }

    pub(super) fn busy(message: impl Into<String>) -> Refused {
        Refused::new(StatusCode::SERVICE_UNAVAILABLE, "busy", message)
    }

    pub(super) fn unauthorized() -> Refused {
        let message =
            "this needs the header Authorization: Bearer, with a token of admin.token_file";
        Refused::new(StatusCode::UNAUTHORIZED, "unauthorized", message)
    }

    pub(super) fn too_many_refusals() -> Refused {
        let message = "too many wrong tokens have come: none is looked at for a while";
        Refused::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message)
    }

    pub(super) fn method_not_allowed(allow: &'static str) -> Refused {
        let message = format!("this can be asked by {allow} only");
        let refused = Refused::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message);
        Refused { allow: Some(allow), ..refused }
    }

    pub(super) fn unsupported_media_type() -> Refused {
        let message = "the header Content-Type has to be application/json";
        Refused::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", message)
    }

    pub(super) fn of_body(why: &Why) -> Refused {
        match why.code {
            "too_big" => {
                Refused::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", why.message.to_string())
            }
            _ => Refused::bad_request(why.message.to_string()),
        }
    }

    /// The answer that says so.
    pub(super) fn answer(&self) -> Answer {
        let Refused { status, code, message, allow } = self;
        let body = serde_json::json!({ "error": { "code": code, "message": message } });
        let mut answer = answer::with(*status, "application/json", body.to_string());
        let headers = answer.headers_mut();
        if *status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(*status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
        }
        if let Some(allow) = allow {
            headers.insert(ALLOW, HeaderValue::from_static(allow));
        }
        answer
    }
}

/// An answer with this in it.
pub(super) fn json<T: Serialize>(body: &T) -> Reply {
    with(StatusCode::OK, body)
}

/// The same with another status.
pub(super) fn with<T: Serialize>(status: StatusCode, body: &T) -> Reply {
    match serde_json::to_vec(body) {
        Ok(body) => Ok(answer::with(status, "application/json", body)),
        Err(error) => Err(Refused::busy(format!("the answer cannot be written: {error}"))),
    }
}

/// Waits until something that was put out is out of the tables, so that who is told that it is done
/// finds it done; not for ever.
pub(super) async fn until_gone(is_gone: impl Fn() -> bool) {
    let until = clock::now() + GONE_TIME_MAX;
    while !is_gone() && clock::now() < until {
        tokio::time::sleep(LOOK_TIME).await;
    }
}

/// It is done, and there is nothing more to say.
pub(super) fn done() -> Reply {
    Ok(answer::empty(StatusCode::NO_CONTENT))
}
