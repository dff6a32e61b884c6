//! Where recognition from text goes wrong, case by case, and what is done about it.

use super::*;
use crate::ids::UserKey;

const NAME: &str = "CircleMUD\r\n\r\nBy what name do you wish to be known? ";

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[test]
fn typed_before_the_question_exists_and_held_until_it_does() {
    let mut play = Play::new("tbamud");
    play.says("\r\nAttempting to Detect Client, Please Wait...\r\n").waits(ms(100));
    play.types("alice").types("sekrit1").waits(ms(1300));
    assert_eq!(play.log, [""; 0]);
    play.says(NAME).waits(QUIET);
    assert_eq!(play.log, ["alice = name alice", "named alice"]);
    play.says("Password: ").waits(ms(0));
    assert_eq!(play.log[2..], ["sekrit1 = password alice"]);
}

#[test]
fn a_line_that_the_game_swallows_is_no_name_and_the_next_is_none_either() {
    let mut play = Play::new("tbamud");
    play.says("\r\nAttempting to Detect Client, Please Wait...\r\n");
    play.types("alice").types("sekrit").waits(ms(2100));
    assert_eq!(play.log, ["alice = other"]);
    play.says("Collecting Protocol Information... Please Wait.\r\n").says(NAME).waits(ms(3000));
    assert_eq!(play.log[1..], ["sekrit = other"], "a password is no name");
    play.says("Invalid name, please try another.\r\nName: ").waits(ms(1000));
    play.types("alice").waits(ms(3000)).says("Password: ").types("sekrit");
    play.says("\r\nReconnecting.\r\n");
    assert_eq!(play.accepted(), Some("alice as alice by typed"));
}

#[test]
fn colours_in_and_around_a_name_are_not_of_it() {
    let mut play = Play::new("evennia");
    play.says("\x1b[1;32mHello\x1b[0m\r\n").waits(QUIET).types("connect bob sekrit1");
    play.says("\x1b[0mYou become \x1b[1m\x1b[36mbob\x1b[0m.\x1b[0m\r\n");
    assert_eq!(play.accepted(), Some("bob as bob by stated"));
}

#[test]
fn a_password_is_never_taken_for_a_name_after_a_name_that_is_none() {
    for name in ["circle", "diku"] {
        let mut play = Play::new(name);
        play.types("x1").types("alice").types("sekrit").says(NAME).waits(QUIET);
        play.says("Illegal name, please try another.").waits(ms(100)).says("Name: ").waits(QUIET);
        play.says("Password: ").says("\r\nReconnecting.\r\n");
        assert_eq!(play.log[..3], ["x1 = other", "refused", "alice = name alice"], "{name}");
        assert!(!play.log.iter().any(|entry| entry.contains("named sekrit")), "{name}");
    }
}

#[test]
fn no_candidate_shows_itself_before_success() {
    let (name, user): (Arc<str>, _) = ("sekrit1".into(), UserKey("sekrit1".into()));
    let named = LoginEvent::Named { name: Arc::clone(&name), user: user.clone() };
    let roles = [
        LineRole::Name { name: Arc::clone(&name), user: user.clone() },
        LineRole::Password { user: Some(user.clone()), name: Some(Arc::clone(&name)), new: false },
        LineRole::Command {
            name,
            user: Some(user),
            password: Some(0..1),
            new: false,
            guest: false,
        },
    ];
    let steps = roles.map(|role| Step::Line { line: Line::from("sekrit1"), role });
    for shown in [format!("{named:?}"), format!("{steps:?}")] {
        assert!(!shown.contains("sekrit1"), "{shown}");
    }
}

#[test]
fn a_game_that_is_not_the_presets_is_played_as_if_nobody_looked() {
    let mut play = Play::new("circle");
    play.says("Bienvenue !\r\nVotre nom ?\r\n").waits(ms(3000));
    for nth in 0..10 {
        play.types(&format!("line {nth}")).waits(ms(0));
        assert_eq!(play.log.len(), nth + 1, "a person's line goes at once: {:?}", play.log);
        play.says("Et puis ?\r\n").waits(ms(1000));
    }
    assert!(!play.dialogue.is_recognised());
    play.types("line 10").waits(ms(0));
    assert_eq!(play.log.last().unwrap(), "transparent Unrecognised");
    assert_eq!(play.dialogue.take_pending(), [Line::from("line 10")]);
    assert!(play.dialogue.deadline().is_none());
}

