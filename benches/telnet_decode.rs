//! Decoding what a MUD sends, with no, 0.1 % and 1 % of the bytes starting a telnet command, in reads
//! of one Ethernet segment and of mudkeep's own buffer; with libtelnet-rs beside it.
//!
//! `cargo bench --bench telnet_decode`

use std::hint::black_box;
use std::time::Instant;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use libtelnet_rs::Parser;
use libtelnet_rs::compatibility::CompatibilityTable;
use mudkeep::telnet::decode::{Decoder, IacMode};
use mudkeep::telnet::toward_game::{FromGame, GameTelnet, Profile, TowardGame};

const STREAM_BYTES: usize = 1 << 20;
const SEGMENT_BYTES: usize = 1460;
const BUFFER_BYTES: usize = 60 * 1024;

/// What a room, a fight and a chat look like.
const TEXT: &[u8] = b"\x1b[1;36mThe Temple Of Midgaard\x1b[0m\r\n\
    You are in the southern end of the temple hall in the Temple of Midgaard. The temple has been\r\n\
    constructed from giant marble blocks, eternal in appearance, and most of the walls are covered\r\n\
    by ancient wall paintings picturing gods, giants and peasants.\r\n\
    \x1b[0;33mA cityguard stands here, keeping the peace.\x1b[0m\r\n\
    Bilbo says, 'has anybody seen my ring?'\r\n\
    Your slash \x1b[1;31mmauls\x1b[0m the beastly fido! The beastly fido's bite scratches you.\r\n\
    <112hp 84m 210mv> ";

/// The commands in it, of which most are prompt marks.
const COMMANDS: [&[u8]; 8] = [
    b"\xff\xf9",
    b"\xff\xf9",
    b"\xff\xfb\x01",
    b"\xff\xf9",
    b"\xff\xf9",
    b"\xff\xfa\xc9Char.Vitals {\"hp\":112,\"maxhp\":120,\"mp\":84,\"mv\":210}\xff\xf0",
    b"\xff\xf9",
    b"\xff\xfc\x01",
];

/// A stream in which a command follows each `text_bytes` of text; none if that is 0.
fn stream(text_bytes: usize) -> Vec<u8> {
    let mut text = TEXT.iter().copied().cycle();
    let mut commands = COMMANDS.iter().cycle();
    let mut stream = Vec::with_capacity(STREAM_BYTES);
    while stream.len() < STREAM_BYTES {
        let run = if text_bytes == 0 { STREAM_BYTES } else { text_bytes };
        stream.extend(text.by_ref().take(run));
        if text_bytes != 0 {
            stream.extend_from_slice(commands.next().unwrap_or(&COMMANDS[0]));
        }
    }
    stream.truncate(STREAM_BYTES);
    stream
}

fn decoder(stream: &[u8], chunk_bytes: usize) -> usize {
    let mut decoder = Decoder::new(64 * 1024, IacMode::Telnet);
    let mut events = 0;
    for mut chunk in stream.chunks(chunk_bytes) {
        while let Some(event) = decoder.next(&mut chunk) {
            black_box(&event);
            events += 1;
        }
    }
    events
}

/// The whole engine towards the game, as a session runs it.
fn toward_game(stream: &[u8], chunk_bytes: usize, now: Instant) -> usize {
    let config = GameTelnet {
        profile: Profile::Full,
        iac: IacMode::Telnet,
        charset_name: "UTF-8",
        utf8: true,
        subnegotiation_bytes_max: 64 * 1024,
    };
    let mut engine = TowardGame::new(config, now);
    let mut text_bytes = 0;
    for mut chunk in stream.chunks(chunk_bytes) {
        while let Some(event) = engine.next(now, &mut chunk) {
            if let FromGame::Text(text) = black_box(&event) {
                text_bytes += text.len();
            }
        }
        while engine.take_command().is_some() {}
    }
    text_bytes
}

fn libtelnet(stream: &[u8], chunk_bytes: usize) -> usize {
    let every_option: Vec<(u8, u8)> = (0..=u8::MAX).map(|option| (option, 0x0f)).collect();
    let mut parser = Parser::with_support(CompatibilityTable::from_options(&every_option));
    stream.chunks(chunk_bytes).map(|chunk| black_box(parser.receive(chunk)).len()).sum()
}

fn benches(criterion: &mut Criterion) {
    #[expect(clippy::disallowed_methods, reason = "the engine is told some time, whichever")]
    let now = Instant::now();
    let mut group = criterion.benchmark_group("telnet_decode");
    group.throughput(Throughput::Bytes(STREAM_BYTES as u64));
    for (share, text_bytes) in [("0", 0), ("0.1%", 1000), ("1%", 100)] {
        let stream = stream(text_bytes);
        for chunk_bytes in [SEGMENT_BYTES, BUFFER_BYTES] {
            let input = format!("{share} IAC, reads of {chunk_bytes}");
            let mut run = |name: &str, decode: &dyn Fn(&[u8]) -> usize| {
                group.bench_with_input(BenchmarkId::new(name, &input), &stream, |bench, stream| {
                    bench.iter(|| decode(black_box(stream)));
                });
            };
            run("decoder", &|stream| decoder(stream, chunk_bytes));
            run("toward_game", &|stream| toward_game(stream, chunk_bytes, now));
            run("libtelnet-rs", &|stream| libtelnet(stream, chunk_bytes));
        }
    }
    group.finish();
}

criterion_group!(telnet, benches);
criterion_main!(telnet);
