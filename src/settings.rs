//! What each part needs to know, taken from the configuration.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use crate::config::{
    AdminConfig, Config, GameAddress, IacMode, Limits, PresetChoice as Configured, TelnetProfile,
};
use crate::limits::permits::PermitLimits;
use crate::limits::rate::{ByteRate, Pace, Rate};
use crate::login::{DialogueLimits, Preset};
use crate::session::core::PresetChoice;
use crate::session::queue::QueueLimits;
use crate::session::token::TokenLimits;
use crate::telnet::decode;
use crate::telnet::toward_client::ClientTelnet;
use crate::telnet::toward_game::{GameTelnet, Profile};

/// How to speak telnet with the game.
#[must_use]
pub fn game_telnet(config: &Config) -> GameTelnet {
    let charset = config.game.charset;
    GameTelnet {
        profile: match config.game.telnet {
            TelnetProfile::Full => Profile::Full,
            TelnetProfile::Replies => Profile::Replies,
            TelnetProfile::None => Profile::None,
        },
        iac: match config.game.iac {
            IacMode::Telnet => decode::IacMode::Telnet,
            IacMode::Raw8 => decode::IacMode::Raw8,
        },
        charset_name: charset_name(charset),
        utf8: charset == encoding_rs::UTF_8,
        subnegotiation_bytes_max: config.limits.game_subnegotiation_bytes_max,
    }
}

/// What games call a charset. The Encoding Standard calls the one for Western Europe by the name of a
/// larger one, which holds the same letters.
fn charset_name(charset: &'static encoding_rs::Encoding) -> &'static str {
    match charset.name() {
        "windows-1252" => "ISO-8859-1",
        "windows-1254" => "ISO-8859-9",
        name => name,
    }
}

/// How to speak telnet with clients.
#[must_use]
pub fn client_telnet(config: &Config) -> ClientTelnet {
    ClientTelnet {
        subnegotiation_bytes_max: config.limits.subnegotiation_bytes_max,
        line_bytes_max: config.limits.line_bytes_max,
        negotiation_timeout: config.limits.negotiation_timeout,
        charsets: Arc::from([]),
        are_you_there: "[mudkeep: yes]".into(),
    }
}

/// What waits for a player who is away.
#[must_use]
pub fn queue_limits(config: &Config) -> QueueLimits {
    QueueLimits {
        lines_max: config.session.queue_lines_max,
        bytes_max: config.session.queue_bytes_max,
        age_max: config.session.queue_age_max,
    }
}

/// How long tokens are good, and how many there are.
#[must_use]
pub fn token_limits(config: &Config) -> TokenLimits {
    TokenLimits {
        ttl: config.token.ttl,
        lifetime: config.token.lifetime,
        families_max: config.token.families_max,
    }
}

/// How many logins may fail.
#[must_use]
pub fn permit_limits(limits: &Limits) -> PermitLimits {
    PermitLimits {
        window: limits.failed_logins_window,
        per_address_max: count(limits.failed_logins_per_address),
        per_user_max: count(limits.failed_logins_per_user),
        total_max: count(limits.failed_logins_total),
    }
}

/// How the lines of a login are kept in step.
#[must_use]
pub fn dialogue_limits(config: &Config) -> DialogueLimits {
    DialogueLimits {
        lines_max: config.login.lines_max,
        type_ahead_lines_max: config.limits.type_ahead_lines_max,
        type_ahead_bytes_max: config.limits.type_ahead_bytes_max,
        ..DialogueLimits::default()
    }
}

/// How fast one client's lines go to the game.
#[must_use]
pub fn line_rate(limits: &Limits) -> Rate {
    Rate::per_minute(at_least_one(limits.lines_per_minute), at_least_one(limits.lines_burst))
}

/// How many connections that are not taken in are told of one by one, a minute and at once.
#[must_use]
pub fn denials_told() -> Rate {
    Rate::per_minute(at_least_one(60), at_least_one(30))
}

/// How fast one client may send.
#[must_use]
pub fn pace(limits: &Limits) -> Pace {
    Pace { lines: line_rate(limits), bytes: byte_rate(limits) }
}

/// How many bytes one client may send.
#[must_use]
pub fn byte_rate(limits: &Limits) -> ByteRate {
    ByteRate::new(limits.bytes_per_second, limits.bytes_burst)
}

/// How often tokens from one address may open nothing.
#[must_use]
pub fn token_refusals_per_address(limits: &Limits) -> Rate {
    let refusals = at_least_one(limits.token_refusals_per_address);
    Rate::per_minute(refusals, refusals)
}

/// How often what is no token may come to the admin's listener.
#[must_use]
pub fn admin_refusals(admin: &AdminConfig) -> Rate {
    let refusals = at_least_one(admin.refusals_per_minute);
    Rate::per_minute(refusals, refusals)
}

/// How often tokens of one session may not open it.
#[must_use]
pub fn token_refusals_per_session(limits: &Limits) -> Rate {
    let refusals = at_least_one(limits.token_refusals_per_session);
    Rate::per_minute(refusals, refusals)
}

fn demo() -> Arc<Preset> {
    Preset::named("demo").unwrap_or_else(Preset::none)
}

fn count(count: u32) -> NonZeroUsize {
    NonZeroUsize::new(count as usize).unwrap_or(NonZeroUsize::MIN)
}

fn at_least_one(count: u32) -> NonZeroU32 {
    NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN)
}

/// Which preset a session starts with.
#[must_use]
pub fn preset_choice(config: &Config) -> PresetChoice {
    match &config.login.preset {
        Configured::Auto if config.game.address == GameAddress::Demo => PresetChoice::Known(demo()),
        Configured::Auto => PresetChoice::Auto(Preset::none()),
        Configured::Fixed(preset) => PresetChoice::Known(preset.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_game_is_told_its_charset_by_the_name_that_games_use() {
        for (configured, told) in [
            ("utf-8", "UTF-8"),
            ("iso-8859-1", "ISO-8859-1"),
            ("latin1", "ISO-8859-1"),
            ("koi8-r", "KOI8-R"),
        ] {
            let text = format!("game = {{ address = \"a:1\", charset = \"{configured}\" }}");
            let config = Config::parse("f", &text).unwrap();
            assert_eq!(game_telnet(&config).charset_name, told, "{configured}");
        }
    }
}
