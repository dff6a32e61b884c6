//! The view as it is drawn: a header, graphs, a table, a last line. A small screen has less of it.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Paragraph, RenderDirection, Row as TableRow, Sparkline, Table};

use super::graphs::Values;
use super::look::Look;
use super::poll::Snapshot;
use super::popup;
use super::rows::{self, Row};
use super::view::{Mode, Sort, Tab, Told, View};
use crate::cli::shown::{self, count, size, span, text};
use crate::cli::table::{Column, cut, fit};

/// Rows of a screen that has room for high graphs, and for low ones.
const HIGH_SCREEN: u16 = 24;
const MIDDLE_SCREEN: u16 = 15;

/// Columns that a graph needs.
const GRAPH_COLUMNS: u16 = 18;

/// Stands before the selected row, and takes as much room before the others.
const MARK: &str = "> ";

/// What separates things in one line.
const GAP: &str = "  ";

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, view: &mut View) {
    let screen = frame.area();
    let graphs = match screen.height {
        _ if screen.width < 2 * GRAPH_COLUMNS => 0,
        HIGH_SCREEN.. => 4,
        MIDDLE_SCREEN.. => 3,
        _ => 0,
    };
    let header = if screen.height >= 8 { 2 } else { 1 };
    let [top, plots, _, tabs, table, bottom] = Layout::vertical([
        Constraint::Length(header),
        Constraint::Length(graphs),
        // Or the graphs would seem to stand on the tabs.
        Constraint::Length(u16::from(screen.height >= HIGH_SCREEN)),
        Constraint::Length(1),
        Constraint::Fill(1),
        Constraint::Length(1),
    ])
    .areas(screen);
    draw_header(frame, view, top);
    draw_graphs(frame, view, plots);
    let rows = view.rows();
    draw_tabs(frame, view, rows.len(), tabs);
    draw_table(frame, view, &rows, table);
    draw_bottom(frame, view, bottom);
    popup::draw(frame, view);
}

fn draw_header(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let look = view.look;
    let Some(snapshot) = &view.snapshot else {
        let asking = format!("mudkeep at {} has not answered yet", text(&view.place));
        return frame.render_widget(Paragraph::new(asking), area);
    };
    let lines = vec![first_line(view, snapshot, look), second_line(snapshot)];
    frame.render_widget(Paragraph::new(lines), area);
}

fn first_line<'s>(view: &View, snapshot: &'s Snapshot, look: Look) -> Line<'s> {
    let health = &snapshot.health;
    let mut spans = vec![Span::styled(format!("mudkeep {}", text(&health.version)), look.name())];
    spans.push(GAP.into());
    if let Some(why) = &view.lost {
        let lost = format!(" connection lost, trying again: {} ", text(why));
        spans.push(Span::styled(lost, look.bad()));
        return Line::from(spans);
    }
    let good = health.status == "ok";
    let status = if good { "ok".to_owned() } else { format!(" {} ", text(&health.status)) };
    spans.push(Span::styled(status, if good { look.good() } else { look.bad() }));
    if view.paused {
        spans.push(GAP.into());
        spans.push(Span::styled(" paused ", look.selected()));
    }
    let answers = match health.game.answers {
        Some(true) => " answers",
        Some(false) => " does not answer",
        None => "",
    };
    let up = span(shown::seconds(health.uptime_seconds));
    let game = text(&health.game.address);
    spans.push(format!("{GAP}up {up}{GAP}game {game}{answers}").into());
    spans.push(Span::styled(format!("{GAP}at {}", text(&view.place)), look.quiet()));
    Line::from(spans)
}

fn second_line(snapshot: &Snapshot) -> Line<'static> {
    let (health, stats) = (&snapshot.health, &snapshot.stats);
    let users = count(health.users_with_connections, "user");
    let memory = health.memory_bytes.map(|all| format!("{GAP}memory {}", size(all as f64)));
    let total = |name: &str| stats.totals.get(name).copied().unwrap_or_default();
    Line::from(format!(
        "{users}{GAP}{} {}{GAP}{} {}{}{GAP}{}{GAP}{}{GAP}{} refused",
        count(health.active_connections, "connection"),
        parts(&health.connections_by_transport),
        count(health.sessions, "session"),
        parts(&health.sessions_by_state),
        memory.unwrap_or_default(),
        count(total("resumes"), "resume"),
        count(total("takeovers"), "takeover"),
        total("refused"),
    ))
}

fn parts(parts: &std::collections::BTreeMap<String, u64>) -> String {
    let some = parts.iter().filter(|(_, number)| **number > 0);
    let shown: Vec<String> =
        some.map(|(name, number)| format!("{number} {}", text(name))).collect();
    format!("({})", shown.join(", "))
}

/// How a graph's values are written.
type Shown = fn(u64) -> String;

