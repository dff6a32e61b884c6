//! Any bytes to the decoder: the same events however they are cut, text as promised, and nothing kept
//! beyond the limit.
//!
//! The first byte says how the rest is cut, and whether 0xFF means anything in it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mudkeep::telnet::command::IAC;
use mudkeep::telnet::decode::{Decoder, Event, IacMode};

const PAYLOAD_BYTES_MAX: usize = 48;

#[derive(PartialEq, Debug)]
enum Said {
    Text(Vec<u8>),
    Other(Event<'static>),
}

fn decoded<'i>(inputs: impl Iterator<Item = &'i [u8]>, mode: IacMode) -> Vec<Said> {
    let mut decoder = Decoder::new(PAYLOAD_BYTES_MAX, mode);
    let mut all = Vec::new();
    for mut input in inputs {
        while let Some(event) = decoder.next(&mut input) {
            let said = match event {
                Event::Text(text) => {
                    assert!(text == [IAC] || !text.is_empty() && !text.contains(&IAC));
                    if let Some(Said::Text(before)) = all.last_mut() {
                        before.extend_from_slice(text);
                        continue;
                    }
                    Said::Text(text.to_vec())
                }
                Event::Subnegotiation { option, payload } => {
                    assert!(payload.len() <= PAYLOAD_BYTES_MAX);
                    Said::Other(Event::Subnegotiation { option, payload })
                }
                Event::Command(byte) => Said::Other(Event::Command(byte)),
                Event::Negotiation { verb, option } => {
                    Said::Other(Event::Negotiation { verb, option })
                }
                Event::SubnegotiationTooLong { option } => {
                    Said::Other(Event::SubnegotiationTooLong { option })
                }
            };
            all.push(said);
        }
        assert!(input.is_empty());
    }
    all
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&control, input)) = bytes.split_first() else { return };
    let mode = if control & 0x80 == 0 { IacMode::Telnet } else { IacMode::Raw8 };
    let chunk = usize::from(control & 0x7f) + 1;
    let whole = decoded(std::iter::once(input), mode);
    assert_eq!(decoded(input.chunks(chunk), mode), whole);
    assert_eq!(decoded(input.chunks(1), mode), whole);
    if mode == IacMode::Raw8 && !input.is_empty() {
        assert_eq!(whole, [Said::Text(input.to_vec())]);
    }
});
