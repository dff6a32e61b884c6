//! The permits for passwords, and those who wait for one. A login that is under way may fail, so it
//! takes a place among those that did; who finds none free waits until somebody is through.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Waiting;
use crate::clock;
use crate::config::Current;
use crate::ids::UserKey;
use crate::limits::permits::{NoPermit, Permit, PermitLimits, Permits};
use crate::settings;

/// The logins that the game is being tried with.
pub(super) struct Logins {
    permits: Mutex<Permits>,
    /// Somebody is through.
    freed: Notify,
    waiting: AtomicUsize,
    config: Current,
}

/// A login that may be tried on the game. One that is given up has failed.
pub(crate) struct Trial {
    logins: Arc<Logins>,
    /// Taken out when it is told what came of it.
    permit: Option<Permit>,
}

impl Logins {
    pub(super) fn new(config: Current) -> Logins {
        let limits = settings::permit_limits(&config.now().limits);
        Logins {
            permits: Mutex::new(Permits::new(limits)),
            freed: Notify::new(),
            waiting: AtomicUsize::new(0),
            config,
        }
    }

    /// Other limits hold from now on; whoever waits may have room by them.
    pub(super) fn set_limits(&self, limits: PermitLimits) {
        self.permits().set_limits(limits);
        self.freed.notify_waiters();
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// Waits for a permit, where only those who are logging in stand in the way.
    pub(super) async fn permit(
        self: &Arc<Logins>,
        address: IpAddr,
        user: &UserKey,
    ) -> Result<Trial, NoPermit> {
        let timeout = self.config.now().limits.logins_queue_timeout;
        let waited = tokio::time::timeout(timeout, self.wait(address, user)).await;
        let permit = waited.unwrap_or(Err(NoPermit::Busy))?;
        Ok(Trial { logins: self.clone(), permit: Some(permit) })
    }

    async fn wait(&self, address: IpAddr, user: &UserKey) -> Result<Permit, NoPermit> {
        let mut place = None;
        loop {
            // Before the look, or what is freed in between would not be noticed.
            let freed = self.freed.notified();
            match self.permits().take(clock::now(), address, user) {
                Err(NoPermit::Busy) => {}
                taken => return taken,
            }
            if place.is_none() {
                let queue_max = self.config.now().limits.logins_queue_max;
                let joined = Waiting::join(&self.waiting, queue_max);
                place = Some(joined.ok_or(NoPermit::Busy)?);
            }
            freed.await;
        }
    }

    fn permits(&self) -> MutexGuard<'_, Permits> {
        self.permits.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Trial {
    /// The game accepted.
    pub(crate) fn accepted(mut self) {
        if let Some(permit) = self.permit.take() {
            self.logins.permits().accepted(clock::now(), permit);
            self.logins.freed.notify_waiters();
        }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if let Some(permit) = self.permit.take() {
            self.logins.permits().failed(clock::now(), permit);
            self.logins.freed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, poll_fn};
    use std::pin::{Pin, pin};
    use std::task::Poll;

    use super::*;
    use crate::config::{Config, Limits};
    use crate::limits::permits::Which;

    fn logins(queue_max: usize) -> Arc<Logins> {
        let limits = Limits {
            failed_logins_per_address: 2,
            logins_queue_max: queue_max,
            ..Limits::default()
        };
        let config = Config { limits, ..Config::default() };
        Arc::new(Logins::new(Current::new(Arc::new(config))))
    }

    async fn permit(logins: &Arc<Logins>) -> Result<Trial, NoPermit> {
        let address = IpAddr::from([192, 0, 2, 1]);
        logins.permit(address, &UserKey("alice".into())).await
    }

    /// Whether it has come, without waiting.
    async fn look<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending => Poll::Ready(None),
        })
        .await
    }

    #[tokio::test]
    async fn whoever_waits_comes_in_when_another_has_and_is_refused_when_others_failed() {
        let logins = logins(9);
        let (one, two) = (permit(&logins).await.ok(), permit(&logins).await.ok());
        let (mut three, mut four) = (pin!(permit(&logins)), pin!(permit(&logins)));
        assert!(look(three.as_mut()).await.is_none());
        assert!(look(four.as_mut()).await.is_none());
        one.expect("a permit").accepted();
        let three = three.await.ok();
        assert!(three.is_some() && look(four.as_mut()).await.is_none());
        drop((two, three));
        assert!(matches!(four.await, Err(NoPermit::Spent(wait)) if wait.which == Which::Address));
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_many_wait_and_only_so_long() {
        for queue_max in [0, 1, 2] {
            let logins = logins(queue_max);
            let _out = (permit(&logins).await.ok(), permit(&logins).await.ok());
            let mut waiting: Vec<_> = (0..queue_max).map(|_| Box::pin(permit(&logins))).collect();
            for one in &mut waiting {
                assert!(look(one.as_mut()).await.is_none());
            }
            assert_eq!(logins.waiting(), queue_max);
            let more = look(pin!(permit(&logins)).as_mut()).await;
            assert!(matches!(more, Some(Err(NoPermit::Busy))), "{queue_max}");
            let start = tokio::time::Instant::now();
            for one in waiting {
                assert!(matches!(one.await, Err(NoPermit::Busy)));
                assert_eq!(start.elapsed(), Limits::default().logins_queue_timeout);
            }
        }
    }

    #[tokio::test]
    async fn a_higher_limit_lets_in_who_waits_and_a_lower_one_counts_what_has_failed() {
        let logins = logins(9);
        let out = (permit(&logins).await.ok(), permit(&logins).await.ok());
        let mut three = pin!(permit(&logins));
        assert!(look(three.as_mut()).await.is_none());
        let limits = |per_address| {
            let limits = Limits { failed_logins_per_address: per_address, ..Limits::default() };
            settings::permit_limits(&limits)
        };
        logins.set_limits(limits(3));
        assert!(three.await.is_ok());
        drop(out);
        logins.set_limits(limits(2));
        assert!(matches!(permit(&logins).await, Err(NoPermit::Spent(_))));
        logins.set_limits(limits(4));
        assert!(permit(&logins).await.is_ok());
    }

    #[tokio::test]
    async fn whoever_gives_up_waiting_leaves_the_queue() {
        let logins = logins(1);
        let _out = (permit(&logins).await.ok(), permit(&logins).await.ok());
        for _ in 0..3 {
            assert!(look(pin!(permit(&logins)).as_mut()).await.is_none());
        }
    }
}
