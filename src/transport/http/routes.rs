//! Which request is answered by what.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{COOKIE, HOST, HeaderValue, ORIGIN, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use uuid::Uuid;

use super::answer::{self, Answer};
use super::assets::Of;
use super::upgrade::{For, upgrade};
use super::{Caller, Visit, assets, body, origin};
use crate::ids::{ConnectionId, SessionId};
use crate::registry::Denied;
use crate::registry::card::Carrier;
use crate::session::message::Transport;
use crate::transport::sse::{self, Said};
use crate::transport::web::{self, Newcomer};
use crate::transport::wire::refusal::Why;

/// Answers one request.
pub(super) async fn route(
    visit: &Arc<Visit>,
    caller: Caller,
    request: Request<Incoming>,
) -> Answer {
    let path = request.uri().path().to_owned();
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let site = &visit.site;
    if let ["ws" | "api", ..] = parts[..]
        && let Some(why) = not_welcome(visit, caller, &request)
    {
        return answer::refusal(&why);
    }
    match (request.method(), &parts[..]) {
        (&Method::GET, ["ws"]) => upgrade(visit, caller, request, For::Playing),
        (&Method::GET, ["ws", "session", id]) => match id.parse::<Uuid>() {
            Ok(id) => upgrade(visit, caller, request, For::Watching(SessionId(id))),
            Err(_) => answer::text(StatusCode::NOT_FOUND, "there is no such session\n"),
        },
        (&Method::POST, ["api", "session"]) => begin(visit, caller, request).await,
        (&Method::DELETE, ["api", "session"]) => log_out(visit, caller, &request),
        (&Method::GET, ["api", "events", id]) => events(visit, id, &request),
        (&Method::POST, ["api", "messages", id]) => {
            messages(visit, caller, id.parse().ok(), request).await
        }
        (&Method::GET | &Method::HEAD, ["healthz"]) => answer::text(StatusCode::OK, "ok\n"),
        (&Method::GET | &Method::HEAD, ["readyz"]) => match site.gate.game_answers().await {
            true => answer::text(StatusCode::OK, "ready\n"),
            false => answer::text(StatusCode::SERVICE_UNAVAILABLE, "the game does not answer\n"),
        },
        (&Method::GET | &Method::HEAD, _) => assets::file(Of::Players, &path, request.headers()),
        (_, ["ws" | "api" | "healthz" | "readyz", ..]) => {
            answer::text(StatusCode::METHOD_NOT_ALLOWED, "not by this method\n")
        }
        _ => answer::text(StatusCode::NOT_FOUND, "there is nothing here\n"),
    }
}

/// Why whoever sends this may not connect at all.
fn not_welcome<B>(visit: &Visit, caller: Caller, request: &Request<B>) -> Option<Why> {
    let site = &visit.site;
    let host = request.headers().get(HOST).and_then(|value| value.to_str().ok());
    // Programs that are no browser name none.
    let mut origins = request.headers().get_all(ORIGIN).iter();
    let may_come = |origin: &HeaderValue| {
        let origin = origin.to_str().ok();
        origin.is_some_and(|origin| origin::may_come(origin, host, &site.listen.origins))
    };
    if !origins.all(may_come) {
        let what = "pages of that site may not connect here: the admin can name it in origins";
        return Some(Why::new("origin", what));
    }
    web::banned(&site.gate, caller.address)
}

/// A limit was reached.
pub(super) fn denied(caller: Caller, denied: Denied) -> Answer {
    tracing::warn!(address = %caller.address, %denied, "connection denied");
    answer::refusal(&match denied {
        Denied::ConnectionsPerAddress
        | Denied::ConnectionsPerNetwork
        | Denied::ConnectsPerMinute(_) => {
            Why::new("too_many", "too many connections come from your address: try again later")
        }
        Denied::Connections
        | Denied::ConnectsPerMinuteTotal(_)
        | Denied::Sessions
        | Denied::Memory => Why::busy(),
    })
}

async fn begin(visit: &Arc<Visit>, caller: Caller, request: Request<Incoming>) -> Answer {
    let site = &visit.site;
    let agent = request.headers().get(USER_AGENT).cloned();
    let body = match body::json(request, &site.gate.shared_config().limits).await {
        Ok(body) => body,
        Err(why) => return answer::refusal(&why),
    };
    let (id, place) = match visit.new_place(caller, Carrier::Sse) {
        Ok(place) => place,
        Err(reason) => return denied(caller, reason),
    };
    let agent = agent.as_ref().and_then(|agent| agent.to_str().ok());
    agent.into_iter().for_each(|agent| place.card().came_by(agent));
    let (gate, transport, address) = (site.gate.clone(), Transport::Sse, caller.address);
    let newcomer = Newcomer { gate, id, transport, address, place };
    match site.streams.begin(newcomer, &body).await {
        Ok((welcome, cookie)) => {
            let mut answer = answer::message(StatusCode::OK, &welcome);
            let cookie = sse::cookie_header(id, &cookie, caller.secure);
            if let Ok(cookie) = cookie.try_into() {
                answer.headers_mut().insert(hyper::header::SET_COOKIE, cookie);
            }
            answer
        }
        Err(why) => answer::refusal(&why),
    }
}

fn log_out<B>(visit: &Visit, caller: Caller, request: &Request<B>) -> Answer {
    let done = body::bearer(request).and_then(|token| {
        let now = crate::clock::now();
        let done = visit.site.gate.log_out(now, caller.address, &token);
        done.map_err(|not| Why::from(&not))
    });
    match done {
        Ok(()) => answer::empty(StatusCode::NO_CONTENT),
        Err(why) => answer::refusal(&why),
    }
}

fn events<B>(visit: &Visit, id: &str, request: &Request<B>) -> Answer {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let after = request
        .uri()
        .query()
        .and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("after=")));
    let position = header("last-event-id").or(after).and_then(|text| text.parse().ok());
    let cookies = request.headers().get_all(COOKIE).iter();
    let cookies: Vec<&str> = cookies.filter_map(|value| value.to_str().ok()).collect();
    let id = id.parse::<Uuid>().map(ConnectionId);
    let stream = id.ok().and_then(|id| visit.site.streams.stream(id, &cookies, position));
    match stream {
        // A browser that hears this does not come back by itself.
        None => answer::empty(StatusCode::NO_CONTENT),
        Some(stream) => sse::answer(stream),
    }
}

async fn messages(
    visit: &Arc<Visit>,
    caller: Caller,
    id: Option<Uuid>,
    request: Request<Incoming>,
) -> Answer {
    let site = &visit.site;
    let said = async {
        let token = body::bearer(&request)?;
        let body = body::json(request, &site.gate.shared_config().limits).await?;
        site.streams.say(id.map(ConnectionId), caller.address, &token, &body).await
    };
    match said.await {
        Ok(Said { input_seen, queued }) => {
            let queued = if queued { ",\"queued\":true" } else { "" };
            let text = format!("{{\"input_seen\":{}{queued}}}", input_seen.0);
            answer::with(StatusCode::OK, "application/json", text)
        }
        Err(why) => answer::refusal(&why),
    }
}
