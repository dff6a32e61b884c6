//! What a request asks for: its query and its body, each read strictly, so that a mistyped name is told
//! and not passed over.

use std::net::IpAddr;
use std::str::FromStr;

use hyper::Request;
use hyper::body::Incoming;
use hyper::header::CONTENT_TYPE;
use ipnet::IpNet;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Error as _};

use super::reply::Refused;
use crate::config::Limits;
use crate::transport::http::body;

/// Longest text that the staff can have said to players, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// Largest whole number that floating point has exactly, as each one below it.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// The query of a request.
#[derive(Debug, Default)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads it; only these names may be in it, each once.
    pub(super) fn read(query: Option<&str>, names: &[&str]) -> Result<Query, Refused> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let all = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        for (name, value) in all {
            if !names.contains(&&*name) {
                let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
                let message = format!("the query has {name:?}, and this takes: {known}");
                return Err(Refused::bad_request(message));
            }
            if pairs.iter().any(|(other, _)| *other == name) {
                return Err(Refused::bad_request(format!("the query has {name:?} twice")));
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Ok(Query(pairs))
    }

    /// The text of this name.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The same, read as something.
    pub(super) fn value<T: FromStr>(&self, name: &str, what: &str) -> Result<Option<T>, Refused> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match text.parse() {
            Ok(value) => Ok(Some(value)),
            Err(_) => Err(Refused::bad_request(format!("{name} has to be {what}"))),
        }
    }

    /// One of a few words.
    pub(super) fn word<T: Copy>(
        &self,
        name: &str,
        words: impl Iterator<Item = (&'static str, T)> + Clone,
    ) -> Result<Option<T>, Refused> {
        let Some(text) = self.text(name) else { return Ok(None) };
        match words.clone().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(Some(value)),
            None => {
                let known: Vec<&str> = words.map(|(word, _)| word).collect();
                let message = format!("{name} has to be one of {}", known.join(", "));
                Err(Refused::bad_request(message))
            }
        }
    }

    /// An address or a network.
    pub(super) fn network(&self, name: &str) -> Result<Option<IpNet>, Refused> {
        self.text(name).map(network).transpose()
    }

    /// Text for players.
    pub(super) fn reason(&self) -> Result<Option<String>, Refused> {
        self.text("reason").map(|text| plain("reason", text)).transpose()
    }
}

/// An address, or a network.
pub(super) fn network(text: &str) -> Result<IpNet, Refused> {
    let network = text.parse::<IpNet>().ok();
    let network = network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
    let message = "this has to be an address such as 192.0.2.1, or a network such as 10.0.0.0/8";
    network.map(|network| network.trunc()).ok_or_else(|| Refused::bad_request(message))
}

/// Text that players may be told: one line, not long.
pub(super) fn plain(name: &str, text: &str) -> Result<String, Refused> {
    let text = text.trim();
    if text.chars().any(char::is_control) || text.chars().count() > TEXT_CHARS_MAX {
        let most = format!("of {TEXT_CHARS_MAX} characters at most");
        return Err(Refused::bad_request(format!("{name} has to be one line {most}")));
    }
    Ok(text.to_owned())
}

/// A whole number; JSON has one kind of numbers, and `5.0` is one of the whole.
pub(super) fn whole<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let exact = |float: f64| float.fract() == 0.0 && (0.0..=WHOLE_MAX).contains(&float);
    let float = || number.as_f64().filter(|float| exact(*float)).map(|float| float as u64);
    let message = || D::Error::custom(format!("{number} is not a whole number, zero or more"));
    number.as_u64().or_else(float).ok_or_else(message)
}

/// The same, where it may be missing.
pub(super) fn whole_if_there<'de, D>(deserializer: D) -> Result<Option<u64>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    #[derive(Deserialize)]
    struct Whole(#[serde(deserialize_with = "whole")] u64);
    Ok(Option::deserialize(deserializer)?.map(|Whole(number)| number))
}

