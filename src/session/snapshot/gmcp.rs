//! GMCP, told apart by the names of its packages: what is a value, what is an event, and what
//! changes a list so that the one known is not right any more. A package that nobody has heard
//! of is taken for a value: most are.

use std::borrow::Cow;
use std::collections::BTreeMap;

use memchr::{memchr, memchr2};
use serde::Deserialize;
use serde_json::Value;

use super::News;

/// A longer name is no package.
const NAME_BYTES_MAX: usize = 128;

/// Packages that start so are never values: a conversation with this one client, credentials,
/// code to install, things that play now.
const NEVER: [&str; 4] = ["core.", "char.login.", "client.gui", "client.media."];
/// The one among those that is.
const MEDIA_DEFAULT: &str = "client.media.default";
/// What a package's name ends with when it tells of something that happened.
const EVENTS: [&str; 12] = [
    "text", "play", "stop", "load", "start", "end", "message", "event", "tell", "wrongdir", "ping",
    "goodbye",
];
/// What it ends with when it changes a list, and what that list's name ends with.
const CHANGES: [(&str, &str); 8] = [
    ("add", "list"),
    ("remove", "list"),
    ("update", "list"),
    ("change", "list"),
    ("delete", "list"),
    ("addplayer", "players"),
    ("removeplayer", "players"),
    ("completed", "list"),
];

/// What a message says.
pub(super) fn news(payload: &[u8]) -> Vec<News<'_>> {
    let (name, body) = payload.split_at(memchr(b' ', payload).unwrap_or(payload.len()));
    match folded(name) {
        None => Vec::new(),
        Some(name) if name == "msdp" => msdp_news(body),
        Some(name) => package_news(name, payload, body).into_iter().collect(),
    }
}

/// What a message of GMCP's forerunner says; only what is about the character and the room.
pub(super) fn atcp_news(payload: &[u8]) -> Option<News<'_>> {
    let end = memchr2(b' ', b'\n', payload).unwrap_or(payload.len());
    let name = folded(&payload[..end])?;
    let known = name.starts_with("char.") || name.starts_with("room.");
    known.then(|| package_news(name, payload, &payload[end..]))?
}

/// A package's name in lower case, if it is one.
fn folded(name: &[u8]) -> Option<String> {
    let plain = |&byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    let is_one = !name.is_empty() && name.len() <= NAME_BYTES_MAX && name.iter().all(plain);
    is_one.then(|| String::from_utf8_lossy(name).to_ascii_lowercase())
}

fn package_news<'a>(name: String, payload: &'a [u8], body: &[u8]) -> Option<News<'a>> {
    if NEVER.iter().any(|never| name.starts_with(never)) && name != MEDIA_DEFAULT {
        return None;
    }
    let (package, last) = name.rsplit_once('.').unwrap_or(("", &name));
    if EVENTS.contains(&last) {
        return None;
    }
    if let Some((_, list)) = CHANGES.iter().find(|(change, _)| *change == last) {
        return Some(News::Outdated(list_name(&format!("{package}.{list}"), location(body))));
    }
    let location = if last == "list" { location(body) } else { None };
    Some(News::Value(list_name(&name, location), Cow::Borrowed(payload)))
}

/// Lists of things are kept by where the things are: a part of the list, after a space.
fn list_name(list: &str, location: Option<String>) -> Vec<u8> {
    match location {
        Some(location) => format!("{list} {location}").into_bytes(),
        None => list.as_bytes().to_vec(),
    }
}

fn location(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Located {
        location: String,
    }
    memchr(b'{', body)?;
    let Located { location } = serde_json::from_slice(body).ok()?;
    (location.len() <= NAME_BYTES_MAX).then_some(location)
}

