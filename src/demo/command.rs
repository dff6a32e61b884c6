//! What a player in play can type.

use super::rooms::Way;

/// The longest flood.
pub(super) const FLOOD_LINES_MAX: u32 = 10_000;

/// A typed line, understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Command {
    Nothing,
    /// Around, or at something.
    Look(Option<String>),
    Go(Way),
    Exits,
    Say(String),
    Tell {
        whom: String,
        what: String,
    },
    Emote(String),
    Who,
    Get(String),
    Drop(String),
    Inventory,
    Pet(String),
    Weather,
    Score,
    Screen,
    Colour(bool),
    /// So many numbered lines.
    Flood(u32),
    Help,
    Quit,
    /// A command that lacks something: how it is used.
    Usage(&'static str),
    Unknown(String),
}

/// Makes a command of what follows its word.
type Make = fn(&str) -> Command;

/// In the order in which abbreviations find them.
const COMMANDS: &[(&str, Make)] = &[
    ("north", |_| Command::Go(Way::North)),
    ("east", |_| Command::Go(Way::East)),
    ("south", |_| Command::Go(Way::South)),
    ("west", |_| Command::Go(Way::West)),
    ("up", |_| Command::Go(Way::Up)),
    ("down", |_| Command::Go(Way::Down)),
    ("look", |rest| Command::Look(something(rest))),
    ("examine", |rest| Command::Look(something(rest))),
    ("x", |rest| Command::Look(something(rest))),
    ("exits", |_| Command::Exits),
    ("go", go),
    ("get", |rest| with("get THING", rest, Command::Get)),
    ("take", |rest| with("take THING", rest, Command::Get)),
    ("tell", tell),
    ("drop", |rest| with("drop THING", rest, Command::Drop)),
    ("inventory", |_| Command::Inventory),
    ("say", |rest| with("say SOMETHING", rest, Command::Say)),
    ("score", |_| Command::Score),
    ("screen", |_| Command::Screen),
    ("emote", |rest| with("emote DOES SOMETHING", rest, Command::Emote)),
    ("who", |_| Command::Who),
    ("weather", |_| Command::Weather),
    ("tide", |_| Command::Weather),
    ("pet", |rest| with("pet WHOM", rest, Command::Pet)),
    ("colour", colour),
    ("color", colour),
    ("flood", flood),
    ("help", |_| Command::Help),
    ("commands", |_| Command::Help),
];

/// Understands a line that has been through [`super::text::clean`].
pub(super) fn parse(line: &str) -> Command {
    if let Some(said) = line.strip_prefix('\'') {
        return with("'SOMETHING", said, Command::Say);
    }
    if let Some(done) = line.strip_prefix(':') {
        return with(":DOES SOMETHING", done, Command::Emote);
    }
    let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (word, rest) = (word.to_lowercase(), rest.trim());
    match &*word {
        "" => Command::Nothing,
        "?" => Command::Help,
        // In full only, so that nobody leaves by a slip of the finger.
        "quit" => Command::Quit,
        _ => match COMMANDS.iter().find(|(name, _)| name.starts_with(&*word)) {
            Some((_, make)) => make(rest),
            None if "quit".starts_with(&*word) => Command::Usage("quit (in full, to leave)"),
            None => Command::Unknown(word),
        },
    }
}

fn something(rest: &str) -> Option<String> {
    let what = rest.strip_prefix("at ").unwrap_or(rest);
    (!what.is_empty()).then(|| what.to_lowercase())
}

fn with(usage: &'static str, rest: &str, make: fn(String) -> Command) -> Command {
    let rest = rest.trim();
    if rest.is_empty() { Command::Usage(usage) } else { make(rest.to_owned()) }
}

fn go(rest: &str) -> Command {
    let rest = rest.to_lowercase();
    let way = Way::ALL.into_iter().find(|way| !rest.is_empty() && way.name().starts_with(&*rest));
    way.map_or(Command::Usage("go north, east, south, west, up or down"), Command::Go)
}

fn tell(rest: &str) -> Command {
    match rest.split_once(' ') {
        Some((whom, what)) if !what.trim().is_empty() => {
            Command::Tell { whom: whom.to_owned(), what: what.trim().to_owned() }
        }
        _ => Command::Usage("tell WHOM SOMETHING"),
    }
}

fn colour(rest: &str) -> Command {
    match &*rest.to_lowercase() {
        "on" => Command::Colour(true),
        "off" => Command::Colour(false),
        _ => Command::Usage("colour on, or colour off"),
    }
}

fn flood(rest: &str) -> Command {
    match rest.parse() {
        Ok(lines @ 1..=FLOOD_LINES_MAX) => Command::Flood(lines),
        _ => Command::Usage("flood N: so many numbered lines, 1 to 10000"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn abbreviations_find_what_players_expect() {
        for (typed, command) in [
            ("n", Command::Go(Way::North)),
            ("S", Command::Go(Way::South)),
            ("d", Command::Go(Way::Down)),
            ("go w", Command::Go(Way::West)),
            ("l", Command::Look(None)),
            ("look at Mug", Command::Look(Some("mug".into()))),
            ("x mug", Command::Look(Some("mug".into()))),
            ("i", Command::Inventory),
            ("inv", Command::Inventory),
            ("sa hi", Command::Say("hi".into())),
            ("'hi there", Command::Say("hi there".into())),
            (":waves", Command::Emote("waves".into())),
            ("t bob hi there", Command::Usage("take THING")),
            ("tell bob  hi there", Command::Tell { whom: "bob".into(), what: "hi there".into() }),
            ("color off", Command::Colour(false)),
            ("", Command::Nothing),
            ("?", Command::Help),
            ("dance", Command::Unknown("dance".into())),
        ] {
            if typed.starts_with("t ") {
                assert_eq!(parse(typed), Command::Get("bob hi there".into()));
            } else {
                assert_eq!(parse(typed), command, "{typed}");
            }
        }
    }

    #[test]
    fn leaving_takes_the_whole_word() {
        assert_eq!(parse("quit"), Command::Quit);
        assert_eq!(parse("QUIT now"), Command::Quit);
        for short in ["q", "qu", "qui"] {
            assert!(matches!(parse(short), Command::Usage(_)), "{short}");
        }
        assert_eq!(parse("quits"), Command::Unknown("quits".into()));
    }

    #[test]
    fn a_flood_has_bounds() {
        assert_eq!(parse("flood 9999"), Command::Flood(9_999));
        assert_eq!(parse("flood 10000"), Command::Flood(10_000));
        for bad in ["flood", "flood 0", "flood 10001", "flood -1", "flood 99999999999", "flood x"] {
            assert!(matches!(parse(bad), Command::Usage(_)), "{bad}");
        }
    }

    #[test]
    fn what_lacks_something_says_what() {
        for line in ["say", "say  ", "'", ":", "tell", "tell bob", "get", "colour maybe", "go"] {
            assert!(matches!(parse(line), Command::Usage(_)), "{line}");
        }
    }
}