fn draw_graphs(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let graphs = &view.graphs;
    let all: [(&str, &Values, Shown); 4] = [
        ("connections", &graphs.connections, |value| value.to_string()),
        ("lines/s", &graphs.lines, |value| value.to_string()),
        ("out/s", &graphs.bytes_out, |value| size(value as f64)),
        ("history", &graphs.history, |value| size(value as f64)),
    ];
    if area.height < 2 {
        return;
    }
    let many = usize::from(area.width / GRAPH_COLUMNS).min(all.len());
    let places = Layout::horizontal(vec![Constraint::Fill(1); many]).spacing(2).split(area);
    for ((name, values, shown), place) in all.into_iter().zip(places.iter()) {
        let last = values.last(usize::from(place.width));
        let most = last.iter().max().copied().unwrap_or_default();
        let [title, plot] =
            Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(*place);
        let line = Line::from(vec![
            Span::styled(name, view.look.name()),
            format!(" {}", shown(values.newest())).into(),
            Span::styled(format!(" max {}", shown(most)), view.look.quiet()),
        ]);
        frame.render_widget(line, title);
        let plotted = Sparkline::default()
            .data(last)
            .max(most.max(1))
            .direction(RenderDirection::RightToLeft)
            .style(view.look.graph());
        frame.render_widget(plotted, plot);
    }
}

fn draw_tabs(frame: &mut Frame<'_>, view: &View, shown: usize, area: Rect) {
    let look = view.look;
    let totals = view.snapshot.as_ref();
    let totals = totals.map_or((0, 0), |all| (all.sessions_total, all.connections_total));
    let tab = |tab: Tab, name: &str, number: u64| {
        let text = format!("{name} {number}");
        match tab == view.tab {
            true => Span::styled(format!("[{text}]"), look.key()),
            false => Span::raw(format!(" {text} ")),
        }
    };
    let mut spans = vec![
        tab(Tab::Sessions, "sessions", totals.0),
        Span::raw(" "),
        tab(Tab::Connections, "connections", totals.1),
    ];
    let Sort { column, backwards } = view.sort();
    let name = rows::columns(view.tab)[column].name.to_lowercase();
    let order = if backwards { ", backwards" } else { "" };
    spans.push(Span::styled(format!("{GAP}by {name}{order}"), look.quiet()));
    if !view.filter.is_empty() {
        let filter = format!("{GAP}with \"{}\": {shown}", text(view.filter.text()));
        spans.push(Span::styled(filter, look.name()));
    }
    frame.render_widget(Line::from(spans), area);
}

fn draw_table(frame: &mut Frame<'_>, view: &mut View, rows: &[Row], area: Rect) {
    let columns = rows::columns(view.tab);
    let wide = |at: usize| {
        let cells = rows.iter().map(|row| Span::raw(row.cells[at].as_str()).width());
        cells.max().unwrap_or_default().max(columns[at].name.len() + 1)
    };
    let room = usize::from(area.width).saturating_sub(MARK.len());
    let widths = fit(columns, (0..columns.len()).map(wide).collect(), room);
    let look = view.look;
    let Sort { column, backwards } = view.sort();
    let arrow = |at: usize| match (at == column, backwards) {
        (false, _) => "",
        (true, false) => "^",
        (true, true) => "v",
    };
    let header = columns.iter().zip(&widths).enumerate();
    let header = header.map(|(at, (column, width))| header_cell(column, arrow(at), *width, look));
    let body = rows.iter().map(|row| {
        let cell = |at: usize| {
            let style = if at == 1 { look.state(&row.state) } else { Style::new() };
            Cell::from(aligned(&row.cells[at], columns[at].right, widths[at])).style(style)
        };
        TableRow::new((0..widths.len()).map(cell))
    });
    let table = Table::new(body, widths.iter().map(|width| Constraint::Length(*width as u16)))
        .header(TableRow::new(header))
        .column_spacing(2)
        .row_highlight_style(look.selected())
        .highlight_spacing(ratatui::widgets::HighlightSpacing::Always)
        .highlight_symbol(MARK);
    let selected = view.selected_at(rows);
    view.table.select(selected);
    frame.render_stateful_widget(table, area, &mut view.table);
}

/// A column's name, with an arrow if the table is ordered by it.
fn header_cell(column: &Column, arrow: &str, width: usize, look: Look) -> Cell<'static> {
    Cell::from(aligned(&format!("{}{arrow}", column.name), column.right, width)).style(look.name())
}

fn aligned(text: &str, right: bool, width: usize) -> String {
    let text = cut(text, width);
    let pad = " ".repeat(width.saturating_sub(Span::raw(text.as_str()).width()));
    if right { pad + &text } else { text + &pad }
}

fn draw_bottom(frame: &mut Frame<'_>, view: &View, area: Rect) {
    let look = view.look;
    let line = match (&view.told, &view.mode) {
        (Some(Told::Done(what)), _) => Line::styled(what.clone(), look.good()),
        (Some(Told::Failed(why)), _) => Line::styled(format!(" {why} "), look.bad()),
        (Some(Told::Busy), _) => Line::from("What was asked for before is still being done."),
        (None, Mode::Filter) => Line::from(format!("/{}_", text(view.filter.text()))),
        (None, _) => keys(look),
    };
    frame.render_widget(line, area);
}

/// What can be pressed, the most important first.
fn keys(look: Look) -> Line<'static> {
    const KEYS: [(&str, &str); 10] = [
        ("q", "quit"),
        ("?", "help"),
        ("tab", "other table"),
        ("/", "filter"),
        ("s S", "sort"),
        ("enter", "details"),
        ("k", "kick"),
        ("b", "ban"),
        ("m", "say"),
        ("space", "pause"),
    ];
    let spans = KEYS.into_iter().flat_map(|(key, what)| {
        [Span::styled(key, look.key()), Span::raw(format!(" {what}{GAP}"))]
    });
    Line::from_iter(spans)
}
