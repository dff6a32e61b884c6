//! The view as its user has it: keys in, text on a screen out; and the loop around it.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use futures_util::{StreamExt, stream};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};
use serde_json::{Value, json};

use super::draw::draw;
use super::poll::Snapshot;
use super::view::{Act, Target, Told, View, Wish};
use crate::cli::mock::{Asked, Mock, Reply, bad, good};
use crate::cli::shown::moment;

const NOW: &str = "2026-11-27T23:30:00.000Z";

fn id(number: usize) -> String {
    format!("{number:08}-2222-4333-8444-555555555555")
}

fn session(number: usize, user: Option<&str>, state: &str, history: u64) -> Value {
    json!({
        "session_id": id(number), "state": state, "user": user, "preset": "tbamud",
        "address": format!("192.0.2.{number}"), "connections": [id(100 + number)],
        "created_at": "2026-11-27T21:30:00.000Z", "last_activity_at": "2026-11-27T23:29:55.000Z",
        "held_since": (state == "held").then_some("2026-11-27T23:28:00.000Z"), "expires_at": null,
        "history_bytes": history, "queued_lines": 0, "token_families": 1
    })
}

fn connection(number: usize, user: Option<&str>, trip: Option<f64>) -> Value {
    json!({
        "connection_id": id(100 + number), "state": "active", "transport": "telnet",
        "subprotocol": null, "address": format!("192.0.2.{number}"), "tls": false, "user": user,
        "session_id": id(number),
        "client": {"name": "Mudlet", "version": "4.17", "user_agent": null, "terminal": "xterm"},
        "connected_at": "2026-11-27T21:30:00.000Z", "last_activity_at": "2026-11-27T23:29:55.000Z",
        "permissions": {"input": true, "output": false},
        "rate": {"lines_per_minute": 7, "limit_per_minute": 600, "reset_at": NOW},
        "bytes_in": 10, "bytes_out": 4096, "lines_in": 1, "lines_out": 2,
        "round_trip_seconds": trip, "expires_at": null
    })
}

fn health() -> Value {
    json!({"status": "ok", "version": "0.1.0",
        "build": {"version": "0.1.0", "profile": "release", "target": "x"},
        "uptime_seconds": 3700.5, "started_at": NOW, "active_connections": 2,
        "users_with_connections": 2, "sessions": 3, "memory_bytes": 1048576, "history_bytes": 2048,
        "connections_by_transport": {"telnet": 2, "websocket": 0},
        "connections_by_state": {"active": 2}, "sessions_by_state": {"playing": 2, "held": 1},
        "game": {"address": "127.0.0.1:4001", "answers": true}})
}

fn stats(lines: u64, bytes: u64) -> Value {
    json!({"total_connections": 9, "active_connections": 3, "active_users": 1, "sessions": 4,
        "total_sessions": 8, "messages_per_second": 0.25, "avg_connection_duration_seconds": 61.0,
        "rates": {}, "totals": {"lines_in": lines, "lines_out": 0, "bytes_out": bytes, "resumes": 1}})
}

fn sessions() -> Value {
    json!([
        session(1, Some("bob"), "playing", 500),
        session(2, Some("Alice"), "held", 2000),
        session(3, None, "login", 1000),
    ])
}

fn connections() -> Value {
    json!([connection(1, Some("bob"), Some(0.012)), connection(2, Some("Alice"), None)])
}

fn snapshot(at: Instant, lines: u64) -> Snapshot {
    let read = |value| serde_json::from_value(value).unwrap();
    Snapshot {
        at,
        now: moment(NOW).unwrap(),
        health: serde_json::from_value(health()).unwrap(),
        stats: serde_json::from_value(stats(lines, lines * 1024)).unwrap(),
        sessions: read(sessions()),
        sessions_total: 3,
        connections: serde_json::from_value(connections()).unwrap(),
        connections_total: 2,
    }
}

fn view() -> View {
    let mut view = View::new("127.0.0.1:4090".to_owned(), true);
    view.see(snapshot(crate::clock::now(), 0));
    view
}

