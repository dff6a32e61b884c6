//! What bans of some kinds need to know: who is making a character, who is a guest, and for certain.

use super::*;

/// A login that ends with somebody let in.
fn let_in(preset: &str, greeting: &str, answers: &[(&str, &str)]) -> LetIn {
    let mut play = Play::new(preset);
    play.says(greeting).waits(QUIET);
    for (line, answer) in answers {
        play.types(line);
        play.says(answer).waits(QUIET);
    }
    let over = |entry: &String| entry.starts_with("accepted") || entry.starts_with("transparent");
    assert!(play.log.iter().any(over), "{preset}: {:?}", play.log);
    play.dialogue.let_in()
}

const NEW: LetIn = LetIn { new: true, guest: false };
const GUEST: LetIn = LetIn { new: false, guest: true };
const OLD: LetIn = LetIn { new: false, guest: false };

const DIKU: &str = "By what name do you wish to be known? ";
const MUSH: &str = "Use connect <name> <password>\r\n";

#[test]
fn who_was_made_in_this_login_is_new_and_who_was_not_is_not() {
    let made = [
        ("alice", "Did I get that right, Alice (Y/N)? "),
        ("y", "Give me a password for Alice: "),
        ("sekrit", "Please retype password: "),
        ("sekrit", "What is your sex (M/F)? "),
        ("f", "*** PRESS RETURN: "),
    ];
    assert_eq!(let_in("circle", DIKU, &made), NEW);
    let old = [("alice", "Password: "), ("sekrit", "Reconnecting.\r\n")];
    assert_eq!(let_in("circle", DIKU, &old), OLD);
    // Not made in the end.
    let back = [
        ("alicia", "Did I get that right, Alicia (Y/N)? "),
        ("n", "Okay, what IS it, then? "),
        ("alice", "Password: "),
        ("sekrit", "Reconnecting.\r\n"),
    ];
    assert_eq!(let_in("circle", DIKU, &back), OLD);
    let made = [("create alice sekrit", "Welcome to PennMUSH!\r\n")];
    assert_eq!(let_in("penn", MUSH, &made), NEW);
    let refused = [
        ("create alice sekrit", "There is already a player with that name.\r\n"),
        ("connect alice sekrit", "Last connect was from x\r\n"),
    ];
    assert_eq!(let_in("penn", MUSH, &refused), OLD);
}

#[test]
fn who_is_in_by_a_shared_name_is_a_guest_also_if_the_game_states_another() {
    let guest = [("connect guest", "Welcome to PennMUSH!\r\n")];
    assert_eq!(let_in("penn", MUSH, &guest), GUEST);
    let named = [("connect guest", "You become Guest7.\r\n")];
    assert_eq!(let_in("evennia", "Evennia\r\n", &named), GUEST);
    let guest = [("guest", "A room\r\n> ")];
    assert_eq!(let_in("deadsouls", "What name do you wish? ", &guest), GUEST);
    // Of whom nothing is known, that is not known either.
    assert_eq!(let_in("penn", MUSH, &[("WHO", "Nobody.\r\n"); 11]), OLD);
    let mut play = Play::new("evennia");
    play.says("Evennia\r\n").waits(QUIET);
    let credentials = br#"Char.Login.Credentials {"account":"guest","password":"x"}"#;
    play.dialogue.client_out_of_band(play.now, 201, credentials);
    play.gmcp(r#"Char.Login.Result {"success":true}"#);
    assert_eq!(play.dialogue.let_in(), GUEST, "{:?}", play.log);
}

#[test]
fn a_character_is_being_made_from_the_question_for_its_password_on() {
    let mut play = Play::new("circle");
    let making = |play: &Play| play.dialogue.making().map(|making| making.user.unwrap().0);
    play.says(DIKU).waits(QUIET).types("alice");
    play.says("Did I get that right, Alice (Y/N)? ").waits(QUIET);
    assert_eq!(making(&play), None, "it may be a slip of the keys");
    play.types("y").says("Give me a password for Alice: ");
    assert_eq!(making(&play).as_deref(), Some("alice"));
    play.waits(QUIET).types("sekrit");
    assert_eq!(making(&play).as_deref(), Some("alice"));
    let mut play = Play::new("penn");
    play.says(MUSH).waits(QUIET).types("create alice sekrit");
    assert_eq!(making(&play).as_deref(), Some("alice"));
    play.says("There is already a player with that name.\r\n").waits(QUIET);
    assert_eq!(making(&play), None, "it was not made");
}

/// Whoever mistypes a password is not making a character.
#[test]
fn a_text_that_only_begins_like_the_question_is_none() {
    let asked = |play: &Play| play.log.iter().filter(|entry| entry.starts_with("making")).count();
    let mut play = Play::new("circle");
    play.says(DIKU).waits(QUIET).types("alice").says("Password: ").waits(QUIET).types("wrong");
    play.says("That was not the password for Alice: ");
    play.waits(QUIET / 2).says("try ").waits(QUIET / 2).says("again.\r\nPassword: ").waits(QUIET);
    assert_eq!(asked(&play), 0, "{:?}", play.log);
    let mut play = Play::new("circle");
    play.says(DIKU).waits(QUIET).types("carol").says("Did I get that right, Carol (Y/N)? ");
    play.waits(QUIET).types("y").says("Give me a password for Carol: ").waits(QUIET / 2);
    assert_eq!(asked(&play), 0);
    play.waits(QUIET);
    assert_eq!(asked(&play), 1);
    play.waits(10 * QUIET).types("sekrit").says("Please retype password: ").waits(QUIET);
    assert_eq!(asked(&play), 2, "{:?}", play.log);
}

/// In a game whose words of success the preset does not know, a player may write anything.
#[test]
fn nobody_is_taken_for_new_because_somebody_says_so() {
    let mut play = Play::new("merc");
    play.says("password for Mallory: ").waits(QUIET);
    assert!(play.dialogue.making().is_none(), "on the first screen that means nothing");
    play.says("\r\nBy what name do you wish to be known? ").waits(QUIET).types("x1");
    play.says("You are in.\r\n").waits(QUIET).types("look");
    play.says("Mallory says: Give me a password for Alice: ").waits(QUIET);
    assert!(play.dialogue.making().is_none());
    assert!(!play.log.iter().any(|entry| entry.starts_with("making")), "{:?}", play.log);
}

#[test]
fn the_manual_says_what_each_preset_can_tell() {
    let manual = include_str!("../../../docs/bans.md");
    let rows = manual.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.filter_map(|row| row.split_once("` | ")).filter_map(|(name, rest)| {
        let (new, guest) = rest.split_once(" | ")?;
        Preset::named(name).map(|preset| (preset, new, guest.trim_end_matches(" |")))
    });
    let mut told = Vec::new();
    for (preset, new, guest) in rows {
        let is = |cell: &str| {
            cell.starts_with("yes") || {
                assert_eq!(cell, "no");
                false
            }
        };
        assert_eq!(is(new), preset.tells_new(), "{}", preset.name());
        assert_eq!(is(guest), preset.tells_guests(), "{}", preset.name());
        told.push(preset.name().to_owned());
    }
    assert_eq!(told, Preset::names());
}
