//! The visit itself: a connection such as mudkeep makes for a player, on which nothing is said but
//! telnet answers, and which ends after a bounded time.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::facts::{Failure, Reach, Visit};
use super::heard::{End, Heard, Listening};
use crate::clock;
use crate::config::Config;
use crate::session::game::Dialer;
use crate::settings;
use crate::telnet::toward_game::GameTelnet;

/// How long a game is listened to at most. Some look up the client's name for seconds before they
/// say anything.
const VISIT_TIME_MAX: Duration = Duration::from_secs(10);
/// A game that has shown something and is quiet for so long has shown its first screen. tbaMUD waits
/// 1.5 s for the client in the middle of it.
const QUIET_TIME: Duration = Duration::from_secs(2);
/// A game that has sent so much is not listened to any longer.
const VISIT_BYTES_MAX: usize = 256 * 1024;
/// How much is read at once.
const READ_BYTES: usize = 4096;

/// Connects to the game, hears its first screen, and leaves.
pub(super) async fn visit(dialer: &Dialer, config: &Config) -> Reach {
    let began = clock::now();
    match connect(dialer, config).await {
        Ok(stream) => {
            let connected = clock::now().saturating_duration_since(began);
            reached(stream, connected, settings::game_telnet(config)).await
        }
        Err(failure) => Reach::Not(failure),
    }
}

async fn reached(mut stream: TcpStream, connected: Duration, telnet: GameTelnet) -> Reach {
    let addresses = stream.local_addr().and_then(|local| Ok((local, stream.peer_addr()?)));
    let (local, peer) = match addresses {
        Ok(addresses) => addresses,
        Err(error) => return Reach::Not(Failure::Other(error.to_string())),
    };
    let heard = listen(&mut stream, telnet).await;
    Reach::Reached(Box::new(Visit { peer, local: local.ip().to_canonical(), connected, heard }))
}

async fn connect(dialer: &Dialer, config: &Config) -> Result<TcpStream, Failure> {
    let (bind, connect_timeout) = (config.game.bind, config.game.connect_timeout);
    let found = timeout(connect_timeout, lookup_host(&dialer.address)).await;
    let found = found.ok().and_then(Result::ok).and_then(|mut addresses| addresses.next());
    found.ok_or(Failure::NameUnknown)?;
    dialer.dial(config).await.map_err(|error| failure(&error, bind, connect_timeout))
}

fn failure(error: &io::Error, bind: Option<IpAddr>, waited: Duration) -> Failure {
    match (error.kind(), bind) {
        (io::ErrorKind::ConnectionRefused, _) => Failure::Refused,
        (io::ErrorKind::TimedOut, _) => Failure::TimedOut(waited),
        (io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable, _) => Failure::NoWay,
        (io::ErrorKind::AddrNotAvailable, Some(bind)) => Failure::CannotBind(bind),
        _ => Failure::Other(error.to_string()),
    }
}

async fn listen(stream: &mut TcpStream, telnet: GameTelnet) -> Heard {
    let mut listening = Listening::new(clock::now(), telnet);
    let until = Instant::from_std(clock::now()) + VISIT_TIME_MAX;
    let end = converse(stream, &mut listening, until).await;
    listening.finish(clock::now(), end)
}

