//! The proxy as a whole: its listeners, its threads, the game it stands before, and its end.
//!
//! One current-thread runtime per core. A session stays on the thread where it was made, and its
//! clients' connections live there too.

mod followers;
mod refusal;
mod reload;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::admin::{Admin, AdminThread};
use crate::clock;
use crate::config::{Config, GameAddress, ListenConfig, ListenProtocol};
use crate::demo;
use crate::gate::Gate;
use crate::ids::ConnectionId;
use crate::limits::bans::BanKind;
use crate::open_files;
use crate::registry::Registry;
use crate::registry::card::Carrier;
use crate::session::game::{Dialer, set_options};
use crate::session::message::EndReason;
use crate::store::Store;
use crate::threads::{self, Threads};
use crate::transport::http::Site;
use crate::transport::telnet::TelnetConnection;
use followers::Followers;

use refusal::Refusals;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 4096;

/// How long after relief that was not enough it is tried again.
const RELIEF_REST: Duration = Duration::from_secs(1);

/// Connections that are accepted in a row before those who play have their turn.
const ACCEPTS_MAX: usize = 8;

/// How long accepting rests when there are no file descriptors left.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// A running proxy.
pub struct Server {
    gate: Arc<Gate>,
    addresses: Vec<SocketAddr>,
    /// Ends the accepting, and the built-in game.
    shutdown: CancellationToken,
    tracker: TaskTracker,
    /// The built-in game's own tasks: they end after the sessions.
    demo: TaskTracker,
    followers: Followers,
    /// Where the admin's listener is served, if there is one.
    _admin: Option<AdminThread>,
}

impl Server {
    /// Binds the listeners and begins to accept.
    ///
    /// # Errors
    /// An address cannot be bound; says which.
    pub async fn start(config: Arc<Config>, threads: Threads) -> io::Result<Server> {
        let shutdown = CancellationToken::new();
        let (tracker, demo) = (TaskTracker::new(), TaskTracker::new());
        let listeners = bind_all(&config)?;
        let address = match &config.game.address {
            GameAddress::At(address) => address.to_string(),
            GameAddress::Demo => start_demo(&shutdown, &demo).await?.to_string(),
        };
        let dialer = Dialer { address };
        let store = Store::open(&config.store)?;
        let gate = Arc::new(Gate::new(config, dialer, store, tracker.clone(), threads));
        let followers = Followers::start(&gate)?;
        tracker.spawn(relieve(gate.clone(), shutdown.clone()));
        tracker.spawn(keep_times(gate.clone(), shutdown.clone()));
        let mut addresses = Vec::new();
        let mut admin: Option<Arc<Admin>> = None;
        let mut admin_thread = None;
        for (listener, listen) in listeners {
            let address = listener.local_addr()?;
            match listen.protocol {
                ListenProtocol::Admin => {
                    tracing::info!(%address, protocol = "admin", "listening: http://{address}/ is for the game's staff");
                }
                ListenProtocol::Telnet => {
                    tracing::info!(%address, protocol = "telnet", "listening")
                }
                ListenProtocol::Http => {
                    tracing::info!(%address, protocol = "http", "listening: http://{address}/ is for browsers");
                }
            }
            addresses.push(address);
            let door = match listen.protocol {
                ListenProtocol::Telnet => Door::Telnet,
                ListenProtocol::Http => {
                    Door::Http(Arc::new(Site::new(gate.clone(), listen, shutdown.clone())))
                }
                ListenProtocol::Admin => Door::Admin(match &admin {
                    Some(admin) => admin.clone(),
                    None => {
                        let thread = admin_thread.insert(AdminThread::start()?);
                        let made = Admin::start(gate.clone(), thread, shutdown.clone())?;
                        admin.insert(made).clone()
                    }
                }),
            };
            tracker.spawn(accept_all(gate.clone(), door, listener, shutdown.clone()));
        }
        Ok(Server { gate, addresses, shutdown, tracker, demo, followers, _admin: admin_thread })
    }

    /// Where it listens, in the order of the configuration.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// The one door for transports, and for whoever administers.
    #[must_use]
    pub fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// The tables, to be looked at.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        self.gate.registry()
    }

    /// How many tasks run.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.tracker.len()
    }

    /// Stops: accepts nobody any more, tells everyone, waits for what is on its way to them, but
    /// no longer than `limits.shutdown_grace`. Says whether all ended in time.
    pub async fn stop(self) -> bool {
        self.shutdown.cancel();
        for session in self.gate.registry().sessions() {
            session.with(|core| core.end(EndReason::Shutdown));
        }
        self.tracker.close();
        self.demo.close();
        let grace = self.gate.config().limits.shutdown_grace;
        let all = async {
            self.tracker.wait().await;
            self.demo.wait().await;
        };
        let gone = tokio::time::timeout(grace, all).await.is_ok();
        self.gate.store().close();
        self.followers.stop().await;
        gone
    }
}

/// Runs until a signal says to stop. SIGHUP has it read `file` again.
///
/// # Errors
/// It cannot be started.
pub fn run(config: Arc<Config>, file: &Path) -> io::Result<()> {
    open_files::raise(&config.limits);
    let runtime = threads::runtime()?;
    let ran = runtime.block_on(async {
        let (threads, others) = Threads::start(config.limits.threads())?;
        let mut hangups = signal(SignalKind::hangup())?;
        let server = Server::start(config, threads).await?;
        let reloads = async {
            while hangups.recv().await.is_some() {
                server.reload(file).await;
            }
        };
        tokio::select! {
            signal = wait_for_signal() => signal?,
            () = server.gate.drained() => {}
            () = reloads => {}
        }
        tracing::info!("stopping");
        if !server.stop().await {
            tracing::warn!("not everybody was gone within limits.shutdown_grace");
        }
        others.stop();
        Ok(())
    });
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    ran
}

