//! Lantern Point: its places, what lies about in them, and the ways between. Data only.

/// A place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Room {
    Quay,
    Street,
    Inn,
    Shop,
    Beach,
    Cave,
    Cliff,
    Chapel,
    Causeway,
    Foot,
    Lamp,
    Gallery,
}

/// A direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    North,
    East,
    South,
    West,
    Up,
    Down,
}

/// What the weather and the tide do to a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Cover {
    /// Under the sky.
    Sky,
    /// Under the sky, at the water's edge.
    Shore,
    /// Under a roof.
    Roof,
    /// Under a roof with a fire.
    Hearth,
    /// Under the rock.
    Rock,
}

/// What there is to know of a place.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) name: &'static str,
    pub(super) sight: &'static str,
    pub(super) cover: Cover,
    pub(super) exits: &'static [(Way, Room)],
}

/// Where everybody arrives.
pub(super) const START: Room = Room::Quay;
/// Where the cat sleeps when nobody looks.
pub(super) const CAT_START: Room = Room::Inn;
/// The place's name, as maps have it.
pub(super) const AREA: &str = "Lantern Point";

/// In the order of [`Room`].
const PLACES: [Place; 12] = [
    Place {
        name: "The Old Quay",
        sight: "Stone bollards, worn to the shape of a hundred years of rope, stand along the \
                water. A lantern on an iron post marks where the ferry lands. North, a street \
                climbs between whitewashed houses; east, steps go down to the shingle.",
        cover: Cover::Shore,
        exits: &[(Way::North, Room::Street), (Way::East, Room::Beach)],
    },
    Place {
        name: "Harbour Street",
        sight: "The only street of the village, steep and cobbled, smelling of tar and bread. A \
                painted bell swings over the inn door to the west; the chandler's window glows \
                to the east. Uphill to the north the houses end and the cliff begins.",
        cover: Cover::Sky,
        exits: &[
            (Way::North, Room::Cliff),
            (Way::East, Room::Shop),
            (Way::South, Room::Quay),
            (Way::West, Room::Inn),
        ],
    },
    Place {
        name: "The Drowned Bell",
        sight: "A low room with a driftwood fire that burns blue at the edges. The bell that \
                gave the inn its name hangs over the bar, green with the sea that kept it for a \
                century. There is always a chair free next to the fire.",
        cover: Cover::Hearth,
        exits: &[(Way::East, Room::Street)],
    },
    Place {
        name: "The Chandler's Shop",
        sight: "Coils of rope up to the ceiling, jars of copper nails, a drawer for every kind \
                of knot. The chandler has gone out, says a slate on the counter, and will be \
                back with the tide. It does not say which.",
        cover: Cover::Roof,
        exits: &[(Way::West, Room::Street)],
    },
    Place {
        name: "The Shingle Beach",
        sight: "Grey stones, each one rounded by the sea and put down a little further along. \
                They roar when a wave draws back over them. The quay is up the steps to the \
                west; east, under the cliff, is the mouth of a cave.",
        cover: Cover::Shore,
        exits: &[(Way::East, Room::Cave), (Way::West, Room::Quay)],
    },
    Place {
        name: "The Whispering Cave",
        sight: "The sea comes in here even when it is far out: its sound goes round and round \
                the walls until it is almost words. Somebody long ago has scratched the outline \
                of a lighthouse into the rock, before there was one.",
        cover: Cover::Rock,
        exits: &[(Way::West, Room::Beach)],
    },
    Place {
        name: "The Cliff Path",
        sight: "Thrift and short grass, and the whole bay below. The lighthouse stands to the \
                north, at the end of a causeway, and its beam goes over your head like a slow \
                white hand. A track to the west leads to some ruins.",
        cover: Cover::Sky,
        exits: &[
            (Way::North, Room::Causeway),
            (Way::South, Room::Street),
            (Way::West, Room::Chapel),
        ],
    },
    Place {
        name: "The Roofless Chapel",
        sight: "Four walls around a lawn of clover. The names on the stones are those of ships, \
                not of people. One window still has its glass, and when the beam passes it \
                throws a blue fish on the grass.",
        cover: Cover::Sky,
        exits: &[(Way::East, Room::Cliff)],
    },
    Place {
        name: "The Causeway",
        sight: "A line of stones, one cart wide, with the sea on both sides. A rope runs along \
                it on iron pins for nights when the stones cannot be seen. The lighthouse is \
                north, the cliff south.",
        cover: Cover::Shore,
        exits: &[(Way::North, Room::Foot), (Way::South, Room::Cliff)],
    },
    Place {
        name: "The Foot of the Lighthouse",
        sight: "A round room, whitewashed, with a workbench and a bunk. The weight of the \
                clockwork hangs in the middle on a chain, and comes down a finger's breadth \
                each time the lamp goes round. An iron stair winds up the wall.",
        cover: Cover::Roof,
        exits: &[(Way::South, Room::Causeway), (Way::Up, Room::Lamp)],
    },
    Place {
        name: "The Lamp Room",
        sight: "Glass above, glass around, and in the middle the great lens, taller than two \
                people, turning on a bath of mercury without a sound. Anybody on this coast \
                can count its turns. A ladder goes up to the gallery.",
        cover: Cover::Roof,
        exits: &[(Way::Up, Room::Gallery), (Way::Down, Room::Foot)],
    },
    Place {
        name: "The Gallery",
        sight: "An iron balcony around the top of the light. The village is a handful of sparks \
                to the south. To the north there is nothing at all, and the beam goes out over \
                it, again and again, in case somebody is there.",
        cover: Cover::Sky,
        exits: &[(Way::Down, Room::Lamp)],
    },
];

