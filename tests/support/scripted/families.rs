//! The families: each a table of what its games say and do. In texts, `\n` is the family's own
//! line end.

mod diku;
mod lp;
mod merc;
mod mush;

use super::input::Filter;
use super::script::{Act, Echo, Names, Rule, Script, Spelling, State, When, on};

/// Which game to play.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Family {
    /// CircleMUD 3.1: the old copy is kicked; a menu.
    Circle,
    /// tbaMUD: as Circle, after a wait that swallows lines; KaVir's telnet; MSDP.
    Tbamud,
    /// DikuMUD alfa: refused at the name, no echo-off, a menu.
    Diku,
    /// Merc 2.1: refused after the password.
    Merc,
    /// Envy 2.0: refused at the name.
    Envy,
    /// QuickMUD: asks after the password; GA after prompts.
    Rom,
    /// SmaugFUSS: the old copy is kicked; refused at the name while that is at the MOTD.
    Smaug,
    /// LDMud with LP 2.4.5: asks; echo goes off before the prompt.
    Lp,
    /// FluffOS with Dead Souls: asks; prompts that end in a newline; echo only to who answers.
    DeadSouls,
    /// FluffOS with Discworld: a menu of letters at the name prompt; asks.
    Discworld,
    /// PennMUSH: both stay; small segments; LOGOUT.
    Penn,
    /// ToastStunt: the connection moves; a password in one line or two.
    Moo,
    /// Evennia: the old copy is kicked; GMCP says who is in.
    Evennia,
    /// Fuzzball: both stay; nothing says that a login worked.
    Fuzzball,
    /// A game of no family: every text is the admin's own.
    Edited,
}

impl Family {
    pub const ALL: [Family; 15] = [
        Family::Circle,
        Family::Tbamud,
        Family::Diku,
        Family::Merc,
        Family::Envy,
        Family::Rom,
        Family::Smaug,
        Family::Lp,
        Family::DeadSouls,
        Family::Discworld,
        Family::Penn,
        Family::Moo,
        Family::Evennia,
        Family::Fuzzball,
        Family::Edited,
    ];

    pub(super) fn script(self) -> Script {
        match self {
            Family::Circle => diku::CIRCLE,
            Family::Tbamud => diku::TBAMUD,
            Family::Diku => diku::DIKU,
            Family::Merc => merc::MERC,
            Family::Envy => merc::ENVY,
            Family::Rom => merc::ROM,
            Family::Smaug => merc::SMAUG,
            Family::Lp => lp::LP,
            Family::DeadSouls => lp::DEAD_SOULS,
            Family::Discworld => lp::DISCWORLD,
            Family::Penn => mush::PENN,
            Family::Moo => mush::MOO,
            Family::Evennia => mush::EVENNIA,
            Family::Fuzzball => mush::FUZZBALL,
            Family::Edited => lp::EDITED,
        }
    }
}

/// A script to start from: what is not said otherwise.
const PLAIN: Script = Script {
    hello: &[],
    start: State::Name,
    rules: &[],
    names: NAMES,
    filter: Filter::Telnet,
    echo: Echo::Always,
    deaf_while_waiting: false,
    link_death: true,
    guests: "guest",
    after_ttype: &[],
    after_answer: &[],
    gmcp: &[],
    prompt: b"> ",
    line_end: "\r\n",
};

const NAMES: Names = Names {
    min: 2,
    max: 16,
    strip: "",
    suffix: "",
    prefix: "",
    spelling: Spelling::FirstUpper,
    adjacent_capitals: true,
};

/// What all games do in play, after their own rules.
const PLAY: &[Rule] = &[
    on(State::Play, When::Is("look"), &[Act::Say("{room}")]),
    on(State::Play, When::Starts("say "), &[Act::Say("Said.\n"), Act::Room("{name}: {line}\n")]),
    on(State::Play, When::Empty, &[]),
    on(State::Play, When::Any, &[Act::Say("You do: {line}\n")]),
];
