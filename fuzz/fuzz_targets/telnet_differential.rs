//! Any bytes to the decoder and to libtelnet-rs: both say the same, but for what libtelnet-rs is known
//! to get wrong. Those disagreements are listed in `Known`, with the shortest input for each.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[allow(dead_code, reason = "the list of minimal inputs is for the test that shares this file")]
#[path = "../../tests/telnet_differential/second_opinion.rs"]
mod second_opinion;

// libtelnet-rs looks at an unended subnegotiation anew with each byte; longer inputs show nothing new.
const INPUT_BYTES_MAX: usize = 1024;

fuzz_target!(|input: &[u8]| {
    if input.len() <= INPUT_BYTES_MAX {
        second_opinion::compare(input);
    }
});
