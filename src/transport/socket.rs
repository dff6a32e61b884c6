//! A WebSocket (RFC 6455) as whoever serves one has it: it is small at rest and bounded, a ping is
//! answered before anything more is heard, what cannot be read has its close code, and in the end
//! the last frame is not lost to a reset.
//!
//! What comes of what a client says is decided elsewhere; `echo` decides that it is sent back.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Bytes, Error, Message as Frame, Utf8Bytes};
use zeroize::Zeroize;

use crate::config::Limits;
use crate::scratch;
use crate::transport::wire::close::CloseWith;

/// What is read at once from a client, which says little at a time. Every WebSocket has a buffer for it.
const READ_BYTES: usize = 1024;

/// What is put together for one write. There is a buffer for it only when something is written.
const WRITE_BYTES: usize = 4 * 1024;

/// What a client that is told that it is over has to answer in.
pub(crate) const CLOSE_MAX: Duration = Duration::from_secs(1);

/// What a WebSocket is made of: a connection that has been upgraded.
pub(crate) trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Io for S {}

/// Any of those.
pub(crate) type BoxedIo = Box<dyn Io>;

/// The server's side of one WebSocket.
pub(crate) struct Socket {
    stream: WebSocketStream<BoxedIo>,
    /// The stream has taken something that has not gone to the kernel.
    unflushed: bool,
    /// The client has sent a ping, and the answer has not gone yet: it is not heard until then.
    owes_pong: bool,
    /// The last frame, which goes behind everything that waits.
    last: Option<CloseFrame>,
    /// Nothing but that frame is sent any more.
    closing: bool,
    /// What comes is not looked at any more.
    deaf: bool,
    /// Our side of the connection is closed.
    shut: bool,
}

/// What has come from the client.
#[derive(Debug)]
pub(crate) enum Came {
    /// A whole message of text.
    Text(Utf8Bytes),
    /// A whole message of bytes.
    Binary(Bytes),
    /// A ping, which is answered with what is sent next, and before anything else is heard.
    Ping,
    /// An answer to a ping.
    Pong(Bytes),
    /// The client's last frame. The answer goes with what is sent next.
    Closed,
    /// What no client of this protocol says. The last frame says so; it waits to be sent.
    Unreadable(Error),
    /// Nobody is there any more; `UnexpectedEof` where the client closed its side in order, without
    /// a last frame.
    Gone(io::ErrorKind),
}

impl Socket {
    /// The WebSocket on a connection whose handshake is done.
    pub(crate) async fn new(io: BoxedIo, limits: &Limits) -> Socket {
        let config = Some(config(limits));
        Socket {
            stream: WebSocketStream::from_raw_socket(io, Role::Server, config).await,
            unflushed: false,
            owes_pong: false,
            last: None,
            closing: false,
            deaf: false,
            shut: false,
        }
    }

