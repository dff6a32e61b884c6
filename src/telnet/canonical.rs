//! Canonical telnet: the form in which a history keeps what the game said.
//!
//! It is a telnet stream that says only four things: text in the game's own charset with 0xFF
//! doubled, prompt marks, echo hidden or shown, and out-of-band messages as subnegotiations. It
//! needs no negotiation to be understood, so any client can be served from any event of it on.

use std::fmt;

use memchr::memchr;

use super::command::{GA, IAC, Verb, WILL, WONT};
use super::decode::{Decoder, Event, IacMode};
use super::{Undisclosed, encode, option};

/// The text so far is a prompt: the game waits for the player.
pub const PROMPT: [u8; 2] = [IAC, GA];
/// From here the client must not show what the player types.
pub const ECHO_HIDDEN: [u8; 3] = [IAC, WILL, option::ECHO];
/// From here the client shows what the player types.
pub const ECHO_SHOWN: [u8; 3] = [IAC, WONT, option::ECHO];

/// A 0xFF of the text.
const DOUBLED: [u8; 2] = [IAC, IAC];

/// A slice of decoded text in canonical form. The slice holds no 0xFF, or is exactly one, as
/// [`Event::Text`] promises.
#[must_use]
pub fn text(decoded: &[u8]) -> &[u8] {
    if decoded == [IAC] { &DOUBLED } else { decoded }
}

/// The longest beginning of a telnet stream that is canonical as it stands: text with 0xFF doubled
/// and, where those are wanted, prompt marks. It ends between two events.
#[must_use]
pub fn run(stream: &[u8], prompts: bool) -> &[u8] {
    let mut end = 0;
    while let Some(at) = memchr(IAC, &stream[end..]).map(|at| end + at) {
        match stream.get(at + 1) {
            Some(&IAC) => end = at + 2,
            Some(&GA) if prompts => end = at + 2,
            Some(_) | None => return &stream[..at],
        }
    }
    stream
}

/// How much of a [`run`] can be had within `bytes_max` without splitting an event.
#[must_use]
pub fn run_within(run: &[u8], bytes_max: usize) -> usize {
    if bytes_max >= run.len() {
        return run.len();
    }
    let marks = run[..bytes_max].iter().rev().take_while(|&&byte| byte == IAC).count();
    bytes_max - marks % 2
}

/// The change of echo in canonical form.
#[must_use]
pub const fn echo(hidden: bool) -> &'static [u8] {
    if hidden { &ECHO_HIDDEN } else { &ECHO_SHOWN }
}

/// Appends an out-of-band message in canonical form.
pub fn out_of_band(option: u8, payload: &[u8], canonical: &mut Vec<u8>) {
    encode::subnegotiation(option, payload, canonical);
}

/// What a history says next.
#[derive(Clone, PartialEq, Eq)]
pub enum Canonical<'i> {
    /// Text; a slice holds no 0xFF, or is exactly one.
    Text(&'i [u8]),
    /// The text so far is a prompt.
    Prompt,
    /// Whether what is typed from here on is hidden.
    Echo {
        /// True at a password.
        hidden: bool,
    },
    /// A message beside the text.
    OutOfBand {
        /// Of this option.
        option: u8,
        /// What it says.
        payload: Vec<u8>,
    },
}

impl fmt::Debug for Canonical<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Canonical::Text(text) => write!(f, "Text({:?})", Undisclosed(text)),
            Canonical::Prompt => f.write_str("Prompt"),
            Canonical::Echo { hidden } => write!(f, "Echo(hidden: {hidden})"),
            Canonical::OutOfBand { option, payload } => {
                write!(f, "OutOfBand({option}, {:?})", Undisclosed(payload))
            }
        }
    }
}

/// Reads canonical telnet, cut anywhere.
#[derive(Clone, Debug)]
pub struct Reader(Decoder);

impl Default for Reader {
    fn default() -> Reader {
        Reader::new()
    }
}

impl Reader {
    /// A reader at an event of a history.
    #[must_use]
    pub const fn new() -> Reader {
        // What is in a history has passed a limit already.
        Reader(Decoder::new(usize::MAX, IacMode::Telnet))
    }

    /// Whether what was read so far ends with an event.
    #[must_use]
    pub fn is_between_events(&self) -> bool {
        self.0.in_text()
    }

