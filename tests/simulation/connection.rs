//! The server's side of a connection: what a transport does. It reads from the session when there is
//! room on the wire, hands on what the client says, and learns late that a client is gone.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, Ipv4Addr};

use mudkeep::ids::{AttachGeneration, ConnectionId, Epoch, Position, SessionId, TokenGeneration};
use mudkeep::secret::Line;
use mudkeep::session::clients::Phase;
use mudkeep::session::message::{
    AttachRequest, ClientEvent, Closing, Destination, DetachReason, Note, Peer, Proof, Reading,
    Refusal, ReplayWish, Transport, Welcome,
};
use mudkeep::session::token::{Grant, ResumeToken, Secret};
use mudkeep::telnet::client_info::ClientInfo;
use uuid::Uuid;

use crate::client::{Bytes, Manner, ToClient, ToServer, Token};
use crate::session::Session;
use crate::variants::{Facts, Variant};
use crate::world::World;

/// One connection, from both ends.
pub(crate) struct Connection {
    pub(crate) client: usize,
    /// The client's end is there.
    pub(crate) up: bool,
    /// The server's end is.
    pub(crate) open: bool,
    pub(crate) at: Option<(usize, AttachGeneration)>,
    /// On the way to the client, with the session that said it.
    pub(crate) to_client: VecDeque<(usize, ToClient)>,
    pub(crate) to_server: VecDeque<ToServer>,
    /// How much may be on the way.
    pub(crate) room: usize,
    /// What the client has, by what its side acknowledged.
    pub(crate) delivered: Option<Position>,
    sent: Option<Position>,
    told: bool,
    /// It was led to another session. Until it says that it was welcomed there, its numbers and its
    /// acknowledgements are not for that one.
    led_on: bool,
    /// The epoch of its last welcome.
    welcomed: Option<Epoch>,
    /// How often the session's tokens had become worthless when it was attached.
    revocations: u32,
    /// The tokens that were told on it.
    granted: Vec<(TokenGeneration, String)>,
}

impl Connection {
    pub(crate) fn new(client: usize, hello: ToServer) -> Connection {
        Connection {
            client,
            up: true,
            open: true,
            at: None,
            to_client: VecDeque::new(),
            to_server: VecDeque::from([hello]),
            room: 8,
            delivered: None,
            sent: None,
            told: false,
            led_on: false,
            welcomed: None,
            revocations: 0,
            granted: Vec::new(),
        }
    }
}

/// What is known of tokens by what was told and shown.
#[derive(Debug, Default)]
pub(crate) struct TokenBook {
    /// What each was followed by.
    successor: HashMap<String, String>,
    retired: HashSet<String>,
    /// How often the session's tokens had become worthless when the client that was told it was
    /// attached.
    told: HashMap<String, u32>,
    /// The id that it names.
    session: HashMap<String, SessionId>,
    /// When it was shown.
    shown: HashMap<String, Vec<std::time::Instant>>,
}

impl TokenBook {
    pub(crate) fn is_retired(&self, secret: &Secret) -> bool {
        self.retired.contains(secret.reveal())
    }

    /// The client has this one: what it follows is good no longer.
    fn proven(&mut self, secret: &str) {
        let before: Vec<String> = self
            .successor
            .iter()
            .filter(|(_, next)| *next == secret)
            .map(|(b, _)| b.clone())
            .collect();
        for secret in before {
            if self.retired.insert(secret.clone()) {
                self.proven(&secret);
            }
        }
    }
}

impl World {
    /// The server reads from the session for this client, once. Whether something came.
    pub(crate) fn read(&mut self, line: usize) -> bool {
        let Some((at, generation)) = self.lines_open[line].at else { return false };
        if self.lines_open[line].to_client.len() >= self.lines_open[line].room {
            if let Some(closing) = self.sessions[at].core.urgent(generation) {
                self.send_note(line, at, Note::Closing(closing));
                self.close(line, DetachReason::Told(closing));
            }
            return false;
        }
        let bytes_max = self.chance.pick(&[1, 7, 64, 4096]);
        let core = &mut self.sessions[at].core;
        if self.variant == Variant::EndAtGameEof && core.is_ended() {
            self.tell(line, at, Note::Closing(Closing::GameClosed));
            return true;
        }
        let wanted = core.wants_client(generation);
        let mut bytes = Vec::new();
        let reading = core.read(generation, bytes_max, &mut bytes);
        let something = !matches!(reading, Reading::Nothing);
        self.journal.holds(wanted || !something, || {
            format!("B connection {line} was not woken for {reading:?}")
        });
        match reading {
            Reading::Nothing => {}
            Reading::Output(to) => {
                let lost = self.is_superseded(line, at);
                self.journal.holds(!lost, || format!("5 output for connection {line}, superseded"));
                self.lines_open[line].sent = Some(to);
                self.send(line, at, ToClient::Output { bytes: Bytes(bytes), to });
            }
            Reading::Note(note) => self.tell(line, at, note),
            Reading::Over => self.close(line, DetachReason::Told(Closing::Replaced)),
        }
        self.after(at);
        something
    }

