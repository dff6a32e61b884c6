//! Coming ashore and leaving: from the dialogue at the door to a player on the coast and back.

use serde_json::json;

use super::login::{Dialogue, Outcome};
use super::register::Name;
use super::rooms::{Room, START};
use super::text::{NAME, NOTE, PLAIN};
use super::world::{Player, SeatId, Spot, World};
use crate::secret::Line;

impl World {
    /// A line of somebody who is not in play.
    pub(super) fn converse(&mut self, id: SeatId, line: &Line) {
        let Some(seat) = self.seats.get_mut(&id) else { return };
        let (players, mut said) = (&self.players, Vec::new());
        let kept = |name: &Name| players.contains_key(name);
        let outcome = seat.dialogue.line(line, &mut self.register, &kept, self.now, &mut said);
        said.iter().for_each(|text| self.answer(id, text));
        match outcome {
            Outcome::Ask => {}
            Outcome::Enter(name) => self.enter(id, &name),
            Outcome::Close => self.close(id),
        }
    }

    /// Somebody has said who they are, and is who they say.
    fn enter(&mut self, id: SeatId, name: &Name) {
        let here = self.players.get_mut(name);
        let here = here.map(|player| (player.room, player.seat.replace(id)));
        let room = match here {
            Some((room, old)) => {
                self.take_over(id, name, old, room);
                room
            }
            None if self.make_room() => {
                self.players.insert(name.clone(), Player::new(id, self.now));
                self.tell_room(START, Some(id), &format!("{NAME}{name}{PLAIN} comes ashore."));
                START
            }
            None => {
                return self.dismiss(id, "The coast is full tonight. Come back another day.");
            }
        };
        self.with(id, |seat| {
            seat.player = Some(name.clone());
            let data = json!({ "name": name.as_str() });
            seat.terminal.gmcp("Char.Name", &data, seat.outbox.answers());
        });
        self.answer(id, &format!("Welcome, {name}."));
        self.answer(id, &format!("{NOTE}Type help for what can be done here.{PLAIN}\n"));
        self.look_around(id, room);
        self.tell_room_info(id, room);
        self.tell_vitals(id, name);
    }

    fn take_over(&mut self, id: SeatId, name: &Name, old: Option<SeatId>, room: Room) {
        self.answer(id, &format!("{name} is here already. Taking over."));
        match old {
            Some(old) => {
                self.with(old, |seat| seat.player = None);
                self.dismiss(old, "You are taken over from elsewhere.");
            }
            None => {
                let back = format!("{NAME}{name}{PLAIN} blinks, and is here again.");
                self.tell_room(room, Some(id), &back);
            }
        }
    }

    /// Whether one more player may come; if not, who has been without a link longest fades.
    fn make_room(&mut self) -> bool {
        if self.players.len() < self.limits.players_max {
            return true;
        }
        let lost = self.players.iter().filter(|(_, player)| player.seat.is_none());
        let longest = lost.min_by_key(|(_, player)| player.link_lost);
        let Some(longest) = longest.map(|(name, _)| name.clone()) else { return false };
        self.remove(&longest, "fades into the dusk");
        true
    }

    /// A player leaves the coast for the menu.
    pub(super) fn leave(&mut self, id: SeatId, name: &Name) {
        self.remove(name, "leaves the shore");
        self.with(id, |seat| {
            seat.player = None;
            seat.dialogue = Dialogue::menu(name.clone());
        });
        let heading = self.seats.get(&id).and_then(|seat| seat.dialogue.heading());
        self.answer(id, heading.unwrap_or_default());
    }

    pub(super) fn remove(&mut self, name: &Name, how: &str) {
        let Some(player) = self.players.remove(name) else { return };
        for spot in &mut self.things {
            if *spot == Spot::Carried(name.clone()) {
                *spot = Spot::Lies(player.room);
            }
        }
        self.tell_room(player.room, player.seat, &format!("{NAME}{name}{PLAIN} {how}."));
    }
}
