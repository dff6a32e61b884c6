//! Bytes on their way to a telnet client: what the kernel has not taken yet, how much it took in
//! all, and what is known to have arrived.
//!
//! That the other side's kernel acknowledged a byte does not say that the program has read it: a
//! phone's system goes on to acknowledge for a program that it has frozen and will end. But a
//! program that says something is awake. So what was acknowledged by the time of one sign of life
//! counts as arrived when another one follows a second later.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::AsyncWrite;

use crate::ids::Position;
use crate::session::undelivered::Undelivered;
use crate::transport::stream::{Acknowledged, ClientStream};

/// How far apart two signs of life must be for the second to vouch for the first.
const SIGNS_APART: Duration = Duration::from_secs(1);

/// The outward half of one client's socket.
#[derive(Debug, Default)]
pub(crate) struct WireOut {
    /// What the kernel did not take; bounded, for nothing is added while there is any.
    pending: Vec<u8>,
    /// How much of it has gone since.
    sent: usize,
    /// All that the kernel took, from the start of the connection.
    written: u64,
    /// How much of it was counted.
    counted: u64,
    /// Lines that the kernel took and that were not counted.
    lines: u64,
    /// How long an answer takes to come, by what was known at the last sign of life.
    round_trip: Option<Duration>,
    /// The place in the history that is reached when `pending` is gone.
    reaches: Option<Position>,
    /// The epoch that the marks are of.
    marks_of: Option<Position>,
    marks: Undelivered,
    /// What counts as arrived.
    arrived: Option<Position>,
    /// What was acknowledged at the last sign of life, and when that was.
    acknowledged: Option<(Instant, Position)>,
    /// Since when the kernel has taken nothing although there was something.
    stalled_since: Option<Instant>,
}

impl WireOut {
    /// Whether the kernel has everything.
    pub(crate) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }

    /// How many bytes and lines the kernel has taken since this was asked.
    pub(crate) fn take_went(&mut self) -> (u64, u64) {
        let bytes = self.written - std::mem::replace(&mut self.counted, self.written);
        (bytes, std::mem::take(&mut self.lines))
    }

    /// How long an answer takes to come, as far as is known.
    pub(crate) fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Since when the client takes nothing.
    pub(crate) fn stalled_since(&self) -> Option<Instant> {
        self.stalled_since
    }

    /// Sends bytes after which the client is at `reaches`. To be called only when empty.
    pub(crate) fn send(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut ClientStream,
        now: Instant,
        bytes: &[u8],
        reaches: Option<Position>,
    ) -> io::Result<()> {
        self.reaches = reaches.or(self.reaches);
        if self.pending.is_empty() {
            let taken = self.write(cx, stream, bytes)?;
            self.pending.extend_from_slice(&bytes[taken..]);
        } else {
            self.pending.extend_from_slice(bytes);
        }
        self.settle(now);
        Ok(())
    }

    /// The same for bytes that lie in several pieces.
    pub(crate) fn send_pieces(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut ClientStream,
        now: Instant,
        pieces: &[IoSlice<'_>],
        reaches: Position,
    ) -> io::Result<()> {
        let mut taken = 0;
        if let ([_, _, ..], true) = (pieces, self.pending.is_empty())
            && let Poll::Ready(written) = Pin::new(&mut *stream).poll_write_vectored(cx, pieces)
        {
            taken = written?;
            self.written += taken as u64;
        }
        for piece in pieces {
            let before = taken.min(piece.len());
            taken -= before;
            self.lines += lines(&piece[..before]);
            self.send(cx, stream, now, &piece[before..], None)?;
        }
        self.reaches = Some(reaches);
        self.settle(now);
        Ok(())
    }

    /// Goes on with what the kernel did not take.
    pub(crate) fn flush(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut ClientStream,
        now: Instant,
    ) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let pending = std::mem::take(&mut self.pending);
        let taken = self.write(cx, stream, &pending[self.sent..]);
        self.pending = pending;
        let taken = taken?;
        self.sent += taken;
        if taken > 0 {
            self.stalled_since = None;
        }
        if self.sent == self.pending.len() {
            self.pending = Vec::new();
            self.sent = 0;
        }
        self.settle(now);
        Ok(())
    }

    fn write(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut ClientStream,
        bytes: &[u8],
    ) -> io::Result<usize> {
        let mut taken = 0;
        while taken < bytes.len() {
            match Pin::new(&mut *stream).poll_write(cx, &bytes[taken..]) {
                Poll::Ready(Ok(more)) => taken += more,
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => break,
            }
        }
        self.written += taken as u64;
        self.lines += lines(&bytes[..taken]);
        Ok(taken)
    }

    fn settle(&mut self, now: Instant) {
        if !self.pending.is_empty() {
            self.stalled_since.get_or_insert(now);
            return;
        }
        self.stalled_since = None;
        let Some(reached) = self.reaches.take() else { return };
        if self.marks_of.is_none_or(|of| of.epoch != reached.epoch) {
            self.marks = Undelivered::default();
            self.marks_of = Some(reached);
        }
        self.marks.written(self.written, reached.offset);
    }

    /// How far into the history the client is known to be.
    pub(crate) fn arrived(&self) -> Option<Position> {
        self.arrived
    }

    /// The client said something: it is awake.
    pub(crate) fn sign_of_life(&mut self, now: Instant, stream: &ClientStream) {
        if let Some((at, position)) = self.acknowledged {
            if now.duration_since(at) < SIGNS_APART {
                return;
            }
            self.arrived = Some(position);
        }
        let Acknowledged { bytes, round_trip } = stream.acknowledged();
        self.round_trip = round_trip.or(self.round_trip);
        let delivered = bytes.and_then(|bytes| self.delivered(bytes));
        self.acknowledged = delivered.map(|position| (now, position));
    }

    fn delivered(&self, acknowledged: u64) -> Option<Position> {
        let of = self.marks_of?;
        let offset = self.marks.delivered(acknowledged)?;
        Some(Position::new(of.epoch, offset))
    }
}

/// How many lines end in this.
fn lines(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncReadExt;
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::ids::{Epoch, Offset};

    /// Two ends of a connection that takes little at a time.
    async fn connection() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (client, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        let (ours, _) = accepted.unwrap();
        socket2::SockRef::from(&ours).set_send_buffer_size(8 * 1024).unwrap();
        (ours, client.unwrap())
    }

    #[tokio::test]
    async fn pieces_that_the_kernel_takes_bit_by_bit_arrive_whole_and_in_order() {
        let (ours, mut client) = connection().await;
        let mut ours = ClientStream::Tcp(ours);
        let text: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
        let reaches = Position::new(Epoch(1), Offset(text.len() as u64));
        let pieces: Vec<IoSlice<'_>> = text.chunks(1001).map(IoSlice::new).collect();
        let mut out = WireOut::default();
        let now = crate::clock::now();
        poll_fn(|cx| Poll::Ready(out.send_pieces(cx, &mut ours, now, &pieces, reaches)))
            .await
            .unwrap();
        assert!(!out.is_empty(), "it is more than fits at once");
        assert_eq!(out.marks.delivered(u64::MAX), None, "nothing is there before all of it went");
        let mut read = Vec::new();
        let writing = async {
            poll_fn(|cx| {
                out.flush(cx, &mut ours, now).unwrap();
                if out.is_empty() { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            drop(ours);
        };
        let ((), reading) = tokio::join!(writing, client.read_to_end(&mut read));
        reading.unwrap();
        assert_eq!(out.written, text.len() as u64);
        assert_eq!(out.marks.delivered(text.len() as u64), Some(reaches.offset));
        assert!(read == text);
    }
}
