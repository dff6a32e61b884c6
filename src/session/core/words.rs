//! The words that a player can type to mudkeep at a game's login prompt. None reaches the game.

use crate::ids::TokenGeneration;
use crate::login::LineRole;
use crate::secret::Line;
use crate::session::token::ResumeToken;
use crate::telnet::{gmcp, option};

/// A word at the login prompt.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Word {
    /// `resume TOKEN`: take me to the session of this token.
    Resume(Line),
    /// `replay N`: show me this many lines when I am back.
    Replay(usize),
    /// `token`: print my token this time.
    Token,
    /// `release`: with my password, end my held session.
    Release,
}

impl Word {
    /// The word in a line, unless the game has just asked for something that such a line may answer.
    #[must_use]
    pub fn parse(line: &[u8], role: &LineRole) -> Option<Word> {
        match role {
            LineRole::Password { .. }
            | LineRole::Answer
            | LineRole::Command { .. }
            | LineRole::Guest => None,
            LineRole::Name { .. } | LineRole::Other => Word::from_line(line),
        }
    }

    /// The way back in a line outside of a login that is known: only what is a token in its form, so
    /// that no command of the game is taken for it.
    #[must_use]
    pub fn resume_with_token(line: &[u8]) -> Option<Line> {
        let is_token = |text: &Line| {
            std::str::from_utf8(text).is_ok_and(|text| text.parse::<ResumeToken>().is_ok())
        };
        match Word::from_line(line)? {
            Word::Resume(text) => Some(text).filter(is_token),
            Word::Replay(_) | Word::Token | Word::Release => None,
        }
    }

    fn from_line(line: &[u8]) -> Option<Word> {
        let line = line.trim_ascii();
        let (word, rest) = match line.iter().position(u8::is_ascii_whitespace) {
            Some(at) => (&line[..at], line[at..].trim_ascii()),
            None => (line, &b""[..]),
        };
        match (word.to_ascii_lowercase().as_slice(), rest.is_empty()) {
            (b"resume", false) => Some(Word::Resume(Line::from(rest))),
            (b"replay", false) => Some(Word::Replay(std::str::from_utf8(rest).ok()?.parse().ok()?)),
            (b"token", true) => Some(Word::Token),
            (b"release", true) => Some(Word::Release),
            _ => None,
        }
    }
}

/// The token in a GMCP message `Char.Login.Reconnect {"account": ..., "token": ...}`: a program's
/// way to say `resume`.
#[must_use]
pub(super) fn reconnect(option: u8, payload: &[u8]) -> Option<Line> {
    let (package, data) = gmcp::split(payload);
    if option != option::GMCP || !package.eq_ignore_ascii_case(b"Char.Login.Reconnect") {
        return None;
    }
    let data: serde_json::Value = serde_json::from_slice(data).unwrap_or_default();
    Some(Line::from(data.get("token").and_then(|token| token.as_str()).unwrap_or_default()))
}

/// What a program says of its token by GMCP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OfToken {
    /// `Mudkeep.Token.Refresh`: it wants a new one, while it is connected.
    Refresh,
    /// `Mudkeep.Token.Ack {"generation": N}`: it has the one of this generation.
    Ack(TokenGeneration),
}

impl OfToken {
    /// None of these reaches the game, also where it makes no sense.
    #[must_use]
    pub(super) fn parse(option: u8, payload: &[u8]) -> Option<Option<OfToken>> {
        let (package, data) = gmcp::split(payload);
        if option != option::GMCP {
            return None;
        }
        match package.to_ascii_lowercase().as_slice() {
            b"mudkeep.token.refresh" => Some(Some(OfToken::Refresh)),
            b"mudkeep.token.ack" => {
                let data: serde_json::Value = serde_json::from_slice(data).unwrap_or_default();
                let generation = data.get("generation").and_then(serde_json::Value::as_u64);
                Some(generation.map(|generation| OfToken::Ack(TokenGeneration(generation))))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_resumes_by_gmcp() {
        let said = |text: &str| reconnect(option::GMCP, text.as_bytes());
        let message = r#"char.login.reconnect {"account":"a","token":"abc"}"#;
        assert_eq!(said(message), Some("abc".into()));
        assert_eq!(said("Char.Login.Reconnect nonsense"), Some("".into()));
        assert_eq!(said("Char.Login.Credentials {}"), None);
        assert_eq!(reconnect(option::MSDP, message.as_bytes()), None);
    }

    #[test]
    fn a_program_speaks_of_its_token_by_gmcp() {
        let said = |text: &str| OfToken::parse(option::GMCP, text.as_bytes());
        assert_eq!(said("Mudkeep.Token.Refresh"), Some(Some(OfToken::Refresh)));
        let ack = Some(Some(OfToken::Ack(TokenGeneration(7))));
        assert_eq!(said(r#"mudkeep.token.ack {"generation":7}"#), ack);
        for nonsense in ["", " 7", r#" {"generation":-1}"#, r#" {"generation":"7"}"#, " {"] {
            assert_eq!(said(&format!("Mudkeep.Token.Ack{nonsense}")), Some(None), "{nonsense}");
        }
        assert_eq!(said("Mudkeep.Tokens"), None);
        assert_eq!(OfToken::parse(option::MSDP, b"Mudkeep.Token.Refresh"), None);
    }

    fn word(line: &str) -> Option<Word> {
        Word::parse(line.as_bytes(), &LineRole::Other)
    }

    #[test]
    fn the_four_words_are_understood_in_any_case_and_with_spaces() {
        assert_eq!(word("resume abc.def"), Some(Word::Resume("abc.def".into())));
        assert_eq!(word(" Resume   abc.def "), Some(Word::Resume("abc.def".into())));
        assert_eq!(word("replay 50"), Some(Word::Replay(50)));
        assert_eq!(word("TOKEN"), Some(Word::Token));
        assert_eq!(word("release"), Some(Word::Release));
    }

    #[test]
    fn what_is_not_a_word_goes_to_the_game() {
        for line in ["", "resume", "replay", "replay x", "replay -1", "token now", "release me"] {
            assert_eq!(word(line), None, "{line}");
        }
        assert_eq!(word("replay 99999999999999999999999"), None);
    }

    #[test]
    fn the_first_line_of_an_unknown_game_is_a_word_only_with_a_token() {
        let token = format!("{}.{}", uuid::Uuid::nil(), "a".repeat(32));
        let line = format!("resume {token}");
        assert_eq!(Word::resume_with_token(line.as_bytes()), Some(token.as_str().into()));
        for line in ["resume", "resume alice", "token", "release", "replay 5", "look"] {
            assert_eq!(Word::resume_with_token(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn a_password_is_never_taken_for_a_word() {
        let password = LineRole::Password { user: None, name: None, new: false };
        assert_eq!(Word::parse(b"token", &password), None);
        assert_eq!(Word::parse(b"release", &LineRole::Answer), None);
    }
}
