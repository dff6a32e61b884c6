//! A thread of its own for the admin's listener: a long list, or somebody who guesses tokens, takes no
//! time from a thread that serves players.

use std::io;

use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::threads;

/// Its name, as the system shows it.
const NAME: &str = "mudkeep-admin";

/// The thread; it ends when this is dropped.
pub(crate) struct AdminThread {
    handle: Handle,
    stop: CancellationToken,
}

impl AdminThread {
    /// Starts it.
    ///
    /// # Errors
    /// The system has no resources left for it.
    pub(crate) fn start() -> io::Result<AdminThread> {
        let runtime = threads::runtime()?;
        let (handle, stop) = (runtime.handle().clone(), CancellationToken::new());
        let stopped = stop.clone();
        let serve = move || runtime.block_on(stopped.cancelled());
        std::thread::Builder::new().name(NAME.to_owned()).spawn(serve)?;
        Ok(AdminThread { handle, stop })
    }

    /// Where to spawn what it does.
    pub(crate) fn handle(&self) -> &Handle {
        &self.handle
    }
}

impl Drop for AdminThread {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_it_does_is_done_on_a_thread_of_its_own_which_ends_with_it() {
        let thread = AdminThread::start().unwrap();
        let name = || std::thread::current().name().map(str::to_owned);
        let there = thread.handle().spawn(async move { name() }).await.unwrap();
        assert_eq!(there.as_deref(), Some(NAME));
        let waits = thread.handle().spawn(std::future::pending::<()>());
        drop(thread);
        assert!(waits.await.unwrap_err().is_cancelled());
    }
}
