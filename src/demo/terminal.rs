//! One player's terminal: bytes in, lines out; texts in, bytes out. Knows what the client agreed
//! to and nothing of the game.

use zeroize::Zeroizing;

use super::text;
use crate::secret::Line;
use crate::telnet::client_info::{Label, Mtts, WindowSize};
use crate::telnet::command::{AYT, GA, IAC, Verb};
use crate::telnet::decode::{Decoder, Event, IacMode};
use crate::telnet::encode;
use crate::telnet::gmcp::{self, AboutClient, Modules};
use crate::telnet::option::{self, OptionSet};

/// The longest message beside the text that is taken.
const SUBNEGOTIATION_BYTES_MAX: usize = 4096;
/// How often a client is asked for one more of its terminal's names.
const TTYPE_ASKS_MAX: u8 = 4;
/// What a client is asked for, when it connects.
const ASKED: OptionSet = OptionSet::of(&[option::TTYPE, option::NAWS]);

/// What a player's client says next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum FromPlayer {
    Line(Line),
    /// The beginning of a line that was longer than the limit.
    LineTooLong(Line),
    /// It wants to be told by GMCP how things are.
    WantsState,
    /// It measures the line by GMCP.
    Ping,
    AreYouThere,
}

#[derive(Debug)]
pub(super) struct Terminal {
    decoder: Decoder,
    /// The line being typed; never longer than the limit, allocated once.
    typing: Zeroizing<Vec<u8>>,
    line_bytes_max: usize,
    /// The line being typed has lost its end.
    too_long: bool,
    after_cr: bool,
    /// What the client does that it was asked to do.
    does: OptionSet,
    ttype_asks: u8,
    name: Option<Label>,
    mtts: Option<Mtts>,
    dumb: bool,
    size: Option<WindowSize>,
    /// What the player said about colour, if anything.
    colour: Option<bool>,
    gmcp: bool,
    /// What the client understands, if it said.
    modules: Option<Modules>,
}

impl Terminal {
    /// A terminal just connected; `wire` gets what it is asked first.
    pub(super) fn new(line_bytes_max: usize, wire: &mut Vec<u8>) -> Terminal {
        for asked in [option::TTYPE, option::NAWS] {
            wire.extend(encode::negotiation(Verb::Do, asked));
        }
        wire.extend(encode::negotiation(Verb::Will, option::GMCP));
        Terminal {
            decoder: Decoder::new(SUBNEGOTIATION_BYTES_MAX, IacMode::Telnet),
            typing: Zeroizing::default(),
            line_bytes_max,
            too_long: false,
            after_cr: false,
            does: OptionSet::EMPTY,
            ttype_asks: 0,
            name: None,
            mtts: None,
            dumb: false,
            size: None,
            colour: None,
            gmcp: false,
            modules: None,
        }
    }

    /// Takes what comes next from the front of `input`; `wire` gets telnet's answers.
    pub(super) fn next(&mut self, input: &mut &[u8], wire: &mut Vec<u8>) -> Option<FromPlayer> {
        while !input.is_empty() {
            let before = *input;
            let Some(event) = self.decoder.next(input) else { break };
            let said = match event {
                Event::Text(text) => {
                    let (used, said) = self.typed(text);
                    // The text ends where `input` now begins. A line may have ended within it:
                    // then the rest of the text is still to come.
                    let unused = text.len() - used + input.len();
                    *input = &before[before.len() - unused..];
                    said
                }
                Event::Command(AYT) => Some(FromPlayer::AreYouThere),
                Event::Command(_) | Event::SubnegotiationTooLong { .. } => None,
                Event::Negotiation { verb, option } => self.negotiate(verb, option, wire),
                Event::Subnegotiation { option, payload } => self.told(option, &payload, wire),
            };
            if said.is_some() {
                return said;
            }
        }
        None
    }

    /// Takes typed bytes up to the end of a line; how many were used.
    fn typed(&mut self, text: &[u8]) -> (usize, Option<FromPlayer>) {
        for (at, &byte) in text.iter().enumerate() {
            let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
            match byte {
                b'\n' | 0 if after_cr => {}
                b'\r' | b'\n' => return (at + 1, Some(self.line())),
                b'\x08' | b'\x7f' => drop(self.typing.pop()),
                0 => {}
                _ if self.typing.len() == self.line_bytes_max => self.too_long = true,
                _ => {
                    let more = self.line_bytes_max - self.typing.len();
                    self.typing.reserve_exact(more);
                    self.typing.push(byte);
                }
            }
        }
        (text.len(), None)
    }

