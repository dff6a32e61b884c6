//! The threads that serve players: one current-thread runtime each.
//!
//! A session and its clients' connections live on one thread, so that a line crosses none: waking
//! another thread costs more than everything that mudkeep does with the line. New connections are
//! dealt out in turn; one that comes back to a session on another thread moves there.

use std::cell::Cell;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use tokio::runtime::{Builder, Handle, Runtime};
use tokio_util::sync::CancellationToken;

/// Which of the threads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThreadIndex(pub(crate) usize);

thread_local! {
    static HERE: Cell<ThreadIndex> = const { Cell::new(ThreadIndex(0)) };
}

/// The thread this runs on; the first one, where it is none of them.
#[must_use]
pub fn here() -> ThreadIndex {
    HERE.get()
}

/// The runtimes of all threads.
#[derive(Debug)]
pub struct Threads {
    handles: Vec<Handle>,
    next: AtomicUsize,
}

/// The threads besides the first; they end with [`Others::stop`].
#[derive(Debug)]
pub struct Others {
    stop: CancellationToken,
    joins: Vec<JoinHandle<()>>,
}

/// A runtime for one thread.
///
/// # Errors
/// The system has no resources left for it.
pub fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

impl Threads {
    /// Only the runtime that this is called from.
    #[must_use]
    pub fn only_this() -> Threads {
        Threads { handles: vec![Handle::current()], next: AtomicUsize::new(0) }
    }

    /// The runtime that this is called from, and as many more as make `count`.
    ///
    /// # Errors
    /// A thread cannot be started.
    pub fn start(count: usize) -> io::Result<(Threads, Others)> {
        let mut threads = Threads::only_this();
        let mut others = Others { stop: CancellationToken::new(), joins: Vec::new() };
        for index in 1..count {
            let runtime = runtime()?;
            threads.handles.push(runtime.handle().clone());
            let stop = others.stop.clone();
            let serve = move || {
                HERE.set(ThreadIndex(index));
                runtime.block_on(stop.cancelled());
            };
            let builder = std::thread::Builder::new().name(format!("mudkeep-{index}"));
            others.joins.push(builder.spawn(serve)?);
        }
        Ok((threads, others))
    }

    /// The thread whose turn it is.
    pub fn deal(&self) -> ThreadIndex {
        ThreadIndex(self.next.fetch_add(1, Ordering::Relaxed) % self.handles.len())
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.handles.len()
    }

    /// The runtime of a thread; this one's, where there is no such.
    #[must_use]
    pub fn handle(&self, index: ThreadIndex) -> &Handle {
        self.handles.get(index.0).unwrap_or(&self.handles[0])
    }
}

impl Others {
    /// Ends them: nothing runs on them any more.
    pub fn stop(self) {
        self.stop.cancel();
        for join in self.joins {
            // A thread that panicked has said so; there is nothing more to do about it here.
            let _ = join.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_dealt_out_in_turn_and_know_where_they_are() {
        let runtime = runtime().unwrap();
        runtime.block_on(async {
            let (threads, others) = Threads::start(3).unwrap();
            let dealt: Vec<ThreadIndex> = (0..6).map(|_| threads.deal()).collect();
            assert_eq!(dealt, [0, 1, 2, 0, 1, 2].map(ThreadIndex));
            let there = threads.handle(ThreadIndex(2)).spawn(async { here() }).await.unwrap();
            assert_eq!((here(), there), (ThreadIndex(0), ThreadIndex(2)));
            others.stop();
        });
    }
}
