//! Styled text and how it is laid out on a player's screen.
//!
//! Within the game a text is a string in which control characters mark styles. Whatever a player
//! typed has been through [`clean`], so nobody can mark anything.

/// Ends a style.
pub(super) const PLAIN: char = '\u{1}';
/// The name of a place.
pub(super) const TITLE: char = '\u{2}';
/// Where one can go, what one can type.
pub(super) const WAY: char = '\u{3}';
/// Somebody.
pub(super) const NAME: char = '\u{4}';
/// What somebody says.
pub(super) const SPEECH: char = '\u{5}';
/// What happens by itself.
pub(super) const EVENT: char = '\u{6}';
/// What the game says about itself.
pub(super) const NOTE: char = '\u{7}';

fn colour_of(mark: char) -> Option<&'static str> {
    match mark {
        PLAIN => Some("\x1b[0m"),
        TITLE => Some("\x1b[1;33m"),
        WAY => Some("\x1b[36m"),
        NAME => Some("\x1b[1;37m"),
        SPEECH => Some("\x1b[32m"),
        EVENT => Some("\x1b[34;1m"),
        NOTE => Some("\x1b[35m"),
        _ => None,
    }
}

/// What a player typed, as text: no control characters, spaces trimmed.
pub(super) fn clean(typed: &[u8]) -> String {
    let text = String::from_utf8_lossy(typed);
    text.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned()
}

/// Appends `text`, each of its lines wrapped at words to `columns` and ended with CR LF.
pub(super) fn lay_out(text: &str, columns: usize, colour: bool, out: &mut Vec<u8>) {
    for line in text.split('\n') {
        wrap(line, columns.max(1), colour, out);
        out.extend_from_slice(b"\r\n");
    }
}

fn wrap(line: &str, columns: usize, colour: bool, out: &mut Vec<u8>) {
    let mut column = 0;
    for (at, word) in line.split(' ').enumerate() {
        let width = word.chars().filter(|c| colour_of(*c).is_none()).count();
        if at > 0 && column + 1 + width > columns && width > 0 {
            out.extend_from_slice(b"\r\n");
            column = 0;
        } else if at > 0 && column < columns {
            out.push(b' ');
            column += 1;
        }
        column = put(word, column, columns, colour, out);
    }
}

/// Appends a word, cut wherever the screen ends; returns the column behind it.
fn put(word: &str, mut column: usize, columns: usize, colour: bool, out: &mut Vec<u8>) -> usize {
    for c in word.chars() {
        if let Some(code) = colour_of(c) {
            out.extend_from_slice(if colour { code.as_bytes() } else { b"" });
            continue;
        }
        if column == columns {
            out.extend_from_slice(b"\r\n");
            column = 0;
        }
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        column += 1;
    }
    column
}

/// "a, b and c".
pub(super) fn list(items: &[&str]) -> String {
    match items {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid_out(text: &str, columns: usize, colour: bool) -> String {
        let mut out = Vec::new();
        lay_out(text, columns, colour, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_line_wraps_at_words_when_it_is_one_too_long() {
        assert_eq!(laid_out("one two", 8, false), "one two\r\n");
        assert_eq!(laid_out("one two", 7, false), "one two\r\n");
        assert_eq!(laid_out("one two", 6, false), "one\r\ntwo\r\n");
    }

    #[test]
    fn a_word_longer_than_the_screen_is_cut() {
        assert_eq!(laid_out("abcdefg hi", 3, false), "abc\r\ndef\r\ng\r\nhi\r\n");
    }

    #[test]
    fn marks_take_no_room_and_are_colours_only_where_wanted() {
        let text = format!("{NAME}ab{PLAIN} cd");
        assert_eq!(laid_out(&text, 5, false), "ab cd\r\n");
        assert_eq!(laid_out(&text, 5, true), "\x1b[1;37mab\x1b[0m cd\r\n");
    }

    #[test]
    fn indents_and_empty_lines_stay() {
        assert_eq!(laid_out("  a\n\nb", 10, false), "  a\r\n\r\nb\r\n");
    }

    #[test]
    fn characters_count_not_bytes() {
        assert_eq!(
            laid_out("\u{e4}\u{e4}\u{e4} \u{e4}", 5, false),
            "\u{e4}\u{e4}\u{e4} \u{e4}\r\n"
        );
    }

    #[test]
    fn nobody_can_type_a_mark() {
        let typed: Vec<u8> = (0..=255).collect();
        assert!(!clean(&typed).chars().any(char::is_control));
        assert_eq!(clean(b" \x02hi\x1b[1m\r\x7f "), "hi[1m");
    }

    #[test]
    fn lists_read_well() {
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(list(&["a"]), "a");
    }
}