    fn line(&mut self) -> FromPlayer {
        let line = Line::new(std::mem::take(&mut *self.typing));
        match std::mem::take(&mut self.too_long) {
            true => FromPlayer::LineTooLong(line),
            false => FromPlayer::Line(line),
        }
    }

    fn negotiate(&mut self, verb: Verb, option: u8, wire: &mut Vec<u8>) -> Option<FromPlayer> {
        match (verb, option) {
            (Verb::Will, _) if ASKED.contains(option) => {
                if self.does.insert(option) && option == option::TTYPE {
                    self.ask_ttype(wire);
                }
            }
            (Verb::Will, _) => wire.extend(encode::negotiation(Verb::Dont, option)),
            (Verb::Wont, _) => {
                self.does.remove(option);
            }
            (Verb::Do, option::GMCP) => {
                return (!std::mem::replace(&mut self.gmcp, true))
                    .then_some(FromPlayer::WantsState);
            }
            (Verb::Dont, option::GMCP) => self.gmcp = false,
            // Whether it agrees that we echo makes no difference to what we do.
            (Verb::Do | Verb::Dont, option::ECHO) | (Verb::Dont, _) => {}
            (Verb::Do, _) => wire.extend(encode::negotiation(Verb::Wont, option)),
        }
        None
    }

    fn told(&mut self, option: u8, payload: &[u8], wire: &mut Vec<u8>) -> Option<FromPlayer> {
        match option {
            option::NAWS => self.size = WindowSize::from_naws(payload).or(self.size),
            option::TTYPE => self.terminal_type(payload, wire),
            option::GMCP if self.gmcp => return self.gmcp_said(payload),
            _ => {}
        }
        None
    }

    fn ask_ttype(&mut self, wire: &mut Vec<u8>) {
        if self.ttype_asks < TTYPE_ASKS_MAX {
            self.ttype_asks += 1;
            wire.extend(encode::terminal_send());
        }
    }

    /// First its name, then what it emulates, then "MTTS" and a number, each for one question.
    fn terminal_type(&mut self, payload: &[u8], wire: &mut Vec<u8>) {
        let Some((&encode::TERMINAL_IS, said)) = payload.split_first() else { return };
        let Some(said) = Label::new(said) else { return };
        self.dumb |= said.as_str().eq_ignore_ascii_case("DUMB");
        if let Some(bits) = said.as_str().strip_prefix("MTTS ") {
            self.mtts = bits.parse().ok().map(Mtts);
            return;
        }
        self.name.get_or_insert(said);
        self.ask_ttype(wire);
    }

    fn gmcp_said(&mut self, payload: &[u8]) -> Option<FromPlayer> {
        if gmcp::split(payload).0.eq_ignore_ascii_case(b"Core.Ping") {
            return Some(FromPlayer::Ping);
        }
        match AboutClient::parse(payload)? {
            AboutClient::Hello(_) => None,
            AboutClient::Supports(change) => {
                self.modules.get_or_insert_default().apply(change);
                Some(FromPlayer::WantsState)
            }
        }
    }

    /// Appends a text, laid out for this screen.
    pub(super) fn show(&self, text: &str, wire: &mut Vec<u8>) {
        text::lay_out(text, self.columns(), self.colours(), wire);
    }

    /// Appends a prompt and its mark.
    pub(super) fn ask(&self, prompt: &str, hidden: bool, wire: &mut Vec<u8>) {
        wire.extend_from_slice(prompt.as_bytes());
        if hidden {
            wire.extend(encode::negotiation(Verb::Will, option::ECHO));
        }
        wire.extend([IAC, GA]);
    }

    /// Appends what ends the hiding of what is typed, and the line end that was hidden with it.
    pub(super) fn reveal(&self, wire: &mut Vec<u8>) {
        wire.extend(encode::negotiation(Verb::Wont, option::ECHO));
        wire.extend_from_slice(b"\r\n");
    }

