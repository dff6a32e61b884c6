//! A bad line: a TCP proxy between a player and mudkeep that slices, delays, stalls and cuts.

#![allow(unreachable_pub, reason = "a module of tests has no outside")]

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the line does to what goes through it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Pass,
    /// One byte at a time.
    Slice,
    /// A millisecond later.
    Delay,
    /// Not now.
    Stall,
}

/// Bytes after which a connection is not sliced any more: each lets everybody else have a turn first,
/// which takes its time on a busy machine.
const SLICED_MAX: usize = 300;

#[derive(Clone, Copy)]
struct State {
    mode: Mode,
    /// Counts the cuts: connections of before are gone.
    cuts: u64,
}

/// A line to one address. It is gone when dropped.
pub struct Line {
    address: SocketAddr,
    state: watch::Sender<State>,
    _door: JoinSet<()>,
}

impl Line {
    pub async fn to(target: SocketAddr) -> Line {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let state = watch::Sender::new(State { mode: Mode::Pass, cuts: 0 });
        let mut door = JoinSet::new();
        door.spawn(keep_door(listener, target, state.clone()));
        Line { address, state, _door: door }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn set(&self, mode: Mode) {
        self.state.send_modify(|state| state.mode = mode);
    }

    /// Ends every connection with RST.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.cuts += 1);
    }
}

async fn keep_door(listener: TcpListener, target: SocketAddr, state: watch::Sender<State>) {
    let mut all = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (client, _) = accepted.expect("accepting");
                all.spawn(carry(client, target, state.subscribe()));
            }
            Some(ended) = all.join_next() => ended.expect("a connection's task"),
        }
    }
}

async fn carry(client: TcpStream, target: SocketAddr, mut state: watch::Receiver<State>) {
    let Ok(server) = TcpStream::connect(target).await else { return };
    for stream in [&client, &server] {
        stream.set_nodelay(true).expect("nodelay");
        // Whatever ends it, it ends like a line that is gone.
        stream.set_zero_linger().expect("linger");
    }
    let cuts = state.borrow().cuts;
    let ((from_client, to_client), (from_server, to_server)) =
        (client.into_split(), server.into_split());
    let forth = pass_on(from_client, to_server, state.clone(), 0);
    // A test's own client takes an answer that comes byte by byte for an attack: the first one comes
    // whole.
    let back = pass_on(from_server, to_client, state.clone(), 1);
    tokio::select! {
        _ = async { tokio::join!(forth, back) } => {}
        _ = state.wait_for(|state| state.cuts != cuts) => {}
    }
}

async fn pass_on(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut state: watch::Receiver<State>,
    mut whole: usize,
) -> io::Result<()> {
    let mut buffer = vec![0; 8 * 1024];
    let mut sliced = 0;
    loop {
        let count = from.read(&mut buffer).await?;
        let _ = state.wait_for(|state| state.mode != Mode::Stall).await;
        let mode = state.borrow().mode;
        if count == 0 {
            return to.shutdown().await;
        }
        let first = whole > 0;
        whole = whole.saturating_sub(1);
        match mode {
            Mode::Slice if sliced < SLICED_MAX && !first => {
                let (slices, rest) = buffer[..count].split_at(count.min(SLICED_MAX - sliced));
                for byte in slices {
                    to.write_all(std::slice::from_ref(byte)).await?;
                    tokio::task::yield_now().await;
                }
                sliced += slices.len();
                to.write_all(rest).await?;
            }
            Mode::Delay => {
                tokio::time::sleep(Duration::from_millis(1)).await;
                to.write_all(&buffer[..count]).await?;
            }
            Mode::Pass | Mode::Slice | Mode::Stall => to.write_all(&buffer[..count]).await?,
        }
    }
}
