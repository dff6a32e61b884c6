//! `[login]`: what the game's login looks like. A preset is compiled here, so that a rule that
//! cannot be is found where it is written.

use std::ops::Range;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::problem::nearest;
use super::raw::{Section, said_by_parser};
use super::section::section;
use super::value::{Count, Kind, Refusal, one_of, quoted};
use crate::login::{Preset, PresetData, PresetError, RuleOverrides};

/// The name of the preset that `[login.custom]` makes.
const CUSTOM: &str = "custom";

/// Which game family's login is expected.
#[derive(Clone, Debug)]
pub enum PresetChoice {
    /// Told from the game's first screen, where that is certain.
    Auto,
    /// This one.
    Fixed(Arc<Preset>),
}

/// By name: what else makes one, [`LoginConfig`] compares itself.
impl PartialEq for PresetChoice {
    fn eq(&self, other: &PresetChoice) -> bool {
        match (self, other) {
            (PresetChoice::Auto, PresetChoice::Auto) => true,
            (PresetChoice::Fixed(a), PresetChoice::Fixed(b)) => a.name() == b.name(),
            (PresetChoice::Auto, PresetChoice::Fixed(_))
            | (PresetChoice::Fixed(_), PresetChoice::Auto) => false,
        }
    }
}

/// `[login]`: how a login is recognised.
#[derive(Clone, Debug, PartialEq)]
pub struct LoginConfig {
    /// Which game family's login is expected, with all changes made.
    pub preset: PresetChoice,
    /// Lines that the game answers without anything being recognised before it is left alone.
    pub lines_max: usize,
    /// `[login.rules]`: the changes that went into the preset.
    pub rules: RuleOverrides,
    /// `[login.custom]`: what the preset was made from.
    pub custom: Option<PresetData>,
}

impl Default for LoginConfig {
    fn default() -> LoginConfig {
        let LoginKeys { lines_max, .. } = LoginKeys::default();
        let rules = RuleOverrides::default();
        LoginConfig { preset: PresetChoice::Auto, lines_max, rules, custom: None }
    }
}

/// The name that was written for a preset, known to be one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum PresetName {
    Auto,
    Custom,
    BuiltIn(&'static str),
}

section! {
    /// The plain keys of `[login]`.
    pub(super) struct LoginKeys {
        /// Which game family's login is expected.
        pub preset: PresetName = PresetName::Auto, PresetKind;
        /// Lines that the game answers without anything being recognised before it is left alone.
        pub lines_max: usize = 10, Count(1..=1_000);
    }
}

impl LoginConfig {
    /// Reads the section with its tables and compiles the preset.
    pub(super) fn read_and_compile(section: &mut Section<'_, '_>) -> LoginConfig {
        let LoginKeys { preset: name, lines_max } = LoginKeys::read(section);
        let rules = section.take("rules");
        let custom = section.take(CUSTOM);
        let overrides = decode(section, "rules", rules.as_ref()).unwrap_or_default();
        let data: Option<PresetData> = decode(section, CUSTOM, custom.as_ref());
        let fits = tables_fit(section, name);
        let preset = match (name, &data) {
            _ if !fits => Ok(PresetChoice::Auto),
            (PresetName::Auto, None) => Ok(PresetChoice::Auto),
            (PresetName::Auto | PresetName::Custom, Some(data)) => {
                compile(CUSTOM, data.clone(), &overrides)
            }
            (PresetName::Custom, None) => Ok(PresetChoice::Auto),
            (PresetName::BuiltIn(name), _) => {
                let data = PresetData { base: Some(name.to_owned()), ..PresetData::default() };
                compile(name, data, &overrides)
            }
        };
        let preset = preset.unwrap_or_else(|error| {
            report(section, &error, rules.as_ref(), custom.as_ref());
            PresetChoice::Auto
        });
        LoginConfig { preset, lines_max, rules: overrides, custom: data }
    }

    /// The names of the keys that another one has otherwise.
    pub(super) fn differing(&self, other: &LoginConfig) -> Vec<&'static str> {
        let LoginConfig { preset, lines_max, rules, custom } = self;
        let keys = [
            ("preset", *preset != other.preset),
            ("lines_max", *lines_max != other.lines_max),
            ("rules", *rules != other.rules),
            (CUSTOM, *custom != other.custom),
        ];
        keys.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
    }
}

fn compile(
    name: &str,
    data: PresetData,
    overrides: &RuleOverrides,
) -> Result<PresetChoice, PresetError> {
    let unchanged = name != CUSTOM && overrides.0.is_empty();
    let built_in = unchanged.then(|| Preset::named(name)).flatten();
    match built_in {
        Some(preset) => Ok(PresetChoice::Fixed(preset)),
        None => {
            Preset::build(name, data, overrides).map(|preset| PresetChoice::Fixed(preset.into()))
        }
    }
}

