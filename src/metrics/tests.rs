//! What is counted where, and that nothing from outside becomes a label.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::*;
use crate::events::Events;
use crate::ids::{ConnectionId, SessionId};
use crate::login::Transparent;
use crate::registry::Denied;
use crate::registry::card::Carrier;
use crate::session::message::{Closing, DetachReason, EndReason, Refusal, Via};

/// Every value that is not 0, by its name and labels.
fn counted(metrics: &Metrics) -> BTreeMap<String, String> {
    let written = Format::Prometheus.write(metrics.families()).unwrap();
    let values = written.lines().filter(|line| !line.starts_with('#'));
    let values = values.filter_map(|line| line.rsplit_once(' '));
    let values = values.filter(|(_, value)| value.parse() != Ok(0.0));
    let values = values.filter(|(name, _)| !name.starts_with("mudkeep_events_total"));
    values.map(|(name, value)| (name.replacen("mudkeep_", "", 1), value.to_owned())).collect()
}

/// What one event counts as.
fn counted_as(what: What) -> Vec<String> {
    let (metrics, about) =
        (Metrics::default(), About { transport: Some("sse"), ..About::default() });
    metrics.observe(&about, &what);
    counted(&metrics).into_iter().map(|(name, value)| format!("{name} {value}")).collect()
}

#[test]
fn each_event_is_counted_as_what_it_is() {
    let detached = |cause, reason: &str| What::Detached { cause, reason: reason.into() };
    let limit = "limits.sessions_max is reached".to_owned();
    for (what, expected) in [
        (What::Connected, vec!["connections_total{transport=\"sse\"} 1"]),
        (What::Denied { limit }, vec!["denied_total{limit=\"sessions_max\"} 1"]),
        (What::Attached { how: "token" }, vec!["attaches_total{how=\"token\"} 1"]),
        (
            detached(Cause::Rst, "connection_lost"),
            vec!["detaches_total{cause=\"rst\",reason=\"connection_lost\"} 1"],
        ),
        (detached(Cause::Slow, "slow"), vec!["detaches_total{cause=\"slow\",reason=\"slow\"} 1"]),
        (detached(Cause::Told, "slow"), vec!["detaches_total{cause=\"told\",reason=\"slow\"} 1"]),
        (What::TakenOver { by: None }, vec!["takeovers_total 1"]),
        (What::SessionStarted, vec!["sessions_total 1"]),
        (
            What::SessionEnded { reason: "expired" },
            vec!["session_ends_total{reason=\"expired\"} 1"],
        ),
        (What::Login, vec!["logins_total{outcome=\"accepted\"} 1"]),
        (What::LoginRefused, vec!["logins_total{outcome=\"refused\"} 1"]),
        (What::LoginSuspect, vec!["login_suspects_total 1"]),
        (
            What::LoginUnrecognised { why: "unproven".into() },
            vec![
                "logins_total{outcome=\"unrecognised\"} 1",
                "logins_unrecognised_total{why=\"unproven\"} 1",
            ],
        ),
        (What::Left, vec!["leaves_total 1"]),
        (What::Resumed { outcome: "ok" }, vec!["resumes_total{outcome=\"ok\"} 1"]),
        (What::TokenReused, vec!["token_reuses_total 1"]),
        (What::TokensRevoked, vec!["token_revocations_total 1"]),
        (
            What::GameDialled { ok: false, seconds: 9.0 },
            vec!["game_dials_total{outcome=\"failed\"} 1"],
        ),
        (What::GameLost { how: "closed" }, vec!["game_losses_total{how=\"closed\"} 1"]),
        (What::Gap { bytes: 70 }, vec!["gap_bytes_total 70", "gaps_total 1"]),
        (What::BanRefused, vec!["ban_refusals_total 1"]),
        (What::Notice { told: 9 }, vec!["staff_acts_total{act=\"notice\"} 1"]),
        (What::Reloaded { ok: false }, vec!["config_reloads_total{outcome=\"refused\"} 1"]),
    ] {
        let kind = what.name();
        assert_eq!(counted_as(what), expected, "{kind}");
    }
}

#[test]
fn times_are_counted_with_what_took_them() {
    let dialled = counted_as(What::GameDialled { ok: true, seconds: 0.02 });
    for one in [
        "game_dials_total{outcome=\"ok\"} 1",
        "game_dial_duration_seconds_bucket{le=\"0.025\"} 1",
        "game_dial_duration_seconds_sum 0.02",
        "game_dial_duration_seconds_count 1",
    ] {
        assert!(dialled.iter().any(|line| line == one), "{one} is not in {dialled:?}");
    }
    assert!(!dialled.iter().any(|line| line.contains("le=\"0.01\"")), "{dialled:?}");
    let over = What::Disconnected { duration_seconds: 61.0, bytes_in: 1, bytes_out: 1 };
    let over = counted_as(over);
    assert!(over.contains(&"connection_duration_seconds_sum 61.0".to_owned()), "{over:?}");
}

