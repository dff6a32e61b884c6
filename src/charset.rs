//! The game's charset at the client's edge: what a history holds becomes UTF-8, and what a player
//! types becomes what the game reads. No byte order mark is looked for, and what cannot be written
//! becomes `?`.

use encoding_rs::{DecoderResult, EncoderResult, Encoding};

use crate::secret::Line;

/// Text made of a game's bytes.
#[derive(Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The text; what is no character became U+FFFD.
    pub text: String,
    /// So many bytes at the end may be the beginning of a character and are not in the text.
    pub pending: usize,
}

/// Reads bytes that begin where a character begins.
#[must_use]
pub fn decode(charset: &'static Encoding, bytes: &[u8]) -> Decoded {
    let mut decoder = charset.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len());
    let mut text = String::with_capacity(room.unwrap_or_default());
    let mut read = 0;
    loop {
        let (result, taken) =
            decoder.decode_to_string_without_replacement(&bytes[read..], &mut text, true);
        read += taken;
        match result {
            DecoderResult::InputEmpty => return Decoded { text, pending: 0 },
            DecoderResult::Malformed(length, 0) if read == bytes.len() => {
                return Decoded { text, pending: usize::from(length) };
            }
            DecoderResult::Malformed(..) => text.push(char::REPLACEMENT_CHARACTER),
            DecoderResult::OutputFull => text.reserve(bytes.len() - read + 4),
        }
    }
}

/// Writes a line as the game reads it.
#[must_use]
pub fn encode(charset: &'static Encoding, text: &str) -> Line {
    let mut encoder = charset.new_encoder();
    // A line may be a password: it is written once, where it will be wiped.
    let room = encoder.max_buffer_length_from_utf8_without_replacement(text.len());
    let mut bytes = Vec::with_capacity(room.unwrap_or_default().max(text.len()) + text.len());
    let mut rest = text;
    loop {
        let (result, taken) =
            encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
        rest = &rest[taken..];
        match result {
            EncoderResult::InputEmpty => return Line::new(bytes),
            EncoderResult::Unmappable(_) => bytes.push(b'?'),
            EncoderResult::OutputFull => bytes.reserve(rest.len() + 4),
        }
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{BIG5, EUC_KR, GB18030, GBK, KOI8_R, SHIFT_JIS, UTF_8, WINDOWS_1251};
    use proptest::prelude::*;

    use super::*;

    fn decoded(text: &str, pending: usize) -> Decoded {
        Decoded { text: text.to_owned(), pending }
    }

    #[test]
    fn half_a_character_waits_for_its_other_half() {
        for (charset, bytes, text, pending) in [
            (UTF_8, &b"caf\xC3\xA9"[..], "caf\u{e9}", 0),
            (UTF_8, b"caf\xC3", "caf", 1),
            (UTF_8, b"\xF0\x9F\x98", "", 3),
            (GBK, b"\xC4\xE3\xBA", "\u{4f60}", 1),
            (GB18030, b"a\x81\x30\x81", "a", 3),
            (BIG5, b"\xA7\x41\xA6", "\u{4f60}", 1),
            (EUC_KR, b"\xB3", "", 1),
            (SHIFT_JIS, b"\x82", "", 1),
            (WINDOWS_1251, b"\xFF\xE4", "\u{44f}\u{434}", 0),
            (KOI8_R, b"\xFF", "\u{42a}", 0),
        ] {
            assert_eq!(decode(charset, bytes), decoded(text, pending), "{}", charset.name());
        }
    }

    #[test]
    fn what_is_no_character_is_shown_as_such() {
        assert_eq!(decode(UTF_8, b"a\xFFb"), decoded("a\u{fffd}b", 0));
        assert_eq!(decode(UTF_8, b"a\xE9tat"), decoded("a\u{fffd}tat", 0));
        assert_eq!(
            decode(UTF_8, b"\xEF\xBB\xBFx"),
            decoded("\u{feff}x", 0),
            "no mark is looked for"
        );
    }

    #[test]
    fn what_a_game_cannot_read_becomes_a_question_mark() {
        assert_eq!(&*encode(UTF_8, "caf\u{e9} \u{1f600}"), "caf\u{e9} \u{1f600}".as_bytes());
        assert_eq!(&*encode(WINDOWS_1251, "\u{44f} \u{4f60}!"), b"\xFF ?!");
        assert_eq!(&*encode(GBK, "\u{4f60}\u{1f600}"), b"\xC4\xE3?");
    }

    proptest! {
        #[test]
        fn text_cut_anywhere_reads_as_a_whole(text in ".{0,40}", cut in 0_usize..200) {
            for charset in [UTF_8, GB18030] {
                let bytes = encode(charset, &text);
                let cut = cut.min(bytes.len());
                let first = decode(charset, &bytes[..cut]);
                let rest = decode(charset, &bytes[cut - first.pending..]);
                // Not the text itself: GB18030 has two ways to write some characters.
                let whole = decode(charset, &bytes);
                prop_assert_eq!(format!("{}{}", first.text, rest.text), whole.text);
                prop_assert_eq!((rest.pending, whole.pending), (0, 0));
            }
        }

        #[test]
        fn any_bytes_are_read_and_little_waits(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            for charset in [UTF_8, GBK, GB18030, BIG5, EUC_KR, SHIFT_JIS, KOI8_R] {
                // The longest characters have four bytes; four that are none wait as well.
                prop_assert!(decode(charset, &bytes).pending <= 4.min(bytes.len()));
            }
        }
    }
}
