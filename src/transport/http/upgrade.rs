//! From a request to a WebSocket.

use std::sync::Arc;

use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::header::{HeaderValue, SEC_WEBSOCKET_PROTOCOL};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response_with_body;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::answer::{self, Answer};
use super::{Caller, Visit};
use crate::ids::SessionId;
use crate::session::message::Transport;
use crate::transport::web::Newcomer;
use crate::transport::websocket::{self, BoxedIo, Subprotocol, choose};
use crate::transport::wire::refusal::Why;

/// What a WebSocket is for.
#[derive(Clone, Copy)]
pub(super) enum For {
    /// A player.
    Playing,
    /// A page that watches a session.
    Watching(SessionId),
}

/// Answers a handshake and serves the WebSocket that comes of it.
pub(super) fn upgrade(
    visit: &Arc<Visit>,
    caller: Caller,
    mut request: Request<Incoming>,
    what_for: For,
) -> Answer {
    let headers = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter();
    let offered: Vec<&str> = headers.filter_map(|value| value.to_str().ok()).collect();
    let spoken = match what_for {
        For::Playing => choose(offered.iter().copied()),
        For::Watching(_) => None,
    };
    if let (For::Playing, None) = (what_for, spoken) {
        let what = "none of these subprotocols is spoken here: see docs/protocol.md";
        return answer::refusal(&Why::new("malformed", what));
    }
    let response =
        create_response_with_body(&without_body(&request), || Empty::new().boxed_unsync());
    let mut response = match response {
        Ok(response) => response,
        Err(error) => {
            let mut refused =
                answer::refusal(&Why::new("malformed", format!("this is no WebSocket: {error}")));
            *refused.status_mut() = StatusCode::UPGRADE_REQUIRED;
            let websocket = HeaderValue::from_static("websocket");
            refused.headers_mut().insert(hyper::header::UPGRADE, websocket);
            return refused;
        }
    };
    let (id, place) = match visit.place_for_websocket(caller) {
        Ok(place) => place,
        Err(denied) => return super::routes::denied(caller, denied),
    };
    if let Some(spoken) = spoken {
        let name = HeaderValue::from_static(spoken.name());
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, name);
    }
    let (gate, shutdown) = (visit.site.gate.clone(), visit.site.shutdown.clone());
    let (transport, address) = (Transport::WebSocket, caller.address);
    let newcomer = Newcomer { gate: gate.clone(), id, transport, address, place };
    let upgraded = hyper::upgrade::on(&mut request);
    gate.clone().tracker().spawn(async move {
        let Ok(upgraded) = upgraded.await else { return };
        let io: BoxedIo = Box::new(TokioIo::new(upgraded));
        let config = websocket::config(&gate.config().limits);
        let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
        match (what_for, spoken) {
            (For::Watching(session), _) => {
                websocket::watch(newcomer, socket, session, shutdown).await;
            }
            (For::Playing, Some(Subprotocol::Mudkeep) | None) => {
                websocket::play(newcomer, socket, shutdown).await;
            }
        }
    });
    response
}

/// The head of a request: a handshake has no body.
fn without_body(request: &Request<Incoming>) -> Request<()> {
    let mut head = Request::new(());
    *head.method_mut() = request.method().clone();
    *head.version_mut() = request.version();
    *head.uri_mut() = request.uri().clone();
    *head.headers_mut() = request.headers().clone();
    head
}