    /// Nothing but the last frame is sent any more.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing
    }

    /// Everything that was taken has gone to the kernel.
    pub(crate) fn is_flushed(&self) -> bool {
        !self.unflushed && self.last.is_none()
    }

    /// Sends `next` frame after frame as long as the client takes them. Ready when there is none any
    /// more, and all have gone to the kernel.
    pub(crate) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        mut next: impl FnMut() -> Option<Frame>,
    ) -> Poll<Result<(), Error>> {
        loop {
            ready!(self.stream.poll_ready_unpin(cx))?;
            let Some(frame) = next().or_else(|| self.last.take().map(last_frame)) else { break };
            self.unflushed = true;
            self.stream.start_send_unpin(frame)?;
        }
        if self.unflushed {
            ready!(self.stream.poll_flush_unpin(cx))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// What the client says next.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Came> {
        if self.deaf {
            return Poll::Ready(Came::Gone(io::ErrorKind::UnexpectedEof));
        }
        if self.owes_pong {
            if let Err(error) = ready!(self.stream.poll_flush_unpin(cx)) {
                return Poll::Ready(Came::Gone(kind_of(&error)));
            }
            self.owes_pong = false;
            self.unflushed = false;
        }
        Poll::Ready(match ready!(self.stream.poll_next_unpin(cx)) {
            Some(Ok(frame)) => self.came(frame),
            Some(Err(error)) => self.failed(error),
            None => Came::Gone(io::ErrorKind::UnexpectedEof),
        })
    }

    fn came(&mut self, frame: Frame) -> Came {
        match frame {
            Frame::Text(text) => Came::Text(text),
            Frame::Binary(bytes) => Came::Binary(bytes),
            Frame::Pong(payload) => Came::Pong(payload),
            Frame::Ping(_) => {
                self.owes_pong = true;
                self.unflushed = true;
                Came::Ping
            }
            Frame::Close(_) => {
                self.closing = true;
                self.last = None;
                self.deaf = true;
                self.unflushed = true;
                Came::Closed
            }
            // Whole messages only are read.
            Frame::Frame(_) => Came::Gone(io::ErrorKind::InvalidData),
        }
    }

    fn failed(&mut self, error: Error) -> Came {
        let with = match &error {
            Error::Capacity(_) => CloseWith::MESSAGE_TOO_BIG,
            Error::Utf8(_) => CloseWith::NOT_UTF_8,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                return Came::Gone(io::ErrorKind::UnexpectedEof);
            }
            Error::Protocol(_) => CloseWith::NOT_WEBSOCKET,
            other => return Came::Gone(kind_of(other)),
        };
        self.deaf = true;
        self.close(with);
        Came::Unreadable(error)
    }

    /// The same for whoever has nothing else to wait for.
    pub(crate) async fn next(&mut self) -> Came {
        poll_fn(|cx| {
            // What is owed does not wait for something to send. An error comes again from reading.
            let _ = self.poll_send(cx, || None);
            self.poll_next(cx)
        })
        .await
    }

    /// Sends one frame.
    ///
    /// # Errors
    /// Nobody is there any more, or the last frame has been sent.
    pub(crate) async fn send(&mut self, frame: Frame) -> Result<(), Error> {
        let mut frame = Some(frame);
        poll_fn(|cx| self.poll_send(cx, || frame.take())).await
    }

    /// See [`Socket::poll_gone`]; no longer than [`CLOSE_MAX`].
    pub(crate) async fn gone(mut self) {
        let gone = poll_fn(|cx| self.poll_gone(cx));
        let _ = tokio::time::timeout(CLOSE_MAX, gone).await;
    }

    /// The last frame: behind everything that waits. The first one counts.
    pub(crate) fn close(&mut self, CloseWith { code, reason }: CloseWith) {
        if !std::mem::replace(&mut self.closing, true) {
            self.last = Some(CloseFrame { code: code.into(), reason: reason.into() });
        }
    }

    /// Sends the last frame and waits until the client has closed its side, whatever it still says:
    /// were something of that left unread, the connection would end in a reset, which may overtake
    /// what was sent. Who calls this bounds the time.
    pub(crate) fn poll_gone(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Where nothing can be sent, nothing is read either.
        let _ = ready!(self.poll_send(cx, || None));
        while !self.deaf {
            // The client answers with its own last frame.
            self.deaf = !matches!(ready!(self.stream.poll_next_unpin(cx)), Some(Ok(_)));
        }
        let io = self.stream.get_mut();
        if !self.shut {
            let _ = ready!(Pin::new(&mut *io).poll_shutdown(cx));
            self.shut = true;
        }
        scratch::with_read(|buffer| {
            loop {
                let mut buffer = ReadBuf::new(buffer);
                let read = ready!(Pin::new(&mut *io).poll_read(cx, &mut buffer));
                let over = read.is_err() || buffer.filled().is_empty();
                buffer.filled_mut().zeroize();
                if over {
                    return Poll::Ready(());
                }
            }
        })
    }
}

/// How a WebSocket is set up: small at rest, and bounded.
fn config(limits: &Limits) -> WebSocketConfig {
    let message_bytes_max = limits.message_bytes_max.max(limits.game_subnegotiation_bytes_max);
    WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(WRITE_BYTES)
        // Text may grow on its way into JSON. It is a bound, not a buffer.
        .max_write_buffer_size(WRITE_BYTES + 8 * message_bytes_max)
        .max_message_size(Some(limits.message_bytes_max))
        .max_frame_size(Some(limits.message_bytes_max))
}

/// What went wrong with the connection.
pub(crate) fn kind_of(error: &Error) -> io::ErrorKind {
    match error {
        Error::Io(error) => error.kind(),
        _ => io::ErrorKind::ConnectionReset,
    }
}

fn last_frame(frame: CloseFrame) -> Frame {
    Frame::Close(Some(frame))
}
