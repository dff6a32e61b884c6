//! What reading a login costs, per line of the game and per login.

#![allow(missing_docs, clippy::disallowed_methods)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use mudkeep::login::{Auto, Dialogue, DialogueLimits, LeaveWatch, Preset, Step};
use mudkeep::secret::Line;

const LINE: &[u8] =
    b"\x1b[32mThe road goes on through the mud, and a sign says: no swimming here.\x1b[0m\r\n";
const SCREEN: &[u8] =
    b"\r\n   Based on CircleMUD 3.1,\r\n   Created by Jeremy Elson\r\n\r\n   A derivative of \
DikuMUD (GAMMA 0.0)\r\n\r\nBy what name do you wish to be known? ";

fn preset(name: &str) -> Arc<Preset> {
    Preset::named(name).expect("a built-in preset")
}

fn per_line(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("recogniser");
    group.throughput(Throughput::Bytes(LINE.len() as u64));
    for name in ["circle", "rom", "mux", "evennia"] {
        let now = Instant::now();
        let mut dialogue = Dialogue::new(preset(name), DialogueLimits::default(), now);
        group.bench_function(format!("line/{name}"), |bencher| {
            bencher.iter(|| dialogue.game_text(now, black_box(LINE)));
        });
    }
    group.finish();
}

fn log_in(preset: &Arc<Preset>, now: Instant) -> Dialogue {
    let mut dialogue = Dialogue::new(Arc::clone(preset), DialogueLimits::default(), now);
    let answers: [(&str, &[u8]); 2] =
        [("alice", b"Password: "), ("sekrit1", b"\r\nMotd\r\n\r\n*** PRESS RETURN: ")];
    dialogue.game_text(now, SCREEN);
    dialogue.game_prompt(now);
    for (line, answer) in answers {
        dialogue.client_line(now, Line::from(line)).expect("room for a line");
        while let Some(step) = dialogue.poll() {
            if matches!(step, Step::Line { .. }) {
                dialogue.sent(now);
            }
        }
        dialogue.game_text(now, answer);
    }
    dialogue
}

fn per_login(criterion: &mut Criterion) {
    let now = Instant::now();
    let circle = preset("circle");
    criterion.bench_function("login/circle", |bencher| bencher.iter(|| log_in(&circle, now)));
    criterion.bench_function("auto/first_screen", |bencher| {
        bencher.iter(|| {
            let mut auto = Auto::new();
            auto.read(black_box(SCREEN));
            auto.verdict()
        });
    });
    let mut watch = LeaveWatch::new(preset("mux"), None, false);
    criterion.bench_function("watch/client_line", |bencher| {
        bencher.iter(|| watch.client_line(now, black_box(b"say hello to everybody")));
    });
}

criterion_group!(benches, per_line, per_login);
criterion_main!(benches);