/// Runs the built-in game alone until a signal says to stop.
///
/// # Errors
/// The address cannot be bound.
pub fn run_demo_game(address: SocketAddr) -> io::Result<()> {
    let runtime = threads::runtime()?;
    runtime.block_on(async {
        let (shutdown, tracker) = (CancellationToken::new(), TaskTracker::new());
        let listener = bind(address)?;
        tracing::info!(address = %listener.local_addr()?, "the built-in game is listening");
        tracker.spawn(demo::serve(listener, shutdown.clone(), tracker.clone()));
        wait_for_signal().await?;
        shutdown.cancel();
        tracker.close();
        let _ = tokio::time::timeout(Duration::from_secs(5), tracker.wait()).await;
        Ok(())
    })
}

async fn wait_for_signal() -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

async fn start_demo(shutdown: &CancellationToken, demo: &TaskTracker) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    demo.spawn(demo::serve(listener, shutdown.clone(), demo.clone()));
    Ok(address)
}

fn bind_all(config: &Config) -> io::Result<Vec<(TcpListener, ListenConfig)>> {
    let all = config.listen.0.iter();
    all.map(|listen| Ok((bind(listen.address)?, listen.clone()))).collect()
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    bind_socket(address).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })
}

fn bind_socket(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// Has memory given back whenever too much is used; while nobody can, again and again.
async fn relieve(gate: Arc<Gate>, shutdown: CancellationToken) {
    let exceeded = async {
        loop {
            gate.memory().exceeded().await;
            if gate.relieve() > 0 {
                tokio::time::sleep(RELIEF_REST).await;
            }
        }
    };
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = exceeded => {}
    }
}

/// Puts connections out whose time is over.
async fn keep_times(gate: Arc<Gate>, shutdown: CancellationToken) {
    tokio::select! {
        () = shutdown.cancelled() => {}
        () = gate.keep_times() => {}
    }
}

/// What is behind a listener.
enum Door {
    Telnet,
    Http(Arc<Site>),
    Admin(Arc<Admin>),
}

async fn accept_all(
    gate: Arc<Gate>,
    door: Door,
    listener: TcpListener,
    shutdown: CancellationToken,
) {
    let (mut resting, mut accepts) = (false, 0);
    let mut refusals = Refusals::default();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, address)) => {
                if std::mem::take(&mut resting) {
                    tracing::info!("accepting again");
                }
                match &door {
                    Door::Telnet => accept(&gate, stream, address, &mut refusals),
                    Door::Http(site) => accept_http(&gate, site, stream, address, &mut refusals),
                    Door::Admin(admin) => admin.accept(stream, address),
                }
                accepts += 1;
                if accepts % ACCEPTS_MAX == 0 {
                    tokio::task::yield_now().await;
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut resting, true) {
                    tracing::warn!(%error, "cannot accept a connection, and tries again");
                }
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

fn accept(gate: &Arc<Gate>, stream: TcpStream, address: SocketAddr, refusals: &mut Refusals) {
    let id = ConnectionId(Uuid::new_v4());
    let address = address.ip().to_canonical();
    if let Some(reason) = gate.store().banned_address(address, BanKind::All) {
        gate.refused_banned(address);
        return refusal::say(&stream, gate.config().texts.banned(reason));
    }
    match gate.registry().admit(clock::now(), id, Carrier::Telnet, address) {
        Ok(place) => {
            if !prepare(gate, &stream, id) {
                return;
            }
            tracing::debug!(connection = %id, %address, "connection accepted");
            let connection = TelnetConnection::new(gate.clone(), stream.into(), id, address, place);
            connection.start(gate.threads().deal());
        }
        Err(denied) => {
            refusals.log(address, denied);
            refusal::by_telnet(&gate.config(), &stream, denied);
        }
    }
}

/// Sets the options of a client's socket; false if that fails.
fn prepare(gate: &Gate, stream: &TcpStream, id: ConnectionId) -> bool {
    let config = gate.config();
    let limits = &config.limits;
    let options = set_options(stream, limits)
        .and_then(|()| SockRef::from(stream).set_send_buffer_size(limits.send_buffer_bytes));
    if let Err(error) = options {
        tracing::warn!(connection = %id, %error, "cannot set a socket's options");
        return false;
    }
    true
}

/// A web client, or a web server in front of many. It lives on the thread that it is dealt to.
fn accept_http(
    gate: &Arc<Gate>,
    site: &Arc<Site>,
    stream: TcpStream,
    address: SocketAddr,
    refusals: &mut Refusals,
) {
    let id = ConnectionId(Uuid::new_v4());
    let address = address.ip().to_canonical();
    let seat = match site.admit(id, address) {
        Ok(seat) => seat,
        Err(denied) => {
            refusals.log(address, denied);
            refusal::by_http(&stream, denied);
            return;
        }
    };
    if !prepare(gate, &stream, id) {
        return;
    }
    tracing::debug!(connection = %id, %address, "web connection accepted");
    let Ok(stream) = stream.into_std() else { return };
    let (site, thread) = (site.clone(), gate.threads().deal());
    let serving = async move {
        match TcpStream::from_std(stream) {
            Ok(stream) => site.serve(stream, id, address, seat).await,
            Err(error) => tracing::warn!(%error, "a connection's socket was refused"),
        }
    };
    gate.tracker().spawn_on(serving, gate.threads().handle(thread));
}
