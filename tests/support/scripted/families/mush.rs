//! Games that log in with one line.

use super::{NAMES, PLAIN, PLAY};
use crate::support::scripted::script::Act::*;
use crate::support::scripted::script::State::*;
use crate::support::scripted::script::{Act, Names, Rule, Script, Spelling, When, Who, on};

/// Not even the length of a name is refused at a connect screen.
const MUSH_NAMES: Names = Names { min: 1, max: 100, spelling: Spelling::AsMade, ..NAMES };

const MUSH: Script =
    Script { start: Door, names: MUSH_NAMES, link_death: false, prompt: b"", ..PLAIN };

const PENN_SCREEN: &str = "<This is where you announce that they've connected to your MUSH>\n\
    Use create <name> <password> to create a character.\n\
    Use connect <name> <password> to connect to your existing character.\n\
    Use 'ch <name> <password>' to connect hidden, and cd to connect DARK (admin)\n\
    Use QUIT to logout.\n";

pub(super) const PENN: Script = Script {
    hello: &[Pause, Bytes(b"\xff\xfd\x22"), Cut, Say(PENN_SCREEN)],
    rules: &[PENN_RULES, PLAY],
    names: Names { prefix: "*", ..MUSH_NAMES },
    deaf_while_waiting: true,
    guests: "Guest{}",
    // DO TTYPE, DO NAWS, WILL CHARSET, WILL MSSP, WILL GMCP
    after_answer: b"\xff\xfd\x18\xff\xfd\x1f\xff\xfb\x2a\xff\xfb\x46\xff\xfb\xc9",
    ..MUSH
};

const PENN_RULES: &[Rule] = &[
    on(Door, When::Is("quit"), &[Close]),
    on(
        Door,
        When::Is("who"),
        &[Say("Player Name        On For Idle\n"), Cut, Say("There are 0 players connected.\n")],
    ),
    on(
        Door,
        When::Command("cr", Who::Known),
        &[Say("There is already a player with that name."), Cut, Say("\n")],
    ),
    on(
        Door,
        When::Command("cr", Who::New),
        &[SetPassword, Say("\nWelcome to PennMUSH!\n"), Cut, Enter, Say("{room}")],
    ),
    on(
        Door,
        When::Bare("co", Who::Guest),
        &[TakeGuest, Say("\nWelcome to PennMUSH!\n"), Cut, Enter, Say("{room}")],
    ),
    on(
        Door,
        When::Command("c", Who::Guest),
        &[TakeGuest, Say("\nWelcome to PennMUSH!\n"), Cut, Enter, Say("{room}")],
    ),
    on(
        Door,
        When::Command("c", Who::New),
        &[Say("There is no player with that name."), Cut, Say("\n")],
    ),
    on(
        Door,
        When::Command("c", Who::Wrong),
        &[Say("That is not the correct password."), Cut, Say("\n")],
    ),
    on(
        Door,
        When::Command("c", Who::Plays),
        &[
            Say("\nWelcome to PennMUSH!\n"),
            Cut,
            Room("{name} has reconnected.\n"),
            Enter,
            Say("Last connect was from {host} on Sat Nov 21 14:34:07 2026.\n"),
            Cut,
            Say("{room}"),
        ],
    ),
    on(
        Door,
        When::Command("c", Who::Anybody),
        &[
            Say("\nWelcome to PennMUSH!\n"),
            Cut,
            Room("{name} has connected.\n"),
            Enter,
            Say("Last connect was from {host} on Sat Nov 21 14:34:07 2026.\n"),
            Cut,
            Say("{room}"),
        ],
    ),
    on(Door, When::Any, &[Say(PENN_SCREEN)]),
    on(
        Play,
        When::Change("@password", true),
        &[SetPassword, Say("You have changed your password.\n")],
    ),
    on(
        Play,
        When::Change("@password", false),
        &[Say("The old password that you entered was incorrect.\n")],
    ),
    on(Play, When::Is("logout"), &[Leave, Say(PENN_SCREEN), Go(Door)]),
    on(Play, When::Is("quit"), &[Say("\nThank you for playing PennMUSH.\n"), Leave, Close]),
];

