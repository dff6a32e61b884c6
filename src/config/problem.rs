//! What is wrong with a configuration file, said so that it can be put right without a manual:
//! where it is, what was found there, what is allowed, and what was probably meant.

use std::fmt::{self, Write as _};
use std::ops::Range;

/// Longest piece of a line that an excerpt shows, in characters.
const EXCERPT_CHARS_MAX: usize = 100;
/// Where lists of allowed words are folded, in characters.
const FOLD_CHARS_MAX: usize = 96;

/// Why a configuration could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be opened or read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// Its name as given.
        file: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file was read and is wrong: everything that is wrong with it, in the file's order.
    #[error(transparent)]
    Problems(#[from] Problems),
}

/// All that is wrong with one file, in the file's order; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl std::error::Error for Problems {}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n\n")?;
            }
            problem.fmt(f)?;
        }
        Ok(())
    }
}

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file's name as given.
    pub file: String,
    /// Where it starts.
    pub place: Place,
    /// The key in full, like `session.hold`; empty where the file is not TOML at all.
    pub key: String,
    /// What was found, in words.
    pub found: String,
    /// What would be right.
    pub allowed: Option<String>,
    /// What was probably meant.
    pub meant: Option<String>,
}

impl Problem {
    /// All of it but the excerpt, for a log.
    #[must_use]
    pub fn on_one_line(&self) -> String {
        let Place { line, column, .. } = &self.place;
        let separator = if self.key.is_empty() { "" } else { ": " };
        let mut said =
            format!("{}:{line}:{column}: {}{separator}{}", self.file, self.key, self.found);
        for (label, text) in [("allowed:", &self.allowed), ("did you mean", &self.meant)] {
            if let Some(text) = text {
                let _ = write!(said, "; {label} {text}");
            }
        }
        said.chars().map(printable).collect()
    }
}

/// A place in a file, with the line it is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// The line, or the part of it around the place; printable.
    excerpt: String,
    /// Characters of the excerpt in front of the place.
    indent: usize,
    /// Characters that the place covers in the excerpt, at least 1.
    width: usize,
}

impl Place {
    /// The place that `span` covers in `source`; any span is good, also one past the end.
    pub(super) fn of(source: &str, span: Range<usize>) -> Place {
        let start = floor_char(source, span.start);
        let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = source[start..].find('\n').map_or(source.len(), |at| start + at);
        let end = floor_char(source, span.end).clamp(start, line_end);
        let column = source[line_start..start].chars().count();
        let width = source[start..end].chars().count().max(1);
        let skipped = column.saturating_sub(EXCERPT_CHARS_MAX / 2);
        let text = source[line_start..line_end].trim_end_matches('\r');
        Place {
            line: source[..line_start].matches('\n').count() + 1,
            column: column + 1,
            excerpt: text.chars().skip(skipped).take(EXCERPT_CHARS_MAX).map(printable).collect(),
            indent: column - skipped,
            width: width.min(EXCERPT_CHARS_MAX - (column - skipped)),
        }
    }
}

/// The largest character boundary that is not after `index`.
fn floor_char(source: &str, index: usize) -> usize {
    source.floor_char_boundary(index.min(source.len()))
}

/// A character as an excerpt shows it: one column wide, harmless to a terminal.
fn printable(c: char) -> char {
    if c == '\t' {
        ' '
    } else if c.is_control() || crate::printable::is_invisible(c) {
        '?'
    } else {
        c
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { line, column, excerpt, indent, width } = &self.place;
        let separator = if self.key.is_empty() { "" } else { ": " };
        writeln!(f, "{}:{line}:{column}: {}{separator}{}", self.file, self.key, self.found)?;
        let gutter = line.to_string().len();
        writeln!(f, "{:gutter$} |", "")?;
        writeln!(f, "{line} | {excerpt}")?;
        write!(f, "{:gutter$} | {:indent$}{:^<width$}", "", "", "")?;
        if let Some(allowed) = &self.allowed {
            write!(f, "\n{:gutter$} = {}", "", folded("allowed: ", allowed, gutter))?;
        }
        if let Some(meant) = &self.meant {
            write!(f, "\n{:gutter$} = did you mean {meant}?", "")?;
        }
        Ok(())
    }
}