    /// Takes a [`run`] from the front of `input`.
    pub fn take_run<'i>(&mut self, input: &mut &'i [u8], prompts: bool) -> &'i [u8] {
        self.0.take_run(input, prompts)
    }

    /// Takes the next event from the front of `input`; `None` when all of it is used.
    #[inline]
    pub fn next<'i>(&mut self, input: &mut &'i [u8]) -> Option<Canonical<'i>> {
        while let Some(event) = self.0.next(input) {
            match event {
                Event::Text(text) => return Some(Canonical::Text(text)),
                Event::Command(GA) => return Some(Canonical::Prompt),
                Event::Negotiation { verb: Verb::Will, option: option::ECHO } => {
                    return Some(Canonical::Echo { hidden: true });
                }
                Event::Negotiation { verb: Verb::Wont, option: option::ECHO } => {
                    return Some(Canonical::Echo { hidden: false });
                }
                Event::Subnegotiation { option, payload } => {
                    return Some(Canonical::OutOfBand { option, payload });
                }
                // Not canonical: a history holds none of these.
                Event::Command(_)
                | Event::Negotiation { .. }
                | Event::SubnegotiationTooLong { .. } => {}
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(mut canonical: &[u8]) -> (Vec<u8>, Vec<Canonical<'_>>) {
        let mut reader = Reader::new();
        let mut text = Vec::new();
        let mut others = Vec::new();
        while let Some(event) = reader.next(&mut canonical) {
            match event {
                Canonical::Text(slice) => text.extend_from_slice(slice),
                other => others.push(other),
            }
        }
        assert!(reader.is_between_events());
        (text, others)
    }

    #[test]
    fn a_history_says_back_what_was_put_in() {
        let mut canonical = Vec::new();
        canonical.extend_from_slice(text(b"caf"));
        canonical.extend_from_slice(text(b"\xff"));
        canonical.extend_from_slice(echo(true));
        canonical.extend_from_slice(&PROMPT);
        canonical.extend_from_slice(echo(false));
        out_of_band(option::GMCP, b"A.B \xff\xf0", &mut canonical);
        let (text, others) = read(&canonical);
        assert_eq!(text, b"caf\xff");
        let message =
            Canonical::OutOfBand { option: option::GMCP, payload: b"A.B \xff\xf0".to_vec() };
        let (hidden, shown) = (Canonical::Echo { hidden: true }, Canonical::Echo { hidden: false });
        assert_eq!(others, [hidden, Canonical::Prompt, shown, message]);
    }

    #[test]
    fn a_run_ends_before_what_is_neither_text_nor_a_prompt_mark() {
        for (stream, with_prompts, without) in [
            (&b""[..], 0, 0),
            (b"plain", 5, 5),
            (b"a\xff\xffb", 4, 4),
            (b"> \xff\xf9more", 8, 2),
            (b"\xff\xf9", 2, 0),
            (b"a\xff\xff\xff\xf9", 5, 3),
            (b"a\xff\xff\xf9", 4, 4),
            (b"a\xff", 1, 1),
            (b"a\xff\xfb\x01", 1, 1),
            (b"a\xff\xef", 1, 1),
        ] {
            assert_eq!(run(stream, true).len(), with_prompts, "{stream:?}");
            assert_eq!(run(stream, false).len(), without, "{stream:?}");
        }
    }

    /// Every run of up to six bytes that matter, cut at every place.
    #[test]
    fn a_run_is_never_cut_within_an_event() {
        for code in 0..3_usize.pow(6) {
            let bytes: Vec<u8> =
                (0..6).map(|at| [b'x', IAC, GA][code / 3_usize.pow(at) % 3]).collect();
            let run = run(&bytes, true);
            for bytes_max in 0..=run.len() {
                let within = run_within(run, bytes_max);
                let fits = super::run(&run[..bytes_max], true).len();
                assert_eq!(within, fits, "{run:?} cut at {bytes_max}");
            }
        }
    }

    #[test]
    fn what_is_not_canonical_says_nothing() {
        assert_eq!(read(b"a\xff\xf1\xff\xfb\x03\xff\xfd\x01\xff\xefb"), (b"ab".to_vec(), vec![]));
    }

    #[test]
    fn a_reader_knows_whether_it_is_between_events() {
        for cut in [&b"\xff"[..], b"\xff\xfb", b"\xff\xfa", b"\xff\xfa\xc9x", b"\xff\xfa\xc9\xff"] {
            let mut reader = Reader::new();
            assert_eq!(reader.next(&mut { cut }), None);
            assert!(!reader.is_between_events());
        }
        assert!(Reader::default().is_between_events());
    }
}
