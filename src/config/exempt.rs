//! `limits.exempt`: networks that count as one address, with numbers of their own.

use ipnet::IpNet;
use toml::de::{DeTable, DeValue};

use super::listen::NETWORK;
use super::problem::nearest;
use super::value::{Count, Kind, Refusal, quoted};

/// Networks that one file may name.
const NETWORKS_MAX: usize = 1_000;

const KEYS: [&str; 3] = ["network", "connections_max", "users_max"];

/// A household, a school: one network, and what it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exempt {
    /// The network; it counts as one address.
    pub network: IpNet,
    /// Its connections; none: no limit.
    pub connections_max: Option<usize>,
    /// Its different users with a session; none: no limit.
    pub users_max: Option<usize>,
}

/// A list of them.
pub(super) struct Exemptions;

impl Kind for Exemptions {
    type Value = Vec<Exempt>;

    fn read(&self, value: &DeValue<'_>) -> Result<Vec<Exempt>, Refusal> {
        let DeValue::Array(all) = value else { return self.refuse_type(value, "a list") };
        if all.len() > NETWORKS_MAX {
            return self.refuse(format!("more than {NETWORKS_MAX} networks"));
        }
        let mut read: Vec<Exempt> = Vec::new();
        for one in all {
            let at =
                |refusal: Refusal| Refusal { span: refusal.span.or(Some(one.span())), ..refusal };
            let exempt = self.read_one(one.get_ref()).map_err(at)?;
            if read.iter().any(|other| other.network == exempt.network) {
                return Err(at(self.refusal(format!("{} is named twice", exempt.network))));
            }
            read.push(exempt);
        }
        Ok(read)
    }

    fn allowed(&self) -> String {
        "a list of tables such as { network = \"192.0.2.0/24\", connections_max = 200, \
         users_max = 40 }, where only the network must be"
            .to_owned()
    }
}

impl Exemptions {
    fn read_one(&self, value: &DeValue<'_>) -> Result<Exempt, Refusal> {
        let DeValue::Table(table) = value else { return self.refuse_type(value, "a table") };
        if let Some((key, _)) = table.iter().find(|(key, _)| !KEYS.contains(&&**key.get_ref())) {
            return Err(Refusal {
                found: format!("no such key: {}", quoted(key.get_ref())),
                allowed: Some(KEYS.join(", ")),
                meant: nearest(key.get_ref(), KEYS).map(str::to_owned),
                span: Some(key.span()),
                ..Refusal::default()
            });
        }
        let Some(network) = read_key(table, "network", &NETWORK)? else {
            return self.refuse("a table without a network".to_owned());
        };
        Ok(Exempt {
            network: network.trunc(),
            connections_max: read_key(table, "connections_max", &Count(1..=1_000_000))?,
            users_max: read_key(table, "users_max", &Count(1..=1_000_000))?,
        })
    }
}

fn read_key<K: Kind>(
    table: &DeTable<'_>,
    name: &str,
    kind: &K,
) -> Result<Option<K::Value>, Refusal> {
    let Some(value) = table.get(name) else { return Ok(None) };
    let read = kind.read(value.get_ref());
    read.map(Some).map_err(|refusal| Refusal { span: Some(value.span()), ..refusal })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Problems};

    fn config(text: &str) -> Result<Config, Problems> {
        Config::parse("f", &format!("game.address = \"demo\"\n[limits]\n{text}"))
    }

    fn said(text: &str) -> (usize, usize, String) {
        let Problems(problems) = config(text).unwrap_err();
        assert_eq!((problems.len(), &*problems[0].key), (1, "limits.exempt"), "{text}");
        let place = &problems[0].place;
        (place.line, place.column, problems[0].found.clone())
    }

    #[test]
    fn a_network_has_the_numbers_beside_it_or_no_limit() {
        let inline = "exempt = [{ network = \"192.0.2.7/24\", connections_max = 200, users_max = 40 },\n\
                      { network = \"2001:db8::1\" }]";
        let tables = "[[limits.exempt]]\nnetwork = \"192.0.2.0/24\"\nconnections_max = 200\n\
                      users_max = 40\n[[limits.exempt]]\nnetwork = \"2001:db8::1/128\"";
        let expected = [
            Exempt {
                network: "192.0.2.0/24".parse().unwrap(),
                connections_max: Some(200),
                users_max: Some(40),
            },
            Exempt {
                network: "2001:db8::1/128".parse().unwrap(),
                connections_max: None,
                users_max: None,
            },
        ];
        for text in [inline, tables] {
            assert_eq!(config(text).unwrap().limits.exempt, expected);
        }
        assert!(config("exempt = []").unwrap().limits.exempt.is_empty());
    }

    #[test]
    fn what_is_wrong_is_told_where_it_stands() {
        for (text, line, column, found) in [
            ("exempt = 3", 3, 10, "found the number 3, not a list"),
            ("exempt = [\n  \"10.0.0.0/8\"]", 4, 3, "found the string \"10.0.0.0/8\", not a table"),
            ("exempt = [{ users_max = 4 }]", 3, 11, "a table without a network"),
            ("exempt = [{ network = \"home\" }]", 3, 23, "\"home\" is not a network"),
            ("exempt = [{ network = 7 }]", 3, 23, "found the number 7, not a string"),
            ("exempt = [{ network = \"::1\", users_max = 0 }]", 3, 42, "the number 0 is too low"),
            ("exempt = [{ network = \"::1\", user_max = 9 }]", 3, 30, "no such key: \"user_max\""),
            (
                "exempt = [{ network = \"::1\" },\n{ network = \"::1/128\" }]",
                4,
                1,
                "::1/128 is named twice",
            ),
        ] {
            assert_eq!(said(text), (line, column, found.to_owned()), "{text}");
        }
        let many = "{ network = \"::1\" }, ".repeat(NETWORKS_MAX + 1);
        assert_eq!(said(&format!("exempt = [{many}]")).2, "more than 1000 networks");
    }
}
