//! What the tools of Prometheus say of mudkeep's metrics, and of what is in contrib/ for them.
//!
//! It needs what scripts/set-up installs, so a bare `cargo test` leaves it out; scripts/test runs it.

#[cfg(test)]
#[path = "prometheus/tools.rs"]
mod tools;

#[cfg(test)]
mod tests {
    use crate::tools::{Mudkeep, Prometheus, promtool};

    #[test]
    fn promtool_finds_nothing_wrong_with_the_metrics() {
        let text = Mudkeep::start().metrics("text/plain");
        assert!(text.lines().count() > 200, "{text}");
        let (well, said) = promtool(&["check", "metrics"], &text);
        assert!(well && said.is_empty(), "{said}\n{text}");
        let bad = text.replace("_total", "");
        let (well, said) = promtool(&["check", "metrics"], &bad);
        assert!(!well, "promtool finds nothing wrong with anything: {said}");
    }

    #[test]
    fn promtool_finds_nothing_wrong_with_the_alerts_and_each_does_what_it_should() {
        for command in [
            ["check", "rules", "contrib/prometheus-alerts.yml"],
            ["test", "rules", "contrib/prometheus-alerts-test.yml"],
        ] {
            let (well, said) = promtool(&command, "");
            assert!(well, "{said}");
        }
    }

    #[test]
    fn each_alert_is_tried_in_a_case_that_it_is_for_and_in_one_that_it_is_not_for() {
        let rules = include_str!("../contrib/prometheus-alerts.yml");
        let tests = include_str!("../contrib/prometheus-alerts-test.yml");
        let names = rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: "));
        let names: Vec<&str> = names.collect();
        assert!(names.len() >= 10, "{names:?}");
        for name in names {
            for case in
                [format!("- name: {name} fires\n"), format!("- name: {name} does not fire\n")]
            {
                assert!(tests.contains(&case), "{case}");
            }
        }
    }

    #[test]
    fn prometheus_reads_the_metrics_with_the_configuration_that_is_in_contrib() {
        let mudkeep = Mudkeep::start();
        let prometheus = Prometheus::before(&mudkeep);
        let version = env!("CARGO_PKG_VERSION");
        for (query, value) in [
            ("up{job=\"mudkeep\"}".to_owned(), "1"),
            (format!("mudkeep_build_info{{version=\"{version}\"}}"), "1"),
            ("mudkeep_connections_open{state=\"active\",transport=\"telnet\"}".to_owned(), "0"),
            ("mudkeep_game_dials_total{outcome=\"ok\"}".to_owned(), "0"),
            ("mudkeep_game_dial_duration_seconds_bucket{le=\"+Inf\"}".to_owned(), "0"),
            ("count(ALERTS{alertname=\"MudkeepDown\"}) or vector(0)".to_owned(), "0"),
        ] {
            prometheus.says(&query, value);
        }
        drop(mudkeep);
        prometheus.says("up{job=\"mudkeep\"}", "0");
    }

    #[test]
    fn prometheus_without_the_token_is_not_let_in() {
        let mudkeep = Mudkeep::start();
        let prometheus = Prometheus::with_token(&mudkeep, "a-token-of-nobody-at-all");
        prometheus.says("up{job=\"mudkeep\"}", "0");
    }
}
