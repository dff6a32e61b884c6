use proptest::prelude::*;

use super::*;
use crate::telnet::canonical::{self, Canonical, Reader};
use crate::telnet::client_info::{Label, Mtts};
use crate::telnet::command::{AO, BRK, DM, DO, DONT, GA, IAC, IP, NOP, Verb, WILL, WONT};
use crate::telnet::encode;
use crate::telnet::option::{
    ATCP, CHARSET, ECHO, EOR, GMCP, MCCP2, MSDP, MSSP, MXP, NAWS, NEW_ENVIRON, SGA, TIMING_MARK,
    TTYPE,
};
use crate::test_clock::at;

/// A client's connection, as a test sees it.
struct Client {
    engine: TowardClient,
    now: Instant,
}

impl Client {
    fn new() -> Client {
        Client::with(config())
    }

    fn with(config: ClientTelnet) -> Client {
        let address = Some("203.0.113.7".parse().unwrap());
        Client { engine: TowardClient::new(config, address, at(0)), now: at(0) }
    }

    /// A client that has had its first questions.
    fn asked() -> Client {
        let mut client = Client::new();
        client.replies();
        client
    }

    /// A client that agreed to these offers.
    fn accepting(options: &[u8]) -> Client {
        let mut client = Client::asked();
        client.offered(options);
        for &option in options {
            client.says(&encode::negotiation(Verb::Do, option));
        }
        assert_eq!(client.replies(), b"");
        client
    }

    fn says(&mut self, mut input: &[u8]) -> Vec<FromClient> {
        let said = std::iter::from_fn(|| self.engine.next(self.now, &mut input)).collect();
        assert!(input.is_empty());
        said
    }

    fn replies(&mut self) -> Vec<u8> {
        let mut wire = Vec::new();
        self.engine.take_replies(&mut wire);
        wire
    }

    /// What the client is sent when it says this.
    fn answers(&mut self, input: &[u8]) -> Vec<u8> {
        self.says(input);
        self.replies()
    }

    fn offered(&mut self, offers: &[u8]) -> Vec<u8> {
        let mut wire = Vec::new();
        self.engine.offers(OptionSet::of(offers), &mut wire);
        wire
    }

    fn shown(&mut self, canonical: &[u8]) -> Vec<u8> {
        let mut wire = Vec::new();
        self.engine.output(canonical, &mut wire);
        wire
    }

    fn told(&mut self, text: &str) -> Vec<u8> {
        let mut wire = Vec::new();
        self.engine.notice(text, &mut wire);
        wire
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        if self.engine.deadline().is_some_and(|deadline| deadline <= self.now) {
            self.engine.tick(self.now);
        }
    }
}

fn config() -> ClientTelnet {
    ClientTelnet {
        subnegotiation_bytes_max: 1024,
        line_bytes_max: 100,
        negotiation_timeout: Duration::from_secs(1),
        charsets: Arc::new([]),
        are_you_there: "[mudkeep: yes]".into(),
    }
}

fn line(text: &str) -> FromClient {
    FromClient::Line(text.into())
}

fn label(text: &str) -> Option<Label> {
    Label::new(text.as_bytes())
}

const NOTHING: [u8; 0] = [];

#[test]
fn a_client_is_asked_what_it_is_at_once() {
    assert_eq!(Client::new().replies(), b"\xff\xfd\x18\xff\xfd\x1f\xff\xfd\x27");
}

#[test]
fn a_client_that_says_nothing_is_settled_after_its_time() {
    let mut client = Client::asked();
    assert!(!client.engine.settled(client.now));
    assert_eq!(client.engine.deadline(), Some(at(1)));
    client.wait(Duration::from_secs(1));
    assert!(client.engine.settled(client.now) && client.engine.info().settled);
    assert_eq!(client.says(b""), [FromClient::Info]);
    assert_eq!(client.engine.deadline(), None);
    assert_eq!(client.replies(), NOTHING);
}

#[test]
fn a_client_that_refuses_is_settled_by_that() {
    let mut client = Client::asked();
    assert_eq!(client.says(b"\xff\xfc\x18\xff\xfc\x1f\xff\xfc\x27"), [FromClient::Info]);
    assert!(client.engine.settled(client.now));
    assert_eq!(client.replies(), NOTHING);
}

