//! Frames as no library writes them (RFC 6455, 5.2).

/// The last frame of its message.
pub(crate) const FIN: u8 = 0x80;
const CONTINUATION: u8 = 0;
pub(crate) const TEXT: u8 = 1;
pub(crate) const BINARY: u8 = 2;
pub(crate) const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// `limits.message_bytes_max`, as it is unless it is set.
pub(crate) const MESSAGE_BYTES_MAX: usize = 16 * 1024;

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as a client sends it.
pub(crate) fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let masked = payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    let mut frame = head(first, payload.len() as u64);
    frame.extend(masked);
    frame
}

/// All of it but the payload.
fn head(first: u8, length: u64) -> Vec<u8> {
    let mut head = vec![first];
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(length @ ..126), _) => head.push(0x80 | length),
        (_, Ok(length)) => {
            head.push(0x80 | 126);
            head.extend(length.to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend(length.to_be_bytes());
        }
    }
    head.extend(MASK);
    head
}

fn close(code: u16) -> Vec<u8> {
    frame(FIN | CLOSE, &code.to_be_bytes())
}

/// Frames that break the protocol.
pub(crate) fn not_websocket() -> Vec<(&'static str, Vec<u8>)> {
    let mut all = vec![
        ("an unmasked frame", vec![FIN | TEXT, 2, b'{', b'}']),
        ("a ping in pieces", frame(PING, b"there?")),
        ("a pong in pieces", frame(PONG, b"here")),
        ("a close in pieces", frame(CLOSE, &1000_u16.to_be_bytes())),
        ("a ping of 126 bytes", frame(FIN | PING, &[b'x'; 126])),
        ("a pong of 126 bytes", frame(FIN | PONG, &[b'x'; 126])),
        ("a close of 126 bytes", frame(FIN | CLOSE, &[&[3, 232][..], &[b'x'; 124]].concat())),
        ("a continuation of nothing", frame(FIN | CONTINUATION, b"x")),
        ("a first continuation of nothing", frame(CONTINUATION, b"x")),
        ("text within text", [frame(TEXT, b"x"), frame(FIN | TEXT, b"y")].concat()),
        ("bytes within text", [frame(TEXT, b"x"), frame(FIN | BINARY, b"y")].concat()),
        ("a close of one byte", frame(FIN | CLOSE, &[3])),
    ];
    for rsv in 1..8_u8 {
        let bits = FIN | rsv << 4;
        all.push(("text with reserved bits", frame(bits | TEXT, b"{}")));
        all.push(("a ping with reserved bits", frame(bits | PING, b"")));
        all.push(("a close with reserved bits", frame(bits | CLOSE, b"")));
    }
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        all.push(("a reserved opcode", frame(FIN | opcode, b"")));
        all.push(("a reserved opcode with a payload", frame(FIN | opcode, b"x")));
    }
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, u16::MAX] {
        all.push(("a close with a code that no client sends", close(code)));
    }
    all
}

/// Text that is none.
pub(crate) fn bad_text() -> Vec<(&'static str, Vec<u8>)> {
    let split = [frame(TEXT, b"{\"type\":\"\xf0\x9f"), frame(FIN | CONTINUATION, b"\x98\"}")];
    let early = frame(TEXT, b"\xff");
    let mut all = vec![
        ("a character that its message does not end", split.concat()),
        ("a bad first piece", early),
        ("a reason that is not UTF-8", frame(FIN | CLOSE, &[3, 232, 0xc3, 0x28])),
    ];
    for bytes in [
        &b"\xff"[..],
        b"\xc0\xaf",
        b"\xe2\x82",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"{\"type\":\"open\xe9\"}",
    ] {
        all.push(("text that is not UTF-8", frame(FIN | TEXT, bytes)));
    }
    all
}

/// Messages longer than any may be.
pub(crate) fn too_long() -> Vec<(&'static str, Vec<u8>)> {
    let one_more = MESSAGE_BYTES_MAX + 1;
    let half = vec![b'x'; MESSAGE_BYTES_MAX / 2];
    let pieces = [frame(TEXT, &half), frame(CONTINUATION, &half), frame(CONTINUATION, b"x")];
    let many = [frame(BINARY, b"x"), frame(CONTINUATION, b"x").repeat(MESSAGE_BYTES_MAX)];
    vec![
        ("one byte more", frame(FIN | TEXT, &vec![b'x'; one_more])),
        ("one byte more, binary", frame(FIN | BINARY, &vec![b'x'; one_more])),
        ("its head alone", head(FIN | TEXT, one_more as u64)),
        ("much more", frame(FIN | TEXT, &vec![b'x'; 1_000_000])),
        ("an exabyte", head(FIN | BINARY, 1 << 60)),
        ("more in pieces", pieces.concat()),
        ("more in pieces of one byte", many.concat()),
    ]
}
