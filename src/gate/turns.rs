//! Turns: so many at the same time, the others wait. How many can be changed meanwhile.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

/// So many turns at a time.
#[derive(Debug)]
pub(super) struct Turns {
    semaphore: Semaphore,
    size: Mutex<Size>,
}

#[derive(Clone, Copy, Debug)]
struct Size {
    max: usize,
    /// Turns that are taken and over `max` since that became smaller: they are not given to others.
    over: usize,
}

/// One turn; the next one has it when this is dropped.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    permit: Option<SemaphorePermit<'a>>,
}

impl Turns {
    /// So many at a time.
    pub(super) fn new(max: usize) -> Turns {
        Turns { semaphore: Semaphore::new(max), size: Mutex::new(Size { max, over: 0 }) }
    }

    fn size(&self) -> MutexGuard<'_, Size> {
        self.size.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a turn.
    ///
    /// # Errors
    /// Never: turns are not closed.
    pub(super) async fn take(&self) -> Result<Turn<'_>, AcquireError> {
        let permit = self.semaphore.acquire().await?;
        Ok(Turn { turns: self, permit: Some(permit) })
    }

    /// How many have a turn now.
    pub(super) fn taken(&self) -> usize {
        let size = self.size();
        (size.max + size.over).saturating_sub(self.semaphore.available_permits())
    }

    /// So many at a time from now on. Nobody who has a turn loses it.
    pub(super) fn set_max(&self, max: usize) {
        let mut size = self.size();
        match max.checked_sub(size.max) {
            Some(more) => {
                let kept = more.min(size.over);
                size.over -= kept;
                self.semaphore.add_permits(more - kept);
            }
            None => {
                let fewer = size.max - max;
                size.over += fewer - self.semaphore.forget_permits(fewer);
            }
        }
        size.max = max;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut size = self.turns.size();
        if size.over > 0 {
            size.over -= 1;
            if let Some(permit) = self.permit.take() {
                permit.forget();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn take(turns: &Turns) -> Option<Turn<'_>> {
        match pin!(turns.take()).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => turn.ok(),
            Poll::Pending => None,
        }
    }

    fn take_all(turns: &Turns) -> Vec<Turn<'_>> {
        std::iter::from_fn(|| take(turns)).collect()
    }

    #[test]
    fn only_so_many_have_a_turn_and_each_is_given_on() {
        for max in [1, 2, 5] {
            let turns = Turns::new(max);
            let mut taken = take_all(&turns);
            assert_eq!((taken.len(), turns.taken()), (max, max));
            taken.pop();
            assert_eq!(turns.taken(), max - 1);
            assert!(take(&turns).is_some());
        }
    }

    #[test]
    fn there_are_more_or_fewer_whatever_is_taken_meanwhile() {
        for (before, taken, after) in [(2, 0, 5), (2, 2, 5), (5, 0, 2), (5, 5, 2), (5, 3, 1)] {
            let turns = Turns::new(before);
            let mut out: Vec<_> = (0..taken).map(|_| take(&turns)).collect();
            turns.set_max(after);
            out.clear();
            assert_eq!(take_all(&turns).len(), after, "{before} {taken} {after}");
        }
    }

    #[test]
    fn fewer_means_that_nobody_new_comes_before_enough_have_gone() {
        let turns = Turns::new(4);
        let mut out = take_all(&turns);
        turns.set_max(2);
        assert_eq!(turns.taken(), 4);
        out.truncate(2);
        assert_eq!(turns.taken(), 2);
        assert!(take(&turns).is_none(), "two have a turn yet");
        out.pop();
        let next = take(&turns);
        assert!(next.is_some() && take(&turns).is_none());
    }

    #[test]
    fn to_and_fro_comes_to_the_last() {
        let turns = Turns::new(4);
        let out = take_all(&turns);
        for max in [1, 3, 2, 6, 1, 4, 3] {
            turns.set_max(max);
        }
        drop(out);
        assert_eq!(take_all(&turns).len(), 3);
    }
}
