//! The history beside a model that keeps every byte ever said and looks at each one.

use proptest::collection::vec;
use proptest::prelude::*;

use super::chunk::CHUNK_BYTES;
use super::{FellOff, History, LF, Place};
use crate::ids::{Epoch, Offset};

/// One byte of canonical output.
#[derive(Clone, Copy)]
struct Said {
    byte: u8,
    /// An event starts here, or text can be cut here.
    boundary: bool,
    /// It is text, and not the second of two 0xFF.
    text: bool,
}

#[derive(Clone, Debug)]
enum Op {
    Text(Vec<u8>),
    /// Texts, each with a prompt mark behind it, appended as one run.
    Run(Vec<Vec<u8>>),
    Prompt,
    Echo(bool),
    OutOfBand(u8, Vec<u8>),
    Shrink(usize),
    Fit,
}

/// Text or a payload: a few bytes that matter, again and again.
fn bytes(bytes_max: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![
        6 => Just(b'x'), 2 => Just(b'\n'), 1 => Just(b'\r'), 1 => Just(0x1B), 1 => Just(b'['),
        1 => Just(b'm'), 1 => Just(0xFF), 1 => Just(0xF0), 1 => Just(0xC3), 1 => Just(0xA4),
    ];
    (vec(byte, 0..24), 0..=bytes_max).prop_map(|(pattern, length)| {
        if pattern.is_empty() {
            pattern
        } else {
            pattern.into_iter().cycle().take(length).collect()
        }
    })
}

fn op() -> impl Strategy<Value = Op> {
    let message = |bytes_max| (any::<u8>(), bytes(bytes_max));
    prop_oneof![
        8 => bytes(100).prop_map(Op::Text),
        2 => bytes(9000).prop_map(Op::Text),
        2 => vec(bytes(300), 0..40).prop_map(Op::Run),
        3 => Just(Op::Prompt),
        1 => any::<bool>().prop_map(Op::Echo),
        3 => message(100).prop_map(|(option, bytes)| Op::OutOfBand(option, bytes)),
        1 => message(6000).prop_map(|(option, bytes)| Op::OutOfBand(option, bytes)),
        1 => (0_usize..20_000).prop_map(Op::Shrink),
        1 => Just(Op::Fit),
    ]
}

#[derive(Default)]
struct Model(Vec<Said>);

impl Model {
    fn event(&mut self, bytes: &[u8]) {
        let said = |(at, &byte): (usize, &u8)| Said { byte, boundary: at == 0, text: false };
        self.0.extend(bytes.iter().enumerate().map(said));
    }

    fn say(&mut self, op: &Op) {
        match op {
            Op::Text(text) => {
                for &byte in text {
                    self.0.push(Said { byte, boundary: true, text: true });
                    if byte == 0xFF {
                        self.0.push(Said { byte, boundary: false, text: false });
                    }
                }
            }
            Op::Run(texts) => texts.iter().for_each(|text| {
                self.say(&Op::Text(text.clone()));
                self.say(&Op::Prompt);
            }),
            Op::Prompt => self.event(&[255, 249]),
            Op::Echo(hidden) => self.event(&[255, if *hidden { 251 } else { 252 }, 1]),
            Op::OutOfBand(option, payload) => {
                let mut bytes = vec![255, 250];
                for &byte in [*option].iter().chain(payload) {
                    bytes.extend(if byte == 255 { vec![255, 255] } else { vec![byte] });
                }
                bytes.extend([255, 240]);
                self.event(&bytes);
            }
            Op::Shrink(_) | Op::Fit => {}
        }
    }

    fn is_boundary(&self, at: u64) -> bool {
        self.0.get(at as usize).is_none_or(|said| said.boundary)
    }

    fn ends_line(&self, at: u64) -> bool {
        self.0[at as usize].text && self.0[at as usize].byte == LF
    }

    fn bytes(&self, from: u64, to: u64) -> Vec<u8> {
        self.0[from as usize..to as usize].iter().map(|said| said.byte).collect()
    }

    /// Where lines start in `from..=to`, the CR of an LF CR being part of the line before.
    fn line_starts(&self, from: u64, to: u64) -> Vec<u64> {
        let ends = (from..to).filter(|&at| self.ends_line(at));
        let cr = |at: u64| self.0.get(at as usize).is_some_and(|said| said.text && said.byte == 13);
        ends.map(|end| if cr(end + 1) { (end + 2).min(to) } else { end + 1 }).collect()
    }

    fn text_bytes(&self, from: u64, to: u64) -> usize {
        self.0[from as usize..to as usize].iter().filter(|said| said.text).count()
    }
}

fn apply(history: &mut History, op: &Op) {
    match op {
        Op::Text(text) => history.text(text),
        Op::Run(texts) => {
            let mut run = Model::default();
            run.say(&Op::Run(texts.clone()));
            history.run(&run.bytes(0, run.0.len() as u64));
        }
        Op::Prompt => history.prompt(),
        Op::Echo(hidden) => history.echo(*hidden),
        Op::OutOfBand(option, payload) => history.out_of_band(*option, payload),
        Op::Shrink(bytes) => history.shrink_to(*bytes),
        Op::Fit => history.fit(),
    }
}

