//! mudkeep playing the client towards the game. It only ever answers: to a game that knows no
//! telnet, an option byte that it did not ask for is something the player typed.
//!
//! What every client can be served with (GMCP, MSDP, prompts and the like) is agreed to whoever is
//! attached, because the game will not offer it again to the next client. MXP, MSP and ATCP change
//! the text itself, so they wait a moment for the attached client to agree. MCCP is refused.
//!
//! Each command and each subnegotiation is queued by itself, for games that take one apart only if
//! one read brings all of it.

mod identity;
mod negotiation;

use std::fmt;
use std::time::Instant;

use super::client_info::{ClientInfo, WindowSize};
use super::command::{EOR, GA, Verb};
use super::decode::{Decoder, Event, IacMode};
use super::encode::{self, LineForm};
use super::environ::{self, Variable};
use super::option::{self, OptionSet};
use super::options::{Options, Side};
use super::{SUBNEGOTIATION_TIMEOUT, Undisclosed, charset_option, gmcp};
use crate::few::Rare;
use identity::{Identity, Own};
use negotiation::{Anew, CONSENTED, Waiting};

/// The most commands that wait for the game to read them; what it asks beyond that is not answered.
const COMMANDS_MAX: usize = 512;

/// Options whose messages go between game and client.
const OUT_OF_BAND: OptionSet = OptionSet::of(&[
    option::GMCP,
    option::MSDP,
    option::MSSP,
    option::MXP,
    option::MSP,
    option::ATCP,
]);
/// Options of the game that clients are offered in their turn.
const MIRRORED: OptionSet = OptionSet::of(&[option::SGA, option::EOR]).union(OUT_OF_BAND);

/// How much telnet the game is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Profile {
    /// All that mudkeep understands. Agreed to: ECHO, SGA, EOR, GMCP, MSDP, MSSP, NAWS, TTYPE,
    /// NEW-ENVIRON and CHARSET always, MXP, MSP and ATCP if the attached client does. All else is
    /// refused. Written besides answers: the window when it changes, changed variables to a game that
    /// asked for them, and the messages of clients.
    #[default]
    Full,
    /// Agreed to: ECHO, SGA, EOR, TTYPE and NAWS. All else is refused. Nothing but answers is
    /// written: the game learns the terminal when it asks, and the window once, when it asks for
    /// NAWS. No message of a client is passed on.
    Replies,
    /// Not one telnet byte is written towards the game, not even a refusal; a 0xFF in a line is still
    /// doubled unless [`IacMode::Raw8`] says otherwise. What the game sends is understood all the
    /// same: commands do not end up in the text, prompt marks and hidden echo are seen.
    None,
}

/// How to talk to the game.
#[derive(Clone, Debug)]
pub struct GameTelnet {
    /// How much telnet it is answered.
    pub profile: Profile,
    /// Whether 0xFF means anything in its stream, in both directions.
    pub iac: IacMode,
    /// The name of its charset, as CHARSET and MNES call it: "UTF-8", "ISO-8859-1".
    pub charset_name: &'static str,
    /// Whether that charset is UTF-8.
    pub utf8: bool,
    /// The longest message beside the text that is taken from it.
    pub subnegotiation_bytes_max: usize,
}

/// What the game says next.
#[derive(Clone, PartialEq, Eq)]
pub enum FromGame<'i> {
    /// Text; a slice holds no 0xFF, or is exactly one (`canonical::text` takes it as it is).
    Text(&'i [u8]),
    /// The text so far is a prompt.
    Prompt,
    /// The game hides, or again shows, what the player types. Only said when it changes.
    Echo {
        /// True at a password.
        hidden: bool,
    },
    /// A message beside the text, of an option that was agreed.
    OutOfBand {
        /// Of this option.
        option: u8,
        /// What it says.
        payload: Vec<u8>,
    },
    /// What to offer to clients has changed to this; see [`TowardGame::offers`].
    Offers(OptionSet),
}

