//! The frames against a WebSocket client over a pipe, with the clock in hand.

mod life;

use std::future::{Future, poll_fn};
use std::time::Duration;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};

use super::*;
use crate::config::Config;
use crate::session::message::Closing;
use crate::transport::wire::close::close_frame;

const PIPE_BYTES: usize = 16 * 1024;

type Client = WebSocketStream<DuplexStream>;

/// What a WebSocket of mudkeep's is made of one end of a pipe.
async fn server_side(io: DuplexStream) -> Socket {
    Socket::new(Box::new(io), &Config::default().limits).await
}

async fn raw(subprotocol: ByteSubprotocol, pipe_bytes: usize) -> (FrameStream, DuplexStream) {
    let (ours, theirs) = duplex(pipe_bytes);
    let dialect = subprotocol.dialect();
    let translator = dialect.map(|it| Box::new(Translator::new(it, encoding_rs::UTF_8)));
    let limits = Config::default().limits;
    (FrameStream::new(server_side(ours).await, translator, &limits), theirs)
}

/// mudkeep's side, and a client that takes no frame longer than it should get.
async fn pair(subprotocol: ByteSubprotocol, pipe_bytes: usize) -> (FrameStream, Client) {
    let (stream, theirs) = raw(subprotocol, pipe_bytes).await;
    let config = WebSocketConfig::default().max_frame_size(Some(FRAME_BYTES_MAX));
    (stream, Client::from_raw_socket(theirs, Role::Client, Some(config)).await)
}

async fn binary() -> (FrameStream, Client) {
    pair(ByteSubprotocol::Binary, PIPE_BYTES).await
}

/// Writes all of it, as the telnet connection does, and no flush behind it.
async fn write(stream: &mut FrameStream, bytes: &[u8]) -> io::Result<()> {
    let mut written = 0;
    while written < bytes.len() {
        let rest = &bytes[written..];
        written += poll_fn(|cx| stream.poll_write(cx, &[IoSlice::new(rest)])).await?;
    }
    Ok(())
}

async fn read(stream: &mut FrameStream) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 64 * 1024];
    let read = poll_fn(|cx| {
        stream.keep_alive(cx)?;
        let mut buffer = ReadBuf::new(&mut bytes);
        ready!(stream.poll_read(cx, &mut buffer))?;
        Poll::Ready(io::Result::Ok(buffer.filled().len()))
    });
    let read = read.await?;
    bytes.truncate(read);
    Ok(bytes)
}