/// Presses keys: letters are themselves, the rest is named.
fn press(view: &mut View, keys: &str) -> Wish {
    let mut last = Wish::Nothing;
    for key in keys.split(' ') {
        let code = match key {
            "enter" => KeyCode::Enter,
            "esc" => KeyCode::Esc,
            "tab" => KeyCode::Tab,
            "up" => KeyCode::Up,
            "down" => KeyCode::Down,
            "pagedown" => KeyCode::PageDown,
            "home" => KeyCode::Home,
            "end" => KeyCode::End,
            "space" => KeyCode::Char(' '),
            "backspace" => KeyCode::Backspace,
            _ => KeyCode::Char(key.chars().next().unwrap()),
        };
        last = view.key(KeyEvent::from(code));
    }
    last
}

fn drawn(view: &mut View, width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, view)).unwrap();
    terminal
}

/// The screen's lines, without what is empty at their ends.
fn screen(view: &mut View, width: u16, height: u16) -> Vec<String> {
    let terminal = drawn(view, width, height);
    let buffer = terminal.backend().buffer();
    let line = |y| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    (0..height).map(|y| line(y).trim_end().to_owned()).collect()
}

fn all(view: &mut View) -> String {
    screen(view, 120, 30).join("\n")
}

/// The users of the table, in its order.
fn users(view: &View) -> Vec<String> {
    view.rows().into_iter().map(|row| row.user.unwrap_or_default()).collect()
}

#[test]
fn the_screen_has_health_rates_and_sessions() {
    let mut view = view();
    let lines = screen(&mut view, 110, 20);
    assert_eq!(
        lines[0],
        "mudkeep 0.1.0  ok  up 1h 1m  game 127.0.0.1:4001 answers  at 127.0.0.1:4090"
    );
    assert!(
        lines[1].starts_with(
            "2 users  2 connections (2 telnet)  3 sessions (1 held, 2 playing)  memory 1.0MiB"
        ),
        "{lines:#?}"
    );
    assert!(
        lines[2].starts_with("connections 2 max 2 ") && lines[2].contains("history 2.0KiB max")
    );
    assert_eq!(lines[5], "[sessions 3]  connections 2   by user");
    let columns: Vec<&str> = lines[6].split_whitespace().collect();
    let names = [
        "USER^", "STATE", "ADDRESS", "IDLE", "AWAY", "AGE", "CLIENTS", "HISTORY", "QUEUED",
        "PRESET",
    ];
    assert_eq!(columns, names);
    let cells: Vec<&str> = lines[7].split_whitespace().collect();
    assert_eq!(
        cells,
        [">", "Alice", "held", "192.0.2.2", "5s", "2m", "2h", "1", "2.0KiB", "0", "tbamud"]
    );
    assert!(lines[8].starts_with("  bob "), "{lines:#?}");
    assert!(lines[19].starts_with("q quit  ? help  tab other table"), "{lines:#?}");
}

#[test]
fn tab_shows_the_connections_and_back() {
    let mut view = view();
    press(&mut view, "tab");
    let text = all(&mut view);
    assert!(
        text.contains(" sessions 3  [connections 2]") && text.contains("Mudlet 4.17"),
        "{text}"
    );
    assert!(text.contains(" 12ms "), "{text}");
    press(&mut view, "tab");
    assert!(all(&mut view).contains("[sessions 3]"));
}

#[test]
fn rows_are_ordered_by_any_column_and_what_has_none_is_last() {
    let mut view = view();
    assert_eq!(users(&view), ["Alice", "bob", ""]);
    press(&mut view, "S");
    assert_eq!(users(&view), ["bob", "Alice", ""]);
    press(&mut view, "s");
    assert_eq!(users(&view), ["Alice", "", "bob"], "by state");
    press(&mut view, "s s s s s s");
    assert_eq!(users(&view), ["bob", "", "Alice"], "by history");
    press(&mut view, "S");
    assert_eq!(users(&view), ["Alice", "", "bob"], "by history, backwards");
    assert!(all(&mut view).contains("by history, backwards"));
    press(&mut view, "tab");
    assert_eq!(users(&view), ["Alice", "bob"], "each table has its own order");
    press(&mut view, "s s s s s s s S");
    assert_eq!(users(&view), ["bob", "Alice"], "the one without a round trip is last");
}

