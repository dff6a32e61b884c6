//! After the login: only the way out is looked for. A client's line arms it, the game's answer fires
//! it; text alone never does, because other players can write any text. Out of band nobody can.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::oob::Told;
use super::pattern::{Pattern, Patterns, Read, Reader, Set};
use super::preset::Pairs;
use super::{Dialogue, DialogueLimits, LoginEvent, Preset};
use crate::ids::{User, UserKey};

/// The game's answer to a line that leaves comes within this.
const ARMED_MAX: Duration = Duration::from_secs(10);

/// And within so much text.
const ARMED_BYTES_MAX: usize = 64 * 1024;

/// A client's line that may lead out has gone to the game.
struct Armed {
    pairs: Set,
    until: Instant,
    /// Of the game's text that will still be looked at.
    bytes: usize,
    reader: Reader,
}

/// Watches one connection that is logged in (or of which nobody knows who it is).
pub struct LeaveWatch {
    preset: Arc<Preset>,
    user: Option<UserKey>,
    at_menu: bool,
    /// Seldom and not for long, and so in a box.
    armed: Option<Box<Armed>>,
    /// The line that told, for the dialogue that follows.
    last_line: Vec<u8>,
}

impl LeaveWatch {
    /// A watch over a connection whose login has just ended, with this user or without one; `at_menu`
    /// if [`LoginEvent::Menu`] came with it.
    #[must_use]
    pub fn new(preset: Arc<Preset>, user: Option<UserKey>, at_menu: bool) -> LeaveWatch {
        LeaveWatch { preset, user, at_menu, armed: None, last_line: Vec::new() }
    }

    /// The preset in use.
    #[must_use]
    pub fn preset(&self) -> &Arc<Preset> {
        &self.preset
    }

    /// A line of the client goes to the game.
    pub fn client_line(&mut self, now: Instant, line: &[u8]) -> Option<LoginEvent> {
        let preset = Arc::clone(&self.preset);
        let matches = |patterns: &[Pattern]| patterns.iter().any(|one| one.is_match(line));
        if let Some(pairs) = &preset.pairs {
            self.arm(now, pairs, line);
        }
        let enters = self.at_menu && matches(&preset.enter);
        enters.then(|| {
            self.at_menu = false;
            LoginEvent::Entered
        })
    }

    fn arm(&mut self, now: Instant, pairs: &Pairs, line: &[u8]) {
        let matching = pairs.client.iter().enumerate().filter(|(_, one)| one.is_match(line));
        let set = matching.fold(Set::default(), |set, (place, _)| set.or(Set::one(place)));
        if set.is_empty() {
            // The line still ends what the game was writing.
            if let Some(armed) = &mut self.armed {
                armed.reader.restart();
            }
            return;
        }
        let (until, reader) = (now + ARMED_MAX, Reader::new());
        self.armed = Some(Box::new(Armed { pairs: set, until, bytes: ARMED_BYTES_MAX, reader }));
    }

    /// Text matters now. While it does not, the game's text need not be shown to the watch.
    #[must_use]
    pub fn wants_text(&self, now: Instant) -> bool {
        self.armed.as_ref().is_some_and(|armed| now < armed.until)
    }

    /// The game sent text, telnet removed. With an event comes how much of the text it took.
    pub fn game_text(&mut self, now: Instant, text: &[u8]) -> Option<(LoginEvent, usize)> {
        if !self.wants_text(now) {
            self.armed = None;
            return None;
        }
        let preset = Arc::clone(&self.preset);
        let pairs = preset.pairs.as_ref()?;
        let armed = self.armed.as_mut()?;
        let seen = &text[..text.len().min(armed.bytes)];
        let Some((pair, taken)) = armed.read(&pairs.game, seen) else {
            armed.bytes -= seen.len();
            if armed.bytes == 0 {
                self.armed = None;
            }
            return None;
        };
        self.last_line = armed.reader.line().to_vec();
        self.armed = None;
        Some((self.went(pair < pairs.leaving), taken))
    }

    fn went(&mut self, out: bool) -> LoginEvent {
        self.at_menu = !out;
        if out {
            self.user = None;
            return LoginEvent::Left;
        }
        LoginEvent::Menu
    }

    /// The game sent a message out of band.
    pub fn game_out_of_band(&mut self, option: u8, payload: &[u8]) -> Option<LoginEvent> {
        match self.preset.messages.told(option, payload)? {
            Told::Left => Some(self.went(true)),
            Told::Name(name) => self.became(self.preset.names.stated(&name)?),
            Told::Success | Told::Result { .. } => None,
        }
    }

