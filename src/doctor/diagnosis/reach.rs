//! Whether there is a game, and whether it is one.

use std::time::Duration;

use super::{Findings, seconds};
use crate::config::{GameAddress, show_time};
use crate::doctor::facts::{Facts, Failure, Visit};
use crate::doctor::heard::End;
use crate::doctor::report::Part::Game;
use crate::printable::Printable;

/// A game that takes longer to say anything keeps players waiting at each login.
const SLOW: Duration = Duration::from_secs(2);

/// How other programs begin that are no games.
const STRANGERS: [(&[u8], &str); 6] = [
    (b"SSH-", "an SSH server"),
    (b"HTTP/", "a web server"),
    (b"220 ", "a mail or file server"),
    (b"* OK", "a mail server"),
    (b"+OK", "a mail server"),
    (b"RFB ", "a remote desktop"),
];

pub(super) fn not_reached(facts: &Facts<'_>, failure: &Failure, findings: &mut Findings) {
    let address = &facts.game;
    let (text, advice) = match failure {
        Failure::NameUnknown => (
            format!(
                "The host of {address} has no address: its name is unknown here, or nobody tells it."
            ),
            "Correct the name, or write the IP address in its place.".to_owned(),
        ),
        Failure::Refused => (
            format!("Nothing listens on {address} (connection refused)."),
            format!(
                "Start the game, or correct the port: `ss -ltn` on the game's machine lists what \
                 listens there{}. A game in a container must publish its port.",
                others_listen(address)
            ),
        ),
        Failure::TimedOut(waited) => (
            format!("Nobody answers at {address}: gave up after {}.", show_time(*waited)),
            "A firewall drops it, or the machine is off, or it is another address. Let the \
             firewall pass this machine; to have the game on this one is best."
                .to_owned(),
        ),
        Failure::NoWay => (
            format!("There is no way to {address}: the network or the host cannot be reached."),
            "Correct the address, or this machine's routes.".to_owned(),
        ),
        Failure::CannotBind(bind) => (
            format!("game.bind is {bind}, which is no address of this machine."),
            "Correct game.bind (`ip address` lists them), or leave it out.".to_owned(),
        ),
        Failure::Other(error) => (
            format!("{address} cannot be reached: {}", Printable::new(error)),
            "Look for what the system means by that.".to_owned(),
        ),
    };
    findings.fix(Game, text, advice);
}

/// A port may be open on one address of a machine and not on another.
fn others_listen(address: &GameAddress) -> &'static str {
    match address {
        GameAddress::At(at) if at.host == "localhost" || at.host.starts_with("127.") => "",
        GameAddress::At(_) | GameAddress::Demo => {
            ", and on which addresses: one on 127.0.0.1 answers that machine alone"
        }
    }
}

/// Says what it is that answers; whether it is a game that has shown something.
pub(super) fn reached(visit: &Visit, findings: &mut Findings) -> bool {
    let heard = &visit.heard;
    findings.good(Game, format!("It answers: connected after {}.", seconds(visit.connected)));
    match heard.first_text {
        Some(after) => {
            findings.good(
                Game,
                format!(
                    "It speaks first, after {}: {} bytes of text and telnet.",
                    seconds(after),
                    heard.bytes
                ),
            );
            if after >= SLOW {
                findings.note(
                    Game,
                    "It is slow to speak: it may look up the name of the client's address, which \
                     is always mudkeep's now. Switch that off if it has a setting for it.",
                );
            }
        }
        None => silent(heard.time, heard.end, heard.bytes, findings),
    }
    let stranger = stranger(&heard.text);
    if let Some(stranger) = stranger {
        let line = first_line(&heard.text);
        findings.fix(
            Game,
            format!("It is not a game but {stranger}: {}", Printable::new(&line)),
            "Give the port on which players connect to the game.",
        );
    }
    ended(heard.end, heard.first_text.is_some(), findings);
    heard.first_text.is_some() && stranger.is_none()
}

fn silent(time: Duration, end: End, bytes: usize, findings: &mut Findings) {
    if matches!(end, End::Closed | End::Broken) {
        return;
    }
    let said = if bytes == 0 { "nothing" } else { "nothing but telnet" };
    findings.fix(
        Game,
        format!("It said {said} in {}. Games speak first.", seconds(time)),
        "See that it is the game's port for plain telnet: one for TLS or for browsers waits like \
         this. A game that looks up names at each connection may also take long: let it find \
         mudkeep's address in /etc/hosts, or switch that off.",
    );
}

fn ended(end: End, spoke: bool, findings: &mut Findings) {
    match (end, spoke) {
        (End::Quiet | End::TimeUp, _) => {}
        (End::Full, _) => findings.note(Game, "It sends without end; the beginning was looked at."),
        (End::Closed | End::Broken, _) => {
            let how = if end == End::Broken { "broke" } else { "closed" };
            let when = if spoke { "right after its first words" } else { "without a word" };
            findings.fix(
                Game,
                format!("It {how} the connection {when}."),
                "It may have banned this machine's address, limit connections per address, be \
                 full, or expect another protocol. Its own log says which.",
            );
        }
    }
}

fn stranger(text: &[u8]) -> Option<&'static str> {
    STRANGERS.iter().find(|(start, _)| text.starts_with(start)).map(|(_, what)| *what)
}

fn first_line(text: &[u8]) -> Vec<u8> {
    text.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default().to_vec()
}
