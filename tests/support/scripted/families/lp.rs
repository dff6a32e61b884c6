//! LPMuds, and a game of no family.

use super::{NAMES, PLAIN, PLAY};
use crate::support::scripted::script::Act::*;
use crate::support::scripted::script::State::*;
use crate::support::scripted::script::{Act, Echo, Names, Rule, Script, Spelling, When, Who, on};

pub(super) const LP: Script = Script {
    hello: &[
        Say("Welcome to LPmud 2.4.5, scripted\n\nWhat is your name: "),
        Cut,
        Say("What is your name: "),
    ],
    rules: &[LP_RULES, PLAY],
    names: Names { min: 1, max: 11, ..NAMES },
    ..PLAIN
};

const LP_RULES: &[Rule] = &[
    on(Name, When::Empty, &[Close]),
    on(Name, When::Name(Who::Bad), &[Say("Give name again: ")]),
    on(
        Name,
        When::Name(Who::New),
        &[Say("New character.\n"), EchoOff, Cut, Say("Password: "), Go(NewPassword)],
    ),
    on(Name, When::Any, &[EchoOff, Cut, Say("Password: "), Go(Password)]),
    on(
        NewPassword,
        When::Shorter(6),
        &[
            EchoOn,
            Say("\nThe password must have at least 6 characters.\n"),
            EchoOff,
            Cut,
            Say("Password: "),
        ],
    ),
    on(
        NewPassword,
        When::Any,
        &[Remember, EchoOn, Say("\n"), EchoOff, Cut, Say("Password: (again) "), Go(NewAgain)],
    ),
    on(NewAgain, When::Differs, &[EchoOn, Say("\nYou changed!\n"), Close]),
    on(
        NewAgain,
        When::Any,
        &[EchoOn, Say("\n"), SetPassword, Say("You are now {name} the utter novice.\n"), Enter],
    ),
    on(Password, When::Password(Who::Wrong), &[EchoOn, Say("\nWrong password!\n"), Close]),
    on(Password, When::Password(Who::Plays), LP_ASK),
    on(Password, When::Password(Who::LinkDead), LP_ASK),
    on(Password, When::Any, &[EchoOn, Say("\nThe news of the day.\n"), Enter, Say("{room}")]),
    on(Ask, When::Starts("y"), &[CloseOld, Enter]),
    on(Ask, When::Any, &[Say("Welcome another time then !\n"), Close]),
    on(Play, When::Is("quit"), &[Say("Saving {name}.\n"), Leave, Close]),
];

const LP_ASK: &[Act] =
    &[EchoOn, Say("\nYou are already playing !\nThrow the other copy out ? "), Go(Ask)];

pub(super) const DEAD_SOULS: Script = Script {
    hello: &[
        // DO TTYPE, DO NAWS, DO NEW-ENVIRON, WILL MCCP2, WILL MSSP, WILL CHARSET, WILL MSP
        Bytes(
            b"\xff\xfd\x18\xff\xfd\x1f\xff\xfd\x27\xff\xfb\x56\xff\xfb\x46\xff\xfb\x2a\xff\xfb\x5a",
        ),
        Say("Connected to Dead Souls, an LP mud, scripted.\n\nWhat name do you wish? "),
        GaIfAnswered,
    ],
    rules: &[DEAD_SOULS_RULES, PLAY],
    names: Names { max: 15, strip: " '-", suffix: "_rescue", ..NAMES },
    echo: Echo::WhenAnswered,
    guests: "guest",
    ..PLAIN
};