/// Reading in steps from the tail gives what was said, cut between events only.
fn check_reading(history: &History, model: &Model, step: usize) {
    let (mut at, mut out) = (history.tail(), Vec::new());
    while at < history.head() {
        let before = out.len();
        let next = history.read(at, step, &mut out).expect("what was handed out is held");
        let given = out.len() - before;
        let pieces: Vec<u8> = history.pieces(at, step).flatten().copied().collect();
        assert!(pieces == out[before..], "in pieces it is the same");
        assert_eq!(next.0 - at.0, given as u64);
        assert!(given > 0 && model.is_boundary(next.0));
        let cut_inside = (at.0 + 1..next.0).any(|inside| model.is_boundary(inside));
        assert!(given <= step || !cut_inside, "more than one event over the limit");
        at = next;
    }
    assert_eq!(out, model.bytes(history.tail().0, history.head().0));
}

/// A claimed offset is judged as the model judges it.
fn check_claim(history: &History, model: &Model, claimed: u64) {
    let (tail, head) = (history.tail().0, history.head().0);
    match history.place(Offset(claimed)) {
        Place::Held => assert!(claimed >= tail && claimed <= head && model.is_boundary(claimed)),
        Place::Ahead => assert!(claimed > head),
        Place::FellOff(FellOff { resume_at: Offset(at) }) => {
            assert!(claimed < tail || !model.is_boundary(claimed));
            assert!(at >= tail && at <= head && at > claimed && model.is_boundary(at));
        }
    }
}

/// The numbers of a replay, counted one by one.
fn check_replay(
    history: &mut History,
    model: &Model,
    known: u64,
    bytes_max: usize,
    lines_max: usize,
) {
    let (tail, head) = (history.tail().0, history.head().0);
    let known = known.clamp(tail, head);
    if !model.is_boundary(known) {
        return;
    }
    let bookmark = history.bookmark(Offset(known));
    let held = bookmark.lines - history.bookmark(history.tail()).lines;
    assert_eq!(held, (tail..known).filter(|&at| model.ends_line(at)).count() as u64);
    let unknown = history.replay(None, bytes_max, Some(lines_max));
    assert_eq!(unknown.lines_missed, unknown.lines_shown + unknown.lines_held_more);
    let replay = history.replay(Some(bookmark), bytes_max, Some(lines_max));
    assert_eq!(unknown.to, replay.to);
    let starts = model.line_starts(tail, head);
    if let Some(&last) = starts.last() {
        assert_eq!(replay.to.0, last);
    }
    let missed = (known..replay.to.0).filter(|&at| model.ends_line(at)).count() as u64;
    assert_eq!(replay.lines_missed, missed);
    assert_eq!(replay.lines_shown + replay.lines_held_more, missed);
    let shown = (replay.from.0..replay.to.0).filter(|&at| model.ends_line(at)).count() as u64;
    assert_eq!(replay.lines_shown, shown);
    assert!(shown <= lines_max as u64);
    let bytes = model.text_bytes(replay.from.0, replay.to.0);
    assert!(shown == 0 || bytes <= bytes_max + 1, "a CR before `to` belongs to no line");
    if replay.lines_held_more > 0 && shown < lines_max as u64 {
        let earlier = starts.iter().rev().find(|&&start| start < replay.from.0);
        let earlier = earlier.copied().unwrap_or(tail);
        assert!(model.text_bytes(earlier, replay.to.0) + 1 > bytes_max, "one more line would fit");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn a_history_is_what_was_said(
        ops in vec(op(), 0..40),
        bytes_max in prop_oneof![Just(1_usize), 1_usize..20_000],
        step in 1_usize..6000,
        claims in vec(any::<u64>(), 3),
        limits in (0_usize..5000, 0_usize..60),
    ) {
        let (mut history, mut model) = (History::new(Epoch(1), bytes_max), Model::default());
        for op in &ops {
            apply(&mut history, op);
            model.say(op);
            prop_assert_eq!(history.head().0, model.0.len() as u64);
            prop_assert!(model.is_boundary(history.tail().0));
            let one_event = if let Op::OutOfBand(_, payload) = op { payload.len() * 2 + 5 } else { 0 };
            let held = (history.head().0 - history.tail().0) as usize;
            prop_assert!(held <= bytes_max + CHUNK_BYTES.max(one_event).max(12_005));
        }
        check_reading(&history, &model, step);
        let head = history.head().0;
        for claim in claims {
            check_claim(&history, &model, claim);
            check_claim(&history, &model, claim % (head + 3));
            check_replay(&mut history, &model, claim % (head + 1), limits.0, limits.1);
        }
    }
}
