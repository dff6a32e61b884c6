//! Just enough reading of Rust for the rules: code without comments and literals, the part of a
//! file before its tests, and functions by counting braces.

/// The same text with everything in comments, strings and character literals turned into spaces;
/// line breaks stay where they are.
pub(crate) fn code_only(source: &str) -> String {
    let mut left = source;
    let mut code = String::with_capacity(source.len());
    let mut before = ' ';
    while let Some(next) = left.chars().next() {
        let literal = literal_length(left, before);
        let length = literal.unwrap_or(next.len_utf8());
        let (taken, rest) = left.split_at(length);
        if literal.is_some() {
            code.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        } else {
            code.push(next);
        }
        before = next;
        left = rest;
    }
    code
}

/// How long the comment, string or character literal is that `text` begins with, if it does.
/// `before` is what stands in front: a raw string's `r` is not the end of a name.
fn literal_length(text: &str, before: char) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(block_comment_length(text));
    }
    if let Some(rest) = text.strip_prefix('"') {
        return Some(1 + quoted_length(rest, '"'));
    }
    if text.starts_with('\'') {
        return character_length(text);
    }
    if before.is_alphanumeric() || before == '_' {
        return None;
    }
    let rest = text.trim_start_matches(['b', 'c']);
    raw_string_length(rest).map(|length| text.len() - rest.len() + length)
}

fn block_comment_length(text: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The length up to and with the closing `quote`, backslashes minded.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

/// A character literal's length, or `None` for a lifetime.
fn character_length(text: &str) -> Option<usize> {
    let inner = &text[1..];
    if inner.starts_with('\\') {
        return Some(1 + quoted_length(inner, '\''));
    }
    let first = inner.chars().next()?.len_utf8();
    inner[first..].starts_with('\'').then_some(1 + first + 1)
}

fn raw_string_length(text: &str) -> Option<usize> {
    let rest = text.strip_prefix('r')?;
    let hashes = rest.len() - rest.trim_start_matches('#').len();
    let body = rest[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(1 + hashes + 1 + length)
}

/// The part of a file in front of its tests. A module for tests that has a file of its own ends
/// nothing here.
pub(crate) fn before_tests(source: &str) -> &str {
    let opens_here = |at: usize| {
        let declaration = source[at..].trim_start().lines().nth(1).unwrap_or_default();
        !declaration.trim_end().ends_with(';')
    };
    let mut starts = source.match_indices("\n#[cfg(test)]\nmod ").map(|(at, _)| at);
    starts.find(|&at| opens_here(at)).map_or(source, |at| &source[..=at])
}

/// The code of a file without what is compiled for tests only; line breaks stay where they are.
pub(crate) fn without_tests(source: &str) -> String {
    const MARK: &str = "#[cfg(test)]";
    let code = code_only(source);
    let mut kept = String::with_capacity(code.len());
    let mut left = code.as_str();
    while let Some(at) = left.find(MARK) {
        let (before, item) = left.split_at(at);
        let (test, rest) = item.split_at(MARK.len() + item_length(&item[MARK.len()..]));
        kept.push_str(before);
        kept.extend(test.chars().filter(|&c| c == '\n'));
        left = rest;
    }
    kept + left
}

/// The length up to an item's semicolon or last brace, further attributes included.
fn item_length(code: &str) -> usize {
    let mut nesting = 0;
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => nesting += 1,
            ')' | ']' | '}' => nesting -= 1,
            _ => {}
        }
        if nesting == 0 && matches!(c, ';' | '}') {
            return at + 1;
        }
    }
    code.len()
}

/// A function's name and how many lines of code its body has.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) lines: usize,
}

/// Every function that has a body and is not for tests only.
pub(crate) fn functions(source: &str) -> Vec<Function> {
    let code = without_tests(source);
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + 3..];
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if let Some(body) = body(rest).filter(|_| !name.is_empty()) {
            found.push(Function { name, lines: code_lines(body) });
        }
    }
    found
}

/// What stands between a function's braces; `None` for a declaration without a body.
fn body(signature: &str) -> Option<&str> {
    let mut nesting = 0;
    let mut open = None;
    for (at, c) in signature.char_indices() {
        match (c, open) {
            ('(' | '[', None) => nesting += 1,
            (')' | ']', None) => nesting -= 1,
            (';', None) if nesting == 0 => return None,
            ('{', None) => {
                open = Some(at + 1);
                nesting = 1;
            }
            ('{', Some(_)) => nesting += 1,
            ('}', Some(start)) => {
                nesting -= 1;
                if nesting == 0 {
                    return Some(&signature[start..at]);
                }
            }
            _ => {}
        }
    }
    None
}

/// How many lines have code on them.
pub(crate) fn code_lines(code: &str) -> usize {
    code.lines().filter(|line| !line.trim().is_empty()).count()
}

#[test]
fn comments_and_literals_are_not_code() {
    let source = r##"a // b
"c \" d" e r#"f " g"# 'h' '\'' /* i /* j */ k */ l<'m> br"n" for_r"o""##;
    let code = code_only(source);
    let words: Vec<&str> = code.split_whitespace().collect();
    assert_eq!(words, ["a", "e", "l<'m>", "for_r"]);
    assert_eq!(code.matches('\n').count(), 1);
}

#[test]
fn functions_are_found_with_their_length() {
    let source = "
        trait T { fn none(&self) -> [u8; 2]; }
        fn one() { 1 }
        fn three(f: fn(u8)) {
            // not counted

            if let Some('{') = x { \"}\"; }
            match y {
            }
        }
        #[cfg(test)]
        #[allow(dead_code)]
        fn test(u: [u8; 2]) -> u8 { fn inner() {} }
        #[cfg(test)]
        mod tests;
        fn kept() {}
        #[cfg(test)]
        mod more { fn test() {} }
";
    let seen: Vec<_> = functions(source).into_iter().map(|f| (f.name, f.lines)).collect();
    let named = |name: &str, lines| (name.to_owned(), lines);
    assert_eq!(seen, [named("one", 1), named("three", 3), named("kept", 0)]);
}

#[test]
fn what_is_for_tests_only_is_left_out_and_lines_stay() {
    let source =
        "a\n#[cfg(test)]\n#[path = \"x\"]\nmod x {\n  fn f() {}\n}\nb\n#[cfg(test)]\nuse c;\nd";
    let code = without_tests(source);
    assert_eq!(code.split_whitespace().collect::<Vec<_>>(), ["a", "b", "d"]);
    assert_eq!(code.lines().count(), source.lines().count());
}
