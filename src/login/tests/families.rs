//! Each preset with the texts of the games it is for: its login, its refusal, its answer to a second
//! login, the making of a character where a name is stated.

use super::*;

/// Plays a talk against a preset; the log has to be this.
fn comes_to(name: &str, talk: Talk<'_>, expected: &[&str]) {
    assert_eq!(outcome(name, talk), expected, "{name}");
}

const DIKU_NAME: &str = "\r\n    Based on something\r\n\r\nBy what name do you wish to be known? ";

#[test]
fn diku() {
    let greeting = "\n\r   DikuMUD\n\r\n\rBy what name do you wish to be known? ";
    comes_to(
        "diku",
        (greeting, &[("alice", "Password: "), ("sekrit1", "\n\rmotd\n\r\n\r*** PRESS RETURN: ")]),
        &[
            "alice = name alice",
            "named alice",
            "sekrit1 = password alice",
            "accepted alice as alice by typed",
            "menu",
        ],
    );
    comes_to(
        "diku",
        (
            greeting,
            &[("Alice", "Already playing, cannot connect\n\rName: "), ("bob", "Password: ")],
        ),
        &["Alice = name alice", "named alice", "taken", "bob = name bob", "named bob"],
    );
    comes_to(
        "diku",
        (
            greeting,
            &[
                ("7", "Illegal name, please try another.Name: "),
                ("alice", "Password: "),
                ("wrong", "Wrong password.\n\rPassword: "),
                ("sekrit1", "\n\rReconnecting.\n\r"),
            ],
        ),
        &[
            "7 = other",
            "refused",
            "alice = name alice",
            "named alice",
            "wrong = password alice",
            "refused",
            "sekrit1 = password alice",
            "accepted alice as alice by typed",
        ],
    );
}

#[test]
fn circle_and_tbamud() {
    for name in ["circle", "tbamud"] {
        comes_to(
            name,
            (
                DIKU_NAME,
                &[
                    ("ALICE", "Password: "),
                    ("nope", "\r\nWrong password.\r\nPassword: "),
                    ("sekrit1", "\r\nYou take over your own body, already in use!\r\n"),
                ],
            ),
            &with_probe(
                name,
                &[
                    "ALICE = name alice",
                    "named alice",
                    "nope = password alice",
                    "refused",
                    "sekrit1 = password alice",
                    "accepted alice as alice by typed",
                ],
            ),
        );
    }
}

/// tbaMUD is asked who this is once it has said yes.
fn with_probe<'a>(name: &str, expected: &[&'a str]) -> Vec<&'a str> {
    let mut expected = expected.to_vec();
    if name == "tbamud" {
        expected.insert(expected.len() - 1, "probe \u{1}REPORT\u{2}CHARACTER_NAME");
    }
    expected
}

#[test]
fn a_new_character_of_tbamud() {
    let log = play(
        "tbamud",
        (
            "\x1b[H\x1b[J[Client] x\r\n\r\nBy what name do you wish to be known? ",
            &[
                ("alice", "Did I get that right, Alice (\x1b[1mY\x1b[0m/N)? "),
                ("y", "New character.\r\nGive me a password for Alice: "),
                ("sekrit1", "\r\nPlease retype password: "),
                ("sekrit1", "\r\nWhat is your sex (M/F)? "),
                ("f", "\r\nSelect a class:\r\n  [C]leric\r\n\r\nClass: "),
                ("c", "motd\r\n\r\n*** PRESS RETURN: "),
            ],
        ),
        Pace::Ahead,
        |_| false,
    );
    assert_eq!(
        log[..4],
        ["alice = name alice", "named alice", "y = answer", "sekrit1 = new password alice"]
    );
    assert_eq!(log[8], "accepted alice as alice by stated");
}

