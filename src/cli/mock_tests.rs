//! The commands against an admin API with canned answers.

use serde_json::json;

use super::Exit;
use super::mock::{Mock, Reply, TOKEN, bad, good, run_line, write_token};

const ID: &str = "11111111-2222-4333-8444-555555555555";
const LONG_AGO: &str = "2001-01-01T00:00:00.000Z";

fn session(user: &str) -> serde_json::Value {
    json!({
        "session_id": ID, "state": "playing", "user": user, "preset": "tbamud",
        "address": "192.0.2.7", "connections": [ID], "created_at": LONG_AGO,
        "last_activity_at": LONG_AGO, "held_since": null, "expires_at": null,
        "history_bytes": 2048, "queued_lines": 0, "token_families": 2, "new": true
    })
}

fn connection(user: &str) -> serde_json::Value {
    json!({
        "connection_id": ID, "state": "active", "transport": "websocket",
        "subprotocol": "mudkeep.v1", "address": "192.0.2.7", "tls": false, "user": user,
        "session_id": ID,
        "client": {"name": "Mudlet", "version": "4.17", "user_agent": null, "terminal": null},
        "connected_at": LONG_AGO, "last_activity_at": LONG_AGO,
        "permissions": {"input": true, "output": true},
        "rate": {"lines_per_minute": 7, "limit_per_minute": 600, "reset_at": LONG_AGO},
        "bytes_in": 10, "bytes_out": 4096, "lines_in": 1, "lines_out": 2,
        "round_trip_seconds": 0.012, "expires_at": null
    })
}

#[test]
fn sessions_are_a_table() {
    let answer = json!({"sessions": [session("Alice"), session("x\u{1b}[J\u{202e}")], "total": 2, "next": null});
    let mock = Mock::always(200, answer);
    let (exit, out, err) = mock.run_in(Some(90), &["sessions"]);
    assert_eq!((exit, err.as_str()), (Exit::Success, ""));
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[0].starts_with("USER "), "{out}");
    assert!(lines[1].starts_with("Alice "), "{out}");
    assert!(lines[1].contains(ID) && lines[1].contains("192.0.2.7"), "{out}");
    assert!(lines[2].starts_with(r"x\u{1b}[J\u{202e} "), "{out}");
    assert_eq!(lines[3], "2 sessions");
    assert!(lines.iter().all(|line| line.len() <= 90), "{out}");
    assert_eq!(mock.asked(), ["GET sessions?limit=1000"]);
}

#[test]
fn people_find_a_user_by_its_name_and_an_address_together() {
    let mut nobody = session("");
    nobody["user"] = json!(null);
    let all = [nobody, session("bob"), session("Alice")];
    let mock = Mock::always(200, json!({"sessions": all, "total": 3, "next": null}));
    let users = |line: &[&str]| -> Vec<String> {
        let (_, out, _) = mock.run(line);
        let first = |line: &str| line.split(' ').next().map(str::to_owned);
        out.lines().skip(1).take(3).filter_map(first).collect()
    };
    assert_eq!(users(&["sessions"]), ["Alice", "bob", "-"]);
    assert_eq!(users(&["sessions", "--same-address"]), ["-", "bob", "Alice"]);
    let all = [connection("bob"), connection("Alice"), connection("Zoë")];
    let mock = Mock::always(200, json!({"connections": all, "total": 3, "next": null}));
    let (_, out, _) = mock.run(&["connections"]);
    let places = ["Alice", "bob", "Zoë"].map(|user| out.find(user).unwrap());
    assert!(places.is_sorted(), "{out}");
}

#[test]
fn a_question_carries_the_token_and_the_host() {
    let mock = Mock::always(200, json!({"sessions": [], "total": 0, "next": null}));
    assert_eq!(mock.run(&["sessions"]).1, "No sessions.\n");
    let head = mock.last().head;
    assert!(head.contains(&format!("authorization: Bearer {TOKEN}\n")), "{head}");
    assert!(head.contains(&format!("host: {}\n", mock.address())), "{head}");
}