const DEAD_SOULS_RULES: &[Rule] = &[
    on(
        Name,
        When::Empty,
        &[
            Say("\nYou must enter a name in order to join!\n\nWhat name do you wish? "),
            GaIfAnswered,
        ],
    ),
    on(
        Name,
        When::Name(Who::Bad),
        &[Say(
            "{line} is not a valid name.\nAll characters must be a-z, ' or -.\n\nPlease enter a new name: \n",
        )],
    ),
    // One guest for all: the second asks for the first one's body.
    on(Name, When::Name(Who::GuestPlays), DEAD_SOULS_ASK),
    on(Name, When::Name(Who::Guest), &[TakeGuest, Enter, Say("{room}")]),
    on(
        Name,
        When::Name(Who::New),
        &[Say("Do you really wish to be known as {name}? (y/n) \n"), Go(Confirm)],
    ),
    on(Name, When::Any, &[Say("Password: "), EchoOff, GaIfAnswered, Go(Password)]),
    on(Confirm, When::Starts("y"), &[Say("\nAre you 13 years of age or older? (y/n) \n"), Go(Age)]),
    on(Confirm, When::Any, &[Say("\nOk, then enter the name you really want: \n"), Go(Name)]),
    on(
        Age,
        When::Starts("y"),
        &[
            Say("\nCreate a password of at least 5 letters: \n"),
            EchoOff,
            GaIfAnswered,
            Go(NewPassword),
        ],
    ),
    on(Age, When::Any, &[Say("\nSorry. You are not old enough to play here.\n"), Close]),
    on(
        NewPassword,
        When::Shorter(5),
        &[Say(
            "\nYour password must be at least 5 letters long.\nPlease choose another password: \n",
        )],
    ),
    on(
        NewPassword,
        When::Any,
        &[Remember, Say("\nPlease confirm your password choice: \n"), GaIfAnswered, Go(NewAgain)],
    ),
    on(
        NewAgain,
        When::Differs,
        &[
            Say(
                "\nPasswords do not match! Try again.\nCreate a password of at least 5 letters: \n",
            ),
            Go(NewPassword),
        ],
    ),
    on(
        NewAgain,
        When::Any,
        &[EchoOn, SetPassword, Say("\nWelcome, {name}.\n"), Enter, Say("{room}")],
    ),
    on(
        Password,
        When::Empty,
        &[EchoOn, Say("\nYou must enter a password.  Please try again later.\n"), Close],
    ),
    on(
        Password,
        When::Password(Who::WrongTimes(3)),
        &[EchoOn, Say("\nInvalid password.\n\nNo more attempts allowed\n"), Close],
    ),
    on(
        Password,
        When::Password(Who::Wrong),
        &[Say("\nInvalid password.\nPassword: "), EchoOff, GaIfAnswered],
    ),
    on(Password, When::Password(Who::Plays), DEAD_SOULS_ASK),
    on(Password, When::Password(Who::LinkDead), &[EchoOn, Say("\nReconnected.\n"), Enter]),
    on(Password, When::Any, &[EchoOn, Say("\n"), Enter, Say("{room}")]),
    on(Ask, When::Starts("y"), &[CloseOld, Say("\nAllowing login.\n"), Enter]),
    on(Ask, When::Any, &[Say("\nThen please try again later!\n"), Close]),
    on(Play, When::Is("quit"), &[Say("Please come back another time!\n"), Leave, Close]),
];

const DEAD_SOULS_ASK: &[Act] = &[
    EchoOn,
    Say(
        "\nAn interactive copy of you currently exists.\nDo you wish to take over this copy? (y/n) \n",
    ),
    Go(Ask),
];

pub(super) const DISCWORLD: Script = Script {
    hello: &[
        // DO TTYPE, DO NAWS, DO NEW-ENVIRON, WILL MCCP2, WILL GMCP
        Bytes(b"\xff\xfd\x18\xff\xfd\x1f\xff\xfd\x27\xff\xfb\x56\xff\xfb\xc9"),
        Say(DISCWORLD_MENU),
        GaIfAnswered,
    ],
    rules: &[DISCWORLD_RULES, PLAY],
    names: Names { min: 3, max: 12, ..NAMES },
    guests: "Visitor{}",
    ..PLAIN
};

const DISCWORLD_MENU: &str = "\n    Discworld MUD, scripted\n\nEnter your current character's name.\n\
    Or, please choose one of the options below:\n   N - New character\n   G - Guest character\n\
   Q - Quit\n\nYour choice: ";

