//! The decoder and the encoder held against libtelnet-rs.

#[cfg(test)]
#[path = "telnet_differential/second_opinion.rs"]
mod second_opinion;

#[cfg(test)]
mod tests {
    use libtelnet_rs::bytes::Bytes;
    use libtelnet_rs::events::{TelnetNegotiation, TelnetSubnegotiation};
    use mudkeep::telnet::command::{EOR, GA, IAC, NOP, SB, SE, Verb};
    use mudkeep::telnet::encode;
    use proptest::prelude::*;

    use super::second_opinion::{Known, compare, ours, theirs};

    /// Every string of up to five bytes over those that matter.
    #[test]
    fn both_decoders_say_the_same_of_short_strings() {
        const BYTES: [u8; 8] = [IAC, SB, SE, 251, GA, 246, b'a', 0xc9];
        for length in 1..=5u32 {
            for number in 0..8u32.pow(length) {
                let input: Vec<u8> =
                    (0..length).map(|at| BYTES[(number >> (3 * at)) as usize % 8]).collect();
                compare(&input);
            }
        }
    }

    #[test]
    fn each_known_disagreement_still_is_one() {
        for (known, input) in Known::ALL {
            assert_eq!(Known::of(input), Some(known));
            let differs_in_a_chunk = ours(input) != theirs([input]);
            let differs_in_bytes = ours(input) != theirs(input.chunks(1));
            assert!(differs_in_a_chunk, "{known:?} is right now");
            assert_eq!(differs_in_bytes, !known.needs_a_chunk(), "{known:?}");
        }
    }

    #[test]
    fn both_encoders_write_the_same() {
        for verb in [Verb::Will, Verb::Wont, Verb::Do, Verb::Dont] {
            for option in 0..=u8::MAX {
                let theirs = TelnetNegotiation::new(verb.byte(), option).to_bytes();
                assert_eq!(theirs, encode::negotiation(verb, option)[..]);
            }
        }
    }

    proptest! {
        #[test]
        fn both_decoders_say_the_same(input in prop::collection::vec(
            prop_oneof![6 => any::<u8>(), 6 => Just(IAC), 1 => Just(SB), 2 => Just(SE), 1 => 251..=254u8,
                1 => prop::sample::select(vec![GA, EOR, NOP])], 0..60)) {
            compare(&input);
        }

        #[test]
        fn both_encoders_write_the_same_messages(
            option in 0..255u8,
            payload in prop::collection::vec(prop_oneof![any::<u8>(), Just(IAC)], 0..40),
        ) {
            let theirs = TelnetSubnegotiation::new(option, Bytes::from(payload.clone())).to_bytes();
            prop_assert_eq!(encode::whole(option, &payload), theirs.to_vec());
        }
    }
}
