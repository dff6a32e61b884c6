//! A preset, compiled: what one family of games says and asks at its door. Built-in ones are data
//! (`presets/*.toml`), compiled when first asked for and shared by all sessions.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Deserialize;

use super::compile::{compile, no_such_rule, unknown_base};
use super::data::{PresetData, RuleKind, RuleOverrides};
use super::name::Names;
use super::oob::Messages;
use super::pattern::{Pattern, Patterns, Set};
use crate::ids::User;

/// How one logs in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Style {
    /// The game asks for the name, then for the password.
    Prompt,
    /// One line has it all.
    Command,
    /// One line may have it all; what is missing is asked for.
    Both,
}

/// What the game does when a user logs in twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Duplicate {
    /// The older connection is closed.
    Kick,
    /// The newcomer is asked.
    Ask,
    /// The newcomer is refused as soon as the name is given.
    RefuseName,
    /// The newcomer is refused after the password.
    RefusePassword,
    /// Both play.
    Allow,
    /// The older connection's character moves to the newcomer.
    Move,
}

/// What keeps the game's idle timer from running out.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keepalive {
    /// IAC NOP: any byte does.
    Nop,
    /// An empty line: only a whole line does.
    Line,
    /// Nothing is known to.
    None,
}

/// What is wrong with a preset: which key or rule, and what about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {what}")]
pub struct PresetError {
    /// The key, or the rule as `rules.<id>`.
    pub key: String,
    /// What is wrong; for a pattern, with the place in it.
    pub what: String,
}

/// One rule, compiled. Its pattern is in the preset's [`Patterns`] under its index.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) is: RuleKind,
    /// The same pattern once more, to find the name that the game states.
    pub(super) name: Option<Pattern>,
    /// What to type for yes.
    pub(super) yes: Arc<str>,
}

/// Pairs of a client's line and the game's answer.
#[derive(Debug)]
pub(super) struct Pairs {
    pub(super) client: Vec<Pattern>,
    /// So many from the begin lead out, the others to a menu.
    pub(super) leaving: usize,
    pub(super) game: Patterns,
}

/// A compiled preset. Shared by all sessions.
pub struct Preset {
    pub(super) name: Arc<str>,
    pub(super) style: Style,
    pub(super) duplicate: Duplicate,
    pub(super) hold: Duration,
    pub(super) line_bytes_max: usize,
    pub(super) keepalive: Keepalive,
    pub(super) rules: Vec<Rule>,
    pub(super) patterns: Patterns,
    /// Rules that are questions.
    pub(super) questions: Set,
    pub(super) commands: Vec<Pattern>,
    pub(super) machine: Vec<Pattern>,
    pub(super) password_change: Vec<Pattern>,
    /// `None`: there is no way out but closing.
    pub(super) pairs: Option<Pairs>,
    pub(super) enter: Vec<Pattern>,
    pub(super) names: Names,
    pub(super) messages: Messages,
}

macro_rules! builtin {
    ($($name:literal),* $(,)?) => {
        /// The built-in presets, by name.
        const SOURCES: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("presets/", $name, ".toml")))),*];
        const NAMES: &[&str] = &[$($name),*];
    };
}

builtin!(
    "circle",
    "tbamud",
    "diku",
    "merc",
    "envy",
    "rom",
    "smaug",
    "godwars",
    "diku3",
    "lp",
    "deadsouls",
    "lima",
    "discworld",
    "penn",
    "mux",
    "tinymush",
    "fuzzball",
    "moo",
    "evennia",
    "coffeemud",
    "ranvier",
    "kalevala",
    "nakedmud",
    "ire",
    "aardwolf",
    "demo",
    "none",
);

static COMPILED: [OnceLock<Arc<Preset>>; NAMES.len()] = [const { OnceLock::new() }; NAMES.len()];

impl PresetData {
    /// The data of the built-in preset of that name, with its bases laid under it.
    #[must_use]
    pub fn named(name: &str) -> Option<PresetData> {
        let (_, source) = SOURCES.iter().find(|(known, _)| *known == name)?;
        // The tests parse every built-in file.
        let mut data: PresetData = toml::from_str(source).ok()?;
        while let Some(base) = data.base.take() {
            let (_, source) = SOURCES.iter().find(|(known, _)| *known == base)?;
            data = data.over(toml::from_str(source).ok()?);
        }
        Some(data)
    }
}

