//! Logging in twice: what `on_duplicate` says happens, the first is told and closed within a
//! second, and only who knows the password disturbs anybody.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::real::{
    Evennia, Game, Mudkeep, PATIENCE, Plain, TinyMux, Way, never_within, peers_of, tintin,
    tinyfugue, within,
};

const SIZE: (u16, u16) = (100, 30);
const PASSWORD: &str = "Xyzzy-plugh9";
const SECOND: Duration = Duration::from_secs(1);

fn config<G: Game>(policy: &str) -> String {
    format!(
        r#"
        [login]
        preset = "{}"
        [session]
        on_duplicate = "{policy}"
        [texts]
        taken_over = "TAKEN OVER"
        taken_here = "TAKEN HERE"
        refused_elsewhere = "REFUSED HERE"
        "#,
        G::PRESET
    )
}

/// One game, mudkeep with one policy in front of it, and alice in the game.
struct Scene {
    mudkeep: Mudkeep,
    game_port: u16,
    alice: Plain,
    sockets: BTreeSet<u16>,
}

impl Scene {
    fn new<G: Game>(game: &G, policy: &str) -> Scene {
        let mudkeep = Mudkeep::before(game.port(), &config::<G>(policy));
        let mut alice = Plain::connect(mudkeep.port());
        alice.log_in::<G>("alice", PASSWORD);
        let sockets = peers_of(game.port());
        assert_eq!(sockets.len(), 1);
        Scene { mudkeep, game_port: game.port(), alice, sockets }
    }

    /// A second connection, greeted, that has typed a line.
    fn newcomer<G: Game>(&self, line: &str) -> Plain {
        let mut newcomer = Plain::connect(self.mudkeep.port());
        newcomer.wait_for(G::BANNER);
        newcomer.send(line);
        newcomer
    }

    /// Waits until the game has only the connection that alice came with, or that many others.
    fn settles(&self, wanted: impl Fn(&BTreeSet<u16>) -> bool) {
        let settled = within(PATIENCE, || wanted(&peers_of(self.game_port)).then_some(()));
        let (first, now) = (&self.sockets, peers_of(self.game_port));
        assert!(settled.is_some(), "connections to the game: first {first:?}, now {now:?}");
    }
}

/// Whether somebody is in the game and is heard there.
fn plays(player: &mut Plain, word: &str) {
    player.send(&format!("say {word}"));
    player.wait_for(word);
}

fn login() -> String {
    format!("connect alice {PASSWORD}")
}

#[test]
fn all_four_policies_hold_on_tinymux() {
    if Way::is_direct() {
        return;
    }
    let game = TinyMux::start();
    game.create("alice", PASSWORD);
    disturbs_nobody(&game);
    reattaches(&game);
    replaces(&game);
    refuses(&game);
    allows_both(&game);
}

#[test]
fn all_four_policies_hold_on_evennia() {
    if Way::is_direct() {
        return;
    }
    let game = Evennia::start();
    game.create("alice", PASSWORD);
    disturbs_nobody(&game);
    reattaches(&game);
    replaces(&game);
    refuses(&game);
    lets_the_game_decide(&game);
}

fn disturbs_nobody<G: Game>(game: &G) {
    let mut scene = Scene::new(game, "reattach");
    let wrong = ["connect alice", "connect alice guess", "connect bob guess"];
    let newcomers = wrong.map(|line| scene.newcomer::<G>(line));
    let disturbed = never_within(2 * SECOND, || {
        let heard = scene.alice.heard();
        (heard.contains("TAKEN OVER") || scene.alice.is_closed_within(Duration::ZERO)).then_some(())
    });
    assert!(disturbed.is_ok(), "a name or a wrong password disturbs who is playing");
    plays(&mut scene.alice, "undisturbed");
    drop(newcomers);
    scene.settles(|now| *now == scene.sockets);
}

fn reattaches<G: Game>(game: &G) {
    let mut scene = Scene::new(game, "reattach");
    let mut newcomer = scene.newcomer::<G>(&login());
    newcomer.wait_for("TAKEN HERE");
    plays(&mut newcomer, "here now");
    assert!(scene.alice.is_closed_within(SECOND), "the first is closed within a second");
    assert!(scene.alice.heard().contains("TAKEN OVER"), "the first is told");
    scene.settles(|now| *now == scene.sockets);
}

