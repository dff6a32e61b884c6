//! What happens on the coast by itself: the lamp turns, and with each turn there is something to
//! see. All of it follows from the number of the turn, so nothing here is remembered or drawn.

use super::rooms::{Cover, Room};

/// What the sea does at a turn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Tide {
    Rising,
    High,
    Falling,
    Low,
}

/// How many turns the tide stays as it is.
const TIDE_TURNS: u64 = 12;
/// And the weather.
const WEATHER_TURNS: u64 = 9;

/// A number that looks like chance but is always the same for the same turn.
pub(super) fn chance(turn: u64, of: usize) -> usize {
    let mut mixed = turn.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) % of as u64) as usize
}

/// The tide at a turn.
pub(super) fn tide(turn: u64) -> Tide {
    [Tide::Rising, Tide::High, Tide::Falling, Tide::Low][(turn / TIDE_TURNS % 4) as usize]
}

/// Whether it rains.
pub(super) fn rains(turn: u64) -> bool {
    chance(turn / WEATHER_TURNS, 3) == 0
}

/// What `weather` says.
pub(super) fn report(turn: u64) -> String {
    let sky = if rains(turn) { "It rains" } else { "It is dry, with a moon between clouds" };
    let sea = match tide(turn) {
        Tide::Rising => "the tide is coming in",
        Tide::High => "the tide is high",
        Tide::Falling => "the tide is going out",
        Tide::Low => "the tide is low",
    };
    format!("{sky}, and {sea}. The lamp has turned {turn} times since it was lit.")
}

/// What stands at the end of a place's description.
pub(super) fn aspect(room: Room, turn: u64) -> &'static str {
    match (room.place().cover, tide(turn), rains(turn)) {
        (Cover::Shore, Tide::High, _) => "The sea is up to the edge of the stones.",
        (Cover::Shore, Tide::Low, _) => "The tide is out, and the weed lies flat.",
        (Cover::Shore | Cover::Sky, _, true) => "It is raining.",
        (Cover::Shore | Cover::Sky, _, false) => "The wind is from the sea.",
        (Cover::Hearth, ..) => "The fire is warm.",
        (Cover::Roof, _, true) => "Rain runs down the panes.",
        (Cover::Roof, _, false) => "It is quiet enough to hear the clockwork.",
        (Cover::Rock, ..) => "It drips.",
    }
}

const RAIN: &[&str] = &[
    "Rain comes in off the sea in grey ropes.",
    "The rain draws rings on the harbour, and the rings meet.",
    "A gull walks past in the rain as if it had paid for it.",
];
const DRY: &[&str] = &[
    "A long swell lifts the bell buoy, and it tolls.",
    "Somewhere a rigging line taps against a mast.",
    "The beam finds a sail, far out, and loses it again.",
    "A gull laughs at something out at sea.",
    "The clouds open for a moment, and the water is all silver.",
];
const SHORE: &[&str] = &[
    "A wave comes in, thinks better of it, and goes.",
    "Small crabs cross the stones in single file.",
    "The shingle draws breath.",
];
const HEARTH: &[&str] = &[
    "A log falls in the fire, and the sparks go up.",
    "The old bell over the bar hums, though nobody touched it.",
    "Somebody upstairs sings half a verse and forgets the rest.",
];
const ROOF: &[&str] = &[
    "The clockwork ticks on.",
    "The light passes the window, and the shadows change places.",
    "A board creaks, the way boards do when nobody is there.",
];
const ROCK: &[&str] = &[
    "The light touches the mouth of the cave and is gone.",
    "The whispering comes round again: almost a word.",
    "A drop falls into a pool you cannot see.",
];

/// The line that everybody in such a place sees at this turn. It says its number, so that whoever
/// missed some knows.
pub(super) fn event(cover: Cover, turn: u64) -> String {
    let lines = match cover {
        Cover::Hearth => HEARTH,
        Cover::Roof => ROOF,
        Cover::Rock => ROCK,
        Cover::Sky | Cover::Shore if rains(turn) => RAIN,
        Cover::Shore if turn.is_multiple_of(2) => SHORE,
        Cover::Sky | Cover::Shore => DRY,
    };
    format!("The lamp turns ({turn}). {}", lines[chance(turn, lines.len())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_says_its_turn() {
        for cover in [Cover::Sky, Cover::Shore, Cover::Roof, Cover::Hearth, Cover::Rock] {
            assert!((0..100).all(|turn| {
                event(cover, turn).starts_with(&format!("The lamp turns ({turn}). "))
            }));
        }
    }

    #[test]
    fn every_kind_of_tide_and_weather_comes_in_a_day() {
        for wanted in [Tide::Rising, Tide::High, Tide::Falling, Tide::Low] {
            assert!((0..48).any(|turn| tide(turn) == wanted));
        }
        assert!((0..200).any(rains) && !(0..200).all(rains));
    }

    #[test]
    fn no_turn_is_too_late() {
        for turn in [0, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            assert!(event(Cover::Shore, turn).contains(&turn.to_string()));
            assert!(report(turn).contains(&turn.to_string()));
            assert!(!aspect(Room::Quay, turn).is_empty());
        }
    }
}
