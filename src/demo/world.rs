//! The game itself: who is connected, who is in play, where everybody and everything is.
//!
//! A [`Seat`] is a connection; a [`Player`] is somebody on the coast, who may for a while have no
//! seat (the link is lost). Bytes go into a seat and come out of seats; the time comes in from
//! outside. Nothing here waits, and everything is bounded by [`Limits`].

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use super::login::Dialogue;
use super::outbox::Outbox;
use super::register::{Name, Register};
use super::rooms::{CAT_START, Room, START, THINGS};
use super::terminal::{FromPlayer, Terminal};
use super::text::{NAME, NOTE, PLAIN, clean};
use crate::secret::Line;

/// What everybody sees first.
const GREETING: &str = "\u{2}Lantern Point\u{1}\nA lighthouse coast for as many as come: the game \
    that is built into mudkeep.\nThe wind is from the sea, and the lamp is lit.\n";
/// What a prompt in play is.
const PROMPT: &str = "> ";
/// The most that warmth and breath can be.
pub(super) const WARMTH_MAX: u8 = 20;
pub(super) const BREATH_MAX: u8 = 50;
/// How much is fetched out of a flood at once.
const FLOOD_PIECE_BYTES: usize = 8 * 1024;

/// What bounds the game.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connections_max: usize,
    /// Players on the coast, those without a link included.
    pub(super) players_max: usize,
    pub(super) accounts_max: usize,
    pub(super) line_bytes_max: usize,
    /// What may wait for one player; what comes by itself beyond it is lost.
    pub(super) outbox_bytes_max: usize,
    /// How long somebody may think at a question outside of play.
    pub(super) login_idle: Duration,
    /// How long a player without a link stays.
    pub(super) link_dead: Duration,
    /// How long output may wait before the connection is given up.
    pub(super) stalled: Duration,
    /// How long the lamp takes for a turn.
    pub(super) turn: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections_max: 4096,
            players_max: 4096,
            accounts_max: 8192,
            line_bytes_max: 512,
            outbox_bytes_max: 64 * 1024,
            login_idle: Duration::from_secs(180),
            link_dead: Duration::from_secs(600),
            stalled: Duration::from_secs(30),
            turn: Duration::from_secs(5),
        }
    }
}

/// A connection, as the world knows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SeatId(u64);

/// Whether a connection is to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Closing {
    No,
    /// When all that waits for it is written.
    Soon,
    /// At once: it takes nothing.
    Now,
}

#[derive(Debug)]
pub(super) struct Seat {
    pub(super) terminal: Terminal,
    pub(super) outbox: Outbox,
    pub(super) dialogue: Dialogue,
    /// Who plays here. Then that player's seat is this one.
    pub(super) player: Option<Name>,
    /// Lines that came while the answer to an earlier one was not written; those of one read.
    typed: VecDeque<Line>,
    /// The next and the last number of a flood.
    pub(super) flood: Option<(u32, u32)>,
    /// The screen's last line is a prompt.
    at_prompt: bool,
    /// Something was shown since the last prompt.
    wants_prompt: bool,
    /// What is typed is hidden.
    hidden: bool,
    pub(super) closing: Closing,
    /// Since when output waits to be taken; then its bell has been rung.
    pub(super) waits: Option<Instant>,
    pub(super) last_line: Instant,
}

#[derive(Debug)]
pub(super) struct Player {
    pub(super) room: Room,
    pub(super) seat: Option<SeatId>,
    pub(super) link_lost: Instant,
    pub(super) warmth: u8,
    pub(super) breath: u8,
}

/// Where a thing is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Spot {
    Lies(Room),
    Carried(Name),
}

/// What the world hands to whoever writes.
#[derive(PartialEq, Eq, Debug)]
pub(super) struct Taken {
    pub(super) bytes: Vec<u8>,
    /// The connection is to be closed when they are written.
    pub(super) close: bool,
}

impl Taken {
    const END: Taken = Taken { bytes: Vec::new(), close: true };
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) limits: Limits,
    pub(super) register: Register,
    pub(super) seats: BTreeMap<SeatId, Seat>,
    pub(super) players: BTreeMap<Name, Player>,
    pub(super) things: [Spot; THINGS.len()],
    pub(super) cat: Room,
    /// How often the lamp has turned.
    pub(super) turns: u64,
    pub(super) next_turn: Instant,
    next_seat: u64,
    /// Seats whose writers are to look, each once.
    pub(super) woken: Vec<SeatId>,
    /// The time of the call that is being answered.
    pub(super) now: Instant,
}

impl World {
    /// An empty coast. `key` is for the passwords, and drawn at random.
    pub(super) fn new(limits: Limits, key: [u8; 32], now: Instant) -> World {
        World {
            limits,
            register: Register::new(key, limits.accounts_max),
            seats: BTreeMap::new(),
            players: BTreeMap::new(),
            things: THINGS.each_ref().map(|thing| Spot::Lies(thing.start)),
            cat: CAT_START,
            turns: 0,
            next_turn: now + limits.turn,
            next_seat: 0,
            woken: Vec::new(),
            now,
        }
    }

