//! A preset as it is written: in `presets/*.toml`, under `[login.custom]`, and rule by rule under
//! `[login.rules]`. Only shapes, and how one is laid over another; [`super::Preset`] gives them
//! their meaning.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::preset::{Duplicate, Keepalive, Style};

/// A preset as data. What is absent is taken from `base`, else it has the default said here.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PresetData {
    /// The preset to start from.
    pub base: Option<String>,
    /// How one logs in (`prompt`).
    pub style: Option<Style>,
    /// What the game does when a user logs in twice (`kick`).
    pub duplicate: Option<Duplicate>,
    /// How long to keep a session without a client (`5m`).
    pub hold: Option<String>,
    /// The longest line that the game takes, in bytes without the line end (250).
    pub line_bytes_max: Option<usize>,
    /// What keeps the game's idle timer from running out (`none`).
    pub keepalive: Option<Keepalive>,
    /// What the game says and asks. Where two match at one place, the first counts; those that are
    /// not in `base` come before those that are.
    pub rules: Vec<RuleData>,
    /// Logins in one line: patterns over the client's line with a group `name` (or several that
    /// begin so), and `password` where it has one. A group `new` marks the making of a character.
    pub commands: Option<Vec<String>>,
    /// Client lines that are a program's and that the game answers with nothing.
    pub machine: Option<Vec<String>>,
    /// Client lines that change a password.
    pub password_change: Option<Vec<String>>,
    /// How one leaves and is asked for a name again: the client's line and the game's answer.
    pub leave: Option<Vec<PairData>>,
    /// How one goes to a menu of the game: the client's line and the game's answer.
    pub menu: Option<Vec<PairData>>,
    /// Client lines that lead from that menu into the world.
    pub enter: Option<Vec<String>>,
    /// Marks on the first screen that only these games have, for `auto`.
    pub banner: Option<Vec<String>>,
    /// Marks on the first screen that these games and others have.
    pub hint: Option<Vec<String>>,
    /// Presets whose marks these games show too: where both match, it is this one.
    pub over: Option<Vec<String>>,
    /// What a name is.
    pub name: NameData,
    /// What the game tells out of band.
    pub oob: OobData,
}

/// What a name is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NameData {
    /// Spellings that are one name (`lower`: in whatever case, of ASCII letters).
    pub fold: Option<Fold>,
    /// Characters that the game leaves out of a name.
    pub strip: Option<String>,
    /// What may stand before a name and is not of it.
    pub strip_prefix: Option<String>,
    /// What may stand after a name and is not of it.
    pub strip_suffix: Option<String>,
    /// A name that begins so is another word for somebody, and nobody can tell for whom.
    pub opaque_prefix: Option<String>,
    /// What a name looks like, the above removed.
    pub pattern: Option<String>,
    /// Words that are commands where a name is asked for.
    pub reserved: Option<Vec<String>>,
    /// Names that many share.
    pub shared: Option<Vec<String>>,
}

/// Spellings that are one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fold {
    /// ASCII letters in either case are one. Others are left alone: to merge two names that the game
    /// keeps apart would let one user put out the other.
    Lower,
    /// Every spelling is a name of its own.
    None,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleData {
    /// Its name, for `[login.rules]`.
    pub id: String,
    /// What a match means.
    pub is: RuleKind,
    /// The pattern over the line that the game is writing. A question matches as soon as the text
    /// ends so; a result with `$` waits for the end of the line. A group `name` is a name that the
    /// game states.
    pub re: String,
    /// For `ask`: what to type for yes (`y`).
    #[serde(default)]
    pub yes: Option<String>,
}

/// What a match of a rule means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleKind {
    /// The game asks for the name.
    Name,
    /// The game asks whether a new name is right.
    NewName,
    /// The game asks for the password.
    Password,
    /// The game asks for a new password, or for it again.
    NewPassword,
    /// The game asks whether to throw out the other copy.
    Ask,
    /// The game asks something else that belongs to the login.
    Question,
    /// The game lets the user in.
    Ok,
    /// The game lets the user in, unless it asks or refuses right after.
    Soon,
    /// The game lets the user in, to a menu.
    Menu,
    /// The game states the name, no more.
    Named,
    /// The game refuses the name or the password.
    Fail,
    /// The game refuses because this user plays already.
    Taken,
}

