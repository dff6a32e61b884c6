//! What a telnet stream to a client goes over: TCP itself, or the frames of a WebSocket.
//!
//! What only one of the two can do is asked for by what it is for, and the other does what comes
//! closest.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::session::message::{DetachReason, Transport};
use crate::transport::frames::FrameStream;
use crate::transport::socket::Socket;
use crate::transport::wire::close::CloseWith;

/// A client's stream.
pub(crate) enum ClientStream {
    /// TCP.
    Tcp(TcpStream),
    /// A WebSocket.
    Frames(Box<FrameStream>),
}

/// What is known of the way to a client.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Acknowledged {
    /// So many of the bytes written have reached its machine.
    pub(crate) bytes: Option<u64>,
    /// So long an answer takes to come.
    pub(crate) round_trip: Option<Duration>,
}

impl From<TcpStream> for ClientStream {
    fn from(stream: TcpStream) -> ClientStream {
        ClientStream::Tcp(stream)
    }
}

impl ClientStream {
    /// How its client reaches mudkeep.
    pub(crate) fn transport(&self) -> Transport {
        match self {
            ClientStream::Tcp(_) => Transport::Telnet,
            ClientStream::Frames(_) => Transport::TelnetFrames,
        }
    }

    /// Whether it can go on on another thread.
    pub(crate) fn moves(&self) -> bool {
        match self {
            ClientStream::Tcp(_) => true,
            ClientStream::Frames(_) => false,
        }
    }

    /// The socket, for another thread.
    pub(crate) fn into_std(self) -> io::Result<std::net::TcpStream> {
        match self {
            ClientStream::Tcp(stream) => stream.into_std(),
            ClientStream::Frames(_) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// Sees to what the stream itself has to do, whether anything is read or written or not.
    ///
    /// # Errors
    /// The connection is gone, or the client has not shown itself for too long.
    #[inline]
    pub(crate) fn keep_alive(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        match self {
            // The kernel does.
            ClientStream::Tcp(_) => Ok(()),
            ClientStream::Frames(frames) => frames.keep_alive(cx),
        }
    }

    /// What is known of what has reached the client's machine.
    pub(crate) fn acknowledged(&self) -> Acknowledged {
        match self {
            ClientStream::Tcp(stream) => acknowledged(stream),
            ClientStream::Frames(frames) => {
                Acknowledged { bytes: Some(frames.acknowledged()), round_trip: frames.round_trip() }
            }
        }
    }

    /// Everything has been said: mudkeep's side is closed.
    pub(crate) fn shut(&mut self, with: CloseWith) {
        match self {
            // An error means that there is nobody left to close to.
            ClientStream::Tcp(stream) => {
                let _ = SockRef::from(&*stream).shutdown(Shutdown::Write);
            }
            ClientStream::Frames(frames) => frames.close(with),
        }
    }

    /// The connection is about to be dropped. Its client is told why, if that takes no waiting.
    pub(crate) fn hang_up(&mut self, reason: DetachReason) {
        match self {
            ClientStream::Tcp(_) => {}
            ClientStream::Frames(frames) => frames.hang_up(reason),
        }
    }

    /// The WebSocket, whose last frame may still be on its way.
    pub(crate) fn into_socket(self) -> Option<Socket> {
        match self {
            ClientStream::Tcp(_) => None,
            ClientStream::Frames(frames) => Some(frames.into_socket()),
        }
    }

    /// How often the client has said what the stream could make nothing of, since the last time.
    #[inline]
    pub(crate) fn take_abuses(&mut self) -> u32 {
        match self {
            ClientStream::Tcp(_) => 0,
            ClientStream::Frames(frames) => frames.take_abuses(),
        }
    }
}

impl AsyncRead for ClientStream {
    #[inline]
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            ClientStream::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            ClientStream::Frames(frames) => frames.poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for ClientStream {
    #[inline]
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            ClientStream::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            ClientStream::Frames(frames) => frames.poll_write(cx, &[IoSlice::new(bytes)]),
        }
    }

    #[inline]
    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            ClientStream::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, pieces),
            ClientStream::Frames(frames) => frames.poll_write(cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            ClientStream::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            ClientStream::Frames(frames) => frames.poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            ClientStream::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            ClientStream::Frames(frames) => frames.poll_flush(cx),
        }
    }
}

/// How many bytes the other side of a connection that it opened has acknowledged, by the kernel's
/// own count (`tcpi_bytes_acked`, RFC 4898 tcpEStatsAppHCThruOctetsAcked). It survives a reset. With it
/// the round trip as the kernel has smoothed it (`tcpi_rtt`, RFC 6298 SRTT).
#[cfg(target_os = "linux")]
fn acknowledged(stream: &TcpStream) -> Acknowledged {
    use std::os::fd::AsRawFd;
    /// `struct tcp_info` of linux/tcp.h: where `tcpi_rtt` stands, in microseconds.
    const RTT: std::ops::Range<usize> = 68..72;
    /// And where `tcpi_bytes_acked` does.
    const BYTES_ACKED: std::ops::Range<usize> = 120..128;
    let mut info = [0_u8; 192];
    let read =
        uapi::getsockopt(stream.as_raw_fd(), uapi::c::IPPROTO_TCP, uapi::c::TCP_INFO, &mut info);
    let length = read.unwrap_or_default();
    let field =
        |range: std::ops::Range<usize>| info.get(range.clone()).filter(|_| length >= range.end);
    let bytes = field(BYTES_ACKED).and_then(|bytes| bytes.try_into().ok());
    let micros = field(RTT).and_then(|bytes| bytes.try_into().ok()).map(u32::from_ne_bytes);
    Acknowledged {
        bytes: bytes.map(u64::from_ne_bytes),
        round_trip: micros.map(|micros| Duration::from_micros(micros.into())),
    }
}

/// Elsewhere nothing is known to have arrived, and more is shown twice.
#[cfg(not(target_os = "linux"))]
fn acknowledged(_stream: &TcpStream) -> Acknowledged {
    Acknowledged::default()
}