#[test]
fn a_mud_client_is_asked_until_it_gives_its_abilities() {
    let mut client = Client::asked();
    let send = encode::terminal_send();
    assert_eq!(client.answers(b"\xff\xfb\x18"), send);
    assert_eq!(client.answers(&encode::terminal_is("TINTIN++")), send);
    assert_eq!(client.answers(&encode::terminal_is("xterm-256color")), send);
    assert!(!client.engine.settled(client.now));
    assert_eq!(client.answers(&encode::terminal_is("MTTS 2831")), NOTHING);
    let info = client.engine.info();
    assert_eq!((&info.name, info.mtts), (&label("TINTIN++"), Some(Mtts(2831))));
    assert_eq!(info.terminal_type, label("xterm-256color"));
    assert!(info.settled && client.engine.settled(client.now));
}

#[test]
fn a_late_answer_is_heard_all_the_same() {
    let mut client = Client::asked();
    client.wait(Duration::from_secs(5));
    client.says(b"\xff\xfb\x18");
    client.says(&encode::terminal_is("MUDLET"));
    let said = client.says(&encode::terminal_is("ANSI"));
    assert_eq!((said, &client.engine.info().name), (vec![FromClient::Info], &label("MUDLET")));
}

#[test]
fn the_window_is_told_once_for_each_change() {
    let mut client = Client::asked();
    assert_eq!(client.says(b"\xff\xfa\x1f\x00\x50\x00\x18\xff\xf0"), [], "it was not agreed");
    client.says(b"\xff\xfb\x1f");
    let size = |client: &Client| client.engine.info().size.map(|size| (size.columns, size.rows));
    for (sent, size_now, changed) in [
        (&b"\x00\x50\x00\x18"[..], (80, 24), true),
        (b"\x00\x50\x00\x18", (80, 24), false),
        // MUSHclient does not double.
        (b"\x00\xff\x00\x18", (255, 24), true),
        (b"\x00\x50\x00\xff", (80, 255), true),
        // Pixels, and nothing at all.
        (b"\x04\x00\x03\x00", (80, 24), true),
        (b"\x00\x00\x00\x00", (80, 24), false),
        (b"\x00\x14\x00\x05", (20, 5), true),
        (b"\x00\x13\x00\x04", (80, 24), true),
        (b"\x02\x00\x01\x00", (512, 256), true),
        (b"\x02\x01\x01\x01", (80, 24), true),
        (b"\x02\x01\x01", (80, 24), false),
    ] {
        let said = client.says(&[&b"\xff\xfa\x1f"[..], sent, b"\xff\xf0"].concat());
        assert_eq!(size(&client), Some(size_now));
        assert_eq!(said, if changed { vec![FromClient::Resize] } else { vec![] }, "{sent:02x?}");
    }
}

#[test]
fn variables_are_asked_for_by_name_and_an_address_is_not_believed() {
    let mut client = Client::asked();
    let ask = b"\xff\xfa\x27\x01\x00CLIENT_NAME\x00CLIENT_VERSION\x00TERMINAL_TYPE\x00MTTS\x00CHARSET\xff\xf0";
    assert_eq!(client.answers(b"\xff\xfb\x27"), ask);
    client.says(b"\xff\xfa\x27\x00\x00CLIENT_NAME\x01Mudlet\xff\xf0");
    client.says(b"\xff\xfa\x27\x00\x00MTTS\x01137\x00IPADDRESS\x0110.0.0.1\x03MTTS\x011\xff\xf0");
    client.says(
        b"\xff\xfa\x27\x02\x00CLIENT_VERSION\x014.17\x00CHARSET\x01UTF-8\x00MTTS\x01x\xff\xf0",
    );
    let info = client.engine.info();
    assert_eq!((&info.name, &info.version), (&label("Mudlet"), &label("4.17")));
    assert_eq!((info.mtts, &info.charset), (Some(Mtts(137)), &label("UTF-8")));
    assert_eq!(info.address, Some("203.0.113.7".parse().unwrap()));
}

