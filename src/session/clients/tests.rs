//! One client after another, over an output that a test fills.

use std::net::Ipv4Addr;

use uuid::Uuid;

use super::*;
use crate::ids::{ConnectionId, Epoch, InputSeq};
use crate::session::history::FellOff;
use crate::session::message::Transport;

const GMCP: u8 = 201;

fn peer() -> Peer {
    Peer {
        connection: ConnectionId(Uuid::nil()),
        transport: Transport::Telnet,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
    }
}

fn output(text: &str) -> Output {
    let mut output = Output::new(Epoch(1), 4096, 4096);
    output.text(text.as_bytes());
    output
}

fn at(offset: u64) -> Position {
    Position::new(Epoch(1), Offset(offset))
}

fn client(cursor: u64, phase: Phase) -> Client {
    Client::new(crate::test_clock::start(), AttachGeneration(1), peer(), at(cursor), phase)
}

fn notice(text: &str) -> Note {
    Note::Notice(text.into())
}

/// What the client reads, in one line: text as it is, notes in brackets.
fn read(client: &mut Client, output: &Output) -> String {
    let mut said = String::new();
    for _ in 0..1000 {
        let mut out = Vec::new();
        match client.read(output, 100, &mut out) {
            Reading::Nothing => return said,
            Reading::Over => return said + "[over]",
            Reading::Output(_) => said.push_str(&out.escape_ascii().to_string()),
            Reading::Note(note) => said.push_str(&format!("[{}]", name(&note))),
        }
    }
    panic!("reading comes to an end");
}

fn name(note: &Note) -> String {
    match note {
        Note::Notice(text) => text.to_string(),
        Note::Gap { from, to } => format!("gap {}..{}", from.0, to.0),
        Note::Closing(closing) => closing.name().to_owned(),
        Note::InputAck(seq) => format!("ack {}", seq.0),
        Note::Echo { hidden } => format!("echo {}", if *hidden { "hidden" } else { "shown" }),
        Note::OutOfBand { payload, .. } => String::from_utf8_lossy(payload).into_owned(),
        Note::ReplayEnd => "replay end".to_owned(),
        Note::Live => "live".to_owned(),
        other => format!("{other:?}"),
    }
}

#[test]
fn notes_come_in_order_with_the_output_around_them() {
    let mut output = output("abc");
    let mut client = client(0, Phase::Live);
    client.post(Some(output.head()), notice("one"));
    output.text(b"def");
    client.post(None, notice("two"));
    client.post(Some(output.head()), notice("three"));
    output.text(b"ghi");
    assert_eq!(read(&mut client, &output), "abc[one][two]def[three]ghi");
    assert!(!client.ready(&output));
}

#[test]
fn a_note_without_a_place_is_read_at_once() {
    let output = output("abc");
    let mut client = client(0, Phase::Live);
    client.post(None, notice("now"));
    assert_eq!(read(&mut client, &output), "[now]abc");
}

#[test]
fn only_the_last_acknowledgement_waits() {
    let output = output("");
    let mut client = client(0, Phase::Live);
    client.post(None, Note::InputAck(InputSeq(1)));
    client.post(None, notice("x"));
    client.post(None, Note::InputAck(InputSeq(2)));
    assert_eq!(read(&mut client, &output), "[x][ack 2]");
}

#[test]
fn over_the_limit_the_oldest_plain_notice_is_dropped() {
    for (posted, dropped) in [(NOTES_MAX - 2, 0), (NOTES_MAX - 1, 0), (NOTES_MAX, 1)] {
        let output = output("");
        let mut client = client(0, Phase::Live);
        client.post(None, Note::Live);
        for number in 0..posted {
            client.post(None, notice(&format!("n{number}")));
        }
        let said = read(&mut client, &output);
        assert!(said.starts_with(&format!("[live][n{dropped}]")), "{posted}: {said}");
        assert!(said.ends_with(&format!("[n{}]", posted - 1)), "{posted}: {said}");
    }
}

