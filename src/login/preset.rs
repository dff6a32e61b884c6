//! A preset, compiled: what one family of games says and asks at its door. Built-in ones are data
//! (`presets/*.toml`), compiled when first asked for and shared by all sessions.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde::Deserialize;

use super::data::{PairData, PresetData, RuleData, RuleKind, RuleOverrides};
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
#[derive(Debug)]
pub struct Preset {
    name: Arc<str>,
    style: Style,
    duplicate: Duplicate,
    hold: Duration,
    line_bytes_max: usize,
    keepalive: Keepalive,
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

/// Longest hold that a preset may ask for.
const HOLD_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

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

    /// Nothing in this preset can ever match.
    pub(super) fn is_blank(&self) -> bool {
        self.rules.is_empty() && self.commands.is_empty() && !self.messages.states_names()
    }
}

fn compile(name: &str, data: PresetData) -> Result<Preset, PresetError> {
    let (patterns, questions) = compile_patterns(&data.rules)?;
    Ok(Preset {
        name: name.into(),
        style: data.style.unwrap_or(Style::Prompt),
        duplicate: data.duplicate.unwrap_or(Duplicate::Kick),
        hold: parse_hold(data.hold.as_deref().unwrap_or("5m")).map_err(under("hold"))?,
        line_bytes_max: check_line(data.line_bytes_max.unwrap_or(250))?,
        keepalive: data.keepalive.unwrap_or(Keepalive::None),
        rules: data.rules.iter().map(compile_rule).collect::<Result<_, _>>()?,
        patterns,
        questions,
        commands: compile_commands(data.commands)?,
        machine: compile_list("machine", data.machine)?,
        password_change: compile_list("password_change", data.password_change)?,
        pairs: compile_pairs(data.leave.unwrap_or_default(), data.menu.unwrap_or_default())?,
        enter: compile_list("enter", data.enter)?,
        names: Names::new(data.name).map_err(under("name.pattern"))?,
        messages: Messages::new(data.oob).map_err(under("oob"))?,
    })
}

fn under<W: Into<String>>(key: &str) -> impl Fn(W) -> PresetError {
    move |what| PresetError { key: key.to_owned(), what: what.into() }
}

fn unknown_base(base: &str) -> PresetError {
    under("base")(format!("there is no preset `{base}`; there are {}", NAMES.join(", ")))
}

fn no_such_rule(id: &str, rules: &[RuleData]) -> PresetError {
    let ids: Vec<&str> = rules.iter().map(|rule| rule.id.as_str()).collect();
    let known = if ids.is_empty() { "none".to_owned() } else { ids.join(", ") };
    let what =
        format!("the preset has no such rule (it has {known}); a new one is a table {{ is, re }}");
    under(&format!("rules.{id}"))(what)
}

fn compile_patterns(rules: &[RuleData]) -> Result<(Patterns, Set), PresetError> {
    for (place, rule) in rules.iter().enumerate() {
        if rules[..place].iter().any(|other| other.id == rule.id) {
            return Err(under(&format!("rules.{}", rule.id))("two rules have this id"));
        }
    }
    let sources: Vec<&str> = rules.iter().map(|rule| rule.re.as_str()).collect();
    let patterns = Patterns::new(&sources).map_err(|(place, what)| match place {
        Some(place) => under(&format!("rules.{}", rules[place].id))(what),
        None => under("rules")(what),
    })?;
    let questions = rules.iter().enumerate().filter(|(_, rule)| rule.is.is_question());
    let questions = questions.fold(Set::default(), |set, (place, _)| set.or(Set::one(place)));
    Ok((patterns, questions))
}

fn compile_rule(rule: &RuleData) -> Result<Rule, PresetError> {
    let pattern = Pattern::new(&rule.re).map_err(under(&format!("rules.{}", rule.id)))?;
    if rule.yes.is_some() && rule.is != RuleKind::Ask {
        return Err(under(&format!("rules.{}", rule.id))("`yes` is for rules that ask"));
    }
    let yes = rule.yes.as_deref().unwrap_or("y").into();
    Ok(Rule { is: rule.is, name: pattern.has_group("name").then_some(pattern), yes })
}

fn compile_list(key: &str, list: Option<Vec<String>>) -> Result<Vec<Pattern>, PresetError> {
    list.unwrap_or_default().iter().map(|one| Pattern::new(one).map_err(under(key))).collect()
}

fn compile_commands(list: Option<Vec<String>>) -> Result<Vec<Pattern>, PresetError> {
    let commands = compile_list("commands", list)?;
    if commands.iter().any(|one| !one.groups().any(|group| group.starts_with("name"))) {
        return Err(under("commands")("a pattern has no group `name`"));
    }
    Ok(commands)
}

fn compile_pairs(leave: Vec<PairData>, menu: Vec<PairData>) -> Result<Option<Pairs>, PresetError> {
    if leave.is_empty() && menu.is_empty() {
        return Ok(None);
    }
    let leaving = leave.len();
    let key = |place| if place < leaving { "leave" } else { "menu" };
    let pairs: Vec<PairData> = leave.into_iter().chain(menu).collect();
    let client = pairs.iter().enumerate();
    let client = client.map(|(place, pair)| Pattern::new(&pair.client).map_err(under(key(place))));
    let client = client.collect::<Result<_, _>>()?;
    let sources: Vec<&str> = pairs.iter().map(|pair| pair.game.as_str()).collect();
    let game =
        Patterns::new(&sources).map_err(|(place, what)| under(place.map_or("leave", key))(what))?;
    Ok(Some(Pairs { client, leaving, game }))
}

fn check_line(bytes: usize) -> Result<usize, PresetError> {
    if (16..=65_536).contains(&bytes) {
        return Ok(bytes);
    }
    Err(under("line_bytes_max")(format!("{bytes} is not between 16 and 65536")))
}

fn parse_hold(text: &str) -> Result<Duration, String> {
    let wrong =
        || format!("`{text}` is not a time such as \"90s\", \"5m\" or \"2h\", at most 7 days");
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 24 * 3600,
        _ => return Err(wrong()),
    };
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let hold = number.checked_mul(seconds).map(Duration::from_secs);
    hold.filter(|hold| *hold <= HOLD_MAX).ok_or_else(wrong)
}
