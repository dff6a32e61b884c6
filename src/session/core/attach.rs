//! The clients' side of the core: attaching, reading, typing, leaving.
//!
//! The order of a takeover: the newcomer has proved that it may; the losers are fenced (their
//! attachment is over, whatever they still say); they are told, and nobody waits for them to hear
//! it; the newcomer's place is found; it is attached. A newcomer that names no position waits a
//! moment for the loser's connection to report how far the output got to it, which needs no
//! network.

use std::time::{Duration, Instant};

use super::action::{Action, Event};
use super::{Core, Left, Stage};
use crate::ids::{AttachGeneration, ConnectionId, FamilyId, InputSeq, Position};
use crate::limits::takeovers::Takeovers;
use crate::secret::Line;
use crate::session::clients::{Client, Phase, state};
use crate::session::input::{Input, Numbered};
use crate::session::message::{
    AttachRequest, AttachResult, ClientEvent, Closing, DetachReason, EndReason, Note, Peer, Proof,
    Reading, Refusal, ReplayWish, Via, Welcome,
};
use crate::settings;
use crate::telnet::client_info::ClientInfo;

/// How long a loser's connection has to report how far it got.
const REPORT_MAX: Duration = Duration::from_millis(100);

/// What a waiting client needs when it takes its place.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) generation: AttachGeneration,
    pub(super) info: ClientInfo,
    pub(super) position: Option<Position>,
    pub(super) replay: ReplayWish,
    pub(super) via: Via,
    /// The connection that it comes in place of, whoever else is there.
    pub(super) instead_of: Option<ConnectionId>,
    pub(super) tell_token: bool,
}

impl Core {
    /// A client wants to be attached.
    ///
    /// # Errors
    /// The reason not to; the session is as it was.
    pub fn attach(&mut self, now: Instant, request: AttachRequest) -> AttachResult {
        if let Stage::Ended(_) = self.stage {
            return Err(Refusal::Ended);
        }
        self.renew_attached(now);
        let family = self.prove(now, &request)?;
        let others = self.clients.anybody();
        let via = match request.proof {
            Proof::Opened => Via::Opened,
            Proof::Token(_) | Proof::TokenIfFree(_) | Proof::Again(_) => Via::Token,
            Proof::Password | Proof::Led(_) if others => Via::Takeover,
            Proof::Password | Proof::Led(_) => Via::Password,
        };
        let instead_of = match request.proof {
            Proof::Led(connection) => Some(connection),
            _ => None,
        };
        let generation = self.clients.next_generation();
        let delay = match via != Via::Opened && others {
            true => self.takeover_delay(now),
            false => Duration::ZERO,
        };
        let phase = Phase::Waiting { until: now + delay, report_of: None };
        let mut client = Client::new(now, generation, request.peer, self.output.head(), phase);
        client.agree(request.info.agreed, &self.output);
        client.family = Some(family);
        self.clients.add(client);
        self.arrivals.push(Arrival {
            generation,
            info: request.info,
            position: request.position,
            replay: request.replay,
            via,
            instead_of,
            tell_token: request.tell_token,
        });
        match delay.is_zero() {
            true => self.take_place(now, generation),
            false => self.tell_delay(generation, delay),
        }
        Ok(generation)
    }

    fn takeover_delay(&mut self, now: Instant) -> Duration {
        let per_minute_max = self.config.limits.takeovers_per_minute as usize;
        let first = || Box::new(Takeovers::new(per_minute_max));
        self.takeovers.get_or_insert_with(first).delay(now)
    }

    /// The token of a client that is attached does not run out.
    pub(super) fn renew_attached(&mut self, now: Instant) {
        for family in self.clients.attached().filter_map(|client| client.family) {
            self.tokens.renew(&settings::token_limits(&self.config), now, family);
        }
    }

    fn tell_delay(&mut self, generation: AttachGeneration, delay: Duration) {
        self.notice(generation, self.config.texts.flap_delay(delay.as_secs()));
    }

    /// The client's turn has come: fence those it replaces.
    fn take_place(&mut self, now: Instant, winner: AttachGeneration) {
        let arrival = self.arrivals.iter().find(|arrival| arrival.generation == winner);
        let instead_of = arrival.and_then(|arrival| arrival.instead_of);
        let clients_max = self.config.session.clients_max;
        let losers = self.clients.losers(winner, clients_max, instead_of);
        let mut report_of = None;
        for loser in losers {
            report_of = report_of.or(self.fence(loser, winner));
        }
        let Some(arrival) = self.arrivals.iter().find(|a| a.generation == winner) else { return };
        let (via, position) = (arrival.via, arrival.position);
        if let Some(Peer { connection, address, transport }) = self.peer(winner) {
            self.log(Event::Attached { connection, address, transport, via });
        }
        if report_of.is_some() && position.is_none() {
            if let Some(client) = self.clients.find_mut(winner) {
                client.phase = Phase::Waiting { until: now + REPORT_MAX, report_of };
            }
            return;
        }
        self.settle(now, winner);
    }

