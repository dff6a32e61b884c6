//! Several come at the same moment for the same session: one has it in the end, and who that is was
//! decided once.

use std::cell::RefCell;
use std::collections::BTreeSet;

use crate::support::client::{Client, Dial};
use crate::support::scripted::Family;
use crate::world::{PASSWORD, World, act, all, door, texts, token};

const CIRCLE: Family = Family::Circle;

/// Takeovers are not delayed here as far as may be, and nobody is a stranger.
const SETTINGS: &str = "limits.takeovers_per_minute = 60\nlimits.connections_per_address_max = 100";

async fn at_the_door(world: &World, count: usize) -> Vec<Client> {
    let clients: Vec<_> = (0..count).map(|_| RefCell::new(None)).collect();
    all(clients.iter().enumerate().map(|(number, place)| async move {
        let number = u16::try_from(number).unwrap();
        let client = world.dial(Dial::default().numbered(number)).await;
        client.expect(door(CIRCLE)).await;
        place.replace(Some(client));
    }))
    .await;
    clients.into_iter().map(|client| client.into_inner().unwrap()).collect()
}

/// Those whose token was taken; all of them are told the same one, if they are still there then.
async fn those_who_came_in(clients: Vec<Client>) -> Vec<Client> {
    let texts = texts();
    let answers = [texts.resumed(), texts.taken_over(), texts.token_refused()].map(Option::unwrap);
    let mut came_in = Vec::new();
    for client in clients {
        let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
        if client.expect_any(&answers).await.0 < 2 {
            came_in.push(client);
        }
    }
    let lead = texts.token("").unwrap();
    let told = came_in.iter().filter_map(|client| {
        let text = client.text();
        Some(text.rsplit_once(&lead)?.1.split_once("\r\n")?.0.to_owned())
    });
    let told: BTreeSet<String> = told.collect();
    assert!(told.len() <= 1, "{told:?}");
    came_in
}

/// The one client that is in, once each has had its answer and all but one their goodbye.
async fn winner(world: &World, clients: Vec<Client>) -> Client {
    let gone = |c: mudkeep::registry::Counts| (c.connections, c.sessions) == (1, 1);
    world.proxy.until("one is left", gone).await;
    let (mut left, gone): (Vec<_>, Vec<_>) =
        clients.into_iter().partition(|client| client.end().is_none());
    for client in gone {
        let text = client.text();
        assert_eq!(text.matches(&texts().taken_over().unwrap()).count(), 1, "{text}");
    }
    left.pop().expect("one is left")
}

#[tokio::test]
async fn of_two_to_fifty_that_race_with_one_token_one_has_the_session() {
    for count in [2, 3, 10, 50] {
        let world = World::new(CIRCLE, SETTINGS).await;
        let (alice, first) = world.player_with_token("Alice").await;
        alice.vanish().await;
        let clients = at_the_door(&world, count).await;
        let resume = &format!("resume {first}");
        all(clients.iter().map(|client| client.line(resume))).await;
        let clients = those_who_came_in(clients).await;
        println!("{} of {count} came in", clients.len());
        let winner = winner(&world, clients).await;
        act(&winner).await;
        assert_eq!(world.game.playing("alice"), 1);
        assert_eq!(world.game.heard("alice").len(), 2, "what each had done once in play");
        let told = token(&winner).await;
        winner.vanish().await;
        act(&world.back(&told).await).await;
    }
}

#[tokio::test]
async fn a_token_and_a_password_that_race_leave_one_player_and_one_session() {
    for token_first in [true, false] {
        let world = World::new(CIRCLE, SETTINGS).await;
        let (alice, first) = world.player_with_token("Alice").await;
        alice.vanish().await;
        let mut clients = at_the_door(&world, 2).await;
        clients[1].line("alice").await;
        clients[1].expect("Password: ").await;
        let resume = format!("resume {first}");
        let (one, other) = match token_first {
            true => ((&clients[0], &*resume), (&clients[1], PASSWORD)),
            false => ((&clients[1], PASSWORD), (&clients[0], &*resume)),
        };
        all([one, other].map(|(client, line)| client.line(line))).await;
        let winner = winner(&world, std::mem::take(&mut clients)).await;
        act(&winner).await;
        assert_eq!((world.game.playing("alice"), world.game.open()), (1, 1));
        winner.close().await;
        let again = world.client().await;
        again.expect(door(CIRCLE)).await;
        again.line("alice").await;
        again.line(PASSWORD).await;
        again.expect(&texts().reconnected().unwrap()).await;
        act(&again).await;
    }
}