#[test]
fn only_rows_with_the_text_are_shown() {
    let mut view = view();
    press(&mut view, "/ L I C");
    assert_eq!(users(&view), ["Alice"]);
    assert!(all(&mut view).ends_with("\n/LIC_"));
    press(&mut view, "enter");
    assert!(all(&mut view).contains("with \"LIC\": 1"));
    press(&mut view, "esc");
    assert_eq!(users(&view).len(), 3);
    press(&mut view, "/ 0 0 0 0 0 0 0 2 -");
    assert_eq!(users(&view), ["Alice"], "by the id");
    press(&mut view, "q");
    assert_eq!(users(&view).len(), 0);
    press(&mut view, "esc");
    assert_eq!(users(&view).len(), 3);
}

#[test]
fn the_chosen_row_stays_the_chosen_one_wherever_it_goes() {
    let mut view = view();
    press(&mut view, "down");
    let chosen = |view: &View| view.selected().unwrap().user;
    assert_eq!(chosen(&view).as_deref(), Some("bob"));
    press(&mut view, "S");
    assert_eq!(chosen(&view).as_deref(), Some("bob"));
    press(&mut view, "end");
    assert_eq!(chosen(&view), None);
    press(&mut view, "pagedown down home up");
    assert_eq!(chosen(&view).as_deref(), Some("bob"));
    let mut fewer = snapshot(crate::clock::now(), 0);
    fewer.sessions.remove(0);
    view.see(fewer);
    assert!(view.selected().is_none(), "it has gone, and no other takes its place");
    press(&mut view, "down");
    assert_eq!(chosen(&view).as_deref(), Some("Alice"), "the first, when one is looked for again");
}

#[test]
fn keys_do_nothing_to_another_row_when_the_chosen_one_has_gone() {
    for keys in ["down", "down enter"] {
        let mut view = view();
        press(&mut view, keys);
        let mut fewer = snapshot(crate::clock::now(), 0);
        fewer.sessions.remove(0);
        view.see(fewer);
        assert_eq!(all(&mut view).contains("It has gone."), keys.contains("enter"));
        for key in ["k", "b", "enter"] {
            assert_eq!(press(&mut view, key), Wish::Nothing);
            let text = all(&mut view);
            assert!(!text.contains("Are you sure?") && !text.contains("Details"), "{key}: {text}");
        }
    }
}

#[test]
fn a_filter_that_hides_the_chosen_row_chooses_the_first_that_it_shows() {
    let mut view = view();
    press(&mut view, "down / a l i enter");
    assert_eq!(view.selected().unwrap().user.as_deref(), Some("Alice"));
}

#[test]
fn a_session_is_kicked_when_it_is_confirmed() {
    let mut view = view();
    assert_eq!(press(&mut view, "k b e esc"), Wish::Nothing);
    assert_eq!(press(&mut view, "k n"), Wish::Nothing);
    let text = all(&mut view);
    assert!(text.contains("End the session of Alice?") && text.contains("Reason: n_"), "{text}");
    // Another one that comes first in the order is not the one that was asked about.
    let mut more = snapshot(crate::clock::now(), 0);
    more.sessions[0].user = Some("aaa".to_owned());
    view.see(more);
    let target = Target { is_session: true, id: id(2), name: "Alice".to_owned() };
    let act = Act::Kick { target, reason: "no".to_owned() };
    assert_eq!(press(&mut view, "o enter"), Wish::Act(act));
    assert!(!all(&mut view).contains("End the session"));
}

#[test]
fn a_connection_without_a_user_is_kicked_by_its_id() {
    let mut view = view();
    let mut one = snapshot(crate::clock::now(), 0);
    one.connections[0].user = None;
    view.see(one);
    press(&mut view, "tab end k");
    assert!(all(&mut view).contains(&format!("Cut this connection of {}?", id(101))));
    let target = Target { is_session: false, id: id(101), name: id(101) };
    assert_eq!(press(&mut view, "enter"), Wish::Act(Act::Kick { target, reason: String::new() }));
}