    /// Puts a client out of its place. Says whose report is worth waiting for.
    fn fence(
        &mut self,
        loser: AttachGeneration,
        winner: AttachGeneration,
    ) -> Option<AttachGeneration> {
        let newcomer = self.peer(winner)?.connection;
        let client = self.clients.find_mut(loser)?;
        let was_attached = client.is_attached();
        let Peer { connection: existing, transport, address } = client.peer;
        client.leave(Closing::Replaced, None);
        self.log(Event::Existing { newcomer, existing });
        self.log(Event::Terminated { existing, address, transport, by: newcomer });
        self.actions.push_back(Action::NoteLoser(address));
        self.arrivals.retain(|arrival| arrival.generation != loser);
        was_attached.then_some(loser)
    }

    fn peer(&self, generation: AttachGeneration) -> Option<Peer> {
        self.clients.find(generation).map(|client| client.peer.clone())
    }

    /// The last words are for those, too, who only wait for another's report.
    pub(super) fn settle_everybody(&mut self, now: Instant) {
        let waits = |c: &&Client| matches!(c.phase, Phase::Waiting { report_of: Some(_), .. });
        let waiting: Vec<_> = self.clients.iter().filter(waits).map(|c| c.generation).collect();
        waiting.into_iter().for_each(|generation| self.settle(now, generation));
    }

    /// The client takes its place: it is told where it is, and reads from there.
    fn settle(&mut self, now: Instant, generation: AttachGeneration) {
        let Some(at) = self.arrivals.iter().position(|a| a.generation == generation) else {
            return;
        };
        let arrival = self.arrivals.remove(at);
        self.queue.drop_old(now, &settings::queue_limits(&self.config));
        let start = self.start(now, &arrival);
        let family = self.clients.find(generation).and_then(|client| client.family);
        // The token that is good now: while it waited, another client of its family may have had one.
        let grant = family.and_then(|family| {
            self.tokens.refresh(&settings::token_limits(&self.config), now, family, &mut *self.mint)
        });
        let welcome = Welcome {
            session: self.id,
            position: start.cursor,
            grant,
            user: self.user.clone(),
            gap: start.gap,
            reset: start.reset,
            input_seen: self.input_seen(generation),
            via: arrival.via,
            tell_token: arrival.tell_token,
            queued: self.queue.lines().to_vec(),
        };
        let offers = self.telnet.offers();
        let down = self.stage == Stage::Down { awaited: false };
        let head = self.output.head();
        let Some(client) = self.clients.find_mut(generation) else { return };
        self.placed = self.placed.max(generation);
        let mut notes = vec![Note::Welcome(Box::new(welcome)), Note::Offers(offers)];
        if let Some(replay) = start.replay.filter(|_| !down) {
            notes.push(Note::ReplayStart(replay));
        } else if down {
            let text = self.config.texts.last_words(start.away_seconds());
            notes.extend(text.map(|text| Note::Notice(text.into())));
        } else if start.state {
            notes.extend(state(&self.output));
            notes.push(Note::Live);
        } else if arrival.position.is_some() {
            notes.push(Note::Live);
        }
        client.take_place(start.cursor, start.phase, notes);
        if down {
            client.leave(Closing::GameClosed, Some(head));
        }
        self.telnet.attach_client(now, &arrival.info);
        self.telnet_moved(now);
        self.nobody_moved(now);
        self.settled(generation, down);
    }

    fn settled(&mut self, generation: AttachGeneration, down: bool) {
        self.left = None;
        self.timers.hold = None;
        if down {
            self.end(EndReason::GameClosed);
        } else if let Stage::Down { awaited: true } = self.stage {
            let head = Some(self.output.head());
            let text = self.config.texts.game_down();
            if let (Some(text), Some(client)) = (text, self.clients.find_mut(generation)) {
                client.post(head, Note::Notice(text.into()));
            }
        }
    }

    /// The number of the last line of a client's family that was applied.
    #[must_use]
    pub fn input_seen(&self, generation: AttachGeneration) -> InputSeq {
        let family = self.clients.find(generation).and_then(|client| client.family);
        let input = self.inputs.iter().find(|(of, _)| Some(*of) == family);
        input.map_or(InputSeq(0), |(_, input)| input.seen())
    }