#[test]
fn a_list_is_read_to_its_last_page_and_filtered_by_mudkeep() {
    let mock = Mock::new(|asked| {
        let next = if asked.what.contains("after") { None } else { Some(ID) };
        good(json!({"connections": [connection("Bob")], "total": 2, "next": next}))
    });
    let line = ["connections", "--user", "Bob & co", "--address", "10.0.0.0/8"];
    let (exit, out, _) = mock.run(&line);
    assert_eq!(exit, Exit::Success);
    assert!(out.ends_with("\n2 connections\n") && out.contains("Mudlet 4.17"), "{out}");
    assert!(out.contains("  12ms  ") && out.contains("  4.0KiB  "), "{out}");
    let first = "GET connections?user=Bob%20%26%20co&address=10.0.0.0%2F8&limit=1000";
    assert_eq!(mock.asked(), [first.to_owned(), format!("{first}&after={ID}")]);
    let (_, out, _) = mock.run(&[&line[..], &["--json"]].concat());
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    let both = [connection("Bob"), connection("Bob")];
    assert_eq!(json, json!({"connections": both, "total": 2, "next": null}));
}

#[test]
fn pages_that_have_no_end_are_left() {
    let mock = Mock::always(200, json!({"sessions": [], "total": 9, "next": ID}));
    assert_eq!(mock.run(&["sessions", "--same-address"]).0, Exit::Success);
    assert_eq!(mock.asked().len(), 2);
    assert!(mock.asked()[0].contains("?same_address=true&"));
}

#[test]
fn a_user_is_kicked_with_a_reason() {
    let mock = Mock::always(200, json!({"removed": 2}));
    let (exit, out, _) = mock.run(&["kick", "Al/ice", "--reason", "be nice"]);
    assert_eq!((exit, out.as_str()), (Exit::Success, "Al/ice: 2 sessions ended.\n"));
    assert_eq!(mock.last().what, "DELETE users/Al%2Fice/sessions?reason=be%20nice");
    let (_, out, _) = mock.run(&["kick", "..", "--connection-only"]);
    assert_eq!(out, "..: 2 connections cut; the session waits.\n");
    assert_eq!(mock.last().what, "DELETE users/%2E%2E/connections");
    assert_eq!(mock.run(&["kick", "Bob", "--json"]).1, "{\"removed\":2}\n");
}

#[test]
fn nobody_to_kick_is_exit_3() {
    let mock = Mock::always(200, json!({"removed": 0}));
    let (exit, out, err) = mock.run(&["kick", "Bob\u{7}"]);
    assert_eq!((exit, out.as_str()), (Exit::NotFound, ""));
    assert_eq!(err, "mudkeep: Bob\\u{7} has no session\n");
    let mock = Mock::new(|_| bad(404, "not_found", "no such session"));
    for line in [&["kick", ID][..], &["kick", ID, "--connection-only"]] {
        let (exit, _, err) = mock.run(line);
        assert_eq!(exit, Exit::NotFound);
        assert_eq!(err, format!("mudkeep: no session and no connection has the id {ID}\n"));
    }
}

#[test]
fn an_id_is_a_sessions_or_else_a_connections() {
    let mock = Mock::always(204, "");
    let (exit, out, _) = mock.run(&["kick", ID]);
    assert_eq!((exit, out), (Exit::Success, format!("Session {ID} ended.\n")));
    let mock = Mock::new(|asked| match asked.what.starts_with("DELETE sessions/") {
        true => bad(404, "not_found", "no"),
        false => Reply::Whole(204, String::new()),
    });
    let (exit, out, _) = mock.run(&["kick", &ID.to_uppercase()]);
    assert_eq!(exit, Exit::Success);
    assert_eq!(out, format!("Connection {ID} cut; its session, if any, waits.\n"));
    let asked = [format!("DELETE sessions/{ID}"), format!("DELETE connections/{ID}")];
    assert_eq!(mock.asked(), asked);
}

