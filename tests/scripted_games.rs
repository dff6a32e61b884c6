//! Each scripted game against its own family's dialogue, with nothing in between, so that tests
//! with mudkeep in between can trust them.

mod support;

use std::time::Duration;

use support::client::{self, Client, Dial, Style};
use support::scripted::{End, Family, Filter, Game, Settings, Violation, Wait, numbers};
use support::wire::{DO, ECHO, GMCP, IAC, MCCP2, NAWS, SB, SE, WILL};

const OFF: &[u8] = b"\xff\xfb\x01";
const ON: &[u8] = b"\xff\xfc\x01";

/// A game with Alice in its files, and a silent client at its door.
async fn at(family: Family) -> (Game, Client) {
    let game = Game::start(family).await;
    game.account("Alice", "sekrit");
    let client = Client::connect(game.address()).await;
    (game, client)
}

/// Says a line, holds the exact answer against what is written here.
async fn talk(client: &Client, exchanges: &[(&str, &[&[u8]])]) {
    for (line, answer) in exchanges {
        client.line(line).await;
        client.expect_raw(&answer.concat()).await;
    }
}

/// Gets Alice into play, whatever the family.
async fn enter(family: Family, client: &Client) {
    match family {
        Family::Penn | Family::Moo | Family::Evennia | Family::Fuzzball => {
            client.expect("onnect").await;
            client.line("connect alice sekrit").await;
        }
        _ => {
            if family == Family::Rom {
                client.expect("ANSI? (Y/n) ").await;
                client.line("y").await;
            }
            let doors = ["known? ", "name: ", "Name: ", "new: ", "wish? ", "choice: ", "--> "];
            client.expect_any(&doors).await;
            client.line("alice").await;
            client.expect_any(&["assword:", "word? "]).await;
            client.line("sekrit").await;
        }
    }
    press_return(family, client).await;
    client.line("look").await;
    client.expect("Gulls").await;
}

async fn press_return(family: Family, client: &Client) {
    let returns = match family {
        Family::Circle
        | Family::Tbamud
        | Family::Diku
        | Family::Merc
        | Family::Envy
        | Family::Rom => 1,
        Family::Smaug => 2,
        _ => 0,
    };
    for _ in 0..returns {
        client.expect_any(&["PRESS RETURN: ", "message of the day.", "Press [ENTER] "]).await;
        client.line("").await;
    }
    if matches!(family, Family::Circle | Family::Tbamud | Family::Diku) {
        client.expect("Make your choice: ").await;
        client.line("1").await;
    }
}

#[tokio::test]
async fn every_family_lets_alice_in_and_hears_what_she_does() {
    for family in Family::ALL {
        let (game, client) = at(family).await;
        enter(family, &client).await;
        assert_eq!(game.playing("ALICE"), 1, "{family:?}");
        client.line("wave").await;
        client.expect("You do: wave").await;
        assert_eq!(game.heard("alice"), ["look", "wave"], "{family:?}");
        assert_eq!((game.accepted(), game.open()), (1, 1), "{family:?}");
        assert_eq!(game.record(0).sent, client.raw(), "{family:?}");
    }
}

#[tokio::test]
async fn circle_speaks_byte_for_byte() {
    let (game, client) = at(Family::Circle).await;
    client.expect("By what name do you wish to be known? ").await;
    let greeting = client.raw().len();
    assert_eq!(client.raw(), game.record(0).sent[..greeting]);
    client.expect_raw(&client.raw()).await;
    talk(
        &client,
        &[
            ("x1", &[b"Invalid name, please try another.\r\nName: "]),
            ("alice", &[b"Password: ", OFF]),
            ("wrong", &[ON, b"\r\nWrong password.\r\nPassword: ", OFF]),
            ("sekrit", &[ON, b"\r\n\r\nThe message of the day.\r\n\r\n*** PRESS RETURN: "]),
        ],
    )
    .await;
    client.line("").await;
    client.expect("Make your choice: ").await;
    client.line("1").await;
    client.expect("20H 100M 82V > ").await;
    client.line("quit").await;
    client.expect("Goodbye, friend.. Come back soon!\r\n\r\nWelcome to CircleMUD!").await;
    assert_eq!(game.playing("alice"), 0);
    client.line("0").await;
    client.expect("Goodbye.\r\n").await;
    assert_eq!(client.expect_end().await.0, client::End::Eof);
    game.until("closed", |game| game.record(0).end == Some(End::Closed)).await;
}

