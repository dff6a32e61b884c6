//! What a player is shown of the coast: in text, and by GMCP.

use serde_json::json;

use super::register::Name;
use super::rooms::{AREA, Cover, Room, THINGS};
use super::sky;
use super::text::{NAME, PLAIN, TITLE, WAY, list};
use super::world::{BREATH_MAX, SeatId, Spot, WARMTH_MAX, World};

impl World {
    /// The sight of a room, to one seat.
    pub(super) fn look_around(&mut self, id: SeatId, room: Room) {
        let place = room.place();
        let aspect = sky::aspect(room, self.turns);
        let exits: Vec<&str> = place.exits.iter().map(|(way, _)| way.name()).collect();
        let mut lines = vec![
            format!("{TITLE}{}{PLAIN}", place.name),
            format!("{} {aspect}", place.sight),
            format!("{WAY}Exits: {}.{PLAIN}", exits.join(", ")),
        ];
        lines.extend(self.sights(id, room));
        self.answer(id, &lines.join("\n"));
    }
    /// Tells a GMCP client all that it may want to know.
    pub(super) fn tell_state(&mut self, id: SeatId) {
        let Some(name) = self.seats.get(&id).and_then(|seat| seat.player.clone()) else { return };
        let Some(room) = self.players.get(&name).map(|player| player.room) else { return };
        self.with(id, |seat| {
            let data = json!({ "name": name.as_str() });
            seat.terminal.gmcp("Char.Name", &data, seat.outbox.answers());
        });
        self.tell_room_info(id, room);
        self.tell_vitals(id, &name);
    }

    pub(super) fn tell_room_info(&mut self, id: SeatId, room: Room) {
        let exits = room.place().exits.iter();
        let exits: serde_json::Map<_, _> =
            exits.map(|(way, to)| (way.name()[..1].to_owned(), json!(to.number()))).collect();
        let environment = match room.place().cover {
            Cover::Sky | Cover::Shore => "outside",
            Cover::Roof | Cover::Hearth => "inside",
            Cover::Rock => "underground",
        };
        let data = json!({
            "num": room.number(),
            "name": room.place().name,
            "area": AREA,
            "environment": environment,
            "exits": exits,
        });
        self.with(id, |seat| seat.terminal.gmcp("Room.Info", &data, seat.outbox.answers()));
    }

    pub(super) fn tell_vitals(&mut self, id: SeatId, name: &Name) {
        let Some(player) = self.players.get(name) else { return };
        let data = json!({
            "hp": player.warmth,
            "maxhp": WARMTH_MAX,
            "mv": player.breath,
            "maxmv": BREATH_MAX,
        });
        self.with(id, |seat| seat.terminal.gmcp("Char.Vitals", &data, seat.outbox.answers()));
    }

    /// What else is in a room: things, people, the cat.
    fn sights(&self, id: SeatId, room: Room) -> Vec<String> {
        let lying = self.things_at(|spot| *spot == Spot::Lies(room));
        let mut sights = Vec::new();
        if !lying.is_empty() {
            sights.push(format!("You see {} here.", list(&lying)));
        }
        if self.cat == room {
            sights.push("Binnacle the harbour cat is here.".to_owned());
        }
        let others = self
            .players
            .iter()
            .filter(|(_, player)| player.room == room && player.seat != Some(id));
        sights.extend(others.map(|(name, player)| match player.seat {
            Some(_) => format!("{NAME}{name}{PLAIN} is here."),
            None => format!("{NAME}{name}{PLAIN} is here, staring out to sea (link lost)."),
        }));
        sights
    }

    /// The names of the things that are at such spots.
    pub(super) fn things_at(&self, at: impl Fn(&Spot) -> bool) -> Vec<&'static str> {
        let spots = self.things.iter().zip(&THINGS);
        spots.filter(|(spot, _)| at(spot)).map(|(_, thing)| thing.name).collect()
    }
}
