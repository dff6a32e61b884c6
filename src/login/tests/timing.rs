//! Lock-step: what counts as an answer, what waits for it and how long.

use super::*;

const NAME: &str = "\r\nBy what name do you wish to be known? ";

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Mudlet sends the name 2 s and the password 3 s after it connected, whatever the game says.
#[test]
fn blind_timed_logins_work_on_every_game_that_asks() {
    for (name, greeting, password, ok) in [
        ("circle", NAME, "Password: ", "\r\nReconnecting.\r\n"),
        ("diku", NAME, "Password: ", "\n\r*** PRESS RETURN: "),
        ("merc", NAME, "Password: ", "\n\rReconnecting.\n\r"),
        ("rom", NAME, "Password: ", "\n\rReconnecting. Type replay to see missed tells.\n\r"),
        ("envy", "State thy name: ", "Password: ", "\n\rReconnecting.\n\r"),
        ("smaug", "Enter your character's name, or type new: ", "Password: ", "Reconnecting.\r\n"),
        (
            "godwars",
            "Enter thy name brave traveler: ",
            "Please enter password: ",
            "\n\rReconnecting.",
        ),
        ("lp", "What is your name: ", "Password: ", "\r\n> "),
        ("deadsouls", "What name do you wish? ", "Password: ", "\r\n> "),
        ("lima", "What is your name? ", "Password: ", "\r\n> "),
        ("discworld", "Your choice: ", "Enter password:\n", "\r\n> "),
        (
            "ranvier",
            "Welcome, what is your name? ",
            "Enter your password: ",
            "\r\n| Choose your fate",
        ),
        ("demo", "By what name are you known? ", "Password: ", "\r\nWelcome, Alice.\r\n"),
    ] {
        // How much later than the client mudkeep was connected to the game; when the game greets.
        for (dial, greets) in [(0, 0), (300, 0), (900, 1400), (0, 1400), (0, 1990)] {
            let mut play = Play::new(name);
            let name_at = 2000 - dial;
            play.waits(ms(greets.min(name_at)));
            if greets <= name_at {
                play.says(greeting).waits(ms(name_at - greets)).types("alice");
            } else {
                play.types("alice").waits(ms(greets - name_at)).says(greeting);
            }
            play.waits(ms(200)).says(password).waits(ms(800)).types("sekrit1");
            play.waits(ms(100)).says(ok).waits(ms(1000));
            assert!(play.accepted().is_some(), "{name} {dial} {greets}: {:?}", play.log);
        }
    }
}

#[test]
fn the_question_for_a_name_has_to_stand_for_a_moment_and_others_not() {
    let mut play = Play::new("circle");
    play.types("alice").types("sekrit1").says(NAME).waits(ms(149));
    assert_eq!(play.log.len(), 0);
    play.waits(ms(1));
    assert_eq!(play.log.len(), 2);
    play.says("Password: ");
    assert_eq!(play.log.len(), 3);
}

#[test]
fn a_prompt_mark_is_an_answer() {
    let mut play = Play::new("circle");
    play.types("alice").says(NAME).marks();
    assert_eq!(play.log, ["alice = name alice", "named alice"]);
    play.types("x").marks().says("Hm ").marks();
    assert_eq!(play.log[2..], ["x = other"], "a mark without text is none");
}

#[test]
fn text_and_quiet_is_an_answer_and_blank_lines_are_no_text() {
    let mut play = Play::new("circle");
    play.says("Edited\r\n").waits(ms(3000)).types("one").types("two");
    play.says("\r\n").waits(ms(1000));
    assert_eq!(play.log, ["one = other"]);
    play.says("Hm?\r\n").waits(ms(149));
    assert_eq!(play.log.len(), 1);
    play.waits(ms(1));
    assert_eq!(play.log[1..], ["two = other"]);
}

#[test]
fn after_two_seconds_of_nothing_only_the_game_can_say_who_it_is() {
    let mut play = Play::new("circle");
    play.types("alice").types("sekrit1").says(NAME).waits(QUIET + ms(1999));
    assert_eq!(play.log.len(), 2);
    play.waits(ms(1));
    assert_eq!(play.log[2..], ["suspect", "sekrit1 = other"]);
    play.says("Password: ").types("x").says("\r\nWrong password.\r\nPassword: ").types("sekrit1");
    play.says("\r\nReconnecting.\r\n");
    assert_eq!(play.accepted(), None);

    let mut play = Play::new("tbamud");
    play.says(NAME).waits(ms(1000)).types("alice").types("sekrit1").waits(ms(5000));
    assert!(play.has("suspect"));
    play.dialogue.game_out_of_band(play.now, 69, b"\x01CHARACTER_NAME\x02Alice");
    assert_eq!(play.look().accepted(), Some("alice as alice by stated"));
}

#[test]
fn a_game_that_never_falls_silent_does_not_hold_a_line_for_ever() {
    let mut play = Play::new("circle");
    play.says("Edited\r\n").waits(ms(3000)).types("one").types("two").types("three");
    for _ in 0..50 {
        play.says("tick\r\n").waits(ms(100));
    }
    assert_eq!(play.log, ["one = other", "two = other", "three = other"]);
}

#[test]
fn only_one_line_is_out_at_a_time() {
    let mut play = Play::new("circle");
    play.says("Edited\r\n").waits(ms(3000));
    play.dialogue.client_line(play.now, Line::from("one")).unwrap();
    play.dialogue.client_line(play.now, Line::from("two")).unwrap();
    assert!(play.dialogue.poll().is_some());
    play.waits(ms(60_000));
    assert!(play.log.is_empty() && play.dialogue.deadline().is_none());
    play.dialogue.dropped(play.now);
    play.look();
    assert_eq!(play.log, ["two = other"], "one that was dropped is not waited for");
}

