//! The game's telnet, its prompts, its letters.

use super::Findings;
use crate::doctor::charset::{Guess, sample};
use crate::doctor::facts::Facts;
use crate::doctor::heard::Heard;
use crate::doctor::options::{Answer, sentence};
use crate::doctor::report::Part::{Letters, Telnet};
use crate::printable::Printable;
use crate::telnet::option;

/// So many values of MSSP are shown to people.
const MSSP_SHOWN_MAX: usize = 24;

pub(super) fn telnet(heard: &Heard, findings: &mut Findings) {
    if heard.options.is_empty() {
        findings.note(
            Telnet,
            "It negotiates nothing before the login. mudkeep only ever answers, so it is sent no \
             telnet either.",
        );
    }
    for (&(wish, option), said) in &heard.options {
        findings.note(Telnet, sentence(wish, option, Answer::new(option, *said)));
    }
    beside(heard, findings);
    prompts(heard, findings);
    if heard.wishes(option::NEW_ENVIRON) {
        findings.note(
            Telnet,
            "It can learn each player's own address: mudkeep tells it as IPADDRESS in NEW-ENVIRON.",
        );
    }
}

/// What goes beside the text.
fn beside(heard: &Heard, findings: &mut Findings) {
    let known = [(option::GMCP, "GMCP"), (option::MSDP, "MSDP"), (option::ATCP, "ATCP")];
    let offered: Vec<&str> =
        known.iter().filter(|(option, _)| heard.wishes(*option)).map(|(_, name)| *name).collect();
    if offered.is_empty() {
        findings
            .note(Telnet, "Beside the text it offers no messages (GMCP, MSDP) before the login.");
    } else {
        findings.good(
            Telnet,
            format!(
                "Beside the text it speaks {}: that passes to clients, and whoever comes back is \
                 told the last values.",
                offered.join(" and ")
            ),
        );
    }
    if heard.mssp.is_empty() {
        return;
    }
    let shown = heard.mssp.iter().take(MSSP_SHOWN_MAX).map(|(name, values)| {
        let values: Vec<String> =
            values.iter().map(|value| Printable::new(value).to_string()).collect();
        format!("{}={}", Printable::new(name), values.join(","))
    });
    let shown: Vec<String> = shown.collect();
    let more = heard.mssp.len() - shown.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    findings.note(Telnet, format!("By MSSP it says: {}{more}.", shown.join(" ")));
}

fn prompts(heard: &Heard, findings: &mut Findings) {
    let (ga, eor) = heard.marks;
    let text = match (ga, eor) {
        (0, 0) => {
            "No prompt is marked on its first screen (GA, EOR): clients see where a prompt \
                   ends by themselves, as without mudkeep."
        }
        (_, 0) => "It marks prompts with GA: that passes.",
        (0, _) => "It marks prompts with EOR: that passes.",
        (_, _) => "It marks prompts with GA and with EOR: both pass.",
    };
    findings.note(Telnet, text);
}

pub(super) fn letters(facts: &Facts<'_>, heard: &Heard, findings: &mut Findings) {
    if heard.text.is_empty() {
        return;
    }
    findings.note(Letters, format!("Its lines end in {}.", LineEnds::of(&heard.text).name()));
    if !heard.charsets.is_empty() {
        let names = heard.charsets.iter().map(|name| Printable::new(name).to_string());
        let names: Vec<String> = names.collect();
        findings.note(Letters, format!("It asks for one of the charsets {}.", names.join(", ")));
    }
    let guess = Guess::of(&heard.text);
    if facts.is_configured {
        compare(facts, heard, guess, findings);
    } else {
        suggest(heard, guess, findings);
    }
    raw_letters(facts, heard, guess, findings);
}