#[test]
fn a_user_or_an_address_is_banned() {
    let mut view = view();
    press(&mut view, "b");
    let text = all(&mut view);
    assert!(text.contains("Ban the user Alice for good?"), "{text}");
    assert!(text.contains("tab bans all from 192.0.2.2 instead"), "{text}");
    let ban = |who: &str, network| Act::Ban { who: who.to_owned(), network, reason: String::new() };
    assert_eq!(press(&mut view, "enter"), Wish::Act(ban("Alice", false)));
    assert_eq!(press(&mut view, "b tab enter"), Wish::Act(ban("192.0.2.2", true)));
    assert_eq!(press(&mut view, "b tab tab enter"), Wish::Act(ban("Alice", false)));
    assert_eq!(press(&mut view, "end b tab enter"), Wish::Act(ban("192.0.2.3", true)));
}

#[test]
fn something_is_said_to_all_or_to_one() {
    let mut view = view();
    let say =
        |to: Option<&str>| Wish::Act(Act::Say { text: "Hi".to_owned(), to: to.map(str::to_owned) });
    assert_eq!(press(&mut view, "m H i enter"), say(None));
    assert_eq!(press(&mut view, "m tab H j backspace i enter"), say(Some("Alice")));
    assert_eq!(press(&mut view, "m enter"), Wish::Nothing);
}

#[test]
fn where_there_is_no_row_nothing_is_kicked() {
    let mut view = View::new("x".to_owned(), false);
    assert!(all(&mut view).contains("mudkeep at x has not answered yet"));
    for key in ["k", "b", "enter", "down"] {
        assert_eq!(press(&mut view, key), Wish::Nothing);
        assert!(!all(&mut view).contains("sure"));
    }
}

