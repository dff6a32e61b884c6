//! The game's side of the core: what it says, and how its connection ends.
//!
//! The last words of a game reach everybody. A game that closes in order has said what it had to
//! say, so the session ends; only where its port then refuses, or where the connection broke, may
//! a client stay and wait for it.

use std::time::Instant;

use memchr::memchr;

use super::action::{Action, Event, GameEnd};
use super::{Core, NEWCOMER_ANSWER_MAX, PULSE, REPLACED_READ_MAX, Stage, words};
use crate::config::OnDown;
use crate::ids::AttachGeneration;
use crate::session::message::{Closing, Destination, EndReason, Note};
use crate::session::queue::QueueAnswer;
use crate::telnet::toward_game::FromGame;

impl Core {
    /// The game's connection is made.
    pub fn game_connected(&mut self, now: Instant) {
        if self.stage != Stage::Dialing {
            self.actions.push_back(Action::CloseGame);
            return;
        }
        self.stage = Stage::Login;
        self.dialled(now);
    }

    /// The game has sent bytes.
    pub fn game_bytes(&mut self, now: Instant, mut bytes: &[u8]) {
        loop {
            if !self.watches_text(now) {
                self.output.run(self.telnet.take_run(&mut bytes));
            }
            let Some(event) = self.telnet.next(now, &mut bytes) else { break };
            self.heard(now, event);
        }
        self.queue_commands();
        if self.entry.is_some() {
            self.advance_entry(now);
        }
    }

    /// Whether some client takes what the game says.
    #[must_use]
    pub fn is_followed(&self) -> bool {
        self.clients.anybody_follows(&self.output)
    }

    /// What the telnet engine has come to without bytes from the game.
    pub(super) fn telnet_moved(&mut self, now: Instant) {
        while let Some(event) = self.telnet.next(now, &mut &b""[..]) {
            self.heard(now, event);
        }
        self.queue_commands();
    }

    fn heard(&mut self, now: Instant, event: FromGame<'_>) {
        match event {
            FromGame::Text(text) => self.game_text(now, text),
            FromGame::Prompt => {
                self.output.prompt();
                self.watch_prompt(now);
            }
            FromGame::Echo { hidden } => {
                self.output.echo(hidden);
                self.watch_echo(now, hidden);
            }
            FromGame::OutOfBand { option, payload } => {
                self.output.out_of_band(option, &payload);
                self.watch_out_of_band(now, option, &payload);
            }
            FromGame::Offers(offers) => {
                let at = Some(self.output.head());
                self.clients.post_all(at, &Note::Offers(offers));
            }
        }
    }

    /// Text goes into the history, and to whoever watches for a login or for leaving. During a login
    /// it goes line by line: what follows the line that accepts the player is in a new history.
    fn game_text(&mut self, now: Instant, text: &[u8]) {
        let mut rest = text;
        while !rest.is_empty() && self.entry.is_some() {
            let line = memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            self.output.text(&rest[..line]);
            self.watch_text(now, &rest[..line]);
            rest = &rest[line..];
        }
        if !rest.is_empty() {
            self.output.text(rest);
            self.watch_text(now, rest);
        }
    }

    /// Telnet commands for the game, none to be split over two writes.
    pub(super) fn queue_commands(&mut self) {
        while let Some(command) = self.telnet.take_command() {
            self.outgoing.command(command);
        }
    }

    /// A line goes to the game.
    pub(super) fn send_line(&mut self, line: &[u8]) {
        let bytes_max = self.config.game.line_bytes_max.unwrap_or(self.preset.line_bytes_max());
        let mut encoded = Vec::with_capacity(line.len() + 2);
        self.telnet.encode_line(line, bytes_max, &mut encoded);
        self.outgoing.line(encoded);
    }

    /// A client's message beside the text goes to the game, if the game takes such messages.
    pub(super) fn client_out_of_band(
        &mut self,
        now: Instant,
        from: AttachGeneration,
        option: u8,
        payload: &[u8],
    ) {
        if let Some(said) = words::OfToken::parse(option, payload) {
            return self.said_of_token(now, from, said);
        }
        if let Some(entry) = &mut self.entry {
            if let Some(text) = words::reconnect(option, payload) {
                let (replay, tell_token) = (entry.wish.replay, entry.wish.tell_token);
                let to = Destination::Token { text, by_gmcp: true, replay, tell_token };
                if let Some(client) = self.clients.find_mut(from) {
                    client.post(None, Note::Move(Box::new(to)));
                }
                return;
            }
            entry.client_out_of_band(now, option, payload);
        }
        self.telnet.send_out_of_band(option, payload);
        self.queue_commands();
    }

