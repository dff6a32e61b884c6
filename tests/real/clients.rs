//! MUD clients that people play with, each in a terminal, connected to a port.

use std::fs;

use super::terminal::Terminal;

/// Lets TinTin++ agree to GMCP and show each message, which it leaves to scripts.
const TINTIN_SCRIPT: &str = r"#event {IAC WILL GMCP} {#send {\xFF\xFD\xC9\}}
#event {IAC SB GMCP} {#showme {[GMCP %0 %1]}}
";

/// TinTin++, connected to `port`.
pub(crate) fn tintin(port: u16, size: (u16, u16)) -> Terminal {
    let command = "/usr/games/tt++ -G script.tin";
    Terminal::start("TinTin++", size, command, |home| {
        let script = format!("{TINTIN_SCRIPT}#session game 127.0.0.1 {port}\n");
        fs::write(home.join("script.tin"), script).unwrap();
    })
}

/// Nothing that is shown is held back, and a line without its end is a prompt.
const TINYFUGUE_SCRIPT: &str = "/set more=off\n/set lp=on\n/set visual=off\n";

/// TinyFugue, connected to `port`. Not in its visual mode, so that nothing it shows is lost.
pub(crate) fn tinyfugue(port: u16, size: (u16, u16)) -> Terminal {
    let command = format!("/usr/bin/tf5 -n -v -fsettings.tf 127.0.0.1 {port}");
    Terminal::start("TinyFugue", size, &command, |home| {
        fs::write(home.join("settings.tf"), TINYFUGUE_SCRIPT).unwrap();
    })
}

/// The plain telnet program, connected to `port`.
pub(crate) fn telnet(port: u16, size: (u16, u16)) -> Terminal {
    Terminal::start("telnet", size, &format!("/usr/bin/telnet 127.0.0.1 {port}"), |_| {})
}
