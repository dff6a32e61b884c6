//! Merc and its children.

use super::diku::DEAF;
use super::{NAMES, PLAIN, PLAY};
use crate::support::scripted::input::Filter;
use crate::support::scripted::script::Act::*;
use crate::support::scripted::script::State::*;
use crate::support::scripted::script::{Names, Rule, Script, When, Who, on};

const MERC_NAMES: Names = Names { min: 3, max: 12, ..NAMES };

pub(super) const MERC: Script = Script {
    hello: &[Say("\n\n       Merc Diku Mud, scripted\n\nBy what name do you wish to be known? ")],
    rules: &[MERC_RULES, MERC_FAMILY, PLAY],
    names: MERC_NAMES,
    filter: DEAF,
    prompt: b"<20hp 100m 100mv> ",
    line_end: "\n\r",
    ..PLAIN
};

const MERC_RULES: &[Rule] = &[
    on(
        Password,
        When::Password(Who::Plays),
        &[Say("\n"), EchoOn, Say("Already playing.\nName: "), Go(Name)],
    ),
    on(
        Password,
        When::Password(Who::Waits),
        &[Say("\n"), EchoOn, Say("Already playing.\nName: "), Go(Name)],
    ),
    on(
        Screen,
        When::Any,
        &[
            Say("\nWelcome to Merc Diku Mud.  May your visit here be ... Mercenary.\n"),
            Room("{name} has entered the game.\n"),
            Enter,
            Say("{room}"),
        ],
    ),
];

/// What Merc, Envy and ROM have in common.
const MERC_FAMILY: &[Rule] = &[
    on(Name, When::Empty, &[Close]),
    on(Name, When::Name(Who::Bad), &[Say("Illegal name, try another.\nName: ")]),
    on(Name, When::Name(Who::New), &[Say("Did I get that right, {name} (Y/N)? "), Go(Confirm)]),
    on(Name, When::Any, &[Say("Password: "), EchoOff, Go(Password)]),
    on(
        Confirm,
        When::Starts("y"),
        &[Say("New character.\nGive me a password for {name}: "), EchoOff, Go(NewPassword)],
    ),
    on(Confirm, When::Starts("n"), &[Say("Ok, what IS it, then? "), Go(Name)]),
    on(Confirm, When::Any, &[Say("Please type Yes or No? ")]),
    on(
        NewPassword,
        When::Shorter(5),
        &[Say("\nPassword must be at least five characters long.\nPassword: ")],
    ),
    on(NewPassword, When::Any, &[Remember, Say("\nPlease retype password: "), Go(NewAgain)]),
    on(
        NewAgain,
        When::Differs,
        &[Say("\nPasswords don't match.\nRetype password: "), Go(NewPassword)],
    ),
    on(NewAgain, When::Any, &[Say("\n"), EchoOn, Say("What is your sex (M/F/N)? "), Go(Sex)]),
    on(Sex, When::Any, &[Say("Select a class [Mag Cle Thi War]: "), Go(Class)]),
    on(Class, When::Any, &[SetPassword, Accept, Say("\nThe message of the day.\n"), Go(Screen)]),
    on(Password, When::Password(Who::Wrong), &[Say("\nWrong password.\n"), Close]),
    on(
        Password,
        When::Password(Who::LinkDead),
        &[Say("\n"), EchoOn, Say("Reconnecting.\n"), Room("{name} has reconnected.\n"), Enter],
    ),
    on(
        Password,
        When::Any,
        &[Say("\n"), EchoOn, Accept, Say("The message of the day.\n"), Go(Screen)],
    ),
    on(
        Play,
        When::Is("quit"),
        &[Say("Alas, all good things must come to an end.\n"), Leave, Close],
    ),
];

pub(super) const ENVY: Script = Script {
    hello: &[Say("\n\n       Envy Diku Mud, scripted\n\nState thy name: ")],
    rules: &[ENVY_RULES, MERC_FAMILY, PLAY],
    ..MERC
};

const ENVY_RULES: &[Rule] = &[
    on(Name, When::Name(Who::Plays), &[Say("Already playing.\nName: ")]),
    on(Name, When::Name(Who::Waits), &[Say("Already playing.\nName: ")]),
    on(
        Screen,
        When::Any,
        &[
            Say("\nWelcome to Envy Diku Mud.  May your visit here be ... Envious.\n"),
            Room("{name} has entered the game.\n"),
            Enter,
            Say("{room}"),
        ],
    ),
];

pub(super) const ROM: Script = Script {
    hello: &[Say("\nDo you want ANSI? (Y/n) ")],
    start: Colour,
    rules: &[ROM_RULES, MERC_FAMILY, PLAY],
    names: Names { min: 2, adjacent_capitals: false, ..MERC_NAMES },
    prompt: b"\x1b[0;36m<20hp 100m 100mv> \x1b[0m\xff\xf9",
    ..MERC
};

const ROM_GREETING: &str = "\n\n    QuickMUD, scripted\n    Original DikuMUD, Merc and ROM 2.4\n\n\
    By what name do you wish to be known? ";