    fn send_note(&mut self, line: usize, at: usize, note: Note) {
        self.notes += 1;
        self.send(line, at, ToClient::Note { note: Box::new(note), number: self.notes });
    }

    fn send(&mut self, line: usize, at: usize, message: ToClient) {
        let connection = &mut self.lines_open[line];
        let told = std::mem::replace(
            &mut connection.told,
            matches!(&message, ToClient::Note { note, .. } if matches!(**note, Note::Closing(_))),
        );
        self.journal.holds(!told, || format!("7 connection {line} is told more after its end"));
        self.journal.note(|| format!("to {line} from session {at}: {message:?}"));
        connection.to_client.push_back((at, message));
    }

    fn tell(&mut self, line: usize, at: usize, mut note: Note) {
        match &mut note {
            Note::Welcome(welcome) => self.welcomed(line, at, welcome),
            Note::Authenticated(told) => {
                self.granted(line, &mut told.grant);
            }
            Note::Token(grant) => self.granted(line, grant),
            Note::Gap { .. } if self.variant == Variant::SilentGap => return,
            Note::Move(to) => {
                let to = (**to).clone();
                return self.move_to(line, at, to);
            }
            _ => {}
        }
        let closing = match note {
            Note::Closing(closing) => Some(closing),
            _ => None,
        };
        self.send_note(line, at, note);
        if let Some(closing) = closing {
            self.close(line, DetachReason::Told(closing));
        }
    }

    fn welcomed(&mut self, line: usize, at: usize, welcome: &mut Welcome) {
        self.lines_open[line].welcomed = Some(welcome.position.epoch);
        let session = &mut self.sessions[at];
        session.placed.push(line);
        let output = session.core.output();
        if let Some((from, _)) = welcome.gap {
            let gone = output.epoch() != welcome.position.epoch || output.current().tail() > from;
            self.journal
                .holds(gone, || format!("11 a gap is told from {} on, which is held", from.0));
        }
        self.check_replay(line, at, welcome);
        if self.variant == Variant::SilentGap {
            welcome.gap = None;
        }
        if let Some(mut grant) = welcome.grant.take() {
            self.granted(line, &mut grant);
            welcome.grant = Some(grant);
        }
    }

    /// A player who names no place is shown what is not known to have arrived, or told how much of
    /// it is not shown.
    fn check_replay(&mut self, line: usize, at: usize, welcome: &Welcome) {
        let client = self.lines_open[line].client;
        let from = welcome.position;
        self.replay_from = match self.sessions[at].report.take() {
            Some((whose, delivered)) if whose == client && delivered.epoch == from.epoch => {
                let held =
                    self.sessions[at].stream.lines(from.epoch, delivered.offset.0, from.offset.0);
                Some((line, held))
            }
            _ => None,
        };
    }

    fn granted(&mut self, line: usize, grant: &mut Grant) {
        let (variant, revocations) = (self.variant, self.lines_open[line].revocations);
        self.wrong_tokens.give(variant, grant);
        let secret = grant.secret.reveal().to_owned();
        let granted = self.lines_open[line].granted.last().map(|last| &last.1);
        for before in granted.into_iter().chain(self.shown_on.get(&line)) {
            if *before != secret {
                self.book.successor.insert(before.clone(), secret.clone());
            }
        }
        self.book.told.insert(secret.clone(), revocations);
        self.book.session.insert(secret.clone(), grant.session_id);
        self.lines_open[line].granted.push((grant.generation, secret));
    }

    /// Whether so many others have come after it that it cannot have its place any more. Where
    /// several may have one, those count that still have theirs.
    fn is_superseded(&self, line: usize, at: usize) -> bool {
        let Session { placed, core, .. } = &self.sessions[at];
        let Some(own) = placed.iter().rposition(|other| *other == line) else { return false };
        let has_place = |other: &&usize| {
            let generation = self.lines_open[**other].at.map(|(_, generation)| generation);
            let client = generation.and_then(|generation| core.clients().find(generation));
            client.is_some_and(|client| client.is_attached())
        };
        let later = &placed[own + 1..];
        match self.config.session.clients_max {
            1 => !later.is_empty(),
            max => later.iter().filter(has_place).count() >= max,
        }
    }