fn replaces<G: Game>(game: &G) {
    let mut scene = Scene::new(game, "replace");
    let mut newcomer = scene.newcomer::<G>(&login());
    newcomer.wait_for(G::ACCEPTED);
    plays(&mut newcomer, "new here");
    assert!(scene.alice.is_closed_within(SECOND), "the first is closed within a second");
    scene.settles(|now| now.len() == 1 && now.is_disjoint(&scene.sockets));
}

fn refuses<G: Game>(game: &G) {
    let mut scene = Scene::new(game, "refuse");
    let mut newcomer = scene.newcomer::<G>(&login());
    newcomer.wait_for("REFUSED HERE");
    assert!(newcomer.is_closed_within(PATIENCE), "the second is turned away");
    plays(&mut scene.alice, "still here");
    scene.settles(|now| *now == scene.sockets);
}

fn allows_both<G: Game>(game: &G) {
    let mut scene = Scene::new(game, "allow");
    let mut newcomer = scene.newcomer::<G>(&login());
    newcomer.wait_for(G::ACCEPTED);
    plays(&mut newcomer, "second");
    plays(&mut scene.alice, "first");
    scene.settles(|now| now.len() == 2 && now.is_superset(&scene.sockets));
}

/// Evennia itself has one session per account: told to allow two, mudkeep leaves it to the game.
fn lets_the_game_decide(game: &Evennia) {
    let mut scene = Scene::new(game, "allow");
    let mut newcomer = scene.newcomer::<Evennia>(&login());
    newcomer.wait_for(Evennia::ACCEPTED);
    scene.alice.wait_for("Logged in from elsewhere");
    assert!(scene.alice.is_closed_within(PATIENCE));
    plays(&mut newcomer, "alone");
}

#[test]
fn the_first_client_is_told_and_closed_even_if_it_is_frozen() {
    if Way::is_direct() {
        return;
    }
    let game = TinyMux::start();
    game.create("alice", PASSWORD);
    let mudkeep = Mudkeep::before(game.port(), &config::<TinyMux>("reattach"));
    let first = tintin(mudkeep.port(), SIZE);
    first.wait_for(TinyMux::BANNER);
    first.type_line(&login());
    first.wait_for(TinyMux::ACCEPTED);
    let socket = peers_of(game.port());
    first.freeze();

    let second = tinyfugue(mudkeep.port(), SIZE);
    second.wait_for(TinyMux::BANNER);
    second.type_line(&login());
    second.wait_for("TAKEN HERE");
    second.type_line("think taken by [name(me)]");
    second.wait_for("taken by alice");
    let clients = || peers_of(mudkeep.port()).len();
    let alone = within(2 * SECOND, || (peers_of(game.port()) == socket).then_some(()));
    assert!(alone.is_some(), "mudkeep is back to one connection to the game");
    first.thaw();
    first.wait_for_all(&["TAKEN OVER", "SESSION 'game' DIED"]);
    assert_eq!(clients(), 1, "only the second client is connected");
}

#[test]
fn an_old_password_opens_nothing() {
    if Way::is_direct() {
        return;
    }
    let game = TinyMux::start();
    game.create("alice", PASSWORD);
    let mut scene = Scene::new(&game, "reattach");
    scene.alice.send(&format!("@password {PASSWORD}=Frotz-ozmoo7"));
    scene.alice.wait_for("Password changed.");
    let mut thief = scene.newcomer::<TinyMux>(&login());
    thief.wait_for("Either that player does not exist");
    plays(&mut scene.alice, "still mine");
    drop(thief);
    scene.settles(|now| *now == scene.sockets);
    let log = scene.mudkeep.log();
    assert!(!log.contains(PASSWORD) && !log.contains("Frotz"), "a password is in the log: {log}");
}

#[test]
fn two_guests_are_two_players() {
    if Way::is_direct() {
        return;
    }
    let game = Evennia::start();
    let mudkeep = Mudkeep::before(game.port(), &config::<Evennia>("reattach"));
    let mut guests = [1, 2].map(|_| {
        let mut guest = Plain::connect(mudkeep.port());
        guest.wait_for(Evennia::BANNER);
        guest.send("connect guest");
        guest.wait_for(Evennia::ACCEPTED);
        guest
    });
    for guest in &mut guests {
        plays(guest, "just looking");
    }
    assert_eq!(peers_of(game.port()).len(), 2);
}
