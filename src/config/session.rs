//! `[session]` and `[token]`: what is kept for a player who is gone, and how the player comes back.

use std::time::Duration;

use super::section::section;
use super::value::{Choice, Count, DAY, HOUR, KIB, MIB, MINUTE, Or, Size, Switch, Time};

/// What a login does when its user already has a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDuplicate {
    /// As the preset says: reattach, or allow where the game itself allows both.
    Preset,
    /// The newcomer is attached to the running session.
    Reattach,
    /// The running session is ended first, then the newcomer's login goes on.
    Replace,
    /// The newcomer is turned away while someone is attached.
    Refuse,
    /// Both stand side by side.
    Allow,
}

/// How long a session waits for its player.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// As the preset says.
    Preset,
    /// This long; never zero.
    For(Duration),
    /// Not at all: a player who is gone has left the game.
    Off,
}

/// How a telnet player is told the resume token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tell {
    /// By GMCP, to clients that speak it; others can ask for it.
    Gmcp,
    /// In a line of text, and by GMCP to clients that speak it.
    Text,
    /// Only when asked.
    Off,
}

section! {
    /// `[session]`: what is kept for whom, and for how long.
    pub struct SessionConfig {
        /// What a login does when its user already has a session.
        pub on_duplicate: OnDuplicate = OnDuplicate::Preset, Choice(&[
            ("preset", OnDuplicate::Preset),
            ("reattach", OnDuplicate::Reattach),
            ("replace", OnDuplicate::Replace),
            ("refuse", OnDuplicate::Refuse),
            ("allow", OnDuplicate::Allow),
        ]);
        /// How long a session waits for its player; `"0s"` switches holding off.
        pub hold: Hold = Hold::Preset, HoldKind;
        /// How long the last words of a game that closed stay readable for a player who was away.
        pub linger: Duration = 10 * MINUTE, Time(Duration::ZERO..=DAY);
        /// How much of the game's output is remembered per session, in bytes.
        pub history: usize = 256 * KIB, Size(4 * KIB..=64 * MIB);
        /// How much of it a returning telnet player is shown at most, in bytes; never more than
        /// `history`.
        pub replay: usize = 8 * KIB, Size(0..=64 * MIB);
        /// Connections that may share one session; one more disconnects the oldest.
        pub clients_max: usize = 1, Count(1..=64);
        /// Sessions that one user may have side by side where duplicates are allowed.
        pub per_user_max: usize = 3, Count(1..=100);
        /// Lines that wait for a player who is away, where a client can send them without a
        /// connection.
        pub queue_lines_max: usize = 20, Count(0..=1_000);
        /// Bytes in all of them.
        pub queue_bytes_max: usize = 4 * KIB, Size(64..=MIB);
        /// How long they wait.
        pub queue_age_max: Duration = 10 * MINUTE, Time(Duration::from_secs(10)..=DAY);
        /// Whether a returning player's password is compared with that of the running session.
        pub verifier: bool = true, Switch;
        /// How long it can be compared after the login; `None` (`"hold"`): as long as the session
        /// is held.
        pub verifier_ttl: Option<Duration> = None, Or("hold", Time(MINUTE..=7 * DAY));
    }
}

/// What is done when a retired token comes back: somebody has a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnTokenReuse {
    /// It is refused, and the player is told.
    Refuse,
    /// All tokens of the session end, and whoever is attached has to log in (RFC 9700 §4.14.2).
    Revoke,
}

section! {
    /// `[token]`: how players come back without a password.
    pub struct TokenConfig {
        /// How long a token is good after it was last used; never more than `lifetime`.
        pub ttl: Duration = HOUR, Time(MINUTE..=30 * DAY);
        /// How long it can be renewed at all, from the login on.
        pub lifetime: Duration = 7 * DAY, Time(MINUTE..=365 * DAY);
        /// Devices per session that may hold a token; one more drops the oldest.
        pub families_max: usize = 8, Count(1..=64);
        /// What is done when a retired token comes back.
        pub on_token_reuse: OnTokenReuse = OnTokenReuse::Refuse,
            Choice(&[("refuse", OnTokenReuse::Refuse), ("revoke", OnTokenReuse::Revoke)]);
        /// How a telnet player is told.
        pub tell: Tell = Tell::Gmcp,
            Choice(&[("gmcp", Tell::Gmcp), ("text", Tell::Text), ("off", Tell::Off)]);
    }
}

/// `"preset"`, or a time of which none at all means off.
struct HoldKind;

const HOLD_TIME: Or<Time> = Or("preset", Time(Duration::ZERO..=Duration::from_secs(7 * 86_400)));

impl super::value::Kind for HoldKind {
    type Value = Hold;

    fn read(&self, value: &toml::de::DeValue<'_>) -> Result<Hold, super::value::Refusal> {
        Ok(match HOLD_TIME.read(value)? {
            None => Hold::Preset,
            Some(Duration::ZERO) => Hold::Off,
            Some(time) => Hold::For(time),
        })
    }

    fn allowed(&self) -> String {
        HOLD_TIME.allowed()
    }
}
