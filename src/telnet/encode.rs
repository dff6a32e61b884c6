//! The telnet encoder: whole sequences, never a part of one.

use memchr::memchr_iter;

use super::client_info::WindowSize;
use super::command::{IAC, SB, SE, Verb};
use super::decode::IacMode;
use super::environ::{self, Variable};
use super::option;

/// TTYPE: "my terminal is".
pub const TERMINAL_IS: u8 = 0;
/// TTYPE: "what is your terminal?"
pub const TERMINAL_SEND: u8 = 1;

const MSDP_VAR: u8 = 1;
const MSDP_VAL: u8 = 2;
/// MSDP's own marks, NUL to ARRAY_CLOSE; no string of it may hold them.
const MSDP_MARK_LAST: u8 = 6;

const ESCAPE: u8 = 0x1b;
const DELETE: u8 = 0x7f;

/// Appends text with each 0xFF doubled.
pub fn text(bytes: &[u8], out: &mut Vec<u8>) {
    let mut from = 0;
    for at in memchr_iter(IAC, bytes) {
        out.extend_from_slice(&bytes[from..=at]);
        from = at;
    }
    out.extend_from_slice(&bytes[from..]);
}

/// A request or an answer about an option.
#[must_use]
pub const fn negotiation(verb: Verb, option: u8) -> [u8; 3] {
    [IAC, verb.byte(), option]
}

/// Appends a whole subnegotiation.
pub fn subnegotiation(option: u8, payload: &[u8], out: &mut Vec<u8>) {
    out.reserve(payload.len() + 5);
    out.extend_from_slice(&[IAC, SB]);
    text(&[option], out);
    text(payload, out);
    out.extend_from_slice(&[IAC, SE]);
}

/// A whole subnegotiation by itself.
#[must_use]
pub fn whole(option: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    subnegotiation(option, payload, &mut out);
    out
}

/// NAWS: the window's size.
#[must_use]
pub fn naws(size: WindowSize) -> Vec<u8> {
    let [a, b] = size.columns.to_be_bytes();
    let [c, d] = size.rows.to_be_bytes();
    whole(option::NAWS, &[a, b, c, d])
}

/// TTYPE: the terminal's name.
#[must_use]
pub fn terminal_is(name: &str) -> Vec<u8> {
    whole(option::TTYPE, &[&[TERMINAL_IS], name.as_bytes()].concat())
}

/// TTYPE: the question for it.
#[must_use]
pub fn terminal_send() -> Vec<u8> {
    whole(option::TTYPE, &[TERMINAL_SEND])
}

/// NEW-ENVIRON: variables asked for ([`environ::SEND`]), told ([`environ::IS`]) or changed
/// ([`environ::INFO`]).
#[must_use]
pub fn environ(verb: u8, variables: &[Variable]) -> Vec<u8> {
    whole(option::NEW_ENVIRON, &environ::payload(verb, variables))
}

/// GMCP: a package and its JSON text, which may be empty.
#[must_use]
pub fn gmcp(package: &str, json: &str) -> Vec<u8> {
    whole(option::GMCP, &super::gmcp::message(package, json))
}

/// MSDP: a variable with its value, or with several as `REPORT` and `SEND` take them. Bytes that
/// mean something to MSDP are left out of names and values.
#[must_use]
pub fn msdp(name: &[u8], values: &[&[u8]]) -> Vec<u8> {
    let plain = |text: &[u8], payload: &mut Vec<u8>| {
        payload.extend(text.iter().filter(|&&byte| byte > MSDP_MARK_LAST && byte != IAC));
    };
    let mut payload = vec![MSDP_VAR];
    plain(name, &mut payload);
    for value in values {
        payload.push(MSDP_VAL);
        plain(value, &mut payload);
    }
    whole(option::MSDP, &payload)
}

/// How a game wants its lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineForm {
    /// Whether a 0xFF is doubled.
    pub iac: IacMode,
    /// Whether the line is UTF-8, of which no character may be cut.
    pub utf8: bool,
    /// Whether ESC stays: MXP clients begin their answers with it.
    pub keep_escape: bool,
    /// The most bytes that a line may have on the wire, not counting its end.
    pub bytes_max: usize,
}

