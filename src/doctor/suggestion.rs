//! What to put into proxy.toml for a game that was looked at.

use std::fmt::Write;

use super::charset::Guess;
use super::heard::{Heard, Likeness};
use crate::config::GameAddress;

/// The sections `[game]` and `[login]`, such as `mudkeep check` takes them. What is not certain stands
/// there with its alternatives.
pub(super) fn suggest(game: &GameAddress, heard: Option<&Heard>) -> String {
    let mut text = format!("[game]\naddress = \"{game}\"\n");
    let Some(heard) = heard else { return text };
    let guess = Guess::of(&heard.text);
    let why = match guess {
        Guess::Ascii => "   # nothing but ASCII was seen",
        Guess::Utf8 => "",
        Guess::Like(_) => "   # a guess: see that letters come out right",
    };
    // Writing to a string cannot fail.
    let _ = writeln!(text, "charset = \"{}\"{why}", guess.label());
    let (preset, why) = match &heard.likeness {
        Likeness::Certain(name) => (*name, String::new()),
        Likeness::Likely(name) => (*name, "   # likely, not certain".to_owned()),
        Likeness::Unsure(names) => {
            ("auto", format!("   # not certain: set the one that it is: {}", names.join(", ")))
        }
        Likeness::Unknown => {
            ("auto", "   # not known: set the game's family if it is one of the presets".to_owned())
        }
    };
    let _ = writeln!(text, "\n[login]\npreset = \"{preset}\"{why}");
    text
}
