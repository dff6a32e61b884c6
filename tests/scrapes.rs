//! The metrics as whoever scrapes them has them: what is in them while people play, who may have them,
//! and that the pages, the dashboard and the alerts speak of what there is.
//!
//! What the tools of Prometheus itself say of them is in tests/metrics.rs.

#[cfg(test)]
#[path = "support/mod.rs"]
mod support;

#[cfg(test)]
#[path = "scrapes/names.rs"]
mod names;

#[cfg(test)]
#[path = "scrapes/scraped.rs"]
mod scraped;

#[cfg(test)]
mod tests {
    use crate::scraped::Scraped;
    use crate::support::client::Client;
    use crate::support::scripted::{Family, Game};
    use crate::support::web::{Dial, Request, Via};

    const PASSWORD: &str = "sekrit";

    async fn log_in(client: &Client, name: &str) {
        client.expect("known? ").await;
        client.line(name).await;
        client.expect("assword: ").await;
        client.line(PASSWORD).await;
        client.expect("PRESS RETURN").await;
        client.line("").await;
        client.expect("Make your choice: ").await;
        client.line("1").await;
        client.expect("V > ").await;
    }

    async fn game() -> Game {
        let game = Game::start(Family::Circle).await;
        game.account("Alice", PASSWORD);
        game
    }

    #[tokio::test]
    async fn who_plays_and_how_is_in_the_metrics_and_stays_counted_when_they_are_gone() {
        let mudkeep = Scraped::before(game().await).await;
        let alice = Client::connect(mudkeep.telnet()).await;
        log_in(&alice, "Alice").await;
        let web = Dial::new(Via::WebSocket, mudkeep.http()).open().await;
        web.expect_text("known? ").await;
        let playing = mudkeep.scrape().await;
        for (series, value) in [
            ("mudkeep_users", 1.0),
            ("mudkeep_connections_open{state=\"active\",transport=\"telnet\"}", 1.0),
            ("mudkeep_connections_open{state=\"authenticating\",transport=\"websocket\"}", 1.0),
            ("mudkeep_sessions_open{state=\"playing\"}", 1.0),
            ("mudkeep_sessions_open{state=\"login\"}", 1.0),
            ("mudkeep_connections_total{transport=\"telnet\"}", 1.0),
            ("mudkeep_connections_total{transport=\"http\"}", 1.0),
            ("mudkeep_logins_total{outcome=\"accepted\"}", 1.0),
            ("mudkeep_attaches_total{how=\"opened\"}", 2.0),
            ("mudkeep_sessions_total", 2.0),
            ("mudkeep_game_dials_total{outcome=\"ok\"}", 2.0),
            ("mudkeep_game_dial_duration_seconds_count", 2.0),
            ("mudkeep_received_lines_total{transport=\"telnet\"}", 4.0),
            ("mudkeep_draining", 0.0),
            ("mudkeep_store_failing", 0.0),
        ] {
            assert_eq!(playing.value(series), value, "{series}");
        }
        for series in [
            "mudkeep_sent_bytes_total{transport=\"websocket\"}",
            "mudkeep_sent_bytes_total{transport=\"telnet\"}",
            "mudkeep_received_bytes_total{transport=\"telnet\"}",
            "mudkeep_sent_lines_total{transport=\"telnet\"}",
            "mudkeep_history_bytes",
            "mudkeep_history_max_bytes",
            "mudkeep_resident_memory_bytes",
            "mudkeep_open_files",
            "mudkeep_event_loop_lag_seconds{thread=\"0\"}",
        ] {
            assert!(playing.value(series) > 0.0, "{series}");
        }
        alice.close().await;
        web.vanish().await;
        mudkeep.until_alone().await;
        let gone = mudkeep.scrape().await;
        assert_eq!(gone.value("mudkeep_sessions_open{state=\"held\"}"), 1.0);
        let fin = "mudkeep_detaches_total{cause=\"fin\",reason=\"closed_by_client\"}";
        assert!(gone.value(fin) >= 1.0);
        assert_eq!(gone.value("mudkeep_connection_duration_seconds_count"), 2.0);
        gone.has_not_gone_back_from(&playing);
        for transport in ["telnet", "websocket"] {
            let sent = format!("mudkeep_sent_bytes_total{{transport=\"{transport}\"}}");
            assert!(gone.value(&sent) > 0.0, "{sent}");
        }
    }