#[test]
fn merc() {
    let greeting =
        "THIS IS A MUD BASED ON.....\n\rMerc 2.1\n\r\n\rBy what name do you wish to be known? ";
    comes_to(
        "merc",
        (
            greeting,
            &[
                ("alice", "Password: "),
                ("sekrit1", "\n\rMotd.\n\r[Hit Return to continue]\n\r"),
                ("", "\n\rWelcome to Merc Diku Mud.  May your visit here be ... Mercenary.\n\r"),
            ],
        ),
        &[
            "alice = name alice",
            "named alice",
            "sekrit1 = password alice",
            " = answer",
            "accepted alice as alice by typed",
        ],
    );
    comes_to(
        "merc",
        (greeting, &[("alice", "Password: "), ("sekrit1", "\n\rAlready playing.\n\rName: ")]),
        &["alice = name alice", "named alice", "sekrit1 = password alice", "taken"],
    );
    comes_to(
        "merc",
        (greeting, &[("alice", "Password: "), ("no", "\n\rWrong password.\n\r")]),
        &["alice = name alice", "named alice", "no = password alice", "refused"],
    );
}

#[test]
fn envy_refuses_at_the_name() {
    comes_to(
        "envy",
        ("State thy name: ", &[("alice", "Already playing.\n\rName: ")]),
        &["alice = name alice", "named alice", "taken"],
    );
    comes_to(
        "envy",
        (
            "State thy name: ",
            &[
                ("alice", "Password: "),
                ("sekrit1", "\n\rmotd\n\r"),
                ("", "\n\r\n\rWelcome to Envy Diku Mud.  May your visit here be ... Fun.\n\r"),
            ],
        ),
        &[
            "alice = name alice",
            "named alice",
            "sekrit1 = password alice",
            " = other",
            "accepted alice as alice by typed",
        ],
    );
    comes_to(
        "envy",
        ("State thy name: ", &[("alice", "Password: "), ("x", "\n\rWrong password.\n\r")]),
        &["alice = name alice", "named alice", "x = password alice", "refused"],
    );
}

#[test]
fn rom_asks_for_ansi_and_about_the_other_copy() {
    let ansi = "\n\rDo you want ANSI? (Y/n) ";
    let name = "\n\r   ROM 2.4\n\r\n\rBy what name do you wish to be known? ";
    let asks = "\n\rThat character is already playing.\n\rDo you wish to connect anyway (Y/N)?";
    comes_to(
        "rom",
        (
            ansi,
            &[
                ("y", name),
                ("alice", "Password: "),
                ("sekrit1", asks),
                ("y", "\n\rReconnecting. Type replay to see missed tells.\n\r"),
            ],
        ),
        &[
            "y = answer",
            "alice = name alice",
            "named alice",
            "sekrit1 = password alice",
            "asked y",
            "y = answer",
            "accepted alice as alice by typed",
        ],
    );
    comes_to(
        "rom",
        (
            name,
            &[("alice", "Password: "), ("sekrit1", asks), ("n", "Name: "), ("bob", "Password: ")],
        ),
        &[
            "alice = name alice",
            "named alice",
            "sekrit1 = password alice",
            "asked y",
            "n = answer",
            "bob = name bob",
            "named bob",
        ],
    );
    comes_to(
        "rom",
        (
            name,
            &[
                ("ALICE", "Illegal name, try another.\n\rName: "),
                ("alice", "Password: "),
                ("x", "Wrong password.\n\r"),
            ],
        ),
        &[
            "ALICE = name alice",
            "named alice",
            "refused",
            "alice = name alice",
            "named alice",
            "x = password alice",
            "refused",
        ],
    );
}

