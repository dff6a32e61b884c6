//! The part of GMCP that concerns mudkeep itself: who the client is and what it understands.

use serde::Deserialize;

use super::client_info::{Hello, Label};

/// The most modules kept of a client's list.
pub const MODULES_MAX: usize = 64;

/// One GMCP module, as `Core.Supports` names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    /// Its name, as the client wrote it.
    pub name: Label,
    /// Its version.
    pub version: u16,
}

impl Module {
    /// A module written as `Char.Items 1`; the version may be left out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Module> {
        let text = text.trim();
        let (name, version) = match text.rsplit_once(' ') {
            Some((name, version)) => (name, version.parse().unwrap_or(1)),
            None => (text, 1),
        };
        Some(Module { name: Label::new(name.as_bytes())?, version })
    }
}

/// The modules that a client supports; at most [`MODULES_MAX`], each once.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Modules(Vec<Module>);

impl FromIterator<Module> for Modules {
    fn from_iter<I: IntoIterator<Item = Module>>(modules: I) -> Modules {
        let mut all = Modules::default();
        modules.into_iter().for_each(|module| all.add(module));
        all
    }
}

impl Modules {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The modules, in the order in which the client named them.
    pub fn iter(&self) -> impl Iterator<Item = &Module> {
        self.0.iter()
    }

    fn add(&mut self, module: Module) {
        if let Some(known) = self.0.iter_mut().find(|known| known.name.is_like(&module.name)) {
            known.version = module.version;
        } else if self.0.len() < MODULES_MAX {
            self.0.push(module);
        }
    }

    fn remove(&mut self, name: &Label) {
        self.0.retain(|known| !known.name.is_like(name));
    }

    /// What the client says about its modules, taken into account.
    pub fn apply(&mut self, change: Supports) {
        match change {
            Supports::Set(modules) => *self = modules,
            Supports::Add(modules) => modules.0.into_iter().for_each(|module| self.add(module)),
            Supports::Remove(modules) => {
                modules.iter().for_each(|module| self.remove(&module.name))
            }
        }
    }
}

/// What a client says about its modules.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Supports {
    /// These and no others.
    Set(Modules),
    /// These too.
    Add(Modules),
    /// These no longer.
    Remove(Modules),
}

/// What a client says about itself, by a GMCP message of the package `Core`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AboutClient {
    /// What it is.
    Hello(Hello),
    /// What it understands.
    Supports(Supports),
}

/// `Core.Hello` as clients write it.
#[derive(Deserialize)]
struct RawHello<'j> {
    #[serde(alias = "Client", borrow)]
    client: std::borrow::Cow<'j, str>,
    #[serde(alias = "Version", default, borrow)]
    version: std::borrow::Cow<'j, str>,
}

impl AboutClient {
    /// Reads a client's GMCP message; `None` if it is about something else, or is not well formed.
    #[must_use]
    pub fn parse(payload: &[u8]) -> Option<AboutClient> {
        let (package, json) = split(payload);
        let modules = || {
            Some(
                serde_json::from_slice::<Vec<String>>(json)
                    .ok()?
                    .iter()
                    .filter_map(|text| Module::parse(text))
                    .collect(),
            )
        };
        let is = |name: &str| package.eq_ignore_ascii_case(name.as_bytes());
        if is("Core.Hello") {
            let raw: RawHello = serde_json::from_slice(json).ok()?;
            let client = Label::new(raw.client.as_bytes())?;
            Some(AboutClient::Hello(Hello { client, version: Label::new(raw.version.as_bytes()) }))
        } else if is("Core.Supports.Set") {
            modules().map(Supports::Set).map(AboutClient::Supports)
        } else if is("Core.Supports.Add") {
            modules().map(Supports::Add).map(AboutClient::Supports)
        } else if is("Core.Supports.Remove") {
            modules().map(Supports::Remove).map(AboutClient::Supports)
        } else {
            None
        }
    }
}

/// Whether a GMCP message is a `Core.Hello`.
#[must_use]
pub fn is_hello(payload: &[u8]) -> bool {
    split(payload).0.eq_ignore_ascii_case(b"Core.Hello")
}

