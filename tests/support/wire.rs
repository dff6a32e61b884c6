//! A telnet reader of the tests' own, small enough to be seen right, so that what it says can be
//! held against the crate's decoder.

pub const IAC: u8 = 255;
pub const DONT: u8 = 254;
pub const DO: u8 = 253;
pub const WONT: u8 = 252;
pub const WILL: u8 = 251;
pub const SB: u8 = 250;
pub const GA: u8 = 249;
pub const NOP: u8 = 241;
pub const SE: u8 = 240;
pub const EOR: u8 = 239;

pub const ECHO: u8 = 1;
pub const SGA: u8 = 3;
pub const TTYPE: u8 = 24;
pub const OPT_EOR: u8 = 25;
pub const NAWS: u8 = 31;
pub const LINEMODE: u8 = 34;
pub const NEW_ENVIRON: u8 = 39;
pub const CHARSET: u8 = 42;
pub const MSDP: u8 = 69;
pub const MSSP: u8 = 70;
pub const MCCP2: u8 = 86;
pub const MSP: u8 = 90;
pub const MXP: u8 = 91;
pub const ATCP: u8 = 200;
pub const GMCP: u8 = 201;

/// One thing that came over the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wire {
    /// Bytes of text, 0xFF undoubled.
    Text(Vec<u8>),
    /// A command of two bytes: GA, EOR, NOP, ...
    Command(u8),
    /// WILL, WONT, DO or DONT, and its option.
    Option(u8, u8),
    /// A whole subnegotiation, 0xFF undoubled.
    Sub(u8, Vec<u8>),
}

/// Where in a sequence the last read ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum At {
    #[default]
    Text,
    Iac,
    Verb(u8),
    SubOption,
    Sub(u8),
    SubIac(u8),
}

/// Turns bytes into [`Wire`]s; keeps what a read cut in two.
#[derive(Default)]
pub struct Reader {
    at: At,
    sub: Vec<u8>,
}

impl Reader {
    pub fn read(&mut self, bytes: &[u8]) -> Vec<Wire> {
        let mut out = Vec::new();
        for &byte in bytes {
            self.at = self.step(byte, &mut out);
        }
        out
    }

    /// Whether the bytes so far end within a telnet sequence.
    pub fn cut(&self) -> bool {
        self.at != At::Text
    }

    fn step(&mut self, byte: u8, out: &mut Vec<Wire>) -> At {
        match (self.at, byte) {
            (At::Text, IAC) => At::Iac,
            (At::Text, _) | (At::Iac, IAC) => {
                match out.last_mut() {
                    Some(Wire::Text(text)) => text.push(byte),
                    _ => out.push(Wire::Text(vec![byte])),
                }
                At::Text
            }
            (At::Iac, WILL..=DONT) => At::Verb(byte),
            (At::Iac, SB) => At::SubOption,
            (At::Iac, _) => {
                out.push(Wire::Command(byte));
                At::Text
            }
            (At::Verb(verb), _) => {
                out.push(Wire::Option(verb, byte));
                At::Text
            }
            (At::SubOption, _) => At::Sub(byte),
            (At::Sub(option), IAC) => At::SubIac(option),
            (At::Sub(option), _) | (At::SubIac(option), IAC) => {
                self.sub.push(byte);
                At::Sub(option)
            }
            (At::SubIac(option), SE) => {
                out.push(Wire::Sub(option, std::mem::take(&mut self.sub)));
                At::Text
            }
            (At::SubIac(option), _) => At::Sub(option),
        }
    }
}

/// A whole subnegotiation, ready to send.
pub fn sub(option: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = vec![IAC, SB, option];
    for &byte in payload {
        out.push(byte);
        if byte == IAC {
            out.push(IAC);
        }
    }
    out.extend([IAC, SE]);
    out
}

/// Text ready to send: 0xFF doubled.
pub fn escape(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        out.push(byte);
        if byte == IAC {
            out.push(IAC);
        }
    }
    out
}
