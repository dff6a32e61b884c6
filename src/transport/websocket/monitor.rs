//! A page that only watches a session: it proves itself by a token, which is neither used up nor
//! renewed, and is told when the session's state changes, another connection takes it, and it ends.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::Newcomer;
use crate::clock;
use crate::ids::SessionId;
use crate::session::core::State;
use crate::session::link::{Seen, SessionHandle};
use crate::session::message::Refusal;
use crate::transport::frames::BoxedIo;
use crate::transport::wire::close::{self, CloseWith, close_frame};
use crate::transport::wire::heartbeat::{Beat, Heartbeat};
use crate::transport::wire::refusal::Why;
use crate::transport::wire::server::{self, Message, ServerMessage};

/// The first frame.
#[derive(Deserialize)]
struct First<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
    token: &'a str,
}

/// Serves a page that watches, until the session or the connection is over.
pub(in crate::transport) async fn watch(
    newcomer: Newcomer,
    mut socket: WebSocketStream<BoxedIo>,
    id: SessionId,
) {
    let limits = &newcomer.gate.config().limits;
    let first = tokio::time::timeout(limits.request_timeout, first(&mut socket));
    let end = match first.await {
        Err(_) => CloseWith::LATE,
        Ok(None) => close::refused("malformed"),
        Ok(Some(token)) => {
            let now = clock::now();
            match newcomer.gate.watch(now, newcomer.address, token.as_bytes(), id) {
                Ok(session) => {
                    let heartbeat =
                        Heartbeat::new(now, limits.heartbeat_time, limits.heartbeat_timeout);
                    follow(&mut socket, &session, heartbeat).await
                }
                Err(refusal) => refuse(&mut socket, &refusal).await,
            }
        }
    };
    let frame = CloseFrame { code: end.code.into(), reason: end.reason.into() };
    let _ = tokio::time::timeout(Duration::from_secs(1), socket.close(Some(frame))).await;
}

async fn first(socket: &mut WebSocketStream<BoxedIo>) -> Option<String> {
    loop {
        match socket.next().await? {
            Ok(Frame::Text(text)) => {
                let First { kind, token } = serde_json::from_str(&text).ok()?;
                return (kind == "monitor").then(|| token.to_owned());
            }
            Ok(Frame::Ping(_) | Frame::Pong(_)) => {}
            Ok(_) | Err(_) => return None,
        }
    }
}

async fn refuse(socket: &mut WebSocketStream<BoxedIo>, refusal: &Refusal) -> CloseWith {
    let why = Why::from(refusal);
    let code = why.code;
    let _ = say(socket, &why.to_message()).await;
    close::refused(code)
}

/// Says one message; nobody waits long for a page that takes nothing.
async fn say(socket: &mut WebSocketStream<BoxedIo>, message: &Message) -> Option<()> {
    let sent = socket.send(Frame::text(message.json.as_str()));
    tokio::time::timeout(Duration::from_secs(10), sent).await.ok()?.ok()
}

async fn follow(
    socket: &mut WebSocketStream<BoxedIo>,
    session: &SessionHandle,
    mut heartbeat: Heartbeat,
) -> CloseWith {
    let mut known = None;
    loop {
        tokio::select! {
            seen = session.changed(known) => {
                known = Some(seen);
                if let State::Ended(reason) = seen.state {
                    let closing = reason.closing();
                    let _ = say(socket, &server::closing(closing, "")).await;
                    return close_frame(closing);
                }
                if say(socket, &message(seen)).await.is_none() {
                    return CloseWith::NO_ANSWER;
                }
            }
            frame = socket.next() => match frame {
                Some(Ok(Frame::Close(_)) | Err(_)) | None => return close::refused("malformed"),
                Some(Ok(_)) => heartbeat.heard(clock::now()),
            },
            () = tokio::time::sleep_until(heartbeat.deadline().into()) => {
                match heartbeat.due(clock::now()) {
                    Beat::Nothing => {}
                    Beat::GiveUp => return CloseWith::NO_ANSWER,
                    Beat::Ask => {
                        let ping = Frame::Ping(tokio_tungstenite::tungstenite::Bytes::new());
                        if socket.send(ping).await.is_err() {
                            return CloseWith::NO_ANSWER;
                        }
                    }
                }
            }
        }
    }
}

fn message(Seen { state, connection }: Seen) -> Message {
    let connection_id = connection.map(|id| id.to_string());
    Message::of(&ServerMessage::Session { state: state.name(), connection_id })
}