#[test]
fn details_are_all_that_is_known() {
    let mut view = view();
    press(&mut view, "enter");
    let text = all(&mut view);
    for part in ["away since  2026-11-27 23:28:00 (2m ago)", &id(2), "tokens      for 1 device"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    press(&mut view, "esc tab end enter");
    let text = all(&mut view);
    for part in ["may         input, no output", "7 of 600 lines a minute", "telnet - no TLS"] {
        assert!(text.contains(part), "{part} in {text}");
    }
    press(&mut view, "k");
    assert!(all(&mut view).contains("Cut this connection of bob?"));
}

#[test]
fn help_opens_and_any_key_closes_it() {
    let mut view = view();
    press(&mut view, "?");
    assert!(all(&mut view).contains("hold still, go on"));
    assert_eq!(press(&mut view, "q"), Wish::Nothing);
    assert!(!all(&mut view).contains("hold still, go on"));
    assert_eq!(press(&mut view, "q"), Wish::Quit);
    let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    press(&mut view, "/");
    assert_eq!(view.key(control_c), Wish::Quit);
}

#[test]
fn what_is_held_still_stays_and_its_graphs_go_on() {
    let mut view = view();
    press(&mut view, "space");
    let mut empty = snapshot(crate::clock::now(), 0);
    empty.sessions.clear();
    empty.health.active_connections = 77;
    view.see(empty);
    let text = all(&mut view);
    assert!(text.contains(" paused ") && text.contains("Alice") && text.contains("connections 77"));
    press(&mut view, "space");
    view.see(snapshot(crate::clock::now(), 0));
    assert!(!all(&mut view).contains(" paused "));
}

#[test]
fn rates_are_what_came_between_two_answers() {
    let mut view = View::new("x".to_owned(), true);
    let begin = crate::clock::now();
    view.see(snapshot(begin, 100));
    assert!(all(&mut view).contains("lines/s 0 max 0"));
    view.see(snapshot(begin + Duration::from_secs(2), 120));
    let text = all(&mut view);
    assert!(text.contains("lines/s 10 max 10") && text.contains("out/s 10KiB max 10KiB"), "{text}");
    view.see(snapshot(begin + Duration::from_secs(3), 0));
    assert!(all(&mut view).contains("lines/s 0 max 10"), "another mudkeep has begun");
    for second in 4..1_000 {
        view.see(snapshot(begin + Duration::from_secs(second), 0));
    }
    assert_eq!(view.graphs.lines.last(10_000).len(), 600);
    assert!(all(&mut view).contains("lines/s 0 max 0"));
}

#[test]
fn a_lost_connection_is_said_and_what_was_known_stays() {
    let mut view = view();
    view.lose("nothing listens on 127.0.0.1:4090".to_owned());
    let text = all(&mut view);
    assert!(text.contains("connection lost, trying again: nothing listens"), "{text}");
    assert!(text.contains("Alice"));
    view.see(snapshot(crate::clock::now(), 0));
    assert!(!all(&mut view).contains("connection lost"));
}

#[test]
fn what_was_done_is_told_until_the_next_key() {
    let mut view = view();
    for (told, text) in [
        (Told::Done("Alice: session ended".to_owned()), "Alice: session ended"),
        (Told::Failed("mudkeep says no".to_owned()), " mudkeep says no"),
        (Told::Busy, "What was asked for before is still being done."),
    ] {
        view.tell(told);
        assert_eq!(screen(&mut view, 80, 10)[9], text);
    }
    press(&mut view, "down");
    assert!(screen(&mut view, 80, 10)[9].starts_with("q quit"));
}

#[test]
fn names_from_outside_do_nothing_to_the_screen() {
    let mut view = view();
    let mut bad = snapshot(crate::clock::now(), 0);
    bad.sessions[0].user = Some("\u{1b}[2J\u{202e}a".to_owned());
    bad.health.version = "\u{9b}1".to_owned();
    view.see(bad);
    let text = all(&mut view);
    assert!(text.contains(r"\u{1b}[2J\u{202e}a") && text.contains(r"mudkeep \u{9b}1"), "{text}");
    assert!(text.chars().all(|c| !c.is_control() || c == '\n'));
}

#[test]
fn without_colour_there_is_none_and_the_row_is_still_marked() {
    let mut view = view();
    view.look.colour = false;
    press(&mut view, "end");
    view.lose("x".to_owned());
    for keys in ["space", "?", "esc", "k", "esc", "enter"] {
        press(&mut view, keys);
        let terminal = drawn(&mut view, 100, 30);
        let cells = &terminal.backend().buffer().content;
        assert!(cells.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
        assert!(cells.iter().any(|cell| cell.modifier.contains(Modifier::REVERSED)));
    }
    view.look.colour = true;
    let terminal = drawn(&mut view, 100, 30);
    assert!(terminal.backend().buffer().content.iter().any(|cell| cell.fg != Color::Reset));
}

#[test]
fn no_screen_is_too_small() {
    for mode in ["esc", "?", "enter", "k", "b", "m", "/", "tab", "tab enter"] {
        for width in [0, 1, 5, 36, 80, 150] {
            for height in [0, 1, 3, 8, 15, 40] {
                let mut view = view();
                press(&mut view, mode);
                screen(&mut view, width, height);
                screen(&mut View::new("x".to_owned(), true), width, height);
            }
        }
    }
    let mut view = view();
    let lines = screen(&mut view, 40, 10);
    assert!(lines[3].starts_with("  USER^") && lines[4].starts_with("> Alice"), "{lines:#?}");
    press(&mut view, "k");
    let lines = screen(&mut view, 40, 10);
    assert!(lines.iter().any(|line| line.contains("enter does it")), "{lines:#?}");
    press(&mut view, "esc tab k");
    let lines = screen(&mut view, 40, 10);
    assert!(lines.iter().any(|line| line.contains("enter does it")), "{lines:#?}");
}

/// A mock with all that the view asks for; what it does is answered by `other`.
fn mock(other: fn(&Asked) -> Reply) -> Mock {
    Mock::new(move |asked| match asked.what.as_str() {
        "GET health" => good(health()),
        "GET stats" => good(stats(1, 1)),
        "GET sessions?limit=1000" => {
            good(json!({"sessions": sessions(), "total": 3, "next": null}))
        }
        "GET connections?limit=1000" => {
            good(json!({"connections": connections(), "total": 2, "next": null}))
        }
        _ => other(asked),
    })
}

fn wait_for<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future)
}

