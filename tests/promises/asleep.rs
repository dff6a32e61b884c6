//! mudkeep gets no processor for some seconds, while players play, leave and come back.

use std::time::Duration;

use crate::bare::{Bare, SETTINGS, acts, comes_back, dial, player, players};
use crate::program::{Program, until};
use crate::support::client::Client;
use crate::world::texts;

const PLAYERS: usize = 24;

/// For so long; longer than anybody is held.
const TIME: Duration = Duration::from_secs(8);

const HOLD: &str = "session.hold = \"7s\"";

/// What becomes of a player while mudkeep sleeps: plays on, was cut off and comes back, or comes
/// from elsewhere.
async fn goes_on(program: &Program, number: usize, client: Client, token: &str) -> Vec<Client> {
    if number.is_multiple_of(3) {
        client.line("dance 1").await;
        return vec![client];
    }
    let again = dial(program.address(), number).await;
    again.line(&format!("resume {token}")).await;
    if number % 3 == 1 {
        client.vanish().await;
        return vec![again];
    }
    vec![again, client]
}

/// That it has the session, and the other one, if there is one, has been told.
async fn is_well(number: usize, clients: &[Client]) {
    let [client, others @ ..] = clients else { panic!("nobody") };
    if number.is_multiple_of(3) {
        client.expect("You do: dance 1").await;
    } else {
        client.expect(&texts().resumed().unwrap()).await;
    }
    acts(client).await;
    assert!(client.text().matches("You do: dance 1").count() <= 1);
    for other in others {
        other.expect(&texts().taken_over().unwrap()).await;
        other.expect_end().await;
    }
}

#[tokio::test]
async fn a_mudkeep_that_was_asleep_goes_on_and_everybody_comes_back() {
    let game = Bare::start().await;
    let program = Program::before(game.address(), &format!("{SETTINGS}\n{HOLD}")).await;
    let players = players(program.address(), PLAYERS).await;
    let connections = game.accepted();
    program.freeze().await;
    let mut clients = Vec::new();
    for (number, (client, token)) in players.into_iter().enumerate() {
        clients.push(goes_on(&program, number, client, &token).await);
    }
    tokio::time::sleep(TIME).await;
    program.thaw();
    for (number, clients) in clients.iter().enumerate() {
        is_well(number, clients).await;
    }
    until("each has the one connection that it had", || (game.open() == PLAYERS).then_some(()))
        .await;
    println!("{} connections became {}", connections, game.accepted());
    let (last, token) = player(program.address(), PLAYERS).await;
    last.vanish().await;
    acts(&comes_back(program.address(), PLAYERS, &token).await).await;
    assert_eq!(program.log().matches("panicked").count(), 0, "{}", program.log());
}
