//! Text that is shown again must not do again what it did: no sounds, no messages, no echo
//! changes, and no MXP mode in which old text could act as markup.

use memchr::{memchr, memchr2};

use super::canonical::{events, push_shown};
use super::{CR, History, LF};
use crate::telnet::command::{GA, IAC};

const ESC: u8 = 0x1B;

/// The mode in which an MXP client reads lines until told otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MxpLock {
    /// Only harmless tags work; what a client starts with.
    #[default]
    Open,
    /// All tags work.
    Secure,
    /// No tags work.
    Locked,
}

impl MxpLock {
    fn sequence(self) -> &'static [u8] {
        match self {
            MxpLock::Open => b"\x1B[5z",
            MxpLock::Secure => b"\x1B[6z",
            MxpLock::Locked => b"\x1B[7z",
        }
    }

    /// What a mode sequence sets for good, if it does.
    fn of(mode: u8) -> Option<MxpLock> {
        match mode {
            3 | 5 => Some(MxpLock::Open),
            6 => Some(MxpLock::Secure),
            7 => Some(MxpLock::Locked),
            _ => None,
        }
    }
}

/// Appends what of canonical output can be shown again to `out`, as canonical output: its text
/// and prompt marks, without sound and music triggers. `canonical` starts where a line does. For
/// a client with MXP (`mxp` is the mode it goes on in) the text is put in locked mode, so that
/// its tags are shown and do nothing.
pub fn text_only(canonical: &[u8], mxp: Option<MxpLock>, out: &mut Vec<u8>) {
    let mut shown = Vec::with_capacity(canonical.len());
    events(canonical).for_each(|event| push_shown(event, &mut shown));
    if mxp.is_some() {
        out.extend_from_slice(MxpLock::Locked.sequence());
    }
    let mut rest = shown.as_slice();
    while !rest.is_empty() {
        let (line, later) = rest.split_at(line_length(rest));
        push_line(line, mxp.is_some(), out);
        rest = later;
    }
    if let Some(lock) = mxp {
        out.extend_from_slice(lock.sequence());
    }
}

/// How long the first line is with its end: for a client a prompt mark ends one too.
fn line_length(shown: &[u8]) -> usize {
    let mut from = 0;
    while let Some(at) = memchr2(LF, IAC, &shown[from..]).map(|at| from + at) {
        match shown[at..] {
            [LF, ..] => return at + 1,
            [IAC, GA, ..] => return at + 2,
            _ => from = (at + 2).min(shown.len()),
        }
    }
    shown.len()
}

/// Appends a line without the triggers it starts with; of a line that was nothing else, nothing.
fn push_line(line: &[u8], mxp: bool, out: &mut Vec<u8>) {
    let mut rest = line;
    loop {
        let (before, trigger) = rest.split_at(line_start_length(rest));
        push_text(before, mxp, out);
        let length = trigger_length(trigger);
        rest = &trigger[length..];
        if length == 0 {
            return push_text(rest, mxp, out);
        }
        if rest.iter().all(u8::is_ascii_whitespace) {
            return;
        }
    }
}

/// How many bytes at the start of a line are not shown: CR, colours and modes.
fn line_start_length(line: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += match &line[at..] {
            [CR, ..] => 1,
            [ESC, b'[', rest @ ..] => match control_length(rest) {
                Some((length, b'm' | b'z')) => 2 + length,
                _ => return at,
            },
            _ => return at,
        }
    }
}

/// How long a sound or music trigger is that the text starts with; 0 if it does not.
fn trigger_length(text: &[u8]) -> usize {
    if !text.starts_with(b"!!SOUND(") && !text.starts_with(b"!!MUSIC(") {
        return 0;
    }
    memchr(b')', text).map_or(0, |end| end + 1)
}

/// How long the rest of a control sequence is after its `ESC [`, and what it ends with.
fn control_length(rest: &[u8]) -> Option<(usize, u8)> {
    let end = rest.iter().position(|byte| !matches!(byte, b' '..=b'?'))?;
    Some((end + 1, rest[end]))
}

/// Appends text; for a client with MXP without the sequences that set its mode.
fn push_text(text: &[u8], mxp: bool, out: &mut Vec<u8>) {
    let mut rest = text;
    while mxp && let Some(at) = memchr(ESC, rest) {
        let (plain, sequence) = rest.split_at(at);
        out.extend_from_slice(plain);
        let mode = match sequence {
            [ESC, b'[', rest @ ..] => control_length(rest).filter(|&(_, last)| last == b'z'),
            _ => None,
        };
        let length = mode.map_or(0, |(length, _)| 2 + length);
        if length == 0 {
            out.push(ESC);
        }
        rest = &sequence[length.max(1)..];
    }
    out.extend_from_slice(rest);
}

/// How much has been read of a sequence `ESC [ digits z`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Text,
    Escape,
    Digits(u8),
}

impl Mode {
    fn after(self, byte: u8) -> (Mode, Option<MxpLock>) {
        let next = match (self, byte) {
            (_, ESC) => Mode::Escape,
            (Mode::Escape, b'[') => Mode::Digits(0),
            (Mode::Digits(mode), b'0'..=b'9') => {
                Mode::Digits(mode.saturating_mul(10).saturating_add(byte - b'0'))
            }
            (Mode::Digits(mode), b'z') => return (Mode::Text, MxpLock::of(mode)),
            (Mode::Text | Mode::Escape | Mode::Digits(_), _) => Mode::Text,
        };
        (next, None)
    }
}