#[test]
fn a_client_may_ask_first() {
    let mut client = Client::asked();
    // What a telnet program says by itself on port 23.
    let said = b"\xff\xfd\x03\xff\xfb\x18\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x21\xff\xfb\x22\xff\xfb\x27\xff\xfd\x05";
    let answers = client.answers(said);
    let text: Vec<u8> = [
        &b"\xff\xfc\x03"[..],
        &encode::terminal_send(),
        b"\xff\xfe\x20\xff\xfe\x21\xff\xfe\x22",
        b"\xff\xfa\x27\x01\x00CLIENT_NAME\x00CLIENT_VERSION\x00TERMINAL_TYPE\x00MTTS\x00CHARSET\xff\xf0",
        b"\xff\xfc\x05",
    ]
    .concat();
    assert_eq!(answers, text);
}

#[test]
fn whatever_is_not_offered_is_refused() {
    let mut client = Client::asked();
    for option in (0..=u8::MAX).filter(|option| ![TTYPE, NAWS, NEW_ENVIRON].contains(option)) {
        assert_eq!(client.answers(&encode::negotiation(Verb::Do, option)), [IAC, WONT, option]);
        assert_eq!(client.answers(&encode::negotiation(Verb::Will, option)), [IAC, DONT, option]);
    }
}

#[test]
fn each_timing_mark_is_refused() {
    let mut client = Client::asked();
    for _ in 0..5 {
        assert_eq!(client.answers(b"\xff\xf4\xff\xfd\x06"), [IAC, WONT, TIMING_MARK]);
    }
}

#[test]
fn what_the_game_offers_is_offered_and_withdrawn() {
    let mut client = Client::asked();
    assert_eq!(client.offered(&[GMCP, EOR]), b"\xff\xfb\x19\xff\xfb\xc9");
    assert_eq!(client.offered(&[GMCP, EOR]), NOTHING);
    assert_eq!(client.says(b"\xff\xfd\xc9\xff\xfe\x19"), [FromClient::Info]);
    assert!(client.engine.accepts(GMCP) && !client.engine.accepts(EOR));
    assert!(client.engine.info().agreed.contains(GMCP));
    assert_eq!(client.offered(&[EOR]), b"\xff\xfb\x19\xff\xfc\xc9");
    assert!(!client.engine.accepts(GMCP) && !client.engine.info().agreed.contains(GMCP));
    assert_eq!(client.says(b""), [FromClient::Info]);
    assert_eq!(client.offered(&[]), b"\xff\xfc\x19");
}

#[test]
fn a_client_that_changes_its_mind_gets_what_is_still_offered() {
    let mut client = Client::asked();
    client.offered(&[GMCP]);
    client.says(b"\xff\xfe\xc9");
    assert_eq!(client.answers(b"\xff\xfd\xc9"), [IAC, WILL, GMCP]);
    assert!(client.engine.accepts(GMCP));
    assert_eq!(client.answers(b"\xff\xfe\xc9"), [IAC, WONT, GMCP]);
}

#[test]
fn what_concerns_the_stream_is_never_mirrored() {
    let mut client = Client::asked();
    assert_eq!(client.offered(&[0, ECHO, TTYPE, NAWS, NEW_ENVIRON, MCCP2, 87, 93, 102]), NOTHING);
}

#[test]
fn lines_end_in_every_way_that_clients_end_them() {
    let mut client = Client::asked();
    let said = client.says(b"look\r\nnorth\r\0say hi\nwho\r\r\n");
    assert_eq!(said, ["look", "north", "say hi", "who", ""].map(line));
    assert_eq!(client.says(b"lo\xff\xf1ok\r"), [line("look")]);
    assert_eq!(client.says(b"\xff\xf1\n"), []);
    assert_eq!(
        client.says(b"\xff\xff\xff\xf1\xff\xff\n"),
        [FromClient::Line(b"\xff\xff"[..].into())]
    );
}

#[test]
fn the_keys_that_erase_do_and_the_other_commands_do_nothing() {
    let mut client = Client::asked();
    assert_eq!(client.says(b"loop\xff\xf7k\r\n"), [line("look")]);
    assert_eq!(client.says(b"nonsense\xff\xf8look\r\n"), [line("look")]);
    for command in [NOP, DM, BRK, IP, AO, GA] {
        assert_eq!(client.says(&[b'a', IAC, command, b'b', b'\n']), [line("ab")]);
    }
    assert_eq!(client.replies(), NOTHING);
}

