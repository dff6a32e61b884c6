//! DikuMUD, CircleMUD, tbaMUD.

use super::{NAMES, PLAIN, PLAY};
use crate::support::scripted::input::Filter;
use crate::support::scripted::script::Act::*;
use crate::support::scripted::script::State::*;
use crate::support::scripted::script::{Names, Rule, Script, When, Who, on};

const MENU: &str = "\nWelcome to CircleMUD!\n0) Exit from CircleMUD.\n1) Enter the game.\n\
    2) Enter description.\n3) Read the background story.\n4) Change password.\n\
    5) Delete this character.\n\n   Make your choice: ";
const CIRCLE_MOTD: &str = "\nThe message of the day.\n\n*** PRESS RETURN: ";

const CIRCLE_GREETING: &str = "\n\n\n            CircleMUD, scripted\n\n  Based on DikuMUD I\n\n\n\
    By what name do you wish to be known? ";

/// A reader that knows no telnet at all.
pub(super) const DEAF: Filter = Filter::Merc(&[]);

pub(super) const CIRCLE: Script = Script {
    hello: &[Say(CIRCLE_GREETING)],
    rules: &[CIRCLE_CONFIRM, CIRCLE_RULES, PLAY],
    names: Names { max: 20, ..NAMES },
    filter: DEAF,
    prompt: b"20H 100M 82V > ",
    ..PLAIN
};

const CIRCLE_CONFIRM: &[Rule] = &[
    on(Name, When::Empty, &[Close]),
    on(Name, When::Name(Who::Bad), &[Say("Invalid name, please try another.\nName: ")]),
    on(Name, When::Name(Who::New), &[Say("Did I get that right, {name} (Y/N)? "), Go(Confirm)]),
    on(
        NewAgain,
        When::Differs,
        &[Say("\nPasswords don't match... start over.\nPassword: "), Go(NewPassword)],
    ),
    on(NewAgain, When::Any, &[EchoOn, Say("\nWhat is your sex (M/F)? "), Go(Sex)]),
];

const CIRCLE_RULES: &[Rule] = &[
    on(Name, When::Any, &[Say("Password: "), EchoOff, Go(Password)]),
    on(
        Confirm,
        When::Starts("y"),
        &[Say("New character.\nGive me a password for {name}: "), EchoOff, Go(NewPassword)],
    ),
    on(Confirm, When::Starts("n"), &[Say("Okay, what IS it, then? "), Go(Name)]),
    on(Confirm, When::Any, &[Say("Please type Yes or No: ")]),
    on(NewPassword, When::Shorter(3), &[Say("\nIllegal password.\nPassword: ")]),
    on(NewPassword, When::Any, &[Remember, Say("\nPlease retype password: "), Go(NewAgain)]),
    on(Sex, When::Any, &[Say("\nSelect a class:\n  [C]leric\n  [T]hief\n\nClass: "), Go(Class)]),
    on(Class, When::Any, &[SetPassword, Accept, Say(CIRCLE_MOTD), Go(Screen)]),
    on(Password, When::Empty, &[EchoOn, Say("\n"), Close]),
    on(
        Password,
        When::Password(Who::WrongTimes(3)),
        &[EchoOn, Say("\nWrong password... disconnecting.\n"), Close],
    ),
    on(
        Password,
        When::Password(Who::Wrong),
        &[EchoOn, Say("\nWrong password.\nPassword: "), EchoOff],
    ),
    on(
        Password,
        When::Password(Who::Plays),
        &[
            EchoOn,
            Old("\nThis body has been usurped!\n\nMultiple login detected -- disconnecting.\n"),
            CloseOld,
            Say("\nYou take over your own body, already in use!\n"),
            Enter,
            MsdpName,
        ],
    ),
    on(
        Password,
        When::Password(Who::LinkDead),
        &[EchoOn, Say("\nReconnecting.\n"), Room("{name} has reconnected.\n"), Enter, MsdpName],
    ),
    on(
        Password,
        When::Password(Who::Waits),
        &[
            EchoOn,
            Old("\nMultiple login detected -- disconnecting.\n"),
            CloseOld,
            Say("\n"),
            Accept,
            Say(CIRCLE_MOTD),
            Go(Screen),
        ],
    ),
    on(Password, When::Any, &[EchoOn, Say("\n"), Accept, Say(CIRCLE_MOTD), Go(Screen)]),
    on(Screen, When::Any, &[Say(MENU), Go(Menu)]),
    on(Menu, When::Is("0"), &[Say("Goodbye.\n"), Close]),
    on(
        Menu,
        When::Is("1"),
        &[
            Say("\nWelcome to the land of CircleMUD!  May your visit here be... Interesting.\n\n"),
            Room("{name} has entered the game.\n"),
            Enter,
            MsdpName,
            Say("{room}\n"),
        ],
    ),
    on(Menu, When::Is("4"), &[Say("\nEnter your old password: "), EchoOff, Go(ChangeOld)]),
    on(Menu, When::Any, &[Say("\nThat's not a menu choice!\n"), Say(MENU)]),
    on(
        ChangeOld,
        When::Password(Who::Wrong),
        &[EchoOn, Say("\nIncorrect password.\n"), Say(MENU), Go(Menu)],
    ),
    on(ChangeOld, When::Any, &[Say("\nEnter a new password: "), Go(ChangeNew)]),
    on(ChangeNew, When::Any, &[Remember, Say("\nPlease retype password: "), Go(ChangeAgain)]),
    on(ChangeAgain, When::Any, &[SetPassword, EchoOn, Say("\nDone.\n"), Say(MENU), Go(Menu)]),
    on(
        Play,
        When::Is("quit"),
        &[Say("Goodbye, friend.. Come back soon!\n"), Leave, Say(MENU), Go(Menu)],
    ),
];

