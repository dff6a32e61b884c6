//! What a client that comes to a running game needs to know and the game will not say again,
//! because its own connection never broke: whether echo is off, and the last value of each thing
//! that the game reports out of band. Events (a line of chat, a sound, one item picked up) are
//! not kept. Bounded in bytes: the key that was told longest ago goes first.

mod gmcp;
mod msdp;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::telnet::option;

/// Aardwolf's own option.
const AARDWOLF: u8 = 102;
/// What a value costs beside its bytes.
const ENTRY_BYTES: usize = 160;
/// Aardwolf's message that says in which state the player is; its others are switches.
const AARDWOLF_STATE: u8 = 100;

/// Under what name a value is kept; a later one of the same name takes its place.
type Name = Arc<[u8]>;

/// What a message says about one name.
enum News<'a> {
    /// Its value, as the message that tells it.
    Value(Vec<u8>, Cow<'a, [u8]>),
    /// What is known under it, or under it and a space and more, is not right any more.
    Outdated(Vec<u8>),
}

#[derive(Clone, Debug)]
struct Value {
    payload: Box<[u8]>,
    /// When the name was first told; orders the replay.
    first: u64,
    /// When it was last told; its key in `Values::ages`.
    last: u64,
}

/// The state that a game has told.
#[derive(Clone)]
pub struct Snapshot {
    echo_hidden: bool,
    bytes_max: usize,
    /// None before the first: most old games tell none.
    values: Option<Box<Values>>,
}

/// The last values of everything told.
#[derive(Clone, Default)]
struct Values {
    /// What all cost; at most `bytes_max` of the snapshot.
    bytes: usize,
    named: BTreeMap<(u8, Name), Value>,
    /// Each by when it was last told.
    ages: BTreeMap<u64, (u8, Name)>,
    /// Counts what was told.
    told: u64,
}

impl Snapshot {
    /// Nothing told yet; values, their names and what it takes to keep them cost at most
    /// `bytes_max`.
    #[must_use]
    pub fn new(bytes_max: usize) -> Snapshot {
        Snapshot { echo_hidden: false, bytes_max, values: None }
    }

    /// The game hides what is typed, or shows it again.
    pub fn echo(&mut self, hidden: bool) {
        self.echo_hidden = hidden;
    }

    /// What is typed is a secret now.
    #[must_use]
    pub fn echo_hidden(&self) -> bool {
        self.echo_hidden
    }

    /// The game sent a message out of band (`payload` as in a subnegotiation, 0xFF not doubled).
    pub fn out_of_band(&mut self, option: u8, payload: &[u8]) {
        match option {
            option::MSDP => {
                msdp::variables(payload).for_each(|(name, message)| {
                    self.learn(option, News::Value(name.to_vec(), Cow::Borrowed(message)));
                });
            }
            option::GMCP => {
                gmcp::news(payload).into_iter().for_each(|news| self.learn(option, news));
            }
            option::ATCP => {
                gmcp::atcp_news(payload).into_iter().for_each(|news| self.learn(option, news));
            }
            option::MSSP => self.learn(option, News::Value(Vec::new(), Cow::Borrowed(payload))),
            AARDWOLF if payload.first() == Some(&AARDWOLF_STATE) => {
                self.learn(option, News::Value(Vec::new(), Cow::Borrowed(payload)));
            }
            _ => {}
        }
    }

    /// The last values, as messages (option, payload), in the order in which the game first told
    /// each, so that what builds on something comes after it.
    pub fn replay(&self) -> impl Iterator<Item = (u8, &[u8])> {
        let named = self.values.iter().flat_map(|values| &values.named);
        let mut values: Vec<_> = named.collect();
        values.sort_unstable_by_key(|(_, value)| value.first);
        values.into_iter().map(|((option, _), value)| (*option, &*value.payload))
    }

    /// Forgets everything, as for a new connection to the game.
    pub fn clear(&mut self) {
        *self = Snapshot::new(self.bytes_max);
    }

    /// What it costs in memory, about.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.values.as_ref().map_or(0, |values| values.bytes)
    }

    fn learn(&mut self, option: u8, news: News<'_>) {
        let values = self.values.get_or_insert_default();
        match news {
            News::Value(name, payload) => {
                values.keep((option, name.into()), &payload, self.bytes_max);
            }
            News::Outdated(name) => values.forget_all(option, &name),
        }
    }
}

