use proptest::prelude::*;

use super::*;
use crate::telnet::command::{AO, AYT, DM, DO, EOR, GA, IP, NOP, WILL, WONT};
use crate::telnet::encode;

/// An event that owns its text, so that those of several inputs can be compared.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Said {
    Text(Vec<u8>),
    Command(u8),
    Negotiation(Verb, u8),
    Sub(u8, Vec<u8>),
    TooLong(u8),
}
use Said::{Command, Negotiation, Sub, Text, TooLong};

fn feed(decoder: &mut Decoder, mut input: &[u8], said: &mut Vec<Said>) {
    while let Some(event) = decoder.next(&mut input) {
        match event {
            Event::Text(text) => {
                assert!(!text.is_empty());
                assert!(text == [IAC] || !text.contains(&IAC), "{text:?}");
                match said.last_mut() {
                    Some(Text(before)) => before.extend_from_slice(text),
                    _ => said.push(Text(text.to_vec())),
                }
            }
            Event::Command(byte) => said.push(Command(byte)),
            Event::Negotiation { verb, option } => said.push(Negotiation(verb, option)),
            Event::Subnegotiation { option, payload } => said.push(Sub(option, payload)),
            Event::SubnegotiationTooLong { option } => said.push(TooLong(option)),
        }
    }
    assert!(input.is_empty());
    if !decoder.in_subnegotiation() {
        assert_eq!(decoder.payload.capacity(), 0, "a buffer is held at rest");
    }
}

const PAYLOAD_BYTES_MAX: usize = 64;

fn pieces<'i>(inputs: impl IntoIterator<Item = &'i [u8]>, mode: IacMode) -> (Vec<Said>, Decoder) {
    let mut decoder = Decoder::new(PAYLOAD_BYTES_MAX, mode);
    let mut said = Vec::new();
    inputs.into_iter().for_each(|input| feed(&mut decoder, input, &mut said));
    (said, decoder)
}

/// What `input` says, which is the same whole, byte by byte, and cut in two anywhere.
fn decoded(input: &[u8]) -> Vec<Said> {
    let (whole, _) = pieces([input], IacMode::Telnet);
    assert_eq!(pieces(input.chunks(1), IacMode::Telnet).0, whole, "{input:02x?}");
    for at in 0..=input.len() {
        let (front, rest) = input.split_at(at);
        assert_eq!(pieces([front, rest], IacMode::Telnet).0, whole, "{input:02x?} cut at {at}");
    }
    whole
}

fn text(text: &[u8]) -> Said {
    Text(text.to_vec())
}

#[test]
fn text_without_iac_is_the_very_input() {
    let mut decoder = Decoder::new(0, IacMode::Telnet);
    let input = b"You see a dragon here.\r\n";
    let mut rest = &input[..];
    let Some(Event::Text(text)) = decoder.next(&mut rest) else { panic!() };
    assert!(std::ptr::eq(text, &raw const input[..]));
    assert_eq!(decoder.next(&mut rest), None);
}

#[test]
fn a_doubled_iac_is_one_byte_of_text_and_nothing_after_it_is_lost() {
    assert_eq!(decoded(b"ab\xff\xffcdef\r\n"), [text(b"ab\xffcdef\r\n")]);
    assert_eq!(decoded(b"\xff\xff"), [text(b"\xff")]);
    assert_eq!(decoded(b"\xff\xff\xff\xff\xff\xf9"), [text(b"\xff\xff"), Command(GA)]);
}

#[test]
fn commands_of_two_bytes_are_said_and_eat_nothing() {
    assert_eq!(decoded(b"\xff\xf6hello"), [Command(AYT), text(b"hello")]);
    let interrupt = b"\xff\xf4\xff\xf2ls\r\n";
    assert_eq!(decoded(interrupt), [Command(IP), Command(DM), text(b"ls\r\n")]);
    for byte in (0..SB).filter(|byte| *byte != IAC) {
        assert_eq!(decoded(&[b'a', IAC, byte, b'b']), [text(b"a"), Command(byte), text(b"b")]);
    }
}

#[test]
fn negotiation_takes_any_option_even_255() {
    for option in 0..=u8::MAX {
        let will = [b'a', IAC, WILL, option, b'b'];
        assert_eq!(decoded(&will), [text(b"a"), Negotiation(Verb::Will, option), text(b"b")]);
    }
}

