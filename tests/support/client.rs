//! A telnet client that is driven by a test and keeps all it gets.
//!
//! It reads all the time, in a task of its own, so that negotiation is answered whatever the
//! test waits for; [`Client::stall`] stops that. `expect` goes forward through the text: what it
//! has passed is not looked at again.

pub mod style;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use memchr::memmem;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

pub use style::Style;

use super::PATIENCE;
use super::wire::{self, Reader, Wire};
use style::Negotiator;

/// How to connect; [`Client::connect`] is all defaults.
#[derive(Clone, Debug)]
pub struct Dial {
    from: Ipv4Addr,
    style: Style,
    gmcp: bool,
    size: (u16, u16),
    receive_bytes: Option<u32>,
    blind: Vec<(Duration, String)>,
}

impl Default for Dial {
    fn default() -> Dial {
        let (style, gmcp) = (Style::Silent, false);
        let (from, size) = (Ipv4Addr::LOCALHOST, (80, 24));
        Dial { from, style, gmcp, size, receive_bytes: None, blind: Vec::new() }
    }
}

impl Dial {
    /// Like this client, with its usual choice about GMCP (Mudlet: on; the others: off).
    pub fn like(style: Style) -> Dial {
        Dial { style, gmcp: style == Style::Mudlet, ..Dial::default() }
    }

    /// From 127.0.0.`host`.
    pub fn from(mut self, host: u8) -> Dial {
        self.from = Ipv4Addr::new(127, 0, 0, host);
        self
    }

    /// From the n-th address of 127.1.0.0/16.
    pub fn numbered(mut self, n: u16) -> Dial {
        let [high, low] = n.to_be_bytes();
        self.from = Ipv4Addr::new(127, 1, high, low);
        self
    }

    pub fn gmcp(mut self, on: bool) -> Dial {
        self.gmcp = on;
        self
    }

    pub fn size(mut self, columns: u16, rows: u16) -> Dial {
        self.size = (columns, rows);
        self
    }

    /// With a receive buffer of about so many bytes, so that a stalled client is full soon.
    pub fn receive_bytes(mut self, bytes: u32) -> Dial {
        self.receive_bytes = Some(bytes);
        self
    }

    /// Types `line` so long after the connection, whatever is on the screen (Mudlet: the name
    /// after 2 s, the password after 3 s).
    pub fn types_blindly(mut self, after: Duration, line: &str) -> Dial {
        self.blind.push((after, line.to_owned()));
        self
    }

    pub async fn connect(self, address: SocketAddr) -> Client {
        let socket = TcpSocket::new_v4().expect("a socket");
        if let Some(bytes) = self.receive_bytes {
            socket.set_recv_buffer_size(bytes).expect("a buffer");
        }
        socket.bind(SocketAddr::new(IpAddr::V4(self.from), 0)).expect("an address of 127.0.0.0/8");
        let stream = socket.connect(address).await.expect("somebody listens");
        Client::new(stream, self)
    }
}

/// How a connection ended, as the client saw it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    Eof,
    Reset,
}

/// A message beside the text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// How much text had come before it.
    pub at: usize,
    pub option: u8,
    pub payload: Vec<u8>,
}

/// A connected client. Dropping it closes the connection with FIN.
pub struct Client {
    stream: Arc<TcpStream>,
    got: Arc<Got>,
    reading: watch::Sender<bool>,
    task: JoinSet<()>,
}

/// All that came, and how far the test has looked.
struct Got {
    log: Mutex<Log>,
    changes: watch::Sender<u64>,
    negotiator: Mutex<Negotiator>,
    writing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Log {
    raw: Vec<u8>,
    text: Vec<u8>,
    options: Vec<(u8, u8)>,
    messages: Vec<Message>,
    /// Where in the text a GA or EOR came.
    prompts: Vec<usize>,
    echo_off: bool,
    end: Option<End>,
    text_seen: usize,
    prompts_seen: usize,
    raw_seen: usize,
    messages_seen: usize,
}

impl Client {
    /// A client that answers no negotiation.
    pub async fn connect(address: SocketAddr) -> Client {
        Dial::default().connect(address).await
    }

    fn new(stream: TcpStream, dial: Dial) -> Client {
        stream.set_nodelay(true).expect("nodelay");
        let stream = Arc::new(stream);
        let got = Arc::new(Got {
            log: Mutex::default(),
            changes: watch::Sender::new(0),
            negotiator: Mutex::new(Negotiator::new(dial.style, dial.gmcp, dial.size)),
            writing: tokio::sync::Mutex::default(),
        });
        let reading = watch::Sender::new(true);
        let mut task = JoinSet::new();
        task.spawn(listen(Arc::clone(&stream), Arc::clone(&got), reading.subscribe()));
        for (after, line) in dial.blind {
            let (stream, got) = (Arc::clone(&stream), Arc::clone(&got));
            task.spawn(async move {
                sleep(after).await;
                write(&stream, &got, format!("{line}\r\n").as_bytes()).await;
            });
        }
        Client { stream, got, reading, task }
    }

