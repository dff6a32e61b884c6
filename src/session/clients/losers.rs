//! Who goes when another comes.

use super::{Client, Clients};
use crate::ids::{AttachGeneration, ConnectionId};

impl Clients {
    /// Those that must go when this one takes its place: others of its token family, the connection
    /// that it comes in place of, and the oldest ones over `clients_max`. One that came later and waits
    /// for its turn stays.
    #[must_use]
    pub fn losers(
        &self,
        winner: AttachGeneration,
        clients_max: usize,
        instead_of: Option<ConnectionId>,
    ) -> Vec<AttachGeneration> {
        let Some(family) = self.find(winner).map(|client| client.family) else {
            return Vec::new();
        };
        let others: Vec<&Client> =
            self.all.iter().filter(|c| c.generation < winner && !c.is_leaving()).collect();
        let same = |client: &&&Client| {
            let replaced = instead_of == Some(client.peer.connection);
            replaced || family.is_some() && client.family == family
        };
        let mut losers: Vec<_> = others.iter().filter(same).map(|c| c.generation).collect();
        let rest = others.iter().filter(|client| !same(client));
        let over = (others.len() - losers.len() + 1).saturating_sub(clients_max);
        losers.extend(rest.take(over).map(|client| client.generation));
        losers
    }
}
