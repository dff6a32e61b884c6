//! Players come, are cut off, come back and go, thousands of times: nothing is left of them, neither
//! in the tables nor in what the program takes from the system.
//!
//! `CYCLES=10000 MUDKEEP_PROGRAM=target/release/mudkeep cargo test --test promises cycles -- --nocapture`
//! is the whole promise, with the program as it is installed.

use std::net::SocketAddr;
use std::ops::Range;

use mudkeep::registry::Counts;

use crate::alone::{alone, open_files, resident_bytes};
use crate::bare::Bare;
use crate::program::{Program, until};
use crate::support::client::{Client, Dial};
use crate::support::proxy::Proxy;
use crate::world::{all, letters, texts, token};

/// Set it to 10000 for the whole promise.
const CYCLES: &str = "CYCLES";

/// What the program may need more after all cycles than after the first tenth of them: nothing that
/// adds up.
const GROWTH_KIB_MAX: usize = 2 << 10;

/// So many go round at the same time.
const LANES: usize = 64;

const SETTINGS: &str = "login.preset = \"circle\"\ntoken.tell = \"text\"\n\
    limits.failed_logins_total = 1_000\nlimits.negotiation_timeout = \"100ms\"";

fn count() -> usize {
    std::env::var(CYCLES).map_or(1_000, |count| count.parse().expect("a number"))
}

async fn door(address: SocketAddr, number: usize) -> Client {
    let dial = Dial::default().numbered(u16::try_from(number % 60_000).unwrap());
    let client = dial.connect(address).await;
    client.expect("be known? ").await;
    client
}

/// Connect, log in, drop, resume, quit.
async fn cycle(address: SocketAddr, number: usize) {
    let client = door(address, number).await;
    client.line(&letters(number)).await;
    client.expect("Password: ").await;
    client.line("sekrit").await;
    client.expect("Reconnecting.").await;
    let token = token(&client).await;
    match number % 2 {
        0 => client.vanish().await,
        _ => client.close().await,
    }
    let client = door(address, number).await;
    client.line(&format!("resume {token}")).await;
    client.expect(&texts().resumed().unwrap()).await;
    client.line("quit").await;
    client.expect("Goodbye.").await;
    client.expect_end().await;
}

async fn cycles(address: SocketAddr, numbers: Range<usize>) {
    let last = numbers.end;
    all((0..LANES).map(|lane| async move {
        for number in (numbers.start + lane..last).step_by(LANES) {
            cycle(address, number).await;
        }
    }))
    .await;
}

#[tokio::test]
async fn after_thousands_of_cycles_everything_is_as_at_the_start() {
    if !alone("cycles::after_thousands_of_cycles_everything_is_as_at_the_start") {
        return;
    }
    let count = count();
    let game = Bare::start().await;
    let proxy = Proxy::start(&game.address().to_string(), SETTINGS).await;
    // The first ones fill what is kept for those that follow.
    cycles(proxy.address(), 0..100).await;
    proxy.until_empty().await;
    let start = (open_files(), proxy.tasks(), resident_bytes());
    cycles(proxy.address(), 0..count).await;
    proxy.until("nobody is in", |counts| counts == Counts::default() && game.open() == 0).await;
    proxy.until("every task has ended", |_| proxy.tasks() == start.1).await;
    let end = (open_files(), proxy.tasks(), resident_bytes());
    println!("files, tasks, bytes: {start:?} before and {end:?} after {count} cycles");
    assert_eq!((end.0, end.1), (start.0, start.1));
}

#[tokio::test]
async fn the_program_takes_no_more_after_thousands_of_cycles_than_after_the_first_ones() {
    let count = count();
    let game = Bare::start().await;
    let program = Program::before(game.address(), SETTINGS).await;
    let fresh = program.usage();
    println!("{fresh:?} before");
    let (mut done, mut usages) = (0, Vec::new());
    for part in [count / 10, count / 5, count / 2, count] {
        cycles(program.address(), done..part).await;
        done = part;
        let closed = || (program.usage().files <= fresh.files).then(|| program.usage());
        let usage = until("its sockets are closed", closed).await;
        println!("{usage:?} after {done} cycles");
        usages.push(usage);
    }
    let (first, last) = (usages[0].resident_kib, usages[3].resident_kib);
    assert!(last < first + GROWTH_KIB_MAX, "{first} KiB became {last}");
    // Threads that hash passwords stay for some seconds in case there are more.
    let all_gone = || (program.usage().threads <= fresh.threads).then(|| program.usage());
    let end = until("its threads have ended", all_gone).await;
    println!("{end:?} at rest");
    assert_eq!((end.files, end.threads), (fresh.files, fresh.threads));
}
