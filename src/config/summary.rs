//! What a configuration would do, in a few lines for whoever wrote it.

use std::fmt::{self, Display};

use super::{
    Config, GameAddress, Hold, ListenProtocol, OnDuplicate, PresetChoice, Tell, show_size,
    show_time,
};

/// Shows what `config` would do, a line each for what matters most.
pub(super) struct Summary<'c>(pub(super) &'c Config);

impl Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Config { game, listen, session, limits, .. } = self.0;
        match &game.address {
            GameAddress::Demo => writeln!(f, "game      the built-in demo game")?,
            GameAddress::At(address) => {
                writeln!(f, "game      {address}, {}", game.charset.name())?
            }
        }
        for listen in &listen.0 {
            let protocol = match listen.protocol {
                ListenProtocol::Telnet => "telnet",
            };
            writeln!(f, "listen    {protocol} on {}", listen.address)?;
        }
        writeln!(f, "login     {}", self.login())?;
        writeln!(f, "second    {}", self.second())?;
        writeln!(f, "away      {}", self.away())?;
        writeln!(f, "token     {}", self.token())?;
        let total = limits.sessions_max.saturating_mul(session.history);
        let (sessions, history) = (limits.sessions_max, show_size(session.history));
        writeln!(
            f,
            "memory    up to {sessions} sessions x {history} = {} of history",
            show_size(total)
        )
    }
}

impl Summary<'_> {
    fn login(&self) -> String {
        match &self.0.login.preset {
            PresetChoice::Auto => "told from the game's first screen".to_owned(),
            PresetChoice::Fixed(preset) => format!("recognised by preset {}", preset.name()),
        }
    }

    fn second(&self) -> &'static str {
        match self.0.session.on_duplicate {
            OnDuplicate::Preset => "a second login of one user is as the preset says",
            OnDuplicate::Reattach => "a second login of one user continues the first one's session",
            OnDuplicate::Replace => "a second login of one user ends the first one's session",
            OnDuplicate::Refuse => "a second login of one user is turned away",
            OnDuplicate::Allow => "a second login of one user gets a session of its own",
        }
    }

    fn away(&self) -> String {
        match self.0.session.hold {
            Hold::Preset => "a session waits for its player as long as the preset says".to_owned(),
            Hold::For(time) => format!("a session waits {} for its player", show_time(time)),
            Hold::Off => "a session ends when its player's link is lost".to_owned(),
        }
    }

    fn token(&self) -> String {
        let told = match self.0.token.tell {
            Tell::Gmcp => "told by GMCP",
            Tell::Text => "told in text",
            Tell::Off => "told only when asked",
        };
        format!("{told}, good for {}", show_time(self.0.token.ttl))
    }
}
