//! A connection is cut after every byte of 64 KiB of what games send: colours, UTF-8, CP1251 with
//! its 0xFF, messages beside the text, prompts. Whoever names a position gets the rest byte by byte;
//! a plain telnet client, of whom only a bound is known, loses nothing.
//!
//! `SWEEP_STEP=1 cargo test --release --test sweep` cuts everywhere; CI at every 61st byte.

use mudkeep::ids::{Epoch, Offset};
use mudkeep::session::history::{History, Place, text_only};

const CORPUS_BYTES: u64 = 64 * 1024;

fn step() -> usize {
    std::env::var("SWEEP_STEP").map_or(61, |step| step.parse().expect("a number"))
}

fn corpus() -> History {
    let mut history = History::new(Epoch(7), 4 * CORPUS_BYTES as usize);
    let mut round = 0_usize;
    while history.head().0 < CORPUS_BYTES {
        history.text(b"\x1b[1;36mThe Temple Of Midgaard\x1b[0m\r\n");
        history.text("Кот наплакал: \u{1f408} — und die Straße ist naß.\r\n".as_bytes());
        // "Я", "я" and more in CP1251: the last letter is 0xFF.
        history.text(b"\xdf \xe2\xe5\xf0\xed\xf3\xeb\xf1\xff, \xff\xff\xff!\n\r");
        let hp = format!("Char.Vitals {{\"hp\":{round},\"x\":\"\n\n\"}}");
        history.out_of_band(201, hp.as_bytes());
        history.out_of_band(69, &[1, b'A', 2, 255, 240, 13, 10, (round % 256) as u8]);
        history.echo(round.is_multiple_of(5));
        history.text(&b"no end of line here \x1b]0;title\x07 "[..round % 30]);
        history.text(format!("<{round}hp 84m> ").as_bytes());
        history.prompt();
        round += 1;
    }
    history
}

/// All of it, from a place on.
fn rest(history: &History, from: Offset, bytes_at_once: usize) -> Vec<u8> {
    let (mut at, mut out) = (from, Vec::new());
    while at < history.head() {
        at = history.read(at, bytes_at_once, &mut out).expect("it is held");
    }
    out
}

/// Every place that a client can be given.
fn places(history: &History) -> Vec<Offset> {
    let (mut at, mut out, mut places) = (history.tail(), Vec::new(), vec![history.tail()]);
    while at < history.head() {
        at = history.read(at, 1, &mut out).expect("it is held");
        places.push(at);
    }
    places
}

#[test]
fn after_a_cut_at_any_place_the_rest_comes_byte_by_byte() {
    let history = corpus();
    let whole = rest(&history, history.tail(), usize::MAX);
    assert!(whole.len() as u64 >= CORPUS_BYTES);
    let places = places(&history);
    assert!(places.len() > 40_000, "{}", places.len());
    for place in places.iter().step_by(step()) {
        assert_eq!(history.place(*place), Place::Held, "{place:?}");
        let at = usize::try_from(place.0).unwrap();
        assert!(rest(&history, *place, 4096) == whole[at..], "{place:?}");
    }
}

#[test]
fn no_place_inside_a_message_is_believed() {
    let history = corpus();
    let given = places(&history);
    for offset in (0..=history.head().0).step_by(step()) {
        let is_given = given.binary_search(&Offset(offset)).is_ok();
        let held = matches!(history.place(Offset(offset)), Place::Held);
        assert_eq!(held, is_given, "{offset}");
    }
}

#[test]
fn a_plain_client_that_was_cut_anywhere_loses_nothing() {
    let mut history = corpus();
    let text = |from: Offset, to: Offset, history: &History| {
        let (mut canonical, mut text) = (Vec::new(), Vec::new());
        let mut at = from;
        while at < to {
            at = history.read(at, (to.0 - at.0) as usize, &mut canonical).expect("it is held");
        }
        text_only(&canonical, None, &mut text);
        text
    };
    let head = history.head();
    for place in places(&history).into_iter().step_by(step()) {
        let known = history.bookmark(place);
        let replay = history.replay(Some(known), usize::MAX, None);
        assert!(replay.from <= place, "{place:?} {replay:?}");
        assert_eq!(replay.lines_held_more, 0);
        let shown = text(replay.from, head, &history);
        let missed = text(place, head, &history);
        assert!(shown.ends_with(&missed), "{place:?}");
    }
}
