use super::*;
use crate::telnet::command::{GA, IAC};
use crate::telnet::encode;
use crate::telnet::option;

/// A coast, the time on it, and what each seat has been shown.
struct Coast {
    world: World,
    now: Instant,
}

const WILL_ECHO: &[u8] = b"\xff\xfb\x01";
const WONT_ECHO: &[u8] = b"\xff\xfc\x01";
const END_OF_PROMPT: &[u8] = b"\xff\xf9";

impl Coast {
    fn new() -> Coast {
        Coast::with(Limits::default())
    }

    #[expect(clippy::disallowed_methods, reason = "any instant will do to count from")]
    fn with(limits: Limits) -> Coast {
        let now = Instant::now();
        Coast { world: World::new(limits, [3; 32], now), now }
    }

    /// A seat that has seen its greeting, with a window wide enough that nothing is wrapped.
    fn seat(&mut self) -> SeatId {
        let id = self.world.connect(self.now).unwrap();
        self.send(id, &encode::whole(option::NAWS, &[2, 0, 0, 24]));
        self.see(id);
        id
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    fn turn(&mut self) {
        self.pass(self.world.limits.turn);
        self.world.tick(self.now);
    }

    fn send(&mut self, id: SeatId, bytes: &[u8]) {
        self.world.receive(id, bytes, self.now);
    }

    /// All that is to be written now, as often as it is asked for.
    fn raw(&mut self, id: SeatId) -> Vec<u8> {
        let mut all = Vec::new();
        loop {
            let taken = self.world.take(id, self.now);
            all.extend(&taken.bytes);
            if taken.close || taken.bytes.is_empty() {
                return all;
            }
        }
    }

    /// The same as text: no colours, no telnet.
    fn see(&mut self, id: SeatId) -> String {
        let raw = self.raw(id);
        let mut text = String::new();
        let mut decoder = crate::telnet::decode::Decoder::new(1000, Default::default());
        let mut input = &raw[..];
        while let Some(event) = decoder.next(&mut input) {
            if let crate::telnet::decode::Event::Text(bytes) = event {
                text.push_str(&String::from_utf8_lossy(bytes));
            }
        }
        let mut plain = String::new();
        let mut pieces = text.split("\x1b[");
        plain.push_str(pieces.next().unwrap_or_default());
        pieces.for_each(|piece| plain.push_str(piece.split_once('m').unwrap_or_default().1));
        plain
    }

    fn say(&mut self, id: SeatId, line: &str) -> String {
        self.send(id, format!("{line}\r\n").as_bytes());
        self.see(id)
    }

    /// A newcomer in play.
    fn player(&mut self, name: &str) -> SeatId {
        let id = self.seat();
        let lines = [name, "y", "sekrit", "sekrit"];
        let last = lines.map(|line| self.say(id, line));
        assert!(last[3].contains("Welcome, "), "{}", last[3]);
        id
    }

    /// Somebody known, at the password.
    fn back(&mut self, name: &str) -> (SeatId, String) {
        let id = self.seat();
        self.say(id, name);
        let seen = self.say(id, "sekrit");
        (id, seen)
    }
}

#[test]
fn the_dialogue_of_a_newcomer_is_byte_for_byte_this() {
    let mut coast = Coast::new();
    let id = coast.world.connect(coast.now).unwrap();
    let greeting = coast.raw(id);
    let question = [b"By what name are you known? ", END_OF_PROMPT].concat();
    assert!(greeting.starts_with(b"\xff\xfd\x18\xff\xfd\x1f\xff\xfb\xc9"));
    assert!(greeting.ends_with(&question));
    for (line, answer) in [
        ("alice", &[b"Shall Alice be made known here? (y/n) ", END_OF_PROMPT][..]),
        ("y", &[b"Choose a password: ", WILL_ECHO, END_OF_PROMPT]),
        ("sekrit", &[WONT_ECHO, b"\r\nType it again: ", WILL_ECHO, END_OF_PROMPT]),
    ] {
        coast.send(id, format!("{line}\r\n").as_bytes());
        assert_eq!(coast.raw(id), answer.concat(), "{line}");
    }
    coast.send(id, b"sekrit\r\n");
    let welcome = coast.raw(id);
    assert!(welcome.starts_with(&[WONT_ECHO, b"\r\nWelcome, Alice.\r\n"].concat()));
    assert!(welcome.ends_with(b"> \xff\xf9"));
}

#[test]
fn lines_that_come_in_one_packet_are_each_answered_with_their_prompt() {
    let mut coast = Coast::new();
    coast.player("alice");
    let id = coast.seat();
    coast.send(id, b"alice\r\nwrong\r\n");
    let expected = [
        b"Password: ",
        WILL_ECHO,
        END_OF_PROMPT,
        WONT_ECHO,
        b"\r\nThat is not the password.\r\nPassword: ",
        WILL_ECHO,
        END_OF_PROMPT,
    ];
    assert_eq!(coast.raw(id), expected.concat());
}

#[test]
fn the_third_wrong_password_closes() {
    let mut coast = Coast::new();
    coast.player("alice");
    let id = coast.seat();
    coast.send(id, b"alice\r\na\r\nb\r\nc\r\nlook\r\n");
    let taken = coast.world.take(id, coast.now);
    assert!(taken.close);
    assert!(taken.bytes.ends_with(b"That is not the password.\r\n"));
}

#[test]
fn a_second_login_takes_over_and_the_first_is_told_and_closed() {
    let mut coast = Coast::new();
    let old = coast.player("alice");
    coast.say(old, "n");
    let (new, seen) = coast.back("ALICE");
    assert!(seen.contains("Alice is here already. Taking over.\r\nWelcome, Alice.\r\n"), "{seen}");
    assert!(seen.contains("Harbour Street"));
    let taken = coast.world.take(old, coast.now);
    assert!(taken.close);
    assert_eq!(taken.bytes, b"\r\nYou are taken over from elsewhere.\r\n");
    coast.send(old, b"say I am still here\r\n");
    coast.world.disconnect(old, coast.now);
    assert_eq!(coast.say(new, "who").matches("Alice").count(), 1);
    assert!(!coast.say(new, "who").contains("link lost"));
}

#[test]
fn typing_a_name_or_a_wrong_password_disturbs_nobody() {
    let mut coast = Coast::new();
    let old = coast.player("alice");
    coast.see(old);
    let thief = coast.seat();
    coast.say(thief, "alice");
    coast.say(thief, "guess");
    assert_eq!(coast.see(old), "");
}

#[test]
fn who_loses_the_link_stays_is_shown_and_is_met_again() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let bob = coast.player("bob");
    coast.say(alice, "get rope");
    coast.see(bob);
    coast.world.disconnect(alice, coast.now);
    assert_eq!(coast.see(bob), "\r\nAlice stares out to sea: the link is lost.\r\n> ");
    assert!(coast.say(bob, "look").contains("Alice is here, staring out to sea (link lost)."));
    assert!(coast.say(bob, "who").contains("Alice (link lost)"));
    assert!(coast.say(bob, "tell alice hello").contains("Alice does not hear"));
    let (alice, seen) = coast.back("alice");
    assert!(seen.contains("Alice is here already. Taking over."));
    assert!(coast.see(bob).contains("Alice blinks, and is here again."));
    assert!(coast.say(alice, "i").contains("You carry a coil of rope."));
}

