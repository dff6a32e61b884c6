//! A history told and asked anything, beside a buffer that keeps every byte: what is read is
//! what was said, no position splits an event, and the bound holds.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mudkeep::ids::{Epoch, Offset};
use mudkeep::session::history::{Event, History, MxpLock, Place, events, text_only};
use mudkeep::telnet::{canonical, encode};

const EVENT_BYTES_MAX: usize = 2 * 255 + 6;

/// Takes a number from the front of the input.
fn number(input: &mut &[u8]) -> usize {
    let Some((&first, rest)) = input.split_first() else { return 0 };
    *input = rest;
    usize::from(first)
}

/// Takes a text from the front of the input, of which the length comes first.
fn bytes<'i>(input: &mut &'i [u8]) -> &'i [u8] {
    let length = number(input).min(input.len());
    let (bytes, rest) = input.split_at(length);
    *input = rest;
    bytes
}

/// What was said, as far as it is held, has the same events however it is cut.
fn check_held(history: &History, said: &[u8], step: usize) {
    let mut out = Vec::new();
    let mut at = history.tail();
    while at < history.head() {
        let next = history.read(at, step, &mut out).expect("what was handed out is held");
        assert!(next > at && history.place(at) == Place::Held);
        at = next;
    }
    assert_eq!(out, said[history.tail().0 as usize..]);
}

fn check_claim(history: &History, claimed: Offset) {
    match history.place(claimed) {
        Place::Held => assert!(claimed >= history.tail() && claimed <= history.head()),
        Place::Ahead => assert!(claimed > history.head()),
        Place::FellOff(fell_off) => {
            assert!(fell_off.resume_at > claimed && fell_off.resume_at <= history.head());
            assert_eq!(history.place(fell_off.resume_at), Place::Held);
        }
    }
}

fn check_replay(history: &mut History, known: Offset, bytes_max: usize) {
    let known = Some(history.bookmark(known)).filter(|known| known.offset <= history.head());
    let replay = history.replay(known, bytes_max, Some(20));
    assert!(replay.from <= replay.to && replay.to <= history.head());
    assert!(replay.lines_shown <= 20);
    assert!(replay.lines_shown + replay.lines_held_more <= replay.lines_missed);
    let mut again = Vec::new();
    let _ = history.read(replay.from, (replay.to.0 - replay.from.0) as usize, &mut again);
    let mut shown = Vec::new();
    text_only(&again, Some(MxpLock::Secure), &mut shown);
    assert!(events(&shown).all(|event| matches!(event, Event::Text(_) | Event::Prompt)));
    history.last_line(bytes_max, &mut shown);
    let _ = history.mxp_lock();
}

/// Tells the history something, and the buffer the same.
fn say(history: &mut History, said: &mut Vec<u8>, kind: usize, input: &mut &[u8]) {
    match kind {
        0 => {
            history.prompt();
            said.extend_from_slice(&canonical::PROMPT);
        }
        1 => {
            let hidden = number(input) % 2 == 0;
            history.echo(hidden);
            said.extend_from_slice(canonical::echo(hidden));
        }
        2 => {
            let (option, payload) = (number(input) as u8, bytes(input));
            history.out_of_band(option, payload);
            canonical::out_of_band(option, payload, said);
        }
        3 => {
            let mut run = Vec::new();
            encode::text(bytes(input), &mut run);
            run.extend_from_slice(&canonical::PROMPT);
            let run = run.repeat(1 + number(input) % 40);
            history.run(&run);
            said.extend_from_slice(&run);
        }
        _ => {
            let text = bytes(input).repeat(if kind == 4 { 40 } else { 1 });
            history.text(&text);
            encode::text(&text, said);
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let mut input = input;
    let bytes_max = 1 + number(&mut input) * 64;
    let mut history = History::new(Epoch(1), bytes_max);
    let mut said: Vec<u8> = Vec::new();
    while !input.is_empty() {
        match number(&mut input) % 8 {
            kind @ 0..6 => say(&mut history, &mut said, kind, &mut input),
            6 => history.shrink_to(number(&mut input) * 64),
            _ => {
                let claimed = Offset((number(&mut input) * 256 + number(&mut input)) as u64);
                check_claim(&history, claimed);
                check_replay(&mut history, claimed, number(&mut input) * 16);
            }
        }
        assert_eq!(history.head().0 as usize, said.len());
        let held = (history.head().0 - history.tail().0) as usize;
        assert!(held <= bytes_max + 4096 + EVENT_BYTES_MAX);
    }
    check_held(&history, &said, 1 + bytes_max / 3);
    check_claim(&history, Offset(u64::MAX));
});