#[test]
fn the_limit_of_lines_is_a_limit_in_a_row() {
    for (lines_max, gone) in [(1, 1), (2, 2), (3, 3)] {
        let limits = DialogueLimits { lines_max, ..DialogueLimits::default() };
        let mut play = Play::with(Dialogue::new(preset("circle"), limits, epoch()));
        play.says("?\r\n").waits(ms(3000));
        for _ in 0..5 {
            if !play.has("transparent Unrecognised") {
                play.types("x1").says("??\r\n").waits(ms(1000));
            }
        }
        assert_eq!(play.log.len(), gone + 1, "{:?}", play.log);
    }
    let mut play = Play::new("circle");
    play.says(NAME).waits(ms(3000));
    for _ in 0..30 {
        play.types("x1").says("Invalid name, please try another.\r\nName: ").waits(ms(1000));
    }
    assert!(!play.log.iter().any(|entry| entry.starts_with("transparent")), "{:?}", play.log);
}

#[test]
fn the_many_questions_to_a_new_character_do_not_use_up_patience() {
    let mut play = Play::new("rom");
    play.says("By what name do you wish to be known? ").waits(ms(1000)).types("alice");
    play.says("Did I get that right, Alice (Y/N)? ").types("y");
    play.says("New character.\n\rGive me a password for Alice: ").types("sekrit1");
    play.says("\n\rPlease retype password: ").types("sekrit1");
    for nth in 0..25 {
        play.says("\n\rAnd now this (human or elf)? ").waits(ms(500)).types(&format!("elf{nth}"));
    }
    play.says("\n\rWelcome to ROM 2.4.  Please do not feed the mobiles!\n\r");
    assert_eq!(play.accepted(), Some("alice as alice by stated"));
}

#[test]
fn a_success_with_words_unknown_is_not_waited_for() {
    let mut play = Play::new("circle");
    play.says(NAME).waits(ms(1000)).types("alice").says("Password: ").types("sekrit1");
    play.says("Bienvenue Alice\r\n").waits(ms(1000)).types("look");
    assert_eq!(play.log[3..], ["look = other", "transparent Unproven"]);
}

#[test]
fn a_name_that_only_the_game_takes_for_one_is_played_without_a_name() {
    let mut play = Play::new("circle");
    play.says(NAME).waits(ms(1000)).types("Al-1ce").says("Password: ").types("nope");
    play.says("\r\nWrong password.\r\nPassword: ").types("sekrit1");
    assert!(!play.log.iter().any(|entry| entry.starts_with("transparent")), "{:?}", play.log);
    play.says("\r\nReconnecting.\r\n").types("look");
    let expected = [
        "Al-1ce = other",
        "nope = password ?",
        "refused",
        "sekrit1 = password ?",
        "transparent Unproven",
    ];
    assert_eq!(play.log, expected);
    assert_eq!(play.dialogue.take_pending(), [Line::from("look")]);
    assert!(play.dialogue.deadline().is_none());
}

#[test]
fn a_login_in_one_line_with_such_a_name_is_played_without_a_name() {
    let mut play = Play::new("mux");
    play.says("Welcome to TinyMUX\r\n").waits(QUIET).types("connect al\\ice sekrit1");
    play.says("Last connect was from 192.0.2.1 on Monday.\r\n");
    assert_eq!(
        play.log,
        ["connect al\\ice sekrit1 = connect ? with password", "transparent Unproven"]
    );
}

#[test]
fn a_password_without_a_name_binds_nobody_whom_the_game_names() {
    for line in ["", "Al-1ce"] {
        let mut play = Play::new("rom");
        play.says("By what name do you wish to be known? ").waits(ms(1000)).types(line);
        play.says("Give me a password for Bob: ").types("sekrit1");
        play.says("\n\rReconnecting. Type replay to see missed tells.\n\r");
        assert_eq!(play.log.last().unwrap(), "transparent Unproven", "{:?}", play.log);
    }
}

