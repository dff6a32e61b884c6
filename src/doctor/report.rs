//! What a diagnosis comes to, for people and for programs. All that a game said is in it only as
//! [`crate::printable`] shows it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// How much a finding matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    /// As it should be.
    Good,
    /// Good to know.
    Note,
    /// Something has to be done.
    Fix,
}

/// What a finding is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    Game,
    Telnet,
    Letters,
    Login,
    Address,
    Machine,
}

/// One thing that was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct Finding {
    pub(super) part: Part,
    pub(super) level: Level,
    pub(super) text: String,
    /// What to do about it.
    #[serde(rename = "do", skip_serializing_if = "Option::is_none")]
    pub(super) advice: Option<String>,
}

/// A telnet option that the game wished for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct OptionReport {
    pub(super) option: u8,
    pub(super) name: &'static str,
    /// `offered` or `asked_for`.
    pub(super) wish: &'static str,
    /// `agreed`, `refused`, `as_client` or `unanswered`.
    pub(super) answer: &'static str,
}

/// Which preset it is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub(super) struct PresetReport {
    /// The one that it is, or may well be.
    pub(super) name: Option<&'static str>,
    /// `certain`, `likely`, `unsure` or `unknown`.
    pub(super) sure: &'static str,
    /// Others that its first screen is like.
    pub(super) near: Vec<&'static str>,
}

/// Everything that was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    pub(super) address: String,
    /// Nothing has to be done.
    pub(super) well: bool,
    pub(super) reached: bool,
    /// What the game sees as every player's address.
    pub(super) client_address: Option<String>,
    pub(super) preset: Option<PresetReport>,
    /// What to set `game.charset` to.
    pub(super) charset: Option<String>,
    pub(super) options: Vec<OptionReport>,
    pub(super) mssp: BTreeMap<String, Vec<String>>,
    pub(super) findings: Vec<Finding>,
    /// What to put into proxy.toml.
    pub(super) proxy_toml: String,
}

impl Report {
    /// Whether nothing has to be done.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.well
    }

    /// How many things have to be done.
    pub(super) fn fixes(&self) -> usize {
        self.findings.iter().filter(|finding| finding.level == Level::Fix).count()
    }
}

impl Level {
    fn mark(self) -> &'static str {
        match self {
            Level::Good => "ok  ",
            Level::Note => "    ",
            Level::Fix => "FIX ",
        }
    }
}

impl Part {
    fn title(self) -> &'static str {
        match self {
            Part::Game => "The game",
            Part::Telnet => "Its telnet",
            Part::Letters => "Its text",
            Part::Login => "Its login",
            Part::Address => "What it sees",
            Part::Machine => "This machine",
        }
    }
}

/// Lines are broken at so many characters.
const COLUMNS: usize = 96;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "mudkeep doctor: {}", self.address)?;
        let mut part = None;
        for finding in &self.findings {
            if part.replace(finding.part) != Some(finding.part) {
                writeln!(f, "\n{}", finding.part.title())?;
            }
            write_wrapped(f, &format!("  {}", finding.level.mark()), &finding.text)?;
            if let Some(advice) = &finding.advice {
                write_wrapped(f, "      -> ", advice)?;
            }
        }
        writeln!(f, "\nFor proxy.toml:\n\n{}", self.proxy_toml)?;
        match self.fixes() {
            0 => writeln!(f, "All is well."),
            1 => writeln!(f, "One thing is to be done: see FIX above."),
            count => writeln!(f, "{count} things are to be done: see FIX above."),
        }
    }
}

/// Writes text behind `lead`, further lines under it.
fn write_wrapped(f: &mut fmt::Formatter<'_>, lead: &str, text: &str) -> fmt::Result {
    write!(f, "{lead}")?;
    let mut column = lead.len();
    for (index, word) in text.split(' ').enumerate() {
        if index > 0 && column + 1 + word.len() > COLUMNS {
            write!(f, "\n{:width$}", "", width = lead.len())?;
            column = lead.len();
        } else if index > 0 {
            write!(f, " ")?;
            column += 1;
        }
        write!(f, "{word}")?;
        column += word.len();
    }
    writeln!(f)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(findings: Vec<Finding>) -> Report {
        Report {
            address: "demo".to_owned(),
            well: true,
            reached: true,
            client_address: None,
            preset: None,
            charset: None,
            options: Vec::new(),
            mssp: BTreeMap::new(),
            findings,
            proxy_toml: "[game]\n".to_owned(),
        }
    }

    fn finding(part: Part, level: Level, text: &str, advice: Option<&str>) -> Finding {
        Finding { part, level, text: text.to_owned(), advice: advice.map(str::to_owned) }
    }

    #[test]
    fn findings_stand_under_their_part_and_advice_under_its_finding() {
        let report = report(vec![
            finding(Part::Game, Level::Good, "It answers.", None),
            finding(Part::Login, Level::Note, "x", None),
            finding(Part::Login, Level::Fix, "y", Some("Do it.")),
        ]);
        let expected = "mudkeep doctor: demo\n\nThe game\n  ok  It answers.\n\nIts login\n      x\n  \
            FIX y\n      -> Do it.\n\nFor proxy.toml:\n\n[game]\n\nOne thing is to be done: see FIX above.\n";
        assert_eq!(report.to_string(), expected);
    }

    #[test]
    fn lines_are_no_longer_than_a_screen_is_wide() {
        let text = "word ".repeat(99);
        let text = report(vec![finding(Part::Game, Level::Fix, &text, Some(&text))]).to_string();
        assert!(text.lines().all(|line| line.len() <= COLUMNS), "{text}");
        assert!(text.lines().any(|line| line.len() > COLUMNS - 6), "{text}");
        let advice: Vec<&str> =
            text.lines().filter(|line| line.starts_with("         w")).collect();
        assert!(advice.len() >= 5, "{text}");
    }

    #[test]
    fn a_program_reads_the_same_with_names() {
        let report = report(vec![finding(Part::Game, Level::Fix, "a", Some("b"))]);
        let json: serde_json::Value = serde_json::to_value(&report).unwrap();
        let expected = serde_json::json!({"part": "game", "level": "fix", "text": "a", "do": "b"});
        assert_eq!((&json["findings"][0], &json["well"]), (&expected, &true.into()));
    }
}
