//! A preset as it is written: in `presets/*.toml`, under `[login.custom]`, and rule by rule under
//! `[login.rules]`. Only shapes; [`super::Preset`] gives them their meaning.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A preset as data. What is absent is inherited from `base`, else has the default named.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PresetData {
    /// The preset to start from.
    pub base: Option<String>,
    /// What the game says and asks, in order: at one place the first rule that matches counts.
    pub rules: Vec<RuleData>,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleData {
    /// Its name, for `[login.rules]`.
    pub id: String,
    /// What a match means: `name`, `password`, `new_name`, `new_password`, `ask`, `menu`, `more`, `ok`, `fail`.
    pub is: String,
    /// The pattern.
    pub re: String,
}

/// `[login.rules]`: rules to change, by id.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct RuleOverrides(pub BTreeMap<String, RuleChange>);

/// A change to one rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum RuleChange {
    /// `false`: the rule is gone. (`true` leaves it.)
    Keep(bool),
    /// A string: another pattern, the rest as it was.
    Pattern(String),
    /// A table: the whole rule, new or in the place of the old one.
    Rule {
        /// As in [`RuleData`].
        is: String,
        /// As in [`RuleData`].
        re: String,
    },
}