/// Lets everything run that can run now, `during` the life of the stream.
async fn served<R>(stream: &mut FrameStream, during: impl Future<Output = R>) -> R {
    let serving = async {
        loop {
            if read(stream).await.is_ok_and(|read| read.is_empty()) {
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        done = during => done,
        () = serving => unreachable!(),
    }
}

async fn next(client: &mut Client) -> Message {
    client.next().await.expect("it goes on").expect("a message")
}

async fn closed(client: &mut Client) -> (u16, String) {
    loop {
        match client.next().await {
            Some(Ok(Message::Close(Some(frame)))) => {
                return (frame.code.into(), frame.reason.to_string());
            }
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn bytes_of(message: Message) -> Vec<u8> {
    let Message::Binary(bytes) = message else { panic!("{message:?}") };
    bytes.to_vec()
}

#[tokio::test(start_paused = true)]
async fn telnet_goes_both_ways_in_binary_frames_and_in_text_frames_too() {
    let (mut stream, mut client) = binary().await;
    write(&mut stream, b"\xff\xfd\x18Hello").await.unwrap();
    assert_eq!(bytes_of(next(&mut client).await), b"\xff\xfd\x18Hello");
    for (message, telnet) in [
        (Message::binary(b"\xff".to_vec()), &b"\xff"[..]),
        (Message::binary(b"\xfc\x18loo".to_vec()), b"\xfc\x18loo"),
        (Message::text("k \u{e9}\r\n"), "k \u{e9}\r\n".as_bytes()),
    ] {
        client.send(message).await.unwrap();
        assert_eq!(read(&mut stream).await.unwrap(), telnet);
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_goes_in_frames_of_4000_bytes_however_many_pieces_it_has() {
    let (mut stream, mut client) = binary().await;
    let text: Vec<u8> = (0..10_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    write(&mut stream, &text).await.unwrap();
    let frames = [next(&mut client).await, next(&mut client).await, next(&mut client).await];
    let frames = frames.map(bytes_of);
    assert_eq!(frames.each_ref().map(Vec::len), [4000, 4000, 2000]);
    assert_eq!(frames.concat(), text);
    let pieces: Vec<IoSlice<'_>> = text.chunks(999).map(IoSlice::new).collect();
    let written = poll_fn(|cx| stream.poll_write(cx, &pieces)).await.unwrap();
    assert_eq!((written, bytes_of(next(&mut client).await)), (4000, text[..4000].to_vec()));
}

#[tokio::test(start_paused = true)]
async fn a_long_message_is_one_message_in_several_frames() {
    let (mut stream, mut client) = pair(ByteSubprotocol::Gmcp, 512).await;
    let message = format!("Char.Items.List \"{}\"", "\u{e9}".repeat(10_000));
    let mut telnet = b"You have:".to_vec();
    crate::telnet::encode::subnegotiation(201, message.as_bytes(), &mut telnet);
    telnet.extend_from_slice(b"That is all.");
    let reading = async {
        assert_eq!(bytes_of(next(&mut client).await), b"You have:");
        let Message::Text(text) = next(&mut client).await else { panic!("no message") };
        assert_eq!(text.as_str(), message);
        assert_eq!(bytes_of(next(&mut client).await), b"That is all.");
    };
    let writing = async {
        write(&mut stream, &telnet).await.unwrap();
        poll_fn(|cx| stream.poll_flush(cx)).await.unwrap();
    };
    tokio::join!(writing, reading);
}

#[tokio::test(start_paused = true)]
async fn what_the_small_telnet_client_answers_is_read_as_if_the_client_had_said_it() {
    let (mut stream, mut client) = pair(ByteSubprotocol::Gmcp, PIPE_BYTES).await;
    client.send(Message::text("Core.Hello {}")).await.unwrap();
    client.send(Message::binary("look")).await.unwrap();
    write(&mut stream, b"\xff\xfb\xc9\xff\xfd\x18").await.unwrap();
    let mut telnet = b"\xff\xfd\xc9\xff\xfc\x18".to_vec();
    assert_eq!(read(&mut stream).await.unwrap(), telnet);
    telnet = read(&mut stream).await.unwrap();
    assert_eq!(telnet, b"\xff\xfa\xc9Core.Hello {}\xff\xf0");
    assert_eq!(read(&mut stream).await.unwrap(), b"look\r\n");
    for bad in ["", "\u{7f}"] {
        client.send(Message::text(bad)).await.unwrap();
    }
    client.send(Message::binary("north")).await.unwrap();
    assert_eq!(read(&mut stream).await.unwrap(), b"north\r\n");
    assert_eq!((stream.take_abuses(), stream.take_abuses()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_game_that_offers_again_and_again_is_not_answered_without_bound() {
    let (mut stream, mut client) = pair(ByteSubprotocol::Gmcp, PIPE_BYTES).await;
    let offers = b"\xff\xfb\xc9\xff\xfc\xc9".repeat(10_000);
    write(&mut stream, &offers).await.unwrap();
    let answers = read(&mut stream).await.unwrap();
    assert!(answers.len() <= ANSWERS_BYTES_MAX, "{}", answers.len());
    client.send(Message::binary("look")).await.unwrap();
    assert_eq!(read(&mut stream).await.unwrap(), b"look\r\n");
    write(&mut stream, b"\xff\xfb\x19").await.unwrap();
    assert_eq!(read(&mut stream).await.unwrap(), b"\xff\xfd\x19");
}

#[tokio::test(start_paused = true)]
async fn of_what_a_client_does_not_read_one_write_waits_and_no_more() {
    for subprotocol in [ByteSubprotocol::Telnet, ByteSubprotocol::Terminal] {
        let (mut stream, mut client) = pair(subprotocol, 1024).await;
        let text = b"x".repeat(100_000);
        assert!(write(&mut stream, &text).now_or_never().is_none());
        assert!(stream.written <= 1024 + FRAME_BYTES_MAX as u64, "{}", stream.written);
        let taken = stream.written;
        assert!(write(&mut stream, &text).now_or_never().is_none());
        assert_eq!(stream.written, taken, "it takes nothing more");
        let mut read = 0;
        while read < taken {
            let flushing = async {
                poll_fn(|cx| stream.poll_flush(cx)).await.unwrap();
                std::future::pending::<()>().await;
            };
            tokio::select! {
                message = next(&mut client) => read += bytes_of(message).len() as u64,
                () = flushing => unreachable!(),
            }
        }
        poll_fn(|cx| stream.poll_flush(cx)).await.unwrap();
        assert_eq!(read, taken);
    }
}

#[tokio::test(start_paused = true)]
async fn a_ping_is_answered_though_nobody_writes() {
    let (mut stream, mut client) = binary().await;
    client.send(Message::Ping(Bytes::from_static(b"there?"))).await.unwrap();
    let pong = served(&mut stream, next(&mut client)).await;
    assert_eq!(pong, Message::Pong(Bytes::from_static(b"there?")));
}

#[tokio::test(start_paused = true)]
async fn who_floods_with_pings_and_reads_nothing_is_not_heard_until_it_reads() {
    let (mut stream, mut client) = pair(ByteSubprotocol::Binary, 2048).await;
    let ping = || Message::Ping(Bytes::copy_from_slice(&[b'x'; 125]));
    let mut sent = 0;
    let flooded = Duration::from_secs(5);
    let flood = async {
        while sent < 10_000 {
            client.send(ping()).await.unwrap();
            sent += 1;
        }
    };
    served(&mut stream, timeout(flooded, flood)).await.unwrap_err();
    assert!(sent < 100, "{sent} were taken");
    client.send(Message::binary("look\r\n")).now_or_never();
    let (_, line) = tokio::join!(
        async {
            for _ in 0..sent {
                assert!(matches!(next(&mut client).await, Message::Pong(_)));
            }
            client.flush().await.unwrap();
        },
        read(&mut stream)
    );
    assert_eq!(line.unwrap(), b"look\r\n");
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_empty_messages_lets_others_have_their_turn() {
    let (mut stream, mut client) = binary().await;
    for _ in 0..1000 {
        client.feed(Message::binary(Vec::new())).await.unwrap();
    }
    client.flush().await.unwrap();
    assert!(read(&mut stream).now_or_never().is_none());
    client.send(Message::binary("look\r\n")).await.unwrap();
    let start = Instant::now();
    assert_eq!(read(&mut stream).await.unwrap(), b"look\r\n");
    assert_eq!(Instant::now(), start, "nobody has to wait for it");
}

#[tokio::test(start_paused = true)]
async fn a_client_is_pinged_every_20_seconds_and_has_what_was_sent_before_it_answers() {
    let (mut stream, mut client) = binary().await;
    let start = Instant::now();
    write(&mut stream, b"before").await.unwrap();
    assert_eq!(stream.acknowledged(), 0);
    for round in 1..=3_u64 {
        let behind = async {
            loop {
                if let Message::Ping(_) = next(&mut client).await {
                    break Instant::now() - start;
                }
            }
        };
        let when = served(&mut stream, behind).await;
        assert_eq!(when, Duration::from_secs(20 * round));
        assert_eq!(stream.acknowledged(), if round == 1 { 0 } else { 6 + 5 * (round - 2) });
        write(&mut stream, b"after").await.unwrap();
        // Reading on is what sends the pong.
        let answer = async {
            assert_eq!(bytes_of(next(&mut client).await), b"after");
            client.flush().await.unwrap();
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        served(&mut stream, answer).await;
        assert_eq!(stream.acknowledged(), 6 + 5 * (round - 1));
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_within_10_seconds_is_given_up_and_told() {
    let (mut stream, mut client) = binary().await;
    let start = Instant::now();
    let error = read(&mut stream).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert_eq!(Instant::now() - start, Duration::from_secs(30));
    assert_eq!(closed(&mut client).await, (4408, "no answer".into()));
}

#[tokio::test(start_paused = true)]
async fn a_pong_that_was_not_asked_for_answers_nothing() {
    let (mut stream, mut theirs) = raw(ByteSubprotocol::Binary, PIPE_BYTES).await;
    let start = Instant::now();
    write(&mut stream, b"before").await.unwrap();
    for seconds in [5, 25] {
        let until = tokio::time::sleep_until(start + Duration::from_secs(seconds));
        served(&mut stream, until).await;
        // Masked with nothing: "x".
        theirs.write_all(&[0x8a, 0x81, 0, 0, 0, 0, b'x']).await.unwrap();
    }
    assert_eq!(read(&mut stream).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    // Who said so much was there, once.
    assert_eq!((Instant::now() - start, stream.acknowledged()), (Duration::from_secs(40), 0));
}

#[tokio::test(start_paused = true)]
async fn who_takes_something_is_there_although_the_pong_is_late() {
    let (mut stream, mut theirs) = raw(ByteSubprotocol::Binary, 512).await;
    // A slow line: what was sent before the ping is on its way for longer than a pong may take.
    let taking = async {
        for _ in 0..20 {
            tokio::time::sleep(Duration::from_secs(4)).await;
            theirs.read_exact(&mut [0; 4000]).await.unwrap();
        }
    };
    let writing = async {
        let text = b"x".repeat(1_000_000);
        let mut written = 0;
        while written < text.len() {
            let pieces = [IoSlice::new(&text[written..])];
            let write = poll_fn(|cx| {
                stream.keep_alive(cx)?;
                stream.poll_write(cx, &pieces)
            });
            written += write.await.unwrap();
        }
    };
    tokio::select! {
        () = taking => {}
        () = writing => unreachable!(),
    }
}

#[tokio::test(start_paused = true)]
async fn who_says_something_is_there_although_it_answers_no_ping() {
    let (mut stream, mut client) = binary().await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(9)).await;
        client.send(Message::binary("look\r\n")).await.unwrap();
        assert_eq!(read(&mut stream).await.unwrap(), b"look\r\n");
    }
    assert_eq!(stream.acknowledged(), 0);
    assert_eq!(read(&mut stream).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_is_answered_and_gone() {
    for code in [1000_u16, 1001, 3000, 4000] {
        let (mut stream, mut client) = binary().await;
        let frame = CloseFrame { code: code.into(), reason: "bye".into() };
        client.send(Message::binary("quit\r\n")).await.unwrap();
        client.close(Some(frame)).await.unwrap();
        assert_eq!(read(&mut stream).await.unwrap(), b"quit\r\n");
        assert_eq!(read(&mut stream).await.unwrap(), b"");
        assert_eq!(closed(&mut client).await, (code, "bye".into()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_vanishes_has_not_closed() {
    let (mut stream, client) = binary().await;
    drop(client);
    assert_eq!(read(&mut stream).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
}

#[tokio::test(start_paused = true)]
async fn the_last_frame_comes_behind_what_was_said_and_the_client_may_close_in_order() {
    let (mut stream, mut client) = pair(ByteSubprotocol::Binary, 64).await;
    let poll = write(&mut stream, &[b'x'; 1000]);
    assert!(poll.now_or_never().is_none() || stream.written == 1000);
    stream.close(close_frame(Closing::Replaced));
    let last = async {
        assert_eq!(bytes_of(next(&mut client).await), [b'x'; 1000]);
        let closed = closed(&mut client).await;
        client.flush().await.unwrap();
        closed
    };
    let (read, closed) = tokio::join!(read(&mut stream), last);
    assert_eq!(closed, (1000, "New connection established".into()));
    assert_eq!(read.unwrap(), b"", "the client has closed its side");
    let error = write(&mut stream, b"x").await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
}

#[tokio::test(start_paused = true)]
async fn who_is_dropped_is_told_why_if_it_takes_anything() {
    for (reason, code) in [
        (DetachReason::Slow, 4408),
        (DetachReason::Abuse, 1008),
        (DetachReason::Told(Closing::Banned), 1008),
        (DetachReason::Told(Closing::Shutdown), 1012),
    ] {
        let (mut stream, mut client) = binary().await;
        stream.hang_up(reason);
        drop(stream);
        assert_eq!(closed(&mut client).await.0, code);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_no_websocket_or_too_long_is_closed_with_its_code() {
    let too_long = [&[0x82, 0xff][..], &16_385_u64.to_be_bytes(), &[0; 4]].concat();
    let as_long_as_may_be =
        [&[0x82, 0xff][..], &16_384_u64.to_be_bytes(), &[0; 4], &[b'x'; 16_384]].concat();
    for (bytes, code) in [
        (&too_long[..], Some(1009)),
        (&as_long_as_may_be, None),
        // Not masked.
        (&[0x82, 1, b'x'], Some(1002)),
        // A reserved bit.
        (&[0xc2, 0x80, 0, 0, 0, 0], Some(1002)),
        // Text that is not UTF-8.
        (&[0x81, 0x81, 0, 0, 0, 0, 0xff], Some(1007)),
    ] {
        let (mut stream, mut theirs) = raw(ByteSubprotocol::Binary, 64 * 1024).await;
        theirs.write_all(bytes).await.unwrap();
        let read = read(&mut stream).await;
        drop(stream);
        let mut answer = Vec::new();
        theirs.read_to_end(&mut answer).await.unwrap();
        let told = answer.get(2..4).map(|code| u16::from_be_bytes([code[0], code[1]]));
        assert_eq!(told, code, "{:?}", &bytes[..2]);
        match code {
            Some(_) => assert_eq!(read.unwrap_err().kind(), io::ErrorKind::InvalidData),
            None => assert_eq!(read.unwrap().len(), 16_384),
        }
    }
}

#[test]
fn the_names_are_those_of_the_standard() {
    let all = [
        (ByteSubprotocol::Telnet, "telnet.mudstandards.org"),
        (ByteSubprotocol::Binary, "binary"),
        (ByteSubprotocol::Gmcp, "gmcp.mudstandards.org"),
        (ByteSubprotocol::Json, "json.mudstandards.org"),
        (ByteSubprotocol::Terminal, "terminal.mudstandards.org"),
    ];
    for (subprotocol, name) in all {
        assert_eq!(subprotocol.name(), name);
    }
}