impl fmt::Debug for FromGame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FromGame::Text(text) => write!(f, "Text({:?})", Undisclosed(text)),
            FromGame::Prompt => f.write_str("Prompt"),
            FromGame::Echo { hidden } => write!(f, "Echo(hidden: {hidden})"),
            FromGame::OutOfBand { option, payload } => {
                write!(f, "OutOfBand({option}, {:?})", Undisclosed(payload))
            }
            FromGame::Offers(offers) => write!(f, "Offers({offers:?})"),
        }
    }
}

/// The telnet engine towards one game connection.
pub struct TowardGame {
    config: GameTelnet,
    decoder: Decoder,
    options: Options,
    /// Each side and option at most once; all of them off in `options`.
    waiting: Rare<Waiting>,
    /// None before the game has negotiated anything.
    anew: Option<Box<Anew>>,
    /// The client that is attached, or was last.
    client: Box<ClientInfo>,
    /// At most [`COMMANDS_MAX`].
    commands: Rare<Vec<u8>>,
    /// Since when a subnegotiation is open.
    open_since: Option<Instant>,
    /// The window that the game was told last. `None` while NAWS is off.
    window_told: Option<WindowSize>,
    /// How often the game has asked for the terminal since it agreed to TTYPE.
    terminals_told: u8,
    /// The game has asked for variables, so it is told when they change.
    variables_told: bool,
    /// The game has had a `Core.Hello`: a second one would confuse it.
    greeted: bool,
    echo_hidden: bool,
    /// The game has marked a prompt, by GA or EOR.
    marks_prompts: bool,
    /// `offers` has changed since that was said.
    offers_changed: bool,
}

impl fmt::Debug for TowardGame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TowardGame")
            .field("options", &self.options)
            .field("decoder", &self.decoder)
            .field("commands", &self.commands.len())
            .finish_non_exhaustive()
    }
}

impl TowardGame {
    /// The engine of a new connection to the game.
    #[must_use]
    pub fn new(config: GameTelnet, _now: Instant) -> TowardGame {
        let decoder = Decoder::new(config.subnegotiation_bytes_max, config.iac);
        TowardGame {
            config,
            decoder,
            options: Options::new(),
            waiting: Rare::default(),
            anew: None,
            client: Box::default(),
            commands: Rare::default(),
            open_since: None,
            window_told: None,
            terminals_told: 0,
            variables_told: false,
            greeted: false,
            echo_hidden: false,
            marks_prompts: false,
            offers_changed: false,
        }
    }

