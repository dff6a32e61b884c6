//! Random lives of sessions, from a seed: clients that come, vanish and come back in every manner, a
//! game that talks, closes and crashes, tokens that are lost, and an oracle that knows what the game
//! said and what the players typed. Then the same with a core that is wrong in one of ten ways, each
//! of which must be caught.
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
mod oracle;
mod session;
mod variants;
mod world;

use variants::Variant;
use world::World;

const STEPS: usize = 160;

/// Seeds that are tried when nobody says otherwise.
const SEEDS: u64 = 2000;

/// Every wrong core must be caught within so many.
const SEEDS_TO_CATCH_MAX: u64 = 1000;

/// One life. What promise was broken, if one was.
fn live(seed: u64, variant: Variant, recording: bool) -> World {
    let mut world = World::new(seed, variant, recording);
    world.calm();
    for _ in 0..STEPS {
        world.step();
        if world.journal.broken.is_some() {
            return world;
        }
    }
    world.heal();
    world
}

/// Says which seed it was when something panics.
struct Witness(u64);

impl Drop for Witness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("SIMULATION_SEED={} panicked", self.0);
        }
    }
}

fn check(seed: u64) {
    let witness = Witness(seed);
    let world = live(seed, Variant::Right, false);
    if let Some(promise) = world.journal.broken {
        let events = live(seed, Variant::Right, true).journal.events;
        let events: Vec<String> = events.into_iter().collect();
        panic!("{}\n\nSIMULATION_SEED={seed}: {promise}", events.join("\n"));
    }
    drop(witness);
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
            let broken = live(seed, variant, false).journal.broken;
            broken.map(|promise| (seed, promise))
        };
        match (0..SEEDS_TO_CATCH_MAX).find_map(broken) {
            Some((seed, promise)) => println!("{variant:?}: caught with seed {seed}: {promise}"),
            None => escaped.push(variant),
        }
    }
    assert!(escaped.is_empty(), "not caught: {escaped:?}");
}