    /// The game's connection has ended, after everything it said.
    pub fn game_closed(&mut self, now: Instant, how: GameEnd) {
        self.outgoing.clear();
        if self.timers.is_replacing() {
            self.timers.leaving().replace = now.checked_add(PULSE);
            return;
        }
        match self.stage {
            Stage::Ended(_) | Stage::Down { .. } | Stage::Ending(_) => return,
            Stage::Dialing | Stage::Login | Stage::Playing => {}
        }
        self.log(Event::GameEnded(how));
        self.settle_everybody(now);
        let was_playing = self.stage == Stage::Playing;
        self.stage = Stage::Ending(how);
        self.entry = None;
        self.leave = None;
        // What waits was meant for this game.
        self.queue.take(&QueueAnswer::None);
        match was_playing && self.user.is_some() {
            true => self.actions.push_back(Action::AskNaming),
            false => self.game_gone(now, how, was_playing),
        }
    }

    /// Whether another login that named this user waits for the game's answer. If so, that answer
    /// decides why this session ends: games that kick the old copy do so before they greet the new.
    pub fn decide_end(&mut self, now: Instant, newcomer: bool) {
        let Stage::Ending(how) = self.stage else { return };
        match newcomer {
            true => self.timers.leaving().decide = now.checked_add(NEWCOMER_ANSWER_MAX),
            false => self.game_gone(now, how, true),
        }
    }

    fn game_gone(&mut self, now: Instant, how: GameEnd, was_playing: bool) {
        let anybody = self.clients.anybody();
        let stays = anybody && self.stays_when_down();
        match (how, anybody) {
            (GameEnd::Closed, false) | (GameEnd::Lost, false) if was_playing => {
                self.linger(now, false);
            }
            (GameEnd::Closed, true) if stays => self.actions.push_back(Action::Probe),
            (GameEnd::Lost | GameEnd::Unreachable, true) if stays => self.orphan(),
            (GameEnd::Closed, _) => self.game_said_goodbye(),
            (GameEnd::Lost | GameEnd::Unreachable, _) => self.game_lost(how),
        }
    }

    /// Whether clients wait for a game that is gone; with several, one that does is enough.
    fn stays_when_down(&self) -> bool {
        match self.config.game.on_down {
            Some(OnDown::Stay) => true,
            Some(OnDown::Close) => false,
            None => self.clients.any_awaits_game(),
        }
    }

    fn game_said_goodbye(&mut self) {
        self.notice_all(self.config.texts.game_closed());
        self.end(EndReason::GameClosed);
    }

    fn game_lost(&mut self, how: GameEnd) {
        let texts = &self.config.texts;
        let text = match how {
            GameEnd::Unreachable => texts.game_unreachable(),
            GameEnd::Lost | GameEnd::Closed => texts.game_lost(),
        };
        self.notice_all(text);
        self.end(EndReason::GameLost);
    }

    /// Whether the game's port answered after the game had closed the connection.
    pub fn probed(&mut self, answers: bool) {
        let Stage::Ending(_) = self.stage else { return };
        match answers {
            true => self.game_said_goodbye(),
            false => self.orphan(),
        }
    }

    /// The client stays and waits for the game.
    fn orphan(&mut self) {
        self.stage = Stage::Down { awaited: true };
        self.notice_all(self.config.texts.game_down());
        self.actions.push_back(Action::AwaitGame);
    }

    /// The game's port answers again: who waits is sent to a new session. Nothing typed is carried
    /// over.
    pub fn game_is_back(&mut self) {
        if self.stage != (Stage::Down { awaited: true }) {
            return;
        }
        self.stage = Stage::Down { awaited: false };
        self.notice_all(self.config.texts.game_back());
        self.clients.post_all(None, &Note::Move(Box::new(Destination::NewSession)));
    }

    /// Another session takes this one's place in the game (`on_duplicate = "replace"`): the game's
    /// connection is closed from this side and read to its end.
    pub fn make_room(&mut self, now: Instant) {
        match self.stage {
            Stage::Ended(_) => {}
            Stage::Playing => {
                self.clients.leave_all(Closing::Replaced, None);
                self.actions.push_back(Action::HalfCloseGame);
                self.timers.hold = None;
                self.timers.leaving().replace = now.checked_add(REPLACED_READ_MAX);
            }
            Stage::Dialing | Stage::Login | Stage::Ending(_) | Stage::Down { .. } => {
                self.end(EndReason::Replaced);
            }
        }
    }
}
