//! What lies over the table: help, details, a question.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};

use super::rows;
use super::view::{Mode, Question, View};
use crate::cli::shown::text;

/// Widest box.
const WIDTH: u16 = 72;

const HELP: [(&str, &str); 13] = [
    ("arrows, page, home, end", "choose a row"),
    ("tab", "sessions or connections"),
    ("enter", "all that is known of the row"),
    ("s, S", "order by the next column; the other way round"),
    ("/", "show only rows with a text; escape shows all"),
    ("space", "hold still, go on"),
    ("k", "kick: end the session, or cut the connection"),
    ("b", "ban the user, or the address"),
    ("m", "say something to all, or to the user of the row"),
    ("q, Ctrl-C", "quit"),
    ("", ""),
    ("idle", "how long nothing was typed; away: without a client"),
    ("trip", "how long an answer takes to the player and back"),
];

/// Draws what lies over the table, if anything.
pub(super) fn draw(frame: &mut Frame<'_>, view: &View) {
    match &view.mode {
        Mode::Table | Mode::Filter => {}
        Mode::Help => {
            let lines = HELP.map(|(key, what)| pair(view, key, 24, what.to_owned()));
            show(frame, "Help (any key closes it)", lines.into());
        }
        Mode::Details => draw_details(frame, view),
        Mode::Ask(question, line) => draw_question(frame, view, question, line.text()),
    }
}

fn pair<'l>(view: &View, name: &'l str, width: usize, value: String) -> Line<'l> {
    Line::from(vec![Span::styled(format!("{name:<width$} "), view.look.name()), value.into()])
}

fn draw_details(frame: &mut Frame<'_>, view: &View) {
    let found = view.snapshot.as_ref().zip(view.selected());
    let details = found.and_then(|(all, row)| rows::details(all, view.tab, &row.id));
    let lines = match details {
        Some(details) => {
            details.into_iter().map(|(name, value)| pair(view, name, 11, value)).collect()
        }
        None => vec![Line::from("It has gone.")],
    };
    show(frame, "Details (k kick, b ban, any other key closes)", lines);
}

fn draw_question(frame: &mut Frame<'_>, view: &View, question: &Question, typed: &str) {
    let (what, other, ask) = words(question);
    let mut lines = vec![Line::styled(what, view.look.name())];
    if let Some(other) = other {
        lines.push(Line::from(vec![Span::styled("tab ", view.look.key()), other.into()]));
    }
    lines.push(Line::default());
    lines.push(Line::from(format!("{ask}: {}_", text(typed))));
    lines.push(Line::default());
    lines.push(Line::from(vec![
        Span::styled("enter", view.look.key()),
        " does it  ".into(),
        Span::styled("escape", view.look.key()),
        " does not".into(),
    ]));
    show(frame, "Are you sure?", lines);
}

/// What is asked, what the tab key chooses instead, and what is to be typed.
fn words(question: &Question) -> (String, Option<String>, &'static str) {
    match question {
        Question::Kick(target) if target.is_session => {
            (format!("End the session of {}?", text(&target.name)), None, "Reason")
        }
        Question::Kick(target) => {
            let what = "Cut this connection of";
            (
                format!("{what} {}? (A session waits for its player.)", text(&target.name)),
                None,
                "Reason",
            )
        }
        Question::Ban { user, address, network } => {
            let user = user.as_deref().map(|user| format!("the user {}", text(user)));
            let address = address.as_deref().map(|address| format!("all from {}", text(address)));
            let (this, other) = if *network { (address, user) } else { (user, address) };
            let other = other.map(|other| format!("bans {other} instead"));
            (format!("Ban {} for good?", this.unwrap_or_default()), other, "Reason")
        }
        Question::Say { user, alone } => {
            let one = user.as_deref().map(|user| format!("{} alone", text(user)));
            let all = || "all players".to_owned();
            let (this, other) = match (one, alone) {
                (Some(one), true) => (one, Some(all())),
                (one, _) => (all(), one),
            };
            (format!("Say to {this}"), other.map(|other| format!("says it to {other}")), "Text")
        }
    }
}

/// A box in the middle of the screen. What is too long for it goes on in the next line.
fn show(frame: &mut Frame<'_>, title: &str, lines: Vec<Line<'_>>) {
    let screen = frame.area();
    let width = WIDTH.min(screen.width);
    let block = Block::bordered().title(format!(" {title} "));
    let inside = usize::from(width.saturating_sub(2)).max(1);
    let height = lines.iter().map(|line| rows_of(line, inside)).sum::<usize>() + 2;
    let height = height.min(usize::from(screen.height)) as u16;
    let text = Paragraph::new(lines).wrap(Wrap { trim: false }).block(block);
    let x = screen.x + (screen.width - width) / 2;
    let y = screen.y + (screen.height - height) / 2;
    let area = Rect { x, y, width, height };
    frame.render_widget(Clear, area);
    frame.render_widget(text, area);
}

/// How many rows a line takes whose words go on in the next one.
fn rows_of(line: &Line<'_>, width: usize) -> usize {
    let (mut rows, mut used) = (1, 0);
    for word in line.to_string().split(' ') {
        let word = Span::raw(word).width();
        if used > 0 && used + 1 + word > width {
            rows += 1;
            used = 0;
        } else if used > 0 {
            used += 1;
        }
        rows += (used + word).saturating_sub(1) / width;
        used = (used + word).saturating_sub(1) % width + 1;
    }
    rows
}
