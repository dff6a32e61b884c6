//! What is on the screen, and what a key does to it. Pure: told of keys and answers, it says what is
//! to be done.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::widgets::TableState;

use super::graphs::Graphs;
use super::input::Line;
use super::look::Look;
use super::poll::Snapshot;
use super::rows::{self, Row};

/// Rows that a page key goes.
const PAGE: isize = 10;

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tab {
    Sessions,
    Connections,
}

/// What a table is ordered by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sort {
    /// The column's place.
    pub(super) column: usize,
    pub(super) backwards: bool,
}

/// What keys mean at the moment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Table,
    /// A filter is typed.
    Filter,
    Help,
    Details,
    /// Something is to be done, if its reason or text is confirmed.
    Ask(Question, Line),
}

/// What is asked before something is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Kick(Target),
    /// The user, the address, and whether it is the address.
    Ban {
        user: Option<String>,
        address: Option<String>,
        network: bool,
    },
    /// The user who could be told alone, and whether it is so.
    Say {
        user: Option<String>,
        alone: bool,
    },
}

/// A session or a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) is_session: bool,
    pub(super) id: String,
    /// The user, or the id.
    pub(super) name: String,
}

/// What the API is to be asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Kick { target: Target, reason: String },
    Ban { who: String, network: bool, reason: String },
    Say { text: String, to: Option<String> },
}

/// What a key came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    Act(Act),
    Quit,
}

/// What is told in the last line until the next key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    Done(String),
    Failed(String),
    /// What was wanted before is not done yet.
    Busy,
}

/// All of it.
pub(super) struct View {
    /// Where mudkeep is.
    pub(super) place: String,
    pub(super) look: Look,
    pub(super) snapshot: Option<Snapshot>,
    pub(super) graphs: Graphs,
    pub(super) tab: Tab,
    /// Of the sessions, of the connections.
    pub(super) sorts: [Sort; 2],
    pub(super) filter: Line,
    pub(super) mode: Mode,
    pub(super) paused: bool,
    /// Why there is no answer, if there is none.
    pub(super) lost: Option<String>,
    pub(super) told: Option<Told>,
    /// The row that keys act on: it stays the same one wherever it goes.
    selected: Option<String>,
    /// How far the table is scrolled.
    pub(super) table: TableState,
}

impl View {
    pub(super) fn new(place: String, colour: bool) -> View {
        View {
            place,
            look: Look { colour },
            snapshot: None,
            graphs: Graphs::default(),
            tab: Tab::Sessions,
            sorts: [Sort::default(); 2],
            filter: Line::default(),
            mode: Mode::Table,
            paused: false,
            lost: None,
            told: None,
            selected: None,
            table: TableState::default(),
        }
    }

    /// Takes an answer. What is paused stays as it was, but for the graphs.
    pub(super) fn see(&mut self, snapshot: Snapshot) {
        self.lost = None;
        self.graphs.see(&snapshot);
        if !self.paused || self.snapshot.is_none() {
            self.snapshot = Some(snapshot);
        }
    }

    /// There was no answer.
    pub(super) fn lose(&mut self, why: String) {
        self.lost = Some(why);
    }

    /// Something was done, or not.
    pub(super) fn tell(&mut self, told: Told) {
        self.told = Some(told);
    }

    /// The rows as they are shown.
    pub(super) fn rows(&self) -> Vec<Row> {
        let Some(snapshot) = &self.snapshot else { return Vec::new() };
        let Sort { column, backwards } = self.sort();
        rows::rows(snapshot, self.tab, self.filter.text(), column, backwards)
    }

    pub(super) fn sort(&self) -> Sort {
        self.sorts[self.tab as usize]
    }

    /// Where the selected row is: the first one if none was, nowhere if it has gone.
    pub(super) fn selected_at(&self, rows: &[Row]) -> Option<usize> {
        match &self.selected {
            Some(id) => rows.iter().position(|row| row.id == *id),
            None => (!rows.is_empty()).then_some(0),
        }
    }

    /// The selected row.
    pub(super) fn selected(&self) -> Option<Row> {
        let mut rows = self.rows();
        self.selected_at(&rows).map(|at| rows.swap_remove(at))
    }

    /// Takes a key.
    pub(super) fn key(&mut self, key: KeyEvent) -> Wish {
        if key.kind == KeyEventKind::Release {
            return Wish::Nothing;
        }
        self.told = None;
        if key.code == KeyCode::Char('c') && key.modifiers.contains(KeyModifiers::CONTROL) {
            return Wish::Quit;
        }
        match self.mode {
            Mode::Table if key.code == KeyCode::Char('q') => return Wish::Quit,
            Mode::Table => self.table_key(key),
            Mode::Filter => self.filter_key(key),
            Mode::Help => self.mode = Mode::Table,
            Mode::Details => self.details_key(key),
            Mode::Ask(..) => return self.question_key(key),
        }
        Wish::Nothing
    }