#[tokio::test]
async fn circle_closes_after_three_wrong_passwords() {
    let (_game, client) = at(Family::Circle).await;
    client.expect("known? ").await;
    client.line("alice").await;
    for _ in 0..2 {
        client.expect("Password: ").await;
        client.line("wrong").await;
    }
    client.expect("Wrong password.\r\nPassword: ").await;
    client.line("wrong").await;
    client.expect("Wrong password... disconnecting.\r\n").await;
    assert_eq!(client.expect_end().await.0, client::End::Eof);
}

#[tokio::test]
async fn circle_makes_a_character_and_changes_its_password() {
    let (game, client) = at(Family::Circle).await;
    client.expect("known? ").await;
    client.expect_raw(&client.raw()).await;
    talk(
        &client,
        &[
            ("bob", &[b"Did I get that right, Bob (Y/N)? "]),
            ("y", &[b"New character.\r\nGive me a password for Bob: ", OFF]),
            ("hunter2", &[b"\r\nPlease retype password: "]),
            ("hunter3", &[b"\r\nPasswords don't match... start over.\r\nPassword: "]),
            ("hunter2", &[b"\r\nPlease retype password: "]),
            ("hunter2", &[ON, b"\r\nWhat is your sex (M/F)? "]),
        ],
    )
    .await;
    for (line, answer) in [("m", "Class: "), ("c", "PRESS RETURN: "), ("", "choice: ")] {
        client.line(line).await;
        client.expect(answer).await;
    }
    for (line, answer) in
        [("4", "old password: "), ("hunter2", "new password: "), ("swordfish", "retype password: ")]
    {
        client.line(line).await;
        client.expect(answer).await;
    }
    assert!(client.echo_off());
    client.line("swordfish").await;
    client.expect("Done.\r\n").await;
    client.vanish().await;
    game.until("gone", |game| game.record(0).end == Some(End::Reset)).await;
    let client = Client::connect(game.address()).await;
    client.expect("known? ").await;
    for (line, answer) in
        [("bob", "Password: "), ("hunter2", "Wrong password."), ("swordfish", "PRESS RETURN: ")]
    {
        client.line(line).await;
        client.expect(answer).await;
    }
}

#[tokio::test]
async fn circle_kicks_the_old_copy() {
    let (game, old) = at(Family::Circle).await;
    enter(Family::Circle, &old).await;
    let new = Client::connect(game.address()).await;
    new.expect("known? ").await;
    new.line("Alice").await;
    new.expect("Password: ").await;
    new.line("sekrit").await;
    new.expect("\r\nYou take over your own body, already in use!\r\n").await;
    old.expect(
        "\r\nThis body has been usurped!\r\n\r\nMultiple login detected -- disconnecting.\r\n",
    )
    .await;
    old.expect_end().await;
    assert_eq!(game.playing("alice"), 1);
    new.line("wave").await;
    new.expect("You do: wave").await;
}

#[tokio::test]
async fn circle_reconnects_the_link_dead() {
    let (game, old) = at(Family::Circle).await;
    enter(Family::Circle, &old).await;
    old.vanish().await;
    game.until("link-dead", |game| game.link_dead("Alice")).await;
    assert_eq!(game.say("alice", "into the void\r\n"), 0);
    let new = Client::connect(game.address()).await;
    new.expect("known? ").await;
    new.line("alice").await;
    new.expect("Password: ").await;
    new.line("sekrit").await;
    new.expect("\r\nReconnecting.\r\n20H").await;
    assert_eq!(game.playing("alice"), 1);
}

#[tokio::test]
async fn tbamud_swallows_what_is_typed_while_it_waits() {
    let settings = Settings { wait: Wait::UntilTold, ..Settings::default() };
    let game = Game::with(Family::Tbamud, settings).await;
    game.account("Alice", "sekrit");
    let client = Client::connect(game.address()).await;
    client.expect_raw(b"\r\nAttempting to Detect Client, Please Wait...\r\n\xff\xfd\x18").await;
    client.line("alice").await;
    client.expect("Collecting Protocol Information... Please Wait.\r\n").await;
    game.proceed();
    client.expect("\x1b[H\x1b[J").await;
    client.expect("known? ").await;
    client.line("alice").await;
    client.expect("Password: ").await;
}

#[tokio::test(start_paused = true)]
async fn tbamud_waits_as_long_as_it_is_told_to() {
    let wait = Wait::For(Duration::from_millis(1400));
    let game = Game::with(Family::Tbamud, Settings { wait, ..Settings::default() }).await;
    let client = Client::connect(game.address()).await;
    let start = tokio::time::Instant::now();
    client.expect("known? ").await;
    assert!(start.elapsed() >= Duration::from_millis(1400));
}

