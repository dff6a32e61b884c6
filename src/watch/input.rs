//! A line that is typed at the bottom of the screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Longest line, in characters: as long as the API takes a reason.
const LINE_CHARS_MAX: usize = 200;

/// What has been typed so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line(String);

impl Line {
    /// Takes a key; says whether it was one for a line.
    pub(super) fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('u') if control => self.0.clear(),
            KeyCode::Char(c) if !control && !c.is_control() => {
                if self.0.chars().count() < LINE_CHARS_MAX {
                    self.0.push(c);
                }
            }
            KeyCode::Backspace => {
                self.0.pop();
            }
            _ => return false,
        }
        true
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_typed_corrected_and_has_an_end() {
        let mut line = Line::default();
        let mut press = |code, modifiers| line.key(KeyEvent::new(code, modifiers));
        assert!(press(KeyCode::Char('a'), KeyModifiers::NONE));
        assert!(press(KeyCode::Char('É'), KeyModifiers::SHIFT));
        assert!(press(KeyCode::Backspace, KeyModifiers::NONE));
        assert!(!press(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(!press(KeyCode::Enter, KeyModifiers::NONE));
        assert_eq!(line.text(), "a");
        for _ in 0..LINE_CHARS_MAX {
            line.key(KeyEvent::from(KeyCode::Char('é')));
        }
        assert_eq!(line.text().chars().count(), LINE_CHARS_MAX);
        line.key(KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL));
        assert!(line.is_empty());
    }
}
