//! The audit log: what happens, as JSON lines in a file, for whoever has to know later who came and
//! went and what the game's staff did.
//!
//! It follows the events like anybody else, on a thread of its own: a disk that is slow or full holds
//! up nothing. What cannot be written waits in the ring of events; what falls out of it meanwhile is
//! counted, and a line says how many are missing.

mod file;
pub(crate) mod past;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Notify, oneshot};
use tokio_util::sync::CancellationToken;

use crate::config::Current;
use crate::events::{Followed, Follower};
use crate::threads;
use crate::{clock, times};
use file::{Bounds, Log};

/// How long events are gathered before they are written in one piece.
const GATHER_TIME: Duration = Duration::from_millis(25);

/// About how much is written in one piece at most.
const PIECE_BYTES: usize = 64 << 10;

/// How long after a write that failed the next one is tried.
const RETRY_TIME: Duration = Duration::from_secs(1);

/// How often it is looked for files that are too old.
const TIDY_TIME: Duration = Duration::from_secs(60 * 60);

/// How often it is said at most that events were lost.
const LOST_TIME: Duration = Duration::from_secs(60);

/// The audit log of a mudkeep that runs. Its thread ends when this is dropped.
pub(crate) struct Audit {
    stop: CancellationToken,
    reopen: Arc<Notify>,
    ended: oneshot::Receiver<()>,
}

impl Audit {
    /// Begins to write what this one follows. A file that cannot be opened is no error: that is said
    /// in the log, and tried again.
    ///
    /// # Errors
    /// There is no thread for it.
    pub(crate) fn start(path: PathBuf, follower: Follower, config: Current) -> io::Result<Audit> {
        let (stop, reopen) = (CancellationToken::new(), Arc::new(Notify::new()));
        let (ending, ended) = oneshot::channel();
        let runtime = threads::runtime()?;
        let writer = Writer {
            log: Log::new(path),
            follower,
            config,
            stop: stop.clone(),
            reopen: reopen.clone(),
            lost_said: None,
        };
        let work = move || {
            runtime.block_on(writer.run());
            // Nobody may wait for it.
            let _ = ending.send(());
        };
        std::thread::Builder::new().name("mudkeep-audit".to_owned()).spawn(work)?;
        Ok(Audit { stop, reopen, ended })
    }

    /// The file is opened anew: it may have been moved away.
    pub(crate) fn reopen(&self) {
        self.reopen.notify_one();
    }

    /// Writes what has happened until now, and ends; waits no longer than this for a disk that takes
    /// nothing. Whether it has ended.
    pub(crate) async fn stop(mut self, within: Duration) -> bool {
        self.stop.cancel();
        tokio::time::timeout(within, &mut self.ended).await.is_ok()
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What the thread does.
struct Writer {
    log: Log,
    follower: Follower,
    config: Current,
    stop: CancellationToken,
    reopen: Arc<Notify>,
    lost_said: Option<Instant>,
}

/// What there is to do.
enum Due {
    News(Followed),
    Reopen,
    Retry,
    Tidy,
    End,
}

impl Writer {
    async fn run(mut self) {
        let mut tidied = self.tidy();
        loop {
            let due = self.due(tidied + TIDY_TIME).await;
            match due {
                Due::News(followed) => {
                    self.take(followed);
                    // More may come at once, and is not worth a write of its own.
                    tokio::time::sleep(GATHER_TIME).await;
                }
                Due::Reopen => self.log.reopen(),
                Due::Tidy => tidied = self.tidy(),
                Due::Retry => {}
                Due::End => return self.end(),
            }
            self.write_all();
        }
    }

    async fn due(&mut self, tidy: Instant) -> Due {
        let waits = self.log.waits();
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Due::End,
            () = self.reopen.notified() => Due::Reopen,
            () = tokio::time::sleep(RETRY_TIME), if waits => Due::Retry,
            () = tokio::time::sleep_until(tidy.into()) => Due::Tidy,
            followed = self.follower.next(), if !waits => Due::News(followed),
        }
    }

    fn bounds(&self) -> Bounds {
        Bounds::of(&self.config.now().log)
    }

    /// Removes what is too old, and begins another file if this one is; when that was.
    fn tidy(&mut self) -> Instant {
        let bounds = self.bounds();
        self.log.tidy(&bounds);
        clock::now()
    }

    /// Writes what there is, piece by piece, as long as it can be written.
    fn write_all(&mut self) -> bool {
        let bounds = self.bounds();
        loop {
            self.gather();
            if !self.log.waits() {
                return true;
            }
            if !self.log.write(&bounds) {
                return false;
            }
        }
    }

    /// Takes what has happened since, as long as the piece is not large enough.
    fn gather(&mut self) {
        while self.log.waiting_bytes() < PIECE_BYTES {
            let Some(followed) = self.follower.try_next() else { return };
            self.take(followed);
        }
    }

    fn take(&mut self, followed: Followed) {
        match followed {
            Followed::Event(event) => self.log.push(&*event),
            Followed::Lost(lost) => {
                let time = times::show_time(clock::shown());
                self.log.push(&serde_json::json!({ "time": time, "type": "lost", "lost": lost }));
                self.say_lost(lost);
            }
        }
    }

    fn say_lost(&mut self, lost: u64) {
        let now = clock::now();
        if self.lost_said.is_none_or(|said| now.duration_since(said) >= LOST_TIME) {
            self.lost_said = Some(now);
            tracing::warn!(lost, "events came faster than the audit log could be written");
        }
    }

    /// The last of it.
    fn end(mut self) {
        if !self.write_all() {
            tracing::error!("what happened last is not in the audit log");
        }
    }
}