/// The charset that was found against the one that is set.
fn compare(facts: &Facts<'_>, heard: &Heard, guess: Guess, findings: &mut Findings) {
    let set = facts.config.game.charset;
    let set_name = set.name().to_ascii_lowercase();
    match guess {
        Guess::Ascii => findings.note(
            Letters,
            format!("Its first screen is plain ASCII, which fits game.charset = \"{set_name}\"."),
        ),
        Guess::Utf8 if set == encoding_rs::UTF_8 => {
            findings.good(Letters, "It writes UTF-8, as game.charset says.");
        }
        Guess::Utf8 => findings.fix(
            Letters,
            format!("It writes UTF-8, and game.charset is \"{set_name}\"."),
            "Set game.charset = \"utf-8\".",
        ),
        Guess::Like(_) if set != encoding_rs::UTF_8 => findings.note(
            Letters,
            format!(
                "It writes no UTF-8; game.charset is \"{set_name}\", and it looks most like {}.",
                guess.label()
            ),
        ),
        Guess::Like(_) => findings.fix(Letters, not_utf8(heard, guess), set_it(guess)),
    }
}

fn suggest(heard: &Heard, guess: Guess, findings: &mut Findings) {
    match guess {
        Guess::Ascii => findings.note(
            Letters,
            "Its first screen is plain ASCII: game.charset can stay \"utf-8\" unless letters come \
             out wrong in play.",
        ),
        Guess::Utf8 => findings.good(Letters, "It writes UTF-8, which is game.charset's default."),
        Guess::Like(_) => findings.hint(Letters, not_utf8(heard, guess), set_it(guess)),
    }
}

fn not_utf8(heard: &Heard, guess: Guess) -> String {
    let sample = sample(&heard.text);
    format!(
        "It writes no UTF-8, and looks most like {}: {}",
        guess.label(),
        Printable::new(&sample)
    )
}

fn set_it(guess: Guess) -> String {
    format!(
        "Set game.charset = \"{}\", connect through mudkeep, and see that letters come out right; \
         box-drawing characters alone are no good sign for any charset.",
        guess.label()
    )
}

/// Some old games send the letter that is the byte 255 undoubled.
fn raw_letters(facts: &Facts<'_>, heard: &Heard, guess: Guess, findings: &mut Findings) {
    let has_letter = matches!(guess.label().as_str(), "windows-1251" | "koi8-u" | "koi8-r");
    if has_letter && heard.options.is_empty() && facts.config.game.telnet_is_spoken() {
        findings.hint(
            Letters,
            "In this charset the byte 255 is a letter, and the start of a telnet command.",
            "If that letter is lost in play, set game.iac = \"raw8\" and game.telnet = \"none\".",
        );
    }
}

/// What a game's lines end in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LineEnds {
    None,
    CrLf,
    LfCr,
    Lf,
    Mixed,
}

impl LineEnds {
    fn of(text: &[u8]) -> LineEnds {
        let (mut crlf, mut lfcr, mut lf) = (false, false, false);
        let mut rest = text;
        while let Some(at) = memchr::memchr2(b'\r', b'\n', rest) {
            let (found, length) = match rest[at..] {
                [b'\r', b'\n', ..] => (Some(&mut crlf), 2),
                [b'\n', b'\r', ..] => (Some(&mut lfcr), 2),
                [b'\n', ..] => (Some(&mut lf), 1),
                _ => (None, 1),
            };
            found.into_iter().for_each(|kind| *kind = true);
            rest = &rest[at + length..];
        }
        match (crlf, lfcr, lf) {
            (false, false, false) => LineEnds::None,
            (true, false, false) => LineEnds::CrLf,
            (false, true, false) => LineEnds::LfCr,
            (false, false, true) => LineEnds::Lf,
            _ => LineEnds::Mixed,
        }
    }

    fn name(self) -> &'static str {
        match self {
            LineEnds::None => "nothing: there is only one",
            LineEnds::CrLf => "CR LF",
            LineEnds::LfCr => "LF CR, which passes as it is",
            LineEnds::Lf => "LF, which passes as it is",
            LineEnds::Mixed => "more than one way, which passes as it is",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_ends_are_told_apart() {
        for (text, expected) in [
            (&b"Name: "[..], LineEnds::None),
            (b"\ra", LineEnds::None),
            (b"a\r\n\r\nb\r\n", LineEnds::CrLf),
            (b"\n\ra\n\r\n\rb", LineEnds::LfCr),
            (b"a\n\nb\n", LineEnds::Lf),
            (b"a\r\nb\n", LineEnds::Mixed),
        ] {
            assert_eq!(LineEnds::of(text), expected, "{text:?}");
        }
    }
}