const DISCWORLD_RULES: &[Rule] = &[
    on(Name, When::Empty, &[Say("Your choice: "), GaIfAnswered]),
    on(Name, When::Is("q"), &[Say("See you later then.\n"), Close]),
    on(Name, When::Is("n"), &[Say("\nEnter the name to use: "), GaIfAnswered, Go(NewName)]),
    on(Name, When::Is("g"), &[Say("Press return to enter as a guest. "), GaIfAnswered, Go(Screen)]),
    on(
        Screen,
        When::Any,
        &[TakeGuest, Say("You are {name} for this visit.\n"), Enter, Say("{room}")],
    ),
    on(Name, When::Name(Who::Bad), &[Say("That is not a choice.\nYour choice: "), GaIfAnswered]),
    on(
        Name,
        When::Name(Who::New),
        &[Say("There is no player called {name}.\nYour choice: "), GaIfAnswered],
    ),
    on(
        Name,
        When::Any,
        &[Say("\nWelcome to the Discworld.\nEnter password:"), EchoOff, GaIfAnswered, Go(Password)],
    ),
    on(NewName, When::Name(Who::Known), &[Say("That name is taken.\nEnter the name to use: ")]),
    on(NewName, When::Any, &[Say("Enter your password: "), EchoOff, GaIfAnswered, Go(NewPassword)]),
    on(
        NewPassword,
        When::Shorter(6),
        &[Say("\nYour password must be at least six letters long.\nEnter your password: ")],
    ),
    on(NewPassword, When::Any, &[Remember, Say("\nEnter it again: "), GaIfAnswered, Go(NewAgain)]),
    on(NewAgain, When::Any, &[EchoOn, SetPassword, Say("\n"), Enter, Say("{room}")]),
    on(
        Password,
        When::Password(Who::WrongTimes(4)),
        &[EchoOn, Say("\nToo many retries.\n"), Close],
    ),
    on(
        Password,
        When::Password(Who::Wrong),
        &[EchoOn, Say("\nIncorrect password.\nEnter your password: "), EchoOff, GaIfAnswered],
    ),
    on(Password, When::Password(Who::Plays), DISCWORLD_ASK),
    on(Password, When::Password(Who::LinkDead), DISCWORLD_ASK),
    on(Password, When::Any, &[EchoOn, Say("\n"), Enter, Say("{room}")]),
    on(
        Ask,
        When::Starts("y"),
        &[Old("\nDisconnected by someone from {host}.\n"), CloseOld, Enter, Say("{room}")],
    ),
    on(
        Ask,
        When::Is("restart"),
        &[Old("\nDisconnected by someone from {host}.\n"), CloseOld, Enter, Say("{room}")],
    ),
    on(Ask, When::Any, &[Say("Ok, come back later on then!\n"), Close]),
    on(Play, When::Is("quit"), &[Say("Thank you for playing Discworld.\n"), Leave, Close]),
];

const DISCWORLD_ASK: &[Act] = &[
    EchoOn,
    Say("\nYou are already playing.\nThrow the other copy out? (y/n/restart) "),
    GaIfAnswered,
    Go(Ask),
];

/// Nothing here says what any preset knows: recognition has to fail open.
pub(super) const EDITED: Script = Script {
    hello: &[Say("* The gatehouse *\n\nWho comes there, wanderer? --> ")],
    rules: &[EDITED_RULES, PLAY],
    names: Names { spelling: Spelling::AsMade, ..NAMES },
    prompt: b"[20/20] ",
    ..PLAIN
};

const EDITED_RULES: &[Rule] = &[
    on(Name, When::Empty, &[Say("Speak up. --> ")]),
    on(
        Name,
        When::Name(Who::New),
        &[Say("The porter has never heard of you. Shall he write you down? --> "), Go(Confirm)],
    ),
    on(Name, When::Any, &[Say("And the word? --> "), EchoOff, Go(Password)]),
    on(Confirm, When::Starts("y"), &[Say("Make up a word. --> "), EchoOff, Go(NewPassword)]),
    on(Confirm, When::Any, &[Say("Who then? --> "), Go(Name)]),
    on(
        NewPassword,
        When::Any,
        &[Remember, SetPassword, EchoOn, Say("\nThe gate swings open.\n"), Enter],
    ),
    on(
        Password,
        When::Password(Who::Wrong),
        &[EchoOn, Say("\nNo. Say it properly. --> "), EchoOff],
    ),
    on(
        Password,
        When::Password(Who::Plays),
        &[
            EchoOn,
            Old("\nSomebody wears your face. The world goes dark.\n"),
            CloseOld,
            Say("\nYou slip into yourself.\n"),
            Enter,
        ],
    ),
    on(Password, When::Any, &[EchoOn, Say("\nThe gate swings open.\n"), Enter]),
    on(Play, When::Is("quit"), &[Say("The gate falls shut behind you.\n"), Leave, Close]),
];
