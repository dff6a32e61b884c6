//! No more files can be opened: accepting rests, whoever plays goes on, and whoever waits at the door
//! comes in when there is room again.

use std::time::Duration;

use tokio::time::Instant;

use crate::bare::{Bare, SETTINGS, acts, dial, door, player, players};
use crate::program::{Program, until};
use crate::support::client::Client;
use crate::world::all;

const FILES_MAX: usize = 64;

/// So many players have room, whatever else takes files.
const SURE: usize = 16;

/// How long it is looked at while it has none left, and how much of that it may be busy.
const TIME: Duration = Duration::from_secs(1);
const BUSY_MAX: Duration = Duration::from_millis(200);

/// Players until every file is in use: two each, or one where nobody is attached.
async fn fill(program: &Program) -> Vec<Client> {
    let address = program.address();
    let mut clients: Vec<Client> =
        players(address, SURE).await.into_iter().map(|(client, _)| client).collect();
    let used = || program.files_below(FILES_MAX);
    for number in SURE.. {
        if used() == FILES_MAX {
            break;
        }
        if used() == FILES_MAX - 1 {
            let client = clients.pop().expect("there is room for some");
            client.vanish().await;
            until("one is held", || (used() == FILES_MAX - 2).then_some(())).await;
        }
        clients.push(player(address, number).await.0);
    }
    clients
}

#[tokio::test]
async fn without_a_free_file_players_play_on_and_whoever_waits_comes_in_later() {
    let game = Bare::start().await;
    let program = Program::with_files(FILES_MAX, game.address(), SETTINGS).await;
    let mut clients = fill(&program).await;
    let waiting = dial(program.address(), 500).await;
    let warnings = || program.log().matches("cannot accept").count();
    until("it is noticed", || (warnings() > 0).then_some(())).await;
    let (cpu, start) = (program.cpu_time(), Instant::now());
    for client in &clients {
        let asked = Instant::now();
        acts(client).await;
        assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
    }
    tokio::time::sleep_until(start + TIME).await;
    let busy = program.cpu_time() - cpu;
    assert!(busy < BUSY_MAX, "{busy:?} of {TIME:?}");
    assert_eq!((warnings(), &*waiting.text()), (1, ""), "{}", program.log());
    let leave: Vec<Client> = clients.drain(..4).collect();
    all(leave.iter().map(|client| client.line("quit"))).await;
    for client in leave {
        client.expect_end().await;
    }
    waiting.expect("be known? ").await;
    waiting.close().await;
    acts(&clients[0]).await;
    acts(&player(program.address(), 501).await.0).await;
    drop(door(program.address(), 502).await);
    assert!(program.log().contains("accepting again"));
}
