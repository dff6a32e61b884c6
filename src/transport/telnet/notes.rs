//! What a session tells a client, in a telnet player's words: lines of text, telnet negotiation,
//! and GMCP for programs.

use std::time::Instant;

use serde_json::json;

use super::{Said, TelnetConnection};
use crate::events::What;
use crate::registry::card::ConnectionState;
use crate::session::link::Attachment;
use crate::session::message::{
    Authenticated, ClientEvent, Closing, Destination, DetachReason, Note, Proof, Refusal,
    ReplaySummary, ReplayWish, Via, Welcome,
};
use crate::telnet::option::{self, OptionSet};
use crate::threads;
use crate::transport::goodbye::goodbye;

/// Colours and the like off: what follows a gap must not inherit them.
const SGR_RESET: &[u8] = b"\x1b[0m";

impl TelnetConnection {
    /// Turns a note into bytes for the client, or into something to be done.
    pub(super) fn note(
        &mut self,
        now: Instant,
        note: Note,
        wire: &mut Vec<u8>,
    ) -> Result<(), DetachReason> {
        match note {
            Note::Welcome(welcome) => self.welcome(now, &welcome, wire),
            Note::Authenticated(told) => self.authenticated(&told, wire),
            Note::ReplayStart(summary) => self.replay_start(summary, wire),
            Note::ReplayEnd => self.replay_end(wire),
            Note::Echo { hidden } => self.engine.echo(hidden, wire),
            Note::OutOfBand { option, payload } => {
                self.engine.out_of_band(option, &payload, wire);
            }
            Note::Offers(offers) => {
                self.game_offers = offers;
                self.offer(wire);
            }
            Note::Gap { from, to } => {
                let bytes = to.0.saturating_sub(from.0);
                self.gate.events().emit(self.place.card().about(), What::Gap { bytes });
                wire.extend_from_slice(SGR_RESET);
                self.say_to(self.gate.config().texts.gap(bytes), wire);
            }
            Note::Token(grant) => self.tell_token(&grant, false, wire),
            Note::Notice(text) => self.engine.notice(&text, wire),
            Note::Undelivered(text) => self.engine.output(&text, wire),
            Note::Ask { text, hidden } => {
                self.engine.notice(&text, wire);
                // The game may just have hidden what is typed, and the answer need not be.
                self.engine.echo(hidden, wire);
            }
            Note::Move(to) => self.move_to(now, *to, wire),
            Note::Closing(closing) => self.closing(now, closing, wire),
            Note::Live => self.place.card().enter_active(),
            Note::InputAck(_) | Note::InputExpected(_) => {}
        }
        Ok(())
    }

    fn welcome(&mut self, now: Instant, welcome: &Welcome, wire: &mut Vec<u8>) {
        self.place.card().welcomed(welcome.via);
        let config = self.gate.config();
        let texts = &config.texts;
        let text = match welcome.via {
            Via::Opened => texts.connected(),
            Via::Token => texts.resumed(),
            Via::Password => texts.reconnected(),
            Via::Takeover => texts.taken_here(),
        };
        self.say_to(text, wire);
        if let (Some(grant), true) = (&welcome.grant, welcome.via != Via::Opened) {
            self.account = welcome.user.as_ref().map(|user| user.name.clone());
            self.tell_token(grant, welcome.tell_token, wire);
        }
        let dropped = self.drop_typed_for_login(now);
        if dropped > 0 {
            self.say_to(self.gate.config().texts.login_lines_not_sent(dropped), wire);
        }
    }

    /// A program may type its name and password right behind its token: not into the game.
    fn drop_typed_for_login(&mut self, now: Instant) -> usize {
        let Some(lines) = self.arriving.take() else { return 0 };
        let Some(attachment) = &mut self.attachment else { return lines };
        let mut said = Said::default();
        let take = |event| {
            said.take(now, attachment, event);
        };
        let dropped = self.input.drop_lines(&mut self.engine, now, take);
        self.abuses += said.abuses;
        if said.informed {
            self.tell_info(now);
        }
        lines + dropped
    }

    fn authenticated(&mut self, told: &Authenticated, wire: &mut Vec<u8>) {
        self.place.card().enter(ConnectionState::Authenticated);
        self.account = told.user.as_ref().map(|user| user.name.clone());
        self.tell_token(&told.grant, told.tell_token, wire);
    }

    /// Offers what the game has, and GMCP for the token, where that takes nothing away: a client
    /// that is offered both GMCP and ATCP lets go of ATCP.
    pub(super) fn offer(&mut self, wire: &mut Vec<u8>) {
        let own = self.offers_gmcp && !self.game_offers.contains(option::ATCP);
        let own = if own { OptionSet::of(&[option::GMCP]) } else { OptionSet::EMPTY };
        self.engine.offers(self.game_offers.union(own), wire);
    }