    /// Somebody connects; `None` if there is no room.
    pub(super) fn connect(&mut self, now: Instant) -> Option<SeatId> {
        self.now = now;
        if self.seats.len() >= self.limits.connections_max {
            return None;
        }
        let id = SeatId(self.next_seat);
        self.next_seat += 1;
        let mut outbox = Outbox::new(self.limits.outbox_bytes_max);
        let terminal = Terminal::new(self.limits.line_bytes_max, outbox.answers());
        let dialogue = Dialogue::new();
        let seat = Seat::new(terminal, outbox, dialogue, now);
        self.seats.insert(id, seat);
        self.answer(id, GREETING);
        self.prompt(id);
        Some(id)
    }

    /// Bytes came from a connection.
    pub(super) fn receive(&mut self, id: SeatId, mut bytes: &[u8], now: Instant) {
        self.now = now;
        while let Some(seat) = self.seats.get_mut(&id).filter(|seat| seat.closing == Closing::No) {
            let said = seat.terminal.next(&mut bytes, seat.outbox.answers());
            self.wake(id);
            match said {
                None => break,
                Some(FromPlayer::Line(line)) => self.queue(id, line),
                Some(FromPlayer::LineTooLong(line)) => {
                    self.with(id, |seat| seat.at_prompt = false);
                    self.answer(id, &format!("{NOTE}That line was too long, and is cut.{PLAIN}"));
                    self.queue(id, line);
                }
                Some(FromPlayer::WantsState) => self.tell_state(id),
                Some(FromPlayer::Ping) => {
                    self.with(id, |seat| seat.terminal.pong(seat.outbox.answers()))
                }
                Some(FromPlayer::AreYouThere) => self.answer(id, "The lamp burns."),
            }
        }
    }

    /// Whether more bytes should be read from it: its last answers are written.
    pub(super) fn wants_input(&self, id: SeatId) -> bool {
        self.seats.get(&id).is_some_and(|seat| seat.is_free(self.limits.outbox_bytes_max))
    }

    /// What is to be written to it next, once all that was taken before is written.
    pub(super) fn take(&mut self, id: SeatId, now: Instant) -> Taken {
        self.now = now;
        self.fill(id);
        let Some(seat) = self.seats.get_mut(&id) else { return Taken::END };
        if seat.flood.is_none() && seat.wants_prompt && seat.closing == Closing::No {
            self.prompt(id);
        }
        let Some(seat) = self.seats.get_mut(&id) else { return Taken::END };
        seat.waits = None;
        let (mut bytes, lost) = seat.outbox.take();
        if lost > 0 {
            let note = format!("{NOTE}[{lost} lines were lost: you read too slowly.]{PLAIN}");
            seat.terminal.show(&note, &mut bytes);
        }
        Taken { bytes, close: seat.closing != Closing::No }
    }

    /// Whether it is to be closed at once, written or not.
    pub(super) fn is_cut(&self, id: SeatId) -> bool {
        self.seats.get(&id).is_none_or(|seat| seat.closing == Closing::Now)
    }

    /// A connection is gone, whoever ended it. Somebody who was in play stays, without a link.
    pub(super) fn disconnect(&mut self, id: SeatId, now: Instant) {
        self.now = now;
        let Some(seat) = self.seats.remove(&id) else { return };
        let Some(name) = seat.player else { return };
        let Some(player) = self.players.get_mut(&name) else { return };
        player.seat = None;
        player.link_lost = now;
        let room = player.room;
        self.tell_room(
            room,
            None,
            &format!("{NAME}{name}{PLAIN} stares out to sea: the link is lost."),
        );
    }

    /// When [`World::tick`] is to be called next.
    pub(super) fn next_turn(&self) -> Instant {
        self.next_turn
    }

    /// Says goodbye to everybody.
    pub(super) fn close_all(&mut self, now: Instant) {
        self.now = now;
        let ids: Vec<SeatId> = self.seats.keys().copied().collect();
        for id in ids {
            self.dismiss(id, "The coast is put away for the night. Come back soon.");
        }
    }

    /// Whose writers are to look now.
    pub(super) fn woken(&mut self) -> Vec<SeatId> {
        std::mem::take(&mut self.woken)
    }

    /// Handles a line now if the answer to the one before is out, else later.
    fn queue(&mut self, id: SeatId, line: Line) {
        let Some(seat) = self.seats.get_mut(&id) else { return };
        let free = seat.is_free(self.limits.outbox_bytes_max);
        if free { self.line(id, &line) } else { seat.typed.push_back(line) }
    }

