//! Where a command does its work: the API that it asks, the place that it prints to. Which command
//! is which file's is said here.

use std::io::Write;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::Value;
use time::UtcDateTime;

use super::api::Api;
use super::arguments::{AdminCommand, Tokens};
use super::trouble::Trouble;

/// Rows that are asked for at once.
const PAGE_ROWS: &str = "1000";

/// Most rows that are listed.
const ROWS_MAX: usize = 50_000;

/// What can stand in a part of a path, and in a query, as it is.
const PLAIN: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');

/// A command at work.
pub(super) struct Desk<'d> {
    pub(super) api: Api,
    /// Whether the answer is for a program.
    pub(super) json: bool,
    /// How many columns the terminal has, if it is one.
    pub(super) width: Option<usize>,
    pub(super) now: UtcDateTime,
    /// How long to wait before looking again at what is waited for.
    pub(super) pace: Duration,
    pub(super) out: &'d mut dyn Write,
}

impl Desk<'_> {
    /// Does what was asked for.
    pub(super) async fn run(&mut self, command: &AdminCommand) -> Result<(), Trouble> {
        match command {
            AdminCommand::Sessions(with) => self.sessions(&with.what).await,
            AdminCommand::Connections(with) => self.connections(&with.what).await,
            AdminCommand::Kick(with) => self.kick(&with.what).await,
            AdminCommand::Ban(with) => self.ban(&with.what).await,
            AdminCommand::Bans(_) => self.bans().await,
            AdminCommand::Unban(with) => self.unban(&with.what).await,
            AdminCommand::Tokens(Tokens::Revoke(with)) => self.revoke(&with.what).await,
            AdminCommand::Stats(_) => self.stats().await,
            AdminCommand::Health(_) => self.health().await,
            AdminCommand::Watch(_) => Err(Trouble::Misuse("watch has no --json".to_owned())),
            AdminCommand::Say(with) => self.say(&with.what).await,
            AdminCommand::Drain(with) => self.drain(&with.what).await,
            AdminCommand::Last(with) => self.last(&with.what).await,
            AdminCommand::Events(with) => self.events(&with.what).await,
        }
    }

    /// Prints an answer for a program, if it is one that asks.
    pub(super) fn print_json(&mut self, answer: &Value) -> Result<bool, Trouble> {
        if self.json && !answer.is_null() {
            writeln!(self.out, "{answer}")?;
        }
        Ok(self.json)
    }

    /// Prints a line for people.
    pub(super) fn say_so(&mut self, line: &str) -> Result<(), Trouble> {
        Ok(writeln!(self.out, "{line}")?)
    }

    /// A list with all of its pages: the answer as if it were one, `next` being null.
    pub(super) async fn all(
        &self,
        path: &str,
        name: &str,
        asked: &Asked,
    ) -> Result<Value, Trouble> {
        let mut whole: Option<Value> = None;
        let mut after: Option<String> = None;
        loop {
            let page = asked.clone().and("limit", Some(PAGE_ROWS)).and("after", after.as_deref());
            let mut page = self.api.ask(&page.at(path)).await?;
            let next = page["next"].take().as_str().map(str::to_owned);
            let rows = whole.as_mut().and_then(|whole| whole[name].as_array_mut());
            let length = match (rows, page[name].as_array_mut()) {
                (Some(rows), Some(more)) => {
                    rows.append(more);
                    rows.len()
                }
                (None, Some(first)) => {
                    let length = first.len();
                    whole = Some(page);
                    length
                }
                (_, None) => return Err(self.api.strange(format!("without {name}"))),
            };
            // The same place twice would have no end.
            if next.is_none() || next == after || length >= ROWS_MAX {
                return Ok(whole.unwrap_or_default());
            }
            after = next;
        }
    }

    /// The rows of a list.
    pub(super) fn rows<T: for<'de> Deserialize<'de>>(
        &self,
        answer: &mut Value,
        name: &str,
    ) -> Result<Vec<T>, Trouble> {
        self.api.understand(answer[name].take())
    }
}

/// What stands behind the question mark.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked(String);

impl Asked {
    /// And this, if it is there.
    pub(crate) fn and(mut self, name: &str, value: Option<&str>) -> Asked {
        if let Some(value) = value {
            self.0.push(if self.0.is_empty() { '?' } else { '&' });
            self.0.push_str(name);
            self.0.push('=');
            self.0.push_str(&part(value));
        }
        self
    }

    /// Behind this path.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{path}{}", self.0)
    }
}

/// Text from anywhere as one part of a path.
pub(crate) fn part(text: &str) -> String {
    match text {
        // These would be taken for steps in the path.
        "." | ".." => text.replace('.', "%2E"),
        _ => utf8_percent_encode(text, PLAIN).to_string(),
    }
}
