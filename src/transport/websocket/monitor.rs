//! A page that only watches a session: it proves itself by a token, which is neither used up nor
//! renewed, and is told when the session's state changes, another connection takes it, and it ends.

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;
use tokio_tungstenite::tungstenite::{Bytes, Message as Frame};
use tokio_util::sync::CancellationToken;

use super::Newcomer;
use crate::clock;
use crate::ids::SessionId;
use crate::secret::Line;
use crate::session::core::State;
use crate::session::link::{Seen, SessionHandle};
use crate::session::message::Closing;
use crate::transport::socket::{Came, Socket};
use crate::transport::wire::close::{self, CloseWith, close_frame};
use crate::transport::wire::heartbeat::{Beat, Heartbeat};
use crate::transport::wire::refusal::Why;
use crate::transport::wire::server::{self, Message, ServerMessage};

/// The first frame.
#[derive(Deserialize)]
struct First<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    token: Cow<'a, str>,
}

/// Serves a page that watches, until the session or the connection is over.
pub(in crate::transport) async fn watch(
    newcomer: Newcomer,
    mut socket: Socket,
    id: SessionId,
    shutdown: CancellationToken,
) {
    let config = newcomer.gate.shared_config();
    let limits = &config.limits;
    let first = tokio::time::timeout(limits.request_timeout, first(&mut socket));
    let first = tokio::select! {
        first = first => Ok(first),
        () = shutdown.cancelled() => Err(Closing::Shutdown),
        () = newcomer.place.card().is_cut() => Err(Closing::Kicked),
    };
    let end = match first {
        Err(closing) => close_frame(closing),
        Ok(Err(_)) => CloseWith::LATE,
        Ok(Ok(None)) => close::refused("malformed"),
        Ok(Ok(Some(token))) => {
            let now = clock::now();
            let watched = match newcomer.banned() {
                Some(why) => Err(why),
                None => newcomer
                    .gate
                    .watch(now, newcomer.address, &token, id)
                    .map_err(|not| Why::from(&not)),
            };
            match watched {
                Ok(session) => {
                    let heartbeat =
                        Heartbeat::new(now, limits.heartbeat_time, limits.heartbeat_timeout);
                    tokio::select! {
                        end = follow(&mut socket, &session, heartbeat) => end,
                        () = newcomer.place.card().is_cut() => close_frame(Closing::Kicked),
                    }
                }
                Err(why) => refuse(&mut socket, &why).await,
            }
        }
    };
    // Who has closed, or was not understood as a WebSocket, is answered by the socket.
    socket.close(end);
    socket.gone().await;
}

async fn first(socket: &mut Socket) -> Option<Line> {
    loop {
        match socket.next().await {
            Came::Text(text) => {
                let First { kind, token } = serde_json::from_str(&text).ok()?;
                return (kind == "monitor").then(|| Line::from(&*token));
            }
            Came::Ping | Came::Pong(_) => {}
            Came::Binary(_) | Came::Closed | Came::Unreadable(_) | Came::Gone(_) => return None,
        }
    }
}

async fn refuse(socket: &mut Socket, why: &Why) -> CloseWith {
    let _ = say(socket, &why.to_message()).await;
    close::refused(why.code)
}

async fn say(socket: &mut Socket, message: &Message) -> Option<()> {
    send(socket, Frame::text(message.json.as_str())).await
}

/// Sends one frame; nobody waits long for a page that takes nothing.
async fn send(socket: &mut Socket, frame: Frame) -> Option<()> {
    tokio::time::timeout(Duration::from_secs(10), socket.send(frame)).await.ok()?.ok()
}

async fn follow(
    socket: &mut Socket,
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
            came = socket.next() => match came {
                Came::Closed | Came::Unreadable(_) | Came::Gone(_) => return close::refused("malformed"),
                Came::Text(_) | Came::Binary(_) | Came::Ping | Came::Pong(_) => {
                    heartbeat.heard(clock::now());
                }
            },
            () = tokio::time::sleep_until(heartbeat.deadline().into()) => {
                match heartbeat.due(clock::now()) {
                    Beat::Nothing => {}
                    Beat::GiveUp => return CloseWith::NO_ANSWER,
                    Beat::Ask => {
                        if send(socket, Frame::Ping(Bytes::new())).await.is_none() {
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