    fn became(&mut self, user: User) -> Option<LoginEvent> {
        if self.user.as_ref() == Some(&user.key) {
            return None;
        }
        let known = self.user.replace(user.key.clone()).is_some();
        Some(if known {
            LoginEvent::Became { user }
        } else {
            let login = user.key.clone();
            LoginEvent::Accepted { user, login, stated: true }
        })
    }

    /// This line changes a password: it is secret, and what was known about the old one is void.
    #[must_use]
    pub fn is_password_change(&self, line: &[u8]) -> bool {
        self.preset.password_change.iter().any(|pattern| pattern.is_match(line))
    }

    /// The user is at a menu of the game, not in the world.
    #[must_use]
    pub fn at_menu(&self) -> bool {
        self.at_menu
    }

    /// After [`LoginEvent::Left`]: the dialogue of the next login on the same connection. `rest` is
    /// the game's text after what the event took.
    #[must_use]
    pub fn into_dialogue(self, limits: DialogueLimits, now: Instant, rest: &[u8]) -> Dialogue {
        let mut dialogue = Dialogue::new(self.preset, limits, now);
        dialogue.game_text(now, &self.last_line);
        dialogue.game_text(now, rest);
        dialogue
    }
}

impl Armed {
    /// The pair whose answer the text has, and how much of the text it took.
    fn read(&mut self, patterns: &Patterns, text: &[u8]) -> Option<(usize, usize)> {
        let mut scan = patterns.scan();
        for (place, &byte) in text.iter().enumerate() {
            let (set, end) = match self.reader.step(&mut scan, byte) {
                Read::Nothing => continue,
                Read::Byte(_, found) => (found.ended, false),
                Read::End(set) => (set, true),
            };
            if let Some(pair) = set.and(self.pairs).first() {
                return Some((pair, place + 1));
            }
            if end {
                self.reader.restart();
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::login::{Step, Transparent};

    #[allow(clippy::disallowed_methods)]
    fn now() -> Instant {
        Instant::now()
    }

    fn watch(preset: &str) -> LeaveWatch {
        let alice = UserKey("alice".into());
        LeaveWatch::new(Preset::named(preset).unwrap(), Some(alice), false)
    }

    const SCREEN: &[u8] = b"*** bye\r\n\"connect <name> <password>\" connects you.\r\nmore";

    #[test]
    fn both_halves_are_needed_to_leave() {
        let now = now();
        let mut watch = watch("mux");
        assert!(!watch.wants_text(now));
        assert_eq!(watch.game_text(now, SCREEN), None, "another player wrote this");
        assert_eq!(watch.client_line(now, b"logout"), None);
        assert!(!watch.wants_text(now), "only LOGOUT leaves");
        watch.client_line(now, b"LOGOUT");
        assert!(watch.wants_text(now));
        let (event, taken) = watch.game_text(now, SCREEN).unwrap();
        assert_eq!(event, LoginEvent::Left);
        assert_eq!(&SCREEN[..taken], b"*** bye\r\n\"connect <name");
        assert!(!watch.wants_text(now));
    }

    #[test]
    fn the_answer_may_be_cut_anywhere() {
        for cut in 0..SCREEN.len() {
            let now = now();
            let mut watch = watch("mux");
            watch.client_line(now, b"LOGOUT");
            let (head, tail) = SCREEN.split_at(cut);
            let event = watch.game_text(now, head).or_else(|| watch.game_text(now, tail));
            assert_eq!(event.unwrap().0, LoginEvent::Left, "cut at {cut}");
        }
    }

    #[test]
    fn the_answer_has_to_come_soon() {
        for (after, left) in [(9_999, true), (10_000, false)] {
            let now = now();
            let mut watch = watch("mux");
            watch.client_line(now, b"LOGOUT");
            let later = now + Duration::from_millis(after);
            assert_eq!(watch.wants_text(later), left);
            assert_eq!(watch.game_text(later, SCREEN).is_some(), left, "{after}");
        }
        for (before, left) in [(ARMED_BYTES_MAX - 13, true), (ARMED_BYTES_MAX - 12, false)] {
            let now = now();
            let mut watch = watch("mux");
            watch.client_line(now, b"LOGOUT");
            let mut text = vec![b'\n'; before];
            text.extend_from_slice(b"connect <name> and more");
            assert_eq!(watch.game_text(now, &text).is_some(), left, "{before}");
        }
    }

    #[test]
    fn a_quit_leads_to_the_menu_and_one_back_into_the_world() {
        let now = now();
        for preset in ["circle", "tbamud", "diku"] {
            let mut watch = watch(preset);
            watch.client_line(now, b"quit");
            let menu = b"\r\n0) Exit\r\n1) Enter the game.\r\n\r\n   Make your choice: ";
            assert_eq!(watch.game_text(now, menu).unwrap().0, LoginEvent::Menu, "{preset}");
            assert!(watch.at_menu());
            assert_eq!(watch.client_line(now, b"3"), None);
            assert_eq!(watch.client_line(now, b"1"), Some(LoginEvent::Entered));
            assert!(!watch.at_menu());
            assert_eq!(watch.client_line(now, b"1"), None);
        }
        let mut watch = watch("demo");
        watch.client_line(now, b"quit");
        assert_eq!(watch.game_text(now, b"1) play\r\nYour choice: ").unwrap().0, LoginEvent::Menu);
    }

    #[test]
    fn a_quit_that_is_refused_leaves_nothing_behind() {
        let now = now();
        let mut watch = watch("circle");
        watch.client_line(now, b"quit");
        assert_eq!(watch.game_text(now, b"No way! You are fighting.\r\n"), None);
        watch.client_line(now, b"tell bob hi");
        assert_eq!(watch.game_text(now, b"Bob says 'Make your choice: '\r\n"), None);
        assert!(!watch.at_menu());
    }

    #[test]
    fn the_next_login_on_the_connection_sees_what_the_game_asked() {
        let data = toml::from_str(
            "base = 'circle'
             leave = [{ client = '^bye$', game = 'By what name do you wish to be known\\? $' }]",
        );
        let preset = Preset::build("custom", data.unwrap(), &Default::default()).unwrap();
        let now = now();
        let mut watch = LeaveWatch::new(Arc::new(preset), None, false);
        watch.client_line(now, b"bye");
        let text = b"Bye!\r\nBy what name do you wish to be known? ";
        let (event, taken) = watch.game_text(now, text).unwrap();
        assert_eq!(event, LoginEvent::Left);
        let mut next = watch.into_dialogue(DialogueLimits::default(), now, &text[taken..]);
        next.client_line(now, "bob".into()).unwrap();
        next.tick(now + Duration::from_millis(150));
        let Some(Step::Line { role, .. }) = next.poll() else { panic!("no line") };
        assert_eq!(format!("{role:?}"), "Name");
    }

    #[test]
    fn another_name_out_of_band_is_another_user() {
        let told = |watch: &mut LeaveWatch, name: &str| {
            watch.game_out_of_band(201, format!("Char.Name {{\"name\":\"{name}\"}}").as_bytes())
        };
        let mut known = watch("ire");
        assert_eq!(told(&mut known, "Alice"), None);
        let Some(LoginEvent::Became { user }) = told(&mut known, "Bob") else { panic!() };
        assert_eq!(user.key, UserKey("bob".into()));
        assert_eq!(told(&mut known, "bob"), None);
        let mut unknown = LeaveWatch::new(Preset::named("ire").unwrap(), None, false);
        let event = told(&mut unknown, "Bob");
        assert!(matches!(event, Some(LoginEvent::Accepted { stated: true, .. })));
    }

    #[test]
    fn lines_that_change_a_password_are_known() {
        for (preset, line, changes) in [
            ("penn", "@password old=new", true),
            ("mux", "@PASSWORD old=new", true),
            ("mux", "@newpassword bob=x", true),
            ("mux", "say password", false),
            ("moo", "@password old new", true),
            ("evennia", "password old = new", true),
            ("evennia", "@password old = new", true),
            ("merc", "password old new", true),
            ("rom", "passwo old new", true),
            ("lp", "password", true),
            ("diku", "4", true),
            ("circle", "look", false),
            ("none", "password", false),
        ] {
            assert_eq!(
                watch(preset).is_password_change(line.as_bytes()),
                changes,
                "{preset} {line}"
            );
        }
    }

    #[test]
    fn a_preset_without_a_way_out_never_wants_text() {
        let now = now();
        let mut watch = watch("evennia");
        watch.client_line(now, b"LOGOUT");
        watch.client_line(now, b"quit");
        assert!(!watch.wants_text(now));
        let mut dialogue = Dialogue::new(Preset::blank(), DialogueLimits::default(), now);
        assert!(matches!(dialogue.poll(), Some(Step::Transparent(Transparent::NoPreset))));
    }
}