impl RuleKind {
    /// It asks for a line.
    #[must_use]
    pub fn is_question(self) -> bool {
        match self {
            RuleKind::Name
            | RuleKind::NewName
            | RuleKind::Password
            | RuleKind::NewPassword
            | RuleKind::Ask
            | RuleKind::Question => true,
            RuleKind::Ok
            | RuleKind::Soon
            | RuleKind::Menu
            | RuleKind::Named
            | RuleKind::Fail
            | RuleKind::Taken => false,
        }
    }
}

/// A client's line and what the game answers to it. Both are needed: others can write any text.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PairData {
    /// The pattern over the client's line.
    pub client: String,
    /// The pattern over the game's line.
    pub game: String,
}

/// What the game tells out of band.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OobData {
    /// Messages that say that the login succeeded.
    pub ok: Option<Vec<SourceData>>,
    /// Messages that state who it is. They imply success.
    pub name: Option<Vec<SourceData>>,
    /// Messages that say that nobody is logged in any more.
    pub left: Option<Vec<SourceData>>,
    /// What to ask the game after success, so that it states who it is.
    pub probe: Option<Vec<ProbeData>>,
}

/// One out-of-band message, and where in it the name stands.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SourceData {
    /// The GMCP package, in whatever case.
    pub gmcp: Option<String>,
    /// The MSDP variable.
    pub msdp: Option<String>,
    /// For GMCP: the member of the JSON object that is the name.
    pub key: Option<String>,
    /// For GMCP: members that must have these values.
    pub when: BTreeMap<String, String>,
}

/// One question to the game.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProbeData {
    /// A GMCP message.
    pub gmcp: Option<String>,
    /// An MSDP variable to report.
    pub msdp_report: Option<String>,
}

/// `[login.rules]`: rules to change, by id.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct RuleOverrides(pub BTreeMap<String, RuleChange>);

/// A change to one rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "expected a pattern, a table { is, re }, or false")]
pub enum RuleChange {
    /// `false`: the rule is gone. (`true` leaves it as it is.)
    Keep(bool),
    /// A string: another pattern, the rest as it was.
    Pattern(String),
    /// A table: the whole rule, new or in the place of the old one.
    Rule(ChangedRule),
}

/// A whole rule, its id being the key that it stands under.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangedRule {
    /// As in [`RuleData`].
    pub is: RuleKind,
    /// As in [`RuleData`].
    pub re: String,
    /// As in [`RuleData`].
    #[serde(default)]
    pub yes: Option<String>,
}

impl PresetData {
    /// Lays this over `base`: what is absent here is taken from there.
    #[must_use]
    pub fn over(self, base: PresetData) -> PresetData {
        PresetData {
            base: base.base,
            style: self.style.or(base.style),
            duplicate: self.duplicate.or(base.duplicate),
            hold: self.hold.or(base.hold),
            line_bytes_max: self.line_bytes_max.or(base.line_bytes_max),
            keepalive: self.keepalive.or(base.keepalive),
            rules: rules_over(self.rules, base.rules),
            commands: self.commands.or(base.commands),
            machine: self.machine.or(base.machine),
            password_change: self.password_change.or(base.password_change),
            leave: self.leave.or(base.leave),
            menu: self.menu.or(base.menu),
            enter: self.enter.or(base.enter),
            banner: self.banner.or(base.banner),
            hint: self.hint.or(base.hint),
            over: self.over.or(base.over),
            name: self.name.over(base.name),
            oob: self.oob.over(base.oob),
        }
    }

    /// Changes single rules. A new rule comes before the others.
    ///
    /// # Errors
    /// Names a rule that is to be changed or dropped and is not there.
    pub fn change(&mut self, changes: &RuleOverrides) -> Result<(), String> {
        for (id, change) in &changes.0 {
            let place = self.rules.iter().position(|rule| rule.id == *id);
            match (change, place) {
                (RuleChange::Keep(true), Some(_)) => {}
                (RuleChange::Keep(false), Some(place)) => drop(self.rules.remove(place)),
                (RuleChange::Pattern(re), Some(place)) => self.rules[place].re.clone_from(re),
                (RuleChange::Rule(rule), Some(place)) => self.rules[place] = rule.named(id),
                (RuleChange::Rule(rule), None) => self.rules.insert(0, rule.named(id)),
                (RuleChange::Keep(_) | RuleChange::Pattern(_), None) => return Err(id.clone()),
            }
        }
        Ok(())
    }
}

