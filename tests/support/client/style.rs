//! How real clients negotiate, with their deviations.

use crate::support::wire::{self, IAC, Wire};

/// Whom a client is like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Style {
    /// Answers nothing: nc, GMUD, raw bridges.
    #[default]
    Silent,
    /// Refuses everything.
    Refusing,
    /// Mudlet: answers every time; says nothing to GMCP when that is off.
    Mudlet,
    /// TinTin++: answers an option once, never acknowledges WONT ECHO.
    Tintin,
    /// MUSHclient: repeats no answer, doubles no 0xFF in NAWS, refuses EOR.
    Mushclient,
}

/// One client's side of the negotiation.
pub(super) struct Negotiator {
    style: Style,
    gmcp: bool,
    size: (u16, u16),
    naws: bool,
    ttypes_sent: usize,
    /// TinTin++: options answered. MUSHclient: answers sent, by verb.
    answered: Vec<(u8, u8)>,
}

const TM: u8 = 6;
const MUDLET_SUPPORTS: &str = r#"Core.Supports.Set [ "Char 1", "Char.Skills 1", "Char.Items 1", "Room 1", "IRE.Rift 1", "IRE.Composer 1", "External.Discord 1", "Client.Media 1", "Char.Login 1"]"#;

impl Negotiator {
    pub(super) fn new(style: Style, gmcp: bool, size: (u16, u16)) -> Negotiator {
        Negotiator { style, gmcp, size, naws: false, ttypes_sent: 0, answered: Vec::new() }
    }

    /// What goes back, each item in a write of its own.
    pub(super) fn answer(&mut self, wire: &Wire) -> Vec<Vec<u8>> {
        match *wire {
            Wire::Option(verb, option) => self.option(verb, option),
            Wire::Sub(option, ref payload) => self.sub(option, payload).into_iter().collect(),
            Wire::Text(_) | Wire::Command(_) => Vec::new(),
        }
    }

    /// The new size, if the other side has asked for sizes.
    pub(super) fn resize(&mut self, size: (u16, u16)) -> Option<Vec<u8>> {
        self.size = size;
        self.naws.then(|| self.naws())
    }

    fn option(&mut self, verb: u8, option: u8) -> Vec<Vec<u8>> {
        if self.style == Style::Tintin && matches!(verb, wire::WONT | wire::DONT) {
            self.answered.retain(|(_, answered)| *answered != option);
        }
        let Some(reply) = self.reply(verb, option) else { return Vec::new() };
        if self.repeats(reply, option) {
            return Vec::new();
        }
        let mut out = vec![vec![IAC, reply, option]];
        match (reply, option) {
            (wire::WILL, wire::NAWS) => {
                self.naws = true;
                out.push(self.naws());
            }
            (wire::DO, wire::GMCP) => out.extend(self.hello()),
            _ => {}
        }
        out
    }

    /// Which verb answers, before repeats are left out.
    fn reply(&self, verb: u8, option: u8) -> Option<u8> {
        let agree = self.agrees(verb, option);
        match (self.style, verb) {
            (Style::Silent, _) => None,
            (Style::Tintin, wire::WONT) => None,
            (Style::Tintin, wire::WILL) if option == wire::MSSP => None,
            (Style::Mudlet, wire::WILL) if option == wire::GMCP && !self.gmcp => None,
            (_, wire::WILL) if agree => Some(wire::DO),
            (_, wire::WILL) => Some(wire::DONT),
            (_, wire::DO) if agree => Some(wire::WILL),
            (_, wire::DO) => Some(wire::WONT),
            (Style::Refusing, _) => None,
            (_, wire::WONT) if option == wire::ECHO => Some(wire::DONT),
            _ => None,
        }
    }

    fn agrees(&self, verb: u8, option: u8) -> bool {
        match (self.style, verb, option) {
            (Style::Silent | Style::Refusing, ..) | (_, wire::DO, TM) => false,
            (_, wire::WILL, wire::GMCP) => self.gmcp,
            (Style::Mushclient, wire::WILL, wire::OPT_EOR) => false,
            (_, wire::WILL, wire::ECHO | wire::SGA | wire::OPT_EOR | wire::CHARSET) => true,
            (Style::Mudlet, wire::WILL, wire::MSSP) => true,
            (_, wire::DO, wire::TTYPE | wire::NAWS | wire::CHARSET) => true,
            (Style::Mudlet | Style::Tintin, wire::DO, wire::NEW_ENVIRON) => true,
            _ => false,
        }
    }

