//! libtelnet-rs (its maintained fork libmudtelnet 2.0.2) as a second opinion on the decoder: where it
//! is right, both must say the same. Where it is known to be wrong is listed in [`Known`], each with
//! the shortest input that shows it.
//!
//! Used by the test beside this folder and by the fuzz target `telnet_differential`.

use libtelnet_rs::Parser;
use libtelnet_rs::compatibility::{CompatibilityEntry, CompatibilityTable};
use libtelnet_rs::events::TelnetEvents;
use mudkeep::telnet::command::{EOR, GA, IAC, NOP, SB, SE, Verb};
use mudkeep::telnet::decode::{Decoder, Event, IacMode};
use mudkeep::telnet::option::{MCCP2, MCCP3};

/// What libmudtelnet 2.0.2 makes of some input that is not what RFC 854 and 855 say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Known {
    /// A command of two bytes other than GA, EOR and NOP is not said, and the byte after it is lost.
    CommandEatsAByte,
    /// After a doubled 0xFF at the end of a payload, an SE byte of the payload ends it.
    DoubledBeforeSe,
    /// An IAC in a payload before anything but IAC and SE is kept with what follows it, so that a
    /// subnegotiation that lost its end swallows all commands up to another's end.
    BrokenPayload,
    /// IAC SB IAC: the second IAC is taken for an option, doubled or not, so that IAC SB IAC SE never
    /// ends.
    NoOption,
    /// Whatever follows a subnegotiation of MCCP2 or MCCP3 is not decoded, compressed or not.
    Compression,
    /// A doubled 0xFF ends the text in a chunk: the rest of it up to the next IAC is lost.
    /// Byte by byte it is said as a command 255, which [`theirs`] undoes.
    DoubledInText,
    /// Whether a subnegotiation is said at all depends on a negotiation in the same chunk.
    NegotiationInChunk,
}

impl Known {
    /// The shortest input that shows it.
    pub(crate) const ALL: [(Known, &'static [u8]); 7] = [
        (Known::CommandEatsAByte, b"\xff\xf6a"),
        (Known::DoubledBeforeSe, b"\xff\xfa\xc9\xff\xff\xf0\xff\xf0"),
        (Known::BrokenPayload, b"\xff\xfa\xc9\xff\xfb\x01"),
        (Known::NoOption, b"\xff\xfa\xff\xff\xff\xf0"),
        (Known::Compression, b"\xff\xfa\x56\xff\xf0a"),
        (Known::DoubledInText, b"\xff\xffa"),
        (Known::NegotiationInChunk, b"\xff\xfe\xc9\xff\xfa\xc9\xff\xf0"),
    ];

    /// Whether it only shows when the input comes in one chunk.
    pub(crate) fn needs_a_chunk(self) -> bool {
        matches!(self, Known::Compression | Known::DoubledInText | Known::NegotiationInChunk)
    }

    /// The first of them that `input` runs into; those that need a chunk come last.
    pub(crate) fn of(input: &[u8]) -> Option<Known> {
        enum At {
            Text,
            Option,
            Payload,
        }
        let mut at = At::Text;
        let mut in_a_chunk = None;
        let mut rest = input;
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            let next = rest.first().copied();
            match (&at, byte, next) {
                (At::Option, IAC, _) => return Some(Known::NoOption),
                (At::Option, MCCP2 | MCCP3, _) => {
                    in_a_chunk = Some(Known::Compression);
                    at = At::Payload;
                }
                (At::Option, ..) => at = At::Payload,
                (At::Text | At::Payload, IAC, Some(next)) => {
                    rest = &rest[1..];
                    match (&at, next) {
                        (At::Payload, IAC) if rest.first() == Some(&SE) => {
                            return Some(Known::DoubledBeforeSe);
                        }
                        (At::Payload, IAC) => {}
                        (At::Payload, SE) => at = At::Text,
                        (At::Payload, _) => return Some(Known::BrokenPayload),
                        (_, SB) => at = At::Option,
                        (_, IAC) => in_a_chunk = Some(Known::DoubledInText),
                        (_, GA | EOR | NOP) => {}
                        (_, verb) if Verb::from_byte(verb).is_some() => {
                            rest = rest.get(1..).unwrap_or_default();
                            in_a_chunk = Some(Known::NegotiationInChunk);
                        }
                        _ => return Some(Known::CommandEatsAByte),
                    }
                }
                _ => {}
            }
        }
        in_a_chunk
    }
}

