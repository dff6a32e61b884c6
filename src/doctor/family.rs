//! What an admin has to know of each family of games: what it is called, and where it limits or bans
//! by address, which is the same for all players once mudkeep stands in front.

use crate::login::{Duplicate, Preset, Style};

/// A family in words.
pub(super) struct Family {
    /// What people call it.
    pub(super) name: &'static str,
    /// Where its limits and bans by address are, if it has any.
    pub(super) by_address: Option<&'static str>,
}

const DIKU: &str = "As it ships it has no limit per address; its bans are by site: the immortals' \
    command `ban` lists them, and one that covers this address keeps everybody out. Changed games \
    often count connections or forbid to play twice: look for `host` in src/comm.c and \
    src/interpreter.c (`grep -n 'host' src/*.c`).";
const LP: &str = "That is up to its mudlib: look for `query_ip_number` and `query_ip_name` where it \
    lets players in (`grep -rn query_ip_number secure/ adm/ master* 2>/dev/null`), and in its \
    lists of banned sites.";
const MUSH: &str = "As it ships it has no limit per address. Its rules are by site: see \
    `@list site_information`, and forbid_site, register_site and guest_site in its .conf file; \
    one that covers this address holds for everybody.";
const CLOSED: &str = "A closed game: ask whoever runs it to except this address.";
const UNKNOWN: &str = "Look in its settings and its source for limits, bans, lockouts after failed \
    logins and checks against playing twice that go by address, and except this one.";

impl Family {
    /// The family that a preset is made for; of other names nothing is known.
    pub(super) fn of(preset: Option<&str>) -> Family {
        let (name, by_address) = match preset.unwrap_or_default() {
            "circle" => ("CircleMUD", DIKU),
            "tbamud" => ("tbaMUD", DIKU),
            "diku" => ("DikuMUD", DIKU),
            "merc" => ("Merc", DIKU),
            "envy" => ("Envy", DIKU),
            "rom" => ("ROM", DIKU),
            "smaug" => ("SMAUG", DIKU),
            "godwars" => ("GodWars", DIKU),
            "diku3" => ("DikuMUD III", DIKU),
            "lp" => ("LPMud on LDMud", LP),
            "deadsouls" => ("Dead Souls", LP),
            "lima" => ("Lima", LP),
            "discworld" => ("the Discworld library", LP),
            "penn" => (
                "PennMUSH",
                "connect_fail_limit in mush.cnf (10 failed logins from one address in 10 minutes \
                 as it ships): 0 switches it off; mudkeep has its own, per player's address. \
                 Rules of @sitelock (access.cnf) that cover this address hold for everybody.",
            ),
            "mux" => ("TinyMUX", MUSH),
            "tinymush" => ("TinyMUSH", MUSH),
            "moo" => (
                "LambdaMOO or ToastStunt",
                "That is up to its core. Those of the LambdaCore line keep lists by site in $login \
                 (`@blacklist`, `@graylist`, `@redlist`, `@spooflist`): this address may be on \
                 none of them.",
            ),
            "evennia" => (
                "Evennia",
                "In server/conf/settings.py: LOGIN_THROTTLE_LIMIT (5 failed logins in 5 minutes as \
                 it ships) and CREATION_THROTTLE_LIMIT (2 new accounts in 10 minutes) count by \
                 address: raise both, say to 10000; mudkeep has its own, per player's address. \
                 MAX_CONNECTION_RATE (2 in a second) delays new connections whoever makes them. \
                 Bans of an IP (`ban`, `unban`) that cover this address hold for everybody.",
            ),
            "coffeemud" => (
                "CoffeeMud",
                "In coffeemud.ini: MAXCONNSPERIP (10 connections from one address as it ships) and \
                 MAXNEWPERIP (3 new characters from one address in a day): 0 is no limit. Bans \
                 that cover this address hold for everybody.",
            ),
            "fuzzball" => ("Fuzzball", UNKNOWN),
            "ranvier" => ("Ranvier", UNKNOWN),
            "kalevala" => ("Kalevala", UNKNOWN),
            "nakedmud" => ("NakedMud", UNKNOWN),
            "ire" => ("Iron Realms", CLOSED),
            "aardwolf" => ("Aardwolf", CLOSED),
            "demo" => ("the built-in game", ""),
            _ => ("a game of its own kind", UNKNOWN),
        };
        Family { name, by_address: Some(by_address).filter(|text| !text.is_empty()) }
    }
}

/// What the game does when somebody logs in twice.
pub(super) fn second_login(duplicate: Duplicate) -> &'static str {
    match duplicate {
        Duplicate::Kick => "the game closes the older connection",
        Duplicate::Ask => "the game asks the newcomer whether to throw out the older one",
        Duplicate::RefuseName => "the game refuses the newcomer as soon as the name is given",
        Duplicate::RefusePassword => "the game refuses the newcomer after the password",
        Duplicate::Allow => "the game lets both play",
        Duplicate::Move => "the game moves the character to the newcomer",
    }
}

/// How one logs in, as players see it.
pub(super) fn style(preset: &Preset) -> &'static str {
    match preset.style() {
        Style::Prompt => "the game asks for the name, then for the password",
        Style::Command => "one line logs in (connect NAME PASSWORD)",
        Style::Both => "one line logs in, and the game asks for what is missing",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_has_its_family() {
        let own = Family::of(None).name;
        let mut names: Vec<&str> =
            Preset::names().iter().map(|name| Family::of(Some(name)).name).collect();
        assert_eq!(names.iter().filter(|name| **name == own).count(), 1, "only for `none`");
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Preset::names().len());
    }
}
