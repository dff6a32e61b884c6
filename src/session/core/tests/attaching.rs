//! Coming, reading, being put out, and coming back.

use super::*;

#[test]
fn a_player_plays() {
    let (mut rig, client, _) = Rig::playing();
    rig.line(client, "look");
    assert_eq!(rig.sent(), "look\r\n");
    rig.game("A room.\r\n");
    assert_eq!(rig.read(client).text, "A room.\r\n");
}

#[test]
fn a_client_that_has_read_everything_is_woken_when_its_player_is_in() {
    let (mut rig, client) = Rig::at_login();
    for _ in 0..20 {
        rig.read(client);
        assert!(!rig.core.wants_client(client));
        rig.line(client, "anything");
        if rig.core.state() == State::Playing {
            assert!(rig.core.wants_client(client));
            assert!(rig.read(client).authenticated().user.is_none());
            return;
        }
        rig.game("What?\r\n");
        rig.wait(3 * QUIET);
    }
    panic!("a login that nobody understands comes to its end");
}

#[test]
fn a_client_whose_place_is_gone_is_told_the_gap_and_the_state() {
    let (mut rig, client, grant) = Rig::playing_with(|config| config.session.history = 1024);
    let position = rig.core.output().head();
    rig.detach(client, None);
    rig.game(b"\xFF\xFB\x01");
    rig.game("a line of some thirty bytes.\r\n".repeat(200));
    let client = rig.resume(&grant, Some(position));
    let got = rig.read(client);
    let tail = rig.core.output().current().tail();
    let (from, to) = got.welcome().gap.unwrap();
    assert!(from == position.offset && to >= tail && to == got.welcome().position.offset);
    assert_eq!(got.order[..4], ["Welcome", "Offers", "Echo", "Live"]);
    assert!(got.text.starts_with("a line"), "{}", got.text);
}
