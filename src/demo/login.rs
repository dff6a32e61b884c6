//! The dialogue with somebody who is not in play: who are you, the password, the menu. Its texts
//! are matched by a login preset, so they stay as they are.

use std::time::Instant;

use super::register::{
    NAME_LETTERS_MAX, NAME_LETTERS_MIN, Name, PASSWORD_BYTES_MIN, PasswordHash, Register,
};
use super::text::clean;
use crate::secret::Line;

/// How often a wrong password is borne.
const TRIES_MAX: u8 = 3;
/// How many lines a dialogue takes before it ends, so that nobody stays at the door.
const LINES_MAX: u8 = 60;

const MENU: &str = "1) play  2) change password  0) leave";

/// What is being asked.
#[derive(Clone, PartialEq, Debug)]
enum Asked {
    Name,
    MakeKnown(Name),
    Choose(Name),
    Again(Name, PasswordHash),
    Password(Name),
    Menu(Name),
    OldPassword(Name),
    NewPassword(Name),
    NewAgain(Name, PasswordHash),
}

/// What comes of a line.
#[derive(PartialEq, Debug)]
pub(super) enum Outcome {
    /// The next question.
    Ask,
    /// The player is known and wants in.
    Enter(Name),
    Close,
}

/// Whom the register must not forget.
pub(super) type Kept<'k> = &'k dyn Fn(&Name) -> bool;

/// One connection's dialogue.
#[derive(Debug)]
pub(super) struct Dialogue {
    asked: Asked,
    tries: u8,
    lines: u8,
}

impl Dialogue {
    pub(super) fn new() -> Dialogue {
        Dialogue { asked: Asked::Name, tries: 0, lines: 0 }
    }

    /// What a player meets who leaves the coast by `quit`.
    pub(super) fn menu(name: Name) -> Dialogue {
        Dialogue { asked: Asked::Menu(name), tries: 0, lines: 0 }
    }