    /// The server's end is closed.
    pub(crate) fn close(&mut self, line: usize, reason: DetachReason) {
        let now = self.now;
        let report = self.report(line);
        let connection = &mut self.lines_open[line];
        connection.open = false;
        connection.to_server.clear();
        let Some((at, generation)) = connection.at.take() else { return };
        self.journal
            .note(|| format!("connection {line} leaves session {at}: {reason}, {report:?}"));
        let known = self.chance.percent(80);
        let report = report.filter(|_| known);
        let session = &mut self.sessions[at];
        // Of what was gone already the lines are not counted any more.
        let tail = session.core.output().current().tail();
        let last = session.placed.last() == Some(&line);
        // One that came first need not wait for long to hear where this one was.
        let settled = session.core.clients().iter().any(|client| {
            client.generation > generation && !matches!(client.phase, Phase::Waiting { .. })
        });
        let held = report.filter(|place| last && !settled && place.offset >= tail);
        session.report = held.map(|place| (self.lines_open[line].client, place));
        let told = match self.variant {
            Variant::ReplayFromSent => self.lines_open[line].sent,
            Variant::BufferWhileDetached => Some(self.sessions[at].core.output().head()),
            _ => report,
        };
        self.sessions[at].core.detach(now, generation, reason, told);
        self.after(at);
    }

    fn report(&self, line: usize) -> Option<Position> {
        let connection = &self.lines_open[line];
        let telnet = self.clients[connection.client].manner == Manner::Telnet;
        connection.delivered.filter(|_| telnet)
    }

    fn request(&self, line: usize, proof: Proof, position: Option<Position>) -> AttachRequest {
        AttachRequest {
            peer: Peer {
                connection: ConnectionId(Uuid::from_u128(line as u128)),
                transport: Transport::Telnet,
                address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            },
            info: ClientInfo::default(),
            proof,
            position,
            replay: ReplayWish::Missed,
            tell_token: false,
        }
    }

    /// What a client says arrives.
    pub(crate) fn arrives(&mut self, line: usize) {
        if !self.has_room(line) {
            return;
        }
        let Some(said) = self.lines_open[line].to_server.pop_front() else { return };
        if !self.lines_open[line].open {
            return;
        }
        self.journal.note(|| format!("from connection {line}: {said:?}"));
        match (said, self.lines_open[line].at) {
            (ToServer::Open, None) => self.open_session(line),
            (ToServer::Resume { token, position }, None) => {
                if let Err(refusal) = self.resume(line, &token, position) {
                    self.journal.note(|| format!("connection {line} is refused: {refusal:?}"));
                    self.send(line, 0, ToClient::Refused);
                    self.close(line, DetachReason::ClosedByClient);
                }
            }
            (ToServer::Close, _) => self.close(line, DetachReason::ClosedByClient),
            (said, Some((at, generation))) => self.hands_on(line, at, generation, said),
            (_, None) => {}
        }
    }

    /// Whether what comes next can be handed on. A line waits until there is room for it.
    fn has_room(&self, line: usize) -> bool {
        let connection = &self.lines_open[line];
        match (connection.to_server.front(), connection.at) {
            (Some(ToServer::Line { .. }), Some((at, generation))) => {
                let core = &self.sessions[at].core;
                core.takes_input() && core.hears(generation)
            }
            _ => true,
        }
    }

    fn open_session(&mut self, line: usize) {
        let at = self.new_session();
        self.shown_on.remove(&line);
        let request = self.request(line, Proof::Opened, None);
        self.attach(line, at, request).expect("a new session takes its client");
    }

    fn attach(&mut self, line: usize, at: usize, request: AttachRequest) -> Result<(), Refusal> {
        let now = self.now;
        let before = self.looks(at);
        if self.lines_open[line].at.is_some_and(|(of, _)| of != at) {
            // What it was told there is nothing to the session here.
            self.lines_open[line].granted.clear();
        }
        let password = matches!(request.proof, Proof::Password);
        match self.sessions[at].core.attach(now, request) {
            Ok(generation) => {
                if password && std::mem::take(&mut self.sessions[at].reuse_seen) {
                    self.sessions[at].revocations += 1;
                }
                self.lines_open[line].at = Some((at, generation));
                self.lines_open[line].revocations = self.sessions[at].revocations;
                self.after(at);
                Ok(())
            }
            Err(refusal) => {
                let same = before == self.looks(at);
                self.journal.holds(same, || format!("6 a refusal ({refusal:?}) changed a session"));
                self.sessions[at].reuse_seen |= refusal == Refusal::TokenReused;
                self.after(at);
                Err(refusal)
            }
        }
    }

