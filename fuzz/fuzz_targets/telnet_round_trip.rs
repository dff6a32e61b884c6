//! What the encoder writes, the decoder reads back, cut anywhere.
//!
//! The input is a list of pieces: a kind, a length, and so many bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mudkeep::telnet::command::Verb;
use mudkeep::telnet::decode::{Decoder, Event, IacMode};
use mudkeep::telnet::{canonical, encode, environ, option};

#[derive(PartialEq, Debug)]
enum Said {
    Text(Vec<u8>),
    Command(u8),
    Negotiation(Verb, u8),
    Subnegotiation(u8, Vec<u8>),
}

fn take<'i>(input: &mut &'i [u8], length: usize) -> &'i [u8] {
    let (front, rest) = input.split_at(length.min(input.len()));
    *input = rest;
    front
}

/// What the pieces say, and the same on the wire.
fn written(mut input: &[u8]) -> (Vec<Said>, Vec<u8>) {
    let (mut all, mut wire) = (Vec::new(), Vec::new());
    while let [kind, length, rest @ ..] = input {
        input = rest;
        let bytes = take(&mut input, usize::from(length % 64));
        match kind % 4 {
            0 if !bytes.is_empty() => {
                encode::text(bytes, &mut wire);
                match all.last_mut() {
                    Some(Said::Text(before)) => before.extend_from_slice(bytes),
                    _ => all.push(Said::Text(bytes.to_vec())),
                }
            }
            1 if kind / 4 < 59 => {
                // A verb, or a command that is none and starts no subnegotiation.
                let byte = 191 + kind / 4;
                wire.extend([255, byte]);
                all.push(Said::Command(byte));
            }
            2 => {
                let verb = Verb::from_byte(251 + kind / 4 % 4).expect("one of four");
                wire.extend(encode::negotiation(verb, *length));
                all.push(Said::Negotiation(verb, *length));
            }
            3 => {
                let option = kind.rotate_left(3);
                let size = [0, 80, 0, 24];
                let payload = if option == option::NAWS { &size[..] } else { bytes };
                encode::subnegotiation(option, payload, &mut wire);
                all.push(Said::Subnegotiation(option, payload.to_vec()));
            }
            _ => {}
        }
    }
    (all, wire)
}

fn read<'i>(inputs: impl Iterator<Item = &'i [u8]>) -> Vec<Said> {
    let mut decoder = Decoder::new(64, IacMode::Telnet);
    let mut all = Vec::new();
    for mut input in inputs {
        while let Some(event) = decoder.next(&mut input) {
            let said = match event {
                Event::Text(text) => {
                    if let Some(Said::Text(before)) = all.last_mut() {
                        before.extend_from_slice(text);
                        continue;
                    }
                    Said::Text(text.to_vec())
                }
                Event::Command(byte) => Said::Command(byte),
                Event::Negotiation { verb, option } => Said::Negotiation(verb, option),
                Event::Subnegotiation { option, payload } => Said::Subnegotiation(option, payload),
                Event::SubnegotiationTooLong { .. } => panic!("none is"),
            };
            all.push(said);
        }
    }
    assert!(decoder.in_text());
    all
}

/// A text put into a history slice by slice, as it was decoded, is on the wire as it was encoded.
fn through_a_history(text: &[u8]) {
    let mut wire = Vec::new();
    encode::text(text, &mut wire);
    let mut decoder = Decoder::new(0, IacMode::Telnet);
    let (mut input, mut history) = (&wire[..], Vec::new());
    while let Some(Event::Text(text)) = decoder.next(&mut input) {
        history.extend_from_slice(canonical::text(text));
    }
    assert_eq!(history, wire);
}

fuzz_target!(|bytes: &[u8]| {
    let (said, wire) = written(bytes);
    assert_eq!(read(std::iter::once(&wire[..])), said);
    let chunk = usize::from(bytes.first().copied().unwrap_or(0) % 16) + 1;
    assert_eq!(read(wire.chunks(chunk)), said);
    through_a_history(bytes);
    if let Some((verb, variables)) = environ::parse(bytes) {
        let again = environ::parse(&environ::payload(verb, &variables));
        assert_eq!(again, Some((verb, variables)));
    }
});