    /// What stands above the first question.
    pub(super) fn heading(&self) -> Option<&'static str> {
        matches!(self.asked, Asked::Menu(_)).then_some(MENU)
    }

    /// The question, and whether its answer is to be hidden.
    pub(super) fn prompt(&self) -> (String, bool) {
        let (prompt, hidden) = match &self.asked {
            Asked::Name => ("By what name are you known? ", false),
            Asked::MakeKnown(name) => {
                return (format!("Shall {name} be made known here? (y/n) "), false);
            }
            Asked::Choose(_) | Asked::NewPassword(_) => ("Choose a password: ", true),
            Asked::Again(..) | Asked::NewAgain(..) => ("Type it again: ", true),
            Asked::Password(_) | Asked::OldPassword(_) => ("Password: ", true),
            Asked::Menu(_) => ("Your choice: ", false),
        };
        (prompt.to_owned(), hidden)
    }

    /// Takes the answer; `say` gets what is to be shown before the next question.
    pub(super) fn line(
        &mut self,
        line: &Line,
        register: &mut Register,
        kept: Kept<'_>,
        now: Instant,
        say: &mut Vec<String>,
    ) -> Outcome {
        self.lines += 1;
        if self.lines >= LINES_MAX {
            say.push("The harbour master has lost patience with you.".to_owned());
            return Outcome::Close;
        }
        match self.asked.clone() {
            Asked::Name => self.name(&clean(line), register, say),
            Asked::MakeKnown(name) => self.make_known(name, &clean(line), say),
            Asked::Choose(name) => match choose(&name, line, register, say) {
                Some(hash) => self.ask(Asked::Again(name, hash)),
                None => Outcome::Ask,
            },
            Asked::Again(name, hash) => {
                if register.hash(&name, line) != hash {
                    say.push("Those were not the same.".to_owned());
                    return self.ask(Asked::Choose(name));
                }
                self.newcomer(name, hash, register, kept, now, say)
            }
            Asked::Password(name) => {
                if register.check(&name, line, now) {
                    return Outcome::Enter(name);
                }
                self.wrong(say)
            }
            Asked::Menu(name) => self.choice(name, &clean(line), say),
            Asked::OldPassword(name) => {
                if register.check(&name, line, now) {
                    return self.ask(Asked::NewPassword(name));
                }
                match self.wrong(say) {
                    Outcome::Ask => self.back_to_menu(name, say),
                    end => end,
                }
            }
            Asked::NewPassword(name) => match choose(&name, line, register, say) {
                Some(hash) => self.ask(Asked::NewAgain(name, hash)),
                None => Outcome::Ask,
            },
            Asked::NewAgain(name, hash) => {
                if register.hash(&name, line) == hash {
                    register.change(&name, hash);
                    say.push("The password is changed.".to_owned());
                } else {
                    say.push("Those were not the same. The password is as it was.".to_owned());
                }
                self.back_to_menu(name, say)
            }
        }
    }

    fn ask(&mut self, asked: Asked) -> Outcome {
        self.asked = asked;
        Outcome::Ask
    }

    fn name(&mut self, typed: &str, register: &Register, say: &mut Vec<String>) -> Outcome {
        if typed.eq_ignore_ascii_case("quit") {
            say.push("Fair winds.".to_owned());
            return Outcome::Close;
        }
        match Name::parse(typed) {
            Some(name) if register.knows(&name) => self.ask(Asked::Password(name)),
            Some(name) => self.ask(Asked::MakeKnown(name)),
            None => {
                let (min, max) = (NAME_LETTERS_MIN, NAME_LETTERS_MAX);
                say.push(format!("A name here is {min} to {max} letters, and no command."));
                Outcome::Ask
            }
        }
    }

    fn make_known(&mut self, name: Name, typed: &str, say: &mut Vec<String>) -> Outcome {
        match typed.to_ascii_lowercase().as_str() {
            "y" | "yes" => self.ask(Asked::Choose(name)),
            "n" | "no" => self.ask(Asked::Name),
            _ => {
                say.push("Please answer y or n.".to_owned());
                Outcome::Ask
            }
        }
    }

    fn newcomer(
        &mut self,
        name: Name,
        hash: PasswordHash,
        register: &mut Register,
        kept: Kept<'_>,
        now: Instant,
        say: &mut Vec<String>,
    ) -> Outcome {
        if register.knows(&name) {
            say.push(format!("Somebody else has just been made known as {name}."));
            return self.ask(Asked::Name);
        }
        if !register.add(&name, hash, now, kept) {
            say.push("The register is full tonight. Come back another day.".to_owned());
            return Outcome::Close;
        }
        Outcome::Enter(name)
    }

    fn wrong(&mut self, say: &mut Vec<String>) -> Outcome {
        say.push("That is not the password.".to_owned());
        self.tries += 1;
        if self.tries >= TRIES_MAX { Outcome::Close } else { Outcome::Ask }
    }

    fn choice(&mut self, name: Name, typed: &str, say: &mut Vec<String>) -> Outcome {
        match typed {
            "1" => Outcome::Enter(name),
            "2" => self.ask(Asked::OldPassword(name)),
            "0" => {
                say.push(format!("Fair winds, {name}."));
                Outcome::Close
            }
            _ => self.back_to_menu(name, say),
        }
    }

    fn back_to_menu(&mut self, name: Name, say: &mut Vec<String>) -> Outcome {
        say.push(MENU.to_owned());
        self.ask(Asked::Menu(name))
    }
}