impl Room {
    /// All about it.
    pub(super) fn place(self) -> &'static Place {
        &PLACES[self as usize]
    }

    /// Its number on maps, from 1.
    pub(super) fn number(self) -> usize {
        self as usize + 1
    }

    /// Where a way leads from here.
    pub(super) fn toward(self, way: Way) -> Option<Room> {
        self.place().exits.iter().find(|(exit, _)| *exit == way).map(|(_, room)| *room)
    }
}

impl Way {
    /// All of them.
    pub(super) const ALL: [Way; 6] =
        [Way::North, Way::East, Way::South, Way::West, Way::Up, Way::Down];

    /// As a player types it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Way::North => "north",
            Way::East => "east",
            Way::South => "south",
            Way::West => "west",
            Way::Up => "up",
            Way::Down => "down",
        }
    }

    /// As one says where somebody came from.
    pub(super) fn from(self) -> &'static str {
        match self {
            Way::North => "from the south",
            Way::East => "from the west",
            Way::South => "from the north",
            Way::West => "from the east",
            Way::Up => "from below",
            Way::Down => "from above",
        }
    }
}

/// A thing that can be carried.
#[derive(Debug)]
pub(super) struct Thing {
    /// The word a player calls it by.
    pub(super) word: &'static str,
    /// With its article.
    pub(super) name: &'static str,
    pub(super) sight: &'static str,
    /// Where it is found at first.
    pub(super) start: Room,
}

/// All of them.
pub(super) const THINGS: [Thing; 7] = [
    Thing {
        word: "rope",
        name: "a coil of rope",
        sight: "Good hemp, tarred, with a knot in it that nobody here can name.",
        start: Room::Quay,
    },
    Thing {
        word: "mug",
        name: "a tin mug",
        sight: "Dented, and engraved on the bottom: NOT YOURS.",
        start: Room::Inn,
    },
    Thing {
        word: "chart",
        name: "an old chart",
        sight: "The coast, with a lighthouse drawn in a newer ink. North of it the paper is \
                blank but for one word: later.",
        start: Room::Shop,
    },
    Thing {
        word: "float",
        name: "a blue glass float",
        sight: "A fisherman's float as big as a head, full of somebody's breath.",
        start: Room::Beach,
    },
    Thing {
        word: "shell",
        name: "a whelk shell",
        sight: "Hold it to your ear and you hear the cave.",
        start: Room::Cave,
    },
    Thing {
        word: "key",
        name: "an iron key",
        sight: "Too big for any door in the village. It hums faintly when the lamp goes round.",
        start: Room::Chapel,
    },
    Thing {
        word: "spyglass",
        name: "a brass spyglass",
        sight: "Through it, far out, a ship that has been there all week waves a lantern at you.",
        start: Room::Gallery,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Room; 12] = [
        Room::Quay,
        Room::Street,
        Room::Inn,
        Room::Shop,
        Room::Beach,
        Room::Cave,
        Room::Cliff,
        Room::Chapel,
        Room::Causeway,
        Room::Foot,
        Room::Lamp,
        Room::Gallery,
    ];

    #[test]
    fn every_place_is_reached_from_the_quay_and_every_way_leads_back() {
        let mut reached = vec![START];
        let mut at = 0;
        while at < reached.len() {
            for (way, room) in reached[at].place().exits {
                let back = room.place().exits.iter().any(|(_, back)| *back == reached[at]);
                assert!(back, "{way:?} from {:?} is a way of no return", reached[at]);
                if !reached.contains(room) {
                    reached.push(*room);
                }
            }
            at += 1;
        }
        assert_eq!(reached.len(), ALL.len());
    }

    #[test]
    fn places_stand_in_the_order_of_their_names() {
        assert_eq!(Room::Gallery.place().name, "The Gallery");
        assert_eq!(Room::Beach.place().name, "The Shingle Beach");
        assert!(ALL.iter().enumerate().all(|(at, room)| room.number() == at + 1));
    }

    #[test]
    fn all_texts_are_plain_ascii_on_one_line() {
        let texts = ALL.iter().flat_map(|room| [room.place().name, room.place().sight]);
        let texts = texts.chain(THINGS.iter().flat_map(|thing| [thing.name, thing.sight]));
        for text in texts {
            assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text}");
            assert!(!text.contains("  "), "{text}");
        }
    }
}
