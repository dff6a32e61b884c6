//! Playing: login, commands, passwords that do not show, a resized window, GMCP, quitting.

use std::time::Duration;

use crate::real::{
    Evennia, Game, Mudkeep, PATIENCE, PasswordGame, Plain, Terminal, TinyMux, Way, telnet, tintin,
    tinyfugue, within,
};

const SIZE: (u16, u16) = (100, 30);
const PASSWORD: &str = "Xyzzy-plugh9";

type Client = fn(u16, (u16, u16)) -> Terminal;

/// TinyFugue keeps the last column free, and its own idea of how many columns there are.
fn seen_by_tinyfugue(columns: u16) -> u16 {
    columns - 1
}

fn seen_by_tintin(columns: u16) -> u16 {
    columns
}

#[test]
fn tintin_plays_tinymux() {
    plays_tinymux(tintin, seen_by_tintin);
}

#[test]
fn tinyfugue_plays_tinymux() {
    plays_tinymux(tinyfugue, seen_by_tinyfugue);
}

fn plays_tinymux(client: Client, seen: fn(u16) -> u16) {
    let game = TinyMux::start();
    let way = Way::to(game.port(), "[login]\npreset = \"mux\"");
    let player = client(way.port(), SIZE);
    player.wait_for("Welcome to TinyMUX");
    player.type_line(&format!("create Alice {PASSWORD}"));
    player.wait_for("Limbo");

    player.type_line("say well met");
    // With plain quotes or with curved ones, as the game thinks the client can show them.
    player.wait_for_all(&["You say, ", "well met"]);
    player.type_line("think window [width(me)]");
    player.wait_for(&format!("window {}", seen(SIZE.0)));
    player.resize(77, 33);
    asks_until(&player, "think window [width(me)]", &format!("window {}", seen(77)));

    quits(&player, "QUIT", "Welcome to TinyMUX");
    let again = client(way.port(), SIZE);
    again.wait_for("Welcome to TinyMUX");
    again.type_line(&format!("connect Alice {PASSWORD}"));
    again.wait_for("Last connect was from 127.0.0.1");
    way.keeps_secret(&[PASSWORD, "well met"]);
}

#[test]
fn tintin_plays_evennia_and_hears_its_gmcp() {
    let game = Evennia::start();
    let way = Way::to(game.port(), "[login]\npreset = \"evennia\"");
    let player = tintin(way.port(), SIZE);
    plays_evennia(&player, seen_by_tintin);
    player.wait_for("[GMCP Logged.In");
    quits(&player, "quit", "Welcome to Testville");
    way.keeps_secret(&[PASSWORD, "well met"]);
}

#[test]
fn tinyfugue_plays_evennia() {
    let game = Evennia::start();
    let way = Way::to(game.port(), "[login]\npreset = \"evennia\"");
    let player = tinyfugue(way.port(), SIZE);
    plays_evennia(&player, seen_by_tinyfugue);
    quits(&player, "quit", "Welcome to Testville");
    way.keeps_secret(&[PASSWORD, "well met"]);
}

fn plays_evennia(player: &Terminal, seen: fn(u16) -> u16) {
    player.wait_for("Welcome to Testville");
    player.type_line(&format!("create alice {PASSWORD}"));
    player.wait_for("[Y]/N?");
    player.type_line("y");
    player.wait_for("You can now log");
    player.type_line(&format!("connect alice {PASSWORD}"));
    player.wait_for("You become alice.");

    player.type_line("say well met");
    player.wait_for("You say, \"well met\"");
    // Evennia passes a size on to the part of it that plays when it hears of the next one, so
    // there have to be two, and it takes two that come close together for one.
    let wanted = format!("SCREENWIDTH     | {}", seen(77));
    let resized = within(PATIENCE, || {
        player.resize(77, 33);
        let shown = || player.screen().contains(&wanted).then_some(());
        let _ = within(Duration::from_millis(500), shown);
        player.resize(90, 33);
        answers(player, "option", &wanted)
    });
    assert!(resized.is_some(), "the game never answers {wanted:?}");
}

/// Asks the game again and again until it answers `text`: a new size takes its time.
fn asks_until(player: &Terminal, question: &str, text: &str) {
    let answered = within(PATIENCE, || answers(player, question, text));
    assert!(answered.is_some(), "the game never answers {text:?}");
}

/// Asks the game once, and whether it answers `text` soon.
fn answers(player: &Terminal, question: &str, text: &str) -> Option<()> {
    player.type_line(question);
    within(Duration::from_secs(1), || player.screen().contains(text).then_some(()))
}

/// Leaves by the game's own word: the client says that the connection is gone, and no new banner
/// came. (One that is resized may draw again what it showed.)
fn quits(player: &Terminal, word: &str, banner: &str) {
    let banners = |screen: &str| screen.matches(banner).count();
    let before = banners(&player.screen());
    player.type_line(word);
    let gone = ["SESSION 'game' DIED", "Connection to", "closed by foreign host"];
    let screen = within(PATIENCE, || {
        Some(player.screen()).filter(|screen| gone.iter().any(|text| screen.contains(text)))
    });
    let screen = screen.expect("the connection ends");
    assert_eq!(banners(&screen), before, "a quit is answered with a new banner");
}