/// A GMCP message's package and its JSON text, which may be empty.
#[must_use]
pub fn split(payload: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', payload) {
        Some(at) => (&payload[..at], payload[at + 1..].trim_ascii()),
        None => (payload, b""),
    }
}

/// The payload of a GMCP message. The JSON text may be empty.
#[must_use]
pub fn message(package: &str, json: &str) -> Vec<u8> {
    if json.is_empty() { package.into() } else { format!("{package} {json}").into_bytes() }
}

/// The `Core.Hello` that introduces a client.
#[must_use]
pub fn hello(hello: &Hello) -> Vec<u8> {
    let version = hello.version.as_ref().map_or("", Label::as_str);
    let json = serde_json::json!({ "client": hello.client.as_str(), "version": version });
    message("Core.Hello", &json.to_string())
}

/// The `Core.Supports.Set` that names these modules.
#[must_use]
pub fn supports_set(modules: &Modules) -> Vec<u8> {
    let named: Vec<String> =
        modules.iter().map(|module| format!("{} {}", module.name, module.version)).collect();
    message("Core.Supports.Set", &serde_json::json!(named).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn supports(payload: &str) -> Supports {
        match AboutClient::parse(payload.as_bytes()) {
            Some(AboutClient::Supports(supports)) => supports,
            other => panic!("{payload}: {other:?}"),
        }
    }

    fn names(modules: &Modules) -> String {
        String::from_utf8(supports_set(modules)).unwrap()
    }

    #[test]
    fn a_hello_says_who_the_client_is() {
        let said = br#"core.hello {"client":"Mudlet","version":"4.17"}"#;
        let Some(AboutClient::Hello(read)) = AboutClient::parse(said) else { panic!() };
        assert_eq!(read.client.as_str(), "Mudlet");
        assert_eq!(hello(&read), br#"Core.Hello {"client":"Mudlet","version":"4.17"}"#);
        let old = br#"Core.Hello {"Client":"X\u00e9Y", "extra": [1]}"#;
        let Some(AboutClient::Hello(read)) = AboutClient::parse(old) else { panic!() };
        assert_eq!((read.client.as_str(), read.version), ("XY", None));
    }

    #[test]
    fn modules_are_set_added_to_and_removed() {
        let mut modules = Modules::default();
        modules.apply(supports(r#"Core.Supports.Set ["Char 1", "Room 2", "Char.Items"]"#));
        assert_eq!(names(&modules), r#"Core.Supports.Set ["Char 1","Room 2","Char.Items 1"]"#);
        modules.apply(supports(r#"Core.Supports.Add ["char 3", "Group 1"]"#));
        modules.apply(supports(r#"Core.Supports.Remove ["room", "Char.Items 1"]"#));
        assert_eq!(names(&modules), r#"Core.Supports.Set ["Char 3","Group 1"]"#);
        modules.apply(supports(r#"Core.Supports.Set []"#));
        assert!(modules.is_empty());
    }

    #[test]
    fn only_so_many_modules_are_kept() {
        for count in [MODULES_MAX - 1, MODULES_MAX, MODULES_MAX + 1] {
            let modules: Modules =
                (0..count).filter_map(|n| Module::parse(&format!("M{n} 1"))).collect();
            assert_eq!(modules.iter().count(), count.min(MODULES_MAX));
        }
    }

    #[test]
    fn what_is_not_well_formed_is_left_alone() {
        for payload in [
            "",
            "Core.Hello",
            "Core.Hello {",
            "Core.Hello {}",
            "Core.Hello []",
            r#"Core.Hello {"client":""}"#,
            "Core.Supports.Set",
            "Core.Supports.Set {}",
            "Core.Supports.Set [1]",
            "Core.Supports.Gain [\"A 1\"]",
            "Core.Ping",
        ] {
            assert_eq!(AboutClient::parse(payload.as_bytes()), None, "{payload}");
        }
        assert_eq!(AboutClient::parse(b"Core.Supports.Set [\"\xff\"]"), None);
    }

    #[test]
    fn a_message_without_data_ends_with_its_name() {
        assert_eq!(message("Core.Ping", ""), b"Core.Ping");
        assert_eq!(split(b"Core.Ping"), (&b"Core.Ping"[..], &b""[..]));
        assert_eq!(split(b"A.B  {} "), (&b"A.B"[..], &b"{}"[..]));
    }
}