const ROM_RULES: &[Rule] = &[
    on(Colour, When::Starts("n"), &[Say("Ansi disabled!\n"), Say(ROM_GREETING), Go(Name)]),
    on(
        Colour,
        When::Empty,
        &[Say("\x1b[1;31mAnsi enabled!\x1b[0m\n"), Say(ROM_GREETING), Go(Name)],
    ),
    on(
        Colour,
        When::Starts("y"),
        &[Say("\x1b[1;31mAnsi enabled!\x1b[0m\n"), Say(ROM_GREETING), Go(Name)],
    ),
    on(Colour, When::Any, &[Say("Do you want ANSI? (Y/n) ")]),
    on(
        Password,
        When::Password(Who::Plays),
        &[
            Say("\n"),
            EchoOn,
            Say("That character is already playing.\nDo you wish to connect anyway (Y/N)?"),
            Go(Ask),
        ],
    ),
    on(
        Password,
        When::Password(Who::LinkDead),
        &[
            Say("\n"),
            EchoOn,
            Say("Reconnecting. Type replay to see missed tells.\n"),
            Room("{name} has reconnected.\n"),
            Enter,
        ],
    ),
    on(
        Ask,
        When::Starts("y"),
        &[
            CloseOld,
            Say("Reconnecting. Type replay to see missed tells.\n"),
            Room("{name} has reconnected.\n"),
            Enter,
        ],
    ),
    on(Ask, When::Starts("n"), &[Say("Name: "), Go(Name)]),
    on(Ask, When::Any, &[Say("Please type Y or N? ")]),
    on(
        Screen,
        When::Any,
        &[
            Say("\nWelcome to ROM 2.4.  Please don't feed the mobiles!\n"),
            Room("{name} has entered the game.\n"),
            Enter,
            Say("{room}"),
        ],
    ),
];

pub(super) const SMAUG: Script = Script {
    hello: &[
        Say("\n"),
        Bytes(b"\xff\xfb\x56"),
        Say("\n      SmaugFUSS, scripted \u{b7} DikuMUD, Merc, SMAUG\n\n"),
        Say("Enter your character's name, or type new: "),
    ],
    rules: &[SMAUG_RULES, PLAY],
    names: MERC_NAMES,
    // MCCP2 is the one option it knows; ECHO's number is no printable character.
    filter: Filter::Merc(&[86]),
    prompt: b"<20hp 100m 100mv> ",
    ..PLAIN
};

const SMAUG_RULES: &[Rule] = &[
    on(Name, When::Empty, &[Close]),
    on(Name, When::Is("new"), &[Say("\nPlease choose a name for your character: "), Go(NewName)]),
    on(Name, When::Name(Who::Bad), &[Say("Illegal name, try another.\nName: ")]),
    on(Name, When::Name(Who::Named), &[Say("Already connected - try again.\nName: ")]),
    on(
        Name,
        When::Name(Who::New),
        &[Say(
            "\nNo such player exists.\nPlease check your spelling, or type new to start a new player.\n\nName: ",
        )],
    ),
    on(Name, When::Any, &[Say("Password: "), EchoOff, Go(Password)]),
    on(NewName, When::Name(Who::Bad), &[Say("Illegal name, try another.\nName: ")]),
    on(
        NewName,
        When::Name(Who::Known),
        &[Say("That name is already taken. Please choose another: ")],
    ),
    on(NewName, When::Any, &[Say("Did I get that right, {name} (Y/N)? "), Go(Confirm)]),
    on(
        Confirm,
        When::Starts("y"),
        &[
            Say(
                "\nMake sure to use a password that won't be easily guessed by someone else.\nPick a good password for {name}: ",
            ),
            EchoOff,
            Go(NewPassword),
        ],
    ),
    on(Confirm, When::Starts("n"), &[Say("Ok, what IS it, then? "), Go(NewName)]),
    on(Confirm, When::Any, &[Say("Please type Yes or No. ")]),
    on(
        NewPassword,
        When::Shorter(5),
        &[Say("\nPassword must be at least five characters long.\nPassword: ")],
    ),
    on(
        NewPassword,
        When::Any,
        &[Remember, Say("\n\nPlease retype the password to confirm: "), Go(NewAgain)],
    ),
    on(
        NewAgain,
        When::Differs,
        &[Say("\nPasswords don't match.\nRetype password: "), Go(NewPassword)],
    ),
    on(NewAgain, When::Any, &[Say("\n"), EchoOn, Say("\nWhat is your sex (M/F/N)? "), Go(Sex)]),
    on(
        Sex,
        When::Any,
        &[
            Say(
                "\nSelect a class, or type help [class] to learn more about that class.\n[Mage Cleric]\n: ",
            ),
            Go(Class),
        ],
    ),
    on(Class, When::Any, &[SetPassword, Accept, Say("\x0cThe title.\nPress [ENTER] "), Go(Screen)]),
    on(Password, When::Password(Who::Wrong), &[Say("\nWrong password, disconnecting.\n"), Close]),
    on(
        Password,
        When::Password(Who::Plays),
        &[
            Say("\n"),
            EchoOn,
            Say("Already playing... Kicking off old connection.\n"),
            Old("Kicking off old connection... bye!\n"),
            CloseOld,
            Say("Reconnecting.\n\n"),
            Enter,
        ],
    ),
    on(
        Password,
        When::Password(Who::LinkDead),
        &[Say("\n"), EchoOn, Say("Reconnecting.\n\n"), Room("{name} has reconnected.\n"), Enter],
    ),
    on(
        Password,
        When::Any,
        &[Say("\n"), EchoOn, Accept, Say("\x0cThe title.\nPress [ENTER] "), Go(Screen)],
    ),
    on(Screen, When::Any, &[Say("\x0cThe message of the day.\n\nPress [ENTER] "), Go(Screen2)]),
    on(
        Screen2,
        When::Any,
        &[
            Say("\nWelcome to (Name Not Set)...\n"),
            Room("{name} has entered the game.\n"),
            Enter,
            Say("{room}"),
        ],
    ),
    on(
        Play,
        When::Is("quit"),
        &[
            Say(
                "Your surroundings begin to fade as a mystical swirling vortex of colors\nenvelops your body... When you come to, things are not as they were.\n",
            ),
            Leave,
            Close,
        ],
    ),
];
