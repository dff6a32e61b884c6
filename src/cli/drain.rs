//! `drain`: ends mudkeep in a while and watches it go.

use hyper::Method;
use serde_json::json;
use tokio::time::sleep;

use super::arguments;
use super::desk::Desk;
use super::shapes::Drain;
use super::shown::{self, count};
use super::trouble::Trouble;
use crate::clock;

/// How often in a row mudkeep may not answer before it is given up.
const SILENT_MAX: u32 = 10;

impl Desk<'_> {
    pub(super) async fn drain(&mut self, what: &arguments::Drain) -> Result<(), Trouble> {
        let Some(time) = what.time else {
            return if what.cancel { self.call_off().await } else { self.is_draining().await };
        };
        let mut body = json!({ "in_seconds": time.as_secs() });
        if let Some(text) = &what.say {
            body["text"] = text.as_str().into();
        }
        let started = if what.no_wait { String::new() } else { self.started().await? };
        let answer = self.api.send(Method::POST, "drain", Some(&body)).await?;
        self.print_json(&answer)?;
        if what.no_wait {
            let drain: Drain = self.api.understand(answer)?;
            return self.say_to_people(&stand(&drain));
        }
        self.say_to_people(
            "Nobody new comes in. Ctrl-C ends this watching and not the drain; \
             `mudkeep drain --cancel` calls it off.",
        )?;
        self.follow(&started).await
    }

    async fn call_off(&mut self) -> Result<(), Trouble> {
        let answer = self.api.send(Method::DELETE, "drain", None).await?;
        self.print_json(&answer)?;
        self.say_to_people("There is no drain any more.")
    }

    async fn is_draining(&mut self) -> Result<(), Trouble> {
        let answer = self.api.ask("drain").await?;
        if self.print_json(&answer)? {
            return Ok(());
        }
        let drain: Drain = self.api.understand(answer)?;
        self.say_so(&stand(&drain))
    }

    /// When this mudkeep was started: tells it from the one that is started after it.
    async fn started(&self) -> Result<String, Trouble> {
        let health = self.api.ask("health").await?;
        Ok(health["started_at"].as_str().unwrap_or_default().to_owned())
    }

    /// There is no drain: either it has ended and runs again, or it was called off.
    async fn is_another(&mut self, started: &str) -> Result<(), Trouble> {
        if self.started().await? == started {
            return Err(Trouble::Cannot("the drain was called off".to_owned()));
        }
        self.say_to_people("mudkeep has ended, and runs again.")
    }

    /// Says how it stands whenever that is something new, until mudkeep is gone.
    pub(super) async fn follow(&mut self, started: &str) -> Result<(), Trouble> {
        let mut said = String::new();
        let mut silent = 0;
        loop {
            match self.api.read::<Drain>("drain").await {
                Ok(drain) if !drain.draining => return self.is_another(started).await,
                Ok(drain) => {
                    silent = 0;
                    let now = stand(&drain);
                    if now != said {
                        self.say_to_people(&now)?;
                        self.out.flush()?;
                    }
                    said = now;
                }
                Err(Trouble::Refused(_)) => return self.say_to_people("mudkeep has ended."),
                // It may be ending just now.
                Err(Trouble::Slow(_) | Trouble::Broken { .. } | Trouble::Unreachable { .. })
                    if silent < SILENT_MAX =>
                {
                    silent += 1;
                }
                Err(trouble) => return Err(trouble),
            }
            sleep(self.pace).await;
        }
    }
}

/// How it stands, in steps that are worth a line: tens of seconds at the end, minutes before.
fn stand(drain: &Drain) -> String {
    if !drain.draining {
        return "There is no drain.".to_owned();
    }
    let sessions = count(drain.sessions, "session");
    let at = drain.at.as_deref().and_then(shown::moment);
    let left = at.map(|at| (at - clock::shown()).whole_seconds().max(0).unsigned_abs());
    match left {
        None => format!("{sessions} left."),
        Some(left) => {
            let step = if left > 60 { 60 } else { 10 };
            let left = std::time::Duration::from_secs(left.div_ceil(step) * step);
            format!("{sessions} left; it ends in {} at the latest.", shown::span(left))
        }
    }
}