#[test]
fn smaug_says_already_playing_for_yes_and_for_no() {
    let greeting = "\r\n\x0cSmaugFUSS \u{e9}\r\nEnter your character's name, or type new: ";
    let login = ["alice = name alice", "named alice", "sekrit1 = password alice"];
    let kicks = "\r\nAlready playing... Kicking off old connection.\r\nReconnecting.\r\n";
    for text in ["\r\nPress [ENTER] ", "\r\nReconnecting.\r\n\r\n", kicks] {
        comes_to(
            "smaug",
            (greeting, &[("alice", "Password: "), ("sekrit1", text)]),
            &[&login[..], &["accepted alice as alice by typed"]].concat(),
        );
    }
    for text in ["Already connected - try again.\r\nName: ", "Already playing.\r\nName: "] {
        comes_to("smaug", (greeting, &[("alice", text)]), &[&login[..2], &["taken"]].concat());
    }
    comes_to(
        "smaug",
        (
            greeting,
            &[
                ("new", "\r\nNo such player exists.\r\nName: "),
                ("alice", "Password: "),
                ("sekrit1", "\r\nWrong password, disconnecting.\r\n"),
            ],
        ),
        &[&["new = other", "refused"], &login[..], &["refused"]].concat(),
    );
}

#[test]
fn godwars() {
    let greeting = "\n\r Enter thy name brave traveler: ";
    for (text, event) in [
        (
            "\n\rYou take over your body, which was already in use.\n\r",
            "accepted alice as alice by typed",
        ),
        ("\n\r Reconnecting.\n\r", "accepted alice as alice by typed"),
        ("\n\rWrong password.\n\r", "refused"),
    ] {
        comes_to(
            "godwars",
            (greeting, &[("alice", " Please enter password: "), ("sekrit1", text)]),
            &["alice = name alice", "named alice", "sekrit1 = password alice", event],
        );
    }
    comes_to(
        "godwars",
        (
            greeting,
            &[("bob", "You want Bob engraved on your tombstone (Y/N)? "), ("y", "fine\n\r")],
        ),
        &["bob = name bob", "named bob", "y = answer"],
    );
}

#[test]
fn diku3_greets_before_it_asks() {
    let greeting = "Valhalla\r\nBy what name do they call you? \u{1}";
    let name = ["alice = name alice", "named alice", "sekrit1 = password alice"];
    let password = "Welcome back Alice, please enter your password: \u{1}";
    let back = "\r\nWelcome back Alice, you last visited us on Monday\r\n";
    let asks = "\r\nWelcome back Alice, you last visited us on Monday\r\n\
                Already playing!\r\nThrow the other copy out? (Y/N) \u{1}";
    comes_to(
        "diku3",
        (greeting, &[("alice", password), ("sekrit1", back)]),
        &[&name[..], &["accepted alice as alice by stated"]].concat(),
    );
    comes_to(
        "diku3",
        (greeting, &[("alice", password), ("sekrit1", asks), ("y", "Reconnecting.\r\n")]),
        &[&name[..], &["asked y", "y = answer", "accepted alice as alice by stated"]].concat(),
    );
    comes_to(
        "diku3",
        (greeting, &[("alice", password), ("sekrit1", "\r\nWrong password.\r\n")]),
        &[&name[..], &["refused"]].concat(),
    );
}

#[test]
fn lp() {
    let greeting = "Welcome to LPmud!\r\n\r\nWhat is your name: What is your name: ";
    let login = ["alice = name alice", "named alice", "sekrit1 = password alice"];
    let asks = "\r\nYou are already playing !\r\nThrow the other copy out ?";
    comes_to(
        "lp",
        (greeting, &[("Alice", "Password: "), ("sekrit1", "\r\nVillage church.\r\n> ")]),
        &[
            "Alice = name alice",
            "named alice",
            "sekrit1 = password alice",
            "accepted alice as alice by typed",
        ],
    );
    comes_to(
        "lp",
        (
            greeting,
            &[("alice", "Password: "), ("sekrit1", asks), ("y", "\r\nVillage church.\r\n> ")],
        ),
        &[&login[..], &["asked y", "y = answer", "accepted alice as alice by typed"]].concat(),
    );
    comes_to(
        "lp",
        (greeting, &[("alice", "Password: "), ("sekrit1", "\r\nWrong password!\r\n")]),
        &[&login[..], &["refused"]].concat(),
    );
}