/// Every reason that the code has, in events as it puts them.
fn all_reasons() -> Vec<What> {
    let denied = [
        Denied::Connections,
        Denied::ConnectionsPerAddress,
        Denied::ConnectionsPerNetwork,
        Denied::ConnectsPerMinute(crate::test_clock::start()),
        Denied::ConnectsPerMinuteTotal(crate::test_clock::start()),
        Denied::Sessions,
        Denied::Memory,
    ];
    let denied = denied.map(|denied| What::Denied { limit: denied.to_string() });
    let told = [
        Closing::Replaced,
        Closing::GameClosed,
        Closing::GameUnreachable,
        Closing::LoggedOut,
        Closing::Kicked,
        Closing::Banned,
        Closing::Expired,
        Closing::Refused,
        Closing::Shutdown,
        Closing::Slow,
        Closing::Idle,
    ];
    let left = [
        DetachReason::ClosedByClient,
        DetachReason::ConnectionLost,
        DetachReason::TimedOut,
        DetachReason::Slow,
        DetachReason::Abuse,
        DetachReason::Moved,
    ];
    let detached = left.into_iter().chain(told.map(DetachReason::Told));
    let detached =
        detached.map(|reason| What::Detached { cause: reason.into(), reason: reason.to_string() });
    let attached = [Via::Opened, Via::Token, Via::Password, Via::Takeover];
    let attached = attached.map(|via| What::Attached { how: via.name() });
    let why = [
        Transparent::NoPreset,
        Transparent::Uncertain { considered: Vec::new() },
        Transparent::Unrecognised,
        Transparent::Unproven,
        Transparent::SharedName,
    ];
    let unrecognised = why.map(|why| What::LoginUnrecognised { why: why.name().to_owned() });
    let resumed = [
        Refusal::TokenInvalid,
        Refusal::TokenExpired,
        Refusal::TokenReused,
        Refusal::TooManyTokens { until: crate::test_clock::start() },
        Refusal::SessionLost { user: None },
        Refusal::Ended,
        Refusal::Taken,
    ];
    let resumed = resumed.map(|refusal| What::Resumed { outcome: refusal.name() });
    let lost = ["closed", "lost", "unreachable"].map(|how| What::GameLost { how });
    let all = denied.into_iter().chain(detached).chain(attached).chain(unrecognised);
    all.chain(resumed).chain(lost).chain(ended()).collect()
}

fn ended() -> impl Iterator<Item = What> {
    let ends = [
        EndReason::LoggedOut,
        EndReason::GameClosed,
        EndReason::GameLost,
        EndReason::Expired,
        EndReason::Abandoned,
        EndReason::Superseded,
        EndReason::Replaced,
        EndReason::Kicked,
        EndReason::Banned,
        EndReason::Refused,
        EndReason::Memory,
        EndReason::LoginTimeout,
        EndReason::Shutdown,
    ];
    ends.into_iter().map(|reason| What::SessionEnded { reason: reason.name() })
}

#[test]
fn no_reason_that_there_is_is_counted_as_another() {
    let metrics = Metrics::default();
    for carrier in Carrier::ALL {
        let about = About { transport: Some(carrier.name()), ..About::default() };
        metrics.observe(&about, &What::Connected);
    }
    all_reasons().iter().for_each(|what| metrics.observe(&About::default(), what));
    metrics.too_many_tokens();
    [401, 403, 429].into_iter().for_each(|status| metrics.admin_refused(status));
    ["audit", "webhook", "stream"].into_iter().for_each(|name| metrics.events_lost(name, 1));
    let counted = counted(&metrics);
    assert!(counted.len() > 50, "{counted:?}");
    let others = counted.keys().filter(|name| name.contains("other"));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&String>::new());
}

#[test]
fn the_causes_of_going_are_those_that_events_have() {
    for what in all_reasons() {
        let What::Detached { cause, reason } = &what else { continue };
        let cause = serde_json::to_value(cause).unwrap();
        let expected = format!("detaches_total{{cause={cause},reason=\"{reason}\"}} 1");
        assert_eq!(counted_as(what), [expected]);
    }
}

#[test]
fn nothing_from_outside_becomes_a_label_or_a_series() {
    let events = Events::new(8);
    let series = |events: &Events| {
        let written = Format::Prometheus.write(events.metrics().families()).unwrap();
        let lines = written.lines().filter_map(|line| line.rsplit_once(' '));
        lines.map(|(series, _)| series.to_owned()).collect::<Vec<_>>()
    };
    let before = series(&events);
    for round in 0..500_u32 {
        let mine = format!("mine-{round}");
        let about = About {
            connection_id: Some(ConnectionId(uuid::Uuid::from_u128(round.into()))),
            session_id: Some(SessionId(uuid::Uuid::from_u128(round.into()))),
            user: Some(mine.as_str().into()),
            address: Some(IpAddr::from(round.to_be_bytes())),
            transport: Some("mine"),
        };
        for what in [
            What::Connected,
            What::Denied { limit: mine.clone() },
            What::Detached { cause: Cause::Told, reason: mine.clone() },
            What::Detached { cause: Cause::Fin, reason: mine.clone() },
            What::LoginUnrecognised { why: mine.clone() },
            What::Kicked { reason: mine.clone() },
            What::Unbanned { who: mine.clone() },
            What::Admin { by: Some(mine.clone()), method: mine.clone(), path: mine, status: 418 },
        ] {
            events.emit(about.clone(), what);
        }
        events.metrics().admin_refused(400 + u16::try_from(round).unwrap());
    }
    assert_eq!(series(&events), before);
    assert!(!before.iter().any(|series| series.contains("mine")));
}

#[test]
fn who_is_too_slow_for_events_is_counted_by_who_it_is() {
    let events = std::sync::Arc::new(Events::new(2));
    let (mut audit, mut nameless) = (events.follow().named("audit"), events.follow());
    (0..5).for_each(|_| events.emit(About::default(), What::DrainCancelled));
    let (_, _) = (audit.try_next(), nameless.try_next());
    let counted = counted(events.metrics());
    for follower in ["audit", "other"] {
        assert_eq!(counted[&format!("events_lost_total{{follower=\"{follower}\"}}")], "3");
    }
}