#[test]
fn all_connections_of_a_session_are_cut_by_its_id() {
    let other = ID.replace('1', "9");
    let of_session = other.clone();
    let mock = Mock::new(move |asked| match asked.what.as_str() {
        what if what.starts_with("GET sessions/") => {
            let mut session = session("Alice");
            session["connections"] = json!([of_session]);
            good(session)
        }
        what if what.contains(&of_session) => Reply::Whole(204, String::new()),
        _ => bad(404, "not_found", "no"),
    });
    let (exit, out, _) = mock.run(&["kick", ID, "--connection-only"]);
    assert_eq!(
        (exit, out),
        (Exit::Success, format!("Session {ID}: 1 connection cut; it waits.\n"))
    );
    assert_eq!(mock.last().what, format!("DELETE connections/{other}"));
}

#[test]
fn a_ban_is_of_a_user_an_address_or_a_network() {
    let ban = json!({"id": "user:bob", "kind": "all", "until": null, "reason": null, "created_at": LONG_AGO});
    let mock = Mock::always(201, ban);
    for (line, body) in [
        (&["ban", "Bob"][..], json!({"user": "Bob"})),
        (&["ban", "192.0.2.1"], json!({"network": "192.0.2.1"})),
        (&["ban", "2001:db8::/32"], json!({"network": "2001:db8::/32"})),
        (&["ban", "2001:db8::1"], json!({"network": "2001:db8::1"})),
        (&["ban", "user:10.0.0.1"], json!({"user": "10.0.0.1"})),
        (&["ban", "network:10/8"], json!({"network": "10/8"})),
        (
            &["ban", "Bob", "--for", "2h", "--reason", "spam", "--kind", "new"],
            json!({"user": "Bob", "for_seconds": 7200, "reason": "spam", "kind": "new"}),
        ),
        (
            &["ban", "Bob", "--until", "2030-01-31T18:00:00Z"],
            json!({"user": "Bob", "until": "2030-01-31T18:00:00Z"}),
        ),
    ] {
        let (exit, out, err) = mock.run(line);
        assert_eq!((exit, err.as_str()), (Exit::Success, ""), "{line:?}");
        assert_eq!(out, "Banned user:bob (all) for good.\n");
        let asked = mock.last();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&asked.body).unwrap(), body);
        assert_eq!(asked.what, "POST bans");
        assert!(asked.head.contains("content-type: application/json\n"));
    }
}

#[test]
fn a_ban_that_makes_no_sense_is_not_asked_for() {
    for line in [
        &["ban"][..],
        &["ban", "Bob", "--for", "2"],
        &["ban", "Bob", "--for", "0s"],
        &["ban", "Bob", "--for", "1h", "--until", "2030-01-31T18:00:00Z"],
        &["ban", "Bob", "--until", "tomorrow"],
        &["ban", "Bob", "--kind", "some"],
        &["drain", "--in", "2d"],
        &["drain", "--in", "1h", "--cancel"],
        &["drain", "--say", "x"],
        &["last", "Bob", "--limit", "1001"],
        &["tokens"],
    ] {
        assert_eq!(run_line(None, line).0, Exit::Misuse, "{line:?}");
    }
    let (_, _, err) = run_line(None, &["ban", "Bob", "--for", "2"]);
    assert!(err.contains("did you mean \"2s\"?"), "{err}");
}

#[test]
fn a_ban_is_lifted_by_what_it_bans() {
    let mock = Mock::always(204, "");
    for (who, id) in [
        ("Bob", "user:Bob"),
        ("user:Bob", "user:Bob"),
        ("192.0.2.1", "network:192.0.2.1%2F32"),
        ("::1", "network:::%2F64"),
        ("2001:db8:0:1:2::3", "network:2001:db8:0:1::%2F64"),
        ("::1/128", "network:::1%2F128"),
        ("10.0.0.0/8", "network:10.0.0.0%2F8"),
        ("network:10.0.0.0/8", "network:10.0.0.0%2F8"),
        ("10.1.2.3/8", "network:10.0.0.0%2F8"),
        ("network:10", "network:10"),
    ] {
        let (exit, ..) = mock.run(&["unban", who]);
        assert_eq!((exit, mock.last().what), (Exit::Success, format!("DELETE bans/{id}")));
    }
    assert_eq!(mock.run(&["unban", "Bob", "--kind", "guest"]).1, "Bob is not banned any more.\n");
    assert_eq!(mock.last().what, "DELETE bans/user:Bob?kind=guest");
    let mock = Mock::new(|_| bad(404, "not_found", "no such ban"));
    let (exit, out, err) = mock.run(&["unban", "Bob"]);
    assert_eq!((exit, out.as_str()), (Exit::NotFound, ""));
    assert_eq!(err, "mudkeep: Bob is not banned\n");
}

