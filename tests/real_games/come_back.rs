//! Coming back: the link goes dead in the middle of the game's output, the player returns by
//! login or by token, and nothing that the game said is missing.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::real::{
    Evennia, Game, Mudkeep, PATIENCE, Plain, Terminal, TinyMux, Way, Wire, never_within, peers_of,
    tintin, tinyfugue, within,
};

/// Wide enough for a token on one line.
const SIZE: (u16, u16) = (140, 40);
const PASSWORD: &str = "Xyzzy-plugh9";
const WORDS: usize = 40;
const CUT_AFTER: usize = 15;

type Client = fn(u16, (u16, u16)) -> Terminal;

/// How a player says who comes back.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Login,
    Token,
}

fn config<G: Game>() -> String {
    format!(
        r#"
        [login]
        preset = "{}"
        [session]
        on_duplicate = "reattach"
        replay = "64KiB"
        [token]
        tell = "text"
        [texts]
        token = "YOUR TOKEN {{token}} ENDS"
        replay_start = "MISSED FROM HERE: {{lines}}, {{more}} more"
        replay_end = "MISSED UNTIL HERE"
        "#,
        G::PRESET
    )
}

#[test]
fn tintin_comes_back_to_evennia_by_login_and_by_token() {
    let game = Evennia::start();
    comes_back(&game, tintin, By::Login);
    comes_back(&game, tintin, By::Token);
}

#[test]
fn tinyfugue_comes_back_to_evennia_by_login_and_by_token() {
    let game = Evennia::start();
    comes_back(&game, tinyfugue, By::Login);
    comes_back(&game, tinyfugue, By::Token);
}

#[test]
fn tintin_comes_back_to_tinymux_by_login_and_by_token() {
    comes_back(&TinyMux::start(), tintin, By::Login);
    comes_back(&TinyMux::start(), tintin, By::Token);
}

#[test]
fn tinyfugue_comes_back_to_tinymux_by_login_and_by_token() {
    comes_back(&TinyMux::start(), tinyfugue, By::Login);
    comes_back(&TinyMux::start(), tinyfugue, By::Token);
}

/// Names that are new for each player of a test.
fn name(stem: &str, by: By) -> String {
    format!("{stem}{}", if by == By::Login { "one" } else { "two" })
}

fn comes_back<G: Game>(game: &G, client: Client, by: By) {
    if Way::is_direct() {
        return;
    }
    let (alice, bob) = (name("alice", by), name("bob", by));
    game.create(&alice, PASSWORD);
    game.create(&bob, PASSWORD);
    let mudkeep = Mudkeep::with_game(game.port(), G::GAME_KEYS, &config::<G>());
    let wire = Wire::to(mudkeep.port());
    let before = client(wire.port(), SIZE);
    log_in::<G>(&before, &alice);
    let socket = peers_of(game.port());
    assert_eq!(socket.len(), 1, "mudkeep holds one connection to the game");

    let mut talker = Plain::connect(game.port());
    talker.log_in::<G>(&bob, PASSWORD);
    for number in 1..=WORDS {
        talker.send(&format!("say {}", word(number)));
        talker.wait_for(&word(number));
        if number == CUT_AFTER {
            wire.cut();
        }
    }
    let token = (by == By::Token).then(|| token_on(&before));
    before.kill();

    let after = client(mudkeep.port(), SIZE);
    after.wait_for(G::BANNER);
    match &token {
        Some(token) => after.type_line(&format!("resume {token}")),
        None => after.type_line(&format!("connect {alice} {PASSWORD}")),
    }
    after.wait_for_all(&["MISSED UNTIL HERE", &word(WORDS)]);
    talker.send("say all there?");
    after.wait_for("all there?");
    nothing_is_missing(&before.screen(), &after.screen());
    keeps_only(&socket, game.port(), &talker);
    let log = mudkeep.log();
    assert!(
        !log.contains(PASSWORD) && !log.contains("-word"),
        "what was said is in the log: {log}"
    );
}

fn log_in<G: Game>(player: &Terminal, name: &str) {
    player.wait_for(G::BANNER);
    player.type_line(&format!("connect {name} {PASSWORD}"));
    player.wait_for(G::ACCEPTED);
}

/// What is said, none of it part of another.
fn word(number: usize) -> String {
    format!("{number:03}-word")
}

fn words_on(screen: &str) -> Vec<usize> {
    (1..=WORDS).filter(|&number| screen.contains(&word(number))).collect()
}

