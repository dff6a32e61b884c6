//! What it costs to tell that something has happened, and what of that is to count it.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use mudkeep::events::{About, Cause, Events, What};
use mudkeep::metrics::Metrics;

/// As many as limits.events_max has by default.
const EVENTS_MAX: usize = 4096;

/// Some that come often: their reasons stand first, in the middle and last among those that there are.
fn some() -> [(&'static str, What); 4] {
    [
        ("connected", What::Connected),
        ("attached", What::Attached { how: "takeover" }),
        ("detached", What::Detached { cause: Cause::Told, reason: "idle".to_owned() }),
        ("state", What::ConnectionState { from: "authenticated", to: "active" }),
    ]
}

fn about() -> About {
    About { user: Some("Alice".into()), transport: Some("websocket"), ..About::default() }
}

fn tell(c: &mut Criterion) {
    let (events, metrics) = (Events::new(EVENTS_MAX), Metrics::default());
    for (name, what) in some() {
        let mut group = c.benchmark_group(name);
        group.bench_function("count", |b| {
            let about = about();
            b.iter(|| metrics.observe(black_box(&about), black_box(&what)));
        });
        group.bench_function("tell and count", |b| {
            let about = about();
            b.iter(|| events.emit(about.clone(), black_box(&what).clone()));
        });
        group.finish();
    }
}

criterion_group!(benches, tell);
criterion_main!(benches);
