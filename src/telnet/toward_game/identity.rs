//! What the game is told of the client that is attached: its terminal (TTYPE, MTTS), its variables
//! (MNES) and its window.

use crate::telnet::client_info::{ClientInfo, Label, Mtts, WindowSize};
use crate::telnet::environ::Variable;

/// What a client is called that said nothing of itself.
const NAME: &str = "MUDKEEP";
/// The terminal of such a client: most show colours.
const TERMINAL: &str = "ANSI";

/// How mudkeep itself looks to the game, whoever is attached.
#[derive(Clone, Copy, Debug)]
pub(super) struct Own<'c> {
    /// The game's charset, as MNES calls it.
    pub(super) charset_name: &'c str,
    /// Whether that is UTF-8.
    pub(super) utf8: bool,
    /// Whether the variables of MNES are answered.
    pub(super) mnes: bool,
}

/// The client as the game is to see it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Identity<'c> {
    pub(super) client: &'c ClientInfo,
    pub(super) own: Own<'c>,
}

impl Identity<'_> {
    /// The answer to the `count`th question for the terminal, from 0: name, terminal, abilities
    /// twice, which says that the list is over, and then from the start.
    pub(super) fn terminal(&self, count: u8) -> String {
        match count % 4 {
            0 => self.name().to_owned(),
            1 => self.terminal_type().to_owned(),
            _ => format!("MTTS {}", self.mtts().0),
        }
    }

    fn name(&self) -> &str {
        self.client.name_or_terminal().map_or(NAME, Label::as_str)
    }

    fn terminal_type(&self) -> &str {
        self.client.terminal_type.as_ref().map_or(TERMINAL, Label::as_str)
    }

    /// What the client can do, but in the game's charset, through a proxy, which has its own view of
    /// MNES.
    fn mtts(&self) -> Mtts {
        self.client
            .mtts
            .unwrap_or_else(|| abilities_by_name(self.terminal_type()))
            .with(Mtts::UTF_8, self.own.utf8)
            .with(Mtts::PROXY, true)
            .with(Mtts::MNES, self.own.mnes)
    }

    /// The variables of MNES.
    pub(super) fn variables(&self) -> [Variable; 6] {
        let version = self.client.version.as_ref().map(Label::as_str);
        let address = self.client.address.map(|address| address.to_canonical().to_string());
        [
            Variable::var("CHARSET", Some(self.own.charset_name)),
            Variable::var("CLIENT_NAME", Some(self.name())),
            Variable::var("CLIENT_VERSION", version),
            Variable::var("IPADDRESS", address.as_deref()),
            Variable::var("MTTS", Some(&self.mtts().0.to_string())),
            Variable::var("TERMINAL_TYPE", Some(self.terminal_type())),
        ]
    }

    /// The answer to a NEW-ENVIRON SEND: what it asks for in its order, or everything.
    pub(super) fn variables_asked(&self, asked: Vec<Variable>) -> Vec<Variable> {
        let known = self.variables();
        if asked.is_empty() {
            return known.into_iter().filter(|known| known.value.is_some()).collect();
        }
        let answer = |asked: Variable| {
            if asked.name.is_empty() {
                // All of one kind. Of those that players define themselves there is none.
                let all = known.iter().filter(|known| !asked.user && known.value.is_some());
                return all.cloned().collect();
            }
            let value = known.iter().find(|known| known.name == asked.name && !asked.user);
            vec![Variable { value: value.and_then(|known| known.value.clone()), ..asked }]
        };
        asked.into_iter().flat_map(answer).collect()
    }
}

/// The window as the game is told of it: Evennia knows a resize by its nine bytes, so no byte may
/// need doubling.
pub(super) fn window(size: Option<WindowSize>) -> WindowSize {
    let even = |cells: u16| if cells & 0xff == 0xff { cells - 1 } else { cells };
    let size = size.unwrap_or_default();
    WindowSize { columns: even(size.columns), rows: even(size.rows) }
}

/// What a terminal of this name can do, if its client does not say.
fn abilities_by_name(terminal: &str) -> Mtts {
    let name = terminal.to_ascii_uppercase();
    let vt = name.starts_with("XTERM") || name.starts_with("VT") || name.starts_with("LINUX");
    let dumb = name.starts_with("DUMB") || name.starts_with("UNKNOWN");
    Mtts::default()
        .with(Mtts::ANSI, !dumb)
        .with(Mtts::VT100, vt)
        .with(Mtts::COLORS_256, name.contains("-256COLOR") || name.contains("-TRUECOLOR"))
        .with(Mtts::TRUECOLOR, name.contains("-TRUECOLOR"))
}
