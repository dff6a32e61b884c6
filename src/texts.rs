//! Every line that mudkeep itself says to a player, by name.
//!
//! Each text is a method of [`Texts`] that takes what its placeholders stand for and gives the line
//! to show: the prefix and the text, without a line end; `None` where the text was made silent.
//! They are plain ASCII without colour, in players' words, and all begin alike, so that a player
//! can gag them and a screen reader reads them well.

use std::fmt::{self, Display};

use toml::de::DeValue;
use zeroize::Zeroizing;

use crate::config::{Kind, Refusal, Section, nearest, quoted};

/// Longest text, in characters, before its placeholders are filled.
pub const TEXT_CHARS_MAX: usize = 200;

/// Room for what placeholders stand for: all of it, as a rule.
const VALUES_BYTES: usize = 256;

/// What a text is about, for whoever wants to change it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextInfo {
    /// Its key in `[texts]`.
    pub name: &'static str,
    /// When it is shown.
    pub when: &'static str,
    /// What it says unless it is changed.
    pub default: &'static str,
    /// The placeholders it can use, without their braces.
    pub placeholders: &'static [&'static str],
}

/// A text as it was set: plain ASCII, its placeholders known; empty if silent.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Text(Box<str>);

impl Text {
    /// Whatever the values hold, the result has no control character: it cannot become two lines
    /// or a colour.
    fn fill(&self, prefix: &str, values: &[(&str, &dyn Display)]) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        // Some hold a token, which is to leave no copies behind.
        let mut line = String::with_capacity(prefix.len() + self.0.len() + VALUES_BYTES);
        line.push_str(prefix);
        let mut rest = &*self.0;
        while let Some((before, name, after)) = next_placeholder(rest) {
            line.push_str(before);
            if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
                let value = Zeroizing::new(value.to_string());
                line.extend(value.chars().map(|c| if is_plain(c) { c } else { '?' }));
            }
            rest = after;
        }
        line.push_str(rest);
        Some(line)
    }
}

/// The text in front of the next placeholder, its name, and the text behind it.
fn next_placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (name, after) = rest.split_once('}')?;
    Some((before, name, after))
}

fn is_plain(c: char) -> bool {
    c == ' ' || c.is_ascii_graphic()
}

/// A text with these placeholders.
struct TextKind(&'static [&'static str]);

impl TextKind {
    fn placeholders(&self) -> String {
        let braced: Vec<String> = self.0.iter().map(|name| format!("{{{name}}}")).collect();
        if braced.is_empty() { "no placeholder here".to_owned() } else { braced.join(", ") }
    }

    /// The first `{...}` that is none of the placeholders.
    fn wrong_placeholder<'t>(&self, text: &'t str) -> Option<&'t str> {
        let starts = text.match_indices('{').map(|(at, _)| &text[at..]);
        let braced = |start: &'t str| start.find('}').map_or(start, |end| &start[..=end]);
        let known = |braced: &str| self.0.iter().any(|name| braced == format!("{{{name}}}"));
        starts.map(braced).find(|braced| !known(braced))
    }
}

impl Kind for TextKind {
    type Value = Text;

    fn read(&self, value: &DeValue<'_>) -> Result<Text, Refusal> {
        let DeValue::String(text) = value else { return self.refuse_type(value, "a string") };
        if let Some(c) = text.chars().find(|c| !is_plain(*c)) {
            let found = format!("{:?} is not plain ASCII", c.to_string());
            return Err(Refusal { part: Some(c.to_string()), ..self.refusal(found) });
        }
        if text.len() > TEXT_CHARS_MAX {
            return self.refuse(format!("a text of {} characters", text.len()));
        }
        match self.wrong_placeholder(text) {
            Some(wrong) => Err(Refusal {
                allowed: Some(self.placeholders()),
                meant: nearest(wrong.trim_matches(['{', '}']), self.0.iter().copied())
                    .map(|name| format!("{{{name}}}")),
                part: Some(wrong.to_owned()),
                ..self.refusal(format!("{} is not a placeholder of this text", quoted(wrong)))
            }),
            None => Ok(Text(text.as_ref().into())),
        }
    }