#[test]
fn a_dropped_line_leaves_the_question_where_it_is() {
    let mut play = Play::new("circle");
    play.says(NAME).waits(ms(1000));
    play.dialogue.client_line(play.now, Line::from("resume abc")).unwrap();
    assert!(play.dialogue.poll().is_some());
    play.dialogue.dropped(play.now);
    play.types("alice");
    assert_eq!(play.log, ["alice = name alice", "named alice"]);
}

#[test]
fn a_programs_lines_pass_without_an_answer() {
    let mut play = Play::new("fuzzball");
    play.says("#$#mcp version: \"2.1\" to: \"2.1\"\r\nHi\r\n").waits(ms(1000));
    play.types("#$#mcp authentication-key: 1").types("connect alice sekrit1").waits(ms(200));
    assert_eq!(play.log[0], "#$#mcp authentication-key: 1 = other");
    assert_eq!(play.log[1], "connect alice sekrit1 = connect alice with password");
}

#[test]
fn a_slow_greeting_of_a_mush_is_waited_for() {
    let mut play = Play::new("penn");
    play.types("connect alice sekrit1").waits(ms(3000));
    assert!(play.log.is_empty());
    play.says("Welcome.\r\nconnect <name>\r\n").waits(QUIET);
    play.says("Last connect was from x on y.\r\n");
    assert_eq!(play.accepted(), Some("alice as alice by typed"));
}

#[test]
fn type_ahead_is_bounded_in_lines_and_bytes() {
    let limits = DialogueLimits {
        type_ahead_lines_max: 3,
        type_ahead_bytes_max: 10,
        ..DialogueLimits::default()
    };
    let mut dialogue = Dialogue::new(preset("circle"), limits, epoch());
    let mut typed = |line: &str| dialogue.client_line(epoch(), Line::from(line)).is_ok();
    assert!(typed("a") && typed("b") && typed("c") && !typed("d"));
    assert_eq!(dialogue.take_pending().len(), 3);
    let mut typed = |line: &str| dialogue.client_line(epoch(), Line::from(line)).is_ok();
    assert!(typed("123456789") && typed("1") && !typed("1") && typed(""));
    let mut dialogue = Dialogue::new(preset("circle"), limits, epoch());
    let mut typed = |line: &str| dialogue.client_line(epoch(), Line::from(line)).is_ok();
    assert!(!typed("12345678901") && typed("1234567890"));
}

#[test]
fn deadlines_lie_ahead_or_nothing_is_due() {
    for name in Preset::names() {
        let mut play = Play::new(name);
        for text in [NAME, "Hm\r\n", "Password: ", "x"] {
            play.types("x1").says(text);
            for _ in 0..20 {
                let Some(deadline) = play.dialogue.deadline() else { break };
                assert!(deadline > play.now, "{name} would spin: {:?}", play.log);
                play.waits(deadline - play.now);
            }
        }
    }
}

#[test]
fn auto_chooses_when_the_first_screen_stands_and_then_knows_its_question() {
    let mut play = Play::auto();
    play.says("Based on CircleMUD 3.1\r\nHans-Henrik Staer").types("alice").waits(ms(100));
    play.says("feldt\r\n").says(NAME).waits(ms(149));
    assert!(play.log.is_empty() && play.dialogue.preset().name() == "none");
    play.waits(ms(1));
    assert_eq!(play.log, ["chosen circle", "alice = name alice", "named alice"]);
    assert_eq!(play.dialogue.preset().name(), "circle");
    play.says("Password: ").types("sekrit1").says("\r\nReconnecting.\r\n");
    assert_eq!(play.accepted(), Some("alice as alice by typed"));
}

#[test]
fn auto_that_is_not_certain_gets_out_of_the_way_with_the_first_line() {
    let mut play = Play::auto();
    play.says("By what name do you wish to be known? ").waits(ms(10_000));
    assert!(play.log.is_empty() && play.dialogue.deadline().is_none(), "{:?}", play.log);
    play.types("alice");
    let expected = r#"["circle", "tbamud", "diku", "merc", "rom"]"#;
    assert_eq!(play.log, [format!("transparent Uncertain {{ considered: {expected} }}")]);
    assert_eq!(play.dialogue.take_pending(), [Line::from("alice")]);
}

#[test]
fn auto_waits_no_longer_than_for_a_question_that_stands() {
    for (screen, waits) in [
        ("Bienvenue !\r\nVotre nom ? ", 600),
        ("Bienvenue !\r\n\x1b[1mwanderer -->\x1b[0m ", 600),
        ("Looking up your address... ", 2000),
        ("Bienvenue !\r\nVotre nom ?\r\n", 2000),
    ] {
        let mut play = Play::auto();
        play.types("alice").says(screen).waits(ms(waits - 1));
        assert!(play.log.is_empty(), "{screen:?}: {:?}", play.log);
        play.waits(ms(1));
        assert_eq!(play.log, ["transparent Uncertain { considered: [] }"], "{screen:?}");
    }
    let mut play = Play::auto();
    play.types("alice").says("Who are you? ").waits(ms(500)).says("\r\nCircleMUD\r\n").says(NAME);
    play.waits(ms(2000));
    assert_eq!(play.log[..2], ["chosen circle", "alice = name alice"]);
}

#[test]
fn auto_that_chose_a_mush_sends_the_line_that_waits() {
    let mut play = Play::auto();
    play.says("Welcome to TinyMUX\r\nconnect <name>\r\n").types("connect alice x").waits(QUIET);
    assert_eq!(play.log[..2], ["chosen mux", "connect alice x = connect alice with password"]);
}
