//! Who waits for a session on behalf of one connection. A session wakes one for each attachment, and here
//! there are several: the stream, or who looks after the connection while there is none, and POSTs.

use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Who waits. What a session wakes wakes all of them.
#[derive(Default)]
pub(super) struct Waiting {
    stream: AtomicWaker,
    keeper: AtomicWaker,
    posts: Notify,
}

impl Waiting {
    /// The stream waits: what the session is to wake.
    pub(super) fn stream(self: &Arc<Waiting>, cx: &Context<'_>) -> Waker {
        self.stream.register(cx.waker());
        self.clone().into()
    }

    /// The same for who looks after the connection.
    pub(super) fn keeper(self: &Arc<Waiting>, cx: &Context<'_>) -> Waker {
        self.keeper.register(cx.waker());
        self.clone().into()
    }

    /// The same for a POST, which waits for what is given beside it.
    pub(super) fn post(self: &Arc<Waiting>) -> (Waker, Notified<'_>) {
        (self.clone().into(), self.posts.notified())
    }

    /// There is something for the stream that does not come from the session.
    pub(super) fn wake_stream(&self) {
        self.stream.wake();
    }
}

impl Wake for Waiting {
    fn wake(self: Arc<Waiting>) {
        self.stream.wake();
        self.keeper.wake();
        self.posts.notify_waiters();
    }
}