    fn allowed(&self) -> String {
        format!(
            "at most {TEXT_CHARS_MAX} characters of plain ASCII on one line, or \"\" for silence"
        )
    }
}

/// Declares the texts: when each is shown, its name, its placeholders, its default.
macro_rules! texts {
    ($( #[doc = $when:literal] $name:ident($($placeholder:ident),*) = $default:literal; )*) => {
        /// Every line that mudkeep says to a player, as configured.
        #[derive(Clone, PartialEq, Eq)]
        pub struct Texts {
            /// In front of every line; may be empty.
            prefix: Text,
            $( #[doc = $when] $name: Text, )*
        }

        impl Default for Texts {
            fn default() -> Texts {
                Texts { prefix: Text(PREFIX.default.into()), $( $name: Text($default.into()), )* }
            }
        }

        impl Texts {
            /// What there is to say about each text, in the order of the documentation.
            pub const INFOS: &'static [TextInfo] = &[PREFIX, $( TextInfo {
                name: stringify!($name),
                when: $when.trim_ascii(),
                default: $default,
                placeholders: &[$( stringify!($placeholder) ),*],
            } ),*];

            $(
                #[doc = $when]
                #[must_use]
                pub fn $name(&self, $($placeholder: impl Display),*) -> Option<String> {
                    let values: &[(&str, &dyn Display)] =
                        &[$( (stringify!($placeholder), &$placeholder) ),*];
                    self.$name.fill(&self.prefix.0, values)
                }
            )*

            /// Reads the section: what is absent or refused is as documented.
            pub(crate) fn read(section: &mut Section<'_, '_>) -> Texts {
                let Texts { prefix, $( $name, )* } = Texts::default();
                Texts {
                    prefix: section.read("prefix", &TextKind(&[])).unwrap_or(prefix),
                    $( $name: section
                        .read(stringify!($name), &TextKind(&[$( stringify!($placeholder) ),*]))
                        .unwrap_or($name), )*
                }
            }

            /// The names of the texts that another has otherwise.
            pub(crate) fn differing(&self, other: &Texts) -> Vec<&'static str> {
                let values = self.values().into_iter().zip(other.values());
                let differing = Texts::INFOS.iter().zip(values).filter(|(_, (a, b))| a != b);
                differing.map(|(info, _)| info.name).collect()
            }

            /// Every text as it is set, in the order of [`Texts::INFOS`].
            fn values(&self) -> Vec<&str> {
                vec![&*self.prefix.0, $( &*self.$name.0 ),*]
            }
        }
    };
}

const PREFIX: TextInfo = TextInfo {
    name: "prefix",
    when: "In front of every line that is not the game's, so that it can be told apart and gagged.",
    default: "[mudkeep] ",
    placeholders: &[],
};