const MOO_FAIL: &str = "Either that player does not exist, or has a different password.\n";
/// ToastCore offers MSSP again before every answer at the door.
const WILL_MSSP: &[u8] = b"\xff\xfb\x46";

pub(super) const MOO: Script = Script {
    hello: &[
        Bytes(WILL_MSSP),
        Say("#$#mcp version: \"2.1\" to: \"2.1\"\n"),
        Cut,
        Say("Welcome to the ToastCore database, scripted.\n\nType 'connect wizard' to log in.\n"),
    ],
    rules: &[MOO_RULES, PLAY],
    guests: "Guest_{}",
    ..MUSH
};

const MOO_RULES: &[Rule] = &[
    on(Door, When::Is("@quit"), &[Close]),
    on(
        Door,
        When::Command("cr", Who::Known),
        &[Bytes(WILL_MSSP), Say("Sorry, that name is not available.  Please choose another.\n")],
    ),
    on(Door, When::Command("cr", Who::New), &[SetPassword, Say("*** Created ***\n"), Enter]),
    on(
        Door,
        When::Bare("co", Who::Guest),
        &[
            TakeGuest,
            Say("Okay,... guest is in use.  Logging you in as `{name}'\n"),
            Say("*** Connected ***\n"),
            Enter,
            Say("{room}"),
        ],
    ),
    on(Door, When::Bare("co", Who::New), &[Bytes(WILL_MSSP), Say(MOO_FAIL)]),
    on(
        Door,
        When::Bare("co", Who::Known),
        &[Bytes(WILL_MSSP), Say("Password: "), EchoOff, Go(Password)],
    ),
    on(Door, When::Command("co", Who::Wrong), &[Bytes(WILL_MSSP), Say(MOO_FAIL)]),
    on(Door, When::Command("co", Who::Plays), MOO_MOVE),
    on(
        Door,
        When::Command("co", Who::Anybody),
        &[Say("*** Connected ***\n"), Enter, Say("{room}")],
    ),
    on(Door, When::Any, &[Bytes(WILL_MSSP), Say("Type 'connect <name> <password>' to log in.\n")]),
    on(Password, When::Password(Who::Wrong), &[EchoOn, Say("\n"), Say(MOO_FAIL), Go(Door)]),
    on(Password, When::Password(Who::Plays), MOO_MOVE_TWO_STEP),
    on(Password, When::Any, &[EchoOn, Say("\n*** Connected ***\n"), Enter, Say("{room}")]),
    on(Play, When::Change("@password", true), &[SetPassword, Say("New password set.\n")]),
    on(Play, When::Change("@password", false), &[Say("That's not your old password.\n")]),
    on(Play, When::Is("@quit"), &[Say("*** Disconnected ***\n"), Leave, Close]),
];

const MOO_MOVE: &[Act] = &[
    Old("*** Redirecting connection to new port ***\n"),
    CloseOld,
    Say("*** Redirecting old connection to this port ***\n"),
    Enter,
];

const MOO_MOVE_TWO_STEP: &[Act] = &[
    EchoOn,
    Old("*** Redirecting connection to new port ***\n"),
    CloseOld,
    Say("\n*** Redirecting old connection to this port ***\n"),
    Enter,
];

const EVENNIA_SCREEN: &str = "\x1b[34m==============================================================\x1b[0m\n \
    Welcome to \x1b[32mmygame\x1b[0m, version 5.0.1!\n\n \
    If you have an existing account, connect to it by typing:\n      \
    \x1b[37mconnect <username> <password>\x1b[0m\n \
    If you need to create an account, type (without the <>'s):\n      \
    \x1b[37mcreate <username> <password>\x1b[0m\n\n \
    Enter \x1b[37mhelp\x1b[0m for more info. \x1b[37mlook\x1b[0m will re-show this screen.\n\
    \x1b[34m==============================================================\x1b[0m\n";

