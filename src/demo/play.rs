//! What players do on the coast.

use super::command::{self, Command};
use super::register::Name;
use super::rooms::{Room, THINGS, Way};
use super::sky;
use super::text::{NAME, NOTE, PLAIN, SPEECH, TITLE, WAY, list};
use super::world::{BREATH_MAX, Player, SeatId, Spot, WARMTH_MAX, World};

/// How many things one can carry.
const CARRIED_MAX: usize = 3;

const HELP: &[(&str, &str)] = &[
    ("look, look THING", "what is here, or what it looks like (also: l, x)"),
    ("north, east, south, west, up, down", "walk (also: n, e, s, w, u, d)"),
    ("exits", "where one can go"),
    ("say WORDS, 'WORDS", "speak to those who are here"),
    ("tell NAME WORDS", "speak to one person, wherever they are"),
    ("emote DOES, :DOES", "do something to be seen"),
    ("who", "who is on the coast"),
    ("get THING, drop THING, inventory", "pick up, put down, see what you carry"),
    ("pet binnacle", "if he is here, and lets you"),
    ("weather, score", "how it is outside, how you are"),
    ("colour on, colour off", "colours"),
    ("screen", "what your client has told the game"),
    ("flood N", "N numbered lines at once, for trying things out"),
    ("quit", "to the menu"),
];

impl World {
    /// A line of somebody in play.
    pub(super) fn act(&mut self, id: SeatId, name: &Name, line: &str) {
        let Some(room) = self.players.get(name).map(|player| player.room) else { return };
        match command::parse(line) {
            Command::Nothing => {}
            Command::Look(None) => self.look_around(id, room),
            Command::Look(Some(what)) => self.look_at(id, name, room, &what),
            Command::Go(way) => self.walk(id, name, room, way),
            Command::Exits => self.exits(id, room),
            Command::Say(what) => self.say(id, name, room, &what),
            Command::Tell { whom, what } => self.tell_one(id, name, &whom, &what),
            Command::Emote(what) => self.emote(name, room, &what),
            Command::Who => self.who(id),
            Command::Get(what) => self.pick_up(id, name, room, &what),
            Command::Drop(what) => self.put_down(id, name, room, &what),
            Command::Inventory => self.inventory(id, name),
            Command::Pet(whom) => self.pet(id, name, room, &whom),
            Command::Weather => self.answer(id, &sky::report(self.turns)),
            Command::Score => self.score(id, name),
            Command::Screen => self.screen(id),
            Command::Colour(on) => self.colour(id, on),
            Command::Flood(lines) => self.with(id, |seat| seat.flood = Some((1, lines))),
            Command::Help => self.help(id),
            Command::Quit => self.leave(id, name),
            Command::Usage(usage) => self.answer(id, &format!("Like this: {WAY}{usage}{PLAIN}")),
            Command::Unknown(word) => {
                let hint = format!("Nobody here knows how to {word}. Try {WAY}help{PLAIN}.");
                self.answer(id, &hint);
            }
        }
    }

    /// The thing that a player means, among those that are at such a spot.
    fn thing(&self, what: &str, at: impl Fn(&Spot) -> bool) -> Option<usize> {
        let what = what.to_lowercase();
        let word = what.rsplit(' ').next().unwrap_or_default();
        (0..THINGS.len()).find(|thing| THINGS[*thing].word == word && at(&self.things[*thing]))
    }

    fn look_at(&mut self, id: SeatId, name: &Name, room: Room, what: &str) {
        let near = |spot: &Spot| *spot == Spot::Lies(room) || *spot == Spot::Carried(name.clone());
        let person = Name::parse(what);
        let person =
            person.filter(|whom| self.players.get(whom).is_some_and(|player| player.room == room));
        let sight = if let Some(thing) = self.thing(what, near) {
            THINGS[thing].sight.to_owned()
        } else if self.is_cat(what, room) {
            "A grey cat with one white ear. He has the right of way here.".to_owned()
        } else if let Some(whom) = person {
            self.describe(&whom)
        } else {
            "You see nothing of the kind here.".to_owned()
        };
        self.answer(id, &sight);
    }

    fn describe(&self, whom: &Name) -> String {
        let carried = self.things_at(|spot| *spot == Spot::Carried(whom.clone()));
        let lost = self.players.get(whom).is_some_and(|player| player.seat.is_none());
        let how =
            if lost { "is far away in thought: the link is lost" } else { "looks back at you" };
        if carried.is_empty() {
            format!("{whom} {how}.")
        } else {
            format!("{whom} {how}, and carries {}.", list(&carried))
        }
    }

    fn walk(&mut self, id: SeatId, name: &Name, room: Room, way: Way) {
        let Some(to) = room.toward(way) else {
            return self.answer(id, "There is no way in that direction.");
        };
        let Some(player) = self.players.get_mut(name) else { return };
        player.room = to;
        player.breath = player.breath.saturating_sub(1);
        self.tell_room(room, Some(id), &format!("{NAME}{name}{PLAIN} goes {}.", way.name()));
        self.tell_room(to, Some(id), &format!("{NAME}{name}{PLAIN} comes {}.", way.from()));
        self.look_around(id, to);
        self.tell_room_info(id, to);
        self.tell_vitals(id, name);
    }

    fn exits(&mut self, id: SeatId, room: Room) {
        let exits = room.place().exits.iter();
        let exits =
            exits.map(|(way, to)| format!("{WAY}{}{PLAIN}: {}", way.name(), to.place().name));
        self.answer(id, &exits.collect::<Vec<_>>().join("\n"));
    }

