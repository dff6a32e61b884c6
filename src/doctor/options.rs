//! Telnet options in words: what each is called, what it is for, and why mudkeep answers as it does.

use super::heard::Wish;
use crate::telnet::command::Verb;
use crate::telnet::option::{self, OptionSet};

/// Options that mudkeep agrees to where the player's client does.
const AS_CLIENT: OptionSet = OptionSet::of(&[option::MXP, option::MSP, option::ATCP]);

/// The name of an option, and what it is for.
pub(super) fn name(option: u8) -> (&'static str, &'static str) {
    match option {
        option::BINARY => ("BINARY", "eight bits without change"),
        option::ECHO => ("ECHO", "hiding passwords"),
        option::SGA => ("SGA", "no mark after each text"),
        option::STATUS => ("STATUS", "a list of options"),
        option::TIMING_MARK => ("TIMING-MARK", "a sign that all was read"),
        option::TTYPE => ("TTYPE", "the client's name and abilities"),
        option::EOR => ("EOR", "marks at prompts"),
        option::NAWS => ("NAWS", "the size of the window"),
        option::LINEMODE => ("LINEMODE", "editing at the client's side"),
        option::NEW_ENVIRON => ("NEW-ENVIRON", "variables of the client"),
        option::CHARSET => ("CHARSET", "which charset is spoken"),
        option::MSDP => ("MSDP", "variables of the game"),
        option::MSSP => ("MSSP", "facts for lists of games"),
        option::MCCP1 => ("MCCP1", "compression"),
        option::MCCP2 => ("MCCP2", "compression"),
        option::MCCP3 => ("MCCP3", "compression of what is typed"),
        option::MSP => ("MSP", "sounds"),
        option::MXP => ("MXP", "markup in the text"),
        option::ZMP => ("ZMP", "messages beside the text"),
        option::ATCP => ("ATCP", "messages beside the text, the forerunner of GMCP"),
        option::GMCP => ("GMCP", "messages beside the text"),
        _ => ("an option without a name here", "unknown"),
    }
}

/// What mudkeep does about a wish.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    Agreed,
    Refused,
    /// As the client of each player wishes.
    AsClient,
    /// `game.telnet` forbids to answer.
    Unanswered,
}

impl Answer {
    pub(super) fn new(option: u8, said: Option<Verb>) -> Answer {
        match said {
            Some(Verb::Do | Verb::Will) => Answer::Agreed,
            Some(Verb::Dont | Verb::Wont) | None if AS_CLIENT.contains(option) => Answer::AsClient,
            Some(Verb::Dont | Verb::Wont) => Answer::Refused,
            None => Answer::Unanswered,
        }
    }

    /// For programs.
    pub(super) fn word(self) -> &'static str {
        match self {
            Answer::Agreed => "agreed",
            Answer::Refused => "refused",
            Answer::AsClient => "as_client",
            Answer::Unanswered => "unanswered",
        }
    }
}

/// A wish and its answer, as a sentence.
pub(super) fn sentence(wish: Wish, option: u8, answer: Answer) -> String {
    let (name, use_) = name(option);
    let wish = match wish {
        Wish::Offered => "offers",
        Wish::AskedFor => "asks for",
    };
    let answer = match answer {
        Answer::Agreed => "mudkeep agrees",
        Answer::Refused => "mudkeep refuses",
        Answer::AsClient => "mudkeep agrees where the player's client does",
        Answer::Unanswered => "mudkeep does not answer (game.telnet)",
    };
    format!("It {wish} {name} ({option}; {use_}): {answer}{}.", reason(option))
}

fn reason(option: u8) -> &'static str {
    match option {
        option::MCCP1 | option::MCCP2 | option::MCCP3 => {
            ", because a compressed stream cannot be held for a player who is away"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wish_is_told_by_name_with_its_answer() {
        let told = |option, said| sentence(Wish::Offered, option, Answer::new(option, said));
        assert_eq!(
            told(option::GMCP, Some(Verb::Do)),
            "It offers GMCP (201; messages beside the text): mudkeep agrees."
        );
        assert_eq!(
            told(option::MCCP2, Some(Verb::Dont)),
            "It offers MCCP2 (86; compression): mudkeep refuses, because a compressed stream \
             cannot be held for a player who is away."
        );
        assert!(told(option::MXP, Some(Verb::Dont)).contains("where the player's client does"));
        assert!(told(option::MXP, None).contains("where the player's client does"));
        assert!(told(99, Some(Verb::Dont)).contains("without a name here (99; unknown)"));
        let unanswered = sentence(Wish::AskedFor, option::NAWS, Answer::new(option::NAWS, None));
        assert!(unanswered.starts_with("It asks for NAWS") && unanswered.contains("game.telnet"));
    }

    #[test]
    fn no_two_options_have_one_name() {
        let named: Vec<&str> =
            (0..=u8::MAX).map(|n| name(n).0).filter(|n| !n.contains(' ')).collect();
        let different: std::collections::BTreeSet<_> = named.iter().collect();
        assert_eq!((named.len(), different.len()), (21, 21));
    }
}