    /// Whether this client would leave the answer out; remembers it if not.
    fn repeats(&mut self, reply: u8, option: u8) -> bool {
        match self.style {
            Style::Tintin => {
                let seen = self.answered.iter().any(|(_, answered)| *answered == option);
                self.answered.push((0, option));
                seen
            }
            Style::Mushclient => {
                let opposite = match reply {
                    wire::DO => wire::DONT,
                    wire::DONT => wire::DO,
                    wire::WILL => wire::WONT,
                    _ => wire::WILL,
                };
                self.answered.retain(|answered| *answered != (opposite, option));
                let seen = self.answered.contains(&(reply, option));
                self.answered.push((reply, option));
                seen && option != wire::NAWS
            }
            Style::Silent | Style::Refusing | Style::Mudlet => false,
        }
    }

    fn sub(&mut self, option: u8, payload: &[u8]) -> Option<Vec<u8>> {
        match (option, payload.first()) {
            (wire::TTYPE, Some(1)) => Some(self.ttype()),
            (wire::NEW_ENVIRON, Some(1)) => Some(wire::sub(wire::NEW_ENVIRON, &[0])),
            (wire::CHARSET, Some(1)) => {
                let offered = String::from_utf8_lossy(&payload[1..]).contains("UTF-8");
                Some(wire::sub(wire::CHARSET, if offered { b"\x02UTF-8" } else { b"\x03" }))
            }
            _ => None,
        }
    }

    fn ttype(&mut self) -> Vec<u8> {
        let names: [&str; 4] = match self.style {
            Style::Mudlet => ["MUDLET", "ANSI-TRUECOLOR", "MTTS 2349", "MTTS 2349"],
            Style::Tintin => ["TINTIN++", "XTERM-256COLOR", "MTTS 783", "MTTS 783"],
            _ => ["MUSHCLIENT", "ANSI", "MTTS 265", "MTTS 265"],
        };
        let name = names[self.ttypes_sent % names.len()];
        self.ttypes_sent += 1;
        wire::sub(wire::TTYPE, &[b"\0", name.as_bytes()].concat())
    }

    fn naws(&self) -> Vec<u8> {
        let (columns, rows) = self.size;
        let payload = [columns.to_be_bytes(), rows.to_be_bytes()].concat();
        match self.style {
            Style::Mushclient => {
                [&[IAC, wire::SB, wire::NAWS], &payload[..], &[IAC, wire::SE]].concat()
            }
            Style::Tintin => {
                // Low bytes only, and the one for the rows looks at the columns.
                let twice = payload[1] == IAC;
                let mut out = vec![IAC, wire::SB, wire::NAWS, payload[0], payload[1]];
                out.extend(twice.then_some(IAC));
                out.extend([payload[2], payload[3]]);
                out.extend((twice && payload[3] == IAC).then_some(IAC));
                out.extend([IAC, wire::SE]);
                out
            }
            _ => wire::sub(wire::NAWS, &payload),
        }
    }

    fn hello(&self) -> Vec<Vec<u8>> {
        let (hello, supports) = match self.style {
            Style::Mudlet => {
                (r#"Core.Hello {"client":"Mudlet","version":"4.18.5"}"#, MUDLET_SUPPORTS)
            }
            Style::Tintin => (
                r#"Core.Hello {"client":"TinTin++","version":"2.02.42"}"#,
                r#"Core.Supports.Set ["Char 1","Room 1"]"#,
            ),
            _ => (
                r#"Core.Hello {"client":"MUSHclient","version":"5.07"}"#,
                r#"Core.Supports.Set ["Char 1","Room 1"]"#,
            ),
        };
        [hello, supports].map(|message| wire::sub(wire::GMCP, message.as_bytes())).to_vec()
    }
}