    /// Goes on with what waited for room: a flood, lines.
    fn fill(&mut self, id: SeatId) {
        while let Some(seat) = self.seats.get_mut(&id)
            && seat.outbox.len() < FLOOD_PIECE_BYTES
        {
            if let Some((next, last)) = seat.flood {
                seat.flood = (next < last).then_some((next + 1, last));
                self.answer(id, &format!("Wave {next} of {last} breaks on the shingle."));
            } else if let Some(line) = seat.typed.pop_front() {
                self.line(id, &line);
            } else {
                break;
            }
        }
    }

    fn line(&mut self, id: SeatId, line: &Line) {
        let now = self.now;
        let Some(seat) = self.seats.get_mut(&id) else { return };
        seat.last_line = now;
        seat.at_prompt = false;
        if std::mem::take(&mut seat.hidden) {
            seat.terminal.reveal(seat.outbox.answers());
        }
        match seat.player.clone() {
            Some(name) => self.act(id, &name, &clean(line)),
            None => self.converse(id, line),
        }
        if self
            .seats
            .get(&id)
            .is_some_and(|seat| seat.flood.is_none() && seat.closing == Closing::No)
        {
            self.prompt(id);
        }
    }

    /// Closes a connection once all that waits for it is written.
    pub(super) fn close(&mut self, id: SeatId) {
        self.with(id, |seat| {
            seat.closing = Closing::Soon;
            seat.typed.clear();
            seat.flood = None;
        });
    }

    /// Closes a connection with a last word, which is said however much waits before it.
    pub(super) fn dismiss(&mut self, id: SeatId, word: &str) {
        self.answer(id, word);
        self.close(id);
    }

    /// Shows something that answers the seat's own input.
    pub(super) fn answer(&mut self, id: SeatId, text: &str) {
        self.with(id, |seat| {
            seat.start_line();
            seat.terminal.show(text, seat.outbox.answers());
        });
    }

    /// Shows something that came by itself.
    pub(super) fn tell(&mut self, id: SeatId, text: &str) {
        self.with(id, |seat| {
            let mut piece = Vec::new();
            if seat.at_prompt {
                piece.extend_from_slice(b"\r\n");
            }
            seat.terminal.show(text, &mut piece);
            seat.outbox.offer(&piece);
            seat.at_prompt = false;
            seat.wants_prompt = true;
        });
    }

    /// Shows something to everybody in a room but one.
    pub(super) fn tell_room(&mut self, room: Room, but: Option<SeatId>, text: &str) {
        let there = self.players.values().filter(|player| player.room == room);
        let seats: Vec<SeatId> = there.filter_map(|player| player.seat).collect();
        seats.into_iter().filter(|id| Some(*id) != but).for_each(|id| self.tell(id, text));
    }

    fn prompt(&mut self, id: SeatId) {
        self.with(id, |seat| {
            let (prompt, hidden) = match seat.player {
                Some(_) => (PROMPT.to_owned(), false),
                None => seat.dialogue.prompt(),
            };
            seat.terminal.ask(&prompt, hidden, seat.outbox.answers());
            (seat.hidden, seat.at_prompt, seat.wants_prompt) = (hidden, true, false);
        });
    }

    /// Does something with a seat that leaves output behind.
    pub(super) fn with(&mut self, id: SeatId, act: impl FnOnce(&mut Seat)) {
        if let Some(seat) = self.seats.get_mut(&id) {
            act(seat);
            self.wake(id);
        }
    }

    fn wake(&mut self, id: SeatId) {
        let Some(seat) = self.seats.get_mut(&id) else { return };
        let idle = seat.outbox.is_empty() && seat.closing == Closing::No;
        if !idle && seat.waits.is_none() {
            seat.waits = Some(self.now);
            self.woken.push(id);
        }
    }
}

impl Seat {
    fn new(terminal: Terminal, outbox: Outbox, dialogue: Dialogue, now: Instant) -> Seat {
        Seat {
            terminal,
            outbox,
            dialogue,
            player: None,
            typed: VecDeque::new(),
            flood: None,
            at_prompt: false,
            wants_prompt: false,
            hidden: false,
            closing: Closing::No,
            waits: None,
            last_line: now,
        }
    }

    fn is_free(&self, outbox_bytes_max: usize) -> bool {
        self.flood.is_none() && self.typed.is_empty() && self.outbox.len() < outbox_bytes_max
    }

    /// Leaves the prompt's line, if the screen is there.
    fn start_line(&mut self) {
        if std::mem::take(&mut self.at_prompt) {
            self.outbox.answers().extend_from_slice(b"\r\n");
        }
        self.wants_prompt = true;
    }
}

impl Player {
    pub(super) fn new(seat: SeatId, now: Instant) -> Player {
        Player {
            room: START,
            seat: Some(seat),
            link_lost: now,
            warmth: WARMTH_MAX,
            breath: BREATH_MAX,
        }
    }
}

#[cfg(test)]
mod tests;