/// Reads a table of the section into what the login makes of it.
fn decode<'t, T: Deserialize<'t>>(
    section: &Section<'_, 't>,
    name: &'static str,
    table: Option<&Spanned<DeValue<'t>>>,
) -> Option<T> {
    let table = table?;
    let read = T::deserialize(ValueDeserializer::from(table.clone()));
    read.map_err(|error: toml::de::Error| {
        let span = error.span().unwrap_or_else(|| table.span());
        section.report_at(span, name, said_by_parser(error.message()));
    })
    .ok()
}

/// Whether the tables are there that the preset needs, and none that it cannot use.
fn tables_fit(section: &Section<'_, '_>, name: PresetName) -> bool {
    let refusal = |found: &str, allowed: &str| Refusal {
        found: found.to_owned(),
        allowed: Some(allowed.to_owned()),
        ..Refusal::default()
    };
    let custom = section.has(CUSTOM);
    match name {
        PresetName::Custom if !custom => {
            let found = "there is no [login.custom] that says what it looks like";
            !section.report("preset", refusal(found, "a table [login.custom], or another preset"))
        }
        PresetName::BuiltIn(_) if custom => {
            let found = "there is a [login.custom] as well, which is another preset";
            !section.report("preset", refusal(found, "\"custom\", or no [login.custom]"))
        }
        PresetName::Auto if section.refused("preset") => false,
        PresetName::Auto if section.has("rules") && !custom => {
            let found = "there is no telling which preset these rules change";
            !section.report("rules", refusal(found, "login.preset set to a preset by name"))
        }
        PresetName::Auto | PresetName::Custom | PresetName::BuiltIn(_) => true,
    }
}

type Value<'t> = Spanned<DeValue<'t>>;

/// Reports what is wrong with a preset where it is written: in its rule, else in its table.
fn report(
    section: &Section<'_, '_>,
    error: &PresetError,
    rules: Option<&Value<'_>>,
    custom: Option<&Value<'_>>,
) {
    let rule = error.key.strip_prefix("rules.");
    let change = rule.and_then(|id| Some(as_table(rules?)?.get(id)?.span()));
    let (name, span) = match change {
        Some(span) => (error.key.clone(), Some(span)),
        None => (format!("{CUSTOM}.{}", error.key), custom.map(|custom| within(custom, error))),
    };
    let refusal = Refusal { found: error.what.clone(), ..Refusal::default() };
    match span.or_else(|| rules.map(Spanned::span)) {
        Some(span) => section.report_at(span, &name, refusal),
        None => section.report_or_here("preset", refusal),
    }
}

/// Where in `[login.custom]` the error is.
fn within(custom: &Value<'_>, error: &PresetError) -> Range<usize> {
    let found = match (error.key.strip_prefix("rules."), as_table(custom)) {
        (Some(id), Some(table)) => rule_with(table, id),
        (None, Some(_)) => error.key.split('.').try_fold(custom, |at, key| as_table(at)?.get(key)),
        (_, None) => None,
    };
    found.unwrap_or(custom).span()
}

fn rule_with<'v, 't>(custom: &'v DeTable<'t>, id: &str) -> Option<&'v Value<'t>> {
    let DeValue::Array(rules) = custom.get("rules")?.get_ref() else { return None };
    let is_it = |rule: &&Value<'t>| {
        let name = as_table(rule).and_then(|rule| rule.get("id"));
        matches!(name.map(Spanned::get_ref), Some(DeValue::String(name)) if name == id)
    };
    rules.iter().find(is_it)
}

fn as_table<'v, 't>(value: &'v Value<'t>) -> Option<&'v DeTable<'t>> {
    match value.get_ref() {
        DeValue::Table(table) => Some(table),
        _ => None,
    }
}

/// What games are called that go by another preset: only to say which one is meant.
const GAMES: [(&str, &str); 11] = [
    ("circlemud", "circle"),
    ("dikumud", "diku"),
    ("lambdamoo", "moo"),
    ("ldmud", "lp"),
    ("lpmud", "lp"),
    ("mush", "penn"),
    ("muck", "fuzzball"),
    ("pennmush", "penn"),
    ("smaugfuss", "smaug"),
    ("tba", "tbamud"),
    ("tinymux", "mux"),
];

/// The preset that was probably meant.
fn meant(typed: &str) -> Option<&'static str> {
    let games = GAMES.iter().map(|(game, _)| *game);
    let near = nearest(typed, PresetKind::words().chain(games))?;
    Some(GAMES.iter().find(|(game, _)| *game == near).map_or(near, |(_, preset)| *preset))
}

/// `"auto"`, `"custom"` or the name of a built-in preset.
struct PresetKind;

impl PresetKind {
    fn words() -> impl Iterator<Item = &'static str> {
        ["auto", CUSTOM].into_iter().chain(Preset::names().iter().copied())
    }
}

impl Kind for PresetKind {
    type Value = PresetName;

    fn read(&self, value: &DeValue<'_>) -> Result<PresetName, Refusal> {
        let DeValue::String(text) = value else { return self.refuse_type(value, "a string") };
        match PresetKind::words().find(|word| word == text) {
            Some("auto") => Ok(PresetName::Auto),
            Some(CUSTOM) => Ok(PresetName::Custom),
            Some(name) => Ok(PresetName::BuiltIn(name)),
            None => Err(Refusal {
                meant: meant(text).map(quoted),
                ..self.refusal(format!("there is no preset {}", quoted(text)))
            }),
        }
    }

