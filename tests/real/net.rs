//! What the kernel knows about loopback sockets, and ports that are free.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU16, Ordering};

const ESTABLISHED: &str = "01";
const LISTEN: &str = "0A";

/// A port that nobody listens on. Below the range that the kernel hands out to outgoing
/// connections, and never the same twice in one run.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = 15_000 + u16::try_from(std::process::id() % 10_000).unwrap_or_default();
    loop {
        let port = start + NEXT.fetch_add(1, Ordering::Relaxed) % 5_000;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Whether somebody listens on a port of the loopback address.
pub(crate) fn listening(port: u16) -> bool {
    sockets().iter().any(|socket| socket.state == LISTEN && socket.local == port)
}

/// The other ends of the connections that a game listening on `port` has now, by their port: a
/// connection that stays the same keeps its number.
pub(crate) fn peers_of(port: u16) -> BTreeSet<u16> {
    sockets()
        .iter()
        .filter(|socket| socket.state == ESTABLISHED && socket.remote == port)
        .map(|socket| socket.local)
        .collect()
}

struct Socket {
    local: u16,
    remote: u16,
    state: String,
}

fn sockets() -> Vec<Socket> {
    let table = fs::read_to_string("/proc/net/tcp").expect("the kernel's socket table");
    table.lines().skip(1).filter_map(parse).collect()
}

/// A line is `sl local remote state ...`, addresses as `HEXADDRESS:HEXPORT`.
fn parse(line: &str) -> Option<Socket> {
    let mut fields = line.split_whitespace().skip(1);
    let mut port = || u16::from_str_radix(fields.next()?.rsplit(':').next()?, 16).ok();
    let (local, remote) = (port()?, port()?);
    Some(Socket { local, remote, state: fields.next()?.to_owned() })
}