#[test]
fn deadsouls() {
    let greeting = "Driver: FluffOS   Mudlib: Dead Souls 3.9\n\nWhat name do you wish? ";
    let asks = "\r\nAn interactive copy of you currently exists.\r\n\
                Do you wish to take over this copy? (y/n) \r\n";
    comes_to(
        "deadsouls",
        (
            greeting,
            &[("Al-ice", "Password: "), ("sekrit1", asks), ("y", "\r\nAllowing login.\r\n")],
        ),
        &[
            "Al-ice = name alice",
            "named alice",
            "sekrit1 = password alice",
            "asked y",
            "y = answer",
            "accepted alice as alice by typed",
        ],
    );
    comes_to(
        "deadsouls",
        (
            greeting,
            &[
                ("a1", "a1 is not a valid name.\r\n\tA-Z\r\n\r\nPlease enter a new name: \r\n"),
                ("alice_rescue", "Password: "),
                ("x", "\r\nInvalid password.\r\nPassword: "),
                ("sekrit1", "\r\nThe yard\r\nObvious exits: n\r\n> "),
            ],
        ),
        &[
            "a1 = other",
            "refused",
            "alice_rescue = name alice",
            "named alice",
            "x = password alice",
            "refused",
            "sekrit1 = password alice",
            "accepted alice as alice by typed",
        ],
    );
}

#[test]
fn lima_and_discworld() {
    let lima = "Foo is running Lima 1.0 on FluffOS\r\n\r\nHello, Player!\r\nWhat is your name? ";
    comes_to(
        "lima",
        (
            lima,
            &[
                ("who", "No one appears to be logged on.\r\nWhat is your name? "),
                ("alice", "Password: "),
                ("x", "\r\nHmmm.....\r\nI'll give you another chance.\r\nPassword: "),
                ("sekrit1", "\r\nYou are already logged in!\r\nThrow yourself off? "),
                ("y", "\r\nWelcome\r\n> "),
            ],
        ),
        &[
            "who = other",
            "alice = name alice",
            "named alice",
            "x = password alice",
            "refused",
            "sekrit1 = password alice",
            "asked y",
            "y = answer",
            "accepted alice as alice by typed",
        ],
    );
    let menu = "Q - Quit\r\n\r\nOr, enter your current character's name\r\n\r\nYour choice: ";
    let asks = "\r\nYou are already playing.\r\nThrow the other copy out? (y/n/restart) ";
    comes_to(
        "discworld",
        (
            menu,
            &[
                ("u", "nobody\r\nYour choice: "),
                ("alice", "Where coding is bright green.\r\nEnter password:\r\n"),
                ("x", "\r\nIncorrect password.\r\nEnter your password: "),
                ("sekrit1", asks),
                ("y", "\r\nMended Drum\r\n> "),
            ],
        ),
        &[
            "u = other",
            "alice = name alice",
            "named alice",
            "x = password alice",
            "refused",
            "sekrit1 = password alice",
            "asked y",
            "y = answer",
            "accepted alice as alice by typed",
        ],
    );
}

#[test]
fn the_mush_family_lets_one_user_play_twice() {
    let screen = "Welcome!\r\n\"connect <name> <password>\" connects you.\r\n";
    let fail = "Either that player does not exist, or has a different password.\r\n";
    for (name, fail, welcome) in [
        (
            "penn",
            "That is not the correct password.\r\n",
            "motd\r\nLast connect was from x on y.\r\n",
        ),
        ("penn", "There is no player with that name.\r\n", "\r\nWelcome to PennMUSH!\r\n"),
        ("mux", fail, "Last connect was from localhost on Fri.\r\n"),
        ("tinymush", fail, "Last connect was from localhost on Fri.\r\n"),
        (
            "fuzzball",
            fail,
            "- - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - - -\r\n",
        ),
    ] {
        assert!(preset(name).allows_both(), "{name}");
        comes_to(
            name,
            (screen, &[("connect Alice wrong", fail), ("co alice sekrit1", welcome)]),
            &[
                "connect Alice wrong = connect alice with password",
                "named alice",
                "refused",
                "co alice sekrit1 = connect alice with password",
                "named alice",
                "accepted alice as alice by typed",
            ],
        );
    }
    comes_to(
        "mux",
        (
            screen,
            &[("create Bob sekrit1", "Welcome to the world of TinyMUX.  Explore places.\r\n")],
        ),
        &[
            "create Bob sekrit1 = create bob with password",
            "named bob",
            "accepted bob as bob by typed",
        ],
    );
}

