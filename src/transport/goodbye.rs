//! What a player is told at the end of a connection.

use crate::session::message::Closing;
use crate::texts::Texts;

/// The line for it; none where the game's own last words say it all, or the admin made it silent.
pub(super) fn goodbye(texts: &Texts, closing: Closing) -> Option<String> {
    match closing {
        Closing::Replaced => texts.taken_over(),
        Closing::Kicked => texts.kicked(),
        Closing::Expired => texts.session_expired(),
        Closing::Shutdown => texts.shutdown(),
        Closing::Slow => texts.slow(),
        Closing::GameClosed
        | Closing::GameUnreachable
        | Closing::LoggedOut
        | Closing::Banned
        | Closing::Refused
        | Closing::Idle => None,
    }
}
