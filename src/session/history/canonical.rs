//! Canonical output, read: what the bytes of a history mean.

use std::borrow::Cow;

use memchr::memchr;

use crate::telnet::command::{GA, IAC, SB, SE, WILL, WONT};
use crate::telnet::option::ECHO;

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
        [IAC, SB, IAC, IAC, rest @ ..] => out_of_band(IAC, rest, 4),
        [IAC, SB, option, rest @ ..] => out_of_band(*option, rest, 3),
        [IAC, IAC, ..] => (Event::Text(&canonical[..1]), 2),
        [IAC, ..] => (Event::Text(&canonical[..1]), 1),
        text => {
            let length = memchr(IAC, text).unwrap_or(text.len());
            (Event::Text(&text[..length]), length)
        }
    };
    Some(event)
}

fn out_of_band(option: u8, rest: &[u8], head: usize) -> (Event<'_>, usize) {
    let (payload, end) = message(rest);
    (Event::OutOfBand { option, payload }, head + end)
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

/// Appends what of an event a player sees, as canonical output: text and prompt marks.
pub(super) fn push_shown(event: Event<'_>, out: &mut Vec<u8>) {
    match event {
        Event::Text([IAC]) => out.extend_from_slice(&[IAC, IAC]),
        Event::Text(text) => out.extend_from_slice(text),
        Event::Prompt => out.extend_from_slice(&[IAC, GA]),
        Event::Echo { .. } | Event::OutOfBand { .. } => {}
    }
}

/// The last events of canonical output, at most `bytes_max` bytes, from the start of a character.
pub(super) fn last_bytes(canonical: &[u8], bytes_max: usize) -> &[u8] {
    let mut rest = canonical;
    while rest.len() > bytes_max
        && let Some((event, length)) = first(rest)
    {
        let plain = matches!(event, Event::Text(_)) && rest[0] != IAC;
        rest = &rest[if plain { length.min(rest.len() - bytes_max) } else { length }..];
    }
    if rest.len() < canonical.len() { &rest[characters_start(rest)..] } else { rest }
}

/// How many bytes at the start belong to a UTF-8 character that began before; none if there are
/// more than a character can have: then it is no UTF-8.
pub(super) fn characters_start(text: &[u8]) -> usize {
    let inside = text.iter().take(4).take_while(|&byte| byte & 0xC0 == 0x80).count();
    if inside < 4 { inside } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telnet::canonical as form;

    #[test]
    fn every_event_is_told_apart() {
        let bytes =
            b"hi\xFF\xFF!\xFF\xF9\xFF\xFB\x01\xFF\xFC\x01\xFF\xFA\xC9a\xFF\xFF\xF0\xFF\xF0.";
        let read: Vec<Event<'_>> = events(bytes).collect();
        assert_eq!(
            read,
            [
                Event::Text(b"hi"),
                Event::Text(b"\xFF"),
                Event::Text(b"!"),
                Event::Prompt,
                Event::Echo { hidden: true },
                Event::Echo { hidden: false },
                Event::OutOfBand { option: 201, payload: b"a\xFF\xFF\xF0" },
                Event::Text(b"."),
            ]
        );
    }

    /// Every string of up to six bytes that matter: reading ends, and takes every byte once.
    #[test]
    fn bytes_that_are_no_events_do_no_harm() {
        let alphabet = [b'x', IAC, SB, SE, GA, WILL, ECHO];
        for length in 0..=6_u32 {
            for code in 0..7_usize.pow(length) {
                let bytes: Vec<u8> =
                    (0..length).map(|place| alphabet[code / 7_usize.pow(place) % 7]).collect();
                let mut rest = bytes.as_slice();
                while let Some((_, taken)) = first(rest) {
                    assert!(taken > 0 && taken <= rest.len(), "{bytes:?}");
                    rest = &rest[taken..];
                }
                assert!(last_bytes(&bytes, 3).len() <= 3);
            }
        }
    }

    /// Every message of up to four bytes that matter, by any option, is read as it was written,
    /// here and by the reader that clients are served with.
    #[test]
    fn messages_read_back_as_they_were_written() {
        let alphabet = [b'x', IAC, SE, SB];
        for code in 0..4 * 4_usize.pow(4) {
            let [option, rest @ ..] =
                [0, 1, 2, 3, 4].map(|at| alphabet[code / 4_usize.pow(at) % 4]);
            for payload in (0..=4).map(|length| &rest[..length]) {
                let mut bytes = Vec::new();
                form::out_of_band(option, payload, &mut bytes);
                let (read, length) = first(&bytes).expect("an event");
                assert_eq!(length, bytes.len());
                let Event::OutOfBand { option: by, payload: said } = read else {
                    panic!("{read:?}")
                };
                assert_eq!((by, &*undoubled(said)), (option, payload));
                let again = form::Reader::new().next(&mut bytes.as_slice());
                let payload = payload.to_vec();
                assert_eq!(again, Some(form::Canonical::OutOfBand { option, payload }));
            }
        }
    }

    #[test]
    fn the_last_bytes_start_with_a_whole_event_and_character() {
        assert_eq!(last_bytes(b"abc", 3), b"abc");
        assert_eq!(last_bytes(b"abc", 2), b"bc");
        assert_eq!(last_bytes(b"abc", 0), b"");
        assert_eq!(last_bytes(b"\xFF\xFFbc", 3), b"bc");
        assert_eq!(last_bytes(b"a\xFF\xF9", 1), b"");
        assert_eq!(last_bytes("äöü".as_bytes(), 5), "öü".as_bytes());
        assert_eq!(last_bytes("äöü".as_bytes(), 6), "äöü".as_bytes());
        assert_eq!(last_bytes(&[0x80; 9], 8), &[0x80; 8]);
    }
}