    #[tokio::test]
    async fn what_is_scraped_names_nobody_and_has_the_same_series_whoever_plays() {
        let mudkeep = Scraped::before(game().await).await;
        let before = mudkeep.scrape().await;
        let alice = Client::connect(mudkeep.telnet()).await;
        log_in(&alice, "Alice").await;
        let web = Dial::new(Via::Sse, mudkeep.http()).open().await;
        web.expect_text("known? ").await;
        let playing = mudkeep.scrape().await;
        assert_eq!(playing.series(), before.series());
        for word in ["alice", "Alice", "127.0.0.1"] {
            assert!(!playing.text.contains(word), "{word}");
        }
        let labels = ["cause", "reason", "state", "transport", "limit", "how", "outcome", "why"];
        let more = ["act", "status", "follower", "thread", "version", "le"];
        let known: Vec<&str> = labels.into_iter().chain(more).collect();
        for label in playing.labels() {
            assert!(known.contains(&label.as_str()), "{label}");
        }
    }

    #[tokio::test]
    async fn a_scrape_needs_a_token_and_is_written_as_it_is_asked_for() {
        let mudkeep = Scraped::before(game().await).await;
        let refused = mudkeep.ask("no-such-token-no-such-token", "").await;
        assert_eq!(refused.status, 401);
        let plain = mudkeep.ask(mudkeep.token(), "text/plain").await;
        assert_eq!(plain.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert!(!plain.body.contains("# EOF"));
        let open = mudkeep.ask(mudkeep.token(), "application/openmetrics-text;version=1.0.0").await;
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        assert_eq!(open.header("content-type"), Some(kind));
        assert!(open.body.ends_with("# EOF\n"));
        assert_eq!(
            mudkeep.scrape().await.value("mudkeep_admin_refusals_total{status=\"401\"}"),
            1.0
        );
    }

    #[tokio::test]
    async fn who_is_turned_away_is_counted_by_the_limit() {
        let more = "[limits]\nsessions_max = 1\nconnections_max = 2\n";
        let mudkeep = Scraped::with(game().await, more).await;
        let first = Client::connect(mudkeep.telnet()).await;
        first.expect("known? ").await;
        let second = Client::connect(mudkeep.telnet()).await;
        second.expect_end().await;
        let before = mudkeep.scrape().await;
        assert_eq!(before.value("mudkeep_denied_total{limit=\"sessions_max\"}"), 1.0);
        assert_eq!(before.value("mudkeep_sessions_max"), 1.0);
        assert_eq!(before.value("mudkeep_connections_max"), 2.0);
        let looked_at = (0..1000).take_while(|_| mudkeep.presents_no_token()).count();
        let after = mudkeep.scrape().await;
        let invalid = after.value("mudkeep_resumes_total{outcome=\"token_invalid\"}");
        assert_eq!(invalid, looked_at as f64);
        assert_eq!(after.value("mudkeep_resumes_total{outcome=\"too_many_tokens\"}"), 1.0);
    }

    #[tokio::test]
    async fn a_game_that_does_not_answer_is_counted_and_a_scrape_does_not_try_it() {
        let mut mudkeep = Scraped::before(game().await).await;
        mudkeep.lose_game();
        Client::connect(mudkeep.telnet()).await.expect_end().await;
        let scrape = mudkeep.scrape().await;
        assert_eq!(scrape.value("mudkeep_game_dials_total{outcome=\"failed\"}"), 1.0);
        assert_eq!(scrape.value("mudkeep_game_dial_duration_seconds_count"), 0.0);
        assert_eq!(scrape.value("mudkeep_game_probes_total{outcome=\"failed\"}"), 0.0);
        let health = Request::new("GET", "/api/v1/health").bearer(mudkeep.token());
        assert_eq!(mudkeep.ask_for(health).await.status, 200);
        let scrape = mudkeep.scrape().await;
        assert_eq!(scrape.value("mudkeep_game_probes_total{outcome=\"failed\"}"), 1.0);
        assert_eq!(scrape.value("mudkeep_game_probes_total{outcome=\"ok\"}"), 0.0);
    }

    #[tokio::test]
    async fn the_page_has_every_metric_that_there_is_and_no_other() {
        let mudkeep = Scraped::before(game().await).await;
        let served = mudkeep.scrape().await.names();
        let page = crate::names::of_page(include_str!("../docs/admin/metrics.md"));
        assert_eq!(page, served);
    }

    #[tokio::test]
    async fn the_dashboard_and_the_alerts_ask_for_metrics_that_there_are() {
        let mudkeep = Scraped::before(game().await).await;
        let served = mudkeep.scrape().await.names();
        for (file, text, least) in [
            ("grafana-dashboard.json", include_str!("../contrib/grafana-dashboard.json"), 50),
            ("prometheus-alerts.yml", include_str!("../contrib/prometheus-alerts.yml"), 20),
            (
                "prometheus-alerts-test.yml",
                include_str!("../contrib/prometheus-alerts-test.yml"),
                20,
            ),
        ] {
            let named = crate::names::named_in(text);
            assert!(named.len() >= least, "{file} names {}", named.len());
            let missing: Vec<_> = named.difference(&served).collect();
            assert!(missing.is_empty(), "{file} names {missing:?}");
        }
    }
}
