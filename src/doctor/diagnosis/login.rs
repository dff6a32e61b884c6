//! Which preset fits the game, and what the game sees of its players.

use std::sync::Arc;

use super::Findings;
use crate::config::{PresetChoice, show_time};
use crate::doctor::facts::{Facts, Visit};
use crate::doctor::family::{Family, second_login, style};
use crate::doctor::heard::{Heard, Likeness};
use crate::doctor::report::Part::{Address, Login};
use crate::login::{Preset, Style};

pub(super) fn login(facts: &Facts<'_>, heard: &Heard, findings: &mut Findings) {
    match &facts.config.login.preset {
        PresetChoice::Fixed(set) if facts.is_configured => compare(set, heard, findings),
        PresetChoice::Fixed(_) | PresetChoice::Auto => choose(heard, findings),
    }
}

/// No preset is set for this game: which one is it?
fn choose(heard: &Heard, findings: &mut Findings) {
    match &heard.likeness {
        Likeness::Certain(name) => {
            let family = Family::of(Some(name)).name;
            findings.good(
                Login,
                format!("Its first screen is certainly that of {family}: preset \"{name}\"."),
            );
            also_near(heard, findings);
            explain(name, findings);
        }
        Likeness::Likely(name) => {
            let family = Family::of(Some(name)).name;
            findings.fix(
                Login,
                format!(
                    "By its first screen, or what it says by MSSP, it is like {family}: not certain \
                     enough for preset \"auto\", which recognises nobody here."
                ),
                format!("If the game is {family} or made from it, set login.preset = \"{name}\"."),
            );
            also_near(heard, findings);
            explain(name, findings);
        }
        Likeness::Unsure(names) => unsure(names, findings),
        Likeness::Unknown => unknown(findings),
    }
}

fn also_near(heard: &Heard, findings: &mut Findings) {
    if !heard.near.is_empty() {
        findings.note(
            Login,
            format!("What it shows is also like {}, which count for less.", heard.near.join(", ")),
        );
    }
}

fn unsure(names: &[&'static str], findings: &mut Findings) {
    findings.fix(
        Login,
        format!(
            "Its first screen is not certain: it may be that of {}. Preset \"auto\" recognises \
             nobody here.",
            names.join(", ")
        ),
        "Set login.preset to the one that it is. The game's own credits (`help credits`, \
         `credits`, its README or licence) name what it was made from; the youngest that they \
         name is it. Or see what it does when a character logs in a second time:",
    );
    for name in names {
        if let Some(preset) = Preset::named(name) {
            let does = second_login(preset.duplicate());
            let family = Family::of(Some(name)).name;
            findings.note(Login, format!("\"{name}\" ({family}): {does}."));
        }
    }
}

fn unknown(findings: &mut Findings) {
    findings.fix(
        Login,
        "Its first screen is like none that is known. Preset \"auto\" recognises nobody here: \
         everybody plays, but no lost link is held under a name.",
        "If the game was made from one of the families, set login.preset to it (any wrong name \
         makes `mudkeep check` list them) and change what was reworded in [login.rules]. Else \
         describe it in [login.custom]: how it asks for the name and the password, what it says \
         when somebody is in. proxy.toml shows both.",
    );
}

/// What a preset means for players.
fn explain(name: &str, findings: &mut Findings) {
    let Some(preset) = Preset::named(name) else { return };
    let hold = show_time(preset.hold());
    let second = second_login(preset.duplicate());
    let with = if preset.allows_both() {
        ", and so does mudkeep"
    } else {
        "; with mudkeep it continues the session that there is"
    };
    findings.note(
        Login,
        format!(
            "That means: {}; a player whose link is lost is held for {hold}; at a second login \
             {second}{with}.",
            style(&preset)
        ),
    );
}

/// A preset is set for this game: does it fit?
fn compare(set: &Arc<Preset>, heard: &Heard, findings: &mut Findings) {
    let name = set.name();
    let likely = match &heard.likeness {
        Likeness::Certain(one) | Likeness::Likely(one) => vec![*one],
        Likeness::Unsure(names) => names.clone(),
        Likeness::Unknown => Vec::new(),
    };
    let named = heard.near.iter().chain(&likely).any(|one| *one == name);
    match &heard.likeness {
        _ if name == "none" => {
            findings.note(Login, "login.preset is \"none\": nobody is recognised.");
        }
        Likeness::Certain(one) if *one != name && Preset::named(name).is_some() => findings.fix(
            Login,
            format!("login.preset is \"{name}\", and its first screen is certainly \"{one}\"'s."),
            format!("Set login.preset = \"{one}\", unless you know why not."),
        ),
        _ if named || set.asks_for_name(&heard.text) => {
            findings.good(Login, format!("Its first screen fits login.preset = \"{name}\"."));
            explain(name, findings);
        }
        _ if set.style() != Style::Prompt => {
            findings.note(
                Login,
                format!("Its first screen says nothing for or against login.preset = \"{name}\"."),
            );
            explain(name, findings);
        }
        _ => findings.fix(
            Login,
            format!("Its first screen does not ask for a name as login.preset = \"{name}\" says."),
            "Log in through mudkeep and see in its log whether you are recognised. If not, change \
             what was reworded in [login.rules], or set the preset that it is.",
        ),
    }
}

pub(super) fn address(facts: &Facts<'_>, visit: &Visit, findings: &mut Findings) {
    let local = visit.local;
    findings.note(
        Address,
        format!("To the game every player now comes from {local}, which is mudkeep's address."),
    );
    let set = match &facts.config.login.preset {
        PresetChoice::Fixed(preset) if facts.is_configured => Some(preset.name()),
        PresetChoice::Fixed(_) | PresetChoice::Auto => None,
    };
    let seen = match &visit.heard.likeness {
        Likeness::Certain(name) | Likeness::Likely(name) => Some(*name),
        // They are kin: what is true of the first is true of the others.
        Likeness::Unsure(names) => names.first().copied(),
        Likeness::Unknown => None,
    };
    let family = Family::of(set.filter(|name| Preset::named(name).is_some()).or(seen));
    let Some(by_address) = family.by_address else { return };
    findings.hint(
        Address,
        "What it limits, bans or locks out by address holds for all players together: raise it, \
         or switch it off for this address.",
        by_address,
    );
    let total = facts.config.limits.failed_logins_total;
    let window = show_time(facts.config.limits.failed_logins_window);
    findings.note(
        Address,
        format!(
            "mudkeep lets {total} logins fail in {window}, all players together \
             (limits.failed_logins_total): if the game locks an address out sooner, lower that."
        ),
    );
}
