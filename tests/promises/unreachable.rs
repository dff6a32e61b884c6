//! A game that cannot be reached: its name is looked up for ever, or its port takes nobody and refuses
//! nobody. Whoever comes is told in time, and whoever plays notices nothing.

use std::time::Duration;

use tokio::net::TcpSocket;
use tokio::time::Instant;

use crate::bare::{Bare, SETTINGS, acts, dial, player};
use crate::support::client::Client;
use crate::support::proxy::Proxy;
use crate::world::texts;

const TIMEOUT: &str = "game.connect_timeout = \"1s\"\nsession.verifier = false";

/// One who comes is told within the time and a moment, and `plays` is answered meanwhile.
async fn is_told_while(proxy: &Proxy, plays: Option<&Client>) {
    let start = Instant::now();
    let waits = dial(proxy.address(), 7).await;
    if let Some(plays) = plays {
        for _ in 0..10 {
            let asked = Instant::now();
            acts(plays).await;
            assert!(asked.elapsed() < Duration::from_millis(500), "{:?}", asked.elapsed());
        }
    }
    waits.expect(&texts().game_unreachable().unwrap()).await;
    waits.expect_end().await;
    let took = start.elapsed();
    assert!((Duration::from_secs(1)..Duration::from_secs(3)).contains(&took), "{took:?}");
}

/// Names are looked up on threads of their own; here there is one, and it is busy.
#[test]
fn a_name_that_is_looked_up_for_ever_holds_up_nobody_who_plays() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let game = Bare::start().await;
        let address = format!("localhost:{}", game.address().port());
        let proxy = Proxy::start(&address, &format!("{SETTINGS}\n{TIMEOUT}")).await;
        let (alice, _) = player(proxy.address(), 1).await;
        let (answer, question) = std::sync::mpsc::sync_channel::<()>(1);
        let lookup = tokio::task::spawn_blocking(move || question.recv());
        is_told_while(&proxy, Some(&alice)).await;
        drop(answer);
        let _ = lookup.await.unwrap();
        acts(&player(proxy.address(), 2).await.0).await;
    });
}

/// A port whose queue is full: the system answers nobody who comes, as if packets were lost.
#[tokio::test]
async fn a_game_that_neither_takes_nor_refuses_a_connection_is_given_up_in_time() {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let port = socket.listen(1).unwrap();
    let address = port.local_addr().unwrap();
    let mut queued = Vec::new();
    let full = loop {
        let next = TcpSocket::new_v4().unwrap().connect(address);
        match tokio::time::timeout(Duration::from_millis(300), next).await {
            Ok(stream) => queued.push(stream.unwrap()),
            Err(_) => break queued.len(),
        }
    };
    assert!(full > 0);
    let proxy = Proxy::start(&address.to_string(), &format!("{SETTINGS}\n{TIMEOUT}")).await;
    is_told_while(&proxy, None).await;
    proxy.until_empty().await;
}