impl Values {
    fn keep(&mut self, key: (u8, Name), payload: &[u8], bytes_max: usize) {
        self.told += 1;
        let first = self.forget(&key).map_or(self.told, |before| before.first);
        let cost = cost(&key, payload);
        if cost > bytes_max {
            return;
        }
        while self.bytes + cost > bytes_max
            && let Some((_, oldest)) = self.ages.first_key_value()
        {
            let oldest = oldest.clone();
            self.forget(&oldest);
        }
        self.bytes += cost;
        self.ages.insert(self.told, key.clone());
        self.named.insert(key, Value { payload: payload.into(), first, last: self.told });
    }

    fn forget(&mut self, key: &(u8, Name)) -> Option<Value> {
        let value = self.named.remove(key)?;
        self.ages.remove(&value.last);
        self.bytes -= cost(key, &value.payload);
        Some(value)
    }

    fn forget_all(&mut self, option: u8, name: &[u8]) {
        let named = self.named.range((option, Name::from(name))..).map(|(key, _)| key);
        let alike = named.take_while(|key| key.0 == option && key.1.starts_with(name));
        let parts = alike.filter(|key| matches!(key.1.get(name.len()), None | Some(b' ')));
        let outdated: Vec<_> = parts.cloned().collect();
        outdated.iter().for_each(|key| drop(self.forget(key)));
    }
}

