//! Who it is, told out of band: GMCP, MSDP and the `Char.Login` messages. Players cannot write there,
//! so what the game states in it is believed at any time.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::data::{OobData, ProbeData, SourceData};

/// The telnet option of MSDP.
pub(super) const MSDP: u8 = 69;
/// The telnet option of GMCP.
pub(super) const GMCP: u8 = 201;

/// Longest message that is looked at.
pub(super) const PAYLOAD_BYTES_MAX: usize = 16 * 1024;

const VARIABLE: u8 = 1;
const VALUE: u8 = 2;

/// What one message of the game means for the login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The login succeeded.
    Success,
    /// It is this one who is logged in.
    Name(Vec<u8>),
    /// Nobody is logged in any more.
    Left,
    /// `Char.Login.Result`.
    Result {
        /// The credentials were right.
        success: bool,
    },
}

/// A message to send to the game.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Probe {
    pub(super) option: u8,
    pub(super) payload: Arc<[u8]>,
}

/// The messages of a preset, compiled.
#[derive(Clone, Debug, Default)]
pub(super) struct Messages {
    ok: Vec<Source>,
    name: Vec<Source>,
    left: Vec<Source>,
    pub(super) probes: Vec<Probe>,
}

#[derive(Clone, Debug)]
enum Source {
    Gmcp { package: String, key: Option<String>, when: BTreeMap<String, String> },
    Msdp { variable: String },
}

impl Messages {
    pub(super) fn new(data: OobData) -> Result<Messages, &'static str> {
        let sources = |data: Option<Vec<SourceData>>| -> Result<Vec<Source>, &'static str> {
            data.unwrap_or_default().into_iter().map(Source::new).collect()
        };
        let probes = data.probe.unwrap_or_default().into_iter().map(probe);
        Ok(Messages {
            ok: sources(data.ok)?,
            name: sources(data.name)?,
            left: sources(data.left)?,
            probes: probes.collect::<Result<_, _>>()?,
        })
    }

    /// A name is stated somewhere by this game.
    pub(super) fn states_names(&self) -> bool {
        !self.name.is_empty()
    }

    /// What a message of the game means, if it means anything here.
    pub(super) fn told(&self, option: u8, payload: &[u8]) -> Option<Told> {
        if payload.len() > PAYLOAD_BYTES_MAX {
            return None;
        }
        let message = Message::parse(option, payload)?;
        let told_by =
            |sources: &[Source]| sources.iter().any(|source| source.value(&message).is_some());
        if let Some(name) = self.name.iter().find_map(|source| source.value(&message)?) {
            return Some(Told::Name(name.into_owned()));
        }
        if told_by(&self.left) {
            return Some(Told::Left);
        }
        if told_by(&self.ok) {
            return Some(Told::Success);
        }
        message.login_result().map(|success| Told::Result { success })
    }
}

/// One message, taken apart.
enum Message<'a> {
    Gmcp { package: &'a [u8], data: &'a [u8] },
    Msdp(&'a [u8]),
}

impl<'a> Message<'a> {
    fn parse(option: u8, payload: &'a [u8]) -> Option<Message<'a>> {
        match option {
            MSDP => Some(Message::Msdp(payload)),
            GMCP => {
                let end = payload.iter().position(|byte| byte.is_ascii_whitespace());
                let (package, data) = payload.split_at(end.unwrap_or(payload.len()));
                Some(Message::Gmcp { package, data: data.trim_ascii() })
            }
            _ => None,
        }
    }

    fn login_result(&self) -> Option<bool> {
        let Message::Gmcp { package, data } = self else { return None };
        if !package.eq_ignore_ascii_case(b"Char.Login.Result") {
            return None;
        }
        let value: Value = serde_json::from_slice(data).ok()?;
        let success = value.get("success")?;
        Some(success == &Value::Bool(true) || success == "true")
    }
}

impl Source {
    fn new(data: SourceData) -> Result<Source, &'static str> {
        match (data.gmcp, data.msdp) {
            (Some(package), None) => Ok(Source::Gmcp { package, key: data.key, when: data.when }),
            (None, Some(_)) if data.key.is_some() || !data.when.is_empty() => {
                Err("`key` and `when` are for gmcp")
            }
            (None, Some(variable)) => Ok(Source::Msdp { variable }),
            (Some(_), Some(_)) | (None, None) => Err("a message is either gmcp or msdp"),
        }
    }