#[test]
fn who_stays_away_too_long_fades_and_drops_what_was_carried() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let bob = coast.player("bob");
    coast.say(alice, "get rope");
    coast.world.disconnect(alice, coast.now);
    coast.see(bob);
    coast.pass(coast.world.limits.link_dead - coast.world.limits.turn - Duration::from_secs(1));
    coast.turn();
    assert!(coast.say(bob, "who").contains("Alice"));
    coast.turn();
    assert!(coast.see(bob).contains("Alice fades into the dusk."));
    assert!(coast.say(bob, "look").contains("a coil of rope"));
    assert!(!coast.say(bob, "who").contains("Alice"));
}

#[test]
fn quit_leads_to_the_menu_and_the_menu_back_or_away() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let bob = coast.player("bob");
    coast.see(bob);
    coast.see(alice);
    let menu = "1) play  2) change password  0) leave\r\nYour choice: ";
    assert_eq!(coast.say(alice, "quit"), menu);
    assert!(coast.see(bob).contains("Alice leaves the shore."));
    assert_eq!(coast.say(alice, "look"), menu);
    assert!(coast.say(alice, "1").starts_with("Welcome, Alice."));
    coast.say(alice, "quit");
    coast.send(alice, b"0\r\n");
    let taken = coast.world.take(alice, coast.now);
    assert_eq!((&taken.bytes[..], taken.close), (&b"Fair winds, Alice.\r\n"[..], true));
}

