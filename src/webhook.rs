//! Events out: what happens is sent to a program elsewhere, by POST, signed, in order.
//!
//! It follows the events like anybody else. What is to be sent waits in a queue of bounded size while
//! the other side is slow or gone; there is one request at a time, and nobody here waits for it.

mod outbox;
mod post;
mod retry;
mod signature;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::{Config, Current, WebhookConfig};
use crate::events::{Followed, Follower};
use crate::key_file;
use crate::mint::OsMint;
use crate::session::token::Mint;
use outbox::Outbox;
use post::{Failure, Target};
use signature::Key;

/// How long at the end the last events may take on their way, all of them.
pub(crate) const LAST_TIME: Duration = Duration::from_secs(2);

/// The key of the configuration that names the file with the secret.
const SECRET_FILE: &str = "webhook.secret_file";

/// Shortest secret that is taken: nobody is to guess it.
const SECRET_BYTES_MIN: usize = 20;

/// What sends events.
pub(crate) struct Webhook {
    target: Target,
    key: Key,
    config: Current,
    outbox: Outbox,
    /// The last delivery did not arrive, and that was said.
    failing: bool,
}

/// What is sent in one request, however often that is tried.
struct Delivery {
    id: Uuid,
    body: Bytes,
    events: usize,
}

/// What became of a delivery.
type Delivered = Result<(), Failure>;

impl Webhook {
    /// What the configuration asks for, if it asks for one.
    ///
    /// # Errors
    /// The secret, or the certificates, cannot be read; says which.
    pub(crate) fn new(config: Current) -> io::Result<Option<Webhook>> {
        let now = config.shared();
        let WebhookConfig { url, secret_file, ca_file, .. } = &now.webhook;
        let Some(url) = url else { return Ok(None) };
        let secret = key_file::read_or_make(SECRET_FILE, secret_file)?;
        let secret = secret.trim();
        if secret.len() < SECRET_BYTES_MIN {
            let least = format!("a secret has {SECRET_BYTES_MIN} characters at least");
            return Err(key_file::wrong(SECRET_FILE, secret_file, &least));
        }
        let (key, target) = (Key::new(secret.as_bytes())?, Target::new(url, ca_file.as_deref())?);
        Ok(Some(Webhook { target, key, config, outbox: Outbox::default(), failing: false }))
    }

    /// Sends what this one follows, until `stop`; then once what is left, for a moment.
    pub(crate) async fn run(mut self, mut follower: Follower, stop: CancellationToken) {
        loop {
            let Some(delivery) = self.next_delivery() else {
                tokio::select! {
                    biased;
                    () = stop.cancelled() => break,
                    followed = follower.next() => self.take(followed),
                }
                continue;
            };
            let delivered = {
                let Webhook { target, key, config, outbox, failing } = &mut self;
                let mut delivering =
                    std::pin::pin!(deliver(target, key, config, failing, &delivery));
                loop {
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => break None,
                        delivered = delivering.as_mut() => break Some(delivered),
                        followed = follower.next() => take(outbox, &config.now(), followed),
                    }
                }
            };
            match delivered {
                Some(delivered) => self.told(&delivery, delivered),
                None => return self.send_last(follower, Some(delivery)).await,
            }
        }
        self.send_last(follower, None).await;
    }

    fn take(&mut self, followed: Followed) {
        take(&mut self.outbox, &self.config.now(), followed);
    }

    fn next_delivery(&mut self) -> Option<Delivery> {
        let id = OsMint.uuid();
        let (body, events) = self.outbox.take_body(id)?;
        Some(Delivery { id, body: body.into(), events })
    }

    /// What became of a delivery, for the log.
    fn told(&mut self, delivery: &Delivery, delivered: Delivered) {
        match delivered {
            Ok(()) if std::mem::take(&mut self.failing) => {
                tracing::info!("the webhook takes events again");
            }
            Ok(()) => {}
            Err(failure) => {
                self.failing = true;
                let (events, error) = (delivery.events, failure.what);
                tracing::error!(
                    events,
                    error,
                    "the webhook did not take events, and they are given up"
                );
            }
        }
    }

    /// One attempt for each delivery that is left, as long as there is time.
    async fn send_last(mut self, mut follower: Follower, mut begun: Option<Delivery>) {
        while let Some(followed) = follower.try_next() {
            self.take(followed);
        }
        let timeout = self.config.now().webhook.timeout;
        let mut unsent = 0;
        let all = async {
            while let Some(delivery) = begun.take().or_else(|| self.next_delivery()) {
                unsent = delivery.events;
                attempt(&self.target, &self.key, timeout, &delivery).await?;
                unsent = 0;
            }
            Ok::<(), Failure>(())
        };
        let sent = tokio::time::timeout(LAST_TIME, all).await;
        let events = unsent + self.outbox.len();
        if !matches!(sent, Ok(Ok(()))) && events > 0 {
            tracing::warn!(events, "the webhook did not take the last events in time");
        }
    }
}

fn take(outbox: &mut Outbox, config: &Arc<Config>, followed: Followed) {
    let WebhookConfig { events, queue_max, .. } = &config.webhook;
    match followed {
        Followed::Event(event) if events.contains(&event.what.name()) => {
            outbox.push(event, *queue_max);
        }
        Followed::Event(_) => {}
        Followed::Lost(count) => outbox.lose(count),
    }
}

/// Sends it, as often as may be until it has arrived.
async fn deliver(
    target: &Target,
    key: &Key,
    config: &Current,
    failing: &mut bool,
    delivery: &Delivery,
) -> Delivered {
    let mut attempts = 0;
    loop {
        let timeout = config.now().webhook.timeout;
        let Err(failure) = attempt(target, key, timeout, delivery).await else { return Ok(()) };
        if !failure.passes || attempts >= config.now().webhook.retries_max {
            return Err(failure);
        }
        if !std::mem::replace(failing, true) {
            let error = &failure.what;
            tracing::warn!(error, "the webhook did not take events, and is tried again");
        }
        tokio::time::sleep(retry::pause(attempts, failure.retry_after, rand::random())).await;
        attempts += 1;
    }
}

/// Sends it once.
async fn attempt(target: &Target, key: &Key, timeout: Duration, delivery: &Delivery) -> Delivered {
    let posting = target.post(key, delivery.id, delivery.body.clone());
    match tokio::time::timeout(timeout, posting).await {
        Ok(posted) => posted,
        Err(_) => Err(Failure::of_network(format!("no answer within {timeout:?}"))),
    }
}
