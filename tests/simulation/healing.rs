//! Before the storm and after it. Some have got in before it begins. Afterwards whoever is honest gets in, catches up, and everything typed has been done once.

use std::time::Duration;

use mudkeep::session::core::State;
use mudkeep::session::message::DetachReason;

use crate::client::Manner;
use crate::game::Asks;
use crate::world::World;

/// Rounds of a second each. A takeover may be delayed by 30 s, a question waits for 30 s.
const ROUNDS_MAX: usize = 150;

impl World {
    /// Some are in before the storm begins.
    pub(crate) fn calm(&mut self) {
        for who in 0..self.clients.len() {
            if self.chance.percent(if who == 0 { 85 } else { 30 }) {
                for _ in 0..20 {
                    if self.journal.broken.is_some() || self.is_well(who) {
                        break;
                    }
                    self.round(who);
                }
            }
        }
    }

    /// The network is good and the game is up; all others have gone.
    pub(crate) fn heal(&mut self) {
        self.journal.note(|| "the storm is over".to_owned());
        self.port_open = true;
        for line in 0..self.lines_open.len() {
            self.lines_open[line].up = false;
            if self.lines_open[line].open {
                self.close(line, DetachReason::ConnectionLost);
            }
        }
        for client in &mut self.clients {
            client.line = None;
            client.live = false;
        }
        let who = self.chance.below(self.clients.len());
        for _ in 0..ROUNDS_MAX {
            self.round(who);
            if self.journal.broken.is_some() || self.is_well(who) {
                break;
            }
        }
        let well = self.is_well(who);
        self.journal.holds(well, || format!("33 client {who} does not get in and catch up"));
        self.check_lines(who);
    }

    fn round(&mut self, who: usize) {
        if self.clients[who].line.is_none() {
            self.connect(who);
        }
        for _ in 0..30 {
            self.flow(who);
            if self.clients[who].line.is_none() {
                break;
            }
        }
        let logs_in = |at: usize| self.sessions[at].core.state() == State::Login;
        if self.clients[who].live && self.session_of(who).is_some_and(logs_in) {
            let client = &mut self.clients[who];
            let said = client.types(&mut self.chance, &self.wallets[client.wallet]);
            if let Some(line) = client.line {
                self.lines_open[line].to_server.push_back(said);
            }
        }
        self.pass(Duration::from_secs(1));
    }

    /// Everything that is under way moves on.
    fn flow(&mut self, who: usize) {
        for at in 0..self.sessions.len() {
            for job in (0..self.sessions[at].jobs.len()).rev() {
                self.answer(at, job);
            }
            if self.sessions[at].game.is_some() {
                self.game_hears(at, usize::MAX);
                self.game_speaks(at, 60_000);
            }
        }
        let Some(line) = self.clients[who].line else { return };
        self.lines_open[line].room = 100;
        for _ in 0..10 {
            if self.lines_open[line].to_server.is_empty() {
                break;
            }
            self.arrives(line);
        }
        for _ in 0..100 {
            if !self.read(line) {
                break;
            }
        }
        while !self.lines_open[line].to_client.is_empty() {
            self.reaches(line);
        }
    }

    /// The session that a client plays in.
    fn session_of(&self, who: usize) -> Option<usize> {
        let line = self.clients[who].line?;
        self.lines_open[line].at.map(|(at, _)| at)
    }

    fn is_well(&self, who: usize) -> bool {
        let client = &self.clients[who];
        let Some(at) = self.session_of(who).filter(|_| client.live) else { return false };
        let core = &self.sessions[at].core;
        let caught_up = client.reader.is_some_and(|r| r.at == core.output().head() && !r.replaying);
        core.state() == State::Playing && caught_up && client.unacked.is_empty()
    }

    /// Every acknowledged line was done, and the client knows the present state.
    fn check_lines(&mut self, who: usize) {
        let Some(at) = self.session_of(who) else { return };
        // What was acknowledged last may still be on its way to the game.
        self.game_hears(at, usize::MAX);
        let (session, client) = (&self.sessions[at], &self.clients[who]);
        let Some(game) = session.game.as_ref().filter(|game| game.end.is_none()) else { return };
        let named = game.asks == Asks::Play(None) || client.playing;
        let (echo, hidden) = (client.hidden, session.core.output().snapshot().echo_hidden());
        self.journal.holds(echo == hidden, || {
            format!("24 the client believes that echo is hidden: {echo}; it is: {hidden}")
        });
        let vitals = game.vitals.filter(|_| named);
        self.journal.holds(vitals.is_none() || client.vitals == vitals, || {
            format!("24 the client knows of {:?}, the game said {vitals:?}", client.vitals)
        });
        if client.manner == Manner::Telnet || client.acked_elsewhere {
            return;
        }
        let undone = client.acked.iter().filter(|(of, line)| {
            session.ids.contains(of) && line.starts_with(b"say ") && !self.lines.has(line)
        });
        let undone = undone.map(|(_, line)| line.escape_ascii().to_string()).next();
        self.journal
            .holds(undone.is_none(), || format!("27 acknowledged and not done: {undone:?}"));
    }
}
