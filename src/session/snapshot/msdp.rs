//! MSDP, taken apart: each variable is a value of its own.

use memchr::memchr;

const VAR: u8 = 1;
const VAL: u8 = 2;
const TABLE_OPEN: u8 = 3;
const TABLE_CLOSE: u8 = 4;
const ARRAY_OPEN: u8 = 5;
const ARRAY_CLOSE: u8 = 6;

/// A longer name is no variable.
const NAME_BYTES_MAX: usize = 128;

/// The variables in a message: the name of each, and the part of the message that tells it.
/// What is not a variable with a name and a value is left out.
pub(super) fn variables(payload: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = payload;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (variable, later) = rest.split_at(variable_length(rest));
            rest = later;
            if let Some(name) = name(variable) {
                return Some((name, variable));
            }
        }
        None
    })
}

/// How far the first variable reaches: to the next one outside tables and arrays.
fn variable_length(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    for (at, &byte) in rest.iter().enumerate() {
        match byte {
            VAR if depth == 0 && at > 0 => return at,
            TABLE_OPEN | ARRAY_OPEN => depth += 1,
            TABLE_CLOSE | ARRAY_CLOSE => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    rest.len()
}

fn name(variable: &[u8]) -> Option<&[u8]> {
    let (&VAR, rest) = variable.split_first()? else { return None };
    let name = &rest[..memchr(VAL, rest)?];
    let plain = name.iter().all(|byte| !(1..=6).contains(byte));
    (plain && !name.is_empty() && name.len() <= NAME_BYTES_MAX).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(payload: &[u8]) -> Vec<(&[u8], &[u8])> {
        variables(payload).collect()
    }

    #[test]
    fn each_variable_is_found_with_its_whole_value() {
        assert_eq!(
            read(b"\x01HP\x0210\x01ROOM\x02\x03\x01VNUM\x025\x01EXITS\x02\x05\x02n\x02s\x06\x04\x01MP\x021\x022"),
            [
                (&b"HP"[..], &b"\x01HP\x0210"[..]),
                (b"ROOM", b"\x01ROOM\x02\x03\x01VNUM\x025\x01EXITS\x02\x05\x02n\x02s\x06\x04"),
                (b"MP", b"\x01MP\x021\x022"),
            ]
        );
    }

    #[test]
    fn what_is_no_variable_is_left_out() {
        assert_eq!(read(b""), []);
        assert_eq!(read(b"junk\x01A\x021"), [(&b"A"[..], &b"\x01A\x021"[..])]);
        assert_eq!(read(b"\x01A\x01B\x02"), [(&b"B"[..], &b"\x01B\x02"[..])]);
        assert_eq!(read(b"\x01\x021"), []);
        assert_eq!(read(b"\x01A\x03B\x02x"), []);
        assert_eq!(read(b"\x04\x06\x01A\x021"), [(&b"A"[..], &b"\x01A\x021"[..])]);
        let long = [&b"\x01"[..], &[b'x'; 129], b"\x021"].concat();
        assert_eq!(read(&long), []);
        assert_eq!(read(&[&long[..2], &long[3..]].concat()).len(), 1);
    }
}