impl fmt::Debug for Preset {
    /// Its patterns would fill pages, and differ with the thread that used them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Preset").field(&self.name).finish()
    }
}

impl Preset {
    /// The built-in preset of that name, compiled when first asked for. `auto` is none of them.
    #[must_use]
    pub fn named(name: &str) -> Option<Arc<Preset>> {
        let place = NAMES.iter().position(|known| *known == name)?;
        if let Some(preset) = COMPILED[place].get() {
            return Some(Arc::clone(preset));
        }
        let preset =
            Preset::build(name, PresetData::named(name)?, &RuleOverrides::default()).ok()?;
        Some(Arc::clone(COMPILED[place].get_or_init(|| Arc::new(preset))))
    }

    /// The preset that recognises nothing.
    #[must_use]
    pub fn none() -> Arc<Preset> {
        Preset::named("none").unwrap_or_else(|| unreachable!("built in"))
    }

    /// The names of all built-in presets.
    #[must_use]
    pub fn names() -> &'static [&'static str] {
        NAMES
    }

    /// The preset that knows nothing.
    pub(super) fn blank() -> Arc<Preset> {
        static BLANK: OnceLock<Arc<Preset>> = OnceLock::new();
        let compile = || compile("none", PresetData::default());
        Arc::clone(BLANK.get_or_init(|| Arc::new(compile().expect("no rules cannot be wrong"))))
    }

    /// Compiles data into a preset called `name`, laid over its base and with single rules changed.
    ///
    /// # Errors
    /// Says which key or rule is wrong and why.
    pub fn build(
        name: &str,
        mut data: PresetData,
        changes: &RuleOverrides,
    ) -> Result<Preset, PresetError> {
        if let Some(base) = data.base.take() {
            let base = PresetData::named(&base).ok_or_else(|| unknown_base(&base))?;
            data = data.over(base);
        }
        data.change(changes).map_err(|id| no_such_rule(&id, &data.rules))?;
        compile(name, data)
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How one logs in.
    #[must_use]
    pub fn style(&self) -> Style {
        self.style
    }

    /// What the game does when a user logs in twice.
    #[must_use]
    pub fn duplicate(&self) -> Duplicate {
        self.duplicate
    }

    /// The game lets one user play on several connections.
    #[must_use]
    pub fn allows_both(&self) -> bool {
        self.duplicate == Duplicate::Allow
    }

    /// How long to keep a session without a client, if nobody says otherwise.
    #[must_use]
    pub fn hold(&self) -> Duration {
        self.hold
    }

    /// The longest line that the game takes, in bytes without the line end.
    #[must_use]
    pub fn line_bytes_max(&self) -> usize {
        self.line_bytes_max
    }

    /// What keeps the game's idle timer from running out.
    #[must_use]
    pub fn keepalive(&self) -> Keepalive {
        self.keepalive
    }

    /// The user that goes by this name, as an administrator would write it; `None` if no user can.
    #[must_use]
    pub fn user(&self, name: &str) -> Option<User> {
        self.names.stated(name.as_bytes())
    }

    /// Whether it can show that a character (or an account) is being made: the game has a password
    /// chosen in words that the preset knows, or by a command for that.
    #[must_use]
    pub fn tells_new(&self) -> bool {
        let asks = |rule: &Rule| rule.is == RuleKind::NewPassword;
        let makes = |command: &Pattern| command.groups().any(|group| group.starts_with("new"));
        self.rules.iter().any(asks) || self.commands.iter().any(makes)
    }

    /// Whether many share this name, so that it says nothing of who plays.
    #[must_use]
    pub fn shares(&self, user: &crate::ids::UserKey) -> bool {
        self.names.shares(user)
    }

    /// Whether it can tell guests from others: it knows names that many share.
    #[must_use]
    pub fn tells_guests(&self) -> bool {
        self.names.any_shared()
    }

    /// Nothing in this preset can ever match.
    pub(super) fn is_blank(&self) -> bool {
        self.rules.is_empty() && self.commands.is_empty() && !self.messages.states_names()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(text: &str) -> Result<Preset, PresetError> {
        Preset::build("custom", toml::from_str(text).unwrap(), &RuleOverrides::default())
    }

    fn error(text: &str) -> String {
        build(text).unwrap_err().to_string()
    }

    #[test]
    fn a_preset_shows_its_name() {
        assert_eq!(format!("{:?}", Preset::named("circle").unwrap()), "Preset(\"circle\")");
    }

    #[test]
    fn a_built_in_preset_is_compiled_once() {
        let one = Preset::named("circle").unwrap();
        assert!(Arc::ptr_eq(&one, &Preset::named("circle").unwrap()));
        assert!(Preset::named("CIRCLE").is_none());
        assert!(Preset::names().contains(&"circle"));
    }

    #[test]
    fn what_a_custom_preset_does_not_say_has_a_default() {
        let preset = build("").unwrap();
        assert!(preset.is_blank());
        assert_eq!(preset.style(), Style::Prompt);
        assert_eq!(preset.hold(), Duration::from_secs(300));
        assert_eq!(preset.line_bytes_max(), 250);
        assert_eq!(preset.keepalive(), Keepalive::None);
        assert!(!preset.allows_both());
    }

    #[test]
    fn a_custom_preset_may_start_from_a_built_in_one() {
        let preset = build("base = 'circle'\nduplicate = 'allow'\nhold = '2h'").unwrap();
        assert!(preset.allows_both());
        assert_eq!(preset.hold(), Duration::from_secs(7200));
        assert_eq!(preset.keepalive(), Keepalive::Line);
        assert!(!preset.rules.is_empty());
        assert!(
            error("base = 'cirle'")
                .starts_with("base: there is no preset `cirle`; there are circle")
        );
    }

    #[test]
    fn an_error_names_the_rule_and_the_place_in_its_pattern() {
        let rule =
            |id: &str, re: &str| format!("rules = [{{ id = '{id}', is = 'ok', re = '{re}' }}]");
        assert_eq!(
            error(&rule("greeting", "a(b")),
            "rules.greeting: at character 2 of the pattern: unclosed group"
        );
        assert_eq!(
            error("rules = [{ id = 'a', is = 'ok', re = 'x' }, { id = 'a', is = 'ok', re = 'y' }]"),
            "rules.a: two rules have this id"
        );
        assert_eq!(
            error("rules = [{ id = 'a', is = 'ok', re = 'x', yes = 'y' }]"),
            "rules.a: `yes` is for rules that ask"
        );
        assert_eq!(error("commands = ['connect']"), "commands: a pattern has no group `name`");
        assert!(error("[name]\npattern = '['").starts_with("name.pattern: at character 1"));
        assert!(error("menu = [{ client = 'a', game = '[' }]").starts_with("menu: at character 1"));
        assert!(
            error("leave = [{ client = '(', game = 'a' }]").starts_with("leave: at character 1")
        );
        assert!(error("[oob]\nname = [{}]").starts_with("oob: a message is either"));
    }

    #[test]
    fn a_change_to_an_unknown_rule_says_which_there_are() {
        let changes = toml::from_str("nmae = 'x'").unwrap();
        let data = PresetData::named("ire").unwrap();
        let error = Preset::build("ire", data, &changes).unwrap_err().to_string();
        assert!(
            error.starts_with("rules.nmae: the preset has no such rule (it has name, password")
        );
    }

    #[test]
    fn times_and_sizes_are_within_bounds() {
        for good in ["0s", "90s", "5m", "2h", "7d", "604800s"] {
            assert!(build(&format!("hold = '{good}'")).is_ok(), "{good}");
        }
        for bad in ["", "5", "m", "5x", "-5m", "8d", "604801s", "99999999999999999999s", "5m "] {
            assert!(error(&format!("hold = '{bad}'")).starts_with("hold: "), "{bad}");
        }
        for (bytes, good) in [(15, false), (16, true), (65_536, true), (65_537, false)] {
            assert_eq!(build(&format!("line_bytes_max = {bytes}")).is_ok(), good, "{bytes}");
        }
    }

    #[test]
    fn an_administrator_finds_a_user_however_the_name_is_written() {
        let preset = Preset::named("deadsouls").unwrap();
        assert_eq!(preset.user("Al-Ice").unwrap().key, preset.user("alice").unwrap().key);
        assert!(preset.user("").is_none());
    }
}
