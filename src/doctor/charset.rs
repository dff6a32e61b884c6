//! In which charset a game writes, guessed from its first screen.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8};

/// What the text may be written in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Guess {
    /// Any charset: there is nothing but ASCII in it.
    Ascii,
    /// It is well-formed UTF-8, which hardly happens by chance.
    Utf8,
    /// It is not UTF-8, and of all others most like this one.
    Like(&'static Encoding),
}

impl Guess {
    /// Guesses from text, telnet removed. It may end within a character.
    pub(super) fn of(text: &[u8]) -> Guess {
        if text.is_ascii() {
            return Guess::Ascii;
        }
        let is_utf8 = match std::str::from_utf8(text) {
            Ok(_) => true,
            // It was cut within a character, and has one before that.
            Err(error) => error.error_len().is_none() && !text[..error.valid_up_to()].is_ascii(),
        };
        if is_utf8 {
            return Guess::Utf8;
        }
        let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
        detector.feed(text, true);
        Guess::Like(detector.guess(None, Utf8Detection::Deny))
    }

    /// What `game.charset` is to be.
    pub(super) fn charset(self) -> &'static Encoding {
        match self {
            Guess::Ascii | Guess::Utf8 => UTF_8,
            Guess::Like(charset) => charset,
        }
    }

    /// How `game.charset` is written for it.
    pub(super) fn label(self) -> String {
        self.charset().name().to_ascii_lowercase()
    }
}

/// The first bytes that are not ASCII, with a little of what is around them.
pub(super) fn sample(text: &[u8]) -> &[u8] {
    const AROUND: usize = 12;
    let Some(at) = text.iter().position(|byte| !byte.is_ascii()) else { return &[] };
    &text[at.saturating_sub(AROUND)..text.len().min(at + AROUND)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use proptest::prelude::*;

    /// A sentence in a charset, as a screen would have it.
    fn written(charset: &'static Encoding, text: &str) -> Vec<u8> {
        let (bytes, _, lost) = charset.encode(text);
        assert!(!lost, "{text}");
        bytes.into_owned()
    }

    #[test]
    fn a_screen_tells_its_charset() {
        use encoding_rs::{BIG5, EUC_KR, GBK, KOI8_U, WINDOWS_1251, WINDOWS_1252};
        let russian = "Добро пожаловать в наш старый мир. Как вас зовут, путник?";
        for (charset, text, expected) in [
            (WINDOWS_1251, russian, "windows-1251"),
            (KOI8_U, russian, "koi8-u"),
            (WINDOWS_1252, "Bienvenue, étranger. Comment êtes-vous appelé ?", "windows-1252"),
            (GBK, "欢迎来到我们的世界。请输入你的英文名字：", "gbk"),
            (BIG5, "歡迎來到我們的世界。請輸入你的英文名字：", "big5"),
            (EUC_KR, "어서 오십시오. 당신의 이름은 무엇입니까?", "euc-kr"),
        ] {
            let guess = Guess::of(&written(charset, text));
            assert_eq!(guess.label(), expected, "{text}");
            assert!(matches!(guess, Guess::Like(_)));
        }
        assert_eq!(Guess::of("caf\u{e9}".as_bytes()), Guess::Utf8);
        assert_eq!(Guess::of(b"\x1b[1;31mHello\x1b[0m\r\n"), Guess::Ascii);
    }

    #[test]
    fn utf8_that_was_cut_within_a_character_is_utf8() {
        let text = "caf\u{e9} \u{1f600}".as_bytes();
        assert_eq!(Guess::of(&text[..text.len() - 1]), Guess::Utf8);
        assert!(matches!(Guess::of(b"fa\xe7"), Guess::Like(_)), "one byte proves nothing");
        let mixed = ["caf\u{e9} ".as_bytes(), b"\xb1 caf\xe9 x"].concat();
        assert!(matches!(Guess::of(&mixed), Guess::Like(_)), "what is not all UTF-8 is none");
    }

    #[test]
    fn a_sample_is_what_stands_around_the_first_letter() {
        assert_eq!(sample(b"abc"), b"");
        let long = [b"0123456789abcdef".as_slice(), b"\xe9", b"0123456789abcdef"].concat();
        assert_eq!(sample(&long), b"456789abcdef\xe90123456789a");
        assert_eq!(sample(b"\xe9"), b"\xe9");
    }

    proptest! {
        #[test]
        fn every_guess_is_a_charset_that_the_configuration_takes(bytes: Vec<u8>) {
            let label = Guess::of(&bytes).label();
            let text = format!("game = {{ address = \"demo\", charset = \"{label}\" }}");
            prop_assert!(Config::parse("f", &text).is_ok(), "{}", label);
        }
    }
}
