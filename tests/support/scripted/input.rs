//! How old games take their input, with what is wrong with it: each departure from what such a
//! game can bear is kept as a [`Violation`].

use crate::support::wire::{IAC, Reader, SB, SE, Wire};

/// Which reader a game has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Filter {
    /// Telnet as the RFCs have it.
    Telnet,
    /// No telnet: a C string per read, of which printable ASCII counts. Knows `WILL|DO|DONT` of
    /// the listed options, as patched games do.
    Merc(&'static [u8]),
    /// Telnet that is understood only if a sequence comes in one read.
    KaVir,
}

/// What a game of this kind cannot bear.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Violation {
    /// Bytes of a telnet sequence that it takes as typed text.
    StrayGlyphs(String),
    /// A NUL, and how many bytes of the read were lost behind it.
    Nul { lost: usize },
    /// A line longer than it takes.
    LongLine { bytes: usize },
    /// More in one read than its buffer holds.
    Burst { bytes: usize },
    /// A telnet sequence that came in two reads.
    SpansReads { tail: Vec<u8> },
}

/// The longest line of the Merc family, without its end.
pub const MERC_LINE_BYTES_MAX: usize = 250;
/// What the Merc family's input buffer holds.
pub const MERC_READ_BYTES_MAX: usize = 1014;

/// What one read amounted to.
#[derive(Default)]
pub struct Fed {
    pub lines: Vec<Vec<u8>>,
    /// Telnet that the game understood.
    pub telnet: Vec<Wire>,
    pub violations: Vec<Violation>,
}

/// One connection's input.
pub struct Input {
    filter: Filter,
    reader: Reader,
    line: Vec<u8>,
    after_cr: bool,
}

impl Input {
    pub fn new(filter: Filter) -> Input {
        Input { filter, reader: Reader::default(), line: Vec::new(), after_cr: false }
    }

    /// Takes the bytes of one read.
    pub fn read(&mut self, bytes: &[u8]) -> Fed {
        let mut fed = Fed::default();
        match self.filter {
            Filter::Telnet => self.telnet(bytes, &mut fed),
            Filter::KaVir => self.kavir(bytes, &mut fed),
            Filter::Merc(known) => self.merc(bytes, known, &mut fed),
        }
        fed
    }

    fn telnet(&mut self, bytes: &[u8], fed: &mut Fed) {
        for wire in self.reader.read(bytes) {
            match wire {
                Wire::Text(text) => self.lines(&text, fed),
                other => fed.telnet.push(other),
            }
        }
    }

    fn kavir(&mut self, bytes: &[u8], fed: &mut Fed) {
        for wire in self.reader.read(bytes) {
            match wire {
                Wire::Text(text) => {
                    if let Some(nul) = text.iter().position(|&byte| byte == 0) {
                        fed.violations.push(Violation::Nul { lost: text.len() - nul - 1 });
                    }
                    self.lines(&text, fed);
                }
                other => fed.telnet.push(other),
            }
        }
        if self.reader.cut() {
            let tail = bytes.iter().rposition(|&byte| byte == IAC).unwrap_or(0);
            fed.violations.push(Violation::SpansReads { tail: bytes[tail..].to_vec() });
            self.reader = Reader::default();
        }
    }

    /// LF ends a line and CR does; CR LF and CR NUL are one end.
    fn lines(&mut self, text: &[u8], fed: &mut Fed) {
        for &byte in text {
            let follows_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' | 0 if follows_cr => {}
                b'\r' | b'\n' => fed.lines.push(std::mem::take(&mut self.line)),
                0 => {}
                _ => self.line.push(byte),
            }
        }
    }

    fn merc(&mut self, bytes: &[u8], known: &[u8], fed: &mut Fed) {
        self.after_cr = false;
        if bytes.len() > MERC_READ_BYTES_MAX {
            fed.violations.push(Violation::Burst { bytes: bytes.len() });
        }
        let string = match bytes.iter().position(|&byte| byte == 0) {
            Some(nul) => {
                fed.violations.push(Violation::Nul { lost: bytes.len() - nul - 1 });
                &bytes[..nul]
            }
            None => bytes,
        };
        let (string, telnet) = without_known(string, known);
        fed.telnet = telnet;
        let glyphs = stray_glyphs(&string);
        if !glyphs.is_empty() {
            fed.violations.push(Violation::StrayGlyphs(glyphs));
        }
        self.c_lines(&string, fed);
    }

    /// Any run of CR and LF within one read is one end.
    fn c_lines(&mut self, text: &[u8], fed: &mut Fed) {
        for &byte in text {
            let in_run = std::mem::replace(&mut self.after_cr, matches!(byte, b'\r' | b'\n'));
            match byte {
                b'\r' | b'\n' if in_run => {}
                b'\r' | b'\n' => {
                    let mut line = std::mem::take(&mut self.line);
                    if line.len() > MERC_LINE_BYTES_MAX {
                        fed.violations.push(Violation::LongLine { bytes: line.len() });
                        line.truncate(MERC_LINE_BYTES_MAX);
                    }
                    fed.lines.push(line);
                }
                b' '..=b'~' => self.line.push(byte),
                _ => {}
            }
        }
    }
}

/// Takes three-byte sequences of known options out.
fn without_known(bytes: &[u8], known: &[u8]) -> (Vec<u8>, Vec<Wire>) {
    let (mut rest, mut telnet) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at..] {
            [IAC, verb, option, ..] if verb > SB && verb < IAC && known.contains(&option) => {
                telnet.push(Wire::Option(verb, option));
                at += 3;
            }
            _ => {
                rest.push(bytes[at]);
                at += 1;
            }
        }
    }
    (rest, telnet)
}

/// The bytes of telnet sequences that a game without telnet sees as text.
fn stray_glyphs(bytes: &[u8]) -> String {
    let mut glyphs = String::new();
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != IAC {
            at += 1;
            continue;
        }
        let end = match bytes.get(at + 1) {
            Some(&SB) => bytes[at..]
                .windows(2)
                .position(|w| w == [IAC, SE])
                .map_or(bytes.len(), |n| at + n + 2),
            Some(&verb) if (SB + 1..IAC).contains(&verb) => at + 3,
            _ => at + 2,
        }
        .min(bytes.len());
        glyphs.extend(
            bytes[at..end].iter().filter(|b| (b' '..=b'~').contains(*b)).map(|&b| b as char),
        );
        at = end;
    }
    glyphs
}
