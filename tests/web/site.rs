//! A CircleMUD, a proxy before it, and how web players come in.

#![allow(unreachable_pub, reason = "a module of tests has no outside")]

use crate::support::proxy::Proxy;
use crate::support::scripted::{Family, Filter, Game, Settings};
use crate::support::web::{Dial, Player, Via};
use crate::world::{PASSWORD, World};

/// Nothing in most of these tests is about the limits on connecting.
pub const NO_LIMITS: &str = "limits.connects_per_minute = 1_000_000\n\
    limits.connections_per_address_max = 100_000\n";

/// A game with Alice and Bob in its files, and a proxy before it.
pub async fn site(settings: &str) -> World {
    site_with(settings, "").await
}

/// The same with more keys for the web's listener.
pub async fn site_with(settings: &str, http: &str) -> World {
    // A patched one, which reads telnet.
    let rules = Settings { filter: Some(Filter::Telnet), ..Settings::default() };
    let game = Game::with(Family::Circle, rules).await;
    for name in ["Alice", "Bob"] {
        game.account(name, PASSWORD);
    }
    let usual = "login.preset = \"circle\"\ntoken.tell = \"text\"\n";
    let limits: String = NO_LIMITS
        .lines()
        .filter(|line| !settings.contains(line.split(' ').next().unwrap()))
        .map(|line| format!("{line}\n"))
        .collect();
    let settings = format!("{usual}{limits}{settings}");
    let proxy = Proxy::listening(&game.address().to_string(), &settings, http).await;
    World { family: Family::Circle, game, proxy }
}

/// How to come to this site.
pub fn dial(world: &World, via: Via) -> Dial {
    Dial::new(via, world.proxy.http_address())
}

/// A player at the door, with a name and a password typed.
pub async fn log_in(player: &Player, name: &str, password: &str) {
    player.expect_text("known? ").await;
    player.line(name).await;
    player.expect_text("Password: ").await;
    player.line(password).await;
}

/// From the door into play.
pub async fn enter(player: &Player, name: &str) {
    log_in(player, name, PASSWORD).await;
    player.expect_text("PRESS RETURN: ").await;
    player.expect("authenticated").await;
    player.ack().await;
    player.line("").await;
    player.expect_text("Make your choice: ").await;
    player.line("1").await;
    player.act().await;
}

/// A player in play.
pub async fn player(world: &World, via: Via, name: &str) -> Player {
    player_by(&dial(world, via), name).await
}

/// The same, from elsewhere or with manners.
pub async fn player_by(dial: &Dial, name: &str) -> Player {
    let player = dial.open().await;
    enter(&player, name).await;
    player
}