#[test]
fn moo_moves_the_player() {
    let screen = "Welcome to the LambdaCore database.\r\nType 'connect wizard' to log in.\r\n";
    let moved = "*** Redirecting old connection to this port ***\r\n";
    comes_to(
        "moo",
        (screen, &[("connect alice", "Password: "), ("sekrit1", moved)]),
        &[
            "connect alice = connect alice",
            "named alice",
            "sekrit1 = password alice",
            "accepted alice as alice by typed",
        ],
    );
    comes_to(
        "moo",
        (
            screen,
            &[
                (
                    "co alice x",
                    "Either that player does not exist, or has a different password.\r\n",
                ),
                ("co alice sekrit1", "*** Connected ***\r\n#$#mcp version: 2.1 to: 2.1\r\n"),
            ],
        ),
        &[
            "co alice x = connect alice with password",
            "named alice",
            "refused",
            "co alice sekrit1 = connect alice with password",
            "named alice",
            "accepted alice as alice by typed",
        ],
    );
    let guest =
        "Okay,... guest is in use.  Logging you in as `Green_Guest'\r\n*** Connected ***\r\n";
    comes_to(
        "moo",
        (screen, &[("connect guest", guest)]),
        &["connect guest = connect ?", "accepted green_guest as green_guest by stated"],
    );
}

#[test]
fn evennia_states_the_character() {
    let screen = " If you have an existing account, connect to it by typing:\r\n";
    comes_to(
        "evennia",
        (
            screen,
            &[
                (
                    "create bob sekrit123x",
                    "A new account 'bob' was created with password 'sekrit123x'.\r\n",
                ),
                ("connect bob nope", "Username and/or password is incorrect.\r\n"),
                ("connect \"bob\" sekrit123x", "\r\nYou become \x1b[1mBob\x1b[0m.\r\n"),
            ],
        ),
        &[
            "create bob sekrit123x = create bob with password",
            "named bob",
            "connect bob nope = connect bob with password",
            "named bob",
            "refused",
            "connect \"bob\" sekrit123x = connect bob with password",
            "named bob",
            "probe Get.Value {\"name\":\"name\"}",
            "accepted bob as bob by stated",
        ],
    );
}