pub(super) const TBAMUD: Script = Script {
    hello: &[
        Say("\nAttempting to Detect Client, Please Wait...\n"),
        Bytes(b"\xff\xfd\x18"),
        Go(Wait),
        Pause,
        Say("\x1b[H\x1b[J[Client] Unknown | [Colors] No Color | [MXP] No | [MSDP] No | [ATCP] No\n\n"),
        Say(CIRCLE_GREETING),
        Go(Name),
    ],
    rules: &[TBAMUD_RULES, CIRCLE_RULES, PLAY],
    names: Names { max: 20, ..NAMES },
    filter: Filter::KaVir,
    // SB TTYPE SEND, DO NAWS, DO CHARSET, WILL MSDP, WILL MSSP, DO ATCP, WILL MSP, DO MXP
    after_ttype: b"\xff\xfa\x18\x01\xff\xf0\xff\xfd\x1f\xff\xfd\x2a\xff\xfb\x45\xff\xfb\x46\xff\xfd\xc8\xff\xfb\x5a\xff\xfd\x5b",
    prompt: b"\r\n20H 100M 82V (news) (motd) > ",
    ..PLAIN
};

const TBAMUD_RULES: &[Rule] = &[
    on(Wait, When::Any, &[Say("Collecting Protocol Information... Please Wait.\n")]),
    on(Name, When::Empty, &[Close]),
    on(Name, When::Name(Who::Bad), &[Say("Invalid name, please try another.\nName: ")]),
    on(
        Name,
        When::Name(Who::New),
        &[
            Say("Did I get that right, {name} (\x1b[1;36mY\x1b[0;00m/\x1b[1;36mN\x1b[0;00m)? "),
            Go(Confirm),
        ],
    ),
    on(
        NewAgain,
        When::Differs,
        &[Say("\nPasswords don't match... start over.\nPassword: "), Go(NewPassword)],
    ),
    on(
        NewAgain,
        When::Any,
        &[
            EchoOn,
            Say("\nWhat is your sex (\x1b[1;36mM\x1b[0;00m/\x1b[1;36mF\x1b[0;00m)? "),
            Go(Sex),
        ],
    ),
];

const DIKU_MENU: &str = "\n0) Exit from DikuMud.\n1) Enter the game.\n2) Enter description.\n\
    3) Read the background story.\n4) Change password.\n\n   Make your choice: ";
