//! Random lives of sessions, from a seed: clients that come, vanish and come back in every manner, a
//! game that talks, closes and crashes, tokens that are lost, and an oracle that knows what the game
//! said and what the players typed. Then the same with a core that is wrong in one of ten ways, each
//! of which must be caught.
//!
//! The fuzz target `session_operations` lives them from bytes.
//!
//! `SIMULATION_SEEDS=100000 cargo test --test simulation` tries more; `SIMULATION_SEED=42` tries one.

#![allow(
    clippy::print_stdout,
    clippy::too_many_lines,
    clippy::collapsible_if,
    reason = "a failing life is told as it went"
)]

mod chance;
mod client;
mod connection;
mod game;
mod healing;
mod life;
mod oracle;
mod session;
mod variants;
mod world;

use chance::Chance;
use life::live;
use variants::Variant;

/// Seeds that are tried when nobody says otherwise.
const SEEDS: u64 = 2000;

/// Every wrong core must be caught within so many.
const SEEDS_TO_CATCH_MAX: u64 = 1000;

fn check(seed: u64) {
    life::check(&Chance::new(seed), &format!("SIMULATION_SEED={seed}"));
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn the_core_keeps_its_promises_in_every_life() {
    if let Some(seed) = number("SIMULATION_SEED") {
        return check(seed);
    }
    let seeds = number("SIMULATION_SEEDS").unwrap_or(SEEDS);
    std::thread::scope(|scope| {
        for part in 0..2 {
            scope.spawn(move || (0..seeds).filter(|seed| seed % 2 == part).for_each(check));
        }
    });
}

#[test]
fn every_wrong_core_is_caught() {
    let mut escaped = Vec::new();
    for variant in Variant::WRONG {
        let broken = |seed: u64| {
            let broken = live(Chance::new(seed), variant, false).journal.broken;
            broken.map(|promise| (seed, promise))
        };
        match (0..SEEDS_TO_CATCH_MAX).find_map(broken) {
            Some((seed, promise)) => println!("{variant:?}: caught with seed {seed}: {promise}"),
            None => escaped.push(variant),
        }
    }
    assert!(escaped.is_empty(), "not caught: {escaped:?}");
}

/// What fuzzing came upon, kept as its corpus.
#[test]
fn the_core_keeps_its_promises_in_every_life_that_fuzzing_kept() {
    let corpus = std::fs::read_dir("fuzz/corpus/session_operations").expect("the corpus");
    let mut lives = 0;
    for file in corpus {
        let path = file.expect("a file").path();
        let bytes = std::fs::read(&path).expect("readable");
        life::check(&Chance::of_bytes(&bytes), &path.display().to_string());
        lives += 1;
    }
    assert!(lives >= 30, "{lives} lives are kept");
}
