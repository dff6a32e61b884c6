//! The login against any game and any player: nothing panics, nothing grows, one line is out at a
//! time, no deadline is overdue after polling, and it does not matter how the text was cut.
//!
//! Input: a byte that chooses the preset, then operations, each a byte for the kind, one for a length
//! and so many bytes.

#![no_main]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use mudkeep::login::{Dialogue, DialogueLimits, LeaveWatch, LoginEvent, Preset, Step};
use mudkeep::secret::Line;

fn start() -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now)
}

fn dialogue(choice: u8, now: Instant) -> Dialogue {
    let limits = DialogueLimits {
        type_ahead_lines_max: 8,
        type_ahead_bytes_max: 512,
        ..DialogueLimits::default()
    };
    let names = Preset::names();
    match names.get(usize::from(choice) % (names.len() + 1)) {
        Some(name) => {
            let preset = Preset::named(name).expect("a built-in preset");
            Dialogue::new(preset, limits, now)
        }
        None => Dialogue::auto(limits, now),
    }
}

/// Polls all there is and sends every line; what came, as text.
fn poll(dialogue: &mut Dialogue, now: Instant, log: &mut Vec<String>) {
    while let Some(step) = dialogue.poll() {
        log.push(format!("{step:?}"));
        match step {
            Step::Line { .. } => {
                assert!(!matches!(dialogue.poll(), Some(Step::Line { .. })), "two lines are out");
                dialogue.sent(now);
            }
            Step::Event(LoginEvent::Accepted { user, .. }) => assert!(!user.key.0.is_empty()),
            Step::Event(_) | Step::Probe { .. } | Step::Chosen(_) | Step::Suspect => {}
            Step::Transparent(_) => assert!(dialogue.deadline().is_none()),
        }
    }
    assert!(dialogue.deadline().is_none_or(|deadline| deadline > now), "it would spin");
}

fn run(data: &[u8], byte_by_byte: bool) -> Vec<String> {
    let mut now = start();
    let mut log = Vec::new();
    let Some((choice, mut rest)) = data.split_first() else { return log };
    let mut dialogue = dialogue(*choice, now);
    let mut watch = LeaveWatch::new(dialogue.preset().clone(), None, true);
    while let [kind, length, tail @ ..] = rest {
        let (payload, tail) = tail.split_at(usize::from(*length).min(tail.len()));
        rest = tail;
        match kind % 8 {
            0 | 1 if byte_by_byte => {
                payload.iter().for_each(|byte| dialogue.game_text(now, &[*byte]));
            }
            0 | 1 => dialogue.game_text(now, payload),
            2 | 3 => {
                let _ = dialogue.client_line(now, Line::from(payload));
                watch.client_line(now, payload);
            }
            4 => dialogue.game_prompt(now),
            5 => dialogue.game_out_of_band(now, if kind & 8 == 0 { 201 } else { 69 }, payload),
            6 => dialogue.client_out_of_band(now, 201, payload),
            _ => {
                now += Duration::from_millis(u64::from(*length) * 10);
                dialogue.tick(now);
                dialogue.game_echo(now, kind & 8 == 0);
            }
        }
        poll(&mut dialogue, now, &mut log);
        watch.game_text(now, payload);
        watch.game_out_of_band(201, payload);
    }
    assert!(dialogue.take_pending().len() <= 8);
    log
}

fuzz_target!(|data: &[u8]| {
    assert_eq!(run(data, false), run(data, true), "how the text was cut made a difference");
});
