//! Players come, are cut off, come back and go, thousands of times: nothing is left of them.

use mudkeep::registry::Counts;

use crate::alone::{alone, open_files, resident_bytes};
use crate::bare::Bare;
use crate::support::client::{Client, Dial};
use crate::support::proxy::Proxy;
use crate::world::{all, letters, texts, token};

/// Set it to 10000 for the whole promise.
const CYCLES: &str = "CYCLES";

/// So many go round at the same time.
const LANES: usize = 32;

async fn door(proxy: &Proxy, number: usize) -> Client {
    let dial = Dial::default().numbered(u16::try_from(number % 60_000).unwrap());
    let client = dial.connect(proxy.address()).await;
    client.expect("be known? ").await;
    client
}

/// Connect, log in, drop, resume, quit.
async fn cycle(proxy: &Proxy, number: usize) {
    let client = door(proxy, number).await;
    client.line(&letters(number)).await;
    client.expect("Password: ").await;
    client.line("sekrit").await;
    client.expect("Reconnecting.").await;
    let token = token(&client).await;
    match number % 2 {
        0 => client.vanish().await,
        _ => client.close().await,
    }
    let client = door(proxy, number).await;
    client.line(&format!("resume {token}")).await;
    client.expect(&texts().resumed().unwrap()).await;
    client.line("quit").await;
    client.expect("Goodbye.").await;
    client.expect_end().await;
}

async fn cycles(proxy: &Proxy, count: usize) {
    all((0..LANES).map(|lane| async move {
        for number in (lane..count).step_by(LANES) {
            cycle(proxy, number).await;
        }
    }))
    .await;
}

#[tokio::test]
async fn after_thousands_of_cycles_everything_is_as_at_the_start() {
    if !alone("cycles::after_thousands_of_cycles_everything_is_as_at_the_start") {
        return;
    }
    let count = std::env::var(CYCLES).map_or(1_000, |count| count.parse().expect("a number"));
    let game = Bare::start().await;
    let settings = "login.preset = \"circle\"\ntoken.tell = \"text\"\n\
        limits.failed_logins_total = 1_000";
    let proxy = Proxy::start(&game.address().to_string(), settings).await;
    // The first ones fill what is kept for those that follow.
    cycles(&proxy, 100).await;
    proxy.until_empty().await;
    let start = (open_files(), proxy.tasks(), resident_bytes());
    cycles(&proxy, count).await;
    proxy.until("nobody is in", |counts| counts == Counts::default() && game.open() == 0).await;
    proxy.until("every task has ended", |_| proxy.tasks() == start.1).await;
    let end = (open_files(), proxy.tasks(), resident_bytes());
    println!("files, tasks, bytes: {start:?} before and {end:?} after {count} cycles");
    assert_eq!((end.0, end.1), (start.0, start.1));
}
