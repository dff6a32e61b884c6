//! Which preset is it? Decided from the game's first screen, and only when that is certain: old
//! licences make games name their ancestors there, so the youngest one named is it.

use std::sync::{Arc, OnceLock};

use zeroize::{Zeroize, Zeroizing};

use super::pattern::{Patterns, Read, Reader, Set};
use super::recogniser::Heard;
use super::{Preset, PresetData, Recogniser, RuleKind};

/// So much of the first screen is kept, its end.
const SCREEN_BYTES_MAX: usize = 16 * 1024;

/// The marks of all presets.
struct Marks {
    patterns: Patterns,
    /// The presets that have marks.
    presets: Vec<Marked>,
}

struct Marked {
    name: &'static str,
    certain: Set,
    possible: Set,
    /// Presets whose marks its games show too.
    over: Vec<String>,
}

/// What the first screen says so far.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It is this one.
    Certain(Arc<Preset>),
    /// It may be one of these, or something else.
    Uncertain {
        /// Those of which a mark was seen.
        considered: Vec<&'static str>,
    },
}

/// Reads a first screen.
pub struct Auto {
    reader: Reader,
    seen: Set,
    /// The screen, for the recogniser of the preset that is chosen.
    screen: Zeroizing<Vec<u8>>,
}

impl Default for Auto {
    fn default() -> Auto {
        Auto::new()
    }
}

impl Auto {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Auto {
        Auto { reader: Reader::new(), seen: Set::default(), screen: Zeroizing::default() }
    }

    /// The game's text, telnet removed.
    pub fn read(&mut self, text: &[u8]) {
        self.game_text(text);
    }

    pub(super) fn game_text(&mut self, text: &[u8]) -> Heard {
        self.keep(text);
        let mut scan = marks().patterns.scan();
        let mut heard = Heard::default();
        for &byte in text {
            match self.reader.step(&mut scan, byte) {
                Read::Nothing => {}
                Read::Byte(byte, found) => {
                    heard.text |= !byte.is_ascii_whitespace();
                    self.seen = self.seen.or(found.ended);
                }
                Read::End(set) => {
                    self.seen = self.seen.or(set);
                    self.reader.restart();
                }
            }
        }
        heard
    }

    fn keep(&mut self, text: &[u8]) {
        self.screen.extend_from_slice(&text[text.len().saturating_sub(SCREEN_BYTES_MAX)..]);
        if self.screen.len() > 2 * SCREEN_BYTES_MAX {
            let over = self.screen.len() - SCREEN_BYTES_MAX;
            self.screen.copy_within(over.., 0);
            self.screen[SCREEN_BYTES_MAX..].zeroize();
            self.screen.truncate(SCREEN_BYTES_MAX);
        }
    }

    /// The end of what was read.
    pub(super) fn screen(&self) -> &[u8] {
        &self.screen
    }

    /// The screen ends in a question: what the game will say before it is answered, it has said.
    pub(super) fn is_asking(&self) -> bool {
        matches!(self.reader.line().trim_ascii_end().last(), Some(b'?' | b':' | b'>'))
    }

    /// The presets whose question for a name is what the screen has come to, whatever marks it has.
    #[must_use]
    pub fn asked_as_by(&self) -> Vec<&'static str> {
        let asks = |name: &&&str| {
            Preset::named(name).is_some_and(|preset| preset.asks_for_name(&self.screen))
        };
        Preset::names().iter().filter(asks).copied().collect()
    }

    /// The presets of which a mark was seen, certain or not.
    #[must_use]
    pub fn marked(&self) -> Vec<&'static str> {
        let seen = |one: &&Marked| !self.seen.and(one.certain.or(one.possible)).is_empty();
        marks().presets.iter().filter(seen).map(|one| one.name).collect()
    }

    /// What it is, as far as read.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let presets = &marks().presets;
        let seen = |marks: Set| !self.seen.and(marks).is_empty();
        let certain: Vec<&Marked> = presets.iter().filter(|preset| seen(preset.certain)).collect();
        let beaten = |one: &Marked| {
            certain.iter().any(|other| other.over.iter().any(|beaten| beaten == one.name))
        };
        let mut left = certain.iter().filter(|one| !beaten(one));
        if let (Some(one), None) = (left.next(), left.next())
            && let Some(preset) = Preset::named(one.name)
        {
            return Verdict::Certain(preset);
        }
        Verdict::Uncertain { considered: self.marked() }
    }
}

impl Preset {
    /// Whether a first screen has come to a question for a name that this preset knows.
    #[must_use]
    pub fn asks_for_name(self: &Arc<Preset>, screen: &[u8]) -> bool {
        let mut recogniser = Recogniser::new(Arc::clone(self));
        recogniser.game_text(screen);
        recogniser.question() == Some(RuleKind::Name)
    }
}

fn marks() -> &'static Marks {
    static MARKS: OnceLock<Marks> = OnceLock::new();
    MARKS.get_or_init(Marks::collect)
}