    /// What can be seen of a session.
    fn looks(&self, at: usize) -> String {
        let core = &self.sessions[at].core;
        let clients: Vec<_> = core.clients().iter().map(|c| (c.generation, c.phase)).collect();
        format!("{:?} {} {clients:?} {}", core.state(), core.id(), core.output().head())
    }

    fn resume(
        &mut self,
        line: usize,
        token: &Token,
        position: Option<Position>,
    ) -> Result<(), Refusal> {
        let found = self.sessions.iter().position(|session| session.is(token.session));
        let judged = self.present(line, found, token, position);
        if judged.is_err() {
            self.check_refusal(line, found, token);
        }
        judged
    }

    fn present(
        &mut self,
        line: usize,
        found: Option<usize>,
        token: &Token,
        position: Option<Position>,
    ) -> Result<(), Refusal> {
        let at = found.ok_or(Refusal::TokenInvalid)?;
        let key = token.secret.reveal().to_owned();
        self.book.shown.entry(key.clone()).or_default().push(self.now);
        let (variant, now) = (self.variant, self.now);
        let secret =
            self.wrong_tokens.take(variant, now, &token.secret).ok_or(Refusal::TokenReused)?;
        let session = &self.sessions[at];
        let facts = Facts {
            head: session.core.output().head(),
            sent: self.last_sent(self.lines_open[line].client),
            left_at: session.left_at,
        };
        let position = variant.position(position, facts);
        let retired = self.book.is_retired(&token.secret);
        self.shown_on.insert(line, key.clone());
        let request = self.request(line, Proof::Token(secret), position);
        self.attach(line, at, request)?;
        self.journal.holds(!retired, || "35 a retired token opened its session".to_owned());
        self.proven(at, &key);
        Ok(())
    }

    fn last_sent(&self, client: usize) -> Option<Position> {
        self.lines_open.iter().rev().filter(|line| line.client == client).find_map(|line| line.sent)
    }

    /// The token that a client received last opens its session.
    fn check_refusal(&mut self, line: usize, found: Option<usize>, token: &Token) {
        let wallet = self.clients[self.lines_open[line].client].wallet;
        let newest = self.wallets[wallet].token.as_ref() == Some(token);
        let Some(at) = found.filter(|_| newest) else { return };
        let session = &self.sessions[at];
        let key = token.secret.reveal();
        let worthless = self.book.told.get(key).is_none_or(|told| *told < session.revocations);
        let lately = |at: &&std::time::Instant| self.now.duration_since(**at).as_secs() < 60;
        let often = self.book.shown.get(key).is_some_and(|s| s.iter().filter(lately).count() >= 10);
        let alone = session.alone_since.map_or(0, |s| self.now.duration_since(s).as_secs());
        let old = alone >= self.config.token.ttl.as_secs();
        self.journal.holds(worthless || often || old || session.core.is_ended(), || {
            format!("33 the token that a client received last is refused on connection {line}")
        });
    }

    fn hands_on(&mut self, line: usize, at: usize, generation: AttachGeneration, said: ToServer) {
        let now = self.now;
        let superseded = self.is_superseded(line, at);
        let event = match said {
            ToServer::Ack(epoch) => {
                let connection = &mut self.lines_open[line];
                connection.led_on &= connection.welcomed != Some(epoch);
                return;
            }
            ToServer::Line { seq: Some(_), .. } | ToServer::TokenAck(_)
                if self.lines_open[line].led_on =>
            {
                return;
            }
            ToServer::Line { line: text, seq } => {
                if superseded && seq.is_none() {
                    self.lines.forbid(&text.0, "5 a superseded client was heard");
                }
                let seq = match (self.variant, seq) {
                    (Variant::NoDedupe, Some(seq)) => {
                        self.send_note(line, at, Note::InputAck(seq));
                        None
                    }
                    (_, seq) => seq,
                };
                ClientEvent::Line { line: Line::new(text.0), seq }
            }
            ToServer::TokenAck(token) => {
                self.acknowledged(line, token);
                ClientEvent::TokenAck(token)
            }
            ToServer::Refresh => ClientEvent::Refresh,
            ToServer::Logout => ClientEvent::Logout,
            ToServer::Message => {
                ClientEvent::OutOfBand { option: 201, payload: b"Core.Ping".to_vec() }
            }
            ToServer::Open | ToServer::Resume { .. } | ToServer::Close => return,
        };
        let logout = matches!(event, ClientEvent::Logout);
        let core = &mut self.sessions[at].core;
        let ended = core.is_ended();
        let newest = core.clients().attached().map(|client| client.generation).last();
        let from = match self.variant {
            Variant::NoFence => newest.unwrap_or(generation),
            _ => generation,
        };
        core.client(now, from, event);
        let silent = !(logout && superseded) || core.is_ended() == ended;
        self.journal.holds(silent, || "5 a superseded client ended the session".to_owned());
        self.after(at);
    }

