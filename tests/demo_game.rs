//! The built-in game, played over real sockets.

mod support;

use std::net::SocketAddr;

use mudkeep::demo;
use support::PATIENCE;
use support::client::{Client, Dial, End, Style};
use support::wire::{ECHO, NAWS, WILL, WONT};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The game on a port of its own. Ends with [`Demo::stop`].
struct Demo {
    address: SocketAddr,
    shutdown: CancellationToken,
    tracker: TaskTracker,
}

impl Demo {
    async fn start() -> Demo {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (shutdown, tracker) = (CancellationToken::new(), TaskTracker::new());
        let game = demo::serve(listener, shutdown.clone(), tracker.clone());
        tracker.spawn(async move { game.await.expect("the game runs") });
        Demo { address, shutdown, tracker }
    }

    async fn stop(self) {
        self.shutdown.cancel();
        self.tracker.close();
        tokio::time::timeout(PATIENCE, self.tracker.wait()).await.expect("all tasks end");
    }
}

/// Makes `name` known and enters.
async fn newcomer(client: &Client, name: &str) {
    client.expect("By what name are you known? ").await;
    client.line(name).await;
    client.expect(" be made known here? (y/n) ").await;
    client.line("y").await;
    client.expect("Choose a password: ").await;
    client.line("sekrit").await;
    client.expect("Type it again: ").await;
    client.line("sekrit").await;
    client.expect("Welcome, ").await;
    client.expect("> ").await;
}

/// Comes back as somebody known; up to the welcome.
async fn back(client: &Client, name: &str) -> String {
    client.expect("By what name are you known? ").await;
    client.line(name).await;
    client.expect("Password: ").await;
    client.line("sekrit").await;
    client.expect(&format!("Welcome, {name}.")).await
}

#[tokio::test]
async fn two_players_meet() {
    let game = Demo::start().await;
    let alice = Client::connect(game.address).await;
    newcomer(&alice, "Alice").await;
    let bob = Dial::like(Style::Mudlet).from(2).connect(game.address).await;
    newcomer(&bob, "Bob").await;
    alice.expect("Bob").await;
    alice.expect("comes ashore.").await;
    bob.line("say Is this the lighthouse?").await;
    alice.expect("Bob says, \"Is this the lighthouse?\"").await;
    alice.line("tell bob It is.").await;
    bob.expect("Alice tells you, \"It is.\"").await;
    bob.line("n").await;
    alice.expect("goes north.").await;
    bob.line("who").await;
    bob.expect("2 people are on the coast.").await;
    game.stop().await;
}

#[tokio::test]
async fn the_password_is_hidden_at_the_first_and_at_the_second_login() {
    let game = Demo::start().await;
    for style in [Style::Tintin, Style::Mudlet, Style::Silent] {
        let client = Dial::like(style).connect(game.address).await;
        newcomer(&client, &format!("{style:?}")).await;
        let echoes = client.options().into_iter().filter(|(_, option)| *option == ECHO);
        let expected = [(WILL, ECHO), (WONT, ECHO), (WILL, ECHO), (WONT, ECHO)];
        assert_eq!(echoes.collect::<Vec<_>>(), expected, "{style:?}");
        assert!(!client.echo_off());
        client.line("quit").await;
        client.expect("Your choice: ").await;
        client.line("2").await;
        client.expect("Password: ").await;
        client.expect_prompt().await;
        assert!(client.echo_off());
    }
    game.stop().await;
}

#[tokio::test]
async fn a_second_login_takes_the_first_ones_place() {
    let game = Demo::start().await;
    let old = Client::connect(game.address).await;
    newcomer(&old, "Alice").await;
    let new = Client::connect(game.address).await;
    let seen = back(&new, "Alice").await;
    assert!(seen.contains("Alice is here already. Taking over.\r\n"), "{seen}");
    let (end, last) = old.expect_end().await;
    assert_eq!(end, End::Eof);
    assert!(last.ends_with("You are taken over from elsewhere.\r\n"), "{last}");
    new.line("say still here").await;
    new.expect("You say, \"still here\"").await;
    game.stop().await;
}

#[tokio::test]
async fn a_stalled_player_is_taken_over_all_the_same() {
    let game = Demo::start().await;
    let old = Client::connect(game.address).await;
    newcomer(&old, "Alice").await;
    old.stall();
    for _ in 0..40 {
        old.line("flood 10000").await;
    }
    let new = Client::connect(game.address).await;
    back(&new, "Alice").await;
    new.line("say free").await;
    new.expect("You say, \"free\"").await;
    game.stop().await;
}

#[tokio::test]
async fn who_vanishes_is_shown_without_a_link_and_comes_back() {
    let game = Demo::start().await;
    let alice = Client::connect(game.address).await;
    newcomer(&alice, "Alice").await;
    let bob = Client::connect(game.address).await;
    newcomer(&bob, "Bob").await;
    alice.vanish().await;
    bob.expect("the link is lost.").await;
    let alice = Client::connect(game.address).await;
    back(&alice, "Alice").await;
    bob.expect("blinks, and is here again.").await;
    game.stop().await;
}