impl Marks {
    fn collect() -> Marks {
        let mut sources = Vec::new();
        let mut presets = Vec::new();
        for &name in Preset::names() {
            let Some(data) = PresetData::named(name) else { continue };
            let certain = add(&mut sources, data.banner.unwrap_or_default());
            let possible = add(&mut sources, data.hint.unwrap_or_default());
            let over = data.over.unwrap_or_default();
            presets.push(Marked { name, certain, possible, over });
        }
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        // The tests compile the built-in marks.
        let patterns = Patterns::new(&sources).expect("the built-in marks compile");
        Marks { patterns, presets }
    }
}

/// Adds marks, each only once: presets share some.
fn add(sources: &mut Vec<String>, marks: Vec<String>) -> Set {
    let mut set = Set::default();
    for mark in marks {
        let place = sources.iter().position(|known| *known == mark);
        set = set.or(Set::one(place.unwrap_or(sources.len())));
        if place.is_none() {
            sources.push(mark);
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(screen: &str) -> Result<String, Vec<&'static str>> {
        let mut auto = Auto::new();
        auto.read(screen.as_bytes());
        match auto.verdict() {
            Verdict::Certain(preset) => Ok(preset.name().to_owned()),
            Verdict::Uncertain { considered } => Err(considered),
        }
    }

    const CREDITS: &str = "Original DikuMUD by Hans Staerfeldt, Katja Nyboe\r\n";

    #[test]
    fn the_youngest_game_that_is_named_is_it() {
        for (screen, preset) in [
            (
                "Based on CircleMUD 3.1,\r\nA derivative of DikuMUD, Hans-Henrik Staerfeldt\r\n",
                "circle",
            ),
            ("   T  B  A  M   U   D\r\nBased on CircleMUD by Jeremy Elson\r\n", "tbamud"),
            ("Original DikuMUD\r\nBased on MERC 2.1 code\r\nROM 2.4 copyright (c) 1993\r\n", "rom"),
            ("\n\rDo you want ANSI? (Y/n) ", "rom"),
            ("SmaugFUSS 1.9\r\nOriginal MERC 2.1 by Hatchet, Furey, and Kahn\r\n", "smaug"),
            ("Staerfeldt, Hatchet, Furey\r\nEnter thy name brave traveler: ", "godwars"),
            ("Welcome to TinyMUX\r\n", "mux"),
            ("TinyMUSH 3.1, TinyMUX\r\n", "mux"),
            ("TinyMUSH\r\n", "tinymush"),
            ("Welcome to PennMUSH!\r\nconnect <name> <password>\r\n", "penn"),
            (
                "Use 'ch <name> <pass>' to connect hidden, and cd to connect DARK (admin)\r\n",
                "penn",
            ),
            ("Welcome to Evennia\r\n", "evennia"),
            ("Driver: FluffOS      Mudlib: Dead Souls 3.9\r\n", "deadsouls"),
            ("#$#mcp version: \"2.1\" to: \"2.1\"\r\n", "fuzzball"),
            ("Welcome to the LambdaCore database.\r\n", "moo"),
            (
                "#$#mcp version: \"2.1\" to: \"2.1\"\r\nWelcome to the ToastCore database.\r\n",
                "moo",
            ),
            ("\x1b[1mBy what name\x1b[0m are you known? ", "demo"),
        ] {
            assert_eq!(chosen(screen).as_deref(), Ok(preset), "{screen}");
            let read = |auto: &mut Auto, byte: u8| auto.read(&[byte]);
            let mut auto = Auto::new();
            screen.bytes().for_each(|byte| read(&mut auto, byte));
            assert!(matches!(auto.verdict(), Verdict::Certain(one) if one.name() == preset));
        }
    }

    #[test]
    fn what_many_games_say_is_not_certain_and_who_says_it_is_told() {
        let considered = chosen(&format!("{CREDITS}By what name do you wish to be known? "));
        let considered = considered.unwrap_err();
        for name in ["diku", "circle", "merc", "rom"] {
            assert!(considered.contains(&name), "{considered:?}");
        }
        assert_eq!(chosen("Bonjour\r\n"), Err(vec![]));
        let two = chosen("Evennia\r\nPennMUSH\r\n").unwrap_err();
        assert!(two.contains(&"evennia") && two.contains(&"penn"));
    }

    #[test]
    fn who_asks_for_a_name_in_the_same_words_is_known_without_a_mark() {
        let mut auto = Auto::new();
        auto.read(b"A game of our own\r\n\r\nWhat name do you wish? ");
        assert_eq!(auto.asked_as_by(), ["deadsouls"]);
        auto.read(b"Bob\r\n");
        assert_eq!(auto.asked_as_by(), Vec::<&str>::new());
        assert_eq!(auto.marked(), ["deadsouls"]);
    }

    #[test]
    fn the_end_of_a_long_screen_is_kept() {
        let mut auto = Auto::new();
        for _ in 0..100 {
            auto.read(&[b'x'; 1000]);
            assert!(auto.screen().len() <= 2 * SCREEN_BYTES_MAX);
        }
        auto.read(&[b'y'; 1_000_000]);
        auto.read(b"the end");
        assert!(
            auto.screen().len() <= 2 * SCREEN_BYTES_MAX && auto.screen().ends_with(b"ythe end")
        );
    }
}