#[test]
fn the_preset_none_is_transparent_at_once() {
    let mut play = Play::new("none");
    play.types("alice");
    assert_eq!(play.log, ["transparent NoPreset"]);
    assert_eq!(play.dialogue.take_pending(), [Line::from("alice")]);
}

#[test]
fn guests_are_bound_only_to_a_name_that_the_game_states() {
    let mut play = Play::new("mux");
    play.says("connect <name>\r\n").waits(ms(1000)).types("connect guest");
    play.says("Last connect was from x on y.\r\n");
    assert_eq!(play.log, ["connect guest = connect ?", "transparent SharedName"]);
    let mut play = Play::new("deadsouls");
    play.says("What name do you wish? ").waits(ms(1000)).types("guest").says("\r\nA room\r\n> ");
    assert_eq!(play.log, ["guest = guest", "transparent SharedName"]);
}

#[test]
fn a_user_without_a_password_is_not_bound_to_a_name_that_is_only_typed() {
    let mut play = Play::new("mux");
    play.says("connect <name>\r\n").waits(ms(1000)).types("connect alice");
    play.says("Last connect was from x on y.\r\n");
    assert_eq!(play.log[2..], ["transparent Unproven"]);
    let mut play = Play::new("circle");
    play.says(NAME).waits(ms(1000)).types("alice").says("\r\nReconnecting.\r\n");
    assert_eq!(play.log[2..], ["transparent Unproven"]);
}

#[test]
fn a_question_printed_twice_with_a_pause_between_is_asked_once() {
    let mut play = Play::new("lp");
    play.types("mallory").types("bob").types("look").says("What is your name: ").waits(ms(400));
    assert_eq!(play.log, ["mallory = name mallory", "named mallory"]);
    play.says("What is your name: ").waits(ms(300)).says("Password: ").waits(ms(1000));
    play.says("\r\nVillage church\r\n> ").waits(ms(1000));
    assert!(!play.has("named bob"), "{:?}", play.log);
    assert_ne!(play.accepted(), Some("bob as bob by typed"));
}

#[test]
fn a_text_that_states_a_name_is_not_believed_where_players_may_have_written_it() {
    let mut play = Play::new("evennia");
    play.says("Hello\r\n").waits(ms(1000)).types("connect bob x").says("Edited 1\r\n");
    play.waits(QUIET).types("connect mallory bob").says("Incorrect login information given.\r\n");
    // In truth mallory is in by now, and has made something that talks.
    play.waits(QUIET).types("push button").says("Click.\r\n").waits(QUIET);
    play.types("connect mallory bob").types("connect mallory bob").waits(QUIET);
    play.says("You become bob.\r\n");
    assert_eq!(play.accepted(), None, "{:?}", play.log);
}

#[test]
fn another_word_for_somebody_binds_nobody() {
    for (preset, line) in [("penn", "connect #1 sekrit1"), ("moo", "connect #130 sekrit1")] {
        let mut play = Play::new(preset);
        play.says("connect <name>\r\n").waits(ms(1000)).types(line);
        play.says("Last connect was from x on y.\r\n*** Connected ***\r\n");
        assert_eq!(play.log[0], format!("{line} = connect ? with password"));
        assert_eq!(play.log[1], "transparent Unproven");
    }
    let mut play = Play::new("penn");
    play.says("connect <name>\r\n").waits(ms(1000)).types("connect *Alice sekrit1");
    play.says("Last connect was from x on y.\r\n");
    assert_eq!(play.accepted(), Some("alice as alice by typed"));
}

#[test]
fn an_edited_rule_is_mended_by_one_line_of_configuration() {
    let changes = toml::from_str("reconnect = '^Bienvenue '\nwrong_password = '^Non !'").unwrap();
    let edited = Preset::build("circle", PresetData::named("circle").unwrap(), &changes).unwrap();
    let mut play = Play::with(Dialogue::new(Arc::new(edited), DialogueLimits::default(), epoch()));
    play.says(NAME).waits(ms(1000)).types("alice").says("Password: ").types("x");
    play.says("\r\nNon !\r\nPassword: ").types("sekrit1").says("\r\nBienvenue Alice\r\n");
    assert_eq!(play.log[3], "refused");
    assert_eq!(play.accepted(), Some("alice as alice by typed"));
}