pub(super) const EVENNIA: Script = Script {
    hello: &[
        // DO LINEMODE, WILL SGA, DO NAWS, DO TTYPE, WILL MCCP2, WILL MSSP, WILL MSDP, WILL GMCP, WILL MXP
        Bytes(b"\xff\xfd\x22\xff\xfb\x03\xff\xfd\x1f\xff\xfd\x18\xff\xfb\x56\xff\xfb\x46\xff\xfb\x45\xff\xfb\xc9\xff\xfb\x5b"),
        Pause,
        Say(EVENNIA_SCREEN),
    ],
    rules: &[EVENNIA_RULES, PLAY],
    guests: "Guest{}",
    gmcp: &[("Get.Value", "Char.Value.Get {\"name\":\"name\",\"value\":\"{name}\"}")],
    ..MUSH
};

const EVENNIA_RULES: &[Rule] = &[
    on(Door, When::Is("quit"), &[Say("Good bye! Disconnecting.\n"), Close]),
    on(
        Door,
        When::Command("cr", Who::New),
        &[
            Say(
                "You want to create an account '{name}' with password '{password}'.\nIs this what you intended? [Y]/N?\n",
            ),
            Go(Confirm),
        ],
    ),
    on(Confirm, When::Starts("n"), &[Say("Aborted.\n"), Go(Door)]),
    on(
        Confirm,
        When::Any,
        &[
            SetPassword,
            Say(
                "A new account '{name}' was created. Welcome!\n\nYou can now log with the command 'connect {name} <your password>'.\n",
            ),
            Go(Door),
        ],
    ),
    on(Door, When::Command("cr", Who::Known), &[Say("Sorry, that username is already taken.\n")]),
    on(
        Door,
        When::Command("co", Who::Wrong),
        &[Say("\x1b[31mUsername and/or password is incorrect.\x1b[0m\n")],
    ),
    on(
        Door,
        When::Command("co", Who::Plays),
        &[
            Old("\x1b[1m\x1b[31mLogged in from elsewhere. Disconnecting.\x1b[0m\n"),
            CloseOld,
            Gmcp("Logged.In {}"),
            Enter,
            Say("\nYou become \x1b[1m\x1b[36m{name}\x1b[0m.\n\n{room}"),
        ],
    ),
    on(
        Door,
        When::Command("co", Who::Anybody),
        &[Gmcp("Logged.In {}"), Enter, Say("\nYou become \x1b[1m\x1b[36m{name}\x1b[0m.\n\n{room}")],
    ),
    on(Door, When::Is("look"), &[Say(EVENNIA_SCREEN)]),
    on(Door, When::Any, &[Say("Command '{line}' is not available. Type \"help\" for help.\n")]),
    on(Play, When::Change("@password", true), &[SetPassword, Say("Password changed.\n")]),
    on(
        Play,
        When::Change("@password", false),
        &[Say("The specified old password isn't correct.\n")],
    ),
    on(
        Play,
        When::Is("quit"),
        &[Say("\x1b[1m\x1b[31mQuitting\x1b[0m. Hope to see you again, soon.\n"), Leave, Close],
    ),
];

pub(super) const FUZZBALL: Script = Script {
    hello: &[
        Bytes(b"\xff\xfd\x1f"),
        Say("#$#mcp version: \"2.1\" to: \"2.1\"\n"),
        Cut,
        Say(FUZZBALL_SCREEN),
    ],
    rules: &[FUZZBALL_RULES, PLAY],
    ..MUSH
};

const FUZZBALL_SCREEN: &str = "\n  Fuzzball MUCK, scripted\n\nUse `connect <character> <password>' to connect to your character.\n";

const FUZZBALL_RULES: &[Rule] = &[
    on(Door, When::Is("quit"), &[Close]),
    on(
        Door,
        When::Command("cr", Who::Anybody),
        &[Say(
            "Sorry, you can get a character by e-mailing XXXX@machine.net.address with a charname and password.\n",
        )],
    ),
    on(Door, When::Command("co", Who::Wrong), &[Say(MOO_FAIL)]),
    on(Door, When::Command("co", Who::Anybody), &[Enter, Say("The sea is calm tonight.\n{room}")]),
    on(Door, When::Any, &[Say(FUZZBALL_SCREEN)]),
    on(Play, When::Change("@password", true), &[SetPassword, Say("Password changed.\n")]),
    on(
        Play,
        When::Change("@password", false),
        &[Say("Sorry, old password did not match current password.\n")],
    ),
    on(Play, When::Is("quit"), &[Say("Come back later!\n"), Leave, Close]),
];