    /// `None`: another message. Within: the name in it, if it has one.
    fn value<'a>(&self, message: &Message<'a>) -> Option<Option<Cow<'a, [u8]>>> {
        match (self, message) {
            (Source::Msdp { variable }, Message::Msdp(payload)) => {
                msdp_value(payload, variable.as_bytes()).map(|value| value.map(Cow::Borrowed))
            }
            (Source::Gmcp { package, key, when }, Message::Gmcp { package: theirs, data }) => {
                if !theirs.eq_ignore_ascii_case(package.as_bytes()) {
                    return None;
                }
                if key.is_none() && when.is_empty() {
                    return Some(None);
                }
                gmcp_value(data, key.as_deref(), when)
            }
            (Source::Msdp { .. }, Message::Gmcp { .. })
            | (Source::Gmcp { .. }, Message::Msdp(_)) => None,
        }
    }
}

fn gmcp_value<'a>(
    data: &[u8],
    key: Option<&str>,
    when: &BTreeMap<String, String>,
) -> Option<Option<Cow<'a, [u8]>>> {
    let object: Value = serde_json::from_slice(data).ok()?;
    if when.iter().any(|(member, value)| object.get(member).and_then(Value::as_str) != Some(value))
    {
        return None;
    }
    let name = key.and_then(|key| object.get(key)).and_then(Value::as_str);
    Some(name.map(|name| Cow::Owned(name.as_bytes().to_vec())))
}

/// A variable of an MSDP message. Within: its value, if that is text.
fn msdp_value<'a>(payload: &'a [u8], variable: &[u8]) -> Option<Option<&'a [u8]>> {
    payload.split(|byte| *byte == VARIABLE).find_map(|pair| {
        let value = pair.strip_prefix(variable)?.strip_prefix(&[VALUE])?;
        let text = !value.is_empty() && value.iter().all(|byte| *byte > 6);
        Some(text.then_some(value))
    })
}

fn probe(data: ProbeData) -> Result<Probe, &'static str> {
    match (data.gmcp, data.msdp_report) {
        (Some(message), None) => Ok(Probe { option: GMCP, payload: message.into_bytes().into() }),
        (None, Some(variable)) => {
            let payload =
                [&[VARIABLE], b"REPORT".as_slice(), &[VALUE], variable.as_bytes()].concat();
            Ok(Probe { option: MSDP, payload: payload.into() })
        }
        (Some(_), Some(_)) | (None, None) => Err("a probe is either gmcp or msdp_report"),
    }
}