#[tokio::test]
async fn tbamud_offers_the_rest_only_to_who_answers_ttype() {
    let game = Game::start(Family::Tbamud).await;
    game.account("Alice", "sekrit");
    let silent = Client::connect(game.address()).await;
    silent.expect("known? ").await;
    assert_eq!(silent.options(), [(DO, 24)]);
    let mudlet = Dial::like(Style::Mudlet).connect(game.address()).await;
    mudlet.expect("known? ").await;
    game.until("NAWS came", |game| {
        let naws = support::wire::Wire::Sub(NAWS, vec![0, 80, 0, 24]);
        game.record(1).telnet.contains(&naws)
    })
    .await;
    assert!(mudlet.options().contains(&(WILL, 69)));
    assert_eq!(game.violations(), []);
}

#[tokio::test]
async fn tbamud_names_the_character_by_msdp_to_who_asked() {
    let game = Game::start(Family::Tbamud).await;
    game.account("Alice", "sekrit");
    let client = Dial::like(Style::Mudlet).connect(game.address()).await;
    let report = support::wire::sub(69, b"\x01REPORT\x02CHARACTER_NAME");
    client.bytes(report).await;
    enter(Family::Tbamud, &client).await;
    let msdp = client.messages().into_iter().find(|message| message.option == 69);
    assert_eq!(msdp.map(|message| message.payload), Some(b"\x01CHARACTER_NAME\x02Alice".to_vec()));
}

#[tokio::test]
async fn diku_has_no_echo_and_refuses_at_the_name() {
    let (game, old) = at(Family::Diku).await;
    old.expect("known? ").await;
    old.expect_raw(&old.raw()).await;
    talk(
        &old,
        &[
            ("x1", &[b"Illegal name, please try another.Name: "]),
            ("alice", &[b"Password: "]),
            ("wrong", &[b"Wrong password.\n\rPassword: "]),
            ("wrong", &[b"Wrong password.\n\rPassword: "]),
            ("wrong", &[b"Wrong password.\n\rPassword: "]),
            ("wrong", &[b"Wrong password.\n\rPassword: "]),
            ("sekrit", &[b"The message of the day.\n\r\n\r\n\r*** PRESS RETURN: "]),
        ],
    )
    .await;
    press_return_from_motd(&old).await;
    let new = Client::connect(game.address()).await;
    new.expect("known? ").await;
    new.line("alice").await;
    new.expect("Already playing, cannot connect\n\rName: ").await;
    assert!(!old.raw().contains(&IAC));
    old.vanish().await;
    game.until("link-dead", |game| game.link_dead("alice")).await;
    new.line("alice").await;
    new.expect("Password: ").await;
    new.line("sekrit").await;
    new.expect("Reconnecting.\n\r").await;
}

async fn press_return_from_motd(client: &Client) {
    client.line("").await;
    client.expect("Make your choice: ").await;
    client.line("1").await;
    client.expect("Gulls").await;
}

#[tokio::test]
async fn merc_refuses_after_the_password_and_leaves_echo_off_when_it_closes() {
    let (game, old) = at(Family::Merc).await;
    enter(Family::Merc, &old).await;
    let new = Client::connect(game.address()).await;
    new.expect("known? ").await;
    new.expect_raw(&new.raw()).await;
    talk(
        &new,
        &[
            ("x1", &[b"Illegal name, try another.\n\rName: "]),
            ("alice", &[b"Password: ", OFF]),
            ("sekrit", &[b"\n\r", ON, b"Already playing.\n\rName: "]),
            ("alice", &[b"Password: ", OFF]),
            ("wrong", &[b"\n\rWrong password.\n\r"]),
        ],
    )
    .await;
    assert_eq!(new.expect_end().await.0, client::End::Eof);
    assert!(new.echo_off());
    assert_eq!((game.playing("alice"), game.open()), (1, 1));
}

#[tokio::test]
async fn envy_refuses_at_the_name() {
    let (game, old) = at(Family::Envy).await;
    enter(Family::Envy, &old).await;
    let new = Client::connect(game.address()).await;
    new.expect("State thy name: ").await;
    new.line("alice").await;
    new.expect("Already playing.\n\rName: ").await;
    assert!(!new.echo_off());
}

#[tokio::test]
async fn rom_asks_and_marks_its_prompts() {
    let (game, old) = at(Family::Rom).await;
    enter(Family::Rom, &old).await;
    old.line("wave").await;
    old.expect("You do: wave").await;
    assert!(old.expect_prompt().await.ends_with("<20hp 100m 100mv> \x1b[0m"));
    let new = Client::connect(game.address()).await;
    new.expect("ANSI? (Y/n) ").await;
    new.line("n").await;
    new.expect("known? ").await;
    new.line("ALICE").await;
    new.expect("Illegal name, try another.\n\rName: ").await;
    for answer in ["n", "y"] {
        new.line("alice").await;
        new.expect("Password: ").await;
        new.line("sekrit").await;
        new.expect("That character is already playing.\n\rDo you wish to connect anyway (Y/N)?")
            .await;
        new.line(answer).await;
        new.expect_any(&["Name: ", "Reconnecting. Type replay to see missed tells.\n\r"]).await;
    }
    let seen = old.text().len();
    old.expect_end().await;
    assert_eq!(old.text().len(), seen, "the old copy is closed without a word");
}

