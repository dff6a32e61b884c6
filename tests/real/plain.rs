//! A client that is only a socket: for tests that look at what passes, not at a screen.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::games::Game;
use super::wait::{PATIENCE, within};

const IAC: u8 = 255;
const SB: u8 = 250;
const SE: u8 = 240;
const WILL: u8 = 251;
const WONT: u8 = 252;
const DO: u8 = 253;
const DONT: u8 = 254;

/// A connected player who refuses every telnet option.
pub(crate) struct Plain {
    stream: TcpStream,
    telnet: Telnet,
    /// All text received, telnet taken out.
    heard: Vec<u8>,
    ended: bool,
}

impl Plain {
    /// Connects to a port of this machine.
    pub(crate) fn connect(port: u16) -> Plain {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_millis(10))).unwrap();
        Plain { stream, telnet: Telnet::default(), heard: Vec::new(), ended: false }
    }

    /// Sends a line.
    pub(crate) fn send(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).unwrap();
    }

    /// Waits for `text`, and returns all that was heard.
    pub(crate) fn wait_for(&mut self, text: &str) -> String {
        let found = within(PATIENCE, || self.heard().contains(text).then_some(()));
        let heard = self.heard();
        assert!(found.is_some(), "a plain client never hears {text:?}, only:\n{heard}");
        heard
    }

    /// Logs in, once the game has greeted, and waits for its welcome.
    pub(crate) fn log_in<G: Game>(&mut self, name: &str, password: &str) {
        self.wait_for(G::BANNER);
        self.send(&format!("connect {name} {password}"));
        self.wait_for(G::ACCEPTED);
    }

    /// Waits for the other side to close; false if it does not.
    pub(crate) fn is_closed_within(&mut self, limit: Duration) -> bool {
        within(limit, || {
            self.read();
            self.ended.then_some(())
        })
        .is_some()
    }

    /// The port of its own end.
    pub(crate) fn own_port(&self) -> u16 {
        self.stream.local_addr().unwrap().port()
    }

    /// Everything heard until now, without colours.
    pub(crate) fn heard(&mut self) -> String {
        self.read();
        without_colours(&String::from_utf8_lossy(&self.heard))
    }

    /// Takes what is there and answers what telnet asks.
    fn read(&mut self) {
        let mut bytes = [0; 16 * 1024];
        while !self.ended {
            match self.stream.read(&mut bytes) {
                Ok(0) => self.ended = true,
                Ok(length) => {
                    let answers = self.telnet.take(&bytes[..length], &mut self.heard);
                    let _ = self.stream.write_all(&answers);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.ended = true,
            }
        }
    }
}

/// Takes out what starts with an escape character and ends with a letter.
fn without_colours(text: &str) -> String {
    let mut parts = text.split('\u{1b}');
    let first = parts.next().unwrap_or_default().to_owned();
    let after = |part: &str| {
        let end = part.find(|c: char| c.is_ascii_alphabetic());
        part[end.map_or(part.len(), |end| end + 1)..].to_owned()
    };
    first + &parts.map(after).collect::<String>()
}

/// Just enough telnet to take it out of text and refuse it.
#[derive(Default)]
pub(crate) enum Telnet {
    #[default]
    Text,
    Command,
    Option(u8),
    Subnegotiation,
    SubnegotiationCommand,
}

impl Telnet {
    /// Appends the text in `bytes` to `text`, and returns the answers that telnet is owed.
    pub(crate) fn take(&mut self, bytes: &[u8], text: &mut Vec<u8>) -> Vec<u8> {
        let mut answers = Vec::new();
        for &byte in bytes {
            *self = match self {
                Telnet::Text if byte == IAC => Telnet::Command,
                Telnet::Text => {
                    text.push(byte);
                    Telnet::Text
                }
                Telnet::Command => match byte {
                    SB => Telnet::Subnegotiation,
                    WILL..=DONT => Telnet::Option(byte),
                    _ => Telnet::Text,
                },
                Telnet::Option(WILL) => refuse(DONT, byte, &mut answers),
                Telnet::Option(DO) => refuse(WONT, byte, &mut answers),
                Telnet::Option(_) => Telnet::Text,
                Telnet::Subnegotiation if byte == IAC => Telnet::SubnegotiationCommand,
                Telnet::SubnegotiationCommand if byte == SE => Telnet::Text,
                Telnet::Subnegotiation | Telnet::SubnegotiationCommand => Telnet::Subnegotiation,
            }
        }
        answers
    }
}

fn refuse(verb: u8, option: u8, answers: &mut Vec<u8>) -> Telnet {
    answers.extend([IAC, verb, option]);
    Telnet::Text
}