#[test]
fn tintin_never_shows_a_password() {
    never_shows_a_password(tintin);
}

#[test]
fn tinyfugue_never_shows_a_password() {
    never_shows_a_password(tinyfugue);
}

#[test]
fn telnet_never_shows_a_password() {
    never_shows_a_password(telnet);
}

/// At the login, at the next password prompt of the same connection (TinTin++ does not answer
/// when the echo comes back, which must not matter), and at a second login.
fn never_shows_a_password(client: Client) {
    let game = PasswordGame::start();
    let way = Way::to(game.port(), "[login]\npreset = \"circle\"");
    for login in 1..=2 {
        let player = client(way.port(), SIZE);
        player.wait_for("By what name do you wish to be known?");
        player.type_line("alice");
        types_unseen(&player, &game, PASSWORD);
        player.wait_for("PRESS RETURN");
        player.enter();
        player.wait_for("Make your choice");
        player.type_line("4");
        types_unseen(&player, &game, "Frotz-ozmoo7");
        player.wait_for("Done.");
        player.enter();
        player.type_line("1");
        player.wait_for("The Temple");
        player.type_text("north");
        player.wait_for("north");
        player.enter();
        player.wait_for("You said: north");
        player.type_line("quit");
        let screen = player.screen();
        assert!(!screen.contains(PASSWORD) && !screen.contains("Frotz"), "login {login}: {screen}");
        quits(&player, "0", "Based on CircleMUD");
    }
    way.keeps_secret(&[PASSWORD, "Frotz"]);
}

/// Types a password once the game has switched the echo off and the client has had the time to
/// hear of it: nothing on its screen tells.
fn types_unseen(player: &Terminal, game: &PasswordGame, password: &str) {
    let asked = within(PATIENCE, || game.asks_in_secret().then_some(()));
    assert!(asked.is_some(), "the game never asks for a password");
    let before = game.lines().len();
    player.never_shows(password, Duration::from_millis(300));
    player.type_text(password);
    player.never_shows(password, Duration::from_millis(300));
    player.enter();
    let sent = within(PATIENCE, || game.lines().get(before).cloned());
    assert_eq!(sent.as_deref(), Some(password));
}

#[test]
fn a_client_without_telnet_plays_too() {
    let game = TinyMux::start();
    let way = Way::to(game.port(), "[login]\npreset = \"mux\"");
    let mut player = Plain::connect(way.port());
    player.wait_for("Welcome to TinyMUX");
    player.send("connect wizard potrzebie");
    player.wait_for("Last connect was from 127.0.0.1");
    player.send("think the answer is [add(40, 2)]");
    player.wait_for("the answer is 42");
    player.send("QUIT");
    assert!(player.is_closed_within(Duration::from_secs(10)));
}

#[test]
fn the_built_in_game_is_played_by_telnet() {
    plays_the_built_in_game(telnet);
}

#[test]
fn the_built_in_game_is_played_by_tintin() {
    plays_the_built_in_game(tintin);
}

#[test]
fn the_built_in_game_is_played_by_tinyfugue() {
    plays_the_built_in_game(tinyfugue);
}

/// Becomes known, plays, leaves, and comes again with the password.
fn plays_the_built_in_game(client: Client) {
    if Way::is_direct() {
        return;
    }
    let mudkeep = Mudkeep::demo("");
    let player = client(mudkeep.port(), SIZE);
    player.wait_for("By what name are you known?");
    player.type_line("mara");
    player.wait_for("Shall Mara be made known here?");
    player.type_line("y");
    for question in ["Choose a password:", "Type it again:"] {
        answers_unseen(&player, question);
    }
    player.wait_for("Welcome, Mara.");
    player.type_line("weather");
    player.wait_for("The lamp has turned");
    player.type_line("quit");
    player.wait_for("Your choice:");
    quits(&player, "0", "By what name are you known?");

    let again = client(mudkeep.port(), SIZE);
    again.wait_for("By what name are you known?");
    again.type_line("mara");
    answers_unseen(&again, "Password:");
    again.wait_for("Welcome, Mara.");
    assert!(!mudkeep.log().contains(PASSWORD), "the password is in the log: {}", mudkeep.log());
    assert!(mudkeep.stop(PATIENCE), "asked to stop, mudkeep does not end well");
    again.wait_for("being restarted");
}

/// Answers a question with the password, which must not show.
fn answers_unseen(player: &Terminal, question: &str) {
    player.wait_for(question);
    player.never_shows(PASSWORD, Duration::from_millis(300));
    player.type_text(PASSWORD);
    player.never_shows(PASSWORD, Duration::from_millis(300));
    player.enter();
}
