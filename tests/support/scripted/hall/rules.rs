//! Which rule fits a line.

use super::{Conn, Hall, Heard};
use crate::support::scripted::script::{When, Who};

impl Hall {
    pub(super) fn line(&mut self, id: usize, line: &str) {
        let conn = &mut self.conns[id];
        let player = if conn.playing { conn.record.player.clone() } else { None };
        conn.record.lines.push(Heard { player, line: line.to_owned() });
        conn.typed = line.to_owned();
        let line = line.trim();
        let state = conn.state;
        let rules = self.script.rules.iter().flat_map(|rules| rules.iter());
        for rule in rules.filter(|rule| rule.state == state) {
            if self.fits(id, rule.when, line) {
                return self.run(id, rule.acts);
            }
        }
        panic!("no rule for {line:?} in {state:?}");
    }

    fn fits(&mut self, id: usize, when: When, line: &str) -> bool {
        let lower = line.to_lowercase();
        match when {
            When::Any => true,
            When::Empty => line.is_empty(),
            When::Is(word) => lower == word,
            When::Starts(word) => lower.starts_with(word),
            When::Shorter(length) => line.len() < length,
            When::Differs => self.conns[id].remembered != line,
            When::Name(who) => {
                self.conns[id].candidate = Some(self.fold(line));
                self.holds(id, who, line, "")
            }
            When::Password(who @ (Who::Wrong | Who::WrongTimes(_))) => {
                self.holds(id, who, "", line)
            }
            When::Password(who) => self.right(id, line) && self.holds(id, who, "", line),
            When::Command(verb, who) => match command(line) {
                Some((first, name, Some(password))) if first.starts_with(verb) => {
                    self.conns[id].candidate = Some(self.fold(&name));
                    self.conns[id].password.clone_from(&password);
                    self.holds(id, who, &name, &password)
                }
                _ => false,
            },
            When::Bare(verb, who) => match command(line) {
                Some((first, name, None)) if first.starts_with(verb) => {
                    self.conns[id].candidate = Some(self.fold(&name));
                    self.holds(id, who, &name, "")
                }
                _ => false,
            },
            When::Change(verb, right) => self.changes(id, verb, right, line),
        }
    }

    fn changes(&mut self, id: usize, verb: &str, right: bool, line: &str) -> bool {
        let Some((first, rest)) = line.split_once(' ') else { return false };
        let Some((old, new)) = rest.split_once(['=', ' ']) else { return false };
        if first.to_lowercase() != verb || (self.right(id, old.trim())) != right {
            return false;
        }
        self.conns[id].remembered = new.trim().to_owned();
        true
    }

    fn right(&self, id: usize, password: &str) -> bool {
        let key = self.conns[id].candidate.as_deref().unwrap_or_default();
        self.accounts.get(key).is_some_and(|account| account.password == password)
    }

    fn holds(&mut self, id: usize, who: Who, typed: &str, password: &str) -> bool {
        let key = self.conns[id].candidate.clone().unwrap_or_default();
        let others = || {
            self.conns.iter().enumerate().filter(|(other, _)| *other != id).map(|(_, conn)| conn)
        };
        let named = |conn: &Conn| conn.candidate.as_deref() == Some(&*key);
        match who {
            Who::Anybody => true,
            Who::Bad => self.bad(&key, typed),
            Who::New => !self.accounts.contains_key(&key),
            Who::Known => self.accounts.contains_key(&key),
            Who::Guest => typed.trim().eq_ignore_ascii_case("guest") || key == "guest",
            Who::GuestPlays => key == "guest" && others().any(|conn| conn.plays(&key)),
            Who::Wrong => self.fails(id, password, None),
            Who::WrongTimes(times) => self.fails(id, password, Some(times)),
            Who::Plays => others().any(|conn| conn.plays(&key)),
            Who::Waits => others().any(|conn| named(conn) && conn.accepted && !conn.playing),
            Who::Named => others().any(|conn| named(conn) && !conn.playing),
            Who::LinkDead => self.link_dead(&key),
        }
    }

    fn fails(&mut self, id: usize, password: &str, times: Option<u32>) -> bool {
        if self.right(id, password) {
            return false;
        }
        let failures = &mut self.conns[id].failures;
        match times {
            Some(times) => *failures + 1 >= times,
            None => {
                *failures += 1;
                true
            }
        }
    }

    fn bad(&self, key: &str, typed: &str) -> bool {
        let names = &self.script.names;
        let capitals = typed
            .as_bytes()
            .windows(2)
            .any(|w| w[0].is_ascii_uppercase() && w[1].is_ascii_uppercase());
        !(names.min..=names.max).contains(&key.len())
            || !key.bytes().all(|byte| byte.is_ascii_alphabetic())
            || (capitals && !names.adjacent_capitals)
    }
}

/// First word in lower case, name (maybe in quotes), password.
fn command(line: &str) -> Option<(String, String, Option<String>)> {
    let (verb, rest) = line.split_once(' ')?;
    let rest = rest.trim();
    let (name, rest) = match rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some((name, rest)) => (name, rest),
        None => rest.split_once(' ').unwrap_or((rest, "")),
    };
    let password = Some(rest.trim()).filter(|password| !password.is_empty());
    (!name.is_empty()).then(|| (verb.to_lowercase(), name.to_owned(), password.map(str::to_owned)))
}