#[test]
fn bans_are_a_table() {
    let mock = Mock::always(
        200,
        json!({"bans": [
            {"id": "user:bob", "kind": "all", "until": null, "reason": "spam\r\n", "created_at": LONG_AGO},
            {"id": "network:10.0.0.0/8", "kind": "new", "until": LONG_AGO, "reason": null, "created_at": LONG_AGO}
        ]}),
    );
    let (_, out, _) = mock.run(&["bans"]);
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[1].starts_with("user:bob            all   never "), "{out}");
    assert!(lines[1].ends_with(r"spam\r\n"), "{out}");
    assert_eq!(lines[3], "2 bans");
}

#[test]
fn a_list_is_of_a_user_however_it_is_said_that_it_is_one() {
    let mock = Mock::always(200, json!({"sessions": [], "connections": [], "total": 0}));
    for list in ["sessions", "connections"] {
        for user in ["user:Bob", "Bob"] {
            assert_eq!(mock.run(&[list, "--user", user]).0, Exit::Success);
            assert_eq!(mock.last().what, format!("GET {list}?user=Bob&limit=1000"));
        }
    }
}

#[test]
fn tokens_are_revoked_by_user() {
    let mock = Mock::always(200, json!({"revoked": 1}));
    let (exit, out, _) = mock.run(&["tokens", "revoke", "Bob"]);
    assert_eq!(
        (exit, out.as_str()),
        (Exit::Success, "Bob: the tokens of 1 session are revoked.\n")
    );
    assert_eq!(mock.last().what, "DELETE users/Bob/tokens");
    let (_, prefixed, _) = mock.run(&["tokens", "revoke", "user:Bob"]);
    assert_eq!((mock.last().what.as_str(), prefixed), ("DELETE users/Bob/tokens", out));
    let mock = Mock::always(200, json!({"revoked": 0}));
    assert_eq!(mock.run(&["tokens", "revoke", "Bob"]).0, Exit::NotFound);
}