    fn table_key(&mut self, key: KeyEvent) {
        if let Some(steps) = steps_of(key.code) {
            return self.go(steps);
        }
        match key.code {
            KeyCode::Tab | KeyCode::BackTab => self.switch(),
            KeyCode::Char('s') => {
                let columns = rows::columns(self.tab).len();
                let sort = &mut self.sorts[self.tab as usize];
                *sort = Sort { column: (sort.column + 1) % columns, backwards: false };
            }
            KeyCode::Char('S') => {
                let sort = &mut self.sorts[self.tab as usize];
                sort.backwards = !sort.backwards;
            }
            KeyCode::Char('/') => self.mode = Mode::Filter,
            KeyCode::Esc => self.filter = Line::default(),
            KeyCode::Char('?') => self.mode = Mode::Help,
            KeyCode::Char(' ') => self.paused = !self.paused,
            _ => self.row_key(key.code),
        }
    }

    /// Keys that concern the selected row.
    fn row_key(&mut self, code: KeyCode) {
        let row = self.selected();
        // It stays the one that is asked about, whatever comes or goes meanwhile.
        if let Some(row) = &row {
            self.selected = Some(row.id.clone());
        }
        let question = match (code, row) {
            (KeyCode::Enter, Some(_)) => {
                self.mode = Mode::Details;
                return;
            }
            (KeyCode::Char('k'), Some(row)) => {
                let name = row.user.unwrap_or_else(|| row.id.clone());
                let is_session = self.tab == Tab::Sessions;
                Question::Kick(Target { is_session, id: row.id, name })
            }
            (KeyCode::Char('b'), Some(Row { user, address, .. })) => {
                if user.is_none() && address.is_none() {
                    return;
                }
                Question::Ban { network: user.is_none(), user, address }
            }
            (KeyCode::Char('m'), row) => {
                Question::Say { user: row.and_then(|row| row.user), alone: false }
            }
            _ => return,
        };
        self.mode = Mode::Ask(question, Line::default());
    }

    fn switch(&mut self) {
        self.tab = match self.tab {
            Tab::Sessions => Tab::Connections,
            Tab::Connections => Tab::Sessions,
        };
        self.selected = None;
        self.table = TableState::default();
    }

    fn go(&mut self, steps: isize) {
        let rows = self.rows();
        let last = rows.len().saturating_sub(1);
        let at = match self.selected_at(&rows) {
            Some(at) => at.saturating_add_signed(steps).min(last),
            // From one that has gone no steps are counted.
            None if steps == isize::MAX => last,
            None => 0,
        };
        self.selected = rows.get(at).map(|row| row.id.clone());
    }

    fn filter_key(&mut self, key: KeyEvent) {
        match key.code {
            KeyCode::Enter => self.mode = Mode::Table,
            KeyCode::Esc => {
                self.filter = Line::default();
                self.mode = Mode::Table;
            }
            _ => {
                self.filter.key(key);
            }
        }
        // Which rows there are was chosen: one that is not shown is no longer the selected one.
        if self.selected_at(&self.rows()).is_none() {
            self.selected = None;
        }
    }

    /// Kick and ban can be had from the details too; any other key closes them.
    fn details_key(&mut self, key: KeyEvent) {
        self.mode = Mode::Table;
        if matches!(key.code, KeyCode::Char('k' | 'b' | 'm')) {
            self.row_key(key.code);
        }
    }

    fn question_key(&mut self, key: KeyEvent) -> Wish {
        let Mode::Ask(question, line) = &mut self.mode else { return Wish::Nothing };
        match key.code {
            KeyCode::Esc => self.mode = Mode::Table,
            KeyCode::Tab => question.turn(),
            KeyCode::Enter => {
                let act = question.act(line);
                self.mode = Mode::Table;
                return act.map_or(Wish::Nothing, Wish::Act);
            }
            _ => {
                line.key(key);
            }
        }
        Wish::Nothing
    }
}

impl Question {
    /// The other choice, where there are two.
    fn turn(&mut self) {
        match self {
            Question::Ban { user: Some(_), address: Some(_), network } => *network = !*network,
            Question::Say { user: Some(_), alone } => *alone = !*alone,
            Question::Kick(_) | Question::Ban { .. } | Question::Say { .. } => {}
        }
    }

    /// What is to be done; nothing if there is nothing to say.
    fn act(&self, line: &Line) -> Option<Act> {
        let reason = line.text().to_owned();
        match self {
            Question::Kick(target) => Some(Act::Kick { target: target.clone(), reason }),
            Question::Ban { user, address, network } => {
                let who = if *network { address } else { user };
                Some(Act::Ban { who: who.clone()?, network: *network, reason })
            }
            Question::Say { .. } if line.is_empty() => None,
            Question::Say { user, alone } => {
                Some(Act::Say { text: reason, to: user.clone().filter(|_| *alone) })
            }
        }
    }
}

fn steps_of(code: KeyCode) -> Option<isize> {
    match code {
        KeyCode::Up => Some(-1),
        KeyCode::Down => Some(1),
        KeyCode::PageUp => Some(-PAGE),
        KeyCode::PageDown => Some(PAGE),
        KeyCode::Home => Some(isize::MIN),
        KeyCode::End => Some(isize::MAX),
        _ => None,
    }
}