#[test]
fn a_waiting_client_reads_notes_and_no_output() {
    let output = output("abc");
    let now = crate::clock::now();
    let mut client = client(0, Phase::Waiting { until: now, report_of: None });
    assert!(!client.ready(&output));
    client.post(None, notice("wait"));
    assert_eq!(read(&mut client, &output), "[wait]");
    assert!(!client.is_attached() && !client.is_leaving());
}

#[test]
fn a_replay_is_text_only_and_then_the_present_state_and_the_rest_follow() {
    let mut output = output("old\r\n");
    output.echo(true);
    output.out_of_band(GMCP, b"Core.Ping");
    output.out_of_band(GMCP, b"Char.Name {\"name\":\"Alice\"}");
    output.text(b"older\r\n");
    let to = output.head().offset;
    output.text(b"> ");
    output.prompt();
    let mut client = client(0, Phase::Replaying { to });
    assert_eq!(
        read(&mut client, &output),
        "old\\r\\nolder\\r\\n[replay end][echo hidden][Char.Name {\"name\":\"Alice\"}][live]> \\xff\\xf9"
    );
}

#[test]
fn a_note_that_belongs_behind_the_replay_does_not_lengthen_it() {
    let mut output = output("old\r\n");
    let to = output.head().offset;
    output.out_of_band(GMCP, b"Core.Ping");
    let mut client = client(0, Phase::Replaying { to });
    client.post(Some(output.head()), notice("later"));
    assert_eq!(
        read(&mut client, &output),
        "old\\r\\n[replay end][echo shown][live]\\xff\\xfa\\xc9Core.Ping\\xff\\xf0[later]"
    );
}

#[test]
fn a_client_that_must_leave_during_a_replay_gets_its_end_and_the_last_words() {
    let mut output = output("old\r\n");
    output.echo(true);
    let to = output.head().offset;
    output.text(b"bye\r\n");
    let mut client = client(0, Phase::Replaying { to });
    client.leave(Closing::GameClosed, Some(output.head()));
    assert!(client.is_leaving() && client.urgent().is_none());
    assert_eq!(read(&mut client, &output), "old\\r\\n[replay end]bye\\r\\n[game_closed][over]");
}

#[test]
fn last_words_come_before_the_closing_and_nothing_after() {
    let mut output = output("bye\r\n");
    let mut client = client(0, Phase::Live);
    client.post(Some(output.head()), notice("closed"));
    client.leave(Closing::GameClosed, Some(output.head()));
    output.text(b"too late");
    client.leave(Closing::Kicked, None);
    assert_eq!(read(&mut client, &output), "bye\\r\\n[closed][game_closed][over]");
}

#[test]
fn a_client_put_out_at_once_gets_its_closing_and_nothing_else() {
    let output = output("unread");
    let mut client = client(0, Phase::Live);
    client.post(None, notice("unread"));
    client.leave(Closing::Replaced, None);
    assert_eq!(client.urgent(), Some(Closing::Replaced));
    assert_eq!(read(&mut client, &output), "[replaced][over]");
    assert_eq!(read(&mut client, &output), "[over]");
}

#[test]
fn a_client_that_never_took_its_place_is_told_and_reads_nothing() {
    let output = output("not for it");
    let now = crate::clock::now();
    let mut client = client(0, Phase::Waiting { until: now, report_of: None });
    client.leave(Closing::GameClosed, Some(output.head()));
    assert_eq!(read(&mut client, &output), "[game_closed][over]");
}

/// An output that has forgotten its first bytes.
fn worn_output() -> Output {
    let mut output = output("");
    output.echo(true);
    output.out_of_band(GMCP, b"Char.Name {\"name\":\"Alice\"}");
    for _ in 0..200 {
        output.text(b"a line that is thirty bytes.\r\n");
    }
    assert!(output.current().tail() > Offset(0));
    output
}