impl History {
    /// The MXP mode that the game last set for good, as far as it is held.
    #[must_use]
    pub fn mxp_lock(&self) -> MxpLock {
        let mut lock = MxpLock::default();
        let mut mode = Mode::Text;
        for (_, text) in self.text_between(self.tail(), self.head()) {
            let mut at = 0;
            while at < text.len() {
                if mode == Mode::Text {
                    at += memchr(ESC, &text[at..]).unwrap_or(text.len() - at - 1);
                }
                let found;
                (mode, found) = mode.after(text[at]);
                lock = found.unwrap_or(lock);
                at += 1;
            }
        }
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Epoch;

    fn shown(canonical: &[u8], mxp: Option<MxpLock>) -> Vec<u8> {
        let mut out = Vec::new();
        text_only(canonical, mxp, &mut out);
        out
    }

    #[test]
    fn only_text_and_prompts_are_shown_again() {
        let said =
            b"a\xFF\xFF\xFF\xFB\x01b\xFF\xFA\xC9Char.Vitals {}\xFF\xF0\r\n> \xFF\xF9c\xFF\xFC\x01";
        assert_eq!(shown(said, None), b"a\xFF\xFFb\r\n> \xFF\xF9c");
    }

    #[test]
    fn sounds_and_music_are_not_played_again() {
        for (said, again) in [
            (&b"!!SOUND(x V=1)\r\nhello\r\n"[..], &b"hello\r\n"[..]),
            (b"!!MUSIC(Off)\nhello\n", b"hello\n"),
            (b"!!SOUND(x) hello\n", b" hello\n"),
            (b"say !!SOUND(x)\n", b"say !!SOUND(x)\n"),
            (b"a\n\r!!SOUND(x)\n\rb", b"a\n\r\rb"),
            (b"\x1B[1;31m!!SOUND(x)\nb", b"\x1B[1;31mb"),
            (b"!!SOUND(x)!!MUSIC(y)\nb", b"b"),
            (b"!!SOUND(x)\x1B[0m!!MUSIC(y)\nb", b"\x1B[0mb"),
            (b"> \xFF\xF9!!SOUND(x)\nb", b"> \xFF\xF9b"),
            (b"!!SOUND(never closed\n", b"!!SOUND(never closed\n"),
            (b"!!SOUND", b"!!SOUND"),
            (b"!!SOUND(a\xFF\xFFb)\n", b""),
        ] {
            assert_eq!(shown(said, None), again, "{}", said.escape_ascii());
        }
    }

    #[test]
    fn old_markup_is_shown_locked_and_the_mode_set_back() {
        let said = b"\x1B[1z<send>go</send>\x1B[6z\x1B[31mx\x1B[z\x1B";
        assert_eq!(
            shown(said, Some(MxpLock::Secure)),
            b"\x1B[7z<send>go</send>\x1B[31mx\x1B\x1B[6z"
        );
        assert_eq!(shown(said, None), said);
    }

    #[test]
    fn the_last_mode_set_for_good_is_found_even_when_cut() {
        let mut history = History::new(Epoch(1), 1 << 20);
        assert_eq!(history.mxp_lock(), MxpLock::Open);
        history.text(b"x\x1B");
        history.prompt();
        history.text(b"[");
        history.text(b"6z text \x1B[1z\x1B[4z\x1B[0z\x1B[31m");
        assert_eq!(history.mxp_lock(), MxpLock::Secure);
        history.text(b"\x1B[7z");
        assert_eq!(history.mxp_lock(), MxpLock::Locked);
        history.text(b"\x1B[263z\x1B[99999z\x1B\x1B[3z");
        assert_eq!(history.mxp_lock(), MxpLock::Open);
    }

    /// What a hostile game could send to make this slow; a second look at every byte for each
    /// piece would take minutes.
    #[test]
    fn long_lines_are_looked_at_once() {
        let long = |piece: &[u8]| piece.repeat((1 << 18) / piece.len());
        for said in [
            [long(b"!!SOUND()"), long(b" ")].concat(),
            [b"!!SOUND()".to_vec(), long(b"!!SOUND("), b"\n".to_vec()].concat(),
            long(b"\x1B["),
            long(b"\x1B[1"),
            [long(b"\x1B[m"), long(b"!!SOUND(")].concat(),
            long(b"\xFF\xFF"),
            long(b"\xFF\xF9"),
        ] {
            assert!(shown(&said, Some(MxpLock::Open)).len() <= said.len() + 8);
        }
    }

    /// Every string of up to five of the pieces that matter: no trigger is left at a line start.
    #[test]
    fn no_trigger_survives_whatever_stands_around_it() {
        let pieces: [&[u8]; 6] = [b"!!SOUND(", b")", b"\n", b"\r", b"\x1B[m", b"\xFF\xF9"];
        for code in 0..6_usize.pow(5) {
            let said: Vec<u8> =
                (0..5).flat_map(|at| pieces[code / 6_usize.pow(at) % 6]).copied().collect();
            let again = shown(&said, None);
            let mut rest = again.as_slice();
            while !rest.is_empty() {
                let (line, later) = rest.split_at(line_length(rest));
                assert_eq!(
                    trigger_length(&line[line_start_length(line)..]),
                    0,
                    "{}",
                    said.escape_ascii()
                );
                rest = later;
            }
        }
    }
}