    fn allowed(&self) -> String {
        one_of(PresetKind::words())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Problems};

    fn read(text: &str) -> Result<LoginConfig, Vec<String>> {
        let file = format!("game.address = \"demo\"\n[login]\n{text}");
        let one = |p: crate::config::Problem| {
            format!("{}:{} {}: {}", p.place.line, p.place.column, p.key, p.found)
        };
        Config::parse("f", &file)
            .map(|config| config.login)
            .map_err(|Problems(problems)| problems.into_iter().map(one).collect())
    }

    fn preset_of(text: &str) -> Option<String> {
        match read(text).unwrap().preset {
            PresetChoice::Auto => None,
            PresetChoice::Fixed(preset) => Some(preset.name().to_owned()),
        }
    }

    #[test]
    fn a_preset_goes_by_its_name() {
        assert_eq!(preset_of(""), None);
        assert_eq!(preset_of("preset = \"auto\""), None);
        for name in Preset::names() {
            assert_eq!(preset_of(&format!("preset = \"{name}\"")).as_deref(), Some(*name));
        }
    }

    #[test]
    fn a_preset_of_ones_own_is_called_custom_with_or_without_saying_so() {
        let table = "[login.custom]\nbase = \"none\"";
        assert_eq!(preset_of(table).as_deref(), Some("custom"));
        assert_eq!(preset_of(&format!("preset = \"custom\"\n{table}")).as_deref(), Some("custom"));
    }

    #[test]
    fn tables_that_do_not_fit_the_preset_are_refused() {
        for (text, expected) in [
            (
                "preset = \"custom\"",
                "3:10 login.preset: there is no [login.custom] that says what it looks like",
            ),
            (
                "preset = \"none\"\n[login.custom]\nbase = \"none\"",
                "3:10 login.preset: there is a [login.custom] as well, which is another preset",
            ),
            (
                "[login.rules]\nname = false",
                "3:1 login.rules: there is no telling which preset these rules change",
            ),
        ] {
            assert_eq!(read(text).unwrap_err(), [expected]);
        }
    }

    #[test]
    fn a_preset_that_was_refused_is_not_held_against_its_tables() {
        for table in ["[login.rules]\nname = false", "[login.custom]\nbase = \"none\""] {
            assert_eq!(read(&format!("preset = \"nnoe\"\n{table}")).unwrap_err().len(), 1);
        }
    }

    #[test]
    fn a_game_by_its_own_name_is_told_its_preset() {
        for (typed, preset) in [("tinymux", "mux"), ("TinyMUXx", "mux"), ("pennmush", "penn")] {
            assert_eq!(meant(typed), Some(preset));
        }
        assert_eq!(meant("tinymush"), Some("tinymush"));
        assert_eq!(meant("spaceship"), None);
        for (game, preset) in GAMES {
            assert!(Preset::names().contains(&preset), "{game}");
            assert!(!Preset::names().contains(&game), "{game}");
        }
    }

    #[test]
    fn a_rule_that_cannot_be_is_told_where_it_is_written() {
        for (text, place) in [
            ("preset = \"circle\"\n[login.rules]\nname = \"(\"", "5:8 login.rules.name: "),
            ("preset = \"circle\"\n[login.rules]\nnosuch = false", "5:10 login.rules.nosuch: "),
            ("[login.custom]\nbase = \"circl\"", "4:8 login.custom.base: there is no preset"),
            ("[login.custom]\nname = { pattern = \"(\" }", "4:20 login.custom.name.pattern: "),
            (
                "[[login.custom.rules]]\nid = \"a\"\nis = \"ok\"\nre = \"a\"\n\
                 [[login.custom.rules]]\nid = \"b\"\nis = \"ok\"\nre = \"(\"",
                "7:1 login.custom.rules.b: ",
            ),
        ] {
            let said = read(text).unwrap_err();
            assert_eq!(said.len(), 1);
            assert!(said[0].starts_with(place), "{said:?}");
        }
    }

    #[test]
    fn a_changed_preset_differs_from_the_unchanged_one() {
        let changed = "preset = \"circle\"\n[login.rules]\nsex = false";
        assert_eq!(preset_of(changed).as_deref(), Some("circle"));
        assert_ne!(read(changed).unwrap(), read("preset = \"circle\"").unwrap());
    }

    #[test]
    fn tables_of_another_shape_are_refused_where_they_are_wrong() {
        for (text, place) in [
            ("preset = \"none\"\n[login.rules]\nname = 3", "5:8 login.rules: expected a pattern"),
            ("rules = 3", "3:9 login.rules: "),
            ("custom = 3", "3:10 login.custom: "),
            ("[login.custom]\nbse = \"none\"", "4:1 login.custom: unknown field `bse`"),
            (
                "[login.custom]\nrules = [{ id = 3 }]",
                "4:17 login.custom: invalid type: integer `3`",
            ),
        ] {
            let said = read(text).unwrap_err();
            assert!(said[0].starts_with(place), "{said:?}");
        }
    }
}