const DIKU_MOTD: &str = "The message of the day.\n\n\n*** PRESS RETURN: ";

pub(super) const DIKU: Script = Script {
    hello: &[
        Say("\n\n         DikuMUD, scripted\n\n"),
        Cut,
        Say("By what name do you wish to be known? "),
    ],
    rules: &[DIKU_RULES, PLAY],
    names: Names { min: 1, ..NAMES },
    filter: DEAF,
    line_end: "\n\r",
    ..PLAIN
};

const DIKU_RULES: &[Rule] = &[
    on(Name, When::Empty, &[Close]),
    on(Name, When::Name(Who::Bad), &[Say("Illegal name, please try another."), Cut, Say("Name: ")]),
    on(
        Name,
        When::Name(Who::Plays),
        &[Say("Already playing, cannot connect\n"), Cut, Say("Name: ")],
    ),
    on(
        Name,
        When::Name(Who::Named),
        &[Say("Already playing, cannot connect\n"), Cut, Say("Name: ")],
    ),
    on(Name, When::Name(Who::New), &[Say("Did I get that right, {name} (Y/N)? "), Go(Confirm)]),
    on(Name, When::Any, &[Say("Password: "), Go(Password)]),
    on(
        Confirm,
        When::Starts("y"),
        &[Say("New character.\n"), Cut, Say("Give me a password for {name}: "), Go(NewPassword)],
    ),
    on(Confirm, When::Starts("n"), &[Say("Ok, what IS it, then? "), Go(Name)]),
    on(Confirm, When::Any, &[Say("Please type Yes or No? ")]),
    on(NewPassword, When::Empty, &[Say("Illegal password.\n"), Cut, Say("Password: ")]),
    on(NewPassword, When::Any, &[Remember, Say("Please retype password: "), Go(NewAgain)]),
    on(
        NewAgain,
        When::Differs,
        &[Say("Passwords don't match.\n"), Cut, Say("Retype password: "), Go(NewPassword)],
    ),
    on(NewAgain, When::Any, &[Say("What is your sex (M/F) ? "), Go(Sex)]),
    on(
        Sex,
        When::Any,
        &[
            Say("\nSelect a class:\nCleric\nThief\nWarrior\nMagic-user"),
            Cut,
            Say("\nClass :"),
            Go(Class),
        ],
    ),
    on(Class, When::Any, &[SetPassword, Accept, Say(DIKU_MOTD), Go(Screen)]),
    on(Password, When::Empty, &[Close]),
    on(Password, When::Password(Who::Wrong), &[Say("Wrong password.\n"), Cut, Say("Password: ")]),
    on(
        Password,
        When::Password(Who::LinkDead),
        &[Say("Reconnecting.\n"), Room("{name} has reconnected.\n"), Enter],
    ),
    on(Password, When::Any, &[Accept, Say(DIKU_MOTD), Go(Screen)]),
    on(Screen, When::Any, &[Say(DIKU_MENU), Go(Menu)]),
    on(Menu, When::Is("0"), &[Close]),
    on(
        Menu,
        When::Is("1"),
        &[
            Say("\nWelcome to the land of DikuMud. May your visit here be... Interesting.\n\n"),
            Room("{name} has entered the game.\n"),
            Enter,
            Say("{room}"),
        ],
    ),
    on(Menu, When::Is("4"), &[Say("Enter a new password: "), Go(ChangeNew)]),
    on(Menu, When::Any, &[Say("Wrong option.\n"), Say(DIKU_MENU)]),
    on(ChangeNew, When::Any, &[Remember, Say("Please retype password: "), Go(ChangeAgain)]),
    on(
        ChangeAgain,
        When::Any,
        &[
            SetPassword,
            Say("\nDone. You must enter the game to make the change final\n"),
            Say(DIKU_MENU),
            Go(Menu),
        ],
    ),
    on(
        Play,
        When::Is("quit"),
        &[Say("Goodbye, friend.. Come back soon!\n"), Leave, Say(DIKU_MENU), Go(Menu)],
    ),
];
