//! The first seconds of a connection to the game, as they are told: what it said, what it
//! negotiated, what mudkeep's own engine answered. Knows no socket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::login::{Auto, Preset, Verdict};
use crate::telnet::client_info::ClientInfo;
use crate::telnet::command::{EOR, GA, IAC, Verb};
use crate::telnet::decode::{Decoder, Event};
use crate::telnet::option;
use crate::telnet::toward_game::{GameTelnet, TowardGame};

/// So much of the game's text is kept, its beginning.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// So many variables of MSSP are kept, and so many names of charsets.
const VALUES_MAX: usize = 64;

const MSSP_VAR: u8 = 1;
const MSSP_VAL: u8 = 2;
const CHARSET_REQUEST: u8 = 1;

/// Who is to use an option.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Wish {
    /// The game offers to.
    Offered,
    /// The game asks mudkeep to.
    AskedFor,
}

/// How a visit ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum End {
    /// The game was quiet.
    #[default]
    Quiet,
    /// It was long enough.
    TimeUp,
    /// The game had said more than is looked at.
    Full,
    /// The game closed the connection.
    Closed,
    /// The connection broke.
    Broken,
}

/// How certain it is which preset fits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Likeness {
    /// It is this one.
    Certain(&'static str),
    /// Nothing else comes near, but `auto` would not choose it.
    Likely(&'static str),
    /// It may be one of these, or something else; the likelier ones first.
    Unsure(Vec<&'static str>),
    /// Nothing on the screen is known.
    Unknown,
}

/// All that a game said and did.
#[derive(Debug)]
pub(super) struct Heard {
    /// The beginning of its text, telnet removed.
    pub(super) text: Vec<u8>,
    /// All of its bytes.
    pub(super) bytes: usize,
    /// When its first visible text came.
    pub(super) first_text: Option<Duration>,
    /// Each option that it wished for, and mudkeep's answer.
    pub(super) options: BTreeMap<(Wish, u8), Option<Verb>>,
    /// Prompts that it marked: with GA, with EOR.
    pub(super) marks: (usize, usize),
    /// What it told of itself by MSSP.
    pub(super) mssp: Vec<(Vec<u8>, Vec<Vec<u8>>)>,
    /// Charsets that it asked for by name.
    pub(super) charsets: Vec<Vec<u8>>,
    pub(super) likeness: Likeness,
    /// Other presets that its screen is like.
    pub(super) near: Vec<&'static str>,
    pub(super) end: End,
    /// How long all of it took.
    pub(super) time: Duration,
}

/// Listens to a game, and answers its telnet as mudkeep would.
pub(super) struct Listening {
    toward: TowardGame,
    /// The same bytes once more: the engine only tells what they come to.
    game: Decoder,
    auto: Auto,
    began: Instant,
    heard: Heard,
}

impl Listening {
    pub(super) fn new(now: Instant, telnet: GameTelnet) -> Listening {
        let game = Decoder::new(telnet.subnegotiation_bytes_max, telnet.iac);
        let mut toward = TowardGame::new(telnet, now);
        // Nobody is attached whose answers would have to be awaited.
        toward.attach_client(now, &ClientInfo { settled: true, ..ClientInfo::default() });
        Listening { toward, game, auto: Auto::new(), began: now, heard: Heard::nothing() }
    }

    /// The game sent this.
    pub(super) fn hear(&mut self, now: Instant, bytes: &[u8]) {
        self.heard.bytes += bytes.len();
        self.drive(now, bytes);
        let mut input = bytes;
        while let Some(event) = self.game.next(&mut input) {
            match event {
                Event::Text(text) => self.text(now, text),
                Event::Command(GA) => self.heard.marks.0 += 1,
                Event::Command(EOR) => self.heard.marks.1 += 1,
                Event::Negotiation { verb, option } => self.negotiation(verb, option),
                Event::Subnegotiation { option: option::MSSP, payload } => self.mssp(&payload),
                Event::Subnegotiation { option: option::CHARSET, payload } => {
                    self.charsets(&payload);
                }
                Event::Command(_)
                | Event::Subnegotiation { .. }
                | Event::SubnegotiationTooLong { .. } => {}
            }
        }
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, now: Instant) {
        self.toward.tick(now);
        self.drive(now, &[]);
    }

    /// When `tick` is to be called next, if at all.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.toward.deadline()
    }

    /// The next answer for the game, to be one write of its own.
    pub(super) fn take_command(&mut self) -> Option<Vec<u8>> {
        let command = self.toward.take_command()?;
        if let [IAC, verb, option, ..] = command[..]
            && let Some(verb) = Verb::from_byte(verb)
        {
            let wish = match verb {
                Verb::Do | Verb::Dont => Wish::Offered,
                Verb::Will | Verb::Wont => Wish::AskedFor,
            };
            self.heard.options.insert((wish, option), Some(verb));
        }
        Some(command)
    }

    /// Whether there is anything on the screen.
    pub(super) fn has_text(&self) -> bool {
        self.heard.first_text.is_some()
    }

    /// How much the game has sent.
    pub(super) fn bytes(&self) -> usize {
        self.heard.bytes
    }

    /// The visit is over.
    pub(super) fn finish(mut self, now: Instant, end: End) -> Heard {
        self.heard.time = now.saturating_duration_since(self.began);
        self.heard.end = end;
        (self.heard.likeness, self.heard.near) = likeness(&self.auto);
        self.heard.believe_mssp();
        self.heard
    }

    fn drive(&mut self, now: Instant, bytes: &[u8]) {
        let mut input = bytes;
        while self.toward.next(now, &mut input).is_some() {}
    }

    fn text(&mut self, now: Instant, text: &[u8]) {
        self.auto.read(text);
        if text.iter().any(|byte| byte.is_ascii_graphic() || !byte.is_ascii()) {
            let after = now.saturating_duration_since(self.began);
            self.heard.first_text.get_or_insert(after);
        }
        let room = TEXT_BYTES_MAX - self.heard.text.len();
        self.heard.text.extend_from_slice(&text[..room.min(text.len())]);
    }

    fn negotiation(&mut self, verb: Verb, option: u8) {
        let wish = match verb {
            Verb::Will => Wish::Offered,
            Verb::Do => Wish::AskedFor,
            Verb::Wont | Verb::Dont => return,
        };
        self.heard.options.entry((wish, option)).or_default();
    }

    fn mssp(&mut self, payload: &[u8]) {
        for variable in payload.split(|byte| *byte == MSSP_VAR).skip(1) {
            let mut parts = variable.split(|byte| *byte == MSSP_VAL);
            let name = parts.next().unwrap_or_default().to_vec();
            let values = parts.take(VALUES_MAX).map(<[u8]>::to_vec).collect();
            let known = self.heard.mssp.iter().any(|(known, _)| *known == name);
            if !name.is_empty() && !known && self.heard.mssp.len() < VALUES_MAX {
                self.heard.mssp.push((name, values));
            }
        }
    }

    fn charsets(&mut self, payload: &[u8]) {
        if let [CHARSET_REQUEST, separator, names @ ..] = payload {
            let names = names.split(|byte| byte == separator).filter(|name| !name.is_empty());
            self.heard.charsets = names.take(VALUES_MAX).map(<[u8]>::to_vec).collect();
        }
    }
}

impl Heard {
    fn nothing() -> Heard {
        Heard {
            text: Vec::new(),
            bytes: 0,
            first_text: None,
            options: BTreeMap::new(),
            marks: (0, 0),
            mssp: Vec::new(),
            charsets: Vec::new(),
            likeness: Likeness::Unknown,
            near: Vec::new(),
            end: End::Quiet,
            time: Duration::ZERO,
        }
    }

    /// Where the screen leaves it open, the game itself may say what it was made from.
    fn believe_mssp(&mut self) {
        if matches!(self.likeness, Likeness::Certain(_)) {
            return;
        }
        let codebase = self.mssp.iter().find(|(name, _)| name.eq_ignore_ascii_case(b"CODEBASE"));
        let mut auto = Auto::new();
        for value in codebase.iter().flat_map(|(_, values)| values) {
            auto.read(value);
            auto.read(b"\r\n");
        }
        if let Verdict::Certain(preset) = auto.verdict() {
            let name = built_in(&preset);
            if let Likeness::Unsure(names) =
                std::mem::replace(&mut self.likeness, Likeness::Likely(name))
            {
                self.near = names.into_iter().filter(|other| *other != name).collect();
            }
        }
    }

    /// Whether the game wished for this option, whoever is to use it.
    pub(super) fn wishes(&self, option: u8) -> bool {
        self.options.keys().any(|(_, known)| *known == option)
    }
}

/// Which preset it is, and which others the screen is like.
fn likeness(auto: &Auto) -> (Likeness, Vec<&'static str>) {
    let (marked, asked) = (auto.marked(), auto.asked_as_by());
    if let Verdict::Certain(preset) = auto.verdict() {
        let name = built_in(&preset);
        let near = marked.into_iter().filter(|other| *other != name).collect();
        return (Likeness::Certain(name), near);
    }
    let (mut likely, others): (Vec<_>, Vec<_>) =
        marked.iter().partition(|name| asked.contains(name));
    likely.extend(others);
    likely.extend(asked.iter().filter(|name| !marked.contains(name)));
    match likely[..] {
        [] => (Likeness::Unknown, Vec::new()),
        [one] => (Likeness::Likely(one), Vec::new()),
        _ => (Likeness::Unsure(likely), Vec::new()),
    }
}

fn built_in(preset: &Arc<Preset>) -> &'static str {
    Preset::names().iter().find(|name| **name == preset.name()).copied().unwrap_or("none")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telnet::decode::IacMode;
    use crate::telnet::toward_game::Profile;
    use crate::test_clock::start;
    use proptest::prelude::*;

    fn later(millis: u64) -> Instant {
        start() + Duration::from_millis(millis)
    }

    const WILL_GMCP: &[u8] = b"\xff\xfb\xc9";

    fn telnet(profile: Profile) -> GameTelnet {
        GameTelnet {
            profile,
            iac: IacMode::Telnet,
            charset_name: "UTF-8",
            utf8: true,
            subnegotiation_bytes_max: 1024,
        }
    }

    fn hear_as(profile: Profile, said: &[u8]) -> (Heard, Vec<Vec<u8>>) {
        let mut listening = Listening::new(later(0), telnet(profile));
        listening.hear(later(10), said);
        listening.tick(later(3_000));
        let answers = std::iter::from_fn(|| listening.take_command()).collect();
        (listening.finish(later(4_000), End::Quiet), answers)
    }

    fn hear(said: &[u8]) -> Heard {
        hear_as(Profile::Full, said).0
    }

    #[test]
    fn each_wish_stands_with_the_answer_that_the_engine_gave() {
        // WILL GMCP, DO TTYPE, DO NAWS, WILL MCCP2, WILL MXP
        let said = b"\xff\xfb\xc9\xff\xfd\x18\xff\xfd\x1f\xff\xfb\x56\xff\xfb\x5b";
        let (heard, answers) = hear_as(Profile::Full, said);
        let expected = [
            ((Wish::Offered, option::MCCP2), Some(Verb::Dont)),
            ((Wish::Offered, option::MXP), Some(Verb::Dont)),
            ((Wish::Offered, option::GMCP), Some(Verb::Do)),
            ((Wish::AskedFor, option::TTYPE), Some(Verb::Will)),
            ((Wish::AskedFor, option::NAWS), Some(Verb::Will)),
        ];
        assert_eq!(heard.options.into_iter().collect::<Vec<_>>(), expected);
        assert!(answers.iter().all(|answer| answer[0] == IAC), "{answers:?}");
        assert_eq!((heard.first_text, heard.time), (None, Duration::from_secs(4)));
    }

    #[test]
    fn a_game_that_is_to_be_told_no_telnet_is_told_none() {
        let (heard, answers) = hear_as(Profile::None, WILL_GMCP);
        assert!(answers.is_empty());
        assert_eq!(heard.options[&(Wish::Offered, option::GMCP)], None);
    }

    #[test]
    fn marks_values_and_charsets_are_taken_from_the_telnet() {
        let heard = hear(
            b"Name: \xff\xf9\xff\xef\xff\xef\
              \xff\xfa\x46\x01NAME\x02Old Coast\x01PORT\x024000\x024001\x01NAME\x02X\xff\xf0\
              \xff\xfa\x2a\x01;UTF-8;KOI8-R\xff\xf0",
        );
        assert_eq!(heard.marks, (1, 2));
        let values = |values: &[&str]| values.iter().map(|v| v.as_bytes().to_vec()).collect();
        let port = (b"PORT".to_vec(), values(&["4000", "4001"]));
        assert_eq!(heard.mssp, [(b"NAME".to_vec(), values(&["Old Coast"])), port]);
        assert_eq!(heard.charsets, [b"UTF-8".to_vec(), b"KOI8-R".to_vec()]);
        assert_eq!(
            (heard.text, heard.first_text),
            (b"Name: ".to_vec(), Some(later(10) - later(0)))
        );
    }

    #[test]
    fn blank_lines_are_no_first_text() {
        assert_eq!(hear(b"\r\n \r\n").first_text, None);
    }

    #[test]
    fn a_screen_is_certain_likely_unsure_or_unknown() {
        assert_eq!(hear(b"Welcome to TinyMUX\r\n").likeness, Likeness::Certain("mux"));
        let lp = hear(b"Welcome to LPmud\r\n\r\nWhat is your name: ").likeness;
        assert_eq!(lp, Likeness::Likely("lp"));
        let unsure = hear(b"Merc 2.1\r\nBy what name do you wish to be known? ").likeness;
        let Likeness::Unsure(names) = unsure else { panic!("{unsure:?}") };
        assert!(names.contains(&"merc") && names.contains(&"diku"), "{names:?}");
        assert_eq!(hear(b"Who goes there? ").likeness, Likeness::Unknown);
        let near = hear(b"TinyMUSH 3.1, TinyMUX\r\n");
        assert_eq!((near.likeness, near.near), (Likeness::Certain("mux"), vec!["tinymush"]));
    }

    #[test]
    fn what_a_game_says_of_itself_counts_where_its_screen_leaves_it_open() {
        let said = |screen: &str, codebase: &str| {
            let mssp = format!("\u{1}CODEBASE\u{2}{codebase}");
            let bytes = [screen.as_bytes(), b"\xff\xfa\x46", mssp.as_bytes(), b"\xff\xf0"].concat();
            let heard = hear(&bytes);
            (heard.likeness, heard.near)
        };
        let (merc, near) = said("By what name do you wish to be known? ", "ROM 2.4b6");
        assert!(
            merc == Likeness::Likely("rom") && near.contains(&"merc") && !near.contains(&"rom")
        );
        assert_eq!(said("Who goes there? ", "SmaugFUSS 1.9").0, Likeness::Likely("smaug"));
        assert_eq!(said("Who goes there? ", "our own").0, Likeness::Unknown);
        assert_eq!(said("Welcome to TinyMUX\r\n", "PennMUSH").0, Likeness::Certain("mux"));
    }

    #[test]
    fn what_is_kept_of_a_game_that_never_stops_is_bounded() {
        for length in [TEXT_BYTES_MAX - 1, TEXT_BYTES_MAX, TEXT_BYTES_MAX + 1] {
            let heard = hear(&vec![b'x'; length]);
            assert_eq!((heard.text.len(), heard.bytes), (length.min(TEXT_BYTES_MAX), length));
        }
        let mut many = b"\xff\xfa\x46".to_vec();
        (0..VALUES_MAX + 9).for_each(|n| many.extend(format!("\x01{n:x}\x02v").bytes()));
        many.extend(b"\xff\xf0");
        assert_eq!(hear(&many).mssp.len(), VALUES_MAX);
        let names = b"\xff\xfa\x2a\x01".iter().copied();
        let many: Vec<u8> = names.chain(b";x".repeat(VALUES_MAX + 9)).chain(*b"\xff\xf0").collect();
        assert_eq!(hear(&many).charsets.len(), VALUES_MAX);
    }

    proptest! {
        #[test]
        fn bytes_cut_anywhere_are_heard_alike(
            bytes in proptest::collection::vec(
                prop_oneof![Just(0xff_u8), 0xf0_u8..=0xff, Just(0x46), 0_u8..4, any::<u8>()], 0..80,
            ),
            cut in 0_usize..80,
        ) {
            let cut = cut.min(bytes.len());
            let mut listening = Listening::new(later(0), telnet(Profile::Full));
            listening.hear(later(10), &bytes[..cut]);
            listening.hear(later(10), &bytes[cut..]);
            listening.tick(later(3_000));
            while listening.take_command().is_some() {}
            let pieces = listening.finish(later(4_000), End::Quiet);
            prop_assert_eq!(format!("{pieces:?}"), format!("{:?}", hear(&bytes)));
        }
    }
}
