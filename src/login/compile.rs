//! From a preset's data to a preset, or to a message that says which key is wrong and why.

use std::time::Duration;

use super::data::{PairData, PresetData, RuleData, RuleKind};
use super::name::Names;
use super::oob::Messages;
use super::pattern::{Pattern, Patterns, Set};
use super::preset::{Pairs, Rule};
use super::{Keepalive, Preset, PresetError, Style};

/// Longest hold that a preset may ask for.
const HOLD_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

pub(super) fn compile(name: &str, data: PresetData) -> Result<Preset, PresetError> {
    let (patterns, questions) = compile_patterns(&data.rules)?;
    Ok(Preset {
        name: name.into(),
        style: data.style.unwrap_or(Style::Prompt),
        duplicate: data.duplicate.unwrap_or(super::Duplicate::Kick),
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

pub(super) fn unknown_base(base: &str) -> PresetError {
    under("base")(format!("there is no preset `{base}`; there are {}", Preset::names().join(", ")))
}

pub(super) fn no_such_rule(id: &str, rules: &[RuleData]) -> PresetError {
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