#[tokio::test]
async fn smaug_kicks_in_play_and_refuses_at_the_motd() {
    let (game, old) = at(Family::Smaug).await;
    old.expect("new: ").await;
    assert!(old.raw().starts_with(&[b'\r', b'\n', IAC, WILL, MCCP2]));
    old.line("alice").await;
    old.expect("Password: ").await;
    old.line("sekrit").await;
    old.expect("\x0cThe title.\r\nPress [ENTER] ").await;
    let new = Client::connect(game.address()).await;
    new.expect("new: ").await;
    new.line("alice").await;
    new.expect("Already connected - try again.\r\nName: ").await;
    old.line("").await;
    old.expect("Press [ENTER] ").await;
    old.line("").await;
    old.expect("\r\nWelcome to (Name Not Set)...\r\n").await;
    new.line("alice").await;
    new.expect("Password: ").await;
    new.line("sekrit").await;
    new.expect("Already playing... Kicking off old connection.\r\n").await;
    old.expect("Kicking off old connection... bye!\r\n").await;
    old.expect_end().await;
    assert_eq!(game.playing("alice"), 1);
}

#[tokio::test]
async fn smaug_makes_nobody_who_did_not_say_new() {
    let (_game, client) = at(Family::Smaug).await;
    client.expect("new: ").await;
    client.line("bobby").await;
    client.expect("No such player exists.").await;
    client.line("new").await;
    client.expect("choose a name for your character: ").await;
    client.line("alice").await;
    client.expect("That name is already taken. Please choose another: ").await;
    client.line("bobby").await;
    client.expect("Did I get that right, Bobby (Y/N)? ").await;
    client.line("y").await;
    client.expect("Pick a good password for Bobby: ").await;
    assert!(client.echo_off());
}

#[tokio::test]
async fn lp_turns_echo_off_before_the_prompt_and_asks() {
    let (game, old) = at(Family::Lp).await;
    old.expect("What is your name: What is your name: ").await;
    old.expect_raw(&old.raw()).await;
    talk(
        &old,
        &[
            ("alice", &[OFF, b"Password: "]),
            ("sekrit", &[ON, b"\r\nThe news of the day.\r\nThe Long Quay\r\nGulls turn over the grey water.\r\n> "]),
        ],
    )
    .await;
    let new = Client::connect(game.address()).await;
    new.expect("your name: What is your name: ").await;
    new.line("alice").await;
    new.expect("Password: ").await;
    new.line("sekrit").await;
    new.expect("You are already playing !\r\nThrow the other copy out ? ").await;
    new.line("yes").await;
    new.expect("> ").await;
    old.expect_end().await;
    assert_eq!(game.playing("alice"), 1);
}

#[tokio::test]
async fn a_pipelined_third_line_answers_lps_question_and_ends_the_login() {
    let (game, old) = at(Family::Lp).await;
    enter(Family::Lp, &old).await;
    let new = Client::connect(game.address()).await;
    new.bytes("alice\r\nsekrit\r\nlook\r\n").await;
    new.expect("Throw the other copy out ? Welcome another time then !").await;
    new.expect_end().await;
    assert_eq!(game.playing("alice"), 1);
    assert_eq!(old.end(), None);
}

#[tokio::test]
async fn dead_souls_sends_echo_only_to_who_answers_it() {
    let (game, silent) = at(Family::DeadSouls).await;
    silent.expect("What name do you wish? ").await;
    silent.line("Al-ice_rescue").await;
    silent.expect("Password: ").await;
    silent.line("wrong").await;
    silent.expect("Invalid password.\r\nPassword: ").await;
    silent.line("sekrit").await;
    silent.expect("Gulls").await;
    let echoes: Vec<_> =
        silent.options().into_iter().filter(|(_, option)| *option == ECHO).collect();
    assert_eq!(echoes, [(WILL, ECHO)]);
    silent.vanish().await;
    game.until("link-dead", |game| game.link_dead("alice")).await;

    let mudlet = Dial::like(Style::Mudlet).connect(game.address()).await;
    mudlet.expect("wish? ").await;
    mudlet.line("alice").await;
    mudlet.expect_echo(true).await;
    mudlet.expect("Password: ").await;
    mudlet.expect_prompt().await;
    mudlet.line("sekrit").await;
    mudlet.expect("Reconnected.").await;
    mudlet.expect_echo(false).await;
}

