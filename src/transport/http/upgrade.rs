//! From a request to a WebSocket.

use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Body, Incoming};
use hyper::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL, UPGRADE, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer};
use super::{Caller, Visit};
use crate::config::Limits;
use crate::ids::SessionId;
use crate::registry::Place;
use crate::session::message::Transport;
use crate::transport::frames;
use crate::transport::socket::Socket;
use crate::transport::web::Newcomer;
use crate::transport::websocket::{self, Choice, Subprotocol, choose};
use crate::transport::wire::refusal::Why;

/// What a WebSocket is for.
#[derive(Clone, Copy)]
pub(super) enum For {
    /// A player.
    Playing,
    /// A page that watches a session.
    Watching(SessionId),
}

/// A handshake that is answered.
pub(in crate::transport) struct Handshake {
    pub(in crate::transport) response: Answer,
    choice: Choice,
}

/// Answers a handshake and serves the WebSocket that comes of it.
pub(super) fn upgrade(
    visit: &Arc<Visit>,
    caller: Caller,
    request: Request<Incoming>,
    what_for: For,
) -> Answer {
    if !request.body().is_end_stream() {
        // What is body and what is frames would be anybody's guess.
        return answer::refusal(&Why::new("malformed", "a handshake has no body"));
    }
    let Handshake { mut response, choice } = match handshake(&request) {
        Ok(shaken) => shaken,
        Err(refused) => return *refused,
    };
    let transport = match (what_for, choice.spoken) {
        (For::Playing, Subprotocol::Bytes(_)) => Transport::TelnetFrames,
        (For::Watching(_), _) | (For::Playing, Subprotocol::Mudkeep) => Transport::WebSocket,
    };
    let (id, place) = match visit.place_for_websocket(caller) {
        Ok(place) => place,
        Err(denied) => return super::routes::denied(caller, denied),
    };
    place.card().upgraded(choice.named.then(|| choice.spoken.name()));
    came_by(&place, &request);
    if let (For::Playing, true) = (what_for, choice.named) {
        let name = HeaderValue::from_static(choice.spoken.name());
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, name);
    }
    let (gate, address) = (visit.site.gate.clone(), caller.address);
    let newcomer = Newcomer { gate, id, transport, address, place };
    let tracker = newcomer.gate.tracker().clone();
    let shutdown = visit.site.shutdown.clone();
    tracker.spawn(begin(request, newcomer, what_for, choice.spoken, shutdown));
    response
}

/// What a browser calls itself is known of its connection.
pub(super) fn came_by<B>(place: &Place, request: &Request<B>) {
    let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
    agent.into_iter().for_each(|agent| place.card().came_by(agent));
}

/// The answer to a handshake; a refusal, where it is none or nothing that it offers is spoken here.
pub(in crate::transport) fn handshake<B>(request: &Request<B>) -> Result<Handshake, Box<Answer>> {
    let headers = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let offered = headers.filter_map(|value| value.to_str().ok());
    let Some(choice) = choose(offered) else {
        let what = "none of these subprotocols is spoken here: see docs/protocol.md";
        return Err(Box::new(answer::refusal(&Why::new("malformed", what))));
    };
    let no_body = || Empty::new().boxed_unsync();
    match create_response_with_body(&without_body(request), no_body) {
        Ok(response) => Ok(Handshake { response, choice }),
        Err(error) => Err(Box::new(no_handshake(&error))),
    }
}

/// The WebSocket, as soon as the connection is one.
pub(in crate::transport) async fn accept(
    request: Request<Incoming>,
    limits: &Limits,
) -> Option<Socket> {
    let upgraded = hyper::upgrade::on(request).await.ok()?;
    Some(Socket::new(Box::new(TokioIo::new(upgraded)), limits).await)
}

/// The answer to a handshake that is none.
fn no_handshake(error: &tungstenite::Error) -> Answer {
    let why = Why::new("malformed", format!("this is no WebSocket: {error}"));
    let mut refused = answer::refusal(&why);
    *refused.status_mut() = StatusCode::UPGRADE_REQUIRED;
    refused.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    refused
}

/// Serves the connection as soon as it is a WebSocket.
async fn begin(
    request: Request<Incoming>,
    newcomer: Newcomer,
    what_for: For,
    spoken: Subprotocol,
    shutdown: CancellationToken,
) {
    let Some(socket) = accept(request, &newcomer.gate.shared_config().limits).await else { return };
    match (what_for, spoken) {
        (For::Watching(session), _) => websocket::watch(newcomer, socket, session, shutdown).await,
        (For::Playing, Subprotocol::Mudkeep) => websocket::play(newcomer, socket, shutdown).await,
        (For::Playing, Subprotocol::Bytes(bytes)) => {
            let Newcomer { gate, id, address, place, .. } = newcomer;
            frames::serve(gate, socket, bytes, id, address, place);
        }
    }
}

/// The head of a request: a handshake has no body.
fn without_body<B>(request: &Request<B>) -> Request<()> {
    let mut head = Request::new(());
    *head.method_mut() = request.method().clone();
    *head.version_mut() = request.version();
    *head.uri_mut() = request.uri().clone();
    *head.headers_mut() = request.headers().clone();
    head
}
