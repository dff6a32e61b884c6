//! `[login]`: what the game's login looks like.

use super::problem::nearest;
use super::raw::Section;
use super::section::section;
use super::value::{Count, Kind, Refusal, one_of, quoted};

/// Which game family's login is expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PresetChoice {
    /// Told from the game's first screen, where that is certain.
    Auto,
    /// This one; always a name of [`preset_names`].
    Named(&'static str),
}

/// The presets that there are.
#[must_use]
pub fn preset_names() -> &'static [&'static str] {
    &["circle", "merc", "none"]
}

section! {
    /// `[login]`: how a login is recognised.
    pub struct LoginConfig {
        /// Which game family's login is expected.
        pub preset: PresetChoice = PresetChoice::Auto, PresetKind;
        /// Lines that the game answers without anything being recognised before it is left alone.
        pub lines_max: u32 = 10, Count(1..=1_000);
    }
}

impl LoginConfig {
    /// Reads the section with its tables.
    pub(super) fn read_with_rules(section: &mut Section<'_, '_>) -> LoginConfig {
        LoginConfig::read(section)
    }
}

/// `"auto"` or the name of a preset.
struct PresetKind;

impl PresetKind {
    fn words() -> impl Iterator<Item = &'static str> {
        std::iter::once("auto").chain(preset_names().iter().copied())
    }
}

impl Kind for PresetKind {
    type Value = PresetChoice;

    fn read(&self, value: &toml::de::DeValue<'_>) -> Result<PresetChoice, Refusal> {
        let toml::de::DeValue::String(text) = value else {
            return self.refuse_type(value, "a string");
        };
        match PresetKind::words().find(|word| word == text) {
            Some("auto") => Ok(PresetChoice::Auto),
            Some(name) => Ok(PresetChoice::Named(name)),
            None => Err(Refusal {
                found: format!("there is no preset {}", quoted(text)),
                allowed: Some(self.allowed()),
                meant: nearest(text, PresetKind::words()).map(quoted),
                part: None,
            }),
        }
    }

    fn allowed(&self) -> String {
        one_of(PresetKind::words())
    }
}
