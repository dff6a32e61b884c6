//! Who is connected, which sessions there are, and whose: by filters, and page by page.

use serde_json::Value;

use crate::desk::{ALL, By, Desk, text};

const NAMES: [&str; 3] = ["alice", "bob", "carol"];

fn ids(page: &Value, list: &str, key: &str) -> Vec<String> {
    page[list].as_array().unwrap().iter().map(|row| text(&row[key])).collect()
}

fn connections(page: &Value) -> Vec<String> {
    ids(page, "connections", "connection_id")
}

#[tokio::test]
async fn each_filter_finds_who_fits_and_nobody_else() {
    let desk = Desk::new("").await;
    let mut players = Vec::new();
    for (host, (by, name)) in (2..).zip(ALL.into_iter().zip(NAMES)) {
        players.push(desk.player_from(by, name, host).await);
    }
    let _visitor = desk.visitor(By::Telnet).await;
    desk.until_players(4).await;
    for (host, (by, name)) in (2..).zip(ALL.into_iter().zip(NAMES)) {
        let id = desk.connection_of(name).await;
        let session = text(&desk.session_of(name).await["session_id"]);
        for query in [
            format!("user={}", name.to_uppercase()),
            format!("transport={}&state=active", by.name()),
            format!("address=127.0.0.{host}"),
            format!("address=127.0.0.{host}%2F32&user={name}"),
            format!("session_id={session}"),
        ] {
            let page = desk.get(&format!("connections?{query}")).await;
            let rows = page["connections"].as_array().unwrap().iter();
            // What carries a stream of events is a connection too.
            let players = rows.filter(|row| row["transport"] != "http");
            let found: Vec<String> = players.map(|row| text(&row["connection_id"])).collect();
            assert_eq!(found, [&*id], "{query}");
        }
        let row = desk.get(&format!("connections/{id}")).await;
        assert_eq!(row["transport"], by.name());
        assert_eq!(text(&row["user"]).to_lowercase(), name);
        assert_eq!(row["session_id"], *session);
        let own = desk.get(&format!("users/{name}/connections")).await;
        assert_eq!(connections(&own), [&*id]);
        let own = desk.get(&format!("users/{name}/sessions")).await;
        assert_eq!(ids(&own, "sessions", "session_id"), [&*session]);
        let row = desk.get(&format!("sessions/{session}")).await;
        assert_eq!(row["connections"][0], *id);
        assert_eq!(
            (&row["state"], &row["address"]),
            (&"playing".into(), &format!("127.0.0.{host}").into(),)
        );
    }
    let door = desk.get("connections?state=authenticating").await;
    assert_eq!(door["total"], 1);
    assert!(door["connections"][0]["user"].is_null());
    for (query, total) in [
        ("connections?transport=telnet&address=127.0.0.0%2F8", 2),
        ("connections?address=10.0.0.0%2F8", 0),
        ("connections?user=nobody", 0),
        ("connections?session_id=00000000-0000-0000-0000-000000000001", 0),
        ("sessions?state=playing", 3),
        ("sessions?state=login", 1),
        ("sessions?address=127.0.0.3", 1),
        ("users", 3),
    ] {
        assert_eq!(desk.get(query).await["total"], total, "{query}");
    }
    for bad in ["state=asleep", "transport=pigeon", "address=home", "session_id=1", "usr=alice"] {
        let answer = desk.ask("GET", &format!("connections?{bad}")).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &"bad_request".into()));
    }
}

#[tokio::test]
async fn page_by_page_everybody_is_seen_once() {
    let desk = Desk::new("").await;
    let mut visitors = Vec::new();
    for _ in 0..7 {
        visitors.push(desk.visitor(By::Telnet).await);
    }
    desk.until("connections", |all| all["total"] == 7).await;
    let all = connections(&desk.get("connections").await);
    for list in ["connections", "sessions"] {
        let key = if list == "connections" { "connection_id" } else { "session_id" };
        let all = ids(&desk.get(list).await, list, key);
        for limit in [1, 3, 7, 8] {
            let (mut seen, mut after) = (Vec::new(), String::new());
            loop {
                let page = desk.get(&format!("{list}?limit={limit}{after}")).await;
                assert_eq!(page["total"], 7);
                let rows = ids(&page, list, key);
                assert!(rows.len() <= limit);
                seen.extend(rows);
                match page["next"].as_str() {
                    Some(next) => after = format!("&after={next}"),
                    None => break,
                }
            }
            assert_eq!(seen, all, "{list}, {limit} at a time");
        }
    }
    assert_eq!(all.len(), 7);
    let answer = desk.ask("GET", "connections?limit=0").await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn sessions_of_several_users_at_one_address_are_found() {
    let desk = Desk::new("").await;
    let _alice = desk.player_from(By::Telnet, "alice", 2).await;
    let _carol = desk.player_from(By::Telnet, "carol", 3).await;
    assert_eq!(desk.get("sessions?same_address=true").await["total"], 0);
    let _bob = desk.player_from(By::WebSocket, "bob", 2).await;
    let page = desk.get("sessions?same_address=true").await;
    let users = ids(&page, "sessions", "user").join(" ").to_lowercase();
    assert_eq!(users, "alice bob");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_never_valid() {
    let desk = Desk::new("").await;
    let id = "00000000-0000-0000-0000-000000000001";
    for (method, path) in [
        ("GET", format!("connections/{id}")),
        ("DELETE", format!("connections/{id}")),
        ("GET", format!("sessions/{id}")),
        ("DELETE", format!("sessions/{id}")),
        ("GET", "nothing".to_owned()),
        ("GET", "connections/".to_owned() + id + "/more/of/it"),
    ] {
        let answer = desk.ask(method, &path).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &"not_found".into()));
    }
    let valid = desk.get(&format!("connections/{id}/validate")).await;
    assert_eq!((&valid["valid"], &valid["state"]), (&false.into(), &Value::Null));
    let alice = desk.player(By::Sse, "alice").await;
    let id = desk.connection_of("alice").await;
    let valid = desk.get(&format!("connections/{id}/validate")).await;
    assert_eq!((&valid["valid"], &valid["state"]), (&true.into(), &"active".into()));
    assert_eq!(text(&valid["user"]).to_lowercase(), "alice");
    alice.line("look").await;
}