/// Appends a player's line as the game wants it, with CR LF. Control bytes but TAB are left out: a
/// NUL ends the line for games written in C, and a line end would make two commands of it. False if
/// the line was too long and is cut.
pub fn line(line: &[u8], form: LineForm, out: &mut Vec<u8>) -> bool {
    let start = out.len();
    let mut whole = true;
    for &byte in line {
        let keep = match byte {
            b'\t' => true,
            ESCAPE => form.keep_escape,
            DELETE => false,
            _ => byte >= b' ',
        };
        if !keep {
            continue;
        }
        let width = if byte == IAC && form.iac == IacMode::Telnet { 2 } else { 1 };
        if out.len() - start + width > form.bytes_max {
            if form.utf8 && is_continuation(byte) {
                drop_partial_character(start, out);
            }
            whole = false;
            break;
        }
        out.extend_from_slice(&[byte, byte][..width]);
    }
    out.extend_from_slice(b"\r\n");
    whole
}

/// Whether a byte of UTF-8 belongs to the character that began before it.
pub(super) const fn is_continuation(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

/// Takes the beginning of a UTF-8 character off the end of `out`, but nothing before `start`.
pub(super) fn drop_partial_character(start: usize, out: &mut Vec<u8>) {
    const BEGINNING_BYTES_MAX: usize = 3;
    for _ in 0..BEGINNING_BYTES_MAX.min(out.len() - start) {
        if !out.pop().is_some_and(is_continuation) {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAME: LineForm =
        LineForm { iac: IacMode::Telnet, utf8: true, keep_escape: false, bytes_max: 8 };

    fn sent(typed: &[u8], form: LineForm) -> (Vec<u8>, bool) {
        let mut out = b">".to_vec();
        let whole = line(typed, form, &mut out);
        assert_eq!(out.remove(0), b'>');
        (out, whole)
    }

    #[test]
    fn a_line_ends_with_cr_lf_and_holds_no_control_bytes() {
        assert_eq!(sent(b"a\tb\0\r\nc\x1b\x7f\x08", GAME), (b"a\tbc\r\n".to_vec(), true));
        assert_eq!(sent(b"", GAME), (b"\r\n".to_vec(), true));
    }

    #[test]
    fn an_answer_of_an_mxp_client_keeps_its_escape() {
        let form = LineForm { keep_escape: true, ..GAME };
        assert_eq!(sent(b"\x1b[1z<V>", form), (b"\x1b[1z<V>\r\n".to_vec(), true));
    }

    #[test]
    fn a_line_is_cut_at_its_limit_as_it_is_on_the_wire() {
        for (typed, cut) in [(&b"1234567"[..], false), (b"12345678", false), (b"123456789", true)] {
            let (out, whole) = sent(typed, GAME);
            assert_eq!(out, [&typed[..typed.len().min(8)], b"\r\n"].concat());
            assert_eq!(whole, !cut);
        }
        let latin = LineForm { utf8: false, ..GAME };
        assert_eq!(sent(b"123456\xff", latin), (b"123456\xff\xff\r\n".to_vec(), true));
        assert_eq!(sent(b"1234567\xff", latin), (b"1234567\r\n".to_vec(), false));
    }

    #[test]
    fn a_game_that_knows_no_telnet_gets_its_letters_undoubled() {
        let form = LineForm { iac: IacMode::Raw8, utf8: false, ..GAME };
        assert_eq!(sent(b"\xff\xfe", form), (b"\xff\xfe\r\n".to_vec(), true));
    }

    #[test]
    fn no_character_is_cut() {
        for typed in ["1234567é", "123456€", "12345😀", "1234567😀", "12345678é"] {
            let (out, whole) = sent(typed.as_bytes(), GAME);
            let text = std::str::from_utf8(&out).unwrap().trim_end();
            assert!(typed.starts_with(text) && text.is_ascii() && text.len() >= 5, "{text}");
            assert!(!whole);
        }
        assert!(sent("12345\u{20ac}".as_bytes(), GAME).1);
    }

    #[test]
    fn what_is_not_utf_8_loses_no_more_than_a_character() {
        assert_eq!(sent(&[0x80; 9], GAME), ([&[0x80; 5][..], b"\r\n"].concat(), false));
    }

    #[test]
    fn msdp_strings_hold_no_marks() {
        let report = msdp(b"REPORT", &[b"HEALTH", b"MA\x02N\xffA\0"]);
        assert_eq!(report, b"\xff\xfaE\x01REPORT\x02HEALTH\x02MANA\xff\xf0");
    }

    #[test]
    fn gmcp_is_a_package_and_its_data() {
        assert_eq!(gmcp("Core.Ping", ""), b"\xff\xfa\xc9Core.Ping\xff\xf0");
        assert_eq!(gmcp("A.B", "{}"), b"\xff\xfa\xc9A.B {}\xff\xf0");
    }
}