    /// The next thing for a client.
    pub fn read(
        &mut self,
        generation: AttachGeneration,
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> Reading {
        let Some(client) = self.clients.find_mut(generation) else { return Reading::Over };
        let reading = client.read(&self.output, bytes_max, out);
        if let Reading::Note(_) = reading {
            self.forget_read_epoch();
        }
        reading
    }

    /// Shows a client its output where it lies, about `bytes_max` bytes, if output is all that there
    /// is for it. `take` says how far it took that.
    pub fn read_in_place<R>(
        &mut self,
        generation: AttachGeneration,
        bytes_max: usize,
        take: impl FnOnce(Position, &mut dyn Iterator<Item = &[u8]>) -> (Position, R),
    ) -> Option<R> {
        let client = self.clients.find_mut(generation).filter(|client| client.only_reads_on())?;
        let cursor = self.output.normalised(client.cursor);
        let mut pieces = self.output.pieces(cursor, bytes_max).peekable();
        pieces.peek()?;
        let (reached, result) = take(cursor, &mut pieces);
        client.cursor = reached;
        Some(result)
    }

    /// Lets go of the login's output as soon as nobody reads it any more.
    pub(super) fn forget_read_epoch(&mut self) {
        if !self.clients.anybody_before(&self.output) {
            self.output.forget_previous();
        }
    }

    /// Whether clients may send more: what is on its way to the game is bounded.
    #[must_use]
    pub fn takes_input(&self) -> bool {
        self.outgoing.bytes() < self.config.limits.game_input_bytes_max
    }

    /// Whether a client may send now. One that waits for its place may not: what it typed meanwhile is
    /// not lost.
    #[must_use]
    pub fn feeds(&self, generation: AttachGeneration) -> bool {
        self.takes_input() && self.hears(generation)
    }

    /// Whether what this client says is heard now; what a fenced one says is read and forgotten.
    #[must_use]
    pub fn hears(&self, generation: AttachGeneration) -> bool {
        let waits = |client: &Client| matches!(client.phase, Phase::Waiting { .. });
        !self.clients.find(generation).is_some_and(waits)
    }

    /// What a client typed that has not gone to the game, for the session that it goes to.
    pub fn take_typed_ahead(&mut self) -> Vec<Line> {
        match (&mut self.entry, &mut self.resuming) {
            (Some(entry), _) => entry.dialogue.take_pending(),
            (None, Some(resuming)) => std::mem::take(&mut resuming.lines),
            (None, None) => Vec::new(),
        }
    }

    /// A client says something. Fenced and waiting clients are not heard.
    pub fn client(&mut self, now: Instant, generation: AttachGeneration, event: ClientEvent) {
        let Some(client) = self.clients.find(generation) else { return };
        if !client.is_attached() {
            return;
        }
        let family = client.family;
        match event {
            ClientEvent::Line { line, seq } => self.line(now, generation, family, line, seq),
            ClientEvent::Info(info) => {
                self.telnet.update_client(now, &info);
                self.telnet_moved(now);
                if let Some(client) = self.clients.find_mut(generation) {
                    client.agree(info.agreed, &self.output);
                }
            }
            ClientEvent::OutOfBand { .. } if !client.permissions.input => {}
            ClientEvent::OutOfBand { option, payload } => {
                self.client_out_of_band(now, generation, option, &payload);
            }
            ClientEvent::TokenAck(token) => self.acknowledge(now, family, token),
            ClientEvent::Queue(answer) => self.queue_answered(now, generation, &answer),
            ClientEvent::Refresh => self.refresh(now, generation, family),
            ClientEvent::Logout => self.end(EndReason::LoggedOut),
            ClientEvent::MoveFailed(refusal) => self.move_failed(now, generation, refusal),
        }
    }

    fn line(
        &mut self,
        now: Instant,
        from: AttachGeneration,
        family: Option<FamilyId>,
        line: Line,
        seq: Option<InputSeq>,
    ) {
        if let Some(client) = self.clients.find_mut(from) {
            client.typed = now;
        }
        if let (Some(family), Some(seq)) = (family, seq) {
            let input = self.input(family);
            let (numbered, seen) = (input.accept(seq), input.seen());
            let note = match numbered {
                Numbered::Apply | Numbered::Duplicate => Note::InputAck(seen),
                Numbered::Expected(seq) => Note::InputExpected(seq),
            };
            if let Some(client) = self.clients.find_mut(from) {
                client.post(None, note);
            }
            if numbered != Numbered::Apply {
                return;
            }
        }
        if self.may_type(from) {
            self.accept_line(now, from, line);
        }
    }

    pub(super) fn input(&mut self, family: FamilyId) -> &mut Input {
        let at = self.inputs.iter().position(|(of, _)| *of == family).unwrap_or_else(|| {
            let attached = |of| self.clients.iter().any(|client| client.family == Some(of));
            self.inputs.retain(|(of, _)| self.tokens.contains(*of) || attached(*of));
            self.inputs.push((family, Input::default()));
            self.inputs.len() - 1
        });
        &mut self.inputs[at].1
    }

    /// A connection is gone, or has heard that it is over.
    pub fn detach(
        &mut self,
        now: Instant,
        generation: AttachGeneration,
        reason: DetachReason,
        delivered: Option<Position>,
    ) {
        let Some(client) = self.clients.remove(generation) else { return };
        if let Some(family) = client.family {
            self.tokens.renew(&settings::token_limits(&self.config), now, family);
        }
        self.arrivals.retain(|arrival| arrival.generation != generation);
        let Peer { connection, address, transport } = client.peer.clone();
        self.log(Event::Detached { connection, address, transport, reason });
        self.remember_left(now, &client, delivered);
        self.forget_read_epoch();
        self.settle_whom_it_held_up(now, generation);
        if !client.is_leaving() && !self.clients.anybody() {
            self.nobody_attached(now, reason);
        }
    }

    /// What the player has seen, by the client that had the place last: not by one that never had
    /// it, nor by one that lost it to another.
    fn remember_left(&mut self, now: Instant, client: &Client, delivered: Option<Position>) {
        let superseded = client.is_leaving() && client.generation < self.placed;
        if superseded || matches!(client.phase, Phase::Waiting { .. }) {
            return;
        }
        let here = |position: &Position| position.epoch == self.output.epoch();
        let delivered = delivered.filter(here).map(|position| position.offset);
        let delivered = delivered.map(|offset| self.output.bookmark(offset));
        let epoch = self.output.epoch();
        let before = self.reported.filter(|(of, _)| *of == epoch).map(|(_, bookmark)| bookmark);
        // Where nothing is known to have arrived, all that is held now may be missed.
        let reported = delivered.or(before);
        let reported =
            reported.unwrap_or_else(|| self.output.bookmark(self.output.current().tail()));
        self.reported = Some((epoch, reported));
        self.left = Some(Left { at: now, address: client.peer.address, delivered });
    }

    fn settle_whom_it_held_up(&mut self, now: Instant, reporter: AttachGeneration) {
        let waits = |client: &&Client| matches!(client.phase, Phase::Waiting { report_of: Some(of), .. } if of == reporter);
        let Some(waiting) = self.clients.iter().find(waits).map(|c| c.generation) else { return };
        self.settle(now, waiting);
    }

    /// The last client has gone.
    pub(super) fn nobody_attached(&mut self, now: Instant, reason: DetachReason) {
        match self.stage {
            Stage::Dialing | Stage::Login => self.end(match reason {
                DetachReason::Moved => EndReason::Superseded,
                _ => EndReason::Abandoned,
            }),
            Stage::Playing if self.resuming.is_some() && reason == DetachReason::Moved => {
                self.end(EndReason::Superseded);
            }
            Stage::Playing if self.menu => self.end(EndReason::LoggedOut),
            Stage::Playing if self.hold().is_zero() => self.end(EndReason::Expired),
            Stage::Playing => {
                self.timers.hold = now.checked_add(self.hold());
                self.output.fit();
            }
            Stage::Down { .. } if reason == DetachReason::Moved => self.end(EndReason::GameLost),
            Stage::Ending(_) => self.linger(now, false),
            Stage::Down { awaited } => self.linger(now, awaited),
            Stage::Ended(_) => {}
        }
    }

    /// The last words stay for a while; those of a login do not.
    pub(super) fn linger(&mut self, now: Instant, awaited: bool) {
        if self.output.is_secret() {
            return self.end(EndReason::Abandoned);
        }
        self.stage = Stage::Down { awaited };
        if let Some(leaving) = &mut self.timers.leaving {
            leaving.decide = None;
        }
        self.timers.hold = now.checked_add(self.config.session.linger);
        self.output.fit();
    }

    /// Waiting clients whose time has come.
    pub(super) fn tick_clients(&mut self, now: Instant) {
        while let Some((generation, reported)) = self.due_client(now) {
            match reported {
                true => self.settle(now, generation),
                false => self.take_place(now, generation),
            }
        }
    }

    fn due_client(&self, now: Instant) -> Option<(AttachGeneration, bool)> {
        self.clients.iter().find_map(|client| match client.phase {
            Phase::Waiting { until, report_of } if until <= now => {
                Some((client.generation, report_of.is_some()))
            }
            _ => None,
        })
    }
}
