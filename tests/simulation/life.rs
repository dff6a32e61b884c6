//! One life: calm, a storm in which things happen by chance, and healing.

use crate::chance::Chance;
use crate::variants::Variant;
use crate::world::World;

/// What happens in a life from a seed. One from bytes goes on for as long as there are any.
const STEPS: usize = 300;

/// A life. What promise was broken, if one was, stands in its journal.
pub(crate) fn live(chance: Chance, variant: Variant, recording: bool) -> World {
    let steps = if chance.is_of_bytes() { usize::MAX } else { STEPS };
    let mut world = World::new(chance, variant, recording);
    world.calm();
    for _ in 0..steps {
        if world.chance.is_spent() {
            break;
        }
        world.step();
        if world.journal.broken.is_some() {
            return world;
        }
    }
    world.heal();
    world
}

/// Says which life it was when something panics.
struct Witness<'a>(&'a str);

impl Drop for Witness<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("{}: panicked", self.0);
        }
    }
}

/// Panics with all that happened if a promise is broken. `name` is how this life is had again.
pub(crate) fn check(chance: &Chance, name: &str) {
    let witness = Witness(name);
    let world = live(chance.clone(), Variant::Right, false);
    if let Some(promise) = world.journal.broken {
        let events = live(chance.clone(), Variant::Right, true).journal.events;
        let events: Vec<String> = events.into_iter().collect();
        panic!("{}\n\n{name}: {promise}", events.join("\n"));
    }
    drop(witness);
}