    /// Appends a GMCP message, if the client agreed to GMCP and understands the module.
    pub(super) fn gmcp(&self, package: &str, data: &serde_json::Value, wire: &mut Vec<u8>) {
        if self.gmcp && self.understands(package) {
            wire.extend(encode::gmcp(package, &data.to_string()));
        }
    }

    /// Appends the answer to a `Core.Ping`.
    pub(super) fn pong(&self, wire: &mut Vec<u8>) {
        wire.extend(encode::gmcp("Core.Ping", ""));
    }

    fn understands(&self, package: &str) -> bool {
        let Some(modules) = &self.modules else { return true };
        let module = package.split('.').next().unwrap_or_default();
        modules.iter().any(|known| {
            let name = known.name.as_str();
            name.eq_ignore_ascii_case(module) || name.eq_ignore_ascii_case(package)
        })
    }

    /// One column stays free: some terminals go to the next line when the last one is written.
    fn columns(&self) -> usize {
        usize::from(self.size.unwrap_or_default().columns) - 1
    }

    fn colours(&self) -> bool {
        let shows = !self.dumb && self.mtts.is_none_or(|mtts| mtts.has(Mtts::ANSI));
        self.colour.unwrap_or(shows)
    }

    /// The player wants colour, or none, whatever the client says.
    pub(super) fn set_colour(&mut self, on: bool) {
        self.colour = Some(on);
    }