#[tokio::test]
async fn the_menu_leads_back_and_away() {
    let game = Demo::start().await;
    let alice = Client::connect(game.address).await;
    newcomer(&alice, "Alice").await;
    alice.line("quit").await;
    alice.expect("1) play  2) change password  0) leave\r\nYour choice: ").await;
    assert_eq!(alice.expect_prompt().await, "");
    alice.line("1").await;
    alice.expect("Welcome, Alice.").await;
    alice.line("quit").await;
    alice.expect("Your choice: ").await;
    alice.line("0").await;
    let (end, last) = alice.expect_end().await;
    assert_eq!((end, &*last), (End::Eof, "Fair winds, Alice.\r\n"));
    game.stop().await;
}

#[tokio::test]
async fn gmcp_names_the_player_the_room_and_how_they_are() {
    let game = Demo::start().await;
    let silent = Client::connect(game.address).await;
    newcomer(&silent, "Quiet").await;
    assert_eq!(silent.messages(), []);
    let alice = Dial::like(Style::Mudlet).connect(game.address).await;
    newcomer(&alice, "Alice").await;
    assert_eq!(alice.expect_gmcp("Char.Name").await["name"], "Alice");
    assert_eq!(alice.expect_gmcp("Room.Info").await["name"], "The Old Quay");
    assert_eq!(alice.expect_gmcp("Char.Vitals").await["maxhp"], 20);
    alice.line("n").await;
    assert_eq!(alice.expect_gmcp("Room.Info").await["exits"]["w"], 3);
    game.stop().await;
}

#[tokio::test]
async fn the_window_and_the_terminal_are_known() {
    let game = Demo::start().await;
    for style in [Style::Mudlet, Style::Tintin, Style::Mushclient] {
        let client = Dial::like(style).size(255, 30).connect(game.address).await;
        newcomer(&client, &format!("{style:?}")).await;
        client.line("screen").await;
        client.expect("Your window is 255 by 30.").await;
        client.resize(60, 20).await;
        client.line("screen").await;
        client.expect("Your window is 60 by 20.").await;
    }
    let silent = Client::connect(game.address).await;
    newcomer(&silent, "Quiet").await;
    silent.line("screen").await;
    silent.expect("80 by 24 is assumed.").await;
    assert!(silent.options().contains(&(support::wire::DO, NAWS)));
    game.stop().await;
}

#[tokio::test(start_paused = true)]
async fn the_lamp_turns_and_counts() {
    let game = Demo::start().await;
    let alice = Client::connect(game.address).await;
    newcomer(&alice, "Alice").await;
    alice.expect("The lamp turns (1).").await;
    alice.expect("The lamp turns (2).").await;
    game.stop().await;
}

#[tokio::test]
async fn a_flood_arrives_whole() {
    let game = Demo::start().await;
    let alice = Client::connect(game.address).await;
    newcomer(&alice, "Alice").await;
    alice.line("flood 10000").await;
    let seen = alice.expect("Wave 10000 of 10000 breaks on the shingle.\r\n").await;
    let waves = seen.lines().filter(|line| line.starts_with("Wave "));
    for (wave, number) in waves.zip(1..) {
        assert_eq!(wave, format!("Wave {number} of 10000 breaks on the shingle."));
    }
    alice.expect("> ").await;
    game.stop().await;
}

#[tokio::test(start_paused = true)]
async fn who_takes_nothing_for_long_is_closed() {
    let game = Demo::start().await;
    let bob = Client::connect(game.address).await;
    newcomer(&bob, "Bob").await;
    let alice = Dial::default().receive_bytes(4096).connect(game.address).await;
    newcomer(&alice, "Alice").await;
    alice.stall();
    for _ in 0..40 {
        alice.line("flood 10000").await;
    }
    for turn in 1..=6 {
        bob.expect(&format!("The lamp turns ({turn}).")).await;
    }
    bob.expect("the link is lost.").await;
    alice.unstall();
    alice.expect_end().await;
    game.stop().await;
}

#[tokio::test]
async fn at_the_end_everybody_is_told_and_every_task_ends() {
    let game = Demo::start().await;
    let alice = Client::connect(game.address).await;
    newcomer(&alice, "Alice").await;
    let stalled = Client::connect(game.address).await;
    newcomer(&stalled, "Stalled").await;
    stalled.stall();
    for _ in 0..40 {
        stalled.line("flood 10000").await;
    }
    game.stop().await;
    let (_, last) = alice.expect_end().await;
    assert!(last.contains("The coast is put away for the night."), "{last}");
}

#[tokio::test]
async fn many_come_and_go() {
    let game = Demo::start().await;
    for round in 0..200_u32 {
        let client = Client::connect(game.address).await;
        let letters = [round / 26, round % 26].map(|n| char::from(b'a' + n as u8));
        newcomer(&client, &format!("Guest{}", letters.iter().collect::<String>())).await;
        match round % 3 {
            0 => client.vanish().await,
            1 => client.close().await,
            _ => {
                client.line("quit").await;
                client.expect("Your choice: ").await;
                client.line("0").await;
                client.expect_end().await;
            }
        }
    }
    let last = Client::connect(game.address).await;
    newcomer(&last, "Last").await;
    game.stop().await;
}