#[test]
fn what_fell_off_is_told_exactly_and_the_state_that_fell_off_with_it() {
    let output = worn_output();
    let mut client = client(0, Phase::Live);
    let said = read(&mut client, &output);
    let Err(FellOff { resume_at }) = output.current().read(Offset(0), 1, &mut Vec::new()) else {
        panic!("its first bytes are gone");
    };
    let gap = format!("[gap 0..{}]", resume_at.0);
    let start = format!("[echo hidden][Char.Name {{\"name\":\"Alice\"}}]{gap}a line");
    assert!(said.starts_with(&start), "{said}");
    assert!(said.ends_with("bytes.\\r\\n"), "{said}");
}

#[test]
fn a_client_follows_the_output_until_what_it_reads_next_is_gone() {
    let mut output = output("");
    output.text(&[b'x'; 8192]);
    let tail = output.current().tail().0;
    assert!(tail > 0);
    let follows = |phase, cursor| {
        let mut clients = Clients::default();
        clients.add(client(cursor, phase));
        clients.anybody_follows(&output)
    };
    for (cursor, expected) in [(tail - 1, false), (tail, true), (tail + 1, true), (8192, true)] {
        assert_eq!(follows(Phase::Live, cursor), expected, "{cursor}");
    }
    let left = Phase::Leaving { closing: Closing::Replaced, after: None, told: false };
    assert!(!follows(left, 8192));
    assert!(!Clients::default().anybody_follows(&output));
}

/// The next epoch begins, and the one before is forgotten when the one after that does.
fn next_epoch(output: &mut Output, client: &mut Client, epoch: u64) {
    client.leave_previous_epoch(output);
    output.forget_previous();
    output.begin_epoch(Epoch(epoch), 4096);
}

#[test]
fn what_belongs_between_two_epochs_that_were_never_read_is_told_between_them() {
    let mut output = output("one");
    let mut client = client(0, Phase::Live);
    client.post(None, Note::InputAck(InputSeq(7)));
    next_epoch(&mut output, &mut client, 2);
    client.post(Some(output.head()), notice("in"));
    output.text(b"three");
    client.post(Some(output.head()), notice("out"));
    next_epoch(&mut output, &mut client, 3);
    client.post(Some(output.head()), notice("in again"));
    output.text(b"x");
    assert_eq!(
        read(&mut client, &output),
        "[ack 7][echo shown][gap 0..3][in]three[out][in again]x"
    );

    let mut client = self::client(0, Phase::Live);
    let mut output = self::output("one");
    for (epoch, said) in [(2, "three"), (3, "fifteen"), (4, "x")] {
        next_epoch(&mut output, &mut client, epoch);
        client.post(Some(output.head()), notice("in"));
        output.text(said.as_bytes());
    }
    assert_eq!(read(&mut client, &output), "[gap 0..3][in][echo shown][gap 0..5][in]fifteen[in]x");
}

#[test]
fn of_state_that_waits_only_the_newest_is_told_and_none_is_left_out() {
    let mut output = Output::new(Epoch(1), 1 << 20, 1 << 20);
    let mut client = client(0, Phase::Live);
    output.text(b"one");
    for epoch in 2..5 {
        client.leave_previous_epoch(&output);
        output.forget_previous();
        output.begin_epoch(Epoch(epoch), 1 << 20);
        for value in 0..NOTES_MAX {
            output.out_of_band(GMCP, format!("Char.Vitals.N{value} {epoch}").as_bytes());
        }
    }
    // Two gaps wait too.
    (0..NOTES_MAX - 2).for_each(|_| client.post(None, notice("now")));
    let said = read(&mut client, &output);
    let told = |epoch| said.matches(&format!(" {epoch}]")).count();
    assert_eq!(said.matches("[echo").count(), 1);
    assert_eq!((told(2), told(3), told(4)), (0, NOTES_MAX, 0));
    assert_eq!(said.matches("[now]").count(), NOTES_MAX - 2);
}

#[test]
fn a_replay_that_is_left_with_its_epoch_ends_and_all_is_live_from_there() {
    let mut output = output("one");
    let mut client = client(0, Phase::Replaying { to: Offset(3) });
    next_epoch(&mut output, &mut client, 2);
    output.text(b"two");
    next_epoch(&mut output, &mut client, 3);
    assert_eq!(read(&mut client, &output), "[echo shown][gap 0..3][replay end][live]two");
}
