//! Whom a command means: a user, an address or network, or something with an id.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;
use uuid::Uuid;

use super::shown;
use crate::limits::bans::Banned;

/// A user, or where somebody comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// A user's name.
    User(String),
    /// An address or a network, as it was typed.
    Network(String),
}

impl Who {
    /// What looks like an address or a network is one, unless `user:` stands before it.
    pub(crate) fn read(text: &str) -> Who {
        if let Some(name) = text.strip_prefix("user:") {
            return Who::User(name.to_owned());
        }
        if let Some(network) = text.strip_prefix("network:") {
            return Who::Network(network.to_owned());
        }
        match as_network(text) {
            Some(_) => Who::Network(text.to_owned()),
            None => Who::User(text.to_owned()),
        }
    }

    /// The id of its ban.
    pub(crate) fn ban_id(&self) -> String {
        match self {
            Who::User(name) => format!("user:{name}"),
            // Whoever reads it as the API does has the same one.
            Who::Network(network) => {
                let id = format!("network:{network}");
                id.parse::<Banned>().map_or(id, |banned| banned.to_string())
            }
        }
    }
}

/// A user's name where only a user can be meant: `user:` may stand before it there too.
pub(crate) fn user(text: &str) -> &str {
    text.strip_prefix("user:").unwrap_or(text)
}

/// A network, or an address as the network that has no other.
fn as_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Who::User(text) | Who::Network(text)) = self;
        f.write_str(&shown::text(text))
    }
}

/// The id that this is, as the API writes it.
pub(crate) fn id(text: &str) -> Option<String> {
    // Only with its hyphens: 32 letters may be somebody's name.
    (text.len() == 36).then(|| Uuid::try_parse(text).ok()).flatten().map(|id| id.to_string())
}