#[test]
fn a_line_over_the_limit_is_said_with_what_was_kept() {
    let mut client = Client::asked();
    let (whole, over) = ("x".repeat(100), "x".repeat(101));
    assert_eq!(client.says(format!("{whole}\n").as_bytes()), [line(&whole)]);
    let said = client.says(format!("{over}\nok\n").as_bytes());
    let too_long = FromClient::LineTooLong { kept: whole.as_str().into(), bytes: 101 };
    assert_eq!(said, [too_long, line("ok")]);
}

#[test]
fn are_you_there_is_answered_by_mudkeep_and_once() {
    let mut client = Client::asked();
    assert_eq!(client.says(b"\xff\xf6\xff\xf6\xff\xf6"), []);
    assert_eq!(client.replies(), b"[mudkeep: yes]\r\n");
    client.shown(b"Name: ");
    assert_eq!(client.answers(b"\xff\xf6"), b"\r\n[mudkeep: yes]\r\n");
    let mut client = Client::with(ClientTelnet { are_you_there: "".into(), ..config() });
    client.replies();
    assert_eq!(client.answers(b"\xff\xf6"), NOTHING);
}

#[test]
fn text_passes_as_it_is() {
    let mut client = Client::asked();
    let text = b"You are in a room.\n\rIt is dark. \x1b[0m\xff\xf9\xff\xff";
    assert_eq!(client.shown(text), text);
    let in_place = |client: &mut Client, text: &[u8]| {
        let mut pieces = Vec::new();
        let taken = client.engine.output_in_place(text, &mut pieces);
        (taken, pieces.len())
    };
    assert_eq!(in_place(&mut client, text), (text.len(), 1));
    assert_eq!(in_place(&mut client, b"plain\xff\xfb\x01more"), (5, 1), "hiding is done by output");
    let mut knows_eor = Client::accepting(&[EOR]);
    assert_eq!(in_place(&mut knows_eor, b"> \xff\xf9> \xff\xf9x"), (9, 5));
    client.shown(&text[..text.len() - 1]);
    assert_eq!(in_place(&mut client, b"plain"), (0, 0), "the last byte is half of one");
}

#[test]
fn a_prompt_is_marked_as_the_client_knows_it() {
    let prompt = b"> \xff\xf9";
    assert_eq!(Client::asked().shown(prompt), b"> \xff\xf9");
    assert_eq!(Client::accepting(&[EOR]).shown(prompt), b"> \xff\xef");
    assert_eq!(Client::accepting(&[SGA]).shown(prompt), b"> ");
    assert_eq!(Client::accepting(&[SGA, EOR]).shown(prompt), b"> \xff\xef");
    let mut client = Client::asked();
    client.offered(&[EOR, SGA]);
    assert_eq!(client.shown(prompt), b"> \xff\xf9", "it has not agreed yet");
    client.says(b"\xff\xfe\x19\xff\xfe\x03");
    assert_eq!(client.shown(prompt), b"> \xff\xf9");
}

#[test]
fn messages_go_to_clients_that_agreed_to_them() {
    let message = encode::whole(GMCP, b"Char.Vitals {\"hp\":1}\xff");
    assert_eq!(Client::asked().shown(&message), NOTHING);
    assert_eq!(Client::accepting(&[MSDP, MSSP]).shown(&message), NOTHING);
    let mut client = Client::accepting(&[GMCP]);
    assert_eq!(client.shown(&message), message);
    let mut wire = Vec::new();
    assert!(client.engine.out_of_band(GMCP, b"Core.Ping", &mut wire));
    assert!(!client.engine.out_of_band(MSDP, b"x", &mut wire));
    assert_eq!(wire, encode::gmcp("Core.Ping", ""));
}

#[test]
fn a_message_of_a_client_is_handed_on_if_it_was_agreed() {
    let mut client = Client::asked();
    let ping = encode::gmcp("Core.Ping", "");
    assert_eq!(client.says(&ping), []);
    client.offered(&[GMCP]);
    assert_eq!(client.says(&ping), []);
    client.says(b"\xff\xfd\xc9");
    let said = FromClient::OutOfBand { option: GMCP, payload: b"Core.Ping".to_vec() };
    assert_eq!(client.says(&ping), [said]);
    client.offered(&[]);
    client.says(b"");
    assert_eq!(client.says(&ping), []);
}