fn cost(key: &(u8, Name), payload: &[u8]) -> usize {
    ENTRY_BYTES + key.1.len() + payload.len()
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let count = self.values.as_ref().map_or(0, |values| values.named.len());
        write!(f, "Snapshot({count} values, echo_hidden: {})", self.echo_hidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn replayed(snapshot: &Snapshot) -> Vec<(u8, String)> {
        let text = |payload: &[u8]| String::from_utf8_lossy(payload).into_owned();
        snapshot.replay().map(|(option, payload)| (option, text(payload))).collect()
    }

    fn told(messages: &[(u8, &str)]) -> Snapshot {
        let mut snapshot = Snapshot::new(64 * 1024);
        messages
            .iter()
            .for_each(|(option, payload)| snapshot.out_of_band(*option, payload.as_bytes()));
        snapshot
    }

    #[test]
    fn the_last_value_of_each_is_told_in_the_order_of_the_first() {
        let snapshot = told(&[
            (option::MSSP, "\x01NAME\x02A Game"),
            (option::GMCP, "Char.Name {}"),
            (option::GMCP, "Char.Vitals {\"hp\":1}"),
            (option::MSDP, "\x01HP\x021\x01MP\x022"),
            (option::GMCP, "Comm.Channel.Text {}"),
            (option::GMCP, "char.vitals {\"hp\":2}"),
            (option::MSDP, "\x01HP\x023"),
            (AARDWOLF, "\x64\x03"),
            (AARDWOLF, "\x34\x01"),
            (24, "\x01"),
        ]);
        let expected = [
            (option::MSSP, "\x01NAME\x02A Game"),
            (option::GMCP, "Char.Name {}"),
            (option::GMCP, "char.vitals {\"hp\":2}"),
            (option::MSDP, "\x01HP\x023"),
            (option::MSDP, "\x01MP\x022"),
            (AARDWOLF, "\x64\x03"),
        ];
        assert_eq!(replayed(&snapshot), expected.map(|(option, text)| (option, text.to_owned())));
    }

    #[test]
    fn a_list_that_was_changed_is_not_told() {
        let snapshot = told(&[
            (option::GMCP, r#"Char.Items.List {"location":"inv"}"#),
            (option::GMCP, r#"Char.Items.List {"location":"room"}"#),
            (option::GMCP, "Char.Items.Listing {}"),
            (option::GMCP, r#"Char.Items.Add {"location":"inv"}"#),
        ]);
        assert_eq!(replayed(&snapshot).len(), 2);
        let snapshot = told(&[
            (option::GMCP, r#"Char.Items.List {"location":"inv"}"#),
            (option::GMCP, "Char.Items.List {}"),
            (option::GMCP, "Char.Items.Listing {}"),
            (option::GMCP, "Char.Items.Add {}"),
        ]);
        assert_eq!(replayed(&snapshot), [(option::GMCP, "Char.Items.Listing {}".to_owned())]);
    }

    #[test]
    fn what_was_told_longest_ago_makes_room() {
        let mut snapshot = Snapshot::new(3 * (ENTRY_BYTES + 3));
        for payload in ["A 1", "B 1", "A 2"] {
            snapshot.out_of_band(option::GMCP, payload.as_bytes());
        }
        assert_eq!(snapshot.replay().count(), 2);
        snapshot.out_of_band(option::GMCP, b"C 1");
        assert_eq!(
            replayed(&snapshot).iter().map(|(_, text)| &text[..]).collect::<Vec<_>>(),
            ["A 2", "C 1"]
        );
    }

    #[test]
    fn a_value_is_kept_if_it_just_fits_and_else_not_even_the_one_before() {
        let fits = ENTRY_BYTES + 1 + 100;
        for (length, kept) in [(99, true), (100, true), (101, false)] {
            let mut snapshot = Snapshot::new(fits);
            snapshot.out_of_band(option::GMCP, b"A 1");
            snapshot.out_of_band(option::GMCP, &[b"A ", &vec![b'x'; length - 2][..]].concat());
            assert_eq!(snapshot.replay().count(), usize::from(kept), "{length}");
        }
    }

    #[test]
    fn clearing_forgets_everything() {
        let mut snapshot = told(&[(option::GMCP, "A 1")]);
        snapshot.echo(true);
        assert!(snapshot.echo_hidden());
        snapshot.clear();
        assert!(!snapshot.echo_hidden() && snapshot.replay().next().is_none());
        assert_eq!(snapshot.heap_bytes(), 0);
        snapshot.out_of_band(option::GMCP, b"A 1");
        assert_eq!(snapshot.replay().count(), 1);
    }

    #[test]
    fn it_shows_no_values() {
        let shown = format!("{:?}", told(&[(option::GMCP, "A secret")]));
        assert_eq!(shown, "Snapshot(1 values, echo_hidden: false)");
    }

    proptest! {
        /// Whatever is told: within the bound, the books are right, and what is replayed is the
        /// last that was told under its name.
        #[test]
        fn a_snapshot_is_the_last_of_each_within_its_bound(
            messages in vec((0_u8..6, "[ABC.\x01\x02\x03\x04 ]{0,12}"), 0..60),
            bytes_max in 0_usize..2000,
        ) {
            let options = [69, 70, 102, 200, 201, 1];
            let mut snapshot = Snapshot::new(bytes_max);
            for (option, payload) in &messages {
                snapshot.out_of_band(options[usize::from(*option)], payload.as_bytes());
                let Some(values) = &snapshot.values else { continue };
                prop_assert!(values.bytes <= bytes_max);
                prop_assert_eq!(values.named.len(), values.ages.len());
                let costs = values.named.iter().map(|(key, value)| cost(key, &value.payload));
                prop_assert_eq!(costs.sum::<usize>(), values.bytes);
            }
            for (option, payload) in snapshot.replay() {
                if option != option::GMCP { continue }
                let name = |text: &[u8]| {
                    let name = text.split(|&byte| byte == b' ').next().unwrap_or_default();
                    name.to_ascii_lowercase()
                };
                let last = messages.iter().rev().find(|(at, text)| {
                    options[usize::from(*at)] == option::GMCP && name(text.as_bytes()) == name(payload)
                });
                prop_assert_eq!(last.map(|(_, text)| text.as_bytes()), Some(payload));
            }
        }

        #[test]
        fn no_message_does_harm(option in any::<u8>(), payload in vec(any::<u8>(), 0..300)) {
            let mut snapshot = Snapshot::new(1000);
            for option in [option, 69, 70, 102, 200, 201] {
                snapshot.out_of_band(option, &payload);
                snapshot.out_of_band(option, &[b"MSDP ", &payload[..]].concat());
            }
            prop_assert!(snapshot.heap_bytes() <= 1000);
        }
    }
}
