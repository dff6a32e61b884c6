//! A game that asks for a name and then, with the echo off, for a password, as CircleMUD does.
//! The real games that can be installed take both on one line and never switch the echo off.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::plain::Telnet;

const NAME_PROMPT: &[u8] = b"By what name do you wish to be known? ";
const ECHO_OFF: &[u8] = b"\xff\xfb\x01";
const ECHO_ON: &[u8] = b"\xff\xfc\x01";

/// The game. It takes any name with any password.
pub(crate) struct PasswordGame {
    port: u16,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Default)]
struct Heard {
    lines: Vec<String>,
    /// Whether the last question was asked with the echo off.
    echo_off: bool,
}

impl PasswordGame {
    /// Starts it on a free port. It runs until the test ends.
    pub(crate) fn start() -> PasswordGame {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let game =
            PasswordGame { port: listener.local_addr().unwrap().port(), heard: Arc::default() };
        let heard = Arc::clone(&game.heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let heard = Arc::clone(&heard);
                thread::spawn(move || play(&stream, &heard));
            }
        });
        game
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Every line that it was sent.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.heard.lock().unwrap().lines.clone()
    }

    /// Whether it waits for a line that must not be seen.
    pub(crate) fn asks_in_secret(&self) -> bool {
        self.heard.lock().unwrap().echo_off
    }
}

/// One connection: greets, asks, plays, and on `quit` shows the menu, where `1` enters the game
/// again, `4` asks for a new password with the echo off, and `0` closes. `None` when it is closed.
fn play(stream: &TcpStream, heard: &Mutex<Heard>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut telnet = Telnet::default();
    let mut ask = |parts: &[&[u8]]| -> Option<String> {
        let mut stream = stream;
        stream.write_all(&parts.concat()).ok()?;
        heard.lock().ok()?.echo_off = parts.contains(&ECHO_OFF);
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line).ok().filter(|&length| length > 0)?;
        let mut text = Vec::new();
        telnet.take(&line, &mut text);
        let line = String::from_utf8_lossy(&text).trim_end().to_owned();
        let mut heard = heard.lock().ok()?;
        heard.lines.push(line.clone());
        heard.echo_off = false;
        Some(line)
    };
    ask(&[b"Based on CircleMUD\r\n\r\n", NAME_PROMPT])?;
    ask(&[b"Password: ", ECHO_OFF])?;
    ask(&[ECHO_ON, b"\r\nWelcome back.\r\n\r\n*** PRESS RETURN: "])?;
    loop {
        let menu: &[u8] =
            b"0) Exit.\r\n1) Enter the game.\r\n4) Password.\r\n\r\nMake your choice: ";
        match ask(&[menu])?.as_str() {
            "0" => return None,
            "1" => {
                let mut line = ask(&[b"The Temple\r\n\r\n> "])?;
                while line != "quit" {
                    line = ask(&[b"You said: ", line.as_bytes(), b"\r\n\r\n> "])?;
                }
            }
            "4" => {
                ask(&[b"\r\nEnter your new password: ", ECHO_OFF])?;
                ask(&[ECHO_ON, b"\r\nDone.\r\n*** PRESS RETURN: "])?;
            }
            _ => {}
        }
    }
}