#[tokio::test]
async fn dead_souls_asks_and_shares_one_guest() {
    let (game, old) = at(Family::DeadSouls).await;
    old.expect("wish? ").await;
    old.line("guest").await;
    old.expect("Gulls").await;
    let new = Client::connect(game.address()).await;
    new.expect("wish? ").await;
    new.line("guest").await;
    new.expect("An interactive copy of you currently exists.\r\nDo you wish to take over this copy? (y/n) \r\n").await;
    new.line("y").await;
    new.expect("Allowing login.").await;
    old.expect_end().await;
    assert_eq!(game.playing("guest"), 1);
}

#[tokio::test]
async fn dead_souls_ends_its_questions_to_newcomers_with_a_newline() {
    let (game, client) = at(Family::DeadSouls).await;
    client.expect("wish? ").await;
    for (line, answer) in [
        ("b0b", "Please enter a new name: \r\n"),
        ("bob", "Do you really wish to be known as Bob? (y/n) \r\n"),
        ("y", "Are you 13 years of age or older? (y/n) \r\n"),
        ("y", "Create a password of at least 5 letters: \r\n"),
        ("hunter2", "Please confirm your password choice: \r\n"),
        ("hunter2", "Gulls"),
    ] {
        client.line(line).await;
        client.expect(answer).await;
    }
    assert_eq!(game.playing("bob"), 1);
}

#[tokio::test]
async fn discworld_takes_letters_for_choices_and_asks() {
    let (game, old) = at(Family::Discworld).await;
    enter(Family::Discworld, &old).await;
    let new = Client::connect(game.address()).await;
    new.expect("Your choice: ").await;
    for (line, answer) in [
        ("x", "That is not a choice."),
        ("alice", "Enter password:"),
        ("wrong", "Incorrect password.\r\nEnter your password: "),
        ("sekrit", "You are already playing.\r\nThrow the other copy out? (y/n/restart) "),
        ("y", "Gulls"),
    ] {
        new.line(line).await;
        new.expect(answer).await;
    }
    old.expect("Disconnected by someone from 127.0.0.1.").await;
    old.expect_end().await;
}

#[tokio::test]
async fn discworld_gives_each_guest_a_name() {
    let (game, one) = at(Family::Discworld).await;
    let two = Client::connect(game.address()).await;
    for (guest, name) in [(&one, "Visitor1"), (&two, "Visitor2")] {
        guest.expect("Your choice: ").await;
        guest.line("g").await;
        guest.expect("guest. ").await;
        guest.line("").await;
        guest.expect(&format!("You are {name} for this visit.")).await;
    }
    assert_eq!((game.playing("visitor1"), game.playing("visitor2")), (1, 1));
}

#[tokio::test]
async fn penn_lets_both_in_and_both_get_everything() {
    let (game, one) = at(Family::Penn).await;
    one.expect("Use QUIT to logout.").await;
    one.line("connect bob x").await;
    one.expect("There is no player with that name.\r\n").await;
    one.line("co *Alice wrong").await;
    one.expect("That is not the correct password.\r\n").await;
    one.line("ch *Alice sekrit").await;
    one.expect("Last connect was from 127.0.0.1 on ").await;
    let two = Client::connect(game.address()).await;
    two.expect("Use QUIT to logout.").await;
    two.line("connect alice sekrit").await;
    two.expect("Gulls").await;
    one.expect("Alice has reconnected.").await;
    assert_eq!(game.say("alice", "A bell rings.\r\n"), 2);
    one.expect("A bell rings.").await;
    two.expect("A bell rings.").await;
}

#[tokio::test]
async fn penn_keeps_the_connection_at_logout() {
    let (game, client) = at(Family::Penn).await;
    game.account("Bob", "hunter2");
    enter(Family::Penn, &client).await;
    client.line("LOGOUT").await;
    client.expect("Use connect <name>").await;
    assert_eq!(game.playing("alice"), 0);
    client.line("connect bob hunter2").await;
    client.expect("Gulls").await;
    assert_eq!((game.playing("bob"), game.accepted()), (1, 1));
}

#[tokio::test]
async fn penn_reads_nothing_before_its_screen() {
    let settings = Settings { wait: Wait::UntilTold, ..Settings::default() };
    let game = Game::with(Family::Penn, settings).await;
    game.account("Alice", "sekrit");
    let client = Client::connect(game.address()).await;
    client.line("connect alice sekrit").await;
    game.until("accepted", |game| game.accepted() == 1).await;
    assert_eq!(client.raw(), b"");
    game.proceed();
    client.expect_raw(b"\xff\xfd\x22").await;
    client.expect("Gulls").await;
}