#[test]
fn everything_that_can_be_done_is_asked_for() {
    let mock = mock(|asked| match asked.what.as_str() {
        "POST notices" => good(json!({"told": 2})),
        what if what.contains(&id(9)) => bad(404, "not_found", "no"),
        "POST bans" => Reply::Whole(201, "{}".to_owned()),
        _ => Reply::Whole(204, String::new()),
    });
    let api = mock.api();
    let target =
        |is_session, number| Target { is_session, id: id(number), name: "Al\u{1b}".to_owned() };
    for (act, said, asked, body) in [
        (
            Act::Kick { target: target(true, 2), reason: "a b".to_owned() },
            Ok("Al\\u{1b}: session ended"),
            format!("DELETE sessions/{}?reason=a%20b", id(2)),
            "",
        ),
        (
            Act::Kick { target: target(false, 2), reason: String::new() },
            Ok("Al\\u{1b}: connection cut"),
            format!("DELETE connections/{}", id(2)),
            "",
        ),
        (
            Act::Kick { target: target(true, 9), reason: String::new() },
            Err("Al\\u{1b} has gone already"),
            format!("DELETE sessions/{}", id(9)),
            "",
        ),
        (
            Act::Ban { who: "::1".to_owned(), network: true, reason: "spam".to_owned() },
            Ok("::1 is banned for good"),
            "POST bans".to_owned(),
            r#"{"network":"::1","reason":"spam"}"#,
        ),
        (
            Act::Ban { who: "Bob".to_owned(), network: false, reason: String::new() },
            Ok("Bob is banned for good"),
            "POST bans".to_owned(),
            r#"{"user":"Bob"}"#,
        ),
        (
            Act::Say { text: "Hi".to_owned(), to: Some("Bob".to_owned()) },
            Ok("told on 2 connections"),
            "POST notices".to_owned(),
            r#"{"text":"Hi","user":"Bob"}"#,
        ),
    ] {
        let done = wait_for(super::poll::act(&api, &act)).map_err(|trouble| trouble.to_string());
        assert_eq!(done.as_deref().map_err(String::as_str), said);
        assert_eq!((mock.last().what, mock.last().body.as_str()), (asked, body));
    }
}

fn show(terminal: &mut Terminal<TestBackend>) -> impl FnMut(&mut View) -> std::io::Result<()> {
    |view| {
        terminal.draw(|frame| draw(frame, view)).unwrap();
        Ok(())
    }
}

#[test]
fn the_loop_draws_asks_does_and_ends() {
    let mock = mock(|_| Reply::Whole(204, String::new()));
    let api = mock.api();
    let mut view = View::new("here".to_owned(), true);
    let mut terminal = Terminal::new(TestBackend::new(100, 20)).unwrap();
    // The keys come when the table has been drawn and, in the end, when the kick has been answered.
    let keys = stream::iter([KeyCode::Char('k'), KeyCode::Enter, KeyCode::Char('q')]).then(
        |code| async move {
            tokio::time::sleep(super::PACE + Duration::from_millis(300)).await;
            Ok(Event::Key(KeyEvent::from(code)))
        },
    );
    let over = std::future::pending();
    wait_for(super::watch(show(&mut terminal), &api, &mut view, Box::pin(keys), over)).unwrap();
    let asked = mock.asked();
    assert!(asked.contains(&format!("DELETE sessions/{}", id(2))), "{asked:?}");
    assert!(asked.iter().filter(|what| *what == "GET health").count() >= 2, "{asked:?}");
    let shown = terminal.backend().to_string();
    assert!(shown.contains("Alice: session ended"), "{shown}");
}

#[test]
fn the_loop_goes_on_when_mudkeep_is_gone_and_ends_with_a_signal() {
    let mock = Mock::new(|_| bad(503, "busy", "later"));
    let api = mock.api();
    let mut view = view();
    let mut terminal = Terminal::new(TestBackend::new(100, 20)).unwrap();
    let over = tokio::time::sleep;
    wait_for(async {
        let over = over(super::PACE + Duration::from_millis(300));
        super::watch(show(&mut terminal), &api, &mut view, stream::pending(), over).await
    })
    .unwrap();
    let shown = terminal.backend().to_string();
    assert!(shown.contains("trying again: mudkeep says no: later (busy)"), "{shown}");
}
