//! What is known of a client: what it said of itself, cleaned and cut, and where it comes from.

use std::fmt;
use std::net::IpAddr;

use super::gmcp::Modules;
use super::option::OptionSet;

/// The longest name that a client can have; TTYPE allows 40.
pub const LABEL_BYTES_MAX: usize = 40;

/// A short name that a client gave: 1 to [`LABEL_BYTES_MAX`] printable ASCII characters.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Label(Box<str>);

impl Label {
    /// The printable ASCII of what a client said; `None` if nothing of it is.
    #[must_use]
    pub fn new(said: &[u8]) -> Option<Label> {
        let printable = said.iter().filter(|byte| matches!(byte, b' '..=b'~'));
        let text: String = printable.take(LABEL_BYTES_MAX).map(|&byte| char::from(byte)).collect();
        let text = text.trim();
        (!text.is_empty()).then(|| Label(text.into()))
    }

    /// Whether the two differ in case at most.
    #[must_use]
    pub fn is_like(&self, other: &Label) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// What a client can do, as MTTS says it: a sum of bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Hash)]
pub struct Mtts(pub u16);

impl Mtts {
    /// Shows ANSI colours.
    pub const ANSI: Mtts = Mtts(1);
    /// Understands VT100 sequences.
    pub const VT100: Mtts = Mtts(2);
    /// Speaks UTF-8.
    pub const UTF_8: Mtts = Mtts(4);
    /// Shows 256 colours.
    pub const COLORS_256: Mtts = Mtts(8);
    /// The player uses a screen reader.
    pub const SCREEN_READER: Mtts = Mtts(64);
    /// Several players come from this one address.
    pub const PROXY: Mtts = Mtts(128);
    /// Shows 24-bit colours.
    pub const TRUECOLOR: Mtts = Mtts(256);
    /// Answers the MUD variables of NEW-ENVIRON.
    pub const MNES: Mtts = Mtts(512);

    /// Whether all bits of `other` are set.
    #[must_use]
    pub const fn has(self, other: Mtts) -> bool {
        self.0 & other.0 == other.0
    }

    /// With the bits of `other` set or cleared.
    #[must_use]
    pub const fn with(self, other: Mtts, set: bool) -> Mtts {
        if set { Mtts(self.0 | other.0) } else { Mtts(self.0 & !other.0) }
    }
}

/// The size of a client's window in characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct WindowSize {
    /// 20 to 512.
    pub columns: u16,
    /// 5 to 256.
    pub rows: u16,
}

impl Default for WindowSize {
    fn default() -> WindowSize {
        WindowSize { columns: 80, rows: 24 }
    }
}

impl WindowSize {
    /// The size that a client says it has. Some say it in pixels, some say 0: what no window of text
    /// has is taken as the usual 80 by 24.
    #[must_use]
    pub fn said(columns: u16, rows: u16) -> WindowSize {
        let usual = WindowSize::default();
        WindowSize {
            columns: if (20..=512).contains(&columns) { columns } else { usual.columns },
            rows: if (5..=256).contains(&rows) { rows } else { usual.rows },
        }
    }

    /// The size in a NAWS payload, which is two numbers of two bytes each.
    #[must_use]
    pub fn from_naws(payload: &[u8]) -> Option<WindowSize> {
        let &[a, b, c, d] = payload else { return None };
        Some(WindowSize::said(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])))
    }
}

/// What a GMCP client said in its `Core.Hello`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Hello {
    /// The client's name.
    pub client: Label,
    /// And its version.
    pub version: Option<Label>,
}

/// What is known of one client. All of it is bounded, and none of it is to be believed for more
/// than how to talk to this client, except the address.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClientInfo {
    /// The client program.
    pub name: Option<Label>,
    /// Its version.
    pub version: Option<Label>,
    /// The terminal that it is or plays.
    pub terminal_type: Option<Label>,
    /// What it says it can do.
    pub mtts: Option<Mtts>,
    /// Its window.
    pub size: Option<WindowSize>,
    /// The player's real address, as mudkeep knows it; never what a client says.
    pub address: Option<IpAddr>,
    /// The charset that it chose.
    pub charset: Option<Label>,
    /// What it said when GMCP began.
    pub hello: Option<Box<Hello>>,
    /// The GMCP modules that it understands.
    pub modules: Modules,
    /// The options that are in use with it now, in either direction.
    pub agreed: OptionSet,
    /// It has said what it is, or will not: nothing is gained by waiting longer.
    pub settled: bool,
}

impl ClientInfo {
    /// What to call the client towards a game: its name, or at least its terminal.
    #[must_use]
    pub fn name_or_terminal(&self) -> Option<&Label> {
        self.name.as_ref().or(self.terminal_type.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(said: &[u8]) -> Option<String> {
        Label::new(said).map(|label| label.to_string())
    }

    #[test]
    fn a_label_is_printable_and_short() {
        assert_eq!(label(b" Mud\x1b[1mlet\xff\0 4 "), Some("Mud[1mlet 4".into()));
        for nothing in [&b""[..], b"  ", b"\n\xff"] {
            assert_eq!(label(nothing), None);
        }
        for length in [LABEL_BYTES_MAX - 1, LABEL_BYTES_MAX, LABEL_BYTES_MAX + 1] {
            let kept = label(&vec![b'x'; length]).map(|label| label.len());
            assert_eq!(kept, Some(length.min(LABEL_BYTES_MAX)));
        }
    }

    #[test]
    fn labels_differ_by_more_than_case() {
        let [mudlet, shouted, other] =
            [b"Mudlet", b"MUDLET", b"MudLex"].map(|said| Label::new(said).unwrap());
        assert!(mudlet.is_like(&shouted) && !mudlet.is_like(&other) && mudlet != shouted);
    }

    #[test]
    fn abilities_are_bits() {
        let abilities = Mtts::ANSI.with(Mtts::UTF_8, true).with(Mtts::TRUECOLOR, true);
        assert!(abilities.has(Mtts::UTF_8) && !abilities.has(Mtts::SCREEN_READER));
        assert_eq!(abilities.with(Mtts::UTF_8, false), Mtts(257));
    }

    #[test]
    fn a_window_that_cannot_be_is_the_usual_one() {
        for (said, meant) in [
            ((19, 4), (80, 24)),
            ((20, 5), (20, 5)),
            ((512, 256), (512, 256)),
            ((513, 257), (80, 24)),
        ] {
            let size = WindowSize::said(said.0, said.1);
            assert_eq!((size.columns, size.rows), meant);
        }
        assert_eq!(WindowSize::from_naws(b"\0\x50\0"), None);
        assert_eq!(WindowSize::from_naws(b"\0\x50\0\x18\0"), None);
        assert_eq!(WindowSize::from_naws(b"\0\x50\0\x18"), Some(WindowSize::default()));
    }

    #[test]
    fn a_client_is_called_by_its_name_or_its_terminal() {
        let mut info = ClientInfo::default();
        assert_eq!(info.name_or_terminal(), None);
        info.terminal_type = Label::new(b"XTERM");
        assert_eq!(info.name_or_terminal(), info.terminal_type.as_ref());
        info.name = Label::new(b"TINTIN++");
        assert_eq!(info.name_or_terminal(), info.name.as_ref());
    }
}
