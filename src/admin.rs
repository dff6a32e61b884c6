//! The admin's listener: an API, metrics and a page for the game's staff, over HTTP with a Bearer token
//! (RFC 6750). The API is the contract of docs/admin/api.md; `openapi.json` describes it to programs.
//!
//! Everything here looks at the gate and its tables, or has them act; nothing is decided here.

mod bans;
mod connections;
mod events;
mod last;
mod listing;
mod overview;
mod query;
mod reply;
mod routes;
mod sessions;
mod staff;
mod thread;
mod tokens;
mod users;

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::service::service_fn;
use time::UtcDateTime;
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::clock;
use crate::gate::Gate;
use crate::limits::rate::Bucket;
use crate::metrics::Scraper;
use crate::rates::{Rates, SAMPLE_TIME};
use crate::registry::traffic::Passed;
use crate::session::game::set_options;
use crate::settings;
use crate::transport::http::serve_http;

pub(crate) use sessions::STATES as SESSION_STATES;
pub(crate) use thread::AdminThread;
pub use tokens::Tokens;

/// What is told to whom there is no room for.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\n\
                      content-length: 0\r\nconnection: close\r\n\r\n";

/// How long a connection to it may go on when mudkeep stops.
const STOP_MAX: Duration = Duration::from_secs(1);

/// What is counted for the rates: connections, lines in, lines out, bytes in, bytes out.
const COUNTS: usize = 5;

/// The admin's side of one mudkeep.
pub struct Admin {
    gate: Arc<Gate>,
    tokens: Tokens,
    shutdown: CancellationToken,
    started: Instant,
    started_at: UtcDateTime,
    /// Where requests are answered.
    thread: Handle,
    connections: AtomicUsize,
    /// Tokens that were none.
    refusals: Mutex<Bucket>,
    /// Requests that were not let in and are told of.
    told: Mutex<Bucket>,
    rates: Mutex<Rates<COUNTS>>,
    scraper: Scraper,
    /// Held by a search of the audit log.
    searching: Arc<tokio::sync::Mutex<()>>,
}

/// One of the connections to the listener.
struct Present(Arc<Admin>);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Admin {
    /// Reads the tokens, or makes the file with one, and begins to sample.
    ///
    /// # Errors
    /// The file cannot be read or made, or others than its owner can read it; says what to do.
    pub(crate) fn start(
        gate: Arc<Gate>,
        thread: &AdminThread,
        shutdown: CancellationToken,
    ) -> io::Result<Arc<Admin>> {
        let tokens = Tokens::load_or_make(&gate.config().admin.token_file)?;
        let started_at = clock::shown();
        let admin = Arc::new(Admin {
            tokens,
            shutdown: shutdown.clone(),
            started: clock::now(),
            started_at,
            thread: thread.handle().clone(),
            connections: AtomicUsize::new(0),
            refusals: Mutex::new(Bucket::default()),
            told: Mutex::new(Bucket::default()),
            rates: Mutex::new(Rates::default()),
            scraper: Scraper::new(gate.clone(), started_at),
            searching: Arc::default(),
            gate,
        });
        let sampled = admin.clone();
        let sampling = async move {
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = sampled.sample() => {}
            }
        };
        admin.gate.tracker().spawn_on(sampling, &admin.thread);
        Ok(admin)
    }

    async fn sample(&self) {
        loop {
            let totals = self.gate.registry().totals();
            let passed: Passed = totals.passed.into_iter().sum();
            let counts = [
                totals.connections,
                passed.lines_in,
                passed.lines_out,
                passed.bytes_in,
                passed.bytes_out,
            ];
            self.rates.lock().unwrap_or_else(PoisonError::into_inner).sample(clock::now(), counts);
            tokio::time::sleep(SAMPLE_TIME).await;
        }
    }

    /// Serves one connection to the listener, if there is room for one more.
    pub(crate) fn accept(self: &Arc<Admin>, stream: TcpStream, address: SocketAddr) {
        let present = Present(self.clone());
        let max = self.gate.config().admin.connections_max;
        if self.connections.fetch_add(1, Ordering::Relaxed) >= max {
            if self.tells_refused() {
                tracing::warn!(%address, "admin.connections_max is reached");
            }
            // A few bytes that the system takes at once, if it does.
            let _ = stream.try_write(BUSY);
            return;
        }
        if let Err(error) = set_options(&stream, &self.gate.config().limits) {
            tracing::warn!(%error, "cannot set a socket's options");
            return;
        }
        let address = address.ip().to_canonical();
        let Ok(stream) = stream.into_std() else { return };
        let serving = async move {
            match TcpStream::from_std(stream) {
                Ok(stream) => present.0.serve(stream, address).await,
                Err(error) => tracing::warn!(%error, "a connection's socket was refused"),
            }
        };
        self.gate.tracker().spawn_on(serving, &self.thread);
    }

    async fn serve(self: &Arc<Admin>, stream: TcpStream, address: IpAddr) {
        let service = service_fn(move |request| {
            let admin = self.clone();
            async move { Ok::<_, Infallible>(routes::answer(&admin, address, request).await) }
        });
        let config = self.gate.shared_config();
        // A follower of the events that takes nothing holds nobody up.
        let stopped = async {
            self.shutdown.cancelled().await;
            tokio::time::sleep(STOP_MAX).await;
        };
        let served = tokio::select! {
            served = serve_http(stream, &config.limits, &self.shutdown, service) => served,
            () = stopped => Ok(()),
        };
        if let Err(error) = served {
            tracing::debug!(%address, %error, "a connection to the admin's listener ended");
        }
    }

    /// A token that was none has come. Whether so many have that they are not to be answered.
    fn note_refused(&self) -> bool {
        !self.takes(&self.refusals)
    }

    /// Whether a request that was not let in is told of: whoever may not ask may not push out of the
    /// events what others have done.
    fn tells_refused(&self) -> bool {
        self.takes(&self.told)
    }

    fn takes(&self, bucket: &Mutex<Bucket>) -> bool {
        let rate = settings::admin_refusals(&self.gate.config().admin);
        bucket.lock().unwrap_or_else(PoisonError::into_inner).take(clock::now(), rate).is_ok()
    }
}