#[test]
fn a_password_is_changed_in_the_menu() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    for line in ["quit", "2", "sekrit"] {
        coast.say(alice, line);
    }
    coast.send(alice, b"swordfish\r\n");
    assert!(coast.raw(alice).windows(3).any(|bytes| bytes == WILL_ECHO));
    assert!(coast.say(alice, "swordfish").contains("The password is changed."));
    let (_, seen) = coast.back("alice");
    assert!(seen.contains("That is not the password."));
}

#[test]
fn players_see_and_hear_each_other() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let bob = coast.player("bob");
    assert!(coast.see(alice).contains("Bob comes ashore."));
    assert_eq!(coast.say(bob, "say ahoy"), "You say, \"ahoy\"\r\n> ");
    assert_eq!(coast.see(alice), "\r\nBob says, \"ahoy\"\r\n> ");
    coast.say(bob, ":waves");
    assert!(coast.see(alice).contains("Bob waves"));
    coast.say(bob, "n");
    assert!(coast.see(alice).contains("Bob goes north."));
    coast.say(bob, "say anybody?");
    assert_eq!(coast.see(alice), "");
    coast.say(bob, "tell alice come along");
    assert!(coast.see(alice).contains("Bob tells you, \"come along\""));
    coast.say(alice, "n");
    assert!(coast.see(bob).contains("Alice comes from the south."));
    assert!(coast.say(bob, "tell carol hi").contains("nobody of that name"));
    assert!(coast.say(bob, "tell bob hi").contains("You mutter"));
}

#[test]
fn things_are_found_carried_and_put_down() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let bob = coast.player("bob");
    assert!(coast.say(alice, "i").contains("nothing but the sound of the sea"));
    assert!(coast.say(alice, "get the rope").contains("You pick up a coil of rope."));
    assert!(coast.see(bob).contains("Alice picks up a coil of rope."));
    assert!(coast.say(bob, "get rope").contains("nothing of the kind"));
    assert!(coast.say(bob, "look alice").contains("and carries a coil of rope."));
    assert!(coast.say(alice, "x rope").contains("Good hemp"));
    for line in ["e", "get float", "e", "get shell", "w", "w", "n", "w"] {
        coast.say(alice, line);
    }
    assert!(coast.say(alice, "get mug").contains("Your hands are full."));
    assert!(coast.say(alice, "drop rope").contains("You put down a coil of rope."));
    assert!(coast.say(alice, "look").contains("You see a coil of rope and a tin mug here."));
    assert!(coast.say(alice, "drop rope").contains("You do not carry"));
}

#[test]
fn every_command_of_the_help_does_something() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let help = coast.say(alice, "help");
    for command in ["look", "exits", "who", "inventory", "weather", "score", "screen"] {
        assert!(help.contains(command), "{command}");
        let seen = coast.say(alice, command);
        assert!(seen.len() > 10 && !seen.contains("Nobody here knows"), "{command}: {seen}");
    }
    assert!(coast.say(alice, "dance").contains("Nobody here knows how to dance."));
    assert!(coast.say(alice, "u").contains("There is no way in that direction."));
    assert_eq!(coast.say(alice, ""), "> ");
}