#[test]
fn a_payload_may_hold_any_byte() {
    let emoji = b"\xff\xfa\xc9\xf0\x9f\x98\x80\xff\xf0tail";
    assert_eq!(decoded(emoji), [Sub(0xc9, b"\xf0\x9f\x98\x80".to_vec()), text(b"tail")]);
    let doubled = b"\xff\xfa\xc9\xff\xff\xf0A\xff\xf0tail";
    assert_eq!(decoded(doubled), [Sub(0xc9, b"\xff\xf0A".to_vec()), text(b"tail")]);
    assert_eq!(decoded(b"\xff\xfa\x56\xff\xf0PLAIN"), [Sub(0x56, vec![]), text(b"PLAIN")]);
}

#[test]
fn a_subnegotiation_without_an_option_says_nothing() {
    assert_eq!(decoded(b"a\xff\xfa\xff\xf0hello"), [text(b"ahello")]);
    assert_eq!(decoded(b"\xff\xfa\xff\xff7\xff\xf0"), [Sub(255, b"7".to_vec())]);
    assert_eq!(decoded(b"\xff\xfa\xff\xfb\x01a"), [Negotiation(Verb::Will, 1), text(b"a")]);
    assert_eq!(decoded(b"\xff\xfa\xff\x41\xc9b\xff\xf0"), [Sub(0xc9, b"b".to_vec())]);
}

#[test]
fn a_negotiation_ends_a_subnegotiation_that_lost_its_end() {
    let lost = b"\xff\xfa\xc9abc\xff\xfb\x01text";
    assert_eq!(decoded(lost), [Negotiation(Verb::Will, 1), text(b"text")]);
    let another = b"\xff\xfa\xc9abc\xff\xfa\x46x\xff\xf0text";
    assert_eq!(decoded(another), [Sub(0x46, b"x".to_vec()), text(b"text")]);
}

#[test]
fn other_commands_within_a_subnegotiation_are_skipped() {
    assert_eq!(decoded(b"\xff\xfa\xc9a\xff\xf9b\xff\x41c\xff\xf0"), [Sub(0xc9, b"abc".to_vec())]);
}

#[test]
fn a_window_size_with_undoubled_bytes_is_read() {
    for (sent, meant) in [
        (&b"\x00\x50\x00\x18\xff\xf0"[..], [0x00, 0x50, 0x00, 0x18]),
        (b"\x00\xff\xff\x00\x18\xff\xf0", [0x00, 0xff, 0x00, 0x18]),
        (b"\x00\xff\x00\x18\xff\xf0", [0x00, 0xff, 0x00, 0x18]),
        (b"\x00\x50\x00\xff\xff\xff\xf0", [0x00, 0x50, 0x00, 0xff]),
        (b"\x00\x50\x00\xff\xff\xf0", [0x00, 0x50, 0x00, 0xff]),
        (b"\x00\xff\x00\xff\xff\xf0", [0x00, 0xff, 0x00, 0xff]),
        (b"\xff\xff\xff\xff\x01\xff\xff\xff\xf0", [0xff, 0xff, 0x01, 0xff]),
    ] {
        let input = [&[IAC, SB, option::NAWS], sent, b"tail"].concat();
        assert_eq!(decoded(&input), [Sub(option::NAWS, meant.to_vec()), text(b"tail")]);
    }
}

#[test]
fn a_window_size_without_an_end_does_not_swallow_what_follows() {
    let lost = b"\xff\xfa\x1f\x00\x50\x00\x18\xff\xfb\x01text";
    assert_eq!(decoded(lost), [Negotiation(Verb::Will, 1), text(b"text")]);
}

#[test]
fn a_subnegotiation_at_its_limit_is_kept_and_beyond_it_is_said_once() {
    for length in [PAYLOAD_BYTES_MAX - 1, PAYLOAD_BYTES_MAX] {
        let payload = vec![b'x'; length];
        let input = [&encode::whole(0xc9, &payload), &b"tail"[..]].concat();
        assert_eq!(decoded(&input), [Sub(0xc9, payload), text(b"tail")]);
    }
    for length in [PAYLOAD_BYTES_MAX + 1, 5 * PAYLOAD_BYTES_MAX] {
        let input = [&encode::whole(0xc9, &vec![IAC; length]), &b"tail"[..]].concat();
        assert_eq!(decoded(&input), [TooLong(0xc9), text(b"tail")]);
    }
    let window = [&encode::whole(option::NAWS, &[7; 99]), &b"tail"[..]].concat();
    assert_eq!(decoded(&window), [TooLong(option::NAWS), text(b"tail")]);
}

#[test]
fn an_unended_subnegotiation_costs_no_more_than_its_limit() {
    let (said, decoder) = pieces([&b"\xff\xfa\xc9"[..], &vec![b'x'; 1 << 20]], IacMode::Telnet);
    assert_eq!(said, [TooLong(0xc9)]);
    assert_eq!(decoder.payload.capacity(), 0);
}

