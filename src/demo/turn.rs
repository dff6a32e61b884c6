//! What happens by itself, once for each turn of the lamp.

use std::time::Instant;

use super::register::Name;
use super::rooms::Cover;
use super::sky;
use super::text::{EVENT, PLAIN};
use super::world::{BREATH_MAX, Closing, WARMTH_MAX, World};

impl World {
    /// The lamp has turned.
    pub(super) fn tick(&mut self, now: Instant) {
        self.now = now;
        self.next_turn = now + self.limits.turn;
        self.turns += 1;
        self.end_the_idle();
        self.fade_the_lost();
        self.move_cat();
        let names: Vec<Name> = self.players.keys().cloned().collect();
        names.iter().for_each(|name| self.live_through_turn(name));
    }

    /// Ends who thinks too long outside of play, and who takes nothing.
    fn end_the_idle(&mut self) {
        let (now, limits) = (self.now, self.limits);
        let over = |since: Instant, limit| now.saturating_duration_since(since) >= limit;
        let mut idle = Vec::new();
        for (id, seat) in &mut self.seats {
            if seat.waits.is_some_and(|since| over(since, limits.stalled)) {
                seat.closing = Closing::Now;
                self.woken.push(*id);
            } else if seat.player.is_none() && over(seat.last_line, limits.login_idle) {
                idle.push(*id);
            }
        }
        for id in idle {
            self.dismiss(id, "You have been thinking for a long time. Come back when you know.");
        }
    }

    fn fade_the_lost(&mut self) {
        let (now, limit) = (self.now, self.limits.link_dead);
        let lost = self.players.iter().filter(|(_, player)| player.seat.is_none());
        let over =
            lost.filter(|(_, player)| now.saturating_duration_since(player.link_lost) >= limit);
        let over: Vec<Name> = over.map(|(name, _)| name.clone()).collect();
        over.iter().for_each(|name| self.remove(name, "fades into the dusk"));
    }

    fn move_cat(&mut self) {
        if sky::chance(self.turns, 3) != 0 {
            return;
        }
        let exits = self.cat.place().exits;
        let (way, to) = exits[sky::chance(self.turns + 1, exits.len())];
        let (from, name) = (std::mem::replace(&mut self.cat, to), way.name());
        self.tell_room(from, None, &format!("{EVENT}Binnacle the cat strolls off {name}.{PLAIN}"));
        let arrives = format!("{EVENT}Binnacle the cat arrives {}.{PLAIN}", way.from());
        self.tell_room(to, None, &arrives);
    }

    fn live_through_turn(&mut self, name: &Name) {
        let (turns, wet) = (self.turns, sky::rains(self.turns));
        let Some(player) = self.players.get_mut(name) else { return };
        let before = (player.warmth, player.breath);
        player.breath = BREATH_MAX.min(player.breath + 2);
        player.warmth = match player.room.place().cover {
            Cover::Hearth => WARMTH_MAX.min(player.warmth + 2),
            Cover::Sky | Cover::Shore if wet => player.warmth.saturating_sub(1).max(1),
            Cover::Sky | Cover::Shore | Cover::Roof | Cover::Rock => player.warmth,
        };
        let changed = before != (player.warmth, player.breath);
        let (cover, seat) = (player.room.place().cover, player.seat);
        let Some(id) = seat else { return };
        self.tell(id, &format!("{EVENT}{}{PLAIN}", sky::event(cover, turns)));
        if changed {
            self.tell_vitals(id, name);
        }
    }
}
