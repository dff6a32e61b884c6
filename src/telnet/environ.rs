//! NEW-ENVIRON (RFC 1572), as far as MUDs use it: the variables of MNES.

use super::client_info::Label;

/// "These are my variables."
pub const IS: u8 = 0;
/// "What are your variables?"
pub const SEND: u8 = 1;
/// "These of my variables have changed."
pub const INFO: u8 = 2;

const VAR: u8 = 0;
const VALUE: u8 = 1;
const ESC: u8 = 2;
const USERVAR: u8 = 3;

/// The most variables that are looked at in one message.
const VARIABLES_MAX: usize = 64;

/// A variable with a value, or without one: asked for, or not defined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Variable {
    /// Whether it is a USERVAR, which the protocol does not know, rather than a VAR, which it does.
    pub user: bool,
    /// Its name; empty asks for all of the kind.
    pub name: Vec<u8>,
    /// Its value.
    pub value: Option<Vec<u8>>,
}

impl Variable {
    /// A well-known variable.
    #[must_use]
    pub fn var(name: &str, value: Option<&str>) -> Variable {
        let value = value.map(|value| value.as_bytes().to_vec());
        Variable { user: false, name: name.as_bytes().to_vec(), value }
    }

    /// What the value says, if it says anything fit to be kept.
    #[must_use]
    pub fn label(&self) -> Option<Label> {
        self.value.as_deref().and_then(Label::new)
    }

    fn write(&self, payload: &mut Vec<u8>) {
        payload.push(if self.user { USERVAR } else { VAR });
        escape(&self.name, payload);
        if let Some(value) = &self.value {
            payload.push(VALUE);
            escape(value, payload);
        }
    }
}

/// A NEW-ENVIRON payload: `verb` and these variables.
#[must_use]
pub fn payload(verb: u8, variables: &[Variable]) -> Vec<u8> {
    let mut payload = vec![verb];
    variables.iter().for_each(|variable| variable.write(&mut payload));
    payload
}

/// Reads a NEW-ENVIRON payload: its verb and its variables.
#[must_use]
pub fn parse(payload: &[u8]) -> Option<(u8, Vec<Variable>)> {
    let (&verb, mut rest) = payload.split_first()?;
    let mut variables = Vec::new();
    while let Some((&kind, after)) = rest.split_first() {
        if !matches!(kind, VAR | USERVAR) || variables.len() == VARIABLES_MAX {
            break;
        }
        let (name, after) = unescape(after);
        let (value, after) = match after.split_first() {
            Some((&VALUE, after)) => {
                let (value, after) = unescape(after);
                (Some(value), after)
            }
            _ => (None, after),
        };
        variables.push(Variable { user: kind == USERVAR, name, value });
        rest = after;
    }
    Some((verb, variables))
}

fn escape(bytes: &[u8], payload: &mut Vec<u8>) {
    for &byte in bytes {
        if byte <= USERVAR {
            payload.push(ESC);
        }
        payload.push(byte);
    }
}

/// The bytes up to the next marker, and the rest from it on.
fn unescape(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut plain = Vec::new();
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte, after.split_first()) {
            (ESC, Some((&escaped, after))) => {
                plain.push(escaped);
                after
            }
            (VAR | VALUE | USERVAR, _) => break,
            (byte, _) => {
                plain.push(byte);
                after
            }
        };
    }
    (plain, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_within_names_and_values_are_escaped() {
        let odd = Variable { user: true, name: b"X".to_vec(), value: Some(b"a\x01b\xff".to_vec()) };
        assert_eq!(payload(IS, std::slice::from_ref(&odd)), b"\x00\x03X\x01a\x02\x01b\xff");
        assert_eq!(parse(b"\x00\x03X\x01a\x02\x01b\xff"), Some((IS, vec![odd])));
    }

    #[test]
    fn a_name_without_a_value_is_not_one_with_an_empty_value() {
        let both = [Variable::var("A", None), Variable::var("B", Some(""))];
        assert_eq!(payload(IS, &both), b"\x00\x00A\x00B\x01");
        assert_eq!(parse(b"\x00\x00A\x00B\x01"), Some((IS, both.to_vec())));
    }

    #[test]
    fn an_empty_payload_says_nothing_and_a_bare_send_asks_for_all() {
        assert_eq!(parse(b""), None);
        assert_eq!(parse(&[SEND]), Some((SEND, vec![])));
        assert_eq!(parse(&[SEND, VAR]), Some((SEND, vec![Variable::var("", None)])));
    }

    #[test]
    fn only_so_many_variables_are_looked_at() {
        for count in [VARIABLES_MAX - 1, VARIABLES_MAX, VARIABLES_MAX + 1] {
            let many = vec![Variable::var("A", None); count];
            let read = parse(&payload(SEND, &many)).unwrap().1;
            assert_eq!(read.len(), count.min(VARIABLES_MAX));
        }
    }

    #[test]
    fn garbage_ends_the_list() {
        assert_eq!(parse(b"\x01\x07rest"), Some((SEND, vec![])));
        assert_eq!(parse(b"\x01\x00A\x02"), Some((SEND, vec![Variable::var("A\x02", None)])));
    }

    proptest::proptest! {
        #[test]
        fn what_was_written_reads_back(
            written in proptest::collection::vec((proptest::bool::ANY, ".*", proptest::option::of(".*")), 0..8)
        ) {
            let variables: Vec<Variable> = written.iter().map(|(user, name, value)| Variable {
                user: *user,
                name: name.as_bytes().to_vec(),
                value: value.as_ref().map(|value| value.as_bytes().to_vec()),
            }).collect();
            proptest::prop_assert_eq!(parse(&payload(INFO, &variables)), Some((INFO, variables)));
        }
    }
}
