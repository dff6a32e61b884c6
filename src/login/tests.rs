//! Whole dialogues against every preset. A [`Talk`] is what a game says first and what it answers to
//! each line; it is played at a person's pace, with everything typed ahead, and cut at every byte,
//! and has to come to the same each time.

mod attacks;
mod bans;
mod failures;
mod families;
mod hostile;
mod timing;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::*;

/// What the game says first, and what it answers to each line.
pub(super) type Talk<'a> = (&'a str, &'a [(&'a str, &'a str)]);

/// How the game's bytes and the player's lines come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// A person, who reads and types.
    Person,
    /// Everything in one packet, after the first screen.
    Ahead,
    /// Everything in one packet, before the game says anything.
    Blind,
}

/// A dialogue being played, with what has come of it.
pub(super) struct Play {
    pub(super) dialogue: Dialogue,
    pub(super) now: Instant,
    pub(super) log: Vec<String>,
    /// Lines that the dialogue let go, not yet answered.
    pub(super) gone: VecDeque<String>,
}

pub(super) const QUIET: Duration = Duration::from_millis(150);

#[allow(clippy::disallowed_methods)]
fn epoch() -> Instant {
    Instant::now()
}

pub(super) fn preset(name: &str) -> Arc<Preset> {
    let why = || Preset::build(name, PresetData::named(name).unwrap(), &RuleOverrides::default());
    Preset::named(name).unwrap_or_else(|| panic!("preset {name}: {}", why().unwrap_err()))
}

impl Play {
    pub(super) fn new(name: &str) -> Play {
        Play::with(Dialogue::new(preset(name), DialogueLimits::default(), epoch()))
    }

    pub(super) fn with(dialogue: Dialogue) -> Play {
        Play { dialogue, now: epoch(), log: Vec::new(), gone: VecDeque::new() }
    }

    pub(super) fn auto() -> Play {
        Play::with(Dialogue::auto(DialogueLimits::default(), epoch()))
    }

    /// The player types a line.
    pub(super) fn types(&mut self, line: &str) -> &mut Play {
        self.dialogue.client_line(self.now, Line::from(line)).unwrap();
        self.look()
    }

    fn types_all(&mut self, answers: &[(&str, &str)]) {
        for (line, _) in answers {
            self.types(line);
        }
    }

    /// The game says something.
    pub(super) fn says(&mut self, text: &str) -> &mut Play {
        self.dialogue.game_text(self.now, text.as_bytes());
        self.look()
    }

    pub(super) fn marks(&mut self) -> &mut Play {
        self.dialogue.game_prompt(self.now);
        self.look()
    }

    pub(super) fn gmcp(&mut self, payload: &str) -> &mut Play {
        self.dialogue.game_out_of_band(self.now, 201, payload.as_bytes());
        self.look()
    }

    /// Time passes; whoever asked to be woken is.
    pub(super) fn waits(&mut self, time: Duration) -> &mut Play {
        let until = self.now + time;
        while let Some(deadline) = self.dialogue.deadline().filter(|deadline| *deadline <= until) {
            self.now = self.now.max(deadline);
            self.dialogue.tick(self.now);
            self.look();
        }
        self.now = until;
        self.dialogue.tick(self.now);
        self.look()
    }

    /// Polls, and sends every line that comes.
    pub(super) fn look(&mut self) -> &mut Play {
        while let Some(step) = self.dialogue.poll() {
            self.log.push(written(&step));
            if let Step::Line { line, .. } = step {
                self.gone.push_back(String::from_utf8_lossy(&line).into_owned());
                self.dialogue.sent(self.now);
            }
        }
        self
    }

    pub(super) fn accepted(&self) -> Option<&str> {
        self.log.iter().find_map(|entry| entry.strip_prefix("accepted "))
    }

    pub(super) fn has(&self, entry: &str) -> bool {
        self.log.iter().any(|known| known == entry)
    }
}

/// One step, for the tables.
fn written(step: &Step) -> String {
    match step {
        Step::Line { line, role } => {
            format!("{} = {}", String::from_utf8_lossy(line), written_role(role))
        }
        Step::Event(event) => written_event(event),
        Step::Probe { payload, .. } => format!("probe {}", String::from_utf8_lossy(payload)),
        Step::Chosen(preset) => format!("chosen {}", preset.name()),
        Step::Transparent(why) => format!("transparent {why:?}"),
        Step::Suspect => "suspect".to_owned(),
    }
}

