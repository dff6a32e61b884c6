//! CHARSET (RFC 2066): one end lists charsets, the other takes one of them or none.

/// "Which of these?"
pub const REQUEST: u8 = 1;
/// "This one."
pub const ACCEPTED: u8 = 2;
/// "None."
pub const REJECTED: u8 = 3;
/// "Here is a table to translate by."
pub const TTABLE_IS: u8 = 4;
/// "I take no tables."
pub const TTABLE_REJECTED: u8 = 5;

/// What some put before the list, with one byte of version after it. Tables are never used.
const TTABLE: &[u8] = b"[TTABLE]";

/// The names in a REQUEST, without its first byte: a separator, then names with it between them.
pub fn requested(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    let list = match list.strip_prefix(TTABLE) {
        Some(after) => after.get(1..).unwrap_or_default(),
        None => list,
    };
    let (separator, names) =
        list.split_first().map_or((b';', list), |(&first, rest)| (first, rest));
    names.split(move |&byte| byte == separator).filter(|name| !name.is_empty())
}

/// Whether two names mean the same charset: in either case, with or without marks and spaces.
#[must_use]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    fn letters(name: &[u8]) -> impl Iterator<Item = u8> {
        name.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase)
    }
    letters(one).eq(letters(other))
}

/// Whether a game that offers `name` has what is called `ours`: the same name, or another one for the same
/// charset (Encoding Standard, 4.2). There ASCII is called what holds it; a game that is told that it
/// is ASCII sends no other letter.
#[must_use]
pub fn is_meant(name: &[u8], ours: &[u8]) -> bool {
    const ASCII: [&[u8]; 4] = [b"us-ascii", b"ascii", b"ansi_x3.4-1968", b"iso-ir-6"];
    let charset = encoding_rs::Encoding::for_label;
    let is_ascii = ASCII.iter().any(|ascii| same(name, ascii));
    same(name, ours) || !is_ascii && charset(name).is_some() && charset(name) == charset(ours)
}

/// What to answer to a CHARSET payload that asks something, where only charsets for which `known`
/// is true can be taken. The name goes back as it came.
#[must_use]
pub fn answer(payload: &[u8], known: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    match payload.split_first()? {
        (&REQUEST, list) => Some(match requested(list).find(|name| known(name)) {
            Some(name) => [&[ACCEPTED], name].concat(),
            None => vec![REJECTED],
        }),
        (&TTABLE_IS, _) => Some(vec![TTABLE_REJECTED]),
        _ => None,
    }
}

/// A REQUEST for one of `names`, best first.
#[must_use]
pub fn request<'n>(names: impl Iterator<Item = &'n str>) -> Vec<u8> {
    let mut payload = vec![REQUEST];
    for name in names {
        payload.push(b';');
        payload.extend_from_slice(name.as_bytes());
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer_for(ours: &str, payload: &[u8]) -> Option<Vec<u8>> {
        answer(payload, |name| same(name, ours.as_bytes()))
    }

    #[test]
    fn a_charset_has_several_names_and_ascii_is_none_of_them() {
        for (name, ours, expected) in [
            ("ISO-8859-1", "ISO-8859-1", true),
            ("iso8859-1", "windows-1252", true),
            ("CP1252", "ISO-8859-1", true),
            ("US-ASCII", "ISO-8859-1", false),
            ("ASCII", "windows-1252", false),
            ("ISO-8859-2", "ISO-8859-1", false),
            ("ISO-8859-9", "windows-1254", true),
            ("UTF8", "UTF-8", true),
            ("nonsense", "other nonsense", false),
        ] {
            assert_eq!(is_meant(name.as_bytes(), ours.as_bytes()), expected, "{name} {ours}");
        }
    }

    #[test]
    fn only_the_charset_that_is_ours_is_taken() {
        let list = b"\x01;UTF-8;ISO-8859-1";
        assert_eq!(answer_for("utf-8", list), Some(b"\x02UTF-8".to_vec()));
        assert_eq!(answer_for("ISO 8859-1", list), Some(b"\x02ISO-8859-1".to_vec()));
        assert_eq!(answer_for("KOI8-R", list), Some(b"\x03".to_vec()));
    }

    #[test]
    fn any_separator_will_do() {
        assert_eq!(answer_for("UTF-8", b"\x01 KOI8-R UTF-8"), Some(b"\x02UTF-8".to_vec()));
        assert_eq!(answer_for("UTF-8", b"\x01"), Some(b"\x03".to_vec()));
        assert_eq!(answer_for("UTF-8", b"\x01;"), Some(b"\x03".to_vec()));
    }

    #[test]
    fn tables_are_refused_and_looked_past() {
        assert_eq!(answer_for("UTF-8", b"\x04anything"), Some(vec![TTABLE_REJECTED]));
        assert_eq!(answer_for("UTF-8", b"\x01[TTABLE]\x01;UTF-8"), Some(b"\x02UTF-8".to_vec()));
        assert_eq!(answer_for("UTF-8", b"\x01[TTABLE]"), Some(vec![REJECTED]));
    }

    #[test]
    fn answers_are_not_answered() {
        for payload in [&b""[..], b"\x02UTF-8", b"\x03", b"\x05", b"\x06", b"\x07", b"\xff"] {
            assert_eq!(answer_for("UTF-8", payload), None);
        }
    }

    #[test]
    fn a_request_names_the_best_first() {
        assert_eq!(request(["UTF-8", "ISO-8859-1"].into_iter()), b"\x01;UTF-8;ISO-8859-1");
    }
}
