//! What a player says by POST: while its stream is open, or broke a moment ago, it goes to the session
//! at once; later it waits there for the player.

use std::net::IpAddr;
use std::sync::Arc;
use std::task::Context;
use std::time::Instant;

use serde_json::value::RawValue;

use super::{Channel, Streams};
use crate::clock;
use crate::gate::Gate;
use crate::ids::{ConnectionId, InputSeq};
use crate::session::message::Closing;
use crate::transport::web::{Heard, Later};
use crate::transport::wire::client::ClientMessage;
use crate::transport::wire::refusal::Why;

/// What came of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::transport) struct Said {
    /// Lines up to this one are done, or wait.
    pub(in crate::transport) input_seen: InputSeq,
    /// They wait for the player.
    pub(in crate::transport) queued: bool,
}

impl Streams {
    /// Takes messages for a connection, in order. What stands before one that is refused is done.
    pub(in crate::transport) async fn say(
        &self,
        id: Option<ConnectionId>,
        address: IpAddr,
        token: &[u8],
        body: &[u8],
    ) -> Result<Said, Why> {
        let messages = self.read(body)?;
        let channel = id.and_then(|id| self.find(id));
        if let Some(channel) = &channel
            && let Some(closing) = channel.closing()
        {
            return Err(match closing {
                Closing::Replaced => Why::replaced(),
                _ => Why::new("ended", "this session is over"),
            });
        }
        match channel.filter(|channel| channel.state().player.attachment().is_some()) {
            Some(channel) => {
                channel.may_say(&self.gate, address, token)?;
                let until = clock::now() + self.gate.config().limits.request_timeout;
                channel.may_send(until).await?;
                channel.state().player.sent(clock::now(), body.len());
                for message in messages {
                    channel.hear(message, until).await?;
                }
                Ok(Said { input_seen: channel.state().player.input_seen(), queued: false })
            }
            None => self.queue(address, token, messages),
        }
    }

    fn read(&self, body: &[u8]) -> Result<Vec<ClientMessage>, Why> {
        let config = self.gate.config();
        let limits = &config.limits;
        let all: Vec<&RawValue> = serde_json::from_slice(body)
            .map_err(|_| Why::new("malformed", "the body has to be a JSON array of messages"))?;
        if all.len() > limits.post_messages_max {
            let what = format!("more than {} messages in one body", limits.post_messages_max);
            return Err(Why::new("too_big", what));
        }
        let charset = config.game.charset;
        let read = |raw: &&RawValue| ClientMessage::parse(raw.get(), charset);
        let messages: Result<_, _> = all.iter().map(read).collect();
        messages.map_err(|unreadable| Why::from(&unreadable))
    }

    /// Has lines wait for their player. What is no line means nothing to a client that is not there.
    fn queue(
        &self,
        address: IpAddr,
        token: &[u8],
        messages: Vec<ClientMessage>,
    ) -> Result<Said, Why> {
        let mut input_seen = InputSeq(0);
        let mut lines = 0;
        for message in messages {
            if let ClientMessage::Input { seq, line } = message {
                let queued = self.gate.queue_line(clock::now(), address, token, seq, line);
                input_seen = queued.map_err(|not| Why::from(&not))?;
                lines += 1;
            }
        }
        match lines {
            0 => Err(Why::new("ended", "no stream of events is open for this connection")),
            _ => Ok(Said { input_seen, queued: true }),
        }
    }
}

impl Channel {
    /// Why it is over, also where its client takes nothing and has not been told.
    fn closing(&self) -> Option<Closing> {
        let state = self.state();
        let put_out = state.player.attachment().and_then(|attachment| {
            let generation = attachment.generation();
            attachment.session().quietly(|core| core.put_out(generation))
        });
        state.over.or(put_out)
    }

    fn may_say(&self, gate: &Arc<Gate>, address: IpAddr, token: &[u8]) -> Result<(), Why> {
        let of = self
            .state()
            .player
            .attachment()
            .map(|attachment| (attachment.session().clone(), attachment.generation()));
        let Some((session, generation)) = of else { return Err(Why::replaced()) };
        let may = gate.may_say(clock::now(), address, token, (&session, generation));
        may.map_err(|not| Why::from(&not))
    }

    /// Waits until the client may send more.
    async fn may_send(&self, until: Instant) -> Result<(), Why> {
        loop {
            let may = self.state().player.may_send(clock::now());
            match may {
                Ok(()) => return Ok(()),
                Err(turn) if turn > until => {
                    return Err(Why::new("busy", "you send too much: send it again later"));
                }
                Err(turn) => tokio::time::sleep_until(turn.into()).await,
            }
        }
    }

    /// Does one thing, as soon as it can be done.
    async fn hear(&self, message: ClientMessage, until: Instant) -> Result<(), Why> {
        let mut waiting = message;
        loop {
            let heard = self.state().hear(waiting);
            let later = match heard {
                Heard::Done => return Ok(()),
                Heard::Answer(_) => {
                    self.waiting.wake_stream();
                    return Ok(());
                }
                Heard::Refused(why) => return Err(why),
                Heard::Later(message, later) => {
                    waiting = message;
                    later
                }
            };
            let time = tokio::time::Instant::from_std(until);
            let waited = tokio::time::timeout_at(time, self.until(later)).await;
            waited
                .map_err(|_| Why::new("busy", "the game takes no more for now: send it again"))?;
        }
    }

    async fn until(&self, later: Later) {
        match later {
            Later::At(when) => tokio::time::sleep_until(when.into()).await,
            Later::Room => self.room().await,
        }
    }

    async fn room(&self) {
        loop {
            let (waker, woken) = self.waiting.post();
            if self.state().player.poll_room(&Context::from_waker(&waker)).is_ready() {
                return;
            }
            woken.await;
        }
    }
}

impl super::State {
    /// Answers go into the stream.
    fn hear(&mut self, message: ClientMessage) -> Heard {
        let heard = self.player.hear(clock::now(), message);
        if let Heard::Answer(answer) = &heard
            && self.outbox.len() < super::ANSWERS_MAX
        {
            self.outbox.push(answer.clone());
        }
        heard
    }
}
