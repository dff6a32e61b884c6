//! Messages beside the text as the subprotocols write them into text frames: `Package.Name json` in
//! gmcp.mudstandards.org, an envelope with `proto`, `id` and `data` in json.mudstandards.org.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::telnet::option::{self, OptionSet};

/// What the envelope of a telnet option is called, in front of the option's number.
const TELNET: &str = "telnet_";

/// Telnet options that a client may say something by.
const SAID_BY: OptionSet = OptionSet::of(&[option::TTYPE, option::NAWS, option::NEW_ENVIRON]);

/// A message from a client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum FromProgram {
    /// A GMCP message: a package, and mostly some JSON behind a space.
    Gmcp(String),
    /// What the client says by a telnet option.
    Option {
        /// Which.
        option: u8,
        /// The content of its subnegotiation.
        payload: Vec<u8>,
    },
}

/// A message that says nothing that is understood here.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a message was not understood")]
pub(crate) struct Malformed;

/// The envelope of json.mudstandards.org as it is sent.
#[derive(Serialize)]
struct Envelope<'m> {
    proto: &'static str,
    id: &'m str,
    data: &'m str,
}

/// The same as it is received.
#[derive(Deserialize)]
struct Received<'m> {
    #[serde(borrow)]
    proto: Cow<'m, str>,
    #[serde(borrow)]
    id: Cow<'m, str>,
    #[serde(default)]
    data: Value,
}

/// A GMCP message as one of gmcp.mudstandards.org.
pub(crate) fn read_gmcp(text: &str) -> Result<FromProgram, Malformed> {
    let text = text.trim();
    let (package, data) = text.split_once(' ').unwrap_or((text, ""));
    gmcp(package, data)
}

/// A message of json.mudstandards.org.
pub(crate) fn read_json(text: &str) -> Result<FromProgram, Malformed> {
    let Received { proto, id, data } = serde_json::from_str(text).map_err(|_| Malformed)?;
    if proto == "gmcp" {
        return match data {
            Value::Null => gmcp(&id, ""),
            Value::String(data) => gmcp(&id, &data),
            // The standard wants JSON within a string; who forgets the string is understood.
            other => gmcp(&id, &other.to_string()),
        };
    }
    let number = proto.strip_prefix(TELNET).and_then(|number| number.parse().ok());
    let option = number.filter(|&number| SAID_BY.contains(number)).ok_or(Malformed)?;
    let data = data.as_str().ok_or(Malformed)?;
    let payload = STANDARD.decode(data).map_err(|_| Malformed)?;
    Ok(FromProgram::Option { option, payload })
}

fn gmcp(package: &str, data: &str) -> Result<FromProgram, Malformed> {
    let named = !package.is_empty() && package.bytes().all(|byte| byte.is_ascii_graphic());
    match data.trim() {
        _ if !named => Err(Malformed),
        "" => Ok(FromProgram::Gmcp(package.to_owned())),
        data => Ok(FromProgram::Gmcp(format!("{package} {data}"))),
    }
}

/// A GMCP message to a client of json.mudstandards.org.
pub(crate) fn write_json(message: &str) -> String {
    let (id, data) = message.split_once(' ').unwrap_or((message, ""));
    let envelope = Envelope { proto: "gmcp", id, data: data.trim() };
    // Three strings are always JSON.
    serde_json::to_string(&envelope).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Result<FromProgram, Malformed> {
        Ok(FromProgram::Gmcp(text.to_owned()))
    }

    #[test]
    fn a_gmcp_message_is_a_package_and_what_it_says() {
        for (text, meant) in [
            ("Core.Hello {\"client\":\"x\"}", "Core.Hello {\"client\":\"x\"}"),
            ("Core.Ping", "Core.Ping"),
            (" Core.Ping  12 \n", "Core.Ping 12"),
            ("rawcolor on", "rawcolor on"),
        ] {
            assert_eq!(read_gmcp(text), said(meant));
        }
        for nothing in ["", "  ", "\u{1b}[1m {}", "Ch\u{e4}r {}"] {
            assert_eq!(read_gmcp(nothing), Err(Malformed), "{nothing:?}");
        }
    }

    #[test]
    fn an_envelope_holds_a_gmcp_message_or_a_telnet_option() {
        for (text, meant) in [
            (
                r#"{"proto":"gmcp","id":"Core.Hello","data":"{\"client\":\"x\"}"}"#,
                "Core.Hello {\"client\":\"x\"}",
            ),
            (r#"{"proto":"gmcp","id":"Core.Ping","data":""}"#, "Core.Ping"),
            (r#"{"proto":"gmcp","id":"Core.Ping"}"#, "Core.Ping"),
            (r#"{"id":"A\u002eB","more":1,"proto":"gmcp","data":[1, "x"]}"#, "A.B [1,\"x\"]"),
        ] {
            assert_eq!(read_json(text), said(meant));
        }
        let window = FromProgram::Option { option: option::NAWS, payload: vec![0, 100, 0, 40] };
        assert_eq!(read_json(r#"{"proto":"telnet_31","id":"NAWS","data":"AGQAKA=="}"#), Ok(window));
    }

    #[test]
    fn what_is_no_envelope_is_malformed() {
        for nothing in [
            "",
            "{",
            "[]",
            "Core.Ping",
            r#"{"proto":"gmcp"}"#,
            r#"{"proto":"gmcp","id":""}"#,
            r#"{"proto":"gmcp","id":"two words","data":"1"}"#,
            r#"{"proto":"text","id":"x","data":"look"}"#,
            r#"{"proto":"telnet_1","id":"ECHO","data":""}"#,
            r#"{"proto":"telnet_287","id":"NAWS","data":"AGQAKA=="}"#,
            r#"{"proto":"telnet_31","id":"NAWS","data":"%"}"#,
            r#"{"proto":"telnet_31","id":"NAWS","data":[0,80,0,24]}"#,
        ] {
            assert_eq!(read_json(nothing), Err(Malformed), "{nothing}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        for message in ["Core.Ping", "Char.Vitals {\"hp\":1,\"x\":\"\\\"\\u001b\"}", "A \u{e9}"] {
            assert_eq!(read_json(&write_json(message)), said(message));
        }
        assert_eq!(
            write_json("Core.Goodbye \"bye\""),
            r#"{"proto":"gmcp","id":"Core.Goodbye","data":"\"bye\""}"#
        );
    }
}
