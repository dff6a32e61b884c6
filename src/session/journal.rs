//! What happens to sessions, as lines of the log. Each has the session, and the connection and the
//! user where they are known; never input, a password or a token, and what a player or the game
//! wrote only escaped and cut.

use crate::ids::{SessionId, User};
use crate::printable::Printable;
use crate::session::core::{Event, GameEnd};
use crate::session::message::EndReason;

/// Who it is, for a log line.
fn name(user: Option<&User>) -> Option<Printable<'_>> {
    user.map(|user| Printable::new(&*user.name))
}

/// Writes one event.
pub(crate) fn log(session: SessionId, user: Option<&User>, event: &Event) {
    let user = name(user).map(tracing::field::display);
    match event {
        Event::Existing { newcomer, existing } => {
            tracing::info!(%session, user, connection = %newcomer, %existing, "existing connection found");
        }
        Event::Terminated { existing } => {
            tracing::info!(%session, user, connection = %existing, "existing connection terminated");
        }
        Event::Attached { connection, address, transport, via } => {
            let (transport, via) = (transport.name(), via.name());
            tracing::info!(%session, user, %connection, %address, transport, via, "connection accepted");
        }
        Event::Detached { connection, reason } => {
            tracing::info!(%session, user, %connection, %reason, "connection left");
        }
        Event::Accepted(who) => match name(who.as_ref()) {
            Some(who) => tracing::info!(%session, user = %who, "logged in"),
            None => tracing::info!(%session, "playing without a known user"),
        },
        Event::LoginRefused => tracing::info!(%session, "login refused by the game"),
        Event::Suspect => tracing::info!(%session, "a line of the login was not answered"),
        Event::Transparent(why) => tracing::info!(%session, ?why, "login not recognised"),
        Event::Left => tracing::info!(%session, "left the game"),
        Event::TokenReused(address) => {
            tracing::warn!(%session, user, %address, "a retired token was presented");
        }
        Event::TokenRefused => tracing::info!(%session, user, "a token was refused"),
        Event::TokensRevoked => tracing::warn!(%session, user, "all tokens were revoked"),
        Event::GameEnded(how) => {
            let how = match how {
                GameEnd::Closed => "closed",
                GameEnd::Lost => "lost",
                GameEnd::Unreachable => "unreachable",
            };
            tracing::info!(%session, user, how, "the game's connection ended");
        }
    }
}

/// Writes the end of a session.
pub(crate) fn log_end(session: SessionId, user: Option<&User>, reason: EndReason) {
    let user = name(user).map(tracing::field::display);
    tracing::info!(%session, user, reason = reason.name(), "session ended");
}
