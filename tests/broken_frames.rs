//! What is no WebSocket, said to the running program over raw sockets: each time the client is told
//! the close code that docs/protocol.md has for it and the connection ends without a reset, whatever
//! it speaks and however far it has come, and nothing of it is left in the tables.

#[cfg(test)]
#[path = "broken_frames/frames.rs"]
mod frames;
#[cfg(test)]
#[path = "broken_frames/wire.rs"]
mod wire;

#[cfg(test)]
mod tests {
    use crate::frames::{
        BINARY, CLOSE, FIN, MESSAGE_BYTES_MAX, TEXT, bad_text, frame, not_websocket, too_long,
    };
    use crate::wire::{Ended, HELLO, Program, Wire};

    /// Everything that is spoken at `/ws`.
    const SPOKEN: [&str; 6] = [
        "mudkeep.v1",
        "telnet.mudstandards.org",
        "binary",
        "gmcp.mudstandards.org",
        "json.mudstandards.org",
        "terminal.mudstandards.org",
    ];

    /// Says `bytes` as each kind of client, from the first frame on and when already playing.
    async fn always_told(code: u16, broken: &[(&str, Vec<u8>)]) {
        let program = Program::start().await;
        for (what, bytes) in broken {
            for spoken in SPOKEN {
                let mut wire = program.shake("/ws", spoken).await;
                wire.say(bytes).await;
                assert_eq!(wire.end().await, Ended::Told(code), "{what} in {spoken}, first");
            }
            let mut wire = program.player().await;
            wire.say(bytes).await;
            assert_eq!(wire.end().await, Ended::Told(code), "{what} from a player");
            let mut wire =
                program.shake("/ws/session/00000000-0000-0000-0000-000000000000", "").await;
            wire.say(bytes).await;
            assert_eq!(wire.end().await, Ended::Told(code), "{what} from a page that watches");
        }
        program.until_empty().await;
    }

    #[tokio::test]
    async fn what_is_no_websocket_is_told_1002() {
        always_told(1002, &not_websocket()).await;
    }

    #[tokio::test]
    async fn text_that_is_not_utf_8_is_told_1007() {
        always_told(1007, &bad_text()).await;
    }

    #[tokio::test]
    async fn a_message_that_is_too_long_is_told_1009() {
        always_told(1009, &too_long()).await;
    }

    #[tokio::test]
    async fn a_message_as_long_as_may_be_is_heard() {
        let program = Program::start().await;
        let mut wire = program.player().await;
        let text = format!("{:<MESSAGE_BYTES_MAX$}", "{\"type\":\"ping\",\"id\":7}");
        wire.say(&frame(FIN | TEXT, text.as_bytes())).await;
        wire.hears("{\"type\":\"pong\",\"id\":7}").await;
        wire.say(&frame(FIN | CLOSE, &1000_u16.to_be_bytes())).await;
        assert_eq!(wire.end().await, Ended::Told(1000));
        program.until_empty().await;
    }

    #[tokio::test]
    async fn who_closes_is_answered_with_its_code() {
        let program = Program::start().await;
        for spoken in SPOKEN {
            for code in [1000_u16, 1001, 1003, 1007, 1011, 3000, 3999, 4000, 4999] {
                let mut wire = program.shake("/ws", spoken).await;
                // Nothing that comes behind it is heard, nor does it end in a reset.
                let close = frame(FIN | CLOSE, &[&code.to_be_bytes()[..], b"bye"].concat());
                wire.say(&[close, frame(FIN | BINARY, &[b'x'; 9000])].concat()).await;
                assert_eq!(wire.end().await, Ended::Told(code), "{spoken}");
            }
            let mut wire = program.shake("/ws", spoken).await;
            wire.say(&frame(FIN | CLOSE, b"")).await;
            assert_eq!(wire.end().await, Ended::Silently, "{spoken}: no code, no code");
        }
        program.until_empty().await;
    }

    #[tokio::test]
    async fn who_hangs_up_in_the_middle_of_anything_is_gone() {
        let program = Program::start().await;
        let all = [frame(TEXT, b"{\"type\":"), frame(FIN | 9, b"there?"), frame(FIN, b"\"open\"}")];
        let all = all.concat();
        for spoken in ["mudkeep.v1", "binary"] {
            for cut in 0..all.len() {
                let mut wire = program.shake("/ws", spoken).await;
                wire.say(&all[..cut]).await;
                wire.hang_up().await;
                assert_eq!(wire.end().await, Ended::Silently, "{spoken}, cut at {cut}");
            }
        }
        program.until_empty().await;
    }

    #[tokio::test]
    async fn whatever_comes_the_program_goes_on() {
        let program = Program::start().await;
        let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
        for round in 0..300 {
            let bytes: Vec<u8> = std::iter::repeat_with(|| next(&mut chance)).take(200).collect();
            let spoken = SPOKEN[round % SPOKEN.len()];
            let mut wire = match round % 2 {
                0 => program.shake("/ws", spoken).await,
                _ => program.player().await,
            };
            wire.say(&bytes).await;
            wire.hang_up().await;
            let ended = wire.end().await;
            let known = [1002, 1007, 1008, 1009].map(Ended::Told).contains(&ended);
            assert!(known || ended == Ended::Silently, "{ended:?} after {bytes:02x?}");
        }
        program.until_empty().await;
        let mut wire = program.shake("/ws", "mudkeep.v1").await;
        wire.say(&frame(FIN | TEXT, HELLO)).await;
        wire.hears("\"type\":\"opened\"").await;
    }

    /// xorshift64*
    fn next(chance: &mut u64) -> u8 {
        *chance ^= *chance >> 12;
        *chance ^= *chance << 25;
        *chance ^= *chance >> 27;
        chance.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes()[0]
    }

    #[tokio::test]
    async fn an_extension_that_is_offered_is_not_agreed_to() {
        let program = Program::start().await;
        let offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
        let (mut wire, head) = program.offer("/ws", offer).await;
        assert!(!head.to_lowercase().contains("sec-websocket-extensions"), "{head}");
        // The bit that would mean a compressed message.
        wire.say(&frame(FIN | 0x40 | TEXT, b"\xaa\x56\x02\x00")).await;
        assert_eq!(wire.end().await, Ended::Told(1002));
    }

    #[tokio::test]
    async fn a_ping_is_answered_with_what_it_says_whoever_speaks() {
        let program = Program::start().await;
        for spoken in SPOKEN {
            let mut wire: Wire = program.shake("/ws", spoken).await;
            for payload in [&b""[..], b"there?", &[0xff; 125]] {
                wire.say(&frame(FIN | 9, payload)).await;
                assert_eq!(wire.pong().await, payload, "{spoken}");
            }
        }
    }
}
