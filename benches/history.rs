//! What it costs to record a game's output and to read it again, beside a plain copy into a
//! buffer of the same size.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use mudkeep::ids::{Epoch, Offset};
use mudkeep::session::history::History;

const HISTORY_BYTES: usize = 256 * 1024;
const READ_BYTES: usize = 60 * 1024;

/// Text as games send it: lines of about 70 bytes with colours.
fn text(bytes: usize) -> Vec<u8> {
    let line =
        b"\x1B[1;32mA small path leads north to the gates of the old town.\x1B[0m The rain.\r\n";
    line.iter().copied().cycle().take(bytes).collect()
}

/// A history that is full, so that every append evicts.
fn full() -> History {
    let mut history = History::new(Epoch(1), HISTORY_BYTES);
    (0..10).for_each(|_| history.text(&text(READ_BYTES)));
    history
}

fn append(c: &mut Criterion) {
    let mut group = c.benchmark_group("append");
    for bytes in [80, 1024, READ_BYTES] {
        group.throughput(Throughput::Bytes(bytes as u64));
        let text = text(bytes);
        group.bench_with_input(BenchmarkId::new("text", bytes), &text, |b, text| {
            let mut history = full();
            b.iter(|| history.text(black_box(text)));
        });
        group.bench_with_input(BenchmarkId::new("plain copy", bytes), &text, |b, text| {
            let mut ring = vec![0_u8; HISTORY_BYTES];
            let mut at = 0;
            b.iter(|| {
                at = if at + text.len() > HISTORY_BYTES { 0 } else { at };
                ring[at..at + text.len()].copy_from_slice(black_box(text));
                at += text.len();
                black_box(&mut ring);
            });
        });
    }
    group.bench_function("text 61440, 1 % 0xFF", |b| {
        let mut text = text(READ_BYTES);
        text.iter_mut().step_by(100).for_each(|byte| *byte = 0xFF);
        let mut history = full();
        b.iter(|| history.text(black_box(&text)));
    });
    group.bench_function("line and prompt, 80", |b| {
        let (text, mut history) = (text(80), full());
        b.iter(|| {
            history.text(black_box(&text));
            history.prompt();
        });
    });
    group.finish();
}

fn read(c: &mut Criterion) {
    let mut group = c.benchmark_group("read");
    let mut history = full();
    let mut out = Vec::with_capacity(2 * READ_BYTES);
    for bytes in [80, 4096, READ_BYTES] {
        group.throughput(Throughput::Bytes(bytes as u64));
        let from = Offset(history.head().0 - bytes as u64);
        group.bench_with_input(BenchmarkId::new("text", bytes), &from, |b, &from| {
            b.iter(|| {
                out.clear();
                black_box(history.read(black_box(from), READ_BYTES, &mut out))
            });
        });
    }
    for _ in 0..2000 {
        history.text(&text(80));
        history.prompt();
    }
    let from = Offset(history.head().0 - 82);
    group.throughput(Throughput::Bytes(82));
    group.bench_function("line and prompt, 82", |b| {
        b.iter(|| {
            out.clear();
            black_box(history.read(black_box(from), READ_BYTES, &mut out))
        });
    });
    group.finish();
}

fn replay(c: &mut Criterion) {
    let mut history = full();
    let known = history.bookmark(history.tail());
    c.bench_function("replay/of all that is held", |b| {
        b.iter(|| black_box(history.replay(black_box(Some(known)), 8192, None)));
    });
    (0..3000).for_each(|_| history.prompt());
    c.bench_function("replay/bookmark", |b| b.iter(|| history.bookmark(black_box(history.head()))));
}

criterion_group!(benches, append, read, replay);
criterion_main!(benches);