    fn say(&mut self, id: SeatId, name: &Name, room: Room, what: &str) {
        self.answer(id, &format!("{SPEECH}You say, \"{what}\"{PLAIN}"));
        self.tell_room(room, Some(id), &format!("{SPEECH}{name} says, \"{what}\"{PLAIN}"));
    }

    fn tell_one(&mut self, id: SeatId, name: &Name, whom: &str, what: &str) {
        let whom = Name::parse(whom);
        let found = whom.and_then(|whom| self.players.get(&whom).map(|player| (whom, player.seat)));
        match found {
            None => self.answer(id, "There is nobody of that name on the coast."),
            Some((whom, _)) if whom == *name => self.answer(id, "You mutter to yourself."),
            Some((whom, None)) => {
                self.answer(id, &format!("{whom} does not hear: the link is lost."));
            }
            Some((whom, Some(seat))) => {
                self.answer(id, &format!("{SPEECH}You tell {whom}, \"{what}\"{PLAIN}"));
                self.tell(seat, &format!("{SPEECH}{name} tells you, \"{what}\"{PLAIN}"));
            }
        }
    }

    fn emote(&mut self, name: &Name, room: Room, what: &str) {
        self.tell_room(room, None, &format!("{NAME}{name}{PLAIN} {what}"));
    }

    fn who(&mut self, id: SeatId) {
        let line = |(name, player): (&Name, &Player)| {
            let lost = if player.seat.is_none() { " (link lost)" } else { "" };
            format!("  {NAME}{name}{PLAIN}{lost}")
        };
        let lines: Vec<String> = self.players.iter().map(line).collect();
        let count = match lines.len() {
            1 => "1 person is on the coast.".to_owned(),
            count => format!("{count} people are on the coast."),
        };
        self.answer(id, &format!("{TITLE}On the coast{PLAIN}\n{}\n{count}", lines.join("\n")));
    }

    fn pick_up(&mut self, id: SeatId, name: &Name, room: Room, what: &str) {
        let carried = self.things_at(|spot| *spot == Spot::Carried(name.clone())).len();
        if self.is_cat(what, room) {
            return self.answer(id, "Binnacle is not the kind of cat that is picked up.");
        }
        let Some(thing) = self.thing(what, |spot| *spot == Spot::Lies(room)) else {
            return self.answer(id, "There is nothing of the kind to pick up here.");
        };
        if carried >= CARRIED_MAX {
            return self.answer(id, "Your hands are full.");
        }
        self.things[thing] = Spot::Carried(name.clone());
        let thing = THINGS[thing].name;
        self.answer(id, &format!("You pick up {thing}."));
        self.tell_room(room, Some(id), &format!("{NAME}{name}{PLAIN} picks up {thing}."));
    }

    fn put_down(&mut self, id: SeatId, name: &Name, room: Room, what: &str) {
        let Some(thing) = self.thing(what, |spot| *spot == Spot::Carried(name.clone())) else {
            return self.answer(id, "You do not carry anything of the kind.");
        };
        self.things[thing] = Spot::Lies(room);
        let thing = THINGS[thing].name;
        self.answer(id, &format!("You put down {thing}."));
        self.tell_room(room, Some(id), &format!("{NAME}{name}{PLAIN} puts down {thing}."));
    }

    fn inventory(&mut self, id: SeatId, name: &Name) {
        let carried = self.things_at(|spot| *spot == Spot::Carried(name.clone()));
        let text = match carried.is_empty() {
            true => "You carry nothing but the sound of the sea.".to_owned(),
            false => format!("You carry {}.", list(&carried)),
        };
        self.answer(id, &text);
    }

    fn is_cat(&self, what: &str, room: Room) -> bool {
        self.cat == room && ["cat", "binnacle"].contains(&&*what.to_lowercase())
    }

    fn pet(&mut self, id: SeatId, name: &Name, room: Room, whom: &str) {
        if !self.is_cat(whom, room) {
            return self.answer(id, "That is not here, or not for petting.");
        }
        let mood = ["purrs like a mooring winch", "allows it", "looks at the sea, but stays"]
            [sky::chance(self.turns, 3)];
        self.answer(id, &format!("You pet Binnacle. He {mood}."));
        self.tell_room(room, Some(id), &format!("{NAME}{name}{PLAIN} pets Binnacle, who {mood}."));
    }

    fn score(&mut self, id: SeatId, name: &Name) {
        let Some(Player { warmth, breath, .. }) = self.players.get(name) else { return };
        let hint = if warmth * 2 < WARMTH_MAX { " There is a fire in the inn." } else { "" };
        let text = format!(
            "You are {name}. Warmth {warmth} of {WARMTH_MAX}, breath {breath} of {BREATH_MAX}.{hint}"
        );
        self.answer(id, &text);
    }

    fn screen(&mut self, id: SeatId) {
        let described = self.seats.get(&id).map(|seat| seat.terminal.describe());
        self.answer(id, &described.unwrap_or_default());
    }

    fn colour(&mut self, id: SeatId, on: bool) {
        self.with(id, |seat| seat.terminal.set_colour(on));
        let text = if on { "Colour is on." } else { "Colour is off." };
        self.answer(id, &format!("{NOTE}{text}{PLAIN}"));
    }

    fn help(&mut self, id: SeatId) {
        let lines = HELP.iter().map(|(usage, what)| format!("{WAY}{usage}{PLAIN}\n    {what}"));
        let lines = lines.collect::<Vec<_>>().join("\n");
        let story = "The lamp goes round every few seconds, and each turn has its number. Whoever \
            loses the link can see by it how much was missed.";
        self.answer(id, &format!("{TITLE}What can be done here{PLAIN}\n{lines}\n{story}"));
    }
}