#[test]
fn a_subnegotiation_can_be_given_up() {
    for begun in [&b"\xff\xfa"[..], b"\xff\xfa\xff", b"\xff\xfa\xc9", b"\xff\xfa\xc9abc\xff"] {
        let (mut said, mut decoder) = pieces([begun], IacMode::Telnet);
        assert!(decoder.in_subnegotiation() && !decoder.in_text());
        decoder.abandon_subnegotiation();
        feed(&mut decoder, b"text", &mut said);
        assert_eq!(said, [text(b"text")]);
    }
    let (mut said, mut decoder) = pieces([&b"\xff"[..]], IacMode::Telnet);
    decoder.abandon_subnegotiation();
    feed(&mut decoder, b"\xf9", &mut said);
    assert_eq!(said, [Command(GA)]);
}

#[test]
fn without_telnet_every_byte_is_text() {
    let input: Vec<u8> = (0..=u8::MAX).chain([IAC, IAC, WILL, 1, IAC]).collect();
    assert_eq!(pieces([&input[..]], IacMode::Raw8).0, [text(&input)]);
    assert_eq!(pieces(input.chunks(1), IacMode::Raw8).0, [text(&input)]);
}

#[test]
fn the_known_sequences_are_read_and_written_alike() {
    let vectors: &[(&[u8], u8, &[u8])] = &[
        (b"\xff\xfa\x1f\x00P\x00\x18\xff\xf0", 0x1f, b"\x00P\x00\x18"),
        (b"\xff\xfa\x1f\x00\xff\xff\x00\x18\xff\xf0", 0x1f, b"\x00\xff\x00\x18"),
        (b"\xff\xfa\x1f\x00\x84\x00\xff\xff\xff\xf0", 0x1f, b"\x00\x84\x00\xff"),
        (b"\xff\xfa\x1f\xff\xff\xff\xff\x01\xff\xff\xff\xf0", 0x1f, b"\xff\xff\x01\xff"),
        (b"\xff\xfa\x1f\x00\x00\x00\x00\xff\xf0", 0x1f, b"\x00\x00\x00\x00"),
        (b"\xff\xfa\x18\x01\xff\xf0", 0x18, b"\x01"),
        (b"\xff\xfa\x18\x00MUDLET\xff\xf0", 0x18, b"\x00MUDLET"),
        (b"\xff\xfa\x18\x00XTERM-256COLOR\xff\xf0", 0x18, b"\x00XTERM-256COLOR"),
        (b"\xff\xfa\x18\x00MTTS 2957\xff\xf0", 0x18, b"\x00MTTS 2957"),
        (b"\xff\xfa'\x01\xff\xf0", 0x27, b"\x01"),
        (b"\xff\xfa'\x01\x00IPADDRESS\xff\xf0", 0x27, b"\x01\x00IPADDRESS"),
        (
            b"\xff\xfa'\x00\x00IPADDRESS\x01203.0.113.7\xff\xf0",
            0x27,
            b"\x00\x00IPADDRESS\x01203.0.113.7",
        ),
        (b"\xff\xfa'\x02\x00MTTS\x012957\xff\xf0", 0x27, b"\x02\x00MTTS\x012957"),
        (b"\xff\xfa'\x00\x03X\x01a\x02\x01b\xff\xff\xff\xf0", 0x27, b"\x00\x03X\x01a\x02\x01b\xff"),
        (b"\xff\xfa*\x01;UTF-8;ISO-8859-1\xff\xf0", 0x2a, b"\x01;UTF-8;ISO-8859-1"),
        (b"\xff\xfa*\x02UTF-8\xff\xf0", 0x2a, b"\x02UTF-8"),
        (b"\xff\xfa*\x03\xff\xf0", 0x2a, b"\x03"),
        (b"\xff\xfa*\x05\xff\xf0", 0x2a, b"\x05"),
        (b"\xff\xfa\xc9Core.Ping\xff\xf0", 0xc9, b"Core.Ping"),
        (
            b"\xff\xfa\xc9Core.Hello {\"client\":\"x\",\"version\":\"1\"}\xff\xf0",
            0xc9,
            b"Core.Hello {\"client\":\"x\",\"version\":\"1\"}",
        ),
        (b"\xff\xfaE\x01REPORT\x02HEALTH\x02MANA\xff\xf0", 0x45, b"\x01REPORT\x02HEALTH\x02MANA"),
        (b"\xff\xfaE\x01SEND\x02HEALTH\xff\xf0", 0x45, b"\x01SEND\x02HEALTH"),
        (
            b"\xff\xfaF\x01PLAYERS\x0252\x01UPTIME\x021234567890\xff\xf0",
            0x46,
            b"\x01PLAYERS\x0252\x01UPTIME\x021234567890",
        ),
        (b"\xff\xfafd\x03\xff\xf0", 0x66, b"d\x03"),
        (b"\xff\xfaf4\x01\xff\xf0", 0x66, b"4\x01"),
        (
            b"\xff\xfa\xc8hello Nexus 3.0.0\x0acomposer 1\xff\xf0",
            0xc8,
            b"hello Nexus 3.0.0\x0acomposer 1",
        ),
        (b"\xff\xfa]zmp.ping\x00\xff\xf0", 0x5d, b"zmp.ping\x00"),
        (b"\xff\xfaV\xff\xf0", 0x56, b""),
        (
            b"\xff\xfa\xc9Char.Login.Default {\"type\":[\"password-credentials\"]}\xff\xf0",
            0xc9,
            b"Char.Login.Default {\"type\":[\"password-credentials\"]}",
        ),
    ];
    for (wire, option, payload) in vectors {
        assert_eq!(decoded(wire), [Sub(*option, payload.to_vec())]);
        assert_eq!(encode::whole(*option, payload), *wire);
    }
}

