//! What waits to be written to one player: bounded, and what does not fit is counted.

/// A queue of bytes for one connection.
#[derive(Debug)]
pub(super) struct Outbox {
    /// Never longer than the limit, except by one answer to the player's own input.
    bytes: Vec<u8>,
    bytes_max: usize,
    /// How many pieces did not fit since that was last said.
    lost: u64,
}

impl Outbox {
    pub(super) fn new(bytes_max: usize) -> Outbox {
        Outbox { bytes: Vec::new(), bytes_max, lost: 0 }
    }

    /// Where to append what answers the player's own input. That is always taken: the player's
    /// input is not, as long as the answers to the last wait.
    pub(super) fn answers(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Appends something that came by itself, if there is room.
    pub(super) fn offer(&mut self, piece: &[u8]) {
        if self.bytes.len() + piece.len() > self.bytes_max {
            self.lost += 1;
        } else {
            self.bytes.extend_from_slice(piece);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// All of it; and how much is missing behind it.
    pub(super) fn take(&mut self) -> (Vec<u8>, u64) {
        (std::mem::take(&mut self.bytes), std::mem::take(&mut self.lost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let mut outbox = Outbox::new(3);
        outbox.offer(b"ab");
        outbox.offer(b"cd");
        outbox.offer(b"e");
        outbox.offer(b"f");
        assert_eq!(outbox.take(), (b"abe".to_vec(), 2));
        assert_eq!(outbox.take(), (Vec::new(), 0));
    }

    #[test]
    fn an_answer_is_taken_however_full_it_is() {
        let mut outbox = Outbox::new(3);
        outbox.offer(b"abc");
        outbox.answers().extend_from_slice(b"answer");
        outbox.offer(b"");
        outbox.offer(b"d");
        assert_eq!(outbox.take(), (b"abcanswer".to_vec(), 2));
    }
}
