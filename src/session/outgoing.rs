//! What waits to be written to the game, as the writes that it must be made of.
//!
//! Old games look at one read at a time: a telnet command split over two reads, or a window size
//! glued to a typed line, is lost or shows up as typed letters. So each command is a unit of its
//! own; lines may share one. Only what agrees to an option and at once says more of it belongs
//! together: Evennia drops a connection whose first window size comes by itself too early.

use std::collections::VecDeque;

use zeroize::Zeroizing;

use crate::few::{Few, pop_few};
use crate::telnet::command::{IAC, SB, WILL};

/// Bytes that go out in one write where the kernel lets them; overwritten when sent, for a line may
/// be a password.
#[derive(Debug)]
struct Unit {
    bytes: Zeroizing<Vec<u8>>,
    /// A telnet command: nothing joins it.
    whole: bool,
}

impl Unit {
    /// It agrees to an option, and this says more of that.
    fn is_continued_by(&self, command: &[u8]) -> bool {
        match (&self.bytes[..], command) {
            ([IAC, WILL, agreed], [IAC, SB, option, ..]) => self.whole && agreed == option,
            _ => false,
        }
    }
}

/// The queue towards the game.
#[derive(Debug, Default)]
pub struct Outgoing {
    units: VecDeque<Unit>,
    /// How much of the first unit has been written.
    written: usize,
    /// Sum of what the units hold and has not been written.
    bytes: usize,
}

impl Outgoing {
    /// Adds a line with its line end.
    pub fn line(&mut self, encoded: Vec<u8>) {
        self.bytes += encoded.len();
        match self.units.back_mut() {
            Some(last) if !last.whole => last.bytes.extend_from_slice(&Zeroizing::new(encoded)),
            _ => self.units.push_few(Unit { bytes: Zeroizing::new(encoded), whole: false }),
        }
    }

    /// Adds a telnet command or subnegotiation.
    pub fn command(&mut self, command: Vec<u8>) {
        self.bytes += command.len();
        match self.units.back_mut() {
            Some(last) if last.is_continued_by(&command) => last.bytes.extend_from_slice(&command),
            _ => self.units.push_few(Unit { bytes: Zeroizing::new(command), whole: true }),
        }
    }

    /// What the next write is made of.
    #[must_use]
    pub fn front(&self) -> Option<&[u8]> {
        self.units.front().map(|unit| &unit.bytes[self.written..])
    }

    /// The kernel took this many bytes of [`Outgoing::front`].
    pub fn wrote(&mut self, bytes: usize) {
        let Some(unit) = self.units.front() else { return };
        let left = unit.bytes.len() - self.written;
        let bytes = bytes.min(left);
        self.bytes -= bytes;
        if bytes == left {
            pop_few(&mut self.units);
            self.written = 0;
        } else {
            self.written += bytes;
        }
    }

    /// Bytes that wait.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets what has not been written: the game it was meant for is gone.
    pub fn clear(&mut self) {
        *self = Outgoing::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(outgoing: &mut Outgoing, step: usize) -> Vec<Vec<u8>> {
        let mut writes = Vec::new();
        while let Some(front) = outgoing.front() {
            let n = front.len().min(step);
            writes.push(front[..n].to_vec());
            outgoing.wrote(n);
        }
        writes
    }

    #[test]
    fn lines_share_a_write_and_commands_do_not() {
        let mut outgoing = Outgoing::default();
        outgoing.line(b"look\r\n".to_vec());
        outgoing.line(b"north\r\n".to_vec());
        outgoing.command(vec![255, 253, 1]);
        outgoing.command(vec![255, 251, 24]);
        outgoing.line(b"south\r\n".to_vec());
        assert_eq!(outgoing.bytes(), 6 + 7 + 3 + 3 + 7);
        let writes = drain(&mut outgoing, usize::MAX);
        let expected: [&[u8]; 4] =
            [b"look\r\nnorth\r\n", &[255, 253, 1], &[255, 251, 24], b"south\r\n"];
        assert_eq!(writes, expected);
        assert_eq!(outgoing.bytes(), 0);
    }

    #[test]
    fn an_option_and_the_first_of_what_it_says_share_a_write() {
        const WILL_NAWS: &[u8] = &[255, 251, 31];
        const SIZE: &[u8] = &[255, 250, 31, 0, 80, 0, 24, 255, 240];
        let told: &[&[u8]] = &[WILL_NAWS, SIZE, SIZE, &[255, 253, 1], WILL_NAWS, &[255, 251, 24]];
        let mut outgoing = Outgoing::default();
        told.iter().for_each(|command| outgoing.command(command.to_vec()));
        outgoing.command(SIZE.to_vec());
        let both = [WILL_NAWS, SIZE].concat();
        let expected: [&[u8]; 6] = [&both, SIZE, &[255, 253, 1], WILL_NAWS, &[255, 251, 24], SIZE];
        assert_eq!(outgoing.bytes(), expected.concat().len());
        assert_eq!(drain(&mut outgoing, usize::MAX), expected);
    }

    #[test]
    fn a_line_that_looks_like_an_option_is_a_line() {
        let mut outgoing = Outgoing::default();
        outgoing.line(vec![255, 251, 31]);
        outgoing.command(vec![255, 250, 31, 255, 240]);
        assert_eq!(drain(&mut outgoing, usize::MAX).len(), 2);
    }

    #[test]
    fn a_partly_written_unit_goes_on_where_it_stopped() {
        let mut outgoing = Outgoing::default();
        outgoing.line(b"look\r\n".to_vec());
        outgoing.wrote(2);
        outgoing.line(b"up\r\n".to_vec());
        assert_eq!(outgoing.bytes(), 8);
        assert_eq!(drain(&mut outgoing, 3).concat(), b"ok\r\nup\r\n");
    }

    #[test]
    fn what_was_meant_for_a_game_that_is_gone_is_forgotten() {
        let mut outgoing = Outgoing::default();
        outgoing.line(b"kill king\r\n".to_vec());
        outgoing.wrote(3);
        outgoing.clear();
        assert_eq!((outgoing.front(), outgoing.bytes()), (None, 0));
    }

    #[test]
    fn writing_more_than_there_is_does_no_harm() {
        let mut outgoing = Outgoing::default();
        outgoing.wrote(9);
        outgoing.line(b"a".to_vec());
        outgoing.wrote(9);
        assert_eq!((outgoing.front(), outgoing.bytes()), (None, 0));
    }
}