    /// The token that was told last has arrived. One that a login has followed meanwhile proves
    /// nothing.
    fn acknowledged(&mut self, line: usize, token: TokenGeneration) {
        let Some((at, generation)) = self.lines_open[line].at else { return };
        let clients = self.sessions[at].core.clients();
        let attached = clients.find(generation).is_some_and(|client| client.is_attached());
        let last = self.lines_open[line].granted.last().filter(|last| attached && last.0 == token);
        if let Some(secret) = last.map(|last| last.1.clone()) {
            self.proven(at, &secret);
        }
    }

    /// The client has this token. One from before a login says nothing of those before it.
    fn proven(&mut self, at: usize, secret: &str) {
        if self.book.session.get(secret) == Some(&self.sessions[at].core.id()) {
            self.book.proven(secret);
        }
    }

    fn move_to(&mut self, line: usize, from: usize, to: Destination) {
        let now = self.now;
        self.journal.note(|| format!("connection {line} is sent on: {to:?}"));
        let Some((_, generation)) = self.lines_open[line].at else { return };
        let moved = match to {
            Destination::Session { id, .. } => {
                let proved = self.may_move(from, id);
                self.journal.holds(proved, || {
                    "6 a client is sent to a session it did not prove to own".into()
                });
                self.move_to_session(line, id)
            }
            Destination::Token { text, .. } => self.move_by_token(line, &text),
            // No staff is played.
            Destination::Led { .. } => Err(Refusal::Ended),
            Destination::NewSession => {
                self.open_session(line);
                Ok(())
            }
        };
        let core = &mut self.sessions[from].core;
        match moved {
            Ok(()) => {
                self.lines_open[line].led_on = true;
                self.lines_open[line].welcomed = None;
                core.detach(now, generation, DetachReason::Moved, None);
            }
            Err(refusal) => core.client(now, generation, ClientEvent::MoveFailed(refusal)),
        }
        self.after(from);
    }

    fn move_to_session(&mut self, line: usize, id: SessionId) -> Result<(), Refusal> {
        let at = self.sessions.iter().position(|s| s.end.is_none() && s.core.id() == id);
        self.shown_on.remove(&line);
        let request = self.request(line, Proof::Password, None);
        self.attach(line, at.ok_or(Refusal::Ended)?, request)
    }

    fn move_by_token(&mut self, line: usize, text: &[u8]) -> Result<(), Refusal> {
        let token = std::str::from_utf8(text).ok().and_then(|text| text.parse().ok());
        let ResumeToken { session_id, secret } = token.ok_or(Refusal::TokenInvalid)?;
        self.resume(line, &Token { session: session_id, secret }, None)
    }

    /// What the server sent reaches the client, and is acknowledged.
    pub(crate) fn reaches(&mut self, line: usize) {
        let Some((at, message)) = self.lines_open[line].to_client.pop_front() else { return };
        let who = self.lines_open[line].client;
        if self.clients[who].line != Some(line) {
            return;
        }
        if let ToClient::Output { to, .. } = &message {
            self.lines_open[line].delivered = Some(*to);
        }
        if let ToClient::Note { note, .. } = &message {
            self.judge_summary(line, note);
        }
        let client = &mut self.clients[who];
        let wallet = &mut self.wallets[client.wallet];
        let stream = &self.sessions[at].stream;
        let answers = client.receive(message, at, stream, wallet, &mut self.journal);
        self.lines_open[line].to_server.extend(answers);
        if self.clients[who].line.is_none() {
            self.lines_open[line].up = false;
        }
    }

    fn judge_summary(&mut self, line: usize, note: &Note) {
        let (Note::ReplayStart(summary), Some((of, missing))) = (note, self.replay_from) else {
            return;
        };
        if of == line {
            self.journal.holds(summary.more >= missing, || {
                format!("11 {missing} lines are not shown again, {} are told", summary.more)
            });
            self.replay_from = None;
        }
    }
}