    /// What is known of it, for the player to read.
    pub(super) fn describe(&self) -> String {
        let window = match self.size {
            Some(size) => format!("Your window is {} by {}.", size.columns, size.rows),
            None => "Your client does not tell its window's size; 80 by 24 is assumed.".to_owned(),
        };
        let name = self.name.as_ref().map_or("Your client", Label::as_str);
        let on = |on: bool| if on { "on" } else { "off" };
        let (colour, gmcp) = (on(self.colours()), on(self.gmcp));
        format!("{window}\n{name}: colour is {colour}, GMCP is {gmcp}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE_BYTES_MAX: usize = 8;

    fn terminal() -> Terminal {
        Terminal::new(LINE_BYTES_MAX, &mut Vec::new())
    }

    fn read(terminal: &mut Terminal, mut input: &[u8]) -> (Vec<FromPlayer>, Vec<u8>) {
        let (mut said, mut wire) = (Vec::new(), Vec::new());
        while let Some(next) = terminal.next(&mut input, &mut wire) {
            said.push(next);
        }
        (said, wire)
    }

    fn lines(input: &[u8]) -> Vec<FromPlayer> {
        read(&mut terminal(), input).0
    }

    fn line(text: &str) -> FromPlayer {
        FromPlayer::Line(Line::from(text))
    }

    #[test]
    fn every_kind_of_line_end_is_one_end() {
        for end in ["\r\n", "\r\0", "\n", "\r"] {
            let input = format!("a{end}{end}b{end}");
            assert_eq!(lines(input.as_bytes()), [line("a"), line(""), line("b")], "{end:?}");
        }
    }

    #[test]
    fn lines_are_the_same_however_the_bytes_are_cut() {
        let input = b"ab\r\nc\xff\xf1d\r\0\xff\xfa\x1f\0P\0\x18\xff\xf0e\x08\xff\xff\n";
        let whole = lines(input);
        assert_eq!(whole.len(), 3);
        for cut in 0..input.len() {
            let mut terminal = terminal();
            let mut said = read(&mut terminal, &input[..cut]).0;
            said.extend(read(&mut terminal, &input[cut..]).0);
            assert_eq!(said, whole, "cut at {cut}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_said() {
        assert_eq!(lines(b"1234567\n"), [line("1234567")]);
        assert_eq!(lines(b"12345678\n"), [line("12345678")]);
        let cut = FromPlayer::LineTooLong(Line::from("12345678"));
        assert_eq!(lines(b"123456789\nab\n"), [cut, line("ab")]);
    }

    #[test]
    fn what_was_not_offered_is_refused() {
        let (said, wire) = read(&mut terminal(), b"\xff\xfb\x22\xff\xfd\x03\xff\xfd\x01");
        assert_eq!((said, wire), (Vec::new(), b"\xff\xfe\x22\xff\xfc\x03".to_vec()));
    }

    #[test]
    fn a_terminal_is_asked_for_its_names_until_it_has_said_all() {
        let mut terminal = terminal();
        let send = encode::terminal_send();
        assert_eq!(read(&mut terminal, b"\xff\xfb\x18").1, send);
        assert_eq!(read(&mut terminal, &encode::terminal_is("TINTIN++")).1, send);
        assert_eq!(read(&mut terminal, &encode::terminal_is("XTERM")).1, send);
        assert_eq!(read(&mut terminal, &encode::terminal_is("MTTS 9")).1, b"");
        assert!(terminal.describe().contains("TINTIN++: colour is on"));
    }

    #[test]
    fn a_terminal_that_repeats_itself_is_not_asked_for_ever() {
        let mut terminal = terminal();
        read(&mut terminal, b"\xff\xfb\x18");
        let asked =
            (0..100).filter(|_| !read(&mut terminal, &encode::terminal_is("XTERM")).1.is_empty());
        assert_eq!(asked.count(), usize::from(TTYPE_ASKS_MAX) - 1);
    }

    #[test]
    fn colour_is_off_for_a_dumb_terminal_until_the_player_wants_it() {
        let show = |terminal: &Terminal| {
            let mut wire = Vec::new();
            terminal.show("\u{2}x\u{1}", &mut wire);
            wire.contains(&0x1b)
        };
        let mut terminal = terminal();
        assert!(show(&terminal));
        read(&mut terminal, &encode::terminal_is("dumb"));
        assert!(!show(&terminal));
        terminal.set_colour(true);
        assert!(show(&terminal));
        let mut plain = Terminal::new(LINE_BYTES_MAX, &mut Vec::new());
        read(&mut plain, &encode::terminal_is("MTTS 4"));
        assert!(!show(&plain));
    }

    #[test]
    fn text_is_wrapped_to_the_window() {
        let mut terminal = terminal();
        read(&mut terminal, &encode::whole(option::NAWS, &[0, 21, 0, 24]));
        let mut wire = Vec::new();
        terminal.show("one two three four five", &mut wire);
        assert_eq!(wire, b"one two three four\r\nfive\r\n");
    }

    #[test]
    fn gmcp_goes_only_to_who_agreed_and_understands() {
        let mut terminal = terminal();
        let told = |terminal: &Terminal, package: &str| {
            let mut wire = Vec::new();
            terminal.gmcp(package, &serde_json::json!({}), &mut wire);
            !wire.is_empty()
        };
        assert!(!told(&terminal, "Char.Name"));
        assert_eq!(read(&mut terminal, b"\xff\xfd\xc9").0, [FromPlayer::WantsState]);
        assert_eq!(read(&mut terminal, b"\xff\xfd\xc9").0, []);
        assert!(told(&terminal, "Char.Name"));
        let supports = encode::gmcp("Core.Supports.Set", r#"["room 1"]"#);
        assert_eq!(read(&mut terminal, &supports).0, [FromPlayer::WantsState]);
        assert!(told(&terminal, "Room.Info") && !told(&terminal, "Char.Name"));
        read(&mut terminal, &encode::gmcp("Core.Supports.Add", r#"["Char.Vitals 1"]"#));
        assert!(told(&terminal, "Char.Vitals") && !told(&terminal, "Char.Name"));
        assert_eq!(read(&mut terminal, &encode::gmcp("Core.Ping", "")).0, [FromPlayer::Ping]);
        read(&mut terminal, b"\xff\xfe\xc9");
        assert!(!told(&terminal, "Room.Info"));
    }

    #[test]
    fn no_input_makes_it_grow_or_panic() {
        let mut terminal = terminal();
        for seed in 0..200_u64 {
            let noise: Vec<u8> = (0..300_u64)
                .map(|at| {
                    [0xff, 0xfa, 0xf0, 0x18, 0xc9, 0x1f, 0xfb, b'a']
                        [super::super::sky::chance(seed * 1000 + at, 8)]
                })
                .collect();
            let (_, wire) = read(&mut terminal, &noise);
            assert!(wire.len() <= noise.len() * 3 + 8);
            assert!(terminal.typing.capacity() <= LINE_BYTES_MAX);
        }
    }
}
