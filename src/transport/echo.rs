//! A WebSocket that sends back what comes, over the same handshake and the same socket that players
//! have: what a test of conformance (Autobahn|Testsuite) speaks to. No listener of mudkeep's does.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::poll_fn;
use std::task::{Context, Poll};

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::Limits;
use crate::transport::http::upgrade::{Handshake, accept, handshake};
use crate::transport::http::{answer, serve_http};
use crate::transport::socket::{Came, Socket};

/// Serves one connection until it is over.
pub async fn serve(stream: TcpStream, limits: Limits, tracker: TaskTracker) {
    let service = service_fn(|request| {
        let answered = begin(request, &limits, &tracker);
        async { Ok::<_, Infallible>(answered) }
    });
    // Whoever speaks no HTTP learns it from the listener.
    let _ = serve_http(stream, &limits, &CancellationToken::new(), service).await;
}

fn begin(request: Request<Incoming>, limits: &Limits, tracker: &TaskTracker) -> answer::Answer {
    let Handshake { response, .. } = match handshake(&request) {
        Ok(shaken) => shaken,
        Err(refused) => return *refused,
    };
    let limits = limits.clone();
    tracker.spawn(async move {
        if let Some(socket) = accept(request, &limits).await {
            echo(socket).await;
        }
    });
    response
}

async fn echo(mut socket: Socket) {
    let mut waiting = VecDeque::new();
    poll_fn(|cx| poll_echo(cx, &mut socket, &mut waiting)).await;
    socket.gone().await;
}

/// Ready when it is over.
fn poll_echo(cx: &mut Context<'_>, socket: &mut Socket, waiting: &mut VecDeque<Frame>) -> Poll<()> {
    loop {
        match socket.poll_send(cx, || waiting.pop_front()) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => return Poll::Ready(()),
            // What is not taken is not added to.
            Poll::Pending => return Poll::Pending,
        }
        match std::task::ready!(socket.poll_next(cx)) {
            Came::Text(text) => waiting.push_back(Frame::Text(text)),
            Came::Binary(bytes) => waiting.push_back(Frame::Binary(bytes)),
            Came::Ping | Came::Pong(_) => {}
            Came::Closed | Came::Unreadable(_) | Came::Gone(_) => return Poll::Ready(()),
        }
    }
}
