//! A telnet stream to a client in the frames of a WebSocket (RFC 6455).
//!
//! The telnet connection reads and writes it like a socket. Nothing is taken to be written before
//! all that came before has gone to the kernel, so that what waits here is one write and no more.

mod heartbeat;

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use tokio::io::ReadBuf;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message};
use zeroize::Zeroizing;

use self::heartbeat::{Beat, Heartbeat};
use crate::config::Limits;
use crate::gate::Gate;
use crate::ids::ConnectionId;
use crate::registry::Place;
use crate::session::message::DetachReason;
use crate::threads;
use crate::transport::socket::{Came, Socket};
use crate::transport::stream::ClientStream;
use crate::transport::telnet::TelnetConnection;
use crate::transport::wire::close::{CloseWith, close_frame_of};
use crate::transport::wire::text::{Dialect, FRAME_BYTES_MAX, Outbound, Translator};

/// How many messages without anything to read are looked at before others have their turn.
const MESSAGES_AT_ONCE_MAX: usize = 64;

/// What the engine is owed is dropped beyond this: a client's part of a negotiation is short.
const ANSWERS_BYTES_MAX: usize = 16 * 1024;

/// The subprotocols that carry a telnet stream, or what stands for one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ByteSubprotocol {
    /// Telnet in binary frames.
    Telnet,
    /// The same by its older name.
    Binary,
    /// Text, and GMCP beside it.
    Gmcp,
    /// Text, and envelopes beside it.
    Json,
    /// Text alone.
    Terminal,
}

impl ByteSubprotocol {
    /// Its name in `Sec-WebSocket-Protocol`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            ByteSubprotocol::Telnet => "telnet.mudstandards.org",
            ByteSubprotocol::Binary => "binary",
            ByteSubprotocol::Gmcp => "gmcp.mudstandards.org",
            ByteSubprotocol::Json => "json.mudstandards.org",
            ByteSubprotocol::Terminal => "terminal.mudstandards.org",
        }
    }

    fn dialect(self) -> Option<Dialect> {
        match self {
            ByteSubprotocol::Telnet | ByteSubprotocol::Binary => None,
            ByteSubprotocol::Gmcp => Some(Dialect::Gmcp),
            ByteSubprotocol::Json => Some(Dialect::Json),
            ByteSubprotocol::Terminal => Some(Dialect::Terminal),
        }
    }
}

/// Serves a player who has come by WebSocket, on this thread.
pub(crate) fn serve(
    gate: Arc<Gate>,
    socket: Socket,
    subprotocol: ByteSubprotocol,
    id: ConnectionId,
    address: IpAddr,
    place: Place,
) {
    let config = gate.config();
    let translator = |dialect| Box::new(Translator::new(dialect, config.game.charset));
    let translator = subprotocol.dialect().map(translator);
    let frames = FrameStream::new(socket, translator, &config.limits);
    let stream = ClientStream::Frames(Box::new(frames));
    tracing::debug!(connection = %id, %address, subprotocol = subprotocol.name(), "upgraded");
    TelnetConnection::new(gate, stream, id, address, place).start(threads::here());
}

/// The telnet stream of one WebSocket.
pub(crate) struct FrameStream {
    socket: Socket,
    /// Makes something else of telnet, where the frames do not carry it as it is.
    translator: Option<Box<Translator>>,
    /// Messages of one write at most, and a ping.
    queue: VecDeque<Message>,
    /// The kernel did not take all of it.
    blocked: bool,
    /// Telnet that has come and was not read: one message and [`ANSWERS_BYTES_MAX`] at most.
    inbound: Zeroizing<Vec<u8>>,
    /// How much of it was.
    read: usize,
    /// How much of it is not the client's but the translator's; at most [`ANSWERS_BYTES_MAX`].
    answered: usize,
    /// All that was taken to be written.
    written: u64,
    heartbeat: Heartbeat,
    /// Whatever the client sends is read at once: what it has sent was read to its end.
    listens: bool,
    abuses: u32,
    /// The client has closed.
    over: bool,
}

