//! What a web player says.

use std::task::{Context, Poll};
use std::time::Instant;

use super::WebPlayer;
use crate::ids::InputSeq;
use crate::secret::Line;
use crate::session::link::Attachment;
use crate::session::message::{ClientEvent, Transport};
use crate::settings;
use crate::telnet::option;
use crate::transport::wire::client::ClientMessage;
use crate::transport::wire::refusal::Why;
use crate::transport::wire::server::{Message, ServerMessage};
use crate::transport::wire::speaker::notice;

/// What became of something that a player said.
#[derive(Debug)]
pub(in crate::transport) enum Heard {
    /// It is done.
    Done,
    /// It is answered.
    Answer(Message),
    /// It is not done, and why.
    Refused(Why),
    /// It is not done yet.
    Later(ClientMessage, Later),
}

/// When something can be done that cannot now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::transport) enum Later {
    /// When the session has room.
    Room,
    /// At this time: the player types faster than may be.
    At(Instant),
}

impl WebPlayer {
    /// Takes one message. Those that begin a connection are not for a player that is there.
    pub(in crate::transport) fn hear(&mut self, now: Instant, message: ClientMessage) -> Heard {
        if message.is_for_the_game() && !self.has_room() {
            return Heard::Later(message, Later::Room);
        }
        let event = match message {
            ClientMessage::Open(_) | ClientMessage::Resume(_) => {
                let what = "this connection has a session already: open another connection";
                return Heard::Refused(Why::new("malformed", what));
            }
            ClientMessage::Ping(id) => {
                return Heard::Answer(Message::of(&ServerMessage::Pong { id }));
            }
            ClientMessage::Ack(position) => {
                self.led_on &= self.welcomed.is_none_or(|of| of.epoch != position.epoch);
                self.acknowledged = Some(position);
                return Heard::Done;
            }
            ClientMessage::Input { seq, .. } if self.led_on => {
                return Heard::Refused(Why::not_acknowledged(Some(seq)));
            }
            ClientMessage::TokenAck(_) if self.led_on => {
                return Heard::Refused(Why::not_acknowledged(None));
            }
            ClientMessage::Input { seq, line } => return self.line(now, seq, line),
            ClientMessage::TokenAck(generation) => ClientEvent::TokenAck(generation),
            ClientMessage::Resize(size) => {
                size.apply(&mut self.info);
                ClientEvent::Info(Box::new(self.info.clone()))
            }
            ClientMessage::Gmcp(payload) => {
                ClientEvent::OutOfBand { option: option::GMCP, payload }
            }
            ClientMessage::Queue(answer) => ClientEvent::Queue(answer),
            ClientMessage::Refresh => ClientEvent::Refresh,
            ClientMessage::Logout => ClientEvent::Logout,
        };
        if let Some(attachment) = &mut self.attachment {
            attachment.send(now, event);
        }
        Heard::Done
    }

    /// Whether more of what the client sends may be read.
    ///
    /// # Errors
    /// When it may.
    pub(in crate::transport) fn may_send(&mut self, now: Instant) -> Result<(), Instant> {
        let rate = settings::byte_rate(&self.gate.config().limits);
        self.flow.room(now, rate).map(|_| ())
    }

    /// So many bytes have come from the client.
    pub(in crate::transport) fn sent(&mut self, now: Instant, bytes: usize) {
        self.flow.take(bytes);
        self.card().came(now, bytes);
    }

    fn has_room(&self) -> bool {
        self.attachment.as_ref().is_none_or(Attachment::has_room)
    }

    /// The number of the last line that was done.
    pub(in crate::transport) fn input_seen(&self) -> InputSeq {
        self.attachment.as_ref().map_or(InputSeq(0), |attachment| {
            let generation = attachment.generation();
            attachment.session().quietly(|core| core.input_seen(generation))
        })
    }

    /// A line that is missing is told by the session, in its turn; a POST has to be answered now.
    fn gap_before(&self, seq: InputSeq) -> Option<Why> {
        let expected = InputSeq(self.input_seen().0 + 1);
        let is_gap = self.peer.transport == Transport::Sse && seq > expected;
        is_gap.then(|| Why::input_gap(expected))
    }

    fn line(&mut self, now: Instant, seq: InputSeq, line: Line) -> Heard {
        if let Some(why) = self.gap_before(seq) {
            return Heard::Refused(why);
        }
        let Some(attachment) = &mut self.attachment else { return Heard::Done };
        let later = |line, later| Heard::Later(ClientMessage::Input { seq, line }, later);
        if !attachment.has_room() {
            return later(line, Later::Room);
        }
        let config = self.gate.config();
        if let Err(turn) = self.rate.take(now, settings::line_rate(&config.limits)) {
            return later(line, Later::At(turn));
        }
        let bytes_max = config.limits.line_bytes_max;
        let (kept, whole) = cut(line, bytes_max);
        self.card.typed(now);
        attachment.send(now, ClientEvent::Line { line: kept, seq: Some(seq) });
        let text = config.texts.line_too_long(bytes_max);
        match text.filter(|_| !whole) {
            Some(text) => Heard::Answer(notice(&text)),
            None => Heard::Done,
        }
    }

    /// Whether the session takes input; the task is woken when it does.
    pub(in crate::transport) fn poll_room(&mut self, cx: &Context<'_>) -> Poll<()> {
        match &mut self.attachment {
            Some(attachment) => attachment.poll_room(cx),
            None => Poll::Ready(()),
        }
    }
}

/// A line of at most so many bytes, not cut within a UTF-8 character, and whether that is all of it.
fn cut(line: Line, bytes_max: usize) -> (Line, bool) {
    if line.len() <= bytes_max {
        return (line, true);
    }
    let begins = |at: &usize| line.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
    let end = (0..=bytes_max).rev().find(begins).unwrap_or_default();
    (Line::from(&line[..end]), false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_its_limit_and_not_within_a_character() {
        for (bytes_max, kept) in [(1, "a"), (2, "a"), (3, "a\u{e9}"), (4, "a\u{e9}b")] {
            let (line, whole) = cut(Line::from("a\u{e9}b"), bytes_max);
            assert_eq!((&*line, whole), (kept.as_bytes(), bytes_max == 4));
        }
    }
}