fn rules_over(mut rules: Vec<RuleData>, base: Vec<RuleData>) -> Vec<RuleData> {
    let mut inherited = base;
    for rule in &mut inherited {
        if let Some(place) = rules.iter().position(|own| own.id == rule.id) {
            *rule = rules.remove(place);
        }
    }
    rules.append(&mut inherited);
    rules
}

impl NameData {
    fn over(self, base: NameData) -> NameData {
        NameData {
            fold: self.fold.or(base.fold),
            strip: self.strip.or(base.strip),
            strip_prefix: self.strip_prefix.or(base.strip_prefix),
            strip_suffix: self.strip_suffix.or(base.strip_suffix),
            opaque_prefix: self.opaque_prefix.or(base.opaque_prefix),
            pattern: self.pattern.or(base.pattern),
            reserved: self.reserved.or(base.reserved),
            shared: self.shared.or(base.shared),
        }
    }
}

impl OobData {
    fn over(self, base: OobData) -> OobData {
        OobData {
            ok: self.ok.or(base.ok),
            name: self.name.or(base.name),
            left: self.left.or(base.left),
            probe: self.probe.or(base.probe),
        }
    }
}

impl ChangedRule {
    fn named(&self, id: &str) -> RuleData {
        RuleData { id: id.to_owned(), is: self.is, re: self.re.clone(), yes: self.yes.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(text: &str) -> PresetData {
        toml::from_str(text).unwrap()
    }

    const BASE: &str = "
        style = 'prompt'
        rules = [
            { id = 'a', is = 'ok', re = 'base a' },
            { id = 'b', is = 'fail', re = 'base b' },
        ]
        [name]
        pattern = '^x$'
        reserved = ['new']";

    #[test]
    fn what_is_absent_is_taken_from_the_base() {
        let own = data(
            "style = 'both'
             rules = [{ id = 'c', is = 'name', re = 'own c' }, { id = 'b', is = 'taken', re = 'own b' }]
             [name]
             pattern = '^y$'",
        );
        let both = own.over(data(BASE));
        assert_eq!(both.style, Some(Style::Both));
        let rules: Vec<_> = both.rules.iter().map(|rule| rule.re.as_str()).collect();
        assert_eq!(rules, ["own c", "base a", "own b"]);
        assert_eq!(both.rules[2].is, RuleKind::Taken);
        assert_eq!(both.name.pattern.as_deref(), Some("^y$"));
        assert_eq!(both.name.reserved, Some(vec!["new".to_owned()]));
    }

    #[test]
    fn rules_are_changed_dropped_and_added_one_by_one() {
        let mut preset = data(BASE);
        let changes: RuleOverrides = toml::from_str(
            "a = 'changed'
             b = false
             c = { is = 'ask', re = 'sure\\?$', yes = 'yes' }",
        )
        .unwrap();
        preset.change(&changes).unwrap();
        assert_eq!(preset.rules.len(), 2);
        assert_eq!(preset.rules[0].id, "c");
        assert_eq!(preset.rules[0].yes.as_deref(), Some("yes"));
        assert_eq!(preset.rules[1].re, "changed");
        assert_eq!(preset.rules[1].is, RuleKind::Ok);
    }

    #[test]
    fn a_change_to_a_rule_that_is_not_there_is_refused() {
        for change in ["z = false", "z = 'pattern'"] {
            let changes = toml::from_str(change).unwrap();
            assert_eq!(data(BASE).change(&changes), Err("z".to_owned()));
        }
    }

    #[test]
    fn unknown_keys_and_kinds_are_errors() {
        for bad in [
            "colour = 'red'",
            "style = 'modern'",
            "rules = [{ id = 'a', is = 'maybe', re = 'x' }]",
            "rules = [{ id = 'a', is = 'ok', re = 'x', rex = 'y' }]",
            "[name]\nfold = 'upper'",
        ] {
            assert!(toml::from_str::<PresetData>(bad).is_err(), "{bad}");
        }
        assert!(toml::from_str::<RuleOverrides>("a = 7").is_err());
    }
}