fn choose(
    name: &Name,
    line: &Line,
    register: &Register,
    say: &mut Vec<String>,
) -> Option<PasswordHash> {
    if line.len() < PASSWORD_BYTES_MIN {
        say.push(format!("At least {PASSWORD_BYTES_MIN} characters, please."));
        return None;
    }
    Some(register.hash(name, line))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dialogue and its register; `say` returns what was said, the next prompt, the outcome.
    struct Door {
        dialogue: Dialogue,
        register: Register,
        now: Instant,
    }

    impl Door {
        #[expect(clippy::disallowed_methods, reason = "any instant will do to count from")]
        fn new() -> Door {
            let mut register = Register::new([1; 32], 10);
            let now = Instant::now();
            let alice = Name::parse("alice").unwrap();
            let hash = register.hash(&alice, b"sekrit");
            register.add(&alice, hash, now, |_| false);
            Door { dialogue: Dialogue::new(), register, now }
        }

        fn say(&mut self, line: &str) -> (String, String, Outcome) {
            let mut said = Vec::new();
            let line = Line::from(line);
            let outcome =
                self.dialogue.line(&line, &mut self.register, &|_| false, self.now, &mut said);
            (said.join("|"), self.dialogue.prompt().0, outcome)
        }

        /// The prompt after these lines.
        fn after(&mut self, lines: &[&str]) -> String {
            lines.iter().for_each(|line| drop(self.say(line)));
            self.dialogue.prompt().0
        }
    }

    fn alice() -> Name {
        Name::parse("alice").unwrap()
    }

    #[test]
    fn somebody_known_gives_the_password() {
        let mut door = Door::new();
        assert_eq!(door.dialogue.prompt(), ("By what name are you known? ".to_owned(), false));
        assert_eq!(door.after(&["ALICE"]), "Password: ");
        assert!(door.dialogue.prompt().1);
        assert_eq!(door.say("sekrit").2, Outcome::Enter(alice()));
    }

    #[test]
    fn the_third_wrong_password_is_the_last() {
        let mut door = Door::new();
        door.say("alice");
        for _ in 0..2 {
            let (said, prompt, outcome) = door.say("wrong");
            assert_eq!(said, "That is not the password.");
            assert_eq!((&*prompt, outcome), ("Password: ", Outcome::Ask));
        }
        assert_eq!(door.say("wrong").2, Outcome::Close);
    }

    #[test]
    fn a_newcomer_chooses_a_password_and_types_it_again() {
        let mut door = Door::new();
        assert_eq!(door.after(&["bob"]), "Shall Bob be made known here? (y/n) ");
        assert_eq!(door.say("perhaps").0, "Please answer y or n.");
        assert_eq!(door.after(&["y"]), "Choose a password: ");
        assert_eq!(door.say("ab").0, "At least 3 characters, please.");
        assert_eq!(door.after(&["abc"]), "Type it again: ");
        assert_eq!(door.say("abd").0, "Those were not the same.");
        assert_eq!(door.after(&["abc"]), "Type it again: ");
        assert_eq!(door.say("abc").2, Outcome::Enter(Name::parse("bob").unwrap()));
        assert!(door.register.knows(&Name::parse("bob").unwrap()));
    }

    #[test]
    fn two_newcomers_of_one_name_are_one() {
        let mut door = Door::new();
        door.after(&["bob", "y", "abc"]);
        let mut other = std::mem::replace(&mut door.dialogue, Dialogue::new());
        door.after(&["bob", "y", "xyz", "xyz"]);
        std::mem::swap(&mut door.dialogue, &mut other);
        let (said, prompt, outcome) = door.say("abc");
        assert!(said.starts_with("Somebody else"));
        assert_eq!((&*prompt, outcome), ("By what name are you known? ", Outcome::Ask));
    }

    #[test]
    fn nobody_is_made_known_who_says_no() {
        let mut door = Door::new();
        assert_eq!(door.after(&["bob", "n"]), "By what name are you known? ");
        assert_eq!(door.say("b").0, "A name here is 2 to 16 letters, and no command.");
        assert_eq!(door.say("quit").2, Outcome::Close);
    }

    #[test]
    fn the_menu_plays_changes_the_password_and_leaves() {
        let mut door = Door::new();
        door.dialogue = Dialogue::menu(alice());
        assert_eq!(door.dialogue.heading(), Some(MENU));
        assert_eq!(door.after(&["9"]), "Your choice: ");
        assert_eq!(door.after(&["2"]), "Password: ");
        assert_eq!(door.say("wrong").0, format!("That is not the password.|{MENU}"));
        assert_eq!(door.after(&["2", "sekrit"]), "Choose a password: ");
        assert_eq!(door.after(&["new"]), "Type it again: ");
        assert_eq!(door.say("new").0, format!("The password is changed.|{MENU}"));
        assert!(door.register.check(&alice(), b"new", door.now));
        assert_eq!(door.say("1").2, Outcome::Enter(alice()));
        door.dialogue = Dialogue::menu(alice());
        let (said, _, outcome) = door.say("0");
        assert_eq!((&*said, outcome), ("Fair winds, Alice.", Outcome::Close));
    }

    #[test]
    fn nobody_talks_at_the_door_for_ever() {
        let mut door = Door::new();
        let patience = (1..).find(|_| door.say("x").2 == Outcome::Close);
        assert_eq!(patience, Some(usize::from(LINES_MAX)));
    }
}
