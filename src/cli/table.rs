//! Tables for people: columns as wide as what is in them, as long as that fits the terminal. What
//! does not fit is cut, the widest first; what then does not fit is left out, the last column first.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

/// Between two columns.
const GAP: usize = 2;

/// What a cut text ends in.
const CUT: &str = "…";

/// One column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Its name in the first line.
    pub(crate) name: &'static str,
    /// Whether what is in it stands at its right end, as numbers do.
    pub(crate) right: bool,
    /// How narrow it may be made.
    pub(crate) least: usize,
}

/// A column whose text can be cut down to `least`.
pub(crate) const fn words(name: &'static str, least: usize) -> Column {
    Column { name, right: false, least }
}

/// A column whose text is never cut.
pub(crate) const fn whole(name: &'static str) -> Column {
    Column { name, right: false, least: usize::MAX }
}

/// A column of numbers.
pub(crate) const fn number(name: &'static str) -> Column {
    Column { name, right: true, least: usize::MAX }
}

/// Rows under columns; the most important column is the first.
#[derive(Debug)]
pub(crate) struct Table<'c> {
    columns: &'c [Column],
    rows: Vec<Vec<String>>,
}

impl<'c> Table<'c> {
    /// Without rows.
    pub(crate) fn new(columns: &'c [Column]) -> Table<'c> {
        Table { columns, rows: Vec::new() }
    }

    /// Adds a row; it has a text for each column, in their order.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints it, no wider than `width`.
    pub(crate) fn print(&self, width: Option<usize>, out: &mut dyn Write) -> io::Result<()> {
        let widths = fit(self.columns, self.widths(), width.unwrap_or(usize::MAX));
        let names = self.columns.iter().map(|column| column.name);
        self.print_row(names, &widths, out)?;
        for row in &self.rows {
            self.print_row(row.iter().map(String::as_str), &widths, out)?;
        }
        Ok(())
    }

    fn widths(&self) -> Vec<usize> {
        let of = |(at, column): (usize, &Column)| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width());
            cells.max().unwrap_or(0).max(column.name.width())
        };
        self.columns.iter().enumerate().map(of).collect()
    }

    fn print_row<'r>(
        &self,
        cells: impl Iterator<Item = &'r str>,
        widths: &[usize],
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let mut line = String::new();
        for ((cell, column), width) in cells.zip(self.columns).zip(widths) {
            let cell = cut(cell, *width);
            let pad = " ".repeat(width - cell.width());
            if column.right {
                line.push_str(&pad);
            }
            line.push_str(&cell);
            if !column.right {
                line.push_str(&pad);
            }
            line.push_str(&" ".repeat(GAP));
        }
        writeln!(out, "{}", line.trim_end())
    }
}

/// The widths of the columns that there is room for.
pub(crate) fn fit(columns: &[Column], mut widths: Vec<usize>, room: usize) -> Vec<usize> {
    let total = |widths: &[usize]| widths.iter().sum::<usize>() + GAP * (widths.len().max(1) - 1);
    let least = |at: usize| columns[at].least.max(columns[at].name.width());
    while total(&widths) > room {
        let over = total(&widths) - room;
        let spare = (0..widths.len()).map(|at| widths[at].saturating_sub(least(at))).sum::<usize>();
        if spare < over && widths.len() > 1 {
            widths.pop();
            continue;
        }
        let widest = (0..widths.len()).filter(|at| widths[*at] > least(*at));
        match widest.max_by_key(|at| widths[*at]) {
            Some(at) => widths[at] -= 1,
            None => {
                // One column is left that may not be cut.
                widths[0] = room;
                break;
            }
        }
    }
    widths
}

/// Text that is no wider than `width`.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(CUT.width());
    let mut kept = text.to_owned();
    while kept.width() > room {
        kept.pop();
    }
    if width > 0 {
        kept.push_str(CUT);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COLUMNS: &[Column] = &[words("NAME", 4), whole("ID"), number("BYTES"), words("WHY", 3)];

    fn table() -> Table<'static> {
        let mut table = Table::new(COLUMNS);
        for row in [["Alice", "1234567890", "5", "a reason"], ["王小明王小明", "1", "12345", ""]]
        {
            table.row(row.map(str::to_owned));
        }
        table
    }

    fn printed(width: Option<usize>) -> String {
        let mut out = Vec::new();
        table().print(width, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let expected = "\
NAME          ID          BYTES  WHY
Alice         1234567890      5  a reason
王小明王小明  1           12345
";
        assert_eq!(printed(None), expected);
        assert_eq!(printed(Some(41)), expected);
    }

    #[test]
    fn where_there_is_no_room_the_widest_is_cut() {
        let expected = "\
NAME         ID          BYTES  WHY
Alice        1234567890      5  a reason
王小明王小…  1           12345
";
        assert_eq!(printed(Some(40)), expected);
        assert_eq!(printed(Some(30)).lines().nth(1), Some("Alice  1234567890      5  a r…"));
    }

    #[test]
    fn where_cutting_is_not_enough_the_last_columns_are_left_out() {
        assert_eq!(printed(Some(25)).lines().next(), Some("NAME    ID          BYTES"));
        assert_eq!(printed(Some(16)), "NAME  ID\nAli…  1234567890\n王…   1\n");
        assert_eq!(printed(Some(15)).lines().next(), Some("NAME"));
        assert_eq!(printed(Some(3)), "NA…\nAl…\n王…\n");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_terminal(cells: [String; 4], width in 1usize..200) {
            let mut table = Table::new(COLUMNS);
            table.row(cells.map(|cell| crate::cli::shown::text(&cell)));
            let mut out = Vec::new();
            table.print(Some(width), &mut out).unwrap();
            for line in String::from_utf8(out).unwrap().lines() {
                prop_assert!(line.width() <= width, "{line:?}");
            }
        }
    }
}
