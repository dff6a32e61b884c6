//! A connection's work, which its own task does, and its session's task may do in its place: right
//! after a read from the game, while what was read is still in the processor's cache. Of many sessions
//! on a thread each would otherwise read before the first one's client has its turn.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, TryLockError, Weak};
use std::task::{Context, Poll, Waker};

use crate::threads::{self, ThreadIndex};

/// How far the work of one connection is.
enum Work {
    Running(Pin<Box<dyn Future<Output = ()> + Send>>),
    /// It panicked while another did it; its own task goes on with that.
    Panicked(Box<dyn Any + Send>),
    Done,
}

/// The work of one connection, until it is done.
pub(crate) struct Turn {
    work: Mutex<Work>,
    /// Where its task runs; others leave it alone.
    home: ThreadIndex,
}

impl Turn {
    /// The turn of work that is to be run on `home` and knows its turn.
    pub(crate) fn new<F>(home: ThreadIndex, work: impl FnOnce(Weak<Turn>) -> F) -> Arc<Turn>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Arc::new_cyclic(|turn| {
            let work = Work::Running(Box::pin(work(turn.clone())));
            Turn { work: Mutex::new(work), home }
        })
    }

    /// Does the work, as its own task, until it is done.
    pub(crate) async fn run(self: Arc<Turn>) {
        poll_fn(|cx| self.work.lock().unwrap_or_else(PoisonError::into_inner).poll(cx)).await;
    }

    /// Does now what `waker` would have the task do later. What goes wrong in it goes wrong in its own
    /// task.
    pub(crate) fn take(&self, waker: Waker) {
        if self.home != threads::here() || !self.poll_here(&waker) {
            waker.wake();
        }
    }

    /// False: its task has to see to it.
    fn poll_here(&self, waker: &Waker) -> bool {
        let mut work = match self.work.try_lock() {
            Ok(work) if matches!(*work, Work::Running(_)) => work,
            Ok(_) | Err(TryLockError::WouldBlock | TryLockError::Poisoned(_)) => return false,
        };
        let mut cx = Context::from_waker(waker);
        // What it left half done is dropped and not looked at again.
        match catch_unwind(AssertUnwindSafe(|| work.poll(&mut cx))) {
            Ok(polled) => polled.is_pending(),
            Err(panic) => {
                *work = Work::Panicked(panic);
                false
            }
        }
    }
}

impl Work {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Work::Running(running) = self
            && running.as_mut().poll(cx).is_pending()
        {
            return Poll::Pending;
        }
        match std::mem::replace(self, Work::Done) {
            Work::Panicked(panic) => resume_unwind(panic),
            Work::Running(_) | Work::Done => Poll::Ready(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Woken>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Woken {
        fn times(&self) -> usize {
            self.0.load(Ordering::Relaxed)
        }
    }

    /// Work that takes so many polls and then is done.
    fn work(home: ThreadIndex, polls: usize) -> Arc<Turn> {
        let mut left = polls;
        Turn::new(home, |_| {
            poll_fn(move |_| {
                if left == 0 {
                    return Poll::Ready(());
                }
                left -= 1;
                Poll::Pending
            })
        })
    }

    #[test]
    fn a_turn_is_taken_at_once_and_its_task_need_not_run() {
        let (turn, woken) = (work(threads::here(), 2), Arc::new(Woken::default()));
        turn.take(woken.clone().into());
        turn.take(woken.clone().into());
        assert_eq!(woken.times(), 0);
        turn.take(woken.clone().into());
        assert_eq!(woken.times(), 1, "the task has to hear that it is over");
        assert!(matches!(*turn.work.lock().unwrap(), Work::Done));
    }

    #[test]
    fn work_of_another_thread_is_left_to_its_task() {
        let (turn, woken) = (work(ThreadIndex(99), 2), Arc::new(Woken::default()));
        turn.take(woken.clone().into());
        assert_eq!(woken.times(), 1);
    }

    #[test]
    fn work_that_is_being_done_is_left_to_whoever_does_it() {
        let (turn, woken) = (work(threads::here(), 2), Arc::new(Woken::default()));
        let held = turn.work.lock().unwrap();
        turn.take(woken.clone().into());
        assert_eq!(woken.times(), 1);
        drop(held);
    }

    #[tokio::test]
    async fn work_that_panics_does_so_in_its_own_task_and_is_not_gone_on_with() {
        let mut polls = 0;
        let turn = Turn::new(threads::here(), |_| {
            poll_fn(move |_| {
                polls += 1;
                assert!(polls > 1, "on purpose");
                Poll::Ready(())
            })
        });
        let woken = Arc::new(Woken::default());
        turn.take(woken.clone().into());
        turn.take(woken.clone().into());
        assert_eq!(woken.times(), 2, "its task has to see to it");
        let mut run = Box::pin(turn.run());
        let polled = catch_unwind(AssertUnwindSafe(|| {
            run.as_mut().poll(&mut Context::from_waker(Waker::noop()))
        }));
        let panic = polled.expect_err("it panics here");
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"on purpose"));
    }

    #[tokio::test]
    async fn what_a_turn_finished_ends_its_task() {
        let turn = work(threads::here(), 1);
        turn.take(Arc::new(Woken::default()).into());
        turn.take(Arc::new(Woken::default()).into());
        turn.run().await;
    }
}