/// An object within one, if it is there.
pub(super) fn object<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: DeserializeOwned,
{
    let object: Option<serde_json::Map<_, _>> = Option::deserialize(deserializer)?;
    let read = |object| serde_json::from_value(serde_json::Value::Object(object));
    object.map(read).transpose().map_err(D::Error::custom)
}

/// The body of a request.
pub(super) async fn body<T: DeserializeOwned>(
    request: Request<Incoming>,
    limits: &Limits,
) -> Result<T, Refused> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json") {
        return Err(Refused::unsupported_media_type());
    }
    let bytes = body::json(request, limits).await.map_err(|why| Refused::of_body(&why))?;
    object_of(&bytes)
}

/// What an object says; a list of values without names would be taken for one.
fn object_of<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(Refused::bad_request("the body has to be an object of JSON"));
    }
    serde_json::from_slice(bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let text = error.to_string();
        let what = text.split(" at line ").next().unwrap_or_default();
        Refused::bad_request(format!("the body, line {line}, column {column}: {what}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_strictly() {
        let query = Query::read(Some("user=Al%20ice&limit=5"), &["user", "limit"]).unwrap();
        assert_eq!(query.text("user"), Some("Al ice"));
        assert_eq!(query.value::<usize>("limit", "a number").unwrap(), Some(5));
        assert!(query.value::<usize>("user", "a number").is_err());
        assert!(query.text("after").is_none());
        for bad in ["usr=a", "user=a&user=b"] {
            assert!(Query::read(Some(bad), &["user"]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        #[derive(Deserialize)]
        struct Both {
            #[serde(deserialize_with = "whole")]
            one: u64,
            #[serde(default, deserialize_with = "whole_if_there")]
            other: Option<u64>,
        }
        let read = |text: &str| {
            let read = serde_json::from_str::<Both>(text).ok();
            read.map(|both| (both.one, both.other))
        };
        assert_eq!(read(r#"{"one": 5}"#), Some((5, None)));
        assert_eq!(read(r#"{"one": 5.0, "other": 2e3}"#), Some((5, Some(2000))));
        assert_eq!(read(r#"{"one": 18446744073709551615, "other": null}"#), Some((u64::MAX, None)));
        for bad in ["5.5", "-1", "-1.0", "1e300", "true", "\"5\"", "null"] {
            assert_eq!(read(&format!(r#"{{"one": {bad}}}"#)), None, "{bad}");
        }
    }

    #[test]
    fn a_list_is_no_object() {
        #[derive(Deserialize)]
        struct Outer {
            #[serde(default, deserialize_with = "object")]
            inner: Option<Inner>,
        }
        #[derive(Deserialize)]
        struct Inner {
            one: u8,
        }
        let read = |text: &str| object_of::<Outer>(text.as_bytes()).ok();
        assert_eq!(read(r#" {"inner": {"one": 1}}"#).unwrap().inner.unwrap().one, 1);
        assert!(read("{}").unwrap().inner.is_none());
        assert!(read(r#"{"inner": null}"#).unwrap().inner.is_none());
        for bad in [r#"[{"one": 1}]"#, r#"{"inner": [1]}"#, "[null]", "null", "", "1"] {
            assert!(read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_address_is_a_network_of_one() {
        assert_eq!(network("10.1.2.3/8").unwrap().to_string(), "10.0.0.0/8");
        assert_eq!(network("::1").unwrap().to_string(), "::1/128");
        assert!(network("10.0.0.0/40").is_err() && network("home").is_err());
    }

    #[test]
    fn text_for_players_is_one_line_and_short() {
        assert_eq!(plain("reason", " spam ").unwrap(), "spam");
        assert!(plain("reason", &"x".repeat(200)).is_ok());
        assert!(plain("reason", &"x".repeat(201)).is_err());
        assert!(plain("reason", "a\nb").is_err() && plain("reason", "\u{1b}[31m").is_err());
    }
}
