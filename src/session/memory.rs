//! The budget of all histories together: each session holds a share that says how much it keeps
//! now. The budget does not enforce itself: whoever can have something given back waits for it to be
//! exceeded.

use std::future::poll_fn;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

/// What all may use together, in bytes.
#[derive(Debug)]
pub struct Budget {
    used: AtomicUsize,
    max: AtomicUsize,
    /// Who waits for it to be exceeded.
    waits: Mutex<Option<Waker>>,
}

impl Budget {
    /// Nothing is used yet.
    #[must_use]
    pub fn new(max: usize) -> Arc<Budget> {
        Arc::new(Budget {
            used: AtomicUsize::new(0),
            max: AtomicUsize::new(max),
            waits: Mutex::new(None),
        })
    }

    /// What is used.
    #[must_use]
    pub fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }

    /// What there is.
    #[must_use]
    pub fn max(&self) -> usize {
        self.max.load(Ordering::Relaxed)
    }

    /// There is more or less than there was.
    pub fn set_max(&self, max: usize) {
        self.max.store(max, Ordering::Relaxed);
        if self.excess() > 0 {
            self.wake();
        }
    }

    /// Resolves when more is used than there is. One task at a time can wait for that.
    pub async fn exceeded(&self) {
        poll_fn(|cx| {
            *self.waits.lock().unwrap_or_else(PoisonError::into_inner) = Some(cx.waker().clone());
            if self.excess() > 0 { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
    }

    fn wake(&self) {
        let waits = self.waits.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(waits) = waits {
            waits.wake();
        }
    }

    /// By how much it is exceeded.
    #[must_use]
    pub fn excess(&self) -> usize {
        self.used().saturating_sub(self.max())
    }
}

/// What one of them uses; given back when dropped.
#[derive(Debug)]
pub struct Share {
    budget: Arc<Budget>,
    used: usize,
}

impl Share {
    /// A share of nothing yet.
    #[must_use]
    pub fn of(budget: &Arc<Budget>) -> Share {
        Share { budget: budget.clone(), used: 0 }
    }

    /// So much is used now.
    pub fn set(&mut self, used: usize) {
        if used == self.used {
            return;
        }
        let before = std::mem::replace(&mut self.used, used);
        if used < before {
            self.budget.used.fetch_sub(before - used, Ordering::Relaxed);
            return;
        }
        self.budget.used.fetch_add(used - before, Ordering::Relaxed);
        if self.budget.excess() > 0 {
            self.budget.wake();
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.used, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_exceeded(budget: &Budget) -> bool {
        use std::future::Future;
        use std::task::{Context, Waker};
        let mut exceeded = std::pin::pin!(budget.exceeded());
        exceeded.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn shares_add_up_and_are_given_back() {
        let budget = Budget::new(10);
        let (mut one, mut other) = (Share::of(&budget), Share::of(&budget));
        one.set(6);
        other.set(4);
        assert_eq!((budget.used(), budget.max(), budget.excess()), (10, 10, 0));
        assert!(!is_exceeded(&budget), "exactly what there is");
        other.set(5);
        assert_eq!(budget.excess(), 1);
        assert!(is_exceeded(&budget));
        one.set(5);
        assert!(!is_exceeded(&budget));
        drop(other);
        assert_eq!(budget.used(), 5);
        drop(one);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn whoever_waits_for_it_to_be_exceeded_is_woken() {
        use std::future::Future;
        use std::sync::atomic::AtomicBool;
        use std::task::{Context, Wake};
        struct Woken(AtomicBool);
        impl Wake for Woken {
            fn wake(self: Arc<Woken>) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let (budget, woken) = (Budget::new(10), Arc::new(Woken(AtomicBool::new(false))));
        let waker = Waker::from(woken.clone());
        let mut exceeded = std::pin::pin!(budget.exceeded());
        let mut share = Share::of(&budget);
        assert!(exceeded.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        share.set(10);
        assert!(!woken.0.load(Ordering::Relaxed));
        share.set(11);
        assert!(woken.0.swap(false, Ordering::Relaxed));
        budget.set_max(11);
        assert!(exceeded.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        budget.set_max(12);
        assert!(!woken.0.load(Ordering::Relaxed));
        budget.set_max(10);
        assert!(woken.0.load(Ordering::Relaxed));
        assert!(exceeded.as_mut().poll(&mut Context::from_waker(&waker)).is_ready());
    }
}
