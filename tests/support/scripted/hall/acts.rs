//! What a rule does.

use std::sync::Arc;

use super::{Account, Closing, Conn, EchoState, Hall};
use crate::support::scripted::script::{Act, Echo, Spelling, State};
use crate::support::wire;

const ROOM: &str = "The Long Quay\nGulls turn over the grey water.\n";

impl Hall {
    /// Does what a rule says; what it writes goes out in one segment, cut where it says so.
    pub(super) fn run(&mut self, id: usize, acts: &'static [Act]) {
        let mut segment = Vec::new();
        for (at, act) in acts.iter().enumerate() {
            if matches!(act, Act::Pause) {
                self.conns[id].paused = Some(&acts[at + 1..]);
                break;
            }
            self.act(id, *act, &mut segment);
        }
        if self.conns[id].playing && self.conns[id].paused.is_none() {
            segment.extend(self.script.prompt);
        }
        let conn = &mut self.conns[id];
        conn.push(&mut segment);
        if matches!(conn.state, State::Name | State::NewName | State::Door) {
            conn.candidate = None;
            conn.accepted = false;
            conn.remembered.clear();
        }
    }

    fn act(&mut self, id: usize, act: Act, segment: &mut Vec<u8>) {
        match act {
            Act::Say(text) => segment.extend(self.fill(id, text).bytes()),
            Act::Bytes(bytes) => segment.extend(bytes),
            Act::Cut => self.conns[id].push(segment),
            Act::EchoOff => segment.extend(self.echo(id, true)),
            Act::EchoOn => segment.extend(self.echo(id, false)),
            Act::GaIfAnswered if self.conns[id].answered => {
                self.conns[id].push(segment);
                segment.extend([wire::IAC, wire::GA]);
            }
            Act::Gmcp(message) if self.conns[id].gmcp => {
                segment.extend(wire::sub(wire::GMCP, self.fill(id, message).as_bytes()));
            }
            Act::MsdpName if self.conns[id].msdp => {
                let message = self.fill(id, "\x01CHARACTER_NAME\x02{name}");
                segment.extend(wire::sub(wire::MSDP, message.as_bytes()));
            }
            Act::GaIfAnswered | Act::Gmcp(_) | Act::MsdpName | Act::Pause => {}
            Act::Go(state) => self.conns[id].state = state,
            Act::Remember => self.conns[id].remembered = self.conns[id].typed.trim().to_owned(),
            Act::Old(text) => self.tell_old(id, text),
            Act::CloseOld => self.close_old(id),
            Act::Room(text) => self.tell_room(id, text),
            Act::Close => self.conns[id].closing = Closing::Polite,
            Act::SetPassword | Act::TakeGuest | Act::Accept | Act::Enter | Act::Leave => {
                self.place(id, act);
            }
        }
    }

    /// The acts that change who the connection is.
    fn place(&mut self, id: usize, act: Act) {
        let name = self.fill(id, "{name}");
        let key = self.conns[id].candidate.clone().unwrap_or_default();
        match act {
            Act::SetPassword => {
                let conn = &self.conns[id];
                let password =
                    if conn.remembered.is_empty() { &conn.password } else { &conn.remembered };
                self.accounts.insert(key, Account { name, password: password.clone() });
            }
            Act::TakeGuest => {
                self.guests += 1;
                let name = self.script.guests.replace("{}", &self.guests.to_string());
                self.account(&name, "guest");
                self.conns[id].candidate = Some(self.fold(&name));
            }
            Act::Accept => self.conns[id].accepted = true,
            Act::Enter => {
                self.body(&key).in_play = true;
                let conn = &mut self.conns[id];
                (conn.accepted, conn.playing, conn.state) = (true, true, State::Play);
                conn.record.player = Some(name);
            }
            _ => {
                self.conns[id].playing = false;
                if self.playing(&key) == 0 {
                    self.body(&key).in_play = false;
                }
            }
        }
    }

    fn others_of(&mut self, id: usize) -> impl Iterator<Item = &mut Conn> {
        let key = self.conns[id].candidate.clone();
        self.conns
            .iter_mut()
            .enumerate()
            .filter(move |(other, conn)| *other != id && conn.accepted && conn.candidate == key)
            .map(|(_, conn)| conn)
    }

    fn tell_old(&mut self, id: usize, text: &str) {
        let text = Arc::new(self.fill(id, text).into_bytes());
        self.others_of(id).for_each(|conn| conn.out.push_back(Arc::clone(&text)));
    }

    fn close_old(&mut self, id: usize) {
        self.others_of(id).for_each(|conn| {
            conn.closing = Closing::Polite;
            (conn.playing, conn.accepted, conn.candidate) = (false, false, None);
        });
    }

    fn tell_room(&mut self, id: usize, text: &str) {
        let text = Arc::new(self.fill(id, text).into_bytes());
        let others =
            self.conns.iter_mut().enumerate().filter(|(other, conn)| *other != id && conn.playing);
        others.for_each(|(_, conn)| conn.out.push_back(Arc::clone(&text)));
    }

    fn echo(&mut self, id: usize, off: bool) -> Vec<u8> {
        let conn = &mut self.conns[id];
        let verb = if off { wire::WILL } else { wire::WONT };
        if self.script.echo == Echo::WhenAnswered {
            conn.echo = match (conn.echo, off) {
                (EchoState::No, true) => EchoState::AskedOn,
                (EchoState::Yes, false) => EchoState::AskedOff,
                _ => return Vec::new(),
            };
        }
        vec![wire::IAC, verb, wire::ECHO]
    }

    pub(super) fn fill(&self, id: usize, text: &str) -> String {
        let conn = &self.conns[id];
        let key = conn.candidate.as_deref().unwrap_or_default();
        let name = match (self.accounts.get(key), self.script.names.spelling) {
            (Some(account), Spelling::AsMade) => account.name.clone(),
            (_, Spelling::Lower) => key.to_owned(),
            (account, _) => {
                let name = account.map_or(key, |account| &account.name);
                let mut chars = name.chars();
                chars.next().map_or_else(String::new, |first| {
                    first.to_ascii_uppercase().to_string() + chars.as_str()
                })
            }
        };
        text.replace("{room}", ROOM)
            .replace("{host}", &conn.record.peer.ip().to_string())
            .replace("{name}", &name)
            .replace('\n', self.script.line_end)
            .replace("{password}", &conn.password)
            .replace("{line}", &conn.typed)
    }
}