impl FrameStream {
    fn new(socket: Socket, translator: Option<Box<Translator>>, limits: &Limits) -> FrameStream {
        FrameStream {
            socket,
            translator,
            queue: VecDeque::new(),
            blocked: false,
            inbound: Zeroizing::default(),
            read: 0,
            answered: 0,
            written: 0,
            heartbeat: Heartbeat::new(limits),
            listens: true,
            abuses: 0,
            over: false,
        }
    }

    /// How much of what was written the client has answered for.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.heartbeat.acknowledged()
    }

    /// How long an answer takes to come.
    pub(crate) fn round_trip(&self) -> Option<std::time::Duration> {
        self.heartbeat.round_trip()
    }

    pub(crate) fn take_abuses(&mut self) -> u32 {
        std::mem::take(&mut self.abuses)
    }

    /// Sends on what waits, and a ping when it is time.
    pub(crate) fn keep_alive(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if !self.listens {
            // Its answer may have come.
            self.heartbeat.heard();
        }
        while !self.socket.is_closing()
            && let Poll::Ready(beat) = self.heartbeat.poll(cx, self.written)
        {
            match beat {
                Beat::Ping(payload) => {
                    self.queue.push_back(Message::Ping(Bytes::copy_from_slice(&payload)));
                }
                Beat::Dead => {
                    self.hang_up(DetachReason::TimedOut);
                    return Err(io::ErrorKind::TimedOut.into());
                }
            }
        }
        match self.poll_flush(cx) {
            Poll::Ready(Err(error)) => Err(error),
            Poll::Ready(Ok(())) | Poll::Pending => Ok(()),
        }
    }

    /// The last frame: behind everything that waits.
    pub(crate) fn close(&mut self, with: CloseWith) {
        self.socket.close(with);
    }

    /// The same in place of what waits, if it can go at once.
    pub(crate) fn hang_up(&mut self, reason: DetachReason) {
        if let Some(with) = close_frame_of(reason)
            && !self.socket.is_closing()
        {
            self.queue.clear();
            self.close(with);
            // Who is not there misses nothing.
            let _ = self.poll_flush(&mut Context::from_waker(Waker::noop()));
        }
    }

    /// The rest of it, when nothing is to be read or written any more: see [`Socket::poll_gone`].
    pub(crate) fn into_socket(self) -> Socket {
        self.socket
    }

    /// Whether everything that was taken has gone to the kernel. Where it had been full, its having
    /// room again is a sign of life.
    pub(crate) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let FrameStream { socket, queue, .. } = self;
        let sent = socket.poll_send(cx, || queue.pop_front()).map_err(io_error);
        let was_blocked = std::mem::replace(&mut self.blocked, sent.is_pending());
        if was_blocked && matches!(sent, Poll::Ready(Ok(()))) {
            self.heartbeat.heard();
        }
        sent
    }

    /// Takes what goes into one frame; nothing, as long as anything waits.
    pub(crate) fn poll_write(
        &mut self,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.socket.is_closing() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        ready!(self.poll_flush(cx))?;
        let bytes = gather(pieces);
        let taken = bytes.len();
        self.written += taken as u64;
        self.say(bytes);
        match self.poll_flush(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(taken)),
        }
    }

    fn say(&mut self, telnet: Vec<u8>) {
        let Some(translator) = &mut self.translator else {
            return self.queue.push_back(Message::binary(telnet));
        };
        let mut frames = Vec::new();
        translator.output(&telnet, &mut frames);
        let answers = translator.take_answers();
        frames.into_iter().for_each(|frame| queue_frame(frame, &mut self.queue));
        if self.answered + answers.len() <= ANSWERS_BYTES_MAX {
            self.answered += answers.len();
            self.inbound.extend_from_slice(&answers);
        }
    }

    /// Reads telnet from the client.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = self.poll_message(cx, buffer);
        // Whoever has something to read need not ask for more.
        self.listens = read.is_pending();
        read
    }

    fn poll_message(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        for _ in 0..MESSAGES_AT_ONCE_MAX {
            if self.hand_over(buffer) || self.over {
                return Poll::Ready(Ok(()));
            }
            let came = ready!(self.socket.poll_next(cx));
            if let Err(error) = self.receive(cx, came) {
                return Poll::Ready(Err(error));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Hands over what has come; whether there was anything.
    fn hand_over(&mut self, buffer: &mut ReadBuf<'_>) -> bool {
        let unread = &mut self.inbound[self.read..];
        if unread.is_empty() {
            return false;
        }
        let taken = unread.len().min(buffer.remaining());
        buffer.put_slice(&unread[..taken]);
        self.read += taken;
        if self.read == self.inbound.len() {
            // It may have been a password.
            self.inbound = Zeroizing::default();
            self.read = 0;
            self.answered = 0;
        }
        true
    }

    fn receive(&mut self, cx: &mut Context<'_>, came: Came) -> io::Result<()> {
        self.heartbeat.heard();
        match came {
            Came::Binary(bytes) => self.typed(&bytes),
            Came::Text(text) => self.text(text.as_str()),
            Came::Ping => {}
            Came::Pong(payload) => {
                self.heartbeat.answered(&payload);
                // The timer has to be looked at.
                cx.waker().wake_by_ref();
            }
            Came::Closed => {
                self.over = true;
                self.queue.clear();
                // The answer goes if it can; who closes need not wait for it.
                let _ = self.poll_flush(cx);
            }
            Came::Unreadable(error) => {
                self.queue.clear();
                let _ = self.poll_flush(cx);
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
            Came::Gone(kind) => return Err(kind.into()),
        }
        Ok(())
    }

    fn typed(&mut self, input: &[u8]) {
        let telnet = match &self.translator {
            Some(translator) => translator.typed(input),
            None => Zeroizing::new(input.to_vec()),
        };
        self.take_in(telnet);
    }

    fn text(&mut self, text: &str) {
        match &mut self.translator {
            Some(translator) => match translator.message(text) {
                Ok(telnet) => self.take_in(Zeroizing::new(telnet)),
                Err(_) => self.abuses += 1,
            },
            None => self.typed(text.as_bytes()),
        }
    }

    fn take_in(&mut self, telnet: Zeroizing<Vec<u8>>) {
        if self.inbound.is_empty() {
            self.inbound = telnet;
        } else {
            self.inbound.extend_from_slice(&telnet);
        }
    }
}

/// As much of these pieces as goes into one frame.
fn gather(pieces: &[IoSlice<'_>]) -> Vec<u8> {
    let all: usize = pieces.iter().map(|piece| piece.len()).sum();
    let mut gathered = Vec::with_capacity(all.min(FRAME_BYTES_MAX));
    for piece in pieces {
        let room = FRAME_BYTES_MAX - gathered.len();
        gathered.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    gathered
}

/// A long message goes in several frames, which are one message to the client all the same.
fn queue_frame(frame: Outbound, queue: &mut VecDeque<Message>) {
    let message = match frame {
        Outbound::Text(text) => return queue.push_back(Message::binary(text)),
        Outbound::Message(message) if message.len() <= FRAME_BYTES_MAX => {
            return queue.push_back(Message::text(message));
        }
        Outbound::Message(message) => Bytes::from(message),
    };
    for from in (0..message.len()).step_by(FRAME_BYTES_MAX) {
        let to = message.len().min(from + FRAME_BYTES_MAX);
        let kind = if from == 0 { Data::Text } else { Data::Continue };
        let last = to == message.len();
        let part = Frame::message(message.slice(from..to), OpCode::Data(kind), last);
        queue.push_back(Message::Frame(part));
    }
}

fn io_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests;