    /// The client's own address.
    pub fn address(&self) -> SocketAddr {
        self.stream.local_addr().expect("connected")
    }

    /// Sends a line, ended with CR LF.
    pub async fn line(&self, line: &str) {
        self.bytes([&wire::escape(line.as_bytes())[..], b"\r\n"].concat()).await;
    }

    /// Sends bytes as they are, in one write if the socket takes them.
    pub async fn bytes(&self, bytes: impl AsRef<[u8]>) {
        write(&self.stream, &self.got, bytes.as_ref()).await;
    }

    /// Sends a GMCP message: `package data`.
    pub async fn gmcp(&self, message: &str) {
        self.bytes(wire::sub(wire::GMCP, message.as_bytes())).await;
    }

    /// Changes the window's size, and says so if the other side wants to know.
    pub async fn resize(&self, columns: u16, rows: u16) {
        let sub = self.got.negotiator.lock().expect("no panic").resize((columns, rows));
        if let Some(sub) = sub {
            self.bytes(sub).await;
        }
    }

    /// Waits for `text` and goes behind it. Returns what was passed, `text` included.
    ///
    /// # Panics
    /// If it has not come after [`PATIENCE`], or cannot come any more.
    pub async fn expect(&self, text: &str) -> String {
        self.expect_any(&[text]).await.1
    }

    /// The same for the first of several; which one it was.
    pub async fn expect_any(&self, texts: &[&str]) -> (usize, String) {
        self.wait(&format!("one of {texts:?}"), |log| {
            let rest = &log.text[log.text_seen..];
            let places = texts.iter().enumerate().filter_map(|(which, text)| {
                let at = memmem::find(rest, text.as_bytes())?;
                Some((at, which, at + text.len()))
            });
            let (_, which, end) = places.min()?;
            let passed = String::from_utf8_lossy(&rest[..end]).into_owned();
            log.text_seen += end;
            Some((which, passed))
        })
        .await
    }

    /// Waits until as many raw bytes have come as `bytes` has, behind those of the last call, and
    /// holds them against it, telnet and all.
    pub async fn expect_raw(&self, bytes: &[u8]) {
        let expected = bytes.escape_ascii().to_string();
        let came = self
            .wait(&expected, |log| {
                let came = log.raw.get(log.raw_seen..log.raw_seen + bytes.len())?;
                let came = came.escape_ascii().to_string();
                log.raw_seen += bytes.len();
                Some(came)
            })
            .await;
        assert_eq!(came, expected);
    }

    /// Waits for a GA or EOR behind what was seen so far. Returns the text up to it.
    pub async fn expect_prompt(&self) -> String {
        self.wait("a prompt mark", |log| {
            let prompts = log.prompts.iter().copied().enumerate().skip(log.prompts_seen);
            let (which, at) = prompts.into_iter().find(|(_, at)| *at >= log.text_seen)?;
            let passed = String::from_utf8_lossy(&log.text[log.text_seen..at]).into_owned();
            (log.text_seen, log.prompts_seen) = (at, which + 1);
            Some(passed)
        })
        .await
    }

    /// Waits for the next GMCP message of `package`, whatever comes between. Returns its data.
    pub async fn expect_gmcp(&self, package: &str) -> serde_json::Value {
        self.wait(&format!("GMCP {package}"), |log| {
            let messages = log.messages.iter().enumerate().skip(log.messages_seen);
            let mut gmcp = messages.filter(|(_, message)| message.option == wire::GMCP);
            let (at, data) = gmcp.find_map(|(at, message)| {
                let message = String::from_utf8_lossy(&message.payload).into_owned();
                let (name, data) = message.split_once(' ').unwrap_or((&message, "null"));
                name.eq_ignore_ascii_case(package).then(|| (at, data.to_owned()))
            })?;
            log.messages_seen = at + 1;
            Some(serde_json::from_str(&data).expect("GMCP data is JSON"))
        })
        .await
    }

    /// Waits until echo is off, or on.
    pub async fn expect_echo(&self, off: bool) {
        self.wait("echo to change", |log| (log.echo_off == off).then_some(())).await;
    }

    /// Waits until the other side has closed. Returns how, and the text that came last.
    pub async fn expect_end(&self) -> (End, String) {
        let end = self.wait("the end", |log| log.end).await;
        (end, self.rest())
    }

    /// Waits until `holds` of the whole text.
    pub async fn until(&self, what: &str, mut holds: impl FnMut(&str) -> bool) {
        self.wait(what, |log| holds(&String::from_utf8_lossy(&log.text)).then_some(())).await;
    }

    /// All text so far, telnet removed.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.log().text).into_owned()
    }

    /// The text that no `expect` has passed yet.
    pub fn rest(&self) -> String {
        let log = self.log();
        String::from_utf8_lossy(&log.text[log.text_seen..]).into_owned()
    }

    /// Every byte so far.
    pub fn raw(&self) -> Vec<u8> {
        self.log().raw.clone()
    }