#[test]
fn each_turn_of_the_lamp_is_numbered_and_seen_by_all_in_play() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let stranger = coast.seat();
    for turn in 1..=20 {
        coast.turn();
        let seen = coast.see(alice);
        assert!(seen.contains(&format!("The lamp turns ({turn}).")), "{seen}");
        assert!(seen.starts_with("\r\n") && seen.ends_with("\r\n> "), "{seen}");
    }
    assert_eq!(coast.see(stranger), "");
}

#[test]
fn the_cat_is_somewhere_and_moves() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    coast.say(alice, "n");
    assert!(coast.say(alice, "w").contains("Binnacle the harbour cat is here."));
    assert!(coast.say(alice, "pet cat").contains("You pet Binnacle."));
    assert!(coast.say(alice, "get cat").contains("not the kind of cat"));
    let moved = (0..50).any(|_| {
        coast.turn();
        coast.see(alice).contains("Binnacle the cat strolls off east.")
    });
    assert!(moved);
    assert!(coast.say(alice, "pet cat").contains("not here"));
}

#[test]
fn a_flood_comes_whole_and_in_order_and_what_was_typed_waits() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    coast.send(alice, b"flood 10000\r\nsay done\r\n");
    assert!(!coast.world.wants_input(alice));
    let taken = coast.world.take(alice, coast.now);
    assert!(taken.bytes.len() < 2 * FLOOD_PIECE_BYTES, "a piece at a time");
    let seen = String::from_utf8(taken.bytes).unwrap() + &coast.see(alice);
    for (line, wave) in seen.lines().zip(1..=10_000) {
        assert_eq!(line, format!("Wave {wave} of 10000 breaks on the shingle."));
    }
    assert_eq!(seen.lines().count(), 10_002);
    assert!(seen.ends_with("You say, \"done\"\r\n> "));
    assert!(coast.world.wants_input(alice));
}

#[test]
fn a_slow_reader_loses_lines_and_is_told_how_many() {
    let limits = Limits { outbox_bytes_max: 200, ..Limits::default() };
    let mut coast = Coast::with(limits);
    let alice = coast.player("alice");
    let bob = coast.player("bob");
    coast.see(alice);
    for number in 0..10 {
        coast.say(bob, &format!("say this is line number {number}"));
    }
    let seen = coast.see(alice);
    let got = seen.matches("this is line").count();
    assert!((1..10).contains(&got), "{seen}");
    assert!(
        seen.contains(&format!("[{} lines were lost: you read too slowly.]", 10 - got)),
        "{seen}"
    );
    coast.say(bob, "say again");
    assert!(coast.see(alice).contains("Bob says, \"again\""));
}

#[test]
fn who_takes_nothing_is_closed_and_stays_on_the_coast() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let bob = coast.player("bob");
    for _ in 0..6 {
        assert!(!coast.world.is_cut(alice));
        coast.turn();
        coast.see(bob);
    }
    assert!(coast.world.is_cut(alice));
    assert!(coast.world.woken().contains(&alice));
    coast.world.disconnect(alice, coast.now);
    assert!(coast.say(bob, "who").contains("Alice (link lost)"));
}

#[test]
fn who_thinks_too_long_at_the_door_is_closed() {
    let mut coast = Coast::new();
    let idle = coast.seat();
    let busy = coast.seat();
    let player = coast.player("alice");
    coast.pass(coast.world.limits.login_idle - coast.world.limits.turn - Duration::from_secs(1));
    coast.say(busy, "bob");
    coast.turn();
    assert!(!coast.world.take(idle, coast.now).close);
    coast.turn();
    assert!(coast.world.take(idle, coast.now).close);
    assert!(!coast.world.take(busy, coast.now).close);
    assert!(!coast.world.take(player, coast.now).close);
}