#[test]
fn what_a_gmcp_client_says_of_itself_is_kept_and_handed_on() {
    let mut client = Client::accepting(&[GMCP]);
    let hello = encode::gmcp("Core.Hello", r#"{"client":"Mudlet","version":"4.17"}"#);
    let said = client.says(&hello);
    assert!(matches!(said[..], [FromClient::OutOfBand { option: GMCP, .. }, FromClient::Info]));
    client.says(&encode::gmcp("Core.Supports.Set", r#"["Char 1"]"#));
    client.says(&encode::gmcp("Core.Supports.Add", r#"["Room 1"]"#));
    let info = client.engine.info();
    assert_eq!((&info.name, &info.version), (&label("Mudlet"), &label("4.17")));
    assert_eq!(info.hello.as_ref().unwrap().client.as_str(), "Mudlet");
    assert_eq!(info.modules.iter().count(), 2);
}

#[test]
fn a_notice_stands_on_lines_of_its_own() {
    let mut client = Client::asked();
    assert_eq!(client.told("Welcome."), b"Welcome.\r\n");
    client.shown(b"Name: ");
    assert_eq!(client.told("Link lost.\nHeld."), b"\r\nLink lost.\r\nHeld.\r\n");
    assert_eq!(client.told(""), NOTHING);
    client.shown(b"done\n\r");
    assert_eq!(client.told("a\x1b[1m\x07b\u{ff}"), "a[1mb\u{ff}\r\n".as_bytes());
    client.shown(b"> \xff\xf9");
    assert_eq!(client.told("x"), b"\r\nx\r\n", "a mark does not end a line");
    client.shown(b"done\n\xff\xf9\xff\xf9");
    assert_eq!(client.told("y"), b"y\r\n");
}

#[test]
fn a_charset_is_offered_after_the_terminal_and_chosen_by_the_client() {
    let charsets: Arc<[Box<str>]> = Arc::new(["UTF-8".into(), "ISO-8859-1".into()]);
    let mut client = Client::with(ClientTelnet { charsets, ..config() });
    client.replies();
    assert_eq!(client.answers(b"\xff\xfc\x18"), [IAC, WILL, CHARSET]);
    let request = b"\xff\xfa\x2a\x01;UTF-8;ISO-8859-1\xff\xf0";
    assert_eq!(client.answers(b"\xff\xfd\x2a"), request);
    assert_eq!(client.says(b"\xff\xfa\x2a\x02KOI8-R\xff\xf0"), []);
    assert_eq!(client.engine.info().charset, None);
    assert_eq!(client.answers(b"\xff\xfa\x2a\x01;UTF-8\xff\xf0"), b"\xff\xfa\x2a\x03\xff\xf0");
    assert_eq!(client.says(b"\xff\xfa\x2a\x02utf8\xff\xf0"), [FromClient::Info]);
    assert_eq!(client.engine.info().charset, label("utf8"));
}

#[test]
fn a_client_may_ask_for_a_charset_itself() {
    let mut client =
        Client::with(ClientTelnet { charsets: Arc::new(["UTF-8".into()]), ..config() });
    client.replies();
    assert_eq!(client.answers(b"\xff\xfb\x2a"), [IAC, DO, CHARSET]);
    assert_eq!(client.answers(b"\xff\xfa\x2a\x01;UTF-8\xff\xf0"), b"\xff\xfa\x2a\x02UTF-8\xff\xf0");
    assert_eq!(client.engine.info().charset, label("UTF-8"));
    let mut client = Client::asked();
    assert_eq!(client.answers(b"\xff\xfb\x2a\xff\xfa\x2a\x01;UTF-8\xff\xf0"), [IAC, DONT, CHARSET]);
}

#[test]
fn a_message_that_does_not_end_is_given_up_and_said() {
    let mut client = Client::asked();
    client.says(b"\xff\xfc\x18\xff\xfa\xc9lost");
    assert_eq!(client.engine.deadline(), Some(at(10)));
    client.wait(Duration::from_secs(10));
    let said = client.says(b"look\n");
    assert_eq!(said, [FromClient::Abuse(Abuse::SubnegotiationUnended), line("look")]);
    assert_eq!(client.engine.deadline(), None);
}

#[test]
fn a_message_beyond_the_limit_is_abuse() {
    let mut client = Client::accepting(&[GMCP]);
    for (length, fine) in [(1023, true), (1024, true), (1025, false)] {
        let said = client.says(&encode::whole(GMCP, &vec![b'x'; length]));
        let abuse = FromClient::Abuse(Abuse::SubnegotiationTooLong);
        assert_eq!(said[0] == abuse, !fine);
    }
}

#[test]
fn thousands_of_commands_are_abuse_and_are_not_answered_at_length() {
    let mut client = Client::asked();
    let flood: Vec<u8> = (0..10_000u32).flat_map(|n| [IAC, DO, n as u8]).collect();
    assert_eq!(client.says(&flood), [FromClient::Abuse(Abuse::Commands)]);
    assert!(client.replies().len() <= 16 * 1024);
    assert_eq!(client.says(&flood[..300]), [], "it is said once in a while");
    client.wait(Duration::from_secs(11));
    assert_eq!(client.says(b""), [FromClient::Info]);
    assert_eq!(client.says(&flood[..12_000]), []);
    assert_eq!(client.says(&flood[12_000..12_003]), [FromClient::Abuse(Abuse::Commands)]);
}

#[test]
fn an_engine_at_rest_is_small() {
    assert!(size_of::<TowardClient>() <= 640, "{}", size_of::<TowardClient>());
    let mut client = Client::asked();
    client.says(b"look\r\n");
    client.shown(b"A room.\r\n");
    assert_eq!(client.replies().capacity(), 0);
}

#[test]
fn what_a_client_says_does_not_show_itself() {
    let mut client = Client::accepting(&[GMCP]);
    let secret = b"Char.Login.Credentials {\"password\":\"hunter2\"}";
    let shows = |shown: String| {
        let numbers = format!("{secret:?}");
        shown.contains("hunter2") || shown.contains(&numbers[1..20])
    };
    let mut message = encode::whole(GMCP, secret);
    for said in client.says(&message) {
        assert!(!shows(format!("{said:?}")));
    }
    message.truncate(message.len() - 2);
    client.says(&[b"hunter2", &message[..]].concat());
    assert!(!shows(format!("{:?}", client.engine)));
    assert!(shows(format!("{secret:?}")));
}

/// Two password prompts, as a game with WILL and WONT ECHO has them.
fn masked_twice(client: &mut Client, acknowledges: fn(&[u8]) -> Vec<u8>) {
    for _ in 0..2 {
        let asked = client.shown(&[b"Password: ", &canonical::ECHO_HIDDEN[..]].concat());
        assert!(asked.ends_with(&[IAC, WILL, ECHO]), "the password shows");
        client.says(&acknowledges(&[IAC, WILL, ECHO]));
        let over = client.shown(&[&canonical::ECHO_SHOWN[..], b"\r\n"].concat());
        assert!(over.starts_with(&[IAC, WONT, ECHO]));
        client.says(&acknowledges(&[IAC, WONT, ECHO]));
    }
    assert_eq!(client.replies(), NOTHING);
}

#[test]
fn a_second_password_is_hidden_whatever_the_client_acknowledges() {
    let right = |said: &[u8]| vec![IAC, if said[1] == WILL { DO } else { DONT }, ECHO];
    let tintin = |said: &[u8]| if said[1] == WILL { vec![IAC, DO, ECHO] } else { vec![] };
    let silent = |_: &[u8]| vec![];
    let refusing = |said: &[u8]| if said[1] == WILL { vec![IAC, DONT, ECHO] } else { vec![] };
    let always_dont = |_: &[u8]| vec![IAC, DONT, ECHO];
    for acknowledges in [right, tintin, silent, refusing, always_dont] {
        masked_twice(&mut Client::asked(), acknowledges);
    }
}

#[test]
fn passwords_in_quick_succession_are_not_shown_by_late_answers() {
    let mut client = Client::asked();
    let twice =
        [&canonical::ECHO_HIDDEN[..], &canonical::ECHO_SHOWN, &canonical::ECHO_HIDDEN].concat();
    assert_eq!(client.shown(&twice), twice);
    assert_eq!(client.answers(b"\xff\xfd\x01\xff\xfe\x01\xff\xfd\x01"), NOTHING);
    assert_eq!(client.shown(&canonical::ECHO_HIDDEN), NOTHING, "it is hidden already");
}

#[test]
fn a_client_that_wants_to_be_echoed_is_refused_but_at_a_password() {
    let mut client = Client::asked();
    assert_eq!(client.answers(b"\xff\xfd\x01"), [IAC, WONT, ECHO]);
    let mut wire = Vec::new();
    client.engine.echo(true, &mut wire);
    assert_eq!((wire, client.answers(b"\xff\xfd\x01")), (vec![IAC, WILL, ECHO], vec![]));
}

/// A client that answers with TinTin++'s one bit per option: once, until a WONT or DONT clears it.
#[derive(Default)]
struct TinTin {
    answered: OptionSet,
}

impl TinTin {
    fn hears(&mut self, wire: &[u8]) -> Vec<u8> {
        let mut answers = Vec::new();
        for command in wire.chunks(3) {
            let &[IAC, verb, option] = command else { continue };
            let known = [TTYPE, NAWS, NEW_ENVIRON, ECHO, EOR, GMCP, SGA].contains(&option);
            match verb {
                WILL if self.answered.insert(option) => {
                    answers.extend([IAC, if known { DO } else { DONT }, option]);
                }
                DO if self.answered.insert(option) => {
                    answers.extend([IAC, if known { WILL } else { WONT }, option]);
                }
                // WONT ECHO is never answered.
                WONT | DONT => drop(self.answered.remove(option)),
                _ => {}
            }
        }
        answers
    }
}

#[test]
fn tintin_is_understood() {
    let (mut client, mut tintin) = (Client::new(), TinTin::default());
    let answers = tintin.hears(&client.replies());
    client.says(&answers);
    assert!(
        [TTYPE, NAWS, NEW_ENVIRON].iter().all(|option| client
            .engine
            .info()
            .agreed
            .contains(*option))
    );
    client.replies();
    let offers = client.offered(&[GMCP, EOR, MXP, ATCP]);
    let answers = tintin.hears(&offers);
    client.says(&answers);
    assert!(client.engine.accepts(GMCP) && client.engine.accepts(EOR));
    assert!(!client.engine.accepts(MXP) && !client.engine.accepts(ATCP));
    for _ in 0..20 {
        let mut wire = Vec::new();
        client.engine.echo(true, &mut wire);
        assert_eq!(wire, [IAC, WILL, ECHO]);
        let answers = tintin.hears(&wire);
        client.says(&answers);
        assert!(client.engine.accepts(ECHO));
        wire.clear();
        client.engine.echo(false, &mut wire);
        assert_eq!(wire, [IAC, WONT, ECHO]);
        assert_eq!(tintin.hears(&wire), NOTHING);
    }
    assert_eq!(client.replies(), NOTHING);
}

#[test]
fn mudlet_is_understood() {
    let mut client = Client::asked();
    client.says(b"\xff\xfb\x18\xff\xfb\x1f\xff\xfa\x1f\x00\x64\x00\x32\xff\xf0\xff\xfb\x27");
    for answer in ["MUDLET", "ANSI-TRUECOLOR", "MTTS 2349"] {
        client.says(&encode::terminal_is(answer));
    }
    // It answers every WILL GMCP with a new greeting, and leaves what is switched off unanswered.
    assert_eq!(client.offered(&[GMCP, MSSP]), b"\xff\xfb\x46\xff\xfb\xc9");
    let hello = encode::gmcp("Core.Hello", r#"{"client": "Mudlet","version": "4.17"}"#);
    let set = encode::gmcp("Core.Supports.Set", r#"[ "Char 1", "Char.Login 1"]"#);
    let said = client.says(&[b"\xff\xfd\xc9", &hello[..], &set].concat());
    assert_eq!(said.iter().filter(|said| matches!(said, FromClient::OutOfBand { .. })).count(), 2);
    let info = client.engine.info();
    assert_eq!((info.size.unwrap().columns, info.mtts), (100, Some(Mtts(2349))));
    assert_eq!(info.modules.iter().count(), 2);
    assert!(!client.engine.accepts(MSSP));
    // Its two lines come after 2 and 3 seconds, whatever it sees.
    client.wait(Duration::from_secs(2));
    assert_eq!(client.says(b"bilbo\r\n"), [line("bilbo")]);
}

fn canonical_piece() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\n'), Just(IAC)], 1..12);
    let option = prop::sample::select(vec![GMCP, MSDP, 255]);
    prop_oneof![
        text.clone().prop_map(|text| {
            let mut out = Vec::new();
            encode::text(&text, &mut out);
            out
        }),
        (option, text).prop_map(|(option, payload)| encode::whole(option, &payload)),
        Just(canonical::PROMPT.to_vec()),
        Just(canonical::ECHO_HIDDEN.to_vec()),
        Just(canonical::ECHO_SHOWN.to_vec()),
    ]
}

proptest! {
    #[test]
    fn a_history_looks_the_same_however_it_is_cut(
        pieces in prop::collection::vec(canonical_piece(), 0..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let history = pieces.concat();
        let whole = Client::accepting(&[GMCP]).shown(&history);
        let (front, rest) = history.split_at(cut.index(history.len() + 1));
        let mut two = Client::accepting(&[GMCP]);
        prop_assert_eq!([two.shown(front), two.shown(rest)].concat(), whole);
    }

    #[test]
    fn a_client_means_the_same_however_its_bytes_are_cut(
        input in prop::collection::vec(
            prop_oneof![3 => any::<u8>(), 3 => Just(IAC), 1 => WILL..=DONT, 1 => 0..40u8, 2 => Just(b'\r'),
                1 => Just(b'\n'), 1 => Just(0xfa), 1 => Just(0xf0)], 0..80),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut whole = Client::new();
        let mut said = whole.says(&input);
        let (front, rest) = input.split_at(cut.index(input.len() + 1));
        let mut two = Client::new();
        let mut said_in_two = two.says(front);
        said_in_two.extend(two.says(rest));
        // News of a change may come once for two changes.
        said.retain(|said| *said != FromClient::Info);
        said_in_two.retain(|said| *said != FromClient::Info);
        prop_assert_eq!(said_in_two, said);
        prop_assert_eq!(two.replies(), whole.replies());
        prop_assert_eq!(two.engine.info(), whole.engine.info());
    }
}

/// An event in canonical form.
fn event() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(&b"ab \n\xff"[..]), 1..12)
            .prop_map(|text| text.iter().flat_map(|&b| if b == 0xFF { vec![b, b] } else { vec![b] }).collect()),
        3 => Just(b"\xff\xf9".to_vec()),
        1 => any::<bool>().prop_map(|hidden| canonical::echo(hidden).to_vec()),
        2 => prop::sample::select(&[GMCP, MSDP][..]).prop_map(|option| encode::whole(option, b"x\xff")),
    ]
}

proptest! {
    /// Written from where it lies, and copied only where that cannot be, output is the same.
    #[test]
    fn in_place_the_same_is_shown(
        events in prop::collection::vec(event(), 0..400),
        agreed in prop::sample::subsequence(vec![EOR, SGA, GMCP], 0..=3),
    ) {
        let canonical = events.concat();
        let expected = Client::accepting(&agreed).shown(&canonical);
        let mut client = Client::accepting(&agreed);
        let (mut shown, mut at) = (Vec::new(), 0);
        while at < canonical.len() {
            let mut pieces = Vec::new();
            let taken = client.engine.output_in_place(&canonical[at..], &mut pieces);
            prop_assert!(pieces.len() <= 256);
            pieces.iter().for_each(|piece| shown.extend_from_slice(piece));
            at += taken;
            if taken == 0 {
                let mut rest = &canonical[at..];
                let next = Reader::new().next(&mut rest);
                prop_assert!(matches!(next, Some(Canonical::Echo { .. })), "{next:?}");
                let next = canonical.len() - rest.len();
                shown.extend_from_slice(&client.shown(&canonical[at..next]));
                at = next;
            }
        }
        prop_assert_eq!(shown, expected);
    }
}