/// Every string of length 1 to 6 over the bytes that matter, cut in two anywhere.
#[test]
fn short_strings_say_the_same_however_they_are_cut() {
    const BYTES: [u8; 8] = [IAC, SB, SE, WILL, GA, AYT, b'a', 0xc9];
    for length in 1..=6u32 {
        for number in 0..8u32.pow(length) {
            let input: Vec<u8> =
                (0..length).map(|at| BYTES[(number >> (3 * at)) as usize % 8]).collect();
            let (whole, _) = pieces([&input[..]], IacMode::Telnet);
            for at in 1..input.len() {
                let cut = pieces([&input[..at], &input[at..]], IacMode::Telnet).0;
                assert_eq!(cut, whole, "{input:02x?} cut at {at}");
            }
        }
    }
}

fn any_said() -> impl Strategy<Value = Said> {
    let bytes = |range| prop::collection::vec(prop_oneof![any::<u8>(), Just(IAC), Just(SE)], range);
    let verb = prop::sample::select(vec![Verb::Will, Verb::Wont, Verb::Do, Verb::Dont]);
    let command = prop::sample::select(vec![NOP, GA, EOR, AYT, IP, AO, DM]);
    prop_oneof![
        bytes(1..20).prop_map(Text),
        command.prop_map(Command),
        (verb, any::<u8>()).prop_map(|(verb, option)| Negotiation(verb, option)),
        // A window size of another length than 4 does not exist.
        (any::<u8>(), bytes(0..16)).prop_map(|(option, payload)| {
            if option == option::NAWS {
                Sub(option, vec![0, 80, 0, 24])
            } else {
                Sub(option, payload)
            }
        }),
    ]
}

fn wire(said: &[Said]) -> Vec<u8> {
    let mut out = Vec::new();
    for said in said {
        match said {
            Text(text) => encode::text(text, &mut out),
            Command(byte) => out.extend([IAC, *byte]),
            Negotiation(verb, option) => out.extend(encode::negotiation(*verb, *option)),
            Sub(option, payload) => encode::subnegotiation(*option, payload, &mut out),
            TooLong(_) => {}
        }
    }
    out
}

/// Neighbouring texts as one.
fn joined(said: Vec<Said>) -> Vec<Said> {
    let mut all: Vec<Said> = Vec::new();
    for said in said {
        match (all.last_mut(), said) {
            (Some(Text(before)), Text(text)) => before.extend(text),
            (_, said) => all.push(said),
        }
    }
    all
}

proptest! {
    #[test]
    fn what_was_written_reads_back(
        said in prop::collection::vec(any_said(), 0..12),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let wire = wire(&said);
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
        cuts.sort_unstable();
        cuts.push(wire.len());
        let mut from = 0;
        let inputs = cuts.iter().map(|&to| &wire[std::mem::replace(&mut from, to)..to]);
        prop_assert_eq!(pieces(inputs, IacMode::Telnet).0, joined(said));
    }

    #[test]
    fn any_bytes_say_the_same_however_they_are_cut(
        input in prop::collection::vec(
            prop_oneof![4 => any::<u8>(), 4 => Just(IAC), 1 => Just(SB), 1 => Just(SE), 1 => Just(DO),
                1 => Just(WONT), 1 => Just(option::NAWS)], 0..48),
    ) {
        decoded(&input);
    }
}
