//! Those who follow what happens from the first event to the last: the audit log and the webhook.
//! They end behind everybody else, so that they learn of all ends.

use std::io;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::audit::Audit;
use crate::gate::Gate;
use crate::webhook::{self, Webhook};

/// How long the end waits for a disk that takes nothing.
const DISK_TIME: Duration = Duration::from_secs(5);

/// The followers of one mudkeep. They end when this is dropped.
pub(super) struct Followers {
    audit: Option<Audit>,
    tracker: TaskTracker,
    stop: CancellationToken,
}

impl Followers {
    /// Has those follow that the configuration asks for.
    ///
    /// # Errors
    /// What one of them needs is not there.
    pub(super) fn start(gate: &Gate) -> io::Result<Followers> {
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let (config, events) = (gate.current_config(), gate.events());
        let audit = match &gate.config().log.audit {
            Some(path) => Some(Audit::start(
                path.clone(),
                events.follow_after(0).named("audit"),
                config.clone(),
            )?),
            None => None,
        };
        if let Some(webhook) = Webhook::new(config)? {
            tracker.spawn(webhook.run(events.follow_after(0).named("webhook"), stop.clone()));
        }
        Ok(Followers { audit, tracker, stop })
    }

    /// SIGHUP: the audit log may have been moved away.
    pub(super) fn reopen(&self) {
        if let Some(audit) = &self.audit {
            audit.reopen();
        }
    }

    /// All has happened: they may end when they have written and sent it.
    pub(super) async fn stop(mut self) {
        self.stop.cancel();
        self.tracker.close();
        if let Some(audit) = self.audit.take()
            && !audit.stop(DISK_TIME).await
        {
            tracing::error!("the audit log was not written in time: its last lines are missing");
        }
        // They see to their time themselves.
        let _ = tokio::time::timeout(2 * webhook::LAST_TIME, self.tracker.wait()).await;
    }
}

impl Drop for Followers {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
