//! A game and a client that say anything at all: neither engine panics, both mean the same however the
//! bytes are cut, every command towards the game is a whole one, and what waits to be read is bounded.
//!
//! The first byte says how the rest is cut and what the engines are set to.

#![no_main]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use mudkeep::telnet::client_info::{ClientInfo, WindowSize};
use mudkeep::telnet::decode::{Decoder, IacMode};
use mudkeep::telnet::option::{ATCP, GMCP, MXP, OptionSet};
use mudkeep::telnet::toward_client::{ClientTelnet, FromClient, TowardClient};
use mudkeep::telnet::toward_game::{FromGame, GameTelnet, Profile, TowardGame};

fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

#[derive(PartialEq, Debug)]
enum Said {
    Text(Vec<u8>),
    Other(String),
}

fn game(profile: Profile) -> TowardGame {
    let config = GameTelnet {
        profile,
        iac: IacMode::Telnet,
        charset_name: "UTF-8",
        utf8: true,
        subnegotiation_bytes_max: 100,
    };
    TowardGame::new(config, start())
}

/// What the game says, and what it is sent.
fn play_game<'i>(
    inputs: impl Iterator<Item = &'i [u8]>,
    profile: Profile,
    info: &ClientInfo,
) -> (Vec<Said>, Vec<Vec<u8>>) {
    let mut engine = game(profile);
    engine.attach_client(start(), info);
    let mut all = Vec::new();
    for mut input in inputs {
        while let Some(event) = engine.next(start(), &mut input) {
            let said = match event {
                FromGame::Text(text) => {
                    if let Some(Said::Text(before)) = all.last_mut() {
                        before.extend_from_slice(text);
                        continue;
                    }
                    Said::Text(text.to_vec())
                }
                FromGame::OutOfBand { option, payload } => {
                    Said::Other(format!("{option} {payload:?}"))
                }
                other => Said::Other(format!("{other:?}")),
            };
            all.push(said);
        }
    }
    engine.tick(start() + Duration::from_secs(20));
    let resized = ClientInfo { size: Some(WindowSize::said(99, 33)), ..info.clone() };
    engine.attach_client(start(), &resized);
    let commands: Vec<Vec<u8>> = std::iter::from_fn(|| engine.take_command()).collect();
    assert!(commands.len() <= 512);
    assert!(profile != Profile::None || commands.is_empty());
    for command in &commands {
        let mut decoder = Decoder::new(usize::MAX, IacMode::Telnet);
        let mut wire = &command[..];
        assert!(decoder.next(&mut wire).is_some() && wire.is_empty() && decoder.in_text());
    }
    (all, commands)
}

fn play_client<'i>(
    inputs: impl Iterator<Item = &'i [u8]>,
) -> (Vec<FromClient>, Vec<u8>, ClientInfo) {
    let config = ClientTelnet {
        subnegotiation_bytes_max: 100,
        line_bytes_max: 50,
        negotiation_timeout: Duration::from_secs(1),
        charsets: std::sync::Arc::new(["UTF-8".into()]),
        are_you_there: "yes".into(),
    };
    let mut engine = TowardClient::new(config, None, start());
    let mut wire = Vec::new();
    engine.offers(OptionSet::of(&[GMCP, MXP, ATCP]), &mut wire);
    let mut all = Vec::new();
    for mut input in inputs {
        while let Some(event) = engine.next(start(), &mut input) {
            match event {
                // One for several changes is as good.
                FromClient::Info => {}
                FromClient::Line(line) => {
                    assert!(line.len() <= 50 && !line.contains(&b'\n') && !line.contains(&0));
                    all.push(FromClient::Line(line));
                }
                other => all.push(other),
            }
        }
    }
    engine.take_replies(&mut wire);
    assert!(wire.len() <= 17 * 1024);
    (all, wire, engine.info().clone())
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&control, input)) = bytes.split_first() else { return };
    let chunk = usize::from(control % 16) + 1;
    let profile = [Profile::Full, Profile::Replies, Profile::None][usize::from(control >> 4) % 3];
    let info = ClientInfo {
        settled: control & 0x40 != 0,
        agreed: OptionSet::of(if control & 0x80 == 0 { &[] } else { &[MXP, ATCP] }),
        ..ClientInfo::default()
    };
    let whole = play_game(std::iter::once(input), profile, &info);
    assert_eq!(play_game(input.chunks(chunk), profile, &info), whole);
    let whole = play_client(std::iter::once(input));
    assert_eq!(play_client(input.chunks(chunk)), whole);

    let mut lines = Vec::new();
    game(profile).encode_line(input, 80, &mut lines);
    assert!(
        lines.len() <= 82 && lines.ends_with(b"\r\n") && !lines[..lines.len() - 2].contains(&b'\n')
    );
});
