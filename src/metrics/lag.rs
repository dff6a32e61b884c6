//! How long the threads that serve players take to come to a task: each is given one, and no timer
//! ticks for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio_util::task::TaskTracker;

use crate::clock;
use crate::threads::{ThreadIndex, Threads};

/// Nobody waits longer for a thread; it says so then.
pub(super) const LAG_MAX: Duration = Duration::from_secs(1);

/// Who asks the threads.
#[derive(Debug)]
pub(super) struct Lag {
    /// One asks at a time. Which threads have not answered yet: they are not asked again.
    busy: Mutex<Vec<Arc<AtomicBool>>>,
}

impl Lag {
    pub(super) fn new(threads: &Threads) -> Lag {
        let busy = (0..threads.count()).map(|_| Arc::default()).collect();
        Lag { busy: Mutex::new(busy) }
    }

    /// How long each thread took.
    pub(super) async fn measure(&self, threads: &Threads, tracker: &TaskTracker) -> Vec<Duration> {
        let busy = self.busy.lock().await;
        let asked = clock::now();
        let ask = |(index, busy): (usize, &Arc<AtomicBool>)| {
            if busy.swap(true, Relaxed) {
                return None;
            }
            let busy = busy.clone();
            let answer = async move {
                busy.store(false, Relaxed);
                clock::now()
            };
            Some(tracker.spawn_on(answer, threads.handle(ThreadIndex(index))))
        };
        let answers: Vec<_> = busy.iter().enumerate().map(ask).collect();
        let mut lags = Vec::with_capacity(answers.len());
        for answer in answers {
            let left = LAG_MAX.saturating_sub(clock::now().saturating_duration_since(asked));
            let answered: Option<Instant> = match answer {
                Some(answer) => tokio::time::timeout(left, answer).await.ok().and_then(Result::ok),
                None => None,
            };
            let lag = answered.map_or(LAG_MAX, |at| at.saturating_duration_since(asked));
            lags.push(lag.min(LAG_MAX));
        }
        lags
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;
    use crate::threads::runtime;

    #[test]
    fn a_thread_that_is_busy_is_told_of_and_asked_once() {
        runtime().unwrap().block_on(async {
            let (threads, others) = Threads::start(2).unwrap();
            let (tracker, lag) = (TaskTracker::new(), Lag::new(&threads));
            let lags = lag.measure(&threads, &tracker).await;
            assert!(lags.len() == 2 && lags.iter().all(|lag| *lag < LAG_MAX), "{lags:?}");
            let (free, stuck) = sync_channel::<()>(0);
            let (begun, has_begun) = sync_channel::<()>(1);
            tracker.spawn_on(
                async move {
                    begun.send(()).unwrap();
                    let _ = stuck.recv();
                },
                threads.handle(ThreadIndex(1)),
            );
            has_begun.recv().unwrap();
            for round in 0..2 {
                let lags = lag.measure(&threads, &tracker).await;
                assert!(lags[0] < LAG_MAX && lags[1] == LAG_MAX, "{lags:?}");
                assert_eq!(tracker.len(), 2, "one that is stuck, one that waits; round {round}");
            }
            drop(free);
            tracker.close();
            tracker.wait().await;
            let lags = lag.measure(&threads, &tracker).await;
            assert!(lags.iter().all(|lag| *lag < LAG_MAX), "{lags:?}");
            others.stop();
        });
    }
}
