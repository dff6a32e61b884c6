//! mudkeep playing the client towards the game. It only ever answers.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use super::client_info::ClientInfo;
use super::decode::{Decoder, IacMode};
use super::option::OptionSet;

/// How much telnet the game is answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Profile {
    /// Everything that mudkeep understands.
    #[default]
    Full,
    /// ECHO, SGA and EOR are agreed to, TTYPE and NAWS are answered when asked; all else is refused.
    Replies,
    /// Not one telnet byte is written towards the game.
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
    pub charset_name: Arc<str>,
    /// Whether that charset is UTF-8.
    pub utf8: bool,
    /// The longest message beside the text that is taken from it.
    pub subnegotiation_bytes_max: usize,
}

/// What the game says next.
#[derive(Clone, PartialEq, Eq, Debug)]
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

/// The telnet engine towards one game connection.
#[derive(Debug)]
pub struct TowardGame {
    config: GameTelnet,
    decoder: Decoder,
    commands: VecDeque<Vec<u8>>,
}

impl TowardGame {
    /// The engine of a new connection to the game.
    #[must_use]
    pub fn new(config: GameTelnet, _now: Instant) -> TowardGame {
        let decoder = Decoder::new(config.subnegotiation_bytes_max, config.iac);
        TowardGame { config, decoder, commands: VecDeque::new() }
    }

    /// Takes the next event from the front of `input`; `None` when all of it is used. Also to be
    /// called with nothing after `attach_client`, `update_client` and `tick`, which may bring events.
    pub fn next<'i>(&mut self, _now: Instant, input: &mut &'i [u8]) -> Option<FromGame<'i>> {
        self.decoder.next(input).map(|_| FromGame::Prompt)
    }

    /// This client is attached now: the game is told what is different.
    pub fn attach_client(&mut self, _now: Instant, _info: &ClientInfo) {}

    /// The attached client's window, or what is known of it, has changed.
    pub fn update_client(&mut self, _now: Instant, _info: &ClientInfo) {}

    /// Queues a client's message to the game. False if the option is not agreed.
    pub fn send_out_of_band(&mut self, _option: u8, _payload: &[u8]) -> bool {
        false
    }

    /// The next command or subnegotiation for the game: each is to be one write of its own.
    pub fn take_command(&mut self) -> Option<Vec<u8>> {
        self.commands.pop_front()
    }

    /// Appends a player's line, in the game's charset and without its end, as the game wants it: no
    /// control bytes, 0xFF doubled, at most `line_bytes_max` bytes, CR LF. False if it was cut.
    pub fn encode_line(&self, line: &[u8], _line_bytes_max: usize, out: &mut Vec<u8>) -> bool {
        out.extend_from_slice(line);
        self.config.utf8
    }

    /// When `tick` is to be called next, if at all.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        None
    }

    /// Does what is due.
    pub fn tick(&mut self, _now: Instant) {}

    /// The options to offer to clients: those that the game offered and mudkeep agreed to; those of
    /// MXP, MSP and ATCP whose agreement waits for the client's; and EOR once the game has marked
    /// prompts in whatever way.
    #[must_use]
    pub fn offers(&self) -> OptionSet {
        OptionSet::EMPTY
    }

    /// Whether the game hides what the player types.
    #[must_use]
    pub fn echo_hidden(&self) -> bool {
        false
    }
}