#[test]
fn a_success_text_on_the_first_screen_proves_nothing() {
    let mut play = Play::new("penn");
    play.says("Welcome to PennMUSH!\r\nconnect <name> <password>\r\n").waits(ms(1000));
    play.types("connect bob wrong").says("Oops.\r\nWelcome to PennMUSH!\r\n");
    assert_eq!(play.accepted(), None);
    play.types("connect bob sekrit1").says("Last connect was from x on y.\r\n");
    assert_eq!(play.accepted(), Some("bob as bob by typed"));
}

#[test]
fn credentials_out_of_band_bind_by_their_result_and_by_nothing_else() {
    let credentials = |play: &mut Play, account: &str| {
        let payload = format!(r#"Char.Login.Credentials {{"account":"{account}","password":"p"}}"#);
        play.dialogue.client_out_of_band(play.now, 201, payload.as_bytes());
    };
    let mut play = Play::new("ire");
    credentials(&mut play, "alice");
    play.gmcp(r#"Char.Login.Result {"success":false,"message":"no"}"#);
    credentials(&mut play, "account:Alice");
    play.says("Password correct. Welcome to Achaea.\r\n");
    assert_eq!(play.accepted(), None, "a text is not the result");
    play.gmcp(r#"Char.Login.Result {"success":true}"#);
    assert_eq!(play.log, ["refused", "accepted alice as account by typed"]);

    let mut play = Play::new("ire");
    credentials(&mut play, "mallory");
    credentials(&mut play, "bob");
    play.gmcp(r#"Char.Login.Result {"success":true}"#);
    assert_eq!(play.log, ["transparent Unproven"]);
}

#[test]
fn a_name_that_the_game_states_out_of_band_beats_the_one_typed() {
    let mut play = Play::new("ire");
    play.says("Enter an option or enter your character's name. ").waits(ms(1000)).types("ali");
    play.says("What is your password? ").types("sekrit1");
    play.gmcp(r#"Char.Name {"name":"Alice","fullname":"Lady Alice"}"#);
    assert_eq!(play.accepted(), Some("alice as ali by stated"));
}

#[test]
fn the_echo_is_a_hint_and_binds_nobody() {
    let mut play = Play::new("circle");
    play.says("Qui ?\r\n").waits(ms(3000)).types("alice").says("Mot de passe ? ");
    play.dialogue.game_echo(play.now, true);
    play.waits(ms(1000)).types("sekrit1");
    play.dialogue.game_echo(play.now, false);
    play.says("\r\nReconnecting.\r\n").waits(ms(1000));
    assert_eq!(play.log, ["alice = other", "sekrit1 = other"]);
}

#[test]
fn where_the_game_refuses_at_the_name_mudkeep_can_ask_for_the_password_itself() {
    let mut play = Play::new("envy");
    play.says("State thy name: ").waits(ms(1000));
    play.dialogue.client_line(play.now, Line::from("alice")).unwrap();
    assert!(matches!(play.dialogue.poll(), Some(Step::Line { role: LineRole::Name { .. }, .. })));
    play.dialogue.hold_back();
    assert!(play.dialogue.poll().is_none());
    play.dialogue.client_line(play.now, Line::from("sekrit1")).unwrap();
    let Some(Step::Line { role, .. }) = play.dialogue.poll() else { panic!() };
    assert_eq!(written_role(&role), "password alice");
    play.dialogue.dropped(play.now);
    play.dialogue.client_line(play.now, Line::from("look")).unwrap();
    assert!(play.dialogue.poll().is_none(), "mudkeep is still thinking");
    play.dialogue.held_back_sent(play.now);
    play.look();
    assert_eq!(play.log, ["named alice"]);
    play.says("Already playing.\n\rName: ").waits(QUIET);
    assert_eq!(play.log[1..], ["taken", "look = name look", "named look"]);
}