    /// Takes the next event from the front of `input`; `None` when all of it is used. Also to be
    /// called with nothing after `attach_client`, `update_client` and `tick`, which may bring events.
    #[inline]
    pub fn next<'i>(&mut self, now: Instant, input: &mut &'i [u8]) -> Option<FromGame<'i>> {
        loop {
            if std::mem::take(&mut self.offers_changed) {
                return Some(FromGame::Offers(self.offers()));
            }
            let event = self.decoder.next(input);
            match event {
                Some(Event::Text(text)) => return Some(FromGame::Text(text)),
                Some(event) => {
                    let said = self.command(now, event);
                    if said.is_some() {
                        return said;
                    }
                }
                None => {
                    self.watch_subnegotiation(now);
                    return None;
                }
            }
        }
    }

    /// Takes from the front of `input` what is in canonical form as it stands: text and prompt
    /// marks. For a session that need not look at them one by one; empty where `next` is to be asked.
    pub fn take_run<'i>(&mut self, input: &mut &'i [u8]) -> &'i [u8] {
        if self.offers_changed {
            return &[];
        }
        // The first prompt mark changes what clients are offered.
        self.decoder.take_run(input, self.marks_prompts)
    }

    /// This client is attached now: the game is told what is different.
    pub fn attach_client(&mut self, now: Instant, info: &ClientInfo) {
        self.update_client(now, info);
        if self.options.agreed(Side::Them, option::GMCP) && !self.client.modules.is_empty() {
            self.queue_message(option::GMCP, &gmcp::supports_set(&self.client.modules));
        }
    }

    /// The attached client's window, or what is known of it, has changed.
    pub fn update_client(&mut self, now: Instant, info: &ClientInfo) {
        let before = self.offers();
        let known = self.variables_told.then(|| self.identity().variables());
        *self.client = info.clone();
        self.tell_changed_variables(known.as_ref().map_or(&[], |known| &known[..]));
        self.tell_changed_window();
        self.greet();
        self.answer_waiting(now);
        self.offers_changed |= self.offers() != before;
    }

    /// Queues a client's message to the game. False if the option is not agreed, or the game does
    /// not read. A second `Core.Hello` is dropped: to the game it is still the same client.
    pub fn send_out_of_band(&mut self, option: u8, payload: &[u8]) -> bool {
        if !self.carries(option) {
            return false;
        }
        if option == option::GMCP && gmcp::is_hello(payload) {
            if self.greeted {
                return true;
            }
            self.greeted = true;
        }
        self.queue_message(option, payload)
    }

    /// The next command or subnegotiation for the game: each is to be one write of its own.
    pub fn take_command(&mut self) -> Option<Vec<u8>> {
        (!self.commands.is_empty()).then(|| self.commands.remove(0))
    }

    /// Appends a player's line, in the game's charset and without its end, as the game wants it: no
    /// control bytes, 0xFF doubled, at most `line_bytes_max` bytes, CR LF. False if it was cut.
    pub fn encode_line(&self, line: &[u8], line_bytes_max: usize, out: &mut Vec<u8>) -> bool {
        let form = LineForm {
            iac: self.config.iac,
            utf8: self.config.utf8,
            keep_escape: self.carries(option::MXP),
            bytes_max: line_bytes_max,
        };
        encode::line(line, form, out)
    }

    /// When `tick` is to be called next, if at all.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let open = self.open_since.map(|since| since + SUBNEGOTIATION_TIMEOUT);
        self.waiting.iter().map(|waiting| waiting.until).chain(open).min()
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Instant) {
        let before = self.offers();
        if self.open_since.is_some_and(|since| now >= since + SUBNEGOTIATION_TIMEOUT) {
            self.decoder.abandon_subnegotiation();
            self.open_since = None;
        }
        self.answer_waiting(now);
        self.offers_changed |= self.offers() != before;
    }

    /// The options to offer to clients: those that the game offered and mudkeep agreed to; those of
    /// MXP, MSP and ATCP whose agreement waits for the client's; and EOR once the game has marked
    /// prompts in whatever way.
    #[must_use]
    pub fn offers(&self) -> OptionSet {
        let agreed = self.options.all_agreed(Side::Them);
        let ours = self.options.all_agreed(Side::Us).intersection(CONSENTED);
        let waiting = self.waiting.iter().map(|waiting| waiting.option).collect::<OptionSet>();
        let mut offers = agreed.union(ours).union(waiting).intersection(MIRRORED);
        if self.marks_prompts {
            offers.insert(option::EOR);
        }
        offers
    }

    /// Whether the game hides what the player types.
    #[must_use]
    pub fn echo_hidden(&self) -> bool {
        self.echo_hidden
    }

    /// Whether messages of `option` pass.
    fn carries(&self, option: u8) -> bool {
        OUT_OF_BAND.contains(option)
            && (self.options.agreed(Side::Them, option) || self.options.agreed(Side::Us, option))
    }

    /// Anything but text.
    fn command(&mut self, now: Instant, event: Event<'_>) -> Option<FromGame<'static>> {
        match event {
            Event::Command(GA | EOR) => {
                if !self.marks_prompts {
                    let before = self.offers();
                    self.marks_prompts = true;
                    self.offers_changed |= self.offers() != before;
                }
                Some(FromGame::Prompt)
            }
            Event::Negotiation { verb, option } => self.negotiation(now, verb, option),
            Event::Subnegotiation { option, payload } => self.subnegotiation(option, payload),
            Event::Text(_) | Event::Command(_) | Event::SubnegotiationTooLong { .. } => None,
        }
    }

    fn watch_subnegotiation(&mut self, now: Instant) {
        if self.decoder.in_subnegotiation() {
            self.open_since.get_or_insert(now);
        } else {
            self.open_since = None;
        }
    }

    fn negotiation(&mut self, now: Instant, verb: Verb, option: u8) -> Option<FromGame<'static>> {
        if self.config.profile != Profile::None {
            let before = self.offers();
            self.negotiate(now, verb, option);
            self.offers_changed |= self.offers() != before;
        }
        let hidden = match (verb, option) {
            (Verb::Will, option::ECHO) => true,
            (Verb::Wont, option::ECHO) => false,
            _ => return None,
        };
        let changed = std::mem::replace(&mut self.echo_hidden, hidden) != hidden;
        changed.then_some(FromGame::Echo { hidden })
    }

    fn subnegotiation(&mut self, option: u8, payload: Vec<u8>) -> Option<FromGame<'static>> {
        let asked = self.options.agreed(Side::Us, option);
        match option {
            option::TTYPE if asked && payload == [encode::TERMINAL_SEND] => {
                let answer = self.identity().terminal(self.terminals_told);
                self.terminals_told = self.terminals_told.wrapping_add(1);
                self.queue(encode::terminal_is(&answer));
            }
            option::NEW_ENVIRON if asked => self.tell_variables(&payload),
            option::CHARSET if asked || self.options.agreed(Side::Them, option) => {
                let ours = self.config.charset_name.as_bytes();
                let known = |name: &[u8]| charset_option::is_meant(name, ours);
                if let Some(answer) = charset_option::answer(&payload, known) {
                    self.queue(encode::whole(option, &answer));
                }
            }
            _ if self.carries(option) => return Some(FromGame::OutOfBand { option, payload }),
            _ => {}
        }
        None
    }

    fn tell_variables(&mut self, payload: &[u8]) {
        if let Some((environ::SEND, asked)) = environ::parse(payload) {
            self.variables_told = true;
            let told = self.identity().variables_asked(asked);
            self.queue(encode::environ(environ::IS, &told));
        }
    }

    fn tell_changed_variables(&mut self, known: &[Variable]) {
        if !self.options.agreed(Side::Us, option::NEW_ENVIRON) {
            return;
        }
        let changed: Vec<Variable> = std::iter::zip(self.identity().variables(), known)
            .filter_map(|(now, before)| (now != *before).then_some(now))
            .collect();
        if !changed.is_empty() {
            self.queue(encode::environ(environ::INFO, &changed));
        }
    }

    fn tell_changed_window(&mut self) {
        let known = self.client.size.is_some() && self.config.profile == Profile::Full;
        let same = |told| told == identity::window(self.client.size);
        if known && self.window_told.is_some_and(|told| !same(told)) {
            self.tell_window();
        }
    }

    fn tell_window(&mut self) {
        let size = identity::window(self.client.size);
        self.window_told = Some(size);
        self.queue(encode::naws(size));
    }

    /// Introduces the client to a GMCP game, once a client has said its name in GMCP.
    fn greet(&mut self) {
        if self.greeted || !self.options.agreed(Side::Them, option::GMCP) {
            return;
        }
        if let Some(hello) = &self.client.hello {
            let hello = gmcp::hello(hello);
            self.greeted = self.queue_message(option::GMCP, &hello);
        }
    }

    fn identity(&self) -> Identity<'_> {
        let own = Own {
            charset_name: self.config.charset_name,
            utf8: self.config.utf8,
            mnes: self.config.profile == Profile::Full,
        };
        Identity { client: &self.client, own }
    }

    fn queue_message(&mut self, option: u8, payload: &[u8]) -> bool {
        self.queue(encode::whole(option, payload))
    }

    /// False if the game does not read what it is sent already.
    fn queue(&mut self, command: Vec<u8>) -> bool {
        let room = self.commands.len() < COMMANDS_MAX;
        if room {
            self.commands.push(command);
        }
        room
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod play_tests;
