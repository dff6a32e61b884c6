//! A wire between a client and what it connects to, to be cut: from then on nothing passes, and
//! neither end hears of it. No FIN, no RST, not even an acknowledgement, as when a phone loses its
//! network: a socket filter throws away every packet that arrives. What was acknowledged before is
//! still carried to the client.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use socket2::{SockFilter, SockRef};

/// "Return 0": of each packet, nothing is kept.
const DROP_ALL: SockFilter = SockFilter::new(0x06, 0, 0, 0);

/// Carries any number of connections until it is cut.
pub(crate) struct Wire {
    port: u16,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    cut: AtomicBool,
    dropped: AtomicBool,
    /// The sockets that the other program talks to.
    far: Mutex<Vec<TcpStream>>,
}

impl Wire {
    /// A wire to a port of this machine.
    pub(crate) fn to(port: u16) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        thread::spawn(move || serve(&listener, port, &shared));
        Wire { port: near, state }
    }

    /// The end to connect to.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Cuts it, without a word to either end.
    pub(crate) fn cut(&self) {
        self.state.cut.store(true, Ordering::SeqCst);
        for far in self.state.far.lock().unwrap().iter() {
            SockRef::from(far).attach_filter(&[DROP_ALL]).unwrap();
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.state.dropped.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port)); // wakes the listener
    }
}

fn serve(listener: &TcpListener, port: u16, state: &Arc<State>) {
    for near in listener.incoming().flatten() {
        if state.dropped.load(Ordering::SeqCst) {
            return;
        }
        let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
        state.far.lock().unwrap().push(far.try_clone().unwrap());
        let (from, to) = (near.try_clone().unwrap(), far.try_clone().unwrap());
        let shared = Arc::clone(state);
        thread::spawn(move || carry(from, to, &shared, Direction::Out));
        let shared = Arc::clone(state);
        thread::spawn(move || carry(far, near, &shared, Direction::In));
    }
}

/// Seen from the client.
#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Out,
    In,
}

/// Carries one direction. Ends with its connection or with the wire: while the wire is cut, both
/// ends stay open.
fn carry(mut from: TcpStream, mut to: TcpStream, state: &State, direction: Direction) {
    from.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
    let mut bytes = [0; 4096];
    while !state.dropped.load(Ordering::SeqCst) {
        let read = from.read(&mut bytes);
        let lost = direction == Direction::Out && state.cut.load(Ordering::SeqCst);
        match read {
            Ok(0) if state.cut.load(Ordering::SeqCst) => {
                thread::park_timeout(Duration::from_millis(10));
            }
            Ok(length) if length > 0 && (lost || to.write_all(&bytes[..length]).is_ok()) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => break,
        }
    }
    if !state.cut.load(Ordering::SeqCst) {
        let _ = to.shutdown(Shutdown::Both);
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::super::wait::{PATIENCE, within};
    use super::*;

    fn hears_nothing(stream: &TcpStream) -> bool {
        stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
        let heard = (&mut &*stream).read(&mut [0]);
        heard.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    fn unacknowledged(port: u16) -> usize {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        let mine = format!("0100007F:{port:04X}");
        let sockets = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let queued =
            |fields: Vec<&str>| usize::from_str_radix(fields[4].split_once(':')?.0, 16).ok();
        sockets.filter(|f| f[1] == mine && f[3] == "01").filter_map(queued).sum()
    }

    #[test]
    fn a_cut_wire_carries_nothing_and_says_nothing() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Wire::to(port);
        let mut client = TcpStream::connect(("127.0.0.1", wire.port())).unwrap();
        let (mut game, _) = listener.accept().unwrap();
        game.write_all(b"before").unwrap();
        let mut before = [0; 6];
        client.read_exact(&mut before).unwrap();
        assert_eq!(&before, b"before");
        assert!(within(PATIENCE, || (unacknowledged(port) == 0).then_some(())).is_some());

        wire.cut();
        game.write_all(b"after").unwrap();
        client.write_all(b"typed").unwrap();
        assert!(hears_nothing(&client) && hears_nothing(&game));
        assert_eq!(unacknowledged(port), 5, "the kernel does not acknowledge what is thrown away");
        drop(client);
        assert!(hears_nothing(&game), "not even that the client is gone");
    }
}