#[test]
fn something_is_said_to_all_or_to_one() {
    let mock = Mock::always(200, json!({"told": 3}));
    let (exit, out, _) = mock.run(&["say", "Hello"]);
    assert_eq!((exit, out.as_str()), (Exit::Success, "Told on 3 connections.\n"));
    assert_eq!(mock.last().body, r#"{"text":"Hello"}"#);
    mock.run(&["say", "Hello", "--to", "Bob"]);
    assert_eq!(mock.last().body, r#"{"text":"Hello","user":"Bob"}"#);
    mock.run(&["say", "Hello", "--to", ID]);
    assert_eq!(mock.last().body, format!(r#"{{"connection_id":"{ID}","text":"Hello"}}"#));
    let mock = Mock::always(200, json!({"told": 0}));
    assert_eq!(mock.run(&["say", "Hello"]).0, Exit::Success);
    let (exit, _, err) = mock.run(&["say", "Hello", "--to", "Bob"]);
    assert_eq!((exit, err.as_str()), (Exit::NotFound, "mudkeep: Bob is not connected\n"));
}

#[test]
fn logins_are_told_by_user_or_address() {
    let login = json!({"time": LONG_AGO, "user": "Bob", "address": "192.0.2.1", "transport": "telnet",
        "session_id": ID, "connection_id": ID, "how": "password"});
    let mock = Mock::always(200, json!({"logins": [login], "complete": false}));
    let (exit, out, _) = mock.run(&["last", "Bob"]);
    assert_eq!(exit, Exit::Success);
    assert!(out.contains("\n2001-01-01 00:00:00  Bob   192.0.2.1 "), "{out}");
    assert!(out.ends_with("There may be older ones, which are not shown or not remembered.\n"));
    assert_eq!(mock.last().what, "GET last?user=Bob&limit=100");
    mock.run(&["last", "192.0.2.0/24", "--limit", "5"]);
    assert_eq!(mock.last().what, "GET last?address=192.0.2.0%2F24&limit=5");
    let mock = Mock::always(200, json!({"logins": [], "complete": true}));
    let (exit, _, err) = mock.run(&["last", "Bob"]);
    assert_eq!((exit, err.as_str()), (Exit::NotFound, "mudkeep: no login of Bob is remembered\n"));
    assert_eq!(mock.run(&["last", "Bob", "--json"]).1, "{\"complete\":true,\"logins\":[]}\n");
}

#[test]
fn a_drain_is_started_and_followed_to_its_end() {
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let mock =
        Mock::new(move |asked| match turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst) {
            _ if asked.what == "GET health" => good(json!({"started_at": LONG_AGO})),
            1 => good(json!({"draining": true, "at": "2999-01-01T00:00:00Z", "sessions": 2})),
            2 => good(json!({"draining": true, "at": null, "sessions": 2})),
            _ => good(json!({"draining": false, "at": null, "sessions": 1})),
        });
    let (exit, out, err) = mock.run(&["drain", "--in", "10m", "--say", "Back soon"]);
    assert_eq!((exit, err.as_str()), (Exit::Failure, "mudkeep: the drain was called off\n"));
    assert!(out.starts_with("Nobody new comes in. ") && out.ends_with("\n2 sessions left.\n"));
    assert_eq!(mock.asked(), ["GET health", "POST drain", "GET drain", "GET drain", "GET health"]);
}

#[test]
fn a_mudkeep_that_runs_again_behind_its_drain_has_ended() {
    let asked_for_health = std::sync::atomic::AtomicUsize::new(0);
    let mock = Mock::new(move |asked| match asked.what.as_str() {
        "GET health" => {
            let turn = asked_for_health.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            good(json!({"started_at": format!("200{turn}-01-01T00:00:00Z")}))
        }
        "POST drain" => good(json!({"draining": true, "at": null, "sessions": 0})),
        _ => good(json!({"draining": false, "at": null, "sessions": 0})),
    });
    let (exit, out, err) = mock.run(&["drain", "--in", "0s"]);
    assert_eq!((exit, err.as_str()), (Exit::Success, ""));
    assert!(out.ends_with("\nmudkeep has ended, and runs again.\n"), "{out}");
}

#[test]
fn a_drain_is_over_when_nothing_listens_any_more() {
    let mock = Mock::always(200, json!({"draining": true, "at": null, "sessions": 0}));
    let mut out = Vec::new();
    let mut desk = super::Desk {
        api: mock.api(),
        json: false,
        width: None,
        now: crate::clock::shown(),
        pace: std::time::Duration::from_millis(1),
        out: &mut out,
    };
    drop(mock);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(desk.follow("then")).unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), "mudkeep has ended.\n");
}

#[test]
fn a_drain_can_be_left_alone_looked_at_and_called_off() {
    let mock = Mock::always(200, json!({"draining": true, "at": LONG_AGO, "sessions": 1}));
    let (exit, out, _) = mock.run(&["drain", "--in", "0s", "--say", "Bye", "--no-wait"]);
    assert_eq!(exit, Exit::Success);
    assert_eq!(out, "1 session left; it ends in 0s at the latest.\n");
    assert_eq!(mock.last().body, r#"{"in_seconds":0,"text":"Bye"}"#);
    assert_eq!(mock.run(&["drain"]).1, out);
    let mock = Mock::always(204, "");
    let (exit, out, _) = mock.run(&["drain", "--cancel"]);
    assert_eq!((exit, out.as_str()), (Exit::Success, "There is no drain any more.\n"));
    assert_eq!(mock.last().what, "DELETE drain");
}

#[test]
fn health_and_stats_are_lines_for_people() {
    let health = json!({"status": "ok", "version": "0.1.0",
        "build": {"version": "0.1.0", "profile": "release", "target": "x"},
        "uptime_seconds": 3700.5, "started_at": LONG_AGO, "active_connections": 3,
        "users_with_connections": 2, "sessions": 4, "memory_bytes": 1048576, "history_bytes": 2048,
        "connections_by_transport": {"telnet": 2, "websocket": 1, "sse": 0},
        "connections_by_state": {"active": 3}, "sessions_by_state": {"playing": 3, "held": 1},
        "game": {"address": "127.0.0.1:4001", "answers": false}});
    let (exit, out, _) = Mock::always(200, health.clone()).run(&["health"]);
    assert_eq!(exit, Exit::Success);
    for line in [
        "status        ok\n",
        "up            1h 1m, since 2001-01-01 00:00:00 UTC\n",
        "game          127.0.0.1:4001 does not answer\n",
        "connections   3: 2 telnet, 1 websocket; 3 active\n",
        "sessions      4: 1 held, 3 playing\n",
        "memory        1.0MiB, of it history 2.0KiB\n",
    ] {
        assert!(out.contains(line), "{line} in {out}");
    }
    let rates = json!({"per_second_1m": 0.5, "per_second_5m": 1024.0, "per_second_15m": 0.0});
    let stats = json!({"total_connections": 9, "active_connections": 3, "active_users": 1, "sessions": 4,
        "total_sessions": 8, "messages_per_second": 0.25, "avg_connection_duration_seconds": 61.0,
        "rates": {"lines_in": rates, "bytes_out": rates},
        "totals": {"lines_in": 1, "bytes_in": 512, "logins": 2}});
    let (exit, out, _) = Mock::always(200, stats.clone()).run(&["stats"]);
    assert_eq!(exit, Exit::Success);
    for line in [
        "now           1 user, 3 connections, 4 sessions\n",
        "typed         1 line, 512B\n",
        "a connection  lasts 1m 1s on average\n",
        "bytes out      0B  1.0KiB      0B\n",
        "lines in     0.50    1024       0\n",
    ] {
        assert!(out.contains(line), "{line} in {out}");
    }
    let (_, out, _) = Mock::always(200, stats.clone()).run(&["stats", "--json"]);
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), stats);
}