/// `label` and `text`, with line ends put in so that long lists stay readable.
fn folded(label: &str, text: &str, gutter: usize) -> String {
    let margin = gutter + " = ".len() + label.len();
    let mut out = String::from(label);
    let mut column = margin;
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 && column + 1 + word.len() > FOLD_CHARS_MAX {
            let _ = write!(out, "\n{:margin$}", "");
            column = margin;
        } else if index > 0 {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.len();
    }
    out
}

/// The word of `words` that `typed` was probably meant to be.
pub(crate) fn nearest<'a>(
    typed: &str,
    words: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let typed: String = typed.chars().take(64).map(|c| c.to_ascii_lowercase()).collect();
    words
        .into_iter()
        .map(|word| (edits(&typed, word), word))
        .filter(|(edits, word)| *edits <= word.len().div_ceil(3))
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, word)| word)
}

/// How many characters must be put in, taken out, changed or swapped to make `a` into `b`.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    let mut above_that = above.clone();
    let mut last = None;
    for (i, ca) in a.chars().enumerate() {
        let mut row = vec![i + 1];
        for (j, cb) in b.iter().enumerate() {
            let changed = above[j] + usize::from(ca != *cb);
            let mut best = changed.min(above[j + 1] + 1).min(row[j] + 1);
            if j > 0 && last == Some(*cb) && ca == b[j - 1] {
                best = best.min(above_that[j - 1] + 1);
            }
            row.push(best);
        }
        above_that = std::mem::replace(&mut above, row);
        last = Some(ca);
    }
    above[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str, span: Range<usize>) -> String {
        let problem = Problem {
            file: "f".into(),
            place: Place::of(source, span),
            key: String::new(),
            found: "x".into(),
            allowed: None,
            meant: None,
        };
        problem.to_string()
    }

    #[test]
    fn the_caret_stands_under_what_is_meant() {
        assert_eq!(
            shown("a = 1\r\nbb = 22\r\n", 12..14),
            "f:2:6: x\n  |\n2 | bb = 22\n  |      ^^"
        );
        assert_eq!(shown("é = ü", 5..7), "f:1:5: x\n  |\n1 | é = ü\n  |     ^");
    }

    #[test]
    fn a_place_at_or_past_the_end_is_still_a_place() {
        assert_eq!(shown("", 0..0), "f:1:1: x\n  |\n1 | \n  | ^");
        assert_eq!(shown("a\n", 99..100), "f:2:1: x\n  |\n2 | \n  | ^");
    }

    #[test]
    fn a_span_of_several_lines_is_marked_to_the_end_of_the_first() {
        assert_eq!(shown("ab\ncd", 1..5), "f:1:2: x\n  |\n1 | ab\n  |  ^");
    }

    #[test]
    fn an_excerpt_is_cut_around_the_place_and_harmless() {
        let source = format!("{}\u{1b}\t\u{202e}x{}", "a".repeat(1_000), "b".repeat(1_000));
        let text = shown(&source, 1_000..1_001);
        let excerpt = text.lines().nth(2).unwrap().trim_start_matches("1 | ");
        assert_eq!(excerpt, format!("{}? ?x{}", "a".repeat(50), "b".repeat(46)));
        assert_eq!(text.lines().nth(3).unwrap().len(), "  | ".len() + 50 + 1);
    }

    #[test]
    fn the_carets_do_not_go_beyond_the_excerpt() {
        let text = shown(&"x".repeat(1_000), 900..1_000);
        assert_eq!(
            text.lines().last().unwrap(),
            format!("  | {}{}", " ".repeat(50), "^".repeat(50))
        );
    }

    #[test]
    fn the_nearest_word_is_found_and_a_far_one_is_not() {
        let words = ["history", "hold", "linger"];
        assert_eq!(nearest("histroy", words), Some("history"));
        assert_eq!(nearest("HOLD", words), Some("hold"));
        assert_eq!(nearest("hodl", words), Some("hold"));
        assert_eq!(nearest("colour", words), None);
        assert_eq!(nearest("", words), None);
    }

    #[test]
    fn edits_are_counted_as_people_make_them() {
        for (a, b, count) in
            [("", "", 0), ("", "ab", 2), ("ab", "ba", 1), ("kitten", "sitting", 3), ("a", "a", 0)]
        {
            assert_eq!(edits(a, b), count, "{a} {b}");
        }
    }
}
