//! The game's sockets: an accept loop, a task per connection, the ticker. They move bytes and tell
//! the world the time; what is to happen, the world says.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::world::{Limits, SeatId, Taken, World};

/// How long a closed connection is read on, so that its last words are not lost to a reset.
const LINGER: Duration = Duration::from_secs(2);
/// How long to wait after an accept that failed for want of something.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// How much is read at once.
const READ_BYTES: usize = 2048;

/// Plays the game with everybody who connects to `listener`, until `shutdown`. Returns when nobody
/// more is accepted; the tasks of those who are in are counted by `tracker` and end by themselves.
///
/// # Errors
/// None that a listener has today: one that fails is tried again.
pub async fn serve(
    listener: TcpListener,
    shutdown: CancellationToken,
    tracker: TaskTracker,
) -> io::Result<()> {
    let world = World::new(Limits::default(), rand::random(), Instant::now().into_std());
    let hall = Arc::new(Hall { state: Mutex::new(State { world, bells: BTreeMap::new() }) });
    tracker.spawn(turn(Arc::clone(&hall), shutdown.clone()));
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                tracker.spawn(converse(Arc::clone(&hall), stream, shutdown.clone()));
            }
            Err(error) => {
                tracing::warn!(%error, "the built-in game cannot accept");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// The world and the bells of those who write for it.
struct Hall {
    state: Mutex<State>,
}

struct State {
    world: World,
    bells: BTreeMap<SeatId, Arc<Notify>>,
}

impl Hall {
    /// Does something to the world and rings for whoever has to look.
    fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let mut state = self.state();
        let done = act(&mut state.world);
        for id in state.world.woken() {
            if let Some(bell) = state.bells.get(&id) {
                bell.notify_one();
            }
        }
        done
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn connect(&self) -> Option<(SeatId, Arc<Notify>)> {
        let id = self.with(|world| world.connect(now()))?;
        let bell = Arc::new(Notify::new());
        self.state().bells.insert(id, Arc::clone(&bell));
        Some((id, bell))
    }

    fn disconnect(&self, id: SeatId) {
        self.state().bells.remove(&id);
        self.with(|world| world.disconnect(id, now()));
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}

/// Turns the lamp; at the end, says goodbye.
async fn turn(hall: Arc<Hall>, shutdown: CancellationToken) {
    loop {
        let next = hall.with(|world| world.next_turn());
        tokio::select! {
            () = sleep_until(next.into()) => hall.with(|world| world.tick(now())),
            () = shutdown.cancelled() => return hall.with(|world| world.close_all(now())),
        }
    }
}

async fn converse(hall: Arc<Hall>, mut stream: TcpStream, shutdown: CancellationToken) {
    let Some((id, bell)) = hall.connect() else {
        let _ = stream.try_write(b"\r\nThe coast is full tonight. Come back another day.\r\n");
        return;
    };
    let ended = tokio::select! {
        ended = exchange(&hall, &stream, id, &bell) => ended,
        () = grace(&shutdown) => Ended::ByPlayer,
    };
    hall.disconnect(id);
    if ended == Ended::ByGame && !shutdown.is_cancelled() {
        let _ = timeout(LINGER, last_words(&mut stream)).await;
    }
}

/// The time that there is for goodbyes once the game shuts down.
async fn grace(shutdown: &CancellationToken) {
    shutdown.cancelled().await;
    sleep(LINGER).await;
}

/// Who ended a connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// Or the network, or it took nothing.
    ByPlayer,
    /// And all that it had to say is written.
    ByGame,
}

/// Moves bytes until one side ends it.
async fn exchange(hall: &Hall, stream: &TcpStream, id: SeatId, bell: &Notify) -> Ended {
    let _ = stream.set_nodelay(true);
    let mut writing = Writing::default();
    loop {
        if writing.is_done() {
            if writing.last {
                return Ended::ByGame;
            }
            writing = Writing::of(hall.with(|world| world.take(id, now())));
        }
        if !writing.is_done() && !writing.go_on(stream) {
            return Ended::ByPlayer;
        }
        if writing.is_done() && (writing.last || !writing.bytes.is_empty()) {
            continue;
        }
        let interest = match (writing.is_done(), hall.with(|world| world.wants_input(id))) {
            (true, _) => Interest::READABLE,
            (false, true) => Interest::READABLE | Interest::WRITABLE,
            (false, false) => Interest::WRITABLE,
        };
        tokio::select! {
            () = bell.notified() => {
                if hall.with(|world| world.is_cut(id)) {
                    return Ended::ByPlayer;
                }
            }
            ready = stream.ready(interest) => {
                let readable = ready.is_ok_and(|ready| ready.is_readable());
                if readable && interest.is_readable() && !read(hall, stream, id) {
                    return Ended::ByPlayer;
                }
            }
        }
    }
}

/// Reads once; false if the connection is at its end.
fn read(hall: &Hall, stream: &TcpStream, id: SeatId) -> bool {
    let mut buffer = [0; READ_BYTES];
    match stream.try_read(&mut buffer) {
        Ok(0) => false,
        Ok(count) => {
            hall.with(|world| world.receive(id, &buffer[..count], now()));
            true
        }
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}

/// What was taken from the world and is being written.
#[derive(Default)]
struct Writing {
    bytes: Vec<u8>,
    written: usize,
    /// The connection ends behind these.
    last: bool,
}

impl Writing {
    fn of(taken: Taken) -> Writing {
        Writing { bytes: taken.bytes, written: 0, last: taken.close }
    }

    fn is_done(&self) -> bool {
        self.written == self.bytes.len()
    }

    /// Writes as much as the socket takes; false if it is at its end.
    fn go_on(&mut self, stream: &TcpStream) -> bool {
        match stream.try_write(&self.bytes[self.written..]) {
            Ok(count) => {
                self.written += count;
                true
            }
            Err(error) => error.kind() == io::ErrorKind::WouldBlock,
        }
    }
}

/// Sends FIN, then reads what still comes.
async fn last_words(stream: &mut TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let mut rest = [0; 512];
    while stream.readable().await.is_ok() {
        match stream.try_read(&mut rest) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