#[test]
fn evennia_out_of_band() {
    let mut play = Play::new("evennia");
    play.says("connect to it\r\n").waits(QUIET).types("connect alice sekrit1");
    play.gmcp("Logged.In {}").waits(Duration::from_millis(50));
    play.gmcp(r#"Char.Value.Get {"name":"name","value":"Bob"}"#);
    assert_eq!(
        play.log[2..],
        [r#"probe Get.Value {"name":"name"}"#, "accepted bob as alice by stated"]
    );
    let mut play = Play::new("evennia");
    play.says("connect to it\r\n").waits(QUIET).types("connect alice sekrit1");
    play.gmcp("Logged.In {}").waits(QUIET * 4);
    assert_eq!(play.accepted(), Some("alice as alice by typed"));
}

#[test]
fn coffeemud_ranvier_kalevala() {
    comes_to(
        "coffeemud",
        (
            "CoffeeMud\n\r\n\raccount name: ",
            &[
                ("alice", "password: "),
                ("x", "\n\rInvalid password.\n\r\n\raccount name: "),
                ("alice", "password: "),
                ("sekrit1", "\n\rCommand or Name (?):  "),
            ],
        ),
        &with_coffee_probe(&[
            "alice = name alice",
            "named alice",
            "x = password alice",
            "refused",
            "alice = name alice",
            "named alice",
            "sekrit1 = password alice",
            "accepted alice as alice by typed",
        ]),
    );
    comes_to(
        "ranvier",
        (
            "Welcome, what is your name? \u{1}",
            &[
                ("alice", "Enter your password: \u{1}"),
                ("x", "Incorrect password.\r\nEnter your password: \u{1}"),
                ("sekrit1", "\r\n------\r\n|      Choose your fate\r\n------\r\n"),
            ],
        ),
        &[
            "alice = name alice",
            "named alice",
            "x = password alice",
            "refused",
            "sekrit1 = password alice",
            "accepted alice as alice by typed",
            "menu",
        ],
    );
    comes_to(
        "kalevala",
        (
            "Welcome to Kantele\r\nWhat is your \x1b[1mname\x1b[0m? ",
            &[
                ("alice", "Password: \u{1}"),
                ("x", "\r\nInvalid name and password\r\nWhat is your name? "),
                ("alice", "Password: \u{1}"),
                (
                    "sekrit1",
                    "\r\nWelcome alice. Thanks for signing in.\r\nWhat is your character name? \u{1}",
                ),
            ],
        ),
        &[
            "alice = name alice",
            "named alice",
            "x = password alice",
            "refused",
            "alice = name alice",
            "named alice",
            "sekrit1 = password alice",
            "accepted alice as alice by stated",
            "menu",
        ],
    );
}

fn with_coffee_probe<'a>(expected: &[&'a str]) -> Vec<&'a str> {
    let (accepted, before) = expected.split_last().expect("somebody is accepted");
    [before, &["probe \u{1}REPORT\u{2}CHARACTER_NAME", accepted, "menu"]].concat()
}

#[test]
fn nakedmud_by_one_line_and_by_questions() {
    comes_to(
        "nakedmud",
        (
            "Choose an option: ",
            &[
                ("load alice wrong", "Invalid account name or password.\r\nChoose an option: "),
                ("load alice sekrit1", "\r\nEnter choice, or Q to quit: "),
            ],
        ),
        &[
            "load alice wrong = connect alice with password",
            "named alice",
            "refused",
            "load alice sekrit1 = connect alice with password",
            "named alice",
            "accepted alice as alice by typed",
            "menu",
        ],
    );
    comes_to(
        "nakedmud",
        (
            "What is your account name? ",
            &[
                ("alice", "What is your password? "),
                ("sekrit1", "\r\nEnter choice, or Q to quit: "),
            ],
        ),
        &[
            "alice = name alice",
            "named alice",
            "sekrit1 = password alice",
            "accepted alice as alice by typed",
            "menu",
        ],
    );
}

#[test]
fn the_closed_games() {
    comes_to(
        "ire",
        (
            "Rapture Runtime Environment\r\nEnter an option or enter your character's name. \u{1}",
            &[
                ("alice", "What is your password? \u{1}"),
                ("x", "Incorrect password.\r\nWhat is your password? \u{1}"),
                ("sekrit1", "Password correct. Welcome to Achaea.\r\n"),
            ],
        ),
        &[
            "alice = name alice",
            "named alice",
            "x = password alice",
            "refused",
            "sekrit1 = password alice",
            "accepted alice as alice by typed",
        ],
    );
    let profile = "Existing profile loaded - please enter your password.\r\nPassword: ";
    comes_to(
        "aardwolf",
        (
            "What be thy name, adventurer? ",
            &[
                ("alice", profile),
                ("x", "Wrong password.\r\nPassword: "),
                ("sekrit1", "\r\nReconnecting.\r\n"),
            ],
        ),
        &[
            "alice = name alice",
            "named alice",
            "x = password alice",
            "refused",
            "sekrit1 = password alice",
            "accepted alice as alice by typed",
        ],
    );
}

