//! What goes out to the client: the history in its way, mudkeep's own lines, answers.

use std::io::IoSlice;

use zeroize::Zeroizing;

use super::TowardClient;
use crate::telnet::canonical::{self, Canonical, PROMPT, Reader};
use crate::telnet::command::{EOR, GA, IAC};
use crate::telnet::{encode, option};

/// The most bytes of answers that wait for the client to read; further ones are dropped.
const REPLIES_BYTES_MAX: usize = 16 * 1024;

/// How many pieces one write is made of.
const PIECES_MAX: usize = 256;

const LINE_END: &[u8] = b"\r\n";

/// What is known of the stream to the client.
#[derive(Debug, Default)]
pub(super) struct Writing {
    reader: Reader,
    /// The last text written did not end its line.
    within_line: bool,
    /// Whole commands, at most [`REPLIES_BYTES_MAX`]. Unallocated when there are none.
    replies: Vec<u8>,
    /// The client has asked whether anybody is there.
    presence_owed: bool,
}

impl Writing {
    /// Queues a whole command.
    pub(super) fn reply(&mut self, command: &[u8]) {
        if self.replies.len() + command.len() <= REPLIES_BYTES_MAX {
            self.replies.extend_from_slice(command);
        }
    }

    /// The client is to be told that mudkeep is there: once, however often it asked.
    pub(super) fn owe_presence(&mut self) {
        self.presence_owed = true;
    }

    /// A run of text and prompt marks: a mark does not end a line.
    fn note_run(&mut self, run: &[u8]) {
        let mut text = run;
        while let Some(before) = text.strip_suffix(&PROMPT) {
            text = before;
        }
        self.note_text(text);
    }

    fn note_text(&mut self, text: &[u8]) {
        if let Some(last) = text.last() {
            self.within_line = !matches!(last, b'\n' | b'\r');
        }
    }
}

impl TowardClient {
    /// Appends, as this client is to have them, these bytes of a history, cut anywhere.
    pub fn output(&mut self, canonical: &[u8], wire: &mut Vec<u8>) {
        let mut rest = canonical;
        loop {
            let run = self.writing.reader.take_run(&mut rest, self.takes_prompts());
            wire.extend_from_slice(run);
            self.writing.note_run(run);
            let Some(event) = self.writing.reader.next(&mut rest) else { return };
            match event {
                Canonical::Text(text) => {
                    wire.extend_from_slice(canonical::text(text));
                    self.writing.note_text(text);
                }
                Canonical::Prompt => wire.extend_from_slice(self.prompt_mark()),
                Canonical::Echo { hidden } => self.echo(hidden, wire),
                Canonical::OutOfBand { option, payload } => {
                    self.out_of_band(option, &payload, wire);
                }
            }
        }
    }

    /// The same for bytes of a history that begin and end between two events, where they lie: adds
    /// the pieces to be written, at most about 256 in all, and says how many bytes of
    /// `canonical` those come to. What is left begins with an event that needs `output`, or is for
    /// another write.
    pub fn output_in_place<'a>(
        &mut self,
        canonical: &'a [u8],
        wire: &mut Vec<IoSlice<'a>>,
    ) -> usize {
        let mut rest = canonical;
        while self.writing.reader.is_between_events() && wire.len() < PIECES_MAX {
            let before = rest;
            let run = self.writing.reader.take_run(&mut rest, self.takes_prompts());
            if !run.is_empty() {
                self.writing.note_run(run);
                wire.push(IoSlice::new(run));
                continue;
            }
            let Some(event) = self.writing.reader.next(&mut rest) else { break };
            let (whole, _) = before.split_at(before.len() - rest.len());
            match self.event_in_place(&event, whole) {
                Some([]) => {}
                Some(piece) => wire.push(IoSlice::new(piece)),
                None => return canonical.len() - before.len(),
            }
        }
        canonical.len() - rest.len()
    }

    /// What this client is sent for an event, of which `whole` is the canonical form; none if that is
    /// not to be had without making it.
    fn event_in_place<'a>(&self, event: &Canonical<'_>, whole: &'a [u8]) -> Option<&'a [u8]> {
        match event {
            Canonical::Prompt => Some(self.prompt_mark()),
            Canonical::OutOfBand { option, .. } if self.accepts(*option) => Some(whole),
            Canonical::OutOfBand { .. } => Some(&[]),
            Canonical::Echo { .. } | Canonical::Text(_) => None,
        }
    }

    /// Appends mudkeep's own words: on lines of their own, between two events of the history. An
    /// empty text is no line.
    pub fn notice(&mut self, text: &str, wire: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        if std::mem::take(&mut self.writing.within_line) {
            wire.extend_from_slice(LINE_END);
        }
        for line in text.lines() {
            // It may hold a token.
            let mut printable = Zeroizing::new(Vec::with_capacity(line.len()));
            printable
                .extend(line.bytes().filter(|byte| !byte.is_ascii_control() || *byte == b'\t'));
            encode::text(&printable, wire);
            wire.extend_from_slice(LINE_END);
        }
    }

    /// Appends a message beside the text. False, and nothing, if the client did not agree to it.
    pub fn out_of_band(&mut self, option: u8, payload: &[u8], wire: &mut Vec<u8>) -> bool {
        let accepts = self.accepts(option);
        if accepts {
            encode::subnegotiation(option, payload, wire);
        }
        accepts
    }

    /// Appends what the client is owed in answers and questions, between two events of the history.
    pub fn take_replies(&mut self, wire: &mut Vec<u8>) {
        wire.append(&mut self.writing.replies);
        self.writing.replies = Vec::new();
        if std::mem::take(&mut self.writing.presence_owed) {
            let text = self.config.are_you_there.clone();
            self.notice(&text, wire);
        }
    }

    /// Whether this client is given prompt marks as a history has them.
    fn takes_prompts(&self) -> bool {
        self.prompt_mark() == PROMPT
    }

    /// How this client is told that the text so far is a prompt.
    fn prompt_mark(&self) -> &'static [u8] {
        if self.accepts(option::EOR) {
            &[IAC, EOR]
        } else if self.accepts(option::SGA) {
            &[]
        } else {
            &[IAC, GA]
        }
    }
}
