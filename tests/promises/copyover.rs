//! The game is restarted and keeps its sockets (a copyover): a new program goes on where the old one
//! was, knows nothing of what had been negotiated, and begins anew.

use crate::support::client::{Dial, Style};
use crate::support::scripted::{Family, Filter, Game, Settings};
use crate::support::wire::{self, Wire};
use crate::world::{World, act, enter};

const BEFORE: &[u8] = b"\r\nThe world stops for a moment.\r\n";
const AFTER: &[u8] = b"\r\nThe world goes on.\r\n> ";

/// What a new program says to a socket that it has inherited: what it would say to a newcomer.
fn negotiation() -> Vec<u8> {
    let offers = [wire::GMCP, wire::MSDP, wire::MSSP, wire::OPT_EOR, wire::MCCP2]
        .map(|option| [wire::IAC, wire::WILL, option]);
    let questions =
        [wire::TTYPE, wire::NAWS, wire::NEW_ENVIRON].map(|option| [wire::IAC, wire::DO, option]);
    offers.into_iter().chain(questions).flatten().collect()
}

#[tokio::test]
async fn a_game_that_is_restarted_under_its_sockets_keeps_its_players_and_they_see_text_only() {
    let telnet = Settings { filter: Some(Filter::Telnet), ..Settings::default() };
    for style in [Style::Silent, Style::Tintin, Style::Mudlet] {
        let world = World::with(Family::Circle, telnet, "").await;
        let alice = world.dial(Dial::like(style)).await;
        enter(Family::Circle, &alice, "Alice").await;
        let said = world.game.record(0).telnet.len();
        world.game.say("alice", BEFORE);
        for piece in negotiation().chunks(2) {
            world.game.say("alice", piece);
        }
        world.game.say("alice", AFTER);
        alice.expect("The world stops for a moment.\r\n\r\nThe world goes on.\r\n> ").await;
        act(&alice).await;
        let answers = [
            (wire::DO, wire::GMCP),
            (wire::DO, wire::OPT_EOR),
            (wire::DONT, wire::MCCP2),
            (wire::WILL, wire::NAWS),
        ];
        for (verb, option) in answers {
            let is = |wire: &Wire| *wire == Wire::Option(verb, option);
            let answered = |game: &Game| game.record(0).telnet[said..].iter().any(is);
            world.game.until("it is answered", answered).await;
        }
        assert!(!alice.echo_off());
        assert_eq!((world.game.accepted(), world.game.violations()), (1, Vec::new()));
        alice.vanish().await;
        let again = world.client().await;
        crate::world::log_in(Family::Circle, &again, "Alice", crate::world::PASSWORD).await;
        act(&again).await;
        assert_eq!(world.game.playing("alice"), 1);
    }
}
