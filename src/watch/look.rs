//! How things look: in colour, or by weight alone where colour is not wanted. Nothing is told by
//! colour only.

use ratatui::style::{Color, Modifier, Style};

/// Whether there is colour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) colour: bool,
}

impl Look {
    fn with(self, colour: Color, style: Style) -> Style {
        if self.colour { style.fg(colour) } else { style }
    }

    /// Names of things.
    pub(super) fn name(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What is less important.
    pub(super) fn quiet(self) -> Style {
        self.with(Color::DarkGray, Style::new())
    }

    pub(super) fn good(self) -> Style {
        self.with(Color::Green, Style::new().add_modifier(Modifier::BOLD))
    }

    pub(super) fn bad(self) -> Style {
        self.with(Color::Red, Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED))
    }

    /// Keys that can be pressed, and which table is shown.
    pub(super) fn key(self) -> Style {
        self.with(Color::Cyan, Style::new().add_modifier(Modifier::BOLD))
    }

    pub(super) fn graph(self) -> Style {
        self.with(Color::Cyan, Style::new())
    }

    /// The row that keys act on.
    pub(super) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// A session or connection by its state: nothing for what is as usual.
    pub(super) fn state(self, state: &str) -> Style {
        match state {
            "held" | "login" | "authenticating" | "dialing" | "connecting" => {
                self.with(Color::Yellow, Style::new())
            }
            "orphaned" | "lingering" | "disconnecting" => self.with(Color::Red, Style::new()),
            _ => Style::new(),
        }
    }
}