async fn converse(stream: &mut TcpStream, listening: &mut Listening, until: Instant) -> End {
    let mut buffer = vec![0; READ_BYTES];
    let mut last = Instant::from_std(clock::now());
    loop {
        while let Some(command) = listening.take_command() {
            match timeout_at(until, stream.write_all(&command)).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) => return End::Broken,
                Err(_) => return End::TimeUp,
            }
        }
        let quiet = if listening.has_text() { last + QUIET_TIME } else { until };
        let due = listening.deadline().map_or(until, Instant::from_std);
        let now = tokio::select! {
            read = stream.read(&mut buffer) => {
                last = Instant::from_std(clock::now());
                match read {
                    Ok(0) => return End::Closed,
                    Ok(count) => listening.hear(clock::now(), &buffer[..count]),
                    Err(_) => return End::Broken,
                }
                last
            }
            () = sleep_until(until.min(quiet).min(due)) => {
                listening.tick(clock::now());
                Instant::from_std(clock::now())
            }
        };
        if listening.bytes() >= VISIT_BYTES_MAX {
            return End::Full;
        }
        if now >= until {
            return End::TimeUp;
        }
        if now >= quiet && now >= last + QUIET_TIME {
            return End::Quiet;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use tokio::net::TcpListener;

    /// Visits a game that does this with its one connection.
    async fn visit_to<F: Future<Output = ()>>(game: impl FnOnce(TcpStream) -> F) -> Reach {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let config = Config::default();
        let dialer = dialer(&listener.local_addr().unwrap().to_string());
        let visit = visit(&dialer, &config);
        let play = async { game(listener.accept().await.unwrap().0).await };
        tokio::join!(visit, play).0
    }

    fn dialer(address: &str) -> Dialer {
        Dialer { address: address.to_owned() }
    }

    async fn heard_of<F: Future<Output = ()>>(game: impl FnOnce(TcpStream) -> F) -> Heard {
        match visit_to(game).await {
            Reach::Reached(visit) => visit.heard,
            Reach::Not(failure) => panic!("{failure:?}"),
        }
    }

    /// All that a visitor says until it leaves.
    async fn said(stream: &mut TcpStream) -> Vec<u8> {
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.unwrap();
        said
    }

    #[tokio::test]
    async fn a_visitor_answers_telnet_and_says_nothing_else() {
        let mut said_back = Vec::new();
        let heard = heard_of(async |mut stream| {
            // WILL GMCP, WILL MCCP2
            stream.write_all(b"Name: \xff\xfb\xc9\xff\xfb\x56").await.unwrap();
            said_back = said(&mut stream).await;
        })
        .await;
        assert_eq!((heard.end, heard.text), (End::Quiet, b"Name: ".to_vec()));
        assert!((QUIET_TIME..VISIT_TIME_MAX).contains(&heard.time), "{:?}", heard.time);
        assert_eq!(said_back, b"\xff\xfd\xc9\xff\xfe\x56");
    }

    #[tokio::test]
    async fn a_game_that_closes_was_heard_up_to_its_end() {
        let heard = heard_of(async |mut stream| {
            stream.write_all(b"You are banned.\r\n").await.unwrap();
        })
        .await;
        assert_eq!((heard.end, &*heard.text), (End::Closed, &b"You are banned.\r\n"[..]));
    }

    #[tokio::test]
    async fn a_game_that_says_nothing_is_left_in_time() {
        let heard = heard_of(async |mut stream| {
            tokio::time::pause();
            assert_eq!(said(&mut stream).await, b"");
        })
        .await;
        assert_eq!((heard.end, heard.bytes), (End::TimeUp, 0));
        assert!(heard.time < VISIT_TIME_MAX * 2);
    }

    #[tokio::test]
    async fn a_game_that_never_stops_is_left_when_it_has_said_enough() {
        let heard =
            heard_of(async |mut stream| while stream.write_all(&[b'x'; 4096]).await.is_ok() {})
                .await;
        assert_eq!(heard.end, End::Full);
        assert!(heard.bytes < VISIT_BYTES_MAX + READ_BYTES);
    }

    #[tokio::test]
    async fn a_game_that_cannot_be_reached_is_told_by_why() {
        let visit =
            async |address: &str, config: &Config| match visit(&dialer(address), config).await {
                Reach::Reached(_) => panic!("{address} was reached"),
                Reach::Not(failure) => failure,
            };
        let mut config = Config::default();
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        assert_eq!(visit(&gone.to_string(), &config).await, Failure::Refused);
        // No part of a name is so long: nobody has to be asked.
        let no_name = format!("{}.invalid:4000", "a".repeat(64));
        assert_eq!(visit(&no_name, &config).await, Failure::NameUnknown);
        let elsewhere = IpAddr::from([192, 0, 2, 1]);
        config.game.bind = Some(elsewhere);
        assert_eq!(visit(&gone.to_string(), &config).await, Failure::CannotBind(elsewhere));
        for (kind, expected) in [
            (io::ErrorKind::TimedOut, Failure::TimedOut(Duration::ZERO)),
            (io::ErrorKind::NetworkUnreachable, Failure::NoWay),
            (io::ErrorKind::HostUnreachable, Failure::NoWay),
            (io::ErrorKind::OutOfMemory, Failure::Other("out of memory".to_owned())),
        ] {
            assert_eq!(failure(&kind.into(), None, Duration::ZERO), expected);
        }
    }
}
