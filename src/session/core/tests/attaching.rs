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
