//! One read buffer and one write buffer per thread, lent for the time of one poll: no session and
//! no connection owns a buffer while it is at rest.

use std::cell::RefCell;

/// The size of the read buffer. Big reads are what makes a relay cheap; not exactly 64 KiB, which
/// would cost a second, tiny segment on loopback for every write made of a full read.
pub const READ_BYTES: usize = 60 * 1024;

/// What a write buffer has room for at least.
const WRITE_BYTES: usize = 4 * 1024;

thread_local! {
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static WRITE: RefCell<(Vec<u8>, Vec<u8>)> = const { RefCell::new((Vec::new(), Vec::new())) };
}

/// Lends the thread's read buffer.
pub(crate) fn with_read<R>(act: impl FnOnce(&mut [u8]) -> R) -> R {
    READ.with_borrow_mut(|buffer| {
        buffer.resize(READ_BYTES, 0);
        act(buffer)
    })
}

/// Lends the thread's two write buffers, empty: one for what is read from a history, one for what
/// a transport makes of it.
pub(crate) fn with_write<R>(act: impl FnOnce(&mut Vec<u8>, &mut Vec<u8>) -> R) -> R {
    WRITE.with_borrow_mut(|(canonical, wire)| {
        canonical.clear();
        wire.clear();
        // What is secret is wiped when it was written: it must not have been moved for want of room.
        wire.reserve(WRITE_BYTES);
        act(canonical, wire)
    })
}