/// What either decoder says, with neighbouring texts joined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Said {
    Text(Vec<u8>),
    Command(u8),
    Negotiation(u8, u8),
    /// The payload as it was on the wire, with 0xFF doubled.
    Subnegotiation(u8, Vec<u8>),
}

fn push(said: Said, all: &mut Vec<Said>) {
    match (all.last_mut(), said) {
        (Some(Said::Text(before)), Said::Text(text)) => before.extend(text),
        (_, said) => all.push(said),
    }
}

/// What the decoder says.
pub(crate) fn ours(mut input: &[u8]) -> Vec<Said> {
    let mut decoder = Decoder::new(input.len(), IacMode::Telnet);
    let mut all = Vec::new();
    while let Some(event) = decoder.next(&mut input) {
        let said = match event {
            Event::Text(text) => Said::Text(text.to_vec()),
            Event::Command(byte) => Said::Command(byte),
            Event::Negotiation { verb, option } => Said::Negotiation(verb.byte(), option),
            Event::Subnegotiation { option, payload } => {
                Said::Subnegotiation(option, Parser::escape_iac(payload).to_vec())
            }
            Event::SubnegotiationTooLong { .. } => panic!("it is as long as the input at most"),
        };
        push(said, &mut all);
    }
    all
}

/// What libmudtelnet says of these chunks. It says a negotiation only if that changes something, and
/// a subnegotiation only of an option that is in use on this end, so its table is set anew for each
/// chunk, as the chunk needs it.
pub(crate) fn theirs<'i>(chunks: impl IntoIterator<Item = &'i [u8]>) -> Vec<Said> {
    let table = |on: bool| {
        let bits = CompatibilityEntry::new(true, true, on, on).into_u8();
        CompatibilityTable::from_options(
            &(0..=u8::MAX).map(|option| (option, bits)).collect::<Vec<_>>(),
        )
    };
    let mut parser = Parser::with_support(table(true));
    let mut so_far = Decoder::new(usize::MAX, IacMode::Telnet);
    let mut all = Vec::new();
    for mut chunk in chunks {
        let in_negotiation = !so_far.in_text() && !so_far.in_subnegotiation();
        parser.options = table(!in_negotiation);
        for event in parser.receive(chunk) {
            match event {
                TelnetEvents::IAC(iac) if iac.command == IAC => {
                    push(Said::Text(vec![IAC]), &mut all)
                }
                TelnetEvents::IAC(iac) => push(Said::Command(iac.command), &mut all),
                TelnetEvents::Negotiation(said) => {
                    push(Said::Negotiation(said.command, said.option), &mut all);
                }
                TelnetEvents::Subnegotiation(said) => {
                    push(Said::Subnegotiation(said.option, said.buffer.to_vec()), &mut all);
                }
                TelnetEvents::DataReceive(text) => push(Said::Text(text.to_vec()), &mut all),
                TelnetEvents::DataSend(_) | TelnetEvents::DecompressImmediate(_) => {}
            }
        }
        while so_far.next(&mut chunk).is_some() {}
    }
    all
}

/// Holds the two against each other, byte by byte and, where libmudtelnet can take it, at once.
pub(crate) fn compare(input: &[u8]) {
    let known = Known::of(input);
    if known.is_none_or(Known::needs_a_chunk) {
        assert_eq!(ours(input), theirs(input.chunks(1)), "byte by byte: {input:02x?}");
    }
    if known.is_none() {
        assert_eq!(ours(input), theirs([input]), "at once: {input:02x?}");
    }
}
