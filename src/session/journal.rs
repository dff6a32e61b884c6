//! What happens to sessions, as lines of the log. Each has the session, and the connection and the
//! user where they are known; never input, a password or a token, and what a player or the game
//! wrote only escaped and cut.

use crate::events::{About, Events, What};
use crate::ids::{SessionId, User};
use crate::printable::Printable;
use crate::session::core::{Core, Event, GameEnd};
use crate::session::message::{EndReason, Via};

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
        Event::Terminated { existing, .. } => {
            tracing::info!(%session, user, connection = %existing, "existing connection terminated");
        }
        Event::Attached { connection, address, transport, via } => {
            let (transport, via) = (transport.name(), via.name());
            tracing::info!(%session, user, %connection, %address, transport, via, "connection accepted");
        }
        Event::Detached { connection, reason, .. } => {
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
            let how = name_of(*how);
            tracing::info!(%session, user, how, "the game's connection ended");
        }
    }
}

fn name_of(end: GameEnd) -> &'static str {
    match end {
        GameEnd::Closed => "closed",
        GameEnd::Lost => "lost",
        GameEnd::Unreachable => "unreachable",
    }
}

/// Whom something concerns that happens in a session: who is in, and the client that came last.
pub(crate) fn about(session: SessionId, core: &Core) -> About {
    let last = core.clients().attached().last().map(|client| &client.peer);
    About {
        connection_id: last.map(|peer| peer.connection),
        session_id: Some(session),
        user: core.user_name(),
        address: last.map(|peer| peer.address),
        transport: last.map(|peer| peer.transport.name()),
    }
}

/// The same as [`log`] for those who follow what happens.
pub(crate) fn tell(events: &Events, mut about: About, event: &Event) {
    let what = match event {
        // What comes of it is told.
        Event::Existing { .. } => return,
        Event::Terminated { existing, address, transport, by } => {
            about.connection_id = Some(*existing);
            about.address = Some(*address);
            about.transport = Some(transport.name());
            What::TakenOver { by: Some(*by) }
        }
        Event::Attached { connection, address, transport, via } => {
            about.connection_id = Some(*connection);
            about.address = Some(*address);
            about.transport = Some(transport.name());
            if *via == Via::Token {
                events.emit(about.clone(), What::Resumed { outcome: "ok" });
            }
            What::Attached { how: via.name() }
        }
        Event::Detached { connection, address, transport, reason } => {
            about.connection_id = Some(*connection);
            about.address = Some(*address);
            about.transport = Some(transport.name());
            What::Detached { cause: (*reason).into(), reason: reason.to_string() }
        }
        Event::Accepted(who) => {
            about.user = who.as_ref().map(|user| user.name.clone());
            What::Login
        }
        Event::LoginRefused => What::LoginRefused,
        Event::Suspect => What::LoginSuspect,
        Event::Transparent(why) => What::LoginUnrecognised { why: why.name().to_owned() },
        Event::Left => What::Left,
        Event::TokenReused(address) => {
            about.address = Some(*address);
            What::TokenReused
        }
        Event::TokenRefused => What::TokenRefused,
        Event::TokensRevoked => What::TokensRevoked,
        Event::GameEnded(how) => What::GameLost { how: name_of(*how) },
    };
    events.emit(about, what);
}

/// Writes the end of a session.
pub(crate) fn log_end(session: SessionId, user: Option<&User>, reason: EndReason) {
    let user = name(user).map(tracing::field::display);
    tracing::info!(%session, user, reason = reason.name(), "session ended");
}