#[test]
fn the_demo() {
    comes_to(
        "demo",
        (
            "Hello\r\nBy what name are you known? \u{1}",
            &[
                ("alice", "Password: "),
                ("x", "\r\nThat is not the password.\r\nBy what name are you known? \u{1}"),
                ("alice", "Password: "),
                ("sekrit1", "\r\nAlice is here already. Taking over.\r\nWelcome, Alice.\r\n"),
            ],
        ),
        &[
            "alice = name alice",
            "named alice",
            "x = password alice",
            "refused",
            "alice = name alice",
            "named alice",
            "sekrit1 = password alice",
            "accepted alice as alice by stated",
        ],
    );
    comes_to(
        "demo",
        (
            "By what name are you known? \u{1}",
            &[
                ("bob", "Shall Bob be made known here? (y/n) \u{1}"),
                ("y", "Choose a password: "),
                ("sekrit1", "\r\nWelcome, Bob.\r\n"),
            ],
        ),
        &[
            "bob = name bob",
            "named bob",
            "y = answer",
            "sekrit1 = new password bob",
            "accepted bob as bob by stated",
        ],
    );
}

#[test]
fn every_preset_compiles_and_is_played_somewhere_here() {
    let this = include_str!("families.rs");
    for name in Preset::names() {
        let preset = preset(name);
        assert_eq!(preset.name(), *name);
        assert!(*name == "none" || this.contains(&format!("\"{name}\"")), "{name}");
    }
    assert!(Preset::named("auto").is_none());
}

#[test]
fn every_preset_knows_what_its_game_does_with_a_second_login() {
    use Duplicate::*;
    for (name, duplicate) in [
        ("diku", RefuseName),
        ("circle", Kick),
        ("tbamud", Kick),
        ("merc", RefusePassword),
        ("envy", RefuseName),
        ("rom", Ask),
        ("smaug", Kick),
        ("godwars", Kick),
        ("diku3", Ask),
        ("lp", Ask),
        ("deadsouls", Ask),
        ("lima", Ask),
        ("discworld", Ask),
        ("penn", Allow),
        ("mux", Allow),
        ("tinymush", Allow),
        ("fuzzball", Allow),
        ("moo", Move),
        ("evennia", Kick),
        ("coffeemud", Move),
        ("ranvier", Kick),
        ("nakedmud", Kick),
        ("demo", Kick),
    ] {
        assert_eq!(preset(name).duplicate(), duplicate, "{name}");
    }
}

#[test]
fn sessions_of_combat_games_are_held_shorter() {
    let minutes = |name: &str| preset(name).hold().as_secs() / 60;
    for name in Preset::names() {
        let long = ["penn", "mux", "tinymush", "fuzzball", "moo", "evennia"].contains(name);
        assert_eq!(minutes(name), if long { 30 } else { 5 }, "{name}");
    }
}

#[test]
fn a_new_character_of_lp() {
    comes_to(
        "lp",
        (
            "Welcome\r\n\r\nWhat is your name: ",
            &[
                ("carol", "New character.\r\nPassword: "),
                ("sekrit1", "\r\nPassword: (again) "),
                ("sekrit1", "\r\nYou are now Carol the utter novice.\r\n> "),
            ],
        ),
        &[
            "carol = name carol",
            "named carol",
            "sekrit1 = password carol",
            "sekrit1 = new password carol",
            "accepted carol as carol by stated",
        ],
    );
}

#[test]
fn a_new_character_of_smaug() {
    comes_to(
        "smaug",
        (
            "\r\nEnter your character's name, or type new: ",
            &[
                ("new", "\r\nPlease choose a name for your character: "),
                ("carol", "Did I get that right, Carol (Y/N)? "),
                ("y", "\r\nMake it a good one.\r\nPick a good password for Carol: "),
                ("sekrit1", "\r\n\r\nPlease retype the password to confirm: "),
                ("sekrit1", "\r\nPress [ENTER] "),
            ],
        ),
        &[
            "new = other",
            "carol = name carol",
            "named carol",
            "y = answer",
            "sekrit1 = new password carol",
            "sekrit1 = new password carol",
            "accepted carol as carol by stated",
        ],
    );
}