fn written_role(role: &LineRole) -> String {
    match role {
        LineRole::Name { user, .. } => format!("name {}", user.0),
        LineRole::Password { user, new, .. } => {
            let user = user.as_ref().map_or("?", |user| &user.0);
            format!("{} {user}", if *new { "new password" } else { "password" })
        }
        LineRole::Command { user, password, new, .. } => {
            let user = user.as_ref().map_or("?", |user| &user.0);
            let verb = if *new { "create" } else { "connect" };
            format!("{verb} {user}{}", if password.is_some() { " with password" } else { "" })
        }
        LineRole::Guest => "guest".to_owned(),
        LineRole::Answer => "answer".to_owned(),
        LineRole::Other => "other".to_owned(),
    }
}

fn written_event(event: &LoginEvent) -> String {
    match event {
        LoginEvent::Named { user, .. } => format!("named {}", user.0),
        LoginEvent::Accepted { user, login, stated } => {
            let how = if *stated { "stated" } else { "typed" };
            format!("accepted {} as {} by {how}", user.key.0, login.0)
        }
        LoginEvent::Asked { answer } => format!("asked {answer}"),
        LoginEvent::Making(Making { user }) => {
            format!("making {}", user.as_ref().map_or("?", |user| &user.0))
        }
        LoginEvent::Refused => "refused".to_owned(),
        LoginEvent::Taken => "taken".to_owned(),
        LoginEvent::Menu => "menu".to_owned(),
        LoginEvent::Entered => "entered".to_owned(),
        LoginEvent::Became { user } => format!("became {}", user.key.0),
        LoginEvent::Left => "left".to_owned(),
    }
}

/// Text is cut into pieces that end at these places.
pub(super) fn pieces(text: &str, cut: impl Fn(usize) -> bool) -> Vec<Vec<u8>> {
    let mut pieces = vec![Vec::new()];
    for (place, byte) in text.bytes().enumerate() {
        if place > 0 && cut(place) {
            pieces.push(Vec::new());
        }
        pieces.last_mut().unwrap().push(byte);
    }
    pieces
}

/// Plays a talk and returns what came of it. `\u{1}` in the game's text marks a prompt (GA).
pub(super) fn play(
    name: &str,
    talk: Talk<'_>,
    pace: Pace,
    cut: impl Fn(usize) -> bool,
) -> Vec<String> {
    let (greeting, answers) = talk;
    let mut play = Play::new(name);
    if pace == Pace::Blind {
        play.types_all(answers);
    }
    play.waits(Duration::from_millis(20));
    speak(&mut play, greeting, &cut);
    if pace == Pace::Ahead {
        play.types_all(answers);
    }
    for (line, answer) in answers {
        if pace == Pace::Person {
            play.waits(Duration::from_secs(3));
            play.types(line);
        }
        play.waits(Duration::from_secs(1));
        let gone = play.gone.pop_front();
        if play.dialogue.deadline().is_none() && gone.is_none() {
            break;
        }
        assert_eq!(gone.as_deref(), Some(*line), "{name}: {:#?}", play.log);
        speak(&mut play, answer, &cut);
    }
    play.waits(Duration::from_secs(1));
    // Whoever has typed the password is asked for nothing more.
    play.log.retain(|entry| !entry.starts_with("making "));
    play.log
}

fn speak(play: &mut Play, text: &str, cut: &impl Fn(usize) -> bool) {
    for (nth, part) in text.split('\u{1}').enumerate() {
        if nth > 0 {
            play.dialogue.game_prompt(play.now);
        }
        for piece in pieces(part, cut) {
            play.dialogue.game_text(play.now, &piece);
        }
    }
    play.look();
}

/// Plays a talk in all ways and says what came of it, which has to be the same.
pub(super) fn outcome(name: &str, talk: Talk<'_>) -> Vec<String> {
    let expected = play(name, talk, Pace::Person, |_| false);
    for pace in [Pace::Ahead, Pace::Blind] {
        assert_eq!(play(name, talk, pace, |_| false), expected, "{name}, {pace:?}");
    }
    assert_eq!(play(name, talk, Pace::Ahead, |_| true), expected, "{name}, byte by byte");
    let longest = talk.1.iter().map(|(_, answer)| answer.len()).max().unwrap_or(0);
    for cut in 1..longest.max(talk.0.len()) {
        let played = play(name, talk, Pace::Person, |place| place == cut);
        assert_eq!(played, expected, "{name}, cut at {cut}");
    }
    expected
}