#[tokio::test]
async fn penn_changes_a_password_in_play() {
    let (game, client) = at(Family::Penn).await;
    enter(Family::Penn, &client).await;
    client.line("@password wrong=new").await;
    client.expect("incorrect").await;
    client.line("@password sekrit=changed").await;
    client.expect("You have changed your password.").await;
    let thief = Client::connect(game.address()).await;
    thief.expect("QUIT").await;
    thief.line("connect alice sekrit").await;
    thief.expect("not the correct password").await;
    thief.line("connect alice changed").await;
    thief.expect("Gulls").await;
}

#[tokio::test]
async fn moo_moves_the_connection_in_one_line_and_in_two() {
    let (game, old) = at(Family::Moo).await;
    enter(Family::Moo, &old).await;
    let new = Client::connect(game.address()).await;
    new.expect("log in.").await;
    new.line("connect alice").await;
    new.expect("Password: ").await;
    new.expect_echo(true).await;
    new.line("wrong").await;
    new.expect("Either that player does not exist, or has a different password.").await;
    assert!(!new.echo_off());
    new.line("connect alice").await;
    new.expect("Password: ").await;
    new.line("sekrit").await;
    new.expect("*** Redirecting old connection to this port ***\r\n").await;
    old.expect("*** Redirecting connection to new port ***\r\n").await;
    old.expect_end().await;
    let newer = Client::connect(game.address()).await;
    newer.expect("log in.").await;
    newer.line("connect alice sekrit").await;
    newer.expect("*** Redirecting old connection to this port ***\r\n").await;
    new.expect_end().await;
}

#[tokio::test]
async fn moo_names_its_guests() {
    let (game, one) = at(Family::Moo).await;
    let two = Client::connect(game.address()).await;
    for (guest, name) in [(&one, "Guest_1"), (&two, "Guest_2")] {
        guest.line("connect guest").await;
        guest
            .expect(&format!("guest is in use.  Logging you in as `{name}'\r\n*** Connected ***"))
            .await;
    }
    assert_eq!(game.playing("guest_2"), 1);
}