#[test]
fn there_is_room_for_so_many_connections_and_players() {
    let limits = Limits { connections_max: 3, players_max: 2, ..Limits::default() };
    let mut coast = Coast::with(limits);
    let alice = coast.player("alice");
    coast.player("bob");
    let carol = coast.seat();
    assert_eq!(coast.world.connect(coast.now), None);
    ["carol", "y", "sekrit"].iter().for_each(|line| drop(coast.say(carol, line)));
    coast.send(carol, b"sekrit\r\n");
    assert!(coast.world.take(carol, coast.now).close);
    coast.world.disconnect(carol, coast.now);
    coast.world.disconnect(alice, coast.now);
    let (carol, seen) = coast.back("carol");
    assert!(seen.contains("Welcome, Carol."), "{seen}");
    assert!(!coast.say(carol, "who").contains("Alice"), "the one without a link made room");
}

#[test]
fn a_line_that_is_too_long_is_cut_and_said() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let max = coast.world.limits.line_bytes_max;
    let said = |length: usize| format!("say {}", "x".repeat(length - 4));
    assert!(!coast.say(alice, &said(max)).contains("too long"));
    let seen = coast.say(alice, &said(max + 1));
    assert!(seen.starts_with("That line was too long, and is cut.\r\nYou say,"), "{seen}");
    assert_eq!(seen.matches('x').count(), max - 4);
}

#[test]
fn nobody_can_type_colours_or_line_ends_into_another_screen() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let bob = coast.player("bob");
    coast.see(alice);
    coast.send(bob, b"say \x1b[31mred\x07\x02\xc2\x9b1m \xff\xff\r\n");
    assert_eq!(coast.see(alice), "\r\nBob says, \"[31mred1m \u{fffd}\"\r\n> ");
}

