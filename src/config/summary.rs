//! What a configuration would do, in a few lines for whoever wrote it.

use std::fmt::{self, Display};
use std::time::Duration;

use super::{Config, GameAddress, Hold, OnDuplicate, PresetChoice, Tell, show_size, show_time};

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
            writeln!(f, "listen    {} on {}", listen.protocol.name(), listen.address)?;
        }
        writeln!(f, "login     {}", self.login())?;
        writeln!(f, "second    {}", self.second())?;
        writeln!(f, "away      {}", self.away())?;
        writeln!(f, "token     {}", self.token())?;
        let wished = limits.sessions_max.saturating_mul(session.history);
        let (sessions, history) = (limits.sessions_max, show_size(session.history));
        let total = show_size(wished.min(limits.history_bytes_total));
        writeln!(
            f,
            "memory    up to {total} of history: {sessions} sessions, {history} each at most"
        )?;
        match &self.0.store.path {
            Some(path) => {
                writeln!(f, "restart   what became of a session is kept in {}", path.display())
            }
            None => writeln!(f, "restart   nothing is kept: no store.path"),
        }
    }
}

impl Summary<'_> {
    fn login(&self) -> String {
        match &self.0.login.preset {
            PresetChoice::Auto => "told from the game's first screen".to_owned(),
            PresetChoice::Fixed(preset) if preset.name() == "none" => "not recognised".to_owned(),
            PresetChoice::Fixed(preset) => format!("recognised by preset {}", preset.name()),
        }
    }

    fn second(&self) -> &'static str {
        let on_duplicate = match (self.0.session.on_duplicate, &self.0.login.preset) {
            (OnDuplicate::Preset, PresetChoice::Fixed(preset)) if preset.allows_both() => {
                OnDuplicate::Allow
            }
            (OnDuplicate::Preset, PresetChoice::Fixed(_)) => OnDuplicate::Reattach,
            (set, _) => set,
        };
        match on_duplicate {
            OnDuplicate::Preset => "a second login of one user is as the preset says",
            OnDuplicate::Reattach => "a second login of one user continues the first one's session",
            OnDuplicate::Replace => "a second login of one user ends the first one's session",
            OnDuplicate::Refuse => "a second login of one user is turned away",
            OnDuplicate::Allow => "a second login of one user gets a session of its own",
        }
    }

    fn away(&self) -> String {
        match (self.0.session.hold, &self.0.login.preset) {
            (Hold::Preset, PresetChoice::Auto) => {
                "a session waits for its player as long as the preset says".to_owned()
            }
            (Hold::Preset, PresetChoice::Fixed(preset)) => waits(preset.hold()),
            (Hold::For(time), _) => waits(time),
            (Hold::Off, _) => "a session ends when its player's link is lost".to_owned(),
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

fn waits(time: Duration) -> String {
    format!("a session waits {} for its player", show_time(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `text` besides the game would do, without the words in front.
    fn summary(text: &str) -> Vec<String> {
        let file = format!("game.address = \"demo\"\n{text}");
        let summary = Config::parse("f", &file).unwrap().summary();
        summary.lines().map(|line| line.split_once(' ').unwrap().1.trim().to_owned()).collect()
    }

    #[test]
    fn a_preset_that_is_known_is_told_by_what_it_does() {
        let circle = summary("login.preset = \"circle\"");
        assert_eq!(circle[2], "recognised by preset circle");
        assert_eq!(circle[3], "a second login of one user continues the first one's session");
        assert_eq!(circle[4], "a session waits 5m for its player");
        let mux = summary("login.preset = \"mux\"");
        assert_eq!(mux[3], "a second login of one user gets a session of its own");
        assert_eq!(mux[4], "a session waits 30m for its player");
    }

    #[test]
    fn what_is_set_goes_before_the_preset() {
        let text = "login.preset = \"mux\"\nsession = { hold = \"0s\", on_duplicate = \"refuse\" }";
        let set = summary(text);
        assert_eq!(set[3], "a second login of one user is turned away");
        assert_eq!(set[4], "a session ends when its player's link is lost");
        assert_eq!(summary("login.preset = \"none\"")[2], "not recognised");
    }
}
