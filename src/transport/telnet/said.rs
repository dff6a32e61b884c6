//! What a client has said: most goes to the session at once, the rest is for its connection.

use std::time::Instant;

use crate::session::link::Attachment;
use crate::session::message::ClientEvent;
use crate::telnet::toward_client::{Abuse, FromClient};

/// What one read has brought besides what the session was told at once.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) anything: bool,
    pub(super) informed: bool,
    pub(super) lines: u32,
    pub(super) abuses: u32,
    pub(super) too_long: Option<usize>,
}

impl Said {
    /// Takes one event; whether there is room for another.
    pub(super) fn take(
        &mut self,
        now: Instant,
        attachment: &mut Attachment,
        event: FromClient,
    ) -> bool {
        self.anything = true;
        match event {
            FromClient::Line(line) => {
                self.lines += 1;
                attachment.send(now, ClientEvent::Line { line, seq: None });
            }
            FromClient::LineTooLong { kept, .. } => {
                self.lines += 1;
                self.too_long = Some(kept.len());
                attachment.send(now, ClientEvent::Line { line: kept, seq: None });
            }
            FromClient::Info | FromClient::Resize => self.informed = true,
            FromClient::OutOfBand { option, payload } => {
                attachment.send(now, ClientEvent::OutOfBand { option, payload });
            }
            FromClient::Abuse(
                Abuse::SubnegotiationTooLong | Abuse::SubnegotiationUnended | Abuse::Commands,
            ) => self.abuses += 1,
        }
        attachment.has_room()
    }
}
