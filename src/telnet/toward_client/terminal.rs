//! Asking a client what terminal it is, by TTYPE as MUD clients answer it (MTTS): the client's name,
//! then its terminal, then what it can do. Ordinary telnet programs have one answer only.

use crate::telnet::client_info::{ClientInfo, Label, Mtts};
use crate::telnet::encode::TERMINAL_IS;

/// How often a client is asked at most: three answers, and the repetition that ends the list.
const QUESTIONS_MAX: u8 = 4;

/// How far the asking has come.
#[derive(Debug, Default)]
pub(super) struct Asking {
    /// Questions asked. None is open if it is 0 or `done`.
    asked: u8,
    /// The last answer.
    last: Option<Label>,
    done: bool,
}

/// What follows from an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// Ask again.
    Ask,
    /// The client has said everything.
    Done,
    /// Nothing: it was no answer.
    Nothing,
}

impl Asking {
    /// The first question goes out.
    pub(super) fn start(&mut self) {
        *self = Asking { asked: 1, ..Asking::default() };
    }

    /// Takes an answer into account.
    pub(super) fn answer(&mut self, payload: &[u8], info: &mut ClientInfo) -> Next {
        let Some((&TERMINAL_IS, said)) = payload.split_first() else { return Next::Nothing };
        if self.asked == 0 || self.done {
            return Next::Nothing;
        }
        self.done = self.learn(said, info) || self.asked == QUESTIONS_MAX;
        if self.done {
            return Next::Done;
        }
        self.asked += 1;
        Next::Ask
    }

    /// True if this answer is the last that says something new.
    fn learn(&mut self, said: &[u8], info: &mut ClientInfo) -> bool {
        if let Some(mtts) = mtts(said) {
            info.mtts = Some(mtts);
            return true;
        }
        let Some(label) = Label::new(said) else { return true };
        let repeated = self.last.as_ref().is_some_and(|last| last.is_like(&label));
        match self.asked {
            _ if repeated => {}
            1 => info.terminal_type = Some(label.clone()),
            // More than one answer: the first was the client's name.
            2 => {
                info.name = self.last.take();
                info.terminal_type = Some(label.clone());
            }
            _ => {}
        }
        self.last = Some(label);
        repeated
    }
}

/// The number in `MTTS 2349`.
pub(super) fn mtts(said: &[u8]) -> Option<Mtts> {
    let (word, number) = said.split_at_checked(5)?;
    let number = word.eq_ignore_ascii_case(b"MTTS ").then_some(number)?;
    std::str::from_utf8(number).ok()?.trim().parse().ok().map(Mtts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(answers: &[&str]) -> (ClientInfo, usize) {
        let mut asking = Asking::default();
        let mut info = ClientInfo::default();
        asking.start();
        let mut used = 0;
        for answer in answers.iter().cycle() {
            used += 1;
            let payload = [&[TERMINAL_IS], answer.as_bytes()].concat();
            match asking.answer(&payload, &mut info) {
                Next::Ask => {}
                Next::Done => break,
                Next::Nothing => panic!(),
            }
        }
        assert_eq!(asking.answer(b"\0MORE", &mut info), Next::Nothing);
        (info, used)
    }

    fn label(text: &str) -> Option<Label> {
        Label::new(text.as_bytes())
    }

    #[test]
    fn a_mud_client_says_name_terminal_and_abilities() {
        let (info, asked) = told(&["MUDLET", "ANSI-TRUECOLOR", "MTTS 2349"]);
        assert_eq!((info.name, info.terminal_type), (label("MUDLET"), label("ANSI-TRUECOLOR")));
        assert_eq!((info.mtts, asked), (Some(Mtts(2349)), 3));
    }

    #[test]
    fn a_telnet_program_repeats_its_one_terminal() {
        let (info, asked) = told(&["XTERM-256COLOR"]);
        assert_eq!((info.name, info.terminal_type), (None, label("XTERM-256COLOR")));
        assert_eq!((info.mtts, asked), (None, 2));
    }

    #[test]
    fn a_client_that_gives_its_abilities_at_once_is_asked_once() {
        let (info, asked) = told(&["MTTS 137"]);
        assert_eq!((info.name, info.terminal_type), (None, None));
        assert_eq!((info.mtts, asked), (Some(Mtts(137)), 1));
    }

    #[test]
    fn no_client_is_asked_more_than_four_times() {
        let (info, asked) = told(&["a", "b", "c", "d", "e"]);
        assert_eq!((info.name, info.terminal_type), (label("a"), label("b")));
        assert_eq!(asked, 4);
        assert_eq!(told(&[""]).1, 1);
    }

    #[test]
    fn what_was_not_asked_is_not_heard() {
        let mut info = ClientInfo::default();
        assert_eq!(Asking::default().answer(b"\0X", &mut info), Next::Nothing);
        let mut asking = Asking::default();
        asking.start();
        assert_eq!(asking.answer(b"\x01", &mut info), Next::Nothing);
        assert_eq!(asking.answer(b"", &mut info), Next::Nothing);
        assert_eq!(info, ClientInfo::default());
    }

    #[test]
    fn abilities_are_a_number() {
        assert_eq!(mtts(b"mtts 12"), Some(Mtts(12)));
        for said in [&b"MTTS"[..], b"MTTS ", b"MTTS x", b"MTTS 65536", b"MTTS -1", b"MTTX 1", b""] {
            assert_eq!(mtts(said), None);
        }
    }
}
