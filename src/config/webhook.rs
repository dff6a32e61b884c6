//! `[webhook]`: what a program elsewhere is told of what happens here.

use std::path::PathBuf;
use std::time::Duration;

use hyper::Uri;
use toml::de::DeValue;

use super::file_name::MaybeFileName;
use super::problem::nearest;
use super::section::section;
use super::value::{Count, Kind, MINUTE, Many, Refusal, SECOND, Time, one_of, quoted};
use crate::events::What;

/// Types that are sent unless others are named: what a game's site may want to act on.
const EVENTS: [&str; 9] = [
    "login",
    "session_ended",
    "taken_over",
    "token_reused",
    "tokens_revoked",
    "kicked",
    "banned",
    "unbanned",
    "draining",
];

/// Longest address.
const URL_BYTES_MAX: usize = 2_000;

section! {
    /// `[webhook]`: where events are sent, and which.
    pub struct WebhookConfig {
        /// Where; `None` (`""`): nowhere.
        pub url: Option<Uri> = None, Url;
        /// The file with the key that signs what is sent; made, with one, if it is not there.
        pub secret_file: PathBuf = PathBuf::from("webhook.secret"), super::file_name::FileName;
        /// Certificates that are trusted in place of the system's, in PEM; for https.
        pub ca_file: Option<PathBuf> = None, MaybeFileName;
        /// The types of events that are sent.
        pub events: Vec<&'static str> = EVENTS.to_vec(), Many(What::NAMES.len(), EventName);
        /// How long one attempt may take.
        pub timeout: Duration = 10 * SECOND, Time(SECOND / 10..=5 * MINUTE);
        /// Further attempts after one that failed, before its events are given up.
        pub retries_max: u32 = 8, Count(0..=100);
        /// Events that wait to be sent; over it the oldest are lost.
        pub queue_max: usize = 10_000, Count(1..=1_000_000);
    }
}

/// An address of the web, or `""` for none.
struct Url;

impl Kind for Url {
    type Value = Option<Uri>;

    fn read(&self, value: &DeValue<'_>) -> Result<Option<Uri>, Refusal> {
        let DeValue::String(text) = value else { return self.refuse_type(value, "a string") };
        if text.is_empty() {
            return Ok(None);
        }
        let short = text.len() <= URL_BYTES_MAX;
        let uri = text.parse::<Uri>().ok().filter(|uri| short && is_web_address(uri));
        match uri {
            Some(uri) => Ok(Some(uri)),
            None => self.refuse(format!("{} is not an address of the web", quoted(text))),
        }
    }

    fn allowed(&self) -> String {
        "an address such as \"https://mud.example.org/events\", or \"\" for none".to_owned()
    }
}

/// With a host, and without a name and password, which would be sent to nobody.
fn is_web_address(uri: &Uri) -> bool {
    let scheme = uri.scheme_str().is_some_and(|scheme| ["http", "https"].contains(&scheme));
    let authority = uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    scheme && authority && uri.host().is_some_and(|host| !host.is_empty())
}

/// The name of a type of events.
struct EventName;

impl Kind for EventName {
    type Value = &'static str;

    fn read(&self, value: &DeValue<'_>) -> Result<&'static str, Refusal> {
        let DeValue::String(text) = value else { return self.refuse_type(value, "a string") };
        match What::NAMES.iter().find(|name| **name == text.as_ref()) {
            Some(name) => Ok(name),
            None => Err(Refusal {
                found: format!("{} is not a type of events", quoted(text)),
                allowed: Some(self.allowed()),
                meant: nearest(text, What::NAMES.iter().copied()).map(quoted),
                part: Some(text.to_string()).filter(|part| !part.is_empty()),
                ..Refusal::default()
            }),
        }
    }

    fn allowed(&self) -> String {
        one_of(What::NAMES.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Problems};

    #[test]
    fn an_address_is_of_the_web_and_has_no_password_in_it() {
        let read = |text: &str| Url.read(&DeValue::String(text.into()));
        for good in ["http://127.0.0.1:8080", "https://mud.example.org/a?b=c", "http://[::1]/"] {
            assert_eq!(read(good).unwrap().unwrap(), good, "{good}");
        }
        assert_eq!(read("").unwrap(), None);
        for bad in
            ["mud.example.org", "ftp://a/", "http://", "/events", "https://a:b@c/", "http://a b"]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_type_that_is_none_is_told_with_the_one_that_was_meant() {
        let text = "game.address = \"demo\"\nwebhook.events = [\"login\", \"takenover\"]";
        let Problems(problems) = Config::parse("f", text).unwrap_err();
        assert_eq!(problems.len(), 1);
        assert_eq!(problems[0].key, "webhook.events");
        assert_eq!(problems[0].found, "\"takenover\" is not a type of events");
        assert_eq!(problems[0].meant.as_deref(), Some("\"taken_over\""));
    }
}
