//! From facts to a report: what is well, what is good to know, what has to be done. Pure: it knows
//! only what it is told.

mod login;
mod machine;
mod reach;
mod text;

use std::collections::BTreeMap;

use super::charset::Guess;
use super::facts::{Facts, Reach};
use super::heard::{Heard, Likeness, Wish};
use super::options::{self, Answer};
use super::report::{Finding, Level, OptionReport, Part, PresetReport, Report};
use super::suggestion::suggest;
use crate::printable::Printable;

/// The report on these facts.
pub(super) fn diagnose(facts: &Facts<'_>) -> Report {
    let mut findings = Findings::default();
    let visit = match &facts.reach {
        Reach::Not(failure) => {
            reach::not_reached(facts, failure, &mut findings);
            None
        }
        Reach::Reached(visit) => {
            if reach::reached(visit, &mut findings) {
                text::telnet(&visit.heard, &mut findings);
                text::letters(facts, &visit.heard, &mut findings);
                login::login(facts, &visit.heard, &mut findings);
            }
            login::address(facts, visit, &mut findings);
            Some(visit)
        }
    };
    machine::machine(facts, visit.map(|visit| visit.peer), &mut findings);
    let heard = visit.map(|visit| &visit.heard);
    let Findings(findings) = findings;
    Report {
        address: facts.game.to_string(),
        well: findings.iter().all(|finding| finding.level != Level::Fix),
        reached: visit.is_some(),
        client_address: visit.map(|visit| visit.local.to_string()),
        preset: heard.map(preset),
        charset: heard.map(|heard| Guess::of(&heard.text).label()),
        options: heard.map(wishes).unwrap_or_default(),
        mssp: heard.map(mssp).unwrap_or_default(),
        findings,
        proxy_toml: suggest(&facts.game, heard),
    }
}

/// What was found so far.
#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn good(&mut self, part: Part, text: impl Into<String>) {
        self.add(part, Level::Good, text.into(), None);
    }

    fn note(&mut self, part: Part, text: impl Into<String>) {
        self.add(part, Level::Note, text.into(), None);
    }

    /// Something that may have to be done; nothing is wrong yet.
    fn hint(&mut self, part: Part, text: impl Into<String>, advice: impl Into<String>) {
        self.add(part, Level::Note, text.into(), Some(advice.into()));
    }

    fn fix(&mut self, part: Part, text: impl Into<String>, advice: impl Into<String>) {
        self.add(part, Level::Fix, text.into(), Some(advice.into()));
    }

    fn add(&mut self, part: Part, level: Level, text: String, advice: Option<String>) {
        self.0.push(Finding { part, level, text, advice });
    }
}

fn preset(heard: &Heard) -> PresetReport {
    let near = heard.near.clone();
    match &heard.likeness {
        Likeness::Certain(name) => PresetReport { name: Some(name), sure: "certain", near },
        Likeness::Likely(name) => PresetReport { name: Some(name), sure: "likely", near },
        Likeness::Unsure(names) => PresetReport { name: None, sure: "unsure", near: names.clone() },
        Likeness::Unknown => PresetReport { name: None, sure: "unknown", near },
    }
}

fn wishes(heard: &Heard) -> Vec<OptionReport> {
    let report = |(&(wish, option), said): (&(Wish, u8), &_)| OptionReport {
        option,
        name: options::name(option).0,
        wish: match wish {
            Wish::Offered => "offered",
            Wish::AskedFor => "asked_for",
        },
        answer: Answer::new(option, *said).word(),
    };
    heard.options.iter().map(report).collect()
}

fn mssp(heard: &Heard) -> BTreeMap<String, Vec<String>> {
    let shown = |text: &Vec<u8>| Printable::new(text).to_string();
    let pairs = heard.mssp.iter();
    pairs.map(|(name, values)| (shown(name), values.iter().map(shown).collect())).collect()
}

/// Seconds as people write them.
fn seconds(time: std::time::Duration) -> String {
    match time.as_millis() {
        millis @ 0..1_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}

#[cfg(test)]
mod tests;