/// MSDP in the clothes of GMCP: each variable is a value of its own.
fn msdp_news(body: &[u8]) -> Vec<News<'static>> {
    let Ok(variables) = serde_json::from_slice::<BTreeMap<String, Value>>(body) else {
        return Vec::new();
    };
    let named = variables.into_iter().filter(|(name, _)| name.len() <= NAME_BYTES_MAX);
    named
        .filter_map(|(name, value)| {
            let object = serde_json::to_string(&BTreeMap::from([(&name, value)])).ok()?;
            let message = format!("MSDP {object}").into_bytes();
            Some(News::Value(format!("msdp {name}").into_bytes(), Cow::Owned(message)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name and message of a value, the name of what is outdated, or nothing.
    fn read(payload: &str) -> Vec<String> {
        let said = news(payload.as_bytes()).into_iter().map(|news| match news {
            News::Value(name, message) => [name, b" = ".to_vec(), message.into_owned()].concat(),
            News::Outdated(name) => [b"not ".to_vec(), name].concat(),
        });
        said.map(|said| String::from_utf8(said).expect("text")).collect()
    }

    #[test]
    fn state_is_kept_under_its_package() {
        for (payload, kept) in [
            (r#"Char.Vitals {"hp":1}"#, r#"char.vitals = Char.Vitals {"hp":1}"#),
            ("Room.Info {}", "room.info = Room.Info {}"),
            ("Char.StatusVars {}", "char.statusvars = Char.StatusVars {}"),
            ("Comm.Channel.List []", "comm.channel.list = Comm.Channel.List []"),
            ("Client.Media.Default {}", "client.media.default = Client.Media.Default {}"),
            ("Client.Map {}", "client.map = Client.Map {}"),
            ("External.Discord.Status {}", "external.discord.status = External.Discord.Status {}"),
            ("Unheard.Of 5", "unheard.of = Unheard.Of 5"),
            ("Group", "group = Group"),
            (
                r#"Char.Items.List {"location":"inv","items":[]}"#,
                r#"char.items.list inv = Char.Items.List {"location":"inv","items":[]}"#,
            ),
        ] {
            assert_eq!(read(payload), [kept]);
        }
    }

    #[test]
    fn events_and_what_concerns_one_client_are_not_kept() {
        for payload in [
            "Core.Ping",
            "Core.Goodbye \"bye\"",
            "Comm.Channel.Text {}",
            "Comm.Channel.Start \"gossip\"",
            "Client.Media.Play {}",
            "Client.Media.Load {}",
            "Client.Media.Stop {}",
            "Client.GUI {\"url\":\"x\"}",
            "Char.Login.Default {\"type\":[\"password-credentials\"]}",
            "char.LOGIN.Token {\"token\":\"x\"}",
            "Room.WrongDir \"n\"",
            "",
            " {}",
            "Bad\u{e4}Name {}",
        ] {
            assert_eq!(read(payload), Vec::<String>::new(), "{payload}");
        }
        assert!(news(&[&[b'x'; 129][..], b" {}"].concat()).is_empty());
        assert_eq!(news(&[&[b'x'; 128][..], b" {}"].concat()).len(), 1);
    }

    #[test]
    fn a_change_outdates_the_list_that_it_changes() {
        for (payload, outdated) in [
            (r#"Char.Items.Add {"location":"inv","item":{}}"#, "not char.items.list inv"),
            (r#"Char.Items.Remove {"location":"room"}"#, "not char.items.list room"),
            ("Char.Afflictions.Add {\"name\":\"x\"}", "not char.afflictions.list"),
            ("Char.Defences.Remove [\"x\"]", "not char.defences.list"),
            ("Room.AddPlayer {}", "not room.players"),
            ("IRE.Rift.Change {}", "not ire.rift.list"),
            ("Char.Items.Update not json {", "not char.items.list"),
        ] {
            assert_eq!(read(payload), [outdated]);
        }
    }

    #[test]
    fn msdp_by_way_of_gmcp_is_kept_by_variable() {
        assert_eq!(
            read(r#"MSDP {"MANA":[1,{"x":"y"}],"HEALTH":"10"}"#),
            [r#"msdp HEALTH = MSDP {"HEALTH":"10"}"#, r#"msdp MANA = MSDP {"MANA":[1,{"x":"y"}]}"#]
        );
        assert!(read("MSDP").is_empty() && read("MSDP [1]").is_empty());
    }

    #[test]
    fn of_atcp_the_character_and_the_room_are_kept() {
        let name = |payload: &str| match atcp_news(payload.as_bytes()) {
            Some(News::Value(name, _)) => String::from_utf8(name).ok(),
            Some(News::Outdated(_)) | None => None,
        };
        assert_eq!(name("Char.Vitals H:1/2").as_deref(), Some("char.vitals"));
        assert_eq!(name("Room.Exits\nn,e").as_deref(), Some("room.exits"));
        assert_eq!(name("Auth.Request ON"), None);
        assert_eq!(name("Client.Compose x"), None);
    }
}