/// The last token on a screen.
fn token_on(player: &Terminal) -> String {
    let screen = player.wait_for("YOUR TOKEN ");
    let token = screen.rsplit_once("YOUR TOKEN ").and_then(|(_, rest)| rest.split_once(" ENDS"));
    token.expect("a whole token").0.to_owned()
}

/// Every word is on one screen or the other, in order; what is on both is between the marks.
fn nothing_is_missing(before: &str, after: &str) {
    let seen: BTreeSet<usize> = [words_on(before), words_on(after)].concat().into_iter().collect();
    assert_eq!(seen, (1..=WORDS).collect(), "words are missing");
    let (_, rest) = after.split_once("MISSED FROM HERE").expect("the first mark");
    let (missed, rest) = rest.split_once("MISSED UNTIL HERE").expect("the last mark");
    assert!(words_on(rest).is_empty(), "words are told again after the replay");
    let places: Vec<_> = words_on(missed).iter().map(|&n| missed.find(&word(n))).collect();
    assert!(places.is_sorted(), "words are out of order");
    for number in 1..=WORDS {
        assert!(missed.matches(&word(number)).count() <= 1, "{} is told twice", word(number));
    }
}

/// Only the first connection of mudkeep and the talker's own are left, after a moment in which a
/// login of one's own may still be closing.
fn keeps_only(socket: &BTreeSet<u16>, game_port: u16, talker: &Plain) {
    let mut expected = socket.clone();
    expected.insert(talker.own_port());
    let left = within(PATIENCE, || (peers_of(game_port) == expected).then_some(()));
    assert!(left.is_some(), "connections to the game: {:?}", peers_of(game_port));
}

#[test]
fn a_killed_client_leaves_its_player_in_the_game() {
    if Way::is_direct() {
        return;
    }
    let game = TinyMux::start();
    game.create("alice", PASSWORD);
    let mudkeep = Mudkeep::before(game.port(), &config::<TinyMux>());
    let before = tintin(mudkeep.port(), SIZE);
    log_in::<TinyMux>(&before, "alice");
    let socket = peers_of(game.port());
    before.kill();
    let gone =
        never_within(Duration::from_secs(2), || (peers_of(game.port()) != socket).then_some(()));
    assert!(gone.is_ok(), "the game's connection does not outlive the client");
    let after = tinyfugue(mudkeep.port(), SIZE);
    after.wait_for(TinyMux::BANNER);
    after.type_line(&format!("connect alice {PASSWORD}"));
    after.wait_for("YOUR TOKEN");
    after.type_line("think back as [name(me)]");
    after.wait_for("back as alice");
    let left = within(PATIENCE, || (peers_of(game.port()) == socket).then_some(()));
    assert!(left.is_some(), "the session goes on over its one connection");
}

#[test]
fn a_game_that_is_killed_and_restarted_is_met_again_by_who_stays() {
    if Way::is_direct() {
        return;
    }
    let mut game = TinyMux::start();
    let more =
        "[login]\npreset = \"mux\"\n[texts]\ngame_down = \"GAME DOWN\"\ngame_back = \"GAME BACK\"";
    let mudkeep = Mudkeep::with_game(game.port(), "on_down = \"stay\"", more);
    let player = tintin(mudkeep.port(), SIZE);
    player.wait_for(TinyMux::BANNER);
    player.type_line("connect wizard potrzebie");
    player.wait_for(TinyMux::ACCEPTED);
    game.kill();
    player.wait_for("GAME DOWN");
    player.type_line("think typed while the game was away");
    game.restart();
    player.wait_for("GAME BACK");
    let banners = |screen: &str| screen.matches(TinyMux::BANNER).count();
    let greeted = within(PATIENCE, || (banners(&player.screen()) == 2).then_some(()));
    assert!(greeted.is_some(), "the new game greets");
    player.type_line("connect wizard potrzebie");
    player.type_line("think in again as [name(me)]");
    let screen = player.wait_for("in again as Wizard");
    let typed = screen.matches("typed while the game was away").count();
    assert_eq!(typed, 1, "what was typed to no game is carried over into the next");
}

#[test]
fn a_game_that_is_killed_closes_its_players_if_so_configured() {
    if Way::is_direct() {
        return;
    }
    let mut game = TinyMux::start();
    let login = "[login]\npreset = \"mux\"";
    let mudkeep = Mudkeep::with_game(game.port(), "on_down = \"close\"", login);
    let mut player = Plain::connect(mudkeep.port());
    player.log_in::<TinyMux>("wizard", "potrzebie");
    game.kill();
    assert!(player.is_closed_within(Duration::from_secs(10)));
}
