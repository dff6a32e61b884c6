//! Bytes from a telnet client: read when the session and the client's line rate have room, and kept
//! only while they have none.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::io::{AsyncRead, ReadBuf};
use zeroize::{Zeroize, Zeroizing};

use crate::limits::rate::{Bucket, Flow, Pace};
use crate::scratch;
use crate::secret::Line;
use crate::telnet::toward_client::{FromClient, TowardClient};
use crate::transport::stream::ClientStream;

/// What a client may have said while nothing is heard of it.
const AHEAD_BYTES_MAX: usize = 4096;

/// The inward half of one client's socket.
#[derive(Debug)]
pub(crate) struct WireIn {
    /// Read but not parsed yet: there was no room for the line before it. Bounded by
    /// `AHEAD_BYTES_MAX` and one read.
    unread: Zeroizing<Vec<u8>>,
    /// Lines that wait for their turn: one over the rate, or those that came along from another
    /// session, which had bounded them.
    lines: VecDeque<Line>,
    /// When the line's turn comes.
    turn: Option<Instant>,
    pace: Pace,
    /// What the client has left of its lines.
    bucket: Bucket,
    /// What it has sent of late.
    flow: Flow,
    /// When more of it is read.
    reads_at: Option<Instant>,
    /// What comes is kept, and not handed over.
    ahead: bool,
    /// Bytes that have come and were not counted.
    came: usize,
}

impl WireIn {
    pub(crate) fn new(pace: Pace) -> WireIn {
        WireIn {
            unread: Zeroizing::default(),
            lines: VecDeque::new(),
            turn: None,
            pace,
            bucket: Bucket::default(),
            flow: Flow::default(),
            reads_at: None,
            ahead: false,
            came: 0,
        }
    }

    /// How many bytes have come since this was asked.
    pub(crate) fn take_came(&mut self) -> usize {
        std::mem::take(&mut self.came)
    }

    /// It may send so fast from now on.
    pub(crate) fn set_pace(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// Lines that were typed to another session and not sent: they go first.
    pub(crate) fn carry(&mut self, lines: Vec<Line>) {
        self.lines.extend(lines);
    }

    /// Drops all lines that have come and were not handed over, and says how many; `take` gets the
    /// rest of what the client has said.
    pub(crate) fn drop_lines(
        &mut self,
        engine: &mut TowardClient,
        now: Instant,
        mut take: impl FnMut(FromClient),
    ) -> usize {
        self.turn = None;
        let mut dropped = self.lines.drain(..).count();
        let unread = std::mem::take(&mut self.unread);
        let mut input = &unread[..];
        while let Some(event) = engine.next(now, &mut input) {
            match event {
                FromClient::Line(_) | FromClient::LineTooLong { .. } => dropped += 1,
                other => take(other),
            }
        }
        dropped
    }

    /// When a line that was held back may go, or more may be read.
    /// Not while it is the session that has no room: then nothing comes of the time.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let due = self.turn.into_iter().chain(self.reads_at).min();
        due.filter(|_| !self.ahead)
    }

    /// Reads, and hands everything to `take` as long as that has room. What a player sends is
    /// delayed over the rates, never dropped. False: the client has closed its side.
    pub(crate) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut ClientStream,
        engine: &mut TowardClient,
        now: Instant,
        mut take: impl FnMut(FromClient) -> bool,
    ) -> Poll<io::Result<bool>> {
        self.ahead = false;
        if !self.hand_over_held(now, &mut take) {
            return Poll::Pending;
        }
        if !self.unread.is_empty() {
            let unread = std::mem::take(&mut self.unread);
            self.parse(engine, now, &unread, &mut take);
            return Poll::Ready(Ok(true));
        }
        let room = self.flow.room(now, self.pace.bytes);
        self.reads_at = room.err();
        let Ok(room) = room else { return Poll::Pending };
        scratch::with_read(|buffer| {
            let bytes_max = buffer.len().min(room);
            let mut buffer = ReadBuf::new(&mut buffer[..bytes_max]);
            ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(false));
            }
            self.count(buffer.filled().len());
            self.parse(engine, now, buffer.filled(), &mut take);
            // It may have been a password.
            buffer.filled_mut().zeroize();
            Poll::Ready(Ok(true))
        })
    }

    /// Reads what cannot be handed over yet, up to a bound, so that a client that hangs up
    /// meanwhile is noticed. False: it has closed its side.
    pub(crate) fn poll_ahead(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut ClientStream,
    ) -> Poll<io::Result<bool>> {
        self.ahead = true;
        if self.unread.len() >= AHEAD_BYTES_MAX {
            return Poll::Pending;
        }
        scratch::with_read(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            ready!(Pin::new(stream).poll_read(cx, &mut buffer))?;
            self.count(buffer.filled().len());
            self.unread.extend_from_slice(buffer.filled());
            let heard = !buffer.filled().is_empty();
            buffer.filled_mut().zeroize();
            Poll::Ready(Ok(heard))
        })
    }

    fn count(&mut self, bytes: usize) {
        self.came += bytes;
        self.flow.take(bytes);
    }

    /// The lines that were held back go first.
    fn hand_over_held(&mut self, now: Instant, take: &mut impl FnMut(FromClient) -> bool) -> bool {
        if self.turn.is_some_and(|turn| now < turn) {
            return false;
        }
        while let Some(line) = self.lines.pop_front() {
            if !self.offer(now, line, take) {
                return false;
            }
        }
        true
    }

    fn parse(
        &mut self,
        engine: &mut TowardClient,
        now: Instant,
        mut input: &[u8],
        take: &mut impl FnMut(FromClient) -> bool,
    ) {
        while let Some(event) = engine.next(now, &mut input) {
            let room = match event {
                FromClient::Line(line) => self.offer(now, line, take),
                other => take(other),
            };
            if !room {
                self.unread = Zeroizing::new(input.to_vec());
                return;
            }
        }
    }

    /// Hands a line over, if its turn has come; whether the next one may follow.
    fn offer(
        &mut self,
        now: Instant,
        line: Line,
        take: &mut impl FnMut(FromClient) -> bool,
    ) -> bool {
        match self.bucket.take(now, self.pace.lines) {
            Ok(()) => {
                self.turn = None;
                take(FromClient::Line(line))
            }
            Err(turn) => {
                self.turn = Some(turn);
                self.lines.push_front(line);
                false
            }
        }
    }

    /// Reads and forgets; false when the client has closed its side.
    pub(crate) fn poll_discard(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut ClientStream,
    ) -> Poll<bool> {
        scratch::with_read(|buffer| {
            let mut buffer = ReadBuf::new(buffer);
            let read = ready!(Pin::new(stream).poll_read(cx, &mut buffer));
            Poll::Ready(read.is_ok() && !buffer.filled().is_empty())
        })
    }
}
