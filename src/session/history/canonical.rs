//! Canonical output, read: what the bytes of a history mean.

use std::borrow::Cow;

use memchr::memchr;

use super::byte::{ECHO, GA, IAC, SB, SE, WILL, WONT};

/// One thing that the game said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event<'a> {
    /// Text in the game's charset, 0xFF not doubled.
    Text(&'a [u8]),
    /// What is unterminated before it is a prompt.
    Prompt,
    /// What is typed is hidden from now on, or shown again.
    Echo {
        /// Hidden.
        hidden: bool,
    },
    /// A message beside the text.
    OutOfBand {
        /// The telnet option that carries it.
        option: u8,
        /// 0xFF is still doubled: [`undoubled`] gives it as it was sent.
        payload: &'a [u8],
    },
}

/// The events in a piece of canonical output that begins between two events. Other bytes do no
/// harm: what is no event is text.
#[derive(Clone, Debug)]
pub struct Events<'a> {
    rest: &'a [u8],
}

/// Reads canonical output.
#[must_use]
pub fn events(canonical: &[u8]) -> Events<'_> {
    Events { rest: canonical }
}

impl<'a> Iterator for Events<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        let (event, length) = first(self.rest)?;
        self.rest = &self.rest[length..];
        Some(event)
    }
}

/// The first event and how many bytes it takes.
pub(super) fn first(canonical: &[u8]) -> Option<(Event<'_>, usize)> {
    let event = match canonical {
        [] => return None,
        [IAC, GA, ..] => (Event::Prompt, 2),
        [IAC, WILL, ECHO, ..] => (Event::Echo { hidden: true }, 3),
        [IAC, WONT, ECHO, ..] => (Event::Echo { hidden: false }, 3),
        [IAC, SB, option, rest @ ..] => {
            let (payload, end) = message(rest);
            (Event::OutOfBand { option: *option, payload }, 3 + end)
        }
        [IAC, IAC, ..] => (Event::Text(&canonical[..1]), 2),
        [IAC, ..] => (Event::Text(&canonical[..1]), 1),
        text => {
            let length = memchr(IAC, text).unwrap_or(text.len());
            (Event::Text(&text[..length]), length)
        }
    };
    Some(event)
}

/// A message's payload, and where it ends with its end mark.
fn message(rest: &[u8]) -> (&[u8], usize) {
    let mut from = 0;
    while let Some(at) = memchr(IAC, &rest[from..]).map(|at| from + at) {
        match rest.get(at + 1) {
            Some(&SE) => return (&rest[..at], at + 2),
            Some(_) => from = at + 2,
            None => break,
        }
    }
    (rest, rest.len())
}

/// A payload with each 0xFF doubled.
pub(super) fn doubled(payload: &[u8]) -> Vec<u8> {
    let mut doubled = Vec::with_capacity(payload.len() + 8);
    for &byte in payload {
        doubled.push(byte);
        if byte == IAC {
            doubled.push(byte);
        }
    }
    doubled
}

/// A payload as it was sent: each doubled 0xFF once.
#[must_use]
pub fn undoubled(payload: &[u8]) -> Cow<'_, [u8]> {
    if memchr(IAC, payload).is_none() {
        return Cow::Borrowed(payload);
    }
    let mut single = Vec::with_capacity(payload.len());
    let mut bytes = payload.iter();
    while let Some(&byte) = bytes.next() {
        single.push(byte);
        if byte == IAC {
            bytes.next();
        }
    }
    Cow::Owned(single)
}