    pub(super) fn say_to(&mut self, text: Option<String>, wire: &mut Vec<u8>) {
        if let Some(text) = text {
            self.engine.notice(&text, wire);
        }
    }

    pub(super) fn gmcp(&mut self, package: &str, data: &serde_json::Value, wire: &mut Vec<u8>) {
        let message = format!("{package} {data}");
        self.engine.out_of_band(option::GMCP, message.as_bytes(), wire);
    }

    fn replay_start(&mut self, summary: ReplaySummary, wire: &mut Vec<u8>) {
        let ReplaySummary { lines, away_seconds, more } = summary;
        let config = self.gate.config();
        let texts = &config.texts;
        let text = if lines == 0 && more == 0 {
            texts.nothing_missed(away_seconds)
        } else {
            self.replaying = true;
            texts.replay_start(away_seconds, lines, more)
        };
        self.say_to(text, wire);
        let data =
            json!({ "state": "start", "lines": lines, "missed": more, "away_s": away_seconds });
        self.gmcp("Mudkeep.Replay", &data, wire);
    }

    fn replay_end(&mut self, wire: &mut Vec<u8>) {
        if std::mem::take(&mut self.replaying) {
            wire.extend_from_slice(SGR_RESET);
            self.say_to(self.gate.config().texts.replay_end(), wire);
        }
        self.gmcp("Mudkeep.Replay", &json!({ "state": "end" }), wire);
    }

    fn closing(&mut self, now: Instant, closing: Closing, wire: &mut Vec<u8>) {
        let text = goodbye(&self.gate.config().texts, closing);
        self.say_to(text, wire);
        self.say_goodbye(now, closing);
    }

    /// Attaches elsewhere; the session here is left only when that has worked.
    fn move_to(&mut self, now: Instant, to: Destination, wire: &mut Vec<u8>) {
        let typed = match to {
            Destination::Session { .. } => TypedAhead::Goes,
            Destination::Token { .. } | Destination::Led { .. } => TypedAhead::WasForTheLogin,
            Destination::NewSession => TypedAhead::Stays,
        };
        let moved = match to {
            Destination::Session { id, replay, tell_token } => {
                let request = self.request(Proof::Password, replay, tell_token);
                self.gate.attach(now, id, request)
            }
            Destination::Token { text, by_gmcp, replay, tell_token } => {
                self.answers_gmcp = by_gmcp;
                let request = |secret| self.request(Proof::Token(secret), replay, tell_token);
                self.gate.resume(now, self.address, &text, request)
            }
            Destination::Led { session, instead_of } => {
                let request = self.request(Proof::Led(instead_of), ReplayWish::Missed, false);
                self.gate.attach(now, session, request)
            }
            Destination::NewSession => {
                let request = self.request(Proof::Opened, ReplayWish::Missed, false);
                self.gate.open(now, request).map_err(|_| Refusal::Ended)
            }
        };
        match moved {
            Ok(attachment) => {
                self.answer_reconnect(true, wire);
                self.go(now, attachment, typed);
            }
            Err(refusal) => {
                self.answer_reconnect(false, wire);
                if let Some(attachment) = &mut self.attachment {
                    attachment.send(now, ClientEvent::MoveFailed(refusal));
                }
            }
        }
    }

    /// How a program's `Char.Login.Reconnect` went, if one was asked.
    fn answer_reconnect(&mut self, success: bool, wire: &mut Vec<u8>) {
        if !std::mem::take(&mut self.answers_gmcp) {
            return;
        }
        let mut data = json!({ "success": success });
        if !success {
            data["message"] = "This token opens nothing (any more).".into();
        }
        self.gmcp("Char.Login.Result", &data, wire);
    }

    fn go(&mut self, now: Instant, attachment: Attachment, typed: TypedAhead) {
        self.place.card().attached(attachment.session());
        let home = attachment.session().home();
        let elsewhere = home != threads::here();
        // A stream that stays here is served from here: its attachment crosses the threads.
        self.moves_to = (elsewhere && self.stream.moves()).then_some(home);
        let mut attachment = attachment;
        if self.moves_to.is_none() {
            attachment.lend(self.turn.clone());
        }
        let Some(mut old) = self.attachment.replace(attachment) else { return };
        match typed {
            TypedAhead::Goes => self.input.carry(old.take_typed_ahead()),
            TypedAhead::WasForTheLogin => self.arriving = Some(old.take_typed_ahead().len()),
            TypedAhead::Stays => {}
        }
        old.detach(now, DetachReason::Moved, None);
    }
}

/// What becomes of lines that were typed before the client goes elsewhere.
#[derive(Clone, Copy, Debug)]
enum TypedAhead {
    /// They were typed behind a password, for the game.
    Goes,
    /// They were typed behind a token, perhaps a name and a password.
    WasForTheLogin,
    /// The game that they were typed for is gone.
    Stays,
}
