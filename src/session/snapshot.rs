//! What a client that comes to a running game needs to know and the game will not say again,
//! because its own connection never broke: whether echo is off, and the last value of each thing
//! that the game reports out of band. Events (a line of chat, a sound, one item picked up) are
//! not kept. Bounded in bytes: the key longest unchanged goes first.

/// The state that a game has told.
#[derive(Clone, Debug)]
pub struct Snapshot {
    echo_hidden: bool,
    bytes_max: usize,
    entries: Vec<(u8, Vec<u8>)>,
}

impl Snapshot {
    /// Nothing told yet; at most `bytes_max` bytes of values and their keys are kept.
    #[must_use]
    pub fn new(bytes_max: usize) -> Snapshot {
        Snapshot { echo_hidden: false, bytes_max, entries: Vec::new() }
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
        if payload.len() <= self.bytes_max {
            self.entries.push((option, payload.to_vec()));
        }
    }

    /// The last values, as messages (option, payload), in the order in which the game first told
    /// each: a key comes after what the game said before it.
    pub fn replay(&self) -> impl Iterator<Item = (u8, &[u8])> {
        self.entries.iter().map(|(option, payload)| (*option, payload.as_slice()))
    }

    /// Forgets everything, as for a new game connection.
    pub fn clear(&mut self) {
        self.echo_hidden = false;
        self.entries.clear();
    }

    /// What it costs in memory.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.entries.iter().map(|(_, payload)| payload.capacity()).sum()
    }
}