texts! {
    /// The client is connected; before anything of the game.
    connected() = "";
    /// The game takes a while to answer.
    game_connecting() = "Waiting for the game to answer.";
    /// The game cannot be reached; the connection is closed.
    game_unreachable() = "The game does not answer. Please try again later.";
    /// The game is gone; the player stays connected and waits for it.
    game_down() = "The link to the game is lost. Wait here: you are led back when it answers.";
    /// A line was typed while there is no game to send it to.
    not_sent() = "The game is not there: your line was not sent.";
    /// The game answers again; a new login is needed.
    game_back() = "The game is back.";
    /// The link to the game broke and the connection is closed.
    game_lost() = "The link to the game is lost. Please come back later.";
    /// The game ended the session, as it does at a quit; the connection is closed.
    game_closed() = "The game closed your connection. Goodbye.";
    /// The goodbye to a connection whose session goes on somewhere else.
    taken_over() = "Taken over: you connected from somewhere else. Goodbye.";
    /// The goodbye to the oldest of several connections when there is one too many.
    too_many_clients() =
        "You connected from somewhere else. This is one connection too many and is closed.";
    /// A login continues a session that was still in use elsewhere.
    taken_here() = "Taken over: your other connection is closed.";
    /// A login continues a session whose link was lost.
    reconnected() = "Reconnected: you are back where you were.";
    /// A token continues a session.
    resumed() = "Reconnected with your token: you are back where you were.";
    /// In front of what may have been missed while the player was away.
    replay_start(seconds, lines, more) =
        "You were away {seconds} s. Missed lines that follow: {lines}. Older ones not shown: {more}.";
    /// Behind what may have been missed.
    replay_end() = "End of what you may have missed.";
    /// The player is back and nothing was missed.
    nothing_missed(seconds) = "You were away {seconds} s and missed nothing.";
    /// Text of the game is no longer there to be shown.
    gap(bytes) = "Lost here: {bytes} bytes of the game's text.";
    /// In front of what the session before this one had not shown.
    undelivered_start() = "Your session before this one had not shown you this:";
    /// Behind what the session before this one had not shown.
    undelivered_end() = "End of what it had not shown you.";
    /// In front of the last words of a game that closed while the player was away.
    last_words(seconds) = "The game closed your session {seconds} s ago. Its last words follow.";
    /// The session ended while the player was away.
    session_expired() = "Your session has ended because you were away too long. Please log in.";
    /// How to come back without a password.
    token(token) = "If your link is lost, type this at the login to come back: resume {token}";
    /// Answer to "token" at the login prompt.
    token_will_be_shown() = "Your token will be shown once you are logged in.";
    /// Answer to "resume" with a token that opens nothing.
    token_refused() = "That token opens nothing (any more). Please log in.";
    /// Answer to "resume" with the token of a session that has ended.
    session_over() = "That session has ended. Please log in.";
    /// Answer to "resume" when mudkeep was started anew since.
    session_lost() = "That session was lost when mudkeep was restarted. Please log in.";
    /// The same, where the name is known.
    session_lost_of(name) = "Your session was lost when mudkeep was restarted. Please log in as {name}.";
    /// Answer to "resume" after too many tokens that opened nothing.
    too_many_tokens(seconds) = "Too many tokens were tried. Log in, or try yours again in {seconds} s.";
    /// A token came back that a newer one has replaced, from somewhere else.
    token_reused() = "An old token of yours was tried somewhere. If it was not you, log in anew: that ends all tokens.";
    /// The same, and all tokens were ended for it (token.on_token_reuse = "revoke").
    tokens_revoked() = "An old token of yours was tried somewhere, so all of them have been ended. Please log in again.";
    /// Lines that came while the player was away, and were neither sent nor asked for.
    queue_dropped(lines) = "Typed while you were away and not sent: {lines} lines.";
    /// Lines came behind a good token before its answer, or a token came in play: not for the game.
    login_lines_not_sent(lines) = "Typed for the login and not sent: {lines} lines.";
    /// Answer to "replay" with a number at the login prompt.
    replay_set(lines) = "When you are back, up to {lines} lines are shown to you.";
    /// Answer to "replay" without a good number.
    replay_refused(most) = "Type replay and a number from 0 to {most}.";
    /// mudkeep asks for a password itself; the answer is typed behind it.
    password_prompt() = "Password: ";
    /// The password that mudkeep asked for was wrong.
    wrong_password() = "Wrong password.";
    /// Answer to "release" at the login prompt.
    release_asked() = "Log in now: with your password, your waiting session will be ended.";
    /// The waiting session is ended, as was asked for by "release".
    held_released() = "Your waiting session has been ended.";
    /// Answer to "release" when nothing was ended.
    release_failed() = "No session was ended: none is waiting, or the name or password is wrong.";
    /// A second connection of one player is turned away.
    refused_elsewhere() = "You are connected from somewhere else already. Goodbye.";
    /// A client that may be reconnecting by itself is asked; the answer is typed behind it.
    play_elsewhere_question() = "You are playing elsewhere. Take it here? (y) ";
    /// The question was not answered with yes; the connection is closed.
    play_elsewhere_kept() = "Then it stays where it is. Goodbye.";
    /// One player has as many sessions as are allowed.
    too_many_of_user(count) = "You have {count} sessions already. Please end one of them first.";
    /// A session is being taken over to and fro; the login waits.
    flap_delay(seconds) =
        "You are being taken over again and again. Waiting for {seconds} seconds.";
    /// There are as many connections as are allowed.
    too_many_connections() = "There are too many connections just now. Please try again later.";
    /// One address has as many connections as are allowed.
    too_many_from_address() = "There are too many connections from your address.";
    /// The network around an address has as many connections as are allowed.
    too_many_from_network() = "There are too many connections from your network.";
    /// As many different users play from one address as are allowed; the login is not taken.
    too_many_users(most) =
        "From your address {most} players may be in the game at once, and are. Please try later.";
    /// There are as many sessions as are allowed.
    too_many_sessions() = "There are too many players just now. Please try again later.";
    /// One address connects too often.
    too_many_connects(seconds) =
        "Too many connections from your address. Please wait {seconds} seconds.";
    /// All together connect too often.
    too_many_connects_of_all(seconds) =
        "Too many players are connecting just now. Please try again in {seconds} seconds.";
    /// Nothing was typed for as long as is allowed; the connection is closed and the session kept.
    idle() = "You have typed nothing for a long time and are disconnected. Come back to continue.";
    /// Nobody logged in within the time allowed; the connection is closed.
    login_timeout() = "You did not log in for a long time. Goodbye.";
    /// Too many logins failed; the login has to wait.
    too_many_failed_logins(seconds) = "Too many wrong passwords. Please wait {seconds} seconds.";
    /// Too many logins are under way at once; the connection is closed.
    too_many_logins() = "Too many players are logging in just now. Please try again.";
    /// A line was cut because it was too long.
    line_too_long(bytes) = "Your line was too long: only its first {bytes} bytes were sent.";
    /// Too much was typed before the game answered.
    type_ahead_full() = "You are typing ahead of the game: your last line was not sent.";
    /// The client takes nothing any more; its connection is closed.
    slow() = "Your connection is too slow and is closed. Come back to continue.";
    /// The player was disconnected by the game's staff.
    kicked() = "You have been disconnected by the game's staff.";
    /// The staff says something to players.
    announcement(text) = "{text}";
    /// A line was typed over a connection that may only watch.
    may_not_type() = "Your connection may only watch: your line was not sent.";
    /// The time that a connection was given is over; it is closed.
    time_over() = "The time for this connection is over. You can connect again.";
    /// Nobody new logs in any more: a restart is near.
    draining() = "The game is about to be restarted: no new logins just now. Please come back soon.";
    /// How long it is until the restart.
    drain_countdown(time) = "Restart in {time}.";
    /// The player, or the address, is banned; the connection is closed.
    banned(reason) = "You are banned from this game: {reason}.";
    /// Nobody may make a character from that address; where the game is making it, the connection is closed.
    banned_new(reason) =
        "No new characters are let in from where you are: {reason}. Log in as one that you have.";
    /// Nobody may make a character of that name; where the game is making it, the connection is closed.
    banned_name(reason) = "No new character may have that name: {reason}. Choose another.";
    /// Nobody may play as a guest from that address; a guest who plays is disconnected.
    banned_guest(reason) =
        "No guests are let in from where you are: {reason}. Log in as a character that you have.";
    /// mudkeep is being shut down; the connection is closed, and so is the one to the game.
    shutdown() = "The connection is being restarted. Please log in again in a moment.";
}

impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Texts::INFOS.iter().map(|info| info.name);
        f.debug_map().entries(names.zip(self.values())).finish()
    }
}

/// Shows the texts as the `[texts]` section that would set them.
impl fmt::Display for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[texts]\n")?;
        for (info, value) in Texts::INFOS.iter().zip(self.values()) {
            writeln!(f, "\n# {}", info.when)?;
            if value != info.default {
                writeln!(f, "# Unchanged: {} = {:?}", info.name, info.default)?;
            }
            // The debug form of plain ASCII is a TOML string.
            writeln!(f, "{} = {value:?}", info.name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn read(text: &str) -> Result<Texts, String> {
        let file = format!("game.address = \"demo\"\n[texts]\n{text}\n");
        Config::parse("f", &file).map(|config| config.texts).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn a_text_is_filled_behind_the_prefix() {
        let texts = Texts::default();
        assert_eq!(
            texts.nothing_missed(7).unwrap(),
            "[mudkeep] You were away 7 s and missed nothing."
        );
        assert_eq!(texts.password_prompt().unwrap(), "[mudkeep] Password: ");
    }

    #[test]
    fn an_empty_text_is_silent_and_an_empty_prefix_is_not() {
        let texts = read("gap = \"\"\nprefix = \"\"").unwrap();
        assert_eq!(texts.gap(1), None);
        assert_eq!(texts.replay_end().unwrap(), "End of what you may have missed.");
    }

    #[test]
    fn a_placeholder_can_stand_anywhere_and_often() {
        let texts = read("gap = \"{bytes}{bytes} of } {bytes}\"").unwrap();
        assert_eq!(texts.gap(12).unwrap(), "[mudkeep] 1212 of } 12");
    }

    #[test]
    fn what_is_filled_in_cannot_break_the_line_or_be_filled_again() {
        let texts = read("gap = \"<{bytes}>\"").unwrap();
        assert_eq!(texts.gap("a\r\n\u{1b}\u{e9}{bytes}").unwrap(), "[mudkeep] <a????{bytes}>");
    }

    #[test]
    fn a_text_is_as_long_as_allowed_and_no_longer() {
        for (length, good) in [(199, true), (200, true), (201, false)] {
            assert_eq!(
                read(&format!("gap = \"{}\"", "x".repeat(length))).is_ok(),
                good,
                "{length}"
            );
        }
    }

    #[test]
    fn a_text_that_is_not_plain_is_refused() {
        for text in [r"a\u001bb", r"a\nb", r"\u00e9", r"a\tb", r"\u007f"] {
            assert!(read(&format!("gap = \"{text}\"")).is_err(), "{text}");
        }
    }

    #[test]
    fn a_brace_that_opens_no_placeholder_is_refused() {
        for text in ["{", "{}", "{bytes", "{seconds}", "{ bytes }", "{{bytes}}", "{bytes}{"] {
            assert!(read(&format!("gap = \"{text}\"")).is_err(), "{text}");
        }
    }

    #[test]
    fn every_default_would_be_taken_from_a_file() {
        for info in Texts::INFOS {
            let kind = TextKind(info.placeholders);
            let read = kind.read(&DeValue::String(info.default.into()));
            assert!(read.is_ok(), "{}", info.name);
        }
    }

    #[test]
    fn every_placeholder_stands_in_its_default() {
        for info in Texts::INFOS {
            for name in info.placeholders {
                assert!(info.default.contains(&format!("{{{name}}}")), "{} {name}", info.name);
            }
        }
    }

    #[test]
    fn texts_shown_read_back_as_they_were() {
        let texts = Texts {
            gap: Text("\"{bytes}\" \\ 'lost' \\u0041".into()),
            connected: Text("Hello".into()),
            ..Texts::default()
        };
        let shown = texts.to_string();
        let read = Config::parse("f", &format!("game.address = \"demo\"\n{shown}")).unwrap();
        assert_eq!(read.texts, texts);
        assert!(
            shown.contains("# Unchanged: connected = \"\"\nconnected = \"Hello\"\n"),
            "{shown}"
        );
    }
}