/// The account in a client's `Char.Login.Credentials`. Its password is not looked at. Within: `None`
/// for "no credentials, ask me".
pub(super) fn credentials_account(option: u8, payload: &[u8]) -> Option<Option<String>> {
    #[derive(Deserialize)]
    struct Credentials {
        account: Option<String>,
    }
    if payload.len() > PAYLOAD_BYTES_MAX {
        return None;
    }
    let Message::Gmcp { package, data } = Message::parse(option, payload)? else { return None };
    if !package.eq_ignore_ascii_case(b"Char.Login.Credentials") {
        return None;
    }
    let credentials: Option<Credentials> = serde_json::from_slice(data).ok();
    Some(credentials.and_then(|credentials| credentials.account))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages() -> Messages {
        let data = "
            ok = [{ gmcp = 'Logged.In' }, { msdp = 'logged_in' }]
            left = [{ gmcp = 'Logged.Out' }]
            name = [
                { gmcp = 'Char.Value.Get', key = 'value', when = { name = 'name' } },
                { gmcp = 'Char.Name', key = 'name' },
                { msdp = 'CHARACTER_NAME' },
            ]
            probe = [{ gmcp = 'Get.Value {\"name\":\"name\"}' }, { msdp_report = 'CHARACTER_NAME' }]";
        Messages::new(toml::from_str(data).unwrap()).unwrap()
    }

    fn told(option: u8, payload: &[u8]) -> Option<Told> {
        messages().told(option, payload)
    }

    fn name(name: &str) -> Option<Told> {
        Some(Told::Name(name.as_bytes().to_vec()))
    }

    #[test]
    fn gmcp_states_success_and_names() {
        assert_eq!(told(GMCP, b"Logged.In {}"), Some(Told::Success));
        assert_eq!(told(GMCP, b"logged.in"), Some(Told::Success));
        assert_eq!(told(GMCP, b"Logged.Out"), Some(Told::Left));
        assert_eq!(told(GMCP, br#"Char.Name {"name":"bob","fullname":"Bob"}"#), name("bob"));
        assert_eq!(told(GMCP, br#"char.name   {"name":"bob"}"#), name("bob"));
        assert_eq!(told(GMCP, br#"Char.Names {"name":"bob"}"#), None);
        assert_eq!(told(GMCP, br#"Char.Name {"name":7}"#), None);
        assert_eq!(told(GMCP, b"Char.Name {"), None);
        assert_eq!(told(7, b"Logged.In"), None);
    }

    #[test]
    fn only_the_answer_about_the_name_is_a_name() {
        assert_eq!(told(GMCP, br#"Char.Value.Get {"name":"name","value":"bob"}"#), name("bob"));
        assert_eq!(told(GMCP, br#"Char.Value.Get {"name":"location","value":"bob"}"#), None);
    }

    #[test]
    fn msdp_states_success_and_names() {
        assert_eq!(told(MSDP, b"\x01CHARACTER_NAME\x02Alice"), name("Alice"));
        assert_eq!(
            told(MSDP, b"\x01HEALTH\x027\x01CHARACTER_NAME\x02Alice\x01MANA\x025"),
            name("Alice")
        );
        assert_eq!(told(MSDP, b"\x01logged_in\x02\x03\x04"), Some(Told::Success));
        assert_eq!(told(MSDP, b"\x01CHARACTER_NAME\x02"), None);
        assert_eq!(told(MSDP, b"\x01CHARACTER_NAME\x02\x05Alice\x06"), None);
        assert_eq!(told(MSDP, b"\x01CHARACTER_NAMES\x02Alice"), None);
    }

    #[test]
    fn the_result_of_char_login_is_read_in_both_forms() {
        let success = |success| Some(Told::Result { success });
        assert_eq!(told(GMCP, br#"Char.Login.Result {"success":true}"#), success(true));
        assert_eq!(told(GMCP, br#"Char.Login.Result {"success":"true"}"#), success(true));
        assert_eq!(
            told(GMCP, br#"Char.Login.Result {"success":false,"message":"no"}"#),
            success(false)
        );
        assert_eq!(told(GMCP, b"Char.Login.Result {}"), None);
    }

    #[test]
    fn the_account_is_read_from_credentials_and_nothing_else() {
        let account = |payload: &[u8]| credentials_account(GMCP, payload);
        let both = br#"Char.Login.Credentials {"account":"a:char","password":"p"}"#;
        assert_eq!(account(both), Some(Some("a:char".to_owned())));
        assert_eq!(account(b"Char.Login.Credentials {}"), Some(None));
        assert_eq!(account(b"Char.Login.Credentials"), Some(None));
        assert_eq!(account(b"Core.Hello {}"), None);
        assert_eq!(credentials_account(MSDP, both), None);
    }

    #[test]
    fn probes_are_written_out() {
        let probes = messages().probes;
        assert_eq!(probes[0].payload.as_ref(), br#"Get.Value {"name":"name"}"#);
        assert_eq!(probes[1].payload.as_ref(), b"\x01REPORT\x02CHARACTER_NAME");
        assert_eq!((probes[0].option, probes[1].option), (GMCP, MSDP));
    }

    #[test]
    fn a_message_that_is_too_long_is_not_looked_at() {
        for (length, good) in [(PAYLOAD_BYTES_MAX, true), (PAYLOAD_BYTES_MAX + 1, false)] {
            let mut payload = b"Logged.In ".to_vec();
            payload.resize(length, b' ');
            assert_eq!(told(GMCP, &payload).is_some(), good);
        }
    }

    #[test]
    fn a_source_that_is_none_or_two_is_refused() {
        for bad in [
            "ok = [{}]",
            "ok = [{ gmcp = 'a', msdp = 'b' }]",
            "name = [{ msdp = 'a', key = 'b' }]",
            "probe = [{}]",
        ] {
            assert!(Messages::new(toml::from_str(bad).unwrap()).is_err(), "{bad}");
        }
    }
}
