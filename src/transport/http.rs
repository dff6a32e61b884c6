//! The HTTP listener: the web client's files, the WebSocket, and Server-Sent Events with POSTs.
//!
//! HTTP/1.1 by hyper, with a deadline for everything that a client may be slow at: the head of a
//! request, its body, and taking what it is sent.

pub(crate) mod answer;
pub(crate) mod assets;
pub(crate) mod body;
pub(crate) mod origin;
mod routes;
pub(super) mod upgrade;

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper::{HeaderMap, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::config::{Limits, ListenConfig};
use crate::gate::Gate;
use crate::ids::ConnectionId;
use crate::mint::OsMint;
use crate::registry::card::Carrier;
use crate::registry::{Denied, Place};
use crate::session::token::Mint;
use crate::transport::sse::Streams;
use crate::transport::wire::refusal::Why;

/// What hyper keeps of a client's requests, and of answers that it has not taken.
const BUFFER_BYTES: usize = 16 * 1024;

/// One HTTP listener.
pub(crate) struct Site {
    gate: Arc<Gate>,
    listen: ListenConfig,
    streams: Arc<Streams>,
    shutdown: CancellationToken,
    /// Connections from web servers that are trusted: of them only the number is limited.
    trusted: Arc<AtomicUsize>,
}

/// What one connection to the listener holds in the tables.
pub(crate) enum Seat {
    /// A client's own.
    Own(Box<Place>),
    /// A trusted web server's, whose clients are known by what it says of each request.
    Trusted {
        /// One of so many.
        _one: Trusted,
    },
}

/// A trusted web server's connection among them, given back when dropped.
pub(crate) struct Trusted(Arc<AtomicUsize>);

impl Drop for Trusted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// One connection to the listener.
struct Visit {
    site: Arc<Site>,
    id: ConnectionId,
    address: IpAddr,
    /// Taken by a WebSocket.
    seat: Mutex<Option<Seat>>,
}

/// Who sent a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Caller {
    address: IpAddr,
    /// It reached the trusted web server by TLS.
    secure: bool,
}

impl Site {
    /// A listener that is about to accept.
    pub(crate) fn new(gate: Arc<Gate>, listen: ListenConfig, shutdown: CancellationToken) -> Site {
        Site {
            streams: Arc::new(Streams::new(gate.clone(), shutdown.clone())),
            trusted: Arc::default(),
            gate,
            listen,
            shutdown,
        }
    }

    fn is_trusted(&self, address: IpAddr) -> bool {
        self.listen.trusted.iter().any(|network| network.contains(&address))
    }

    /// Takes a connection in, if the limits allow it.
    pub(crate) fn admit(&self, id: ConnectionId, address: IpAddr) -> Result<Seat, Denied> {
        if self.is_trusted(address) {
            let _one = Trusted(self.trusted.clone());
            let max = self.gate.config().limits.connections_max;
            return match self.trusted.fetch_add(1, Ordering::Relaxed) < max {
                true => Ok(Seat::Trusted { _one }),
                false => Err(Denied::Connections),
            };
        }
        let place = self.gate.registry().admit(clock::now(), id, Carrier::Http, address)?;
        Ok(Seat::Own(Box::new(place)))
    }

    /// Serves a connection until it is over, or has become a WebSocket.
    pub(crate) async fn serve(
        self: Arc<Site>,
        stream: TcpStream,
        id: ConnectionId,
        address: IpAddr,
        seat: Seat,
    ) {
        let card = match &seat {
            Seat::Own(place) => Some(place.card().clone()),
            Seat::Trusted { .. } => None,
        };
        let cut = async {
            match card {
                Some(card) => card.is_cut().await,
                None => std::future::pending().await,
            }
        };
        let visit =
            Arc::new(Visit { site: self.clone(), id, address, seat: Mutex::new(Some(seat)) });
        let service = service_fn(move |request| serve_one(visit.clone(), request));
        let config = self.gate.shared_config();
        let served = tokio::select! {
            served = serve_http(stream, &config.limits, &self.shutdown, service) => served,
            () = cut => Ok(()),
        };
        if let Err(error) = served {
            tracing::debug!(connection = %id, %error, "a web client's connection ended");
        }
    }
}

/// Answers the requests of one connection.
///
/// # Errors
/// It ended otherwise than HTTP has it.
pub(crate) async fn serve_http<S>(
    stream: TcpStream,
    limits: &Limits,
    shutdown: &CancellationToken,
    service: S,
) -> hyper::Result<()>
where
    S: HttpService<Incoming, ResBody = answer::Body, Error = Infallible>,
{
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(limits.slow_timeout));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.request_timeout)
        .max_buf_size(BUFFER_BYTES)
        .serve_connection(TokioIo::new(Box::pin(stream)), service)
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => ended,
        () = shutdown.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    }
}

async fn serve_one(
    visit: Arc<Visit>,
    request: Request<Incoming>,
) -> Result<answer::Answer, Infallible> {
    let caller = visit.caller(request.headers());
    Ok(tokio::select! {
        biased;
        answer = routes::route(&visit, caller, request) => answer,
        // What is not done yet is not waited for.
        () = visit.site.shutdown.cancelled() => answer::refusal(&Why::busy()),
    })
}

impl Visit {
    /// Who sent a request: as the connection says, or as a trusted web server does.
    fn caller(&self, headers: &HeaderMap) -> Caller {
        if !self.site.is_trusted(self.address) {
            return Caller { address: self.address, secure: false };
        }
        let all = headers.get_all("x-forwarded-for").iter();
        let said: Vec<&[u8]> = all.map(|value| value.as_bytes()).collect();
        let proto = headers.get("x-forwarded-proto").and_then(|value| value.to_str().ok());
        let is_trusted = |address| self.site.is_trusted(address);
        Caller {
            address: origin::forwarded_for(&said, is_trusted).unwrap_or(self.address),
            secure: proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https")),
        }
    }

    /// A place in the tables for a player that comes by this connection.
    fn place_for_websocket(&self, caller: Caller) -> Result<(ConnectionId, Place), Denied> {
        let seat = self.seat.lock().unwrap_or_else(PoisonError::into_inner).take();
        match seat {
            Some(Seat::Own(place)) => Ok((self.id, *place)),
            Some(Seat::Trusted { .. }) | None => self.new_place(caller, Carrier::WebSocket),
        }
    }

    /// A place for a player whose connection is more than this one.
    fn new_place(&self, caller: Caller, carrier: Carrier) -> Result<(ConnectionId, Place), Denied> {
        let id = ConnectionId(OsMint.uuid());
        let gate = &self.site.gate;
        let place = gate.registry().admit(clock::now(), id, carrier, caller.address)?;
        Ok((id, place))
    }
}