    /// Every subnegotiation so far.
    pub fn messages(&self) -> Vec<Message> {
        self.log().messages.clone()
    }

    /// Every WILL, WONT, DO, DONT so far.
    pub fn options(&self) -> Vec<(u8, u8)> {
        self.log().options.clone()
    }

    pub fn echo_off(&self) -> bool {
        self.log().echo_off
    }

    /// How the other side ended the connection, if it has.
    pub fn end(&self) -> Option<End> {
        self.log().end
    }

    /// Reads no more: the other side will find its socket full.
    pub fn stall(&self) {
        self.reading.send_replace(false);
    }

    /// Reads again.
    pub fn unstall(&self) {
        self.reading.send_replace(true);
    }

    /// Its network is gone: nothing that is sent to it arrives any more, and nobody is told.
    pub fn unplug(&self) {
        unplug(&self.stream);
    }

    /// Sends FIN and goes on reading.
    pub fn half_close(&self) {
        socket2::SockRef::from(&*self.stream).shutdown(std::net::Shutdown::Write).expect("open");
    }

    /// Is gone without a goodbye: the connection ends with RST.
    pub async fn vanish(mut self) {
        self.stream.set_zero_linger().expect("linger");
        self.task.shutdown().await;
    }

    /// Closes with FIN.
    pub async fn close(mut self) {
        self.task.shutdown().await;
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.got.log.lock().expect("no panic")
    }

    async fn wait<T>(&self, what: &str, mut look: impl FnMut(&mut Log) -> Option<T>) -> T {
        let mut changes = self.got.changes.subscribe();
        let wait = async {
            loop {
                match self.look(&mut look) {
                    (Some(found), _) => return Some(found),
                    (None, true) => return None,
                    (None, false) => changes.changed().await.expect("the client lives"),
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, wait).await.ok().flatten();
        found.unwrap_or_else(|| {
            let (end, rest) = (self.end(), self.rest());
            let raw = self.raw().escape_ascii().to_string();
            panic!(
                "waited in vain for {what}; ended: {end:?}; not yet passed: {rest:?}; all: {raw}"
            )
        })
    }

    /// What is there now, and whether no more can come.
    fn look<T>(&self, look: &mut impl FnMut(&mut Log) -> Option<T>) -> (Option<T>, bool) {
        let mut log = self.log();
        (look(&mut log), log.end.is_some())
    }
}

/// Has the kernel drop every packet for this socket before TCP has seen it.
pub fn unplug(stream: &TcpStream) {
    // BPF_RET: keep 0 bytes.
    let drop_all = socket2::SockFilter::new(0x06, 0, 0, 0);
    socket2::SockRef::from(stream).attach_filter(&[drop_all]).expect("Linux");
}

async fn listen(stream: Arc<TcpStream>, got: Arc<Got>, mut reading: watch::Receiver<bool>) {
    let mut reader = Reader::default();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        reading.wait_for(|reading| *reading).await.expect("the client lives");
        tokio::select! {
            _ = reading.changed() => continue,
            ready = stream.readable() => ready.expect("a socket"),
        }
        let end = match stream.try_read(&mut buffer) {
            Ok(0) => End::Eof,
            Ok(count) => {
                for reply in got.take(&buffer[..count], &mut reader) {
                    write(&stream, &got, &reply).await;
                }
                continue;
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => continue,
            Err(_) => End::Reset,
        };
        got.log.lock().expect("no panic").end = Some(end);
        got.changes.send_modify(|count| *count += 1);
        return;
    }
}

impl Got {
    fn take(&self, bytes: &[u8], reader: &mut Reader) -> Vec<Vec<u8>> {
        let mut log = self.log.lock().expect("no panic");
        let mut negotiator = self.negotiator.lock().expect("no panic");
        let mut replies = Vec::new();
        log.raw.extend(bytes);
        for wire in reader.read(bytes) {
            replies.extend(negotiator.answer(&wire));
            log.note(wire);
        }
        self.changes.send_modify(|count| *count += 1);
        replies
    }
}

impl Log {
    fn note(&mut self, wire: Wire) {
        let at = self.text.len();
        match wire {
            Wire::Text(text) => self.text.extend(text),
            Wire::Command(wire::GA | wire::EOR) => self.prompts.push(at),
            Wire::Command(_) => {}
            Wire::Option(verb, option) => {
                if option == wire::ECHO && matches!(verb, wire::WILL | wire::WONT) {
                    self.echo_off = verb == wire::WILL;
                }
                self.options.push((verb, option));
            }
            Wire::Sub(option, payload) => self.messages.push(Message { at, option, payload }),
        }
    }
}

/// Writes all, or as much as a closed socket takes.
async fn write(stream: &TcpStream, got: &Got, mut bytes: &[u8]) {
    let _turn = got.writing.lock().await;
    while !bytes.is_empty() {
        match stream.try_write(bytes) {
            Ok(count) => bytes = &bytes[count..],
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                if stream.writable().await.is_err() {
                    return;
                }
            }
            Err(_) => return,
        }
    }
}
