//! The network was gone for everybody: all sessions are held, and all players come back at once.
//!
//! `STORM=5000 MUDKEEP_PROGRAM=target/release/mudkeep cargo test --release --test promises storm -- --nocapture`
//! is the whole promise. It needs 4 files for each player.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::Instant;

use crate::bare::Bare;
use crate::program::Program;
use crate::support::client::{Client, Dial};
use crate::world::{all, letters, texts, token};

/// Set it to 5000 for the whole promise.
const STORM: &str = "STORM";

/// All have their sessions back within this time, however many they are.
const TIME_MAX: Duration = Duration::from_secs(5);

/// So many log in at the same time.
const LANES: usize = 64;

const SETTINGS: &str = "login.preset = \"circle\"\ntoken.tell = \"text\"\n\
    limits.failed_logins_total = 10_000\nlimits.negotiation_timeout = \"100ms\"\n\
    limits.sessions_max = 20_000\nlimits.connections_max = 20_000\nsession.verifier = false";

async fn connect(address: SocketAddr, number: usize) -> Client {
    Dial::default().numbered(u16::try_from(number).expect("few")).connect(address).await
}

/// Logs in, has something said, and is gone before it comes.
async fn leaves(address: SocketAddr, number: usize) -> String {
    let client = connect(address, number).await;
    client.expect("be known? ").await;
    client.line(&letters(number)).await;
    client.expect("Password: ").await;
    client.line("sekrit").await;
    client.expect("Reconnecting.").await;
    let token = token(&client).await;
    client.line(&format!("later {}", letters(number))).await;
    client.expect("Soon.").await;
    client.vanish().await;
    token
}

async fn comes_back(address: SocketAddr, number: usize, token: &str) -> Client {
    let client = connect(address, number).await;
    client.line(&format!("resume {token}")).await;
    client.expect(&texts().resumed().unwrap()).await;
    client
}

#[tokio::test]
async fn all_players_have_their_sessions_back_within_seconds() {
    let count: usize = std::env::var(STORM).map_or(300, |count| count.parse().expect("a number"));
    let game = Bare::start().await;
    let program = Program::before(game.address(), SETTINGS).await;
    let address = program.address();
    let tokens: Vec<_> = (0..count).map(|_| std::cell::RefCell::new(String::new())).collect();
    all((0..LANES).map(|lane| {
        let tokens = &tokens;
        async move {
            for number in (lane..count).step_by(LANES) {
                tokens[number].replace(leaves(address, number).await);
            }
        }
    }))
    .await;
    let (cpu, start) = (program.cpu_time(), Instant::now());
    let clients: Vec<_> = (0..count).map(|_| std::cell::RefCell::new(None)).collect();
    all((0..count).map(|number| {
        let (token, client) = (tokens[number].borrow().clone(), &clients[number]);
        async move {
            client.replace(Some(comes_back(address, number, &token).await));
        }
    }))
    .await;
    let (took, cpu) = (start.elapsed(), program.cpu_time() - cpu);
    let each = cpu / u32::try_from(count).expect("few");
    println!("{count} came back in {took:?}, {each:?} of the processor each");
    assert!(took < TIME_MAX, "{took:?}");
    // Nothing that was said is lost, and each still has the connection to the game that it had.
    for (number, client) in clients.iter().enumerate() {
        let client = client.borrow_mut().take().expect("back");
        client.expect(&format!("You hear: {}", letters(number))).await;
        client.line("look").await;
        client.expect("You do: look").await;
    }
}