#[tokio::test]
async fn evennia_says_who_is_in_by_gmcp_before_the_text() {
    let (game, silent) = at(Family::Evennia).await;
    enter(Family::Evennia, &silent).await;
    assert_eq!(silent.messages(), []);
    let mudlet = Dial::like(Style::Mudlet).connect(game.address()).await;
    mudlet.expect("re-show").await;
    game.until("GMCP is agreed", |game| {
        game.record(1).telnet.contains(&support::wire::Wire::Option(DO, GMCP))
    })
    .await;
    mudlet.gmcp(r#"Get.Value {"name":"name"}"#).await;
    mudlet.line("connect alice sekrit").await;
    assert_eq!(mudlet.expect_gmcp("Logged.In").await, serde_json::json!({}));
    mudlet.expect("You become \x1b[1m\x1b[36mAlice\x1b[0m.").await;
    assert_eq!(mudlet.messages().len(), 1, "the query before the login got no answer");
    mudlet.gmcp(r#"Get.Value {"name":"name"}"#).await;
    assert_eq!(mudlet.expect_gmcp("Char.Value.Get").await["value"], "Alice");
    silent.expect("Logged in from elsewhere. Disconnecting.").await;
    silent.expect_end().await;
}

#[tokio::test]
async fn evennia_shows_the_password_of_a_new_account() {
    let (game, client) = at(Family::Evennia).await;
    client.expect("re-show").await;
    client.line("create Bob hunter2x").await;
    client
        .expect("account 'Bob' with password 'hunter2x'.\r\nIs this what you intended? [Y]/N?")
        .await;
    client.line("y").await;
    client.expect("A new account 'Bob' was created. Welcome!").await;
    client.line("connect bob hunter2x").await;
    client.expect("Gulls").await;
    assert_eq!(game.playing("Bob"), 1);
}

#[tokio::test]
async fn fuzzball_says_nothing_constant_and_lets_both_in() {
    let (game, one) = at(Family::Fuzzball).await;
    let two = Client::connect(game.address()).await;
    one.line("connect alice wrong").await;
    one.expect("Either that player does not exist, or has a different password.").await;
    for client in [&one, &two] {
        client.line("connect alice sekrit").await;
        client.expect("Gulls").await;
    }
    assert_eq!(game.playing("alice"), 2);
}

#[tokio::test]
async fn a_player_hears_another_one() {
    let (game, alice) = at(Family::Circle).await;
    game.account("Bob", "hunter2");
    enter(Family::Circle, &alice).await;
    let bob = Dial::default().from(9).connect(game.address()).await;
    bob.expect("known? ").await;
    bob.line("bob").await;
    bob.expect("Password: ").await;
    bob.line("hunter2").await;
    press_return(Family::Circle, &bob).await;
    bob.expect("Gulls").await;
    bob.line("say hello").await;
    alice.expect("Bob: say hello").await;
    assert_eq!(game.record(1).peer.ip().to_string(), "127.0.0.9");
}

#[tokio::test]
async fn a_flood_is_numbered_on_and_arrives_whole() {
    let (game, client) = at(Family::Lp).await;
    enter(Family::Lp, &client).await;
    assert_eq!(game.flood("alice", 10_000).await, 1..10_001);
    assert_eq!(game.number("alice", 1), 10_001..10_002);
    client.expect("line 1\r\n").await;
    let rest = client.expect("line 10001\r\n").await;
    assert!(numbers(&rest).into_iter().eq(2..10_002));
}

#[tokio::test]
async fn a_client_that_stalls_stops_the_flood_and_one_that_reads_on_gets_it_all() {
    let (game, client) = at(Family::Lp).await;
    enter(Family::Lp, &client).await;
    client.stall();
    let lines = 2_000_000;
    game.number("alice", lines);
    game.until("the socket is full", |game| game.sent_bytes(0) > 100_000).await;
    client.unstall();
    client.expect(&format!("line {lines}\r\n")).await;
}

#[tokio::test]
async fn a_game_that_hangs_reads_nothing_until_it_wakes() {
    let (game, client) = at(Family::Lp).await;
    enter(Family::Lp, &client).await;
    game.hang(true);
    game.say("alice", "hung\r\n");
    client.expect("hung").await;
    let before = game.record(0).received.len();
    client.line("wave").await;
    game.say("alice", "still\r\n");
    client.expect("still").await;
    assert_eq!(game.record(0).received.len(), before);
    game.hang(false);
    client.expect("You do: wave").await;
}

#[tokio::test]
async fn a_crash_is_a_reset_and_the_game_comes_back_on_its_port() {
    let (game, client) = at(Family::Circle).await;
    enter(Family::Circle, &client).await;
    game.crash().await;
    assert_eq!(client.expect_end().await.0, client::End::Reset);
    assert!(tokio::net::TcpStream::connect(game.address()).await.is_err());
    game.open_door().await;
    let client = Client::connect(game.address()).await;
    client.expect("known? ").await;
    assert_eq!((game.accepted(), game.open()), (2, 1));
}

#[tokio::test]
async fn a_player_can_be_closed_politely_or_killed() {
    let (game, one) = at(Family::Fuzzball).await;
    enter(Family::Fuzzball, &one).await;
    game.say("alice", "The world ends.\r\n");
    game.close("alice");
    let (end, last) = one.expect_end().await;
    assert_eq!(end, client::End::Eof);
    assert!(last.ends_with("The world ends.\r\n"));
    let two = Client::connect(game.address()).await;
    enter(Family::Fuzzball, &two).await;
    game.kill("alice");
    assert_eq!(two.expect_end().await.0, client::End::Reset);
    assert_eq!(game.record(1).end, Some(End::Killed));
}

#[tokio::test]
async fn the_game_tells_fin_from_rst() {
    let (game, one) = at(Family::Circle).await;
    one.half_close();
    game.until("EOF", |game| game.record(0).end == Some(End::Eof)).await;
    let two = Client::connect(game.address()).await;
    two.expect("known? ").await;
    two.vanish().await;
    game.until("RST", |game| game.record(1).end == Some(End::Reset)).await;
    let three = Client::connect(game.address()).await;
    three.expect("known? ").await;
    three.close().await;
    game.until("EOF", |game| game.record(2).end == Some(End::Eof)).await;
}

#[tokio::test]
async fn merc_records_what_it_cannot_bear() {
    let (game, client) = at(Family::Merc).await;
    client.expect("known? ").await;
    client.bytes([IAC, DO, ECHO]).await;
    client.bytes([IAC, 0xfe, 0x56]).await;
    client.line("").await;
    client.expect_any(&["Illegal name", "Did I get that right, V"]).await;
    let long = "x".repeat(251);
    client.line(&long).await;
    game.until("it is read", |game| game.violations().len() == 2).await;
    client.bytes([IAC, SB, NAWS, 0, 80, 0, 24, IAC, SE, b'l', b'o', b'o', b'k']).await;
    game.until("all is read", |game| game.violations().len() == 3).await;
    let expected = [
        Violation::StrayGlyphs("V".into()),
        Violation::LongLine { bytes: 251 },
        Violation::Nul { lost: 9 },
    ];
    assert_eq!(game.violations(), expected);
}

#[tokio::test]
async fn merc_bears_a_line_of_its_longest_length() {
    let (game, client) = at(Family::Merc).await;
    enter(Family::Merc, &client).await;
    let longest = "x".repeat(250);
    client.line(&longest).await;
    client.expect(&format!("You do: {longest}\n\r")).await;
    assert_eq!(game.violations(), []);
}

#[tokio::test]
async fn smaug_knows_one_option() {
    let (game, client) = at(Family::Smaug).await;
    client.expect("new: ").await;
    client.bytes([IAC, 0xfe, MCCP2]).await;
    client.line("alice").await;
    client.expect("Password: ").await;
    assert_eq!(game.violations(), []);
}

#[tokio::test]
async fn kavir_loses_a_sequence_that_comes_in_two_reads() {
    let settings = Settings { filter: Some(Filter::KaVir), ..Settings::default() };
    let game = Game::with(Family::Edited, settings).await;
    let client = Client::connect(game.address()).await;
    client.expect("--> ").await;
    client.bytes([IAC, SB, NAWS, 0, 80]).await;
    game.until("the first read", |game| game.record(0).received.len() == 5).await;
    client.bytes([0, 24, IAC, SE]).await;
    game.until("the second read", |game| game.record(0).received.len() == 9).await;
    assert_eq!(game.violations()[0], Violation::SpansReads { tail: vec![IAC, SB, NAWS, 0, 80] });
    assert!(!game.record(0).telnet.iter().any(|wire| matches!(wire, support::wire::Wire::Sub(..))));
}

#[tokio::test]
async fn a_game_can_be_made_to_write_a_byte_at_a_time() {
    let settings = Settings { write_bytes_max: Some(1), ..Settings::default() };
    let game = Game::with(Family::Circle, settings).await;
    game.account("Alice", "sekrit");
    let client = Client::connect(game.address()).await;
    enter(Family::Circle, &client).await;
}

#[tokio::test]
async fn styles_answer_as_their_clients_do() {
    let hello = b"\xff\xfa\xc9Core.Hello {\"client\":\"Mudlet\",\"version\":\"4.18.5\"}\xff\xf0";
    let mudlet: &[&[u8]] = &[b"\xff\xfd\x01\xff\xfd\xc9", hello];
    for (style, answers) in [
        (Style::Silent, &[][..]),
        (Style::Refusing, &[&b"\xff\xfe\x01\xff\xfe\xc9\xff\xfe\x01end"[..]]),
        (Style::Tintin, &[b"\xff\xfd\x01\xff\xfe\xc9\xff\xfd\x01end"]),
        (Style::Mushclient, &[b"\xff\xfd\x01\xff\xfe\xc9\xff\xfe\x01\xff\xfd\x01end"]),
        (Style::Mudlet, mudlet),
    ] {
        let settings = Settings { filter: Some(Filter::Telnet), ..Settings::default() };
        let game = Game::with(Family::Diku, settings).await;
        game.account("Alice", "sekrit");
        let client = Dial::like(style).connect(game.address()).await;
        enter(Family::Diku, &client).await;
        let before = game.record(0).received.len();
        game.say("alice", [OFF, b"\xff\xfb\xc9", ON, OFF, b"done"].concat());
        client.expect("done").await;
        client.line("end").await;
        game.until("the end", |game| game.heard("alice").contains(&"end".to_owned())).await;
        let received = game.record(0).received;
        assert!(received[before..].starts_with(&answers.concat()), "{style:?}: {received:?}");
    }
}

#[tokio::test]
async fn a_client_types_blindly_at_its_times() {
    let game = Game::start(Family::Merc).await;
    game.account("Alice", "sekrit");
    let dial = Dial::like(Style::Mudlet)
        .types_blindly(Duration::from_millis(1), "alice")
        .types_blindly(Duration::from_millis(40), "sekrit");
    let client = dial.connect(game.address()).await;
    client.expect("message of the day").await;
}

#[tokio::test]
async fn a_resize_is_told_to_who_asked_for_sizes() {
    let (game, client) = at(Family::Evennia).await;
    client.resize(100, 30).await;
    let mushclient = Dial::like(Style::Mushclient).size(255, 24).connect(game.address()).await;
    game.until("NAWS", |game| !game.record(1).received.is_empty()).await;
    mushclient.expect("re-show").await;
    mushclient.resize(100, 255).await;
    let undoubled = [IAC, SB, NAWS, 0, 100, 0, 255, IAC, SE];
    game.until("the new size", |game| game.record(1).received.ends_with(&undoubled)).await;
    assert_eq!(game.record(0).received, b"");
}