#[test]
fn gmcp_is_told_to_who_agreed_and_names_the_player_first() {
    let mut coast = Coast::new();
    let alice = coast.seat();
    coast.send(alice, b"\xff\xfd\xc9");
    coast.send(alice, &encode::gmcp("Core.Hello", r#"{"client":"x","version":"1"}"#));
    assert_eq!(coast.raw(alice), b"");
    coast.send(alice, b"alice\r\ny\r\nsekrit\r\nsekrit\r\n");
    let raw = String::from_utf8_lossy(&coast.raw(alice)).into_owned();
    let at = |what: &str| raw.find(what).unwrap_or_else(|| panic!("{what} in {raw}"));
    assert!(at(r#"Char.Name {"name":"Alice"}"#) < at("Welcome, Alice."));
    assert!(at(r#"Room.Info {"#) < at("Char.Vitals {"));
    assert!(raw.contains(r#""exits":{"e":5,"n":2}"#), "{raw}");
    assert!(raw.contains(r#"Char.Vitals {"hp":20,"maxhp":20,"maxmv":50,"mv":50}"#), "{raw}");
    coast.say(alice, "n");
    let late = coast.player("bob");
    coast.send(late, b"\xff\xfd\xc9");
    let raw = String::from_utf8_lossy(&coast.raw(late)).into_owned();
    assert!(raw.contains(r#"Char.Name {"name":"Bob"}"#) && raw.contains("Room.Info"));
    coast.send(late, &encode::gmcp("Core.Ping", ""));
    assert_eq!(coast.raw(late), encode::gmcp("Core.Ping", ""));
}

#[test]
fn colour_and_width_are_the_clients_and_the_players_choice() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    coast.send(alice, b"look\r\n");
    assert!(coast.raw(alice).contains(&0x1b));
    coast.say(alice, "colour off");
    coast.send(alice, &encode::whole(option::NAWS, &[0, 30, 0, 10]));
    coast.send(alice, b"look\r\n");
    let raw = coast.raw(alice);
    assert!(!raw.contains(&0x1b));
    let text = String::from_utf8_lossy(&raw[..raw.len() - 2]).into_owned();
    assert!(text.lines().all(|line| line.len() < 30), "{text}");
    assert!(coast.say(alice, "screen").starts_with("Your window is 30 by 10."));
}

#[test]
fn an_are_you_there_is_answered() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    coast.send(alice, b"\xff\xf6");
    assert_eq!(coast.see(alice), "\r\nThe lamp burns.\r\n> ");
}

#[test]
fn at_the_end_everybody_is_told_and_closed() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let stranger = coast.seat();
    coast.world.close_all(coast.now);
    for id in [alice, stranger] {
        assert!(coast.world.woken.contains(&id));
        let taken = coast.world.take(id, coast.now);
        assert!(taken.close);
        assert!(String::from_utf8_lossy(&taken.bytes).contains("put away for the night"));
    }
}

#[test]
fn each_writer_is_woken_once_for_all_that_waits() {
    let mut coast = Coast::new();
    let alice = coast.player("alice");
    let bob = coast.player("bob");
    coast.see(alice);
    coast.world.woken();
    coast.send(bob, b"say one\r\nsay two\r\nsay three\r\n");
    let mut woken = coast.world.woken();
    woken.sort();
    assert_eq!(woken, [alice, bob]);
}

#[test]
fn no_bytes_make_the_coast_panic_or_grow() {
    let mut coast = Coast::new();
    coast.player("alice");
    let bytes =
        [IAC, 0xfa, 0xf0, GA, 0xc9, 0x18, 0xfb, 0xfd, b'\r', b'\n', b'a', b' ', b'"', 0, 0xe9];
    for round in 0..150_u64 {
        let letters =
            [round / 26 / 26, round / 26, round].map(|n| char::from(b'a' + (n % 26) as u8));
        let id = coast.player(&letters.iter().collect::<String>());
        for piece in 0..20_u64 {
            let noise = (0..50_u64).map(|at| {
                bytes[super::super::sky::chance(round * 10_000 + piece * 100 + at, bytes.len())]
            });
            let noise: Vec<u8> = noise.collect();
            coast.send(id, &noise);
        }
        coast.raw(id);
        coast.world.disconnect(id, coast.now);
        coast.turn();
    }
    assert!(coast.world.players.len() <= 200);
    assert_eq!(coast.world.seats.len(), 1);
}

#[test]
fn whatever_happens_seats_and_players_agree() {
    let lines = [
        "alice",
        "bob",
        "carol",
        "y",
        "sekrit",
        "wrong",
        "quit",
        "1",
        "2",
        "0",
        "n",
        "s",
        "get rope",
        "drop rope",
        "say hi",
        "flood 50",
        "who",
        "tell bob hi",
    ];
    let limits =
        Limits { players_max: 3, connections_max: 5, outbox_bytes_max: 2000, ..Limits::default() };
    let mut coast = Coast::with(limits);
    let mut entered = 0;
    for step in 0..30_000_u64 {
        let pick = |salt: u64, of: usize| super::super::sky::chance(step * 31 + salt, of);
        let seats: Vec<SeatId> = coast.world.seats.keys().copied().collect();
        match (pick(0, 40), seats.get(pick(1, seats.len().max(1)))) {
            (0, Some(id)) => coast.world.disconnect(*id, coast.now),
            (1..=3, _) | (_, None) => drop(coast.world.connect(coast.now)),
            (4, _) => coast.turn(),
            (5..=14, Some(id)) => {
                if coast.world.take(*id, coast.now).close {
                    coast.world.disconnect(*id, coast.now);
                }
            }
            (_, Some(id)) => {
                coast.send(*id, format!("{}\r\n", lines[pick(2, lines.len())]).as_bytes())
            }
        }
        agree(&coast.world);
        entered += coast.world.players.len();
    }
    assert!(entered > 1000, "the walk gets into play");
}

/// What always holds between seats, players and things.
fn agree(world: &World) {
    assert!(world.players.len() <= world.limits.players_max);
    assert!(world.seats.len() <= world.limits.connections_max);
    for (name, player) in &world.players {
        if let Some(seat) = player.seat {
            assert_eq!(world.seats[&seat].player.as_ref(), Some(name));
        }
    }
    for (id, seat) in &world.seats {
        if let Some(name) = &seat.player {
            assert_eq!(world.players[name].seat, Some(*id));
        }
        assert!(seat.outbox.len() <= 3 * world.limits.outbox_bytes_max, "{}", seat.outbox.len());
    }
    for spot in &world.things {
        assert!(!matches!(spot, Spot::Carried(name) if !world.players.contains_key(name)));
    }
}