/// A stream of events, cut into pieces anywhere.
fn stream(text: &str, piece: usize) -> Reply {
    let mut raw =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
    for piece in text.as_bytes().chunks(piece) {
        raw.extend_from_slice(format!("{:x}\r\n", piece.len()).as_bytes());
        raw.extend_from_slice(piece);
        raw.extend_from_slice(b"\r\n");
    }
    raw.extend_from_slice(b"0\r\n\r\n");
    Reply::Raw(raw)
}

#[test]
fn events_are_lines_however_they_are_cut() {
    let text = ": hello\n\nid: 1\nevent: login\ndata: {\"seq\":1,\"time\":\"2001-01-01T00:00:00.000Z\",\
                \"type\":\"login\",\"user\":\"Zoë\\u001b\",\"how\":\"password\",\"address\":null}\n\n\
                event: lost\ndata: {\"lost\":7}\n\nevent: notice\r\ndata: {\"seq\":2,\"reason\":\"a b\"}\r\n\r\n";
    for piece in [1, 7, 10_000] {
        let mock = Mock::new(move |_| stream(text, piece));
        let (exit, out, err) = mock.run(&["events", "--types", "login,notice"]);
        assert_eq!(exit, Exit::Failure);
        assert_eq!(err, "mudkeep: mudkeep has ended, and its events with it\n");
        let expected = "2001-01-01 00:00:00 login Zoë\\u{1b} how=password\n\
                        (7 events came too fast to be told)\nnotice reason=\"a b\"\n";
        assert_eq!(out, expected);
        assert_eq!(mock.last().what, "GET events?types=login%2Cnotice");
        let (_, out, _) = mock.run(&["events", "--json"]);
        assert_eq!(out.lines().count(), 3);
        assert_eq!(out.lines().nth(1), Some(r#"{"lost":7}"#));
    }
}

#[test]
fn an_event_without_an_end_is_not_kept() {
    let text = format!("data: {}", "x".repeat(300 << 10));
    let mock = Mock::new(move |_| stream(&text, 10_000));
    let (exit, _, err) = mock.run(&["events"]);
    assert_eq!((exit, err.as_str()), (Exit::Failure, "mudkeep: an event is longer than 256KiB\n"));
}

#[test]
fn what_went_wrong_is_said_with_what_to_do() {
    let says = |reply: fn() -> Reply| {
        let mock = Mock::new(move |_| reply());
        let (exit, out, err) = mock.run(&["stats"]);
        assert_eq!((exit, out.as_str()), (Exit::Failure, ""), "{err}");
        assert!(!err.contains(TOKEN), "{err}");
        err
    };
    let said = says(|| bad(401, "unauthorized", "a token is needed"));
    assert!(said.contains("does not take the token in ") && said.contains("another mudkeep"));
    let said = says(|| bad(429, "too_many_requests", "later\u{1b}"));
    assert_eq!(said, "mudkeep: mudkeep says no: later\\u{1b} (too_many_requests)\n");
    assert!(says(|| good("hello")).contains(" answers no JSON: is that mudkeep's admin listener?"));
    assert!(says(|| good("{}")).contains(" answers something unexpected (missing field"));
    assert!(says(|| Reply::Raw(b"SSH-2.0-x\r\n".to_vec())).contains(" answers no HTTP: "));
    assert!(says(|| Reply::Raw(Vec::new())).contains(" ended the connection: "));
    assert!(says(|| Reply::Whole(502, "<html>".into())).contains(" answers with HTTP status 502"));
    let endless = || Reply::Whole(200, " ".repeat((8 << 20) + 1));
    assert!(says(endless).contains(" answers more than 8MiB: "));
}

#[test]
fn an_answer_just_short_enough_is_read() {
    let mock = Mock::new(|_| {
        let answer = json!({"bans": []}).to_string();
        Reply::Whole(200, " ".repeat((8 << 20) - answer.len()) + &answer)
    });
    assert_eq!(mock.run(&["bans"]).1, "No bans.\n");
}

#[test]
fn one_that_does_not_answer_is_not_waited_for_for_ever() {
    let mock = Mock::new(|_| Reply::Nothing);
    let api = mock.api().with_patience(std::time::Duration::from_millis(50));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let trouble = runtime.block_on(api.ask("health")).unwrap_err().to_string();
    assert!(
        trouble.ends_with(
            "does not answer in time: mudkeep is stuck, or something else listens there"
        )
    );
}

#[test]
fn where_nothing_listens_the_listener_is_explained() {
    let mock = Mock::always(200, "{}");
    let (place, folder) = (mock.address().to_string(), tempfile::tempdir().unwrap());
    drop(mock);
    let token = folder.path().join("token");
    let line = ["health", "--api", &place, "--token-file", token.to_str().unwrap()];
    let (exit, _, err) = run_line(None, &line);
    assert_eq!(exit, Exit::Failure);
    assert!(err.starts_with("mudkeep: there is no token file "), "{err}");
    for no_token in ["", "\n", "three words here", "short"] {
        write_token(&token, no_token);
        let (exit, _, err) = run_line(None, &line);
        assert_eq!(exit, Exit::Failure);
        assert!(err.starts_with("mudkeep: admin.token_file: "), "{no_token:?}: {err}");
    }
    write_token(&token, TOKEN);
    let (exit, _, err) = run_line(None, &line);
    assert_eq!(exit, Exit::Failure);
    let said = format!(
        "mudkeep: nothing listens on {place}: mudkeep does not run, or has no admin listener: add \
         [[listen]] protocol = \"admin\"\n"
    );
    assert_eq!(err, said);
}

#[test]
fn the_api_is_where_the_configuration_says() {
    let mock = Mock::always(200, json!({"bans": []}));
    let folder = tempfile::tempdir().unwrap();
    let (file, token) = (folder.path().join("proxy.toml"), folder.path().join("token"));
    write_token(&token, TOKEN);
    let run = |listen: &str| {
        let token = token.display();
        let text = format!("game.address = \"demo\"\nadmin.token_file = \"{token}\"\n{listen}");
        std::fs::write(&file, text).unwrap();
        run_line(None, &["bans", "--config", file.to_str().unwrap()])
    };
    let listen = |protocol: &str, address: &str| {
        format!("[[listen]]\nprotocol = \"{protocol}\"\naddress = \"{address}\"\n")
    };
    let port = mock.address().port();
    let all = format!("admin.remote = true\n{}", listen("admin", &format!("0.0.0.0:{port}")));
    let one = listen("telnet", "127.0.0.1:0") + &listen("admin", &mock.address().to_string());
    for listen in [one, all] {
        let (exit, out, err) = run(&listen);
        assert_eq!((exit, out.as_str(), err.as_str()), (Exit::Success, "No bans.\n", ""));
        assert!(mock.last().head.contains(&format!("host: 127.0.0.1:{port}\n")));
    }
    let (exit, _, err) = run(&listen("telnet", "127.0.0.1:0"));
    assert_eq!(exit, Exit::Failure);
    assert!(err.contains("proxy.toml has no admin listener: add [[listen]]"), "{err}");
    let (exit, _, err) = run(&listen("admin", "127.0.0.1:0"));
    assert_eq!(exit, Exit::Failure);
    assert!(err.contains(" is on port 0, which the system picks: "), "{err}");
    let (exit, _, err) = run("nonsense = 1");
    assert_eq!(exit, Exit::Misuse, "{err}");
}

#[test]
fn a_host_with_a_name_is_told_its_address() {
    let mock = Mock::always(200, json!({"bans": []}));
    let api = format!("localhost:{}", mock.address().port());
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    write_token(&token, TOKEN);
    let line = ["bans", "--api", &api, "--token-file", token.to_str().unwrap()];
    assert_eq!(run_line(None, &line).1, "No bans.\n");
    assert!(mock.last().head.contains(&format!("host: {}\n", mock.address())));
}

#[test]
fn the_place_of_an_api_is_a_host_and_a_port() {
    for url in [
        "https://a:1",
        "ftp://a:1",
        "http://a:1/x",
        "http://a",
        "http://",
        "a b",
        "http://u@a:1",
        "http://a:0",
    ] {
        let (exit, _, err) = run_line(None, &["stats", "--api", url, "--token-file", "x"]);
        assert_eq!(exit, Exit::Misuse, "{url}: {err}");
        assert!(err.contains("expected http://HOST:PORT"), "{err}");
    }
    for (url, place) in [("http://[::1]:5/", "[::1]:5"), ("localhost:80", "localhost:80")] {
        assert_eq!(super::api::read_url(url).unwrap().to_string(), place);
    }
}

#[test]
fn output_that_nobody_reads_any_more_is_no_failure() {
    struct Closed;
    impl std::io::Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mock = Mock::always(200, json!({"bans": []}));
    let mut desk = super::Desk {
        api: mock.api(),
        json: false,
        width: None,
        now: crate::clock::shown(),
        pace: super::PACE,
        out: &mut Closed,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let done = runtime.block_on(desk.bans()).map_err(super::Stop::from);
    assert_eq!(super::exit_of(done, &mut Vec::new()), Exit::Success);
}

#[test]
fn the_live_view_is_handed_the_api() {
    let mock = Mock::always(200, "{}");
    let (exit, _, err) = mock.run(&["watch"]);
    assert_eq!((exit, err.as_str()), (Exit::Failure, "mudkeep: watched\n"));
    assert_eq!(mock.run(&["watch", "--json"]).0, Exit::Misuse);
}
