//! Text that a player or a game controls, made fit for a log: one short line of printable ASCII
//! that cannot pass for anything else in the log line.

use std::fmt;

/// Longest text that is shown, in characters of the result without its quotes.
pub const PRINTABLE_CHARS_MAX: usize = 64;

/// Shows bytes as a log may show them. A plain word is shown as it is; anything else in quotes with
/// control characters, quotes, backslashes and all that is not ASCII as escapes; what is longer
/// than [`PRINTABLE_CHARS_MAX`] is cut and ends in three dots.
///
/// ```
/// use mudkeep::printable::Printable;
/// assert_eq!(Printable::new("Bob").to_string(), "Bob");
/// assert_eq!(Printable::new("Bob user=Eve\n").to_string(), r#""Bob user=Eve\n""#);
/// ```
#[derive(Clone, Copy)]
pub struct Printable<'a>(&'a [u8]);

impl<'a> Printable<'a> {
    /// Shows `text` when it is displayed; nothing is copied.
    #[must_use]
    pub fn new(text: &'a (impl AsRef<[u8]> + ?Sized)) -> Printable<'a> {
        Printable(text.as_ref())
    }

    fn is_plain_word(&self) -> bool {
        let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:'@".contains(byte);
        !self.0.is_empty() && self.0.len() <= PRINTABLE_CHARS_MAX && self.0.iter().all(plain)
    }
}

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_plain_word() {
            return self.0.iter().try_for_each(|byte| write!(f, "{}", char::from(*byte)));
        }
        f.write_str("\"")?;
        let mut room = PRINTABLE_CHARS_MAX;
        for byte in self.0 {
            let escaped = std::ascii::escape_default(*byte);
            match room.checked_sub(escaped.len()) {
                Some(left) => room = left,
                None => return f.write_str("\"..."),
            }
            escaped.fmt(f)?;
        }
        f.write_str("\"")
    }
}

impl fmt::Debug for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether a character changes how its neighbours look without being seen itself: direction marks,
/// zero-width characters, line and paragraph separators.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str) -> String {
        Printable::new(text).to_string()
    }

    #[test]
    fn a_plain_word_is_shown_as_it_is() {
        for word in ["Bob", "O'Neil", "bob@example.org", "192.0.2.1:4000", "x"] {
            assert_eq!(shown(word), word);
        }
    }

    #[test]
    fn anything_else_is_quoted_and_escaped() {
        assert_eq!(shown(""), r#""""#);
        assert_eq!(shown("a b"), r#""a b""#);
        assert_eq!(shown("x=1"), r#""x=1""#);
        assert_eq!(shown("\u{1b}[31m\r\n\0"), r#""\x1b[31m\r\n\x00""#);
        assert_eq!(shown("\u{202e}é"), r#""\xe2\x80\xae\xc3\xa9""#);
        assert_eq!(shown(r#"a"b\c"#), r#""a\"b\\c""#);
        assert_eq!(Printable::new(&[0xffu8, 0x41]).to_string(), r#""\xffA""#);
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let word = |length| "a".repeat(length);
        assert_eq!(shown(&word(63)), word(63));
        assert_eq!(shown(&word(64)), word(64));
        assert_eq!(shown(&word(65)), format!("\"{}\"...", word(64)));
    }

    #[test]
    fn an_escape_is_never_cut_in_half() {
        assert_eq!(shown(&"\u{1}".repeat(99)), format!("\"{}\"...", r"\x01".repeat(16)));
        let odd = format!("a{}", "\u{1}".repeat(99));
        assert_eq!(shown(&odd), format!("\"a{}\"...", r"\x01".repeat(15)));
    }

    proptest! {
        #[test]
        fn whatever_comes_the_result_is_short_and_printable(bytes: Vec<u8>) {
            let text = Printable::new(&bytes).to_string();
            prop_assert!(text.len() <= PRINTABLE_CHARS_MAX + 5);
            prop_assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        }
    }
}
